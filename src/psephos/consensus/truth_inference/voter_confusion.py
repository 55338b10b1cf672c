r"""What does each voter say when the truth is k? A table of confusion for each voter.

Voter v says l on an item whose truth is k with probability c_vkl, whatever the other voters say, and k is the truth of
a share p_k of the items,

    P(k | votes on i)  ~  p_k prod over votes (v, l) on i of c_vkl^w,          w the weight of the vote,

    c_vkl = (n_vkl + s m_kl) / (n_vk. + s),     p_k = (n_k + 1 / K) / (n + 1),

with n the expected counts under these beliefs, m the confusion of all voters together and s (`prior`) the votes that
each row is lent from it: the mode under a Dirichlet prior around the average voter. So a voter with few votes is taken
for an average one, and no probability is 0. With ``prior=0`` it is maximum likelihood, the method as published.

Source: Dawid and Skene (1979), doi:10.2307/2346806. Differs: the prior; weights; known answers of some items.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from psephos.consensus.truth_inference.beliefs import leading_choices, shares_of_votes
from psephos.consensus.truth_inference.cast_votes import Ballots, Codes, Floats, Piece, piece_of
from psephos.consensus.truth_inference.model import Parameters, TruthModel
from psephos.consensus.truth_inference.voter_accuracy import reliability_columns

MOST_CHOICES = 200
"""With more choices in use, or more cells of confusion than `MOST_CELLS`, one accuracy per voter is fitted instead."""

MOST_CELLS = 2**25
"""Largest table of all confusions: a quarter of a GiB."""

COMPILED_BALLOTS = 50_000
"""From this many ballots on the step is compiled: below, arrays are done before numba is imported."""

CELLS_AT_ONCE = 2**21
"""Ballots times choices that the array path holds at once."""

_LEAST = np.finfo(np.float64).eps


class VoterConfusion(TruthModel):
    """A table of confusion for each voter (Dawid-Skene); see the module.

    Parameters: ``log_confusion``, shape (n_voters, n_choices, n_choices), what a voter says (second axis) of a truth
    (third), and ``share`` of the choices.
    """

    name: ClassVar[str] = "dawid-skene"
    movement: ClassVar[str] = "counts"
    of_voters: ClassVar[tuple[str, ...]] = ("log_confusion",)

    @property
    def step(self) -> Callable[..., dict[str, Any]]:
        """One pass; see the module."""
        return confusion_step

    def parameters(self, sums: Mapping[str, Any], before: Parameters | None, ballots: Ballots) -> dict[str, Any]:  # noqa: ARG002
        """Confusions and shares from expected counts."""
        counts, truth = sums["counts"], sums["truth"]
        n_choices = len(truth)
        if self.prior > 0:
            pooled = counts.sum(axis=0) + 1 / n_choices
            counts = counts + self.prior * pooled / pooled.sum(axis=0)
            truth = truth + 1 / n_choices
        counts = np.maximum(counts, _LEAST)
        return {
            "log_confusion": np.log(counts / counts.sum(axis=1, keepdims=True)),
            "share": np.maximum(truth / truth.sum(), _LEAST),
        }

    def said(self, parameters: Parameters, voter: Codes, choice: Codes) -> Floats:
        """Rows of the confusion."""
        return np.asarray(parameters["log_confusion"][voter, choice], dtype=np.float64)

    def drawn(
        self,
        parameters: Parameters,
        reliability: Floats,  # noqa: ARG002
        ballots: Ballots,
        rng: np.random.Generator,
    ) -> Codes:
        """Votes drawn from the confusions."""
        share = parameters["share"] / parameters["share"].sum()
        truth = rng.choice(len(share), len(ballots.items), p=share)[ballots.item_of_ballot]
        chance, said = rng.random(len(ballots)), np.zeros(len(ballots), dtype=np.int32)
        upto = np.exp(parameters["log_confusion"])
        for choice in range(1, len(share) - 1):
            upto[:, choice] += upto[:, choice - 1]
        if len(ballots) >= COMPILED_BALLOTS:
            from psephos.consensus.truth_inference import _kernels

            _kernels.drawn(ballots.voter, truth, chance, upto, said)
            return said
        for choice in range(len(share) - 1):
            said += chance > upto[ballots.voter, choice, truth]
        return said

    def voters(self, parameters: Parameters, sums: Mapping[str, Any], ballots: Ballots) -> dict[str, Floats]:  # noqa: ARG002
        """How often a voter is right over the shares of the choices."""
        right = np.exp(np.einsum("vkk->vk", parameters["log_confusion"]))
        reliability = right @ parameters["share"]
        return reliability_columns(reliability, ballots.per_voter() + self.prior)


def confusion_step(
    bounds: tuple[int, int], *, ballots: Mapping[str, Any], parameters: Parameters | None, last: bool
) -> dict[str, Any]:
    """One pass over a piece; parameters and bounds as in `TruthModel.step`.

    Works `CELLS_AT_ONCE` of items by choices at a time, or compiled from `COMPILED_BALLOTS` on.

    Returns
    -------
    dict
        counts (voter, said, truth), expected; truth, shape (n_choices,); evidence; with `last` the leading choices.
    """
    piece = piece_of(bounds, **ballots)
    if len(ballots["voter"]) >= COMPILED_BALLOTS:
        return _compiled_step(piece, parameters, last)
    n_items, n_choices = len(piece.start) - 1, piece.n_choices
    sums: dict[str, Any] = {
        "counts": np.zeros((piece.n_voters, n_choices, n_choices)),
        "truth": np.zeros(n_choices),
        "evidence": 0.0,
    }
    answers = []
    vote_shares = shares_of_votes(piece) if parameters is None else None
    block = max(1, CELLS_AT_ONCE // n_choices)
    bounds_at = np.searchsorted(piece.start, np.arange(0, len(piece.voter), block))
    cuts = np.unique(np.append(np.minimum(bounds_at, n_items), n_items))
    cuts = cuts if cuts[0] == 0 else np.append(0, cuts)
    for low, high in pairwise(cuts.tolist()):
        right, evidence = _beliefs(piece, low, high, parameters, vote_shares)
        first, end = piece.start[low], piece.start[high]
        cell = piece.voter[first:end].astype(np.int64) * n_choices + piece.choice[first:end]
        item = np.repeat(np.arange(high - low), np.diff(piece.start[low : high + 1]))
        weight = 1.0 if piece.weight is None else piece.weight[first:end]
        for truth in range(n_choices):
            found = np.bincount(cell, weights=right[item, truth] * weight, minlength=piece.n_voters * n_choices)
            sums["counts"][:, :, truth] += found.reshape(piece.n_voters, n_choices)
        sums["truth"] += right.sum(axis=0)
        sums["evidence"] += evidence
        if last:
            answers.append(leading_choices(right))
    if last:
        sums |= {name: np.concatenate([answer[name] for answer in answers]) for name in answers[0]}
    return sums


def _beliefs(
    piece: Piece, low: int, high: int, parameters: Parameters | None, vote_shares: Floats | None
) -> tuple[Floats, float]:
    """Probabilities of the items from `low` to before `high`, and the evidence."""
    if vote_shares is not None or parameters is None:
        right = np.zeros((high - low, piece.n_choices))
        pairs = slice(piece.pair_start[low], piece.pair_start[high])
        if vote_shares is not None:
            right[piece.item_of_pair[pairs] - low, piece.pair_choice[pairs]] = vote_shares[pairs]
        evidence = 0.0
    else:
        first, end = piece.start[low], piece.start[high]
        said = parameters["log_confusion"][piece.voter[first:end], piece.choice[first:end]]
        if piece.weight is not None:
            said = said * piece.weight[first:end, None]
        score = np.add.reduceat(said, piece.start[low:high] - first, axis=0) + np.log(parameters["share"])
        peak = score.max(axis=1, keepdims=True)
        right = np.exp(score - peak)
        total = right.sum(axis=1, keepdims=True)
        right /= total
        evidence = float((np.log(total) + peak).sum())
    if piece.known is not None:
        known = piece.known[low:high]
        given = np.flatnonzero(known >= 0)
        right[given] = 0.0
        right[given, known[given]] = 1.0
    return right, evidence


def _compiled_step(piece: Piece, parameters: Parameters | None, last: bool) -> dict[str, Any]:
    """The same, ballot by ballot."""
    from psephos.consensus.truth_inference import _kernels

    n_items, n_choices = len(piece.start) - 1, piece.n_choices
    shape = (piece.n_voters, n_choices, n_choices)
    begin = parameters is None
    log_confusion = np.zeros((1, 1, 1)) if parameters is None else parameters["log_confusion"]
    log_share = np.zeros(n_choices) if parameters is None else np.log(parameters["share"])
    counts, truth = np.zeros(shape), np.zeros(n_choices)
    answers = {
        "first": np.zeros(n_items if last else 0, dtype=np.int32),
        "second": np.zeros(n_items if last else 0, dtype=np.int32),
        "sure": np.zeros(n_items if last else 0),
        "next": np.zeros(n_items if last else 0),
        "tied": np.zeros(n_items if last else 0, dtype=bool),
    }
    evidence = _kernels.confusion_step(
        piece.start,
        piece.voter,
        piece.choice,
        np.zeros(0) if piece.weight is None else piece.weight,
        np.zeros(0, dtype=np.int32) if piece.known is None else piece.known,
        log_confusion,
        log_share,
        begin,
        counts,
        truth,
        *answers.values(),
    )
    return {"counts": counts, "truth": truth, "evidence": evidence} | (answers if last else {})
