"""How hard is a question, and how would a budget be spent by someone who knew that?

With p1 and p2 the shares of the two most frequent answers,

    m = (sqrt(p1) - sqrt(p2))^2,        P(the majority of n answers is not the mode) falls like exp(-n m),

so a set of questions errs like E[exp(-n m)], the Laplace transform of its margins. Who knew the margins would minimise
sum_q exp(-n_q m_q) under sum_q n_q = B:

    n_q = max(0, (log m_q - log lambda) / m_q),     lambda such that the budget is spent.

Neither the easiest nor the hardest questions get most of it. This is no method, as nobody knows the margins, but says
how much of the best possible saving a method reaches.

Source: arXiv 2511.12309, Theorem 1; the allocation (by its KKT conditions) is ours.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_floats, check_number

Floats = npt.NDArray[np.float64]

_SMALLEST = 1e-9
"""A question with a smaller margin is a tie for all budgets there are."""


def margin(shares: npt.ArrayLike) -> Floats:
    """Margin of a question: how fast its majority settles.

    Parameters
    ----------
    shares : array_like of float, shape (n_answers,) or (n_questions, n_answers)
        Share of each answer, or counts; rows need not sum to 1.

    Returns
    -------
    ndarray of float64, scalar or shape (n_questions,)
        Between 0, a tie, and 1, unanimity.

    Raises
    ------
    InputError
        If a share is negative, or all of a question are 0.

    Examples
    --------
    >>> margin([[0.5, 0.3, 0.2, 0], [0.85, 0.06, 0.05, 0.04]]).round(6)
    array([0.025403, 0.458336])
    """
    rows = np.atleast_2d(check_floats("shares", shares, ndim=2 if np.ndim(shares) == 2 else 1))
    total = rows.sum(axis=1)
    if (rows < 0).any() or (total <= 0).any() or not rows.shape[1]:
        raise InputError("shares", "must not be negative, and not all 0")
    top = np.sort(np.pad(rows, ((0, 0), (1, 0))), axis=1)[:, -2:] / total[:, None]
    return np.asarray((np.sqrt(top[:, 1]) - np.sqrt(top[:, 0])) ** 2).reshape(np.shape(shares)[:-1])[()]


def oracle_allocation(margins: npt.ArrayLike, budget: float) -> Floats:
    """How many samples each question should get if the margins were known, as real numbers.

    Parameters
    ----------
    margins : array_like of float, shape (n_questions,)
        Not negative; a question of a margin below 1e-9 gets nothing, no sample can settle it.
    budget : float
        Samples in all.

    Returns
    -------
    ndarray of float64, shape (n_questions,)
        Their sum is the budget, unless no question can be settled.

    Raises
    ------
    InputError
        If a margin or the budget is negative.

    Examples
    --------
    >>> oracle_allocation([0.5, 0.05, 0.001], 60).round(1)
    array([ 9.6, 50.4,  0. ])
    """
    m = check_floats("margins", margins)
    if (m < 0).any():
        raise InputError("margins", f"must not be negative, got {m.min():g}")
    total = check_number("budget", budget, low=0)
    some = m > _SMALLEST
    found = np.zeros(len(m))
    if some.any():
        falling = -np.sort(-m[some])
        log_m, patience = np.log(falling), 1 / falling
        # The price at which the k easiest questions alone take the whole budget; all that would then get some are in.
        log_price = (np.cumsum(log_m * patience) - total) / np.cumsum(patience)
        inside = log_price <= log_m
        inside[0] = True  # the easiest always is, whatever rounding says
        last = np.flatnonzero(inside)[-1]
        given = np.maximum(0, np.log(m[some]) - log_price[last]) / m[some]
        found[some] = given * (total / given.sum()) if given.any() else 0.0
    return found
