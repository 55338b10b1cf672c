"""How many votes has each choice on each item, and how do the votes split?

A tally holds only the pairs (item, choice) that occur, items in order, so its size is that of the votes and not of
items times choices. A split is the list of vote counts of an item, largest first, without saying which choice has
which; a symmetric model sees no more of an item than its split, so whatever it computes it computes once per split.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.opinions.coding import combined

Weights = npt.NDArray[np.float64] | npt.NDArray[np.int64] | float

DENSE_CELLS = 2**24
"""Up to this many cells of items by choices are counted in a dense table, and more if the votes are as many."""

COMPILED_ROWS = 1_000_000
"""From this many rows on counting is compiled: below, arrays are done before numba is imported (half a second)."""

EQUAL_WEIGHTS = 1e-9
"""Sums of weights that differ by no more than this share are equal: their last digits depend on the order of rows."""


@dataclass(frozen=True, eq=False)
class Tally:
    """Votes per item and choice, in compressed rows: the pairs of item i stand at ``starts[i]:starts[i + 1]``.

    Attributes
    ----------
    starts : ndarray of int64, shape (n_items + 1,)
    choice : ndarray of int32, shape (n_pairs,)
        Rising within an item.
    votes : ndarray of int64, shape (n_pairs,)
    weight : ndarray of float64, shape (n_pairs,)
        Sum of the weights of the votes; the votes themselves if there are no weights.
    squares : ndarray of float64, shape (n_pairs,)
        Sum of the squared weights.
    pair : ndarray of int32, shape (n_rows,)
        Pair of each row that was counted; -1 for abstentions.
    """

    starts: npt.NDArray[np.int64]
    choice: npt.NDArray[np.int32]
    votes: npt.NDArray[np.int64]
    weight: npt.NDArray[np.float64]
    squares: npt.NDArray[np.float64]
    pair: npt.NDArray[np.int64]

    @cached_property
    def item(self) -> npt.NDArray[np.int32]:
        """Item of each pair, shape (n_pairs,)."""
        return np.repeat(np.arange(len(self.starts) - 1, dtype=np.int32), np.diff(self.starts))

    def per_item(self, values: npt.NDArray[np.float64] | npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Sum of `values` (one per pair) over the pairs of each item, shape (n_items,)."""
        if values.dtype.kind == "i":
            before = np.concatenate([[0], np.cumsum(values)])
            return np.diff(before[self.starts]).astype(np.float64)
        return np.bincount(self.item, weights=values, minlength=len(self.starts) - 1).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Leaders:
    """The choice with the most weight on each item, and the one behind it; codes are -1 where there is none.

    Attributes
    ----------
    first, second : ndarray of int32, shape (n_items,)
        The leading choice and the runner-up; among equals (see `EQUAL_WEIGHTS`) the lower code comes first.
    first_weight, second_weight : ndarray of float64, shape (n_items,)
        Their weights, 0 where there is none.
    tied : ndarray of int64, shape (n_items,)
        How many choices share the first place; 0 where nobody voted.
    """

    first: npt.NDArray[np.int32]
    second: npt.NDArray[np.int32]
    first_weight: npt.NDArray[np.float64]
    second_weight: npt.NDArray[np.float64]
    tied: npt.NDArray[np.int64]


def tally(
    item: npt.NDArray[np.int32],
    choice: npt.NDArray[np.int32],
    n_items: int,
    n_choices: int,
    weights: npt.NDArray[np.float64] | None = None,
) -> Tally:
    """Count votes; a choice of -1 is an abstention and counts for nothing.

    Examples
    --------
    >>> counted = tally(np.array([0, 0, 0, 1], np.int32), np.array([2, 2, 0, -1], np.int32), 2, 3)
    >>> counted.choice, counted.votes, counted.starts
    (array([0, 2], dtype=int32), array([1, 2]), array([0, 2, 2]))
    """
    if len(choice) >= COMPILED_ROWS:
        from psephos.opinions import _kernels

        given = np.zeros(0) if weights is None else weights
        starts, chosen, votes, weight, squares, pair = _kernels.tally(item, choice, n_items, n_choices, given)
        equal = votes.astype(np.float64)
        return Tally(starts, chosen, votes, *((equal, equal) if weights is None else (weight, squares)), pair)
    cast = choice >= 0
    cell = item[cast].astype(np.int64) * n_choices + choice[cast]
    weights = None if weights is None else weights[cast]
    if n_items * n_choices <= max(DENSE_CELLS, 2 * len(cell)):
        dense = np.bincount(cell, minlength=n_items * n_choices)
        pairs = np.flatnonzero(dense)
        votes = dense[pairs]
        place = (np.cumsum(dense > 0) - 1)[cell]
        sums = [_sums(cell, w, len(dense))[pairs] for w in _powers(weights)]
    else:
        pairs, place, votes = np.unique(cell, return_inverse=True, return_counts=True)
        sums = [_sums(place, w, len(pairs)) for w in _powers(weights)]
    starts = np.searchsorted(pairs, np.arange(n_items + 1, dtype=np.int64) * n_choices)
    weight, squares = sums if sums else [votes.astype(np.float64)] * 2
    pair = np.full(len(choice), -1, dtype=np.int32)
    pair[cast] = place  # a part holds fewer than 2**31 rows
    return Tally(starts, (pairs % n_choices).astype(np.int32), votes.astype(np.int64), weight, squares, pair)


def leaders(counted: Tally) -> Leaders:
    """The leading choice and the runner-up of each item by weight.

    Examples
    --------
    >>> counted = tally(np.array([0, 0, 0, 1, 1], np.int32), np.array([2, 2, 0, 1, 0], np.int32), 2, 3)
    >>> found = leaders(counted)
    >>> found.first, found.second, found.tied
    (array([2, 0], dtype=int32), array([0, 1], dtype=int32), array([1, 2]))
    """
    if len(counted.pair) >= COMPILED_ROWS:
        from psephos.opinions import _kernels

        return Leaders(*_kernels.leaders(counted.starts, counted.choice, counted.weight, EQUAL_WEIGHTS))
    n_items = len(counted.starts) - 1
    item = counted.item
    first_weight = _largest(counted, counted.weight)
    leading = ~is_ahead(first_weight[item], counted.weight, of=first_weight[item])
    first = _lowest_choice(counted, leading)
    behind = np.where(counted.choice == first[item], 0.0, np.where(leading, first_weight[item], counted.weight))
    second_weight = _largest(counted, behind)
    second = _lowest_choice(counted, (behind == second_weight[item]) & (counted.choice != first[item]))
    return Leaders(first, second, first_weight, second_weight, np.bincount(item[leading], minlength=n_items))


def is_ahead(weight: Weights, other: Weights, *, of: Weights) -> npt.NDArray[np.bool_]:
    """Whether a sum of weights is more than another by more than rounding explains; `of` is the sum they are parts of.

    The tie rule: sums of which neither is ahead are equal.

    Examples
    --------
    >>> is_ahead(0.1 + 0.2, 0.3, of=0.6), is_ahead(2, 1, of=3)
    (np.False_, np.True_)
    """
    return np.greater(weight, np.add(other, np.multiply(EQUAL_WEIGHTS, of)))


def standings(
    counted: Tally,
    lead: Leaders,
    voter: npt.NDArray[np.int32],
    n_voters: int,
    weights: npt.NDArray[np.float64] | None = None,
) -> npt.NDArray[np.int64]:
    """How the choice of each voter stands among the other voters, counted over its items.

    A voter is compared with the others only, so that it does not agree with itself.

    Parameters
    ----------
    counted : Tally
    lead : Leaders
    voter : ndarray of int32, shape (n_rows,)
    n_voters : int
    weights : ndarray of float64, shape (n_rows,), optional
        The weights that were counted.

    Returns
    -------
    ndarray of int64, shape (n_voters, 4)
        Items on which nobody else voted; on which its choice is behind the best of the others; level with it; ahead.

    Examples
    --------
    >>> counted = tally(np.array([0, 0, 0, 1], np.int32), np.array([2, 2, 0, 1], np.int32), 2, 3)
    >>> standings(counted, leaders(counted), np.array([0, 1, 2, 0], np.int32), 3)
    array([[1, 0, 1, 0],
           [0, 0, 1, 0],
           [0, 1, 0, 0]])
    """
    if len(counted.pair) >= COMPILED_ROWS:
        from psephos.opinions import _kernels

        own = np.zeros(0) if weights is None else weights
        pairs = (counted.item, counted.choice, counted.weight)
        heads = (lead.first, lead.first_weight, lead.second_weight)
        found: npt.NDArray[np.int64] = _kernels.standings(
            voter, counted.pair, own, *pairs, *heads, n_voters, EQUAL_WEIGHTS
        )
        return found
    cast = counted.pair >= 0
    if weights is None:
        standing = _standing_without(counted, lead, np.arange(len(counted.choice)), 1.0)[counted.pair[cast]]
    else:
        standing = _standing_without(counted, lead, counted.pair[cast], weights[cast])
    kinds = 4
    return np.bincount(voter[cast].astype(np.int64) * kinds + standing, minlength=kinds * n_voters).reshape(-1, kinds)


def effective_votes(counted: Tally) -> npt.NDArray[np.float64]:
    """Weighted votes as if of equal ones: scaled so that an item has (sum w)^2 / sum w^2 votes, shape (n_pairs,).

    Examples
    --------
    >>> effective_votes(tally(np.array([0, 0], np.int32), np.array([0, 1], np.int32), 1, 2, np.array([3.0, 1.0])))
    array([1.2, 0.4])
    """
    squares = counted.per_item(counted.squares)
    scale = np.divide(counted.per_item(counted.weight), squares, out=np.zeros(len(squares)), where=squares > 0)
    effective: npt.NDArray[np.float64] = counted.weight * scale[counted.item]
    return effective


def distinct_rows(counted: Tally) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Items whose votes differ, and how many items each stands for: the first item of every distinct row of counts.

    The rows stand in an order that depends on what they hold, not on the order of the items.

    Examples
    --------
    >>> distinct_rows(tally(np.array([0, 0, 1, 1, 2], np.int32), np.array([1, 0, 0, 1, 1], np.int32), 3, 2))
    (array([2, 0]), array([1, 2]))
    """
    first, which = row_kinds(counted)
    return first, np.bincount(which, minlength=len(first))


def row_kinds(counted: Tally) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The first item of every distinct row of counts, as `distinct_rows` orders them, and which of them each item has.

    Examples
    --------
    >>> row_kinds(tally(np.array([0, 0, 1, 1, 2], np.int32), np.array([1, 0, 0, 1, 1], np.int32), 3, 2))
    (array([2, 0]), array([1, 1, 0]))
    """
    _, pair = distinct(combined([counted.choice, counted.votes]))
    which = _row_of_item(counted.starts, pair)
    first = np.zeros(int(which.max(initial=-1)) + 1, dtype=np.int64)
    first[which[::-1]] = np.arange(len(which))[::-1]  # of equal indices the last assignment stays: the first item
    return first, which


def distinct(codes: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """The different codes in rising order, and the place of each code among them; codes are at least 0.

    As `numpy.unique`, without sorting where the largest code is not much more than the number of codes.

    Examples
    --------
    >>> distinct(np.array([5, 2, 5]))
    (array([2, 5]), array([1, 0, 1]))
    """
    top = int(codes.max(initial=-1)) + 1
    if top > 4 * len(codes) + 1024:
        values, place = np.unique(codes, return_inverse=True)
        return values, place
    seen = np.zeros(top, dtype=bool)
    seen[codes] = True
    return np.flatnonzero(seen).astype(codes.dtype), (np.cumsum(seen) - 1)[codes]


def splits(
    counted: Tally, counts: npt.NDArray[np.int64] | npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The distinct splits of votes, how many items have each, and which split each item has.

    Parameters
    ----------
    counted : Tally
        Which pairs belong to which item.
    counts : ndarray, shape (n_pairs,)
        What is split: the votes, or effective votes.

    Returns
    -------
    split : ndarray of float64, shape (n_splits, most choices on one item)
        Counts, largest first, padded with 0.
    items : ndarray of int64, shape (n_splits,)
        Items with this split.
    which : ndarray of int64, shape (n_items,)
        Split of each item.

    Examples
    --------
    >>> counted = tally(np.array([0, 0, 0, 1, 1, 1], np.int32), np.array([2, 2, 0, 1, 0, 0], np.int32), 2, 3)
    >>> splits(counted, counted.votes)
    (array([[2., 1.]]), array([2]), array([0, 0]))
    """
    lengths = np.diff(counted.starts)
    if len(counted.pair) >= COMPILED_ROWS:
        from psephos.opinions import _kernels

        # Floats that are not negative stand in the order of their bits.
        which, first, bits = _kernels.splits(counted.starts, counts.view(np.int64))
        falling, items = bits.view(counts.dtype), np.bincount(which, minlength=len(first))
    else:
        falling = _falling_within_items(counted, counts)
        row = _row_of_item(counted.starts, falling)
        _, first, which, items = np.unique(row, return_index=True, return_inverse=True, return_counts=True)
    taken = lengths[first]
    place = np.arange(taken.sum()) - np.repeat(np.cumsum(taken) - taken, taken)
    padded = np.zeros((len(first), max(1, int(taken.max(initial=1)))))
    padded[np.repeat(np.arange(len(first)), taken), place] = falling[np.repeat(counted.starts[first], taken) + place]
    split, items, new = merge_splits([padded], [items])
    return split, items, new[which]


def merge_splits(
    tables: Sequence[npt.NDArray[np.float64]], items: Sequence[npt.NDArray[np.int64]]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Splits of several parts as one: the distinct rows, the items with each, and the new place of every old row.

    The result does not depend on how the items were cut into parts: rows stand in falling lexical order.
    """
    width = max(table.shape[1] for table in tables)
    stacked = np.concatenate([np.pad(table, ((0, 0), (0, width - table.shape[1]))) for table in tables])
    columns = stacked.T.astype(np.int64) if np.all(stacked == np.floor(stacked)) else stacked.T
    _, representative, which = np.unique(combined(list(columns)), return_index=True, return_inverse=True)
    split = stacked[representative]
    order = np.lexsort(split.T[::-1])[::-1]
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    which = place[which]
    return split[order], np.bincount(which, weights=np.concatenate(items)).astype(np.int64), which


def _standing_without(
    counted: Tally, lead: Leaders, pair: npt.NDArray[np.integer], own: npt.NDArray[np.float64] | float
) -> npt.NDArray[np.int64]:
    """How a choice stands once a vote of weight `own` for it is taken away: a column of `standings`."""
    item = counted.item[pair]
    mine = counted.weight[pair] - own
    whole = lead.first_weight[item]
    rival = np.where(lead.first[item] == counted.choice[pair], lead.second_weight[item], whole)
    alone = ~is_ahead(mine, 0.0, of=whole) & ~is_ahead(rival, 0.0, of=whole)
    ahead, behind = is_ahead(mine, rival, of=whole), is_ahead(rival, mine, of=whole)
    return np.where(alone, 0, 2 + ahead.astype(np.int64) - behind)


def _largest(counted: Tally, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Largest of the values (one per pair) of each item, 0 where it has none."""
    largest = np.zeros(len(counted.starts) - 1)
    some = np.diff(counted.starts) > 0
    largest[some] = np.maximum.reduceat(values, counted.starts[:-1][some]) if some.any() else 0.0
    return largest


def _lowest_choice(counted: Tally, marked: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    """Lowest choice among the marked pairs of each item, -1 where none is marked."""
    lowest = np.full(len(counted.starts) - 1, -1, dtype=np.int32)
    pairs = np.flatnonzero(marked)[::-1]  # of equal indices the last assignment stays: the lowest choice
    lowest[counted.item[pairs]] = counted.choice[pairs]
    return lowest


def _falling_within_items(counted: Tally, counts: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The counts with those of each item from large to small; whole numbers are sorted as one key with the item."""
    most = int(counts.max(initial=0)) + 1
    if counts.dtype.kind != "i" or most * len(counted.starts) >= 2**62:
        return counts[np.lexsort((-counts, counted.item))]
    return most - np.sort(counted.item.astype(np.int64) * (most + 1) + (most - counts)) % (most + 1)


def _sums(place: npt.NDArray[np.int64], weights: npt.NDArray[np.float64], n: int) -> npt.NDArray[np.float64]:
    """Sum of the weights at each of n places; of no weights `bincount` would make whole numbers."""
    return np.bincount(place, weights=weights, minlength=n).astype(np.float64, copy=False)


def _powers(weights: npt.NDArray[np.float64] | None) -> tuple[npt.NDArray[np.float64], ...]:
    return () if weights is None else (weights, weights * weights)


def _row_of_item(starts: npt.NDArray[np.int64], values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """One number per item that is equal exactly where the items have equal rows of values, shape (n_items,)."""
    lengths = np.diff(starts)
    row = np.zeros(len(lengths), dtype=np.int64)
    used = 0
    for length in np.unique(lengths):
        at = np.flatnonzero(lengths == length)
        block = values[starts[at][:, None] + np.arange(length)]
        found, row[at] = distinct(combined([np.zeros(len(at), dtype=np.int64), *block.T]))
        row[at] += used
        used += len(found)
    return row
