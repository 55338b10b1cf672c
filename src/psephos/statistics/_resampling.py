"""How often is each unit of the data drawn?

Units are rows (each standing for any number of identical ones) or clusters of rows, drawn within their strata. All
that leaves this file are weights of the rows: matrices of shape (replicates, n), made a chunk at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.errors import InputError, check_codes, check_count
from psephos.statistics._evaluation import chunks

JACKKNIFE_GROUPS = 500
"""Distinct units up to which the jackknife of BCa leaves out one at a time; groups of units in all strata beyond it."""

MANY_ROWS = 1000
"""Rows of a stratum from which on counts are looked up in tables instead of drawn one after the other."""

MOST_COPIES = 2**16
"""Copies of a row up to which its distribution is worth a table."""

COMPILED_LOOKUPS = 2**19
"""Numbers to look up from which on the compiled loop is worth loading."""

GUIDE = 256

UNITS_PER_ROW = 8
"""Units per distinct row up to which it is faster to draw single units than one multinomial vector."""


@dataclass(frozen=True, eq=False)
class Units:
    """What is drawn: rows or clusters; made by `units_of`.

    Attributes
    ----------
    n : int
        Rows.
    copies : ndarray of int64, shape (n_units,)
        How many identical units each stands for.
    strata : ndarray of int64, shape (n_units,)
        Within which it is drawn.
    cluster_of_row : ndarray of int64, shape (n,), or None
        None where rows are drawn.
    multiplicity : ndarray of int64, shape (n,)
        How many each row stands for.
    """

    n: int
    copies: npt.NDArray[np.int64]
    strata: npt.NDArray[np.int64]
    cluster_of_row: npt.NDArray[np.int64] | None
    multiplicity: npt.NDArray[np.int64]

    def weights(self, counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Weights of the rows, shape (replicates, n), from how often each unit was drawn."""
        return counts if self.cluster_of_row is None else counts[:, self.cluster_of_row] * self.multiplicity


def units_of(
    n: int, multiplicity: npt.ArrayLike | None, clusters: npt.ArrayLike | None, strata: npt.ArrayLike | None
) -> Units:
    """Check what is to be drawn.

    Parameters
    ----------
    n : int
        Rows.
    multiplicity, clusters, strata : array_like of int, shape (n,), or None
        How many each row stands for, the cluster and the stratum that it belongs to.

    Raises
    ------
    InputError
        `strata`: splits a cluster. `n`, `multiplicity` or `clusters`: fewer than two units to draw from.
    """
    n = check_count("n", n)
    copies = np.ones(n, np.int64) if multiplicity is None else _codes("multiplicity", multiplicity, n)
    stratum = np.zeros(n, np.int64) if strata is None else _codes("strata", strata, n)
    cluster_of_row = None
    drawn, what = copies, "n" if multiplicity is None else "multiplicity"
    if clusters is not None:
        _, first, cluster_of_row = np.unique(_codes("clusters", clusters, n), return_index=True, return_inverse=True)
        split = stratum != stratum[first][cluster_of_row]
        if split.any():
            raise InputError("strata", "splits a cluster", where=f"row {int(np.argmax(split))}")
        drawn, what, stratum = np.ones(len(first), np.int64), "clusters", stratum[first]
    if drawn.sum() < 2:
        raise InputError(
            what,
            f"must give at least two units to draw from, got {drawn.sum()}",
            hint="one unit says nothing of chance: resample rows, or add units",
        )
    return Units(n, drawn, np.unique(stratum, return_inverse=True)[1], cluster_of_row, copies)


def _codes(argument: str, values: npt.ArrayLike, n: int) -> npt.NDArray[np.int64]:
    codes = check_codes(argument, values, ndim=1)
    if len(codes) != n:
        raise InputError(argument, f"must have n = {n} rows, got {len(codes)}")
    if (codes < 0).any():
        raise InputError(argument, "must not be negative", where=f"row {int(np.argmin(codes))}")
    return codes.astype(np.int64)


def resamples(units: Units, repeats: int, rng: np.random.Generator) -> Iterator[npt.NDArray[np.float64]]:
    """Weights of all replicates, a chunk of rows at a time."""
    draw = _draw_units if units.copies.sum() <= UNITS_PER_ROW * len(units.copies) else _draw_rows
    for counts in draw(units, repeats, rng):
        yield units.weights(counts)


def _draw_units(units: Units, repeats: int, rng: np.random.Generator) -> Iterator[npt.NDArray[np.float64]]:
    """Unit by unit: each place of a stratum is filled by any of its units."""
    by_stratum = np.argsort(units.strata, kind="stable")
    pool = np.repeat(by_stratum, units.copies[by_stratum])
    size = np.bincount(units.strata[pool])
    plain = len(size) == 1 and bool((units.copies == 1).all())  # then a place is a unit, with nothing to look up
    first = np.cumsum(size) - size
    size, first = size[units.strata[pool]], first[units.strata[pool]]
    for start, stop in chunks(repeats, units.n):
        counts = np.empty((stop - start, len(units.copies)))
        for row in counts:
            if plain:
                picked = (rng.random(len(pool)) * len(pool)).astype(np.int64)
            else:
                picked = pool[first + (rng.random(len(pool)) * size).astype(np.int64)]
            row[:] = np.bincount(picked, minlength=len(row))
        yield counts


def _draw_rows(units: Units, repeats: int, rng: np.random.Generator) -> Iterator[npt.NDArray[np.float64]]:
    """Row by row: the counts of a stratum are one multinomial vector, from a stream of the stratum's own."""
    total = np.bincount(units.strata, weights=units.copies).astype(np.int64)
    members = np.split(np.argsort(units.strata, kind="stable"), np.cumsum(np.bincount(units.strata))[:-1])
    streams = rng.spawn(len(total))
    for start, stop in chunks(repeats, units.n):
        counts = np.zeros((stop - start, len(units.copies)))
        for stratum in np.flatnonzero(total):
            rows = members[stratum]
            draw = multinomial_by_tables if _many_small(units.copies[rows]) else _multinomial
            counts[:, rows] = draw(units.copies[rows], stop - start, streams[stratum])
        yield counts


def _many_small(copies: npt.NDArray[np.int64]) -> bool:
    """Whether tables of all distinct numbers of copies cost less than they save."""
    if len(copies) < MANY_ROWS or copies.max() > MOST_COPIES:
        return False
    sizes = np.unique(copies)
    return float((sizes + 12 * np.sqrt(sizes) + 20 + GUIDE).sum()) <= 2 * MOST_COPIES


def _multinomial(copies: npt.NDArray[np.int64], repeats: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    total = int(copies.sum())
    return rng.multinomial(total, copies / total, size=repeats).astype(np.float64)


def multinomial_by_tables(
    copies: npt.NDArray[np.int64], repeats: int, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Multinomial draws of as many units as there are copies, for many rows; as exact as NumPy's and faster.

    Poisson counts with a given sum are multinomial. Each row is drawn as Poisson with slightly less than its share, by
    looking uniform numbers up in the distribution that all rows with equal copies have; the few units that the sum
    still lacks are drawn one by one. A sum that is too large is drawn anew, which leaves the law as it is, because
    given the sum, whatever it is, the counts are multinomial.

    Examples
    --------
    >>> multinomial_by_tables(np.array([1, 2, 3]), 4, np.random.default_rng(0)).sum(axis=1).tolist()
    [6.0, 6.0, 6.0, 6.0]
    """
    total = int(copies.sum())
    # Six standard deviations below the sum: a draw that exceeds it is one in a billion.
    aim = max(0.0, total - 6 * np.sqrt(total)) / total
    sizes, kind = np.unique(copies, return_inverse=True)
    tables = [_poisson_table(float(size) * aim) for size in sizes]
    upto = np.cumsum(copies)
    counts = np.empty((repeats, len(copies)))
    left = np.arange(repeats)
    while len(left):
        drawn = _looked_up(rng.random((len(left), len(copies))), kind, tables)
        lacking = total - drawn.sum(axis=1)
        for row in np.flatnonzero(lacking >= 0).tolist():
            at = np.searchsorted(upto, rng.integers(total, size=int(lacking[row])), side="right")
            drawn[row] += np.bincount(at, minlength=len(copies))
            counts[left[row]] = drawn[row]
        left = left[lacking < 0]
    return counts


def _poisson_table(mean: float) -> npt.NDArray[np.float64]:
    """Chances of at most 0, 1, 2, ... up to where nothing is left, which the last place takes."""
    table = np.asarray(special.pdtr(np.arange(int(mean + 12 * np.sqrt(mean) + 20)), mean))
    table[-1] = 1.0
    return table


def _looked_up(
    uniform: npt.NDArray[np.float64], kind: npt.NDArray[np.int64], tables: list[npt.NDArray[np.float64]]
) -> npt.NDArray[np.float64]:
    """The number that each uniform number stands for in the table of its column."""
    if uniform.size >= COMPILED_LOOKUPS:
        from psephos.statistics._kernels import looked_up

        start = np.concatenate(([0], np.cumsum([len(table) for table in tables])))
        grid = np.arange(GUIDE) / GUIDE
        guide = np.array([np.searchsorted(table, grid, side="right") for table in tables], dtype=np.int64)
        found: npt.NDArray[np.float64] = looked_up(uniform, kind, np.concatenate(tables), start, guide)
        return found
    order = np.argsort(kind, kind="stable")
    drawn = np.empty(uniform.shape)
    for table, columns in zip(tables, np.split(order, np.cumsum(np.bincount(kind))[:-1]), strict=True):
        drawn[:, columns] = np.searchsorted(table, uniform[:, columns], side="right")
    return drawn


@dataclass(frozen=True, eq=False)
class JackknifePlan:
    """Which units each jackknife sample leaves out.

    Attributes
    ----------
    unit, sample : ndarray of int64
        `unit[i]` is left out once from sample `sample[i]`, in rising order.
    copies, strata : ndarray of int64
        Of the units; see `Units`.
    """

    unit: npt.NDArray[np.int64]
    sample: npt.NDArray[np.int64]
    copies: npt.NDArray[np.int64]
    strata: npt.NDArray[np.int64]


def jackknife_plan(units: Units, rng: np.random.Generator) -> JackknifePlan:
    present = np.flatnonzero(units.copies)
    if len(present) <= JACKKNIFE_GROUPS:
        return JackknifePlan(present, np.arange(len(present)), units.copies[present], units.strata[present])
    shuffled = rng.permutation(np.repeat(np.arange(len(units.copies)), units.copies))
    shuffled = shuffled[np.argsort(units.strata[shuffled], kind="stable")]
    size = np.bincount(units.strata[shuffled])
    groups = np.minimum(size, np.maximum(2, JACKKNIFE_GROUPS * size // len(shuffled)))
    stratum = units.strata[shuffled]
    place = np.arange(len(shuffled)) - (np.cumsum(size) - size)[stratum]
    sample = (np.cumsum(groups) - groups)[stratum] + place * groups[stratum] // size[stratum]
    return JackknifePlan(shuffled, sample, np.ones(groups.sum(), np.int64), np.repeat(np.arange(len(size)), groups))


def jackknife_samples(units: Units, plan: JackknifePlan) -> Iterator[npt.NDArray[np.float64]]:
    width = len(units.copies)
    for start, stop in chunks(len(plan.copies), units.n):
        first, last = np.searchsorted(plan.sample, [start, stop])
        cell = (plan.sample[first:last] - start) * width + plan.unit[first:last]
        left_out = np.bincount(cell, minlength=(stop - start) * width).reshape(-1, width)
        yield units.weights((units.copies - left_out).astype(np.float64))
