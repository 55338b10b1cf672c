"""Which abilities and items explain the responses best together?

The mode of both at once,

    max over theta, a, d of  sum_ij y log P + (1 - y) log(1 - P) - sum_i theta_i^2 / 2 + log priors of the items,

by turns: each candidate given the items, each item given the candidates, both concave. Each candidate is a point here,
not a distribution: with few items the error of the abilities goes into the items, whose slopes come out too steep. That
is why `marginal` is the default.

Source: Birnbaum (1968); Lord (1980), Applications of Item Response Theory; sheet 25. Differs: priors, so that who has
all or nothing right has an ability, and slopes stay finite.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.ranking.item_response.item_steps import Prior
from psephos.ranking.item_response.marginal import MOST, STOP, Fitted, Items, Rows, grid_for, posteriors, start_of

Floats = npt.NDArray[np.float64]


def joint(rows: Rows, *, model: str, prior: Prior | None) -> tuple[Fitted, Floats, Floats]:
    """Fit items and abilities of one scale together.

    Parameters
    ----------
    rows : Rows
        Responses.
    model : {"rasch", "1pl", "2pl"}
    prior : Prior or None

    Returns
    -------
    fitted : Fitted
    ability, error : ndarray of float64, shape (n,)
        Modes, and standard errors given the items.
    """
    items = start_of(rows, model)
    asked = rows.asked if rows.asked is not None else np.ones(rows.right.shape)
    share = rows.right.sum(axis=1) / np.maximum(asked.sum(axis=1), 1)
    ability = special.logit(np.clip(share, 0.02, 0.98))
    ability = (ability - ability.mean()) / max(float(ability.std()), 1e-6)
    path: list[float] = []
    converged = False
    a, d = items.slope, items.intercept
    while len(path) < MOST:
        ability, _ = _candidate_step(rows, asked, ability, a, d)
        a, d = _item_step(rows, asked, ability, a, d, prior, model)
        path.append(_objective(rows, asked, ability, a, d, prior, model))
        if len(path) > 1 and path[-1] - path[-2] < STOP * abs(path[-2]):
            converged = True
            break
    ability, error = _candidate_step(rows, asked, ability, a, d)
    items = Items(a, d)
    evidence, _ = posteriors(rows, items, grid_for(len(a)))
    return Fitted(items, float(rows.counts @ evidence), tuple(path), converged), ability, error


def _objective(
    rows: Rows, asked: Floats, ability: Floats, a: Floats, d: Floats, prior: Prior | None, model: str
) -> float:
    eta = ability[:, None] * a + d
    loss = np.log1p(np.exp(-np.abs(eta))) + np.maximum(eta, 0)
    total = float(rows.counts @ ((rows.right * eta - asked * loss).sum(axis=1) - ability**2 / 2))
    if prior is None:
        return total
    if model == "2pl":
        return total + float(prior.log_density(a, d, None).sum())
    one = float(prior.log_density(a[:1], np.zeros(1), None)[0]) if model == "1pl" else 0.0
    return total + one - float(((d / prior.intercept_sd) ** 2).sum() / 2)


def _candidate_step(rows: Rows, asked: Floats, ability: Floats, a: Floats, d: Floats) -> tuple[Floats, Floats]:
    """A Newton step of each candidate, halved where it would fall, and the errors at its end."""

    def at(ability: Floats) -> tuple[Floats, Floats]:
        eta = ability[:, None] * a + d
        loss = np.log1p(np.exp(-np.abs(eta))) + np.maximum(eta, 0)
        value: Floats = (rows.right * eta - asked * loss).sum(axis=1) - ability**2 / 2
        return value, special.expit(eta)

    value, chance = at(ability)
    gradient = (rows.right - asked * chance) @ a - ability
    curvature = (asked * chance * (1 - chance)) @ a**2 + 1
    step = np.clip(gradient / curvature, -2, 2)
    for _ in range(20):
        new_value, chance = at(ability + step)
        worse = new_value < value - 1e-13 * np.abs(value)
        if not worse.any():
            break
        step = np.where(worse, step / 2, step)
    curvature = (asked * chance * (1 - chance)) @ a**2 + 1
    return np.where(worse, ability, ability + step), 1 / np.sqrt(curvature)


def _item_step(
    rows: Rows,
    asked: Floats,
    ability: Floats,
    a: Floats,
    d: Floats,
    prior: Prior | None,
    model: str,
) -> tuple[Floats, Floats]:
    """A Newton step of each item, or of all with one slope, halved where the objective would fall."""
    n, t = rows.counts[:, None], ability[:, None]
    before = _objective(rows, asked, ability, a, d, prior, model)
    chance = special.expit(t * a + d)
    residual, weight = n * (rows.right - asked * chance), n * asked * chance * (1 - chance)
    along, up = (residual * t).sum(axis=0), residual.sum(axis=0)
    first, mixed, last = (weight * t * t).sum(axis=0), (weight * t).sum(axis=0), weight.sum(axis=0) + 1e-10
    if prior is not None:
        up, last = up - d / prior.intercept_sd**2, last + 1 / prior.intercept_sd**2
    if model == "2pl":
        if prior is not None:
            along, first = along - (a - prior.slope) / prior.slope_sd**2, first + 1 / prior.slope_sd**2
        determinant = np.maximum(first * last - mixed**2, 1e-10)
        step_a, step_d = (last * along - mixed * up) / determinant, (first * up - mixed * along) / determinant
    else:
        total, own = float(along.sum()), float(first.sum())
        if prior is not None:
            total, own = total - (a[0] - prior.slope) / prior.slope_sd**2, own + 1 / prior.slope_sd**2
        left = own - float((mixed**2 / last).sum())
        one = (total - float((mixed * up / last).sum())) / max(left, 1e-10) if model == "1pl" else 0.0
        step_a = np.full(len(a), one)
        step_d = (up - mixed * step_a) / last
    scale = min(1.0, 2.0 / max(float(np.abs(step_a).max()), float(np.abs(step_d).max()), 1e-300))
    for _ in range(30):
        after = _objective(rows, asked, ability, a + scale * step_a, d + scale * step_d, prior, model)
        if after >= before - 1e-13 * abs(before):
            return a + scale * step_a, d + scale * step_d
        scale /= 2
    return a, d
