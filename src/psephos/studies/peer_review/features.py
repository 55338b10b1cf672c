"""Which numbers of a review can predict whether its score changes?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.studies.peer_review.reviews import Floats, Reviews

ENGAGEMENT = {
    "confidence": "confidence",
    "reviewer messages": "reviewer_messages",
    "author messages": "author_messages",
}
FEWEST_VARIED = 10
"""A predictor in which fewer reviews than this differ from the commonest value tells nothing from chance."""


@dataclass(frozen=True, eq=False)
class Features:
    """Predictors of the reviews that have both scores, another beside them, and no gap in any predictor.

    `item` is the place of the item among those present, `sets` names the columns of each set of predictors.
    """

    item: npt.NDArray[np.int64]
    items: int
    own: Floats
    change: Floats
    columns: Mapping[str, Floats]
    sets: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...]

    def matrix(self, terms: Sequence[str]) -> Floats:
        """The columns of these terms, shape (n, k)."""
        return np.column_stack([self.columns[term] for term in terms]) if terms else np.empty((len(self.own), 0))


def features_of(reviews: Reviews, labels: tuple[str, ...]) -> Features:
    """What the reviews offer: own and others' score, what there is of engagement, labels, and times.

    Parameters
    ----------
    reviews : Reviews
    labels : tuple of str
        Labels whose presence is a predictor.

    Returns
    -------
    Features
        Reviews with a gap in any predictor are left out, and predictors that hardly vary; notes say so.

    Raises
    ------
    InputError
        `reviews`: a predictor is missing in every review.
    """
    rows = reviews.modelled.copy()
    engagement = {
        term: reviews.number(column) for term, column in ENGAGEMENT.items() if column in reviews.columns.columns
    }
    marked = {f"label {label}": label_of(reviews, label) for label in labels}
    if "author_time" in reviews.columns.columns:
        from psephos.studies.peer_review.timing import thirds_of

        third = thirds_of(reviews)
        engagement |= {"answered in the middle": (third == 1) * 1.0, "answered late": (third == 2) * 1.0}
    notes = []
    for term, values in {**engagement, **marked}.items():
        lost = int((rows & np.isnan(values)).sum())
        if lost == int(rows.sum()):
            raise InputError("reviews", f"{term} is missing in every review with both scores")
        if lost:
            notes.append(f"{lost:,} reviews without {term} take no part in the models")
            rows &= ~np.isnan(values)
    own, others = reviews.before[rows], reviews.others[rows]
    columns = {"own score": own, "others' mean": others}
    centre = [own.mean(), others.mean()] if len(own) else [0.0, 0.0]
    columns |= {"own score squared": (own - centre[0]) ** 2, "others' mean squared": (others - centre[1]) ** 2}
    kept: dict[str, list[str]] = {"engagement": [], "labels": []}
    for name, group in (("engagement", engagement), ("labels", marked)):
        for term, values in group.items():
            part = values[rows]
            commonest = int(np.unique(part, return_counts=True)[1].max(initial=0))
            if len(part) - commonest < FEWEST_VARIED:
                notes.append(f"{term} hardly varies and is left out of the wide models")
                continue
            columns[term] = part
            kept[name].append(term)
    sets: dict[str, tuple[str, ...]] = {
        "own": ("own score", "own score squared"),
        "others": ("others' mean", "others' mean squared"),
    }
    sets |= {name: tuple(terms) for name, terms in kept.items() if terms}
    present, item = np.unique(reviews.item[rows], return_inverse=True)
    return Features(item.astype(np.int64), len(present), own, reviews.change[rows], columns, sets, tuple(notes))


def label_of(reviews: Reviews, label: str) -> Floats:
    """A column of true and false as 1 and 0, NaN where missing.

    Raises
    ------
    InputError
        If there is no such column or it holds anything else.
    """
    if label not in reviews.columns.columns:
        raise InputError("labels", f"there is no column {label!r}")
    values = reviews.columns[label]
    if values.dtype == pl.String:
        values = values.str.to_lowercase().replace_strict(
            {"true": 1.0, "1": 1.0, "yes": 1.0, "false": 0.0, "0": 0.0, "no": 0.0}, default=2.0, return_dtype=pl.Float64
        )
    elif not (values.dtype.is_numeric() or values.dtype == pl.Boolean):
        raise InputError("labels", f"{label} must be true or false throughout, holds {values.dtype}")
    numbers = values.cast(pl.Float64).fill_null(np.nan).to_numpy()
    if not np.isin(numbers[~np.isnan(numbers)], (0.0, 1.0)).all():
        raise InputError("labels", f"{label} must be true or false throughout")
    return numbers
