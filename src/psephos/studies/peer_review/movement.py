"""How many reviewers move after the discussion, up or down, from which score and by how much?

With D = score after - score before of each review that has both: shares of D > 0, = 0 and < 0, all and by first score,
with Wilson intervals; transition counts T[a, b] with shares of each row a; mean D by how far the others' mean lies
above the own score; the share of items with any change. Changes are counted in points and in levels of the scale.

Source: sheet 36. Differs: nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from psephos.errors import InputError
from psephos.opinions.outcomes import Result, json_ready
from psephos.statistics import Interval, wilson_interval
from psephos.studies.peer_review.reviews import Reviews

GAPS = ("≤ -2", "(-2, -1]", "(-1, 0)", "0", "(0, 1]", "(1, 2]", "> 2")
"""Bins of the others' mean less the own first score."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class ScoreMovement(Result):
    """Who moves, and where to.

    Attributes
    ----------
    directions : polars.DataFrame
        direction (up, same, down), reviews, share, low, high.
    by_score : polars.DataFrame
        before (a level), reviews, up, up_low, up_high, down, down_low, down_high, mean_change.
    by_gap : polars.DataFrame
        gap (others' mean less own score), reviews, up, down, mean_change.
    transitions : polars.DataFrame
        before, after (levels), reviews, share (of the row `before`), low, high: pairs that occur.
    items_changed : Interval
        Share of items on which any score changed.
    mean_before, mean_after, mean_change, mean_levels : float
        Means over reviews with both scores; the last is the change in levels.
    reviews, items, single, appeared, vanished : int
        Reviews with both scores, items that have one, items with a single review, and reviews with one score only.
    """

    directions: pl.DataFrame
    by_score: pl.DataFrame
    by_gap: pl.DataFrame
    transitions: pl.DataFrame
    items_changed: Interval
    mean_before: float
    mean_after: float
    mean_change: float
    mean_levels: float
    reviews: int
    items: int
    single: int
    appeared: int
    vanished: int

    def table(self) -> pl.DataFrame:
        """The shares by first score."""
        return self.by_score

    def share(self, direction: str) -> Interval:
        """Share of reviews that went ``"up"``, ``"down"`` or stayed the ``"same"``."""
        value, low, high = self.directions.filter(direction=direction).select("share", "low", "high").row(0)
        return Interval(value, low, high, 0.95)

    def summary(self) -> list[tuple[str, str]]:
        """The movement in a few lines."""
        lines = [
            ("reviews", f"{self.reviews:,} with both scores, on {self.items:,} items"),
            ("up", f"{self.share('up')}"),
            ("down", f"{self.share('down')}"),
            ("items changed", f"{self.items_changed}"),
            (
                "mean score",
                f"{self.mean_before:.3f} before, {self.mean_after:.3f} after ({self.mean_levels:+.3f} levels)",
            ),
        ]
        if self.appeared or self.vanished:
            lines.append(("one score only", f"{self.appeared:,} appeared, {self.vanished:,} vanished"))
        if self.single:
            lines.append(("single review", f"{self.single:,} items: nobody to move towards"))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, object]:
        """The whole answer, ready for JSON."""
        tables = {name: getattr(self, name).to_dicts() for name in ("directions", "by_gap", "transitions")}
        return {**super().to_dict(), **json_ready(tables)}


def movement(reviews: Reviews) -> ScoreMovement:
    """Count who moves up, down or not at all.

    Parameters
    ----------
    reviews : Reviews
        Of `read`, `reviews` or a relative.

    Returns
    -------
    ScoreMovement
        Shares by direction with intervals, and a table of transitions.

    Raises
    ------
    InputError
        If no review has both scores.

    See Also
    --------
    convergence : do the panels come together?

    Examples
    --------
    >>> from psephos.studies import peer_review
    >>> table = pl.DataFrame({"item": ["A", "B"], "score": ["3;5 6 8", "5;6 5;6 6"]})
    >>> moved = movement(peer_review.reviews(table))
    >>> moved.directions.select("direction", "reviews").rows()
    [('up', 3), ('same', 3), ('down', 0)]
    """
    both = reviews.complete
    if not both.any():
        raise InputError("reviews", "no review has a score before and one after")
    change, item = reviews.change[both], reviews.item[both]
    first, last = (reviews.place_of(side[both]) for side in (reviews.before, reviews.after))
    counts = np.array([(change > 0).sum(), (change == 0).sum(), (change < 0).sum()])
    low, high = wilson_interval(counts, len(change))
    directions = {"direction": ["up", "same", "down"], "reviews": counts, "share": counts / len(change)}
    items, changed = (int((np.bincount(part) > 0).sum()) for part in (item, item[change != 0]))
    ends = wilson_interval(changed, items)
    size = np.bincount(reviews.item, minlength=len(reviews.items))
    return ScoreMovement(
        provenance=reviews.made("movement", {}),
        directions=pl.DataFrame(directions | {"low": low, "high": high}),
        by_score=_by_score(reviews, first, change),
        by_gap=_by_gap(reviews.gap[both], change),
        transitions=_transitions(reviews, first, last),
        items_changed=Interval(changed / items, float(ends[0]), float(ends[1]), 0.95),
        mean_before=float(reviews.before[both].mean()),
        mean_after=float(reviews.after[both].mean()),
        mean_change=float(change.mean()),
        mean_levels=float((last - first).mean()),
        reviews=len(change),
        items=items,
        single=int((size == 1).sum()),
        appeared=int(np.isnan(reviews.before).sum()),
        vanished=int(np.isnan(reviews.after).sum()),
    )


def _moves(group: np.ndarray, change: np.ndarray, groups: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Reviews, those that went up, those that went down, and the mean change of each group."""
    n = np.bincount(group, minlength=groups)
    up, down = (np.bincount(group, weights=part, minlength=groups) for part in (change > 0, change < 0))
    mean = np.bincount(group, weights=change, minlength=groups) / np.maximum(n, 1)
    return n, up, down, mean


def _by_score(reviews: Reviews, first: np.ndarray, change: np.ndarray) -> pl.DataFrame:
    n, up, down, mean = _moves(first, change, len(reviews.scale))
    some = n > 0
    columns = {"before": reviews.scale[some], "reviews": n[some]}
    for name, part in (("up", up[some]), ("down", down[some])):
        low, high = wilson_interval(part, n[some])
        columns |= {name: part / n[some], f"{name}_low": low, f"{name}_high": high}
    return pl.DataFrame(columns | {"mean_change": mean[some]})


def _by_gap(gap: np.ndarray, change: np.ndarray) -> pl.DataFrame:
    """The bins are closed on the side away from nought, but for (-1, 0)."""
    known = ~np.isnan(gap)
    gap, change = np.round(gap[known], 9), change[known]
    below = np.searchsorted([-2.0, -1.0], gap, side="left")
    above = 4 + np.searchsorted([1.0, 2.0], gap, side="left")
    n, up, down, mean = _moves(np.where(gap < 0, below, np.where(gap > 0, above, 3)), change, len(GAPS))
    some = n > 0
    names = pl.Series(GAPS).filter(pl.Series(some))
    columns = {"gap": names, "reviews": n[some], "up": up[some] / n[some], "down": down[some] / n[some]}
    return pl.DataFrame(columns | {"mean_change": mean[some]})


def _transitions(reviews: Reviews, first: np.ndarray, last: np.ndarray) -> pl.DataFrame:
    levels = len(reviews.scale)
    counts = np.bincount(first * levels + last, minlength=levels**2).reshape(levels, levels)
    row, column = np.nonzero(counts)
    seen, total = counts[row, column], counts.sum(axis=1)[row]
    low, high = wilson_interval(seen, total)
    columns = {"before": reviews.scale[row], "after": reviews.scale[column], "reviews": seen, "share": seen / total}
    return pl.DataFrame(columns | {"low": low, "high": high})
