"""Which of two columns follows a third one better, when all are measured on the same rows?

With r_1, r_2 the Pearson correlations of two estimates with the target, r_12 that between the estimates and n rows,

    t = (r_1 - r_2) sqrt( (n - 1) (1 + r_12) / (2 D (n - 1) / (n - 3) + m^2 (1 - r_12)^3) ),
    D = 1 - r_1^2 - r_2^2 - r_12^2 + 2 r_1 r_2 r_12,      m = (r_1 + r_2) / 2,

which has n - 3 degrees of freedom.

Two estimates that share the rows share their noise: comparing the intervals of r_1 and r_2 asks for far too much.

Source: Williams (1959), J. R. Statist. Soc. B 21, 396-399, in the form that Steiger (1980),
doi:10.1037/0033-2909.87.2.245, recommends. Differs: nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from psephos.errors import InputError, check_count, check_number


@dataclass(frozen=True)
class CorrelationDifference:
    """Difference of two correlations that share rows and target.

    Attributes
    ----------
    value : float
        The first correlation less the second.
    statistic : float
        Williams' t; NaN with fewer than four rows, or where the two estimates are the same column.
    p : float
        Two-sided p-value; 1 where the correlations are equal, NaN where it cannot be told.
    n : int
        Rows.
    """

    value: float
    statistic: float
    p: float
    n: int


def correlation_difference(first: float, second: float, between: float, n: int) -> CorrelationDifference:
    """Test whether two columns correlate equally with a third (Williams' t).

    Parameters
    ----------
    first, second : float
        Correlations of the two columns with the third.
    between : float
        Correlation of the two columns with each other.
    n : int
        Rows that all three were measured on.

    Returns
    -------
    CorrelationDifference
        The difference, its statistic and p-value.

    Raises
    ------
    InputError
        If a correlation lies outside [-1, 1], or no three columns can have these correlations.

    See Also
    --------
    psephos.statistics.adjust : for several pairs of columns.

    Examples
    --------
    >>> found = correlation_difference(0.4, 0.5, 0.1, 103)
    >>> print(f"{found.statistic:.2f} {found.p:.2f}")
    -0.89 0.37
    """
    from scipy.stats import t as student

    one, two, both = (
        check_number(name, value, low=-1, high=1)
        for name, value in (("first", first), ("second", second), ("between", between))
    )
    rows = check_count("n", n)
    determinant = 1 - one**2 - two**2 - both**2 + 2 * one * two * both
    if determinant < -1e-9:
        raise InputError("between", f"no three columns have the correlations {one:g}, {two:g} and {both:g}")
    difference = one - two
    below = 2 * max(determinant, 0.0) * (rows - 1) / max(rows - 3, 1) + (one + two) ** 2 / 4 * (1 - both) ** 3
    if rows < 4 or below <= 0:
        return CorrelationDifference(difference, math.nan, 1.0 if difference == 0 and rows >= 4 else math.nan, rows)
    statistic = difference * math.sqrt((rows - 1) * (1 + both) / below)
    return CorrelationDifference(difference, statistic, float(2 * student.sf(abs(statistic), rows - 3)), rows)
