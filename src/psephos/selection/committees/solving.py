"""One committee from one set of ballots: which solver, how good, how sure?

auto: sums are solved exactly by their order; other rules exactly where all committees can be listed or with up to 60
candidates and 200 ballots, and greedily with exchanges beyond. What is not proven comes with a bound: for falling
weights no committee is worth more than F(S) and the k largest gains at S together.

Source: sheet 05. Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import comb, inf
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_choice
from psephos.selection.committees.ballot_box import Ballots
from psephos.selection.committees.committee_results import MOST_TIES
from psephos.selection.committees.exact import LISTED, RISE, listed, programmed
from psephos.selection.committees.greedy import EXCHANGES, best_by_sum, exchanged, greedy
from psephos.selection.committees.group_bounds import Quotas, quotas
from psephos.selection.committees.place_scores import (
    Rule,
    Score,
    candidate_scores,
    committee_value,
    place_scores,
    rule_weights,
    total_scores,
)
from psephos.statistics.rank_spread import on_grid

Floats = npt.NDArray[np.float64]

SOLVERS = ("auto", "exact", "greedy")
PROVEN_CANDIDATES, PROVEN_BALLOTS = 60, 200
LISTED_WORK = 4 * 10**8
"""Ballots times members of all committees up to which they are listed without being asked."""


@dataclass(frozen=True, eq=False)
class Task:
    """What is asked: size, scores of places, weights of members, bounds; made by `task_of`.

    Attributes
    ----------
    k : int
        Members.
    scores : ndarray of float64, shape (n_candidates,)
        What a place is worth, the first at 0.
    a : ndarray of float64, shape (k,)
        Weight of the best, second, ... member of a voter.
    bounds : Quotas
        Fewest and most members of each group.
    solver : str
        One of `SOLVERS`.
    seconds : float
        Time that a proof may take.
    """

    k: int
    scores: Floats
    a: Floats
    bounds: Quotas
    solver: str = "auto"
    seconds: float = 30.0

    @property
    def sums(self) -> bool:
        """Whether members add up."""
        return bool((self.a == self.a[0]).all())

    @property
    def rises(self) -> bool:
        """Whether a later member counts more than an earlier one, so that greedy choices promise nothing."""
        return bool((np.diff(self.a) > RISE).any())


@dataclass(frozen=True, eq=False)
class Outcome:
    """A committee.

    Attributes
    ----------
    members : list of int
        In the order in which they were chosen.
    value : float
    bound : float
        No committee that keeps the bounds is worth more.
    totals : ndarray of float64, shape (n_candidates,)
        Score of each candidate over all ballots.
    ties : list of list of int
        Other committees that are worth as much, as far as they were looked for.
    path : list of float
        Value after each member.
    guarantee : str
    """

    members: list[int]
    value: float
    bound: float
    totals: Floats
    ties: list[list[int]]
    path: list[float]
    guarantee: str


def task_of(
    ballots: Ballots,
    k: int,
    *,
    score: Score,
    rule: Rule,
    lower: dict[str, int] | None,
    upper: dict[str, int] | None,
    solver: str,
    seconds: float,
) -> Task:
    """Check what is asked against the ballots.

    Parameters
    ----------
    ballots : Ballots
        Candidates, their groups and how they are ranked.
    k, score, rule, lower, upper, solver, seconds
        As in `psephos.selection.committee`.

    Raises
    ------
    InputError
        `k`: not from 1 to the number of candidates. `solver`, `score`, `rule`: no such choice. `lower`, `upper`: a
        group that there is not.
    InfeasibleError
        No committee can keep the bounds.
    """
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or not 1 <= k <= ballots.size:
        raise InputError("k", f"must be a whole number from 1 to {ballots.size}, got {k!r}")
    check_choice("solver", solver, SOLVERS)
    return Task(
        int(k),
        place_scores(score, ballots.size, int(k)),
        rule_weights(rule, int(k)),
        quotas(ballots.groups, ballots.size, int(k), lower, upper),
        solver,
        seconds,
    )


def solve(ballots: Ballots, task: Task) -> Outcome:
    """Find the committee; weights count by their ratios, however small they are."""
    # A power of two leaves every digit as it is.
    scale = float(2.0 ** np.floor(np.log2(ballots.weights.max())))
    found = _solved(ballots.weighted(ballots.weights / scale), task)
    return replace(
        found,
        value=found.value * scale,
        bound=found.bound * scale,
        totals=found.totals * scale,
        path=[value * scale for value in found.path],
    )


def _solved(ballots: Ballots, task: Task) -> Outcome:
    totals = total_scores(ballots, task.scores)
    if task.sums and task.solver != "exact":
        members = best_by_sum(totals, task.k, task.bounds)
        path = (task.a[0] * np.cumsum(totals[members])).tolist()
        return Outcome(
            members, path[-1], path[-1], totals, _tied_sums(totals, members, task), path, "best: members add up"
        )
    table = candidate_scores(ballots, task.scores)
    few = comb(ballots.size, task.k) <= LISTED
    work = len(table) * task.k * comb(ballots.size, task.k) if few else inf
    exact = task.solver == "exact" or (
        task.solver == "auto"
        and (work <= LISTED_WORK or (ballots.size <= PROVEN_CANDIDATES and len(table) <= PROVEN_BALLOTS))
    )
    if task.rises and not (few and exact):
        raise InputError(
            "rule",
            f"weights that rise need all {comb(ballots.size, task.k):,} committees listed; {LISTED:,} are the most",
        )
    if few and exact and (task.rises or task.solver == "exact" or work <= LISTED_WORK):
        found = listed(table, ballots.weights, task.a, task.k, task.bounds)
        members = found.members if task.rises else _ordered(table, ballots.weights, task, found.members, totals)
        path = _path(table, ballots.weights, task.a, members)
        return Outcome(members, found.value, found.value, totals, found.ties, path, "best: all committees were listed")
    members, _ = greedy(table, ballots.weights, task.a, task.k, task.bounds, totals)
    told = (
        "at least 1/2 of the best (greedy within bounds)" if task.bounds.bind else "at least 63 % of the best (greedy)"
    )
    if table.size * task.k**2 <= EXCHANGES:
        members = exchanged(table, ballots.weights, task.a, members, task.bounds)
        told += ", then exchanges"
    bound = submodular_bound(table, ballots.weights, task.a, members, totals)
    value = committee_value(table, ballots.weights, task.a, members)
    if exact:
        best = programmed(table, ballots.weights, task.a, task.k, task.bounds, members, seconds=task.seconds)
        bound, members, value = min(bound, best.bound), best.members, best.value
        if bound - value <= 1e-6 * max(1.0, abs(value)):
            bound, told = value, "best: proven by an integer programme"
        else:
            told = f"within {bound / value - 1:.2%} of the best" if value > 0 else "not proven"
    members = _ordered(table, ballots.weights, task, members, totals)
    path = _path(table, ballots.weights, task.a, members)
    return Outcome(members, value, max(bound, value), totals, [], path, told)


def unbounded(ballots: Ballots, task: Task) -> Task:
    """The same question without bounds."""
    return replace(task, bounds=quotas(None, ballots.size, task.k, None, None))


def price_of(free: float, fair: float) -> float:
    """F(free) / F(fair): infinite where only the fair one is worth nothing, 1 where both are.

    Examples
    --------
    >>> price_of(4.0, 2.0), price_of(1.0, 0.0), price_of(0.0, 0.0)
    (2.0, inf, 1.0)
    """
    if fair > 0:
        return free / fair
    return 1.0 if free <= 0 else inf


def submodular_bound(
    table: npt.NDArray[Any], weights: Floats, a: Floats, members: Sequence[int], totals: Floats
) -> float:
    """No committee is worth more than this, for falling weights.

    It is F(S) plus the k largest gains at S, or the k largest values of candidates alone.

    Parameters
    ----------
    table : ndarray, shape (n_voters, n_candidates)
        Score of each candidate with each voter.
    weights : ndarray of float64, shape (n_voters,)
        How much each voter counts.
    a : ndarray of float64, shape (k,)
        Weights of members, falling.
    members : sequence of int
        The committee S.
    totals : ndarray of float64, shape (n_candidates,)
        Weighted sums of the columns.
    """
    k = len(members)
    own = -np.sort(-table[:, list(members)].astype(np.float64), axis=1)
    value = float(weights @ (own @ a[:k]))
    singles = float(np.sort(a[0] * totals)[::-1][:k].sum())
    if a[k - 1] > 0 or table.size > EXCHANGES:
        return max(value, singles)
    # With the last weight 0 (cc) a newcomer gains only where it is better than the best.
    gain = np.zeros(table.shape[1])
    for start in range(0, len(table), 1024):
        here = slice(start, start + 1024)
        above = np.maximum(table[here] - own[here, :1], 0)
        gain += a[0] * (weights[here] @ above)
    return max(value, min(singles, value + float(np.sort(gain)[::-1][:k].sum()))) if not a[1:].any() else singles


def _ordered(table: npt.NDArray[Any], weights: Floats, task: Task, members: Sequence[int], totals: Floats) -> list[int]:
    """Members in the order in which each adds most."""
    chosen = sorted(members)
    inside = replace(task, bounds=quotas(None, len(chosen), task.k, None, None))
    order, _ = greedy(table[:, chosen], weights, task.a, task.k, inside.bounds, totals[chosen])
    return [chosen[place] for place in order]


def _path(table: npt.NDArray[Any], weights: Floats, a: Floats, members: Sequence[int]) -> list[float]:
    return [committee_value(table, weights, a, members[: size + 1]) for size in range(len(members))]


def _tied_sums(totals: Floats, members: list[int], task: Task) -> list[list[int]]:
    """Committees in which one member is exchanged for another candidate of the same total."""
    grid = on_grid(totals)
    found = []
    inside = set(members)
    for place, leaves in enumerate(members):
        for joins in np.flatnonzero(grid == grid[leaves]):
            other = [*members[:place], int(joins), *members[place + 1 :]]
            if int(joins) not in inside and task.bounds.feasible(other):
                found.append(sorted(other))
    return found[:MOST_TIES]
