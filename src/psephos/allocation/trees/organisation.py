r"""When do many weak agents in a tree beat one? Regime, organisation exponent, and how deep a tree pays.

With the layer F of `psephos.allocation.trees.majority_layers`, its slope alpha at 0 and b^L leaves of bias mu0,

    alpha > 1: mu_L rises to the fixed point mu* = F(mu*) > 0,       alpha <= 1: mu_L falls to 0, pure chance,
    s = ln alpha / ln b,   mu_L about mu0 N^s while it is small,     never above 1/2,
    mixing depth ln(mu* / mu0) / ln alpha: that of saturation, if every layer amplified like the first,
    gamma_c = 1 / (rho + (1 - rho) c_b),   rho_c = (c_b - 1 / gamma) / (c_b - 1)     where alpha = 1,
    min(max(mu*, mu0), mu0 alpha^L)  >=  mu_L  >=  max over u of min(u, mu0 (F(u) / u)^L).

Source: Liu, Kong and Pei (2026), arXiv 2601.17311. Differs: the mixing depth is reconstructed; the upper bound is that
of the paper, mended for leaves that start above mu*; the lower bound and the advice what to mend first are ours.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.allocation.trees.advice import advice_for
from psephos.allocation.trees.majority_layers import (
    CRITICAL,
    Floats,
    check_message,
    curve,
    fan_in,
    fixed_point,
    layer,
    lower_bound,
    slopes,
    spread_amplification,
)
from psephos.allocation.trees.regimes import check_leaf, check_window, exponent, limits, mixing_depth, regime_of
from psephos.errors import InputError, check_count, check_number
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result, json_ready

SATURATED = 0.95
DEEPEST = 100_000
"""Layers after which the search for saturation gives up, very near the critical point."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Organisation(Result):
    """What a tree of agents does to the bias of its leaves.

    Attributes
    ----------
    b : int
        Children of each node, odd.
    gamma, rho : float
        What of a bias a message keeps; correlation of the votes of the children.
    alpha : float
        How many times a small bias comes out of a layer.
    exponent : float
        s, by which a small bias grows with the number of leaves; -inf if messages keep nothing.
    regime : str
        ``"amplifying"``, ``"critical"`` or ``"washing out"``.
    fixed_point : float
        mu*, the bias that deep trees reach.
    gamma_limit, rho_limit : float
        Fidelity above and correlation below which a tree amplifies.
    spread_alpha : float
        Amplification if the same correlation comes from hard questions and not from copying.
    levels : polars.DataFrame
        One row per depth: depth, leaves, bias, upper, lower, accuracy.
    mixing_depth : float or None
        Layers to mu* if each amplified like the first; None unless amplifying.
    saturation_depth : int or None
        Fewest layers, by the exact recursion, that reach 95 % of mu*; None unless amplifying.
    advice : polars.DataFrame
        change, alpha, gain (of ln alpha): what to mend first, the best first.
    """

    b: int
    gamma: float
    rho: float
    alpha: float
    exponent: float
    regime: str
    fixed_point: float
    gamma_limit: float
    rho_limit: float
    spread_alpha: float
    levels: pl.DataFrame
    mixing_depth: float | None
    saturation_depth: int | None
    advice: pl.DataFrame

    def table(self) -> pl.DataFrame:
        """One row per depth: depth, leaves, bias, its upper and lower bound, accuracy."""
        return self.levels

    def summary(self) -> list[tuple[str, str]]:
        """Regime, limits and what the depth at hand gives, in a few lines."""
        last = self.levels.row(-1, named=True)
        depth = "no layer pays"
        if self.mixing_depth is not None:
            depth = (
                f"mixing depth {self.mixing_depth:.1f}; {self.saturation_depth} layers reach 95% of what deep trees do"
            )
        best = self.advice.row(0, named=True) if self.advice.height else None
        mend = [("mend first", f"{best['change']}: a layer gives {best['alpha']:.3f} times")] if best else []
        return [
            ("regime", f"{self.regime}: a layer makes a small bias {self.alpha:.4g} times as large"),
            (
                "exponent",
                f"{self.exponent:.4f}; more leaves beat one strong run if it gains less than this by spending",
            ),
            ("deep trees reach", f"bias {self.fixed_point:.4f}, accuracy {(1 + self.fixed_point) / 2:.4f}"),
            ("depth", depth),
            (f"{last['depth']} layers", f"bias {last['bias']:.4f} [{last['lower']:.4f}, {last['upper']:.4f}]"),
            ("limits", f"fidelity above {self.gamma_limit:.4f}, correlation below {self.rho_limit:.4f}"),
            *mend,
            *(("note", note) for note in self.provenance.notes),
        ]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        names = ("b", "gamma", "rho", "alpha", "exponent", "regime", "fixed_point", "gamma_limit", "rho_limit")
        more = {name: getattr(self, name) for name in (*names, "spread_alpha", "mixing_depth", "saturation_depth")}
        ready: dict[str, Any] = json_ready(more | {"advice": self.advice.to_dicts()})
        return super().to_dict() | ready


def organisation(
    b: int,
    gamma: float | Callable[[float], Any],
    rho: float,
    *,
    mu0: float = 0.1,
    depth: int = 8,
    m: float | None = None,
    W: float | None = None,
) -> Organisation:
    """Say whether a tree of agents amplifies what its leaves know, and how far.

    Parameters
    ----------
    b : int
        Children of each node, at least 3; an even number behaves like one less.
    gamma : float or callable
        What of a bias a message keeps, 0 to 1, or how that depends on the length of messages (`fidelity_curve`).
    rho : float
        Correlation of the votes of the children of a node, 0 to 1.
    mu0 : float, default 0.1
        Bias of a leaf, 2 p - 1 with p its chance of being right.
    depth : int, default 8
        Layers.
    m, W : float, optional
        Tokens of a message and of the window of a node; they limit b to W / m.

    Returns
    -------
    Organisation
        Amplification, fixed point, and the regime that follows, in words.

    Raises
    ------
    InputError
        If a number lies outside its range, leaves are at or below chance, or the window holds too few messages.

    See Also
    --------
    compare_budgets : a tree against one strong run.
    mixed_tree : layers that differ.

    Examples
    --------
    >>> found = organisation(5, 0.8, 0.2, mu0=0.05)
    >>> found.regime, round(found.alpha, 4), round(found.exponent, 4), round(found.fixed_point, 4)
    ('amplifying', 1.36, 0.1911, 0.9154)
    >>> print(found)
    regime            amplifying: a layer makes a small bias 1.36 times as large
    exponent          0.1911; more leaves beat one strong run if it gains less than this by spending
    deep trees reach  bias 0.9154, accuracy 0.9577
    depth             mixing depth 9.5; 13 layers reach 95% of what deep trees do
    8 layers          bias 0.5106 [0.3795, 0.5852]
    limits            fidelity above 0.5882, correlation below 0.7143
    mend first        2 more children: a layer gives 1.560 times
    """
    odd, even = fan_in(b)
    if callable(gamma):
        if m is None:
            raise InputError("m", "is needed: gamma depends on the length of messages")
        kept = float(gamma(check_number("m", m, low=0, open_ends=True)))
    else:
        kept = gamma
    keep, shared = check_message(kept), check_number("rho", rho, low=0, high=1)
    mu = check_leaf(mu0)
    layers = check_count("depth", depth, low=0)
    most = check_window(W, m)
    if most is not None and odd > most:
        raise InputError("b", f"must be at most {most}, as W holds no more messages of m tokens, got {b}")
    alpha = float(keep * (shared + (1 - shared) * slopes(np.array([odd]))[0]))
    fixed = fixed_point(odd, keep, shared)
    spread = spread_amplification(odd, keep, shared)
    levels = _levels(mu, layers, odd, keep, shared, fixed)
    gamma_limit, rho_limit = limits(odd, keep, shared)
    notes = [f"b = {b} behaves like {odd}: ties are broken by a fair coin"] if even else []
    if (alpha > 1) != (spread > 1) and abs(alpha - 1) > CRITICAL:
        how = "amplify" if spread > 1 else "wash out"
        notes.append(f"if questions differ in difficulty and children do not copy, layers {how} ({spread:.3f} times)")
    if keep == shared == 1:
        notes.append("children are copies of one another and messages are perfect: every layer hands on what it got")
    saturated = _saturation(mu, odd, keep, shared, fixed) if alpha > 1 + CRITICAL else None
    if saturated is not None and layers > saturated and mu < fixed:
        notes.append(f"saturated: more than {saturated} layers buy next to nothing")
    if 0 < fixed < mu:
        notes.append("leaves are better than what layers of such messages can keep; ask one leaf alone")
    stated = {"b": b, "gamma": keep, "rho": shared, "mu0": mu, "depth": layers, "m": m, "W": W}
    return Organisation(
        b=odd,
        gamma=keep,
        rho=shared,
        alpha=alpha,
        exponent=exponent(alpha, odd),
        regime=regime_of(alpha),
        fixed_point=fixed,
        gamma_limit=gamma_limit,
        rho_limit=rho_limit,
        spread_alpha=spread,
        levels=levels,
        mixing_depth=mixing_depth(alpha, fixed, mu) if alpha > 1 + CRITICAL else None,
        saturation_depth=saturated,
        advice=advice_for(odd, keep, shared, gamma if callable(gamma) else None, m, most),
        provenance=Provenance(
            "organisation",
            {key: value for key, value in stated.items() if value is not None},
            Source(("numbers",)),
            notes=tuple(notes),
        ),
    )


def _levels(mu0: float, depth: int, odd: int, gamma: float, rho: float, fixed: float) -> pl.DataFrame:
    bias: Floats = curve(mu0, depth, odd, gamma, rho)
    steps: npt.NDArray[np.int64] = np.arange(depth + 1)
    alpha = gamma * (rho + (1 - rho) * slopes(np.array([odd]))[0])
    with np.errstate(over="ignore"):
        upper = np.minimum(max(fixed, mu0), mu0 * alpha ** steps.astype(np.float64))
    lower = [lower_bound(mu0, int(step), odd, gamma, rho, fixed) for step in steps]
    leaves = [float(odd) ** int(step) if step * math.log(odd) < 700 else math.inf for step in steps]
    columns = {"depth": steps, "leaves": leaves, "bias": bias, "upper": np.maximum(upper, bias)}
    return pl.DataFrame(columns | {"lower": np.minimum(lower, bias), "accuracy": (1 + bias) / 2})


def _saturation(mu0: float, odd: int, gamma: float, rho: float, fixed: float) -> int:
    """Fewest layers with which the bias reaches 95 % of the fixed point; near the critical point that takes long."""
    mu, depth = mu0, 0
    while mu < SATURATED * fixed:
        mu, depth = float(layer(mu, odd, gamma, rho)), depth + 1
        if depth == DEEPEST:
            break
    return depth
