r"""Do two ways of sorting the same things have to do with each other?

    sign test           p = min(1, 2 P(B >= max(a, b))),    B ~ Binomial(a + b, 1/2)
    independence        X^2 = sum (observed - expected)^2 / expected, chi-square with (rows - 1)(columns - 1) degrees
    Mantel-Haenszel     odds ratio = sum_k a_k d_k / n_k  /  sum_k b_k c_k / n_k

over strata k, each a table of exposed with and without the event (a, b) and of others with and without it (c, d). The
interval of the odds ratio is normal on the scale of its logarithm, with the variance of Robins, Breslow and Greenland;
its p-value is that of the Cochran-Mantel-Haenszel test without continuity correction.

Sources: Mantel and Haenszel (1959), doi:10.1093/jnci/22.4.719; Robins, Breslow and Greenland (1986),
doi:10.2307/2531052. Differs: nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.errors import InputError, check_codes, check_count, check_floats, check_same_length
from psephos.statistics.intervals import Interval, normal_quantile


@dataclass(frozen=True)
class OddsRatio(Interval):
    """A common odds ratio of several strata.

    Attributes
    ----------
    value, low, high, level : float
        The ratio and its interval; NaN where no stratum tells.
    p : float
        P-value of the hypothesis that the ratio is 1.
    strata : int
        Strata that tell anything: both groups are there, and events as well as rows without.
    """

    p: float
    strata: int


@dataclass(frozen=True)
class IndependenceTest:
    """Outcome of a chi-square test of independence.

    Attributes
    ----------
    statistic, p : float
        X^2 and its p-value; NaN where a table has fewer than two rows or columns that are not empty.
    degrees : int
        Degrees of freedom.
    smallest_expected : float
        Smallest expected count; below 5 the p-value is rough.
    """

    statistic: float
    p: float
    degrees: int
    smallest_expected: float


def sign_test(positive: int, negative: int) -> float:
    """Exact two-sided p-value of as many positive and negative signs.

    Parameters
    ----------
    positive, negative : int
        Counts of signs.

    Returns
    -------
    float
        1 where there is no sign.

    Examples
    --------
    >>> sign_test(5, 0)
    0.0625
    """
    a, b = check_count("positive", positive, low=0), check_count("negative", negative, low=0)
    return min(1.0, 2 * float(special.bdtrc(max(a, b) - 1, a + b, 0.5))) if a + b else 1.0


def independence_test(counts: npt.ArrayLike) -> IndependenceTest:
    """Chi-square test of independence of the rows and columns of a table.

    Parameters
    ----------
    counts : array_like of float, shape (rows, columns)
        Rows and columns without any count are left out.

    Returns
    -------
    IndependenceTest
        Statistic, degrees of freedom, p-value, and the smallest expected count.

    Raises
    ------
    InputError
        If a count is negative or not finite.

    Examples
    --------
    >>> test = independence_test([[10, 20], [20, 10]])
    >>> round(test.statistic, 3), round(test.p, 4), test.degrees
    (6.667, 0.0098, 1)
    """
    table = check_floats("counts", counts, ndim=2)
    if (table < 0).any():
        raise InputError("counts", f"must not be negative, got {table.min():g}")
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    degrees = (table.shape[0] - 1) * (table.shape[1] - 1) if table.size else 0
    if degrees < 1:
        return IndependenceTest(math.nan, math.nan, 0, math.nan)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    return IndependenceTest(statistic, float(special.chdtrc(degrees, statistic)), degrees, float(expected.min()))


def mantel_haenszel(
    exposed: npt.ArrayLike, event: npt.ArrayLike, strata: npt.ArrayLike, *, level: float = 0.95
) -> OddsRatio:
    """Odds ratio of an event between exposed and others, within strata.

    Parameters
    ----------
    exposed, event : array_like of bool, shape (n,)
        Of each unit.
    strata : array_like of int, shape (n,)
        Code of the stratum of each row.
    level : float
        Confidence of the interval.

    Returns
    -------
    OddsRatio
        The common odds ratio with its interval and p-value.

    Raises
    ------
    InputError
        If the lengths differ, or `exposed` or `event` is anything but true or false, 1 or 0.

    Examples
    --------
    >>> ratio = mantel_haenszel([1, 1, 1, 0, 0, 0] * 2, [1, 1, 0, 1, 0, 0] * 2, [0] * 6 + [1] * 6)
    >>> ratio.value, ratio.strata
    (4.0, 2)
    """
    is_exposed, happened = _truths("exposed", exposed), _truths("event", event)
    codes = check_codes("strata", strata, ndim=1)
    check_same_length(exposed=is_exposed, event=happened, strata=codes)
    z = normal_quantile(level)
    stratum = np.unique(codes, return_inverse=True)[1]
    cells = np.bincount(stratum * 4 + (~is_exposed) * 2 + ~happened, minlength=4 * (int(stratum.max(initial=-1)) + 1))
    a, b, c, d = cells.reshape(-1, 4).T.astype(np.float64)
    tells = (a + b > 0) & (c + d > 0) & (a + c > 0) & (b + d > 0)
    a, b, c, d = (cell[tells] for cell in (a, b, c, d))
    n = a + b + c + d
    for_it, against = a * d / n, b * c / n
    if for_it.sum() == 0 or against.sum() == 0:
        value = math.nan if for_it.sum() == against.sum() else math.inf if for_it.sum() else 0.0
        return OddsRatio(value, math.nan, math.nan, level, _mantel_haenszel_p(a, b, c, d), int(tells.sum()))
    value = float(for_it.sum() / against.sum())
    same, other = (a + d) / n, (b + c) / n
    variance = (
        (same * for_it).sum() / (2 * for_it.sum() ** 2)
        + (same * against + other * for_it).sum() / (2 * for_it.sum() * against.sum())
        + (other * against).sum() / (2 * against.sum() ** 2)
    )
    reach = z * math.sqrt(variance)
    return OddsRatio(
        value, value * math.exp(-reach), value * math.exp(reach), level, _mantel_haenszel_p(a, b, c, d), len(n)
    )


def _truths(name: str, given: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Truths as such: what is missing, or neither true nor false, is not taken for true."""
    values = check_floats(name, given)
    odd = ~np.isin(values, (0, 1))
    if odd.any():
        row = int(np.argmax(odd))
        raise InputError(name, f"must be true or false, got {values[row]:g}", where=f"index {row}")
    truths: npt.NDArray[np.bool_] = values == 1
    return truths


def _mantel_haenszel_p(
    a: npt.NDArray[np.float64], b: npt.NDArray[np.float64], c: npt.NDArray[np.float64], d: npt.NDArray[np.float64]
) -> float:
    n = a + b + c + d
    many = n > 1
    a, b, c, d, n = (cell[many] for cell in (a, b, c, d, n))
    variance = float(((a + b) * (c + d) * (a + c) * (b + d) / (n**2 * (n - 1))).sum())
    if variance == 0:
        return math.nan
    surplus = float((a - (a + b) * (a + c) / n).sum())
    return float(special.chdtrc(1, surplus**2 / variance))
