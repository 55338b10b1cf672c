r"""Does each user's list put what is relevant above the rest (GAUC)?

Of a list with P relevant items and N others, an item at rank r (equal scores share the mean of their ranks),

    AUC = (sum over relevant of (P + N - r) - P (P - 1) / 2) / (P N),

the chance that a relevant item of the user stands above another one, where a tie counts one half. GAUC is its mean over
users, or weighs each user by its relevant items or by the length of its list. The whole list counts, whatever the
cutoffs. A user whose list holds only one class, or that has none, has no such pair: it is left out, or counts 1/2.

Pairs of the `catalogue` go beyond the list: of C items of the train data a user had H, R are relevant, and the list
puts o_i others above the relevant item i:

    AUC = sum over relevant of the list of (M - o_i) / M / R,      M = C - H - R + 1,

so that a relevant item that is not listed has lost against everything, and M counts one more item than there is.

Sources: Zhou et al. (2018), doi:10.1145/3219819.3219823 (weights by impressions); RecBole 1.2.1 (weights by relevant
items) and Elliot 0.3.1 (pairs of the catalogue), both run. Differs: errors are ours: of a mean of users, or of a ratio.
"""

from __future__ import annotations

import numpy as np

from psephos.metrics.recommendation.coding import Floats, Problem, Run
from psephos.metrics.recommendation.conventions import Convention
from psephos.metrics.recommendation.list_rows import ListRows, list_rows
from psephos.metrics.recommendation.lists import Judgement
from psephos.metrics.recommendation.user_metrics import Column, UserValues, column_of

CHANCE = 0.5
"""The area of a list in no order."""


def grouped_area(run: Run, problem: Problem, judged: Judgement, rule: Convention) -> tuple[Column, ListRows]:
    """GAUC of a run, and the rows of its whole lists."""
    rows = list_rows(run, problem, judged, rule)
    area, weight = _areas(rows, problem, judged, rule)
    listed = np.bincount(rows.users, minlength=problem.n_users) > 0
    if rule.one_class == "half":
        area = np.where(np.isnan(area) & listed, CHANCE, area)
    counted = problem.judged & ~np.isnan(area)
    values = UserValues(area[None])
    if rule.auc_weight != "users":
        values = UserValues(area[None], np.nan_to_num(area * weight)[None], weight[None], "ratio")
    reason = "no list" if rule.one_class == "half" else "no list, or one class in it"
    return column_of(values, 0, counted, int(problem.judged.sum()), reason, bounded=True), rows


def _areas(rows: ListRows, problem: Problem, judged: Judgement, rule: Convention) -> tuple[Floats, Floats]:
    """The area of each user, NaN where it has no pair, and what the user weighs."""
    users, n_users = rows.users.astype(np.int64), problem.n_users
    found = judged.rows.find(users, rows.items)
    hit = (found >= 0) & judged.hit[found]
    length: Floats = np.bincount(users, minlength=n_users).astype(np.float64)
    relevant: Floats = np.bincount(users[hit], minlength=n_users).astype(np.float64)
    rank = _mean_ranks(rows, length)
    # Among themselves the relevant items of a list make P (P - 1) / 2 pairs, whatever their order.
    own_pairs = relevant * (relevant - 1) / 2
    held = relevant
    if rule.auc_pairs == "list":
        above = np.bincount(users, weights=hit * (length[users] - rank), minlength=n_users) - own_pairs
        below = relevant * (length - relevant)
    else:
        train = problem.train
        assert train is not None  # noqa: S101 - checked at the door
        held = judged.relevant.astype(np.float64)
        others = (np.bincount(train.items) > 0).sum() - train.counts - held + 1
        lost = np.bincount(users, weights=hit * (rank - 1), minlength=n_users) - own_pairs
        above = relevant * others - lost
        below = np.where((others > 0) & (length > 0), others * held, 0.0)
    area = np.full(n_users, np.nan)
    np.divide(above, below, out=area, where=below > 0)
    return area, held if rule.auc_weight == "relevant" else length


def _mean_ranks(rows: ListRows, length: Floats) -> Floats:
    """The rank of each row in its list from 1, equal keys at the mean of theirs."""
    new = np.ones(len(rows.users), dtype=bool)
    new[1:] = (rows.users[1:] != rows.users[:-1]) | (rows.keys[1:] != rows.keys[:-1])
    block = np.cumsum(new) - 1
    opening, size = np.flatnonzero(new), np.bincount(block)
    starts = np.concatenate([[0.0], np.cumsum(length)])
    return np.asarray((opening + (size + 1) / 2)[block] - starts[rows.users])
