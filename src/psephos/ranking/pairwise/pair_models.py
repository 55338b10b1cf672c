"""What is the chance of each end of a battle, given how far apart two candidates are?

With d = theta_i - theta_j and, where ties have a model, one number eta for all pairs:

    Bradley-Terry   win 1 / (1 + exp(-d)); a tie is half a win each way, which is no model of ties but a reading of them
    Davidson        win : tie : loss  =  exp(d/2) : nu : exp(-d/2),              eta = log nu
    Rao-Kupper      win 1 / (1 + exp(eta - d)), loss 1 / (1 + exp(eta + d)), tie the rest,    eta > 0

Each model gives the log-likelihood of the three ends, its slopes along d and eta, and its curvature; the fit, the
errors and the resamples are the same for all (`strengths`).

Sources: Bradley and Terry (1952), doi:10.2307/2334029; Davidson (1970), doi:10.1080/01621459.1970.10481082; Rao and
Kupper (1967), doi:10.1080/01621459.1967.10482901. Differs: Rao and Kupper's kappa is exp(eta).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]

LEAST_ETA = 1e-6
"""Rao-Kupper's eta is above 0; where no battle was tied it stays here."""


class Slopes(NamedTuple):
    """Of each end (win, loss, tie), along d and along eta; all of the shape of d."""

    along_d: tuple[Floats, Floats, Floats]
    along_eta: tuple[Floats, Floats, Floats]


class Curvature(NamedTuple):
    """Minus the second derivatives, summed over the ends with their counts."""

    d: Floats
    both: Floats
    eta: Floats


@dataclass(frozen=True)
class PairModel:
    """A model of how battles end.

    Attributes
    ----------
    name : str
    has_eta : bool
        Whether ties have a number of their own.
    start : callable
        A first eta from the share of ties.
    likelihood : callable
        Of counts (win, loss, tie), d and eta: the log-likelihood of each pair.
    slopes : callable
        Of d and eta.
    curvature : callable
        Of counts, d and eta.
    """

    name: str
    has_eta: bool
    start: Callable[[float], float]
    likelihood: Callable[[Floats, Floats, Floats, Floats, float], Floats]
    slopes: Callable[[Floats, Floats | float], Slopes]
    curvature: Callable[[Floats, Floats, Floats, Floats, float], Curvature]


def _none(d: Floats) -> Floats:
    return np.zeros_like(d)


def _half_likelihood(win: Floats, loss: Floats, tie: Floats, d: Floats, eta: float) -> Floats:  # noqa: ARG001
    forward, backward = win + tie / 2, loss + tie / 2
    # log(1 + exp(d)) = max(d, 0) + log(1 + exp(-|d|)): the second part is that of both ends.
    rest = np.log1p(np.exp(-np.abs(d)))
    return np.asarray(forward * np.minimum(d, 0) - backward * np.maximum(d, 0) - (forward + backward) * rest)


def _half_slopes(d: Floats, eta: Floats | float) -> Slopes:  # noqa: ARG001
    p = special.expit(d)
    zero = _none(d)
    return Slopes((1 - p, -p, 0.5 - p), (zero, zero, zero))


def _half_curvature(win: Floats, loss: Floats, tie: Floats, d: Floats, eta: float) -> Curvature:  # noqa: ARG001
    p = special.expit(d)
    return Curvature((win + loss + tie) * p * (1 - p), _none(d), _none(d))


def _davidson_parts(d: Floats, eta: Floats | float) -> tuple[Floats, Floats, Floats, Floats]:
    """Chances of win, loss, tie, and the logarithm of their common denominator."""
    tie = np.broadcast_to(np.asarray(eta, dtype=np.float64), np.shape(d))
    total = np.logaddexp(np.logaddexp(d / 2, -d / 2), tie)
    return np.exp(d / 2 - total), np.exp(-d / 2 - total), np.exp(tie - total), total


def _davidson_likelihood(win: Floats, loss: Floats, tie: Floats, d: Floats, eta: float) -> Floats:
    total = _davidson_parts(d, eta)[3]
    return np.asarray(win * (d / 2 - total) + loss * (-d / 2 - total) + tie * (eta - total))


def _davidson_slopes(d: Floats, eta: Floats | float) -> Slopes:
    won, lost, tied, _ = _davidson_parts(d, eta)
    mean = (won - lost) / 2
    return Slopes((0.5 - mean, -0.5 - mean, -mean), (-tied, -tied, 1 - tied))


def _davidson_curvature(win: Floats, loss: Floats, tie: Floats, d: Floats, eta: float) -> Curvature:
    won, lost, tied, _ = _davidson_parts(d, eta)
    n, mean = win + loss + tie, (won - lost) / 2
    return Curvature(n * ((won + lost) / 4 - mean**2), -n * mean * tied, n * tied * (1 - tied))


def _rao_likelihood(win: Floats, loss: Floats, tie: Floats, d: Floats, eta: float) -> Floats:
    # The tie: sigma(d + eta) - sigma(d - eta) = (1 - exp(-2 eta)) sigma(d + eta) sigma(eta - d).
    both = np.log(-np.expm1(-2 * eta)) - np.logaddexp(0, -d - eta) - np.logaddexp(0, d - eta)
    return np.asarray(-win * np.logaddexp(0, eta - d) - loss * np.logaddexp(0, eta + d) + tie * both)


def _rao_slopes(d: Floats, eta: Floats | float) -> Slopes:
    won, lost = special.expit(d - eta), special.expit(-d - eta)
    level = np.broadcast_to(2 / np.expm1(2 * np.asarray(eta, dtype=np.float64)), np.shape(d))
    return Slopes((1 - won, lost - 1, lost - won), (won - 1, lost - 1, level + won + lost))


def _rao_curvature(win: Floats, loss: Floats, tie: Floats, d: Floats, eta: float) -> Curvature:
    won, lost = special.expit(d - eta), special.expit(-d - eta)
    a, b = won * (1 - won), lost * (1 - lost)
    level = 1 / np.sinh(eta) ** 2
    return Curvature(
        (win + tie) * a + (loss + tie) * b,
        -(win + tie) * a + (loss + tie) * b,
        (win + tie) * a + (loss + tie) * b + tie * level,
    )


BRADLEY_TERRY = PairModel(
    "bradley-terry",
    False,
    lambda _: 0.0,
    _half_likelihood,
    _half_slopes,
    _half_curvature,
)
DAVIDSON = PairModel(
    "davidson",
    True,
    lambda share: float(np.log(2 * share / (1 - share))) if 0 < share < 1 else -20.0,
    _davidson_likelihood,
    _davidson_slopes,
    _davidson_curvature,
)
RAO_KUPPER = PairModel(
    "rao-kupper",
    True,
    lambda share: float(np.log((1 + share) / (1 - share))) if 0 < share < 1 else LEAST_ETA,
    _rao_likelihood,
    _rao_slopes,
    _rao_curvature,
)
