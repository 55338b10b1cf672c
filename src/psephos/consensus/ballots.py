"""Who wins a vote whose voters have weights of either sign, and who agreed with the winner?

    score_ja = sum_i v_i s_ij [a_ij = a],        y_j = argmax over the answers a given to j of score_ja,

v_i the weight of source i, s_ij the weight of its row (1). `Ballots` holds the answers of one part of the data in
compressed rows, made once, so that a round of weighing costs one pass over the answers. The answers to an item stand in
the order of their earliest source: of equal scores the first one wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.consensus.known_answers import known_codes
from psephos.consensus.part_verdicts import VoteCount
from psephos.opinions.tallies import is_ahead

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Marks = npt.NDArray[np.bool_]

FREE, UNSAID = -1, -2
"""Instead of the pair of a known answer: none is known; nobody gave it."""


@dataclass(frozen=True, eq=False)
class Ballots:
    """The answers of one part; a pair is an answer that was given to an item.

    Attributes
    ----------
    voter : ndarray of int32, shape (n_answers,)
    pair : ndarray of int64, shape (n_answers,)
        Pair of each answer.
    share : ndarray of float64, shape (n_answers,), or None
        Weight of its row; None if all weigh 1.
    starts : ndarray of int64, shape (n_items + 1,)
        Where the pairs of each item begin.
    choice : ndarray of int32, shape (n_pairs,)
        Code of the answer; within an item in the order of the earliest source.
    earliest, next_voter : ndarray of int32, shape (n_pairs,)
        The first two sources that gave it, in source order; past all sources where there is none.
    votes : ndarray of int64, shape (n_pairs,)
    fixed : ndarray of int64, shape (n_items,), or None
        Pair of the known answer, or `FREE`, or `UNSAID`; None if none is known.
    """

    voter: Codes
    pair: Whole
    share: Floats | None
    starts: Whole
    choice: Codes
    earliest: Codes
    next_voter: Codes
    votes: Whole
    fixed: Whole | None

    @property
    def n_items(self) -> int:
        """Items, also those without an answer."""
        return len(self.starts) - 1

    @cached_property
    def item(self) -> Whole:
        """Item of each pair, shape (n_pairs,)."""
        return np.repeat(np.arange(self.n_items), np.diff(self.starts))

    @cached_property
    def answered(self) -> Whole:
        """Answers of each source that gave one."""
        return np.bincount(self.voter)

    def own(self, weight: Floats) -> Floats:
        """What each answer weighs, shape (n_answers,)."""
        weighed = weight[self.voter]
        return weighed if self.share is None else weighed * self.share

    def scores(self, weight: Floats) -> Floats:
        """Score of each pair, shape (n_pairs,)."""
        return np.bincount(self.pair, weights=self.own(weight), minlength=len(self.choice)).astype(
            np.float64, copy=False
        )

    def per_item(self, values: Floats | Whole) -> Floats:
        """Sum of `values` (one per pair) over each item, shape (n_items,)."""
        return np.bincount(self.item, weights=values, minlength=self.n_items).astype(np.float64)


def ballots(count: VoteCount, known: pl.DataFrame | None = None) -> Ballots:
    """The answers of a part that was counted.

    Parameters
    ----------
    count : VoteCount
    known : polars.DataFrame, optional
        item, code: what `known_answers` found.
    """
    counted, votes = count.tally, count.votes
    cast = counted.pair >= 0
    voter, pair = votes.codes("voter")[cast], counted.pair[cast]
    nobody = votes.size("voter")
    earliest, next_voter = np.full((2, len(counted.choice)), nobody, dtype=np.int32)
    np.minimum.at(earliest, pair, voter)
    later = voter != earliest[pair]
    np.minimum.at(next_voter, pair[later], voter[later])
    order = np.lexsort((earliest, counted.item))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    choice = counted.choice[order]
    return Ballots(
        voter=voter,
        pair=place[pair],
        share=None if count.weight is None else count.weight[cast],
        starts=counted.starts,
        choice=choice,
        earliest=earliest[order],
        next_voter=next_voter[order],
        votes=counted.votes[order],
        fixed=None if known is None else _fixed(known_codes(votes.vocabulary("item"), known), counted.starts, choice),
    )


def winners(found: Ballots, score: Floats, slack: float) -> tuple[Whole, Whole, Marks]:
    """The first and the second pair of each item by score, -1 where there is none, and where the first place is shared.

    Known answers take no part in this.

    Parameters
    ----------
    found : Ballots
    score : ndarray of float64, shape (n_pairs,)
    slack : float
        The largest weight: scores that differ by no more than rounding explains are equal.
    """
    leading = _leading(found, score, slack)
    first = _first_marked(found, leading)
    behind = score.copy()
    behind[first[first >= 0]] = -np.inf
    second = _first_marked(found, _leading(found, behind, slack))
    tied = np.bincount(found.item[leading], minlength=found.n_items) > 1
    return first, second, tied


def agreements(found: Ballots, weight: Floats, *, leave_one_out: bool, times: Whole | None = None) -> Floats:
    """How often each source agreed with the winner, and how often it could, for free and for known answers.

    Parameters
    ----------
    found : Ballots
    weight : ndarray of float64, shape (n_sources,)
    leave_one_out : bool
        Compare each source with the winner without itself, on items that another source answered.
    times : ndarray of int64, shape (n_items,), optional
        How often each item counts; once if not given.

    Returns
    -------
    ndarray of float64, shape (4, n_sources)
        Whole numbers: agreed and answered where the answer is free, then where it is known.
    """
    score, slack = found.scores(weight), largest(weight)
    winner = _first_marked(found, _leading(found, score, slack))
    compared: Marks | None = None
    if leave_one_out:
        hit, compared = _left_out(found, score, winner, weight, slack)
    else:
        won = _marked(winner, len(found.choice))
        if found.fixed is None and times is None:
            counted = np.zeros((4, len(weight)))
            counted[0] = np.bincount(found.voter, weights=won.astype(np.float64)[found.pair], minlength=len(weight))
            counted[1, : len(found.answered)] = found.answered
            return counted
        hit = won[found.pair]
    item = found.item[found.pair]
    count = None if times is None else times[item].astype(np.float64)
    if found.fixed is None:
        known = np.zeros((2, len(weight)))
        return np.concatenate([_counted(found.voter, hit, compared, count, len(weight)), known])
    told = found.fixed[item] != FREE
    right = _marked(found.fixed, len(found.choice))[found.pair]
    free = ~told if compared is None else compared & ~told
    return np.concatenate(
        [
            _counted(found.voter, hit & free, free, count, len(weight)),
            _counted(found.voter, right & told, told, count, len(weight)),
        ]
    )


def largest(weight: Floats) -> float:
    """The largest weight by size."""
    return float(np.abs(weight).max(initial=0.0))


def _fixed(known: Codes, starts: Whole, choice: Codes) -> Whole:
    """Pair of the known answer of each item, see `Ballots`."""
    fixed = np.where(known >= 0, UNSAID, FREE).astype(np.int64)
    item = np.repeat(np.arange(len(known)), np.diff(starts))
    same = np.flatnonzero(choice == known[item])
    fixed[item[same]] = same
    return fixed


def _leading(found: Ballots, score: Floats, slack: float) -> Marks:
    """The pairs with the best score of their items."""
    if not len(score):
        return np.zeros(0, dtype=bool)
    some = np.flatnonzero(np.diff(found.starts))
    best = np.full(found.n_items, -np.inf)
    best[some] = np.maximum.reduceat(score, found.starts[some])
    level = best[found.item]
    leading = np.logical_not(is_ahead(level, score, of=slack))
    return leading & (level > -np.inf)


def _first_marked(found: Ballots, marked: Marks) -> Whole:
    """The first marked pair of each item, -1 where there is none."""
    first = np.full(found.n_items, -1, dtype=np.int64)
    pairs = np.flatnonzero(marked)[::-1]  # of equal indices the last assignment stays: the first pair
    first[found.item[pairs]] = pairs
    return first


def _left_out(found: Ballots, score: Floats, winner: Whole, weight: Floats, slack: float) -> tuple[Marks, Marks]:
    """Whether each answer wins without its source, and whether another source answered the item."""
    behind = score.copy()
    behind[winner[winner >= 0]] = -np.inf
    second = _first_marked(found, _leading(found, behind, slack))
    item = found.item[found.pair]
    compared = found.per_item(found.votes)[item] > 1
    rival = np.where(winner[item] == found.pair, second[item], winner[item])
    level = np.where(rival >= 0, score[rival], -np.inf)
    mine = score[found.pair] - found.own(weight)
    first = np.where(
        found.earliest[found.pair] == found.voter, found.next_voter[found.pair], found.earliest[found.pair]
    )
    before = (rival < 0) | (first < found.earliest[rival])
    ahead = is_ahead(mine, level, of=slack)
    behind_it = is_ahead(level, mine, of=slack)
    return compared & (found.votes[found.pair] > 1) & (ahead | (~behind_it & before)), compared


def _marked(pairs: Whole, n_pairs: int) -> Marks:
    """The pairs as marks; negative numbers mark nothing."""
    marks = np.zeros(n_pairs, dtype=bool)
    marks[pairs[pairs >= 0]] = True
    return marks


def _counted(voter: Codes, hit: Marks, compared: Marks | None, count: Floats | None, n_sources: int) -> Floats:
    """Agreed and answered of each source."""
    rows = [voter[hit], voter if compared is None else voter[compared]]
    counts = [None, None] if count is None else [count[hit], count if compared is None else count[compared]]
    return np.stack(
        [
            np.bincount(code, weights=times, minlength=n_sources).astype(np.float64)
            for code, times in zip(rows, counts, strict=True)
        ]
    )
