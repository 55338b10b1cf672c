"""The rounds and drawn votes of `voter_confusion`, compiled: same arguments, same sums, one pass over the votes."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


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
    """One pass of `voter_confusion`: adds to `counts` and `truth`, fills what has an entry per item.

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


@numba.njit(cache=True, nogil=True)
def drawn(voter: Any, truth: Any, chance: Any, upto: Any, said: Any) -> None:
    """What each voter says of a truth: the first choice up to which the chances add up to `chance`, or the last."""
    n_choices = upto.shape[1]
    for at in range(len(voter)):
        v, t, over = voter[at], truth[at], 0
        for choice in range(n_choices - 1):
            over += chance[at] > upto[v, choice, t]
        said[at] = over
