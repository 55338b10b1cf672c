r"""How far are two distributions over the same bins apart?

With p and q the shares of two samples in J bins, each measure is a sum over bins f(p_j, q_j):

    jeffreys            (p - q) ln(p / q)                   IV and PSI are this
    kullback-leibler    p ln(p / q)
    jensen-shannon      (p ln(p / m) + q ln(q / m)) / 2,    m = (p + q) / 2;        at most ln 2
    hellinger           sqrt of the sum of (sqrt p - sqrt q)^2 / 2;                 at most 1

The delta method needs the slopes of f: with a_j = df/dp_j and d_j = df/dq_j,

    Var = [sum p a^2 - (sum p a)^2] / n_p + [sum q d^2 - (sum q d)^2] / n_q,

and the bias of the plug-in value is, from the curvature, sum p (1 - p) f_pp / (2 n_p) + sum q (1 - q) f_qq / (2 n_q).
Where p = q the slopes vanish and all of them are a multiple of one quadratic form, so that

    T = k f n_p n_q / (n_p + n_q) ~ chi-square with J - 1 degrees,      k = 1, 2, 8, 8 in the order above,

with a bias of (J - 1) (1 / n_p + 1 / n_q) / k. The squared Hellinger distance is the sum; the distance is its root.

Sources: Sudjianto and Burakov (2025), arXiv 2509.09855 (the identity of IV, PSI and Jeffreys; the delta method); Pardo
(2006), Statistical Inference Based on Divergence Measures, chapter 3 (the test). Differs: variance, bias and test of
all four are derived here; the published variance drops covariances (`spread="fastwoe"`, for comparison).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from psephos.metrics.columns import Floats

Measure = Literal["jeffreys", "kullback-leibler", "jensen-shannon", "hellinger"]


@dataclass(frozen=True, eq=False)
class Parts:
    """What each bin adds, arrays of the shape of the shares.

    Attributes
    ----------
    value : ndarray of float64
        f(p, q).
    left, right : ndarray of float64
        p a and q d, the slopes times the share.
    left_squares, right_squares : ndarray of float64
        p a^2 and q d^2.
    left_bend, right_bend : ndarray of float64
        p f_pp and q f_qq.
    """

    value: Floats
    left: Floats
    right: Floats
    left_squares: Floats
    right_squares: Floats
    left_bend: Floats
    right_bend: Floats


@dataclass(frozen=True)
class Form:
    """A measure: its value and parts by bin, the factor of its test, whether an empty cell makes it infinite, and the
    most that it can be.
    """

    value: Callable[[Floats, Floats], Floats]
    parts: Callable[[Floats, Floats], Parts]
    factor: float
    needs_all_cells: bool
    root: bool = False
    most: float = math.inf


def _jeffreys(p: Floats, q: Floats) -> Floats:
    return np.asarray((p - q) * np.log(p / q))


def _jeffreys_parts(p: Floats, q: Floats) -> Parts:
    log = np.log(p / q)
    a, d = log + 1 - q / p, -log + 1 - p / q
    return Parts((p - q) * log, p * a, q * d, p * a**2, q * d**2, 1 + q / p, 1 + p / q)


def _kullback(p: Floats, q: Floats) -> Floats:
    return np.asarray(_times_log(p, p / q))


def _kullback_parts(p: Floats, q: Floats) -> Parts:
    log = np.log(p / q)
    return Parts(p * log, p * (log + 1), -p, p * (log + 1) ** 2, p**2 / q, np.ones_like(p), p / q)


def _jensen(p: Floats, q: Floats) -> Floats:
    middle = (p + q) / 2
    return np.asarray((_times_log(p, p / middle) + _times_log(q, q / middle)) / 2)


def _jensen_parts(p: Floats, q: Floats) -> Parts:
    middle = (p + q) / 2
    left, right = _times_log(p, p / middle) / 2, _times_log(q, q / middle) / 2
    first, second = (
        np.divide(part**2, share, out=np.zeros_like(p), where=share > 0) for part, share in ((left, p), (right, q))
    )
    return Parts(left + right, left, right, first, second, q / (p + q) / 2, p / (p + q) / 2)


def _hellinger(p: Floats, q: Floats) -> Floats:
    return np.asarray((np.sqrt(p) - np.sqrt(q)) ** 2 / 2)


def _hellinger_parts(p: Floats, q: Floats) -> Parts:
    mean, apart = np.sqrt(p * q), (np.sqrt(p) - np.sqrt(q)) ** 2
    with np.errstate(divide="ignore"):
        bends = np.sqrt(q / p) / 4, np.sqrt(p / q) / 4
    return Parts(apart / 2, (p - mean) / 2, (q - mean) / 2, apart / 4, apart / 4, *bends)


FORMS: dict[str, Form] = {
    "jeffreys": Form(_jeffreys, _jeffreys_parts, 1.0, needs_all_cells=True),
    "kullback-leibler": Form(_kullback, _kullback_parts, 2.0, needs_all_cells=True),
    "jensen-shannon": Form(_jensen, _jensen_parts, 8.0, needs_all_cells=False, most=math.log(2)),
    "hellinger": Form(_hellinger, _hellinger_parts, 8.0, needs_all_cells=False, root=True, most=1.0),
}
"""The measures by name."""


def variance(parts: Parts, n_left: float, n_right: float) -> float:
    """The delta-method variance of the sum over bins; 0 or more whatever rounding does.

    Parameters
    ----------
    parts : Parts
        Shares times slopes of each bin, on both sides.
    n_left, n_right : float
        Rows that each sample is worth.
    """
    left = parts.left_squares.sum() - parts.left.sum() ** 2
    right = parts.right_squares.sum() - parts.right.sum() ** 2
    # A difference of equal numbers may come out below 0 by rounding.
    return max(0.0, float(left)) / n_left + max(0.0, float(right)) / n_right


def variance_without_covariance(p: Floats, q: Floats, n_left: float, n_right: float) -> float:
    """The variance of IV as the package fastwoe has it: factors and bins taken for independent, and so too small.

    Parameters
    ----------
    p, q : ndarray of float64, shape (n_bins,)
        Shares of both samples, all above 0.
    n_left, n_right : float
        Rows that each sample is worth.
    """
    shares = p * (1 - p) / n_left + q * (1 - q) / n_right
    cells = 1 / (p * n_left) + 1 / (q * n_right)
    return float(((p - q) ** 2 * cells).sum() + (np.log(p / q) ** 2 * shares).sum())


def bias_by_curvature(parts: Parts, p: Floats, q: Floats, n_left: float, n_right: float) -> float:
    """The second-order bias of the sum over bins: by how much the plug-in value is too large on average.

    Parameters
    ----------
    parts : Parts
        With the curvature of each bin.
    p, q : ndarray of float64, shape (n_bins,)
        Shares of both samples.
    n_left, n_right : float
        Rows that each sample is worth.
    """
    left, right = (parts.left_bend * (1 - p)).sum(), (parts.right_bend * (1 - q)).sum()
    return float(left / (2 * n_left) + right / (2 * n_right))


def bias_at_equality(form: Form, bins: int, n_left: float, n_right: float) -> float:
    """The bias of the sum over bins if both samples are of one distribution, from the mean of its chi-square.

    Parameters
    ----------
    form : Form
        The measure.
    bins : int
        Bins that take part.
    n_left, n_right : float
        Rows that each sample is worth.
    """
    return (bins - 1) * (1 / n_left + 1 / n_right) / form.factor


def _times_log(share: Floats, ratio: Floats) -> Floats:
    """Share ln(ratio), 0 where the share is 0."""
    return share * np.log(ratio, out=np.zeros_like(ratio), where=ratio > 0)
