"""Dependence of predictions on attributes, by name: tests by shuffling stand in the place of intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence

from psephos.errors import InputError
from psephos.metrics.dependence.report import dependence
from psephos.metrics.measuring.family import Family, Values
from psephos.metrics.measuring.given import Given, Measured, Settings
from psephos.opinions.outcomes import Result

METRICS = {
    "dcor": "distance correlation with each attribute, and with all together",
    "dcov": "squared distance covariance with each attribute",
    "ccdcov": "squared distance covariance with all attributes together",
    "eta": "what single attributes miss: ccdcov less the sum of dcov",
    "jdcov": "squared joint distance covariance of the prediction and all attributes",
    "jdcov-model": "the part of jdcov that the prediction can change",
    "subgroup-divergence": "generalised Jensen-Shannon divergence of the predictions of subgroups",
}
SHUFFLES = 199


def _values(given: Given, metrics: Sequence[str], settings: Settings) -> Values:
    rows: list[Measured] = []
    parts: dict[str, Result] = {}
    options = dict(settings.options)
    for name, score in given.scores.items():
        try:
            found = dependence(
                score,
                given.attributes,
                weights=given.weight,
                missing="drop" if settings.missing == "skip" else "error",
                repeats=min(settings.repeats, options.pop("shuffles", SHUFFLES)),
                rng=settings.seed,
                **options,
            )
        except InputError as problem:
            argument = {"pred": "score", "weights": "weight"}.get(problem.argument, problem.argument)
            raise InputError(argument, problem.problem, where=problem.where, hint=problem.hint) from None
        parts[name] = found
        note = "; ".join(found.provenance.notes)
        for metric in metrics:
            if metric in ("dcor", "dcov"):
                for row in found.attributes.iter_rows(named=True):
                    value = row["dcor" if metric == "dcor" else "dcov2"]
                    said = f"{row['kind']}, p adjusted for {found.attributes.height} attributes"
                    of = f"{name} with {row['attribute']}"
                    rows.append(Measured(metric, of, value, p=row["adjusted_p"], rows=found.rows, note=said))
            if metric == "dcor":
                joint = found.measure("ccdcov")["p"]
                rows.append(
                    Measured(metric, f"{name} with all", found.correlation, p=joint, rows=found.rows, note=note)
                )
            elif metric == "subgroup-divergence":
                spread = found.divergence
                chance = "" if math.isnan(spread.p) else f"{spread.expected:.4f} by chance"
                p = None if math.isnan(spread.p) else spread.p
                rows.append(Measured(metric, name, spread.value, p=p, rows=found.rows, note=chance))
            elif metric != "dcov":
                row = found.measure(metric.replace("-", "_"))
                rows.append(Measured(metric, name, row["value"], p=row["p"], rows=found.rows, note=note))
    return rows, parts


def _kinds(text: str) -> dict[str, str]:
    found = {}
    for part in text.split(","):
        name, sign, kind = part.partition("=")
        if not (name and sign and kind):
            raise ValueError
        found[name] = kind
    return found


DEPENDENCE: Family = Family(
    name="dependence",
    question="Does a prediction depend on attributes, also on their combinations?",
    metrics=METRICS,
    usual=("dcor", "ccdcov", "eta", "jdcov-model", "subgroup-divergence"),
    needs=("score", "attribute"),
    takes=("weight", "group"),
    values=_values,
    options={"kinds": _kinds, "c": float, "levels": int, "scale": str, "bins": int, "shuffles": int},
)
