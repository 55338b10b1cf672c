"""A coefficient of agreement with its interval, and the votes that it is computed from."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from psephos.engine import Rng
from psephos.errors import InputError, check_codes, check_count, check_number
from psephos.opinions.model import Opinions
from psephos.opinions.tallies import distinct_rows, tally
from psephos.statistics import Interval, bootstrap

Floats = npt.NDArray[np.float64]
Votes = Opinions | npt.ArrayLike
"""Opinions that have choices, or an aligned matrix of codes (n_items, n_voters) with -1 where a voter took no part."""


@dataclass(frozen=True)
class Coefficient(Interval):
    """A coefficient of agreement with the interval that resampling the items gives.

    Attributes
    ----------
    name : str
        Which coefficient.
    items : int
        Items with at least two votes; only these can agree or not.
    note : str
        What is odd about the value, or nothing.
    """

    name: str
    items: int
    note: str = ""

    def __str__(self) -> str:
        note = f" ({self.note})" if self.note else ""
        shown = super().__str__() if math.isfinite(self.low) else super().__str__().partition(" [")[0]
        return f"{self.name} {shown}, n = {self.items:,} items{note}"


@dataclass(frozen=True, eq=False)
class Counts:
    """Votes per item and choice, one row for all items with equal votes.

    Attributes
    ----------
    votes : sparse array of float64, shape (n_rows, n_choices)
        Counts of items with at least two votes.
    copies : ndarray of int64, shape (n_rows,)
        Items with these counts.
    """

    votes: sparse.csr_array
    copies: npt.NDArray[np.int64]

    @property
    def items(self) -> int:
        """Number of items with at least two votes."""
        return int(self.copies.sum())


def columns_of(votes: Votes) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32], int, int]:
    """Item, voter and choice of each vote, and the numbers of items and voters; abstentions are left out."""
    if isinstance(votes, Opinions):
        if "voter" not in votes.coded or votes.value not in votes.coded:
            raise InputError("votes", f"{votes.kind} have no choices that voters could share")
        cast = votes.codes(votes.value) >= 0
        item, voter, choice = (votes.codes(name)[cast] for name in ("item", "voter", votes.value))
        return item, voter, choice, votes.size("item"), votes.size("voter")
    matrix = check_codes("votes", votes)
    row, column = np.nonzero(matrix >= 0)
    return row.astype(np.int32), column.astype(np.int32), matrix[row, column], matrix.shape[0], matrix.shape[1]


def counts_of(votes: Votes) -> Counts:
    """Count the votes of each item, with equal items made one.

    Raises
    ------
    InputError
        If no item has two votes.
    """
    item, _, choice, n_items, n_voters = columns_of(votes)
    if n_voters < 2:
        raise InputError("votes", f"need at least 2 voters, got {n_voters}")
    counted = tally(item, choice, n_items, int(choice.max(initial=0)) + 1)
    first, copies = distinct_rows(counted)
    chosen, column = np.unique(counted.choice, return_inverse=True)
    shape = (n_items, max(1, len(chosen)))
    table = sparse.csr_array((counted.votes.astype(np.float64), column, counted.starts), shape=shape)[first]
    enough = np.asarray(table.sum(axis=1)) >= 2
    if not enough.any():
        raise InputError("votes", "no item has two votes, so nobody can agree with anybody")
    return Counts(table[enough], copies[enough])


def with_interval(
    name: str,
    counts: Counts,
    statistic: Callable[[Floats], Floats],
    *,
    repeats: int,
    level: float,
    rng: Rng,
    note: str = "",
) -> Coefficient:
    """A coefficient with its interval; `statistic` gives its value for item weights of shape (chunk, n_rows)."""
    check_count("repeats", repeats, low=0)
    check_number("level", level, low=0, high=1, open_ends=True)
    if repeats == 0 or counts.items < 2:
        value = float(statistic(counts.copies[None, :].astype(np.float64))[0])
        return Coefficient(value, np.nan, np.nan, level, name, counts.items, note or "no interval")
    drawn = bootstrap(
        statistic,
        len(counts.copies),
        multiplicity=counts.copies,
        repeats=repeats,
        level=level,
        method="percentile",
        rng=rng,
    )
    return Coefficient(float(drawn.value), float(drawn.low), float(drawn.high), level, name, counts.items, note)
