"""How many of two samples fall into each bin?

Numbers are cut at edges, x < edge to the left; infinity goes to the end bins and NaN has a bin of its own, "missing".
Texts and truth values are their own bins, in order of their names; a missing text is "missing" too. With weights a
count is a sum of weights, and the sample is worth (sum w)^2 / sum w^2 rows.

Source: sheet 23. Differs: nothing.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_count, check_floats
from psephos.metrics.columns import MISSING, Floats, check_weights, kinds_of, unmasked


@dataclass(frozen=True, eq=False)
class BinCounts:
    """Two samples in the same bins.

    Attributes
    ----------
    names : tuple of str
        Of the bins.
    left, right : ndarray of float64, shape (n_bins,)
        Counts, or sums of weights.
    sizes : tuple of float
        How many rows each sample is worth.
    edges : tuple of float
        Where numbers were cut; empty where the bins are kinds.
    """

    names: tuple[str, ...]
    left: Floats
    right: Floats
    sizes: tuple[float, float]
    edges: tuple[float, ...] = ()

    def __add__(self, other: BinCounts) -> BinCounts:
        """The counts of both parts of the data, such as chunks that do not fit into memory together.

        Missing values may be in one part only. Edges are compared and not only the names of bins, which are rounded.
        """
        longer, shorter = (self, other) if len(self.names) >= len(other.names) else (other, self)
        lacking = longer.names[len(shorter.names) :]
        if self.edges != other.edges or longer.names[: len(shorter.names)] != shorter.names or set(lacking) - {MISSING}:
            raise InputError("other", "has other bins", hint="give both parts the same edges")
        left, right = (np.pad(side, (0, len(lacking))) for side in (shorter.left, shorter.right))
        sizes = (self.sizes[0] + other.sizes[0], self.sizes[1] + other.sizes[1])
        return BinCounts(longer.names, longer.left + left, longer.right + right, sizes, self.edges)


def count_by_outcome(
    values: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    edges: npt.ArrayLike | None = None,
    weights: npt.ArrayLike | None = None,
) -> BinCounts:
    """Count a feature by outcome: left the rows without the event (good), right those with it (bad).

    Parameters
    ----------
    values : array_like, shape (n,)
        Numbers, if `edges` are given; names or whole numbers of few kinds otherwise.
    y : array_like, shape (n,)
        0 or 1; 1 is the event.
    edges : array_like of float, optional
        Rising inner edges of the bins; the end bins are open.
    weights : array_like of float, shape (n,), optional
        How much each row counts, at least 0.

    Returns
    -------
    BinCounts
        Counts in the bins, which all measures of divergence take.

    Raises
    ------
    InputError
        If lengths differ, `y` is not binary or of one class only, or edges do not rise.

    See Also
    --------
    information_value : how much the feature tells.

    Examples
    --------
    >>> found = count_by_outcome([1.0, 2.0, 3.0, float("nan")], [0, 1, 1, 0], edges=[2.5])
    >>> found.names, found.left, found.right
    (('below 2.5', '2.5 and above', 'missing'), array([1., 0., 1.]), array([1., 1., 0.]))
    """
    event = check_events(y)
    codes, names = _codes(values, edges, "values")
    if len(codes) != len(event):
        raise InputError("y", f"must have as many rows as values ({len(codes)}), got {len(event)}")
    w = check_weights(weights, len(codes))
    sides = [_side(codes[part], w[part], len(names)) for part in (~event, event)]
    return BinCounts(names, sides[0][0], sides[1][0], (sides[0][1], sides[1][1]), _edges(edges))


def count_samples(
    expected: npt.ArrayLike,
    actual: npt.ArrayLike,
    *,
    edges: npt.ArrayLike | None = None,
    expected_weights: npt.ArrayLike | None = None,
    actual_weights: npt.ArrayLike | None = None,
) -> BinCounts:
    """Count two samples of the same thing in the same bins: left the expected one, right the actual one.

    Parameters
    ----------
    expected, actual : array_like, shape (n,) and (m,)
        Numbers, if `edges` are given; names otherwise. A name of one sample only has its own bin.
    edges : array_like of float, optional
        Rising inner edges of the bins; the end bins are open.
    expected_weights, actual_weights : array_like of float, optional
        How much each value counts, at least 0.

    Returns
    -------
    BinCounts
        Counts in the bins, which all measures of divergence take.

    Raises
    ------
    InputError
        If a sample is empty, or edges do not rise.

    See Also
    --------
    population_stability : whether the samples differ.

    Examples
    --------
    >>> count_samples(["a", "b"], ["b", "c"]).names
    ('a', 'b', 'c')
    """
    first, second = _plain(expected, "expected"), _plain(actual, "actual")
    codes, names = _codes(np.concatenate([first, second]), edges, "expected")
    parts = []
    for argument, rows, weights in (
        ("expected_weights", codes[: len(first)], expected_weights),
        ("actual_weights", codes[len(first) :], actual_weights),
    ):
        if not len(rows):
            raise InputError(argument.removesuffix("_weights"), "is empty")
        try:
            w = check_weights(weights, len(rows))
        except InputError as problem:
            raise InputError(argument, problem.problem, where=problem.where) from None
        parts.append(_side(rows, w, len(names)))
    return BinCounts(names, parts[0][0], parts[1][0], (parts[0][1], parts[1][1]), _edges(edges))


def quantile_edges(values: npt.ArrayLike, bins: int) -> Floats:
    """Inner edges of about equally full bins; fewer where values are equal.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Numbers to cut; those that are not finite are left out.
    bins : int
        How many bins, at least 2.

    Returns
    -------
    ndarray of float64, shape (at most bins - 1,)
        Rising; a value on an edge belongs to the bin above it.

    Raises
    ------
    InputError
        If there is no finite value, values are no numbers, or there are fewer than two bins.

    Examples
    --------
    >>> quantile_edges([1, 2, 3, 4, 5, 6, 7, 8], 4)
    array([2.75, 4.5 , 6.25])
    """
    check_count("bins", bins, low=2)
    try:
        numbers = unmasked(values).astype(np.float64)
    except (TypeError, ValueError):
        raise InputError("values", "must be numbers to be cut") from None
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        raise InputError("values", "hold no number to cut")
    found = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1]))
    return np.asarray(found[found > known.min()])


def check_events(y: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Outcomes of 0 and 1 as truth values; anything else is refused with what was found.

    Examples
    --------
    >>> check_events([0, 1])
    array([False,  True])
    """
    outcome = unmasked(y)
    if outcome.ndim != 1:
        raise InputError("y", f"must have 1 dimension(s), got {outcome.ndim}")
    try:
        numbers = outcome.astype(np.float64)
    except (TypeError, ValueError):
        numbers = np.full(len(outcome), np.nan)
    if not np.isin(numbers, (0, 1)).all():
        kinds = sorted({str(kind) for kind in outcome.tolist()})
        more = ", ..." if len(kinds) > 5 else ""
        raise InputError("y", f"must be 0 or 1, got {', '.join(kinds[:5])}{more}")
    event = numbers == 1
    if event.all() or not event.any():
        raise InputError("y", "one class only", hint="rows with and without the event are compared")
    return np.asarray(event)


def _side(codes: npt.NDArray[np.int64], w: Floats, bins: int) -> tuple[Floats, float]:
    total = float(w.sum())
    if not total > 0:
        raise InputError("weights", "are all 0 for one class")
    return np.bincount(codes, weights=w, minlength=bins).astype(np.float64), total**2 / float(w @ w)


def _plain(values: npt.ArrayLike, argument: str) -> npt.NDArray[Any]:
    found = unmasked(values)
    if found.ndim != 1:
        raise InputError(argument, f"must have 1 dimension(s), got {found.ndim}")
    return found


def _codes(
    values: npt.ArrayLike, edges: npt.ArrayLike | None, argument: str
) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    found = _plain(values, argument)
    if edges is None:
        return kinds_of(found)[:2]
    cuts = check_floats("edges", edges)
    if not len(cuts) or (np.diff(cuts) <= 0).any():
        raise InputError("edges", "must be one rising row of at least one edge")
    try:
        numbers = found.astype(np.float64)
    except (TypeError, ValueError):
        raise InputError(argument, "must be numbers where edges are given") from None
    gone = np.isnan(numbers)
    codes = np.where(gone, len(cuts) + 1, np.searchsorted(cuts, np.where(gone, 0, numbers), side="right"))
    ends = _texts_of(cuts)
    inner = [f"{low} to {high}" for low, high in itertools.pairwise(ends)]
    names = [f"below {ends[0]}", *inner, f"{ends[-1]} and above"]
    return codes.astype(np.int64), (*names, *([MISSING] if gone.any() else []))


def _edges(edges: npt.ArrayLike | None) -> tuple[float, ...]:
    return () if edges is None else tuple(check_floats("edges", edges).tolist())


def _texts_of(cuts: Floats) -> list[str]:
    """Edges with as many digits as tell them apart, so that each bin has a name of its own."""
    shown = ([f"{cut:.{digits}g}" for cut in cuts] for digits in range(6, 18))
    return next(texts for texts in shown if len(set(texts)) == len(texts))
