"""Distances of two samples by name: of the rows with and without an event, or of these rows and those of another file.

Numbers are cut at stated edges, or into about equally full bins of the first sample (10, if not stated).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from psephos.errors import InputError
from psephos.metrics.columns import Floats, kinds_of
from psephos.metrics.divergence.bin_counts import (
    BinCounts,
    check_events,
    count_by_outcome,
    count_samples,
    quantile_edges,
)
from psephos.metrics.divergence.information_value import information_value
from psephos.metrics.divergence.measures import FORMS, Form
from psephos.metrics.divergence.population_stability import population_stability
from psephos.metrics.divergence.result import Divergence
from psephos.metrics.divergence.sample_divergence import divergence
from psephos.metrics.measuring.family import Family, Values
from psephos.metrics.measuring.given import Given, Measured, Settings
from psephos.opinions.outcomes import Result
from psephos.statistics import bootstrap

METRICS = {
    "iv": "information value: how much a feature tells of the event; with two samples the psi",
    "psi": "population stability index: how far the samples have moved apart",
    "jeffreys": "the same number without thresholds",
    "jensen-shannon": "Jensen-Shannon divergence, at most ln 2",
    "hellinger": "Hellinger distance, at most 1",
    "kullback-leibler": "of the first sample from the second",
}
FEW_KINDS = 20
"""Whole numbers of at most so many kinds are kinds, others are cut."""


def _values(given: Given, metrics: Sequence[str], settings: Settings) -> Values:
    _check(given, settings)
    rows: list[Measured] = []
    parts: dict[str, Result] = {}
    for name, column in given.scores.items():
        counts = _counts(given, name, column, settings)
        for metric in metrics:
            found = _measured(metric, counts, settings)
            parts.setdefault(name, found)
            ends = (found.distance.low, found.distance.high, found.standard_error, found.p)
            note = "; ".join(filter(None, (found.label, *found.provenance.notes)))
            value = found.value if np.isfinite(found.value) else None
            rows.append(Measured(metric, name, value, *ends, rows=given.rows, note=note))
    return rows, parts


def _measured(metric: str, counts: BinCounts, settings: Settings) -> Divergence:
    same: dict[str, Any] = {"names": counts.names, "sizes": counts.sizes, "level": settings.level, "rng": settings.seed}
    same |= {name: settings.options[name] for name in ("test", "bias") if name in settings.options}
    if "smoothing" in settings.options:
        same["smoothing"] = settings.options["smoothing"]
    doors: dict[str, Callable[..., Divergence]] = {"iv": information_value, "psi": population_stability}
    if metric in doors:
        return doors[metric](counts.left, counts.right, **same)
    return divergence(counts.left, counts.right, measure=metric, **same)  # type: ignore[arg-type]


def _counts(given: Given, name: str, column: Any, settings: Settings) -> BinCounts:
    first = column if given.truth is None else column[~_events(given, settings)]
    edges = _edges(first, column, settings)
    try:
        if given.truth is None:
            return count_samples(column, given.against[name], edges=edges, expected_weights=given.weight)
        return count_by_outcome(column, _events(given, settings).astype(int), edges=edges, weights=given.weight)
    except InputError as problem:
        argument = name if problem.argument in ("values", "expected") else problem.argument
        raise InputError(argument, problem.problem, where=problem.where, hint=problem.hint) from None


def _edges(first: Any, column: Any, settings: Settings) -> Any:
    if "edges" in settings.options:
        return settings.options["edges"]
    numeric = column.dtype.kind in "iuf"
    if not numeric or len(np.unique(column)) <= FEW_KINDS:
        return None
    edges = quantile_edges(first, settings.options.get("bins", 10))
    return edges if len(edges) else None


def _events(given: Given, settings: Settings) -> Any:
    positive = settings.options.get("positive")
    truth: Any = given.truth
    if positive is not None:
        codes, kinds, lost = kinds_of(truth)
        if lost:
            gone = int(np.argmax(codes == len(kinds) - 1))
            raise InputError("truth", "is missing", where=f"index {gone}", hint="fill or leave out these rows")
        truth = np.array([kind == str(positive) for kind in kinds])[codes]
    try:
        return check_events(truth)
    except InputError as problem:
        raise InputError("truth", problem.problem, hint=problem.hint) from None


def _check(given: Given, settings: Settings) -> None:
    if (given.truth is None) == (not given.against):
        raise InputError("truth", "either it or against must be given: two samples are compared")
    gone = [name for name in given.scores if given.against and name not in given.against]
    if gone:
        raise InputError("against", f"has no column {gone[0]!r}")
    if settings.missing == "skip":
        raise InputError("missing", "must be 'error': a missing value is a bin of its own here")


def _differences(given: Given, metrics: Sequence[str], settings: Settings) -> list[Measured]:
    """Two features on the same rows, which are resampled for both."""
    _check(given, settings)
    if given.truth is None:
        raise InputError("compare", "takes two features and the truth: rows of another file are not paired")
    event = _events(given, settings)
    weight = np.ones(given.rows) if given.weight is None else given.weight.astype(float)
    codes = [_codes(column[~event], column, settings) for column in given.scores.values()]
    rows, of = [], " - ".join(given.scores)
    for metric in metrics:
        form = FORMS["jeffreys" if metric in ("iv", "psi") else metric]

        def both(draws: Floats, form: Form = form) -> Floats:
            found = [[_distance(form, code, event, row * weight) for code in codes] for row in draws]
            return np.array([[a, b, a - b] for a, b in found])

        drawn = bootstrap(
            both,
            given.rows,
            clusters=given.clusters(),
            strata=event if given.clusters() is None else None,
            repeats=max(2, settings.repeats),
            level=settings.level,
            method="percentile",
            rng=settings.seed,
        )
        moved = drawn.replicates[:, 2]
        tail = min(int((moved <= 0).sum()), int((moved >= 0).sum()))
        p = min(1.0, 2 * (1 + tail) / (1 + len(moved)))
        note = f"{drawn.value[0]:.4f} and {drawn.value[1]:.4f}, rows resampled"
        ends = (float(drawn.low[2]), float(drawn.high[2]), float(drawn.standard_error[2]))
        rows.append(Measured(metric, of, float(drawn.value[2]), *ends, p=p, rows=given.rows, note=note))
    return rows


def _distance(form: Form, code: Any, event: Any, weights: Floats) -> float:
    count = int(code.max()) + 1
    counts = (np.bincount(code[side], weights=weights[side], minlength=count) for side in (~event, event))
    left, right = (side.astype(np.float64) for side in counts)
    some = left + right > 0
    left, right = left[some], right[some]
    if form.needs_all_cells and not (left.all() and right.all()):
        left, right = left + 0.5, right + 0.5
    total = max(0.0, float(form.value(left / left.sum(), right / right.sum()).sum()))
    return float(np.sqrt(total)) if form.root else total


def _codes(first: Any, column: Any, settings: Settings) -> Any:
    from psephos.metrics.columns import kinds_of

    edges = _edges(first, column, settings)
    if edges is None:
        return kinds_of(column)[0]
    gone = np.isnan(column)
    return np.where(gone, len(edges) + 1, np.searchsorted(edges, np.where(gone, 0, column), side="right"))


def _edge_list(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


DIVERGENCE: Family = Family(
    name="divergence",
    question="How far are two samples apart?",
    metrics=METRICS,
    usual=("iv", "jensen-shannon", "hellinger"),
    needs=("score",),
    takes=("truth", "weight", "group", "item", "against"),
    values=_values,
    differences=_differences,
    options={"bins": int, "edges": _edge_list, "positive": str, "smoothing": float, "test": str, "bias": str},
)
