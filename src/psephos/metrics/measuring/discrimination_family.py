"""Metrics of scores that tell positives from negatives, by name."""

from __future__ import annotations

import math
from collections.abc import Sequence

from psephos.errors import InputError
from psephos.metrics.discrimination.area_errors import Area
from psephos.metrics.discrimination.areas import auprc, auprc_trapezoid
from psephos.metrics.discrimination.comparison import compare_discrimination
from psephos.metrics.discrimination.report import Discrimination, discrimination
from psephos.metrics.measuring.family import Family, Values
from psephos.metrics.measuring.given import Given, Measured, Settings
from psephos.opinions.outcomes import Result

METRICS = {
    "auroc": "chance that a positive has a higher score than a negative, ties half",
    "auprc": "average precision: area under the precision-recall curve by steps",
    "lift": "average precision over that of chance",
    "auprc-trapezoid": "the same area by straight lines, which is too high; to compare with those who report it",
    "auprc-at": "average precision as if the share of positives were that of the option prevalence",
}


def _values(given: Given, metrics: Sequence[str], settings: Settings) -> Values:
    rows: list[Measured] = []
    parts: dict[str, Result] = {}
    positive, missing = settings.options.get("positive"), settings.missing
    if "auprc-at" in metrics and "prevalence" not in settings.options:
        raise InputError("prevalence", "'auprc-at' needs it")
    for name, score in given.scores.items():
        try:
            found = discrimination(
                given.truth,  # type: ignore[arg-type]
                score,
                weights=given.weight,
                positive=positive,
                missing=missing,  # type: ignore[arg-type]
                clusters=given.clusters(),
                repeats=settings.repeats if settings.repeats != 1 else 2,
                level=settings.level,
                rng=settings.seed,
            )
        except InputError as problem:
            raise _named(problem) from None
        parts[name] = found
        for metric in metrics:
            if metric == "auroc":
                rows.append(_area(metric, name, found, found.auroc, 1.0))
            elif metric == "auprc":
                rows.append(_area(metric, name, found, found.auprc, 1.0))
            elif metric == "lift":
                rows.append(_area(metric, name, found, found.auprc, found.prevalence))
            else:
                same = {"weights": given.weight, "positive": positive, "missing": missing}
                if metric == "auprc-at":
                    value = auprc(given.truth, score, prevalence=settings.options["prevalence"], **same)  # type: ignore[arg-type]
                else:
                    value = auprc_trapezoid(given.truth, score, **same)  # type: ignore[arg-type]
                rows.append(Measured(metric, name, value, rows=found.items, note="without an interval"))
    return rows, parts


def _area(metric: str, of: str, found: Discrimination, area: Area, unit: float) -> Measured:
    note = "; ".join(found.provenance.notes) if metric == "auroc" else ""
    low, high, error = (
        None if math.isnan(number) else number / unit for number in (area.low, area.high, area.standard_error)
    )
    return Measured(metric, of, area.value / unit, low, high, error, rows=found.items, note=note)


def _differences(given: Given, metrics: Sequence[str], settings: Settings) -> list[Measured]:
    (left_name, left), (right_name, right) = given.scores.items()
    try:
        found = compare_discrimination(
            given.truth,  # type: ignore[arg-type]
            left,
            right,
            weights=given.weight,
            positive=settings.options.get("positive"),
            clusters=given.clusters(),
            missing=settings.missing,  # type: ignore[arg-type]
            repeats=max(2, settings.repeats),
            level=settings.level,
            rng=settings.seed,
        )
    except InputError as problem:
        raise _named(problem) from None
    of, rows = f"{left_name} - {right_name}", []
    both = {"auroc": (found.auroc, found.auroc_p, 0), "auprc": (found.auprc, found.auprc_p, 1)}
    for metric in metrics:
        if metric not in both:
            rows.append(Measured(metric, of, None, rows=given.rows, note="there is no paired comparison of it"))
            continue
        area, p, place = both[metric]
        note = f"{found.left[place]:.4f} and {found.right[place]:.4f}"
        note += "; the two metrics disagree" if found.disagree else ""
        ends = (area.low, area.high, area.standard_error)
        rows.append(Measured(metric, of, area.value, *ends, p, given.rows, note))
    return rows


def _named(problem: InputError) -> InputError:
    name = {"y": "truth", "weights": "weight", "left": "score", "right": "score"}.get(
        problem.argument, problem.argument
    )
    return InputError(name, problem.problem, where=problem.where, hint=problem.hint)


DISCRIMINATION: Family = Family(
    name="discrimination",
    question="Does a score put positives on top?",
    metrics=METRICS,
    usual=("auroc", "auprc", "lift"),
    needs=("truth", "score"),
    takes=("weight", "group", "item"),
    values=_values,
    differences=_differences,
    options={"positive": str, "prevalence": float},
)
