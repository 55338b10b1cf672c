"""Which benchmarks are harmonious for all models alike?

A benchmark is a point: mean and variance over models of their harmony. It is called reliable if its mean lies above and
its variance below the medians of the benchmarks at hand; the paper gives no cut. One benchmark has nothing to lie
above, and of an odd number one lies at each median: these are said to be so.

Source: Uzunoglu, Li and Khashabi (2025), arXiv 2509.25671. Differs: the quadrants are ours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_count, check_floats
from psephos.metrics.harmony.group_scores import check_unit
from psephos.metrics.harmony.score_evenness import Harmony
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result

EQUAL = 1e-12


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class HarmonyPlane(Result):
    """Benchmarks by mean and variance of harmony over models.

    Attributes
    ----------
    benchmarks : polars.DataFrame
        One row per benchmark: benchmark, models, mean, variance, quadrant.
    """

    benchmarks: pl.DataFrame

    def table(self) -> pl.DataFrame:
        """One row per benchmark: benchmark, models, mean, variance, quadrant."""
        return self.benchmarks

    def summary(self) -> list[tuple[str, str]]:
        """The quadrant of each benchmark."""
        rows = self.benchmarks.iter_rows(named=True)
        lines = [
            (row["benchmark"], f"mean {row['mean']:.3f}, {_spread(row['variance'])}: {row['quadrant']}") for row in rows
        ]
        return lines + [("note", note) for note in self.provenance.notes]


def harmony_plane(benchmarks: Mapping[str, Harmony | npt.ArrayLike], *, ddof: int = 0) -> HarmonyPlane:
    """Place benchmarks by mean and variance of the harmony of models.

    Parameters
    ----------
    benchmarks : mapping of str to Harmony, or to array_like of float, shape (n_models,)
        Results, or harmonies of models.
    ddof : {0, 1}, default 0
        Variance of the models at hand, or estimate for more such models.

    Returns
    -------
    HarmonyPlane
        With quadrant "reliable" where the mean lies above and the variance below the medians of these benchmarks, "at a
        median" where one of them is the median, "one model" where there is no variance, and "nothing to compare with"
        where no other benchmark has one.

    Raises
    ------
    InputError
        If there is no benchmark or a value lies outside 0 to 1.

    Examples
    --------
    >>> plane = harmony_plane({"a": [0.9, 0.95, 0.92], "b": [0.3, 0.9, 0.6]})
    >>> plane.table()["quadrant"].to_list()
    ['reliable', 'low and varying']
    """
    if not benchmarks:
        raise InputError("benchmarks", "must hold at least one")
    if check_count("ddof", ddof, low=0) > 1:
        raise InputError("ddof", f"must be 0 or 1, got {ddof}")
    rows = []
    for name, given in benchmarks.items():
        given = given.models["harmony"].drop_nulls().to_numpy() if isinstance(given, Harmony) else given
        values = check_floats("benchmarks", given)
        if not len(values):
            raise InputError("benchmarks", f"{name!r} has no model")
        check_unit("benchmarks", values)
        rows.append((name, len(values), values.mean(), values.var(ddof=ddof) if len(values) > 1 else math.nan))
    means, variances = (np.array([row[place] for row in rows], dtype=np.float64) for place in (2, 3))
    known = ~np.isnan(variances)
    centre = [float(np.median(part[known])) if known.any() else math.nan for part in (means, variances)]
    quadrant = [_quadrant(m, v, centre, int(known.sum())) for m, v in zip(means, variances, strict=True)]
    columns = {
        "benchmark": [row[0] for row in rows],
        "models": [row[1] for row in rows],
        "mean": means,
        "variance": variances,
    }
    frame = pl.DataFrame(columns | {"quadrant": quadrant}).with_columns(pl.col("variance").fill_nan(None))
    return HarmonyPlane(benchmarks=frame, provenance=Provenance("harmony plane", {"ddof": ddof}, Source()))


def _quadrant(mean: float, variance: float, centre: list[float], compared: int) -> str:
    if math.isnan(variance):
        return "one model"
    if compared < 2:
        return "nothing to compare with"
    above, below = mean - centre[0], centre[1] - variance
    if min(abs(above), abs(below)) < EQUAL:
        return "at a median"
    if above > 0:
        return "reliable" if below > 0 else "high but varying"
    return "low" if below > 0 else "low and varying"


def _spread(variance: float | None) -> str:
    return "no variance" if variance is None else f"variance {variance:.4g}"
