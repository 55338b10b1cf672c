"""How do the sums of a list become the metrics of a user, and the metrics of users one number?

With the sums of `position_sums`, R the hits that the truth holds and k the cutoff:

    precision = hits / k          recall = hits / R             f1 = 2 P R / (P + R)       hit_rate = any
    mrr = first                   arhr = arhr                   ap = ap / R, ap / min(k, R), or precisions / k
    mean_precision = precisions / k        mean_recall = recalls / (k R)       ndcg = gain / ideal       dcg = gain
    popularity = popularity / length       tail_items       tail_share = tail_items / length
    novelty = novelty / novel              epc = epc / discount                efd = efd / discount

The number of a system is the mean over users, with the standard error of a mean of users. Three are ratios of sums
instead, T = sum a / sum b, with the error of what each user moves, (a - T b) / mean b: novelty, and in the survey's
convention MRR (users with a hit) and ARHR (hits). F1 of means moves as its two means do.

Sources: sheets 02 and 12. Differs: an error of users that are all alike, with a value within (0, 1), is not 0 but
sqrt(v (1 - v)) / n: what one user of the other kind would make.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.metrics.conventions import error_within
from psephos.metrics.recommendation.coding import Counts, Floats
from psephos.metrics.recommendation.conventions import Convention
from psephos.metrics.recommendation.names import ACCURACY, AREAS, FAULTS, FOUND
from psephos.metrics.recommendation.position_sums import SUMS

BOUNDED = frozenset(
    {*ACCURACY, *AREAS, *FAULTS, "diversity", "tail_share", "epc", "catalogue_coverage", "user_coverage"}
) - {
    "dcg",
    "arhr",
}
"""Metrics that lie between 0 and 1."""


@dataclass(frozen=True, eq=False)
class Column:
    """One metric at one cutoff of one run.

    Attributes
    ----------
    value, standard_error : float
        NaN where undefined.
    users : int
        Users (or, of a rating, pairs) it rests on.
    left_out : int
        Users for which it is not defined.
    reason : str
        Why it is undefined, or why users are left out.
    by_user : ndarray of float64 or None, shape (n_users,)
        Value of each user, NaN where it has none; None where the metric is not one of users.
    """

    value: float
    standard_error: float
    users: int
    left_out: int = 0
    reason: str = ""
    by_user: Floats | None = None


@dataclass(frozen=True, eq=False)
class UserValues:
    """Values of users for one metric.

    Attributes
    ----------
    values : ndarray of float64, shape (n_cutoffs, n_users)
        NaN where a user has none.
    above, below : ndarray of float64, shape (n_cutoffs, n_users), or None
        The two sides of a ratio, or precision and recall.
    kind : {"mean", "ratio", "f1"}
        What the number of a system is: the mean of the values, the ratio of sums, or f1 of both means.
    """

    values: Floats
    above: Floats | None = None
    below: Floats | None = None
    kind: str = "mean"


def counted_users(
    rule: Convention, judged: npt.NDArray[np.bool_], relevant: Counts, length: Counts
) -> npt.NDArray[np.bool_]:
    """Which users count for metrics of accuracy.

    Parameters
    ----------
    rule : Convention
        Whether users without a hit in the truth, or without a list, count.
    judged : ndarray of bool, shape (n_users,)
    relevant, length : ndarray of int64, shape (n_users,)
        Hits that the truth holds, items of the list.
    """
    counted = judged if rule.empty == "zero" else judged & (relevant > 0)
    return counted & (length > 0) if rule.absent == "skip" else counted


def user_values(
    metric: str, sums: Floats, cutoffs: Counts, relevant: Counts, length: Counts, rule: Convention
) -> UserValues:
    """One metric of some users from their sums.

    Parameters
    ----------
    metric : str
        One of this module.
    sums : ndarray of float64, shape (n_sums, n_users, n_cutoffs)
        In the order of `SUMS`.
    cutoffs : ndarray of int64
        Below 0 for whole lists.
    relevant, length : ndarray of int64, shape (n_users,)
        Hits that the truth holds, items of the list.
    rule : Convention
        Which of the definitions counts.
    """
    of = {name: sums[place] for place, name in enumerate(SUMS)}
    R = relevant[:, None].astype(np.float64)
    k = np.where(cutoffs < 0, length[:, None], cutoffs).astype(np.float64)
    taken = of["length"]
    base = taken if rule.divide == "length" else k
    if metric == "precision":
        found = _share(of["hits"], base)
    elif metric == "recall":
        found = _share(of["hits"], R)
    elif metric == "f1":
        precision, recall = _share(of["hits"], base), _share(of["hits"], R)
        found = _share(2 * precision * recall, precision + recall)
        if rule.f1 == "means":
            return UserValues(found.T, precision.T, recall.T, "f1")
    elif metric == "hit_rate":
        found = of["any"]
    elif metric == "mrr":
        if rule.reciprocal_rank == "hits":
            return UserValues(_share(of["first"], of["any"], np.nan).T, of["first"].T, of["any"].T, "ratio")
        found = of["first"]
    elif metric == "arhr":
        if rule.arhr == "hits":
            return UserValues(_share(of["arhr"], of["hits"], np.nan).T, of["arhr"].T, of["hits"].T, "ratio")
        found = of["arhr"]
    elif metric == "mean_precision" or (metric == "ap" and rule.average_precision == "positions"):
        found = _share(of["precisions"], k)
    elif metric == "ap":
        found = _share(of["ap"], np.minimum(R, k) if rule.average_precision == "cut" else R)
    elif metric == "mean_recall":
        found = _share(of["recalls"], k * R)
    elif metric == "ndcg":
        found = _share(of["gain"], of["ideal"])
    elif metric == "dcg":
        found = of["gain"]
    elif metric == "novelty":
        return UserValues(_share(of["novelty"], of["novel"], np.nan).T, of["novelty"].T, of["novel"].T, "ratio")
    elif metric == "popularity":
        found = _share(of["popularity"], taken)
    elif metric == "tail_items":
        found = of["tail_items"]
    elif metric == "tail_share":
        found = _share(of["tail_items"], taken)
    else:  # epc, efd
        found = _share(of[metric], of["discount"])
    return UserValues(found.T)


def is_of_accuracy(metric: str) -> bool:
    """Whether a metric is averaged over the users of the truth, and not over all with a list."""
    return metric in ACCURACY or metric in FOUND


def column_of(
    values: UserValues, place: int, counted: npt.NDArray[np.bool_], possible: int, reason: str, *, bounded: bool
) -> Column:
    """The number of a system at one cutoff from the values of its users.

    Parameters
    ----------
    values : UserValues
    place : int
        Which cutoff.
    counted : ndarray of bool, shape (n_users,)
        Users that count.
    possible : int
        Users that could; the others are left out, and `reason` says why.
    reason : str
    bounded : bool
        Whether the metric cannot leave 0 to 1, which keeps its error above 0 at the ends.
    """
    own = values.values[place] if counted.all() else np.where(counted, values.values[place], np.nan)
    if values.kind == "mean":
        held = counted & ~np.isnan(own)
        return mean_column(own, held, possible, reason, bounded=bounded)
    assert values.above is not None and values.below is not None  # noqa: S101, PT018 - a ratio has two sides
    a, b, n = values.above[place][counted], values.below[place][counted], int(counted.sum())
    if not n:
        return Column(math.nan, math.nan, 0, possible, reason or "no user", own)
    if values.kind == "f1":
        p, r = float(a.mean()), float(b.mean())
        value = 2 * p * r / (p + r) if p + r else 0.0
        slope = (2 * r * r / (p + r) ** 2, 2 * p * p / (p + r) ** 2) if p + r else (0.0, 0.0)
        moved = slope[0] * (a - p) + slope[1] * (b - r)
    else:
        if not b.sum():
            return Column(math.nan, math.nan, 0, possible, "nothing to average", own)
        value = float(a.sum() / b.sum())
        moved = (a - value * b) / b.mean()
    return Column(value, error_of(moved, value, bounded=bounded), n, possible - n, reason if possible > n else "", own)


def mean_column(own: Floats, held: npt.NDArray[np.bool_], possible: int, reason: str, *, bounded: bool) -> Column:
    """The mean over users with its standard error.

    Parameters
    ----------
    own : ndarray of float64, shape (n_users,)
        Values.
    held : ndarray of bool, shape (n_users,)
        Users that count and have one.
    possible, reason, bounded
        As in `column_of`.
    """
    n = int(held.sum())
    if not n:
        return Column(math.nan, math.nan, 0, possible, reason or "no user", own)
    kept = own[held]
    value = float(kept.mean())
    error = error_of(kept - value, value, bounded=bounded)
    return Column(value, error, n, possible - n, reason if possible > n else "", own)


def error_of(moved: Floats, value: float, *, bounded: bool) -> float:
    """Standard error from what each user moves; see the module for users that are all alike."""
    n = len(moved)
    if n < 2:
        return math.nan
    error = math.sqrt(float(np.square(moved).sum()) / (n - 1) / n)
    return error_within(error, value, n) if bounded else error


def _share(above: Floats, below: Floats, empty: float = 0.0) -> Floats:
    below = np.broadcast_to(below, above.shape)
    return np.asarray(np.divide(above, below, out=np.full(above.shape, empty), where=below > 0))
