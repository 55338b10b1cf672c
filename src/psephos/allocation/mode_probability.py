"""Which answer would most samples give in the end, if these came in so far?

The shares theta of the answers have a Dirichlet posterior alpha (a prior of 1 an answer, plus the counts). With
independent G_j ~ Gamma(alpha_j, 1), the largest share is the largest G, so the probability that answer m is the mode is

    I_m(alpha) = integral of gamma_pdf(x; alpha_m) prod_{j != m} gamma_cdf(x; alpha_j) dx,      h(alpha) = max_m I_m.

The optimistic gain of one more sample is what the best outcome would add to h, the maximum over outcomes and not their
mean; that is what makes spending by it consistent:

    R(alpha) = max_m [h(alpha + e_m) - h(alpha)].

Integrals are sums of equal steps in log x. The integrand is analytic in log x and vanishes at both ends, so that the
error falls exponentially with the number of steps: 128 give 12 digits. Where x is tiny the integrand is a power of x,
and the steps to the left of the grid are summed in closed form as a geometric series.

Source: Chen, Lin and Zhou (2015), JMLR 16:1-46 (optimistic knowledge gradient); arXiv 2602.16745 (PETS). Differs: the
authors of PETS draw 500 gammas; ours is exact.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.engine import Rng
from psephos.engine.streams import generator
from psephos.errors import InputError, check_count, check_floats

Floats = npt.NDArray[np.float64]

STEPS = 128
"""Points of an integral."""

_TAIL = 1e-15
_POWER_LAW = -33.0
"""Below this log x the integrand is a power of x to the last digit."""
_CELLS = 2**22


def mode_probabilities(alpha: npt.ArrayLike) -> Floats:
    """Probability of each answer to be the mode under a Dirichlet distribution.

    Parameters
    ----------
    alpha : array_like of float, shape (n_answers,) or (n_questions, n_answers)
        Parameters, above 0.

    Returns
    -------
    ndarray of float64, of the shape of `alpha`
        They sum to 1.

    Raises
    ------
    InputError
        If there are fewer than two answers or a parameter is not above 0.

    See Also
    --------
    optimistic_gain : what one more sample may add to the largest of these.

    Examples
    --------
    >>> mode_probabilities([2, 1, 1, 1]).round(8)
    array([0.52083333, 0.15972222, 0.15972222, 0.15972222])
    """
    rows = _rows(alpha)
    found = np.concatenate([_integrals(part) for part in _parts(rows)])
    return found.reshape(np.shape(alpha))


def gains_by_outcome(alpha: npt.ArrayLike) -> Floats:
    """What each outcome of one more sample would add to the probability of the most probable mode.

    Parameters
    ----------
    alpha : array_like of float, shape (n_answers,) or (n_questions, n_answers)
        Parameters of the Dirichlet distribution, above 0.

    Returns
    -------
    ndarray of float64, of the shape of `alpha`
        Negative where the sample would make the mode less sure.

    Raises
    ------
    InputError
        If there are fewer than two answers or a parameter is not above 0.

    Examples
    --------
    >>> gains_by_outcome([2, 1, 1, 1]).round(8)
    array([ 0.19965278, -0.13310185, -0.13310185, -0.13310185])
    """
    rows = _rows(alpha)
    n, width = rows.shape
    after = (rows[:, None, :] + np.eye(width)).reshape(n * width, width)
    gains = best_probability(after).reshape(n, width) - best_probability(rows)[:, None]
    return gains.reshape(np.shape(alpha))


def optimistic_gain(alpha: npt.ArrayLike) -> Floats:
    """What the best outcome of one more sample would add to the probability of the most probable mode.

    Parameters
    ----------
    alpha : array_like of float, shape (n_answers,) or (n_questions, n_answers)
        Parameters of the Dirichlet distribution, above 0.

    Returns
    -------
    ndarray of float64, scalar or shape (n_questions,)
        R(alpha).

    Raises
    ------
    InputError
        If there are fewer than two answers or a parameter is not above 0.

    See Also
    --------
    psephos.allocation.KnowledgeGradient : spends a budget by it.

    Examples
    --------
    >>> optimistic_gain([[2, 1, 1, 1], [3, 3, 1, 1]]).round(8)
    array([0.19965278, 0.16702501])
    """
    return np.asarray(gains_by_outcome(alpha).max(axis=-1))[()]


def sampled_mode_probabilities(alpha: npt.ArrayLike, *, nsamples: int = 500, rng: Rng = None) -> Floats:
    """The same from random gammas, as the authors of PETS have it: each answer's share of the largest draws.

    Parameters
    ----------
    alpha : array_like of float, shape (n_answers,) or (n_questions, n_answers)
        Parameters, above 0.
    nsamples : int, default 500
        Draws.
    rng : int, Generator or None
        Source of the random numbers.

    Returns
    -------
    ndarray of float64, of the shape of `alpha`
        They sum to 1 for each question.

    Raises
    ------
    InputError
        If there are fewer than two answers or a parameter is not above 0.

    Examples
    --------
    >>> abs(sampled_mode_probabilities([2, 1, 1, 1], nsamples=10_000, rng=0)[0] - 0.5208) < 0.015
    np.True_
    """
    rows = _rows(alpha)
    draws = generator(rng).standard_gamma(rows, size=(check_count("nsamples", nsamples), *rows.shape))
    best = draws.argmax(axis=2)
    return np.stack([(best == m).mean(axis=0) for m in range(rows.shape[1])], axis=1).reshape(np.shape(alpha))


def best_probability(rows: Floats) -> Floats:
    """h(alpha) of each row: the answer with the largest alpha is the most probable mode."""
    order = np.sort(rows, axis=1)
    return np.concatenate([_integrals(part, only=True)[:, 0] for part in _parts(order[:, ::-1])])


class LeaderGains:
    """The optimistic gain by counts of answers, each distinct set of counts computed once.

    With whole counts and the same prior for each answer, the best outcome is always one more sample of the leader:
    any other answer is at least one behind, so a sample of it makes it a tie at most, and makes the leader less sure.

    Parameters
    ----------
    n_options : int
        Answers there can be.
    prior : float
        Parameter of each answer before the first sample.
    """

    def __init__(self, n_options: int, prior: float) -> None:
        self.n_options, self.prior = n_options, prior
        self.known: dict[tuple[int, ...], float] = {}

    def __call__(self, counts: tuple[int, ...]) -> float:
        """R of these counts, from large to small, none of them 0."""
        after = (counts[0] + 1, *counts[1:]) if counts else (1,)
        return self.certainty(after) - self.certainty(counts)

    def certainty(self, counts: tuple[int, ...]) -> float:
        """H of these counts, from large to small, none of them 0."""
        if (found := self.known.get(counts)) is None:
            found = self.known[counts] = self._integral(counts)
        return found

    def _integral(self, counts: tuple[int, ...]) -> float:
        """As `_integrals`, with answers of equal counts taken together."""
        unseen = self.n_options - len(counts)
        others: dict[float, int] = {}
        for count in counts[1:]:
            others[count + self.prior] = others.get(count + self.prior, 0) + 1
        if counts and unseen:
            others[self.prior] = unseen
        elif not counts:
            others[self.prior] = self.n_options - 1
        top = (counts[0] if counts else 0) + self.prior
        alpha, copies = np.array(list(others)), np.array(list(others.values()))
        total, room = top + copies @ alpha, special.gammaln(top + 1) + copies @ special.gammaln(alpha + 1)
        x, weights = (part[0] for part in _points(*(np.array([one]) for one in (top, total, room))))
        product = np.prod(special.gammainc(alpha[:, None], x) ** copies[:, None], axis=0)
        return float(weights @ (_density(np.array(top), x) * product))


def _rows(alpha: npt.ArrayLike) -> Floats:
    values = check_floats("alpha", alpha, ndim=2 if np.ndim(alpha) == 2 else 1)
    if values.shape[-1] < 2:
        raise InputError("n_options", f"there must be at least two answers, got {values.shape[-1]}")
    if (values <= 0).any():
        raise InputError("alpha", f"must be above 0, got {values.min():g}")
    return np.atleast_2d(values)


def _parts(rows: Floats) -> list[Floats]:
    """The rows in pieces whose integrands fit in memory."""
    size = max(1, _CELLS // (STEPS * rows.shape[1]))
    return [rows[start : start + size] for start in range(0, max(len(rows), 1), size)]


def _points(top: Floats, total: Floats, room: Floats) -> tuple[Floats, Floats]:
    """Points x where the largest G may lie, and their weights in log x, both of shape (n, STEPS).

    `top` is the largest alpha of each row, `total` their sum, and `room` the sum of log Gamma(alpha + 1): the chance
    that all G are below x is at most exp(total log x - room), which bounds the grid from below.
    """
    with np.errstate(divide="ignore"):
        low = np.log(special.gammaincinv(top, _TAIL))
    low = np.maximum(np.maximum(low, (np.log(_TAIL) + room) / total), _POWER_LAW)[:, None]
    width = (np.log(special.gammainccinv(top, _TAIL))[:, None] - low) / (STEPS - 1)
    weights = np.repeat(width, STEPS, axis=1)
    weights[:, :1] *= 1 + 1 / np.expm1(np.minimum(total[:, None] * width, 700.0))
    return np.exp(low + width * np.arange(STEPS)), weights


def _density(alpha: Floats, x: Floats) -> Floats:
    """Density of log G at log x, G ~ Gamma(alpha, 1)."""
    return np.asarray(np.exp(alpha * np.log(x) - x - special.gammaln(alpha)))


def _integrals(rows: Floats, *, only: bool = False) -> Floats:
    """I_m of each answer, or of the first (the largest) only, shape (n, n_answers) or (n, 1)."""
    x, weights = _points(rows.max(axis=1), rows.sum(axis=1), special.gammaln(rows + 1).sum(axis=1))
    below = special.gammainc(rows[:, :, None], x[:, None, :])
    if only:
        product = below[:, 1:].prod(axis=1)
        return np.asarray((weights * _density(rows[:, :1], x) * product).sum(axis=1, keepdims=True))
    found = np.empty_like(rows)
    for m in range(rows.shape[1]):
        others = np.delete(below, m, axis=1).prod(axis=1)
        found[:, m] = (weights * _density(rows[:, m : m + 1], x) * others).sum(axis=1)
    return found
