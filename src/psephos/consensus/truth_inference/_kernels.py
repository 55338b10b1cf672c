"""Rounds of `voter_confusion` and `item_difficulty`, drawn votes: compiled, same sums, one pass over the votes."""

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
    """Write into `said` what each voter says of a truth.

    Parameters
    ----------
    voter, truth : ndarray of int32, shape (n_votes,)
        Voter and truth of each vote.
    chance : ndarray of float64, shape (n_votes,)
        A uniform random number each.
    upto : ndarray of float64, shape (n_voters, n_choices, n_truths)
        Chances of each voter added up over the choices.
    said : ndarray of int32, shape (n_votes,)
        Filled: the first choice up to which the chances reach the random number, or the last.
    """
    n_choices = upto.shape[1]
    for at in range(len(voter)):
        v, t, over = voter[at], truth[at], 0
        for choice in range(n_choices - 1):
            over += chance[at] > upto[v, choice, t]
        said[at] = over


@numba.njit(cache=True, nogil=True)
def difficulty_step(
    start: Any,
    voter: Any,
    choice: Any,
    weight: Any,
    known: Any,
    pair_start: Any,
    pair_first: Any,
    n_choices: int,
    log_easiness: Any,
    log_prior: Any,
    gain: Any,
    log_wrong: Any,
    chance: Any,
    right: Any,
    found_easiness: Any,
    right_of_voter: Any,
    chance_of_voter: Any,
    slope: Any,
    curvature: Any,
    squares: Any,
) -> float:
    """One pass of `item_difficulty`: fills `right` and `found_easiness`, adds to what has an entry per voter.

    `gain`, `log_wrong` and `chance`, shape (n_voters, n_values), are what a vote adds for its choice, what it says for
    any other, and how probable it is right, for each value of easiness. Returns the evidence.
    """
    n_values = len(log_easiness)
    easiness = np.exp(log_easiness)
    weighted, some_known = len(weight) > 0, len(known) > 0
    widest = 0
    for i in range(len(start) - 1):
        widest = max(widest, pair_start[i + 1] - pair_start[i])
    said = np.empty((widest, n_values))
    unsaid, likely = np.empty(n_values), np.empty(n_values)
    evidence = 0.0
    for i in range(len(start) - 1):
        first, n_pairs = pair_start[i], pair_start[i + 1] - pair_start[i]
        given = some_known and known[i] >= 0
        absent = n_choices - n_pairs
        if given:
            absent = 1
        unsaid[:] = log_prior
        for at in range(start[i], start[i + 1]):
            w, v = weight[at] if weighted else 1.0, voter[at]
            for k in range(n_values):
                unsaid[k] += w * log_wrong[v, k]
        peak = -np.inf
        for p in range(n_pairs):
            low, high = pair_first[first + p], pair_first[first + p + 1]
            if given and choice[low] != known[i]:
                said[p, :] = -np.inf
                continue
            if given:
                absent = 0
            said[p, :] = unsaid
            for at in range(low, high):
                w, v = weight[at] if weighted else 1.0, voter[at]
                for k in range(n_values):
                    said[p, k] += w * gain[v, k]
            for k in range(n_values):
                peak = max(peak, said[p, k])
        if absent > 0:
            for k in range(n_values):
                peak = max(peak, unsaid[k])
        total = 0.0
        for k in range(n_values):
            likely[k] = absent * np.exp(unsaid[k] - peak) if absent > 0 else 0.0
            for p in range(n_pairs):
                said[p, k] = np.exp(said[p, k] - peak)
                likely[k] += said[p, k]
            total += likely[k]
        evidence += np.log(total) + peak
        mean = 0.0
        for k in range(n_values):
            likely[k] /= total
            mean += log_easiness[k] * likely[k]
        found_easiness[i] = mean
        for p in range(n_pairs):
            believed = 0.0
            for k in range(n_values):
                said[p, k] /= total
                believed += said[p, k]
            right[first + p] = believed
            for at in range(pair_first[first + p], pair_first[first + p + 1]):
                w, v = weight[at] if weighted else 1.0, voter[at]
                up, bend, expected = 0.0, 0.0, 0.0
                for k in range(n_values):
                    c = chance[v, k]
                    here = likely[k] * c
                    up += easiness[k] * (said[p, k] - here)
                    bend += easiness[k] ** 2 * here * (1 - c)
                    expected += here
                right_of_voter[v] += w * believed
                chance_of_voter[v] += w * expected
                slope[v] += w * up
                curvature[v] += w * bend
                squares[v] += (w * up) ** 2
    return evidence
