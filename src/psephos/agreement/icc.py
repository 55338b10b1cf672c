r"""Do raters differ in level, in what they find hard, or not at all? Intraclass correlations of n items by k raters.

With MSR, MSC, MSW, MSE the mean squares of a two-way table between items, between raters, within items and residual:

    ICC(1,1) = (MSR - MSW) / (MSR + (k - 1) MSW)                               one-way, single rater
    ICC(2,1) = (MSR - MSE) / (MSR + (k - 1) MSE + k (MSC - MSE) / n)           two-way random, absolute agreement
    ICC(3,1) = (MSR - MSE) / (MSR + (k - 1) MSE)                               two-way mixed, consistency
    ICC(1,k) = (MSR - MSW) / MSR                                               the same for the mean of k raters
    ICC(2,k) = (MSR - MSE) / (MSR + (MSC - MSE) / n)
    ICC(3,k) = (MSR - MSE) / MSR

A low ICC(2,1) with a high MSE says that raters fail on different items, with a high MSC that they differ in level. The
test that there is no correlation at all is F = MSR / MSW with n - 1 and n (k - 1) degrees of freedom for the one-way
forms, F = MSR / MSE with n - 1 and (n - 1) (k - 1) for the others. Intervals by formula turn F around; that of ICC(2,.)
takes Satterthwaite's degrees of freedom for the sum of mean squares in it.

Source: Shrout and Fleiss (1979), doi:10.1037/0033-2909.86.2.420; McGraw and Wong (1996), doi:10.1037/1082-989X.1.1.30
(tests, intervals). Differs: by default intervals come from resampled items, which need no normal distribution; items
that not all raters judged are left out and counted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from psephos.agreement.coefficient import FEW, FEWEST_ITEMS, Coefficient, check_interval
from psephos.agreement.ratings import Floats, Ratings, Votes, ratings_of
from psephos.engine import Rng
from psephos.errors import InputError, check_choice, check_floats
from psephos.opinions.model import Opinions
from psephos.opinions.wording import plural
from psephos.statistics import bootstrap

FORMS = ("ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)")
MEANS = {
    "ICC(1,1)": "share of the variance of one rating that is between items, each item having raters of its own",
    "ICC(2,1)": "share of the variance of one rating that is between items; levels of raters count against it",
    "ICC(3,1)": "share of the variance of one rating that is between items once the levels of the raters are taken out",
    "ICC(1,k)": "the same as ICC(1,1) for the mean of all raters",
    "ICC(2,k)": "the same as ICC(2,1) for the mean of all raters",
    "ICC(3,k)": "the same as ICC(3,1) for the mean of all raters",
}


@dataclass(frozen=True)
class IntraclassCorrelation(Coefficient):
    """An intraclass correlation with the mean squares it is made of and its F-test.

    Attributes
    ----------
    name : str
        Which form.
    items, raters : int
        Size of the table.
    between_items, between_raters, within_items, residual : float
        The mean squares MSR, MSC, MSW and MSE; NaN where undefined.
    f, degrees, p : float, (int, int), float
        The test that items do not differ: statistic, degrees of freedom, p-value.
    note : str
        Why the value is undefined (NaN), what was left out, or nothing.
    """

    raters: int = 0
    between_items: float = math.nan
    between_raters: float = math.nan
    within_items: float = math.nan
    residual: float = math.nan
    f: float = math.nan
    degrees: tuple[int, int] = (0, 0)
    p: float = math.nan


def intraclass_correlation(
    ratings: Votes | Ratings,
    *,
    form: str = "ICC(2,1)",
    interval: str = "bootstrap",
    repeats: int = 1000,
    level: float = 0.95,
    rng: Rng = 0,
) -> IntraclassCorrelation:
    """Intraclass correlation of ratings.

    Parameters
    ----------
    ratings : Opinions, or array_like of float, shape (n_items, n_raters)
        Opinions with scores or with labels that are numbers, or a matrix; NaN where a rater took no part.
    form : str, default "ICC(2,1)"
        One of `FORMS`.
    interval : {"bootstrap", "analytic"}, default "bootstrap"
        Percentiles of resampled items, or by F under normal distributions.
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

    Raises
    ------
    InputError
        If the form or interval is unknown, labels are no numbers, or a rater judged an item twice.

    See Also
    --------
    krippendorff_alpha : with ``metric="interval"``, for ratings of which any may be missing.

    Examples
    --------
    >>> table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> round(intraclass_correlation(table, repeats=0).value, 7)
    0.2897638
    >>> print(intraclass_correlation(table, interval="analytic"))
    ICC(2,1) .29 [.02, .76], n = 6 items
    """
    check_choice("form", form, FORMS)
    return intraclass_correlations(ratings, (form,), interval=interval, repeats=repeats, level=level, rng=rng)[0]


def intraclass_correlations(
    ratings: Votes | Ratings, forms: Sequence[str] = FORMS, *, interval: str, repeats: int, level: float, rng: Rng
) -> list[IntraclassCorrelation]:
    """Several forms from the same mean squares and resamples.

    Resamples of items are drawn once; each form is another quotient of the mean squares of items, raters and rest.
    """
    check_interval(interval, repeats, level)
    table, left_out = _complete(ratings)
    n, k = table.shape
    reason = ""
    if n < 2:
        reason = f"needs at least 2 items that all raters judged, got {n}"
    elif k < 2:
        reason = f"needs at least 2 raters, got {k}"
    elif np.ptp(table) == 0:
        reason = "all ratings are the same"
    if reason:
        return [undefined(form, n, k, level, reason) for form in forms]
    centred = table - table.mean()

    def statistic(weights: Floats) -> Floats:
        squares = _mean_squares(centred, weights)
        return np.stack([_values(form, n, k, *squares) for form in forms], axis=1)

    squares = [float(part[0]) for part in _mean_squares(centred, np.ones((1, n)))]
    values = statistic(np.ones((1, n)))[0]
    drawn = None
    few = interval == "bootstrap" and repeats > 0 and n < FEWEST_ITEMS
    if interval == "bootstrap" and repeats and not few and not np.isnan(values).all():
        drawn = bootstrap(statistic, n, repeats=max(2, repeats), level=level, method="percentile", rng=rng)
    found = []
    for place, form in enumerate(forms):
        ends = (math.nan, math.nan, math.nan)
        if drawn is not None:
            ends = float(drawn.low[place]), float(drawn.high[place]), float(drawn.standard_error[place])
        elif interval == "analytic" and not math.isnan(values[place]):
            ends = *_by_f(form, n, k, squares, level), math.nan
        found.append(_tested(form, n, k, float(values[place]), ends, level, squares, left_out, few))
    return found


def _tested(
    form: str,
    n: int,
    k: int,
    value: float,
    ends: tuple[float, float, float],
    level: float,
    squares: list[float],
    left_out: int,
    few: bool,
) -> IntraclassCorrelation:
    """A form with its F-test and what is to be said of it."""
    low, high, error = ends
    msr, msc, msw, mse = squares
    notes = [f"left out: {plural(left_out, 'item')} that not all raters judged"] if left_out else []
    if math.isnan(value):
        notes = ["items and raters do not vary"]
    elif math.isinf(low):
        notes.append("so few ratings set no lower bound")
    elif few:
        notes.append(FEW)
    within, degrees = (msw, (n - 1, n * (k - 1))) if form.startswith("ICC(1") else (mse, (n - 1, (n - 1) * (k - 1)))
    f = msr / within if within > 0 else math.nan
    p = float(special.fdtrc(*degrees, f)) if math.isfinite(f) else math.nan
    said = "; ".join(notes), MEANS[form], error, k
    return IntraclassCorrelation(value, low, high, level, form, n, *said, msr, msc, msw, mse, f, degrees, p)


def undefined(form: str, items: int, raters: int, level: float, reason: str) -> IntraclassCorrelation:
    """An intraclass correlation that cannot be computed, and why.

    Value, ends and error are NaN, and `note` has the reason, so that a table of coefficients stays whole.
    """
    nan = math.nan
    return IntraclassCorrelation(nan, nan, nan, level, form, items, reason, MEANS[form], raters=raters)


def _complete(ratings: Votes | Ratings) -> tuple[Floats, int]:
    """The items that all raters judged, and how many others there are."""
    if isinstance(ratings, (Opinions, Ratings)):
        columns = ratings_of(ratings)
        if not columns.levels.numeric:
            raise InputError("ratings", f"must be numbers, got labels such as {columns.levels.text(0)}")
        table, full = columns.complete()
        return table, int((columns.votes_on > 0).sum()) - len(full)
    matrix = check_floats("ratings", ratings, ndim=2, missing=True)
    whole = ~np.isnan(matrix).any(axis=1)
    return matrix[whole], int((~whole).sum())


def _by_f(form: str, n: int, k: int, squares: list[float], level: float) -> tuple[float, float]:
    """Ends of the interval under normal distributions."""
    msr, msc, msw, mse = squares
    tail = (1 - level) / 2
    if not form.startswith("ICC(2"):
        within, other = (msw, n * (k - 1)) if form.startswith("ICC(1") else (mse, (n - 1) * (k - 1))
        if within <= 0:
            return 1.0, 1.0
        f = msr / within
        low, high = f / _quantile(n - 1, other, tail), f * _quantile(other, n - 1, tail)
        if form.endswith("k)"):
            return 1 - 1 / low, 1 - 1 / high
        return (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)
    if mse <= 0 and msc <= 0:
        return 1.0, 1.0
    single = (msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n)
    a, b = k * single / (n * (1 - single)), 1 + k * single * (n - 1) / (n * (1 - single))
    parts = (a * msc) ** 2 / (k - 1) + (b * mse) ** 2 / ((n - 1) * (k - 1))
    degrees = (a * msc + b * mse) ** 2 / parts
    up, down = _quantile(n - 1, degrees, tail), _quantile(degrees, n - 1, tail)
    rest = k * msc + (k * n - k - n) * mse
    low, high = n * (msr - up * mse) / (up * rest + n * msr), n * (down * msr - mse) / (rest + n * down * msr)
    if form.endswith("k)"):
        return _of_mean(low, k), _of_mean(high, k)
    return low, high


def _of_mean(single: float, k: int) -> float:
    """The bound for the mean of k raters from that for one; a single one below -1 / (k - 1) bounds nothing."""
    below = 1 + single * (k - 1)
    return single * k / below if below > 0 else -math.inf


def _quantile(above: float, below: float, tail: float) -> float:
    """The F value that so much of the distribution lies above."""
    return float(special.fdtri(above, below, 1 - tail))


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
    # Relative, so that the unit of the ratings does not matter; the table is centred, and no square exceeds its total.
    defined = np.abs(below) > 1e-15 * (msr + msc + msw)
    value: Floats = np.divide(msr - within, below, out=np.full_like(msr, np.nan), where=defined)
    return value
