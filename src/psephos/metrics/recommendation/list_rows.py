"""In which order do the rows of lists stand, and what had to be put right?

Rows are sorted by user and key, the larger scores first; equal keys follow the rule for ties. Then repeats, items of
the user's own train data and items of no train data are dropped where the convention says so. Lists that are cut
(`lists`) and areas of whole lists (`grouped_area`) both stand on these rows.

Sources: sheets 02 and 12. Differs: nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError
from psephos.metrics.recommendation.coding import Codes, Floats, Problem, Run
from psephos.metrics.recommendation.conventions import Convention

if TYPE_CHECKING:
    from psephos.metrics.recommendation.lists import Judgement


@dataclass(frozen=True, eq=False)
class ListRows:
    """The rows of lists, each list in order: user, item, key (ascending down a list), and what an item is worth.

    `hit` and `gain` are known where rows had to be sorted; `first` is False where an item stands in its list again.
    """

    users: Codes
    items: Codes
    keys: Floats
    hit: npt.NDArray[np.bool_]
    gain: Floats
    first: npt.NDArray[np.bool_]
    ledger: dict[str, int] = field(default_factory=dict)


def list_rows(run: Run, problem: Problem, judged: Judgement, rule: Convention) -> ListRows:
    """The rows of a run, sorted and put right, of lists that are not cut."""
    if run.matrix is None:
        assert run.users is not None and run.items is not None and run.keys is not None  # noqa: S101, PT018
        given = run.users, run.items, run.keys
    else:
        given = rows_of_matrix(run.matrix)
    return put_right(sorted_rows(*given, problem, judged, rule), problem, judged, rule)


def rows_of_matrix(matrix: npt.NDArray[np.integer]) -> tuple[Codes, Codes, Floats]:
    """User, item and place of each cell that holds an item."""
    user, place = np.nonzero(matrix >= 0)
    return user.astype(np.int32), matrix[user, place].astype(np.int32), place.astype(np.float64)


def sorted_rows(
    users: Codes, items: Codes, keys: Floats, problem: Problem, judged: Judgement, rule: Convention
) -> ListRows:
    """Rows by user and key, equal keys by the rule for ties, without those of strangers."""
    named = (users >= 0) & (items >= 0)
    stranger = np.zeros(len(users), dtype=bool)
    stranger[named] = ~problem.known[users[named]]
    ledger = {
        "rows": len(users),
        "unknown_items": int((items < 0).sum()),
        "unknown_users": len(np.unique(users[stranger])) + int((users < 0).any()),
    }
    kept = named & ~stranger
    if not kept.all():
        users, items, keys = users[kept], items[kept], keys[kept]
    if rule.ties == "trec":
        keys = keys.astype(np.float32).astype(np.float64)  # trec_eval keeps scores in single precision
    rises = (users[1:] > users[:-1]) | ((users[1:] == users[:-1]) & (keys[1:] > keys[:-1]))
    hit, gain = np.zeros(len(users), dtype=bool), np.zeros(len(users))
    if not rises.all():  # lists often come in order, and sorting is most of the work
        row = judged.rows.find(users, items)
        gain[row >= 0] = judged.gain[row[row >= 0]]
        hit[row >= 0] = judged.hit[row[row >= 0]]
        order = np.lexsort((*_tie_keys(items, hit, gain, problem, rule), keys, users))
        users, items, keys, hit, gain = users[order], items[order], keys[order], hit[order], gain[order]
    same = np.zeros(len(users), dtype=bool)
    same[1:] = (users[1:] == users[:-1]) & (keys[1:] == keys[:-1])
    ledger["ties"] = int((same | np.append(same[1:], False)).sum()) if len(same) else 0
    return ListRows(users, items, keys, hit, gain, np.ones(len(users), dtype=bool), ledger)


def put_right(rows: ListRows, problem: Problem, judged: Judgement, rule: Convention) -> ListRows:
    """Count what should not be in a list, and drop what the convention drops."""
    users, items, keys, hit, gain, ledger = rows.users, rows.items, rows.keys, rows.hit, rows.gain, rows.ledger
    pair = users.astype(np.int64) * problem.n_items + items
    first = np.ones(len(users), dtype=bool)
    ascending = np.sort(pair)
    if (ascending[1:] == ascending[:-1]).any():
        first[:] = False
        first[np.unique(pair, return_index=True)[1]] = True
    ledger["repeats"] = int((~first).sum())
    if rule.repeats == "error" and not first.all():
        place = int(np.argmin(first))
        raise InputError(
            "runs",
            "hold an item twice in one list",
            where=f"user {users[place]}, item {items[place]}",
            hint="a convention with repeats='drop' takes the first of them",
        )
    seen = np.zeros(len(users), dtype=bool)
    outside = seen.copy()
    if problem.train is not None:
        seen = problem.train.find(users, items) >= 0
        outside = ~train_items(problem)[items]
    ledger |= {"seen": int(seen.sum()), "outside": int(outside.sum())}
    if problem.candidates is not None:
        ledger["outside_candidates"] = int((problem.candidates.find(users, items) < 0).sum())
    stays = np.ones(len(users), dtype=bool)
    if rule.seen == "drop_irrelevant":
        row = judged.rows.find(users, items)
        seen &= ~((row >= 0) & judged.hit[row])
    for drop, bad in ((rule.repeats == "drop", ~first), (rule.seen != "keep", seen), (rule.outside == "drop", outside)):
        if drop:
            stays &= ~bad
    if not stays.all():
        users, items, keys, hit, gain = users[stays], items[stays], keys[stays], hit[stays], gain[stays]
        first = first[stays]
    return ListRows(users, items, keys, hit, gain, first, ledger)


def train_items(problem: Problem) -> npt.NDArray[np.bool_]:
    """Which items stand in the train data."""
    found = np.zeros(problem.n_items, dtype=bool)
    if problem.train is not None:
        found[problem.train.items] = True
    return found


def _tie_keys(
    items: Codes, hit: npt.NDArray[np.bool_], gain: Floats, problem: Problem, rule: Convention
) -> tuple[npt.NDArray[np.number], ...]:
    """By what equal scores are sorted, the last key first."""
    if rule.ties == "worst":
        return (gain, hit.astype(np.int8))
    if rule.ties == "best":
        return (-gain, -hit.astype(np.int8))
    if rule.ties == "trec" and problem.items is not None:
        rank = np.empty(problem.n_items, dtype=np.int64)
        rank[problem.items.arg_sort().to_numpy()] = np.arange(problem.n_items)
        return (-rank[items],)
    return ()
