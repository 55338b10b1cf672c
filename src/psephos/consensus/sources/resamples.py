"""Would the choices be the same if other items had been asked?

The items are drawn with replacement, as often as there are, the reliabilities learnt again, and all items decided with
them. A choice that depends on which items happened to be asked then changes now and then; the spread of a reliability
includes that the verdict it is measured against is itself learnt. Resamples are shards of the work: each has a stream
of its own, and the answer does not depend on where they run.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np

from psephos.consensus.ballots import Ballots, Floats, agreements, largest, winners
from psephos.consensus.sources.rounds import Electorate, ballots_of, settle
from psephos.consensus.sources.weights import WeightMap
from psephos.engine import map_shards
from psephos.opinions.model import Opinions


@dataclass(frozen=True, eq=False)
class Resampled:
    """What the resamples say.

    Attributes
    ----------
    stability : ndarray of float64, shape (n_items,)
        Share of resamples in which the item has the same choice.
    reliability : ndarray of float64, shape (repeats, n_sources)
    """

    stability: Floats
    reliability: Floats


def resampled(
    electorate: Electorate,
    weight: Floats,
    start: Floats,
    weigh: WeightMap,
    leave_one_out: bool,
    repeats: int,
    seed: int,
) -> Resampled:
    """Learn and decide again on resamples of the items.

    Parameters
    ----------
    electorate : Electorate
        Of opinions in memory.
    weight, start : ndarray of float64, shape (n_sources,)
        Weights that were learnt, and those that the rounds start from.
    weigh : WeightMap
    leave_one_out : bool
    repeats, seed : int
    """
    opinions = cast("Opinions", electorate.opinions)
    whole = ballots_of((0, opinions.size("item")), opinions=opinions, known=electorate.known)
    shared = {
        "found": whole,
        "usual": _decided(whole, weight),
        "start": start,
        "weigh": weigh,
        "leave_one_out": leave_one_out,
    }
    same = np.zeros(whole.n_items, dtype=np.int64)
    reliability = []
    for bits, learnt in map_shards(
        _again, range(repeats), shared=shared, rng=seed, engine=electorate.engine, label="resampling the items"
    ):
        same += np.unpackbits(bits, count=whole.n_items)
        reliability.append(learnt)
    return Resampled(same / repeats, np.array(reliability))


def _again(
    number: int,  # noqa: ARG001 - the resample is told by its stream
    *,
    found: Ballots,
    usual: Floats,
    start: Floats,
    weigh: WeightMap,
    leave_one_out: bool,
    rng: np.random.Generator,
) -> tuple[np.ndarray, Floats]:
    """Which items keep their choice in one resample, as bits, and the reliabilities."""
    times = np.bincount(rng.integers(0, found.n_items, found.n_items), minlength=found.n_items)
    count = partial(agreements, found, leave_one_out=leave_one_out, times=times)
    rest = settle(count, weigh, start)
    return np.packbits(_decided(found, rest.weight) == usual), rest.trace[-1]


def _decided(found: Ballots, weight: Floats) -> np.ndarray:
    first, _, _ = winners(found, found.scores(weight), largest(weight))
    return first if found.fixed is None else np.where(found.fixed == -1, first, found.fixed)
