"""Which answers were given to each question, how often, how good are they said to be, and which of them come first?

Samples are grouped once, by array passes over their codes: a pair is a question and one of the answers given to it.
From the rows of a pair come its votes, its first draw, its best draw and its score,

    score = mean, max, median or sum of the rewards of its rows that have one,

and pairs of a question are put in order by falling score; scores that differ by rounding alone (`EQUAL_SCORES`) are
equal, and of equal ones the pair with more votes comes first, then the one that was drawn first.

Source: sheet 03. Differs: the paper leaves open what the reward of an answer is whose copies have different rewards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError
from psephos.opinions.lost_draws import lost_draws
from psephos.opinions.model import Opinions
from psephos.opinions.tallies import Tally

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Ask: TypeAlias = Callable[[int, int], object]

EQUAL_SCORES = 1e-12
"""Scores that differ by no more than this share are equal: means carry the noise of rounding."""

REWARD_AGGREGATES = ("mean", "max", "median", "sum")


@dataclass(frozen=True, eq=False)
class Pools:
    """The samples of each question, grouped by answer.

    Attributes
    ----------
    opinions : Opinions
        The samples, equivalent answers made one.
    tally : Tally
        Pairs of question and answer: ``starts``, ``choice``, ``votes``, ``item``, and the pair of each row.
    numbered : callable
        Gives `order`, which is not computed before it is asked for.
    reward : ndarray of float64, shape (n_rows,) or (0,)
        Reward of each row, NaN where it has none; empty where no row has one, or rewards are asked for.
    ask : callable
        Reward of an answer, given its question and one of its rows.
    asks : bool
        Whether rewards are asked for.
    """

    opinions: Opinions
    tally: Tally
    numbered: Callable[[], Integers]
    reward: Floats
    ask: Ask
    asks: bool

    @property
    def n_items(self) -> int:
        """How many questions there are."""
        return len(self.tally.starts) - 1

    @cached_property
    def order(self) -> Integers:
        """Of two rows of a question the one with the smaller number was drawn first, shape (n_rows,)."""
        return self.numbered()

    @cached_property
    def lost(self) -> npt.NDArray[np.bool_] | None:
        """Rows that are no draws, since nothing came, shape (n_rows,); None if there are none."""
        return lost_draws(self.opinions)

    @cached_property
    def drawn(self) -> Integers:
        """Samples of each question, those without an answer too, shape (n_items,)."""
        item = self.opinions.codes("item")
        return np.bincount(item if self.lost is None else item[~self.lost], minlength=self.n_items)

    @cached_property
    def answered(self) -> Integers:
        """Samples of each question that have an answer, shape (n_items,)."""
        return self.tally.per_item(self.tally.votes).astype(np.int64)

    @cached_property
    def rows(self) -> npt.NDArray[np.intp]:
        """The rows that have an answer, pair by pair."""
        known = np.flatnonzero(self.tally.pair >= 0)
        return known[np.argsort(self.tally.pair[known], kind="stable")]

    @cached_property
    def row_starts(self) -> Integers:
        """Place in `rows` of the first row of each pair, shape (n_pairs,)."""
        return np.cumsum(self.tally.votes) - self.tally.votes

    @cached_property
    def first(self) -> Integers:
        """Number in `order` of the first row of each pair, shape (n_pairs,)."""
        return np.minimum.reduceat(self.order[self.rows], self.row_starts) if len(self.row_starts) else self.row_starts

    def earliest(self) -> npt.NDArray[np.intp]:
        """Row of each pair that was drawn first, shape (n_pairs,)."""
        return self._row_where(self.order[self.rows] == np.repeat(self.first, self.tally.votes))

    def best(self) -> npt.NDArray[np.intp]:
        """Row of each pair with the largest reward, the earliest among equals, shape (n_pairs,)."""
        if not len(self.reward) or not len(self.row_starts):
            return self.earliest()
        reward = np.where(np.isnan(self.reward), -np.inf, self.reward)[self.rows]
        largest = np.repeat(np.maximum.reduceat(reward, self.row_starts), self.tally.votes)
        order = np.where(reward == largest, self.order[self.rows], np.iinfo(np.int64).max)
        first = np.repeat(np.minimum.reduceat(order, self.row_starts), self.tally.votes)
        return self._row_where(order == first)

    def scores(self, aggregate: str) -> Floats:
        """Score of each pair, NaN where no row has a reward, shape (n_pairs,)."""
        starts = self.row_starts
        if not len(starts):
            return np.zeros(0)
        reward = self.reward[self.by_reward if aggregate == "median" else self.rows]
        missing = np.isnan(reward)
        counts = (
            self.tally.votes - np.add.reduceat(missing, starts, dtype=np.int64) if missing.any() else self.tally.votes
        )
        if aggregate == "median":  # rewards rise within a pair, missing ones stand at its end
            found = (reward[starts + np.maximum(counts - 1, 0) // 2] + reward[starts + counts // 2 * (counts > 0)]) / 2
        elif aggregate == "max":
            found = np.maximum.reduceat(np.where(missing, -np.inf, reward), starts)
        else:
            total = np.add.reduceat(np.where(missing, 0.0, reward), starts)
            found = total / np.maximum(counts, 1) if aggregate == "mean" else total
        return np.asarray(np.where(counts > 0, found, np.nan))

    @cached_property
    def by_reward(self) -> npt.NDArray[np.intp]:
        """As `rows`, and within a pair by rising reward."""
        reward = self.reward[self.rows]
        rank = np.empty(len(reward), dtype=np.int64)
        rank[np.argsort(reward)] = np.arange(len(reward))  # one key of whole numbers sorts in a third of the time
        return self.rows[np.argsort(self.tally.pair[self.rows].astype(np.int64) * len(reward) + rank)]

    def weighed(self, weight: Callable[[Floats], Floats]) -> Pools:
        """The same samples with a function of their rewards in the place of these."""
        return replace(self, reward=weight(self.reward))

    def asked(self, wanted: npt.NDArray[np.bool_]) -> Floats:
        """Rewards of the wanted pairs, asked for one by one in the order of first draws; NaN for the others."""
        score = np.full(len(wanted), np.nan)
        earliest = self.earliest()
        item = self.tally.item
        pairs = np.flatnonzero(wanted)
        for pair in pairs[np.lexsort((self.first[pairs], item[pairs]))]:
            score[pair] = _reward_of(self.ask(int(item[pair]), int(earliest[pair])), self._named(pair))
        return score

    def name(self, pair: int) -> str:
        """The answer of a pair."""
        return str(self.opinions.vocabulary("answer")[int(self.tally.choice[pair])])

    def _named(self, pair: int) -> str:
        question = self.opinions.vocabulary("item")[int(self.tally.item[pair])]
        return f"answer {self.name(pair)!r:.60} to {question!r:.60}"

    def _row_where(self, marked: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
        """The marked row of each pair, of which there is one."""
        return self.rows[np.flatnonzero(marked)]


def in_order(
    pools: Pools, score: Floats, eligible: npt.NDArray[np.bool_], *, by_votes: bool = True
) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Place of each eligible pair among those of its question, 1 for the best, and whether its score is the next one's.

    Parameters
    ----------
    pools : Pools
    score : ndarray of float64, shape (n_pairs,)
        NaN comes last.
    eligible : ndarray of bool, shape (n_pairs,)
        Pairs that take part.
    by_votes : bool, default True
        Whether of equal scores the one with more votes comes first, before the one drawn first.

    Returns
    -------
    place : ndarray of int64, shape (n_pairs,)
        0 where not eligible.
    level : ndarray of bool, shape (n_pairs,)
        Whether the pair at the next place has an equal score.
    """
    pairs = np.flatnonzero(eligible)
    item, value = pools.tally.item[pairs], np.where(np.isnan(score[pairs]), -np.inf, score[pairs])
    order = np.lexsort((-value, item))
    item, value, pairs = item[order], value[order], pairs[order]
    fresh = np.append(True, item[1:] != item[:-1])[: len(item)]
    step = fresh | np.append(True, ~equal_scores(value[1:], value[:-1]))[: len(item)]
    group = np.cumsum(step)
    votes = -pools.tally.votes[pairs] if by_votes else np.zeros(len(pairs))
    order = np.lexsort((pools.first[pairs], votes, group))
    pairs = pairs[order]
    starts = np.flatnonzero(fresh)
    place = np.zeros(len(score), dtype=np.int64)
    place[pairs] = np.arange(1, len(pairs) + 1) - np.repeat(starts, np.diff(np.append(starts, len(pairs))))
    level = np.zeros(len(score), dtype=bool)
    level[pairs[:-1]] = ~step[1:]
    return place, level


def equal_scores(left: Floats, right: Floats) -> npt.NDArray[np.bool_]:
    """Whether scores differ by no more than rounding.

    Examples
    --------
    >>> equal_scores(np.array([0.1 + 0.2, -np.inf, 1.0]), np.array([0.3, -np.inf, -np.inf]))
    array([ True,  True, False])
    """
    finite = np.isfinite(left) & np.isfinite(right)
    gap = np.where(finite, left, 0.0) - np.where(finite, right, 0.0)
    return np.asarray(
        (left == right) | (finite & (np.abs(gap) <= EQUAL_SCORES * np.maximum(np.abs(left), np.abs(right))))
    )


def aggregated(weights: Floats, reward: Floats, starts: Integers, aggregate: str) -> Floats:
    """Scores of pairs from the rewards of their rows, each row counted as often as its weight says.

    Parameters
    ----------
    weights : ndarray of float64, shape (replicates, n_rows)
    reward : ndarray of float64, shape (n_rows,)
        In the order of the pairs; for the median rising within a pair. NaN takes no part.
    starts : ndarray of int64, shape (n_pairs,)
        First row of each pair.
    aggregate : {"mean", "max", "median", "sum"}

    Returns
    -------
    ndarray of float64, shape (replicates, n_pairs)
        NaN where no row counts.
    """
    if not len(starts):
        return np.zeros((len(weights), 0))
    weights = np.where(np.isnan(reward), 0.0, weights)
    counts = np.add.reduceat(weights, starts, axis=1)
    drawn = weights > 0
    if aggregate in ("mean", "sum"):
        total = np.add.reduceat(np.multiply(weights, reward, out=np.zeros_like(weights), where=drawn), starts, axis=1)
        found = total / np.where(counts > 0, counts, 1.0) if aggregate == "mean" else total
    elif aggregate == "max":
        found = np.maximum.reduceat(np.where(drawn, reward, -np.inf), starts, axis=1)
    else:
        lengths = np.diff(np.append(starts, len(reward)))
        total = np.cumsum(weights, axis=1)
        before = np.repeat(total[:, starts] - weights[:, starts], lengths, axis=1)
        twice, whole = 2 * (total - before), np.repeat(counts, lengths, axis=1)
        lower, upper = (
            np.minimum.reduceat(np.where(reached & drawn, reward, np.inf), starts, axis=1)
            for reached in (twice >= whole, twice > whole)
        )
        found = np.where(lower == upper, lower, (lower + upper) / 2)
    return np.asarray(np.where(counts > 0, found, np.nan))


def _reward_of(value: object, of: str) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InputError("rewards", f"must be numbers, got {value!r:.40}", where=of) from None
    if np.isinf(number):
        raise InputError("rewards", "hold infinity", where=of)
    return number
