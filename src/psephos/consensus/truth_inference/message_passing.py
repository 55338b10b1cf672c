r"""Which of two choices is right, if items and voters tell each other what they think? Belief on each vote.

With A_vi = 1 or -1 for the two choices, an item tells each of its voters what the others say of it, a voter tells each
of its items how far it agrees with the others elsewhere,

    x_(i to v) = sum over u != v of A_ui y_(u to i),        y_(v to i) = sum over j != i of A_vj x_(j to v),

from y = 1, and in the end the sign of the sum of A_vi y_(v to i) is the choice. For exactly two choices. Known as KOS.

Source: Karger, Oh and Shah (2014), "Budget-Optimal Task Allocation for Reliable Crowdsourcing Systems",
doi:10.1287/opre.2013.1235. Differs: y starts at 1, their mean, and not at random, so that a verdict depends on the
votes alone; messages are scaled in each round, apart for groups of voters that no item connects (else those of the
group that grows fastest leave nothing of the others in some hundred rounds); a vote may have a weight. The method gives
no probability; see `held_choices` for the certainty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from psephos.consensus.truth_inference.beliefs import leading_pairs, shrunk
from psephos.consensus.truth_inference.cast_votes import Ballots, Codes, Floats, Places, piece_of
from psephos.consensus.truth_inference.model import Parameters, TruthModel
from psephos.consensus.truth_inference.voter_accuracy import reliability_columns


class MessagePassing(TruthModel):
    """Messages between items and voters (KOS), for two choices; see the module.

    Parameters: ``agrees``, shape (n_voters,), what each voter's agreement weighs; ``message``, shape (n_ballots,), what
    each item last told each voter; ``group`` of voters that hang together by common items, since messages are scaled in
    each.
    """

    name: ClassVar[str] = "kos"
    kept: ClassVar[tuple[str, ...]] = ("message",)
    goes_on: ClassVar[bool] = False
    probable: ClassVar[bool] = False

    @property
    def step(self) -> Callable[..., dict[str, Any]]:
        """One pass; see the module."""
        return message_step

    def start(self, ballots: Ballots, rng: np.random.Generator | None) -> dict[str, Any]:  # noqa: ARG002
        """Every voter agrees alike."""
        ones = np.ones(ballots.n_voters)
        return {
            "agrees": ones,
            "message": np.zeros(len(ballots)),
            "accuracy": 0.5 * ones,
            "n_choices": 2,
            "group": _groups(ballots),
        }

    def parameters(self, sums: Mapping[str, Any], before: Parameters | None, ballots: Ballots) -> dict[str, Any]:
        """Agreement of each voter, scaled to messages of size 1 in each group."""
        group = _groups(ballots) if before is None else before["group"]
        squares = np.bincount(group, weights=sums["squares"])
        votes = np.bincount(group, weights=ballots.per_voter(np.ones(len(ballots))))
        scale = np.sqrt(np.divide(votes, squares, out=np.ones(len(votes)), where=squares > 0))[group]
        accuracy = shrunk(sums["with_others"], ballots.per_voter(), self.prior)
        return {
            "agrees": sums["agrees"] * scale,
            "message": sums["message"] * scale[ballots.voter],
            "accuracy": accuracy,
            "n_choices": 2,
            "group": group,
        }

    def said(self, parameters: Parameters, voter: Codes, choice: Codes) -> Floats:
        """What the voter weighs, for the choice."""
        said = np.zeros((len(voter), 2))
        said[np.arange(len(voter)), choice] = parameters["agrees"][voter]
        return said

    def voters(self, parameters: Parameters, sums: Mapping[str, Any], ballots: Ballots) -> dict[str, Floats]:  # noqa: ARG002
        """How often with the others, and what each weighs in units of the mean."""
        weight = parameters["agrees"]
        scale = np.abs(weight).mean()
        columns = reliability_columns(parameters["accuracy"], ballots.per_voter() + self.prior)
        return columns | {"weight": weight / scale if scale > 0 else weight}


def message_step(
    bounds: tuple[int, int], *, ballots: Mapping[str, Any], parameters: Parameters, last: bool
) -> dict[str, Any]:
    """One pass over a piece; parameters and bounds as in `TruthModel.step`.

    Returns
    -------
    dict
        message (per ballot), agrees, squares, right and with_others (per voter); with `last` the leading choices. A
        known answer tells its voters as loudly as the loudest item.
    """
    low, high = ballots["start"][bounds[0]], ballots["start"][bounds[1]]
    piece = piece_of(bounds, **ballots)
    item, sign = piece.item_of_ballot, np.where(piece.choice == 1, 1.0, -1.0)
    answer = piece.weighted(sign)
    told = parameters["agrees"][piece.voter] - answer * parameters["message"][low:high]
    if piece.known is not None:
        whole = np.add.reduceat(answer * told, piece.start[:-1])
        given = piece.known >= 0
        whole = np.where(given, np.where(piece.known == 1, 1.0, -1.0) * np.abs(whole).max(initial=1.0), whole)
        message = np.where(given[item], whole[item], whole[item] - answer * told)
    else:
        whole = np.add.reduceat(answer * told, piece.start[:-1])
        message = whole[item] - answer * told
    agreeing = np.where(message == 0, 0.5, (sign * message > 0).astype(np.float64))
    found = {
        "message": message,
        "agrees": piece.per_voter(answer * message),
        "right": piece.per_voter(np.tanh(sign * message)),
        "with_others": piece.per_voter(piece.weighted(agreeing)),
        "squares": piece.per_voter(message**2),
        "evidence": 0.0,
    }
    if not last:
        return found
    support = np.where(piece.pair_choice == 1, 1.0, -1.0) * whole[piece.item_of_pair]
    size = np.add.reduceat(np.abs(answer * told), piece.start[:-1])
    if piece.known is not None:
        size = np.maximum(size, np.abs(whole))
    positive = 1 + share(support, size[piece.item_of_pair])
    return found | leading_pairs(piece, positive)


def share(part: Floats, size: Floats) -> Floats:
    """How far all that is told points one way, from -1 to 1; 0 where nothing is told."""
    return np.asarray(np.divide(part, size, out=np.zeros(len(part)), where=size > 0), dtype=np.float64)


def _groups(ballots: Ballots) -> Places:
    """A number for each voter; voters that items connect, directly or through others, have the same."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    n_items, ends = len(ballots.items), ballots.n_voters + len(ballots.items)
    shape = (ends, ends)
    links = csr_array((np.ones(len(ballots)), (ballots.item_of_ballot, n_items + ballots.voter)), shape=shape)
    return np.asarray(connected_components(links, directed=False)[1][n_items:], dtype=np.int64)
