"""Which choice of an item is right, given a score for each: from scores to probabilities, and to the two that lead.

With s_c the logarithm of the share of items on which c is right plus what the ballots say for c, the probability that c
is right is exp(s_c) over the sum for all choices. Where the model is the same for all choices that nobody gave (their
ballots say 0), these need no rows of their own: together they have the sum of their shares, so the cost is that of the
ballots even if there are a hundred thousand choices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.consensus.truth_inference.cast_votes import Floats, Piece
from psephos.opinions.tallies import EQUAL_WEIGHTS

SURELY = 1e-6
"""No voter is taken to be right, or wrong, with a probability nearer to 1 than this."""


@dataclass(frozen=True, eq=False)
class Belief:
    """What is believed of the items of a piece.

    Attributes
    ----------
    right : ndarray of float64, shape (n_pairs,)
        Probability that the choice of each pair is right.
    truth : ndarray of float64, shape (n_choices,)
        Expected number of items on which each choice is right.
    evidence : float
        Logarithm of the probability of the ballots, but for what is the same for all choices.
    """

    right: Floats
    truth: Floats
    evidence: float


def believed(piece: Piece, score: Floats, share: Floats) -> Belief:
    """Beliefs where choices without a ballot differ in nothing but their share.

    Parameters
    ----------
    piece : Piece
    score : ndarray of float64, shape (n_pairs,)
        What the ballots say for the choice of each pair, less what they say for a choice that nobody gave.
    share : ndarray of float64, shape (n_choices,)
        Share of items on which each choice is right.
    """
    starts, item, choice = piece.pair_start[:-1], piece.item_of_pair, piece.pair_choice
    absent = np.maximum(1 - np.add.reduceat(share[choice], starts), 0.0)
    absent = np.where(np.diff(piece.pair_start) >= piece.n_choices, 0.0, absent)
    score = score + np.log(share[choice])
    peak = np.maximum(np.maximum.reduceat(score, starts), 0.0)
    weight = np.exp(score - peak[item])
    unsaid = absent * np.exp(-peak)
    total = np.add.reduceat(weight, starts) + unsaid
    right = weight / total[item]
    evidence = float((np.log(total) + peak).sum())
    left = np.divide(unsaid, total * absent, out=np.zeros(len(total)), where=absent > 0)
    if piece.known is not None:
        given = piece.known >= 0
        right = np.where(given[item], choice == piece.known[item], right)
        left = np.where(given, 0.0, left)
    by_choice = np.bincount(choice, weights=right, minlength=piece.n_choices)
    where_said = np.bincount(choice, weights=left[item], minlength=piece.n_choices)
    return Belief(right, by_choice + share * np.maximum(left.sum() - where_said, 0.0), evidence)


def shares_of_votes(piece: Piece) -> Floats:
    """The share of the votes on its item that the choice of each pair has: where every fit starts."""
    votes = piece.per_pair(np.ones(len(piece.voter)) if piece.weight is None else piece.weight)
    share = votes / np.add.reduceat(votes, piece.pair_start[:-1])[piece.item_of_pair]
    if piece.known is not None:
        given = (piece.known >= 0)[piece.item_of_pair]
        share = np.where(given, piece.pair_choice == piece.known[piece.item_of_pair], share)
    return np.asarray(share, dtype=np.float64)


def leading_pairs(piece: Piece, value: Floats) -> dict[str, npt.NDArray[Any]]:
    """The two choices of each item whose pairs have the largest values, and these values.

    Parameters
    ----------
    piece : Piece
    value : ndarray of float64, shape (n_pairs,)
        At least 0; probabilities where the model has them.

    Returns
    -------
    dict of ndarray, shape (n_items,)
        first, second (places in the choices in use, -1 for none; among equals the lower first), sure (value of
        the first), next (of the second), tied (whether they share the first place).
    """
    starts, item, choice = piece.pair_start[:-1], piece.item_of_pair, piece.pair_choice
    most = np.maximum.reduceat(value, starts)
    first = _first_marked(piece, value >= most[item] * (1 - EQUAL_WEIGHTS))
    behind = np.where(np.arange(len(value)) == first[item], -1.0, value)
    best_behind = np.maximum.reduceat(behind, starts)
    second = _first_marked(piece, behind >= (best_behind - EQUAL_WEIGHTS * np.abs(best_behind))[item])
    single = np.diff(piece.pair_start) < 2
    tied = ~single & (value[second] >= most * (1 - EQUAL_WEIGHTS))
    return {
        "first": choice[first],
        "second": np.where(single, -1, choice[second]).astype(np.int32),
        "sure": value[first],
        "next": np.where(single, 0.0, value[second]),
        "tied": tied,
    }


def leading_choices(right: Floats) -> dict[str, npt.NDArray[Any]]:
    """The two most probable choices of each item, and these probabilities.

    Parameters
    ----------
    right : ndarray of float64, shape (n_items, n_choices)
        Probability of each choice; two choices at least.

    Returns
    -------
    dict of ndarray, shape (n_items,)
        first, second, sure, next, tied; as `leading_pairs`.
    """
    items = np.arange(len(right))
    most = right.max(axis=1)
    first = np.argmax(right >= most[:, None] * (1 - EQUAL_WEIGHTS), axis=1)
    behind = right.copy()
    behind[items, first] = -1.0
    second = np.argmax(behind >= behind.max(axis=1)[:, None] * (1 - EQUAL_WEIGHTS), axis=1)
    sure, following = right[items, first], right[items, second]
    return {
        "first": first.astype(np.int32),
        "second": second.astype(np.int32),
        "sure": sure,
        "next": following,
        "tied": following >= most * (1 - EQUAL_WEIGHTS),
    }


def log_odds(accuracy: Floats, n_choices: int) -> Floats:
    """What a vote says for its choice against each other, if it is right with this probability and else any other."""
    accuracy = np.clip(accuracy, SURELY, 1 - SURELY)
    return np.asarray(np.log(accuracy * (n_choices - 1) / (1 - accuracy)), dtype=np.float64)


def shrunk(right: Floats, votes: Floats, prior: float) -> Floats:
    """Share right of each voter, drawn towards that of all by as many votes as `prior` says."""
    pooled = float(right.sum() / max(votes.sum(), 1e-300)) if right.sum() > 0 else 0.5
    share = np.full(len(votes), pooled)
    np.divide(right + prior * pooled, votes + prior, out=share, where=votes + prior > 0)
    return share


def _first_marked(piece: Piece, marked: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """First marked pair of each item."""
    places = np.where(marked, np.arange(len(marked)), len(marked))
    return np.asarray(np.minimum.reduceat(places, piece.pair_start[:-1]), dtype=np.int64)
