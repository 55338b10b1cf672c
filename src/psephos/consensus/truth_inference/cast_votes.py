"""All votes that count as one set of arrays, in an order that depends on nothing but the votes.

Models that are fitted in rounds pass over the votes many times, so these are collected from the parts of the data once
and kept: a few bytes a vote. Votes stand by item (in the order of the items' first rows), within an item by choice, and
within a choice by voter. The votes of one voter for one choice of one item are one ballot, its weight their sum.
Weights count in units of their mean.

The passes of a round go over pieces of items. How these are cut depends on the number of votes alone and what they find
is added up in their order, so a fit is the same to the last bit whatever engine runs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.consensus.part_verdicts import VoteCount
from psephos.engine import Engine, map_shards

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]

PIECES = 16
"""Most pieces that a pass is cut into: each brings home numbers for every voter."""

VOTES_PER_PIECE = 2**16
"""Pieces are not smaller than this."""


@dataclass(frozen=True, eq=False)
class PartBallots:
    """The ballots of one part: see `Ballots`.

    Attributes
    ----------
    item, voter, choice : ndarray of int32, shape (n_votes,)
        Items are places in the part, choices codes of the whole vocabulary.
    weight : ndarray of float64, shape (n_votes,), or None
        None if all weigh 1.
    """

    item: Codes
    voter: Codes
    choice: Codes
    weight: Floats | None


@dataclass(frozen=True, eq=False)
class Ballots:
    """The ballots of all items that have any.

    Attributes
    ----------
    items : ndarray of int64, shape (n_items,)
        Place of each item in the verdict; items without a vote are not among them.
    start : ndarray of int64, shape (n_items + 1,)
        Ballots of item i are those at ``start[i]:start[i + 1]``.
    voter, choice : ndarray of int32, shape (n_ballots,)
        Choice is a place in `used`.
    weight : ndarray of float64, shape (n_ballots,), or None
        None if all weigh 1.
    pair_start : ndarray of int64, shape (n_items + 1,)
        Pairs of item and choice: those of item i are ``pair_start[i]:pair_start[i + 1]``.
    pair_first : ndarray of int64, shape (n_pairs + 1,)
        Ballots of pair p are those at ``pair_first[p]:pair_first[p + 1]``.
    used : ndarray of int32, shape (n_choices,)
        Codes of the choices that have a vote, rising.
    n_voters : int
    count : ndarray of int64, shape (n_ballots,), or None
        How many votes each ballot stands for; None if one each.
    known : ndarray of int32, shape (n_items,), or None
        Place of the known answer of each item in `used`, -1 where it is not known.
    """

    items: Places
    start: Places
    voter: Codes
    choice: Codes
    weight: Floats | None
    pair_start: Places
    pair_first: Places
    used: Codes
    n_voters: int
    count: Places | None = None
    known: Codes | None = None

    @cached_property
    def item_of_ballot(self) -> Places:
        """Item of each ballot."""
        return np.repeat(np.arange(len(self.items)), np.diff(self.start))

    @property
    def n_choices(self) -> int:
        """How many choices an item can have: those in use, at least two."""
        return max(2, len(self.used))

    def __len__(self) -> int:
        return len(self.voter)

    def per_voter(self, values: Floats | None = None) -> Floats:
        """Sum over the ballots of each voter of their weight, or of `values`."""
        values = self.weight if values is None else values
        return np.bincount(self.voter, weights=values, minlength=self.n_voters).astype(np.float64)

    def pieces(self) -> list[tuple[int, int]]:
        """Ranges of items (first, one past the last) with about equally many ballots, whatever the engine."""
        pieces = int(np.clip(len(self) // VOTES_PER_PIECE, 1, PIECES))
        bounds = np.searchsorted(self.start, np.linspace(0, len(self), pieces + 1)[1:-1])
        return list(pairwise([0, *np.unique(bounds).tolist(), len(self.items)]))

    def shared(self) -> dict[str, Any]:
        """The arrays by name, as they are shared with the pieces of a pass; `piece_of` cuts one out."""
        names = ("start", "voter", "choice", "weight", "pair_start", "pair_first", "known")
        return {name: getattr(self, name) for name in names} | {"n_choices": self.n_choices, "n_voters": self.n_voters}


@dataclass(frozen=True, eq=False)
class Piece:
    """The ballots of a range of items; made by `piece_of`.

    Fields are those of `Ballots`, but items, ballots and pairs are counted from the start of the piece; choices and
    voters are those of all.
    """

    start: Places
    voter: Codes
    choice: Codes
    weight: Floats | None
    pair_start: Places
    pair_first: Places
    known: Codes | None
    n_choices: int
    n_voters: int

    @property
    def item_of_ballot(self) -> Places:
        """Item of each ballot."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    @property
    def item_of_pair(self) -> Places:
        """Item of each pair."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.pair_start))

    @property
    def pair_of_ballot(self) -> Places:
        """Pair of each ballot."""
        return np.repeat(np.arange(len(self.pair_first) - 1), np.diff(self.pair_first))

    @property
    def pair_choice(self) -> Codes:
        """Choice of each pair."""
        return self.choice[self.pair_first[:-1]]

    def per_voter(self, values: Floats | None) -> Floats:
        """Sum of values of the ballots over those of each voter."""
        return np.bincount(self.voter, weights=values, minlength=self.n_voters).astype(np.float64)

    def per_pair(self, values: Floats) -> Floats:
        """Sum of values of the ballots (rows, if there are several columns) over those of each pair."""
        return np.add.reduceat(values, self.pair_first[:-1], axis=0)

    def weighted(self, values: Floats) -> Floats:
        """Values of the ballots times their weights."""
        return values if self.weight is None else values * self.weight


def ballots_of_part(count: VoteCount) -> PartBallots:
    """The votes of a part that count, with the weights of rows times those of voters, in the unit of `count_votes`."""
    votes = count.votes
    choice = votes.codes(votes.value)
    counts = count.tally.pair >= 0
    item, voter, choice = votes.codes("item")[counts], votes.codes("voter")[counts], choice[counts]
    weight = None if count.weight is None else count.weight[counts]
    return PartBallots(item, voter, choice, weight)


def ballots_of(parts: Sequence[PartBallots], rows: Sequence[Places], n_voters: int) -> Ballots:
    """The ballots of all parts together.

    Parameters
    ----------
    parts : sequence of PartBallots
    rows : sequence of ndarray of int64
        First rows of the items of each part; items come out in the order of these.
    n_voters : int

    Returns
    -------
    Ballots
        Votes of one voter for one choice of one item are one ballot; weights are in units of their mean.
    """
    row = np.concatenate(rows)
    place_of = np.empty(len(row), dtype=np.int64)
    place_of[np.argsort(row, kind="stable")] = np.arange(len(row))
    offset = np.concatenate([[0], np.cumsum([len(part) for part in rows])[:-1]])
    item = np.concatenate([place_of[part.item.astype(np.int64) + at] for part, at in zip(parts, offset, strict=True)])
    voter = np.concatenate([part.voter for part in parts])
    choice = np.concatenate([part.choice for part in parts])
    weights = [np.ones(len(part.voter)) if part.weight is None else part.weight for part in parts]
    plain = all(part.weight is None for part in parts)
    used = np.unique(choice)
    choice = np.searchsorted(used, choice).astype(np.int32)
    order = np.argsort(_one_number(item, choice, voter, len(used), n_voters), kind="stable")
    item, voter, choice, weight = item[order], voter[order], choice[order], np.concatenate(weights)[order]
    repeated = (item[1:] == item[:-1]) & (choice[1:] == choice[:-1]) & (voter[1:] == voter[:-1])
    count = None
    if repeated.any():
        first = np.flatnonzero(np.concatenate([[True], ~repeated]))
        count = np.diff(np.append(first, len(item)))
        weight, plain = np.add.reduceat(weight, first), False
        item, voter, choice = item[first], voter[first], choice[first]
    if not plain:
        weight = weight / weight.max()
        weight /= weight.mean()
    items, first = np.unique(item, return_index=True)
    start = np.append(first, len(item)).astype(np.int64)
    changes = np.ones(len(item) + 1, dtype=bool)
    changes[1:-1] = (choice[1:] != choice[:-1]) | (item[1:] != item[:-1])
    pair_first = np.flatnonzero(changes)
    return Ballots(
        items=items,
        start=start,
        voter=voter,
        choice=choice,
        weight=None if plain else weight,
        pair_start=np.searchsorted(pair_first, start),
        pair_first=pair_first,
        used=used.astype(np.int32),
        n_voters=n_voters,
        count=count,
    )


def piece_of(
    bounds: tuple[int, int],
    *,
    start: Places,
    voter: Codes,
    choice: Codes,
    weight: Floats | None,
    pair_start: Places,
    pair_first: Places,
    known: Codes | None,
    n_choices: int,
    n_voters: int,
) -> Piece:
    """Cut a piece out of the shared arrays; views, not copies, but for the three that are counted anew.

    Parameters
    ----------
    bounds : tuple of int
        First item, and one past the last.
    start, voter, choice, weight, pair_start, pair_first, known, n_choices, n_voters
        As `Ballots.shared` gives them.
    """
    low, high = bounds
    first, last = int(start[low]), int(start[high])
    first_pair, last_pair = int(pair_start[low]), int(pair_start[high])
    return Piece(
        start=start[low : high + 1] - first,
        voter=voter[first:last],
        choice=choice[first:last],
        weight=None if weight is None else weight[first:last],
        pair_start=pair_start[low : high + 1] - first_pair,
        pair_first=pair_first[first_pair : last_pair + 1] - first,
        known=None if known is None else known[low:high],
        n_choices=n_choices,
        n_voters=n_voters,
    )


def pass_over(
    function: Callable[..., dict[str, Any]], ballots: Ballots, engine: Engine, **parameters: Any
) -> Iterator[dict[str, Any]]:
    """Apply a function to all pieces: ``function(bounds, ballots=..., **parameters)``, results in their order."""
    shared = {"ballots": ballots.shared(), **parameters}
    return map_shards(function, ballots.pieces(), shared=shared, engine=engine)


def added_up(found: Iterator[Mapping[str, Any]], kept: tuple[str, ...] = ()) -> dict[str, Any]:
    """The results of all pieces as one.

    Parameters
    ----------
    found : iterator of mapping
        What a step gave for each piece, in their order.
    kept : tuple of str
        Names whose arrays, per item or ballot, are put one after the other; all others are added.

    Examples
    --------
    >>> parts = [{"right": 1.0, "sure": np.array([0.9])}, {"right": 2.0, "sure": np.array([0.6, 0.7])}]
    >>> found = added_up(iter(parts), ("sure",))
    >>> found["right"], found["sure"].tolist()
    (3.0, [0.9, 0.6, 0.7])
    """
    sums: dict[str, Any] = {}
    lists: dict[str, list[Any]] = {name: [] for name in kept}
    for part in found:
        for name, value in part.items():
            if name in lists:
                lists[name].append(value)
            else:
                sums[name] = sums[name] + value if name in sums else value
    return sums | {name: np.concatenate(values) for name, values in lists.items()}


def known_answers(items: pl.Series, ballots: Ballots, choices: pl.Series, gold: Mapping[str, str]) -> Codes | None:
    """Place in `Ballots.used` of the known answer of each item with ballots.

    Parameters
    ----------
    items : polars.Series
        Names of all items.
    ballots : Ballots
    choices : polars.Series
        Names of all choices.
    gold : mapping of str to str
        Known answers by item.

    Returns
    -------
    ndarray of int32, shape (n_items,), or None
        -1 where nothing is known, or where the answer is one that nobody gave; None without known answers.
    """
    if not gold:
        return None
    place = {choices[int(code)]: place for place, code in enumerate(ballots.used)}
    names = items.gather(ballots.items)
    return np.array([place.get(gold.get(name, ""), -1) for name in names], dtype=np.int32)


def _one_number(item: Places, choice: Codes, voter: Codes, n_choices: int, n_voters: int) -> Places:
    """Item, choice and voter as one number that sorts like them; three sorts where it would be too large."""
    n_items = int(item.max(initial=0)) + 1
    if n_items * n_choices * n_voters < 2**62:
        return (item * n_choices + choice) * n_voters + voter
    rank = np.empty(len(item), dtype=np.int64)
    rank[np.lexsort((voter, choice, item))] = np.arange(len(item))
    return rank
