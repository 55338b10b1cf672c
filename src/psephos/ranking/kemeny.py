"""Which order contradicts the tasks least?

The Kemeny order minimises, with P_ij the weight of the orders that put i above j,

    cost(o) = sum over pairs a above b in o of P_ba.

It is the maximum-likelihood centre of the Mallows model P(sigma) ~ exp(-theta d(sigma, o)), and if someone beats
everyone else in majorities, it comes first; by points it may not. Finding it is hard in general and easy here: the
components of the majority graph are solved one by one, those of up to 18 candidates by a programme over subsets that
also counts all optimal orders, larger ones by an integer programme that ends with a proof, or by local search with the
gap that is left.

Sources: Kemeny (1959); Young (1988); sheet 14. Differs: nothing; see `kemeny_components`, `kemeny_program` and
`kemeny_search` for the parts.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from psephos.engine.streams import Rng, seed_of, spawn
from psephos.errors import check_choice, check_count, check_number
from psephos.ranking.borda import no_score
from psephos.ranking.kemeny_components import SUBSET_LIMIT, Ordered, best_of_subsets, components
from psephos.ranking.kemeny_program import solve
from psephos.ranking.kemeny_search import improved, search
from psephos.ranking.orders import Orders, cost_of, counts, never_met, order_scores, orders_of, preferences
from psephos.ranking.score_tables import Scores, ScoreTable, score_table
from psephos.ranking.task_rankings import TaskRanking, points_by_task, task_ranking, weight_kept
from psephos.statistics import bootstrap
from psephos.statistics.rank_spread import RankSpread, rank_spread

PROGRAM_LIMIT = 120
"""Largest component that the integer programme is tried on; larger ones are searched."""

EXACT_LIMIT = 5000
"""Most candidates for whom an exact answer is tried at all."""

RESAMPLED_CELLS = 2**26
"""Orders times candidates squared up to which the order is resampled: half a GiB."""


def kemeny(
    scores: Scores | ScoreTable,
    *,
    holes: str = "completion",
    pooling: str | None = None,
    ties: str = "average",
    search_by: str = "exact",
    seconds: float = 60.0,
    repeats: int = 200,
    level: float = 0.95,
    rng: Rng = None,
) -> TaskRanking:
    """Rank by the order that contradicts the orders of the tasks least.

    Parameters
    ----------
    scores, holes, pooling, ties
        As of `borda`.
    search_by : {"exact", "fast"}, default "exact"
        "exact" proves the order where time allows; "fast" searches and reports the gap.
    seconds : float, default 60
        Most time for the integer programme, over all components.
    repeats : int, default 200
        Resamples of tasks for the intervals, each searched from the order found; 0 for none.
    level : float, default 0.95
        Confidence of the intervals.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.

    Returns
    -------
    TaskRanking
        `scores` are points (row sums of P), `ranks` the positions, 1 to N without ties; `optimal` says whether the
        order is proven, `co_optimal` how many orders are as good.

    Raises
    ------
    InputError
        As of `borda`.

    See Also
    --------
    borda : points, in no time for any number of candidates.

    Examples
    --------
    >>> votes = score_table([[3, 3, 3, 1, 1], [2, 2, 2, 3, 3], [1, 1, 1, 2, 2]], candidates=["A", "B", "C"])
    >>> ranking = kemeny(votes, rng=0)
    >>> ranking.names, ranking.cost, ranking.optimal, ranking.co_optimal
    (['A', 'B', 'C'], 4.0, True, 1)
    """
    table = score_table(scores)
    check_choice("search_by", search_by, ("exact", "fast"))
    seconds = check_number("seconds", seconds, low=0)
    repeats, level = check_count("repeats", repeats, low=0), check_number("level", level, low=0, high=1, open_ends=True)
    orders = orders_of(table, pooling=pooling, ties=ties, holes=holes)
    notes = list(no_score(table, holes))
    seed = seed_of(rng)
    above = preferences(orders.ranks, orders.weights, holes)
    points = above.sum(axis=1)
    standing = order_scores(*counts(orders.ranks, holes, orders.weights), holes)
    size = len(points)
    notes += never_met(orders, holes)
    if size > EXACT_LIMIT and search_by == "exact":
        search_by = "fast"
        notes.append(f"more than {EXACT_LIMIT:,} candidates: searched, not proven")
    stream, draws = spawn(seed, 2)
    # What is equal is told at weights near 1; a power of two leaves every digit as it is.
    scale = float(2.0 ** np.floor(np.log2(max(float((above + above.T).max()), 1e-300))))
    place = np.nan_to_num(standing) / (1.0 if holes == "available" else scale)
    found = least_cost(above / scale, place, exact=search_by == "exact", seconds=seconds, rng=stream)
    found = replace(found, cost=found.cost * scale, bound=found.bound * scale)
    if found.count is None:
        notes.append("a component is too large to count its optimal orders")
    spread, why = _resampled(table, orders, holes, found.order, repeats, level, draws)
    if why:
        notes.append(why)
    if spread is not None and found.count != 1:
        ours = (
            "an order that may be one of several" if found.count is None else f"one of {found.count:,} optimal orders"
        )
        notes.append(f"resamples start from {ours}: its places are kept where others cost as little")
    ranks = np.empty(size, dtype=np.int64)
    ranks[found.order] = np.arange(1, size + 1)
    by_task, _ = points_by_task(orders, len(table.tasks), holes)
    optimal = found.cost <= found.bound + 1e-9 * max(scale, found.cost)
    if not optimal and search_by == "exact":
        notes.append(f"no proof within {seconds:g} s: the best order found, and a bound")
    return task_ranking(
        table,
        orders,
        method="kemeny",
        scores=points,
        score_means="points: weight of the comparisons won",
        options={
            "holes": holes,
            "pooling": pooling,
            "ties": ties,
            "search_by": search_by,
            "repeats": repeats,
            "level": level,
        },
        order=found.order,
        ranks=ranks,
        refit=partial(_without, table, holes, pooling, ties, search_by, seconds),
        holes=holes,
        seed=seed,
        spread=spread,
        above=above,
        notes=tuple(notes),
        contributions=by_task,
        bound=found.bound,
        optimal=optimal,
        co_optimal=found.count if optimal else None,
        possible_first=tuple(str(table.candidates[i]) for i in found.first or ()) if optimal else (),
    )


def least_cost(
    above: npt.NDArray[np.float64],
    points: npt.NDArray[np.float64],
    *,
    exact: bool,
    seconds: float,
    rng: np.random.Generator,
) -> Ordered:
    """The order of least cost of a matrix of preferences, solved component by component.

    Parameters
    ----------
    above : ndarray of float64, shape (n, n)
        Weight of the orders that put row above column.
    points : ndarray of float64, shape (n,)
        By which equally good orders are told apart.
    exact : bool
        Whether a proof is wanted, as far as sizes and time allow.
    seconds : float
        Time for integer programmes, all together.
    rng : Generator
        Of the local search.

    Returns
    -------
    Ordered
        With a bound that equals the cost where the order is proven to be the best.
    """
    parts = components(above)
    solved = []
    left = seconds
    for part in parts:
        inner, own = above[np.ix_(part, part)], points[part]
        if exact and len(part) <= SUBSET_LIMIT:
            solved.append(best_of_subsets(inner, own))
            continue
        start = search(inner, own, rng)
        cost = cost_of(start, inner)
        bound = float(np.triu(np.minimum(inner, inner.T), 1).sum())
        if exact and len(part) <= PROGRAM_LIMIT and bound < cost - 1e-9 * max(cost, 1.0) and left > 0:
            from time import monotonic

            begun = monotonic()
            made = solve(inner, start, left)
            left -= monotonic() - begun
            start, cost, bound = made.order, made.cost, made.bound
        solved.append(Ordered(start, cost, bound, None, None))
    order = np.concatenate([part[one.order] for part, one in zip(parts, solved, strict=True)])
    cost = cost_of(order, above)
    between = cost - sum(one.cost for one in solved)
    known = [one.count for one in solved if one.count is not None]
    return Ordered(
        order,
        cost,
        min(cost, between + sum(one.bound for one in solved)),
        math.prod(known) if len(known) == len(solved) else None,
        None if solved[0].first is None else tuple(int(parts[0][k]) for k in solved[0].first),
    )


def _resampled(
    table: ScoreTable,
    orders: Orders,
    holes: str,
    order: npt.NDArray[np.int64],
    repeats: int,
    level: float,
    rng: Rng,
) -> tuple[RankSpread | None, str]:
    n, size = len(table.tasks), len(order)
    if not repeats:
        return None, ""
    if n < 2:
        return None, f"one {table.unit} alone cannot be resampled: no intervals"
    if n * size**2 > RESAMPLED_CELLS or size > 200:
        return None, "too many candidates to resample the order: no intervals"
    one, mass = np.ones(1), np.bincount(orders.task, orders.weights, n).astype(np.float64)
    by_task = np.zeros((n, size, size))
    for rank, weight, task in zip(orders.ranks, orders.weights, orders.task, strict=True):
        by_task[task] += preferences(rank[None], one * weight, holes)

    def positions(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        made = np.empty((len(weights), 2 * size))
        kept = weight_kept(weights, mass)
        for row, weight in enumerate(weights):
            above = np.tensordot(weight, by_task, axes=1)
            made[row, :size] = above.sum(axis=1) * kept[row]
            made[row, size + improved(order, above)] = np.arange(1, size + 1)
        return made

    drawn = bootstrap(positions, n, repeats=repeats, method="percentile", rng=rng).replicates
    means = f"{table.unit}s resampled"
    return rank_spread(drawn[:, :size], ranks=drawn[:, size:], level=level, means=means), ""


def _without(
    table: ScoreTable, holes: str, pooling: str | None, ties: str, search_by: str, seconds: float, task: int
) -> TaskRanking:
    return kemeny(
        table.without(task),
        holes="completion" if holes == "error" else holes,
        pooling=pooling,
        ties=ties,
        search_by=search_by,
        seconds=seconds,
        repeats=0,
        rng=0,
    )
