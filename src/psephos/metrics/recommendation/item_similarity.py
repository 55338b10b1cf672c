"""How alike are two items, for just the pairs that are needed?

Two items are alike if the same users hold both, s_ij = c_ij / sqrt(c_i c_j) with c_ij the users that hold both
(co-occurrence cosine, 0 for a pair that nobody holds), or if their given features point the same way. From these,

    diversity of a list = 1 - mean of s over its pairs
    serendipity of a list = mean over its items of (1 - mean over h in the user's history of s_ih)

Only pairs within lists, and of lists with histories, are looked up; the table of all pairs is made block by block of
items, and kept only where it is small.

Source: sheet 02. Differs: nothing.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import sparse

from psephos.errors import InputError, check_floats
from psephos.metrics.recommendation.coding import Counts, Floats, Problem
from psephos.metrics.recommendation.lists import Lists

MOST_PAIRS = 2**26
"""Pairs held by the same user, summed over users, up to which the table of item pairs is made at once."""

BLOCK = 4096
"""Items whose rows of the table are made together where it is not."""


class Similarity(Protocol):
    """The similarity of pairs of items."""

    def of(self, left: Counts, right: Counts) -> Floats:
        """One number for each pair."""


class CoOccurrence:
    """Cosine of the users that hold two items; a `Similarity`.

    Where few pairs occur, all are counted once; else they are counted block by block each time they are asked for.

    Parameters
    ----------
    problem : Problem
        With train data.
    """

    def __init__(self, problem: Problem) -> None:
        assert problem.train is not None  # noqa: S101 - checked at the door
        counts = problem.train.counts
        self.held = problem.train.matrix().tocsc()
        self.norm = np.sqrt(np.bincount(problem.train.items, minlength=problem.n_items).astype(np.float64))
        small = int((counts.astype(np.float64) ** 2).sum()) <= MOST_PAIRS
        self.table = self._rows(0, problem.n_items) if small else None

    def _rows(self, low: int, high: int) -> _Table:
        return _Table((self.held[:, low:high].T @ self.held).tocsr())

    def of(self, left: Counts, right: Counts) -> Floats:
        """One number for each pair."""
        together = np.zeros(len(left))
        if self.table is not None:
            together = self.table.at(left, right)
        else:
            for low in range(0, len(self.norm), BLOCK):
                here = np.flatnonzero((left >= low) & (left < low + BLOCK))
                if len(here):
                    table = self._rows(low, min(low + BLOCK, len(self.norm)))
                    together[here] = table.at(left[here] - low, right[here])
        scale = self.norm[left] * self.norm[right]
        return np.asarray(np.divide(together, scale, out=np.zeros(len(left)), where=scale > 0))


class FeatureCosine:
    """Cosine of the given features of two items; a zero vector is like nothing."""

    def __init__(self, features: npt.ArrayLike, n_items: int) -> None:
        table = check_floats("features", features, ndim=2)
        if len(table) != n_items:
            raise InputError("features", f"must have a row for each of {n_items:,} items, got {len(table):,}")
        norm = np.linalg.norm(table, axis=1, keepdims=True)
        self.unit = np.divide(table, norm, out=np.zeros_like(table), where=norm > 0)

    def of(self, left: Counts, right: Counts) -> Floats:
        """One number for each pair."""
        return np.asarray(np.einsum("ij,ij->i", self.unit[left], self.unit[right]))


def list_diversity(lists: Lists, similarity: Similarity, cutoffs: Counts, users: slice) -> Floats:
    """Diversity of some users' lists at each cutoff.

    Parameters
    ----------
    lists : Lists
    similarity : Similarity
        Of two items.
    cutoffs : ndarray of int64
        Below 0 for whole lists.
    users : slice
        Which users.

    Returns
    -------
    ndarray of float64, shape (n_cutoffs, n_users)
        NaN for a list of fewer than two items.
    """
    items = lists.items[users].astype(np.int64)
    n_users, width = items.shape
    one, other = np.triu_indices(width, 1)
    both = (items[:, one] >= 0) & (items[:, other] >= 0)
    row, pair = np.nonzero(both)
    alike = similarity.of(items[row, one[pair]], items[row, other[pair]])
    added = np.zeros((n_users, width))
    np.add.at(added, (row, other[pair]), alike)
    running = np.cumsum(added, axis=1)
    taken = np.cumsum(items >= 0, axis=1)
    made = np.full((len(cutoffs), n_users), np.nan)
    for place, cutoff in enumerate(cutoffs):
        last = (width if cutoff < 0 else min(int(cutoff), width)) - 1
        if last < 1:
            continue
        n = taken[:, last].astype(np.float64)
        pairs = n * (n - 1) / 2
        np.divide(running[:, last], pairs, out=made[place], where=pairs > 0)
        made[place] = 1 - made[place]
    return made


def list_serendipity(
    lists: Lists,
    similarity: Similarity,
    problem: Problem,
    cutoffs: Counts,
    users: slice,
    hits: Floats | None,
) -> Floats:
    """Serendipity of some users' lists at each cutoff, NaN without a list or a history; shape (n_cutoffs, n_users).

    `hits` weighs positions; all count if None.
    """
    train = problem.train
    assert train is not None  # noqa: S101
    items = lists.items[users].astype(np.int64)
    n_users, width = items.shape
    size = train.counts[users]
    row, at = np.nonzero(items >= 0)
    repeat = size[row]
    entry = np.repeat(np.arange(len(row)), repeat)
    offset = np.arange(len(entry)) - np.repeat(np.cumsum(repeat) - repeat, repeat)
    history = train.items[train.starts[users.start : users.stop][row[entry]] + offset]
    alike = similarity.of(items[row, at][entry], history.astype(np.int64))
    near = np.bincount(entry, weights=alike, minlength=len(row))
    unlike = np.zeros((n_users, width))
    unlike[row, at] = 1 - np.divide(near, repeat, out=np.zeros(len(row)), where=repeat > 0)
    if hits is not None:
        unlike = unlike * hits
    running, taken = np.cumsum(unlike, axis=1), np.cumsum(items >= 0, axis=1)
    made = np.full((len(cutoffs), n_users), np.nan)
    for place, cutoff in enumerate(cutoffs):
        last = (width if cutoff < 0 else min(int(cutoff), width)) - 1
        if last < 0:
            continue
        n = taken[:, last]
        np.divide(running[:, last], n, out=made[place], where=(n > 0) & (size > 0))
    return made


class _Table:
    """A sparse table whose cells can be looked up many at a time."""

    def __init__(self, table: sparse.csr_matrix) -> None:
        table.sort_indices()
        self.width = table.shape[1]
        owner = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
        self.keys = owner * self.width + table.indices
        self.cells = table.data

    def at(self, rows: Counts, columns: Counts) -> Floats:
        if not len(self.keys):
            return np.zeros(len(rows))
        wanted = rows * self.width + columns
        place = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[place] == wanted, self.cells[place], 0.0)
