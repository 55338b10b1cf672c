"""Who said what about which item, and in which order or on which scale do the things said stand?

Every coefficient starts from the same columns, whatever came in: opinions with choices, opinions with scores, a matrix
of codes (whole numbers, -1 where a voter took no part) or a matrix of values (floats, NaN where it took no part).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_codes, check_floats
from psephos.opinions.model import Opinions
from psephos.opinions.sharding import Shards
from psephos.opinions.vote_splits import distinct

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]
Votes = Opinions | npt.ArrayLike
"""Opinions with choices or scores, or an aligned matrix (n_items, n_voters) of codes or values."""


@dataclass(frozen=True, eq=False)
class Levels:
    """The different things that were said, in order.

    Attributes
    ----------
    numbers : ndarray of float64, shape (n_levels,)
        Number of each level; its place in the order where the levels are texts.
    names : polars.Series of String, or None
        The texts; None where the levels are numbers to begin with.
    places : ndarray of int64, shape (n_levels,)
        Row of each level in a matrix of distances: its code, or its place in the order.
    numeric : bool
        Whether `numbers` were said, and are not mere places.
    """

    numbers: Floats
    places: npt.NDArray[np.int64]
    names: pl.Series | None = None
    numeric: bool = True

    def __len__(self) -> int:
        return len(self.numbers)

    def at(self, codes: npt.NDArray[np.integer]) -> Levels:
        """The levels at these codes."""
        names = None if self.names is None else self.names.gather(codes)
        return Levels(self.numbers[codes], self.places[codes], names, self.numeric)

    def on_scale(self, compared: npt.NDArray[np.bool_]) -> Levels:
        """The same with the number of a level that is compared with no other put among the rest: it sets no scale."""
        if compared.all() or not compared.any():
            return self
        return replace(self, numbers=np.where(compared, self.numbers, self.numbers[np.argmax(compared)]))

    def text(self, code: int) -> str:
        """What the level is called."""
        return f"{self.numbers[code]:g}" if self.names is None else repr(self.names[code])


@dataclass(frozen=True, eq=False)
class Ratings:
    """One row per vote; abstentions are left out.

    Attributes
    ----------
    item, voter, level : ndarray of int32, shape (n_votes,)
        Codes; `level` is a place in `levels`, all of which occur.
    n_items, n_voters : int
    levels : Levels
    """

    item: Codes
    voter: Codes
    level: Codes
    n_items: int
    n_voters: int
    levels: Levels
    items: pl.Series | None = None
    voters: pl.Series | None = None

    @property
    def voter_names(self) -> pl.Series:
        """Names of the voters, or their places in the matrix."""
        return pl.Series(map(str, range(self.n_voters)), dtype=pl.String) if self.voters is None else self.voters

    @property
    def item_names(self) -> pl.Series:
        """Names of the items, or their places in the matrix."""
        return pl.Series(map(str, range(self.n_items)), dtype=pl.String) if self.items is None else self.items

    @cached_property
    def votes_on(self) -> npt.NDArray[np.int64]:
        """Votes on each item, shape (n_items,)."""
        return np.bincount(self.item, minlength=self.n_items)

    @cached_property
    def votes_by(self) -> npt.NDArray[np.int64]:
        """Votes of each voter, shape (n_voters,)."""
        return np.bincount(self.voter, minlength=self.n_voters)

    def without(self, voter: int) -> Ratings:
        """The votes of all others; items, voters and levels keep their codes."""
        keep = self.voter != voter
        return Ratings(self.item[keep], self.voter[keep], self.level[keep], self.n_items, self.n_voters, self.levels)

    def complete(self) -> tuple[Floats, npt.NDArray[np.int64]]:
        """Numbers on the items that all voters judged, shape (n_complete, n_voters), and these items.

        Raises
        ------
        InputError
            If a voter has several votes on one item.
        """
        voted = self.votes_by > 0
        column = np.cumsum(voted) - 1
        full = np.flatnonzero(self.votes_on == voted.sum()) if voted.any() else np.empty(0, np.int64)
        place = np.full(self.n_items, -1)
        place[full] = np.arange(len(full))
        inside = place[self.item] >= 0
        cell = place[self.item[inside]] * int(voted.sum()) + column[self.voter[inside]]
        if np.bincount(cell).max(initial=0) > 1:
            raise InputError(
                "votes",
                "a voter has several votes on one item; this coefficient takes one",
                hint="keep one vote of each voter on each item",
            )
        table = np.empty(len(full) * int(voted.sum()))
        table[cell] = self.levels.numbers[self.level[inside]]
        return table.reshape(len(full), int(voted.sum())), full


def ratings_of(votes: Votes | Ratings, order: Sequence[str] | None = None) -> Ratings:
    """The votes as columns.

    Parameters
    ----------
    votes : Opinions, or array_like of shape (n_items, n_voters)
    order : sequence of str, optional
        The labels from the lowest to the highest; natural order if not given.

    Raises
    ------
    InputError
        If the opinions have neither choices nor scores, the matrix is none, or `order` lacks a label.

    Examples
    --------
    >>> found = ratings_of([[3, 3], [5, -1]])
    >>> found.item.tolist(), found.voter.tolist(), found.levels.numbers.tolist()
    ([0, 0, 1], [0, 1, 0], [3.0, 5.0])
    """
    if isinstance(votes, Ratings):
        return votes
    if isinstance(votes, Opinions):
        return _of_opinions(votes, order)
    if order is not None:
        raise InputError("order", "is for opinions with labels; codes and values stand in order already")
    try:
        matrix = np.asanyarray(votes)  # a mask stays, and is read as missing below
        if matrix.dtype.kind == "O":
            matrix = np.asanyarray(votes, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InputError("votes", "must be a matrix of codes or values, one row per item") from None
    if matrix.dtype.kind == "f":
        table = check_floats("votes", matrix, ndim=2, missing=True)
        row, column = np.nonzero(~np.isnan(table))
        numbers, level = np.unique(table[row, column], return_inverse=True)
        levels = Levels(numbers, np.arange(len(numbers)))
    else:
        codes = check_codes("votes", votes)
        row, column = np.nonzero(codes >= 0)
        used, level = distinct(codes[row, column])
        levels = Levels(used.astype(np.float64), used.astype(np.int64))
    return _ratings(row, column, level, matrix.shape[0], matrix.shape[1], levels)


def level_of_choices(choices: pl.Series, order: Sequence[str] | None) -> Levels:
    """The levels that a vocabulary of choices stands for, one for each code.

    Labels that read as numbers are taken at their number where a metric needs one; otherwise levels are codes.
    """
    if order is not None:
        wanted = list(map(str, order))
        if len(set(wanted)) < len(wanted):
            raise InputError("order", "names a label twice")
        place = dict(zip(wanted, range(len(wanted)), strict=True))
        places = np.array([place.get(name, -1) for name in choices], dtype=np.int64)
        return Levels(places.astype(np.float64), places, choices, numeric=False)
    places = np.arange(len(choices))
    numbers = choices.cast(pl.Float64, strict=False)
    numeric = not numbers.null_count() and bool(numbers.is_finite().all())
    values = numbers.to_numpy().astype(np.float64) if numeric else places.astype(np.float64)
    return Levels(values, places, choices, numeric)


def check_order(levels: Levels) -> None:
    """Refuse an order that lacks a label which occurs.

    An order lists all labels from the lowest to the highest; those that nobody used may stand in it.
    """
    lacking = np.flatnonzero(levels.places < 0)
    if len(lacking):
        raise InputError("order", f"lacks the label {levels.text(int(lacking[0]))}", hint="name every label")


def has_choices(votes: Opinions | Shards) -> bool:
    """Whether voters chose among labels, and did not measure.

    Labels and samples are choices; scores and ranks are measured, and take an interval metric if none is stated.
    """
    return isinstance(votes, Shards) or votes.value in votes.coded


def _of_opinions(votes: Opinions, order: Sequence[str] | None) -> Ratings:
    if not {"item", "voter"} <= set(votes.coded) or not (has_choices(votes) or votes.kind == "scores"):
        raise InputError(
            "votes",
            f"{votes.kind} have no choices that voters could share",
            hint="scores are compared by intraclass_correlation, rankings by kendall_w",
        )
    if has_choices(votes):
        cast = votes.codes(votes.value) >= 0
        used, level = distinct(votes.codes(votes.value)[cast])
        levels = level_of_choices(votes.vocabulary(votes.value).gather(used), order)
        check_order(levels)
    else:
        if order is not None:
            raise InputError("order", "is for opinions with labels; scores stand in order already")
        if "round" in votes.coded and votes.size("round") > 1:
            hint = "take one: opinions.take(opinions.codes('round') == 0)"
            raise InputError("votes", f"the scores are of {votes.size('round'):,} rounds", hint=hint)
        score = votes.numbers[votes.value]
        cast = ~np.isnan(score)
        numbers, level = np.unique(score[cast], return_inverse=True)
        levels = Levels(numbers, np.arange(len(numbers)))
    item, voter = votes.codes("item")[cast], votes.codes("voter")[cast]
    names = votes.vocabulary("item"), votes.vocabulary("voter")
    return _ratings(item, voter, level, len(names[0]), len(names[1]), levels, *names)


def _ratings(
    item: npt.NDArray[np.integer],
    voter: npt.NDArray[np.integer],
    level: npt.NDArray[np.integer],
    n_items: int,
    n_voters: int,
    levels: Levels,
    items: pl.Series | None = None,
    voters: pl.Series | None = None,
) -> Ratings:
    item, voter, level = (codes.astype(np.int32, copy=False) for codes in (item, voter, level))
    return Ratings(item, voter, level, n_items, n_voters, levels, items, voters)
