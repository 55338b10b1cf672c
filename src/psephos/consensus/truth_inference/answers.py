"""What does a fit answer on each item, and how sure is that?

The answers are those of the last step, with known ones in their place. Where voters err together the certainty is not
the model's: it is read from how the votes split.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.consensus.truth_inference.beliefs import log_odds
from psephos.consensus.truth_inference.cast_votes import Ballots
from psephos.consensus.truth_inference.model import ITEM_ANSWERS, Fitted
from psephos.consensus.vote_split import choice_certainty, fit_vote_split
from psephos.opinions.tallies import effective_votes, tally
from psephos.opinions.vote_splits import splits

UNHEARD = "nobody gave it"
"""Flag of an item whose choice has no vote, and is no known answer either."""

LEAST_RIGHT = 0.02
"""No voter is taken to be more reliable, or less, than this where votes are weighed for the certainty."""


def answers_of(ballots: Ballots, fit: Fitted) -> dict[str, npt.NDArray[Any]]:
    """The answers of the last step, with known ones in their place.

    Returns
    -------
    dict of ndarray, shape (n_items,)
        As `leading_pairs` has it; a known answer is sure, never tied, and has the model's answer behind it if that is
        another.
    """
    answers = {name: fit.sums[name] for name in ITEM_ANSWERS}
    if ballots.known is None:
        return answers
    given, first = ballots.known >= 0, answers["first"]
    second = np.where(given, np.where(first == ballots.known, -1, first), answers["second"])
    return {
        "first": np.where(given, ballots.known, first),
        "second": second,
        "sure": np.where(given, 1.0, answers["sure"]),
        "next": np.where(given, 0.0, answers["next"]),
        "tied": answers["tied"] & ~given,
    }


def answers_of_splits(
    answers: Mapping[str, npt.NDArray[Any]], ballots: Ballots, reliability: npt.NDArray[np.float64]
) -> tuple[dict[str, npt.NDArray[Any]], str, list[str]]:
    """The same answers with the certainty that the split of weighted votes gives them, what it means, and notes.

    Where voters err together the model is too sure of what they agree on. So the certainty is read from how the votes
    split, as that of `majority`, each vote weighed by the odds of its voter. Where that would rather have the runner-up
    of the model, the two readings are believed alike: choice and runner-up get the mean of their certainties.
    """
    item = ballots.item_of_ballot
    odds = np.maximum(log_odds(np.clip(reliability, LEAST_RIGHT, 1 - LEAST_RIGHT), ballots.n_choices), 0.0)
    weight = odds[ballots.voter] * (1.0 if ballots.weight is None else ballots.weight)
    if not weight.any():
        return dict(answers), "", []
    counted = tally(item.astype(np.int32), ballots.choice, len(ballots.items), ballots.n_choices, weight)
    votes = np.round(effective_votes(counted))
    split, items, which = splits(counted, votes)
    voted = split[:, 0] > 0
    model = fit_vote_split(split[voted], items[voted], ballots.n_choices)
    sure = {}
    for name in ("first", "second"):
        of_pair = np.zeros(len(ballots.items))
        mine = counted.choice == answers[name][counted.item]
        of_pair[counted.item[mine]] = votes[mine]
        said = np.bincount(counted.item[mine], minlength=len(ballots.items)) > 0
        place = np.where(said, (split[which] > of_pair[:, None]).sum(axis=1), -1)
        pairs, back = np.unique(np.stack([which, place]), axis=1, return_inverse=True)
        sure[name] = choice_certainty(model, split[pairs[0]], pairs[1])[back.ravel()]
    contested = (answers["second"] >= 0) & (sure["second"] > sure["first"])
    mean = (sure["first"] + sure["second"]) / 2
    sure = {name: np.where(contested, mean, of_name) for name, of_name in sure.items()}
    if ballots.known is not None:
        sure["first"] = np.where(ballots.known >= 0, 1.0, sure["first"])
        sure["second"] = np.where(ballots.known >= 0, 0.0, sure["second"])
    of = split[voted].sum(axis=1), items[voted]
    following = np.where(answers["second"] >= 0, sure["second"], 0.0)
    means = f"{model.certainty_means(of)}; read from the split of the votes, each weighed by its voter"
    notes = list(model.notes(of))
    if contested.any():
        notes.append(f"on {contested.sum():,} items the weighed votes favour the runner-up: both count alike")
    return {**answers, "sure": sure["first"], "next": following}, means, notes


def settle(
    whole: dict[str, Any], ballots: Ballots, answers: Mapping[str, npt.NDArray[Any]], gold: Mapping[str, str]
) -> None:
    """Put the answers into the fields of the verdict.

    A model that knows what voters say when the truth is k may find another choice more probable than all that were
    given: a single vote of a voter that says b for most a. It is taken, since it is the most probable one, and flagged.
    """
    n_items, first, second = len(whole["items"]), answers["first"], answers["second"]
    code = np.append(ballots.used, np.full(max(0, ballots.n_choices - len(ballots.used)), -1, np.int32))

    def spread(values: npt.NDArray[Any], empty: Any) -> npt.NDArray[Any]:
        filled = np.full(n_items, empty, dtype=values.dtype)
        filled[ballots.items] = values
        return filled

    behind = ballots.choice == np.repeat(first, np.diff(ballots.start))
    votes = behind.astype(np.int64) if ballots.count is None else behind * ballots.count
    support = np.add.reduceat(votes, ballots.start[:-1])
    whole["choice"] = spread(code[first], -1).astype(np.int32)
    whole["runner_up"] = spread(np.where(second >= 0, code[second], -1), -1).astype(np.int32)
    whole["certainty"] = spread(answers["sure"], np.nan)
    whole["margin"] = spread(answers["sure"] - answers["next"], np.nan)
    whole["support"] = spread(support.astype(np.int32), 0)
    unheard = (support == 0) & (code[first] >= 0) & (ballots.known is None or ballots.known < 0)
    whole["flags"] = {**whole["flags"], "tie": spread(answers["tied"], False), UNHEARD: spread(unheard, False)}
    if gold:
        whole["flags"]["known answer"] = whole["items"].is_in(list(gold)).to_numpy()
