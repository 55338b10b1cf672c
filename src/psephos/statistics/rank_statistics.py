"""How far do two orders agree when their rows have weights?

Kendall's tau and Spearman's rho (formulas: `psephos.statistics.rank_correlation`) as functions of the weights of the
rows, many sets of weights at once: this is what `bootstrap` asks of a statistic. With w_i the weight of row i,

    C - D = sum_(i < j) w_i w_j sign(x_i - x_j) sign(y_i - y_j)
    rank of x_i = sum_(x_j < x_i) w_j + (sum_(x_j = x_i) w_j + 1) / 2

so that whole weights give what as many copies of the rows would.

Source: Knight (1966), doi:10.1080/01621459.1966.10480879 (counting by merging). Differs: the merge is done for all sets
of weights at once, level by level from the top, in O(n log n) each.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from psephos.errors import check_choice, check_floats, check_same_length
from psephos.statistics._evaluation import Statistic


def kendall_statistic(x: npt.ArrayLike, y: npt.ArrayLike, *, variant: str = "b") -> Statistic:
    """Kendall's tau as a function of the weights of the rows, for `bootstrap`.

    A row of whole weight w counts like w copies of it; in general a pair of rows counts by the product of its weights.

    Parameters
    ----------
    x, y : array_like of float, shape (n,)
        The columns; rows with NaN in either get weight 0.
    variant : {"b", "c"}
        As in `kendall_tau`.

    Returns
    -------
    callable
        From weights, shape (rows, n), to values, shape (rows,); NaN where the weighted rows are constant in a column.

    Raises
    ------
    InputError
        If the lengths differ, a column holds infinity or `variant` is not allowed.

    Examples
    --------
    >>> statistic = kendall_statistic([1, 2, 3, 4], [1, 3, 2, 4])
    >>> statistic(np.array([[1, 1, 1, 1], [1, 1, 0, 1]])).round(3)
    array([0.667, 1.   ])
    """
    x, y, present = paired_columns(x, y)
    check_choice("variant", variant, ("b", "c"))
    rows = np.flatnonzero(present)
    rows = rows[np.lexsort((y[rows], x[rows]))]
    x, y = x[rows], y[rows]
    by_y = np.argsort(y, kind="stable")

    def statistic(weights: npt.ArrayLike) -> npt.NDArray[np.float64]:
        w = np.asarray(weights, dtype=np.float64)[:, rows]
        in_x, in_y = _group_sums(w, _starts(x)), _group_sums(w[:, by_y], _starts(y[by_y]))
        in_both = _group_sums(w, _starts(x, y))
        untied_x, untied_y, untied = (
            (sums.sum(axis=1) ** 2 - (sums**2).sum(axis=1)) / 2 for sums in (in_x, in_y, in_both)
        )
        surplus = untied_x + untied_y - untied - 2 * _discordant(by_y, w[:, by_y])
        if variant == "b":
            return _ratio(surplus, np.sqrt(untied_x * untied_y))
        kinds = np.minimum((in_x > 0).sum(axis=1), (in_y > 0).sum(axis=1))
        return _ratio(2 * surplus * kinds, w.sum(axis=1) ** 2 * (kinds - 1))

    return statistic


def spearman_statistic(x: npt.ArrayLike, y: npt.ArrayLike) -> Statistic:
    """Spearman's rho as a function of the weights of the rows, for `bootstrap`.

    A row of whole weight w counts like w copies of it.

    Parameters
    ----------
    x, y : array_like of float, shape (n,)
        The columns; rows with NaN in either get weight 0.

    Returns
    -------
    callable
        From weights, shape (rows, n), to values, shape (rows,); NaN where the weighted rows are constant in a column.

    Raises
    ------
    InputError
        If the lengths differ or a column holds infinity.

    Examples
    --------
    >>> statistic = spearman_statistic([1, 2, 3, 4], [1, 3, 2, 4])
    >>> statistic(np.array([[1, 1, 1, 1], [1, 1, 0, 1]])).round(3)
    array([0.8, 1. ])
    """
    x, y, present = paired_columns(x, y)
    rows = np.flatnonzero(present)
    x, y = x[rows], y[rows]

    def statistic(weights: npt.ArrayLike) -> npt.NDArray[np.float64]:
        w = np.asarray(weights, dtype=np.float64)[:, rows]
        rank_x, rank_y = centred_ranks(x, w), centred_ranks(y, w)
        covariance, variance_x, variance_y = (
            np.einsum("ri,ri,ri->r", w, a, b) for a, b in ((rank_x, rank_y), (rank_x, rank_x), (rank_y, rank_y))
        )
        return _ratio(covariance, np.sqrt(variance_x * variance_y))

    return statistic


def paired_columns(
    x: npt.ArrayLike, y: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Both columns, checked, and which rows hold a number in both.

    Rows with a gap in one of them are no pairs; correlations leave them out and say how many.
    """
    first, second = check_floats("x", x, missing=True), check_floats("y", y, missing=True)
    check_same_length(x=first, y=second)
    return first, second, ~(np.isnan(first) | np.isnan(second))


def _starts(*columns: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Where the sorted columns change."""
    changes = np.logical_or.reduce([np.diff(column, prepend=np.nan) != 0 for column in columns])
    return np.flatnonzero(changes)


def _group_sums(w: npt.NDArray[np.float64], starts: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    return np.asarray(np.add.reduceat(w, starts, axis=1)) if len(starts) else np.zeros((len(w), 0))


def _discordant(place: npt.NDArray[np.intp], w: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Weight of the pairs (i, j) with place_i > place_j and i < j, where `place` is a permutation of the columns of w.

    The places are halved again and again: of two that part at a level, one is in the left half and one in the right,
    and a running sum over the right half tells each left one how much weight of the right came before it.
    """
    levels = max(len(place) - 1, 0).bit_length()
    filling = 2**levels - len(place)
    place = np.append(place, np.arange(len(place), 2**levels))
    w = np.pad(w, ((0, 0), (0, filling)))
    found = np.zeros(len(w))
    for level in reversed(range(levels)):
        half = 2**level
        right = (place >> level & 1).astype(bool)
        in_left, in_right = (w[:, side].reshape(len(w), -1, half) for side in (~right, right))
        running = np.cumsum(np.where(right, w, 0.0), axis=1)
        earlier_blocks = np.pad(running[:, 2 * half - 1 : -1 : 2 * half], ((0, 0), (1, 0)))
        before = running[:, ~right].reshape(in_left.shape) - earlier_blocks[:, :, np.newaxis]
        found += (in_left * before).sum(axis=(1, 2))
        w = np.stack([in_left, in_right], axis=2).reshape(w.shape)
        place = np.stack([place[side].reshape(-1, half) for side in (~right, right)], axis=1).ravel()
    return found


def centred_ranks(column: npt.NDArray[np.float64], w: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Average ranks of the weighted rows, less their weighted mean.

    One row of ranks for each row of weights, shape (k, n), so that resamples are ranked together. Equal values share
    the mean of their places.
    """
    order = np.argsort(column, kind="stable")
    starts = _starts(column[order])
    sums = _group_sums(w[:, order], starts)
    upto = np.cumsum(sums, axis=1)
    middle = upto - sums / 2 - upto[:, -1:] / 2
    ranks = np.empty_like(w)
    ranks[:, order] = np.repeat(middle, np.diff(starts, append=len(order)), axis=1)
    return ranks


def _ratio(above: npt.NDArray[np.float64], below: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A correlation from its two parts, NaN where undefined; rounding never carries it beyond +-1."""
    ratio = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return np.asarray(np.clip(ratio, -1.0, 1.0))
