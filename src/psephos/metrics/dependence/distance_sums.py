r"""What are the sums of distances that distance covariance is made of?

With a_kl = |x_k - x_l|, b_kl = |y_k - y_l| and weights w that sum to 1,

    row means   a_k. = sum_l w_l a_kl,      mean  a_.. = sum_k w_k a_k.,        product  sum_kl w_k w_l a_kl b_kl.

Of single columns all of them come from sorted rows: row means from running sums of w and w x; the product from sums of
w, w x, w y and w x y below each row, which a merge sort by y of the rows sorted by x passes by. That is O(n log n) and
no matrix. Of vectors the matrix is gone through by blocks of rows: O(n^2) time, O(n) memory.

Sources: Huo and Szekely (2016), doi:10.1080/00401706.2015.1054435; Chaudhuri and Hu (2019),
doi:10.1016/j.csda.2019.01.016. Differs: weights; the sums are taken while merging, nothing is stored per row.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import scipy

from psephos.metrics.columns import Floats

BLOCK_CELLS = 2**21
"""Cells of a block of distances: 16 MiB."""

Order = npt.NDArray[np.intp]
"""Rows by rising value, where they are known."""

KERNEL_FROM = 3000
"""Rows from which the compiled sums are used; below, all pairs are done before they are loaded."""


def row_means(values: Floats, w: Floats, order: Order | None = None) -> Floats:
    """Weighted mean distance of each row to all rows, shape (n,); values of shape (n,) or (n, d).

    Examples
    --------
    >>> row_means(np.array([0.0, 1.0, 3.0]), np.full(3, 1 / 3)).round(3)
    array([1.333, 1.   , 1.667])
    """
    if values.ndim == 1:
        order = np.argsort(values) if order is None else order
        x, v = values[order], w[order]
        upto, moment = np.cumsum(v), np.cumsum(v * x)
        found = np.empty(len(x))
        found[order] = x * (2 * upto - upto[-1]) - 2 * moment + moment[-1]
        return found
    found = np.empty(len(values))
    for start, stop in blocks(len(values)):
        found[start:stop] = scipy.spatial.distance.cdist(values[start:stop], values) @ w
    return found


def product_mean(x: Floats, y: Floats, w: Floats, order: Order | None = None) -> float:
    """Weighted mean over pairs of rows of the product of their distances in x and in y.

    Examples
    --------
    >>> round(product_mean(np.array([0.0, 1.0]), np.array([0.0, 2.0]), np.full(2, 0.5)), 6)
    1.0
    """
    if x.ndim == 1 and y.ndim == 1 and len(x) >= KERNEL_FROM:
        from psephos.metrics.dependence._kernels import distance_products

        order = np.argsort(x) if order is None else order
        return float(distance_products(x[order], y[order], w[order]))
    total = 0.0
    first, second = (part[:, None] if part.ndim == 1 else part for part in (x, y))
    for start, stop in blocks(len(x)):
        product = scipy.spatial.distance.cdist(first[start:stop], first)
        product *= scipy.spatial.distance.cdist(second[start:stop], second)
        total += float(w[start:stop] @ product @ w)
    return total


def square_mean(values: Floats, w: Floats) -> float:
    """Weighted mean over pairs of rows of the squared distance: twice the variance, summed over columns.

    Examples
    --------
    >>> round(square_mean(np.array([0.0, 1.0]), np.full(2, 0.5)), 6)
    0.5
    """
    table = values[:, None] if values.ndim == 1 else values
    centred = table - w @ table
    return float(2 * (w @ centred**2).sum())


def blocks(n: int) -> Iterator[tuple[int, int]]:
    """First and last (exclusive) row of each block of a matrix of n rows and n columns, of about `BLOCK_CELLS` cells.

    Examples
    --------
    >>> list(blocks(3))
    [(0, 3)]
    """
    step = max(1, BLOCK_CELLS // n)
    for start in range(0, n, step):
        yield start, min(start + step, n)
