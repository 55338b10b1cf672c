"""How well does a score tell positives from negatives, how sure is that, and which of two scores is better?

AUROC has an interval by formula: its linearised variance, from what each row adds (DeLong's structural components),

    u_i = share of negatives below positive i, ties half,       v_j = share of positives above negative j,
    var = var(u) / P + var(v) / N,              of clusters: from their sums.

AP, and the difference of APs, are resampled: rows within their class (or whole clusters), as weights of rows that were
sorted once. Two scores on the same rows are compared by the paired versions of both, since they share the rows.

Sources: DeLong, DeLong and Clarke-Pearson (1988), doi:10.2307/2531595; Sun and Xu (2014), doi:10.1109/LSP.2014.2337313
(by ranks, in O(n log n)); sheet 13. Differs: weights and clusters by linearisation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import special

from psephos.engine import Rng, seed_of
from psephos.errors import check_choice, check_count, check_number
from psephos.metrics.conventions import Missing
from psephos.metrics.discrimination import threshold_curve
from psephos.metrics.forecasts import Floats, codes_of
from psephos.metrics.ranked_areas import Ranked, check_both, check_ranked
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result
from psephos.statistics import Interval, bootstrap, normal_interval

FEW = 10
"""Positives below which an area is called unstable."""

INTERVALS = ("delong", "bootstrap")


@dataclass(frozen=True)
class Area(Interval):
    """An area with its interval.

    Attributes
    ----------
    value, low, high, level : float
    standard_error : float
    method : str
        "delong" or "bootstrap"; "none" without an interval.
    """

    standard_error: float = math.nan
    method: str = "none"

    def __str__(self) -> str:
        shown = super().__str__()
        return shown if math.isfinite(self.low) else shown.partition(" [")[0]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Discrimination(Result):
    """How well a score tells positives from negatives.

    Attributes
    ----------
    auroc, auprc : Area
    items, positives : int
    prevalence : float
        Weighted share of positives: the AP of chance.
    curve : polars.DataFrame
        See `threshold_curve`.
    """

    auroc: Area
    auprc: Area
    items: int
    positives: int
    prevalence: float
    curve: pl.DataFrame

    @property
    def lift(self) -> float:
        """AP over the AP of chance."""
        return self.auprc.value / self.prevalence

    def table(self) -> pl.DataFrame:
        """Both areas with their intervals."""
        rows = (("AUROC", self.auroc, 0.5), ("AP", self.auprc, self.prevalence))
        return pl.DataFrame(
            [(name, a.value, a.low, a.high, a.standard_error, chance, a.method) for name, a, chance in rows],
            schema=["metric", "value", "low", "high", "standard_error", "chance", "interval"],
            orient="row",
        )

    def summary(self) -> list[tuple[str, str]]:
        """The areas in a few lines."""
        lines = [
            ("AUROC", f"{self.auroc}, chance .5"),
            ("AP", f"{self.auprc}, chance {self.prevalence:.3f}, {self.lift:.2f} times chance"),
            ("rows", f"{self.items:,}, {self.positives:,} positive"),
        ]
        return lines + [("note", note) for note in self.provenance.notes]


def discrimination(
    y: npt.ArrayLike,
    score: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    positive: object = None,
    missing: Missing = "error",
    clusters: npt.ArrayLike | None = None,
    interval: str = "delong",
    repeats: int = 1000,
    level: float = 0.95,
    rng: Rng = None,
) -> Discrimination:
    """AUROC and average precision with intervals.

    Parameters
    ----------
    y, score, weights, positive, missing
        As of `auroc`.
    clusters : array_like, shape (n,), optional
        Within what rows are not independent (a patient, a document); whole clusters are resampled.
    interval : {"delong", "bootstrap"}, default "delong"
        Of the AUROC; that of the AP is always resampled.
    repeats : int, default 1000
        Resamples; 0: no interval of the AP.
    level : float, default 0.95
    rng : int, Generator, SeedSequence or None

    Returns
    -------
    Discrimination

    Raises
    ------
    InputError
        As of `auroc`.

    See Also
    --------
    compare_discrimination : which of two scores is better.
    subgroup_report : by group.

    Examples
    --------
    >>> found = discrimination([1, 0, 1, 1, 0, 0, 1, 0, 0, 0], np.arange(10, 0, -1), rng=0)
    >>> print(f"{found.auroc.value:.6f} {found.auprc.value:.6f}")
    0.791667 0.747024
    """
    check_choice("interval", interval, INTERVALS)
    check_count("repeats", repeats, low=0)
    check_number("level", level, low=0, high=1, open_ends=True)
    ranked = check_ranked(y, score, weights, positive=positive, missing=missing)
    check_both(ranked, True)
    seed = seed_of(rng)
    codes = None if clusters is None else codes_of("clusters", clusters, len(ranked.kept))[0][ranked.kept]
    one, two = ranked.value()
    drawn = _resampled([ranked], codes, repeats, level, seed)
    if interval == "delong" or drawn is None:
        error = deviation(influence(ranked), _classes(ranked), codes)
        low, high = (float(end) for end in normal_interval(one, error, level))
        first = Area(one, max(0.0, low), min(1.0, high), level, error, "delong")
    else:
        first = Area(one, *drawn[0], level, drawn[1][0], "bootstrap")
    second = (
        Area(two, math.nan, math.nan, level) if drawn is None else Area(two, *drawn[2], level, drawn[1][1], "bootstrap")
    )
    positives = int((ranked.positive & (ranked.weights > 0)).sum())
    notes = _notes(first, positives, int((~ranked.kept).sum()))
    parameters = {"interval": interval, "repeats": repeats, "level": level, "missing": missing}
    rows = np.argsort(ranked.order)
    return Discrimination(
        provenance=Provenance("discrimination", parameters, Source(), seed, notes=tuple(notes)),
        auroc=first,
        auprc=second,
        items=len(ranked),
        positives=positives,
        prevalence=float(ranked.weights[ranked.positive].sum() / ranked.weights.sum()),
        curve=threshold_curve(ranked.positive[rows], ranked.score[rows], weights=ranked.weights[rows]),
    )


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
    repeats : int, default 1000
        Resamples, at least 2.
    level : float, default 0.95
    rng : int, Generator, SeedSequence or None

    Returns
    -------
    AreaDifference

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
    pair = [
        check_ranked(y, score, weights, positive=positive, argument=argument)
        for argument, score in (("left", left), ("right", right))
    ]
    check_both(pair[0], True)
    n = len(pair[0])
    codes = None if clusters is None else codes_of("clusters", clusters, n)[0]
    values = [ranked.value() for ranked in pair]
    drawn = _resampled(pair, codes, repeats, level, seed_of(rng))
    moved = influence(pair[0]) - influence(pair[1])
    error = deviation(moved, _classes(pair[0]), codes)
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


def influence(ranked: Ranked) -> Floats:
    """What each row, in the order in which it was given, adds to the error of the AUROC."""
    true, false = ranked.curve()
    block = ranked.block
    hits, misses = np.diff(true, prepend=0.0), np.diff(false, prepend=0.0)
    below = (false[-1] - false + misses / 2)[block] / false[-1]
    above = (true - hits / 2)[block] / true[-1]
    area = ranked.value()[0]
    part = np.where(ranked.positive, (below - area) / true[-1], (above - area) / false[-1]) * ranked.weights
    moved = np.empty(len(ranked))
    moved[ranked.order] = part
    return moved


def deviation(moved: Floats, classes: npt.NDArray[np.bool_], codes: npt.NDArray[np.int64] | None) -> float:
    """Standard error from what each row adds; rows of weight 0 add nothing. NaN where a class has a single row."""
    if codes is not None:
        sums = np.bincount(np.unique(codes, return_inverse=True)[1], weights=moved)
        return math.sqrt(len(sums) / (len(sums) - 1) * float(sums @ sums)) if len(sums) > 1 else math.nan
    variance = 0.0
    for part in (moved[classes], moved[~classes]):
        if len(part) < 2:
            return math.nan
        variance += len(part) / (len(part) - 1) * float(part @ part)
    return math.sqrt(variance)


def _classes(ranked: Ranked) -> npt.NDArray[np.bool_]:
    """Which rows are positive, in the order in which they were given."""
    classes = np.empty(len(ranked), dtype=bool)
    classes[ranked.order] = ranked.positive
    return classes


Ends = tuple[float, float]


def _resampled(
    pair: list[Ranked], codes: npt.NDArray[np.int64] | None, repeats: int, level: float, seed: int
) -> tuple[Ends, Ends, Ends] | None:
    """Ends of the first metric, standard errors of both, ends of the second; of the difference if there are two scores.

    Rows stay in the order of the first score, in which its weights need no look-up.
    """
    first = pair[0]
    if not repeats or (codes is None and min(first.positive.sum(), (~first.positive).sum()) < 2):
        return None
    place = np.empty(len(first), dtype=np.int64)
    place[first.order] = np.arange(len(first))

    def areas(weights: Floats) -> Floats:
        found = first.areas(weights * first.weights if weighted else weights)
        for other in pair[1:]:
            found = found - other.areas(weights[:, place[other.order]] * other.weights)
        return found

    weighted = bool((first.weights != 1).any())
    if codes is None:
        drawn = bootstrap(
            areas, len(first), strata=first.positive, repeats=repeats, level=level, method="percentile", rng=seed
        )
    else:
        ordered = np.unique(codes[first.order], return_inverse=True)[1]
        if ordered.max() < 1:
            return None
        drawn = bootstrap(
            areas, len(first), clusters=ordered, repeats=repeats, level=level, method="percentile", rng=seed
        )
    (a, b), (c, d) = ((float(drawn.low[k]), float(drawn.high[k])) for k in (0, 1))
    return (a, b), (float(drawn.standard_error[0]), float(drawn.standard_error[1])), (c, d)


def _notes(area: Area, positives: int, left_out: int) -> list[str]:
    notes = []
    if area.high < 0.5:
        notes.append("the score seems reversed: AUROC is below .5 by more than chance")
    if positives < FEW:
        notes.append(f"unstable: {positives} positives")
    if area.value in (0.0, 1.0):
        notes.append("the classes are separate, so the interval by formula has no width")
    if left_out:
        notes.append(f"{left_out:,} rows with NaN left out")
    return notes


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
    classes = _classes(pair[0])
    regions = np.array(["top 1%", "top 1 to 10%", "lower 90%"])[np.searchsorted([0.01, 0.1], rank, side="right")]
    table = {"region": regions[classes], "auroc_part": parts[0, classes], "auprc_part": parts[1, classes]}
    keys = ["region"]
    if groups is not None:
        codes, names = codes_of("groups", groups, n)
        table["group"] = np.asarray(names)[codes[classes]]
        keys.append("group")
    added = [pl.len().alias("positives"), pl.col("auroc_part").sum(), pl.col("auprc_part").sum()]
    return pl.DataFrame(table).group_by(keys).agg(added).sort(keys)
