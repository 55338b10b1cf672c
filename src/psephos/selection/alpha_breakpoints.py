"""For which alpha does the first answer of a question change?

The first answer changes only where alpha passes one of the shares c / N at which an answer drops out, so the whole
dependence on alpha is a list of intervals,

    (c_next / N, c / N]: the best scored of the answers seen at least c times,      above the largest: an empty gate,

found exactly by one sort and a running best.

Source: sheet 03, "beyond the paper" (ours).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_choice
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.outcomes import Provenance, Result, named, option_name
from psephos.selection.best_of_majority import (
    DENOMINATORS,
    check_rewards,
    size_of,
)
from psephos.selection.grouping import Answers, Rewards, pools_of
from psephos.selection.pools import REWARD_AGGREGATES, Integers, Pools, in_order


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class AlphaBreakpoints(Result):
    """For which alpha each question gets which first answer.

    Attributes
    ----------
    intervals : polars.DataFrame
        item, low, high, answer, score, votes: above `low` up to `high` (the first interval of an item holds its low end
        too) the answer comes first; null in the last interval if no answer is seen often enough.
    items : int
        Questions.

    See Also
    --------
    psephos.selection.alpha_breakpoints : makes it.
    psephos.selection.tune_alpha : the best alpha where answers are known.

    Examples
    --------
    >>> alpha_breakpoints(["a", "a", "a", "b"], [0.2, 0.2, 0.2, 0.9]).winners(0)
    [(0.0, 0.25, 'b'), (0.25, 0.75, 'a'), (0.75, 1.0, None)]
    """

    intervals: pl.DataFrame
    items: int

    def table(self) -> pl.DataFrame:
        """The intervals."""
        return self.intervals

    def winners(self, item: object) -> list[tuple[float, float, str | None]]:
        """The intervals of one question: low, high, first answer.

        Raises
        ------
        InputError
            If there is no such question.
        """
        rows = self.intervals.filter(pl.col("item") == str(item))
        if rows.is_empty():
            raise InputError("item", f"there is no item {str(item)!r:.80}", hint="write it as the opinions do")
        return list(rows.select("low", "high", "answer").iter_rows())

    def summary(self) -> list[tuple[str, str]]:
        """The breakpoints in a few lines."""
        answers = self.intervals.group_by("item").agg(pl.col("answer").drop_nulls().n_unique())["answer"]
        stable = int((answers <= 1).sum())
        return [
            ("items", f"{self.items:,}"),
            ("stable", f"{stable:,} have one first answer for every alpha that is not too large"),
            ("most", f"{int(answers.max() or 0):,} first answers of one item"),  # type: ignore[arg-type]
        ]


def alpha_breakpoints(
    answers: Answers,
    rewards: Rewards | None = None,
    *,
    reward_agg: str = "mean",
    denominator: str = "all",
    equivalence: Equivalence = "exact",
) -> AlphaBreakpoints:
    """For which alpha each question gets which first answer, exactly.

    Parameters
    ----------
    answers, rewards, reward_agg, denominator, equivalence
        As in `psephos.selection.best_of_majority`; every answer is scored.

    Returns
    -------
    AlphaBreakpoints
        Intervals of alpha with the first answer of each question within them.

    Raises
    ------
    InputError
        As in `psephos.selection.best_of_majority`.

    Examples
    --------
    >>> found = alpha_breakpoints(["7"] * 4 + ["9"] * 3 + ["12"] * 2 + ["3"],
    ...                           [0.2, 0.4, 0.3, 0.3, 0.8, 0.5, 0.6, 0.7, 0.6, 0.99])
    >>> for low, high, answer in found.winners("0"):
    ...     print(low, high, answer)
    0.0 0.1 3
    0.1 0.2 12
    0.2 0.3 9
    0.3 0.4 7
    0.4 1.0 None
    """
    check_choice("reward_agg", reward_agg, REWARD_AGGREGATES)
    check_choice("denominator", denominator, DENOMINATORS)
    pools = pools_of(answers, rewards, equivalence)
    check_rewards(pools)
    everything = np.ones(len(pools.tally.choice), dtype=bool)
    score = pools.asked(everything) if pools.asks else pools.scores(reward_agg)
    place, _ = in_order(pools, score, everything)
    item, votes, size = pools.tally.item, pools.tally.votes, size_of(pools, denominator)
    # From the most seen to the least seen answer of each question: who is best so far, at the last of each count.
    order = np.lexsort((-votes, item))
    best = _running_best(item[order], place[order], order)
    item, votes = item[order], votes[order]
    last = np.append((item[1:] != item[:-1]) | (votes[1:] != votes[:-1]), True)[: len(item)]
    item, votes, best = item[last], votes[last], best[last]
    high = votes / size[item]
    follows = np.append(item[1:] == item[:-1], False)[: len(item)]
    low = np.where(follows, np.append(high[1:], 0.0)[: len(high)], 0.0)
    top = np.append(True, item[1:] != item[:-1])[: len(item)]
    same = np.append(False, (item[1:] == item[:-1]) & (best[1:] == best[:-1]))[: len(item)]
    # Neighbours with the same best are one: the first keeps its high end, the last its low end.
    run = np.cumsum(~same) - 1
    ends = np.flatnonzero(~same)
    lows = np.zeros(len(ends))
    lows[run] = low  # of equal indices the last assignment stays: the lowest
    chosen = best[ends]
    rows = {"item": item[ends], "low": lows, "high": high[ends], "pair": chosen}
    empty = np.flatnonzero(top & (high < 1))
    none = np.flatnonzero(np.diff(pools.tally.starts) == 0)
    items = np.concatenate([rows["item"], item[empty], none])
    lowest = np.concatenate([rows["low"], high[empty], np.zeros(len(none))])
    highest = np.concatenate([rows["high"], np.ones(len(empty) + len(none))])
    pair = np.concatenate([rows["pair"], np.full(len(empty) + len(none), -1)])
    order = np.lexsort((lowest, items))
    items, pair = items[order], pair[order]
    intervals = _intervals(pools, score, items, lowest[order], highest[order], pair)
    return AlphaBreakpoints(
        provenance=Provenance(
            "alpha breakpoints",
            {"reward_agg": reward_agg, "denominator": denominator, "equivalence": option_name(equivalence)},
            pools.opinions.source,
        ),
        intervals=intervals,
        items=pools.n_items,
    )


def _running_best(item: npt.NDArray[np.int32], place: Integers, pair: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """The pair with the smallest place among those up to here, question by question."""
    span = int(place.max(initial=0)) + 1
    # Later questions have smaller keys than all before, so that one running minimum starts afresh at each.
    key = place - item.astype(np.int64) * span
    best = np.minimum.accumulate(key) + item.astype(np.int64) * span
    order = np.lexsort((place, item))
    where = np.searchsorted(item[order].astype(np.int64) * span + place[order], item.astype(np.int64) * span + best)
    return pair[order][where]


def _intervals(
    pools: Pools,
    score: npt.NDArray[np.float64],
    item: npt.NDArray[Any],
    low: npt.NDArray[np.float64],
    high: npt.NDArray[np.float64],
    pair: npt.NDArray[Any],
) -> pl.DataFrame:
    some = np.maximum(pair, 0)
    counted = pools.tally
    if not len(counted.choice):
        code, value, votes = np.full(len(pair), -1, np.int32), np.full(len(pair), np.nan), np.zeros(len(pair), np.int64)
    else:
        code = np.where(pair < 0, -1, counted.choice[some]).astype(np.int32)
        value = np.where(pair < 0, np.nan, score[some])
        votes = np.where(pair < 0, 0, counted.votes[some])
    return pl.DataFrame(
        {
            "item": pools.opinions.vocabulary("item").gather(item.astype(np.int64)),
            "low": low,
            "high": high,
            "answer": named(code, pools.opinions.vocabulary("answer")),
            "score": value,
            "votes": votes,
        }
    ).with_columns(pl.col("score").fill_nan(None))
