"""What does each user see, in which order, and what had to be put right on the way?

The rows of lists are sorted and put right (`list_rows`), later items move up, and each list is cut. What was found is
counted over all rows, whether dropped or not.

Sources: sheets 02 and 12. Differs: nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError
from psephos.metrics.recommendation.coding import Codes, Counts, Floats, Problem, Rows, Run
from psephos.metrics.recommendation.conventions import Convention
from psephos.metrics.recommendation.list_rows import put_right, rows_of_matrix, sorted_rows, train_items
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
    return _of_rows(*rows_of_matrix(matrix), problem, judged, rule, width)


def _of_rows(
    users: Codes,
    items: Codes,
    keys: Floats,
    problem: Problem,
    judged: Judgement,
    rule: Convention,
    width: int | None,
) -> Lists:
    rows = sorted_rows(users, items, keys, problem, judged, rule)
    users, items, ledger = rows.users, rows.items, rows.ledger
    if len(users) >= KERNEL_FROM and problem.candidates is None and rule.repeats == "drop" and not ledger["ties"]:
        length = np.bincount(users, minlength=problem.n_users)
        if length.max() * problem.n_users <= MOST_EMPTY * len(users):
            cells = np.full((problem.n_users, int(length.max())), -1, dtype=np.int32)
            cells[np.arange(cells.shape[1]) < length[:, None]] = items
            lists = _of_large_matrix(cells, problem, judged, rule, width)
            return replace(lists, ledger=lists.ledger | ledger)

    rows = put_right(rows, problem, judged, rule)
    users, items, keys, hit, gain, first = rows.users, rows.items, rows.keys, rows.hit, rows.gain, rows.first
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


def _never_relevant(train: Rows, judged: Judgement) -> tuple[Counts, Codes]:
    """The train data of each user without the items that are relevant to it."""
    row = judged.rows.find(train.users, train.items)
    rest = ~((row >= 0) & judged.hit[row])
    before = np.concatenate([[0], np.cumsum(rest, dtype=np.int64)])
    return before[train.starts], train.items[rest]


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
