"""What do voters say whose weights are given, also negative ones?

The choice of an item is the answer with the largest score, the sum of the weights of those who gave it; a source with a
negative weight counts against what it says. Where the best score is not above 0, or its lead is too small, nothing is
chosen: better no answer than one that nobody trusted stands behind. Of equal scores the answer of the earliest source
is taken and the item flagged.

The certainty is a posterior under one coin per source (`coin_certainty`) where the sources were learnt; where only
weights are known it is a share (see `certainty_means` of the verdict).

Source: sheet 16 (weighted majority vote). Ours: the certainty, and that it abstains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.consensus.ballots import FREE, Ballots, Floats, Whole, ballots, largest, winners
from psephos.consensus.known_answers import known_codes
from psephos.consensus.part_verdicts import (
    PartVerdict,
    count_votes,
    in_item_order,
    joined,
    order_of_items,
    part_verdict,
)
from psephos.consensus.sources.coin_certainty import posterior
from psephos.consensus.sources.verdict import SourceVerdict, WeightedVerdict, without_whom
from psephos.consensus.sources.weights import log_odds
from psephos.engine import Engine, map_shards
from psephos.errors import InputError, check_number
from psephos.opinions.coding import text_of
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Provenance, option_name
from psephos.opinions.sharding import Shards, check_opinions
from psephos.opinions.tallies import EQUAL_WEIGHTS

EXTRA_FLAGS = ("no trusted source", "known", "small lead")
"""What can be odd about a weighted vote beside what can be odd about any."""

SHARE_MEANS = "share of the positive scores on the item that stands behind the choice; no probability of being right"
COIN_MEANS = (
    "probability that the choice is right, if each source is right with its own reliability whatever the item and "
    "sources err independently; sources that copy from each other make it too high"
)


def weighted_vote(
    opinions: Opinions | Shards,
    weights: Mapping[str, float] | SourceVerdict,
    *,
    min_lead: float = 0.0,
    equivalence: Equivalence = "exact",
    engine: int | str | Engine = 1,
) -> WeightedVerdict:
    """Take the answer with the largest sum of weights on each item, or none.

    Parameters
    ----------
    opinions : Opinions or Shards
        Of kind ``labels``.
    weights : mapping of str to float, or SourceVerdict
        Weight of each source, of either sign; sources not named weigh 0. A `SourceVerdict` on other items brings its
        weights, and reliabilities for the certainty.
    min_lead : float, default 0
        An item whose best score leads by less has no choice.
    equivalence : str or callable, default "exact"
        Which answers are the same; see `psephos.opinions.equivalence`.
    engine : int, str or Engine, default 1
        Where the work runs; see `psephos.engine.map_shards`.

    Returns
    -------
    WeightedVerdict
        Items whose best score is not above 0 are flagged ``"no trusted source"``, those with too small a lead ``"small
        lead"``; neither has a choice.

    Raises
    ------
    InputError
        If the opinions are no labels, a weight is not finite, no weight is that of a voter, or `min_lead` is negative.

    See Also
    --------
    psephos.consensus.source_reliability : learn the weights.
    psephos.consensus.choose_sources : which sources to ask.

    Examples
    --------
    >>> from psephos.opinions import labels
    >>> said = labels(["q"] * 4, ["a", "b", "c", "d"], ["Paris", "paris.", "Lyon", None])
    >>> verdict = weighted_vote(said, {"a": 1, "b": 0.5, "c": 1.4, "d": 9}, equivalence="text")
    >>> verdict.table().select("choice", "score", "lead").row(0)
    ('Paris', 1.5, 0.10000000000000009)
    """
    check_labels(opinions, "weighted_vote")
    floor = check_number("min_lead", min_lead, low=0)
    merged = opinions.merged(equivalence)
    voters = merged.vocabulary("voter")
    learnt = weights if isinstance(weights, SourceVerdict) else None
    given = _given(weights)
    if not any(name in given for name in voters):
        raise InputError("weights", "name none of the voters", hint="its keys are voters as the opinions name them")
    weight = np.array([given.get(name, 0.0) for name in voters])
    odds = None if learnt is None else _odds_of(learnt, voters)
    parts = list(
        map_shards(
            vote_part,
            merged.parts(engine),
            shared={
                "opinions": merged,
                "weight": weight,
                "odds": odds,
                "classes": 2.0 if learnt is None else learnt.classes,
                "floor": floor,
            },
            engine=engine,
            label="weighing votes",
        )
    )
    options = {
        "weights": "learnt" if learnt is not None else f"{len(given)} given",
        "min_lead": floor,
        "equivalence": option_name(equivalence),
    }
    return WeightedVerdict(
        provenance=Provenance("weighted vote", options, merged.source),
        certainty_means=SHARE_MEANS if learnt is None else COIN_MEANS,
        **weighted_fields(parts, merged, weight),
    )


@dataclass(frozen=True, eq=False)
class VotedPart:
    """The verdict on one part by weights.

    Attributes
    ----------
    verdict : PartVerdict
        Choices and the facts beside them.
    score, runner_up_score : ndarray of float64, shape (n_items,)
        Sum of the weights behind the best and the next answer; 0 where there is none.
    odd : ndarray of uint8, shape (n_items,)
        One bit for each of `EXTRA_FLAGS`, the lowest for the first.
    """

    verdict: PartVerdict
    score: Floats
    runner_up_score: Floats
    odd: npt.NDArray[np.uint8]


def vote_part(
    part: Any,
    *,
    opinions: Opinions | Shards,
    weight: Floats,
    odds: Floats | None,
    classes: float,
    known: pl.DataFrame | None = None,
    floor: float | None = None,
) -> VotedPart:
    """The verdict on one part.

    Parameters
    ----------
    part
        One of ``opinions.parts()``.
    opinions : Opinions or Shards
    weight : ndarray of float64, shape (n_sources,)
    odds : ndarray of float64, shape (n_sources,), or None
        Log-odds of the sources for the certainty; None for a share of the scores.
    classes : float
        Number of possible answers.
    known : polars.DataFrame, optional
        item, code of answers that are known.
    floor : float, optional
        Smallest lead of a choice, whose score must then be above 0 too; None chooses always.
    """
    count = count_votes(part, opinions)
    found = ballots(count, known)
    score = found.scores(weight)
    first, second, tied = winners(found, score, largest(weight))
    choice = _at(found.choice, first, np.int32(-1))
    told = np.zeros(found.n_items, dtype=bool)
    if found.fixed is not None and known is not None:
        told = found.fixed != FREE
        second = np.where(told & (found.fixed != first), first, second)
        first = np.where(told, np.maximum(found.fixed, FREE), first)
        choice = np.where(told, known_codes(count.votes.vocabulary("item"), known), choice)
    best, behind = _at(score, first, np.float64(0)), _at(score, second, np.float64(0))
    sizes = found.per_item(np.bincount(found.pair, weights=np.abs(found.own(weight)), minlength=len(score)))
    margin = np.divide(best - behind, sizes, out=np.full(len(best), np.nan), where=sizes > 0)
    likely = _shares(found, score) if odds is None else posterior(found, odds, classes)
    certainty = _at(likely, first, np.float64(np.nan))
    certainty[told] = 1.0
    trusted = np.zeros(found.n_items, dtype=bool)
    trusted[found.item[found.pair[found.own(weight) > 0]]] = True
    odd = np.stack([(first >= 0) & ~told & ~trusted, told, np.zeros(found.n_items, dtype=bool)])
    if floor is not None:
        odd[0] = (first >= 0) & ~(best > 0)
        odd[2] = (first >= 0) & ~odd[0] & (best - behind < floor - EQUAL_WEIGHTS * largest(weight))
        choice = np.where(odd[0] | odd[2], np.int32(-1), choice)
        certainty = np.where(choice >= 0, certainty, np.nan)
    verdict = part_verdict(
        count,
        first=choice,
        second=_at(found.choice, second, np.int32(-1)),
        margin=margin,
        certainty=certainty,
        tie=tied & ~told,
    )
    return VotedPart(verdict, best, behind, (odd << np.arange(len(odd))[:, None]).sum(axis=0).astype(np.uint8))


def weighted_fields(parts: Sequence[VotedPart], opinions: Opinions | Shards, weight: Floats) -> dict[str, Any]:
    """The fields of a `WeightedVerdict` that the parts hold together, by name.

    Parameters
    ----------
    parts : sequence of VotedPart
        In any order; items come out in the order of their first rows.
    opinions : Opinions or Shards
        What was voted on.
    weight : ndarray of float64, shape (n_voters,)
        Of each voter.
    """
    verdicts = [part.verdict for part in parts]
    order = order_of_items(verdicts)

    def whole(name: str) -> npt.NDArray[Any]:
        return in_item_order([getattr(part, name) for part in parts], order)

    fields, odd = joined(verdicts, opinions), whole("odd")
    names = opinions.vocabulary("voter").to_list()
    by_name = dict(zip(names, weight.tolist(), strict=True))
    extra = {name: (odd & (1 << bit)).astype(bool) for bit, name in enumerate(EXTRA_FLAGS)}
    return fields | {
        "flags": {**fields["flags"], **extra},
        "score": whole("score"),
        "runner_up_score": whole("runner_up_score"),
        "weights": by_name,
        "flip": partial(without_whom, weights=by_name, order={name: place for place, name in enumerate(names)}),
    }


def check_labels(opinions: object, method: str) -> None:
    """Refuse what is not one answer of each source to each item."""
    check_opinions(opinions)
    if isinstance(opinions, (Opinions, Shards)) and opinions.kind != "labels":
        raise InputError("opinions", f"{method} weighs labels, not {opinions.kind}")


def _given(weights: Mapping[str, float] | SourceVerdict) -> dict[str, float]:
    if isinstance(weights, SourceVerdict):
        return dict(zip(weights.sources["voter"], weights.weight.tolist(), strict=True))
    return {text_of(name, "weights") or "": check_number("weights", value) for name, value in weights.items()}


def _odds_of(learnt: SourceVerdict, voters: pl.Series) -> Floats:
    """Log-odds of the voters; 0 for those that are not known."""
    odds = log_odds(learnt.sources["accuracy"].to_numpy(), learnt.classes)
    odds = np.where(np.sign(odds) == np.sign(learnt.weight), odds, 0.0)
    by_name = dict(zip(learnt.sources["voter"], odds.tolist(), strict=True))
    return np.array([by_name.get(name, 0.0) for name in voters])


def _at(values: npt.NDArray[Any], place: Whole, nothing: Any) -> npt.NDArray[Any]:
    """Values at these places, `nothing` where the place is -1."""
    return np.append(values, nothing)[place]


def _shares(found: Ballots, score: Floats) -> Floats:
    """Share of each pair of the positive scores on its item."""
    positive = np.maximum(score, 0.0)
    whole = found.per_item(positive)[found.item]
    return np.divide(positive, whole, out=np.zeros(len(whole)), where=whole > 0)
