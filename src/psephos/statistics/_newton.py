"""How is a logistic regression fitted? By Newton steps that are halved until the likelihood rises.

    step = (X'W diag(m (1 - m)) X + r I)^-1 (X'W (y - m) - r b),        m = 1 / (1 + exp(-Xb))

With Firth's penalty y - m becomes y - m + h (1/2 - m), h the leverages, and half the log determinant of the information
joins the likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

RIDGE = 1e-8
MOST_STEPS = 50
SMALLEST_STEP = 1e-8
SURE = 20.0
"""A linear predictor beyond this is a chance within 2e-9 of 0 or 1."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Fit:
    """Where the steps ended.

    Attributes
    ----------
    coefficients : ndarray of float64, shape (k,)
    chance : ndarray of float64, shape (n,)
        Of an event in each row.
    information : ndarray of float64, shape (k, k)
    log_likelihood : float
        Without penalties.
    steps : int
    separated : bool
        Whether some chance is sure, or the steps did not settle, as where events are told apart without error; never
        with Firth's penalty.
    """

    coefficients: Floats
    chance: Floats
    information: Floats
    log_likelihood: float
    steps: int
    separated: bool


def newton(
    design: Floats,
    event: Floats,
    weights: Floats,
    *,
    ridge: float = RIDGE,
    firth: bool = False,
    start: Floats | None = None,
) -> Fit:
    """Fit a logistic regression.

    Parameters
    ----------
    design : ndarray of float64, shape (n, k)
        The intercept among its columns, first.
    event : ndarray of float64, shape (n,)
        Share of events in each row, 0 to 1.
    weights : ndarray of float64, shape (n,)
        How many each row stands for.
    ridge : float
        Strength r of the penalty.
    firth : bool
        Whether Firth's penalty is added, which keeps coefficients finite.
    start : ndarray of float64, shape (k,), optional
        Where to start; the share of events if not given.
    """
    b = np.zeros(design.shape[1]) if start is None else start.copy()
    if start is None:
        share = float(weights @ event / weights.sum())
        b[0] = special.logit(share)
    value, eta, information = _value(design, event, weights, b, ridge, firth)
    converged, steps = False, 0
    while steps < MOST_STEPS and not converged:
        steps += 1
        chance = special.expit(eta)
        pull = weights * (event - chance)
        if firth:
            root = design * np.sqrt(weights * chance * (1 - chance))[:, None]
            leverage = np.einsum("ij,ij->i", root @ np.linalg.inv(information), root)
            pull = pull + leverage * (0.5 - chance)
        step = np.linalg.solve(information, design.T @ pull - ridge * b)
        for _ in range(30):
            after, eta_after, information_after = _value(design, event, weights, b + step, ridge, firth)
            if after >= value - 1e-12 * abs(value):
                break
            step = step / 2
        b, value, eta, information = b + step, after, eta_after, information_after
        converged = bool(np.abs(step).max() < SMALLEST_STEP)
    likelihood = float(weights @ (event * eta - np.logaddexp(0, eta)))
    extreme = bool(np.abs(eta[weights > 0]).max() > SURE)
    return Fit(b, special.expit(eta), information, likelihood, steps, not firth and (extreme or not converged))


def _value(
    design: Floats, event: Floats, weights: Floats, b: Floats, ridge: float, firth: bool
) -> tuple[float, Floats, Floats]:
    """Penalised log likelihood, linear predictor and information at b."""
    eta = design @ b
    chance = special.expit(eta)
    information = (design * (weights * chance * (1 - chance))[:, None]).T @ design
    information.flat[:: len(b) + 1] += ridge
    value = float(weights @ (event * eta - np.logaddexp(0, eta)) - ridge / 2 * b @ b)
    if firth:
        value += float(np.linalg.slogdet(information)[1]) / 2
    return value, eta, information
