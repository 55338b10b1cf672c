"""How likely does a candidate of some ability solve an item, and how much does the item tell of it?

    P(right | theta) = c + (1 - c) / (1 + exp(-(a theta + d))),       b = -d / a

with discrimination a, intercept d, guessing c (0 but for three parameters) and difficulty b: the ability at which the
chance lies half way between c and 1. The information of an item is

    I(theta) = a^2 (P - c)^2 (1 - P) / ((1 - c)^2 P),        a^2 P (1 - P) without guessing,

and 1 / sqrt(sum of I) is the error with which the items place a candidate.

Source: Birnbaum (1968), in Lord and Novick, Statistical Theories of Mental Test Scores; sheet 25. No factor of 1.7.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.errors import check_floats

Floats = npt.NDArray[np.float64]

FLAT = 0.1
"""An item of less discrimination than this, in size, has no difficulty to speak of."""


def solve_probability(
    ability: npt.ArrayLike,
    discrimination: npt.ArrayLike,
    difficulty: npt.ArrayLike,
    guessing: npt.ArrayLike = 0.0,
) -> Floats:
    """Chance of each candidate to solve each item.

    Parameters
    ----------
    ability : array_like of float, shape (n,)
        On the scale of the parameters.
    discrimination, difficulty, guessing : array_like of float, shape (n_items,)
        `guessing` may be one number for all.

    Returns
    -------
    ndarray of float64, shape (n, n_items)
        From the guessing rate of the item to 1.

    See Also
    --------
    item_information : how much each item tells.

    Examples
    --------
    >>> solve_probability([0.0, 2.0], [1.0], [0.0]).round(3).tolist()
    [[0.5], [0.881]]
    """
    a, d, c = _parameters(discrimination, difficulty, guessing)
    return chances(check_floats("ability", np.atleast_1d(ability)), a, d, c)


def item_information(
    ability: npt.ArrayLike,
    discrimination: npt.ArrayLike,
    difficulty: npt.ArrayLike,
    guessing: npt.ArrayLike = 0.0,
) -> Floats:
    """How much each item tells of candidates of these abilities; the sum over items is that of the whole test.

    Parameters
    ----------
    ability, discrimination, difficulty, guessing
        As of `solve_probability`.

    Returns
    -------
    ndarray of float64, shape (n, n_items)
        In squared units of 1 / ability.

    See Also
    --------
    short_form : the items that tell most.

    Examples
    --------
    >>> item_information([0.5], [1.2], [0.5]).round(2).tolist()
    [[0.36]]
    """
    a, d, c = _parameters(discrimination, difficulty, guessing)
    return information(check_floats("ability", np.atleast_1d(ability)), a, d, c)


def chances(ability: Floats, slope: Floats, intercept: Floats, guess: Floats) -> Floats:
    """P of the formula.

    Parameters
    ----------
    ability : ndarray of float64, shape (n,)
    slope, intercept, guess : ndarray of float64, shape (n_items,)

    Returns
    -------
    ndarray of float64, shape (n, n_items)

    Examples
    --------
    >>> chances(np.array([0.0, 1.0]), np.array([2.0]), np.array([0.0]), np.array([0.2])).round(3).ravel().tolist()
    [0.6, 0.905]
    """
    found: Floats = special.expit(ability[:, None] * slope + intercept)
    return guess + (1 - guess) * found if guess.any() else found


def information(ability: Floats, slope: Floats, intercept: Floats, guess: Floats) -> Floats:
    """I of the formula: how much a response to an item tells of an ability.

    Parameters
    ----------
    ability : ndarray of float64, shape (n,)
    slope, intercept, guess : ndarray of float64, shape (n_items,)

    Returns
    -------
    ndarray of float64, shape (n, n_items)
    """
    logistic = special.expit(ability[:, None] * slope + intercept)
    found: Floats = slope**2 * logistic * (1 - logistic)
    if guess.any():
        found *= (1 - guess) * logistic / (guess + (1 - guess) * logistic)
    return found


def difficulty_of(slope: Floats, intercept: Floats) -> Floats:
    """B of the formula; NaN where an item hardly discriminates."""
    found: Floats = np.divide(-intercept, slope, out=np.full(len(slope), np.nan), where=np.abs(slope) >= FLAT)
    return found


def _parameters(
    discrimination: npt.ArrayLike, difficulty: npt.ArrayLike, guessing: npt.ArrayLike
) -> tuple[Floats, Floats, Floats]:
    a = check_floats("discrimination", np.atleast_1d(discrimination))
    b = check_floats("difficulty", np.atleast_1d(difficulty))
    c = check_floats("guessing", np.broadcast_to(guessing, a.shape))
    return a, -a * b, c
