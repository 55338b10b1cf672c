"""How well does a score tell positives from negatives, and how sure is that?

AUROC and average precision with intervals, by formula and by resampling (see `area_errors`), and both curves.

Source: sheet 13. Differs: see the files of each measure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine import Rng, seed_of
from psephos.errors import check_choice, check_count, check_number
from psephos.metrics.columns import codes_of
from psephos.metrics.conventions import Missing, ends_within, error_within
from psephos.metrics.discrimination.area_errors import Area, classes_of, deviation, influence, resampled_areas
from psephos.metrics.discrimination.ranked_areas import check_both, check_ranked
from psephos.metrics.discrimination.thresholds import threshold_curve
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result
from psephos.opinions.wording import plural
from psephos.statistics import normal_interval

FEW = 10
"""Positives below which an area is called unstable."""

INTERVALS = ("delong", "bootstrap")


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Discrimination(Result):
    """How well a score tells positives from negatives.

    Attributes
    ----------
    auroc, auprc : Area
        Both areas with intervals.
    items, positives : int
        How many were counted, and how many of them are positive.
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
        Of the intervals.
    rng : int, Generator, SeedSequence or None
        Of the random draws; an int repeats them.

    Returns
    -------
    Discrimination
        Both areas with intervals, and the curve.

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
    drawn = resampled_areas([ranked], codes, repeats, level, seed)
    if interval == "delong" or drawn is None:
        error = deviation(influence(ranked), classes_of(ranked), codes)
        low, high = (float(end) for end in normal_interval(one, error, level))
        first = Area(one, *ends_within(low, high), level, error, "delong")
    else:
        first = Area(one, *drawn[0], level, drawn[1][0], "bootstrap")
    second = (
        Area(two, math.nan, math.nan, level) if drawn is None else Area(two, *drawn[2], level, drawn[1][1], "bootstrap")
    )
    positives, negatives = (int((side & (ranked.weights > 0)).sum()) for side in (ranked.positive, ~ranked.positive))
    first, second = _never_sure(first, min(positives, negatives)), _never_sure(second, positives)
    notes = _notes(first, positives, int((~ranked.kept).sum()))
    if len(ranked.ends) == 1:
        notes.append("all scores are equal: AUROC is .5 and AP the share of positives whatever the rows")
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


def _never_sure(area: Area, units: int) -> Area:
    """The area with the error that one row of the other kind would make, where rows are all alike: equal scores."""
    error = error_within(area.standard_error, area.value, units)
    if not error > area.standard_error:
        return area
    low, high = (float(end) for end in normal_interval(area.value, error, area.level))
    low, high = ends_within(low, high)
    return replace(area, low=low, high=high, standard_error=error)


def _notes(area: Area, positives: int, left_out: int) -> list[str]:
    notes = []
    if area.high < 0.5:
        notes.append("the score seems reversed: AUROC is below .5 by more than chance")
    if positives < FEW:
        notes.append(f"unstable: {positives} positives")
    if math.isnan(area.standard_error):
        notes.append("no interval by formula: a class has a single row")
    elif area.value in (0.0, 1.0):
        notes.append("the classes are separate, so the interval by formula has no width")
    if left_out:
        notes.append(f"{plural(left_out, 'row')} with NaN left out")
    return notes
