"""Which model is fitted to the votes, from which start, and do voters that answer alike count less in it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.consensus.dependence import Kin, kin
from psephos.consensus.truth_inference.answers import answers_of
from psephos.consensus.truth_inference.cast_votes import Ballots
from psephos.consensus.truth_inference.item_difficulty import ItemDifficulty
from psephos.consensus.truth_inference.message_passing import MessagePassing
from psephos.consensus.truth_inference.model import Fitted, Parameters, TruthModel, fitted
from psephos.consensus.truth_inference.spammers import Spammers
from psephos.consensus.truth_inference.verdict import TruthVerdict
from psephos.consensus.truth_inference.voter_accuracy import VoterAccuracy
from psephos.consensus.truth_inference.voter_agreement import VoterAgreement
from psephos.consensus.truth_inference.voter_confusion import MOST_CELLS, MOST_CHOICES, VoterConfusion
from psephos.engine import Engine, generator
from psephos.errors import InputError
from psephos.opinions.model import Opinions
from psephos.opinions.sharding import Shards
from psephos.opinions.wording import first_of

MODELS: dict[str, type[TruthModel]] = {
    model.name: model
    for model in (VoterConfusion, VoterAccuracy, ItemDifficulty, Spammers, MessagePassing, VoterAgreement)
}
LEAST_SUPPORT = 0.95
"""Votes behind the choices of a fit in which kin count less, as a share of those behind the choices of one without."""


def model_for(settings: Mapping[str, Any], ballots: Ballots) -> tuple[TruthModel, list[str]]:
    """The model to fit, and a note where it is not the one asked for.

    Parameters
    ----------
    settings : mapping
        model, prior and the rest of what was asked for.
    ballots : Ballots

    Returns
    -------
    model : TruthModel
    notes : list of str
        Dawid-Skene gives way to one accuracy per voter where its confusions would have too many cells.

    Raises
    ------
    InputError
        `model`: one that cannot take so many choices, with one that can.
    """
    n_choices, name, prior = ballots.n_choices, settings["model"], settings["prior"]
    cells = ballots.n_voters * n_choices**2
    if name == "dawid-skene" and (n_choices > MOST_CHOICES or cells > MOST_CELLS):
        why = (
            f"{n_choices:,} choices by {ballots.n_voters:,} voters are too many for confusions: one accuracy per voter"
        )
        return VoterAccuracy(prior), [why]
    if name == "mace" and ballots.n_voters * n_choices > MOST_CELLS:
        raise InputError(
            "model", f"mace needs a number for each of {n_choices:,} choices of each voter", hint="use one-coin"
        )
    if name == "kos" and n_choices > 2:
        raise InputError(
            "model", f"kos decides between two choices, not {n_choices:,}", hint="use dawid-skene or one-coin"
        )
    return MODELS[name](prior), []


def best_fit(
    model: TruthModel, ballots: Ballots, engine: Engine, settings: Mapping[str, Any], start: Parameters | None
) -> Fitted:
    """The fit from the usual start, or of several the most probable.

    Parameters
    ----------
    model : TruthModel
    ballots : Ballots
    engine : Engine
        An open one.
    settings : mapping
        rounds, tolerance, rng and restarts; without `rng` there are no random starts.
    start : mapping or None
        Parameters to start from, which then is the only start.
    """
    run = partial(
        fitted,
        model,
        ballots,
        engine,
        rounds=settings["rounds"],
        tolerance=settings["tolerance"],
        label=f"fitting {model.name}",
    )
    best = run(start=model.start(ballots, None) if start is None else start)
    if settings["rng"] is not None and start is None:
        for stream in generator(settings["rng"]).spawn(settings["restarts"]):
            other = run(start=model.start(ballots, stream))
            if other.sums["evidence"] > best.sums["evidence"] + 1e-6:
                best = other
    return best


def fit_with_kin(
    model: TruthModel,
    ballots: Ballots,
    engine: Engine,
    settings: Mapping[str, Any],
    alone: Fitted,
    names: pl.Series,
    start: Parameters | None,
) -> tuple[Fitted, Ballots, Kin]:
    """The fit in which kin count less, if its choices have about as many votes behind them; else the one at hand.

    Kin are sought twice. That the voters err together at all is seen against the choices of the first fit, which knows
    who is able: against those with most votes, able voters that outdo the others would look like copies. But who they
    are is not: a clique that has won the first fit has made its answers right, and then it is the honest voters that
    seem to err together. So here they are sought again, against the choices with most votes.
    """
    related = kin(ballots, names, chances=model.chances_of_errors(alone.parameters, ballots))
    weight = np.ones(len(ballots)) if ballots.weight is None else ballots.weight
    weighed = replace(ballots, weight=weight * related.weight[ballots.voter])
    if related.groups:
        fit = best_fit(model, weighed, engine, settings, start)
        if _support(ballots, fit) >= LEAST_SUPPORT * _support(ballots, alone):
            return fit, weighed, related
    return alone, ballots, Kin(related.pairs.clear(), [], np.ones(len(names)))


def undecided(model: TruthModel, ballots: Ballots, alone: Fitted, names: pl.Series) -> list[str]:
    """A note on voters that the fit takes for right where they differ from most votes together; none without such.

    They may copy from each other or know more than the others: both leave the same votes, so that nothing is done about
    it. A fit that finds them to be kin also against its own choices has weighed them already.
    """
    found = kin(ballots, names, chances=model.chances_of_errors(alone.parameters, ballots))
    if not found.groups:
        return []
    shown = first_of([first_of(group, 4) for group in found.groups], 4, sign="; ")
    return [
        f"voters differ from most votes together: {shown}; they copy from each other or know more than the others, "
        "which the votes cannot tell: some known answers (gold=) can"
    ]


def _support(ballots: Ballots, fit: Fitted) -> float:
    """Weight of the votes behind the choices of a fit."""
    behind = ballots.choice == np.repeat(answers_of(ballots, fit)["first"], np.diff(ballots.start))
    return float(behind.sum() if ballots.weight is None else ballots.weight[behind].sum())


def carried_over(
    start: TruthVerdict, merged: Opinions | Shards, ballots: Ballots, items: pl.Series, model: TruthModel
) -> Parameters | None:
    """Parameters of an earlier verdict for the voters and items of another.

    Parameters
    ----------
    start : TruthVerdict
        The earlier one.
    merged : Opinions or Shards
        What is voted on now.
    ballots : Ballots
        Its ballots.
    items : polars.Series
        Names of its items.
    model : TruthModel
        What is to be fitted.

    Returns
    -------
    mapping or None
        New voters and items begin as the mean of the others; None where another model was fitted, where it cannot go
        on, or where the choices are not the same.
    """
    before = start.choices.gather(start.ballots.used)
    after = merged.vocabulary(merged.value).gather(ballots.used)
    if type(start.model) is not type(model) or not model.goes_on or before.to_list() != after.to_list():
        return None
    voter = _places(merged.vocabulary("voter"), start.opinions.vocabulary("voter"))
    item = _places(items.gather(ballots.items), start.items.gather(start.ballots.items))
    place = dict.fromkeys(model.of_voters, voter) | dict.fromkeys(model.of_items, item)
    return {
        name: _carried(value, place[name]) if name in place else value
        for name, value in start.fitted.parameters.items()
    }


def _places(names: pl.Series, before: pl.Series) -> npt.NDArray[np.int64]:
    """Where each name stood before, -1 for new ones."""
    known = {name: place for place, name in enumerate(before)}
    return np.array([known.get(name, -1) for name in names], dtype=np.int64)


def _carried(values: npt.NDArray[np.float64], place: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """The values at these places; new ones are like the average."""
    return np.concatenate([values, values.mean(axis=0, keepdims=True)])[place]
