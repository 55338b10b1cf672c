r"""How far are predicted ratings from those that users gave?

For n pairs of a rating y and a prediction f:

    mse = mean (y - f)^2        rmse = sqrt(mse)       mae = mean |y - f|       mape = 100 mean |y - f| / |y|  (y not 0)
    r2 = 1 - sum (y - f)^2 / sum (y - mean y)^2        explained_variance = 1 - var(y - f) / var(y)
    auc, log_loss: of y in {0, 1}; f is a score, a probability

each over all pairs (`micro`), or for each user and then averaged (`macro`). Micro numbers have the standard error of
what each user adds, since ratings of one user are not independent: squared errors of users that rate a lot move
together.

Source: sheet 02. Differs: the standard errors are ours, by linearisation with users as clusters.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_choice, check_floats, check_number, check_same_length
from psephos.metrics.discrimination.areas import auroc
from psephos.metrics.recommendation.coding import Counts, Floats, Problem, Run
from psephos.metrics.recommendation.conventions import Convention
from psephos.metrics.recommendation.list_rows import train_items
from psephos.metrics.recommendation.lists import Judgement
from psephos.metrics.recommendation.names import METRICS, RATINGS, metric_names
from psephos.metrics.recommendation.user_metrics import Column, mean_column
from psephos.opinions.coding import encode
from psephos.opinions.frames import series
from psephos.statistics import normal_interval

OF_HITS = frozenset({"rmse", "mse", "mae"})
"""Metrics that a convention can take over the hits."""

CLIP = 1e-15
"""Probabilities are kept this far from 0 and 1 in the log loss."""


def rating_errors(
    ratings: npt.ArrayLike,
    predicted: npt.ArrayLike,
    *,
    users: npt.ArrayLike | None = None,
    metrics: str | Iterable[str] = ("rmse", "mse", "mae", "mape", "r2", "explained_variance"),
    average: str = "micro",
    level: float = 0.95,
) -> pl.DataFrame:
    """Errors of predicted ratings with intervals.

    Parameters
    ----------
    ratings, predicted : array_like of float, shape (n,)
        What users gave and what was predicted for the same pairs.
    users : array_like, shape (n,), optional
        The user of each pair; each pair is its own if not given.
    metrics : str or iterable of str
        Of ``rmse mse mae mape r2 explained_variance auc log_loss``.
    average : {"micro", "macro"}, default "micro"
        Over all pairs, or the mean of users.
    level : float, default 0.95
        Of the intervals.

    Returns
    -------
    polars.DataFrame
        metric, value, low, high, standard_error, used (pairs, of macro averages users), left_out, reason.

    Raises
    ------
    InputError
        If lengths differ, a number is NaN, or a metric needs outcomes of 0 and 1 and there are others.

    See Also
    --------
    evaluate : the same for whole systems, from frames.

    Examples
    --------
    >>> found = rating_errors([4, 3, 5, 2, 1], [3.5, 3, 4, 2.5, 2])
    >>> found.select("metric", "value").rows()[:2]
    [('rmse', 0.7071067811865476), ('mse', 0.5)]
    """
    names = metric_names(metrics)
    for name in names:
        if METRICS[name] != "ratings":
            raise InputError("metrics", f"{name!r} is no metric of ratings", hint=f"known are {', '.join(RATINGS)}")
    check_choice("average", average, ("micro", "macro"))
    check_number("level", level, low=0, high=1, open_ends=True)
    y, f = check_floats("ratings", ratings), check_floats("predicted", predicted)
    check_same_length(ratings=y, predicted=f)
    if users is None:
        codes = np.arange(len(y))
    else:
        coded = encode(series("users", users)).codes
        check_same_length(ratings=y, users=coded)
        codes = coded.astype(np.int64)
    rows = []
    for name in names:
        column = rating_column(name, y, f, codes, average)
        low, high = (float(end) for end in normal_interval(column.value, column.standard_error, level))
        rows.append(
            (name, column.value, low, high, column.standard_error, column.users, column.left_out, column.reason)
        )
    schema = ["metric", "value", "low", "high", "standard_error", "used", "left_out", "reason"]
    return pl.DataFrame(rows, schema=schema, orient="row")


def rated_pairs(
    run: Run, problem: Problem, name: str, judged: Judgement | None, rule: Convention
) -> tuple[Floats, Floats, Counts, int]:
    """Ratings of the truth that a run predicts.

    Parameters
    ----------
    run : Run
        Of pairs that it has twice, the first counts.
    problem : Problem
    name : str
        Of the run, for the complaint.
    judged : Judgement, optional
        Then only hits count, and all of those of a user with a list: one that the list lacks, or that is dropped from
        it, errs by 0.
    rule : Convention
        What a list drops.

    Returns
    -------
    ratings, predictions : ndarray of float64, shape (n_pairs,)
    users : ndarray of int64, shape (n_pairs,)
    lost : int
        Ratings without a prediction.

    Raises
    ------
    InputError
        `runs`: it has no scores.
    """
    if run.scores is None:
        raise InputError("runs", f"{name!r} has no scores, which predicted ratings are", hint="give a column 'score'")
    assert run.users is not None and run.items is not None  # noqa: S101, PT018 - runs with scores have rows
    truth = problem.truth
    row = truth.find(run.users, run.items)
    row[run.users < 0] = -1
    if judged is not None:
        row[(row >= 0) & ~judged.hit[row]] = -1
        if problem.train is not None and rule.seen == "drop":
            row[problem.train.find(run.users, run.items) >= 0] = -1
        if problem.train is not None and rule.outside == "drop":
            row[~train_items(problem)[run.items]] = -1
    found = np.flatnonzero(row >= 0)
    row, first = np.unique(row[found], return_index=True)
    if judged is None:
        return truth.values[row], run.scores[found[first]], truth.users[row], len(truth.items) - len(row)
    predicted = truth.values.copy()
    predicted[row] = run.scores[found[first]]
    listed = np.bincount(run.users[run.users >= 0], minlength=problem.n_users) > 0
    used = judged.hit & listed[truth.users]
    return truth.values[used], predicted[used], truth.users[used], int((judged.hit & ~used).sum())


def rating_column(
    metric: str,
    y: Floats,
    f: Floats,
    users: Counts,
    average: str = "micro",
    lost: int = 0,
    why: str = "without a prediction",
) -> Column:
    """One metric of ratings.

    Parameters
    ----------
    metric : str
        One of this module.
    y, f : ndarray of float64, shape (n_pairs,)
        Ratings and predictions.
    users : ndarray of int64, shape (n_pairs,)
        Whose they are.
    average : {"micro", "macro"}
        Over pairs, or over users.
    lost : int
        Ratings that are left out.
    why : str
        What is the matter with them.

    Raises
    ------
    InputError
        `ratings`: auc or log_loss of something else than 0 and 1. `predicted`: log_loss of what is no probability.
    """
    if metric in ("auc", "log_loss"):
        bad = ~np.isin(y, (0.0, 1.0))
        if bad.any():
            raise InputError("ratings", f"{metric} takes outcomes of 0 and 1, got {y[bad][0]:g}")
        if metric == "log_loss" and ((f < 0) | (f > 1)).any():
            raise InputError("predicted", "log_loss takes probabilities between 0 and 1")
    lacking = why if lost else ""
    if metric == "mape":
        zero = y == 0
        y, f, users, lost = y[~zero], f[~zero], users[~zero], lost + int(zero.sum())
        lacking = "a rating of 0, or no prediction" if lost else ""
    if not len(y):
        return Column(math.nan, math.nan, 0, lost, lacking or "no pair")
    if average == "macro":
        kinds, codes = np.unique(users, return_inverse=True)
        order = np.argsort(codes, kind="stable")
        cuts = np.cumsum(np.bincount(codes))[:-1]
        own = np.array(
            [_value(metric, a, b) for a, b in zip(np.split(y[order], cuts), np.split(f[order], cuts), strict=True)]
        )
        held = ~np.isnan(own)
        return mean_column(own, held, len(kinds), "a user without variation", bounded=False)
    value = _value(metric, y, f)
    if math.isnan(value):
        why = "the ratings are all equal" if metric in ("r2", "explained_variance") else "one class only"
        return Column(value, math.nan, len(y), lost, why)
    return Column(value, _error(metric, y, f, users, value), len(y), lost, lacking)


def _value(metric: str, y: Floats, f: Floats) -> float:
    e = y - f
    if metric == "mse":
        return float((e * e).mean())
    if metric == "rmse":
        return math.sqrt(float((e * e).mean()))
    if metric == "mae":
        return float(np.abs(e).mean())
    if metric == "mape":
        kept = y != 0
        return float(100 * (np.abs(e[kept]) / np.abs(y[kept])).mean()) if kept.any() else math.nan
    if metric == "auc":
        return auroc(y, f, undefined="nan")
    if metric == "log_loss":
        p = np.clip(f, CLIP, 1 - CLIP)
        return float(-(y * np.log(p) + (1 - y) * np.log1p(-p)).mean())
    if np.ptp(y) == 0:
        return math.nan
    spread = float(((y - y.mean()) ** 2).mean())
    return 1 - float((e * e).mean() if metric == "r2" else e.var()) / spread


def _error(metric: str, y: Floats, f: Floats, users: Counts, value: float) -> float:
    """Standard error of a micro average, users as clusters, from what each pair moves."""
    e, n = y - f, len(y)
    if metric in ("mse", "rmse"):
        moved = e * e - (e * e).mean()
        moved = moved / (2 * value) if metric == "rmse" and value else moved
    elif metric == "mae":
        moved = np.abs(e) - value
    elif metric == "mape":
        moved = 100 * np.abs(e) / np.abs(y) - value
    elif metric == "log_loss":
        p = np.clip(f, CLIP, 1 - CLIP)
        moved = -(y * np.log(p) + (1 - y) * np.log1p(-p)) - value
    elif metric == "auc":
        from psephos.metrics.discrimination.area_errors import influence
        from psephos.metrics.discrimination.ranked_areas import check_ranked

        moved = influence(check_ranked(y, f)) * n
    else:
        centred, error = y - y.mean(), e if metric == "r2" else e - e.mean()
        spread = float((centred**2).mean())
        moved = -(error**2 - (1 - value) * centred**2) / spread
    sums = np.bincount(np.unique(users, return_inverse=True)[1], weights=moved)
    if len(sums) < 2:
        return math.nan
    return math.sqrt(len(sums) / (len(sums) - 1) * float(sums @ sums)) / n
