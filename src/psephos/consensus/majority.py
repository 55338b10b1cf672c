"""What do most voters say?

The choice of an item is the one with the most weight behind it,

    choice_i = argmax_c sum_v w_v [x_iv = c],        x_iv the choice of voter v on item i, w_v its weight (1),

and the certainty is the probability that it is right under a model in which items differ in difficulty (`vote_split`).
Votes are counted per part of the data, counts are added up, and the model sees only how often each split of votes
occurs; so the verdict is the same however the data are cut, and its cost is one pass over the votes.

Source: the oldest rule there is. Ours: the certainty, and that nothing depends on the order of rows or voters.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.consensus.part_verdicts import PartVerdict, count_votes, joined, part_verdict
from psephos.consensus.vote_split import Counted, VoteSplitModel, fit_vote_split, leader_certainty
from psephos.consensus.voter_weights import in_words, named_weights, weights_of
from psephos.engine import Engine, map_shards
from psephos.errors import InputError, check_choice
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.issues import Issues
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Provenance, command_for, option_name
from psephos.opinions.sharding import Shards
from psephos.opinions.tallies import EQUAL_WEIGHTS, Tally, effective_votes
from psephos.opinions.verdicts import Verdict
from psephos.opinions.vote_splits import merge_splits, splits

TIES = ("first", "none")
RULES = ("plurality", "strict")
_EFFECTIVE_DIGITS = 3


def majority(
    opinions: Opinions | Shards,
    *,
    weights: Mapping[str, float] | None = None,
    ties: str = "first",
    rule: str = "plurality",
    equivalence: Equivalence = "exact",
    engine: int | str | Engine = 1,
    resume: str | os.PathLike[str] | None = None,
) -> Verdict:
    """Take the choice with the most votes on each item.

    Parameters
    ----------
    opinions : Opinions or Shards
        Of kind ``labels``, or ``samples`` (each draw is a vote).
    weights : mapping of str to float, optional
        Weight of each voter, at least 0; voters not named weigh 1. They multiply the weights of the rows, if any.
    ties : {"first", "none"}, default "first"
        What an item gets whose first place is shared: the first of the tied choices in natural order, or none. It is
        flagged ``"tie"`` either way.
    rule : {"plurality", "strict"}, default "plurality"
        ``"strict"``: no choice unless more than half of the weight of all who were asked, abstainers included, is
        behind it. Such items are flagged ``"no majority"`` under either rule.
    equivalence : str or callable, default "exact"
        Which answers are the same; see `psephos.opinions.equivalence`.
    engine : int, str or Engine, default 1
        Where the work runs; see `psephos.engine.map_shards`. The verdict is the same everywhere.
    resume : path, optional
        Folder that keeps each counted part, so that the same call after an interruption counts only the rest.

    Returns
    -------
    Verdict
        The leading choice of each item with its certainty, and how each voter stands to the others.

    Raises
    ------
    InputError
        If the opinions have no choices, no vote counts, a weight is negative or names an unknown voter, or an option is
        unknown.

    See Also
    --------
    psephos.consensus.against_gold : how right the verdict is where the truth is known.

    Examples
    --------
    >>> from psephos.opinions import labels
    >>> verdict = majority(labels(["a", "a", "a", "b", "b"], ["x", "y", "z", "x", "y"], [1, 1, 2, 2, 1]))
    >>> verdict.table().select("item", "choice", "votes", "support", "flags").rows()
    [('a', '1', 3, 2, ''), ('b', '1', 2, 1, 'tie; no majority')]
    """
    check_choice("ties", ties, TIES)
    check_choice("rule", rule, RULES)
    if opinions.kind not in ("labels", "samples"):
        raise InputError(
            "opinions",
            f"majority counts labels or samples, not {opinions.kind}",
            hint="leave the method to decide, which picks one for each kind",
        )
    merged = opinions.merged(equivalence)
    given = named_weights(merged.vocabulary("voter"), weights)
    kept = resume is not None
    parts: Iterator[Any] = map_shards(
        _count_part_to_keep if kept else _count_part,
        merged.parts(engine),
        shared={"opinions": merged, "voter_weight": weights_of(merged.vocabulary("voter"), given)},
        engine=engine,
        label="counting votes",
        resume=resume,
        job={"input": merged.sha256, "weights": given} if kept else None,
    )
    counted = [_CountedPart.from_kept(part) if kept else part for part in parts]
    if not any(part.verdict.votes.any() for part in counted):
        raise _no_vote(counted, given, merged.issues)
    verdicts, model, votes = _with_certainty(counted)
    whole = joined(verdicts, merged)
    flags = whole["flags"]
    undecided = flags["no votes"] | (flags["tie"] & (ties == "none")) | (flags["no majority"] & (rule == "strict"))
    whole["choice"][undecided] = -1
    whole["certainty"][undecided] = np.nan
    options = {"ties": ties, "rule": rule, "equivalence": equivalence}
    if given:
        options["weights"] = in_words(given)
    return Verdict(
        provenance=Provenance(
            "majority",
            {name: option_name(value) for name, value in options.items()},
            merged.source,
            command=command_for("decide", merged.source, {"method": "majority", **options}),
            notes=model.notes(votes),
        ),
        certainty_means=model.certainty_means(votes),
        weights=given,
        flip=partial(_flip, ties=ties, rule=rule),
        settings={"weights": given, "ties": ties, "rule": rule, "equivalence": equivalence},
        **whole,
    )


@dataclass(frozen=True, eq=False)
class _CountedPart:
    """A part whose certainty waits for the splits of all parts.

    `split` and `items_with` are its distinct splits of votes and how many items have each; `effective` the splits that
    its certainty is read from, `which` the one of each item; `chosen` the choices that have a vote.
    """

    verdict: PartVerdict
    chosen: npt.NDArray[np.int64]
    split: npt.NDArray[np.float64]
    items_with: npt.NDArray[np.int64]
    effective: npt.NDArray[np.float64]
    which: npt.NDArray[np.int32]

    def kept(self) -> dict[str, Any]:
        """The same as arrays only, to be kept in a file."""
        own = {name: value for name, value in vars(self).items() if name != "verdict"}
        return {**self.verdict.kept(), **own}

    @classmethod
    def from_kept(cls, kept: Mapping[str, Any]) -> _CountedPart:
        """The part that was kept."""
        own = {field.name: kept[field.name] for field in fields(cls) if field.name != "verdict"}
        return cls(verdict=PartVerdict.from_kept(kept), **own)


def _count_part(
    part: Any, *, opinions: Opinions | Shards, voter_weight: npt.NDArray[np.float64] | None
) -> _CountedPart:
    """Everything that the verdict needs of one part of the data."""
    count = count_votes(part, opinions, voter_weight)
    counted, lead = count.tally, count.lead
    split, items_with, which = splits(counted, counted.votes)
    effective = (split, which) if count.weight is None else _effective_splits(counted)
    cast = counted.cast if count.weight is None else counted.per_item(counted.weight)
    gap = lead.first_weight - lead.second_weight
    return _CountedPart(
        verdict=part_verdict(
            count,
            first=lead.first,
            second=lead.second,
            margin=np.divide(gap, cast, out=np.full(len(cast), np.nan), where=cast > 0),
            certainty=np.full(len(cast), np.nan),
            tie=lead.tied > 1,
        ),
        chosen=np.flatnonzero(np.bincount(counted.choice)),
        split=split,
        items_with=items_with,
        effective=effective[0],
        which=effective[1].astype(np.int32),
    )


def _count_part_to_keep(part: Any, **shared: Any) -> dict[str, Any]:
    """What `_count_part` finds, all of it as arrays."""
    return _count_part(part, **shared).kept()


def _with_certainty(parts: Sequence[_CountedPart]) -> tuple[list[PartVerdict], VoteSplitModel, Counted]:
    """The parts with the certainty of their leaders, computed once for each split; the model and its data."""
    n_choices = max(2, len(np.unique(np.concatenate([part.chosen for part in parts]))))
    split, items, _ = merge_splits([part.split for part in parts], [part.items_with for part in parts])
    voted = split[:, 0] > 0
    model = fit_vote_split(split[voted], items[voted], n_choices)
    votes = split[voted].sum(axis=1), items[voted]
    effective = [part.effective for part in parts]
    split, _, place = merge_splits(effective, [np.ones(len(rows), dtype=np.int64) for rows in effective])
    certainty = np.split(leader_certainty(model, split)[place], np.cumsum([len(rows) for rows in effective])[:-1])
    found = [replace(part.verdict, certainty=of[part.which]) for part, of in zip(parts, certainty, strict=True)]
    return found, model, votes


def _effective_splits(counted: Tally) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Splits of weighted votes, and the split of each item."""
    split, _, which = splits(counted, np.round(effective_votes(counted), _EFFECTIVE_DIGITS))
    return split, which


def _flip(rows: pl.DataFrame, choice: int, choices: pl.Series, *, ties: str, rule: str) -> str:
    """The fewest votes that would change the choice, in words; see `Verdict.flip`."""
    weight = dict(rows.select("code", "weight").iter_rows())
    asked, mine = sum(weight.values()), weight.pop(choice)
    weight.pop(-1, None)
    slack = EQUAL_WEIGHTS * asked
    weighted = bool((rows["weight"] != rows["votes"]).any())
    if ties == "first":
        unvoted = next((code for code in range(choice) if code not in weight), None)
        if unvoted is not None:
            weight[unvoted] = 0.0
        elif not weight and rule != "strict" and abs(mine - round(mine)) <= slack:
            return f"{_more_votes(round(mine), weighted)} for another choice would tie with it"
    name, more = "any other choice", _votes_beyond(mine, slack, reach=ties == "none")
    for code, votes in weight.items():
        needed = _votes_beyond(mine - votes, slack, reach=ties == "none" or code < choice)
        if needed < more or name == "any other choice":
            name, more = repr(choices[code]), needed
    if rule == "strict":
        more = min(more, _votes_beyond(2 * mine - asked, slack, reach=True))
    return f"{_more_votes(more, weighted)} for {name} would change it"


def _votes_beyond(lead: float, slack: float, *, reach: bool) -> int:
    """The fewest votes, at least one, that make more than `lead`, or as many if it is enough to `reach` it."""
    return max(1, math.ceil(lead - slack) if reach else math.floor(lead + slack) + 1)


def _more_votes(more: int, weighted: bool) -> str:
    return f"{more:,} more {'vote' if more == 1 else 'votes'}" + (" of weight 1" if weighted else "")


def _no_vote(parts: Sequence[_CountedPart], weights: Mapping[str, float], issues: Issues) -> InputError:
    """Why there is nothing to decide."""
    found = sum((part.verdict.issues for part in parts), issues)
    if not any(part.verdict.by_voter.any() for part in parts):
        return InputError("opinions", found.explain("no row is left"))
    if weights:
        return InputError("weights", "leave no vote that counts", hint="weigh one voter above 0")
    return InputError(
        "opinions",
        found.explain("every voter abstained on every item, or its vote has no weight"),
        hint="look at the labels, and at the weights",
    )
