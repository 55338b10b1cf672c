"""Which of two forecasters is better on the same items?

Both forecast the same outcomes, so items (or clusters of them: the snapshots of one match) are resampled together and
the difference left - right of a measure that is best at 0 is taken on each resample,

    balance   |Balance|          brier, log loss   the mean          ece   over the bins of each

Below 0: left is better. p is twice the smaller share of resamples on either side of 0, each with one added.

Sources: sheet 08; the bootstrap: `psephos.statistics.bootstrap`. Differs: nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from psephos.engine import Rng
from psephos.errors import InputError, check_choice, check_count, check_floats, check_number
from psephos.metrics.columns import Floats, codes_of
from psephos.metrics.conventions import Missing
from psephos.metrics.probability.bins import bins_of, sides
from psephos.metrics.probability.forecasts import Forecasts, Ties, check_forecasts
from psephos.metrics.probability.scoring_rules import log_losses, squares
from psephos.statistics import Interval, bootstrap

Measure = Literal["balance", "brier", "log loss", "ece"]


@dataclass(frozen=True)
class ForecastComparison(Interval):
    """Difference left - right of two forecasters on the same items; below 0 left is better.

    Attributes
    ----------
    measure : str
        What was compared.
    left, right : float
        The measure of each; of "balance" its size.
    p : float
        Two-sided.
    items, units : int
        Items, and what was resampled: items or clusters.
    """

    measure: str
    left: float
    right: float
    p: float
    items: int
    units: int

    def __str__(self) -> str:
        return (
            f"{self.measure} {self.left:.4f} against {self.right:.4f}, difference {super().__str__()}, p = {self.p:.3g}"
        )


def compare_forecasts(
    left: npt.ArrayLike,
    right: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    measure: Measure = "balance",
    weights: npt.ArrayLike | None = None,
    clusters: npt.ArrayLike | None = None,
    bins: int = 10,
    ties: Ties = "error",
    missing: Missing = "error",
    repeats: int = 2000,
    level: float = 0.95,
    rng: Rng = None,
) -> ForecastComparison:
    """Compare two forecasters on the same items.

    Parameters
    ----------
    left, right : array_like of float, shape (n,) or (n, n_classes)
        Probabilities of each forecaster; row i of both belongs to item i.
    y : array_like, shape (n,)
        Outcomes.
    measure : {"balance", "brier", "log loss", "ece"}, default "balance"
        What is measured.
    weights : array_like of float, shape (n,), optional
        How much each row counts, at least 0.
    clusters : array_like, shape (n,), optional
        Within what items are not independent; whole clusters are resampled.
    bins : int, default 10
        Bins of equal width of the ECE (of the event; of several classes of the confidence).
    ties, missing
        As of `brier_score`. A row that either forecaster lacks is left out for both.
    repeats : int, default 2000
        Resamples.
    level : float, default 0.95
        Of the intervals.
    rng : int, Generator, SeedSequence or None
        Of the random draws; an int repeats them.

    Returns
    -------
    ForecastComparison
        The difference in the measure, with its interval and p-value.

    Raises
    ------
    InputError
        As of `brier_score`; if there are fewer than two items or clusters.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> p = rng.random(400)
    >>> y = rng.random(400) < p
    >>> bool(compare_forecasts(p, np.clip(2 * p - 0.5, 0, 1), y, measure="brier", rng=0).high < 0)
    True
    """
    check_choice("measure", measure, get_args(Measure))
    check_count("repeats", repeats, low=2)
    check_number("level", level, low=0, high=1, open_ends=True)
    one, two = (
        check_floats(argument, side, ndim=2 if np.ndim(side) == 2 else 1, missing=True)
        for argument, side in (("left", left), ("right", right))
    )
    if one.shape != two.shape:
        raise InputError("right", f"must have the shape of left {one.shape}, got {two.shape}")
    if missing == "skip":  # a row that one lacks is no comparison
        one, two = np.where(np.isnan(two), np.nan, one), np.where(np.isnan(one), np.nan, two)
    first, second = (
        _checked(argument, side, y, weights, ties, missing) for argument, side in (("left", one), ("right", two))
    )
    if clusters is None:
        codes = np.arange(len(first))
    else:
        codes = np.unique(codes_of("clusters", clusters, len(first.kept))[0][first.kept], return_inverse=True)[1]
    units = int(codes.max()) + 1
    if units < 2:
        raise InputError("y" if clusters is None else "clusters", f"leave {units} to resample; two are the least")
    sums = [_sums(forecasts, measure, bins, codes, units) for forecasts in (first, second)]
    size = np.bincount(codes, weights=first.weights, minlength=units)

    def measured(weights: Floats) -> Floats:
        total = weights @ size
        found = [np.asarray(weights @ part) for part in sums]
        held = [np.abs(part).sum(axis=1) if measure in ("balance", "ece") else part[:, 0] for part in found]
        with np.errstate(invalid="ignore", divide="ignore"):
            both = np.stack([held[0], held[1], held[0] - held[1]], axis=1) / total[:, None]
        return np.where(np.isfinite(both), both, np.nan)

    drawn = bootstrap(measured, units, repeats=repeats, level=level, method="percentile", rng=rng)
    moved = drawn.replicates[:, 2]
    moved = moved[~np.isnan(moved)]
    tail = min(int((moved <= 0).sum()), int((moved >= 0).sum()))
    p = min(1.0, 2 * (1 + tail) / (1 + len(moved))) if len(moved) else math.nan
    value, low, high = (float(end[2]) for end in (drawn.value, drawn.low, drawn.high))
    said = float(drawn.value[0]), float(drawn.value[1])
    return ForecastComparison(value, low, high, level, measure, *said, p, len(first), units)


def _checked(
    argument: str, prob: Floats, y: npt.ArrayLike, weights: npt.ArrayLike | None, ties: Ties, missing: Missing
) -> Forecasts:
    """Forecasts of one side, whose complaints name it."""
    try:
        return check_forecasts(prob, y, weights, ties=ties, missing=missing)
    except InputError as problem:
        name = argument if problem.argument == "prob" else problem.argument
        raise InputError(name, problem.problem, where=problem.where, hint=problem.hint) from None


def _sums(forecasts: Forecasts, measure: str, bins: int, codes: npt.NDArray[np.intp], units: int) -> Floats:
    """What each unit adds to the measure, shape (units, 1), or (units, bins) of the ECE."""
    if measure == "ece":
        said, happened = sides(forecasts, "event" if forecasts.binary else "confidence")
        place = bins_of(said, check_count("bins", bins), "width", False).place
        cell = codes * bins + place
        gaps = np.bincount(cell, weights=forecasts.weights * (said - happened), minlength=units * bins)
        return gaps.reshape(units, bins).astype(np.float64)
    per_item = {"balance": lambda f: f.scores, "brier": squares, "log loss": log_losses}[measure](forecasts)
    return np.bincount(codes, weights=forecasts.weights * per_item, minlength=units).astype(np.float64)[:, None]
