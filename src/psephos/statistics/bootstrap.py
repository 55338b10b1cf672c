"""How much would this number move on other data of the same kind?

The bootstrap draws the units of the data with replacement, as often as there are units. How often each was drawn is
its weight; no data are copied: the statistic is evaluated on a matrix of weights, one row per replicate,

    theta*_r = t(w_r),      w_r ~ Multinomial(n, 1/n),      theta = t(1, ..., 1).

Equal rows are drawn as one: a row that stands for m_u units has w_ru ~ Multinomial(sum m, m / sum m), so a million
rows of few distinct kinds cost no more than their kinds (`np.unique(rows, axis=0, return_counts=True)` finds them).

Sources: Efron (1979), doi:10.1214/aos/1176344552; the interval: `psephos.statistics.intervals`. Differs: above
500 distinct units the jackknife of BCa leaves out random groups instead of single units. It estimates the same
acceleration at bounded cost: sums of h units are less skew by sqrt(h), but there are fewer of them by h.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.engine.streams import Rng, generator, spawn
from psephos.errors import check_choice, check_count, check_number
from psephos.statistics._evaluation import Statistic, evaluate
from psephos.statistics._resampling import jackknife_plan, jackknife_samples, resamples, units_of
from psephos.statistics.intervals import Interval, normal_interval
from psephos.statistics.replicate_intervals import bca_interval, percentile_interval


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """A statistic with its bootstrap replicates and interval.

    Attributes
    ----------
    value : ndarray of float64, scalar or shape (k,)
        The statistic on the data.
    replicates : ndarray of float64, shape (repeats,) or (repeats, k)
        The statistic on each resample; NaN where it is undefined.
    low, high : ndarray of float64, scalars or shape (k,)
        Ends of the interval; equal where no resample moved the statistic, NaN where the value is undefined.
    level : float
        Confidence of the interval.
    method : str
        How the interval was made: "bca", "percentile" or "normal".
    standard_error : ndarray of float64, scalar or shape (k,)
        Standard deviation of the defined replicates; NaN with fewer than two.
    undefined : ndarray of int64, scalar or shape (k,)
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
    rng: Rng = None,
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
        How the ends are found; "bca" also evaluates the statistic without each unit, or without each of 500
        random groups of units if there are more (at least two groups a stratum); undefined values take no part in it.
    rng : int, Generator, SeedSequence or None
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
    >>> print(f"{result.value:.2f} {result.standard_error:.3f}")
    0.80 0.006
    """
    units = units_of(n, multiplicity, clusters, strata)
    repeats = check_count("repeats", repeats, low=2)
    level = check_number("level", level, low=0, high=1, open_ends=True)
    check_choice("method", method, ("bca", "percentile", "normal"))
    draw_stream, jackknife_stream = spawn(rng, 2)

    value = evaluate(statistic, [units.weights(units.copies[np.newaxis].astype(np.float64))])[0]
    replicates = evaluate(statistic, resamples(units, repeats, draw_stream))
    defined = (~np.isnan(replicates)).sum(axis=0)
    standard_error = _standard_deviation(replicates, defined)
    if method == "normal":
        low, high = normal_interval(value, standard_error, level)
    elif method == "percentile":
        low, high = (np.where(np.isnan(value), np.nan, end)[()] for end in percentile_interval(replicates, level))
    else:
        plan = jackknife_plan(units, jackknife_stream)
        jackknife = evaluate(statistic, jackknife_samples(units, plan))
        low, high = bca_interval(value, replicates, jackknife, level, copies=plan.copies, strata=plan.strata)
    return Bootstrap(
        value=value,
        replicates=replicates,
        low=low,
        high=high,
        level=level,
        method=method,
        standard_error=standard_error,
        undefined=repeats - defined,
    )


def reweightings(
    n: int,
    *,
    multiplicity: npt.ArrayLike | None = None,
    clusters: npt.ArrayLike | None = None,
    strata: npt.ArrayLike | None = None,
    repeats: int = 1000,
    rng: Rng = None,
) -> Iterator[npt.NDArray[np.float64]]:
    """The weights of `bootstrap` alone, for a statistic whose replicates are too many to be kept.

    Parameters
    ----------
    n, multiplicity, clusters, strata, repeats, rng
        As in `bootstrap`.

    Returns
    -------
    iterator of ndarray of float64, shape (rows, n)
        How often each row is drawn, some replicates at a time.

    Raises
    ------
    InputError
        As in `bootstrap`.

    Examples
    --------
    >>> sum(len(weights) for weights in reweightings(4, strata=[0, 0, 1, 1], repeats=10, rng=0))
    10
    """
    units = units_of(n, multiplicity, clusters, strata)
    return resamples(units, check_count("repeats", repeats), generator(rng))


def _standard_deviation(replicates: npt.NDArray[np.float64], defined: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    mean = np.nansum(replicates, axis=0) / np.maximum(defined, 1)
    squares = np.nansum((replicates - mean) ** 2, axis=0)
    return np.asarray(np.where(defined > 1, np.sqrt(squares / np.maximum(defined - 1, 1)), np.nan))[()]
