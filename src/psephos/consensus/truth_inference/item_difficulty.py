r"""Which items are easy, and which voters able? A voter is right if its ability outweighs the difficulty.

Voter v of ability a_v is right on item i of easiness b_i > 0 with probability

    s_vi = 1 / (1 + exp(-a_v b_i)),        a wrong vote falls on each of the K - 1 other choices alike,

with a_v ~ N(1, 1) and log b_i ~ N(1, 1). An ability of 0 is guessing between right and wrong, a negative one knows
better and says the opposite. On a hard item all are near a half, so a majority there means less.

In each round the beliefs P(k | votes) ~ prod of s or (1 - s) / (K - 1) are renewed, then each item's log b by one
damped step of Fisher scoring with the beliefs fixed, then each voter's a likewise: easiness needs the votes of its item
only, ability only two sums per voter.

Source: Whitehill, Ruvolo, Wu, Bergsma and Movellan (2009), "Whose Vote Should Count More" (GLAD), NIPS 22. Differs:
scoring instead of gradient ascent; every choice is equally common, as there, for any number of choices.

Estimates of easiness lean to their mean, so votes drawn from them vary less between items than the votes at hand: the
test of `dependence` fires on items of very different easiness even if this model made them. The certainty is then read
from the splits: as honest there, and far more so where items are harder than the model can say (to it an able voter is
right on every item more often than not).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from psephos.consensus.truth_inference.beliefs import believed, leading_pairs
from psephos.consensus.truth_inference.cast_votes import Ballots, Codes, Floats, piece_of
from psephos.consensus.truth_inference.model import Parameters, TruthModel, right_or_other
from psephos.consensus.truth_inference.voter_accuracy import reliability_columns

LONGEST_STEP = 1.0
"""No ability or log easiness moves by more in one round."""

PRIOR_MEAN = 1.0


class ItemDifficulty(TruthModel):
    """Abilities of voters and easiness of items."""

    name: ClassVar[str] = "glad"
    kept: ClassVar[tuple[str, ...]] = ("log_easiness",)
    of_voters: ClassVar[tuple[str, ...]] = ("ability",)
    of_items: ClassVar[tuple[str, ...]] = ("log_easiness",)
    certainty_means: ClassVar[str] = (
        "probability that the choice is right, if voters err independently of each other on items of equal difficulty"
    )

    @property
    def step(self) -> Callable[..., dict[str, Any]]:
        """One pass; see the module."""
        return difficulty_step

    def start(self, ballots: Ballots, rng: np.random.Generator | None) -> dict[str, Any]:  # noqa: ARG002
        """All voters and items at the mean of their priors."""
        return {
            "ability": np.full(ballots.n_voters, PRIOR_MEAN),
            "log_easiness": np.full(len(ballots.items), PRIOR_MEAN),
            "n_choices": ballots.n_choices,
        }

    def parameters(self, sums: Mapping[str, Any], before: Parameters | None, ballots: Ballots) -> dict[str, Any]:
        """Abilities one step further; easiness as the step found it."""
        ability = np.full(ballots.n_voters, PRIOR_MEAN) if before is None else before["ability"]
        step = (sums["slope"] - (ability - PRIOR_MEAN)) / (sums["curvature"] + 1.0)
        return {
            "ability": ability + np.clip(step, -LONGEST_STEP, LONGEST_STEP),
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
        """Votes by ability and easiness."""
        easiness = np.exp(parameters["log_easiness"][ballots.items])[ballots.item_of_ballot]
        return right_or_other(_logistic(parameters["ability"][ballots.voter] * easiness), ballots, rng)

    def voters(self, parameters: Parameters, sums: Mapping[str, Any], ballots: Ballots) -> dict[str, Floats]:
        """How often right on their items, and ability."""
        votes = ballots.per_voter()
        right = np.divide(sums["chance"], votes, out=np.full(len(votes), np.nan), where=votes > 0)
        return reliability_columns(np.nan_to_num(right, nan=0.5), votes) | {"ability": parameters["ability"]}


def difficulty_step(
    bounds: tuple[int, int], *, ballots: Mapping[str, Any], parameters: Parameters, last: bool
) -> dict[str, Any]:
    """New easiness of each item, and slope and curvature of each ability; with `last` the leading choices."""
    low, high = bounds
    piece = piece_of(bounds, **ballots)
    item = piece.item_of_ballot
    log_easiness = parameters["log_easiness"][low:high]
    ability = parameters["ability"][piece.voter]
    strength = ability * np.exp(log_easiness)[item]
    share = np.full(piece.n_choices, 1 / piece.n_choices)
    belief = believed(piece, piece.per_pair(piece.weighted(strength + np.log(piece.n_choices - 1))), share)
    right = belief.right[piece.pair_of_ballot]
    chance = _logistic(strength)
    found = {
        "right": piece.per_voter(piece.weighted(right)),
        "chance": piece.per_voter(piece.weighted(chance)),
        "evidence": belief.evidence
        - float(piece.weighted(np.logaddexp(0, strength) + np.log(piece.n_choices - 1)).sum()),
    }
    if last:
        return found | {"log_easiness": log_easiness} | leading_pairs(piece, belief.right)
    starts = piece.start[:-1]
    slope = np.add.reduceat(piece.weighted((right - chance) * strength), starts) - (log_easiness - PRIOR_MEAN)
    curvature = np.add.reduceat(piece.weighted(chance * (1 - chance) * strength**2), starts) + 1.0
    log_easiness = log_easiness + np.clip(slope / curvature, -LONGEST_STEP, LONGEST_STEP)
    easiness = np.exp(log_easiness)[item]
    chance = _logistic(ability * easiness)
    return found | {
        "log_easiness": log_easiness,
        "slope": piece.per_voter(piece.weighted((right - chance) * easiness)),
        "curvature": piece.per_voter(piece.weighted(chance * (1 - chance) * easiness**2)),
    }


def _logistic(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -500, 500))), dtype=np.float64)
