"""The array code of this room, compiled: the same numbers in one pass over the lists where NumPy needs many."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def inspected(lists: Any, known: Any, starts: Any, held: Any, inside: Any) -> Any:
    """Look through all lists as they were given.

    Parameters
    ----------
    lists : ndarray of int, shape (n_users, width)
        Items; below 0 where a list has ended.
    known : ndarray of bool, shape (n_users,)
        Users that truth or train data know.
    starts, held : ndarray of int
        Train items of user u are ``held[starts[u]:starts[u + 1]]``.
    inside : ndarray of bool, shape (n_items,)
        Items of the train data.

    Returns
    -------
    length : ndarray of int64, shape (n_users,)
        Items of each list of a known user.
    found : ndarray of int64, shape (6,)
        Counts of: rows, rows after a gap, unknown users with a list, repeats, seen items, items from outside.
    """
    n_users, width = lists.shape
    length = np.zeros(n_users, dtype=np.int64)
    found = np.zeros(6, dtype=np.int64)
    met = np.full(len(inside), -1, dtype=np.int32)
    own = np.full(len(inside), -1, dtype=np.int32)
    for user in range(n_users):
        for row in range(starts[user], starts[user + 1]):
            own[held[row]] = user
        ended = False
        for place in range(width):
            item = lists[user, place]
            if item < 0:
                ended = True
                continue
            found[0] += 1
            if ended:
                found[1] += 1
            if not known[user]:
                continue
            length[user] += 1
            if met[item] == user:
                found[3] += 1
            met[item] = user
            if own[item] == user:
                found[4] += 1
            if not inside[item]:
                found[5] += 1
        if not known[user] and lists[user, 0] >= 0:
            found[2] += 1
    return length, found


@numba.njit(cache=True, nogil=True)
def cleaned(
    lists: Any, cut: int, known: Any, starts: Any, held: Any, inside: Any, drop_seen: bool, drop_outside: bool
) -> Any:
    """The lists without gaps and repeats, and without what else is dropped.

    Parameters
    ----------
    lists, known, starts, held, inside
        As in `inspected`.
    cut : int
        Positions that are kept.
    drop_seen, drop_outside : bool
        Whether items of the user's own train data, and those of no train data, are dropped.

    Returns
    -------
    made : ndarray of int32, shape (n_users, cut)
        -1 after the end; unknown users have no list.
    length : ndarray of int64, shape (n_users,)
        Lengths before the cut.
    """
    n_users, width = lists.shape
    made = np.full((n_users, cut), -1, dtype=np.int32)
    length = np.zeros(n_users, dtype=np.int64)
    met = np.full(len(inside), -1, dtype=np.int32)
    own = np.full(len(inside), -1, dtype=np.int32)
    for user in range(n_users):
        if not known[user]:
            continue
        if drop_seen:
            for row in range(starts[user], starts[user + 1]):
                own[held[row]] = user
        n = 0
        for place in range(width):
            item = lists[user, place]
            if item < 0 or met[item] == user:
                continue
            met[item] = user
            if (drop_seen and own[item] == user) or (drop_outside and not inside[item]):
                continue
            if n < cut:
                made[user, n] = item
            n += 1
        length[user] = n
    return made, length


@numba.njit(cache=True, nogil=True)
def list_sums(
    lists: Any,
    length: Any,
    cutoffs: Any,
    starts: Any,
    held: Any,
    hit: Any,
    gain: Any,
    discount: Any,
    items: Any,
    tables: Any,
    group: Any,
    n_sums: int,
) -> Any:
    """Every sum of `position_sums.SUMS` for each user and cutoff, in one pass.

    Parameters
    ----------
    lists : ndarray of int, shape (n_users, width)
        Items, without gaps.
    length : ndarray of int64, shape (n_users,)
        Of each list.
    cutoffs : ndarray of int64
        Rising; below 0 for the whole list.
    starts, held, hit, gain : ndarray
        The truth of user u at ``starts[u]:starts[u + 1]``: items, whether they are hits, what they gain.
    discount : ndarray of float64, shape (width,) or more
        Of each position.
    items : int
        Number of all items.
    tables : ndarray of float64, shape (n_items, 4) or (n_items, 0)
        As in `Catalogue`; no column where no metric needs it.
    group : ndarray of int8, shape (n_items,)
        Short head or long tail.
    n_sums : int
        Length of `SUMS`.

    Returns
    -------
    ndarray of float64, shape (n_users, n_cutoffs, n_sums)
    """
    n_users = lists.shape[0]
    n_cuts = len(cutoffs)
    made = np.zeros((n_users, n_cuts, n_sums))
    met = np.full(items, -1, dtype=np.int64)
    beyond = tables.shape[1] > 0
    total = np.zeros(n_sums)
    for user in range(n_users):
        total[:] = 0.0
        low, high = starts[user], starts[user + 1]
        for row in range(low, high):
            met[held[row]] = row
        gains = np.sort(gain[low:high])[::-1]
        ideal = 0.0
        hits = 0.0
        place = 0
        own = min(length[user], lists.shape[1])
        for cut in range(n_cuts):
            last = cutoffs[cut]
            if last < 0:
                last = own
            while place < last:
                if place < len(gains):
                    ideal += gains[place] * discount[place]
                if place < own:
                    item = lists[user, place]
                    row = met[item]
                    if row >= low and row < high:
                        if hit[row]:
                            hits += 1.0
                            total[3] += 1.0 / (place + 1)
                            total[4] += hits / (place + 1)
                            if hits == 1.0:
                                total[1] = 1.0 / (place + 1)
                                total[2] = 1.0
                            if beyond:
                                total[14] += discount[place] * tables[item, 2]
                                total[15] += discount[place] * tables[item, 3]
                                if group[item] == 1:
                                    total[17] += 1.0
                                elif group[item] == 2:
                                    total[18] += 1.0
                        total[5] += gain[row] * discount[place]
                    if beyond:
                        total[10] += tables[item, 0]
                        if tables[item, 1] == tables[item, 1]:
                            total[12] += tables[item, 1]
                            total[13] += 1.0
                        if group[item] == 1:
                            total[19] += 1.0
                        elif group[item] == 2:
                            total[11] += 1.0
                    total[16] += discount[place]
                    total[9] += 1.0
                total[6] += hits / (place + 1)
                total[7] += hits
                place += 1
            total[0] = hits
            total[8] = ideal
            made[user, cut] = total
        if cutoffs[n_cuts - 1] < 0:  # the ideal order of a whole list goes on to the end of the truth
            for rest in range(place, len(gains)):
                ideal += gains[rest] * discount[rest]
            made[user, n_cuts - 1, 8] = ideal
    return made


@numba.njit(cache=True, nogil=True)
def counted(lists: Any, cutoffs: Any, n_items: int) -> Any:
    """How often each item stands in lists down to each cutoff, which ascend; -1 is the whole list."""
    n_users, width = lists.shape
    made = np.zeros((len(cutoffs), n_items), dtype=np.int64)
    for user in range(n_users):
        place = 0
        for cut in range(len(cutoffs)):
            last = width if cutoffs[cut] < 0 else min(cutoffs[cut], width)
            while place < last:
                item = lists[user, place]
                if item >= 0:
                    made[cut, item] += 1
                place += 1
    for cut in range(1, len(cutoffs)):
        made[cut] += made[cut - 1]
    return made


@numba.njit(cache=True, nogil=True)
def summed(lists: Any, width: int, weights: Any) -> Any:
    """For each list the sum of a weight of its items down to a width."""
    made = np.zeros(len(lists))
    for user in range(len(lists)):
        total = 0.0
        for place in range(width):
            item = lists[user, place]
            if item >= 0:
                total += weights[item]
        made[user] = total
    return made
