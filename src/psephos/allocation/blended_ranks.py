"""Which question is first by a blend of two rankings, when one question changes at a time?

    score_q = weight_q ((1 - lam) rank_u(q) + lam rank_w(q)),       largest first, of equals the lowest place

rank_u are average ranks of u, rank_w strict ranks of (w, then fewest samples, then lowest place); a larger rank is less
sure. Both depend on all questions, and ranking all of them for every sample would cost O(n log n) each time.

But questions with equal u and equal (w, samples) differ only in their place, and there are far fewer such *groups* than
questions. So ranks are kept by group: how many questions lie below is a running sum over groups, and within a group the
lowest place always comes first. One step costs O(groups), and gives exactly what ranking all questions would.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Rank = tuple[float, ...]

MOST_EMPTY = 500
"""About how many groups without a question are kept."""


class Standing(NamedTuple):
    """What the score of a question rests on; questions of equal standing make a group.

    Attributes
    ----------
    u, w : float
        The two measures whose ranks are blended; a larger one is less sure and ranks higher.
    samples : int
        Samples of the question so far; of equal w, the one with fewer ranks higher.
    weight : float, default 1
        Factor of the blended rank.
    """

    u: float
    w: float
    samples: int
    weight: float = 1.0


class BlendedRanks:
    """Groups of questions of equal standing, and their ranks.

    Questions are numbers; `place` takes one in or moves it, `remove` takes it out, `top` names the first. A step costs
    O(groups), whatever the number of questions.

    Examples
    --------
    >>> ranks = BlendedRanks()
    >>> for question, u in enumerate([0.1, 0.7, 0.7]):
    ...     ranks.place(question, Standing(u, u, samples=1))
    >>> ranks.top(0.5)
    1
    >>> ranks.place(1, Standing(0.0, 0.0, samples=2))
    >>> ranks.top(0.5)
    2
    """

    def __init__(self) -> None:
        self._group_of: dict[int, int] = {}
        self._start()

    def _start(self) -> None:
        self._groups: dict[Standing, int] = {}
        self._standings: list[Standing] = []
        self._members: list[list[int]] = []  # heaps, with entries that are no longer true
        self._u = _Classes()
        self._w = _Classes()
        self._by_place: list[list[int]] = []  # of each class of w, its questions in order
        self._groups_of_w: list[list[int]] = []
        room = 64
        self._u_class = np.zeros(room, dtype=np.int64)
        self._w_class = np.zeros(room, dtype=np.int64)
        self._within = np.zeros(room)
        self._weight = np.zeros(room)
        self._alive = np.zeros(room, dtype=bool)

    def place(self, question: int, standing: Standing) -> None:
        """Take a question in, or at its new standing."""
        group = self._groups.get(standing)
        if group is None:
            if len(self._standings) > MOST_EMPTY + 2 * np.count_nonzero(self._alive):
                self._forget_empty_groups()
            group = self._new_group(standing)
        if self._group_of.get(question) == group:
            return
        self.remove(question)
        self._group_of[question] = group
        heapq.heappush(self._members[group], question)
        self._u.sizes[self._u_class[group]] += 1
        w_class = int(self._w_class[group])
        self._w.sizes[w_class] += 1
        insort(self._by_place[w_class], question)
        self._refresh(w_class)

    def remove(self, question: int) -> None:
        """Take a question out."""
        group = self._group_of.pop(question, None)
        if group is None:
            return
        self._u.sizes[self._u_class[group]] -= 1
        w_class = int(self._w_class[group])
        self._w.sizes[w_class] -= 1
        line = self._by_place[w_class]
        del line[bisect_left(line, question)]
        self._refresh(w_class)

    def top(self, lam: float) -> int:
        """The question with the largest score, of equals the lowest; -1 if there is none.

        Parameters
        ----------
        lam : float
            Weight of the ranks of w, 0 to 1; those of u have the rest.
        """
        if not self._group_of:
            return -1
        n = len(self._standings)
        score = self._weight[:n] * (
            (1 - lam) * self._u.average_ranks()[self._u_class[:n]]
            + lam * (self._w.below()[self._w_class[:n]] + self._within[:n])
        )
        score[~self._alive[:n]] = -np.inf
        best = (score == score.max()).nonzero()[0]
        return int(min(self._members[group][0] for group in best))

    def _refresh(self, w_class: int) -> None:
        """The first question of each group of this class, and its rank within the class."""
        line = self._by_place[w_class]
        for group in self._groups_of_w[w_class]:
            members = self._members[group]
            while members and self._group_of.get(members[0]) != group:
                heapq.heappop(members)
            self._alive[group] = bool(members)
            if members:
                self._within[group] = len(line) - bisect_left(line, members[0])

    def _forget_empty_groups(self) -> None:
        """Begin anew with the groups that hold a question; a question that wanders alone leaves many behind."""
        members: dict[int, list[int]] = {}
        for question in sorted(self._group_of):
            members.setdefault(self._group_of[question], []).append(question)
        old = self._standings
        self._start()
        for group, questions in members.items():
            new = self._new_group(old[group])
            self._members[new] = questions
            self._group_of.update(dict.fromkeys(questions, new))
            self._u.sizes[self._u_class[new]] += len(questions)
            w_class = int(self._w_class[new])
            self._w.sizes[w_class] += len(questions)
            self._by_place[w_class] = sorted(self._by_place[w_class] + questions)
        for w_class in range(len(self._by_place)):
            self._refresh(w_class)

    def _new_group(self, standing: Standing) -> int:
        group = self._groups[standing] = len(self._standings)
        self._standings.append(standing)
        self._members.append([])
        if group == len(self._weight):
            for name in ("_u_class", "_w_class", "_within", "_weight", "_alive"):
                values = getattr(self, name)
                setattr(self, name, np.concatenate([values, np.zeros_like(values)]))
        self._weight[group] = standing.weight
        self._u_class[group] = self._u.find((standing.u,))
        w_class = self._w.find((standing.w, -standing.samples))
        self._w_class[group] = w_class
        if w_class == len(self._by_place):
            self._by_place.append([])
            self._groups_of_w.append([])
        self._groups_of_w[w_class].append(group)
        return group


class _Classes:
    """Classes of equal value, numbered as they come, with how many questions each holds and their order by value."""

    def __init__(self) -> None:
        self._number: dict[Rank, int] = {}
        self._values: list[Rank] = []
        self._order: list[int] = []
        self._rising: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self.sizes: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def find(self, value: Rank) -> int:
        """Number of the class of a value."""
        number = self._number.get(value)
        if number is None:
            number = self._number[value] = len(self._order)
            at = bisect_left(self._values, value)
            self._values.insert(at, value)
            self._order.insert(at, number)
            self._rising = np.array(self._order)
            self.sizes = np.append(self.sizes, 0)
        return number

    def below(self) -> npt.NDArray[np.int64]:
        """How many questions lie in lower classes, by number of the class."""
        rising = self.sizes[self._rising]
        found = np.empty_like(rising)
        found[self._rising] = rising.cumsum() - rising
        return found

    def average_ranks(self) -> npt.NDArray[np.float64]:
        """Average rank of the questions of each class, by number of the class."""
        return self.below() + (self.sizes + 1) / 2
