r"""What do voters say if each weighs as much as it agrees with the majority? Worker agreement with the aggregate.

The majority decides each item (choices that share the lead count in equal parts), the weight of a voter is the share of
its votes that are with it, and the choice with the most weight is taken: two passes over the votes, no rounds.

Source: the Wawa method of crowd-kit (Ustalov, Pavlichenko and Tseitlin 2024, doi:10.21105/joss.06227). Differs: shared
leads; `prior` votes lent from the average of all voters, so that one vote with the majority is not a weight of 1. The
method gives no probability, and agreement with the majority is no accuracy; see `held_choices` for the certainty, which
is fitted in rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from psephos.consensus.truth_inference.beliefs import leading_pairs, shares_of_votes, shrunk
from psephos.consensus.truth_inference.cast_votes import Ballots, Codes, Floats, piece_of
from psephos.consensus.truth_inference.model import Parameters, TruthModel
from psephos.consensus.truth_inference.voter_accuracy import reliability_columns, sums_of_right
from psephos.opinions.tallies import EQUAL_WEIGHTS


class VoterAgreement(TruthModel):
    """Voters weighed by their agreement with the majority (Wawa); see the module.

    Parameters: ``agreement``, shape (n_voters,). The method gives no probability; `held_choices` says how sure it is.
    """

    name: ClassVar[str] = "agreement"
    goes_on: ClassVar[bool] = False
    probable: ClassVar[bool] = False

    @property
    def step(self) -> Callable[..., dict[str, Any]]:
        """One pass; see the module."""
        return agreement_step

    def parameters(self, sums: Mapping[str, Any], before: Parameters | None, ballots: Ballots) -> dict[str, Any]:
        """Agreement with the majority; a second pass changes nothing."""
        agreement = shrunk(sums["right"], ballots.per_voter(), self.prior) if before is None else before["agreement"]
        return {"agreement": agreement, "n_choices": ballots.n_choices}

    def said(self, parameters: Parameters, voter: Codes, choice: Codes) -> Floats:
        """The weight, for the choice."""
        said = np.zeros((len(voter), parameters["n_choices"]))
        said[np.arange(len(voter)), choice] = parameters["agreement"][voter]
        return said

    def voters(self, parameters: Parameters, sums: Mapping[str, Any], ballots: Ballots) -> dict[str, Floats]:  # noqa: ARG002
        """The agreement."""
        return reliability_columns(parameters["agreement"], ballots.per_voter() + self.prior)


def agreement_step(
    bounds: tuple[int, int], *, ballots: Mapping[str, Any], parameters: Parameters | None, last: bool
) -> dict[str, Any]:
    """One pass over a piece; parameters and bounds as in `TruthModel.step`.

    Returns
    -------
    dict
        right (votes with the majority, shared leads in parts), shape (n_voters,); with `last` the choices with most
        weight.
    """
    piece = piece_of(bounds, **ballots)
    share = shares_of_votes(piece)
    most = np.maximum.reduceat(share, piece.pair_start[:-1])[piece.item_of_pair]
    leads = (share >= most * (1 - EQUAL_WEIGHTS)).astype(np.float64)
    leads /= np.add.reduceat(leads, piece.pair_start[:-1])[piece.item_of_pair]
    found: dict[str, Any] = {"right": sums_of_right(piece, leads), "evidence": 0.0}
    if not last or parameters is None:
        return found
    weight = parameters["agreement"][piece.voter]
    support = piece.per_pair(piece.weighted(weight))
    if piece.known is not None:
        given = (piece.known >= 0)[piece.item_of_pair]
        support = np.where(given, piece.pair_choice == piece.known[piece.item_of_pair], support)
    return found | leading_pairs(piece, support)
