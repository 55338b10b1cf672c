r"""How well does a score tell events from the rest?

The area under the ROC curve is the chance that an event has a higher score than a row without the event, ties half,

    AUC = sum_(i event, j not) w_i w_j ([s_i > s_j] + [s_i = s_j] / 2) / (sum_(i event) w_i  sum_(j not) w_j).

Source: Hanley and McNeil (1982), doi:10.1148/radiology.143.1.7063747. Differs: nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_floats, check_same_length
from psephos.statistics._evaluation import Statistic


def auc(score: npt.ArrayLike, event: npt.ArrayLike) -> float:
    """Area under the ROC curve; NaN where all rows are events, or none is.

    Parameters
    ----------
    score : array_like of float, shape (n,)
    event : array_like of bool, shape (n,)

    Returns
    -------
    float

    Raises
    ------
    InputError
        If the lengths differ, a score is not finite or an event is neither true nor false.

    See Also
    --------
    auc_statistic : the same for many weights of the rows at once.

    Examples
    --------
    >>> auc([0.1, 0.4, 0.4, 0.8], [0, 1, 0, 1])
    0.875
    """
    statistic = auc_statistic(score, event)
    return float(np.asarray(statistic(np.ones((1, len(np.asarray(score))))))[0])


def auc_statistic(score: npt.ArrayLike, event: npt.ArrayLike) -> Statistic:
    """Area under the ROC curve as a function of the weights of the rows, for `bootstrap`.

    Parameters
    ----------
    score : array_like of float, shape (n,)
    event : array_like of bool, shape (n,)

    Returns
    -------
    callable
        From weights, shape (rows, n), to values, shape (rows,); NaN where the weighted rows are all events, or none is.

    Raises
    ------
    InputError
        As of `auc`.

    Examples
    --------
    >>> auc_statistic([0.1, 0.4, 0.4, 0.8], [0, 1, 0, 1])(np.array([[1, 1, 1, 1], [1, 1, 0, 0]]))
    array([0.875, 1.   ])
    """
    values, happened = check_floats("score", score), check_floats("event", event)
    check_same_length(score=values, event=happened)
    if not np.isin(happened, (0.0, 1.0)).all():
        raise InputError("event", "must be true or false throughout")
    order = np.argsort(values, kind="stable")
    starts = np.flatnonzero(np.diff(values[order], prepend=np.nan) != 0)
    is_event = happened[order] == 1

    def statistic(weights: npt.ArrayLike) -> npt.NDArray[np.float64]:
        w = np.asarray(weights, dtype=np.float64)[:, order]
        if not len(starts):
            return np.full(len(w), np.nan)
        events = np.add.reduceat(w * is_event, starts, axis=1)
        rest = np.add.reduceat(w * ~is_event, starts, axis=1)
        below = np.cumsum(rest, axis=1) - rest / 2
        pairs = events.sum(axis=1) * rest.sum(axis=1)
        won = (events * below).sum(axis=1)
        return np.asarray(np.divide(won, pairs, out=np.full(len(w), np.nan), where=pairs > 0))

    return statistic
