"""How sure are the parameters of the items?

From the fit: with the score s_ij of candidate i on the parameters of item j, its responses weighed by how probable each
ability is for it,

    s_ij = sum_q W_iq (y_ij - P_jq) (t_q, 1),        covariance of item j = (sum_i s_ij s_ij' + precision of prior)^-1,

all items together where there are fewer parameters than rows of candidates, else each by itself. Or from resamples of
the candidates, each fitted anew from where the fit ended, which needs no large number of candidates. The error of the
difficulty b = -d / a follows from that of a and d.

Source: sheet 25; Louis (1982), doi:10.1111/j.2517-6161.1982.tb01203.x for the cross-product. Differs: resamples
take two steps only from where the fit ended, which is where most of their way lies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.engine.streams import Rng
from psephos.ranking.item_response.curves import difficulty_of
from psephos.ranking.item_response.item_steps import Prior
from psephos.ranking.item_response.marginal import Grid, Items, Rows, grid_for, marginal, posteriors
from psephos.statistics import reweightings

Floats = npt.NDArray[np.float64]

ROUNDS = 3
"""Expectations of a resample, with two steps of the items between them."""
MOST_TOGETHER = 600
_CELLS = 2**22


@dataclass(frozen=True, eq=False)
class ItemErrors:
    """Standard errors of the parameters of items.

    Attributes
    ----------
    slope, intercept, difficulty, guess : ndarray of float64, shape (n_items,)
        NaN where unknown, 0 where a parameter is fixed.
    """

    slope: Floats
    intercept: Floats
    difficulty: Floats
    guess: Floats


def no_errors(n: int) -> ItemErrors:
    """Errors that were not asked for."""
    return ItemErrors(*(np.full(n, np.nan) for _ in range(4)))


def score_errors(rows: Rows, items: Items, prior: Prior | None, model: str, *, shift: float) -> ItemErrors:
    """Errors from the scores of the candidates.

    Parameters
    ----------
    rows : Rows
        Responses.
    items : Items
        As they were fitted.
    prior : Prior or None
    model : {"rasch", "1pl", "2pl", "3pl"}
        Which parameters are free, or one for all.
    shift : float
        By how much the scale is moved down afterwards, which the errors take into account.
    """
    grid = grid_for(len(items.slope))
    _, posterior = posteriors(rows, items, grid)
    size = 2 if items.logit_guess is None else 3
    covariance = np.full((len(items.slope), size, size), np.nan)
    precision = np.zeros((size, size))
    if prior is not None:
        precision = np.diag(1 / np.array([prior.slope_sd, prior.intercept_sd, prior.guess_sd])[:size] ** 2)
    if (whole := _whole(rows, items, grid, posterior, precision, model)) is not None:
        return _errors(items, whole, shift)
    shared = np.zeros(len(rows.counts))
    step = max(1, _CELLS // max(len(rows.counts), len(grid.points)))
    for start in range(0, len(items.slope), step):
        here = slice(start, start + step)
        scores = _scores(rows, items, grid, posterior, here)
        shared += scores[0].sum(axis=1)
        information = np.einsum("aij,bij,i->jab", scores, scores, rows.counts, optimize=True) + precision
        if model in ("rasch", "1pl"):
            covariance[here] = 0.0
            covariance[here, 1, 1] = 1 / np.maximum(information[:, 1, 1], 1e-12)
            continue
        sound = np.linalg.cond(information) < 1e12
        covariance[here][sound] = np.linalg.inv(information[sound])
    if model == "1pl":
        # The scores of one candidate on all items go together: the slope is one parameter.
        covariance[:, 0, 0] = 1 / max(float(rows.counts @ shared**2) + precision[0, 0], 1e-12)
    return _errors(items, covariance, shift)


def _whole(rows: Rows, items: Items, grid: Grid, posterior: Floats, precision: Floats, model: str) -> Floats | None:
    """Covariance of each item from that of all parameters at once; None where they are too many."""
    n_items, one = len(items.slope), model in ("rasch", "1pl")
    size = len(precision)
    if size * n_items > min(MOST_TOGETHER, len(rows.counts)):
        return None
    scores = _scores(rows, items, grid, posterior, slice(None))
    if one:
        slope = scores[0].sum(axis=1, keepdims=True)
        flat = np.concatenate([slope, scores[1]], axis=1) if model == "1pl" else scores[1]
        strength = np.concatenate([precision[0, :1], np.full(n_items, precision[1, 1])])[int(model == "rasch") :]
    else:
        flat = scores.transpose(1, 2, 0).reshape(len(rows.counts), -1)
        strength = np.tile(np.diag(precision), n_items)
    information = (flat * rows.counts[:, None]).T @ flat + np.diag(strength)
    if np.linalg.cond(information) > 1e12:
        return None
    covariance = np.linalg.inv(information)
    if not one:
        blocks: Floats = covariance.reshape(n_items, size, n_items, size)[np.arange(n_items), :, np.arange(n_items)]
        return blocks
    found = np.zeros((n_items, size, size))
    found[:, 1, 1] = np.diag(covariance)[-n_items:]
    if model == "1pl":
        found[:, 0, 0] = covariance[0, 0]
        found[:, 0, 1] = found[:, 1, 0] = covariance[0, 1:]
    return found


def resampled_errors(
    rows: Rows, items: Items, prior: Prior | None, model: str, *, repeats: int, rng: Rng, shift: float
) -> ItemErrors:
    """Errors from resamples of the candidates, each fitted anew in `ROUNDS` rounds from where the fit ended.

    Parameters
    ----------
    rows, items, prior, model, shift
        As in `score_errors`.
    repeats : int
        Resamples.
    rng : int, Generator or None
    """
    grid = grid_for(1)
    found = []
    copies = rows.counts.astype(np.int64)
    for block in reweightings(len(copies), multiplicity=copies, repeats=repeats, rng=rng):
        for weights in block:
            again = Rows(rows.right, rows.asked, weights)
            made = marginal(again, model=model, prior=prior, start=items, grid=grid, most=ROUNDS, steps=1).items
            parts = [made.slope, made.intercept] + ([] if made.logit_guess is None else [made.logit_guess])
            found.append(np.stack(parts, axis=1))
    centred = np.stack(found) - np.mean(found, axis=0)
    return _errors(items, np.einsum("rja,rjb->jab", centred, centred) / max(len(found) - 1, 1), shift)


def _scores(rows: Rows, items: Items, grid: Grid, posterior: Floats, here: slice) -> Floats:
    """Score of each row on each parameter, shape (n_parameters, n, n_items here)."""
    a, d, t = items.slope[here, None], items.intercept[here, None], grid.points
    logistic = special.expit(a * t + d)
    right = rows.right[:, here]
    wrong = (1.0 if rows.asked is None else rows.asked[:, here]) - right
    if items.logit_guess is None:
        up = right - (right + wrong) * (posterior @ logistic.T)
        mean = (posterior @ t)[:, None]
        return np.stack([right * mean - (right + wrong) * (posterior @ (logistic * t).T), up])
    c = items.guess[here, None]
    chance = c + (1 - c) * logistic
    along = (1 - c) * logistic * (1 - logistic)
    return np.stack(
        [
            right * (posterior @ (part / chance).T) - wrong * (posterior @ (part / (1 - chance)).T)
            for part in (along * t, along, c * (1 - c) * (1 - logistic))
        ]
    )


def _errors(items: Items, covariance: Floats, shift: float) -> ItemErrors:
    """Errors on the scale that was moved down by `shift`, so that d became d + a shift."""
    turn = np.eye(covariance.shape[1])
    turn[1, 0] = shift
    covariance = turn @ covariance @ turn.T
    items = Items(items.slope, items.intercept + items.slope * shift, items.logit_guess)
    slope, intercept = np.sqrt(covariance[:, 0, 0]), np.sqrt(covariance[:, 1, 1])
    b = difficulty_of(items.slope, items.intercept)
    spread = covariance[:, 1, 1] + b**2 * covariance[:, 0, 0] + 2 * b * covariance[:, 0, 1]
    difficulty = np.sqrt(np.maximum(spread, 0)) / np.abs(np.where(items.slope == 0, np.nan, items.slope))
    guess = np.zeros(len(slope))
    if items.logit_guess is not None:
        guess = np.sqrt(covariance[:, 2, 2]) * items.guess * (1 - items.guess)
    return ItemErrors(slope, intercept, difficulty, guess)
