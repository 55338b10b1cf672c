"""A ranking made of orders on tasks, with its Kendall cost and what each task has to do with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine.streams import Rng, spawn
from psephos.opinions.orderings import Ranking
from psephos.opinions.outcomes import Provenance, command_for, json_ready
from psephos.ranking.orders import Orders, average_ranks, cost_of, order_scores, points, preferences
from psephos.ranking.score_tables import ScoreTable
from psephos.statistics import bootstrap, kendall_tau
from psephos.statistics.rank_spread import ABOVE_LIMIT, RankSpread, competition_ranks, on_grid, rank_spread

PAIRS_LIMIT = 10**9
"""Orders times candidates squared up to which methods that can do without count all pairs: about two seconds."""

_DRAWN = 2**23


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class TaskRanking(Ranking):
    """A `Ranking` made of orders.

    `pairwise` is P: the weight of the orders that put row above column.

    Attributes
    ----------
    data : ScoreTable
        What was ranked.
    cost : float
        Kendall cost of the order: the weight of the pairs in orders that it contradicts; NaN if pairs were not counted.
    pairwise_bound : float
        Sum over pairs of the smaller of P_ij and P_ji: no order costs less.
    bound : float
        The highest cost that is proven to be the least possible; that of `pairwise_bound` unless more was proven.
    optimal : bool
        Whether no order costs less, proven.
    co_optimal : int or None
        How many orders cost as little; None where they were not counted.
    possible_first : tuple of str
        Candidates that are first in an optimal order; empty where it was not found out.
    """

    data: ScoreTable
    cost: float
    pairwise_bound: float
    bound: float
    optimal: bool
    co_optimal: int | None = None
    possible_first: tuple[str, ...] = ()

    @cached_property
    def agreement(self) -> pl.DataFrame:
        """Kendall's tau-b of the scores on each task with the ranking, over the candidates scored there."""
        # Kemeny places by majorities, not by points: there the positions are the answer.
        placed = np.where(self.ranks > 0, -self.ranks.astype(np.float64), np.nan)
        own = placed if self.provenance.method == "kemeny" else self.scores
        found = [kendall_tau(column, own) for column in self.data.scores.T]
        return pl.DataFrame(
            {
                self.unit: self.data.tasks.cast(pl.String),
                "tau": pl.Series([one.value for one in found], dtype=pl.Float64).fill_nan(None),
                "low": pl.Series([one.low for one in found], dtype=pl.Float64).fill_nan(None),
                "high": pl.Series([one.high for one in found], dtype=pl.Float64).fill_nan(None),
                "candidates": [one.n for one in found],
                "weight": self.data.weights,
            }
        )

    def summary(self) -> list[tuple[str, str]]:
        """That of a ranking, with the cost of the order and whether a cheaper one is possible."""
        lines = super().summary()
        if np.isnan(self.cost):
            return lines
        if self.optimal:
            many = "" if self.co_optimal is None else f", one of {self.co_optimal:,} optimal orders"
            many = ", the only optimal order" if self.co_optimal == 1 else many
            text = f"Kendall cost {self.cost:g}, proven least{many}"
        else:
            text = f"Kendall cost {self.cost:g}; none costs less than {self.bound:g}"
        at = next(place for place, (name, _) in enumerate(lines) if name == "score")
        extra = [("cost", text)]
        if len(self.possible_first) > 1:
            extra.append(("could be first", ", ".join(self.possible_first)))
        return lines[:at] + extra + lines[at:]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        kendall = {
            "cost": self.cost,
            "pairwise_bound": self.pairwise_bound,
            "bound": self.bound,
            "optimal": self.optimal,
            "co_optimal": self.co_optimal,
            "possible_first": list(self.possible_first),
        }
        agreement = self.agreement.to_dicts()
        return {**super().to_dict(), "kendall": json_ready(kendall), "agreement": json_ready(agreement)}


def task_ranking(
    table: ScoreTable,
    orders: Orders | None,
    *,
    method: str,
    scores: npt.NDArray[np.float64],
    score_means: str,
    options: Mapping[str, object],
    order: npt.NDArray[np.int64],
    ranks: npt.NDArray[np.int64],
    refit: Callable[[int], Ranking],
    holes: str,
    seed: int | None = None,
    spread: RankSpread | None = None,
    above: npt.NDArray[np.float64] | None = None,
    notes: tuple[str, ...] = (),
    **more: Any,
) -> TaskRanking:
    """Put together what methods on orders have in common: cost, bound, places, and what each task has to do with it.

    Parameters
    ----------
    table : ScoreTable
    orders : Orders or None
        What the candidates were ordered by; None where the method has no orders.
    method, score_means : str
        Names of the method and of its scores.
    scores : ndarray of float64, shape (n_candidates,)
    options : mapping
        As on the command line; those that are None are left out.
    order, ranks : ndarray of int64
        Candidates from first to last, and the place of each.
    refit : callable
        From the place of a task to the ranking without it.
    holes : str
        What stands for missing scores.
    seed : int, optional
    spread : RankSpread, optional
        Intervals and places of resamples.
    above : ndarray of float64, shape (n_candidates, n_candidates), optional
        Preferences, if they are at hand; else made of the orders where that is cheap. Without them there is no cost.
    notes : tuple of str
    **more
        Further fields of the result.
    """
    size = len(table.candidates)
    if above is None and orders is not None and size <= ABOVE_LIMIT and len(orders.ranks) * size**2 <= PAIRS_LIMIT:
        above = preferences(orders.ranks, orders.weights, holes)
    cost, least, pair = float("nan"), float("nan"), 1.0
    if above is not None:
        # A candidate without a place stands last for the cost: it has no pair, and so costs nothing.
        rest = np.setdiff1d(np.arange(size), order) if len(order) < size else order[:0]
        cost = cost_of(np.concatenate([order, rest]), above)
        least = float(np.triu(np.minimum(above, above.T), 1).sum())
        pair = float((above + above.T).max())
    proven = bool(above is not None and cost <= least + 1e-9 * max(pair, least))
    given = {name: value for name, value in options.items() if value is not None}
    return TaskRanking(
        provenance=Provenance(
            method,
            given,
            table.source,
            seed=seed,
            command=command_for("rank", table.source, {"method": method, **given, **({"seed": seed} if seed else {})}),
            notes=(*table.notes, *notes),
        ),
        candidates=table.candidates,
        scores=scores,
        score_means=score_means,
        order=order,
        ranks=ranks,
        spread=spread,
        pairwise=above,
        pairwise_means="weight of the orders that put row above column",
        unit=table.unit,
        units=table.tasks,
        favours=None if orders is None else partial(_favours, orders, len(table.tasks)),
        refit=refit if len(table.tasks) > 1 else None,
        data=table,
        **({"cost": cost, "pairwise_bound": least, "bound": least, "optimal": proven} | more),
    )


def _favours(orders: Orders, n_tasks: int, candidate: int, others: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """By how much more the orders of each task put a candidate above than below each of the others."""
    own, other = orders.ranks[:, [candidate]], orders.ranks[:, others]
    side = orders.weights[:, None] * ((own < other).astype(np.float64) - (own > other))
    total = np.zeros((n_tasks, len(others)))
    np.add.at(total, orders.task, side)
    return total


def points_by_task(orders: Orders, n_tasks: int, holes: str) -> tuple[npt.NDArray[np.float64], ...]:
    """Weighted points and comparisons that each task gives to each candidate, both of shape (n_tasks, n_candidates)."""
    won, seen = points(orders.ranks, holes)
    plain = bool((orders.weights == 1).all())
    made = []
    for part in (won, seen):
        weighted = part if plain else orders.weights[:, None] * part
        if len(weighted) == n_tasks:
            made.append(weighted)  # an order for each task, in their order
            continue
        total = np.zeros((n_tasks, weighted.shape[1]))
        np.add.at(total, orders.task, weighted)
        made.append(total)
    return tuple(made)


def resampled(
    table: ScoreTable,
    orders: Orders,
    *,
    pooling: str | None,
    ties: str,
    holes: str,
    repeats: int,
    level: float,
    rng: Rng,
) -> tuple[RankSpread | None, str]:
    """How scores and places move if tasks, and the instances within them, are drawn anew; and why not, if they cannot.

    Tasks are drawn with replacement; of a table with instances each drawn copy of a task draws its instances too.
    Points are put on the scale of those at hand, whatever the weight of what was drawn.
    """
    n = len(table.tasks)
    if not repeats:
        return None, ""
    if table.instances is None:
        if n < 2:
            return None, f"one {table.unit} alone cannot be resampled: no intervals"
        won, seen = points_by_task(orders, n, holes)
        mass = np.bincount(orders.task, orders.weights, n).astype(np.float64)
        made = bootstrap(
            lambda w: _drawn_scores(w @ won, w @ seen, w, mass, holes),
            n,
            repeats=repeats,
            method="percentile",
            rng=rng,
        )
        places = competition_ranks(on_grid(made.replicates))
        return rank_spread(made.replicates, ranks=places, level=level, means=f"{table.unit}s resampled"), ""
    draws = _two_stage(table, pooling=pooling, ties=ties, holes=holes, repeats=repeats, rng=rng)
    what = f"{table.unit}s and instances within them resampled" if n > 1 else "instances resampled"
    return rank_spread(draws, ranks=competition_ranks(on_grid(draws)), level=level, means=what), ""


def _two_stage(
    table: ScoreTable, *, pooling: str | None, ties: str, holes: str, repeats: int, rng: Rng
) -> npt.NDArray[np.float64]:
    """Scores of each replicate, shape (repeats, n_candidates)."""
    parts = table.instances or ()
    n, size = len(parts), len(table.candidates)
    first, *streams = spawn(rng, n + 1)
    drawn = first.multinomial(n, np.full(n, 1 / n), size=repeats)
    total = np.zeros((2, repeats, size))
    for k, (part, stream) in enumerate(zip(parts, streams, strict=True)):
        won, seen = points(average_ranks(part.T, ties), holes)
        replicate = np.repeat(np.arange(repeats), drawn[:, k])
        width = part.shape[1]
        step = max(1, _DRAWN // width)
        for start in range(0, len(replicate), step):
            rows = replicate[start : start + step]
            weight = stream.multinomial(width, np.full(width, 1 / width), size=len(rows)).astype(np.float64)
            own, compared = weight @ won, weight @ seen
            if pooling != "one_level":
                scores = np.round(order_scores(own, compared, holes), 9)
                scores[:, np.isnan(part).all(axis=1)] = np.nan
                own, compared = points(average_ranks(scores, ties), holes)
            np.add.at(total[0], rows, table.weights[k] * own)
            np.add.at(total[1], rows, table.weights[k] * compared)
    mass = table.weights * [part.shape[1] if pooling == "one_level" else 1 for part in parts]
    return _drawn_scores(total[0], total[1], drawn, mass, holes)


def _drawn_scores(
    won: npt.NDArray[np.float64],
    seen: npt.NDArray[np.float64],
    drawn: npt.NDArray[Any],
    mass: npt.NDArray[np.float64],
    holes: str,
) -> npt.NDArray[np.float64]:
    """Scores of each replicate: shares as they are, points as if they were of the weight at hand."""
    scores = order_scores(won, seen, holes)
    return scores if holes == "available" else scores * weight_kept(drawn, mass)[:, None]


def weight_kept(drawn: npt.NDArray[Any], mass: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Weight of all tasks over that of those drawn, of each replicate.

    Examples
    --------
    >>> weight_kept(np.array([[1, 1], [0, 2]]), np.array([1.0, 3.0])).round(3).tolist()
    [1.0, 0.667]
    """
    return np.asarray(mass.sum() / (drawn @ mass))
