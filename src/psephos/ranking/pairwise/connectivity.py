"""Who can be compared with whom at all?

A chance to win says something of two candidates only if battles lead from one to the other. Let an arrow run from j to
i where i won against j, or they tied. The maximum likelihood of strengths is finite if and only if every candidate can
be reached from every other one (the digraph is strongly connected): where a group never lost and never tied against the
rest, its strength has no upper end.

Source: Ford (1957), doi:10.2307/2308513; Zermelo (1929), doi:10.1007/BF01180541. Ours: candidates left blank with the
reason, where others add pseudo-counts that link groups which never met.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from psephos.errors import DisconnectedError, SeparationError
from psephos.opinions.kinds import listed
from psephos.ranking.pairwise.battle_table import BOTH_BAD, LEFT, RIGHT, TIE, BattleTable, PairCounts

HINT = "unconnected='blank' ranks the largest group and says why the others are not"
LINK = "add battles that link them, or take newman, or a penalty of bradley_terry, which keep strengths finite"
"""What helps where the largest group is a single candidate."""


@dataclass(frozen=True, eq=False)
class Connection:
    """Which candidates hang together.

    Attributes
    ----------
    island : ndarray of int64, shape (n,)
        Groups that never met each other, from 0, the largest first.
    component : ndarray of int64, shape (n,)
        Groups within which each can be reached from each, from 0, the one with most battles first.
    """

    island: npt.NDArray[np.int64]
    component: npt.NDArray[np.int64]


def connection_of(counts: PairCounts) -> Connection:
    """Islands and components of the battles.

    Examples
    --------
    >>> pairs = PairCounts(3, np.array([0, 1]), np.array([1, 2]), np.array([[1.0, 1, 0, 0], [2, 0, 0, 0]]))
    >>> made = connection_of(pairs)
    >>> made.island.tolist(), made.component.tolist()
    ([0, 0, 0], [0, 0, 1])
    """
    size = counts.size
    drawn = counts.ends[:, TIE] + counts.ends[:, BOTH_BAD] > 0
    up, down = drawn | (counts.ends[:, LEFT] > 0), drawn | (counts.ends[:, RIGHT] > 0)
    tail = np.concatenate([counts.second[up], counts.first[down]])
    head = np.concatenate([counts.first[up], counts.second[down]])
    graph = sparse.csr_array((np.ones(len(tail)), (tail, head)), shape=(size, size))
    n_parts, component = sparse.csgraph.connected_components(graph, directed=True, connection="strong")
    if n_parts == 1:
        return Connection(*2 * [np.zeros(size, dtype=np.int64)])
    island = sparse.csgraph.connected_components(graph, directed=True, connection="weak")[1]
    games = counts.by_candidate(counts.met, counts.met)
    return Connection(_by_size(island, games), _by_size(component, games))


def refuse_unconnected(counts: PairCounts, table: BattleTable, *, finite: bool, alone: bool = False) -> None:
    """Complain of battles that leave strengths open; `finite`: a penalty keeps them finite within an island.

    `counts` are those that count of the battles of `table`, which says what was set aside before. `alone`: no group has
    two members that can be compared, so that there is none to rank by itself.
    """
    names = table.candidates
    found = connection_of(counts)
    if found.island.max(initial=0):
        groups = "; ".join(_members(found.island == code, names) for code in range(min(int(found.island.max()) + 1, 4)))
        problem = table.explain(f"groups never met each other: {groups}")
        raise DisconnectedError("battles", problem, hint=LINK if alone else HINT)
    if finite or not found.component.max(initial=0):
        return
    top, bottom = _ends(counts, found.component)
    sides = []
    if top.any():
        sides.append(f"{_members(top, names)} never lost to or tied with the others")
    if bottom.any():
        sides.append(f"{_members(bottom, names)} never won against or tied with the others")
    hint = LINK if alone else f"{HINT}; a penalty keeps strengths finite"
    raise SeparationError("battles", table.explain("strengths have no end: " + "; ".join(sides)), hint=hint)


def blank_reasons(
    counts: PairCounts, names: pl.Series, found: Connection, *, finite: bool
) -> tuple[npt.NDArray[np.bool_], dict[str, str]]:
    """Who is ranked (the group with most battles), and why each of the others is not; `found` is their connection."""
    group = found.island if finite else found.component
    ranked = group == 0
    if ranked.all():
        return ranked, {}
    games = counts.by_candidate(counts.met, counts.met)
    top, bottom = _ends(counts, found.component)
    reasons = {}
    for i in np.flatnonzero(~ranked):
        name = str(names[int(i)])
        if games[i] == 0:
            reasons[name] = "has no battle that counts"
        elif found.island[i]:
            reasons[name] = f"met nobody of the {int((found.island == 0).sum()):,} candidates that hang together"
        elif top[i]:
            reasons[name] = "it, or a group that it is in, never lost to or tied with the others: no upper end"
        elif bottom[i]:
            reasons[name] = "it, or a group that it is in, never won against or tied with the others: no lower end"
        else:
            reasons[name] = "stands between groups that can only be ordered, not measured"
    return ranked, reasons


def refuse_endless_ties(counts: PairCounts, hint: str) -> None:
    """Complain where ties with a chance of their own leave strengths open although everyone hangs together.

    If ties are rarer the further two are apart, strengths and the parameter of ties can grow together without end where
    some delta has delta_i - delta_j >= 1 for all wins of i over j and |delta_i - delta_j| <= 1 for all ties: no winner
    lost in turn, not even by way of others. These are bounds on differences; they can be kept if and only if no cycle
    of them has a negative sum (Bellman and Ford).

    Parameters
    ----------
    counts : PairCounts
        Battles of candidates that hang together.
    hint : str
        What the caller can do.
    """
    left, right = counts.ends[:, LEFT] > 0, counts.ends[:, RIGHT] > 0
    drawn = counts.ends[:, TIE] + counts.ends[:, BOTH_BAD] > 0
    if not drawn.any() or not (left | right).any() or (left & right).any():
        return
    first, second = counts.first, counts.second
    tail = np.concatenate([first[left], second[right], first[drawn], second[drawn]])
    head = np.concatenate([second[left], first[right], second[drawn], first[drawn]])
    step = np.repeat([-1, 1], [int((left | right).sum()), 2 * int(drawn.sum())])
    height = np.zeros(counts.size, dtype=np.int64)
    # A path without a cycle goes down by less than the number of candidates.
    while height.min() > -counts.size:
        before = height.copy()
        np.minimum.at(height, head, before[tail] + step)
        if np.array_equal(height, before):
            problem = "strengths and ties have no end: no winner ever lost in turn, and ties fit any distance then"
            raise SeparationError("battles", problem, hint=hint)


def _by_size(labels: npt.NDArray[np.int32], games: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Groups counted from the one with most battles, then of most members, then by their first member."""
    total = np.bincount(labels, weights=games)
    members = np.bincount(labels)
    first = np.full(len(total), len(labels))
    np.minimum.at(first, labels, np.arange(len(labels)))
    order = np.lexsort((first, -members, -total))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return place[labels]


def _ends(counts: PairCounts, component: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Members of components that nobody outside won against, and of those that won against nobody outside."""
    n = int(component.max(initial=0)) + 1
    here, there = component[counts.first], component[counts.second]
    apart = here != there
    # Across components all battles of a pair have one winner: a tie, or a win each, would join them.
    up = apart & (counts.ends[:, LEFT] > 0)
    winner, loser = np.where(up, here, there)[apart], np.where(up, there, here)[apart]
    lost, won = np.bincount(loser, minlength=n) > 0, np.bincount(winner, minlength=n) > 0
    if n == 1:
        nobody = np.zeros(len(component), dtype=bool)
        return nobody, nobody
    return (~lost & won)[component], (~won & lost)[component]


def _members(kept: npt.NDArray[np.bool_], names: pl.Series) -> str:
    members: Sequence[str] = [str(names[int(i)]) for i in np.flatnonzero(kept)]
    return listed(members, 5)
