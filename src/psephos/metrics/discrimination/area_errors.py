r"""How sure are the areas under both curves?

AUROC has an error by formula, from what each row adds (DeLong's structural components),

    u_i = share of negatives below positive i, ties half,       v_j = share of positives above negative j,
    var = var(u) / P + var(v) / N,              of clusters: from their sums.

AP, and the difference of APs, are resampled: rows within their class (or whole clusters), as weights of rows that were
sorted once.

Sources: DeLong, DeLong and Clarke-Pearson (1988), doi:10.2307/2531595; Sun and Xu (2014), doi:10.1109/LSP.2014.2337313
(by ranks, in O(n log n)); sheet 13. Differs: weights and clusters by linearisation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.metrics.columns import Floats
from psephos.metrics.discrimination.ranked_areas import Ranked
from psephos.statistics import Interval, bootstrap


@dataclass(frozen=True)
class Area(Interval):
    """An area with its interval.

    Attributes
    ----------
    value, low, high, level : float
        The value, its interval and the level of that.
    standard_error : float
        Of the value.
    method : str
        "delong" or "bootstrap"; "none" without an interval.
    """

    standard_error: float = math.nan
    method: str = "none"


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


def classes_of(ranked: Ranked) -> npt.NDArray[np.bool_]:
    """Which rows are positive, in the order in which they were given."""
    classes = np.empty(len(ranked), dtype=bool)
    classes[ranked.order] = ranked.positive
    return classes


Ends = tuple[float, float]


def resampled_areas(
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
