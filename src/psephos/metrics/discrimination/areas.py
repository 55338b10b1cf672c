r"""How well does a score tell positives from negatives?

    AUROC   the chance that a positive has a higher score than a negative, ties half
    AP      average precision: the area under the precision-recall curve by steps, tied scores as one step (AUPRC)

AUROC prices every mistake the same, AP those at the top of the ranking highest. With a negatives above a positive's
score, e at it, and m rows at it or above,

    AUROC = 1 - mean (a + e / 2) / N,           AP = 1 - mean (a + e) / m,      N the negatives, means over positives.

Sources: Hanley and McNeil (1982), doi:10.1148/radiology.143.1.7063747; sheet 13. Differs: the exact form of AP under
ties is ours; AP at another share of positives weighs the negatives.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from psephos.errors import check_number
from psephos.metrics.columns import Floats
from psephos.metrics.conventions import Missing, Undefined, check_undefined
from psephos.metrics.discrimination.ranked_areas import Ranked, check_both, check_ranked
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
        Between 0 and 1; .5 is chance.

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
        Between 0 and 1; too high where points are few.

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
