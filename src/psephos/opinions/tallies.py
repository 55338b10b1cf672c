"""How many votes has each choice on each item, which is ahead, and how do the voters stand to it?

A tally holds only the pairs (item, choice) that occur, items in order, so its size is that of the votes and not of
items times choices. How the votes of an item split, and which items have the same votes, is `vote_splits`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Weights = npt.NDArray[np.float64] | npt.NDArray[np.int64] | float

DENSE_CELLS = 2**24
"""Up to this many cells of items by choices are counted in a dense table, and more if the votes are as many."""

FEW_CELLS, CELLS_PER_VOTE = 2**12, 32
"""A table of more cells than that, and so many for each vote, is nearly empty: sorting takes less time and memory."""

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
        if len(self.pair) >= COMPILED_ROWS:
            from psephos.opinions import _kernels

            item: npt.NDArray[np.int32] = _kernels.item_of_pairs(self.starts)
            return item
        return np.repeat(np.arange(len(self.starts) - 1, dtype=np.int32), np.diff(self.starts))

    @cached_property
    def cast(self) -> npt.NDArray[np.float64]:
        """Votes on each item, shape (n_items,)."""
        return self.per_item(self.votes)

    def per_item(self, values: npt.NDArray[np.float64] | npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Sum of `values` (one per pair) over the pairs of each item, shape (n_items,)."""
        if len(self.pair) >= COMPILED_ROWS:
            from psephos.opinions import _kernels

            sums: npt.NDArray[np.float64] = _kernels.per_item(self.starts, values)
            return sums
        if values.dtype.kind == "i":
            before = np.concatenate([[0], np.cumsum(values)])
            return np.diff(before[self.starts]).astype(np.float64)
        return np.bincount(self.item, weights=values, minlength=len(self.starts) - 1).astype(np.float64)

    def votes_for(self, choice: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        """Votes on each item for the choice given there, shape (n_items,)."""
        if len(self.pair) >= COMPILED_ROWS:
            from psephos.opinions import _kernels

            votes: npt.NDArray[np.int64] = _kernels.votes_for(self.starts, self.choice, self.votes, choice)
            return votes
        votes = np.zeros(len(self.starts) - 1, dtype=np.int64)
        given = np.flatnonzero(self.choice == choice[self.item])
        votes[self.item[given]] = self.votes[given]
        return votes


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
    if n_items * n_choices <= max(min(DENSE_CELLS, FEW_CELLS + CELLS_PER_VOTE * len(cell)), 2 * len(cell)):
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


def _sums(place: npt.NDArray[np.int64], weights: npt.NDArray[np.float64], n: int) -> npt.NDArray[np.float64]:
    """Sum of the weights at each of n places; of no weights `bincount` would make whole numbers."""
    return np.bincount(place, weights=weights, minlength=n).astype(np.float64, copy=False)


def _powers(weights: npt.NDArray[np.float64] | None) -> tuple[npt.NDArray[np.float64], ...]:
    return () if weights is None else (weights, weights * weights)
