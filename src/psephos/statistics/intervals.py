"""Within which bounds does a number lie?

Every function takes single numbers or whole arrays and returns the two ends `(low, high)`; an `Interval` is one such
result with the value it belongs to, ready to be shown.

Sources: Wilson (1927), doi:10.1080/01621459.1927.10502953; Brown, Cai and DasGupta (2001), doi:10.1214/ss/1009213286
(Jeffreys); Efron (1987), doi:10.1080/01621459.1987.10478410, and Davison and Hinkley (1997), section 5.4, for several
samples (BCa). Differs: a replicate equal to the value counts half in the bias of BCa, as in SciPy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.errors import InputError, check_floats, check_number, check_same_length

Ends = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]

TIE_TOLERANCE = 1e-12
"""Two values of a statistic count as equal if they differ by less than this share of the largest magnitude at hand."""


@dataclass(frozen=True)
class Interval:
    """A number with the bounds it lies within.

    Attributes
    ----------
    value : float
        The estimate; NaN where it is undefined.
    low, high : float
        The ends.
    level : float
        Share of such intervals that hold the true number.

    Examples
    --------
    >>> print(Interval(0.93, 0.91, 0.95, 0.95))
    .930 [.910, .950]
    """

    value: float
    low: float
    high: float
    level: float

    @property
    def half_width(self) -> float:
        """Half the distance between the ends."""
        return (self.high - self.low) / 2

    def __str__(self) -> str:
        width = self.half_width
        decimals = max(0, 1 - math.floor(math.log10(width))) if 0 < width < math.inf else 3
        value, low, high = (_without_leading_zero(f"{x:.{decimals}f}") for x in (self.value, self.low, self.high))
        return f"{value} [{low}, {high}]"


def normal_interval(value: npt.ArrayLike, standard_error: npt.ArrayLike, level: float = 0.95) -> Ends:
    """Ends of the interval of a normally distributed estimate.

        value -+ z se,      z the (1 + level) / 2 quantile of the standard normal distribution

    Parameters
    ----------
    value : array_like of float
        Estimates; NaN gives NaN.
    standard_error : array_like of float
        Their standard errors, of a shape that broadcasts with `value`.
    level : float
        Confidence, between 0 and 1.

    Returns
    -------
    low, high : ndarray of float64
        Of the common shape of both arguments.

    Raises
    ------
    InputError
        If an argument holds infinity, a standard error is negative or `level` is not between 0 and 1.

    Examples
    --------
    >>> low, high = normal_interval(10.0, 2.0)
    >>> print(f"{low:.3f} {high:.3f}")
    6.080 13.920
    """
    z = _normal_quantile(level)
    centre = _numbers("value", value)
    error = _numbers("standard_error", standard_error)
    if (error < 0).any():
        raise InputError("standard_error", f"must not be negative, got {np.nanmin(error):g}")
    return centre - z * error, centre + z * error


def wilson_interval(successes: npt.ArrayLike, trials: npt.ArrayLike, level: float = 0.95) -> Ends:
    """Ends of the Wilson score interval of a proportion.

        (s + z^2 / 2 -+ z sqrt(s (n - s) / n + z^2 / 4)) / (n + z^2),       s successes in n trials

    It never has zero width; no trials give (0, 1).

    Parameters
    ----------
    successes : array_like of float
        Successes; halves are allowed (a tie as half a win).
    trials : array_like of float
        Trials, of a shape that broadcasts with `successes`.
    level : float
        Confidence, between 0 and 1.

    Returns
    -------
    low, high : ndarray of float64
        Of the common shape of both arguments.

    Raises
    ------
    InputError
        If not 0 <= successes <= trials throughout or `level` is not between 0 and 1.

    See Also
    --------
    beta_interval : the same question answered by a prior.

    Examples
    --------
    >>> low, high = wilson_interval(4, 13)
    >>> print(f"{low:.6f} {high:.6f}")
    0.126807 0.576307
    """
    z = _normal_quantile(level)
    s, n = _successes_in_trials(successes, trials)
    spread = z * np.sqrt(s * (n - s) / np.maximum(n, 1e-300) + z**2 / 4)
    low, high = (s + z**2 / 2 - spread) / (n + z**2), (s + z**2 / 2 + spread) / (n + z**2)
    return np.where(s == 0, 0.0, low), np.where(s == n, 1.0, high)


def beta_interval(
    successes: npt.ArrayLike, trials: npt.ArrayLike, level: float = 0.95, prior: tuple[float, float] = (0.5, 0.5)
) -> Ends:
    """Ends of the equal-tailed credible interval of a proportion, by default of Jeffreys' prior.

        quantiles (1 - level) / 2 and (1 + level) / 2 of Beta(s + a, n - s + b),        (a, b) the prior

    but 0 is the lower end where nothing succeeded and 1 the upper end where everything did (Brown, Cai and DasGupta).

    Parameters
    ----------
    successes : array_like of float
        Successes; halves are allowed (a tie as half a win).
    trials : array_like of float
        Trials, of a shape that broadcasts with `successes`.
    level : float
        Credibility, between 0 and 1.
    prior : (float, float)
        Pseudo-counts of success and failure, above 0.

    Returns
    -------
    low, high : ndarray of float64
        Of the common shape of both arguments.

    Raises
    ------
    InputError
        If not 0 <= successes <= trials throughout, a pseudo-count is not above 0 or `level` is not between 0 and 1.

    See Also
    --------
    wilson_interval : the same question answered without a prior.

    Examples
    --------
    >>> low, high = beta_interval([0, 9], 10)
    >>> print(low.round(3), high.round(3))
    [0.    0.619] [0.217 0.989]
    """
    level = check_number("level", level, low=0, high=1, open_ends=True)
    s, n = _successes_in_trials(successes, trials)
    a, b = (check_number("prior", count, low=0, open_ends=True) for count in prior)
    low, high = (special.betaincinv(s + a, n - s + b, tail) for tail in ((1 - level) / 2, (1 + level) / 2))
    return np.where(s == 0, 0.0, low), np.where(s == n, 1.0, high)


def percentile_interval(replicates: npt.ArrayLike, level: float = 0.95) -> Ends:
    """Ends of the percentile interval of bootstrap replicates.

        quantiles (1 - level) / 2 and (1 + level) / 2 of the replicates, linearly interpolated

    Parameters
    ----------
    replicates : array_like of float, shape (repeats,) or (repeats, k)
        Values of the statistic on resampled data. NaN (undefined on that resample) takes no part; `bootstrap` counts
        such replicates in its result. A column of NaN alone gives NaN.
    level : float
        Confidence, between 0 and 1.

    Returns
    -------
    low, high : ndarray of float64, shape () or (k,)
        The ends; equal where all replicates are.

    Raises
    ------
    InputError
        If `replicates` is empty, has another shape or holds infinity, or `level` is not between 0 and 1.

    Examples
    --------
    >>> low, high = percentile_interval([1, 2, 3, 4, 5, float("nan")], level=0.5)
    >>> print(low, high)
    2.0 4.0
    """
    level = check_number("level", level, low=0, high=1, open_ends=True)
    values = _rows("replicates", replicates)
    low, high = (_quantiles(values, np.full(values.shape[1:], tail)) for tail in ((1 - level) / 2, (1 + level) / 2))
    return low, high


def bca_interval(
    value: npt.ArrayLike,
    replicates: npt.ArrayLike,
    jackknife: npt.ArrayLike,
    level: float = 0.95,
    *,
    copies: npt.ArrayLike | None = None,
    strata: npt.ArrayLike | None = None,
) -> Ends:
    """Ends of the bias-corrected and accelerated percentile interval (BCa).

        quantiles Phi(b + (b + z) / (1 - a (b + z))) of the replicates, z = -+ the normal quantile of the level
        b = Phi^-1(share of replicates below the value, equal ones counted half)
        a = sum_i d_i^3 / (6 (sum_i d_i^2)^(3/2)),      d_i = mean of the jackknife - its i-th value

    In several strata d_i is taken from the mean of its own stratum of g values and multiplied by (g - 1) / g.

    Parameters
    ----------
    value : array_like of float, shape () or (k,)
        The statistic on the data; NaN gives NaN.
    replicates : array_like of float, shape (repeats,) or (repeats, k)
        Values on resampled data; NaN takes no part, as in `percentile_interval`.
    jackknife : array_like of float, shape (g,) or (g, k)
        Values on the data without one unit (or one of g random groups of units) each; NaN takes no part.
    level : float
        Confidence, between 0 and 1.
    copies : array_like of float, shape (g,), optional
        How many identical units each jackknife value stands for. Default one.
    strata : array_like of int, shape (g,), optional
        Stratum of the unit left out. Default a single stratum.

    Returns
    -------
    low, high : ndarray of float64, shape () or (k,)
        The ends; equal where all replicates are. A value beyond all replicates is treated as if half a replicate lay
        beyond it.

    Raises
    ------
    InputError
        If shapes disagree, an argument holds infinity or `level` is not between 0 and 1.

    Examples
    --------
    >>> scores = np.array([1.0, 2.0, 4.0, 8.0])
    >>> rng = np.random.default_rng(0)
    >>> replicates = rng.choice(scores, size=(999, 4)).mean(axis=1)
    >>> jackknife = (scores.sum() - scores) / 3
    >>> low, high = bca_interval(scores.mean(), replicates, jackknife)
    >>> bool(low < scores.mean() < high)
    True
    """
    z = _normal_quantile(level)
    centre = _numbers("value", value)
    values = _rows("replicates", replicates)
    left_out = _rows("jackknife", jackknife)
    for argument, shape in (("value", centre.shape), ("jackknife", left_out.shape[1:])):
        if shape != values.shape[1:]:
            raise InputError(argument, f"must match replicates {values.shape} but for the rows, got columns {shape}")
    number = np.ones(len(left_out)) if copies is None else check_floats("copies", copies)
    stratum = np.zeros(len(left_out)) if strata is None else check_floats("strata", strata)
    check_same_length(jackknife=left_out, copies=number, strata=stratum)
    bias = special.ndtri(_share_below(centre, values))
    acceleration = _acceleration(left_out, number, stratum)
    ends = []
    for shifted in (bias - z, bias + z):
        stretch = 1 - acceleration * shifted
        argument_of_phi = bias + shifted / np.where(stretch > 0, stretch, 1.0)
        # At a stretch of 0 the quantile has reached the end of the scale; beyond it the formula turns back.
        share = np.where(stretch > 0, special.ndtr(argument_of_phi), shifted > 0)
        ends.append(np.where(np.isnan(centre), np.nan, _quantiles(values, share)))
    return ends[0], ends[1]


def _without_leading_zero(number: str) -> str:
    return number.replace("0.", ".", 1) if number.startswith(("0.", "-0.")) else number


def _normal_quantile(level: float) -> float:
    level = check_number("level", level, low=0, high=1, open_ends=True)
    return float(special.ndtri((1 + level) / 2))


def _numbers(argument: str, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return check_floats(argument, values, ndim=np.ndim(values), missing=True)


def _rows(argument: str, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    array = check_floats(argument, values, ndim=2 if np.ndim(values) == 2 else 1, missing=True)
    if len(array) == 0:
        raise InputError(argument, "is empty")
    return array


def _successes_in_trials(successes: npt.ArrayLike, trials: npt.ArrayLike) -> Ends:
    s = check_floats("successes", successes, ndim=np.ndim(successes))
    n = check_floats("trials", trials, ndim=np.ndim(trials))
    try:
        s, n = np.broadcast_arrays(s, n)
    except ValueError:
        raise InputError("trials", f"must fit successes of shape {s.shape}, got shape {n.shape}") from None
    bad = (s < 0) | (s > n)
    if bad.any():
        first = int(np.argmax(bad))
        raise InputError(
            "successes",
            f"must lie between 0 and the trials, got {s.flat[first]:g} of {n.flat[first]:g}",
            where=f"index {first}" if s.ndim else None,
        )
    return s, n


def _quantiles(values: npt.NDArray[np.float64], share: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """One quantile per column among its defined values."""
    ordered = np.sort(values, axis=0)  # NaN goes to the end
    last = np.maximum((~np.isnan(values)).sum(axis=0) - 1, 0)
    position = share * last
    below = np.floor(position).astype(np.intp)
    low, high = (
        np.take_along_axis(ordered, index[np.newaxis], axis=0)[0] for index in (below, np.minimum(below + 1, last))
    )
    return np.asarray(low + (position - below) * (high - low))


def _share_below(value: npt.NDArray[np.float64], values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    largest = np.maximum(np.fmax.reduce(np.abs(values), axis=0), np.abs(value))
    tie = np.abs(values - value) <= TIE_TOLERANCE * largest
    below = ((values < value) & ~tie).sum(axis=0) + tie.sum(axis=0) / 2
    defined = np.maximum((~np.isnan(values)).sum(axis=0), 1)
    return np.asarray(np.clip(below, 0.5, defined - 0.5) / defined)


def _acceleration(
    jackknife: npt.NDArray[np.float64], copies: npt.NDArray[np.float64], strata: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    values = jackknife.reshape(len(jackknife), -1)
    order = np.argsort(strata, kind="stable")
    values, copies = values[order], copies[order, np.newaxis]
    first = np.unique(strata[order], return_index=True)[1]
    rows = np.diff(first, append=len(values))
    weight = np.where(np.isnan(values), 0.0, copies)
    values = np.nan_to_num(values)
    units = np.maximum(np.add.reduceat(weight, first, axis=0), 1.0)
    mean = np.add.reduceat(weight * values, first, axis=0) / units
    deviation = (np.repeat(mean, rows, axis=0) - values) * np.repeat(1 - 1 / units, rows, axis=0) * (weight > 0)
    # The ratio is free of scale; dividing first keeps the cubes in range.
    largest = np.abs(deviation).max(axis=0)
    deviation = deviation / np.where(largest > 0, largest, 1.0)
    squares = (weight * deviation**2).sum(axis=0)
    cubes = (weight * deviation**3).sum(axis=0)
    return np.asarray(cubes / (6 * np.where(squares > 0, squares, 1.0) ** 1.5)).reshape(jackknife.shape[1:])
