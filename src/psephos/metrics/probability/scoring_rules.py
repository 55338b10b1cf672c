r"""How good are probabilities, calibration and discrimination together?

    Brier score     mean (p - y)^2                          two outcomes
                    mean sum_k (p_k - [y = k])^2            C classes (twice the former for C = 2)
    log loss        mean -log of the probability of what happened, p clipped to [eps, 1 - eps]

Both are proper: honest probabilities are the best. The Brier score falls apart by bins of p,

    Brier = reliability - resolution + uncertainty + remainder
    reliability = sum_k n_k (p_k - y_k)^2 / n,   resolution = sum_k n_k (y_k - y)^2 / n,   uncertainty = y (1 - y),

p_k and y_k the means in bin k; the remainder is what varies within bins, 0 where p is constant in each.

Sources: Brier (1950); Murphy (1973); sheet 08. Differs: the remainder is reported rather than dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.errors import check_number
from psephos.metrics.columns import Floats
from psephos.metrics.conventions import Missing
from psephos.metrics.probability.bins import Strategy, bins_of
from psephos.metrics.probability.forecasts import Forecasts, Ties, check_forecasts

EPS = float(np.finfo(np.float64).eps)


def brier_score(
    prob: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    ties: Ties = "error",
    missing: Missing = "error",
) -> float:
    """Mean squared distance of probabilities from outcomes.

    Parameters
    ----------
    prob : array_like of float, shape (n,) or (n, n_classes)
        Probability of the event, or of each class.
    y : array_like, shape (n,)
        0 or 1, or the code of the class.
    weights : array_like of float, shape (n,), optional
        How much each row counts, at least 0.
    ties : {"error", "drop", "half"}, default "error"
        What an outcome of 0.5 is.
    missing : {"error", "skip"}, default "error"
        What is done with NaN.

    Returns
    -------
    float
        0 is best.

    Raises
    ------
    InputError
        If a probability lies outside 0 to 1, an outcome is none, lengths differ or nothing is left.

    See Also
    --------
    brier_decomposition : how much of it is miscalibration.
    log_loss : punishes being sure and wrong without bound.

    Examples
    --------
    >>> brier_score([0.5, 1.0], [1, 1])
    0.125
    """
    forecasts = check_forecasts(prob, y, weights, ties=ties, missing=missing)
    return forecasts.mean(squares(forecasts))


def log_loss(
    prob: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    ties: Ties = "error",
    missing: Missing = "error",
    eps: float = EPS,
) -> float:
    """Mean negative logarithm of the probability given to what happened, in nats.

    Parameters
    ----------
    prob, y, weights, ties, missing
        As of `brier_score`.
    eps : float, default machine epsilon
        Probabilities are clipped to at least this, so that one sure mistake is not infinite; 0 clips nothing.

    Returns
    -------
    float
        0 is best; infinity only if `eps` is 0 and what happened was given probability 0.

    Raises
    ------
    InputError
        As of `brier_score`; if `eps` does not lie between 0 and 1/2.

    See Also
    --------
    brier_score : bounded.

    Examples
    --------
    >>> round(log_loss([0.5, 0.5], [1, 0]), 6)
    0.693147
    """
    forecasts = check_forecasts(prob, y, weights, ties=ties, missing=missing)
    return forecasts.mean(log_losses(forecasts, check_number("eps", eps, low=0, high=0.5)))


@dataclass(frozen=True)
class BrierParts:
    """The Brier score and what it is made of.

    Attributes
    ----------
    brier : float
        Of the binned forecasts.
    reliability : float
        Miscalibration; 0 is best.
    resolution : float
        How far the bins tell events from the rest; high is good.
    uncertainty : float
        The variance of the outcome, which no forecast changes.
    remainder : float
        brier - (reliability - resolution + uncertainty).
    """

    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    remainder: float


def brier_decomposition(
    prob: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    ties: Ties = "error",
    missing: Missing = "error",
    bins: int | npt.ArrayLike = 10,
    strategy: Strategy = "width",
    right_closed: bool = False,
) -> BrierParts:
    """Reliability, resolution and uncertainty of the Brier score.

    Parameters
    ----------
    prob, y, weights, ties, missing
        As of `brier_score`, two outcomes only.
    bins, strategy, right_closed
        As of `reliability_table`.

    Returns
    -------
    BrierParts
        Reliability - resolution + uncertainty + remainder is the Brier score.

    Raises
    ------
    InputError
        As of `brier_score` and `reliability_table`.

    See Also
    --------
    expected_calibration_error : miscalibration as a distance.

    Examples
    --------
    >>> parts = brier_decomposition([0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0])
    >>> parts.reliability, parts.resolution, parts.uncertainty
    (0.0, 0.0, 0.1875)
    """
    forecasts = check_forecasts(prob, y, weights, ties=ties, missing=missing, binary=True)
    made = bins_of(forecasts.prob, bins, strategy, right_closed)
    size, said, happened = made.sums(forecasts.weights, forecasts.prob, forecasts.y)
    return brier_parts(forecasts.mean(squares(forecasts)), size, said, happened)


def brier_parts(brier: float, size: Floats, said: Floats, happened: Floats) -> BrierParts:
    """The parts of the Brier score from sums per bin, shape (n_bins,) each.

    Parameters
    ----------
    brier : float
        The score itself; what the parts do not add up to is the remainder.
    size, said, happened : ndarray of float64
        Sums of weights, of weights times probabilities, and of weights times outcomes; empty bins do not matter.
    """
    some = size > 0
    size, said, happened = size[some], said[some] / size[some], happened[some] / size[some]
    share = size / size.sum()
    rate = float(share @ happened)
    reliability, resolution = float(share @ (said - happened) ** 2), float(share @ (happened - rate) ** 2)
    uncertainty = rate * (1 - rate)
    return BrierParts(brier, reliability, resolution, uncertainty, brier - (reliability - resolution + uncertainty))


def squares(forecasts: Forecasts) -> Floats:
    """What each item adds to the Brier score; a draw is the mean of both outcomes."""
    p, y = forecasts.prob, forecasts.y
    if forecasts.binary:
        return np.asarray((p - y) ** 2 + y * (1 - y))
    return np.asarray((p**2).sum(axis=1) + 1 - 2 * p[np.arange(len(p)), y.astype(np.int64)])


def log_losses(forecasts: Forecasts, eps: float = EPS) -> Floats:
    """What each item adds to the log loss."""
    p, y = forecasts.prob, forecasts.y
    if forecasts.binary:
        clipped = np.clip(p, eps, 1 - eps)
        if eps == 0:  # 0 times the logarithm of 0
            return np.asarray(-(special.xlogy(y, clipped) + special.xlog1py(1 - y, -clipped)))
        return np.asarray(-(y * np.log(clipped) + (1 - y) * np.log1p(-clipped)))
    with np.errstate(divide="ignore"):
        return np.asarray(-np.log(np.clip(p[np.arange(len(p)), y.astype(np.int64)], eps, 1 - eps)))


def clipped(forecasts: Forecasts, eps: float = EPS) -> int:
    """Items whose probability was clipped in the log loss."""
    p = forecasts.prob
    if not forecasts.binary:
        p = p[np.arange(len(p)), forecasts.y.astype(np.int64)]
    return int(((p < eps) | (p > 1 - eps)).sum())
