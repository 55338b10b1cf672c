r"""How well does a score tell positives from negatives?

    AUROC   the chance that a positive has a higher score than a negative, ties half
    AP      average precision: the area under the precision-recall curve by steps, tied scores as one step (AUPRC)

Both average a false-positive rate over thresholds t at the scores of the positives; the second divides it by the firing
rate, the share of all rows with a score of at least t,

    AUROC = 1 - E FPR(t),           AP = 1 - (1 - pi) E[FPR(t) / rho(t)],       pi the share of positives.

So AUROC prices every mistake the same, AP those at the top of the ranking highest. By ties, with a negatives above a
positive's score, e at it, and m rows at it or above: AUROC = 1 - mean (a + e / 2) / N, AP = 1 - mean (a + e) / m.

Source: McDermott, Zhang, Hansen, Angelotti and Gallifant (2024), arXiv 2401.06091, theorem 1; sheet 13. Differs: the
exact forms under ties are ours; AP at another share of positives weighs the negatives.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import check_number
from psephos.metrics.conventions import Missing, Undefined, check_undefined
from psephos.metrics.forecasts import Floats
from psephos.metrics.ranked_areas import Ranked, check_both, check_ranked
from psephos.statistics._evaluation import Statistic


def auroc(
    y: npt.ArrayLike,
    score: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    positive: object = None,
    missing: Missing = "error",
    undefined: Undefined = "error",
) -> float:
    """Area under the ROC curve, ties half.

    Parameters
    ----------
    y : array_like, shape (n,)
        0 or 1; anything if `positive` says which is the positive class.
    score : array_like of float, shape (n,)
        Higher is more positive; infinity is allowed.
    weights : array_like of float, shape (n,), optional
        At least 0.
    positive : object, optional
        The positive class.
    missing : {"error", "skip"}, default "error"
        What is done with NaN.
    undefined : {"error", "nan"}, default "error"
        What is done where there is one class only.

    Returns
    -------
    float

    Raises
    ------
    InputError
        If lengths differ, nothing is given, there is one class, or a value is none.

    See Also
    --------
    auprc : pays for the top of the ranking.
    discrimination : both with intervals.

    Examples
    --------
    >>> auroc([0, 1, 0, 1], [0.1, 0.4, 0.4, 0.8])
    0.875
    """
    refuse = check_undefined(undefined)
    ranked = check_ranked(y, score, weights, positive=positive, missing=missing)
    return ranked.value()[0] if check_both(ranked, refuse) else math.nan


def auprc(
    y: npt.ArrayLike,
    score: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    positive: object = None,
    missing: Missing = "error",
    undefined: Undefined = "error",
    prevalence: float | None = None,
) -> float:
    """Average precision, the area under the precision-recall curve by steps.

    Parameters
    ----------
    y, score, weights, positive, missing, undefined
        As of `auroc`.
    prevalence : float, optional
        Compute it as if this share were positive, by weighing the negatives: groups and data sets with different
        shares become comparable.

    Returns
    -------
    float
        By chance about the share of positives.

    Raises
    ------
    InputError
        As of `auroc`; if `prevalence` does not lie between 0 and 1.

    See Also
    --------
    auprc_trapezoid : what it is not.

    Examples
    --------
    >>> round(auprc([1, 0, 1], [0.9, 0.5, 0.1]), 6)
    0.833333
    """
    refuse = check_undefined(undefined)
    ranked = check_ranked(y, score, weights, positive=positive, missing=missing)
    if not check_both(ranked, refuse):
        return math.nan
    if prevalence is None:
        return ranked.value()[1]
    share = check_number("prevalence", prevalence, low=0, high=1, open_ends=True)
    return float(ranked.areas(_shifted(ranked, share)[None])[0, 1])


def auprc_trapezoid(
    y: npt.ArrayLike,
    score: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    positive: object = None,
    missing: Missing = "error",
    undefined: Undefined = "error",
) -> float:
    """Area under the precision-recall curve with straight lines between its points, from recall 0 and precision 1.

    Only to compare with those who report it: it is too high, as precision does not move in straight lines.

    Parameters
    ----------
    y, score, weights, positive, missing, undefined
        As of `auroc`.

    Returns
    -------
    float

    Raises
    ------
    InputError
        As of `auroc`.

    See Also
    --------
    auprc : by steps.

    Examples
    --------
    >>> round(auprc_trapezoid([1, 0, 1], [0.9, 0.5, 0.1]), 6)
    0.791667
    """
    refuse = check_undefined(undefined)
    ranked = check_ranked(y, score, weights, positive=positive, missing=missing)
    if not check_both(ranked, refuse):
        return math.nan
    true, false = ranked.curve()
    some = true + false > 0
    recall = np.concatenate([[0.0], true[some] / true[-1]])
    precision = np.concatenate([[1.0], (true / np.where(some, true + false, 1))[some]])
    return float(np.trapezoid(precision, recall))


def threshold_curve(
    y: npt.ArrayLike,
    score: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    positive: object = None,
    missing: Missing = "error",
) -> pl.DataFrame:
    """Both curves: what every threshold would call positive.

    Parameters
    ----------
    y, score, weights, positive, missing
        As of `auroc`.

    Returns
    -------
    polars.DataFrame
        threshold (called positive from here), true, false (weights called positive), recall, false_positive_rate,
        firing_rate, precision; highest threshold first; null where there is no positive or negative.

    Raises
    ------
    InputError
        As of `auroc`, but for one class only.

    Examples
    --------
    >>> threshold_curve([1, 0, 1], [0.9, 0.5, 0.5]).select("threshold", "recall", "precision").rows()
    [(0.9, 0.5, 1.0), (0.5, 1.0, 0.6666666666666666)]
    """
    ranked = check_ranked(y, score, weights, positive=positive, missing=missing)
    true, false = ranked.curve()
    fired = true + false

    def share(part: Floats, whole: Floats | float) -> Floats:
        some = np.broadcast_to(whole, part.shape) > 0
        return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=some))

    columns = {
        "threshold": ranked.score[ranked.ends],
        "true": true,
        "false": false,
        "recall": share(true, true[-1]),
        "false_positive_rate": share(false, false[-1]),
        "firing_rate": share(fired, fired[-1]),
        "precision": share(true, fired),
    }
    return pl.DataFrame(columns).with_columns(pl.exclude("threshold").fill_nan(None))


@dataclass(frozen=True, eq=False)
class AreasByRates:
    """AUROC and AP as averages over the positives.

    Attributes
    ----------
    auroc, auprc : float
        By the theorem; equal to `auroc` and `auprc`.
    positives : polars.DataFrame
        index (of the row), weight, false_positive_rate (ties in full), tied_rate (what of it is tied), firing_rate.
    """

    auroc: float
    auprc: float
    positives: pl.DataFrame


def areas_by_rates(y: npt.ArrayLike, score: npt.ArrayLike, *, weights: npt.ArrayLike | None = None) -> AreasByRates:
    """Both areas from the false-positive rate and the firing rate at the score of each positive.

    Parameters
    ----------
    y, score, weights
        As of `auroc`.

    Returns
    -------
    AreasByRates

    Raises
    ------
    InputError
        As of `auroc`.

    Examples
    --------
    >>> found = areas_by_rates([1, 0, 1], [0.9, 0.5, 0.1])
    >>> found.positives["firing_rate"].to_list()
    [0.3333333333333333, 1.0]
    """
    ranked = check_ranked(y, score, weights)
    check_both(ranked, True)
    true, false = ranked.curve()
    tied = np.diff(false, prepend=0.0)
    at = ranked.block[ranked.positive]
    w = ranked.weights[ranked.positive]
    fpr, half = false[at] / false[-1], tied[at] / false[-1]
    rho = (true + false)[at] / (true[-1] + false[-1])
    share = true[-1] / (true[-1] + false[-1])
    table = pl.DataFrame(
        {
            "index": np.flatnonzero(ranked.kept)[ranked.order[ranked.positive]],
            "weight": w,
            "false_positive_rate": fpr,
            "tied_rate": half,
            "firing_rate": rho,
        }
    )
    w, fpr, half, rho = (part[w > 0] for part in (w, fpr, half, rho))
    one = 1 - float(w @ (fpr - half / 2) / w.sum())
    two = 1 - (1 - share) * float(w @ (fpr / rho) / w.sum())
    return AreasByRates(one, two, table)


def auroc_statistic(y: npt.ArrayLike, score: npt.ArrayLike) -> Statistic:
    """AUROC as a function of the weights of the rows, for `bootstrap`.

    Parameters
    ----------
    y, score
        As of `auroc`; one class only is allowed.

    Returns
    -------
    callable
        From weights, shape (rows, n), to values, shape (rows,); NaN where the weighted rows are of one class.

    Raises
    ------
    InputError
        As of `auroc`.

    Examples
    --------
    >>> auroc_statistic([0, 1, 0, 1], [0.1, 0.4, 0.4, 0.8])(np.array([[1, 1, 1, 1], [1, 1, 0, 0]]))
    array([0.875, 1.   ])
    """
    ranked = check_ranked(y, score)

    def statistic(weights: npt.ArrayLike) -> Floats:
        return np.asarray(ranked.areas(np.asarray(weights, dtype=np.float64)[:, ranked.order])[:, 0])

    return statistic


def _shifted(ranked: Ranked, share: float) -> Floats:
    """Weights with this share of positives."""
    positives = float(ranked.weights[ranked.positive].sum())
    negatives = float(ranked.weights[~ranked.positive].sum())
    factor = positives * (1 - share) / (share * negatives)
    return np.where(ranked.positive, ranked.weights, ranked.weights * factor)
