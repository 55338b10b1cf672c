"""Within which bounds does a statistic lie, judging by its bootstrap replicates?

The percentile interval reads the ends off the replicates; BCa first corrects which quantiles to read for bias and for
a standard error that changes with the value.

Sources: Efron (1987), doi:10.1080/01621459.1987.10478410; Davison and Hinkley (1997), Bootstrap Methods and their
Application, section 5.4, for several strata. Differs: a replicate equal to the value counts half in the bias.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.errors import InputError, check_codes, check_floats, check_number, check_same_length
from psephos.statistics._evaluation import TIE_TOLERANCE
from psephos.statistics.intervals import Ends, normal_quantile


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
    low, high : ndarray of float64, scalars or shape (k,)
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
    copies : array_like of int, shape (g,), optional
        How many identical units each jackknife value stands for, at least one. Default one.
    strata : array_like of int, shape (g,), optional
        Stratum of the unit left out. Default a single stratum.

    Returns
    -------
    low, high : ndarray of float64, scalars or shape (k,)
        The ends; equal where all replicates are. A value beyond all replicates is treated as if half a replicate lay
        beyond it.

    Raises
    ------
    InputError
        If shapes disagree, an argument holds infinity, a number of copies is below 1 or `level` is not between 0 and 1.

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
    z = normal_quantile(level)
    centre = check_floats("value", value, ndim=np.ndim(value), missing=True)
    values = _rows("replicates", replicates)
    left_out = _rows("jackknife", jackknife)
    for argument, shape in (("value", centre.shape), ("jackknife", left_out.shape[1:])):
        if shape != values.shape[1:]:
            raise InputError(argument, f"must match replicates {values.shape} but for the rows, got columns {shape}")
    number = np.ones(len(left_out), np.int32) if copies is None else check_codes("copies", copies, ndim=1)
    stratum = np.zeros(len(left_out), np.int32) if strata is None else check_codes("strata", strata, ndim=1)
    check_same_length(jackknife=left_out, copies=number, strata=stratum)
    if (number < 1).any():
        raise InputError("copies", f"must be at least 1, got {number.min()}")
    bias = special.ndtri(_share_below(centre, values))
    acceleration = _acceleration(left_out, number, stratum)
    ends = []
    for shifted in (bias - z, bias + z):
        stretch = 1 - acceleration * shifted
        argument_of_phi = bias + shifted / np.where(stretch > 0, stretch, 1.0)
        # At a stretch of 0 the quantile has reached the end of the scale; beyond it the formula turns back.
        share = np.where(stretch > 0, special.ndtr(argument_of_phi), shifted > 0)
        ends.append(np.where(np.isnan(centre), np.nan, _quantiles(values, share))[()])
    return ends[0], ends[1]


def _rows(argument: str, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    array = check_floats(argument, values, ndim=2 if np.ndim(values) == 2 else 1, missing=True)
    if len(array) == 0:
        raise InputError(argument, "is empty")
    return array


def _quantiles(values: npt.NDArray[np.float64], share: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """One quantile per column among its defined values."""
    ordered = np.sort(values, axis=0)  # NaN goes to the end
    last = np.maximum((~np.isnan(values)).sum(axis=0) - 1, 0)
    position = share * last
    below = np.floor(position).astype(np.intp)
    low, high = (
        np.take_along_axis(ordered, index[np.newaxis], axis=0)[0] for index in (below, np.minimum(below + 1, last))
    )
    return np.asarray(low + (position - below) * (high - low))[()]


def _share_below(value: npt.NDArray[np.float64], values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    largest = np.maximum(np.fmax.reduce(np.abs(values), axis=0), np.abs(value))
    tie = np.abs(values - value) <= TIE_TOLERANCE * largest
    below = ((values < value) & ~tie).sum(axis=0) + tie.sum(axis=0) / 2
    defined = np.maximum((~np.isnan(values)).sum(axis=0), 1)
    return np.asarray(np.clip(below, 0.5, defined - 0.5) / defined)


def _acceleration(
    jackknife: npt.NDArray[np.float64], copies: npt.NDArray[np.int32], strata: npt.NDArray[np.int32]
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
    # The ratio is free of scale: dividing first keeps the cubes in range, but would also blow up mere rounding.
    largest = np.abs(deviation).max(axis=0)
    moved = largest > TIE_TOLERANCE * np.abs(values).max(axis=0)
    deviation = np.where(moved, deviation / np.where(moved, largest, 1.0), 0.0)
    squares = (weight * deviation**2).sum(axis=0)
    cubes = (weight * deviation**3).sum(axis=0)
    return np.asarray(cubes / (6 * np.where(squares > 0, squares, 1.0) ** 1.5)).reshape(jackknife.shape[1:])
