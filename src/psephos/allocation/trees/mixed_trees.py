r"""What does a tree give whose layers differ?

    mu_l = F_l(mu_{l - 1}),       alpha = product of alpha_l,

F_l the layer with its own number of children, fidelity of messages and correlation of votes.

Source: sheet 34, "beyond the paper" (ours), after Liu, Kong and Pei (2026), arXiv 2601.17311.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from psephos.allocation.trees.majority_layers import check_message, fan_in, layer, slopes
from psephos.allocation.trees.regimes import check_leaf
from psephos.errors import InputError, check_number
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class MixedTree(Result):
    """A tree whose layers differ.

    Attributes
    ----------
    alpha : float
        Product of the amplifications of the layers.
    bias : float
        What comes out at the top.
    layers : polars.DataFrame
        One row per layer from the leaves up: layer, b, gamma, rho, alpha, bias.
    """

    alpha: float
    bias: float
    layers: pl.DataFrame

    def table(self) -> pl.DataFrame:
        """One row per layer from the leaves up: layer, b, gamma, rho, alpha, bias (after it)."""
        return self.layers

    def summary(self) -> list[tuple[str, str]]:
        """What comes out, and which layer loses most."""
        worst = self.layers.sort("alpha").row(0, named=True)
        return [
            ("bias", f"{self.bias:.4f}, accuracy {(1 + self.bias) / 2:.4f}"),
            ("amplification", f"{self.alpha:.4g} over {self.layers.height} layers"),
            ("weakest layer", f"{worst['layer']} with {worst['alpha']:.4g}"),
            *(("note", note) for note in self.provenance.notes),
        ]


def mixed_tree(layers: Sequence[tuple[int, float, float]], *, mu0: float = 0.1) -> MixedTree:
    """What a tree gives whose layers have different numbers of children, messages and correlations.

    Parameters
    ----------
    layers : sequence of (b, gamma, rho)
        From the leaves up.
    mu0 : float, default 0.1
        Bias of a leaf.

    Returns
    -------
    MixedTree
        The bias after each layer and at the root.

    Raises
    ------
    InputError
        If there is no layer or a number lies outside its range.

    See Also
    --------
    organisation : all layers alike.
    weighted_majority_bias : one node whose children differ.

    Examples
    --------
    >>> found = mixed_tree([(5, 0.9, 0.1), (3, 0.8, 0.2)])
    >>> round(found.alpha, 4), round(found.bias, 4)
    (1.8018, 0.1784)
    """
    mu = check_leaf(mu0)
    rows, notes = [], []
    alpha = 1.0
    for place, part in enumerate(layers, start=1):
        try:
            b, gamma, rho = part
        except (TypeError, ValueError):
            raise InputError("layers", f"must be triples b, gamma, rho, got {part!r}", where=f"layer {place}") from None
        odd, even = fan_in(b)
        gamma, rho = check_message(gamma), check_number("rho", rho, low=0, high=1)
        if even:
            notes.append(f"layer {place}: b = {b} behaves like {odd}")
        gain = float(gamma * (rho + (1 - rho) * slopes(np.array([odd]))[0]))
        mu = float(layer(mu, odd, gamma, rho))
        alpha *= gain
        rows.append((place, odd, gamma, rho, gain, mu))
    if not rows:
        raise InputError("layers", "must hold at least one layer")
    table = pl.DataFrame(rows, schema=["layer", "b", "gamma", "rho", "alpha", "bias"], orient="row")
    stated = {"layers": [list(part) for part in layers], "mu0": mu0}
    made = Provenance("mixed tree", stated, Source(("numbers",)), notes=tuple(notes))
    return MixedTree(alpha=alpha, bias=mu, layers=table, provenance=made)
