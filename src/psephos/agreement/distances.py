r"""How far apart are two things that were said?

    nominal     1 unless they are the same
    ordinal     (votes between them in rank)^2, see `krippendorff`
    interval    (a - b)^2                              numbers
    ratio       ((a - b) / (a + b))^2                  numbers of at least 0
    circular    sin^2(pi (a - b) / period)             hours, angles
    linear      |a - b|                                numbers, or places in an order
    quadratic   (a - b)^2                              numbers, or places in an order
    own         a function of two levels, or a matrix

All that a coefficient asks of a distance is bilinear in counts of votes, B(n, m) = sum_kl delta_kl n_k m_l. Where delta
is a squared distance of points u_k, B needs three sums of each side instead of all levels,

    B(n, m) = N_n Q_m + Q_n N_m - 2 U_n U_m,        N = sum n_k,  U = sum n_k u_k,  Q = sum n_k |u_k|^2,

so that interval and circular cost O(votes) in time and memory however many different values there are.

Sources: Krippendorff (2011), "Computing Krippendorff's alpha-reliability" (nominal to circular); Cohen (1968),
doi:10.1037/h0026256 (linear, quadratic as weights of disagreement).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from psephos.agreement.ratings import Floats, Levels
from psephos.errors import InputError, check_choice, check_floats, check_number, check_squares

METRICS = ("nominal", "ordinal", "interval", "ratio", "circular", "linear", "quadratic")
Metric = str | Callable[[Any, Any], float] | npt.ArrayLike
"""One of `METRICS`, a function of two levels, or a matrix of distances."""

MOST_LEVELS = 3000
"""Up to so many levels a distance without sums of its own is kept as a matrix: 72 MB."""

CHUNK = 2**21

Table: TypeAlias = sparse.csr_array
"""Counts of votes, shape (n_rows, n_levels)."""


class Distance(ABC):
    """A distance between levels; `margins` are the sums of counts that it needs, `against` is B(., m) for these.

    Attributes
    ----------
    largest : float
        The largest distance of two levels, 1 if all are 0.
    """

    largest: float

    @abstractmethod
    def margins(self, votes: Table) -> Any:
        """The sums it needs of each row of counts, shape (n_rows, p)."""

    @abstractmethod
    def against(self, margins: Floats) -> Floats:
        """What stands beside the sums of the other side in B, shape (..., p)."""

    @abstractmethod
    def within(self, votes: Table) -> Floats:
        """Sum of the distances over ordered pairs of votes of each row, shape (n_rows,)."""

    @abstractmethod
    def between(self, one: npt.NDArray[np.integer], other: npt.NDArray[np.integer]) -> Floats:
        """Distance of the levels at these codes, element by element."""

    def cross(self, one: Floats, other: Floats) -> Floats:
        """B of two sets of sums, shape (...)."""
        product: Floats = (one * self.against(other)).sum(axis=-1)
        return product

    def to_votes(self, votes: Table, row: npt.NDArray[np.integer], level: npt.NDArray[np.integer]) -> Floats:
        """Sum of the distances from a level to all votes of a row, element by element."""
        own = self.margins(sparse.csr_array(sparse.eye_array(votes.shape[1], format="csr")))
        found = np.empty(len(row))
        sums = self.margins(votes)
        width = sums.shape[1]
        for start in range(0, len(row), step := max(1, CHUNK // max(1, width))):
            at = slice(start, start + step)
            left, right = _dense(own[level[at]]), self.against(_dense(sums[row[at]]))
            found[at] = (left * right).sum(axis=1)
        return np.maximum(found, 0.0)


class Nominal(Distance):
    """1 unless two levels are the same.

    d(a, b) = [a != b], for labels without an order. Votes are counted per level, so no matrix of levels is made.
    """

    largest = 1.0

    def margins(self, votes: Table) -> Any:
        """The sums of each row of counts."""
        return votes

    def against(self, margins: Floats) -> Floats:
        """What stands beside these sums in B."""
        apart: Floats = margins.sum(axis=-1, keepdims=True) - margins
        return apart

    def within(self, votes: Table) -> Floats:
        """Distances over ordered pairs of votes of each row."""
        total: Floats = np.asarray(votes.sum(axis=1))
        found: Floats = total * total - np.asarray(votes.power(2).sum(axis=1))
        return found

    def between(self, one: npt.NDArray[np.integer], other: npt.NDArray[np.integer]) -> Floats:
        """Distance of two levels, element by element."""
        apart: Floats = (one != other).astype(np.float64)
        return apart

    def to_votes(self, votes: Table, row: npt.NDArray[np.integer], level: npt.NDArray[np.integer]) -> Floats:
        """Distances from a level to the votes of a row."""
        if not len(row):  # SciPy hands back a table, not numbers, where none is asked for
            return np.zeros(0)
        total: Floats = np.asarray(votes.sum(axis=1))
        found: Floats = total[row] - np.asarray(votes[row, level]).ravel()
        return found


class Points(Distance):
    """Squared distance of the points that levels stand for, shape (n_levels, n_dimensions).

    d(a, b) = |p_a - p_b|^2: interval distances with one dimension, circular ones with two. Sums of the points and
    their squares are enough, whatever the number of levels.
    """

    def __init__(self, points: Floats, largest: float) -> None:
        self.points = points - points.mean(axis=0) if len(points) else points
        self.largest = largest or 1.0
        ones = np.ones((len(points), 1))
        self.sums = np.hstack([ones, (self.points**2).sum(axis=1, keepdims=True), self.points])

    def margins(self, votes: Table) -> Any:
        """The sums of each row of counts."""
        return votes @ self.sums

    def against(self, margins: Floats) -> Floats:
        """What stands beside these sums in B."""
        return np.concatenate([margins[..., 1:2], margins[..., 0:1], -2 * margins[..., 2:]], axis=-1)

    def within(self, votes: Table) -> Floats:
        """Distances over ordered pairs of votes of each row."""
        sums = self.margins(votes)
        found = self.cross(sums, sums)
        # Rounding alone must not set equal votes apart.
        return np.where(found > 1e-13 * sums[:, 0] * sums[:, 1], found, 0.0)

    def between(self, one: npt.NDArray[np.integer], other: npt.NDArray[np.integer]) -> Floats:
        """Distance of two levels, element by element."""
        found: Floats = ((self.points[one] - self.points[other]) ** 2).sum(axis=-1)
        return found


class Matrix(Distance):
    """Distances as they stand in a matrix, shape (n_levels, n_levels).

    For distances that are given, as of a taxonomy: symmetric, of at least 0, with 0 on the diagonal. O(n_levels^2)
    memory.
    """

    def __init__(self, matrix: Floats) -> None:
        self.matrix = matrix
        self.largest = float(matrix.max(initial=0.0)) or 1.0

    def margins(self, votes: Table) -> Any:
        """The sums of each row of counts."""
        return votes

    def against(self, margins: Floats) -> Floats:
        """What stands beside these sums in B."""
        found: Floats = margins @ self.matrix
        return found

    def within(self, votes: Table) -> Floats:
        """Distances over ordered pairs of votes of each row."""
        found = np.zeros(votes.shape[0])
        step = max(1, CHUNK // max(1, votes.shape[1]))
        for start in range(0, votes.shape[0], step):
            part = votes[start : start + step]
            found[start : start + step] = np.asarray(part.multiply(part @ self.matrix).sum(axis=1)).ravel()
        return found

    def between(self, one: npt.NDArray[np.integer], other: npt.NDArray[np.integer]) -> Floats:
        """Distance of two levels, element by element."""
        found: Floats = self.matrix[one, other]
        return found


def distance_of(metric: Metric, levels: Levels, period: float | None = None) -> Distance:
    """The distance that a metric puts between levels; ``"ordinal"`` depends on the votes and is not among them.

    Raises
    ------
    InputError
        If the metric is unknown, asks for numbers where there are texts, or a matrix does not fit.

    Examples
    --------
    >>> levels = Levels(np.array([0.0, 6.0, 23.0]), np.arange(3))
    >>> distance_of("circular", levels, period=24).between(np.array([0, 0]), np.array([1, 2])).round(3)
    array([0.5  , 0.017])
    """
    if not isinstance(metric, str):
        return Matrix(_called(metric, levels) if callable(metric) else _given(metric, levels))
    check_choice("metric", metric, METRICS)
    if metric == "ordinal":
        hint = "use linear or quadratic, which need an order only"
        raise InputError("metric", "ordinal is a distance of Krippendorff's alpha", hint=hint)
    if (metric == "circular") != (period is not None):
        problem = "is needed by a circular metric" if period is None else "belongs to the circular metric only"
        raise InputError("period", problem, hint="such as 24 for hours" if period is None else None)
    if metric == "nominal":
        return Nominal()
    if metric in ("interval", "ratio", "circular") and not levels.numeric:
        hint = "the metrics ordinal, linear and quadratic need an order only"
        raise InputError("metric", f"{metric} needs numbers; {_first_text(levels)} is none", hint=hint)
    numbers = levels.numbers
    if metric in ("interval", "quadratic"):
        check_squares("votes", numbers)
        return Points(numbers[:, None], float(np.ptp(numbers)) ** 2 if len(numbers) else 1.0)
    if metric == "circular":
        turn = 2 * np.pi * numbers / check_number("period", period or 0.0, low=0, open_ends=True)
        return Points(np.stack([np.cos(turn), np.sin(turn)], axis=1) / 2, 1.0)
    if metric == "ratio" and (numbers < 0).any():
        raise InputError("metric", f"ratio needs numbers of at least 0, got {numbers.min():g}")
    _check_size(levels)
    apart = np.abs(numbers[:, None] - numbers)
    if metric == "linear":
        return Matrix(apart)
    total = numbers[:, None] + numbers
    return Matrix(np.divide(apart, total, out=np.zeros_like(apart), where=total > 0) ** 2)


def named(name: str, metric: Metric) -> str:
    """The name of a coefficient with its metric, if it is not the plain one.

    Examples
    --------
    >>> named("kappa", "nominal"), named("kappa", "linear"), named("kappa", max)
    ('kappa', 'kappa (linear)', 'kappa (own distance)')
    """
    if isinstance(metric, str):
        return name if metric == "nominal" else f"{name} ({metric})"
    return f"{name} (own distance)"


def _first_text(levels: Levels) -> str:
    numbers = levels.names.cast(pl.Float64, strict=False) if levels.names is not None else None
    at = int(numbers.is_null().arg_max() or 0) if numbers is not None else 0
    return levels.text(at)


def _called(function: Callable[[Any, Any], float], levels: Levels) -> Floats:
    _check_size(levels)
    said = levels.numbers.tolist() if levels.numeric or levels.names is None else levels.names.to_list()
    matrix = np.zeros((len(said), len(said)))
    for place, one in enumerate(said):
        for other_place in range(place):
            found = check_number("metric", function(said[other_place], one), low=0)
            matrix[place, other_place] = matrix[other_place, place] = found
    return matrix


def _given(metric: npt.ArrayLike, levels: Levels) -> Floats:
    matrix = check_floats("metric", metric, ndim=2)
    needed = int(levels.places.max(initial=-1)) + 1
    if matrix.shape[0] != matrix.shape[1] or len(matrix) < needed:
        raise InputError("metric", f"must be square with a row for each of {needed:,} levels, got {matrix.shape}")
    if (matrix < 0).any() or np.diag(matrix).any() or (matrix != matrix.T).any():
        raise InputError("metric", "must hold distances: symmetric, at least 0, and 0 from a level to itself")
    return matrix[np.ix_(levels.places, levels.places)]


def _check_size(levels: Levels) -> None:
    if len(levels) > MOST_LEVELS:
        hint = "use nominal, ordinal, interval or circular, or round the values"
        raise InputError("metric", f"{len(levels):,} levels are too many for a matrix ({MOST_LEVELS:,})", hint=hint)


def _dense(sums: Any) -> Floats:
    return np.asarray(sums.toarray() if sparse.issparse(sums) else sums)
