"""What does each user see, in which order, and what had to be put right on the way?

A list is sorted by its keys; equal keys follow the rule for ties. Then repeats, items of the user's own train data and
items of no train data are dropped where the convention says so, later items move up, and the list is cut. What was
found is counted over all rows, whether dropped or not.

Sources: sheets 02 and 12. Differs: nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError
from psephos.metrics.recommendation.coding import Codes, Counts, Floats, Problem, Rows, Run
from psephos.metrics.recommendation.conventions import Convention
from psephos.metrics.recommendation.tie_blocks import Expected, expected_positions

MOST_CELLS = 2**31
"""Most cells of a matrix of users by positions."""

KERNEL_FROM = 2**19
"""Cells of a matrix of lists from which a compiled kernel checks them and adds them up; below, loading it takes
longer than NumPy needs."""

LARGEST_EXPONENT = 1000
"""Gains whose powers of 2 can still be added up."""

MOST_EMPTY = 4
"""Cells for each row up to which rows in order are laid out as a matrix, whatever the longest list."""


@dataclass(frozen=True, eq=False)
class Lists:
    """The lists of one run, ready to be added up.

    Attributes
    ----------
    items : ndarray of int32, shape (n_users, width)
        -1 after the end.
    length : ndarray of int64, shape (n_users,)
    fresh : ndarray of bool or None, shape (n_users, width)
        False where an item stands in the list a second time; None where none does.
    expected : Expected or None
        None where no two scores are equal.
    ledger : dict of str to int
        What was found: rows, lists, unknown_users, unknown_items, repeats, seen, outside, outside_candidates, ties.
    """

    items: npt.NDArray[np.signedinteger]
    length: Counts
    fresh: npt.NDArray[np.bool_] | None
    expected: Expected | None
    ledger: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Judgement:
    """The truth under a convention: which rows are hits, and what each gains.

    `relevant` counts the hits of each user.
    """

    rows: Rows
    hit: npt.NDArray[np.bool_]
    gain: Floats
    relevant: Counts


def judgement_of(truth: Rows, rule: Convention) -> Judgement:
    """Which items are hits, and what they gain."""
    value = truth.values
    if rule.gain.startswith("exponential") and value.max(initial=0.0) - (rule.level or 0.0) > LARGEST_EXPONENT:
        raise InputError(
            "interactions", f"hold a gain of {value.max():g}, too large for 2 to its power", hint="take gain='linear'"
        )
    hit = value > 0 if rule.level is None else value >= rule.level
    if rule.gain == "linear":
        gain = np.maximum(value, 0.0)
    elif rule.gain == "exponential":
        gain = np.exp2(np.maximum(value, 0.0)) - 1
    elif rule.gain == "binary":
        gain = hit.astype(np.float64)
    else:
        gain = np.where(hit, np.exp2(value - float(rule.level or 0) + 1) - 1, 0.0)
    before = np.concatenate([[0], np.cumsum(hit, dtype=np.int64)])
    return Judgement(truth, hit, gain, np.diff(before[truth.starts]))


def ranked_lists(run: Run, problem: Problem, judged: Judgement, rule: Convention, width: int | None) -> Lists:
    """Sort, put right and cut the lists of a run.

    Parameters
    ----------
    run : Run
    problem : Problem
    judged : Judgement
        Hits and gains, which positions among equal scores need.
    rule : Convention
        What becomes of ties, repeats, items that were seen or are from outside.
    width : int or None
        The largest cutoff; None keeps whole lists.

    Returns
    -------
    Lists
        With a ledger of what was found.
    """
    if run.matrix is None:
        assert run.users is not None and run.items is not None and run.keys is not None  # noqa: S101, PT018
        return _of_rows(run.users, run.items, run.keys, problem, judged, rule, width)
    matrix = run.matrix
    if matrix.size >= KERNEL_FROM and problem.candidates is None and rule.repeats != "keep":
        return _of_large_matrix(matrix, problem, judged, rule, width)
    user, place = np.nonzero(matrix >= 0)
    return _of_rows(
        user.astype(np.int32),
        matrix[user, place].astype(np.int32),
        place.astype(np.float64),
        problem,
        judged,
        rule,
        width,
    )


def _of_rows(
    users: Codes,
    items: Codes,
    keys: Floats,
    problem: Problem,
    judged: Judgement,
    rule: Convention,
    width: int | None,
) -> Lists:
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
    if len(users) >= KERNEL_FROM and problem.candidates is None and rule.repeats == "drop" and not ledger["ties"]:
        length = np.bincount(users, minlength=problem.n_users)
        if length.max() * problem.n_users <= MOST_EMPTY * len(users):
            cells = np.full((problem.n_users, int(length.max())), -1, dtype=np.int32)
            cells[np.arange(cells.shape[1]) < length[:, None]] = items
            lists = _of_large_matrix(cells, problem, judged, rule, width)
            return replace(lists, ledger=lists.ledger | ledger)

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

    length = np.bincount(users, minlength=problem.n_users)
    starts = np.concatenate([[0], np.cumsum(length)])
    place = np.arange(len(users)) - starts[users]
    width = int(length.max(initial=0)) if width is None else min(width, int(length.max(initial=0)))
    if problem.n_users * max(width, 1) > MOST_CELLS:
        raise InputError("k", f"lists of {width:,} items for {problem.n_users:,} users are too many", hint="give a k")
    cut = place < width
    at = users[cut], place[cut]
    matrix = np.full((problem.n_users, width), -1, dtype=np.int32)
    matrix[at] = items[cut]
    fresh = None
    if not first.all():
        fresh = np.ones(matrix.shape, dtype=bool)
        fresh[at] = first[cut]
    expected = None
    if rule.ties == "expected" and ledger["ties"]:
        parts = expected_positions(users, keys, hit, gain)
        made = [np.zeros(matrix.shape) for _ in parts]
        for whole, part in zip(made, parts, strict=True):
            whole[at] = part[cut]
        expected = Expected(*made)
    ledger["lists"] = int((length > 0).sum())
    return Lists(matrix, length, fresh, expected, ledger)


def train_items(problem: Problem) -> npt.NDArray[np.bool_]:
    """Which items stand in the train data."""
    found = np.zeros(problem.n_items, dtype=bool)
    if problem.train is not None:
        found[problem.train.items] = True
    return found


def _never_relevant(train: Rows, judged: Judgement) -> tuple[Counts, Codes]:
    """The train data of each user without the items that are relevant to it."""
    row = judged.rows.find(train.users, train.items)
    rest = ~((row >= 0) & judged.hit[row])
    before = np.concatenate([[0], np.cumsum(rest, dtype=np.int64)])
    return before[train.starts], train.items[rest]


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


def _of_large_matrix(
    matrix: npt.NDArray[np.integer], problem: Problem, judged: Judgement, rule: Convention, width: int | None
) -> Lists:
    """The same for a matrix of many lists, which are copied only where something has to be put right."""
    from psephos.metrics.recommendation._kernels import cleaned, inspected

    train = problem.train
    starts = np.zeros(problem.n_users + 1, dtype=np.int64) if train is None else train.starts
    held = np.empty(0, dtype=np.int32) if train is None else train.items
    inside = train_items(problem) if train is not None else np.ones(problem.n_items, dtype=bool)
    length, found = inspected(matrix, problem.known, starts, held, inside)
    names = ("rows", "gaps", "unknown_users", "repeats", "seen", "outside")
    ledger = dict(zip(names, map(int, found), strict=True))
    gaps = ledger.pop("gaps")
    if rule.repeats == "error" and ledger["repeats"]:
        raise InputError(
            "runs",
            f"hold an item twice in one list, {ledger['repeats']:,} times",
            hint="a convention with repeats='drop' takes the first of them",
        )
    wrong = gaps + ledger["unknown_users"] + ledger["repeats"]
    wrong += ledger["seen"] * (rule.seen != "keep") + ledger["outside"] * (rule.outside == "drop")
    width = matrix.shape[1] if width is None else min(width, matrix.shape[1])
    lists: npt.NDArray[np.signedinteger]
    if wrong or matrix.dtype.kind == "u":
        if train is not None and rule.seen == "drop_irrelevant":
            starts, held = _never_relevant(train, judged)
        lists, length = cleaned(
            matrix, width, problem.known, starts, held, inside, rule.seen != "keep", rule.outside == "drop"
        )
    else:
        lists = matrix[:, :width]  # type: ignore[assignment]
    ledger |= {"unknown_items": 0, "ties": 0, "lists": int((length > 0).sum())}
    return Lists(lists, length, None, None, ledger)
