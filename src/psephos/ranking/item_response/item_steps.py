"""Given how able candidates probably are, which parameters fit each item best?

The step of the items in `marginal`: with n_q candidates expected at each point of the grid, r of them right, each item
has the objective

    r_theta a + r d - sum_q n_q log(1 + exp(a t_q + d)) - prior,     r_theta = sum over the right of their mean ability,

concave in (a, d), so that a few Newton steps of two by two suffice, all items at once. With one slope for all items the
matrix is an arrow, solved by elimination. Guessing adds a third parameter, g = logit c, for which expected information
takes the place of the second derivatives.

Source: Bock and Aitkin (1981), doi:10.1007/BF02293801; sheet 25. Differs: without guessing the sums over right answers
need no table of points, since the logit is linear in the ability.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]

STEPS = 5
LONGEST = 2.0
HALVINGS = 20
CLOSE = 1e-4
"""A step that moves no parameter further than this is the last of a round."""
SLACK = 1e-13
"""An objective that falls by less than this share has not fallen: that is rounding."""


@dataclass(frozen=True)
class Prior:
    """Gaussian priors of the parameters of items.

    Attributes
    ----------
    slope, slope_sd : float
        Of slopes, around 1.
    intercept_sd : float
        Of intercepts, around 0.
    guess, guess_sd : float
        Of the logit of guessing, around that of a fifth.
    """

    slope: float = 1.0
    slope_sd: float = 1.0
    intercept_sd: float = 3.0
    guess: float = -1.386294361119891
    guess_sd: float = 0.5

    def log_density(self, slope: Floats, intercept: Floats, logit_guess: Floats | None) -> Floats:
        """Of each item, but for constants."""
        found: Floats = -(((slope - self.slope) / self.slope_sd) ** 2) / 2 - (intercept / self.intercept_sd) ** 2 / 2
        if logit_guess is not None:
            found = found - ((logit_guess - self.guess) / self.guess_sd) ** 2 / 2
        return found


@dataclass(frozen=True, eq=False)
class Expected:
    """What the step of the items goes by.

    Attributes
    ----------
    points : ndarray, shape (q,)
    asked : ndarray, shape (q,) or (n_items, q)
        Candidates expected at each point, of all items alike or of each.
    right : ndarray, shape (n_items,)
        Right answers.
    right_ability : ndarray, shape (n_items,)
        Sum of the mean abilities of those who were right.
    right_at : ndarray, shape (n_items, q)
        Right answers expected at each point; needed with guessing only.
    """

    points: Floats
    asked: Floats
    right: Floats
    right_ability: Floats
    right_at: Floats = field(default_factory=lambda: np.empty((0, 0)))


def item_step(
    slope: Floats, intercept: Floats, expected: Expected, prior: Prior | None, *, steps: int = STEPS
) -> tuple[Floats, Floats]:
    """Two parameters for each item, by Newton steps that are halved where they do not improve.

    Parameters
    ----------
    slope, intercept : ndarray of float64, shape (n_items,)
        Where to start.
    expected : Expected
        What the candidates are expected to be.
    prior : Prior or None
    steps : int
        Most steps.

    Returns
    -------
    slope, intercept : ndarray of float64, shape (n_items,)
        None is worse than it was.
    """
    a, d = slope.copy(), intercept.copy()
    value, first = _objective(a, d, expected, prior)
    for _ in range(steps):
        h = _curvature(first, expected, prior)
        g = _gradient(a, d, first, expected, prior)
        determinant = h[0] * h[2] - h[1] ** 2
        # Separated items without a prior have next to no curvature: a short step up the gradient instead.
        sound = determinant > 1e-12 * np.maximum(h[0] * h[2], 1e-12)
        safe = np.where(sound, determinant, 1.0)
        step_a = np.where(sound, (h[2] * g[0] - h[1] * g[1]) / safe, g[0])
        step_d = np.where(sound, (h[0] * g[1] - h[1] * g[0]) / safe, g[1])
        scale = np.minimum(1.0, LONGEST / np.maximum(np.maximum(np.abs(step_a), np.abs(step_d)), 1e-300))
        for _ in range(HALVINGS):
            new_a, new_d = a + scale * step_a, d + scale * step_d
            new_value, new_first = _objective(new_a, new_d, expected, prior)
            worse = new_value < value - SLACK * np.abs(value)
            if not worse.any():
                break
            scale = np.where(worse, scale / 2, scale)
        better = ~worse
        a, d = np.where(better, new_a, a), np.where(better, new_d, d)
        value = np.where(better, new_value, value)
        first = np.where(better[:, None], new_first, first)
        if max(np.abs(scale * step_a).max(initial=0.0), np.abs(scale * step_d).max(initial=0.0)) < CLOSE:
            break
    return a, d


def shared_slope_step(
    slope: float, intercept: Floats, expected: Expected, prior: Prior | None, *, fixed: bool
) -> tuple[float, Floats]:
    """One slope for all items, or a fixed one, and an intercept for each.

    Parameters
    ----------
    slope : float
        Where to start, or the slope that stays.
    intercept : ndarray of float64, shape (n_items,)
    expected, prior
        As in `item_step`.
    fixed : bool
        Whether the slope stays (Rasch).

    Returns
    -------
    slope : float
    intercept : ndarray of float64, shape (n_items,)
    """
    a, d = slope, intercept.copy()

    def at(a: float, d: Floats) -> tuple[float, Floats]:
        value, first = _objective(np.full(len(d), a), d, expected, None)
        total = float(value.sum())
        if prior is not None:
            total += float(prior.log_density(np.array([a]), np.zeros(1), None)[0]) - float(
                ((d / prior.intercept_sd) ** 2).sum() / 2
            )
        return total, first

    value, first = at(a, d)
    for _ in range(STEPS):
        h = _curvature(first, expected, None)
        g = _gradient(np.full(len(d), a), d, first, expected, None)
        intercept_gradient, own, mixed = g[1], h[2], h[1]
        slope_gradient, slope_own = float(g[0].sum()), float(h[0].sum())
        if prior is not None:
            intercept_gradient = intercept_gradient - d / prior.intercept_sd**2
            own = own + 1 / prior.intercept_sd**2
            slope_gradient -= (a - prior.slope) / prior.slope_sd**2
            slope_own += 1 / prior.slope_sd**2
        own = np.maximum(own, 1e-10)
        step_a = 0.0
        if not fixed:
            left = slope_own - float((mixed**2 / own).sum())
            step_a = (slope_gradient - float((mixed * intercept_gradient / own).sum())) / max(left, 1e-10)
        step_d = (intercept_gradient - mixed * step_a) / own
        scale = min(1.0, LONGEST / max(abs(step_a), float(np.abs(step_d).max(initial=0.0)), 1e-300))
        for _ in range(HALVINGS):
            new_value, new_first = at(a + scale * step_a, d + scale * step_d)
            if new_value >= value - SLACK * abs(value):
                break
            scale /= 2
        else:
            break
        a, d, value, first = a + scale * step_a, d + scale * step_d, new_value, new_first
        if max(abs(step_a), float(np.abs(step_d).max(initial=0.0))) * scale < CLOSE:
            break
    return a, d


def guessing_step(
    slope: Floats, intercept: Floats, logit_guess: Floats, expected: Expected, prior: Prior | None
) -> tuple[Floats, Floats, Floats]:
    """Three parameters for each item, by Fisher scoring.

    Parameters
    ----------
    slope, intercept, logit_guess : ndarray of float64, shape (n_items,)
        Where to start.
    expected, prior
        As in `item_step`; `expected.right_at` is needed.

    Returns
    -------
    slope, intercept, logit_guess : ndarray of float64, shape (n_items,)
    """
    right, t = expected.right_at, expected.points
    asked = np.broadcast_to(expected.asked, right.shape)
    found = np.stack([slope, intercept, logit_guess])

    def value_of(x: Floats) -> Floats:
        c = special.expit(x[2])[:, None]
        p = np.clip(c + (1 - c) * special.expit(x[0][:, None] * t + x[1][:, None]), 1e-12, 1 - 1e-12)
        total: Floats = (right * np.log(p) + (asked - right) * np.log1p(-p)).sum(axis=1)
        return total if prior is None else total + prior.log_density(x[0], x[1], x[2])

    value = value_of(found)
    for _ in range(STEPS):
        c = special.expit(found[2])[:, None]
        logistic = special.expit(found[0][:, None] * t + found[1][:, None])
        p = np.clip(c + (1 - c) * logistic, 1e-12, 1 - 1e-12)
        along = (1 - c) * logistic * (1 - logistic)
        slopes = np.stack([along * t, along, c * (1 - c) * (1 - logistic)])
        residual, weight = (right - asked * p) / (p * (1 - p)), asked / (p * (1 - p))
        g = (slopes * residual).sum(axis=2)
        h = np.einsum("ajq,bjq,jq->jab", slopes, slopes, weight, optimize=True)
        if prior is not None:
            centre = np.array([prior.slope, 0.0, prior.guess])[:, None]
            precision = 1 / np.array([prior.slope_sd, prior.intercept_sd, prior.guess_sd]) ** 2
            g = g - precision[:, None] * (found - centre)
            h = h + np.diag(precision)
        h = h + 1e-8 * np.eye(3)
        step = np.linalg.solve(h, g.T[:, :, None])[:, :, 0].T
        scale = np.minimum(1.0, LONGEST / np.maximum(np.abs(step).max(axis=0), 1e-300))
        for _ in range(HALVINGS):
            new = found + scale * step
            new_value = value_of(new)
            worse = new_value < value - SLACK * np.abs(value)
            if not worse.any():
                break
            scale = np.where(worse, scale / 2, scale)
        better = ~worse
        found, value = np.where(better, new, found), np.where(better, new_value, value)
        if np.abs(scale * step).max(initial=0.0) < CLOSE:
            break
    return found[0], found[1], found[2]


def _objective(a: Floats, d: Floats, expected: Expected, prior: Prior | None) -> tuple[Floats, Floats]:
    """Objective of each item, and the chances at the points, shape (n_items, q)."""
    eta = a[:, None] * expected.points + d[:, None]
    small = np.exp(-np.abs(eta))
    chance = np.where(eta >= 0, 1.0, small) / (1 + small)
    loss = np.log1p(small) + np.maximum(eta, 0)
    alike = expected.asked.ndim == 1
    total = loss @ expected.asked if alike else np.einsum("jq,jq->j", loss, expected.asked)
    value: Floats = a * expected.right_ability + d * expected.right - total
    return (value if prior is None else value + prior.log_density(a, d, None)), chance


def _gradient(a: Floats, d: Floats, chance: Floats, expected: Expected, prior: Prior | None) -> tuple[Floats, Floats]:
    t = expected.points
    if expected.asked.ndim == 1:
        sums = chance @ np.stack([expected.asked * t, expected.asked], axis=1)
    else:
        sums = (chance * expected.asked) @ np.stack([t, np.ones(len(t))], axis=1)
    along, up = expected.right_ability - sums[:, 0], expected.right - sums[:, 1]
    if prior is None:
        return along, up
    return along - (a - prior.slope) / prior.slope_sd**2, up - d / prior.intercept_sd**2


def _curvature(chance: Floats, expected: Expected, prior: Prior | None) -> tuple[Floats, Floats, Floats]:
    """Minus the second derivatives: of a, of a and d, of d."""
    t = expected.points
    spread = chance * (1 - chance)
    powers = np.stack([t * t, t, np.ones(len(t))], axis=1)
    alike = expected.asked.ndim == 1
    sums = spread @ (powers * expected.asked[:, None]) if alike else (spread * expected.asked) @ powers
    first, mixed, last = sums.T
    if prior is None:
        return first, mixed, last
    return first + 1 / prior.slope_sd**2, mixed, last + 1 / prior.intercept_sd**2
