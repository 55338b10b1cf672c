r"""Do two things depend on each other, in whatever way?

With distances a_kl between the rows of x and b_kl of y, centred so that rows and columns have mean 0,

    U_kl = -(a_kl - a_k. - a_.l + a_..),        dCov^2 = mean of U_kl(x) U_kl(y),
    dCor^2 = dCov^2(x, y) / sqrt(dCov^2(x, x) dCov^2(y, y)).

dCov is 0 only if x and y are independent; rows of any number of columns. The estimator "v" takes means as they are and
is never negative; "u" centres without the diagonal, is unbiased and may be negative:

    dCov^2_U = [sum a b - 2 / (n - 2) sum_k A_k B_k + A B / ((n - 1) (n - 2))] / (n (n - 3)),       A_k, A sums.

Of single columns in O(n log n), of vectors in O(n^2) time and O(n) memory.

Sources: Szekely, Rizzo and Bakirov (2007), doi:10.1214/009053607000000505; Szekely and Rizzo (2014),
doi:10.1214/14-AOS1255 ("u"); sheet 20. Differs: weights ("v"), by weighted means in the centring.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_choice, check_floats
from psephos.metrics.columns import Floats, check_weights
from psephos.metrics.dependence.distance_sums import product_mean, row_means, square_mean

Estimator = Literal["v", "u"]

LARGEST = 1e100


def squared_distance_covariance(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    estimator: Estimator = "v",
    weights: npt.ArrayLike | None = None,
) -> float:
    """Squared distance covariance of two columns or vectors.

    Parameters
    ----------
    x, y : array_like of float, shape (n,) or (n, d)
        Row k of both belongs together.
    estimator : {"v", "u"}, default "v"
        "u" is unbiased, may be negative, needs four rows and takes no weights.
    weights : array_like of float, shape (n,), optional
        At least 0: exposure of each row.

    Returns
    -------
    float
        0, but for chance, if the two are independent.

    Raises
    ------
    InputError
        If there are too few rows, lengths differ, a value is not finite, or "u" has weights.

    See Also
    --------
    distance_correlation : between 0 and 1.
    joint_distance_covariance : of more than two.
    dependence_test : is it more than chance?

    Examples
    --------
    >>> x = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    >>> round(squared_distance_covariance(x, x**2), 6), round(np.corrcoef(x, x**2)[0, 1], 6)
    (0.448, np.float64(0.0))
    """
    check_choice("estimator", estimator, get_args(Estimator))
    first, second = check_pair(x, y, 2 if estimator == "v" else 4)
    if estimator == "u":
        if weights is not None:
            raise InputError("weights", "are of the estimator 'v' only")
        return unbiased(first, second)
    return plain(first, second, shares(weights, len(first)))


def distance_correlation(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    estimator: Estimator = "v",
    weights: npt.ArrayLike | None = None,
) -> float:
    """Distance correlation of two columns or vectors; 0 where one is constant.

    Parameters
    ----------
    x, y, estimator, weights
        As of `squared_distance_covariance`.

    Returns
    -------
    float
        Of "v" dCor, from 0 (independent) to 1; of "u" the bias-corrected dCor^2, which may be negative.

    Raises
    ------
    InputError
        As of `squared_distance_covariance`.

    Examples
    --------
    >>> round(distance_correlation([0, 1, 2, 3], [1, 3, 5, 7]), 6)
    1.0
    """
    check_choice("estimator", estimator, get_args(Estimator))
    first, second = check_pair(x, y, 2 if estimator == "v" else 4)
    if estimator == "u":
        if weights is not None:
            raise InputError("weights", "are of the estimator 'v' only")
        return correlated(*(unbiased(*pair) for pair in ((first, second), (first, first), (second, second))))
    w = shares(weights, len(first))
    found = correlated(*(plain(*pair, w) for pair in ((first, second), (first, first), (second, second))))
    return math.sqrt(min(1.0, max(0.0, found)))


def plain(x: Floats, y: Floats, w: Floats) -> float:
    """dCov^2 of "v", with weights that sum to 1."""
    order = np.argsort(x) if x.ndim == 1 else None
    first = row_means(x, w, order)
    second = first if y is x else row_means(y, w)
    product = square_mean(x, w) if y is x else product_mean(x, y, w, order)
    value = product - 2 * float(w @ (first * second)) + float(w @ first) * float(w @ second)
    # Never negative but for rounding, which is of the size of the parts that cancel.
    return value if value > 1e-15 * product else 0.0


def unbiased(x: Floats, y: Floats) -> float:
    """dCov^2 of "u"."""
    n = len(x)
    w = np.full(n, 1 / n)
    order = np.argsort(x) if x.ndim == 1 else None
    first = row_means(x, w, order)
    second = first if y is x else row_means(y, w)
    product = square_mean(x, w) if y is x else product_mean(x, y, w, order)
    across = float(first @ second) / n
    whole = float(first.mean()) * float(second.mean())
    return n**2 * (product - 2 * n / (n - 2) * across + n**2 / ((n - 1) * (n - 2)) * whole) / (n * (n - 3))


def correlated(covariance: float, first: float, second: float) -> float:
    """Covariance over the root of both variances, 0 where one is 0 (or, of "u", not above it)."""
    if not (first > 0 and second > 0):
        return 0.0
    return covariance / math.sqrt(first * second)


def check_pair(x: npt.ArrayLike, y: npt.ArrayLike, least: int) -> tuple[Floats, Floats]:
    """Two checked columns or tables of as many rows; one object twice if the same was given twice.

    Parameters
    ----------
    x, y : array_like of float, shape (n,) or (n, d)
        Rows of any number of columns each.
    least : int
        Rows that the estimator needs.

    Raises
    ------
    InputError
        `x` or `y`: not finite numbers, or too few rows. `y`: of another length.
    """
    first = check_rows("x", x, least)
    if y is x:
        return first, first
    second = check_rows("y", y, least)
    if len(first) != len(second):
        raise InputError("y", f"must have as many rows as x ({len(first)}), got {len(second)}")
    return first, second


def check_rows(argument: str, values: npt.ArrayLike, least: int) -> Floats:
    """A checked column, or a table of columns, about its mean; a table of one column is that column.

    Distances do not change, but sums of products lose fewer digits, and what is constant is 0 exactly.
    """
    table = check_floats(argument, values, ndim=2 if np.ndim(values) == 2 else 1)
    if len(table) < least:
        raise InputError("n", f"must be at least {least} rows, got {len(table)} in {argument}")
    if table.ndim == 2 and table.shape[1] == 0:
        raise InputError(argument, "has no column")
    if np.abs(table).max() > LARGEST:
        raise InputError(argument, f"holds numbers beyond {LARGEST:g}, whose squares are too large", hint="scale it")
    moved = table - table[0]
    moved -= moved.mean(axis=0)
    return np.ascontiguousarray(moved[:, 0]) if moved.ndim == 2 and moved.shape[1] == 1 else moved


def shares(weights: npt.ArrayLike | None, n: int) -> Floats:
    """Checked weights over their sum.

    Examples
    --------
    >>> shares([1, 3], 2)
    array([0.25, 0.75])
    """
    w = check_weights(weights, n)
    return np.asarray(w / w.sum())
