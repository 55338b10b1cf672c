"""How much do shares differ between units once the noise of their counts is taken away?

Each unit has a share p of its own, p ~ Beta(a, b), and s successes in t trials, s | p ~ Binomial(t, p). The most likely
mean m = a / (a + b) and correlation of two trials of one unit r = 1 / (a + b + 1) maximise

    sum_units log B(s + a, t - s + b) - log B(a, b).

r = 0 says that all units have the same share, r = 1 that each is always or never a success.

Source: Skellam (1948), J. R. Statist. Soc. B 10, 257-261. Differs: m and r are kept within (0, 1) by `EDGE`, and units
with equal counts are added up first, so that a million units cost no more than their distinct counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.errors import InputError, check_codes, check_same_length

EDGE = 1e-6
"""Mean and correlation of a fit come no nearer to 0 and 1 than this."""

_MOST_TURNS = 300


@dataclass(frozen=True)
class BetaBinomial:
    """Shares that follow a Beta distribution, seen through counts.

    Attributes
    ----------
    mean : float
        Mean share.
    correlation : float
        Correlation of two trials of one unit, 1 / (a + b + 1).
    units : int
        Units with at least one trial.
    log_likelihood : float
        Of the counts, without the binomial coefficients.
    note : str
        Why the fit lies at an edge or is not settled, or nothing.
    """

    mean: float
    correlation: float
    units: int = 0
    log_likelihood: float = float("nan")
    note: str = ""

    @property
    def a(self) -> float:
        """First parameter of the Beta distribution."""
        return self.mean * (1 / self.correlation - 1)

    @property
    def b(self) -> float:
        """Second parameter of the Beta distribution."""
        return (1 - self.mean) * (1 / self.correlation - 1)

    def counts(self, trials: int) -> npt.NDArray[np.float64]:
        """Probability of 0 .. trials successes in so many trials, shape (trials + 1,)."""
        successes = np.arange(trials + 1)
        ways = _log_ways(trials, successes)
        logs = ways + special.betaln(successes + self.a, trials - successes + self.b) - special.betaln(self.a, self.b)
        shares = np.exp(logs)
        return np.asarray(shares / shares.sum())

    def at_least(self, share: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Probability that a unit's own share is at least so much."""
        bound = np.asarray(share, dtype=np.float64)
        return np.asarray(np.where(bound <= 0, 1.0, special.betaincc(self.a, self.b, np.clip(bound, 0, 1))))


def fit_beta_binomial(successes: npt.ArrayLike, trials: npt.ArrayLike) -> BetaBinomial:
    """Most likely Beta distribution of the shares behind counts.

    Parameters
    ----------
    successes, trials : array_like of int, shape (n_units,)
        Counts; units without a trial take no part.

    Returns
    -------
    BetaBinomial
        Mean and correlation of the shares behind the counts.

    Raises
    ------
    InputError
        If no unit has a trial, or there are more successes than trials.

    Examples
    --------
    >>> fit = fit_beta_binomial([0, 0, 10, 10, 5], [10, 10, 10, 10, 10])
    >>> round(fit.mean, 2), round(fit.correlation, 1)
    (0.5, 0.8)
    """
    s = check_codes("successes", successes, ndim=1).astype(np.int64)
    t = check_codes("trials", trials, ndim=1).astype(np.int64)
    check_same_length(successes=s, trials=t)
    wrong = (s < 0) | (s > t)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError("successes", f"must lie between 0 and {t[row]}, got {s[row]}", where=f"row {row}")
    if not t.any():
        raise InputError("trials", "no unit has a trial", hint="leave out units without trials; one must be left")
    width = int(t.max()) + 1
    cells, copies = np.unique((t * width + s)[t > 0], return_counts=True)
    done, tried = (cells % width).astype(np.float64), (cells // width).astype(np.float64)
    units, share = int(copies.sum()), float(copies @ done / (copies @ tried))
    likelihood = _Likelihood(done, tried, copies.astype(np.float64))
    if share in (0, 1) or tried.max() == 1:
        mean = float(np.clip(share, EDGE, 1 - EDGE))
        note = "all trials end alike" if share in (0, 1) else "one trial a unit: their correlation cannot be told"
        return BetaBinomial(mean, EDGE, units, likelihood(special.logit([mean, EDGE])), note)
    return _most_likely(likelihood, share, units)


@dataclass(frozen=True, eq=False)
class _Likelihood:
    """Log likelihood of counts, as a function of logit mean and logit correlation."""

    done: npt.NDArray[np.float64]
    tried: npt.NDArray[np.float64]
    copies: npt.NDArray[np.float64]

    def __call__(self, place: npt.NDArray[np.float64]) -> float:
        a, b = self._parameters(place)
        return float(self.copies @ (special.betaln(self.done + a, self.tried - self.done + b) - special.betaln(a, b)))

    def slope(self, place: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Its derivatives."""
        a, b = self._parameters(place)
        both = special.digamma(a + b) - special.digamma(self.tried + a + b)
        by_a = float(self.copies @ (special.digamma(self.done + a) - special.digamma(a) + both))
        by_b = float(self.copies @ (special.digamma(self.tried - self.done + b) - special.digamma(b) + both))
        return np.array([(by_a - by_b) * a * b / (a + b), -(by_a * a + by_b * b)])

    @staticmethod
    def _parameters(place: npt.NDArray[np.float64]) -> tuple[float, float]:
        mean, correlation = special.expit(place)
        total = 1 / correlation - 1
        return float(mean * total), float((1 - mean) * total)


def _most_likely(likelihood: _Likelihood, share: float, units: int) -> BetaBinomial:
    from scipy.optimize import minimize

    edge = float(special.logit(EDGE))
    found = minimize(
        lambda place: -likelihood(place) / units,
        jac=lambda place: -likelihood.slope(place) / units,
        x0=special.logit([np.clip(share, 0.01, 0.99), 0.2]),
        method="L-BFGS-B",
        bounds=[(edge, -edge)] * 2,
        options={"maxiter": _MOST_TURNS, "ftol": 1e-14, "gtol": 1e-9},
    )
    # Near an edge the likelihood is flat and the search stops early.
    edges = [np.array([special.logit(share), end]) for end in (edge, -edge)]
    place = max([*edges, found.x], key=lambda one: likelihood(one) + 1e-9 * units * (one is not found.x))
    mean, correlation = (float(value) for value in special.expit(place))
    note = ""
    if correlation < 10 * EDGE:
        note = "units differ by no more than chance"
    elif correlation > 1 - 10 * EDGE:
        note = "each unit is always or never a success"
    return BetaBinomial(mean, correlation, units, likelihood(place), note)


def binomial_chances(trials: int, p: float) -> npt.NDArray[np.float64]:
    """Probability of 0, 1, ... `trials` successes, each with chance `p`; no factorial is formed.

    Parameters
    ----------
    trials : int
    p : float
        From 0 to 1.

    Returns
    -------
    ndarray of float64, shape (trials + 1,)

    See Also
    --------
    BetaBinomial : the same where the chance differs from case to case.

    Examples
    --------
    >>> binomial_chances(2, 0.5).round(12)
    array([0.25, 0.5 , 0.25])
    """
    k = np.arange(trials + 1)
    return np.asarray(np.exp(_log_ways(trials, k) + special.xlogy(k, p) + special.xlog1py(trials - k, -p)))


def _log_ways(trials: Any, successes: Any) -> Any:
    """Logarithm of the binomial coefficient."""
    return special.gammaln(trials + 1) - special.gammaln(successes + 1) - special.gammaln(trials - successes + 1)
