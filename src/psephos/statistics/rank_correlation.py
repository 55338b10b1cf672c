"""How far do two orders agree?

With n rows, C concordant and D discordant pairs of them, T_x pairs that are not tied in x, T_y that are not in y, and m
the smaller number of distinct values,

    tau-b = (C - D) / sqrt(T_x T_y)             tau-c = 2 (C - D) m / (n^2 (m - 1))
    rho = Pearson correlation of the average ranks.

Intervals are normal on the scale artanh(r), with the standard errors

    tau: sqrt(.437 / (n - 4))                   rho: sqrt((1 + rho^2 / 2) / (n - 3)).

Sources: Kendall (1945), doi:10.1093/biomet/33.3.239; Stuart (1953), doi:10.1093/biomet/40.1-2.105 (tau-c); Fieller,
Hartley and Pearson (1957), doi:10.1093/biomet/44.3-4.470, and Bonett and Wright (2000), doi:10.1007/BF02294183
(standard errors). Differs: a correlation that is perfect to within half a swap of neighbours has its interval computed
from there, as artanh(1) is infinite; up to 4 rows (3 for rho) the interval is (-1, 1). The standard errors hold for few
ties; with many, bootstrap `kendall_statistic` or `spearman_statistic`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.errors import check_choice, check_number
from psephos.statistics.intervals import Interval, normal_interval
from psephos.statistics.rank_statistics import paired_columns, spearman_statistic


@dataclass(frozen=True)
class RankCorrelation(Interval):
    """A rank correlation with its interval.

    Attributes
    ----------
    value : float
        The correlation; NaN where `reason` says why it is undefined.
    low, high : float
        Ends of the interval; NaN where the value is.
    level : float
        Confidence of the interval.
    n : int
        Rows it rests on.
    missing : int
        Rows left out because x or y was NaN.
    reason : str or None
        Why the value is undefined.
    """

    n: int
    missing: int
    reason: str | None

    def __str__(self) -> str:
        lost = f", {self.missing} missing" if self.missing else ""
        why = f"; {self.reason}" if self.reason else ""
        return f"{super().__str__()} (n = {self.n}{lost}{why})"


def kendall_tau(x: npt.ArrayLike, y: npt.ArrayLike, *, variant: str = "b", level: float = 0.95) -> RankCorrelation:
    """Kendall's tau of two columns, in O(n log n).

    Parameters
    ----------
    x, y : array_like of float, shape (n,)
        The columns; rows with NaN in either are left out and counted.
    variant : {"b", "c"}
        "b" reaches +-1 only if both columns have ties in the same places, "c" also in tables that are not square.
    level : float
        Confidence, between 0 and 1.

    Returns
    -------
    RankCorrelation
        Value, interval, rows used and missing; NaN with a reason where a column is constant or there are fewer than
        two rows.

    Raises
    ------
    InputError
        If the lengths differ, a column holds infinity, or `variant` or `level` is not allowed.

    See Also
    --------
    kendall_statistic : the same for many weights of the rows at once.

    Examples
    --------
    >>> print(kendall_tau([1, 2, 3, 4, 5, 6, 7], [1, 3, 2, 4, 6, 5, 7]))
    .81 [.36, .95] (n = 7)
    """
    # scipy.stats takes longer to load than everything else here.
    from scipy.stats import kendalltau

    x, y, present = paired_columns(x, y)
    check_choice("variant", variant, ("b", "c"))
    n = int(present.sum())
    reason = _why_undefined(x[present], y[present])
    value = math.nan if reason else float(kendalltau(x[present], y[present], variant=variant).statistic)
    if abs(value) > 1 - 1e-15:  # SciPy divides by two rounded roots
        value = math.copysign(1.0, value)
    swap = 4 / max(n * (n - 1), 1)
    error = math.sqrt(0.437 / (n - 4)) if n > 4 else math.inf
    return _with_interval(value, error, swap, level, n, len(x) - n, reason)


def spearman_rho(x: npt.ArrayLike, y: npt.ArrayLike, *, level: float = 0.95) -> RankCorrelation:
    """Spearman's rho of two columns.

    Parameters
    ----------
    x, y : array_like of float, shape (n,)
        The columns; rows with NaN in either are left out and counted.
    level : float
        Confidence, between 0 and 1.

    Returns
    -------
    RankCorrelation
        Value, interval, rows used and missing; NaN with a reason where a column is constant or there are fewer than
        two rows.

    Raises
    ------
    InputError
        If the lengths differ, a column holds infinity or `level` is not between 0 and 1.

    See Also
    --------
    spearman_statistic : the same for many weights of the rows at once.

    Examples
    --------
    >>> print(spearman_rho([1, 2, 3, 4, 5], [3, 3, 3, 3, 3]))
    undefined (n = 5; y is constant)
    """
    x, y, present = paired_columns(x, y)
    n = int(present.sum())
    reason = _why_undefined(x[present], y[present])
    value = math.nan if reason else float(np.asarray(spearman_statistic(x, y)(np.ones((1, len(x)))))[0])
    swap = 12 / max(n * (n**2 - 1), 1)
    error = math.sqrt((1 + value**2 / 2) / (n - 3)) if n > 3 else math.inf
    return _with_interval(value, error, swap, level, n, len(x) - n, reason)


def _why_undefined(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> str | None:
    if len(x) < 2:
        return f"needs two rows, got {len(x)}"
    constant = [name for name, column in (("x", x), ("y", y)) if (column == column[0]).all()]
    return f"{' and '.join(constant)} {'is' if len(constant) == 1 else 'are'} constant" if constant else None


def _with_interval(
    value: float, error: float, swap: float, level: float, n: int, missing: int, reason: str | None
) -> RankCorrelation:
    """Interval on the scale of artanh; `swap` is what one exchange of neighbours takes from a perfect correlation."""
    level = check_number("level", level, low=0, high=1, open_ends=True)
    low, high = math.nan, math.nan
    if math.isinf(error) and not reason:
        low, high = -1.0, 1.0
    elif not reason:
        most = 1 - swap / 2
        ends = np.tanh(normal_interval(math.atanh(min(max(value, -most), most)), error, level))
        low, high = min(float(ends[0]), value), max(float(ends[1]), value)
    return RankCorrelation(value, low, high, level, n, missing, reason)
