"""Which items fit the responses best, whatever the abilities are?

Marginal maximum likelihood: abilities are N(0, 1), which fixes the scale, and are summed out on a grid of 61 points
(more where many items tell abilities apart that are closer),

    log L = sum_i n_i log sum_q w_q prod_j P_jq^y_ij (1 - P_jq)^(1 - y_ij),        plus log priors of the items,

by expectation and maximisation: how probable each ability is for each row given the items, then `item_steps`. The
objective never falls. Equal rows are counted as one. After each step of the items mean m and deviation s of the
abilities are fitted too and taken back into the items, a <- a s, d <- d + a m, which spares the many rounds in which
items and abilities drift together (the expanded model of Liu, Rubin and Wu). Without guessing log(P / (1 - P)) =
a t + d is linear, so that the likelihood of a complete row needs only its sums y'a and y'd, and no product of
candidates, items and points.

Sources: Bock and Aitkin (1981), doi:10.1007/BF02293801; Liu, Rubin and Wu (1998), doi:10.1093/biomet/85.4.755; sheet
25. Differs: these sums, and the expanded step under priors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.ranking.item_response.item_steps import (
    STEPS,
    Expected,
    Prior,
    guessing_step,
    item_step,
    shared_slope_step,
)

Floats = npt.NDArray[np.float64]

MODELS = ("rasch", "1pl", "2pl", "3pl")
NO_LEVELS = "it is not here: item response takes right and wrong; the method 'mean' takes scores of several levels"
KNOWN_AS = {"graded response": NO_LEVELS, "grm": NO_LEVELS, "partial credit": NO_LEVELS, "pcm": NO_LEVELS}
"""Models that a user may look for, and what there is in their place."""
EDGE = 6.0
STEPS_PER_UNIT = (5, 10, 20, 40)
STOP = 1e-9
MOST, MOST_PLAIN = 500, 5000
"""Most rounds, with priors and without."""
START_GUESS = -1.386294361119891
_COLLAPSE = 64


@dataclass(frozen=True, eq=False)
class Grid:
    """Abilities at which the integral is taken, and the logarithms of their weights, shape (q,)."""

    points: Floats
    log_weights: Floats


def grid_for(n_items: int) -> Grid:
    """Sixty-one points from -6 to 6; with more than 156 items finer, as abilities can be told apart that are closer."""
    fine = next((k for k in STEPS_PER_UNIT if n_items <= 6.25 * k**2), STEPS_PER_UNIT[-1])
    points = np.linspace(-EDGE, EDGE, int(2 * EDGE) * fine + 1)
    return Grid(points, -(points**2) / 2 - special.logsumexp(-(points**2) / 2))


@dataclass(frozen=True, eq=False)
class Rows:
    """Responses as the rounds need them.

    Attributes
    ----------
    right : ndarray of float64, shape (n, n_items)
        1 where right, 0 where wrong or not asked.
    asked : ndarray of float64, shape (n, n_items), or None
        1 where asked; None if all were.
    counts : ndarray of float64, shape (n,)
        How many candidates each row stands for.
    """

    right: Floats
    asked: Floats | None
    counts: Floats

    @property
    def tries(self) -> Floats:
        """How often each item was asked."""
        if self.asked is None:
            return np.full(self.right.shape[1], self.counts.sum())
        total: Floats = self.counts @ self.asked
        return total


@dataclass(frozen=True, eq=False)
class Items:
    """Parameters: slope a, intercept d, and the logit of guessing, or None without guessing."""

    slope: Floats
    intercept: Floats
    logit_guess: Floats | None = None

    @property
    def guess(self) -> Floats:
        """C of each item."""
        return np.zeros(len(self.slope)) if self.logit_guess is None else special.expit(self.logit_guess)


@dataclass(frozen=True, eq=False)
class Fitted:
    """What the rounds came to.

    Attributes
    ----------
    items : Items
    log_likelihood : float
        Of the responses, abilities summed out, without priors.
    path : tuple of float
        The objective after each round; it never falls.
    converged : bool
        Whether it moved by less than the limit in the end.
    """

    items: Items
    log_likelihood: float
    path: tuple[float, ...]
    converged: bool

    @property
    def rounds(self) -> int:
        """How many there were."""
        return len(self.path)


def rows_of(right: Floats, counts: Floats | None = None, *, collapse: bool = True) -> tuple[Rows, npt.NDArray[np.intp]]:
    """Responses as rows, equal ones made one where that can pay.

    Parameters
    ----------
    right : ndarray of float64, shape (n, n_items)
        1 and 0, NaN where not asked.
    counts : ndarray of float64, shape (n,), optional
        How many candidates each stands for.
    collapse : bool, default True
        Whether equal ones may become one.

    Returns
    -------
    rows : Rows
    place : ndarray of intp, shape (n,)
        The row of each candidate.
    """
    hidden = np.isnan(right)
    weight = np.ones(len(right)) if counts is None else counts
    place: npt.NDArray[np.intp] = np.arange(len(right))
    if collapse and right.shape[1] <= _COLLAPSE and len(right) > 200:
        coded = np.where(hidden, 2, right).astype(np.int8)
        _, first, place = np.unique(coded, axis=0, return_index=True, return_inverse=True)
        place = place.reshape(-1)
        right, hidden = right[first], hidden[first]
        weight = np.bincount(place, weights=weight).astype(np.float64)
    asked = (~hidden).astype(np.float64) if hidden.any() else None
    return Rows(np.where(hidden, 0.0, right), asked, weight), place


def start_of(rows: Rows, model: str) -> Items:
    """Where the rounds begin: slopes of 1, intercepts by the share of right answers."""
    share = np.clip((rows.counts @ rows.right) / np.maximum(rows.tries, 1e-300), 0.02, 0.98)
    intercept = 1.1 * special.logit(share)
    guess = np.full(len(share), START_GUESS) if model == "3pl" else None
    return Items(np.ones(len(share)), intercept, guess)


def marginal(
    rows: Rows,
    *,
    model: str,
    prior: Prior | None,
    start: Items | None = None,
    grid: Grid | None = None,
    stop: float = STOP,
    most: int | None = None,
    steps: int = STEPS,
) -> Fitted:
    """Fit the items of one scale by expectation and maximisation.

    Parameters
    ----------
    rows : Rows
        Responses.
    model : {"rasch", "1pl", "2pl", "3pl"}
    prior : Prior or None
    start : Items, optional
        Where to start; from the shares right if not given.
    grid : Grid, optional
        Points of ability and their weights; as fine as the number of items asks for if not given.
    stop : float
        It ends when the objective rises by less, as a share of itself.
    most : int, optional
        Most rounds.
    steps : int
        Newton steps of the items in each.

    Returns
    -------
    Fitted
    """
    items = start_of(rows, model) if start is None else start
    grid = grid_for(rows.right.shape[1]) if grid is None else grid
    limit = (MOST if prior is not None else MOST_PLAIN) if most is None else most
    path: list[float] = []
    expand, plain = True, items
    while True:
        evidence, posterior = posteriors(rows, items, grid)
        likelihood = float(rows.counts @ evidence)
        value = likelihood + _log_prior(items, prior, model)
        if path and items is not plain and value < path[-1]:
            # On the grid the expanded model is the same only nearly: from here on rounds are plain.
            expand, items = False, plain
            continue
        path.append(value)
        if len(path) > 1 and path[-1] - path[-2] < stop * abs(path[-2]):
            return Fitted(items, likelihood, tuple(path), converged=True)
        if len(path) >= limit:
            return Fitted(items, likelihood, tuple(path), converged=False)
        plain = items = _step(rows, items, grid, posterior, prior, model, steps)
        if expand:
            items = _rescaled(items, grid, rows.counts @ posterior, prior, model)


def log_likelihoods(rows: Rows, items: Items, points: Floats) -> Floats:
    """Log likelihood of each row at each of these abilities, shape (n, q)."""
    eta = items.slope[:, None] * points + items.intercept[:, None]
    if items.logit_guess is None:
        log_wrong = -(np.log1p(np.exp(-np.abs(eta))) + np.maximum(eta, 0))
        sums = rows.right @ np.stack([items.slope, items.intercept], axis=1)
        likelihood: Floats = sums[:, :1] * points + sums[:, 1:]
    else:
        guess = items.guess[:, None]
        chance = np.clip(guess + (1 - guess) * special.expit(eta), 1e-12, 1 - 1e-12)
        log_wrong = np.log1p(-chance)
        likelihood = rows.right @ (np.log(chance) - log_wrong)
    likelihood += log_wrong.sum(axis=0) if rows.asked is None else rows.asked @ log_wrong
    return likelihood


def posteriors(rows: Rows, items: Items, grid: Grid) -> tuple[Floats, Floats]:
    """What the responses say of each row's ability.

    Parameters
    ----------
    rows : Rows
    items : Items
    grid : Grid
        Points of ability and their weights.

    Returns
    -------
    log_likelihood : ndarray of float64, shape (n,)
        Over all abilities.
    weight : ndarray of float64, shape (n, n_points)
        How probable each point is for the row; rows sum to 1.
    """
    likelihood = log_likelihoods(rows, items, grid.points) + grid.log_weights
    top = likelihood.max(axis=1, keepdims=True)
    posterior = np.exp(likelihood - top)
    total = posterior.sum(axis=1, keepdims=True)
    return (top + np.log(total))[:, 0], posterior / total


def _step(
    rows: Rows, items: Items, grid: Grid, posterior: Floats, prior: Prior | None, model: str, steps: int
) -> Items:
    weighted = rows.counts[:, None] * posterior
    if items.logit_guess is None:
        right_at = np.empty((0, 0))
        sums = rows.right.T @ np.stack([weighted @ grid.points, rows.counts], axis=1)
        right_ability, right = sums[:, 0], sums[:, 1]
    else:
        right_at = rows.right.T @ weighted
        right_ability, right = right_at @ grid.points, right_at.sum(axis=1)
    asked = weighted.sum(axis=0) if rows.asked is None else rows.asked.T @ weighted
    expected = Expected(grid.points, asked, right, right_ability, right_at)
    if items.logit_guess is not None:
        return Items(*guessing_step(items.slope, items.intercept, items.logit_guess, expected, prior))
    if model == "2pl":
        return Items(*item_step(items.slope, items.intercept, expected, prior, steps=steps))
    slope, intercept = shared_slope_step(
        float(items.slope[0]), items.intercept, expected, prior, fixed=model == "rasch"
    )
    return Items(np.full(len(intercept), slope), intercept)


def _rescaled(items: Items, grid: Grid, crowd: Floats, prior: Prior | None, model: str) -> Items:
    """Items that have taken up mean and deviation of the abilities, of whom `crowd` stand at each point."""
    total, first, second = float(crowd.sum()), float(crowd @ grid.points), float(crowd @ grid.points**2)
    a, d = items.slope, items.intercept
    pull = squares = mixed = slopes = 0.0
    if prior is not None:
        pull, mixed = float(a @ a) / prior.intercept_sd**2, float(a @ d) / prior.intercept_sd**2
        own = a[:1] if model == "1pl" else a
        squares, slopes = float(own @ own) / prior.slope_sd**2, prior.slope * float(own.sum()) / prior.slope_sd**2
    mean, deviation = 0.0, 1.0
    for _ in range(5):
        mean = (first / deviation**2 - mixed) / (total / deviation**2 + pull)
        if model == "rasch":
            continue
        around = second - 2 * mean * first + mean**2 * total
        for _ in range(5):
            # Newton for the root of -N s^2 + S - A s^4 + B s^3, which falls where it is crossed.
            value = around - total * deviation**2 - squares * deviation**4 + slopes * deviation**3
            along = -2 * total * deviation - 4 * squares * deviation**3 + 3 * slopes * deviation**2
            if along < 0:
                deviation = min(max(deviation - value / along, 0.5), 2.0)
    return Items(a * deviation, d + a * mean, items.logit_guess)


def _log_prior(items: Items, prior: Prior | None, model: str) -> float:
    if prior is None:
        return 0.0
    if model in ("rasch", "1pl"):
        one = float(prior.log_density(items.slope[:1], np.zeros(1), None)[0]) if model == "1pl" else 0.0
        return one - float(((items.intercept / prior.intercept_sd) ** 2).sum() / 2)
    return float(prior.log_density(items.slope, items.intercept, items.logit_guess).sum())
