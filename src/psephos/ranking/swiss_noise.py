"""How much of the expected points of a Swiss tournament is due to the rule of byes, and to the items that were asked?

A bye lifts who has it, mostly the weak, and whether it is worth 1, 1/2 or nothing is a convention. `bye_sensitivity`
plays all three: the mean over them favours nobody, and where places differ between them the rule decides.

Expected points have two errors. The luck of pairings, sd / sqrt(runs), goes away with more runs. The noise of the data
does not: other items of the same kind would give other scores. With x_r the expected points on the r-th resample of the
items of each benchmark, and e_r their error by luck,

    noise^2 = max(0, var_r x_r - mean_r e_r^2),        total^2 = noise^2 + luck^2.

Source: sheet 04 ("beyond the paper"), ours. All models keep the same items in a resample.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine.streams import Rng, seed_of, spawn
from psephos.errors import InputError, check_count, check_number
from psephos.opinions.orderings import order_of
from psephos.opinions.outcomes import Provenance
from psephos.ranking.score_tables import Scores, ScoreTable
from psephos.ranking.swiss import swiss
from psephos.ranking.swiss_games import benchmark_table
from psephos.ranking.swiss_studies import SwissSensitivity
from psephos.statistics.rank_spread import rank_spread

BYES = (0.0, 0.5, 1.0)


def bye_sensitivity(
    scores: Scores | ScoreTable, *, n_sim: int = 20_000, rng: Rng = None, **rules: Any
) -> SwissSensitivity:
    """Expected points with byes worth nothing, half a point and a point, and their mean, which is neutral.

    Parameters
    ----------
    scores : array_like, Opinions or ScoreTable
        As of `swiss`.
    n_sim : int, default 20,000
        Runs for each worth.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers, the same for each worth.
    **rules
        Further options of `swiss`, as `eliminate`.

    Returns
    -------
    SwissSensitivity
        Its table has the mean points and the place by them, the points under each worth, the best and worst place,
        and the mean number of byes a round. A note says where places differ.

    Raises
    ------
    InputError
        As of `swiss`; `bye`, which is what is varied.

    See Also
    --------
    benchmark_order_sensitivity : the order of the benchmarks.

    Examples
    --------
    >>> made = bye_sensitivity([[3, 1, 2], [2, 3, 1], [1, 2, 3]], n_sim=2000, rng=0)
    >>> made.expected.sum(axis=1).round(6).tolist()  # three games, and three byes
    [3.0, 4.5, 6.0]
    """
    if "bye" in rules:
        raise InputError("bye", "is what is varied here", hint="swiss(bye=) plays one of them")
    table, seed = benchmark_table(scores), seed_of(rng)
    made = [swiss(table, bye=bye, n_sim=n_sim, rng=seed, **rules) for bye in BYES]
    expected = np.array([one.scores for one in made])
    ranks = np.array([one.ranks for one in made])
    points = expected.mean(axis=0)
    order, place = order_of(points)
    moved = np.flatnonzero(np.ptp(ranks, axis=0) > 0)
    finding = "places do not depend on what a bye is worth"
    notes: tuple[str, ...] = ()
    if len(moved):
        most = int(np.argmax(np.ptp(ranks, axis=0)))
        finding = (
            f"{table.candidates[most]} depends most on what a bye is worth: places "
            f"{ranks[:, most].min()} to {ranks[:, most].max()}"
        )
        notes = (f"what a bye is worth moves {len(moved):,} of {len(points):,} places: take the mean",)
    frame = pl.DataFrame(
        {
            "candidate": table.candidates,
            "rank": place,
            "points": points,
            "points_bye_0": expected[0],
            "points_bye_half": expected[1],
            "points_bye_1": expected[2],
            "rank_low": ranks.min(axis=0),
            "rank_high": ranks.max(axis=0),
            "bye_share": np.mean([one.bye_share for one in made], axis=0),
        }
    )
    return SwissSensitivity(
        provenance=Provenance("bye sensitivity", {"n_sim": n_sim, **rules}, table.source, seed=seed, notes=notes),
        frame=frame[order],
        expected=expected,
        finding=finding,
    )


def item_sensitivity(
    scores: Scores | ScoreTable,
    *,
    resamples: int = 100,
    n_sim: int = 2_000,
    level: float = 0.95,
    rng: Rng = None,
    **rules: Any,
) -> SwissSensitivity:
    """Expected points if other items of the same kind had been asked: luck of pairings and noise of the data apart.

    Parameters
    ----------
    scores : sequence of array_like of float, each (n_candidates, n_items); Opinions; or ScoreTable
        With results on single items of each benchmark, as `score_table` takes them.
    resamples : int, default 100
        Resamples of the items of each benchmark.
    n_sim : int, default 2,000
        Runs for each.
    level : float, default 0.95
        Confidence of the intervals.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.
    **rules
        Further options of `swiss`, as `eliminate`.

    Returns
    -------
    SwissSensitivity
        Its table has points and place, `luck` (the error by pairings, smaller with more runs), `noise` (the error by
        items, which is not), `total`, the interval of the points, the places they could have and the chance to be
        first, over the resamples.

    Raises
    ------
    InputError
        `scores`: without results on single items. As of `swiss`.

    See Also
    --------
    borda : resamples tasks as well, with `score_table` of the same form.

    Examples
    --------
    >>> sure, even = [[1] * 20, [0] * 20], [[1, 0] * 10, [0, 1] * 10]
    >>> item_sensitivity([sure], resamples=20, n_sim=100, rng=0).table()["noise"].to_list()
    [0.0, 0.0]
    >>> item_sensitivity([even], resamples=50, n_sim=100, rng=0).table()["noise"][0] > 0.3
    True
    """
    count, level = (
        check_count("resamples", resamples, low=2),
        check_number("level", level, low=0, high=1, open_ends=True),
    )
    table, seed = benchmark_table(scores), seed_of(rng)
    if table.instances is None:
        raise InputError(
            "scores", "have no results on single items, whose noise is asked for", hint="give one array per benchmark"
        )
    given = swiss(table, n_sim=n_sim, rng=seed, **rules)
    made, unmoved = [], np.zeros(len(table.candidates), dtype=np.int64)
    for stream in spawn(seed, count):
        again = np.column_stack([_drawn(part, stream) for part in table.instances])
        unmoved += (np.isnan(again) & ~np.isnan(table.scores)).sum(axis=1)
        kept = np.where(np.isnan(again), table.scores, again)
        other = ScoreTable(table.candidates, table.tasks, kept, None, table.weights)
        made.append(swiss(other, n_sim=n_sim, rng=stream, **rules))
    expected = np.array([one.scores for one in made])
    by_luck = np.mean([one.standard_error**2 for one in made], axis=0)
    noise = np.sqrt(np.maximum(expected.var(axis=0, ddof=1) - by_luck, 0.0))
    spread = rank_spread(expected, level=level, means="items resampled")
    most = int(np.argmax(noise))
    few = table.candidates.gather(np.flatnonzero(unmoved)).to_list()
    notes = (
        (
            f"no item drawn was one that {', '.join(few[:3])}{' and others' if len(few) > 3 else ''} ran, "
            f"in {int(unmoved.sum()):,} cases: the score stood as it was, and its noise is too low",
        )
        if few
        else ()
    )
    frame = pl.DataFrame(
        {
            "candidate": table.candidates,
            "rank": given.ranks,
            "points": given.scores,
            "luck": given.standard_error,
            "noise": noise,
            "total": np.hypot(noise, given.standard_error),
            "low": spread.low,
            "high": spread.high,
            "rank_low": spread.rank_low,
            "rank_high": spread.rank_high,
            "first": spread.first,
        }
    )
    return SwissSensitivity(
        provenance=Provenance(
            "item sensitivity",
            {"resamples": count, "n_sim": n_sim, "level": level, **rules},
            table.source,
            seed=seed,
            notes=notes,
        ),
        frame=frame[given.order],
        expected=np.vstack([given.scores, expected]),
        finding=(
            f"other items would move {table.candidates[most]} most, by {noise[most]:.2f} points (standard deviation); "
            f"luck of the pairings by {given.standard_error[most]:.3f}"
        ),
    )


def _drawn(part: npt.NDArray[np.float64], stream: np.random.Generator) -> npt.NDArray[np.float64]:
    """Mean score of each candidate on items drawn anew, the same for all; NaN for who ran none of them."""
    times = stream.multinomial(part.shape[1], np.full(part.shape[1], 1 / part.shape[1])).astype(np.float64)
    known = ~np.isnan(part)
    total, size = np.where(known, part, 0.0) @ times, known @ times
    return np.asarray(np.divide(total, size, out=np.full(len(part), np.nan), where=size > 0))
