"""The array code of this room, compiled: the same sums in O(n log n), or without the arrays in between."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def distance_products(x: Any, y: Any, w: Any) -> float:
    """Sum over all ordered pairs of w_i w_j |x_i - x_j| |y_i - y_j|, of rows by rising x.

    Among pairs with x_j <= x_i, (x_i - x_j) |y_i - y_j| is twice the product where y_j <= y_i, less the product of all
    pairs. The former is summed while the rows are merged by y: all of the left half that were taken before a row of the
    right half lie below it, and their sums of w, w x, w y and w x y are known.
    """
    n = len(x)
    total = w_sum = wx_sum = wy_sum = wxy_sum = 0.0
    for i in range(n):
        total += w[i] * (x[i] * y[i] * w_sum - x[i] * wy_sum - y[i] * wx_sum + wxy_sum)
        w_sum += w[i]
        wx_sum += w[i] * x[i]
        wy_sum += w[i] * y[i]
        wxy_sum += w[i] * x[i] * y[i]
    below = 0.0
    x, y, w = x.copy(), y.copy(), w.copy()
    other_x, other_y, other_w = np.empty(n), np.empty(n), np.empty(n)
    width = 1
    while width < n:
        for start in range(0, n, 2 * width):
            middle, end = min(start + width, n), min(start + 2 * width, n)
            left, right = start, middle
            w_sum = wx_sum = wy_sum = wxy_sum = part = 0.0
            for place in range(start, end):
                if right >= end or (left < middle and y[left] <= y[right]):
                    a, b, c = x[left], y[left], w[left]
                    w_sum += c
                    wx_sum += c * a
                    wy_sum += c * b
                    wxy_sum += c * a * b
                    left += 1
                else:
                    a, b, c = x[right], y[right], w[right]
                    part += c * (a * b * w_sum - a * wy_sum - b * wx_sum + wxy_sum)
                    right += 1
                other_x[place], other_y[place], other_w[place] = a, b, c
            below += part
        x, other_x = other_x, x
        y, other_y = other_y, y
        w, other_w = other_w, w
        width *= 2
    return 2 * (2 * below - total)


@numba.njit(cache=True, nogil=True)
def group_distances(values: Any, codes: Any, w: Any, groups: int) -> Any:
    """Sums over pairs of ``w_i w_j |p_i - p_j|`` by groups of both; each pair counts once.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        The predictions p, rising.
    codes : ndarray of int64, shape (n,)
        Group of each row.
    w : ndarray of float64, shape (n,)
        Weights.
    groups : int
        How many groups there are.

    Returns
    -------
    ndarray of float64, shape (groups, groups)
        By group of the later and of the earlier row: to be added to its transpose.
    """
    found = np.zeros((groups, groups))
    size, moment = np.zeros(groups), np.zeros(groups)
    for i in range(len(values)):
        own = codes[i]
        for other in range(groups):
            found[own, other] += w[i] * (values[i] * size[other] - moment[other])
        size[own] += w[i]
        moment[own] += w[i] * values[i]
    return found
