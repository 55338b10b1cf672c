"""Do the reviewers of an item come together, and do those who move go towards the others?

    spread      mean over items of sd(after) - sd(before), sd of the item's scores with n - 1, items with two or more
    towards     #{D gap > 0} against #{D gap < 0}, exact sign test

The spread has a percentile bootstrap interval over items. Items with equal spreads are drawn as one, so that many items
cost no more than their kinds.

Source: sheet 36. Differs: nothing. Spread takes reviews with both scores, so that nobody who comes or goes moves it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from psephos.engine import Rng, seed_of
from psephos.opinions.outcomes import Result
from psephos.statistics import Interval, bootstrap, sign_test, wilson_interval
from psephos.studies.peer_review.reviews import Floats, Reviews


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Convergence(Result):
    """How far panels come together.

    Attributes
    ----------
    before, after, change : Interval
        Mean standard deviation of an item's scores before and after, and the difference; NaN if no item has two.
    items : int
        Items with at least two reviews that have both scores.
    toward, away : int
        Changes towards the others' mean, and away from it.
    toward_share : Interval
        Share of the first among both.
    p : float
        Of the sign test that neither is more frequent.
    correlation : float
        Of change and gap; NaN where either is constant.
    """

    before: Interval
    after: Interval
    change: Interval
    items: int
    toward: int
    away: int
    toward_share: Interval
    p: float
    correlation: float

    def table(self) -> pl.DataFrame:
        """One row per quantity: name, value, low, high, n."""
        named = {
            "spread before": (self.before, self.items),
            "spread after": (self.after, self.items),
            "change of spread": (self.change, self.items),
            "share towards the others": (self.toward_share, self.toward + self.away),
        }
        rows = [(name, part.value, part.low, part.high, n) for name, (part, n) in named.items()]
        frame = pl.DataFrame(rows, schema=["name", "value", "low", "high", "n"], orient="row")
        return frame.with_columns(pl.col("value", "low", "high").fill_nan(None))

    def summary(self) -> list[tuple[str, str]]:
        """The convergence in a few lines."""
        if math.isnan(self.change.value):
            spread = "no item has two reviews with both scores"
        else:
            spread = f"{self.before.value:.3f} before, {self.after.value:.3f} after, difference {self.change}"
        return [
            ("spread in an item", spread),
            (
                "towards the others",
                f"{self.toward:,} of {self.toward + self.away:,} changes (sign test p = {self.p:.2g})",
            ),
            ("correlation", f"of change and gap {self.correlation:.3f}"),
        ]


def convergence(reviews: Reviews, *, repeats: int = 2000, level: float = 0.95, rng: Rng = 0) -> Convergence:
    """Say whether the panels come together.

    Parameters
    ----------
    reviews : Reviews
        Of `read`, `reviews` or a relative.
    repeats : int, default 2000
        Resamples of the items.
    level : float, default 0.95
        Confidence of the intervals.
    rng : int, Generator or None, default 0
        Source of the resamples.

    Returns
    -------
    Convergence
        Spread before and after with the interval of the change; moves toward the others and away.

    Examples
    --------
    >>> from psephos.studies import peer_review
    >>> table = pl.DataFrame({"item": ["A", "B"], "score": ["3;5 6 8", "5;6 5;6 6"]})
    >>> found = convergence(peer_review.reviews(table), repeats=200)
    >>> round(found.before.value, 3), round(found.after.value, 3), found.toward, found.away
    (1.547, 0.764, 3, 0)
    """
    seed = seed_of(rng)
    before, after = (_spread(reviews, side) for side in (reviews.before, reviews.after))
    intervals = _intervals(before, after, repeats, level, seed)
    known = reviews.modelled
    change, gap = reviews.change[known], np.round(reviews.gap[known], 9)
    toward, away = int((change * gap > 0).sum()), int((change * gap < 0).sum())
    low, high = wilson_interval(toward, toward + away, level)
    share = toward / (toward + away) if toward + away else math.nan
    varied = len(change) > 1 and change.std() > 0 and gap.std() > 0
    return Convergence(
        provenance=reviews.made("convergence", {"repeats": repeats, "level": level}, seed=seed),
        before=intervals[0],
        after=intervals[1],
        change=intervals[2],
        items=len(before),
        toward=toward,
        away=away,
        toward_share=Interval(share, float(low), float(high), level),
        p=sign_test(toward, away),
        correlation=float(np.corrcoef(change, gap)[0, 1]) if varied else math.nan,
    )


def _spread(reviews: Reviews, scores: Floats) -> Floats:
    """Sample standard deviation of the scores of each item with two or more reviews that have both."""
    both = reviews.complete
    item, own, groups = reviews.item[both], scores[both], len(reviews.items)
    n = np.bincount(item, minlength=groups)
    mean = np.bincount(item, weights=own, minlength=groups) / np.maximum(n, 1)
    squares = np.bincount(item, weights=(own - mean[item]) ** 2, minlength=groups)
    return np.sqrt(squares[n > 1] / (n[n > 1] - 1))


def _intervals(before: Floats, after: Floats, repeats: int, level: float, seed: int) -> list[Interval]:
    if not len(before):
        return [Interval(math.nan, math.nan, math.nan, level)] * 3
    if len(before) == 1:
        values = (before[0], after[0], after[0] - before[0])
        return [Interval(float(value), math.nan, math.nan, level) for value in values]
    pairs, copies = np.unique(np.round(np.column_stack([before, after]), 12), axis=0, return_counts=True)
    columns = np.column_stack([pairs, pairs[:, 1] - pairs[:, 0]])
    found = bootstrap(
        lambda w: w @ columns / w.sum(axis=1, keepdims=True),
        len(pairs),
        multiplicity=copies,
        repeats=repeats,
        level=level,
        method="percentile",
        rng=seed,
    )
    return [found.interval(column) for column in range(3)]
