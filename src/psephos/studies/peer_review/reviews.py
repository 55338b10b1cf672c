"""Who scored which item, before and after the discussion?

A review is a row: an item, a reviewer, a score before and one after. The mean of the other reviewers' first scores on
the item and how far it lies from the reviewer's own are

    o_i = (sum of the item's first scores - own) / (n - 1),        gap_i = o_i - own.

A review that appeared or vanished in between has one score: it counts in the means of its item and in what the others
see, never as a change. Rows are sorted by item and reviewer, so that no result depends on their order in a file.

Source: sheet 36; the questions of Kargaran, Nikeghbal, Yang and Ousidhoum (2025), arXiv 2511.15462. Differs: the
estimators of this package are ours, the paper's code is not published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.opinions.issues import Issues
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reviews:
    """Scores before and after a discussion, one row per review, sorted by item.

    Made by `peer_review.reviews`, `read`, `from_snapshots`, `from_rounds` or `sample`, not by calling the class.

    Attributes
    ----------
    items : polars.Series of String, shape (n_items,)
        Their names.
    item : ndarray of int64, shape (n_reviews,)
        Place of the item of each review, rising.
    reviewers : polars.Series of String, shape (n_reviews,)
        Names; they need not mean the same person on another item.
    before, after : ndarray of float64, shape (n_reviews,)
        Scores; NaN where there is none.
    scale : ndarray of float64
        The levels that a score can have, rising.
    columns : polars.DataFrame, n_reviews rows
        Further columns: confidence, tracing, group, texts, labels, ...
    decision : ndarray of float64, shape (n_items,)
        1 accepted, 0 not, NaN unknown.
    issues : Issues
        What was set aside or found odd.
    notes : tuple of str
        What was decided on the way.
    source : Source
        What was read.
    """

    items: pl.Series
    item: npt.NDArray[np.int64]
    reviewers: pl.Series
    before: Floats
    after: Floats
    scale: Floats
    columns: pl.DataFrame
    decision: Floats
    issues: Issues = field(default_factory=Issues)
    notes: tuple[str, ...] = ()
    source: Source = field(default_factory=Source)

    def __len__(self) -> int:
        return len(self.item)

    def __str__(self) -> str:
        known = int(self.complete.sum())
        return f"{len(self):,} reviews of {len(self.items):,} items, {known:,} with both scores"

    __repr__ = __str__

    @cached_property
    def complete(self) -> npt.NDArray[np.bool_]:
        """Whether a review has both scores."""
        return ~(np.isnan(self.before) | np.isnan(self.after))

    @cached_property
    def change(self) -> Floats:
        """Score after less score before; NaN where either is missing."""
        return self.after - self.before

    @cached_property
    def others(self) -> Floats:
        """Mean of the other reviewers' first scores on the item; NaN where there are none."""
        known = ~np.isnan(self.before)
        own = np.where(known, self.before, 0.0)
        total = np.bincount(self.item, weights=own, minlength=len(self.items))[self.item] - own
        number = np.bincount(self.item, weights=known, minlength=len(self.items))[self.item] - known
        return np.asarray(np.divide(total, number, out=np.full(len(self), np.nan), where=number > 0))

    @cached_property
    def gap(self) -> Floats:
        """How far the others' mean lies above the own first score."""
        return self.others - self.before

    @cached_property
    def mean_before(self) -> Floats:
        """Mean first score of each item, shape (n_items,)."""
        return self._item_mean(self.before)

    @cached_property
    def mean_after(self) -> Floats:
        """Mean last score of each item, shape (n_items,)."""
        return self._item_mean(self.after)

    @cached_property
    def modelled(self) -> npt.NDArray[np.bool_]:
        """Whether a review has both scores and another review beside it, as models of influence need."""
        return self.complete & ~np.isnan(self.others)

    def place_of(self, scores: Floats) -> npt.NDArray[np.int64]:
        """Place of scores on the scale; -1 where there is none."""
        place = np.searchsorted(self.scale, scores - 1e-9)
        return np.where(np.isnan(scores), -1, place).astype(np.int64)

    def number(self, column: str) -> Floats:
        """A further column as numbers, NaN where missing.

        Raises
        ------
        InputError
            If there is no such column or it holds texts.
        """
        if column not in self.columns.columns:
            known = ", ".join(self.columns.columns) or "none"
            raise InputError("columns", f"there is no column {column!r}; further columns: {known}")
        values = self.columns[column]
        if not (values.dtype.is_numeric() or values.dtype == pl.Boolean):
            raise InputError(column, f"must hold numbers, holds {values.dtype}")
        return values.cast(pl.Float64).fill_null(np.nan).to_numpy()

    def made(
        self, method: str, parameters: Mapping[str, Any], *, seed: int | None = None, notes: tuple[str, ...] = ()
    ) -> Provenance:
        """Provenance of a result on these reviews: their source, and their notes before those of the method.

        Parameters
        ----------
        method : str
        parameters : mapping
        seed : int, optional
        notes : tuple of str
        """
        return Provenance(f"peer review: {method}", parameters, self.source, seed=seed, notes=self.notes + notes)

    def _item_mean(self, scores: Floats) -> Floats:
        known = ~np.isnan(scores)
        total = np.bincount(self.item, weights=np.where(known, scores, 0.0), minlength=len(self.items))
        number = np.bincount(self.item, weights=known, minlength=len(self.items))
        return np.asarray(np.divide(total, number, out=np.full(len(self.items), np.nan), where=number > 0))
