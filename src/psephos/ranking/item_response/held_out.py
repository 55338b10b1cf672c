"""Does the model predict responses that it has not seen, and better than plain means?

A share of the cells is hidden, everything is fitted on the rest, and each hidden cell is predicted by

    item response   P of the fitted items at the fitted ability
    additive        logit of the candidate's mean + logit of the item's mean - logit of the mean, within each topic
    candidate mean  the candidate's mean in the topic

A probability above one half predicts a right answer.

Source: arXiv:2509.24186 (held-out prediction); baselines: sheet 25. Differs: means are smoothed, (right + 1/2) over
(n + 1).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
from scipy import special

from psephos.engine.streams import Rng, seed_of, spawn
from psephos.errors import InputError, check_number
from psephos.ranking.item_response.ability_results import AbilityRanking
from psephos.ranking.item_response.curves import chances
from psephos.ranking.item_response.response_table import Floats


def held_out_accuracy(found: AbilityRanking, *, share: float = 0.2, rng: Rng = None) -> pl.DataFrame:
    """Compare predictions of hidden responses.

    Parameters
    ----------
    found : AbilityRanking
        Its responses are hidden in part, and its method is fitted on the rest.
    share : float, default 0.2
        Share of the cells that is hidden.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.

    Returns
    -------
    polars.DataFrame
        method, accuracy, accuracy_error, log_loss, cells.

    Raises
    ------
    InputError
        If `share` is out of range, or so large that nothing is left.

    Examples
    --------
    >>> from psephos.ranking import rank_by_ability, simulate_responses
    >>> made = rank_by_ability(simulate_responses(40, 1, 40, rng=0).responses, rng=0, errors="none")
    >>> held_out_accuracy(made, rng=0)["method"].to_list()
    ['item response', 'additive', 'candidate mean']
    """
    check_number("share", share, low=0, high=1, open_ends=True)
    (stream,) = spawn(seed_of(rng), 1)
    data = found.data
    known = ~np.isnan(data.right)
    hidden = known & (stream.random(known.shape) < share)
    left = known & ~hidden
    # A candidate or an item that would lose everything keeps what it has.
    hidden[~left.any(axis=1)] = False
    hidden[:, ~left.any(axis=0)] = False
    if not hidden.any():
        raise InputError("share", f"hides none of {int(known.sum()):,} responses")
    rest = np.where(hidden, np.nan, data.right)
    again = found.again(replace(data, right=rest))
    predicted = {name: np.full(data.right.shape, np.nan) for name in ("item response", "additive", "candidate mean")}
    for fit in again.fits:
        own = rest[:, fit.items]
        model = chances(fit.ability, fit.slope, fit.intercept, fit.guess)
        rows, columns, whole = (_logit_means(own, axis) for axis in (1, 0, None))
        additive = special.expit(rows[:, None] + columns - whole)
        predicted["item response"][:, fit.items] = np.where(np.isnan(model), additive, model)
        predicted["additive"][:, fit.items] = additive
        predicted["candidate mean"][:, fit.items] = special.expit(rows)[:, None]
    truth, rows_made = data.right[hidden], []
    for name, table in predicted.items():
        chance = np.clip(table[hidden], 1e-9, 1 - 1e-9)
        hit = float(((chance > 0.5) == (truth == 1)).mean())
        loss = -(truth * np.log(chance) + (1 - truth) * np.log1p(-chance))
        error = np.sqrt(hit * (1 - hit) / len(truth))
        rows_made.append((name, hit, error, float(loss.mean()), len(truth)))
    return pl.DataFrame(rows_made, schema=["method", "accuracy", "accuracy_error", "log_loss", "cells"], orient="row")


def _logit_means(right: Floats, axis: int | None) -> Floats:
    asked = ~np.isnan(right)
    total = np.where(asked, right, 0.0).sum(axis=axis)
    found: Floats = special.logit((total + 0.5) / (asked.sum(axis=axis) + 1.0))
    return found
