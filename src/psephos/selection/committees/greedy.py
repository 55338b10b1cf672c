"""Which committee does one get by always adding who helps most?

For sums (separable) the best of each group up to its lower bound, then the best of the rest that keep the upper bounds:
optimal. For cc, pav and other falling weights the one with the largest gain, then exchanges of a member for another
candidate as long as one improves F: at least 1 - 1/e of the best without bounds, 1/2 with them. Equal gains go to the
candidate that stands first. Gains only fall as a committee grows, so that whoever could not win with its last gain is
not looked at again.

Sources: Nemhauser, Wolsey and Fisher (1978), doi:10.1007/BF01588971 (with a matroid: Fisher, Nemhauser and Wolsey
1978, doi:10.1007/BFb0121195); Minoux (1978), doi:10.1007/BFb0006528, for the last gains; sheet 05. Differs: the
exchanges.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.selection.committees.group_bounds import Quotas
from psephos.selection.committees.place_scores import committee_value
from psephos.statistics.rank_spread import on_grid

Floats = npt.NDArray[np.float64]
Table = npt.NDArray[Any]

EQUAL = 1e-9
BATCH = 16
EXCHANGES = 2 * 10**8
"""Voters times candidates times the square of the committee up to which exchanges are tried."""
_CELLS = 2**22


def best_by_sum(totals: Floats, k: int, quotas: Quotas) -> list[int]:
    """The committee with the largest sum, members in falling order of their totals."""
    order = np.argsort(-on_grid(totals), kind="stable")
    counts = np.zeros(len(quotas.names), dtype=np.int64)
    taken = np.zeros(len(totals), dtype=bool)
    for bound in (quotas.lower, quotas.upper):
        for i in order:
            group = quotas.group[i]
            if not taken[i] and counts[group] < bound[group] and taken.sum() < k:
                taken[i] = True
                counts[group] += 1
    return [int(i) for i in order if taken[i]]


def greedy(
    table: Table, weights: Floats, a: Floats, k: int, quotas: Quotas, totals: Floats | None = None
) -> tuple[list[int], list[float]]:
    """Add whoever helps most, k times.

    Parameters
    ----------
    table : ndarray, shape (n_voters, n_candidates)
        Score of each candidate with each voter.
    weights : ndarray of float64, shape (n_voters,)
        How much each voter counts.
    a : ndarray of float64, shape (k,)
        Weight of the best, second, ... member of a voter; falling, or gains may grow and the order mean nothing.
    k : int
        Members.
    quotas : Quotas
        Bounds by group; only candidates are looked at with whom they can still be kept.
    totals : ndarray of float64, shape (n_candidates,), optional
        Weighted sums of the columns, if known.

    Returns
    -------
    members : list of int
        In the order in which they are added.
    values : list of float
        F after each.
    """
    state = _State(np.ascontiguousarray(table.T), weights, a, k)
    last = a[0] * (weights @ table if totals is None else totals)
    members: list[int] = []
    values: list[float] = []
    counts = np.zeros(len(quotas.names), dtype=np.int64)
    for step in range(k):
        open_to = quotas.allowed(counts, k - step)
        open_to[members] = False
        best = _most_gain(state, last, np.flatnonzero(open_to), fresh=step == 0)
        state.add(best)
        members.append(best)
        counts[quotas.group[best]] += 1
        values.append(state.value)
    return members, values


def exchanged(
    table: Table, weights: Floats, a: Floats, members: list[int], quotas: Quotas, *, rounds: int = 20
) -> list[int]:
    """The committee after exchanges that improve it, the best one first, until there is none.

    Parameters
    ----------
    table, weights, a, quotas
        As in `greedy`.
    members : list of int
        A committee that keeps the bounds.
    rounds : int, default 20
        Exchanges at most.

    Returns
    -------
    list of int
        Of the same length; whoever joins stands in the place of who left.
    """
    found, k = list(members), len(members)
    columns = np.ascontiguousarray(table.T)
    value = committee_value(table, weights, a, found)
    every = np.arange(table.shape[1])
    for _ in range(rounds):
        best: tuple[float, int, int] = (EQUAL * max(1.0, abs(value)), -1, -1)
        counts = quotas.counts(found)
        for place, leaves in enumerate(found):
            left = counts.copy()
            left[quotas.group[leaves]] -= 1
            open_to = quotas.allowed(left, 1)
            open_to[found] = False
            if not open_to.any():
                continue
            state = _State(columns, weights, a, k)
            for member in found[:place] + found[place + 1 :]:
                state.add(member)
            joins = every[open_to]
            change = state.value + state.gains(joins) - value
            top = int(np.argmax(change))
            if change[top] > best[0]:
                best = (float(change[top]), place, int(joins[top]))
        if best[1] < 0:
            break
        found[best[1]] = best[2]
        value = committee_value(table, weights, a, found)
    return found


def _most_gain(state: _State, last: Floats, open_to: npt.NDArray[np.intp], *, fresh: bool) -> int:
    """Who gains most, the first of equals; `last` holds the gains when last looked at, and is brought up to date."""
    order = open_to[np.argsort(-last[open_to], kind="stable")]
    seen = len(order) if fresh else 0
    most = float(last[order[0]]) if fresh else -np.inf
    while seen < len(order):
        block = order[seen : seen + BATCH]
        if last[block[0]] < most - EQUAL * max(1.0, abs(most)):
            break
        last[block] = state.gains(block)
        most = max(most, float(last[block].max()))
        seen += len(block)
    looked = order[:seen]
    return int(looked[last[looked] >= most - EQUAL * max(1.0, abs(most))].min())


class _State:
    """A committee that grows: the scores of its members with each voter, best first."""

    def __init__(self, columns: Table, weights: Floats, a: Floats, k: int) -> None:
        self.columns, self.weights, self.a = columns, weights, a
        self.cc = not a[1:].any()
        n = columns.shape[1]
        self.sorted = np.zeros((1 if self.cc else k, n), dtype=columns.dtype)
        self.members = 0

    @property
    def value(self) -> float:
        """F of the committee."""
        held = 1 if self.cc else self.members
        return float(self.a[:held] @ (self.sorted[:held] @ self.weights)) if self.members else 0.0

    def add(self, who: int) -> None:
        """Take in a candidate: it moves down those of each voter that score less."""
        carried = self.columns[who]
        for place in range(1 if self.cc else self.members + 1):
            kept = np.maximum(self.sorted[place], carried)
            carried = np.minimum(self.sorted[place], carried)
            self.sorted[place] = kept
        self.members += 1

    def gains(self, who: npt.NDArray[np.intp]) -> Floats:
        """How much F rises by each of these candidates.

        A newcomer moves down whom it beats. With falling weights its gain is the sum over members j of
        (a_j - a_(j+1)) (s - s_j)+, and a_last s for the place that is new.
        """
        held = 1 if self.cc else self.members + 1
        falls = self.a[:held] - (0.0 if self.cc else np.append(self.a[1:held], 0.0))
        found = np.zeros(len(who))
        step = max(1, _CELLS // self.columns.shape[1])
        for start in range(0, len(who), step):
            own = self.columns[who[start : start + step]]
            for place in range(held):
                if falls[place]:
                    above = np.maximum(own - self.sorted[place], 0) if place < len(self.sorted) else own
                    found[start : start + step] += falls[place] * (above @ self.weights)
        return found
