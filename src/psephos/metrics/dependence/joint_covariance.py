r"""Are several things mutually independent, also three and more at a time?

With U_i the centred distances of variable i (see `distance_covariance`) and a constant c > 0,

    JdCov^2 = E[prod_i (U_i + c)] - c^m = c^(m-2) (all pairs) + c^(m-3) (all triples) + ... + (all m at once),

0 only if all m variables are mutually independent. Pairs alone would miss y = a xor b, where any two are independent.
The smaller c, the more the higher orders count. By estimator, over all n^2 pairs of rows,

    v   n^-2 sum prod (U_i + c) - c^m,          u   sum prod (U_i + c) / (n (n - 3)) - n / (n - 3) c^m,

U_i of "u" centred without the diagonal, which is 0. O(m n^2) time by blocks of rows, O(n m) memory; `dependence` has
the same in O(n log n) where attributes have few kinds.

Source: Chakraborty and Zhang (2019), doi:10.1080/01621459.2018.1513364; sheet 20. Differs: nothing.
"""

from __future__ import annotations

from typing import get_args

import numpy as np
import numpy.typing as npt
import scipy

from psephos.errors import InputError, check_choice, check_number
from psephos.metrics.columns import Floats
from psephos.metrics.dependence.distance_covariance import Estimator, check_rows, shares
from psephos.metrics.dependence.distance_sums import blocks, row_means


def joint_distance_covariance(
    *variables: npt.ArrayLike,
    c: float = 1.0,
    estimator: Estimator = "v",
    weights: npt.ArrayLike | None = None,
) -> float:
    """Squared joint distance covariance (JdCov^2) of two or more variables.

    Parameters
    ----------
    *variables : array_like of float, shape (n,) or (n, d)
        Row k of all belongs together.
    c : float, default 1
        Above 0: how much pairs count against higher orders.
    estimator : {"v", "u"}, default "v"
        "u" is unbiased for the terms of pairs, may be negative, needs four rows and takes no weights.
    weights : array_like of float, shape (n,), optional
        At least 0.

    Returns
    -------
    float
        0, but for chance, if the variables are independent.

    Raises
    ------
    InputError
        If there are fewer than two variables or too few rows, lengths differ, or `c` is not above 0.

    See Also
    --------
    dependence : of a prediction with attributes, tested, and for millions of rows.

    Examples
    --------
    >>> a = np.array([1.0, 1, -1, -1, 1, 1, -1, -1])
    >>> b = np.array([1.0, -1, 1, -1, 1, -1, 1, -1])
    >>> round(joint_distance_covariance(a, b), 12), round(joint_distance_covariance(a, b, a * b), 12)
    (0.0, 1.0)
    """
    check_choice("estimator", estimator, get_args(Estimator))
    constant = check_number("c", c, low=0, open_ends=True)
    if len(variables) < 2:
        raise InputError("variables", f"must be two or more, got {len(variables)}")
    tables = [
        check_rows(f"variable {place + 1}", one, 2 if estimator == "v" else 4) for place, one in enumerate(variables)
    ]
    n = len(tables[0])
    for place, table in enumerate(tables):
        if len(table) != n:
            raise InputError(f"variable {place + 1}", f"must have as many rows as the first ({n}), got {len(table)}")
    if estimator == "u" and weights is not None:
        raise InputError("weights", "are of the estimator 'v' only")
    w = shares(weights, n)
    m = len(tables)
    means = [row_means(table, w) for table in tables]
    if estimator == "v":
        ends = [(mean, float(w @ mean)) for mean in means]
    else:
        ends = [(mean * n / (n - 2), n**2 * float(mean.mean()) / ((n - 1) * (n - 2))) for mean in means]
    total = 0.0
    for start, stop in blocks(n):
        product: Floats | float = 1.0
        for table, (row, whole) in zip(tables, ends, strict=True):
            part = table if table.ndim == 2 else table[:, None]
            centred = row[start:stop, None] + row - whole - scipy.spatial.distance.cdist(part[start:stop], part)
            if estimator == "u":
                centred[np.arange(stop - start), np.arange(start, stop)] = 0.0
            product = product * (centred + constant)
        total += float(w[start:stop] @ product @ w)
    if estimator == "v":
        return total - constant**m
    return total * n / (n - 3) - n / (n - 3) * constant**m
