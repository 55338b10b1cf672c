"""From counts of two samples to the distance with its error and test; the work behind all doors of this room.

Some cells empty: what is stated is added to every cell, and totals grow with it, in the error and in the test too. Bins
that are empty on both sides say nothing and are left out.

Source: sheet 23; see `measures`. Differs: nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import special

from psephos.engine import Rng, seed_of
from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.metrics.columns import Floats
from psephos.metrics.divergence.measures import (
    FORMS,
    Form,
    bias_at_equality,
    bias_by_curvature,
    variance,
    variance_without_covariance,
)
from psephos.metrics.divergence.result import Divergence
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance
from psephos.statistics import Interval, count_permutation_test
from psephos.statistics.intervals import normal_quantile

SMOOTHING = 0.5
FEW = 5
"""Expected units in a cell below which chi-square is rough."""


def measured(
    left: npt.ArrayLike,
    right: npt.ArrayLike,
    *,
    sides: tuple[str, str],
    name: str,
    measure: str,
    names: Sequence[object] | None,
    sizes: tuple[float, float] | None,
    smoothing: float | None,
    spread: str,
    bias: str,
    test: str,
    repeats: int,
    level: float,
    rng: Rng,
    labels: Sequence[str] = (),
    thresholds: Sequence[float] = (),
    sign: int = 1,
) -> Divergence:
    """The result of any of the doors: `divergence`, `information_value`, `population_stability`.

    Parameters
    ----------
    left, right : array_like of float, shape (n_bins,)
        Counts, or sums of weights, of both samples.
    sides : tuple of str
        What the two samples are called at the door; complaints and columns have these names.
    name : str
        What the result is called.
    measure : str
        A key of `FORMS`.
    names : sequence or None
        Names of the bins; numbers from 1 if None.
    sizes : tuple of float, or None
        Rows that each sample is worth, where weights were summed; None takes the sums.
    smoothing : float or None
        What is added to every cell if one is empty; None adds `SMOOTHING` where the measure needs it.
    spread, bias, test, repeats, level, rng
        As in `psephos.metrics.divergence`.
    labels, thresholds : sequence
        Words for the value, and where each but the first begins; without labels there is none.
    sign : int
        1 or -1: which way the logarithm of a bin's ratio is shown.

    Returns
    -------
    Divergence

    Raises
    ------
    InputError
        One of `sides`: not counts, empty, or of another number of bins. `names`, `sizes`, `smoothing`, `measure`,
        `spread`, `bias`, `test`, `repeats`, `level`: not fit for use.
    """
    form = FORMS[check_choice("measure", measure, tuple(FORMS))]
    check_choice("bias", bias, ("null", "second_order"))
    check_choice("test", test, ("chi-square", "permutation"))
    if check_choice("spread", spread, ("multinomial", "fastwoe")) == "fastwoe" and measure != "jeffreys":
        raise InputError("spread", "'fastwoe' is of the measure 'jeffreys' only")
    z = normal_quantile(level)
    check_count("repeats", repeats)
    counts = [check_bins(side, one) for side, one in zip(sides, (left, right), strict=True)]
    if len(counts[0]) != len(counts[1]):
        raise InputError(sides[1], f"must have as many bins as {sides[0]} ({len(counts[0])}), got {len(counts[1])}")
    called = [str(one) for one in (range(1, len(counts[0]) + 1) if names is None else names)]
    if len(called) != len(counts[0]):
        raise InputError("names", f"must be one for each of {len(counts[0])} bins, got {len(called)}")
    totals = np.array([side.sum() for side in counts])
    for side, total in zip(sides, totals, strict=True):
        if not total > 0:
            raise InputError(side, "one class only: this side is empty")
    worth = np.array(
        totals if sizes is None else [check_number("sizes", size, low=0, open_ends=True) for size in sizes]
    )
    notes = []
    if sizes is not None and not np.allclose(worth, totals):
        notes.append(f"weighted: the samples are worth {worth[0]:,.1f} and {worth[1]:,.1f} rows")
    some = (counts[0] + counts[1]) > 0
    if not some.all():
        gone = [bin_name for bin_name, there in zip(called, some, strict=True) if not there]
        notes.append(f"empty on both sides and left out: {', '.join(gone[:5])}")
        counts, called = (
            [side[some] for side in counts],
            [one for one, there in zip(called, some, strict=True) if there],
        )
    empty = (counts[0] == 0) | (counts[1] == 0)
    wanted = (SMOOTHING if form.needs_all_cells else 0.0) if smoothing is None else smoothing
    check_number("smoothing", wanted, low=0)
    added = wanted if empty.any() else 0.0
    filled = [side + added for side in counts]
    worth = worth + added * len(called)
    if added:
        notes.append(f"some cells are empty: {added:g} was added to every cell")
    p, q = (side / side.sum() for side in filled)
    value, error, away, statistic = _numbers(form, p, q, worth, spread, bias)
    degrees = len(called) - 1
    if degrees == 0:
        notes.append("single bin")
    if not math.isfinite(value):
        notes.append(f"infinite: {int(empty.sum())} bins are empty on one side; state smoothing=")
    expected = float(worth.min() * (filled[0] + filled[1]).min() / (filled[0] + filled[1]).sum())
    chance = math.nan
    seed = None
    if degrees:
        if test == "permutation":
            seed = seed_of(rng)
            chance = _permuted(form, counts, added, sides, repeats, seed)
        else:
            chance = float(special.chdtrc(degrees, statistic)) if math.isfinite(statistic) else math.nan
            if expected < FEW:
                notes.append(f"a cell of {expected:.1f} expected rows: chi-square is rough; test='permutation' is not")
    total = value**2 if form.root else value
    left_over = max(0.0, total - away) if math.isfinite(total) else math.nan
    single = degrees == 0 or not math.isfinite(error)
    # A bound that the true value cannot reach is cut off: what the interval covers stays what it was.
    ends = max(0.0, value - z * error), max(value, min(form.most, value + z * error))
    low, high = (math.nan, math.nan) if single else ends
    parameters = {
        "measure": measure,
        "smoothing": wanted,
        "spread": spread,
        "bias": bias,
        "test": test,
        "level": level,
    }
    return Divergence(
        provenance=Provenance(name, parameters, Source(), seed, notes=tuple(notes)),
        name=name,
        measure=measure,
        distance=Interval(value, low, high, level),
        standard_error=error,
        bias=away,
        debiased=math.sqrt(left_over) if form.root else left_over,
        statistic=statistic,
        degrees=degrees,
        p=chance,
        test=test,
        label=labels[int(np.searchsorted(thresholds, value, side="right"))] if labels else "",
        smoothing=added,
        sides=sides,
        sizes=(float(worth[0]), float(worth[1])),
        bins=_table(form, called, counts, filled, worth, sides, spread, z, sign),
    )


def check_bins(side: str, values: npt.ArrayLike) -> Floats:
    """Counts of bins, at least 0; a complaint names the bin."""
    try:
        counts = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(side, "must hold real numbers only") from None
    if counts.ndim != 1 or not len(counts):
        raise InputError(side, f"must be one row of at least one count, got shape {counts.shape}")
    bad = ~np.isfinite(counts) | (counts < 0)
    if bad.any():
        first = int(np.argmax(bad))
        raise InputError(side, f"must be counts of at least 0, got {counts[first]:g}", where=f"bin {first + 1}")
    return counts


def _numbers(
    form: Form, p: Floats, q: Floats, worth: Floats, spread: str, bias: str
) -> tuple[float, float, float, float]:
    """Value, standard error, bias of the sum over bins, and T."""
    n, m = (float(size) for size in worth)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = float(form.value(p, q).sum())
    away = bias_at_equality(form, len(p), n, m)
    statistic = form.factor * total * n * m / (n + m)
    if form.needs_all_cells and ((p == 0) | (q == 0)).any():
        return total, math.nan, away, statistic
    total = max(0.0, total)
    parts = form.parts(p, q)
    if bias == "second_order":
        away = bias_by_curvature(parts, p, q, n, m)
    spent = variance_without_covariance(p, q, n, m) if spread == "fastwoe" else variance(parts, n, m)
    error, value = math.sqrt(spent), total
    if form.root:
        value = math.sqrt(total)
        error = error / (2 * value) if value > 0 else math.nan
    return value, error, away, statistic


def _permuted(form: Form, counts: list[Floats], added: float, sides: tuple[str, str], repeats: int, seed: int) -> float:
    """The p-value by permutation. Cells that are empty in an arrangement get what empty cells get."""
    totals, fill = counts[0] + counts[1], added or (SMOOTHING if form.needs_all_cells else 0.0)

    def statistic(left: Floats) -> Floats:
        right = totals - left
        short = ((left == 0) | (right == 0)).any(axis=1, keepdims=True) * fill
        left, right = left + short, right + short
        p, q = (side / side.sum(axis=1, keepdims=True) for side in (left, right))
        n, m = left.sum(axis=1), right.sum(axis=1)
        return np.asarray(form.value(p, q).sum(axis=1) * n * m / (n + m))

    try:
        return count_permutation_test(statistic, *counts, repeats=repeats, rng=seed).p
    except InputError as problem:
        place = {"left": sides[0], "right": sides[1]}.get(problem.argument, problem.argument)
        hint = "test='chi-square' takes weights"
        raise InputError(place, problem.problem, where=problem.where, hint=hint) from None


def _table(
    form: Form,
    names: list[str],
    counts: list[Floats],
    filled: list[Floats],
    worth: Floats,
    sides: tuple[str, str],
    spread: str,
    z: float,
    sign: int,
) -> pl.DataFrame:
    p, q = (side / side.sum() for side in filled)
    of_p, of_q = (np.zeros_like(p), np.zeros_like(q)) if spread == "fastwoe" else (p, q)
    with np.errstate(divide="ignore", invalid="ignore"):
        evidence = sign * np.log(p / q)
        error = np.sqrt((1 - of_p) / (p * worth[0]) + (1 - of_q) / (q * worth[1]))
        contribution = form.value(p, q)
        error = np.where(np.isfinite(evidence), error, np.nan)
        ends = [np.where(np.isfinite(evidence), evidence + side * z * error, np.nan) for side in (-1, 1)]
    columns = {
        "bin": names,
        sides[0]: counts[0],
        sides[1]: counts[1],
        f"{sides[0]}_share": p,
        f"{sides[1]}_share": q,
        "evidence": evidence,
        "standard_error": pl.Series(error, nan_to_null=True),
        "low": pl.Series(ends[0], nan_to_null=True),
        "high": pl.Series(ends[1], nan_to_null=True),
        "contribution": contribution,
    }
    return pl.DataFrame(columns)
