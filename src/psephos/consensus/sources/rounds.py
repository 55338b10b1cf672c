"""How do weights and verdict come to rest on each other?

A round takes the winners y under the weights v, counts how often each source agrees with them, and turns these whole
numbers into new weights. Next to the answers themselves a round needs one number for each source and gives four back,
so parts of the data are counted wherever they lie and the sums are exact. Since y follows from v, weights that were
seen before close a cycle: the last ones again mean rest, earlier ones are averaged over the cycle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from psephos.consensus.ballots import Ballots, Floats, agreements, ballots
from psephos.consensus.part_verdicts import count_votes
from psephos.engine import Engine, map_shards
from psephos.opinions.model import Opinions
from psephos.opinions.sharding import Shards

MOST_ROUNDS = 100

Weigh = Callable[[Floats], tuple[Floats, Floats]]
"""From the four counts of each source (see `agreements`) to its reliability and its weight."""


@dataclass(frozen=True, eq=False)
class Electorate:
    """The answers, ready for round after round.

    Of opinions in memory the ballots of each part are made once; parts on disk are read again in each round, so that a
    worker holds one of them at a time.

    Attributes
    ----------
    opinions : Opinions or Shards
    known : polars.DataFrame or None
        item, code of answers that are known.
    engine : Engine
        Kept open over the rounds.
    parts : sequence
        Ballots, or parts to be loaded.
    """

    opinions: Opinions | Shards
    known: pl.DataFrame | None
    engine: Engine
    parts: Sequence[Any]

    @classmethod
    def of(
        cls, opinions: Opinions | Shards, known: pl.DataFrame | None, engine: Engine, cut: Sequence[Any]
    ) -> Electorate:
        """Ready the opinions, cut into these parts.

        Parameters
        ----------
        opinions : Opinions or Shards
            Opinions in memory are counted once, here; shards anew in each round.
        known : polars.DataFrame or None
            Items and their known answers.
        engine : Engine
            An open one.
        cut : sequence
            The parts, as `opinions.parts` gives them.
        """
        if isinstance(opinions, Shards):
            return cls(opinions, known, engine, cut)
        shared = {"opinions": opinions, "known": known}
        made = map_shards(ballots_of, cut, shared=shared, engine=engine, label="counting votes")
        return cls(opinions, known, engine, list(made))

    def each(self, function: Callable[..., Any], label: str | None = None, **shared: Any) -> list[Any]:
        """Apply a function to the ballots of each part."""
        if isinstance(self.opinions, Shards):
            shared |= {"opinions": self.opinions, "known": self.known}
        shared["function"] = function
        return list(map_shards(_on_ballots, self.parts, shared=shared, engine=self.engine, label=label))


@dataclass(frozen=True, eq=False)
class Rest:
    """Where the rounds ended.

    Attributes
    ----------
    weight : ndarray of float64, shape (n_sources,)
    trace : ndarray of float64, shape (rounds, n_sources)
        Reliability after each round.
    converged : bool
    cycle : int
        Length of the cycle that was averaged; 1 at rest, 0 if the rounds ran out.
    """

    weight: Floats
    trace: Floats
    converged: bool
    cycle: int


def settle(count: Callable[[Floats], Floats], weigh: Weigh, start: Floats) -> Rest:
    """Go round until the weights come to rest, repeat in a cycle, or `MOST_ROUNDS` are over.

    Parameters
    ----------
    count : callable
        From weights to the four counts of each source.
    weigh : callable
    start : ndarray of float64, shape (n_sources,)

    Examples
    --------
    >>> def count(weight):
    ...     return np.array([[8.0, 4.0], [10.0, 10.0], [0.0, 0.0], [0.0, 0.0]])
    >>> rest = settle(count, lambda counts: (counts[0] / counts[1], 2 * counts[0] / counts[1] - 1), np.ones(2))
    >>> rest.weight.round(2), len(rest.trace), rest.converged
    (array([ 0.6, -0.2]), 2, True)
    """
    weights: list[Floats] = [start]
    trace: list[Floats] = []
    seen = {start.tobytes(): 0}
    while len(trace) < MOST_ROUNDS:
        reliability, weight = weigh(count(weights[-1]))
        trace.append(reliability)
        key = weight.tobytes()
        if key in seen:
            cycle = len(weights) - seen[key]
            mean = weight if cycle == 1 else np.mean(weights[-cycle:], axis=0)
            return Rest(mean, np.array(trace), cycle == 1, cycle)
        seen[key] = len(weights)
        weights.append(weight)
    return Rest(weights[-1], np.array(trace), False, 0)


def counts(found: Ballots, *, weight: Floats, leave_one_out: bool) -> Floats:
    """The four counts of each source in one part."""
    return agreements(found, weight, leave_one_out=leave_one_out)


def sizes(found: Ballots) -> tuple[int, int]:
    """How many pairs of item and answer there are, and how many items with an answer."""
    return len(found.choice), int(np.count_nonzero(np.diff(found.starts)))


def ballots_of(part: Any, *, opinions: Opinions | Shards, known: pl.DataFrame | None) -> Ballots:
    """The ballots of a part, loaded and counted."""
    return ballots(count_votes(part, opinions), known)


def _on_ballots(
    part: Any,
    *,
    function: Callable[..., Any],
    opinions: Opinions | Shards | None = None,
    known: pl.DataFrame | None = None,
    **shared: Any,
) -> Any:
    found = part if opinions is None else ballots_of(part, opinions=opinions, known=known)
    return function(found, **shared)
