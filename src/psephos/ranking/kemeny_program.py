"""Which order of some dozens of candidates costs least, proven?

With x_ij = 1 if i stands above j (one variable per pair i < j, x_ji = 1 - x_ij) the least cost is that of the programme

    min sum_{i<j} P_ji x_ij + P_ij (1 - x_ij),        0 <= x_ij + x_jk - x_ik <= 1 for i < j < k,

whose rows forbid cycles of three, and with them all. Few rows ever bind: they are added as the solution breaks them,
first with real x (a lower bound; whole numbers come out by themselves as a rule), then with x in {0, 1}. An optimum
that breaks no row is the proof.

Source: Grötschel, Jünger and Reinelt (1984), doi:10.1287/opre.32.6.1195; HiGHS through SciPy solves it. Differs:
nothing; x is rounded by an order by sums and insertion moves, so that an answer is there whenever time runs out.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.ranking.kemeny_search import improved
from psephos.ranking.orders import cost_of

ROWS_PER_ROUND = 4000
_BROKEN = 1e-6


@dataclass(frozen=True)
class Proven:
    """An order, its cost, and a bound below which no order lies."""

    order: npt.NDArray[np.int64]
    cost: float
    bound: float


def solve(above: npt.NDArray[np.float64], start: npt.NDArray[np.int64], seconds: float) -> Proven:
    """The best order found in time from `start`, with the bound that was proven.

    Examples
    --------
    >>> above = np.array([[0, 3, 2.0], [2, 0, 4.0], [3, 1, 0]])
    >>> solve(above, np.array([2, 1, 0]), 10.0)
    Proven(order=array([0, 1, 2]), cost=6.0, bound=6.0)
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    until = time.monotonic() + seconds
    n = len(above)
    i, j = np.triu_indices(n, 1)
    price, constant = (above.T - above)[i, j], float(above[i, j].sum())
    number = np.zeros((n, n), dtype=np.int64)
    number[i, j] = np.arange(len(i))
    best, cost = start, cost_of(start, above)
    pairwise = float(np.minimum(above, above.T)[i, j].sum())
    bound, rows, whole = pairwise, _Rows(len(i)), 0
    slack = 1e-9 * max(cost, 1.0)
    while bound < cost - slack and (left := until - time.monotonic()) > 0:
        constraints = [LinearConstraint(rows.matrix(), rows.low, rows.high)] if rows.low else []
        found = milp(
            price,
            constraints=constraints,
            bounds=Bounds(0, 1),
            integrality=np.full(len(price), whole),
            options={"time_limit": left, "mip_rel_gap": 0.0},
        )
        if whole:
            dual = getattr(found, "mip_dual_bound", None)
            bound = max(bound, constant + float(dual)) if dual is not None else bound
        elif found.status == 0:
            bound = max(bound, constant + float(found.fun))
        if found.x is None:
            break
        x = np.zeros((n, n))
        x[i, j], x[j, i] = found.x, 1 - found.x
        made = improved(np.argsort(-x.sum(axis=1), kind="stable"), above)
        if cost_of(made, above) < cost - 1e-12:
            best, cost = made, cost_of(made, above)
        added = rows.add(x, number)
        if not added and (whole or found.status != 0):
            break
        if not added:
            whole = 1
    return Proven(best, cost, min(bound, cost) if bound < cost - slack else cost)


class _Rows:
    """Rows x_ij + x_jk - x_ik between 0 and 1, added where a solution breaks them."""

    def __init__(self, n_pairs: int) -> None:
        self.n_pairs = n_pairs
        self.columns: list[npt.NDArray[np.int64]] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self.known: set[tuple[int, int, int]] = set()

    def add(self, x: npt.NDArray[np.float64], number: npt.NDArray[np.int64]) -> int:
        """Add the rows that x breaks most; how many."""
        n = len(x)
        total = x[:, :, None] + x[None, :, :] - x[:, None, :]
        excess = np.maximum(total - 1, -total)
        place = np.arange(n)
        excess[~((place[:, None, None] < place[None, :, None]) & (place[None, :, None] < place))] = 0
        broken = np.argwhere(excess > _BROKEN)
        if len(broken) > ROWS_PER_ROUND:
            worst = np.argsort(-excess[tuple(broken.T)], kind="stable")[:ROWS_PER_ROUND]
            broken = broken[worst]
        fresh = [triple for triple in map(tuple, broken.tolist()) if triple not in self.known]
        for a, b, c in fresh:
            self.known.add((a, b, c))
            self.columns.append(np.array([number[a, b], number[b, c], number[a, c]]))
            self.low.append(0.0)
            self.high.append(1.0)
        return len(fresh)

    def matrix(self) -> Any:
        """The rows as a sparse matrix."""
        from scipy.sparse import csr_matrix

        columns = np.concatenate(self.columns)
        values = np.tile([1.0, 1.0, -1.0], len(self.columns))
        return csr_matrix((values, columns, np.arange(0, len(columns) + 1, 3)), shape=(len(self.columns), self.n_pairs))
