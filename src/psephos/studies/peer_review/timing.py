"""When does a rebuttal work best? The share of reviews that rise, by when the authors last wrote before the edit.

The discussion is cut into thirds of equal length, each with its left end and without its right one (the last with
both). A chi-square test asks whether the share differs between thirds.

Source: sheet 36. Differs: the window is from the first to the last message where it is not given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_number
from psephos.opinions.outcomes import Result
from psephos.statistics import IndependenceTest, independence_test, wilson_interval
from psephos.studies.peer_review.reviews import Reviews

THIRDS = ("early", "middle", "late")


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class AnswerTiming(Result):
    """Share of reviews that rise, by third of the discussion.

    Attributes
    ----------
    thirds : polars.DataFrame
        third (early, middle, late, or ``no message``), reviews, up, low, high.
    test : IndependenceTest
        Of the thirds; rows without a message take no part.
    window : (float, float)
        Start and end of the discussion, in the units of the times (days where they are dates).
    """

    thirds: pl.DataFrame
    test: IndependenceTest
    window: tuple[float, float]

    def table(self) -> pl.DataFrame:
        """The thirds."""
        return self.thirds

    def summary(self) -> list[tuple[str, str]]:
        """The timing in a few lines."""
        shares = ", ".join(f"{up:.3f} {name}" for name, up in self.thirds.select("third", "up").iter_rows())
        return [("share up by third", shares), ("thirds differ", f"chi-square p = {self.test.p:.2g}")]


def timing(reviews: Reviews, *, window: tuple[float, float] | None = None) -> AnswerTiming:
    """Share of reviews that rise, by third of the discussion in which the authors last wrote.

    Parameters
    ----------
    reviews : Reviews
        With a column ``author_time``, the last message of the authors before the reviewer's edit; where there is also
        ``edit_time``, a later message counts as none.
    window : (float, float), optional
        Start and end of the discussion; from the first to the last message if not given.

    Returns
    -------
    AnswerTiming
        One row for each third with its interval, and a test.

    Raises
    ------
    InputError
        If there are no times, the window has no length, or a message lies outside it.

    Examples
    --------
    >>> from psephos.studies import peer_review
    >>> timing(peer_review.sample(items=300, rng=1)).thirds["third"].to_list()
    ['early', 'middle', 'late']
    """
    third = thirds_of(reviews, window)
    rows = reviews.complete
    up = (reviews.change[rows] > 0).astype(np.float64)
    place = third[rows]
    number, risen = (np.bincount(place + 1, weights=part, minlength=4) for part in (np.ones(len(up)), up))
    order = [k for k in (1, 2, 3, 0) if number[k]]
    low, high = wilson_interval(risen[order], number[order])
    columns = {
        "third": [("no message", *THIRDS)[k] for k in order],
        "reviews": number[order].astype(np.int64),
        "up": risen[order] / number[order],
    }
    return AnswerTiming(
        provenance=reviews.made("timing", {"window": list(_window(reviews, window))}),
        thirds=pl.DataFrame(columns | {"low": low, "high": high}),
        test=independence_test(np.column_stack([risen, number - risen])[1:]),
        window=_window(reviews, window),
    )


def thirds_of(reviews: Reviews, window: tuple[float, float] | None = None) -> npt.NDArray[np.int64]:
    """The third of each review, 0 to 2; -1 where the authors did not write before the edit."""
    start, end = _window(reviews, window)
    time = reviews.number("author_time")
    if "edit_time" in reviews.columns.columns:
        time = np.where(time > reviews.number("edit_time"), np.nan, time)
    known = ~np.isnan(time)
    if (time[known] < start).any() or (time[known] > end).any():
        outside = time[known][(time[known] < start) | (time[known] > end)][0]
        raise InputError("window", f"is {start:g} to {end:g}, and a message was written at {outside:g}")
    third = np.full(len(time), -1, dtype=np.int64)
    third[known] = np.minimum(np.floor(3 * (time[known] - start) / (end - start) + 1e-12), 2).astype(np.int64)
    return third


def _window(reviews: Reviews, window: tuple[float, float] | None) -> tuple[float, float]:
    if window is not None:
        start, end = (check_number("window", part) for part in window)
    else:
        time = reviews.number("author_time")
        known = time[~np.isnan(time)]
        if not len(known):
            raise InputError("author_time", "is missing in every review")
        start, end = float(known.min()), float(known.max())
    if not start < end:
        raise InputError("window", f"must begin before it ends, got {start:g} to {end:g}")
    return start, end
