"""Where can a rebuttal matter? The share of reviews that rise, by the mean first score of their item.

Bins are open below and closed above; with the sheet's edges <= 4, (4, 5], (5, 5.5], (5.5, 6], (6, 6.5], (6.5, 7], > 7.

Source: sheet 36. Differs: the edges can be given, for other scales.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from psephos.errors import InputError, check_floats
from psephos.opinions.outcomes import Result, json_ready
from psephos.statistics import wilson_interval
from psephos.studies.peer_review.reviews import Reviews

EDGES = (4.0, 5.0, 5.5, 6.0, 6.5, 7.0)


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class BorderlineCurve(Result):
    """Share of reviews that rise along the mean first score of the item.

    Attributes
    ----------
    bins : polars.DataFrame
        mean_before (the bin), centre (mean of the items' means in it), reviews, items, up, low, high.
    by_score : polars.DataFrame
        before (own first score), mean_before (the bin), reviews, up, low, high: cells that occur.
    """

    bins: pl.DataFrame
    by_score: pl.DataFrame

    def table(self) -> pl.DataFrame:
        """The bins."""
        return self.bins

    @property
    def peak(self) -> str:
        """The bin in which most rise."""
        return str(self.bins.sort("up", descending=True, maintain_order=True)["mean_before"][0])

    def summary(self) -> list[tuple[str, str]]:
        """The curve in a line."""
        shares = ", ".join(f"{up:.3f} {name}" for name, up in self.bins.select("mean_before", "up").iter_rows())
        return [("rise most", f"items with a mean first score {self.peak}"), ("share up by mean", shares)]

    def to_dict(self) -> dict[str, object]:
        """The whole answer, ready for JSON."""
        return super().to_dict() | {"by_score": json_ready(self.by_score.to_dicts())}


def borderline(reviews: Reviews, *, edges: Sequence[float] = EDGES) -> BorderlineCurve:
    """Share of reviews that rise, by the mean first score of the item.

    Parameters
    ----------
    reviews : Reviews
        Of `read`, `reviews` or a relative.
    edges : sequence of float, default (4, 5, 5.5, 6, 6.5, 7)
        Where bins end; the first reaches down, the last up.

    Returns
    -------
    BorderlineCurve
        One row for each range of mean scores.

    Raises
    ------
    InputError
        If the edges do not rise or no review has both scores.

    Examples
    --------
    >>> from psephos.studies import peer_review
    >>> table = pl.DataFrame({"item": ["A", "B"], "score": ["3;5 4 4", "5;6 5;6 6"]})
    >>> borderline(peer_review.reviews(table)).bins.select("mean_before", "reviews", "up").rows()
    [('≤ 4', 3, 0.3333333333333333), ('(5, 5.5]', 3, 0.6666666666666666)]
    """
    places = check_floats("edges", edges)
    if not len(places) or (np.diff(places) <= 0).any():
        raise InputError("edges", "must be numbers that rise")
    rows = reviews.complete
    if not rows.any():
        raise InputError("reviews", "no review has a score before and one after")
    names = [f"≤ {places[0]:g}", *(f"({a:g}, {b:g}]" for a, b in pairwise(places))]
    names.append(f"> {places[-1]:g}")
    mean = np.round(reviews.mean_before, 9)
    bin_of_item = np.searchsorted(places, mean, side="left")
    place, up = bin_of_item[reviews.item[rows]], reviews.change[rows] > 0
    items = np.flatnonzero(np.bincount(reviews.item[rows]))
    per_bin = np.bincount(bin_of_item[items], minlength=len(names))
    sums = np.bincount(bin_of_item[items], weights=mean[items], minlength=len(names))
    number, risen = (np.bincount(place, weights=part, minlength=len(names)) for part in (np.ones(len(up)), up))
    some = np.flatnonzero(number)
    low, high = wilson_interval(risen[some], number[some])
    bins = {
        "mean_before": [names[k] for k in some],
        "centre": sums[some] / per_bin[some],
        "reviews": number[some].astype(np.int64),
        "items": per_bin[some],
        "up": risen[some] / number[some],
        "low": low,
        "high": high,
    }
    level = reviews.place_of(reviews.before[rows])
    return BorderlineCurve(
        provenance=reviews.made("borderline", {"edges": list(map(float, places))}),
        bins=pl.DataFrame(bins),
        by_score=_cells(reviews, level, place, up, names),
    )


def _cells(reviews: Reviews, level: np.ndarray, place: np.ndarray, up: np.ndarray, names: list[str]) -> pl.DataFrame:
    cell = level * len(names) + place
    number, risen = (np.bincount(cell, weights=part) for part in (np.ones(len(up)), up))
    some = np.flatnonzero(number)
    low, high = wilson_interval(risen[some], number[some])
    columns = {
        "before": reviews.scale[some // len(names)],
        "mean_before": [names[k] for k in some % len(names)],
        "reviews": number[some].astype(np.int64),
        "up": risen[some] / number[some],
    }
    return pl.DataFrame(columns | {"low": low, "high": high})
