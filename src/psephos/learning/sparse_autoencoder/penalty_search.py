"""Which penalty on codes, so that the count of features depends neither on the dictionary nor on its trivial basis?

From the smallest penalty upwards a dictionary and one of twice the size are trained. The first penalty is taken whose
F rises by less than 5 % as the dictionary doubles, that explains more than .95 of the activations, and whose F is not
within 5 % of 2 N: there a dictionary may hold no more than both directions of each neuron, which is a plateau too.

Source: sheet 40, ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine import Engine, Rng, map_shards, seed_of
from psephos.errors import InputError, check_count, check_floats
from psephos.learning.sparse_autoencoder.activation_rows import read_activations
from psephos.learning.sparse_autoencoder.descent import trained
from psephos.learning.sparse_autoencoder.settings import Training
from psephos.learning.sparse_autoencoder.trained_dictionary import chosen_rows, finished
from psephos.metrics import choose_penalty, effective_features
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result

PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class PenaltySearch(Result):
    """Penalties that were tried.

    Attributes
    ----------
    penalty : float or None
        The first that passes; None if none does.
    tried : polars.DataFrame
        l1, effective (F), doubled (F of the doubled dictionary), explained, active; means over seeds.
    """

    penalty: float | None
    tried: pl.DataFrame

    def table(self) -> pl.DataFrame:
        """One row per penalty."""
        return self.tried

    def summary(self) -> list[tuple[str, str]]:
        """The answer in a few lines."""
        said = "none of those tried passes" if self.penalty is None else f"{self.penalty:g}"
        return [("penalty", said), ("tried", ", ".join(f"{value:g}" for value in self.tried["l1"]))]


def search_penalty(
    activations: npt.ArrayLike | Iterable[npt.ArrayLike],
    penalties: Sequence[float] = PENALTIES,
    training: Training | None = None,
    *,
    seeds: int = 1,
    engine: int | str | Engine = 1,
    rng: Rng = None,
) -> PenaltySearch:
    """Search the smallest penalty at which the count of features means something.

    Parameters
    ----------
    activations : array_like of float, or iterator of chunks
        As of `trained_features`.
    penalties : sequence of float
        To be tried, rising.
    training : Training, optional
        The other settings.
    seeds : int, default 1
        Dictionaries of each size and penalty; their counts are averaged.
    engine : int, str or Engine, default 1
        Where dictionaries are trained.
    rng : int, Generator, SeedSequence or None
        Seed or source of starts and orders; the same for every penalty.

    Returns
    -------
    PenaltySearch

    Raises
    ------
    InputError
        If penalties are none, negative or do not rise, or activations cannot be used.

    See Also
    --------
    psephos.metrics.choose_penalty : the rule, on numbers.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> three = np.column_stack([np.cos(np.arange(3) * 2.1), np.sin(np.arange(3) * 2.1)])
    >>> X = three[rng.integers(0, 3, 400)] * rng.uniform(0.5, 1.5, (400, 1))
    >>> found = search_penalty(X, [0.1, 0.3], Training(batch=16, learning_rate=0.01), rng=0)
    >>> found.penalty, round(found.tried["effective"][0], 1)
    (0.1, 3.0)
    """
    own = Training() if training is None else training
    l1 = check_floats("penalties", penalties)
    if not len(l1) or l1[0] < 0 or (np.diff(l1) <= 0).any():
        raise InputError("penalties", "must be at least one, not negative, and rise")
    count, seed = check_count("seeds", seeds), seed_of(rng)
    rows = chosen_rows(read_activations(activations), own, seed)
    tried: list[dict[str, float]] = []
    found = None
    for penalty in l1.tolist():
        settings = [replace(own, l1=penalty), replace(own, l1=penalty, expansion=2 * own.expansion)]
        shards = [
            {"rows": rows.portable(), "training": one.to_dict(), "label": f"penalty {penalty:g}"}
            for one in settings
            for _ in range(count)
        ]
        runs = []
        parts = map_shards(
            trained, shards, engine=engine, rng=seed, label=None if engine == 1 else f"penalty {penalty:g}"
        )
        for number, one in enumerate(parts):
            dictionary = finished(one, rows, settings[number // count]).dictionary
            runs.append(effective_features(rows.values, dictionary, standardise=own.standardise, repeats=0))
        usual, twice = runs[:count], runs[count:]
        row = {
            "l1": penalty,
            "effective": float(np.mean([run.value.value for run in usual])),
            "doubled": float(np.mean([run.value.value for run in twice])),
            "explained": float(np.mean([run.explained for run in usual])),
            "active": float(np.mean([run.active for run in usual])),
        }
        tried.append(row)
        if not np.isnan(row["explained"]):
            found = choose_penalty(
                [penalty], [row["effective"]], [row["doubled"]], [row["explained"]], neurons=rows.neurons
            )
        if found is not None or not row["effective"]:
            break  # a larger penalty is not the smallest, or leaves no code either
    parameters = own.to_dict() | {"penalties": l1.tolist(), "seeds": count}
    provenance = Provenance("search of a penalty", parameters, Source(), seed)
    return PenaltySearch(provenance=provenance, penalty=found, tried=pl.DataFrame(tried))
