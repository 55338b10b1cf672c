r"""Which items are easy, and which voters able? A voter is right if its ability outweighs the difficulty.

Voter v of ability a_v is right on item i of easiness b_i > 0 with probability

    s_vi = 1 / (1 + exp(-a_v b_i)),        a wrong vote falls on each of the K - 1 other choices alike,

with a_v ~ N(1, 1) and log b_i ~ N(1, 1). An ability of 0 is guessing between right and wrong, a negative one knows
better and says the opposite. On a hard item all are near a half, so a majority there means less.

A handful of votes does not tell how easy an item is, and those that agree by chance make it look easy. So easiness is
not estimated but averaged over, by the trapezoid rule,

    P(k | votes) ~ integral of P(votes | k, b) over log b ~ N(1, 1),

and the abilities are those of the largest posterior: in each round the beliefs over choice and easiness together are
renewed (EM), then each voter's a by one step of Newton's method with the beliefs fixed, which needs two sums per voter.

Source: Whitehill, Ruvolo, Wu, Bergsma and Movellan (2009), "Whose Vote Should Count More" (GLAD), NIPS 22. Differs:
the average over easiness, where the source takes one estimate of it for each item (the certainty then is some .02 too
high where an item has four votes, and abilities stay wrong however many items there are); Newton's method instead of
gradient ascent; every choice is equally common, as there, for any number of choices.

To this model an able voter is right on every item more often than not. Where items are harder than that, or alike,
agreement is spread over the items otherwise than it can explain; `overdispersion` finds that, and the certainty is then
read from the splits. For that test votes are drawn with easiness from its prior and abilities around those of the fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from psephos.consensus.truth_inference.beliefs import leading_pairs
from psephos.consensus.truth_inference.cast_votes import Ballots, Codes, Floats, Piece, piece_of
from psephos.consensus.truth_inference.model import Parameters, TruthModel, right_or_other
from psephos.consensus.truth_inference.voter_accuracy import reliability_columns

COMPILED_BALLOTS = 2**17
"""From this many ballots on the step is compiled: below, arrays are done before numba is imported."""

LONGEST_STEP = 1.0
"""No ability moves by more in one round."""

PRIOR_MEAN = 1.0

LOG_EASINESS = PRIOR_MEAN + np.linspace(-3, 3, 13)
"""Values over which beliefs are averaged: halves of a standard deviation of the prior."""


class ItemDifficulty(TruthModel):
    """Abilities of voters and easiness of items (GLAD); see the module.

    Parameters: ``ability`` and ``precision`` of its normal prior around the mean, shape (n_voters,), ``log_easiness``,
    shape (n_items,), for the eye only.
    """

    name: ClassVar[str] = "glad"
    kept: ClassVar[tuple[str, ...]] = ("log_easiness",)
    of_voters: ClassVar[tuple[str, ...]] = ("ability", "precision")
    of_items: ClassVar[tuple[str, ...]] = ("log_easiness",)
    certainty_means: ClassVar[str] = (
        "probability that the choice is right, if voters err independently of each other on items of equal difficulty, "
        "averaged over how difficult an item may be"
    )

    @property
    def step(self) -> Callable[..., dict[str, Any]]:
        """One pass; see the module."""
        return difficulty_step

    def start(self, ballots: Ballots, rng: np.random.Generator | None) -> dict[str, Any]:  # noqa: ARG002
        """All voters at the mean of their prior."""
        return {
            "ability": np.full(ballots.n_voters, PRIOR_MEAN),
            "precision": np.ones(ballots.n_voters),
            "log_easiness": np.full(len(ballots.items), PRIOR_MEAN),
            "n_choices": ballots.n_choices,
        }

    def parameters(self, sums: Mapping[str, Any], before: Parameters | None, ballots: Ballots) -> dict[str, Any]:
        """Abilities one step further; easiness, for the eye only, as the step found it."""
        ability = np.full(ballots.n_voters, PRIOR_MEAN) if before is None else before["ability"]
        step = (sums["slope"] - (ability - PRIOR_MEAN)) / (sums["curvature"] + 1.0)
        return {
            "ability": ability + np.clip(step, -LONGEST_STEP, LONGEST_STEP),
            "precision": sums["squares"] + 1.0,
            "log_easiness": sums["log_easiness"],
            "n_choices": ballots.n_choices,
        }

    def said(self, parameters: Parameters, voter: Codes, choice: Codes) -> Floats:
        """The odds on an item of mean easiness, for the choice."""
        n_choices = parameters["n_choices"]
        said = np.zeros((len(voter), n_choices))
        easiness = np.exp(parameters["log_easiness"].mean())
        said[np.arange(len(voter)), choice] = parameters["ability"][voter] * easiness + np.log(n_choices - 1)
        return said

    def drawn(
        self,
        parameters: Parameters,
        reliability: Floats,  # noqa: ARG002
        ballots: Ballots,
        rng: np.random.Generator,
    ) -> Codes:
        """Votes by easiness from its prior, and abilities as far from those of the fit as they may be."""
        log_easiness = PRIOR_MEAN + rng.normal(size=len(ballots.items))
        ability = parameters["ability"]
        ability = ability + rng.normal(size=len(ability)) / np.sqrt(parameters["precision"])
        strength = ability[ballots.voter] * np.exp(log_easiness)[ballots.item_of_ballot]
        return right_or_other(_logistic(strength), ballots, rng)

    def chances_of_errors(self, parameters: Parameters, ballots: Ballots) -> Iterator[Floats]:
        """For each easiness how probable each ballot is wrong, times the root of how probable it is of its item."""
        pieces = [piece_of(bounds, **ballots.shared()) for bounds in ballots.pieces()]
        ability, item = parameters["ability"], ballots.item_of_ballot
        believed = [averaged_beliefs(piece, ability).easiness for piece in pieces]
        for log_easiness, likely in zip(LOG_EASINESS, np.concatenate(believed, axis=1), strict=True):
            yield np.sqrt(likely)[item] * _logistic(-ability * np.exp(log_easiness))[ballots.voter]

    def voters(self, parameters: Parameters, sums: Mapping[str, Any], ballots: Ballots) -> dict[str, Floats]:
        """How often right on their items, and ability."""
        votes = ballots.per_voter()
        right = np.divide(sums["chance"], votes, out=np.full(len(votes), np.nan), where=votes > 0)
        return reliability_columns(np.nan_to_num(right, nan=0.5), votes) | {"ability": parameters["ability"]}


def difficulty_step(
    bounds: tuple[int, int], *, ballots: Mapping[str, Any], parameters: Parameters, last: bool
) -> dict[str, Any]:
    """One pass over a piece; parameters and bounds as in `TruthModel.step`.

    Returns
    -------
    dict
        right, evidence and truths as in other models; log_easiness (mean of each item); slope, curvature and squares of
        each ability, chance (expected right votes); with `last` the leading choices.
    """
    piece = piece_of(bounds, **ballots)
    ability = parameters["ability"]
    if len(ballots["voter"]) >= COMPILED_BALLOTS:
        return _compiled_step(piece, ability, last)
    belief = averaged_beliefs(piece, ability)
    found = {
        "right": piece.per_voter(piece.weighted(belief.right.sum(axis=0)[piece.pair_of_ballot])),
        "evidence": belief.evidence,
        "log_easiness": LOG_EASINESS @ belief.easiness,
    }
    if last:
        found |= leading_pairs(piece, belief.right.sum(axis=0))
    item, pair = piece.item_of_ballot, piece.pair_of_ballot
    slope, curvature, expected = np.zeros((3, len(item)))
    for log_easiness, right, likely in zip(LOG_EASINESS, belief.right, belief.easiness, strict=True):
        easiness = np.exp(log_easiness)
        chance, likely_here = _logistic(ability * easiness)[piece.voter], likely[item]
        slope += easiness * (right[pair] - likely_here * chance)
        curvature += easiness**2 * likely_here * chance * (1 - chance)
        expected += likely_here * chance
    return found | {
        "chance": piece.per_voter(piece.weighted(expected)),
        "slope": piece.per_voter(piece.weighted(slope)),
        "curvature": piece.per_voter(piece.weighted(curvature)),
        "squares": piece.per_voter(piece.weighted(slope) ** 2),
    }


def _compiled_step(piece: Piece, ability: Floats, last: bool) -> dict[str, Any]:
    """The same, item by item."""
    from psephos.consensus.truth_inference import _kernels

    strength = ability[:, None] * np.exp(LOG_EASINESS)
    steep = np.exp(-np.abs(strength))
    found = {name: np.zeros(piece.n_voters) for name in ("right", "chance", "slope", "curvature", "squares")}
    right, log_easiness = np.zeros(len(piece.pair_first) - 1), np.zeros(len(piece.start) - 1)
    evidence = _kernels.difficulty_step(
        piece.start,
        piece.voter,
        piece.choice,
        np.zeros(0) if piece.weight is None else piece.weight,
        np.zeros(0, dtype=np.int32) if piece.known is None else piece.known,
        piece.pair_start,
        piece.pair_first,
        piece.n_choices,
        LOG_EASINESS,
        -((LOG_EASINESS - PRIOR_MEAN) ** 2) / 2,
        strength + np.log(piece.n_choices - 1),
        -np.maximum(strength, 0) - np.log1p(steep) - np.log(piece.n_choices - 1),
        np.where(strength > 0, 1.0, steep) / (1 + steep),
        right,
        log_easiness,
        *found.values(),
    )
    answers = leading_pairs(piece, right) if last else {}
    return found | {"evidence": evidence, "log_easiness": log_easiness} | answers


@dataclass(frozen=True, eq=False)
class AveragedBelief:
    """What is believed of the items of a piece, for each value of their easiness.

    Attributes
    ----------
    right : ndarray of float64, shape (n_values, n_pairs)
        Probability that the choice of each pair is right and the log easiness of its item this one of `LOG_EASINESS`.
    easiness : ndarray of float64, shape (n_values, n_items)
        Probability of each log easiness.
    evidence : float
        Logarithm of the probability of the ballots, but for what is the same for all abilities.
    """

    right: Floats
    easiness: Floats
    evidence: float


def averaged_beliefs(piece: Piece, ability: Floats) -> AveragedBelief:
    """Beliefs over choices and easiness together, for the ability of each voter."""
    starts, item, spread = piece.pair_start[:-1], piece.item_of_pair, np.log(piece.n_choices - 1)
    said = np.empty((len(LOG_EASINESS), len(item)))
    unsaid = np.empty((len(LOG_EASINESS), len(starts)))
    for place, log_easiness in enumerate(LOG_EASINESS):
        strength = ability * np.exp(log_easiness)
        wrong = -np.logaddexp(0, strength) - spread
        wrong = np.add.reduceat(piece.weighted(wrong[piece.voter]), piece.start[:-1])
        unsaid[place] = wrong - (log_easiness - PRIOR_MEAN) ** 2 / 2
        said[place] = unsaid[place][item] + piece.per_pair(piece.weighted((strength + spread)[piece.voter]))
    absent = (piece.n_choices - np.diff(piece.pair_start)).astype(np.float64)
    if piece.known is not None:
        given = piece.known >= 0
        mine = piece.pair_choice == piece.known[item]
        said = np.where(given[item] & ~mine, -np.inf, said)
        absent[given] = ~np.logical_or.reduceat(mine, starts)[given]
    peak = np.maximum.reduceat(said.max(axis=0), starts)
    peak = np.where(absent > 0, np.maximum(peak, unsaid.max(axis=0)), peak)
    said = np.exp(said - peak[item])
    of_item = np.add.reduceat(said, starts, axis=1) + absent * np.exp(np.minimum(unsaid - peak, 0.0))
    total = of_item.sum(axis=0)
    return AveragedBelief(said / total[item], of_item / total, float((np.log(total) + peak).sum()))


def _logistic(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -500, 500))), dtype=np.float64)
