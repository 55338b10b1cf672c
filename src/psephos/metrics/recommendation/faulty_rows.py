"""Which share of the rows of lists should not be there?

A list that a language model wrote repeats items, names what the user had, or what nobody could have asked for. Of all
rows of users that the data know, as they were given, before anything is dropped,

    unmatched_share = rows without an item (a title that was not found)
    repeat_share = rows with an item that stands above in the same list
    seen_share, outside_share = rows with an item of the user's own train data, of no train data
    stray_share = rows with an item outside the candidates of the user

whose counts are in the ledger too. Each is a ratio of sums over users, with the error of what each user moves: rows of
one list are not independent. A row may be of several kinds.

Source: sheet 12 (beyond the paper). Differs: lines without an item of their own, such as prose, are rows only if the
reader of the replies makes them rows with no item.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from psephos.metrics.recommendation.coding import Floats, Problem, Run
from psephos.metrics.recommendation.list_rows import rows_of_matrix, train_items
from psephos.metrics.recommendation.user_metrics import Column, UserValues, column_of


def fault_column(metric: str, run: Run, problem: Problem) -> Column:
    """One share of the rows of a run, not cut at k."""
    if run.matrix is None:
        assert run.users is not None and run.items is not None  # noqa: S101, PT018
        users, items = run.users, run.items
    else:
        users, items, _ = rows_of_matrix(run.matrix)
    kept = (users >= 0) & problem.known[users]
    user, item = users[kept].astype(np.int64), items[kept].astype(np.int64)
    bad = _bad(metric, user, item, problem)
    total: Floats = np.bincount(user, minlength=problem.n_users).astype(np.float64)
    counts: Floats = np.bincount(user[bad], minlength=problem.n_users).astype(np.float64)
    share = np.full(problem.n_users, np.nan)
    np.divide(counts, total, out=share, where=total > 0)
    values = UserValues(share[None], counts[None], total[None], "ratio")
    return column_of(values, 0, total > 0, int(problem.known.sum()), "no list", bounded=True)


def _bad(
    metric: str, user: npt.NDArray[np.int64], item: npt.NDArray[np.int64], problem: Problem
) -> npt.NDArray[np.bool_]:
    named = item >= 0
    if metric == "unmatched_share":
        return ~named
    if metric == "repeat_share":
        first = np.zeros(len(user), dtype=bool)
        first[np.unique(user * (problem.n_items + 1) + item + 1, return_index=True)[1]] = True
        return named & ~first
    if metric == "stray_share":
        assert problem.candidates is not None  # noqa: S101 - checked at the door
        return named & (problem.candidates.find(user, item) < 0)
    assert problem.train is not None  # noqa: S101 - checked at the door
    if metric == "seen_share":
        return named & (problem.train.find(user, item) >= 0)
    return named & ~train_items(problem)[item]
