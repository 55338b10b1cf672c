"""How does a method of spending a budget fare on stored samples, budget by budget?

Methods of ours do not look ahead, so that one run to the largest budget gives all smaller ones; a method from outside
is run anew for each.

Source: arXiv 2602.16745, the protocol of its experiments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psephos.allocation.adaptive import Adaptive
from psephos.allocation.allocator import Allocator
from psephos.allocation.knowledge_gradient import KnowledgeGradient
from psephos.allocation.pools import Pools
from psephos.allocation.session import Session
from psephos.allocation.uniform import Uniform

Floats = npt.NDArray[np.float64]
Method = str | Callable[[list[str], float], Allocator]

METHODS = ("uniform", "asc", "ppr", "adaptive", "knowledge-gradient")


class Curve(NamedTuple):
    """How one method fared.

    `right` is the agreement with target and gold, shape (n_budgets, 2, n_questions), `drawn` the samples of each
    question, shape (n_budgets, n_questions), and `spent` the samples a question, shape (n_budgets,).
    """

    right: Floats
    drawn: Floats
    spent: Floats


class Player(NamedTuple):
    """What methods are played on: pools, what to agree with, and the terms.

    Attributes
    ----------
    stored : Pools
        Questions with the samples of each, in the order in which they are drawn.
    wanted : list of two
        The answer of each question to agree with, None where there is none: first the target, then the known answer. A
        member that is None as a whole is not compared.
    n_options : int or None
        Answers that a question can have; None is not known.
    init : int
        Samples that each question gets first.
    split : bool
        Whether answers that share the lead count in parts, else the first of them does.
    """

    stored: Pools
    wanted: list[list[str | None] | None]
    n_options: int | None
    init: int
    split: bool

    def curve(self, method: Method, budgets: Floats, stream: np.random.Generator | None) -> Curve:
        """Agreement at each budget; methods of ours need one run for all, others may look ahead and get one each."""
        names, pools = self.stored.names, self.stored.answers
        if stream is not None:
            pools = [[pool[k] for k in stream.permutation(len(pool))] for pool in pools]
        totals = budgets * len(names)
        if isinstance(method, str):
            return Curve(
                *map(np.array, zip(*self._points(self._session(method, totals[-1]), pools, totals), strict=True))
            )
        runs = [next(self._points(method(names, total), pools, [total])) for total in totals]
        return Curve(*map(np.array, zip(*runs, strict=True)))

    def _session(self, method: str, total: float) -> Session:
        names, options = self.stored.names, self.n_options
        init = self.init
        if method == "uniform":
            return Uniform(names, total, init=init, n_classes=options)
        if method == "knowledge-gradient":
            return KnowledgeGradient(names, total, init=init, n_options=options)
        lam = {"asc": 0.0, "ppr": 1.0}.get(method, "half")
        return Adaptive(names, total, init=init, n_classes=options, schedule=lam)

    def _points(
        self, session: Allocator, pools: list[list[str | None]], totals: Sequence[float] | Floats
    ) -> Iterator[tuple[Floats, Floats, float]]:
        """Play the session and say at each of the totals how it stands."""
        place = {name: q for q, name in enumerate(self.stored.names)}
        drawn = np.zeros(len(pools))
        tallies: list[dict[str, int]] = [{} for _ in pools]
        for name, pool in zip(self.stored.names, pools, strict=True):
            if not pool:
                session.close(name)
        spent, position, given = 0, 0, [0] * len(pools)
        while position < len(totals):
            chosen = session.next() if spent + 1 <= totals[position] * (1 + 1e-9) else []
            if not chosen:
                drawn[:] = given
                yield self._agreement(tallies), drawn.copy(), spent / len(pools)
                position += 1
                continue
            q = place[chosen[0]]
            answer = pools[q][given[q]]
            given[q] += 1
            spent += 1
            if answer is not None:
                tallies[q][answer] = tallies[q].get(answer, 0) + 1
            session.observe(chosen[0], answer)
            if given[q] == len(pools[q]):
                session.close(chosen[0])

    def _agreement(self, tallies: list[dict[str, int]]) -> Floats:
        """Agreement with target and gold, shape (2, n_questions); NaN where there is nothing to agree with."""
        found = np.full((2, len(tallies)), np.nan)
        for q, tally in enumerate(tallies):
            most = max(tally.values(), default=0)
            leaders = [answer for answer, votes in tally.items() if votes == most]
            leaders = leaders if self.split else leaders[:1]
            for row, wanted in enumerate(self.wanted):
                if wanted is not None and wanted[q] is not None:
                    hits = sum(leader == wanted[q] for leader in leaders)
                    found[row, q] = hits / max(len(leaders), 1)
        return found
