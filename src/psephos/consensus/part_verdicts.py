"""What do the votes of one part of the data say of its items, and all parts together?

Votes are counted part by part; a part holds all votes on its items. Whatever method chooses, the facts beside its
choice are the same: votes and support, flags, and how each voter stands among the others. These are whole numbers, so
that parts add up exactly.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.opinions.issues import Issues
from psephos.opinions.model import Opinions
from psephos.opinions.packing import pack, pack_issues, unpack, unpack_issues
from psephos.opinions.sharding import Shards
from psephos.opinions.tallies import Leaders, Tally, is_ahead, leaders, standings, tally
from psephos.statistics import wilson_interval

FLAGS = ("tie", "no majority", "single vote", "no votes")
"""What can be odd about the votes on an item, whatever the method."""

LARGEST_EXPONENT = 300
"""Weights whose largest lies beyond 2 to this power, or below its inverse, are scaled by a power of two."""


@dataclass(frozen=True, eq=False)
class VoteCount:
    """The votes of one part, counted: what every method starts from.

    Attributes
    ----------
    votes : Opinions
        The part.
    row : ndarray of int64, shape (n_items,)
        First row of each item in the whole of the data.
    weight : ndarray of float64, shape (n_rows,), or None
        Weight of each row; None if all weigh 1.
    tally : Tally
        Votes per item and choice; a vote of weight 0 is not in it.
    lead : Leaders
        The choices with most weight.
    """

    votes: Opinions
    row: npt.NDArray[np.int64]
    weight: npt.NDArray[np.float64] | None
    tally: Tally
    lead: Leaders


@dataclass(frozen=True, eq=False)
class PartVerdict:
    """The verdict on the items of one part; arrays have one entry per item, see `Verdict`.

    Attributes
    ----------
    items : polars.Series of String
    issues : Issues
    by_voter : ndarray of int64, shape (4, n_voters)
        Votes given, abstentions, items compared with the others, twice the items on which the others lead with its
        choice; sharing the lead counts half.
    flags : ndarray of uint8
        One bit for each of `FLAGS`.
    """

    items: pl.Series
    issues: Issues
    by_voter: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]
    first: npt.NDArray[np.int32]
    second: npt.NDArray[np.int32]
    margin: npt.NDArray[np.float64]
    certainty: npt.NDArray[np.float64]
    votes: npt.NDArray[np.int32]
    support: npt.NDArray[np.int32]
    flags: npt.NDArray[np.uint8]

    def kept(self) -> dict[str, Any]:
        """The same as arrays and bytes only, by field, to be kept in a file of a run that can be resumed."""
        return {
            **{field.name: getattr(self, field.name) for field in dataclasses.fields(self)},
            "items": pack(self.items.to_frame()),
            "issues": pack_issues(self.issues),
        }

    @classmethod
    def from_kept(cls, kept: Mapping[str, Any]) -> PartVerdict:
        """The part that was kept."""
        fields = {field.name: kept[field.name] for field in dataclasses.fields(cls)}
        return cls(**{**fields, "items": unpack(kept["items"]).to_series(), "issues": unpack_issues(kept["issues"])})


def count_votes(
    part: Any, opinions: Opinions | Shards, voter_weight: npt.NDArray[np.float64] | None = None
) -> VoteCount:
    """Count the votes of one part.

    Parameters
    ----------
    part
        One of ``opinions.parts()``.
    opinions : Opinions or Shards
    voter_weight : ndarray of float64, shape (n_voters,), optional
        Weight of each voter; multiplies the weights of the rows.
    """
    votes, row = opinions.load(part)
    voter, choice = votes.codes("voter"), votes.codes(votes.value)
    weight = votes.weights()
    # A method may read weights as they were given, 1 being a whole vote; only sums out of range are brought back, those
    # of all parts by the same power of two.
    of_rows = int(np.frexp(opinions.largest_weight)[1])
    of_voters = 0 if voter_weight is None else int(np.frexp(voter_weight.max(initial=0.0))[1])
    if abs(of_rows + of_voters) <= LARGEST_EXPONENT:
        of_rows = of_voters = 0
    if weight is not None:
        weight = np.ldexp(weight, -of_rows)
    if voter_weight is not None:
        weight = np.ldexp(voter_weight, -of_voters)[voter] * (1.0 if weight is None else weight)
    if weight is not None:
        choice = np.where(weight > 0, choice, np.int32(-1))
    counted = tally(votes.codes("item"), choice, votes.size("item"), votes.size(votes.value), weight)
    return VoteCount(votes, row, weight, counted, leaders(counted))


def part_verdict(
    count: VoteCount,
    *,
    first: npt.NDArray[np.int32],
    second: npt.NDArray[np.int32],
    margin: npt.NDArray[np.float64],
    certainty: npt.NDArray[np.float64],
    tie: npt.NDArray[np.bool_],
) -> PartVerdict:
    """The verdict of a method on one part, with the facts that do not depend on the method.

    Parameters
    ----------
    count : VoteCount
    first, second : ndarray of int32, shape (n_items,)
        What the method chose, and what comes behind it; -1 for nothing.
    margin, certainty : ndarray of float64, shape (n_items,)
    tie : ndarray of bool, shape (n_items,)
        Where the method found the first place shared.
    """
    votes, counted, lead = count.votes, count.tally, count.lead
    n_items, n_voters = votes.size("item"), votes.size("voter")
    number = counted.cast.astype(np.int32)
    voter, choice = votes.codes("voter"), votes.codes(votes.value)
    silent = np.flatnonzero(choice < 0)
    asked = counted.cast.copy() if count.weight is None else counted.per_item(counted.weight)
    if len(silent):
        weight = None if count.weight is None else count.weight[silent]
        asked += np.bincount(votes.codes("item")[silent], weights=weight, minlength=n_items)
    no_majority = (number > 0) & ~is_ahead(2 * lead.first_weight, asked, of=asked)
    flags = np.zeros(n_items, dtype=np.uint8)
    for bit, odd in enumerate((tie, no_majority, number == 1, number == 0)):
        flags |= odd.astype(np.uint8) << np.uint8(bit)
    alone, behind, level, ahead = standings(counted, lead, voter, n_voters, count.weight).T
    abstentions = np.bincount(voter[silent], minlength=n_voters)
    if count.weight is None:
        given = alone + behind + level + ahead
    else:  # a vote without weight is given, and stands nowhere
        given = np.bincount(voter, minlength=n_voters) - abstentions
    return PartVerdict(
        items=votes.vocabulary("item"),
        issues=votes.issues,
        by_voter=np.stack([given, abstentions, behind + level + ahead, level + 2 * ahead]),
        row=count.row,
        first=first,
        second=second,
        margin=margin,
        certainty=certainty,
        votes=number,
        support=counted.votes_for(first).astype(np.int32),
        flags=flags,
    )


def joined(parts: Sequence[PartVerdict], opinions: Opinions | Shards) -> dict[str, Any]:
    """The fields of a `Verdict` that the parts hold together, items in the order of their first rows.

    Examples
    --------
    >>> from psephos.opinions import labels
    >>> votes = labels(["b", "a", "a"], ["x", "x", "y"], [1, 1, 1])
    >>> count = count_votes(votes.parts(1)[0], votes)
    >>> none, unsure = np.zeros(2, bool), np.full(2, 0.5)
    >>> part = part_verdict(
    ...     count, first=count.lead.first, second=count.lead.second, margin=unsure, certainty=unsure, tie=none
    ... )
    >>> joined([part], votes)["items"].to_list(), joined([part], votes)["support"]
    (['b', 'a'], array([1, 2], dtype=int32))
    """
    items = pl.concat([part.items for part in parts]).alias("item")
    order = order_of_items(parts)

    def whole(name: str) -> npt.NDArray[Any]:
        return in_item_order([getattr(part, name) for part in parts], order)

    items = items if order is None else items.gather(order)
    issues = sum((part.issues for part in parts), opinions.issues)
    if isinstance(opinions, Shards):
        issues += opinions.issues_with(items)
    flags = whole("flags")
    return {
        "opinions": opinions,
        "items": items,
        "choices": opinions.vocabulary(opinions.value),
        "choice": whole("first"),
        "runner_up": whole("second"),
        **{name: whole(name) for name in ("certainty", "margin", "votes", "support")},
        "flags": {name: (flags & (1 << bit)).astype(bool) for bit, name in enumerate(FLAGS)},
        "voters": voter_table(opinions, np.sum([part.by_voter for part in parts], axis=0)),
        "issues": issues.in_order(),
    }


def order_of_items(parts: Sequence[PartVerdict]) -> npt.NDArray[np.intp] | None:
    """The order in which `joined` puts the items of all parts, that of their first rows; None if they stand in it."""
    row = np.concatenate([part.row for part in parts])
    return np.argsort(row, kind="stable") if np.any(row[1:] < row[:-1]) else None


def in_item_order(values: Sequence[npt.NDArray[Any]], order: npt.NDArray[np.intp] | None) -> npt.NDArray[Any]:
    """Values of the items of all parts as one array, in the order of `order_of_items`."""
    whole = np.concatenate(values)
    return whole if order is None else whole[order]


def voter_table(opinions: Opinions | Shards, by_voter: npt.NDArray[np.int64]) -> pl.DataFrame:
    """One row per voter that took part: voter, group, votes, abstentions, compared, agreement, low, high.

    `agreement` is the share of the compared items on which the others lead with its choice, with its Wilson interval.
    """
    present = by_voter[:2].any(axis=0)
    votes, abstentions, compared, ahead = by_voter[:, present]
    agreement = np.divide(ahead / 2, compared, out=np.full(len(votes), np.nan), where=compared > 0)
    low, high = wilson_interval(ahead / 2, compared)
    names = opinions.vocabulary("voter").filter(pl.Series(present))
    table = pl.DataFrame(
        {
            "voter": names,
            "votes": votes,
            "abstentions": abstentions,
            "compared": compared,
            "agreement": pl.Series(agreement, nan_to_null=True),
            "low": pl.Series(np.where(compared > 0, low, np.nan), nan_to_null=True),
            "high": pl.Series(np.where(compared > 0, high, np.nan), nan_to_null=True),
        }
    )
    group = opinions.about.column("voters", "group", names)
    return table if group is None else table.insert_column(1, group.alias("group"))
