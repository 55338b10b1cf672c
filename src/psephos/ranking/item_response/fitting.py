"""One topic, fitted: which model, which prior, and what came of it.

With few candidates slopes of single items are a matter of the prior: below fifteen all items have one slope unless
asked for otherwise. Slopes may be negative, so that a wrong key shows; the scale is turned so that who has more right
is abler, and moved so that these candidates have mean 0: with few of them and many items the priors of the items would
else set the zero. Without a prior, items that all or none solved have no parameters and are left out.

Source: sheet 25. Differs: nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from psephos.engine.streams import Rng, spawn
from psephos.errors import InputError
from psephos.opinions.wording import plural
from psephos.ranking.item_response.abilities import abilities
from psephos.ranking.item_response.curves import difficulty_of
from psephos.ranking.item_response.item_errors import ItemErrors, no_errors, resampled_errors, score_errors
from psephos.ranking.item_response.item_steps import Prior
from psephos.ranking.item_response.joint import joint
from psephos.ranking.item_response.marginal import Fitted, Items, Rows, marginal, rows_of
from psephos.ranking.item_response.several_starts import best_of_starts

Floats = npt.NDArray[np.float64]

FEW_FOR_SLOPES = 15
FEW = 30
FEW_FOR_PRIOR = 500
FEW_FOR_SCORES = 200
NEAR_EDGE = 5.5


@dataclass(frozen=True, eq=False)
class TopicFit:
    """The items and abilities of one scale.

    Attributes
    ----------
    topic : str
    items : ndarray of int64, shape (k,)
        Which items of the responses.
    model : str
        "rasch" (all slopes 1), "1pl" (one slope), "2pl" or "3pl".
    prior : Prior or None
    slope, intercept, difficulty, guess : ndarray of float64, shape (k,)
        a, d, b, c; NaN where an item was left out or has no difficulty.
    errors : ItemErrors
    ability, ability_error : ndarray of float64, shape (n_candidates,)
    shift : float
        By how much abilities were moved down so that their mean is 0; items were moved along.
    log_likelihood : float
    path : tuple of float
        Objective after each round; it never falls.
    converged : bool
    reliability : float
        Share of the variance of the abilities that is not error.
    notes : tuple of str
    """

    topic: str
    items: npt.NDArray[np.intp]
    model: str
    prior: Prior | None
    slope: Floats
    intercept: Floats
    difficulty: Floats
    guess: Floats
    errors: ItemErrors
    ability: Floats
    ability_error: Floats
    shift: float
    log_likelihood: float
    path: tuple[float, ...]
    converged: bool
    reliability: float
    notes: tuple[str, ...] = ()

    @property
    def iterations(self) -> int:
        """Rounds."""
        return len(self.path)

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Which items have parameters."""
        return ~np.isnan(self.slope)

    def parameters(self) -> Items:
        """Of the items that have some."""
        here = self.known
        guess = self.guess[here]
        logit = np.log(guess / (1 - guess)) if self.model == "3pl" else None
        return Items(self.slope[here], self.intercept[here], logit)


def fit_topic(
    right: Floats,
    *,
    topic: str,
    items: npt.NDArray[np.intp],
    model: str,
    prior: Prior | None,
    estimate: str,
    errors: str,
    repeats: int,
    rng: Rng,
) -> TopicFit:
    """Fit the items of one topic.

    Parameters
    ----------
    right : ndarray of float64, shape (n_candidates, k)
        Responses on these items, NaN where not asked.
    """
    notes: list[str] = []
    n = len(right)
    flat: npt.NDArray[np.bool_] = np.asarray(np.nanmin(right, axis=0) == np.nanmax(right, axis=0))
    kept: npt.NDArray[np.bool_] = ~flat if prior is None else np.ones(right.shape[1], dtype=bool)
    if not kept.any():
        raise InputError(
            "responses",
            f"topic {topic}: all candidates have the same answers to each item",
            hint="leave the topic out: it tells nobody apart",
        )
    if prior is None and flat.any():
        unknown = plural(int(flat.sum()), "item has", "items have")
        notes.append(f"{unknown} no parameters without a prior, solved by all or by none")
    scored = right[:, kept]
    rows, place = rows_of(scored)
    ability: Floats
    if estimate == "joint":
        fitted, ability, error = joint(rows, model=model, prior=prior)
        ability, error = ability[place], error[place]
    else:
        if model == "3pl":
            first, rng = spawn(rng, 2)
            fitted, stable = best_of_starts(rows, prior=prior, rng=first)
            notes.append(stable)
        else:
            fitted = marginal(rows, model=model, prior=prior)
        ability, error = (part[place] for part in abilities(rows, fitted.items))
    empty: npt.NDArray[np.bool_] = np.asarray(np.isnan(scored).all(axis=1))
    share = np.nanmean(np.where(empty[:, None], 0.0, scored), axis=1)
    if float((ability - ability.mean()) @ (share - share.mean())) < 0:
        fitted = replace(fitted, items=replace(fitted.items, slope=-fitted.items.slope))
        ability = -ability
    shift = float(ability[~empty].mean())
    found = _errors_of(rows, fitted.items, prior, model, errors, repeats, rng, shift)
    unasked = int(empty.sum())
    notes += _warnings(fitted, ability, n, unasked, model)
    items_found = replace(fitted.items, intercept=fitted.items.intercept + fitted.items.slope * shift)
    ability = np.where(empty, 0.0, ability - shift)
    variance = float(ability.var())
    total = variance + float((error**2).mean())
    return TopicFit(
        topic=topic,
        items=items,
        model=model,
        prior=prior,
        slope=_spread_out(items_found.slope, kept),
        intercept=_spread_out(items_found.intercept, kept),
        difficulty=_spread_out(difficulty_of(items_found.slope, items_found.intercept), kept),
        guess=_spread_out(items_found.guess, kept),
        errors=ItemErrors(*(_spread_out(part, kept) for part in vars(found).values())),
        ability=ability,
        ability_error=error,
        shift=shift,
        log_likelihood=fitted.log_likelihood,
        path=fitted.path,
        converged=fitted.converged,
        reliability=variance / total if total > 0 and variance > 1e-12 else 0.0,
        notes=tuple(notes),
    )


def _errors_of(
    rows: Rows, items: Items, prior: Prior | None, model: str, errors: str, repeats: int, rng: Rng, shift: float
) -> ItemErrors:
    if errors == "none":
        return no_errors(len(items.slope))
    if errors == "bootstrap":
        return resampled_errors(rows, items, prior, model, repeats=repeats, rng=rng, shift=shift)
    return score_errors(rows, items, prior, model, shift=shift)


def _spread_out(values: Floats, kept: npt.NDArray[np.bool_]) -> Floats:
    found = np.full(len(kept), np.nan)
    found[kept] = values
    return found


def _warnings(fitted: Fitted, ability: Floats, n: int, unasked: int, model: str) -> list[str]:
    notes = []
    if not fitted.converged:
        notes.append(f"not converged after {fitted.rounds:,} rounds: parameters are not at their best yet")
    if n < FEW and model in ("2pl", "3pl"):
        notes.append(f"few models ({n}): item parameters are prior-driven")
    if float(np.abs(ability).max()) > NEAR_EDGE:
        notes.append(f"ability at grid edge ({np.abs(ability).max():.2f}), scale not identified")
    if (fitted.items.slope < 0).mean() > 0.5:
        notes.append("orientation doubtful: most items have a negative slope")
    if unasked:
        strangers = plural(unasked, "candidate")
        notes.append(f"asked no item of this topic, so at 0 with error 1: {strangers}")
    return notes
