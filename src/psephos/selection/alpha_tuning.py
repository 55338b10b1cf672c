"""Which alpha finds most right answers?

Where right answers are known, alpha is the one of a grid with the largest share of questions of which one of the k
answers taken is right; what that share promises on other questions is measured by leaving each question out of the
choice of its own alpha.

Source: sheet 03 (ours); the grid spans what the authors of arXiv:2510.03199 used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine import Rng, seed_of
from psephos.errors import InputError, check_choice, check_count, check_floats, check_number
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.outcomes import Provenance, Result, json_ready, option_name
from psephos.selection.best_of_majority import (
    DENOMINATORS,
    FILLS,
    check_rewards,
    gated_choice,
    size_of,
)
from psephos.selection.curves import share_intervals
from psephos.selection.grouping import Answers, Rewards, pools_of
from psephos.selection.known_answers import right_answers
from psephos.selection.pools import REWARD_AGGREGATES
from psephos.selection.sureness import needed
from psephos.statistics import Interval

GRID = (0.0, 0.003, 0.005, 0.01, 0.015, 0.02, 0.05, 0.1, 0.15, 0.2)


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class TunedAlpha(Result):
    """Which alpha finds most right answers.

    Attributes
    ----------
    alpha : float
        The best of the grid; the smallest of equals.
    grid : polars.DataFrame
        alpha, pass_at_k, low, high (95 % over questions), empty: questions with an empty gate.
    left_out : Interval
        Pass@k where the alpha of each question is chosen on the others.
    items, k : int
        Questions with a known answer, and answers taken for each.

    See Also
    --------
    psephos.selection.tune_alpha : makes it.
    """

    alpha: float
    grid: pl.DataFrame
    left_out: Interval
    items: int
    k: int

    def table(self) -> pl.DataFrame:
        """The grid."""
        return self.grid

    def summary(self) -> list[tuple[str, str]]:
        """The choice in a few lines."""
        best = self.grid.filter(pl.col("alpha") == self.alpha).row(0, named=True)
        zero = self.grid.row(0, named=True)
        return [
            ("alpha", f"{self.alpha:g} of {self.grid.height} tried on {self.items:,} questions"),
            (
                "pass@k",
                f"{best['pass_at_k']:.3f} with k = {self.k}; {zero['pass_at_k']:.3f} at alpha {zero['alpha']:g}",
            ),
            ("on others", f"{self.left_out}, each question judged by an alpha chosen on the others"),
        ]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        others = {"value": self.left_out.value, "low": self.left_out.low, "high": self.left_out.high}
        return super().to_dict() | {"alpha": self.alpha, "k": self.k, "left_out": json_ready(others)}


def tune_alpha(
    answers: Answers,
    rewards: Rewards | None = None,
    gold: pl.Series | npt.ArrayLike | None = None,
    *,
    grid: Sequence[float] = GRID,
    k: int = 1,
    reward_agg: str = "mean",
    denominator: str = "all",
    fill: str = "none",
    equivalence: Equivalence = "exact",
    repeats: int = 1000,
    rng: Rng = 0,
) -> TunedAlpha:
    """Choose alpha on questions whose answer is known: the largest share of which one of the k taken is right.

    Parameters
    ----------
    answers, rewards
        As in `psephos.selection.best_of_majority`.
    gold : array_like, shape (n_items,), optional
        The right answers, None where unknown; the column ``gold`` of the table about items if not given.
    grid : sequence of float
        The alphas to try.
    k, reward_agg, denominator, fill, equivalence
        As in `psephos.selection.best_of_majority`. An empty gate counts with its fallback.
    repeats : int, default 1000
        Resamples of the questions for the intervals.
    rng : int, Generator, SeedSequence or None, default 0
        Random numbers of the resamples.

    Returns
    -------
    TunedAlpha
        The alpha, and the share of questions solved for each alpha of the grid.

    Raises
    ------
    InputError
        If no answer is known, the grid is empty or out of range, or as in `psephos.selection.best_of_majority`.

    Examples
    --------
    >>> answers = [["a", "a", "b"], ["c", "c", "d"], ["e", "f", "f"]]
    >>> tuned = tune_alpha(answers, [[0.5, 0.5, 0.9]] * 3, ["a", "c", "f"], grid=[0, 0.5])
    >>> tuned.alpha, tuned.grid["pass_at_k"].round(2).to_list()
    (0.5, [0.33, 1.0])
    """
    alphas = np.unique(check_floats("grid", grid))
    if not len(alphas):
        raise InputError("grid", "is empty", hint="give one alpha at least, from 0 to 1")
    for alpha in alphas:
        check_number("grid", alpha, low=0, high=1)
    k = check_count("k", k)
    check_choice("reward_agg", reward_agg, REWARD_AGGREGATES)
    check_choice("denominator", denominator, DENOMINATORS)
    check_choice("fill", fill, FILLS)
    pools = pools_of(answers, rewards, equivalence)
    check_rewards(pools)
    right, known = right_answers(pools, gold, equivalence)
    found, empty = [], []
    for alpha in alphas:
        of_item = np.full(pools.n_items, alpha)
        least = needed(of_item, size_of(pools, denominator))
        choice = gated_choice(pools, least, of_item, k=k, reward_agg=reward_agg, fill=fill, soft_gate=None)
        hit = np.zeros(pools.n_items, dtype=bool)
        hit[pools.tally.item[(choice.place > 0) & right]] = True
        found.append(hit[known])
        empty.append(int(choice.flags["empty gate"][known].sum()))
    hits = np.stack(found, axis=1).astype(np.float64)
    # Leave one out: the totals without the question; of equal ones the first, which is the smallest alpha.
    own = np.argmax(hits.sum(axis=0) - hits, axis=1)
    with_own = np.column_stack([hits, hits[np.arange(len(hits)), own]])
    seed = seed_of(rng)
    value = with_own.mean(axis=0)
    low, high = share_intervals(with_own, repeats, seed)
    return TunedAlpha(
        provenance=Provenance(
            "tune alpha",
            {
                "k": k,
                "grid": alphas.tolist(),
                "reward_agg": reward_agg,
                "denominator": denominator,
                "fill": fill,
                "equivalence": option_name(equivalence),
                "repeats": repeats,
            },
            pools.opinions.source,
            seed=seed,
        ),
        alpha=float(alphas[int(np.argmax(hits.sum(axis=0)))]),
        grid=pl.DataFrame(
            {"alpha": alphas, "pass_at_k": value[:-1], "low": low[:-1], "high": high[:-1], "empty": empty}
        ),
        left_out=Interval(float(value[-1]), float(low[-1]), float(high[-1]), 0.95),
        items=len(hits),
        k=k,
    )
