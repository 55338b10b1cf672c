"""How does accuracy fall as more consistency is demanded?

A question was asked M_i times under harmless changes and answered right in right_i of them. With RC_i = right_i / M_i,

    MCA(c) = share of questions with RC_i >= c,         the CAR curve is MCA over the grid c = 0, 1/K, ..., 1,
    AUCAR  = area under it by trapezoids,               norm_dtw = 1 - DTW(curve, ones) / DTW(worst curve, ones),
    CORE   = AUCAR norm_dtw.

Against a constant curve each step is matched once, at the cost of its distance, so that no warping is left:

    DTW(curve, ones) = sum_k (1 - MCA(c_k)),    norm_dtw = S = (1/K) sum_{k >= 1} MCA(k/K),
    CORE = S (S + (1 - MCA(1)) / (2 K)).

The distance adds next to nothing to the area. Only against a reference that is not constant does warping matter.

Source: Cavalin et al. (2025), "CAT", arXiv 2512.23711. Differs: the closed form is ours; a question reaches c by whole
numbers (right K >= k M), never by a rounded quotient, because .1 * 3 is above .3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from psephos.engine import Rng
from psephos.errors import InputError, check_count, check_floats
from psephos.opinions.wording import plural
from psephos.statistics import Bootstrap, Interval, bootstrap

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
NEARLY = 1e-12
"""A mean score this little below a threshold reaches it."""


@dataclass(frozen=True)
class Grid:
    """Thresholds of consistency as exact fractions, from 0 to 1; made by `grid_of`.

    A question belongs to the highest threshold that it reaches, its *level*: counts of questions per level are all that
    a curve needs. Floats would put .3 below .1 * 3, so levels are found by whole numbers.

    Attributes
    ----------
    fractions : tuple of Fraction
        Rising, the first 0, the last 1.
    """

    fractions: tuple[Fraction, ...]

    @property
    def values(self) -> Floats:
        """The thresholds, shape (n_thresholds,)."""
        return np.array([float(part) for part in self.fractions])

    def levels(self, right: Counts, total: Counts) -> npt.NDArray[np.int64]:
        """Place of the highest threshold that each question reaches, by whole numbers."""
        steps = len(self.fractions) - 1
        if all(part == Fraction(place, steps) for place, part in enumerate(self.fractions)):
            return np.asarray(right * steps // total)
        level = np.zeros(len(right), np.int64)
        small = max(part.denominator for part in self.fractions) < 2**31 // max(int(total.max(initial=1)), 1) * 2**31
        for part in self.fractions[1:]:
            numerator, denominator = part.numerator, part.denominator
            if small:
                level += right * denominator >= numerator * total
            else:
                level += right.astype(object) * denominator >= numerator * total.astype(object)
        return level

    def levels_of_means(self, means: Floats) -> npt.NDArray[np.int64]:
        """Place of the highest threshold that each mean score reaches."""
        return np.searchsorted(self.values, means + NEARLY, side="right") - 1


def grid_of(K: int, thresholds: Sequence[float | str | Fraction] | None) -> Grid:
    """The thresholds 0, 1/K, ..., 1, or those given, read as the decimals that they are written as.

    Raises
    ------
    InputError
        If K is below 1, or the thresholds do not rise from 0 to 1.
    """
    steps = check_count("K", K)
    if thresholds is None:
        return Grid(tuple(Fraction(k, steps) for k in range(steps + 1)))
    try:
        parts = tuple(Fraction(str(part)) for part in thresholds)
    except (TypeError, ValueError):
        raise InputError("thresholds", f"must be numbers, got {thresholds!r:.80}") from None
    if len(parts) < 2 or parts[0] != 0 or parts[-1] != 1 or any(a >= b for a, b in pairwise(parts)):
        raise InputError("thresholds", "must rise from 0 to 1 and hold both", hint="CORE needs the whole range")
    return Grid(parts)


@dataclass(frozen=True, eq=False)
class ConsistencyCurve:
    """Accuracy against the consistency that is demanded.

    Attributes
    ----------
    thresholds, share : ndarray of float64, shape (n_thresholds,)
        c, and MCA(c): the share of questions right in at least the share c of their variants.
    low, high : ndarray of float64, shape (n_thresholds,)
        Interval of each share.
    core, aucar, norm_dtw, always : Interval
        The indices of the whole curve, and MCA(1): the share of questions that are always right.
    questions : int
        How many.
    """

    thresholds: Floats
    share: Floats
    low: Floats
    high: Floats
    core: Interval
    aucar: Interval
    norm_dtw: Interval
    always: Interval
    questions: int

    def __str__(self) -> str:
        asked = plural(self.questions, "question")
        return f"CORE {self.core}, AUCAR {self.aucar}, always right {self.always}, n = {asked}"


def consistency_curve(
    right: npt.ArrayLike,
    total: npt.ArrayLike,
    *,
    K: int = 10,
    thresholds: Sequence[float | str | Fraction] | None = None,
    repeats: int = 2000,
    level: float = 0.95,
    rng: Rng = 0,
) -> ConsistencyCurve:
    """The CAR curve and its indices from counts.

    Parameters
    ----------
    right, total : array_like of int, shape (n_questions,)
        Variants answered right, and variants asked, of each question.
    K : int, default 10
        Steps of the grid of thresholds.
    thresholds : sequence of numbers, optional
        Other thresholds than the even grid, rising from 0 to 1. The distance then is the plain mean of the points
        after 0, as for the even grid.
    repeats : int, default 2000
        Resamples of the questions; 0 for no intervals.
    level : float, default 0.95
        Coverage of the intervals (BCa).
    rng : int, Generator or None, default 0
        Source of the resamples.

    Returns
    -------
    ConsistencyCurve
        The share of questions that reach each demand, with AUCAR, CORE and their intervals.

    Raises
    ------
    InputError
        If there is no question, one was asked in no variant or is right more often than asked, or the thresholds do not
        rise from 0 to 1.

    See Also
    --------
    psephos.agreement.consistency : the same and more from a table of results.

    Examples
    --------
    >>> curve = consistency_curve([5, 4, 3, 1], [5, 5, 5, 5], repeats=0)
    >>> print(f"{curve.core.value:.6f} {curve.aucar.value:.4f} {curve.norm_dtw.value:.2f}")
    0.446875 0.6875 0.65
    """
    grid = grid_of(K, thresholds)
    counts = checked_counts(right, total)
    return curve_of_levels(grid, grid.levels(*counts), repeats=repeats, level=level, rng=rng)


def checked_counts(right: npt.ArrayLike, total: npt.ArrayLike) -> tuple[Counts, Counts]:
    """Whole numbers of right and of all variants, fit for use.

    Parameters
    ----------
    right, total : array_like of int, shape (n_questions,)
        Right variants and all variants of each question; floats that are whole will do.

    Returns
    -------
    right, total : ndarray of int64, shape (n_questions,)

    Raises
    ------
    InputError
        `right`: nothing was given, a count is negative, or above the total. `total`: another length, or a question
        without a response. Either: a number that is not whole, with the question.
    """
    columns = []
    for name, values in (("right", right), ("total", total)):
        given = np.asarray(values)
        column = given if given.dtype.kind in "iu" and given.ndim == 1 else check_floats(name, values)
        part = column.dtype.kind == "f" and column != np.floor(column)
        if np.any(part):
            row = int(np.argmax(part))
            raise InputError(name, f"must hold whole numbers, got {column[row]:g}", where=f"question {row}")
        columns.append(column.astype(np.int64))
    r, t = columns
    if not len(r) and not len(t):
        raise InputError("right", "no responses", hint="give one row of right and wrong answers per question")
    if len(r) != len(t):
        raise InputError("total", f"must have as many rows as right ({len(r):,}), got {len(t):,}")
    for name, bad, problem in (
        ("total", t < 1, "a question has no responses"),
        ("right", r < 0, "must not be negative"),
        ("right", r > t, "there are more right responses than responses"),
    ):
        if bad.any():
            row = int(np.argmax(bad))
            raise InputError(name, f"{problem}: {r[row]} of {t[row]}", where=f"question {row}")
    return r, t


def curve_of_levels(
    grid: Grid, levels: npt.NDArray[np.int64], *, repeats: int, level: float, rng: Rng
) -> ConsistencyCurve:
    """The curve of questions that reach these thresholds; the bootstrap draws counts of levels, not questions.

    Parameters
    ----------
    grid : Grid
        The thresholds.
    levels : ndarray of int64, shape (n_questions,)
        Place of the highest threshold that each question reaches.
    repeats : int
        Resamples; with 0, or a single question, the ends of intervals are NaN.
    level : float
        Confidence of the intervals.
    rng : int, Generator or None
        Of the resamples.

    Returns
    -------
    ConsistencyCurve
    """
    copies = np.bincount(levels, minlength=len(grid.fractions))
    statistic = curve_statistic(grid)
    value = statistic(copies[None, :].astype(np.float64))[0]
    drawn = drawn_levels(statistic, copies, repeats=repeats, level=level, rng=rng)
    low, high = (np.full_like(value, np.nan),) * 2 if drawn is None else (drawn.low, drawn.high)
    core, aucar, norm_dtw, always = (
        Interval(float(value[k]), float(low[k]), float(high[k]), level) for k in range(INDICES)
    )
    return ConsistencyCurve(
        grid.values, value[INDICES:], low[INDICES:], high[INDICES:], core, aucar, norm_dtw, always, int(copies.sum())
    )


INDICES = 4


def drawn_levels(
    statistic: Callable[[Floats], Floats], copies: npt.NDArray[np.int64], *, repeats: int, level: float, rng: Rng
) -> Bootstrap | None:
    """Resampled counts of questions per level, by the BCa bootstrap.

    Parameters
    ----------
    statistic : callable
        From counts, shape (replicates, n_levels), to the values of each replicate.
    copies : ndarray of int64, shape (n_levels,)
        Questions at each level, as they were found.
    repeats, level, rng
        As in `curve_of_levels`.

    Returns
    -------
    Bootstrap or None
        None where none are wanted or there are fewer than two questions.
    """
    check_count("repeats", repeats, low=0)
    if repeats == 0 or copies.sum() < 2:
        return None
    return bootstrap(
        statistic, len(copies), multiplicity=copies, repeats=max(2, repeats), level=level, method="bca", rng=rng
    )


def curve_statistic(grid: Grid) -> Callable[[Floats], Floats]:
    """CORE, AUCAR, norm_dtw, MCA(1) and the curve, from counts of questions per level, shape (replicates, n_levels)."""
    widths = np.diff(grid.values)

    def statistic(counts: Floats) -> Floats:
        reached = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1]
        share = reached / reached[:, :1]
        area = (share[:, :-1] + share[:, 1:]) @ widths / 2
        distance = share[:, 1:].mean(axis=1)
        return np.column_stack([area * distance, area, distance, share[:, -1], share])

    return statistic
