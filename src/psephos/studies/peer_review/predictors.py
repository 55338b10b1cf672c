"""What is each set of predictors worth on items that it was not fitted to?

Items are cut into folds at random; each fold is predicted by a logit on the others, and the predictions of all folds
make one area under the ROC curve. A set is worth what is lost without it (refitted), and what is lost when its columns
are shuffled together within the held-out fold.

Source: sheet 36; Breiman (2001), doi:10.1023/A:1010933404324, for the shuffling. Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.metrics import auroc
from psephos.statistics import Regression, logistic
from psephos.studies.peer_review.features import Features
from psephos.studies.peer_review.reviews import Floats

_NESTED = {"event": pl.String, "predictors": pl.String, "auc": pl.Float64, "gain": pl.Float64}
_IMPORTANCE = {"event": pl.String, "set": pl.String, "loss_without": pl.Float64, "loss_shuffled": pl.Float64}


@dataclass(frozen=True, eq=False)
class Worth:
    """Areas of nested sets and what each set is worth, as in `ScoreInfluence`."""

    nested: pl.DataFrame
    importance: pl.DataFrame
    reasons: Mapping[str, str]


def worth_of(
    data: Features, events: Mapping[str, Floats], *, folds: int, shuffles: int, rng: np.random.Generator
) -> Worth:
    """The worth of each set of predictors for each event.

    Parameters
    ----------
    data : Features
    events : mapping of str to ndarray of float64, shape (n,)
        1 where it happened, 0 where not.
    folds : int
        Below 2, nothing is computed and the tables are empty.
    shuffles : int
        Of each set, within a fold.
    rng : Generator

    Returns
    -------
    Worth
        An event of which a fold cannot be fitted has no rows; `reasons` says why.
    """
    nested: list[tuple[object, ...]] = []
    importance: list[tuple[object, ...]] = []
    reasons: dict[str, str] = {}
    for (event, outcome), stream in zip(events.items(), rng.spawn(len(events)), strict=True):
        if folds < 2:
            continue
        fold = _folds(data.items, folds, stream)[data.item]
        try:
            areas, losses = _of_event(data, outcome, fold, shuffles, stream)
        except InputError as problem:
            reasons[f"area for {event}"] = f"a fold cannot be fitted: {problem.argument} {problem.problem}"
            continue
        nested += [(event, *row) for row in areas]
        importance += [(event, *row) for row in losses]
    return Worth(
        pl.DataFrame(nested, schema=_NESTED, orient="row"),
        pl.DataFrame(importance, schema=_IMPORTANCE, orient="row"),
        reasons,
    )


def _folds(items: int, folds: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """A fold for each item, all of nearly one size."""
    return rng.permutation(np.arange(items) % min(folds, items)).astype(np.int64)


def _of_event(
    data: Features, outcome: Floats, fold: npt.NDArray[np.int64], shuffles: int, rng: np.random.Generator
) -> tuple[list[tuple[str, float, float]], list[tuple[str, float, float]]]:
    names = list(data.sets)
    areas: list[tuple[str, float, float]] = []
    for upto in range(1, len(names) + 1):
        terms = [term for name in names[:upto] for term in data.sets[name]]
        fits = _fits(data, terms, outcome, fold)
        area = _area(outcome, _held_out(data, terms, fits, fold))
        areas.append((" + ".join(names[:upto]), area, area - areas[-1][1] if areas else area - 0.5))
    whole = areas[-1][1]
    losses = []
    for name, stream in zip(names, rng.spawn(len(names)), strict=True):
        without = [term for term in terms if term not in data.sets[name]]
        area = _area(outcome, _held_out(data, without, _fits(data, without, outcome, fold), fold)) if without else 0.5
        losses.append((name, whole - area, whole - _shuffled(data, terms, name, fits, fold, outcome, shuffles, stream)))
    return areas, losses


def _fits(data: Features, terms: Sequence[str], outcome: Floats, fold: npt.NDArray[np.int64]) -> list[Regression]:
    matrix = data.matrix(terms)
    return [logistic(matrix[fold != k], outcome[fold != k]) for k in range(int(fold.max()) + 1)]


def _held_out(data: Features, terms: Sequence[str], fits: Sequence[Regression], fold: npt.NDArray[np.int64]) -> Floats:
    matrix, found = data.matrix(terms), np.empty(len(fold))
    for k, fit in enumerate(fits):
        found[fold == k] = fit.linear(matrix[fold == k])
    return found


def _shuffled(
    data: Features,
    terms: Sequence[str],
    name: str,
    fits: Sequence[Regression],
    fold: npt.NDArray[np.int64],
    outcome: Floats,
    shuffles: int,
    rng: np.random.Generator,
) -> float:
    """Mean area with the columns of a set shuffled together within each fold.

    The linear predictor is the part of the set and the rest; only the part moves.
    """
    where = [terms.index(term) for term in data.sets[name]]
    matrix, whole = data.matrix(data.sets[name]), _held_out(data, terms, fits, fold)
    places = [np.flatnonzero(fold == k) for k in range(len(fits))]
    part = np.empty(len(fold))
    for place, fit in zip(places, fits, strict=True):
        part[place] = matrix[place] @ fit.coefficients[1:][where]
    areas = []
    for _ in range(shuffles):
        moved = np.empty(len(fold))
        for place in places:
            moved[place] = part[rng.permutation(place)]
        areas.append(_area(outcome, whole - part + moved))
    return float(np.mean(areas)) if areas else float("nan")


def _area(outcome: Floats, score: Floats) -> float:
    """AUROC; NaN where all or none had the event."""
    return auroc(outcome, score, undefined="nan")
