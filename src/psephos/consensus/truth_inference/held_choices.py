"""How sure is a choice that was made without a probability? One accuracy per voter says it.

Weights by agreement and messages between items and voters choose, but give no probability, and how often a voter agrees
with others is no accuracy: it is too low where the others err, too high where the voter is among those it is compared
with. So the accuracies that explain the votes best are fitted (`voter_accuracy`), and the certainty of a choice, by
whatever rule it was made, is its probability under them.

Source: ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from psephos.consensus.truth_inference.beliefs import believed
from psephos.consensus.truth_inference.cast_votes import Ballots, Codes, Floats, added_up, pass_over, piece_of
from psephos.consensus.truth_inference.model import fitted
from psephos.consensus.truth_inference.voter_accuracy import VoterAccuracy, scores_of
from psephos.engine import Engine

MEANS = (
    "probability that the choice is right if voters err independently of each other, each right as often as explains "
    "the votes best"
)


def held_choices(
    ballots: Ballots, answers: Mapping[str, Any], engine: Engine, settings: Mapping[str, Any]
) -> tuple[dict[str, Any], Floats]:
    """The same answers with the certainty of choice and runner-up, and the accuracy of each voter.

    Parameters
    ----------
    ballots : Ballots
    answers : mapping
        first and second of each item, by a rule without probabilities.
    engine : Engine
        An open one.
    settings : mapping
        prior, rounds and tolerance of the fit of accuracies.

    Returns
    -------
    answers : dict
        As given, with sure and next.
    accuracy : ndarray of float64, shape (n_voters,)
    """
    options = {name: settings[name] for name in ("rounds", "tolerance")}
    fit = fitted(VoterAccuracy(settings["prior"]), ballots, engine, **options, label="how sure")
    chosen = {name: answers[name] for name in ("first", "second")}
    found = added_up(pass_over(held_step, ballots, engine, parameters=fit.parameters, **chosen), ("sure", "next"))
    return {**answers, **found}, fit.parameters["accuracy"]


def held_step(
    bounds: tuple[int, int], *, ballots: Mapping[str, Any], parameters: Mapping[str, Any], first: Codes, second: Codes
) -> dict[str, Floats]:
    """Probability of two choices of each item of a piece, given one accuracy per voter.

    Parameters
    ----------
    bounds, ballots, parameters
        As in `TruthModel.step`; parameters of `VoterAccuracy`.
    first, second : ndarray of int32, shape (n_items,)
        Choices of all items, -1 for none.

    Returns
    -------
    dict of ndarray, shape (items of the piece,)
        sure and next; 0 where nobody voted for the choice.
    """
    low, high = bounds
    piece = piece_of(bounds, **ballots)
    right = believed(piece, scores_of(piece, parameters["log_odds"][piece.voter]), parameters["share"]).right
    return {
        name: np.bincount(
            piece.item_of_pair,
            weights=np.where(piece.pair_choice == choice[low:high][piece.item_of_pair], right, 0.0),
            minlength=high - low,
        ).astype(np.float64, copy=False)
        for name, choice in (("sure", first), ("next", second))
    }
