"""The alignment of `alignment`, compiled: same arguments, same path, cell by cell."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

_FAR = 2**40


@numba.njit(cache=True)
def path(
    columns: Any,
    words: Any,
    low: Any,
    high: Any,
    column_start: Any,
    column_end: Any,
    word_start: Any,
    word_end: Any,
    collar: float,
    costs: Any,
) -> Any:
    """The cheapest way through a network and a transcript: the array path of `alignment`, cell by cell.

    Parameters
    ----------
    columns : ndarray of int32, shape (n, n_merged)
        Keys of the network; 0 is NULL.
    words : ndarray of int32, shape (m,)
        Keys of the transcript.
    low, high : ndarray of int64, shape (n + 1,)
        Fewest and most words that may be used up after each column.
    column_start, column_end, word_start, word_end : ndarray of float64
        Seconds; not looked at where `collar` is negative.
    collar : float
        Seconds by which a column and a word may lie apart and still be paired; negative for no limit.
    costs : ndarray of int64, shape (5,)
        Of a word that meets no equal, beside a NULL and without; of a skipped column, likewise; of an inserted word.

    Returns
    -------
    ndarray of int8
        Steps from the first node to the last: 0 pairs a column with a word, 1 skips a column, 2 inserts a word.
    """
    n, m, merged = len(columns), len(words), columns.shape[1]
    miss_gap, miss_full, skip_gap, skip_full, insert = costs[0], costs[1], costs[2], costs[3], costs[4]
    offset = np.zeros(n + 2, dtype=np.int64)
    width = 0
    for i in range(n + 1):
        size = high[i] - low[i] + 1
        offset[i + 1] = offset[i] + size
        width = max(width, size)
    step = np.full(offset[n + 1], 2, dtype=np.int8)
    before = np.empty(width, dtype=np.int64)
    here = np.empty(width, dtype=np.int64)
    for j in range(high[0] + 1):
        before[j] = insert * j
    for i in range(1, n + 1):
        gap = False
        for k in range(merged):
            if columns[i - 1, k] == 0:
                gap = True
        miss = miss_gap if gap else miss_full
        skip = skip_gap if gap else skip_full
        first, last = low[i], high[i]
        was_first, was_last = low[i - 1], high[i - 1]
        for j in range(first, last + 1):
            pair = _FAR
            if was_first <= j - 1 <= was_last:
                far = False
                if collar >= 0:
                    late = word_start[j - 1] - column_end[i - 1] > collar + 1e-9
                    far = late or column_start[i - 1] - word_end[j - 1] > collar + 1e-9
                if not far:
                    cost = miss
                    word = words[j - 1]
                    for k in range(merged):
                        if columns[i - 1, k] == word:
                            cost = 0
                            break
                    pair = before[j - 1 - was_first] + cost
            over = before[j - was_first] + skip if was_first <= j <= was_last else _FAR
            into = here[j - 1 - first] + insert if j > first else _FAR
            if pair <= over and pair <= into:
                here[j - first] = pair
                step[offset[i] + j - first] = 0
            elif over < into:
                here[j - first] = over
                step[offset[i] + j - first] = 1
            else:
                here[j - first] = into
        before, here = here, before
    steps = np.empty(n + m, dtype=np.int8)
    place = n + m
    i, j = n, m
    while i > 0 or j > 0:
        taken = step[offset[i] + j - low[i]]
        place -= 1
        steps[place] = taken
        if taken != 2:
            i -= 1
        if taken != 1:
            j -= 1
    return steps[place:]
