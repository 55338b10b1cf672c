"""Effective features by name: the score columns together are the codes of the items."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from psephos.metrics.effective_features.counting import effective_features
from psephos.metrics.measuring.family import Family, Values
from psephos.metrics.measuring.given import Given, Measured, Settings

METRICS = {"effective-features": "exponential of the entropy of how much each feature is used"}


def _values(given: Given, metrics: Sequence[str], settings: Settings) -> Values:
    name = ", ".join(given.scores)
    codes = np.column_stack([column.astype(np.float64) for column in given.scores.values()])
    found = effective_features(
        codes,
        neurons=settings.options.get("neurons"),
        clusters=given.clusters(),
        repeats=settings.repeats,
        level=settings.level,
        rng=settings.seed,
    )
    note = "; ".join(found.provenance.notes)
    value = found.value
    rows = [
        Measured(metric, name, value.value, value.low, value.high, rows=given.rows, note=note) for metric in metrics
    ]
    return rows, {name: found}


EFFECTIVE_FEATURES: Family = Family(
    name="effective-features",
    question="How many features does a layer, a dictionary or a panel really use?",
    metrics=METRICS,
    usual=("effective-features",),
    needs=("score",),
    takes=("group", "item"),
    values=_values,
    options={"neurons": int},
)
