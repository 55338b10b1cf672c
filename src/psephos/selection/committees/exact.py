"""Which committee is the best, proven?

Up to two million committees are listed. Beyond, whole numbers by cutting planes: let x_i in [0, 1] say how much of
candidate i is a member. With the candidates of a voter in falling order of their scores s,

    F(x) = sum_v weight_v sum_l (s_l - s_(l+1)) g(x_1 + ... + x_l),        g(t) = a_1 + ... + a_t, straight in between,

is the value of a committee where x is whole, and concave for falling weights a. So its tangents bound it from above:
an integer programme over the tangents (HiGHS) gives a committee and a bound, the tangents at that committee are added,
and the bound closes down on the best. Where time runs out it says how much better a committee could at most be.

Sources: Geoffrion (1972), doi:10.1007/BF00934810 (decomposition); sheet 05, which uses branch and bound. Ours: this F.
Differs: the programme in place of branch and bound, since its bound closes where the submodular one does not.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import chain, combinations, islice
from math import comb
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from psephos.errors import InputError
from psephos.selection.committees.committee_results import MOST_TIES
from psephos.selection.committees.group_bounds import Quotas
from psephos.selection.committees.place_scores import committee_value

Floats = npt.NDArray[np.float64]
Table = npt.NDArray[Any]

LISTED = 2_000_000
"""Most committees that are listed."""
BLOCKS = 200
"""Into so many blocks voters are dealt; each has tangents of its own."""
RISE = 1e-12
EQUAL = 1e-9
_BATCH = 2**14
_CELLS = 2**22


@dataclass(frozen=True, eq=False)
class Solved:
    """What a solver found.

    Attributes
    ----------
    members : list of int
        Places of the members.
    value : float
        F of this committee.
    bound : float
        No committee is worth more; equal to `value` where it is proven to be the best.
    ties : list of list of int
        Other committees that are as good, some of them where there are many.
    how : str
        By what it was found, in words.
    """

    members: list[int]
    value: float
    bound: float
    ties: list[list[int]]
    how: str


def listed(table: Table, weights: Floats, a: Floats, k: int, quotas: Quotas) -> Solved:
    """The best of all committees, the first in the order of the candidates, and those that are as good.

    Parameters
    ----------
    table : ndarray, shape (n_voters, n_candidates)
        Score of each candidate with each voter; equal ballots may be one row.
    weights : ndarray of float64, shape (n_voters,)
        How much each row counts.
    a : ndarray of float64, shape (k,)
        Weight of the best, second, ... member of a voter.
    k : int
        Members.
    quotas : Quotas
        Bounds by group, which at least one committee keeps.

    Returns
    -------
    Solved
        With at most `MOST_TIES` ties; works a batch of committees at a time.
    """
    size = table.shape[1]
    wide = table.astype(np.float64)
    best, kept = -np.inf, [list(range(k))]
    cc = not a[1:].any()
    batch = max(1, min(_BATCH, _CELLS // max(1, len(table) * k)))
    every = combinations(range(size), k)
    while block := list(islice(every, batch)):
        members = np.fromiter(chain.from_iterable(block), dtype=np.int64, count=len(block) * k).reshape(-1, k)
        if quotas.bind:
            counts = np.stack([(quotas.group[members] == g).sum(axis=1) for g in range(len(quotas.names))], axis=1)
            members = members[((counts >= quotas.lower) & (counts <= quotas.upper)).all(axis=1)]
            if not len(members):
                continue
        own = wide[:, members]
        if cc:
            value = a[0] * (weights @ own.max(axis=2))
        elif (a == a[0]).all():
            value = a[0] * (weights @ own.sum(axis=2))
        else:
            value = weights @ (-np.sort(-own, axis=2) @ a)
        top = float(value.max())
        if top > best + EQUAL * max(1.0, abs(top)):
            best, kept = top, []
        same = members[value >= best - EQUAL * max(1.0, abs(best))]
        kept += [[int(i) for i in one] for one in same[: max(0, MOST_TIES + 1 - len(kept))]]
    return Solved(kept[0], best, best, kept[1:], "all committees listed")


def programmed(
    table: Table, weights: Floats, a: Floats, k: int, quotas: Quotas, start: list[int], *, seconds: float
) -> Solved:
    """The best committee by cutting planes, or the better of what was found and `start`, with the bound.

    Parameters
    ----------
    table, weights, a, k, quotas
        As in `listed`; the weights `a` must not rise.
    start : list of int
        A committee that keeps the bounds, as greedy choices give one.
    seconds : float
        When to stop, by the clock: a run that is cut off here may differ from one on another machine, and its bound
        says by how much at most.

    Raises
    ------
    InputError
        `rule`: the weights rise, so that no tangent bounds the value.
    """
    size = table.shape[1]
    if (np.diff(a) > RISE).any():
        raise InputError("rule", f"weights that rise need all {comb(size, k):,} committees listed, at most {LISTED:,}")
    until = time.monotonic() + seconds
    planes = _Planes(table, weights, a, k, quotas)
    members, value = start, committee_value(table, weights, a, start)
    bound = np.inf
    planes.touch(_as_point(members, size))
    whole = False
    while (left := until - time.monotonic()) > 0 and bound > value * (1 + EQUAL) + EQUAL:
        point, most = planes.solve(whole=whole, seconds=left)
        bound = min(bound, most)
        if point is None:
            break
        reached = planes.touch(point)
        if whole:
            found = [int(i) for i in np.flatnonzero(point > 0.5)]
            own = committee_value(table, weights, a, found)
            if own > value + EQUAL * max(1.0, abs(value)):
                members, value = found, own
        # Tangents at fractions first: they are cheap, and bring the bound of the programme near to its end.
        elif most - reached <= 1e-4 * max(abs(most), 1.0):
            whole = True
    return Solved(members, value, max(bound, value), [], "integer programme")


class _Planes:
    """Tangents of F, by blocks of voters, and the programme over them."""

    def __init__(self, table: Table, weights: Floats, a: Floats, k: int, quotas: Quotas) -> None:
        values = table.astype(np.float64)
        self.order = np.argsort(-values, axis=1, kind="stable")
        ranked = np.take_along_axis(values, self.order, axis=1)
        self.height = weights[:, None] * (ranked - np.concatenate([ranked[:, 1:], np.zeros((len(ranked), 1))], axis=1))
        self.a, self.k, self.quotas, self.size = a, k, quotas, table.shape[1]
        self.total = np.concatenate([[0.0], np.cumsum(a)])
        self.blocks = min(len(table), BLOCKS)
        self.block = np.arange(len(table)) % self.blocks
        self.slopes: list[Floats] = []
        self.constants: list[Floats] = []

    def touch(self, point: Floats) -> float:
        """Add the tangents at a point; F there."""
        held = np.minimum(np.cumsum(point[self.order], axis=1), self.k)
        reached = (self.height * np.interp(held, np.arange(self.k + 1), self.total)).sum(axis=1)
        # At a whole number F has a corner: the tangents of both sides hold.
        sides = {float(shift): np.clip(np.floor(held + shift).astype(int), 0, self.k - 1) for shift in (-1e-7, 1e-7)}
        for at in sides.values():
            rate = np.cumsum((self.height * self.a[at])[:, ::-1], axis=1)[:, ::-1]
            slope = np.empty_like(rate)
            np.put_along_axis(slope, self.order, rate, axis=1)
            by_block = np.zeros((self.blocks, self.size))
            np.add.at(by_block, self.block, slope)
            constant = np.bincount(self.block, weights=reached - slope @ point, minlength=self.blocks)
            self.slopes.append(by_block)
            self.constants.append(constant.astype(np.float64))
        return float(reached.sum())

    def solve(self, *, whole: bool, seconds: float) -> tuple[Floats | None, float]:
        """The point that is highest under all tangents, and how high they let F be."""
        size, blocks = self.size, self.blocks
        eye = np.eye(blocks)
        rows = np.concatenate([np.concatenate([-slope, eye], axis=1) for slope in self.slopes])
        groups = np.zeros((len(self.quotas.names) + 1, size + blocks))
        groups[self.quotas.group, np.arange(size)] = 1
        groups[-1, :size] = 1
        found = milp(
            -np.concatenate([np.zeros(size), np.ones(blocks)]),
            integrality=np.concatenate([np.full(size, int(whole)), np.zeros(blocks)]),
            bounds=Bounds(
                np.concatenate([np.zeros(size), np.full(blocks, -np.inf)]),
                np.concatenate([np.ones(size), np.full(blocks, np.inf)]),
            ),
            constraints=[
                LinearConstraint(sparse.csr_matrix(rows), -np.inf, np.concatenate(self.constants)),
                LinearConstraint(groups, np.append(self.quotas.lower, self.k), np.append(self.quotas.upper, self.k)),
            ],
            options={"time_limit": seconds, "mip_rel_gap": 1e-7},
        )
        least = found.mip_dual_bound if whole else found.fun
        most = np.inf if least is None or (not whole and found.status != 0) else -float(least)
        return (None if found.x is None else found.x[:size]), most


def _as_point(members: list[int], size: int) -> Floats:
    point = np.zeros(size)
    point[members] = 1
    return point
