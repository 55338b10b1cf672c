"""How does the consistency of one question rise with its samples?

With theta the shares of the answers of a question,

    A(n) = P(the majority of n samples is the most frequent answer),    ties split evenly,      A(0) = 1/2,
    A(n) ~ Phi(a sqrt(n) + b),

a and b by least squares of Phi^-1(A(n)) on sqrt(n) and 1. A is exact: given that the most frequent answer has k votes,
the other answers have at most k, and with t of them level its share of the tie is 1 / (t + 1), the integral of y^t over
0 to 1. So

    A(n) = sum_k n! [x^n] (p_1 x)^k / k!  integral prod_{j > 1} (sum_{i < k} (p_j x)^i / i! + y (p_j x)^k / k!) dy,

a product of polynomials in x, whose integral over y a Gauss-Legendre rule takes without error.

Source: arXiv 2602.16745 (PETS, online). Differs: the authors simulate A(n).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.allocation.arriving.warm_up_patterns import WARM_UP
from psephos.errors import InputError, check_count, check_floats
from psephos.opinions.wording import plural

Floats = npt.NDArray[np.float64]

FIT_FROM = 3
"""The first number of samples of the fit."""

LONGEST = 150
"""Up to here factorials are numbers."""

_CLIP = 1e-12


def accuracy_curve(shares: npt.ArrayLike, most: int) -> Floats:
    """Probability that the majority of 0 .. `most` samples is the most frequent answer.

    Parameters
    ----------
    shares : array_like of float, shape (n_answers,) or (n_questions, n_answers)
        Shares of the answers, or counts; rows need not sum to 1. Of equal largest shares the first is meant.
    most : int
        The largest number of samples, at most `LONGEST`.

    Returns
    -------
    ndarray of float64, shape (most + 1,) or (n_questions, most + 1)
        1 / 2 at no sample, by convention.

    Raises
    ------
    InputError
        If a share is negative, all of a question are 0, or `most` is out of range.

    See Also
    --------
    fit_probit : the curve that stands for it.

    Examples
    --------
    >>> accuracy_curve([0.5, 0.3, 0.1, 0.1], 5).round(4)
    array([0.5   , 0.5   , 0.5   , 0.57  , 0.614 , 0.6425])
    """
    rows = np.atleast_2d(check_floats("shares", shares, ndim=2 if np.ndim(shares) == 2 else 1))
    if check_count("most", most) > LONGEST:
        raise InputError("most", f"must be at most {LONGEST}, got {most}")
    total = rows.sum(axis=1, keepdims=True)
    if (rows < 0).any() or (total <= 0).any():
        raise InputError("shares", "must not be negative, and not all 0")
    # One row for each distinct set of shares.
    falling, which = np.unique(-np.sort(-rows, axis=1), axis=0, return_inverse=True)
    some = int((falling > 0).sum(axis=1).max())
    found = _exact(falling[:, :some] / falling.sum(axis=1, keepdims=True), most)[which]
    return found.reshape(*np.shape(shares)[:-1], most + 1)


def fit_probit(accuracy: npt.ArrayLike) -> Floats:
    """A and b of Phi(a sqrt(n) + b), by least squares from three samples on.

    Parameters
    ----------
    accuracy : array_like of float, shape (most + 1,) or (n_questions, most + 1)
        A(0) .. A(most), as `accuracy_curve` gives it.

    Returns
    -------
    ndarray of float64, shape (2,) or (n_questions, 2)
        a, then b.

    Raises
    ------
    InputError
        If the curves end before 4 samples or hold a number that is no probability.

    Examples
    --------
    >>> fit_probit(accuracy_curve([0.7, 0.1, 0.1, 0.1], 16)).round(6)
    array([ 0.853514, -0.552138])
    """
    curves = np.atleast_2d(check_floats("accuracy", accuracy, ndim=2 if np.ndim(accuracy) == 2 else 1))
    if curves.shape[1] < FIT_FROM + 2:
        raise InputError("accuracy", f"must reach {FIT_FROM + 1} samples at least, got {curves.shape[1] - 1}")
    if (curves < 0).any() or (curves > 1 + 1e-9).any():
        raise InputError("accuracy", "must lie between 0 and 1")
    n = np.arange(FIT_FROM, curves.shape[1])
    design = np.column_stack([np.sqrt(n), np.ones(len(n))])
    levels = special.ndtri(np.clip(curves[:, FIT_FROM:], _CLIP, 1 - _CLIP))
    found = np.linalg.lstsq(design, levels.T, rcond=None)[0].T
    return np.asarray(found.reshape(*np.shape(accuracy)[:-1], 2))


def _exact(p: Floats, most: int) -> Floats:
    """A(0) .. A(most) of shares from large to small, shape (n_questions, most + 1)."""
    n_questions, n_answers = p.shape
    factorial = special.factorial(np.arange(most + 1))
    terms = p[:, :, None] ** np.arange(most + 1) / factorial
    found = np.zeros((n_questions, most + 1))
    for k in range(1, most + 1):
        # At most most // k answers have k votes, one of them the leader.
        ties = min(n_answers, most // k) - 1
        nodes, weights = np.polynomial.legendre.leggauss(max(1, (ties + 2) // 2))
        for y, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
            product = np.zeros((n_questions, most + 1 - k))
            product[:, 0] = 1.0
            for j in range(1, n_answers):
                product = _times(product, terms[:, j, : k + 1] * np.append(np.ones(k), y))
            found[:, k:] += weight * terms[:, 0, k : k + 1] * product
    found *= factorial
    found[:, 0] = 0.5
    return found


def _times(product: Floats, factor: Floats) -> Floats:
    """Product of polynomials of each row, cut at the degree of the first."""
    width = product.shape[1]
    found = product * factor[:, :1]
    for degree in range(1, min(factor.shape[1], width)):
        found[:, degree:] += product[:, : width - degree] * factor[:, degree : degree + 1]
    return found


def curves_of(counts: npt.NDArray[np.int64], fit_to: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """A and b of each question, NaN where it has too few answers to be seen to begin, and which have enough.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_questions, n_answers)
    fit_to : int
        Curves are fitted to 3 .. `fit_to` samples.
    """
    check_count("fit_to", fit_to, low=4)
    enough = counts.sum(axis=1) >= WARM_UP
    if not enough.any():
        raise InputError("pools", f"no question has {WARM_UP} answers")
    curves = np.full((len(counts), 2), np.nan)
    curves[enough] = fit_probit(accuracy_curve(counts[enough], fit_to))
    return curves, enough


def left_out(enough: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    """The note on questions without a curve, as a tuple to add to others; empty if there are none.

    Parameters
    ----------
    enough : ndarray of bool, shape (n_questions,)
        Whether a question has answers enough for a curve.
    """
    few = int((~enough).sum())
    return (f"left out: {plural(few, 'question')} with fewer than {WARM_UP} answers",) if few else ()
