"""Which items make a candidate as able as it is said to be?

The slope of the log-likelihood of item j, s_j(theta) = d log P(x_ij | theta) / d theta, is how hard the answer to it
pulls. Under the prior N(0, 1) the pulls of all items add up to the ability,

    theta_i = sum_j E[s_j(theta) | x_i]   (posterior mean, by parts)
    theta_i = sum_j s_j(theta_i)          (posterior mode)

with s_j = a (x - P) for one and two parameters, a (P - c) (x - P) / ((1 - c) P) with guessing.

Source: the identity is Stein's (1972). Ours: to split an ability by it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from psephos.ranking.item_response.abilities import fine_points
from psephos.ranking.item_response.curves import chances
from psephos.ranking.item_response.fitting import TopicFit
from psephos.ranking.item_response.marginal import Items, log_likelihoods, rows_of

MOST_CELLS = 2**22
"""Candidates times items up to which abilities are split: beyond, it would take longer than the fit."""

Floats = npt.NDArray[np.float64]


def item_parts(fit: TopicFit, right: Floats, *, joint: bool) -> Floats | None:
    """What each item of a topic adds to each ability, shape (n_items, n_candidates); NaN where it was not asked.

    Parts add up to the ability before it was moved so that these candidates have mean 0. None for large tables.
    """
    if right.size > MOST_CELLS:
        return None
    items, answers = fit.parameters(), right[:, fit.items[fit.known]]
    made = np.full(right.shape[::-1], np.nan)
    # Items were moved along with the abilities; the prior stands where it stood before.
    before = Items(items.slope, items.intercept - items.slope * fit.shift, items.logit_guess)
    if joint:
        pull = _pull(answers, fit.ability + fit.shift, before)
    else:
        rows, place = rows_of(answers, collapse=False)
        points = fine_points(len(before.slope))
        height = log_likelihoods(rows, before, points) - points**2 / 2
        posterior = np.exp(height - height.max(axis=1, keepdims=True))
        posterior /= posterior.sum(axis=1, keepdims=True)
        right_pull, wrong_pull = (posterior @ _pull(np.full((1, 1), answer), points, before) for answer in (1.0, 0.0))
        pull = np.where(answers == 1, right_pull[place], wrong_pull[place])
    made[fit.items[fit.known]] = np.where(np.isnan(answers), np.nan, pull).T
    return made


def _pull(answers: Floats, ability: Floats, items: Items) -> Floats:
    """Slope of the log-likelihood of each answer, shape (n, n_items)."""
    guess = items.guess
    chance = chances(ability, items.slope, items.intercept, guess)
    pulled: Floats = items.slope * (answers - chance)
    if guess.any():
        pulled *= (chance - guess) / ((1 - guess) * chance)
    return pulled
