"""How much hangs on which samples happened to be drawn?

The samples of each question are drawn again with replacement, as many as there are, and the rule is applied to each
resample; the sureness of an answer is the share of resamples in which it is taken,

    sureness(y) = P*(y among the k taken),      samples* ~ samples of the question, with replacement.

Questions are cut into blocks of about `BLOCK_ROWS` samples with a random stream each, so the numbers do not depend on
where the blocks are computed.

Source: sheet 03, "beyond the paper" (ours); the bootstrap: `psephos.statistics.bootstrap`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.engine import Engine, map_shards
from psephos.selection.pools import EQUAL_SCORES, Floats, Integers, Pools, aggregated
from psephos.statistics import reweightings

BLOCK_ROWS = 2**14


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule as it is applied to resamples; see `psephos.selection.best_of_majority` for its parts.

    `alpha` is that of each question, and `by_votes` says whether more votes break a tie of scores.
    """

    k: int
    alpha: Floats
    aggregate: str
    by_votes: bool = False
    valid_only: bool = False
    soft_gate: float | None = None
    fill: str = "none"


def sureness_of(
    pools: Pools, rule: Rule, score: Floats, *, repeats: int, seed: int, engine: int | str | Engine
) -> Floats:
    """Share of resamples in which each pair is taken.

    Parameters
    ----------
    pools : Pools
    rule : Rule
    score : ndarray of float64, shape (n_pairs,)
        Scores that do not depend on the resample: those that were asked for. Used if there is no `pools.reward`.
    repeats, seed, engine
        How many resamples, from which random numbers, and where.

    Returns
    -------
    ndarray of float64, shape (n_pairs,)
    """
    given = len(pools.reward) > 0
    rows = pools.by_reward if given and rule.aggregate == "median" else pools.rows
    shared = {
        "rows": pools.drawn,
        "starts": pools.tally.starts,
        "votes": pools.tally.votes,
        "reward": pools.reward[rows] if given else pools.reward,
        "score": score,
        "order": pools.order[rows],
        "alpha": rule.alpha,
        "rule": replace(rule, alpha=np.zeros(0)),
        "repeats": repeats,
    }
    found = map_shards(_block_sureness, _blocks(pools), shared=shared, rng=seed, engine=engine, label="drawing again")
    return np.concatenate([np.zeros(0), *found])


def _blocks(pools: Pools) -> list[tuple[int, int]]:
    """Ranges of questions with about as many samples each."""
    block = (np.cumsum(pools.drawn) - pools.drawn) // BLOCK_ROWS
    starts = np.flatnonzero(np.append(True, block[1:] != block[:-1])[: len(block)])
    return list(zip(starts.tolist(), np.append(starts[1:], len(block)).tolist(), strict=True))


def _block_sureness(
    block: tuple[int, int],
    *,
    rows: Integers,
    starts: Integers,
    votes: Integers,
    reward: Floats,
    score: Floats,
    order: Integers,
    alpha: Floats,
    rule: Rule,
    repeats: int,
    rng: np.random.Generator,
) -> Floats:
    """Sureness of the pairs of some questions; those without an answer have no pairs and are left out."""
    low, high = block
    here = slice(int(starts[low]), int(starts[high]))
    some = np.flatnonzero(np.diff(starts[low : high + 1])) + low
    pairs, of = np.diff(starts)[some], votes[here]
    if not len(of):
        return np.zeros(0)
    begin = int(votes[: here.start].sum())
    silent = rows[some] - np.add.reduceat(of, np.cumsum(pairs) - pairs)
    # The rows of the block: those with an answer, pair by pair, then those without one.
    strata = np.concatenate(
        [np.repeat(np.repeat(np.arange(len(some)), pairs), of), np.repeat(np.arange(len(some)), silent)]
    )
    if len(strata) < 2:
        return np.ones(1)
    part = _Block(pair_starts=np.cumsum(of) - of, item_starts=np.cumsum(pairs) - pairs, pairs=pairs)
    spoken = int(of.sum())
    own = reward[begin : begin + spoken] if len(reward) else reward
    earlier = order[begin : begin + spoken]
    taken = np.zeros(len(of))
    for weights in reweightings(len(strata), strata=strata, repeats=repeats, rng=rng):
        drawn = weights[:, :spoken]
        count = np.add.reduceat(drawn, part.pair_starts, axis=1)
        if rule.aggregate == "votes":
            value = count
        else:
            value = part.values(rule, drawn, count, own) if len(own) else np.broadcast_to(score[here], count.shape)
        size = part.per_item(np.add, count) if rule.valid_only else rows[some][None]
        first = np.minimum.reduceat(np.where(drawn > 0, earlier, np.iinfo(np.int64).max), part.pair_starts, axis=1)
        value = np.where(np.isnan(value), -np.inf, value)
        taken += part.taken(rule, value, count, first, needed(alpha[some], size)).sum(axis=0)
    return taken / repeats


@dataclass(frozen=True, eq=False)
class _Block:
    """How the rows of some questions belong to pairs and pairs to questions; arrays are replicates by pairs."""

    pair_starts: Integers
    item_starts: Integers
    pairs: Integers

    def per_item(self, reduce: np.ufunc, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """One number per question."""
        return np.asarray(reduce.reduceat(values, self.item_starts, axis=1))

    def per_pair(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The number of its question for each pair."""
        return np.repeat(values, self.pairs, axis=1)

    def values(self, rule: Rule, drawn: Floats, count: Floats, reward: Floats) -> Floats:
        """Scores of pairs on resamples."""
        value = aggregated(drawn, reward, self.pair_starts, rule.aggregate)
        if rule.soft_gate is None:
            return value
        mean = aggregated(drawn, reward, self.pair_starts[self.item_starts], "mean")
        return shrunk(value, count, self.per_pair(mean), rule.soft_gate)

    def taken(
        self, rule: Rule, value: Floats, count: Floats, first: Integers, least: Integers
    ) -> npt.NDArray[np.bool_]:
        """Which pairs the rule takes."""
        seen = count > 0
        kept = seen & (count >= self.per_pair(least))
        empty = ~self.per_pair(self.per_item(np.logical_or, kept))
        room = np.broadcast_to(np.int64(rule.k), (len(count), len(self.pairs)))
        votes = count if rule.by_votes else np.zeros_like(count)
        chosen = self.foremost(np.where(empty, seen, kept), (np.where(empty, count, value), votes), first, room)
        if rule.fill == "none":
            return chosen
        room = room - self.per_item(np.add, chosen.astype(np.int64))
        value = count if rule.fill == "majority" else value
        return chosen | self.foremost(seen & ~chosen, (value, count), first, room)

    def foremost(
        self, eligible: npt.NDArray[np.bool_], ranks: tuple[Floats, Floats], first: Integers, room: Integers
    ) -> npt.NDArray[np.bool_]:
        """The best of the eligible pairs, as many as each question has room for."""
        if (room >= self.pairs).all():
            return eligible
        found = np.zeros_like(eligible)
        for number in range(min(int(room.max()), int(self.pairs.max()))):
            found |= self.best(eligible & ~found & self.per_pair(room > number), ranks, first)
        return found

    def best(
        self, eligible: npt.NDArray[np.bool_], ranks: tuple[Floats, Floats], first: Integers
    ) -> npt.NDArray[np.bool_]:
        """The best eligible pair of each question, by value, votes and first draw."""
        value, votes = ranks
        top = self.per_pair(self.per_item(np.maximum, np.where(eligible, value, -np.inf)))
        slack = EQUAL_SCORES * np.abs(np.where(np.isfinite(top), top, 0.0))
        best = eligible & (value >= top - slack)
        best &= votes == self.per_pair(self.per_item(np.maximum, np.where(best, votes, -1.0)))
        earliest = np.where(best, first, np.iinfo(np.int64).max)
        return np.asarray(best & (earliest == self.per_pair(self.per_item(np.minimum, earliest))))


def needed(alpha: Floats, size: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """How often an answer must be seen: ceil(alpha N), not one more because .07 * 100 is a little above 7.

    Examples
    --------
    >>> needed(np.array([0.07, 0.15, 0.0]), np.array([100, 20, 5]))
    array([7, 3, 0])
    """
    return np.asarray(np.ceil(alpha * size - 1e-9), dtype=np.int64)


def shrunk(score: Floats, votes: npt.NDArray[Any], mean: Floats, soft_gate: float) -> Floats:
    """Scores drawn towards the mean of their question the more, the fewer votes they rest on.

        mean + votes / (votes + soft_gate) (score - mean)

    Parameters
    ----------
    score, votes, mean : ndarray, shape (n_pairs,)
        Score and votes of an answer, and the mean score of its question.
    soft_gate : float
        Votes at which half of the distance is left; 0 changes nothing.

    Examples
    --------
    >>> shrunk(np.array([1.0, 1.0]), np.array([1, 9]), np.array([0.5, 0.5]), 1.0).tolist()
    [0.75, 0.95]
    """
    if not soft_gate:
        return score
    with np.errstate(invalid="ignore"):  # of infinite scores nothing is left to shrink
        return np.asarray(mean + votes / (votes + soft_gate) * (score - mean))
