r"""Which voters do not look at the items? Each either knows the truth or says what it always says.

On an item voter v knows the truth with probability t_v and says it; else it says l with probability x_vl, whatever the
truth,

    P(v says l | truth k) = t_v [l = k] + (1 - t_v) x_vl.

So a voter that always says the same, or says anything at random, counts for next to nothing. Fitted by EM for the mode
under Beta and Dirichlet priors: `prior` votes that look, and that do not, lent from the average voter, and half a vote
for each choice of those who do not look. Of several starts (shares of votes, then random ones) the one with
the largest posterior counts.

Source: Hovy, Berg-Kirkpatrick, Vaswani and Hovy (2013), "Learning Whom to Trust with MACE", NAACL-HLT. Differs: the
mode instead of variational Bayes; the priors; shares of choices are estimated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from psephos.consensus.truth_inference.beliefs import SURELY, believed, leading_pairs, shares_of_votes, shrunk
from psephos.consensus.truth_inference.cast_votes import Ballots, Codes, Floats, piece_of
from psephos.consensus.truth_inference.model import Parameters, TruthModel
from psephos.consensus.truth_inference.voter_accuracy import reliability_columns, shares

HABIT_PRIOR = 0.5
"""Votes lent to each choice of a voter that does not look."""


class Spammers(TruthModel):
    """Voters that know or say what they always say (MACE); see the module.

    Parameters: ``knows``, shape (n_voters,), how often a voter looks; ``habit``, shape (n_voters, n_choices), what it
    says when it does not; ``share`` of the choices; and logarithms made of these.
    """

    name: ClassVar[str] = "mace"
    of_voters: ClassVar[tuple[str, ...]] = ("knows", "habit", "because_known", "log_odds", "log_blind")

    @property
    def step(self) -> Callable[..., dict[str, Any]]:
        """One pass; see the module."""
        return spam_step

    def start(self, ballots: Ballots, rng: np.random.Generator | None) -> dict[str, Any] | None:
        """With `rng`, voters of random habits that know with a random probability."""
        if rng is None:
            return None
        knows = rng.uniform(0.2, 0.9, ballots.n_voters)
        habit = rng.dirichlet(np.ones(ballots.n_choices), ballots.n_voters)
        return self._made(knows, habit, np.full(ballots.n_choices, 1 / ballots.n_choices))

    def parameters(self, sums: Mapping[str, Any], before: Parameters | None, ballots: Ballots) -> dict[str, Any]:
        """Shares of looking and habits from expected counts."""
        right = sums["right"]
        knew = right if before is None else right * before["because_known"]
        votes = sums["votes"]
        knows = shrunk(knew.sum(axis=1), ballots.per_voter(), self.prior)
        blind = np.maximum(votes - knew, 0.0) + HABIT_PRIOR
        return self._made(knows, blind / blind.sum(axis=1, keepdims=True), shares(sums["truth"], self.prior))

    def said(self, parameters: Parameters, voter: Codes, choice: Codes) -> Floats:
        """The odds, for the choice."""
        said = np.zeros((len(voter), len(parameters["share"])))
        said[np.arange(len(voter)), choice] = parameters["log_odds"][voter, choice]
        return said

    def drawn(
        self,
        parameters: Parameters,
        reliability: Floats,  # noqa: ARG002
        ballots: Ballots,
        rng: np.random.Generator,
    ) -> Codes:
        """Votes of voters that look, or say what they always say."""
        share = parameters["share"] / parameters["share"].sum()
        truth = rng.choice(len(share), len(ballots.items), p=share)[ballots.item_of_ballot]
        upto = parameters["habit"].cumsum(axis=1)
        chance, habit = rng.random(len(ballots)), np.zeros(len(ballots), dtype=np.int32)
        for choice in range(len(share) - 1):
            habit += chance > upto[ballots.voter, choice]
        return np.where(rng.random(len(ballots)) < parameters["knows"][ballots.voter], truth, habit).astype(np.int32)

    def voters(self, parameters: Parameters, sums: Mapping[str, Any], ballots: Ballots) -> dict[str, Floats]:  # noqa: ARG002
        """How often right, over the shares of the choices, and how often they look."""
        knows = parameters["knows"]
        right = knows + (1 - knows) * (parameters["habit"] @ parameters["share"])
        return reliability_columns(right, ballots.per_voter() + self.prior) | {"looks": knows}

    def _made(self, knows: Floats, habit: Floats, share: Floats) -> dict[str, Any]:
        knows = np.clip(knows, SURELY, 1 - SURELY)
        blind = (1 - knows)[:, None] * habit
        return {
            "knows": knows,
            "habit": habit,
            "share": share,
            "because_known": knows[:, None] / (knows[:, None] + blind),
            "log_odds": np.log1p(knows[:, None] / blind),
            "log_blind": np.log(blind),
        }


def spam_step(
    bounds: tuple[int, int], *, ballots: Mapping[str, Any], parameters: Parameters | None, last: bool
) -> dict[str, Any]:
    """One pass over a piece; parameters and bounds as in `TruthModel.step`.

    Returns
    -------
    dict
        votes and right (expected right votes), shape (n_voters, n_choices); truth, shape (n_choices,); evidence; with
        `last` the leading choices.
    """
    piece = piece_of(bounds, **ballots)
    shape = (piece.n_voters, piece.n_choices)
    cell = piece.voter.astype(np.int64) * piece.n_choices + piece.choice

    def by_cell(values: Floats | None) -> Floats:
        return np.bincount(cell, weights=values, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)

    found: dict[str, Any] = {"votes": by_cell(piece.weight)}
    if parameters is None:
        right = shares_of_votes(piece)
        found["truth"] = np.bincount(piece.pair_choice, weights=right, minlength=piece.n_choices)
        found["evidence"] = 0.0
    else:
        odds = parameters["log_odds"][piece.voter, piece.choice]
        belief = believed(piece, piece.per_pair(piece.weighted(odds)), parameters["share"])
        right = belief.right
        blind = float(piece.weighted(parameters["log_blind"][piece.voter, piece.choice]).sum())
        found |= {"truth": belief.truth, "evidence": belief.evidence + blind}
    found["right"] = by_cell(piece.weighted(right[piece.pair_of_ballot]))
    return found | (leading_pairs(piece, right) if last else {})
