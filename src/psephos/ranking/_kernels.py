"""Swiss tournaments of `psephos.ranking.swiss`, compiled: whole points are counted in halves, so groups are exact.

Random numbers are those of SplitMix64 (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195), one state a block.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@numba.njit(cache=True, nogil=True, inline="always")
def _next(state: Any) -> Any:
    state[0] += _STEP
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return z ^ (z >> np.uint64(31))


@numba.njit(cache=True, nogil=True, inline="always")
def _below(state: Any, n: int) -> Any:
    """A whole number below n; the bias of the high bits is below n / 2^32."""
    return np.int64(((_next(state) >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32))


@numba.njit(cache=True, nogil=True, inline="always")
def _real(state: Any) -> float:
    return np.float64(_next(state) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@numba.njit(cache=True, nogil=True)
def tournaments(
    outcome: Any, chance: Any, present: Any, eliminate: Any, bye: int, adjacent: bool, coin: bool, seed: Any, runs: int
) -> Any:
    """How often each model ended with each number of half points, left after each round, had a bye, and what it won.

    `outcome` has the half points of row against column on each benchmark; if `chance` is not empty it has the chance of
    a full point instead. `present` says who plays on each benchmark. What was won are half points by round, over all
    runs.
    """
    drawn = chance.shape[0] > 0
    rounds, size = eliminate.shape[0], present.shape[1]
    ended = np.zeros((size, 2 * rounds + 1), dtype=np.int64)
    left = np.zeros((size, rounds), dtype=np.int64)
    byes = np.zeros(size, dtype=np.int64)
    earned = np.zeros((rounds, size), dtype=np.int64)
    state = np.empty(1, dtype=np.uint64)
    state[0] = seed
    points = np.empty(size, dtype=np.int64)
    active = np.empty(size, dtype=np.int64)
    order = np.empty(size, dtype=np.int64)
    meet = np.empty(size + 1, dtype=np.int64)
    start = np.empty(2 * rounds + 3, dtype=np.int64)
    for _ in range(runs):
        points[:] = 0
        n = size
        for m in range(size):
            active[m] = m
        for k in range(rounds):
            top = 2 * k
            start[: top + 2] = 0
            playing = 0
            for a in range(n):
                m = active[a]
                if present[k, m]:
                    start[top - points[m] + 1] += 1
                    playing += 1
            for g in range(top + 1):
                start[g + 1] += start[g]
            for a in range(n):
                m = active[a]
                if present[k, m]:
                    g = top - points[m]
                    order[start[g]] = m
                    start[g] += 1
            # start[g] is now the end of group g, and so the beginning of the next.
            low, carried = 0, -1
            for g in range(top + 1):
                high = start[g]
                natives = high - low
                if natives == 0:
                    continue
                if not adjacent:
                    for a in range(natives - 1, 0, -1):
                        b = _below(state, a + 1)
                        order[low + a], order[low + b] = order[low + b], order[low + a]
                count = natives
                floats = -1
                if (natives + (carried >= 0)) % 2 == 1:
                    floats = order[high - 1]
                    count -= 1
                if carried >= 0 and adjacent:
                    meet[0] = carried
                    for a in range(count):
                        meet[a + 1] = order[low + a]
                    count += 1
                else:
                    for a in range(count):
                        meet[a] = order[low + a]
                    if carried >= 0:
                        b = _below(state, count + 1)
                        meet[count] = meet[b] if b < count else carried
                        if b < count:
                            meet[b] = carried
                        count += 1
                for a in range(0, count, 2):
                    i, j = meet[a], meet[a + 1]
                    if drawn:
                        won = np.int64(2) if _real(state) < chance[k, i, j] else np.int64(0)
                    else:
                        won = np.int64(outcome[k, i, j])
                        if coin and won == 1:
                            won = 2 * _below(state, 2)
                    points[i] += won
                    points[j] += 2 - won
                    earned[k, i] += won
                    earned[k, j] += 2 - won
                carried = floats
                low = high
            if carried >= 0:
                points[carried] += bye
                byes[carried] += 1
                earned[k, carried] += bye
            if playing < n:
                for a in range(n):
                    if not present[k, active[a]]:
                        points[active[a]] += bye
                        byes[active[a]] += 1
                        earned[k, active[a]] += bye
            gone = min(eliminate[k], n - 1)
            if gone > 0:
                least = points[active[0]]
                for a in range(1, n):
                    least = min(least, points[active[a]])
                # The lowest group goes to the end of the list, and some of it are cut off there.
                lowest = 0
                for a in range(n - 1, -1, -1):
                    if points[active[a]] == least:
                        lowest += 1
                        b = n - lowest
                        active[a], active[b] = active[b], active[a]
                for _cut in range(min(gone, lowest)):
                    b = n - 1 - _below(state, lowest)
                    active[b], active[n - 1] = active[n - 1], active[b]
                    left[active[n - 1], k] += 1
                    n -= 1
                    lowest -= 1
                # Pairing by neighbours needs the order of the input again.
                if adjacent:
                    for a in range(1, n):
                        m = active[a]
                        b = a
                        while b > 0 and active[b - 1] > m:
                            active[b] = active[b - 1]
                            b -= 1
                        active[b] = m
        for m in range(size):
            ended[m, points[m]] += 1
    return ended, left, byes, earned
