"""How sure is a place in an order, if the order had been found on other data of the same kind?

From replicates s*_r of the scores (a bootstrap, a posterior), one row each,

    above_ij = mean_r [s*_ri > s*_rj] + [s*_ri = s*_rj] / 2
    rank_ri  = 1 + #{j : s*_rj > s*_ri},        first_i = mean_r [rank_ri = 1] / #{j : rank_rj = 1}

and the interval of a score and of a rank are the percentiles of the replicates; those of a rank are places that occur.
Two neighbours cannot be told apart where `above` is not near 0 or 1; `separated` cuts an order where it can be cut.

Sources: Goldstein and Spiegelhalter (1996), doi:10.2307/2983325 (intervals of ranks in league tables).
Ours: the cuts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_floats, check_number
from psephos.statistics.replicate_intervals import percentile_interval

ABOVE_LIMIT = 3000
"""Most candidates for whom every pair is compared; beyond, `above` is None."""

_CELLS = 2**24


@dataclass(frozen=True, eq=False)
class RankSpread:
    """How far scores and places may lie from where they were found.

    Attributes
    ----------
    low, high : ndarray of float64, shape (n,)
        Interval of each score; NaN where there is none.
    rank_low, rank_high : ndarray of int64, shape (n,)
        Best and worst place that each could have; 0 where it has none.
    first : ndarray of float64, shape (n,)
        Probability to be first; a shared first place counts in parts.
    above : ndarray of float64, shape (n, n), or None
        Probability that row stands above column, 1/2 on the diagonal; NaN where the two never met.
    level : float
        Confidence of the intervals.
    means : str
        What was varied, in words.
    """

    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    rank_low: npt.NDArray[np.int64]
    rank_high: npt.NDArray[np.int64]
    first: npt.NDArray[np.float64]
    above: npt.NDArray[np.float64] | None
    level: float
    means: str


def rank_spread(
    scores: npt.ArrayLike,
    *,
    ranks: npt.ArrayLike | None = None,
    level: float = 0.95,
    means: str = "resamples",
    pairs: bool = True,
) -> RankSpread:
    """Intervals of scores and ranks, and who stands above whom, from replicates of the scores.

    Parameters
    ----------
    scores : array_like of float, shape (repeats, n)
        Scores of each replicate, higher is better; NaN: not ranked there.
    ranks : array_like of float, shape (repeats, n), optional
        Places of each replicate, 1 is best, where they do not follow from the scores.
    level : float, default 0.95
        Confidence, between 0 and 1.
    means : str
        What was varied, in words.
    pairs : bool, default True
        Whether to compare every pair; False where who stands above whom is known without replicates.

    Returns
    -------
    RankSpread
        Intervals of scores and ranks, chances to be first and to stand above each other.

    Raises
    ------
    InputError
        If there is no replicate, or `ranks` has another shape.

    Examples
    --------
    >>> spread = rank_spread([[3, 2, 1], [3, 1, 2], [2, 3, 1], [3, 2, 2]])
    >>> spread.first.tolist(), spread.above[1].tolist(), spread.rank_high.tolist()
    ([0.75, 0.25, 0.0], [0.25, 0.5, 0.625], [2, 3, 3])
    """
    values = check_floats("scores", scores, ndim=2, missing=True)
    level = check_number("level", level, low=0, high=1, open_ends=True)
    if not len(values):
        raise InputError("scores", "holds no replicate")
    places = competition_ranks(values) if ranks is None else check_floats("ranks", ranks, ndim=2, missing=True)
    if places.shape != values.shape:
        raise InputError("ranks", f"must have the shape of scores {values.shape}, got {places.shape}")
    low, high = percentile_interval(values, level)
    tail = (1 - level) / 2
    leads = places == 1
    share = leads / np.maximum(leads.sum(axis=1, keepdims=True), 1)
    return RankSpread(
        low=low,
        high=high,
        rank_low=_place(places, tail, "inverted_cdf"),
        rank_high=_place(places, 1 - tail, "higher"),
        first=share.mean(axis=0),
        above=_above(places) if pairs and values.shape[1] <= ABOVE_LIMIT else None,
        level=level,
        means=means,
    )


def on_grid(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Values as shares of the largest, on a grid below any real gap, so that equal sums tie.

    Examples
    --------
    >>> 0.1 + 0.2 == 0.3, competition_ranks(on_grid(np.array([0.1 + 0.2, 0.3]))).tolist()
    (False, [1.0, 1.0])
    """
    scale = float(np.nanmax(np.abs(values), initial=0.0))
    grid: npt.NDArray[np.float64] = np.round(values / (scale or 1.0), 12)
    return grid


def competition_ranks(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Places along the last axis: 1 is the highest score, equal scores share the better place; NaN stays NaN.

    Examples
    --------
    >>> competition_ranks(np.array([2.0, 5.0, 5.0, np.nan, 1.0])).tolist()
    [3.0, 1.0, 1.0, nan, 4.0]
    """
    # SciPy's own NaN handling ranks row by row; NaN sorted last costs nothing.
    absent = np.isnan(scores)
    order = np.argsort(np.where(absent, np.inf, -scores), axis=-1, kind="stable")
    ordered = np.take_along_axis(scores, order, axis=-1)
    place = np.broadcast_to(np.arange(1, scores.shape[-1] + 1), scores.shape).copy()
    place[..., 1:][ordered[..., 1:] == ordered[..., :-1]] = 0
    ranks = np.empty(scores.shape)
    np.put_along_axis(ranks, order, np.maximum.accumulate(place, axis=-1).astype(np.float64), axis=-1)
    ranks[absent] = np.nan
    return ranks


def separated(
    order: npt.NDArray[np.int64], above: npt.NDArray[np.float64], level: float = 0.95
) -> npt.NDArray[np.int64]:
    """Cut an order into groups such that each member of a group surely stands above all of later groups.

    Parameters
    ----------
    order : ndarray of int64, shape (k,)
        Best first.
    above : ndarray of float64, shape (n, n)
        Probability that row stands above column.
    level : float, default 0.95
        Two-sided: a pair is told apart where `above` reaches (1 + level) / 2.

    Returns
    -------
    ndarray of int64, shape (n,)
        Group of each, from 1; 0 for who is not in `order`.

    Examples
    --------
    >>> above = np.array([[0.5, 0.6, 1.0], [0.4, 0.5, 0.99], [0.0, 0.01, 0.5]])
    >>> separated(np.array([0, 1, 2]), above).tolist()
    [1, 1, 2]
    """
    groups = np.zeros(len(above), dtype=np.int64)
    if not len(order):
        return groups
    sure = above[np.ix_(order, order)] >= (1 + level) / 2
    # reach[i] is the first place from which on i stands surely above everyone.
    beaten = ~sure
    reach = np.where(beaten.any(axis=1), len(order) - np.argmax(beaten[:, ::-1], axis=1), 0)
    furthest = np.maximum.accumulate(reach)
    starts = np.concatenate(([True], furthest[:-1] <= np.arange(1, len(order))))
    groups[order] = np.cumsum(starts)
    return groups


def _place(places: npt.NDArray[np.float64], at: float, method: str) -> npt.NDArray[np.int64]:
    """A percentile of the places that occur, 0 for who has none."""
    ranked = ~np.isnan(places).all(axis=0)
    found = np.zeros(places.shape[1], dtype=np.int64)
    if ranked.any():
        found[ranked] = np.nanquantile(places[:, ranked], at, axis=0, method=method)  # type: ignore[call-overload]
    return found


def _above(places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    repeats, n = places.shape
    points, met = np.zeros((n, n)), np.zeros((n, n))
    step = max(1, _CELLS // max(n * n, 1))
    for start in range(0, repeats, step):
        block = places[start : start + step]
        left, right = block[:, :, None], block[:, None, :]
        points += (left < right).sum(axis=0) + (left == right).sum(axis=0) / 2
        here = (~np.isnan(block)).astype(np.float64)
        met += here.T @ here
    above: npt.NDArray[np.float64] = np.divide(points, met, out=np.full((n, n), np.nan), where=met > 0)
    return above
