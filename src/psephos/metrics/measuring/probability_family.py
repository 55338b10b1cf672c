"""Metrics of probabilities by name: each with an interval that clusters by item.

Means over items have the error of their spread, over items where rows repeat them; shares are Wilson's, so that no
share between 0 and 1 has an error of 0; errors over bins are resampled.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from psephos.errors import InputError
from psephos.metrics.columns import Floats
from psephos.metrics.conventions import ends_within, error_within
from psephos.metrics.measuring.family import Family, Values
from psephos.metrics.measuring.given import Given, Measured, Settings
from psephos.metrics.probability.balance import balance_of
from psephos.metrics.probability.bins import bins_of, sides
from psephos.metrics.probability.calibration_chance import calibration_test
from psephos.metrics.probability.calibration_error import distance
from psephos.metrics.probability.forecast_comparison import compare_forecasts
from psephos.metrics.probability.forecasts import Forecasts, check_forecasts
from psephos.metrics.probability.report import probability_report
from psephos.metrics.probability.scoring_rules import log_losses, squares
from psephos.metrics.probability.smooth_calibration import smooth_calibration_error
from psephos.opinions.outcomes import Result
from psephos.statistics import bootstrap, compare_paired, normal_interval, wilson_interval
from psephos.statistics.intervals import normal_quantile

METRICS = {
    "balance": "accuracy less mean confidence: below 0 over-confident",
    "brier": "mean squared error of the probabilities",
    "log-loss": "mean negative log probability of what happened",
    "accuracy": "share of items whose likelier side happened",
    "ece": "mean distance of said and happened over bins, of the event (of several classes: of the confidence)",
    "ece-confidence": "the same of the side that is taken",
    "mce": "largest distance over bins",
    "debiased-ece": "ECE less what chance makes of calibrated forecasts",
    "smooth-ece": "calibration error of smoothed residuals, without bins",
}
PAIRED = {"balance": "balance", "brier": "brier", "log-loss": "log loss", "ece": "ece"}


def _values(given: Given, metrics: Sequence[str], settings: Settings) -> Values:
    rows: list[Measured] = []
    parts: dict[str, Result] = {}
    clusters = given.clusters()
    for name, score in given.scores.items():
        forecasts = _forecasts(given, score, settings)
        codes = None if clusters is None else np.unique(clusters[forecasts.kept], return_inverse=True)[1]
        rows += [_value(metric, name, forecasts, codes, settings) for metric in metrics]
        if settings.whole:
            parts[name] = _whole(given, score, clusters, settings)
    return rows, parts


def _whole(given: Given, score: Any, clusters: Any, settings: Settings) -> Result:
    return probability_report(
        score,
        given.truth,  # type: ignore[arg-type]
        weights=given.weight,
        clusters=clusters,
        bins=settings.options.get("bins", 10),
        ties=settings.options.get("ties", "error"),
        missing=settings.missing,  # type: ignore[arg-type]
        level=settings.level,
        rng=settings.seed,
    )


def _value(metric: str, of: str, forecasts: Forecasts, codes: Any, settings: Settings) -> Measured:
    bins, n = settings.options.get("bins", 10), len(forecasts)
    side = "event" if forecasts.binary else "confidence"
    if metric == "balance":
        found = balance_of(forecasts, codes, settings.level)
        return Measured(metric, of, found.value, found.low, found.high, found.standard_error, found.p, n, found.note)
    if metric in ("brier", "log-loss"):
        each = squares(forecasts) if metric == "brier" else log_losses(forecasts)
        return _mean(metric, of, forecasts, each, codes, settings.level)
    if metric == "accuracy":
        if codes is None and np.ptp(forecasts.weights) == 0:
            hits = float(forecasts.hit.sum())
            low, high = (float(end) for end in wilson_interval(hits, n, settings.level))
            error = (high - low) / (2 * normal_quantile(settings.level))
            return Measured(metric, of, hits / n, low, high, error, rows=n)
        return _mean(metric, of, forecasts, forecasts.hit, codes, settings.level)
    if metric == "debiased-ece":
        same: dict[str, Any] = {"weights": forecasts.weights, "ties": "half" if forecasts.binary else "error"}
        test = calibration_test(forecasts.prob, forecasts.y, of=side, bins=bins, rng=settings.seed, **same)  # type: ignore[arg-type]
        chance = f"{test.error:.4f} less {test.expected:.4f} by chance"
        return Measured(metric, of, test.debiased, p=test.p, rows=n, note=chance)
    if metric == "smooth-ece":
        return _resampled(metric, of, forecasts, partial(_smooth, forecasts, side), codes, settings)
    which = "confidence" if metric == "ece-confidence" else side
    said, happened = sides(forecasts, which)
    made = bins_of(said, bins, "width", False)
    norm: Any = "max" if metric == "mce" else "l1"

    def error_of(weights: Floats) -> float:
        return distance(made.sums(weights, said, happened), norm)

    return _resampled(metric, of, forecasts, error_of, codes, settings)


def _mean(metric: str, of: str, forecasts: Forecasts, each: Floats, codes: Any, level: float) -> Measured:
    value = forecasts.mean(each)
    moved: Floats = forecasts.weights * (each - value)
    if codes is not None:
        moved = np.bincount(codes, weights=moved).astype(np.float64)
    units = len(moved) if codes is not None else int((forecasts.weights > 0).sum())
    if units < 2:
        return Measured(metric, of, value, rows=len(forecasts), note="no error from one item")
    error = math.sqrt(units / (units - 1) * float(moved @ moved)) / float(forecasts.weights.sum())
    most = math.inf if metric == "log-loss" else 2.0 if metric == "brier" and not forecasts.binary else 1.0
    if metric != "log-loss":
        error = most * error_within(error / most, value / most, units)
    elif error <= 1e-12 * value:
        return Measured(metric, of, value, rows=len(forecasts), note="no error: all items have the same loss")
    low, high = (float(end) for end in normal_interval(value, error, level))
    return Measured(metric, of, value, *ends_within(low, high, most=most), error, rows=len(forecasts))


def _resampled(
    metric: str, of: str, forecasts: Forecasts, error_of: Callable[[Floats], float], codes: Any, settings: Settings
) -> Measured:
    value, n = error_of(forecasts.weights), len(forecasts)
    units = n if codes is None else int(codes.max()) + 1
    if not settings.repeats or units < 2:
        return Measured(metric, of, value, rows=n, note="" if units > 1 else "no interval from one item")

    def statistic(weights: Floats) -> Floats:
        return np.array(
            [error_of(row * forecasts.weights) if (row @ forecasts.weights) > 0 else np.nan for row in weights]
        )

    drawn = bootstrap(
        statistic,
        n,
        clusters=codes,
        repeats=max(2, settings.repeats),
        level=settings.level,
        method="percentile",
        rng=settings.seed,
    )
    note = "resamples are farther off than the data, by chance"
    error = float(drawn.standard_error)
    return Measured(metric, of, value, float(drawn.low), float(drawn.high), error, rows=n, note=note)


def _smooth(forecasts: Forecasts, side: str, weights: Floats) -> float:
    ties: Any = "half" if forecasts.binary else "error"
    return smooth_calibration_error(forecasts.prob, forecasts.y, of=side, weights=weights, ties=ties)  # type: ignore[arg-type]


def _differences(given: Given, metrics: Sequence[str], settings: Settings) -> list[Measured]:
    (left_name, left), (right_name, right) = given.scores.items()
    of, clusters = f"{left_name} - {right_name}", given.clusters()
    truth = given.truth if given.truth is not None else np.empty(0)
    rows = []
    for metric in metrics:
        if metric in PAIRED:
            found = compare_forecasts(
                left,
                right,
                truth,
                measure=PAIRED[metric],  # type: ignore[arg-type]
                weights=given.weight,
                clusters=clusters,
                bins=settings.options.get("bins", 10),
                ties=settings.options.get("ties", "error"),
                missing=settings.missing,  # type: ignore[arg-type]
                repeats=max(2, settings.repeats),
                level=settings.level,
                rng=settings.seed,
            )
            note = f"{found.left:.4f} and {found.right:.4f}" + (", of their sizes" if metric == "balance" else "")
            rows.append(
                Measured(metric, of, found.value, found.low, found.high, p=found.p, rows=found.items, note=note)
            )
        elif metric == "accuracy" and given.weight is None:
            hits = [_hits(given, score, settings) for score in (left, right)]
            pair = compare_paired(
                *hits, clusters=clusters, level=settings.level, repeats=max(2, settings.repeats), rng=settings.seed
            )
            ends = pair.difference
            note = f"{pair.test}: {pair.wins} better, {pair.losses} worse, {pair.ties} the same"
            used = len(truth) - pair.left_out
            rows.append(Measured(metric, of, ends.value, ends.low, ends.high, p=pair.p, rows=used, note=note))
        else:
            rows.append(Measured(metric, of, None, rows=given.rows, note="there is no paired comparison of it"))
    return rows


def _hits(given: Given, score: Any, settings: Settings) -> Floats:
    forecasts = _forecasts(given, score, settings)
    found = np.full(given.rows, np.nan)
    found[forecasts.kept] = forecasts.hit
    return found


def _forecasts(given: Given, score: Any, settings: Settings) -> Forecasts:
    ties = settings.options.get("ties", "error")
    try:
        return check_forecasts(score, given.truth, given.weight, ties=ties, missing=settings.missing)  # type: ignore[arg-type]
    except InputError as problem:
        name = {"prob": "score", "y": "truth", "weights": "weight"}.get(problem.argument, problem.argument)
        raise InputError(name, problem.problem, where=problem.where, hint=problem.hint) from None


PROBABILITY: Family = Family(
    name="probability",
    question="Are probabilities honest, and how good are they?",
    metrics=METRICS,
    usual=("balance", "brier", "log-loss", "accuracy", "ece", "debiased-ece"),
    needs=("truth", "score"),
    takes=("weight", "group", "item"),
    values=_values,
    differences=_differences,
    options={"bins": int, "ties": str},
)
