"""What is to be said of each source, and of the rounds as a whole?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from psephos.consensus.ballots import Floats
from psephos.consensus.sources.resamples import Resampled
from psephos.consensus.sources.rounds import MOST_ROUNDS, Rest
from psephos.consensus.sources.weights import WeightMap
from psephos.errors import InputError
from psephos.statistics import percentile_interval, wilson_interval

ENOUGH_KNOWN = 20
"""Known answers from which the estimate is held against them."""


def source_table(
    voters: pl.Series,
    counted: Floats,
    weigh: WeightMap,
    weight: Floats,
    coins: Floats,
    min_answers: int,
    copies: pl.DataFrame,
    again: Resampled | None,
) -> pl.DataFrame:
    """One row per source; see `SourceVerdict.sources`.

    The interval is that of the plain counts: an item with a known answer is one item.
    """
    agreed, answered = counted[0] + counted[2], counted[1] + counted[3]
    reliability, _ = weigh(counted)
    some = answered > 0
    low, high = wilson_interval(agreed, answered)
    alike = set(copies["left"]) | set(copies["right"])
    flags = [
        "; ".join(
            flag
            for flag, raised in (("silent", not n), ("thin", 0 < n < min_answers), ("copy", name in alike))
            if raised
        )
        for name, n in zip(voters, answered, strict=True)
    ]
    columns = {
        "voter": voters,
        "reliability": reliability,
        "low": np.where(some, low, np.nan),
        "high": np.where(some, high, np.nan),
        "weight": weight,
        "accuracy": coins,
        "answered": answered.astype(np.int64),
        "agreed": agreed.astype(np.int64),
        "flags": pl.Series(flags, dtype=pl.String),
    }
    if counted[3].any():
        columns |= {"gold_right": counted[2].astype(np.int64), "gold_answered": counted[3].astype(np.int64)}
    if again is not None:
        ends = percentile_interval(again.reliability, 0.95)
        columns |= dict(zip(("resampled_low", "resampled_high"), ends, strict=True))
    table = pl.DataFrame(columns)
    return table.with_columns(pl.col(name).fill_nan(None) for name in table.columns if table[name].dtype.is_float())


def notes_on(rest: Rest, counted: Floats, gold: Mapping[str, str] | None, matched: int) -> tuple[str, ...]:
    """What a reader must know of how the weights came about.

    Parameters
    ----------
    rest : Rest
        How the rounds ended.
    counted : ndarray of float64, shape (4, n_sources)
        Agreements with the verdict and answers, then the same on items with a known answer.
    gold : mapping or None
        Known answers by item.
    matched : int
        How many of these are about an item that there is.

    Raises
    ------
    InputError
        `gold`: none of its items occurs.
    """
    notes = []
    if not rest.converged:
        over = f"ran in a cycle of {rest.cycle} and were averaged over it" if rest.cycle else "did not come to rest"
        notes.append(f"the weights {over}" + ("" if rest.cycle else f" in {MOST_ROUNDS} rounds"))
    if np.count_nonzero(counted[1] + counted[3]) < 3:
        notes.append("with two sources that answer every disagreement is a tie: which is more reliable cannot be told")
    if (rest.weight <= 0).all():
        notes.append("no source is better than chance: the choices are the least distrusted answers")
    if gold is None:
        notes.append("that most sources err in the same way cannot be seen without known answers")
        return tuple(notes)
    if not matched:
        raise InputError("gold", "names no item that there is", hint="its keys are items as the opinions name them")
    if matched < len(gold):
        notes.append(f"{len(gold) - matched:,} known answers are about items that do not occur")
    return (*notes, *_against_gold(counted))


def _against_gold(counted: Floats) -> list[str]:
    """Whether the free items rank the sources as the known answers do."""
    both = (counted[1] > 0) & (counted[3] > 0)
    if counted[3].sum() < ENOUGH_KNOWN or both.sum() < 2:
        return []
    free, right = counted[0, both] / counted[1, both], counted[2, both] / counted[3, both]
    mass = counted[3, both]
    covariance = np.average(
        (free - np.average(free, weights=mass)) * (right - np.average(right, weights=mass)), weights=mass
    )
    if covariance < 0:
        return [
            "sources that agree more with the verdict are right less often where the answer is known: most may err "
            "in the same way, and the verdict may be inverted"
        ]
    return []
