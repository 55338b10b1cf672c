"""How are the data of a regression checked and brought to a scale on which double precision is enough?

Predictors are taken less their means and by their deviations; `back` brings coefficients to the units that were given.
A predictor that those before it determine is found from the pivots of the correlation matrix.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_codes, check_floats

SMALLEST_PIVOT = 1e-9
"""A predictor counts as a combination of those before it if they leave less than this share of its variance."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Problem:
    """Checked data; `design` has a column of ones, then the predictors less their means, by their deviations; `back`
    undoes that.
    """

    design: Floats
    outcome: Floats
    weights: Floats
    clusters: npt.NDArray[np.intp] | None
    groups: int
    back: Floats
    smallest_pivot: float


def problem_of(
    predictors: npt.ArrayLike,
    outcome: npt.ArrayLike,
    clusters: npt.ArrayLike | None,
    weights: npt.ArrayLike | None,
    *,
    name: str = "outcome",
) -> Problem:
    """Check the data of a regression and bring predictors to one scale.

    Parameters
    ----------
    predictors : array_like of float, shape (n, k)
    outcome : array_like of float, shape (n,)
    clusters : array_like of int, shape (n,), or None
    weights : array_like of float, shape (n,), or None
        How many rows each stands for; 1 each if None.
    name : str
        What the outcome is called at the door.

    Raises
    ------
    InputError
        `predictors`: too few rows, a column that is constant or follows from those before it. `weights`: negative. Any:
        of another length, or not finite.
    """
    columns = check_floats("predictors", predictors, ndim=2)
    y = check_floats(name, outcome)
    n, k = columns.shape
    w = np.ones(n) if weights is None else check_floats("weights", weights)
    for argument, values in ((name, y), ("weights", w)):
        if len(values) != n:
            raise InputError(argument, f"must have as many rows as predictors ({n}), got {len(values)}")
    if (w < 0).any():
        raise InputError("weights", "must not be negative", where=f"row {int(np.argmin(w))}")
    if w.sum() <= k + 1:
        raise InputError(
            "predictors",
            f"need more than {k + 1} rows for {k + 1} coefficients, got {w.sum():g}",
            hint="fewer predictors or more rows",
        )
    code, groups = None, 0
    if clusters is not None:
        codes = check_codes("clusters", clusters, ndim=1)
        if len(codes) != n:
            raise InputError("clusters", f"must have as many rows as predictors ({n}), got {len(codes)}")
        code, groups = _places(codes)
    mean = w @ columns / w.sum()
    centred = columns - mean
    pivots = pivots_of(centred, w, np.abs(columns).max(axis=0, initial=0.0))
    if (pivots < SMALLEST_PIVOT).any():
        column = int(np.argmax(pivots < SMALLEST_PIVOT))
        raise InputError(
            "predictors",
            "is constant or a combination of the columns before it",
            where=f"column {column}",
            hint="leave it out",
        )
    deviation = np.sqrt(w @ centred**2 / w.sum())
    back = np.diag(np.append(1.0, 1 / deviation))
    back[0, 1:] = -mean / deviation
    design = np.empty((n, k + 1), order="F")
    design[:, 0] = 1.0
    np.divide(centred, deviation, out=design[:, 1:])
    return Problem(design, y, w, code, groups, back, float(pivots.min(initial=1.0)))


def _places(codes: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.intp], int]:
    """Place of each code among those that occur, and how many these are; without sorting where codes are dense."""
    if len(codes) and codes.min() >= 0 and codes.max() < 4 * len(codes):
        place = np.cumsum(np.bincount(codes) > 0) - 1
        return place[codes], int(place[-1]) + 1
    present, code = np.unique(codes, return_inverse=True)
    return code, len(present)


def pivots_of(centred: Floats, w: Floats, size: Floats) -> Floats:
    """Share of the variance of each column that the columns before it leave; 0 for one that is constant."""
    k = centred.shape[1]
    gram = (centred * w[:, None]).T @ centred
    scale = np.sqrt(np.diag(gram))
    constant = scale <= 1e-12 * size * math.sqrt(max(float(w.sum()), 1.0))
    correlation = gram / np.outer(np.where(constant, 1.0, scale), np.where(constant, 1.0, scale))
    pivots = np.zeros(k)
    factor = np.zeros((k, k))
    for column in range(k):
        if constant[column]:
            continue
        pivots[column] = max(0.0, 1 - float(factor[column, :column] @ factor[column, :column]))
        if pivots[column] < SMALLEST_PIVOT:
            continue
        root = math.sqrt(pivots[column])
        below = correlation[column + 1 :, column] - factor[column + 1 :, :column] @ factor[column, :column]
        factor[column, column], factor[column + 1 :, column] = root, below / root
    return pivots


@dataclass(frozen=True, eq=False)
class Kinds:
    """Rows of a design that are equal, made one: `kind` is the place of each row among the distinct ones."""

    design: Floats
    kind: npt.NDArray[np.intp]

    def sums(self, values: Floats) -> Floats:
        """Sum of the values of the rows of each kind."""
        return np.asarray(np.bincount(self.kind, weights=values, minlength=len(self.design)), dtype=np.float64)


def kinds_of(design: Floats) -> Kinds:
    """The distinct rows; all rows where fewer than half would go.

    Rows are told apart by their product with numbers that have no common measure, and held against the first row of
    their kind: should two different rows ever share a product, no row is merged.
    """
    key = design @ np.sqrt(np.arange(2, design.shape[1] + 2) + 0.1)
    _, first, kind = np.unique(key, return_index=True, return_inverse=True)
    if 2 * len(first) <= len(design) and np.array_equal(design[first][kind], design):
        return Kinds(design[first], kind)
    return Kinds(design, np.arange(len(design)))


def sandwich(problem: Problem, bread: Floats, residual: Floats) -> Floats:
    p, groups, n = len(bread), problem.groups, float(problem.weights.sum())
    if groups < 2 or problem.clusters is None:
        return np.full((p, p), np.nan)
    score = (problem.weights * residual)[:, None] * problem.design
    sums = sums_by(problem.clusters, score, groups)
    factor = groups / (groups - 1) * (n - 1) / (n - p)
    return np.asarray(factor * bread @ (sums.T @ sums) @ bread)


def sums_by(cluster: npt.NDArray[np.integer], values: Floats, groups: int) -> Floats:
    return np.column_stack([np.bincount(cluster, weights=column, minlength=groups) for column in values.T])
