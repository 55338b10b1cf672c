"""How does each order count: points of its members, and who stands above whom?

An order of n of N candidates gives rank r_i (1 is best, ties share the average) to who was scored. With everyone scored

    points_i = n - r_i = #{j beaten} + 1/2 #{j tied}.

Where m = N - n are missing, "completion" lets the order stand for all full orders compatible with it, equally likely:

    P_ij = 1 or 1/2 or 0 (both scored),  (n + 1 - r_i) / (n + 1) (j missing),  r_j / (n + 1) (i missing),  1/2 (both)
    points_i = sum_j P_ij = n - r_i + m (n + 1 - r_i) / (n + 1)  if scored,  (N - 1) / 2  if missing,

and "available" counts only pairs of which both were scored, over the pairs seen.

Source: sheet 14 (Colombo and others 2022, arXiv:2202.03799; 2023, arXiv:2305.10284). Differs: ties share the average
rank; the closed form of the points, which needs no matrix, is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_choice
from psephos.opinions.wording import plural
from psephos.ranking.score_tables import ScoreTable
from psephos.statistics.rank_spread import competition_ranks

HOLES = ("completion", "available", "error")
POOLING = ("two_level", "one_level")
TIES = ("average", "first")

_CELLS_AT_ONCE = 2**13
"""Scores that are ranked together: what is made on the way stays in the cache."""

_CELLS = 2**24


@dataclass(frozen=True, eq=False)
class Orders:
    """Orders of candidates.

    Attributes
    ----------
    ranks : ndarray of float64, shape (n_orders, n_candidates)
        1 is best, ties share the average; NaN where a candidate is missing.
    weights : ndarray of float64, shape (n_orders,)
    task : ndarray of int64, shape (n_orders,)
        The task that each order belongs to.
    """

    ranks: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]
    task: npt.NDArray[np.int64]


def orders_of(table: ScoreTable, *, pooling: str | None, ties: str, holes: str) -> Orders:
    """The orders that a table of scores holds.

    Without instances each task is one. With them, two-level: points over the instances of a task make one order of it;
    one-level: each instance is an order.
    """
    check_choice("ties", ties, TIES)
    check_choice("holes", holes, HOLES)
    if pooling is not None:
        check_choice("pooling", pooling, POOLING)
    if holes == "error":
        refuse_holes(table)
    if table.instances is None:
        return Orders(average_ranks(table.scores.T, ties), table.weights, np.arange(len(table.tasks)))
    if pooling == "one_level":
        sizes = [part.shape[1] for part in table.instances]
        ranks = np.concatenate([average_ranks(part.T, ties) for part in table.instances])
        return Orders(ranks, np.repeat(table.weights, sizes), np.repeat(np.arange(len(sizes)), sizes))
    scores = np.stack(
        [
            np.where(np.isnan(mean), np.nan, order_scores(*counts(average_ranks(part.T, ties), holes), holes))
            for part, mean in zip(table.instances, table.scores.T, strict=True)
        ]
    )
    # Sums of points of equal candidates may differ in the last bit; places are compared on a grid below any real gap.
    return Orders(average_ranks(np.round(scores, 9), ties), table.weights, np.arange(len(table.tasks)))


def refuse_holes(table: ScoreTable) -> None:
    """Complain about the first five scores that are missing."""
    parts = table.instances or tuple(table.scores[:, [k]] for k in range(len(table.tasks)))
    holes = [
        f"{table.candidates[i]} on {table.tasks[k]}" + (f" (instance {place})" if part.shape[1] > 1 else "")
        for k, part in enumerate(parts)
        for i, place in np.argwhere(np.isnan(part))[:5].tolist()
    ]
    if holes:
        total = sum(int(np.isnan(part).sum()) for part in parts)
        raise InputError(
            "scores",
            f"{total:,} missing: {', '.join(holes[:5])}",
            hint="holes='completion' or 'available' says how to go on",
        )


def average_ranks(scores: npt.NDArray[np.float64], ties: str = "average") -> npt.NDArray[np.float64]:
    """Ranks along the last axis, 1 is the highest score; NaN stays NaN.

    Examples
    --------
    >>> average_ranks(np.array([[3.0, 5.0, 5.0, np.nan]])).tolist()
    [[3.0, 1.5, 1.5, nan]]
    """
    if ties == "first":
        # The authors' double argsort: of equal scores the later row counts as the better one.
        known = ~np.isnan(scores)
        place = np.argsort(np.argsort(np.where(known, scores, -np.inf), axis=-1, kind="stable"), axis=-1)
        return np.where(known, scores.shape[-1] - place.astype(np.float64), np.nan)
    size = max(scores.shape[-1], 1)
    rows, ranks = scores.reshape(-1, scores.shape[-1]), np.empty(scores.shape)
    ranked = ranks.reshape(rows.shape)
    step = max(1, _CELLS_AT_ONCE // size)
    for start in range(0, len(rows), step):
        ranked[start : start + step] = _average_ranks(rows[start : start + step])
    return ranks


def _average_ranks(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The same of some rows."""
    rows = np.negative(scores, order="C")
    order = np.argsort(rows, axis=-1)
    order += np.arange(0, rows.size, max(rows.shape[-1], 1))[:, None]
    rising = rows.take(order)
    if (rising[:, 1:] > rising[:, :-1]).all():
        # Neither ties nor holes: places are ranks.
        places = np.empty(rows.shape)
        places.ravel()[order] = np.arange(1.0, rows.shape[-1] + 1)
        return places
    n = (~np.isnan(scores)).sum(axis=-1, keepdims=True)
    ranks: npt.NDArray[np.float64] = (competition_ranks(scores) + n + 1 - competition_ranks(rows)) / 2
    return ranks


def points(ranks: npt.NDArray[np.float64], holes: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Points that each order gives to each candidate, and the comparisons they come from; both like `ranks`.

    Examples
    --------
    >>> [part.round(3).tolist() for part in points(np.array([[1.0, 2.0, np.nan]]), "completion")]
    [[[1.667, 0.333, 1.0]], [[2.0, 2.0, 2.0]]]
    """
    size = ranks.shape[-1]
    known = ~np.isnan(ranks)
    if known.all():
        return size - ranks, np.broadcast_to(np.float64(size - 1), ranks.shape)
    n = known.sum(axis=-1, keepdims=True)
    beaten = np.where(known, n - ranks, 0.0)
    if holes == "available":
        return beaten, np.where(known, n - 1.0, 0.0)
    against = (size - n) * (n + 1 - ranks) / (n + 1)
    return np.where(known, beaten + against, (size - 1) / 2), np.full(ranks.shape, size - 1.0)


def counts(
    ranks: npt.NDArray[np.float64], holes: str, weights: npt.NDArray[np.float64] | None = None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Points and comparisons over all orders, chunk by chunk."""
    total = np.zeros((2, ranks.shape[1]))
    weight = np.ones(len(ranks)) if weights is None else weights
    step = max(1, _CELLS // ranks.shape[1])
    for start in range(0, len(ranks), step):
        here = slice(start, start + step)
        won, seen = points(ranks[here], holes)
        total += weight[here] @ won, weight[here] @ seen
    return total[0], total[1]


def never_met(orders: Orders, holes: str) -> tuple[str, ...]:
    """A note on pairs that no order holds both of, as a tuple to add to others.

    Parameters
    ----------
    orders : Orders
    holes : str
        Only with ``"available"`` nothing is put in place of what is missing.
    """
    if holes != "available" or not np.isnan(orders.ranks).any():
        return ()
    known = (~np.isnan(orders.ranks[orders.weights > 0])).astype(np.float32)
    step = max(1, _CELLS // known.shape[1])
    apart = sum(int((known[:, at : at + step].T @ known == 0).sum()) for at in range(0, known.shape[1], step))
    # Who is in no order has not met itself either.
    unseen = (apart - int((~known.any(axis=0)).sum())) // 2
    return (f"{plural(unseen, 'pair was', 'pairs were')} never compared; their order is neutral",) if unseen else ()


def order_scores(won: npt.NDArray[np.float64], seen: npt.NDArray[np.float64], holes: str) -> npt.NDArray[np.float64]:
    """What a candidate is ranked by: its points, or under "available" its share of the comparisons, NaN if none."""
    if holes != "available":
        return won
    share: npt.NDArray[np.float64] = np.divide(won, seen, out=np.full(won.shape, np.nan), where=seen > 0)
    return share


def preferences(
    ranks: npt.NDArray[np.float64], weights: npt.NDArray[np.float64], holes: str
) -> npt.NDArray[np.float64]:
    """P: weight of the orders with row above column, 1/2 for ties; memory stays O(N^2).

    Returns
    -------
    ndarray of float64, shape (n_candidates, n_candidates)
        0 on the diagonal.

    Examples
    --------
    >>> preferences(np.array([[1.0, 2.0], [1.5, 1.5]]), np.ones(2), "completion").tolist()
    [[0.0, 1.5], [0.5, 0.0]]
    """
    size = ranks.shape[1]
    # Ties and holes only ever lower the sum of squares.
    full = size * (size + 1) * (2 * size + 1) / 6
    strict = size < 2**15 and bool((np.einsum("ij,ij->i", ranks, ranks) == full).all())
    by_candidate = np.ascontiguousarray(ranks.T, dtype=np.int16 if strict else np.float64)
    total = weights.sum()
    # NumPy sums truths fastest in the smallest number that holds the sum.
    narrow = np.uint16 if len(ranks) < 2**16 else np.int64
    count = partial(np.add.reduce, dtype=narrow) if (weights == 1).all() else partial(_weight_of, weights)
    above = np.zeros((size, size))
    step = max(1, _CELLS // max(len(ranks), 1))
    for i in range(size - 1):
        own = by_candidate[i]
        for start in range(i + 1, size, step):
            others = by_candidate[start : start + step]
            less = count(own < others, axis=1)
            if strict:
                above[i, start : start + step], above[start : start + step, i] = less, total - less
                continue
            equal = count(own == others, axis=1)
            above[i, start : start + step] = less + equal / 2
            above[start : start + step, i] = count(own > others, axis=1) + equal / 2
    if holes != "available" and np.isnan(ranks).any():
        known = ~np.isnan(ranks)
        n = known.sum(axis=1, keepdims=True)
        place = np.where(known, ranks / (n + 1), 0.0)
        over, absent = np.where(known, 1 - place, 0.0), (~known).astype(np.float64)
        weighted = weights[:, None] * absent
        above += over.T @ weighted + weighted.T @ place + weighted.T @ absent / 2
    np.fill_diagonal(above, 0.0)
    return above


def _weight_of(
    weights: npt.NDArray[np.float64],
    where: npt.NDArray[np.bool_],
    axis: int,  # noqa: ARG001 - as of a sum
) -> npt.NDArray[np.float64]:
    """Sum of the weights of the orders in which something holds, shape (n_rows,)."""
    return np.asarray(where @ weights)


def cost_of(order: npt.NDArray[np.int64], above: npt.NDArray[np.float64]) -> float:
    """Kendall cost of an order: the weight of the pairs that it puts the other way round.

    Examples
    --------
    >>> cost_of(np.array([1, 0]), np.array([[0.0, 3.0], [2.0, 0.0]]))
    3.0
    """
    return float(np.tril(above[np.ix_(order, order)], -1).sum())
