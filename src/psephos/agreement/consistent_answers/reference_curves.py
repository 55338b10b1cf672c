"""Which curve is to be expected, by guessing or from known shares, and how far are two curves apart?

A guess among n options is right with probability 1/n in each of M variants, so

    MCA(c) = P( Binomial(M, 1/n) >= c M ).

Source: Cavalin et al. (2025), "CAT", arXiv 2512.23711.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from psephos.agreement.consistent_answers.curve import INDICES, ConsistencyCurve, Floats, Grid, curve_statistic, grid_of
from psephos.errors import InputError, check_count, check_floats, check_number
from psephos.statistics import BetaBinomial, Interval
from psephos.statistics.beta_binomial import binomial_chances


def guessing_curve(probability: float, variants: int, *, K: int = 10) -> ConsistencyCurve:
    """The curve expected of answers that are right with one and the same probability, whatever the question.

    Parameters
    ----------
    probability : float
        Of a right answer: 1 / options for a guess.
    variants : int
        Variants of each question.
    K : int, default 10
        Steps of the grid of thresholds.

    Returns
    -------
    ConsistencyCurve
        Without intervals and questions.

    Raises
    ------
    InputError
        If the probability lies outside 0 to 1.

    Examples
    --------
    >>> round(guessing_curve(0.2, 10).core.value, 6)
    0.05
    """
    p = check_number("probability", probability, low=0, high=1)
    m = check_count("variants", variants)
    return chance_curve(grid_of(K, None), np.array([p]), np.array([[m]]), np.array([1]))


def chance_curve(
    grid: Grid, probabilities: Floats, mixes: npt.NDArray[np.int64], copies: npt.NDArray[np.int64]
) -> ConsistencyCurve:
    """The curve that is expected of guesses.

    Parameters
    ----------
    grid : Grid
        The thresholds.
    probabilities : ndarray of float64, shape (k,)
        Different chances to guess a variant right.
    mixes : ndarray of int64, shape (n_kinds, k)
        Variants of each of these chances that a kind of question has.
    copies : ndarray of int64, shape (n_kinds,)
        Questions of each kind.

    Returns
    -------
    ConsistencyCurve
        Without intervals; the number right of a question is a sum of binomials, whose chances are convolved.
    """
    counts = np.zeros(len(grid.fractions))
    for mix, number in zip(mixes, copies, strict=True):
        shares = np.ones(1)
        for p, m in zip(probabilities, mix, strict=True):
            shares = np.convolve(shares, binomial_chances(int(m), float(p)))
        counts += number * counts_of(grid, shares)
    return curve_of_counts(grid, counts)


def limit_curve(shares: BetaBinomial, grid: Grid) -> ConsistencyCurve:
    """The curve of questions with these shares of right answers and endless variants."""
    reached = shares.at_least(grid.values)
    return curve_of_counts(grid, reached - np.append(reached[1:], 0.0))


def counts_of(grid: Grid, shares: Floats) -> Floats:
    """Share of questions per level where the share `shares[r]` is right in r of len(shares) - 1 variants."""
    trials = len(shares) - 1
    levels = grid.levels(np.arange(trials + 1), np.full(trials + 1, trials))
    return np.bincount(levels, weights=shares, minlength=len(grid.fractions)).astype(np.float64)


def curve_of_counts(grid: Grid, counts: Floats) -> ConsistencyCurve:
    """The curve of so many questions per level, without intervals."""
    value = curve_statistic(grid)(counts[None, :])[0]
    nan = float("nan")
    unknown = np.full(len(grid.fractions), nan)
    core, aucar, norm_dtw, always = (Interval(float(value[k]), nan, nan, 0.95) for k in range(INDICES))
    return ConsistencyCurve(grid.values, value[INDICES:], unknown, unknown, core, aucar, norm_dtw, always, 0)


def adjusted_for_chance(value: float, chance: float) -> float:
    """A value on a scale on which chance is 0, the best is 1 and the worst is -1.

    Examples
    --------
    >>> adjusted_for_chance(0.75, 0.5), adjusted_for_chance(0.25, 0.5)
    (0.5, -0.5)
    """
    reach = 1 - chance if value >= chance else chance
    return (value - chance) / reach if reach > 0 else 0.0


def warped_distance(curve: npt.ArrayLike, reference: npt.ArrayLike) -> float:
    """Dynamic time warping distance of two curves: absolute differences, steps by one in either or both, no window.

    Parameters
    ----------
    curve, reference : array_like of float, shape (n,) and (m,)
        The curves.

    Returns
    -------
    float
        Against a constant reference simply the sum of the absolute differences, where the curve is not the shorter one.

    Raises
    ------
    InputError
        If a curve is empty.

    Examples
    --------
    >>> warped_distance([1, 0.8, 0.5], [1, 1, 1])
    0.7
    """
    one, other = check_floats("curve", curve), check_floats("reference", reference)
    if not len(one) or not len(other):
        raise InputError("curve" if not len(one) else "reference", "is empty")
    before = np.concatenate([[0.0], np.full(len(other), np.inf)])
    for value in one:
        here = np.full(len(other) + 1, np.inf)
        for place, cost in enumerate(np.abs(value - other), start=1):
            here[place] = cost + min(before[place - 1], before[place], here[place - 1])
        before = here
    return float(before[-1])
