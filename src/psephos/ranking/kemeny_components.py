"""Which order of few candidates costs least, how many orders cost as little, and who may be first in one?

The candidates fall into the strongly connected components of the majority graph (i -> j if P_ij > P_ji; a tied pair
joins both ways). Every pair between two components points the same way, so components are put in order as wholes and
each is solved alone. Inside, a programme over subsets S of who is still to be placed:

    f(S) = min_{k in S} sum_{i in S, i != k} P_ik + f(S without k),        f({}) = 0,

k being the first of S. The number of optimal orders obeys the same recursion with sums over the k that reach the
minimum. O(2^n n^2) time, O(2^n n) memory.

Sources: Held and Karp (1962), doi:10.1137/0110015; sheet 14; the split: Truchon (1998). Differs: the programme runs
from the last place to the first, so that ties are settled from the first place on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SUBSET_LIMIT = 18
"""Largest component that the subset programme takes: 2^18 subsets, about 80 MB."""

EQUAL_COSTS = 1e-9
"""Costs that lie as close as this, as a share of the weight of one pair, are equal."""


@dataclass(frozen=True)
class Ordered:
    """An order of a component with what is known of it.

    `count` is the number of optimal orders and `first` who is first in one of them; None where that was not found out.
    """

    order: npt.NDArray[np.int64]
    cost: float
    bound: float
    count: int | None
    first: tuple[int, ...] | None


def components(above: npt.NDArray[np.float64]) -> list[npt.NDArray[np.int64]]:
    """The components of the majority graph, best first.

    Examples
    --------
    >>> above = np.array([[0, 2, 2], [1, 0, 1.5], [1, 1.5, 0]])
    >>> [part.tolist() for part in components(above)]
    [[0], [1, 2]]
    """
    from scipy.sparse.csgraph import connected_components

    margin = above - above.T
    slack = EQUAL_COSTS * max(float((above + above.T).max()), 1e-300)
    _, label = connected_components(margin >= -slack, directed=True, connection="strong")
    beaten = (margin > slack).sum(axis=1)
    parts = [np.flatnonzero(label == k) for k in range(int(label.max()) + 1)]
    # A component beats everyone in later ones, so its least member still beats more than any member of those.
    return sorted(parts, key=lambda part: (-int(beaten[part].min()), int(part[0])))


def best_of_subsets(above: npt.NDArray[np.float64], points: npt.NDArray[np.float64]) -> Ordered:
    """The optimal order of at most `SUBSET_LIMIT` candidates; of several the one with most points, place by place.

    Examples
    --------
    >>> best_of_subsets(np.array([[0, 3.0], [2.0, 0]]), np.zeros(2)).order.tolist()
    [0, 1]
    """
    n = len(above)
    slack = EQUAL_COSTS * max(float((above + above.T).max()), 1e-300) * n
    # lost[k, S]: what is lost if k stands above all of S.
    lost = np.zeros((n, 1 << n))
    for i in range(n):
        half = 1 << i
        lost[:, half : 2 * half] = lost[:, :half] + above[i][:, None]
    subsets = np.arange(1 << n)
    size = np.bitwise_count(subsets)
    cost, ways = np.zeros(1 << n), np.ones(1 << n, dtype=np.int64)
    for step in range(1, n + 1):
        here = subsets[size == step]
        option = np.full((n, len(here)), np.inf)
        number = np.zeros((n, len(here)), dtype=np.int64)
        for k in range(n):
            inside = (here >> k) & 1 == 1
            rest = here[inside] ^ (1 << k)
            option[k, inside] = lost[k, rest] + cost[rest]
            number[k, inside] = ways[rest]
        least = option.min(axis=0)
        cost[here] = least
        ways[here] = np.where(option <= least + slack, number, 0).sum(axis=0)
    order: list[int] = []
    first: tuple[int, ...] = ()
    left = (1 << n) - 1
    while left:
        members = [k for k in range(n) if left >> k & 1]
        through = np.array([lost[k, left ^ (1 << k)] + cost[left ^ (1 << k)] for k in members])
        best = [k for k, value in zip(members, through, strict=True) if value <= through.min() + slack]
        first = first or tuple(best)
        chosen = max(best, key=lambda k: (round(float(points[k]), 9), -k))
        order.append(chosen)
        left ^= 1 << chosen
    least_cost = float(cost[-1])
    return Ordered(np.array(order, dtype=np.int64), least_cost, least_cost, int(ways[-1]), first)
