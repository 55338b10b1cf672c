"""On which items did the votes fall alike?

A split is the list of vote counts of an item, largest first, without saying which choice has which; a symmetric model
sees no more of an item than its split, so whatever it computes it computes once per split. A kind of row is the list of
counts with the choices they belong to: items of one kind have the same votes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.opinions import tallies
from psephos.opinions.coding import combined
from psephos.opinions.tallies import Tally


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
    >>> counted = tallies.tally(np.array([0, 0, 0, 1, 1, 1], np.int32), np.array([2, 2, 0, 1, 0, 0], np.int32), 2, 3)
    >>> splits(counted, counted.votes)
    (array([[2., 1.]]), array([2]), array([0, 0]))
    """
    lengths = np.diff(counted.starts)
    if len(counted.pair) >= tallies.COMPILED_ROWS:
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


def distinct_rows(counted: Tally) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Items whose votes differ, and how many items each stands for: the first item of every distinct row of counts.

    The rows stand in an order that depends on what they hold, not on the order of the items.

    Examples
    --------
    >>> distinct_rows(tallies.tally(np.array([0, 0, 1, 1, 2], np.int32), np.array([1, 0, 0, 1, 1], np.int32), 3, 2))
    (array([2, 0]), array([1, 2]))
    """
    first, which = row_kinds(counted)
    return first, np.bincount(which, minlength=len(first))


def row_kinds(counted: Tally) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The first item of every distinct row of counts, as `distinct_rows` orders them, and which of them each item has.

    Examples
    --------
    >>> row_kinds(tallies.tally(np.array([0, 0, 1, 1, 2], np.int32), np.array([1, 0, 0, 1, 1], np.int32), 3, 2))
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


def _falling_within_items(counted: Tally, counts: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The counts with those of each item from large to small; whole numbers are sorted as one key with the item."""
    most = int(counts.max(initial=0)) + 1
    if counts.dtype.kind != "i" or most * len(counted.starts) >= 2**62:
        return counts[np.lexsort((-counts, counted.item))]
    return most - np.sort(counted.item.astype(np.int64) * (most + 1) + (most - counts)) % (most + 1)


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
