"""Diversity of a collection by name: the score columns together are vectors of the items, or one column has texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from psephos.errors import InputError
from psephos.metrics.diversity import text_spectrum
from psephos.metrics.diversity.report import diversity
from psephos.metrics.measuring.family import Family, Values
from psephos.metrics.measuring.given import Given, Measured, Settings

ORDERS: dict[str, Any] = {"vendi-0": 0, "vendi-half": 0.5, "vendi": 1, "vendi-2": 2, "vendi-inf": "inf"}
METRICS = {
    "vendi-0": "effective number of different items, of order 0: all that differ count alike",
    "vendi-half": "of order .5",
    "vendi": "of order 1: the exponential of the entropy of the similarities",
    "vendi-2": "of order 2: common items count most",
    "vendi-inf": "of order infinity: one over the share of the largest theme",
}


def _values(given: Given, metrics: Sequence[str], settings: Settings) -> Values:
    name, collection = _collection(given)
    found = diversity(
        collection,
        q=[ORDERS[metric] for metric in metrics],
        clusters=given.clusters(),
        interval="auto" if settings.repeats else "none",
        repeats=max(2, settings.repeats),
        level=settings.level,
        rng=settings.seed,
    )
    note = "; ".join(found.provenance.notes)
    rows = []
    for metric in metrics:
        row = found.scores.row(by_predicate=pl.col("q") == float(ORDERS[metric]), named=True)
        rows.append(Measured(metric, name, row["score"], row["low"], row["high"], rows=given.rows, note=note))
    return rows, {name: found}


def _collection(given: Given) -> tuple[str, Any]:
    name, (first, *others) = ", ".join(given.scores), given.scores.values()
    if first.dtype.kind in "OUS":
        if others:
            raise InputError("score", "must be one column of texts, or columns of numbers")
        return name, text_spectrum(["" if text is None else str(text) for text in first.tolist()])
    return name, np.column_stack([column.astype(np.float64) for column in given.scores.values()])


DIVERSITY: Family = Family(
    name="diversity",
    question="How many different items does a collection hold?",
    metrics=METRICS,
    usual=("vendi", "vendi-inf"),
    needs=("score",),
    takes=("group", "item"),
    values=_values,
)
