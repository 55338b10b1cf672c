r"""How often is each voter right? One accuracy per voter, whatever the truth.

Voter v is right with probability a_v; when it is wrong, each of the other K - 1 choices is equally likely,

    P(k | votes on i)  ~  p_k prod over votes of v for k of (a_v (K - 1) / (1 - a_v))^w,

    a_v = (right_v + s a) / (votes_v + s),     p_k = (n_k + 1 / K) / (n + 1),

with right_v the expected number of its votes that are right, a the accuracy of all voters together, s (`prior`) votes
lent from it, w the weight of a vote. A voter that is right less often than by guessing speaks against what it says.

Source: the homogeneous case of Dawid and Skene (1979), doi:10.2307/2346806. Differs: the prior; shares of choices are
estimated; choices that nobody gave for an item take no room, so there may be any number of them.

`psephos.consensus.one_coin` is the same model for the columns of transcripts, whose choices differ from item to item.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from psephos.consensus.truth_inference.beliefs import SURELY, believed, leading_pairs, log_odds, shares_of_votes, shrunk
from psephos.consensus.truth_inference.cast_votes import Ballots, Codes, Floats, Piece, piece_of
from psephos.consensus.truth_inference.model import Parameters, TruthModel
from psephos.statistics import beta_interval


class VoterAccuracy(TruthModel):
    """One accuracy per voter (one-coin); see the module.

    Parameters: ``accuracy`` and its ``log_odds`` against one other choice, shape (n_voters,), and ``share`` of the
    choices.
    """

    name: ClassVar[str] = "one-coin"
    of_voters: ClassVar[tuple[str, ...]] = ("accuracy", "log_odds")

    @property
    def step(self) -> Callable[..., dict[str, Any]]:
        """One pass; see the module."""
        return accuracy_step

    def parameters(self, sums: Mapping[str, Any], before: Parameters | None, ballots: Ballots) -> dict[str, Any]:  # noqa: ARG002
        """Accuracies and shares from expected counts."""
        accuracy = shrunk(sums["right"], ballots.per_voter(), self.prior)
        return {
            "accuracy": accuracy,
            "log_odds": log_odds(accuracy, ballots.n_choices),
            "share": shares(sums["truth"], self.prior),
        }

    def said(self, parameters: Parameters, voter: Codes, choice: Codes) -> Floats:
        """The odds, for the choice."""
        said = np.zeros((len(voter), len(parameters["share"])))
        said[np.arange(len(voter)), choice] = parameters["log_odds"][voter]
        return said

    def voters(self, parameters: Parameters, sums: Mapping[str, Any], ballots: Ballots) -> dict[str, Floats]:  # noqa: ARG002
        """The accuracies."""
        return reliability_columns(parameters["accuracy"], ballots.per_voter() + self.prior)


def reliability_columns(reliability: Floats, votes: Floats) -> dict[str, Floats]:
    """Reliability with the interval that it has on so many votes.

    Parameters
    ----------
    reliability : ndarray of float64, shape (n_voters,)
        Between 0 and 1.
    votes : ndarray of float64, shape (n_voters,)
        Votes that it rests on, those that are lent among them.

    Returns
    -------
    dict of ndarray
        reliability, reliability_low, reliability_high: ends of the Beta posterior.
    """
    votes = np.maximum(votes, 1e-9)
    low, high = beta_interval(np.clip(reliability, 0, 1) * votes, votes)
    return {"reliability": reliability, "reliability_low": low, "reliability_high": high}


def shares(truth: Floats, prior: float) -> Floats:
    """Share of items on which each choice is right, from expected counts; with a prior never 0."""
    if prior > 0:
        truth = truth + 1 / len(truth)
    return np.asarray(np.maximum(truth / truth.sum(), np.finfo(np.float64).eps), dtype=np.float64)


def scores_of(piece: Piece, odds: Floats) -> Floats:
    """What the ballots of each pair say for it, given the odds of every ballot."""
    return piece.per_pair(piece.weighted(odds))


def sums_of_right(piece: Piece, right: Floats) -> Floats:
    """Expected number of right votes of each voter."""
    return piece.per_voter(piece.weighted(right[piece.pair_of_ballot]))


def accuracy_step(
    bounds: tuple[int, int], *, ballots: Mapping[str, Any], parameters: Parameters | None, last: bool
) -> dict[str, Any]:
    """One pass over a piece; parameters and bounds as in `TruthModel.step`.

    Returns
    -------
    dict
        right (expected right votes), shape (n_voters,); truth, shape (n_choices,); evidence; with `last` the leading
        choices.
    """
    piece = piece_of(bounds, **ballots)
    if parameters is None:
        right = shares_of_votes(piece)
        truth = np.bincount(piece.pair_choice, weights=right, minlength=piece.n_choices)
        return {"right": sums_of_right(piece, right), "truth": truth, "evidence": 0.0}
    belief = believed(piece, scores_of(piece, parameters["log_odds"][piece.voter]), parameters["share"])
    wrong = np.log1p(-np.clip(parameters["accuracy"], SURELY, 1 - SURELY)) - np.log(piece.n_choices - 1)
    found = {
        "right": sums_of_right(piece, belief.right),
        "truth": belief.truth,
        "evidence": belief.evidence + float(piece.weighted(wrong[piece.voter]).sum()),
    }
    return found | (leading_pairs(piece, belief.right) if last else {})
