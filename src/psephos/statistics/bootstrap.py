"""How much would this number move on other data of the same kind?

The bootstrap draws the units of the data with replacement, as often as there are units. How often each was drawn is
its weight; no data are copied: the statistic is evaluated on a matrix of weights, one row per replicate,

    theta*_r = t(w_r),      w_r ~ Multinomial(n, 1/n),      theta = t(1, ..., 1).

Equal rows are drawn as one: a row that stands for m_u units has w_ru ~ Multinomial(sum m, m / sum m), so a million
rows of few distinct kinds cost no more than their kinds (`np.unique(rows, axis=0, return_counts=True)` finds them).

Sources: Efron (1979), doi:10.1214/aos/1176344552; the interval: `psephos.statistics.intervals`. Differs: above
`JACKKNIFE_GROUPS` units the acceleration of BCa comes from a jackknife that leaves out random groups of units, which
estimates the same quantity at bounded cost (the skewness of a sum of h units falls as sqrt(h), the number of terms
as 1/h).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_choice, check_codes, check_count, check_number
from psephos.statistics._evaluation import Statistic, chunks, evaluate
from psephos.statistics.intervals import Interval, bca_interval, normal_interval, percentile_interval

JACKKNIFE_GROUPS = 500
"""Distinct units up to which the jackknife of BCa leaves out one at a time; groups of units in all strata beyond it."""

UNITS_PER_ROW = 8
"""Units per distinct row up to which it is faster to draw single units than one multinomial vector."""


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """A statistic with its bootstrap replicates and interval.

    Attributes
    ----------
    value : ndarray of float64, shape () or (k,)
        The statistic on the data.
    replicates : ndarray of float64, shape (repeats,) or (repeats, k)
        The statistic on each resample; NaN where it is undefined.
    low, high : ndarray of float64, shape () or (k,)
        Ends of the interval; equal where no resample moved the statistic, NaN where the value is undefined.
    level : float
        Confidence of the interval.
    method : str
        How the interval was made: "bca", "percentile" or "normal".
    standard_error : ndarray of float64, shape () or (k,)
        Standard deviation of the defined replicates; NaN with fewer than two.
    undefined : ndarray of int64, shape () or (k,)
        Resamples on which the statistic was undefined (a group was absent, say). They take no part in the ends.
    """

    value: npt.NDArray[np.float64]
    replicates: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    level: float
    method: str
    standard_error: npt.NDArray[np.float64]
    undefined: npt.NDArray[np.int64]

    def interval(self, *column: int) -> Interval:
        """Value and ends of a single statistic, or of one column of several."""
        return Interval(float(self.value[column]), float(self.low[column]), float(self.high[column]), self.level)

    def __str__(self) -> str:
        lines = []
        for column in np.ndindex(self.value.shape):
            lost = f", {self.undefined[column]} undefined" if self.undefined[column] else ""
            lines.append(f"{self.interval(*column)} ({self.method}, {len(self.replicates)} resamples{lost})")
        return "\n".join(lines)


def bootstrap(
    statistic: Statistic,
    n: int,
    *,
    multiplicity: npt.ArrayLike | None = None,
    clusters: npt.ArrayLike | None = None,
    strata: npt.ArrayLike | None = None,
    repeats: int = 1000,
    level: float = 0.95,
    method: str = "bca",
    rng: int | np.random.Generator | None = None,
) -> Bootstrap:
    """Bootstrap interval of any statistic that can be computed from weighted rows.

    Parameters
    ----------
    statistic : callable
        Takes weights of shape (rows, n), non-negative whole numbers as float64, and returns its values, shape (rows,)
        or (rows, k). NaN says that it is undefined for those weights.
    n : int
        Rows of the data.
    multiplicity : array_like of int, shape (n,), optional
        How many identical units each row stands for. Default one. The statistic sees weights around these counts.
    clusters : array_like of int, shape (n,), optional
        Code of the cluster of each row. Whole clusters are drawn, and a row has the weight of its cluster (times its
        multiplicity).
    strata : array_like of int, shape (n,), optional
        Code of the stratum of each row. As many units are drawn from each stratum as it has.
    repeats : int
        Resamples, at least 2.
    level : float
        Confidence, between 0 and 1.
    method : {"bca", "percentile", "normal"}
        How the ends are found; "bca" also evaluates the statistic without each unit, or without each of up to
        `JACKKNIFE_GROUPS` groups of units (at least two a stratum), where undefined values take no part.
    rng : int, Generator or None
        Seed or source of the random numbers.

    Returns
    -------
    Bootstrap
        Value, replicates, ends, standard error and the number of undefined replicates.

    Raises
    ------
    InputError
        If an argument has the wrong length or a negative number, there are fewer than two units to draw, a cluster
        lies in two strata, or the statistic returns another shape, text or infinity.

    See Also
    --------
    psephos.statistics.permutation_test : is there an effect at all?

    Examples
    --------
    >>> scores = np.array([0.2, 0.4, 0.4, 0.7, 0.9])
    >>> result = bootstrap(lambda w: w @ scores / w.sum(axis=1), n=5, rng=0)
    >>> print(f"{result.value:.2f}", len(result.replicates), result.low < result.value < result.high)
    0.52 1000 True

    Four thousand rights and a thousand wrongs are two rows:

    >>> result = bootstrap(lambda w: w[:, 0] / w.sum(axis=1), n=2, multiplicity=[4000, 1000], rng=0)
    >>> print(f"{result.value:.2f} {result.standard_error:.4f}")
    0.80 0.0057
    """
    units = _units(n, multiplicity, clusters, strata)
    repeats = check_count("repeats", repeats, low=2)
    level = check_number("level", level, low=0, high=1, open_ends=True)
    check_choice("method", method, ("bca", "percentile", "normal"))
    draw_stream, jackknife_stream = np.random.default_rng(rng).spawn(2)

    value = evaluate(statistic, [units.weights(units.copies[np.newaxis].astype(np.float64))])[0]
    replicates = evaluate(statistic, _resamples(units, repeats, draw_stream))
    defined = (~np.isnan(replicates)).sum(axis=0)
    standard_error = _standard_deviation(replicates, defined)
    if method == "normal":
        low, high = normal_interval(value, standard_error, level)
    elif method == "percentile":
        low, high = (np.where(np.isnan(value), np.nan, end) for end in percentile_interval(replicates, level))
    else:
        plan = _jackknife_plan(units, jackknife_stream)
        jackknife = evaluate(statistic, _jackknife_samples(units, plan))
        low, high = bca_interval(value, replicates, jackknife, level, copies=plan.copies, strata=plan.strata)
    return Bootstrap(
        value=np.asarray(value),
        replicates=replicates,
        low=low,
        high=high,
        level=level,
        method=method,
        standard_error=standard_error,
        undefined=np.asarray(repeats - defined),
    )


@dataclass(frozen=True, eq=False)
class _Units:
    """What is drawn: rows or clusters, with how many identical units each stands for, and its stratum."""

    n: int
    copies: npt.NDArray[np.int64]
    strata: npt.NDArray[np.int64]
    cluster_of_row: npt.NDArray[np.int64] | None
    multiplicity: npt.NDArray[np.int64]

    def weights(self, counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Weights of the rows, shape (replicates, n), from how often each unit was drawn."""
        return counts if self.cluster_of_row is None else counts[:, self.cluster_of_row] * self.multiplicity


def _units(
    n: int, multiplicity: npt.ArrayLike | None, clusters: npt.ArrayLike | None, strata: npt.ArrayLike | None
) -> _Units:
    n = check_count("n", n)
    copies = np.ones(n, np.int64) if multiplicity is None else _codes("multiplicity", multiplicity, n)
    stratum = np.zeros(n, np.int64) if strata is None else _codes("strata", strata, n)
    cluster_of_row = None
    drawn, what = copies, "n" if multiplicity is None else "multiplicity"
    if clusters is not None:
        _, first, cluster_of_row = np.unique(_codes("clusters", clusters, n), return_index=True, return_inverse=True)
        split = stratum != stratum[first][cluster_of_row]
        if split.any():
            raise InputError("strata", "splits a cluster", where=f"row {int(np.argmax(split))}")
        drawn, what, stratum = np.ones(len(first), np.int64), "clusters", stratum[first]
    if drawn.sum() < 2:
        raise InputError(what, f"must give at least two units to draw from, got {drawn.sum()}")
    return _Units(n, drawn, np.unique(stratum, return_inverse=True)[1], cluster_of_row, copies)


def _codes(argument: str, values: npt.ArrayLike, n: int) -> npt.NDArray[np.int64]:
    codes = check_codes(argument, values, ndim=1)
    if len(codes) != n:
        raise InputError(argument, f"must have n = {n} rows, got {len(codes)}")
    if (codes < 0).any():
        raise InputError(argument, "must not be negative", where=f"row {int(np.argmin(codes))}")
    return codes.astype(np.int64)


def _resamples(units: _Units, repeats: int, rng: np.random.Generator) -> Iterator[npt.NDArray[np.float64]]:
    """Weights of all replicates, a chunk of rows at a time."""
    draw = _draw_units if units.copies.sum() <= UNITS_PER_ROW * len(units.copies) else _draw_rows
    for counts in draw(units, repeats, rng):
        yield units.weights(counts)


def _draw_units(units: _Units, repeats: int, rng: np.random.Generator) -> Iterator[npt.NDArray[np.float64]]:
    """Unit by unit: each place of a stratum is filled by any of its units."""
    by_stratum = np.argsort(units.strata, kind="stable")
    pool = np.repeat(by_stratum, units.copies[by_stratum])
    size = np.bincount(units.strata[pool])
    first = np.cumsum(size) - size
    size, first = size[units.strata[pool]], first[units.strata[pool]]
    for start, stop in chunks(repeats, units.n):
        counts = np.empty((stop - start, len(units.copies)))
        for row in counts:
            picked = first + (rng.random(len(pool)) * size).astype(np.int64)
            row[:] = np.bincount(pool[picked], minlength=len(row))
        yield counts


def _draw_rows(units: _Units, repeats: int, rng: np.random.Generator) -> Iterator[npt.NDArray[np.float64]]:
    """Row by row: the counts of a stratum are one multinomial vector, from a stream of the stratum's own."""
    total = np.bincount(units.strata, weights=units.copies).astype(np.int64)
    members = np.split(np.argsort(units.strata, kind="stable"), np.cumsum(np.bincount(units.strata))[:-1])
    streams = rng.spawn(len(total))
    for start, stop in chunks(repeats, units.n):
        counts = np.zeros((stop - start, len(units.copies)))
        for stratum in np.flatnonzero(total):
            rows = members[stratum]
            shares = units.copies[rows] / total[stratum]
            counts[:, rows] = streams[stratum].multinomial(total[stratum], shares, size=stop - start)
        yield counts


def _standard_deviation(
    replicates: npt.NDArray[np.float64], defined: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    mean = np.nansum(replicates, axis=0) / np.maximum(defined, 1)
    squares = np.nansum((replicates - mean) ** 2, axis=0)
    return np.asarray(np.where(defined > 1, np.sqrt(squares / np.maximum(defined - 1, 1)), np.nan))


@dataclass(frozen=True, eq=False)
class _JackknifePlan:
    """Which units each jackknife sample leaves out: `unit[i]` once from sample `sample[i]`, in rising order."""

    unit: npt.NDArray[np.int64]
    sample: npt.NDArray[np.int64]
    copies: npt.NDArray[np.int64]
    strata: npt.NDArray[np.int64]


def _jackknife_plan(units: _Units, rng: np.random.Generator) -> _JackknifePlan:
    present = np.flatnonzero(units.copies)
    if len(present) <= JACKKNIFE_GROUPS:
        return _JackknifePlan(present, np.arange(len(present)), units.copies[present], units.strata[present])
    shuffled = rng.permutation(np.repeat(np.arange(len(units.copies)), units.copies))
    shuffled = shuffled[np.argsort(units.strata[shuffled], kind="stable")]
    size = np.bincount(units.strata[shuffled])
    groups = np.minimum(size, np.maximum(2, JACKKNIFE_GROUPS * size // len(shuffled)))
    stratum = units.strata[shuffled]
    place = np.arange(len(shuffled)) - (np.cumsum(size) - size)[stratum]
    sample = (np.cumsum(groups) - groups)[stratum] + place * groups[stratum] // size[stratum]
    return _JackknifePlan(shuffled, sample, np.ones(groups.sum(), np.int64), np.repeat(np.arange(len(size)), groups))


def _jackknife_samples(units: _Units, plan: _JackknifePlan) -> Iterator[npt.NDArray[np.float64]]:
    width = len(units.copies)
    for start, stop in chunks(len(plan.copies), units.n):
        first, last = np.searchsorted(plan.sample, [start, stop])
        cell = (plan.sample[first:last] - start) * width + plan.unit[first:last]
        left_out = np.bincount(cell, minlength=(stop - start) * width).reshape(-1, width)
        yield units.weights((units.copies - left_out).astype(np.float64))
