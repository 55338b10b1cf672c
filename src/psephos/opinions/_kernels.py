"""The counting of `psephos.opinions.tallies`, compiled: the same arrays, one pass over memory where NumPy needs many.

Rows are put in order of their items by counting, so that the votes of one item are met together and a scratch row of
one cell per choice is enough. Sums are taken in the order of the rows, as NumPy's bincount takes them.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

FEW_CHOICES = 16
"""Up to this many choices all are looked at in order; of more the voted ones are put in order."""

FEW_SORTED = 6
"""Up to this many counts are put in order by exchanging neighbours."""


@numba.njit(cache=True, nogil=True)
def _sort(values: Any, low: int, high: int, falling: bool) -> None:
    """Put values[low:high] in order: Shell's sort, which is insertion for the few choices that most items have."""
    gap = 1
    while 9 * gap < high - low:
        gap = 3 * gap + 1
    while gap > 0:
        for at in range(low + gap, high):
            value = values[at]
            to = at
            while to - gap >= low and (values[to - gap] < value if falling else values[to - gap] > value):
                values[to] = values[to - gap]
                to -= gap
            values[to] = value
        gap //= 3


@numba.njit(cache=True, nogil=True)
def tally(item: Any, choice: Any, n_items: int, n_choices: int, weights: Any) -> Any:
    """Count the votes by pairs of item and choice.

    Parameters
    ----------
    item, choice : ndarray of int32, shape (n_rows,)
        A choice of -1 is no vote.
    n_items, n_choices : int
    weights : ndarray of float64, shape (n_rows,) or (0,)
        Empty: each weighs 1.

    Returns
    -------
    starts : ndarray of int64, shape (n_items + 1,)
        Pairs of item i are ``starts[i]:starts[i + 1]``, by rising choice.
    choice, votes : ndarray, shape (n_pairs,)
    weight, squares : ndarray of float64, shape (n_pairs,) or (0,)
        Sums of the weights and of their squares; empty without weights.
    pair : ndarray of int32, shape (n_rows,)
        Pair of each row; -1 for no vote.
    """
    n_rows = len(item)
    ends = np.zeros(n_items + 2, dtype=np.int64)
    before, in_order = -1, True
    for row in range(n_rows):
        if choice[row] >= 0:
            ends[item[row] + 2] += 1
            in_order &= before <= item[row]
            before = item[row]
    for i in range(2, n_items + 2):
        ends[i] += ends[i - 1]
    n_cast = ends[n_items + 1]
    rows = np.empty(n_cast, dtype=np.uint32)  # a part of 2**32 rows would take 200 GB
    if in_order:  # the usual file: the votes on an item stand together, and need no sorting
        at = 0
        for row in range(n_rows):
            if choice[row] >= 0:
                rows[at] = row
                at += 1
        ends[:-1] = ends[1:].copy()
    else:
        for row in range(n_rows):
            if choice[row] >= 0:
                rows[ends[item[row] + 1]] = row
                ends[item[row] + 1] += 1
    pair_of_row = np.full(n_rows, -1, dtype=np.int32)
    starts = np.zeros(n_items + 1, dtype=np.int64)
    chosen = np.empty(n_cast + 1, dtype=np.int32)  # one more: the choice that nobody gave is overwritten
    votes = np.empty(n_cast + 1, dtype=np.int64)
    weighted = len(weights) > 0
    sums = np.empty(n_cast if weighted else 0, dtype=np.float64)
    squares = np.empty(n_cast if weighted else 0, dtype=np.float64)
    pair_of_choice = np.full(n_choices, -1, dtype=np.int64)
    cast = np.zeros(n_choices, dtype=np.int64)
    used = 0
    for i in range(n_items):
        first = used
        starts[i] = first
        if n_choices <= FEW_CHOICES:
            for at in range(ends[i], ends[i + 1]):
                cast[choice[rows[at]]] += 1
            for c in range(n_choices):  # without a branch, which would be guessed wrong half of the time
                pair_of_choice[c] = used
                chosen[used] = c
                votes[used] = cast[c]
                used += cast[c] > 0
                cast[c] = 0
        else:
            for at in range(ends[i], ends[i + 1]):
                c = choice[rows[at]]
                if cast[c] == 0:
                    chosen[used] = c
                    used += 1
                cast[c] += 1
            _sort(chosen, first, used, False)
            for pair in range(first, used):
                pair_of_choice[chosen[pair]] = pair
                votes[pair] = cast[chosen[pair]]
                cast[chosen[pair]] = 0
        for pair in range(first, used if weighted else first):
            sums[pair] = 0.0
            squares[pair] = 0.0
        for at in range(ends[i], ends[i + 1]):
            row = rows[at]
            pair = pair_of_choice[choice[row]]
            pair_of_row[row] = pair
            if weighted:
                sums[pair] += weights[row]
                squares[pair] += weights[row] * weights[row]
    starts[n_items] = used
    return starts, chosen[:used], votes[:used], sums[:used], squares[:used], pair_of_row


@numba.njit(cache=True, nogil=True)
def item_of_pairs(starts: Any) -> Any:
    """Item of each pair."""
    item = np.empty(starts[-1], dtype=np.int32)
    for i in range(len(starts) - 1):
        item[starts[i] : starts[i + 1]] = i
    return item


@numba.njit(cache=True, nogil=True)
def per_item(starts: Any, values: Any) -> Any:
    """Sum of the values (one per pair) of each item."""
    sums = np.empty(len(starts) - 1, dtype=np.float64)
    for i in range(len(starts) - 1):
        total = 0.0
        for pair in range(starts[i], starts[i + 1]):
            total += values[pair]
        sums[i] = total
    return sums


@numba.njit(cache=True, nogil=True)
def votes_for(starts: Any, choice: Any, votes: Any, wanted: Any) -> Any:
    """Votes on each item for the choice that is wanted there.

    Parameters
    ----------
    starts, choice, votes
        As `tally` gives them.
    wanted : ndarray of int32, shape (n_items,)
        Codes; 0 votes for one that nobody gave.
    """
    found = np.zeros(len(starts) - 1, dtype=np.int64)
    for i in range(len(starts) - 1):
        for pair in range(starts[i], starts[i + 1]):
            found[i] += votes[pair] * (choice[pair] == wanted[i])
    return found


@numba.njit(cache=True, nogil=True)
def leaders(starts: Any, choice: Any, weight: Any, rounding: float) -> Any:
    """Who leads on each item.

    Parameters
    ----------
    starts, choice, weight
        As `tally` gives them.
    rounding : float
        Weights that differ by less, as a share of the larger one, are equal; of equals the lower code is first.

    Returns
    -------
    first, second : ndarray of int32, shape (n_items,)
        -1 where there is none.
    first_weight, second_weight : ndarray of float64, shape (n_items,)
    tied : ndarray of int64, shape (n_items,)
        How many choices share the first place.
    """
    n_items = len(starts) - 1
    first = np.full(n_items, -1, dtype=np.int32)
    second = np.full(n_items, -1, dtype=np.int32)
    first_weight = np.zeros(n_items, dtype=np.float64)
    second_weight = np.zeros(n_items, dtype=np.float64)
    tied = np.zeros(n_items, dtype=np.int64)
    for i in range(n_items):
        low, high = starts[i], starts[i + 1]
        if low == high:
            continue
        most = weight[low]
        for pair in range(low + 1, high):
            most = max(most, weight[pair])
        level = most - rounding * most
        leader, behind, rival, ties = np.int32(-1), np.int32(-1), 0.0, 0
        best = -1.0
        for pair in range(low, high):  # no branches, which would be guessed wrong half of the time
            leads = weight[pair] >= level
            own = most if leads else weight[pair]  # equals weigh the same
            ties += leads
            up, next_up = own > best, own > rival
            behind = leader if up else (choice[pair] if next_up else behind)
            rival = max(best, 0.0) if up else (own if next_up else rival)
            leader = choice[pair] if up else leader
            best = own if up else best
        first[i], second[i], first_weight[i], second_weight[i], tied[i] = leader, behind, most, rival, ties
    return first, second, first_weight, second_weight, tied


@numba.njit(cache=True, nogil=True)
def splits(starts: Any, counts: Any) -> Any:
    """For each item the place of its split among the distinct ones, an item that has each, and the counts put in order.

    The distinct splits are found by an open-addressed table of items; equal hashes are compared count by count.
    """
    n_items = len(starts) - 1
    falling = np.empty(len(counts), dtype=np.int64)
    for pair in range(len(counts)):
        falling[pair] = counts[pair]
    size = 64
    table = np.full(size, -1, dtype=np.int64)
    which = np.empty(n_items, dtype=np.int64)
    representative = np.empty(n_items, dtype=np.int64)
    hashes = np.empty(n_items, dtype=np.uint64)
    found = 0
    for i in range(n_items):
        low, high = starts[i], starts[i + 1]
        if high - low <= FEW_SORTED:  # without a branch, which would be guessed wrong half of the time
            for at in range(low + 1, high):
                for to in range(at, low, -1):
                    more, less = max(falling[to - 1], falling[to]), min(falling[to - 1], falling[to])
                    falling[to - 1], falling[to] = more, less
        else:
            _sort(falling, low, high, True)
        code = np.uint64(high - low)
        for at in range(low, high):
            code = (code ^ np.uint64(falling[at])) * np.uint64(0x9E3779B97F4A7C15)
            code ^= code >> np.uint64(29)
        slot = np.int64(code & np.uint64(size - 1))
        while table[slot] >= 0:
            split = table[slot]
            other = starts[representative[split]]
            same = hashes[split] == code and starts[representative[split] + 1] - other == high - low
            at = 0
            while same and at < high - low:
                same = falling[other + at] == falling[low + at]
                at += 1
            if same:
                break
            slot = (slot + 1) & (size - 1)
        if table[slot] >= 0:
            which[i] = table[slot]
            continue
        table[slot] = found
        representative[found] = i
        hashes[found] = code
        which[i] = found
        found += 1
        if 2 * found > size:
            size *= 4
            table = np.full(size, -1, dtype=np.int64)
            for split in range(found):
                slot = np.int64(hashes[split] & np.uint64(size - 1))
                while table[slot] >= 0:
                    slot = (slot + 1) & (size - 1)
                table[slot] = split
    return which, representative[:found], falling


@numba.njit(cache=True, nogil=True)
def standings(
    voter: Any,
    pair: Any,
    own: Any,
    item_of_pair: Any,
    choice: Any,
    weight: Any,
    first: Any,
    first_weight: Any,
    second_weight: Any,
    n_voters: int,
    rounding: float,
) -> Any:
    """How often each voter's choice is alone, behind, level with, ahead of the choices of the others.

    Parameters
    ----------
    voter, pair : ndarray of int32, shape (n_rows,)
        Voter and pair of each row.
    own : ndarray of float64, shape (n_rows,) or (0,)
        Weight of each row; empty: 1 each.
    item_of_pair, choice, weight : ndarray, shape (n_pairs,)
    first, first_weight, second_weight : ndarray, shape (n_items,)
        As `leaders` gives them.
    n_voters : int
    rounding : float
        As in `leaders`.

    Returns
    -------
    ndarray of int64, shape (n_voters, 4)
    """
    counts = np.zeros((n_voters, 4), dtype=np.int64)
    if len(own) > 0:
        for row in range(len(pair)):
            at = pair[row]
            if at >= 0:
                i = item_of_pair[at]
                rival = second_weight[i] if first[i] == choice[at] else first_weight[i]
                counts[voter[row], _standing(weight[at] - own[row], rival, rounding * first_weight[i])] += 1
        return counts
    standing = np.empty(len(choice), dtype=np.int8)  # votes that weigh the same stand the same: once for each pair
    for at in range(len(choice)):
        i = item_of_pair[at]
        rival = second_weight[i] if first[i] == choice[at] else first_weight[i]
        standing[at] = _standing(weight[at] - 1.0, rival, rounding * first_weight[i])
    for row in range(len(pair)):
        if pair[row] >= 0:
            counts[voter[row], standing[pair[row]]] += 1
    return counts


@numba.njit(cache=True, nogil=True)
def _standing(mine: float, rival: float, slack: float) -> int:
    """A choice is alone (0), behind (1), level with (2) or ahead of (3) its rival."""
    alone = (mine <= slack) & (rival <= slack)
    return (1 - alone) * (1 + (mine >= rival - slack) + (mine > rival + slack))
