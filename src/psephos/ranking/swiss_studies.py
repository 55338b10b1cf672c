"""Who is hurt by elimination, and by the order of the benchmarks?

With E_m(T) the expected points of m if T leave after each round, the slope of the least-squares line over T = 0..T_max,

    Lambda_m = sum_T (T - mean T) E_m(T) / sum_T (T - mean T)^2,

is low for who fails early somewhere. "Robust generalist": the rank at T_max is no worse than at 0, and Lambda is in the
upper third; "aggressive specialist": Lambda is in the lower third, though the rank at 0 is in the upper half.

Source: Liu and others (2025), arXiv:2512.21010; the slope and the labels are ours, as the paper leaves them open.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine.streams import Rng, seed_of, spawn
from psephos.errors import InputError, check_count
from psephos.opinions.outcomes import Provenance, Result
from psephos.ranking.score_tables import Scores, ScoreTable
from psephos.ranking.swiss import swiss
from psephos.ranking.swiss_games import benchmark_table, margins_of

LABELS = ("robust generalist", "neutral", "aggressive specialist")


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class SwissSensitivity(Result):
    """What the rules of a Swiss tournament do to each model.

    Attributes
    ----------
    frame : polars.DataFrame
        One row per model.
    expected : ndarray of float64, shape (n_settings, n_models)
        Expected points under each setting.
    finding : str
        What stands out.
    """

    frame: pl.DataFrame
    expected: npt.NDArray[np.float64]
    finding: str

    def table(self) -> pl.DataFrame:
        """One row per model."""
        return self.frame

    def summary(self) -> list[tuple[str, str]]:
        """What stands out, and how it was found."""
        lines = [("finding", self.finding), ("settings", f"{len(self.expected):,}")]
        return lines + [("note", note) for note in self.provenance.notes]


def failure_sensitivity(
    scores: Scores | ScoreTable, *, most: int = 3, n_sim: int = 20_000, rng: Rng = None, **rules: Any
) -> SwissSensitivity:
    """Expected points as more and more are eliminated, with slope and label of each model.

    Parameters
    ----------
    scores : array_like, Opinions or ScoreTable
        As of `swiss`.
    most : int, default 3
        T runs from 0 to this.
    n_sim : int, default 20,000
        Runs for each T.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers, the same for each T.
    **rules
        Further options of `swiss`.

    Returns
    -------
    SwissSensitivity
        Its table has slope, relative slope (by the points at T = 0), ranks at both ends, survival at T_max and label.

    Raises
    ------
    InputError
        As of `swiss`.

    Examples
    --------
    >>> made = failure_sensitivity([[3, 3, 3, 3], [2, 2, 2, 2], [1, 1, 4, 4], [0, 0, 0, 0]], n_sim=2000, rng=0)
    >>> dict(made.table().select("candidate", "label").iter_rows())["2"]
    'aggressive specialist'
    """
    if "eliminate" in rules:
        raise InputError("eliminate", "is what is varied here", hint="most= says how far")
    top, table, seed = check_count("most", most), benchmark_table(scores), seed_of(rng)
    made = [swiss(table, eliminate=t, n_sim=n_sim, rng=seed, **rules) for t in range(top + 1)]
    expected = np.array([one.scores for one in made])
    grid = np.arange(top + 1) - top / 2
    slope = grid @ expected / (grid @ grid)
    size = len(table.candidates)
    steep = np.argsort(np.argsort(-slope, kind="stable"), kind="stable") + 1
    third, half = math.ceil(size / 3), math.ceil(size / 2)
    first, last = made[0].ranks, made[-1].ranks
    robust = (last <= first) & (steep <= third)
    risky = (steep > size - third) & (first <= half)
    labels = [LABELS[0] if a else LABELS[2] if b else LABELS[1] for a, b in zip(robust, risky, strict=True)]
    frame = pl.DataFrame(
        {
            "candidate": table.candidates,
            "rank_without": first,
            "rank_with": last,
            **{f"points_{t}": one.scores for t, one in enumerate(made)},
            "slope": slope,
            "relative_slope": pl.Series(
                np.divide(slope, expected[0], out=np.full(size, np.nan), where=expected[0] > 0)
            ).fill_nan(None),
            "survival": made[-1].survival,
            "label": labels,
        }
    )
    worst = int(np.argmin(slope))
    return SwissSensitivity(
        provenance=Provenance("failure sensitivity", {"most": top, "n_sim": n_sim, **rules}, table.source, seed=seed),
        frame=frame[made[0].order],
        expected=expected,
        finding=(
            f"{table.candidates[worst]} loses most by elimination: {max(0.0, -slope[worst]):.2f} points for each "
            f"that leaves, from place {first[worst]} to {last[worst]}"
        ),
    )


def benchmark_order_sensitivity(
    scores: Scores | ScoreTable, *, orders: int = 20, n_sim: int = 2_000, rng: Rng = None, **rules: Any
) -> SwissSensitivity:
    """Expected points over random orders of the benchmarks: how much the order that was chosen decides.

    Parameters
    ----------
    scores : array_like, Opinions or ScoreTable
        As of `swiss`.
    orders : int, default 20
        Random orders; the first setting is the order given.
    n_sim : int, default 2,000
        Runs for each order.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.
    **rules
        Further options of `swiss`, as `eliminate`.

    Returns
    -------
    SwissSensitivity
        Its table has the points and rank in the order given, and mean, standard deviation, best and worst rank over
        random orders.

    Raises
    ------
    InputError
        As of `swiss`.

    Examples
    --------
    >>> made = benchmark_order_sensitivity([[3, 3], [2, 2], [1, 1], [0, 0]], orders=3, n_sim=200, rng=0)
    >>> made.table().columns[-2:]
    ['rank_low', 'rank_high']
    """
    count, table, seed = check_count("orders", orders, low=2), benchmark_table(scores), seed_of(rng)
    rounds = len(table.tasks)
    streams = spawn(seed, count)
    given = swiss(table, n_sim=n_sim, rng=seed, **rules)
    # A margin goes with its benchmark; how many leave goes with the round.
    margin = margins_of(rules.get("tie_margin", 0.0), rounds)
    made = []
    for stream in streams:
        shuffled = stream.permutation(rounds)
        mixed = ScoreTable(
            table.candidates, table.tasks.gather(shuffled), table.scores[:, shuffled], None, table.weights[shuffled]
        )
        made.append(swiss(mixed, n_sim=n_sim, rng=stream, **{**rules, "tie_margin": margin[shuffled].tolist()}))
    expected = np.array([one.scores for one in made])
    ranks = np.array([one.ranks for one in made])
    frame = pl.DataFrame(
        {
            "candidate": table.candidates,
            "rank": given.ranks,
            "points": given.scores,
            "mean_points": expected.mean(axis=0),
            "spread": expected.std(axis=0, ddof=1),
            "rank_low": ranks.min(axis=0),
            "rank_high": ranks.max(axis=0),
        }
    )
    most = int(np.argmax(expected.std(axis=0)))
    return SwissSensitivity(
        provenance=Provenance("benchmark order", {"orders": count, "n_sim": n_sim, **rules}, table.source, seed=seed),
        frame=frame[given.order],
        expected=np.vstack([given.scores, expected]),
        finding=(
            f"{table.candidates[most]} depends most on the order of the {table.unit}s: places "
            f"{ranks[:, most].min()} to {ranks[:, most].max()}"
        ),
    )
