r"""Do raters differ in level, in what they find hard, or not at all? Intraclass correlations of n items by k raters.

With MSR, MSC, MSW, MSE the mean squares of a two-way table between items, between raters, within items and residual:

    ICC(1,1) = (MSR - MSW) / (MSR + (k - 1) MSW)                               one-way, single rater
    ICC(2,1) = (MSR - MSE) / (MSR + (k - 1) MSE + k (MSC - MSE) / n)           two-way random, absolute agreement
    ICC(3,1) = (MSR - MSE) / (MSR + (k - 1) MSE)                               two-way mixed, consistency
    ICC(1,k) = (MSR - MSW) / MSR                                               the same for the mean of k raters
    ICC(2,k) = (MSR - MSE) / (MSR + (MSC - MSE) / n)
    ICC(3,k) = (MSR - MSE) / MSR

A low ICC(2,1) with a high MSE says that raters fail on different items, with a high MSC that they differ in level.

Source: Shrout and Fleiss (1979), doi:10.1037/0033-2909.86.2.420. Differs: intervals come from resampled items.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.engine import Rng
from psephos.errors import check_choice, check_count, check_floats
from psephos.statistics import Interval, bootstrap

FORMS = ("ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class IntraclassCorrelation(Interval):
    """An intraclass correlation with the mean squares it is made of.

    Attributes
    ----------
    name : str
        Which form.
    items, raters : int
        Size of the table.
    between_items, between_raters, within_items, residual : float
        The mean squares MSR, MSC, MSW and MSE; NaN where undefined.
    note : str
        Why the value is undefined (NaN), or nothing.
    """

    name: str
    items: int
    raters: int
    between_items: float
    between_raters: float
    within_items: float
    residual: float
    note: str = ""


def intraclass_correlation(
    ratings: npt.ArrayLike, *, form: str = "ICC(2,1)", repeats: int = 1000, level: float = 0.95, rng: Rng = 0
) -> IntraclassCorrelation:
    """Intraclass correlation of a complete table of ratings, with an interval from resampled items.

    Parameters
    ----------
    ratings : array_like of float, shape (n_items, n_raters)
        No value may be missing.
    form : str, default "ICC(2,1)"
        One of `FORMS`.
    repeats : int, default 1000
        Resamples of the items; 0 for no interval.
    level : float, default 0.95
        Coverage of the interval.
    rng : int, Generator or None, default 0
        Source of the resamples.

    Returns
    -------
    IntraclassCorrelation
        With value NaN and a note where there are fewer than two items or raters, or nothing varies.

    Examples
    --------
    >>> table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> round(intraclass_correlation(table, repeats=0).value, 7)
    0.2897638
    """
    check_choice("form", form, FORMS)
    check_count("repeats", repeats, low=0)
    table = check_floats("ratings", ratings, ndim=2)
    n, k = table.shape
    reason = ""
    if n < 2:
        reason = f"needs at least 2 items, got {n}"
    elif k < 2:
        reason = f"needs at least 2 raters, got {k}"
    elif np.ptp(table) == 0:
        reason = "all ratings are the same"
    if reason:
        nan = float("nan")
        return IntraclassCorrelation(nan, nan, nan, level, form, n, k, nan, nan, nan, nan, reason)
    centred = table - table.mean()
    squares = _mean_squares(centred, np.ones((1, n)))
    value = float(_values(form, n, k, *squares)[0])
    msr, msc, msw, mse = (float(part[0]) for part in squares)
    low = high = np.nan
    if repeats and not np.isnan(value):
        drawn = bootstrap(
            lambda weights: _values(form, n, k, *_mean_squares(centred, weights)),
            n,
            repeats=max(2, repeats),
            level=level,
            method="percentile",
            rng=rng,
        )
        low, high = float(drawn.low), float(drawn.high)
    note = "" if not np.isnan(value) else "items and raters do not vary"
    return IntraclassCorrelation(value, low, high, level, form, n, k, msr, msc, msw, mse, note)


def _mean_squares(table: Floats, weights: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """MSR, MSC, MSW, MSE of the table with each item taken as often as its weight; one row of weights, one value."""
    n, k = weights.sum(axis=1), table.shape[1]
    row_mean = table.mean(axis=1)
    column_mean = weights @ table / n[:, None]
    mean = column_mean.mean(axis=1)
    total = weights @ (table * table).sum(axis=1) - n * k * mean**2
    rows = k * (weights @ row_mean**2 - n * mean**2)
    columns = n * (column_mean**2).sum(axis=1) - n * k * mean**2
    rest = np.maximum(total - rows - columns, 0.0)
    return rows / (n - 1), columns / (k - 1), (total - rows) / (n * (k - 1)), rest / ((n - 1) * (k - 1))


def _values(form: str, n: int, k: int, msr: Floats, msc: Floats, msw: Floats, mse: Floats) -> Floats:
    within = msw if form.startswith("ICC(1") else mse
    level = (msc - mse) / n if form.startswith("ICC(2") else np.zeros_like(msr)
    below = msr + (k - 1) * within + k * level if form.endswith("1)") else msr + level
    defined = np.abs(below) > 1e-15
    value: Floats = np.divide(msr - within, below, out=np.full_like(msr, np.nan), where=defined)
    return value
