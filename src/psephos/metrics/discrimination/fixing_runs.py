"""How does fixing one mistake after the other move both metrics? The running counts of the experiment.

A fix swaps two neighbours, so AUROC gains 1 / (P N) and AP T / (P r (r + 1)), in the group too if both are of one;
running counts change at one rank and mistakes at three, O(1) a step. All seeds run side by side.

Source: sheet 13. Differs: nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from psephos.metrics.columns import Floats
from psephos.metrics.discrimination.ranked_areas import check_ranked


class FixingRun:
    """All seeds side by side, sorted by falling score, shape (seeds, rows).

    `fix` swaps one pair of neighbours of each seed and keeps every running count true, so that `values` are those of
    the orders as they stand.

    Attributes
    ----------
    positive, low : ndarray of bool, shape (seeds, rows)
        Whether a row is positive, and whether it is of the group with the lower prevalence.
    wrong : ndarray of bool, shape (seeds, rows - 1)
        Whether a negative row stands right before a positive one: a mistake.
    values : ndarray of float64, shape (seeds, 6)
        AUROC and AP of all rows, of the one group, and of the group `low`.
    """

    def __init__(self, positive: npt.NDArray[np.bool_], low: npt.NDArray[np.bool_]) -> None:
        self.positive, self.low = positive, low
        self.rows = np.arange(len(positive))
        self.wrong = ~positive[:, :-1] & positive[:, 1:]
        self.true = np.cumsum(positive, axis=1)
        self.of_low = np.cumsum(low, axis=1)
        self.true_low = np.cumsum(positive & low, axis=1)
        falling = -np.arange(positive.shape[1], dtype=np.float64)
        every, high = np.ones(positive.shape[1], dtype=bool), ~low
        self.values = np.array(
            [
                [
                    number
                    for part in (every, high[row], low[row])
                    for number in check_ranked(positive[row][part], falling[part]).value()
                ]
                for row in self.rows
            ]
        )
        self.totals = np.stack([self.true[:, -1], (positive & high).sum(axis=1), self.true_low[:, -1]], axis=1)
        self.sizes = np.stack([np.full(len(positive), positive.shape[1]), high.sum(axis=1), low.sum(axis=1)], axis=1)

    def price(self) -> Floats:
        """What AP would gain by each pair of neighbours; -1 where there is no mistake."""
        rank = np.arange(1, self.positive.shape[1])
        return np.where(self.wrong, self.true[:, 1:] / (rank * (rank + 1.0)), -1.0)

    def fix(self, arm: str, draw: Floats) -> None:
        """Fix one mistake of each seed that has one.

        Parameters
        ----------
        arm : str
            ``"exact"`` fixes what raises AP most, ``"topmost"`` the mistake with the highest score, any other one at
            random.
        draw : ndarray of float64, shape (seeds,)
            Uniform random numbers, which say the one that is fixed at random.
        """
        there = self.wrong.any(axis=1)
        if arm == "exact":
            at = self.price().argmax(axis=1)
        elif arm == "topmost":
            at = self.wrong.argmax(axis=1)
        else:
            count = self.wrong.sum(axis=1)
            wanted = np.minimum((draw * count).astype(np.int64), np.maximum(count - 1, 0))
            at = (np.cumsum(self.wrong, axis=1) > wanted[:, None]).argmax(axis=1)
        rows, at = self.rows[there], at[there]
        if not len(rows):
            return
        values = self.values.copy()
        self._gain(values, rows, 0, at + 1, self.true[rows, at + 1])
        one, two = self.low[rows, at], self.low[rows, at + 1]
        for group, mine in ((1, ~one & ~two), (2, one & two)):
            row, place = rows[mine], at[mine]
            low_rank, low_true = self.of_low[row, place], self.true_low[row, place + 1]
            rank = low_rank if group == 2 else place + 1 - low_rank
            hits = low_true if group == 2 else self.true[row, place + 1] - low_true
            self._gain(values, row, group, rank, hits)
        self.values = values
        self.true[rows, at] += 1
        self.of_low[rows, at] += two.astype(np.int64) - one
        self.true_low[rows, at] += two
        for part in (self.positive, self.low):
            part[rows, at], part[rows, at + 1] = part[rows, at + 1], part[rows, at]
        for place in (at - 1, at, at + 1):
            inside = (place >= 0) & (place < self.wrong.shape[1])
            row, spot = rows[inside], place[inside]
            self.wrong[row, spot] = ~self.positive[row, spot] & self.positive[row, spot + 1]

    def _gain(
        self,
        values: Floats,
        rows: npt.NDArray[np.int64],
        group: int,
        rank: npt.NDArray[np.int64],
        hits: npt.NDArray[np.int64],
    ) -> None:
        positives, size = self.totals[rows, group], self.sizes[rows, group]
        values[rows, 2 * group] += 1 / (positives * (size - positives))
        values[rows, 2 * group + 1] += hits / (positives * rank * (rank + 1.0))
