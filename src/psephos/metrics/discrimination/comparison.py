"""Which of two scores of the same rows tells positives from negatives better?

Both share the rows, so the error of the difference comes from what each row adds to it, and resamples weigh the rows of
both alike. Where the two metrics disagree, the positives responsible are shown by region of the ranking.

Sources: DeLong, DeLong and Clarke-Pearson (1988), doi:10.2307/2531595; sheet 13. Differs: weights and clusters by
linearisation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import special

from psephos.engine import Rng, seed_of
from psephos.errors import check_count, check_number, check_same_length
from psephos.metrics.columns import codes_of
from psephos.metrics.conventions import Missing
from psephos.metrics.discrimination.area_errors import Area, classes_of, deviation, influence, resampled_areas
from psephos.metrics.discrimination.ranked_areas import Ranked, check_both, check_ranked, check_scores
from psephos.statistics import normal_interval


@dataclass(frozen=True)
class AreaDifference:
    """Two scores on the same rows, left - right.

    Attributes
    ----------
    auroc, auprc : Area
        The differences.
    auroc_p, auprc_p : float
        Two-sided; of the AUROC by DeLong's test, of the AP from its resampled standard error.
    left, right : tuple of float
        AUROC and AP of each.
    disagree : bool
        Whether the two metrics prefer different scores.
    where : polars.DataFrame
        region (of the ranks by the left score), positives, auroc_part, auprc_part: what the positives there add to each
        difference; with groups one row for each group of each region.
    """

    auroc: Area
    auprc: Area
    auroc_p: float
    auprc_p: float
    left: tuple[float, float]
    right: tuple[float, float]
    disagree: bool
    where: pl.DataFrame

    def __str__(self) -> str:
        said = f"AUROC {self.auroc}, p = {self.auroc_p:.3g}; AP {self.auprc}, p = {self.auprc_p:.3g}"
        if not self.disagree:
            return said
        most = self.where.sort(pl.col("auprc_part").abs(), descending=True).row(0, named=True)
        place = f"{most['region']}{', ' + most['group'] if 'group' in most else ''}"
        return f"{said}; they disagree, mostly by positives in the {place}"


def compare_discrimination(
    y: npt.ArrayLike,
    left: npt.ArrayLike,
    right: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    positive: object = None,
    clusters: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    missing: Missing = "error",
    repeats: int = 1000,
    level: float = 0.95,
    rng: Rng = None,
) -> AreaDifference:
    """Compare two scores on the same rows by both metrics.

    Parameters
    ----------
    y
        As of `auroc`.
    left, right : array_like of float, shape (n,)
        Both scores, each on its own scale.
    weights, positive
        As of `auroc`.
    clusters : array_like, shape (n,), optional
        Within what rows are not independent.
    groups : array_like, shape (n,), optional
        Which groups are responsible.
    missing : {"error", "skip"}, default "error"
        What is done with NaN; a row that either score lacks is left out for both.
    repeats : int, default 1000
        Resamples, at least 2.
    level : float, default 0.95
        Of the intervals.
    rng : int, Generator, SeedSequence or None
        Of the random draws; an int repeats them.

    Returns
    -------
    AreaDifference
        Differences of both areas with intervals and p-values.

    Raises
    ------
    InputError
        As of `auroc`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = rng.random(300) < 0.3
    >>> good, bad = y + rng.normal(0, 0.7, 300), y + rng.normal(0, 2.0, 300)
    >>> found = compare_discrimination(y, good, bad, rng=0)
    >>> found.auroc_p < 0.001, found.disagree
    (True, False)
    """
    check_count("repeats", repeats, low=2)
    check_number("level", level, low=0, high=1, open_ends=True)
    sides = {argument: check_scores(argument, score) for argument, score in (("left", left), ("right", right))}
    check_same_length(**sides)
    if missing == "skip":  # a row that one lacks is no comparison
        lacking = np.isnan(sides["left"]) | np.isnan(sides["right"])
        sides = {argument: np.where(lacking, np.nan, score) for argument, score in sides.items()}
    pair = [
        check_ranked(y, score, weights, positive=positive, missing=missing, argument=argument)
        for argument, score in sides.items()
    ]
    check_both(pair[0], True)
    kept = pair[0].kept
    codes = None if clusters is None else codes_of("clusters", clusters, len(kept))[0][kept]
    values = [ranked.value() for ranked in pair]
    drawn = resampled_areas(pair, codes, repeats, level, seed_of(rng))
    moved = influence(pair[0]) - influence(pair[1])
    error = deviation(moved, classes_of(pair[0]), codes)
    one, two = values[0][0] - values[1][0], values[0][1] - values[1][1]
    low, high = (float(end) for end in normal_interval(one, error, level))
    ends, errors = (drawn[2], drawn[1][1]) if drawn else ((math.nan, math.nan), math.nan)
    return AreaDifference(
        auroc=Area(one, low, high, level, error, "delong"),
        auprc=Area(two, *ends, level, errors, "bootstrap"),
        auroc_p=_p(one, error),
        auprc_p=_p(two, errors),
        left=values[0],
        right=values[1],
        disagree=one * two < 0,
        where=_where(pair, groups),
    )


def _p(difference: float, error: float) -> float:
    if not error > 0:
        return 1.0 if difference == 0 else math.nan
    return float(2 * special.ndtr(-abs(difference) / error))


def _where(pair: list[Ranked], groups: npt.ArrayLike | None) -> pl.DataFrame:
    """What the positives of each region of the left ranking add to the differences."""
    n = len(pair[0])
    parts = np.zeros((2, n))
    for sign, ranked in zip((1, -1), pair, strict=True):
        true, false = ranked.curve()
        half = np.diff(false, prepend=0.0) / 2
        fired = np.maximum(true + false, np.finfo(float).tiny)
        block = ranked.block
        own = np.stack([((false[-1] - false + half) / false[-1])[block], (true / fired)[block]])
        parts[:, ranked.order] += sign * own * (ranked.weights * ranked.positive / true[-1])
    rank = np.empty(n)
    rank[pair[0].order] = np.arange(n) / n
    classes = classes_of(pair[0])
    regions = np.array(["top 1%", "top 1 to 10%", "lower 90%"])[np.searchsorted([0.01, 0.1], rank, side="right")]
    table = {"region": regions[classes], "auroc_part": parts[0, classes], "auprc_part": parts[1, classes]}
    keys = ["region"]
    if groups is not None:
        kept = pair[0].kept
        codes, names = codes_of("groups", groups, len(kept))
        table["group"] = np.asarray(names)[codes[kept][classes]]
        keys.append("group")
    added = [pl.len().alias("positives"), pl.col("auroc_part").sum(), pl.col("auprc_part").sum()]
    return pl.DataFrame(table).group_by(keys).agg(added).sort(keys)
