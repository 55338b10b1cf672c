"""The alignment of `psephos.consensus.alignment` and the pass of `psephos.consensus.voter_confusion`, compiled."""

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
    """Steps from the first node to the last: 0 pairs a column with a word, 1 skips a column, 2 inserts a word."""
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


@numba.njit(cache=True, nogil=True)
def confusion_step(
    start: Any,
    voter: Any,
    choice: Any,
    weight: Any,
    known: Any,
    log_confusion: Any,
    log_share: Any,
    begin: bool,
    counts: Any,
    truth: Any,
    first: Any,
    second: Any,
    sure: Any,
    following: Any,
    tied: Any,
) -> float:
    """One pass of `psephos.consensus.voter_confusion`: adds to `counts` and `truth`, fills what has an entry per item.

    With `begin` beliefs are the shares of the votes. Returns the evidence.
    """
    n_choices = len(log_share)
    right = np.empty(n_choices, dtype=np.float64)
    weighted, some_known, last = len(weight) > 0, len(known) > 0, len(first) > 0
    evidence = 0.0
    for i in range(len(start) - 1):
        low, high = start[i], start[i + 1]
        if begin:
            right[:] = 0.0
            total = 0.0
            for at in range(low, high):
                w = weight[at] if weighted else 1.0
                right[choice[at]] += w
                total += w
            for k in range(n_choices):
                right[k] /= total
        else:
            for k in range(n_choices):
                right[k] = log_share[k]
            for at in range(low, high):
                w = weight[at] if weighted else 1.0
                v, c = voter[at], choice[at]
                for k in range(n_choices):
                    right[k] += w * log_confusion[v, c, k]
            peak = right[0]
            for k in range(1, n_choices):
                peak = max(peak, right[k])
            total = 0.0
            for k in range(n_choices):
                right[k] = np.exp(right[k] - peak)
                total += right[k]
            for k in range(n_choices):
                right[k] /= total
            evidence += np.log(total) + peak
        if some_known and known[i] >= 0:
            right[:] = 0.0
            right[known[i]] = 1.0
        for k in range(n_choices):
            truth[k] += right[k]
        for at in range(low, high):
            w = weight[at] if weighted else 1.0
            v, c = voter[at], choice[at]
            for k in range(n_choices):
                counts[v, c, k] += w * right[k]
        if last:
            most = 0.0
            for k in range(n_choices):
                most = max(most, right[k])
            level = most * (1 - 1e-9)
            f = 0
            while right[f] < level:
                f += 1
            behind = -1.0
            for k in range(n_choices):
                if k != f:
                    behind = max(behind, right[k])
            s = 0
            while s == f or right[s] < behind * (1 - 1e-9):
                s += 1
            first[i], second[i], sure[i], following[i], tied[i] = f, s, right[f], right[s], right[s] >= level
    return evidence
