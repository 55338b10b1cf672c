"""How do frames, mappings, opinions and arrays become one coded problem?

Inside, users and items are whole numbers: `Rows` holds for each user its items, sorted, with a number each (the truth,
the train data), a `Run` its rows as they were given, or a matrix of lists. Names of any type are made one text each, as
`psephos.opinions` does, so that 1, 1.0 and "1" are one item whatever table they came from. Train items come first in
the codes, in the order in which they appear.

Arrays need no coding: the truth and the train data are sparse matrices of users by items, and a run is a matrix of
item numbers, a row per user, -1 where a list has ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from psephos.errors import InputError
from psephos.metrics.recommendation.tables import Long, Names, long_of, runs_of
from psephos.opinions.coding import canonical, encode
from psephos.opinions.wording import plural

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rows:
    """What users hold: the items of user u at ``starts[u]:starts[u + 1]``, sorted, each once, with a number each.

    Attributes
    ----------
    starts : ndarray of int64, shape (n_users + 1,)
    items : ndarray of int32, shape (n_rows,)
    values : ndarray of float64, shape (n_rows,)
        Gain, rating, or 1.
    n_items : int
        Number of all items, held or not.
    """

    starts: Counts
    items: Codes
    values: Floats
    n_items: int

    @property
    def counts(self) -> Counts:
        """How many items each user holds."""
        return np.diff(self.starts)

    @cached_property
    def users(self) -> Counts:
        """The user of each row."""
        return np.repeat(np.arange(len(self.starts) - 1), self.counts)

    @cached_property
    def keys(self) -> Counts:
        """User and item as one number, ascending."""
        return self.users * self.n_items + self.items

    def find(self, users: npt.NDArray[Any], items: npt.NDArray[Any]) -> Counts:
        """The row of each pair, -1 where the user does not hold the item; a negative item is held by nobody."""
        if not len(self.items):
            return np.full(np.broadcast_shapes(np.shape(users), np.shape(items)), -1, dtype=np.int64)
        wanted = np.asarray(users, dtype=np.int64) * self.n_items + items
        place = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where((self.keys[place] == wanted) & (np.asarray(items) >= 0), place, -1)

    def matrix(self) -> sparse.csr_matrix:
        """Users by items, 1 where held."""
        shape = (len(self.starts) - 1, self.n_items)
        return sparse.csr_matrix((np.ones(len(self.items)), self.items, self.starts), shape=shape)


@dataclass(frozen=True, eq=False)
class Run:
    """The lists of one system, as rows or as a matrix.

    Attributes
    ----------
    users, items : ndarray of int32, shape (n_rows,), or None
    keys : ndarray of float64, shape (n_rows,), or None
        Ascend down a list: ranks, or scores below 0.
    scores : ndarray of float64, shape (n_rows,), or None
        As they were given, for metrics of ratings; None where ranks were.
    matrix : ndarray of int, shape (n_users, width), or None
        Items in order, below 0 where a list has ended, in place of all others.
    """

    users: Codes | None = None
    items: Codes | None = None
    keys: Floats | None = None
    scores: Floats | None = None
    matrix: npt.NDArray[Any] | None = None


@dataclass(frozen=True, eq=False)
class Problem:
    """Everything that an evaluation rests on, coded.

    Attributes
    ----------
    users, items : polars.Series or None
        Names; None where numbers are names.
    truth, train, candidates : Rows or None
    judged : ndarray of bool, shape (n_users,)
        Whether the truth says anything about a user.
    known : ndarray of bool, shape (n_users,)
        Whether the truth or the train data do.
    runs : dict of str to Run
    notes : list of str
    """

    n_users: int
    n_items: int
    users: pl.Series | None
    items: pl.Series | None
    truth: Rows
    train: Rows | None
    candidates: Rows | None
    judged: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]
    runs: dict[str, Run]
    notes: list[str] = field(default_factory=list)

    def user_names(self) -> pl.Series:
        """The name of each user."""
        return pl.Series("user", np.arange(self.n_users)) if self.users is None else self.users.alias("user")


def coded_problem(
    interactions: object, runs: object, *, train: object = None, candidates: object = None, order: str | None = None
) -> Problem:
    """Code whatever was handed over; see the module.

    Parameters
    ----------
    interactions : frame, mapping, Opinions or sparse matrix
        The truth.
    runs : frame, mapping, Opinions or matrix
        One system or several.
    train, candidates : as `interactions`, optional
        What users had before, and what could be recommended to them.
    order : str, optional
        Which column, or the order of the rows, orders the lists of frames; see `tables`.

    Returns
    -------
    Problem

    Raises
    ------
    InputError
        Names what cannot be read, or does not fit the rest.
    """
    if sparse.issparse(interactions):
        return _of_arrays(interactions, runs, train, candidates)
    notes: list[str] = []
    tables: list[Long] = []
    if train is not None:
        tables.append(long_of("train", train, "value"))
    tables.append(long_of("interactions", interactions, "value"))
    if candidates is not None:
        tables.append(long_of("candidates", candidates, "value"))
    held = len(tables)
    named = runs_of(runs, order)
    tables += named.values()
    users, user_codes = one_vocabulary([table.users for table in tables])
    items, item_codes = one_vocabulary([table.items for table in tables])
    n_users, n_items = len(users), len(items)
    rows = [
        _rows(table, user, item, n_users, n_items, notes)
        for table, user, item in zip(tables[:held], user_codes, item_codes, strict=False)
    ]
    truth = rows[1] if train is not None else rows[0]
    empty = tables[1 if train is not None else 0].empty
    if empty:
        notes.append(f"left out: {plural(empty, 'user')} of the interactions without an item")
    coded = {
        name: Run(user, item, table.keys, table.scores)
        for (name, table), user, item in zip(named.items(), user_codes[held:], item_codes[held:], strict=True)
    }
    return _problem(
        (users, items),
        truth,
        rows[0] if train is not None else None,
        rows[held - 1] if candidates is not None else None,
        coded,
        notes,
    )


def _problem(
    names: tuple[pl.Series | None, pl.Series | None],
    truth: Rows,
    train: Rows | None,
    candidates: Rows | None,
    runs: dict[str, Run],
    notes: list[str],
) -> Problem:
    judged = truth.counts > 0
    if not judged.any():
        raise InputError("interactions", "hold no row")
    known = judged if train is None else judged | (train.counts > 0)
    return Problem(len(judged), truth.n_items, *names, truth, train, candidates, judged, known, runs, notes)


def one_vocabulary(columns: Sequence[Names]) -> tuple[pl.Series, list[Codes]]:
    """One vocabulary for a column of several tables.

    Parameters
    ----------
    columns : sequence of Names
        Of any types, which become texts if they differ.

    Returns
    -------
    vocabulary : polars.Series
        In the order in which names first appear, the first table before the second.
    codes : list of ndarray of int32
        Of each table.
    """
    plain = [canonical(column.names) for column in columns]
    if len({column.dtype for column in plain}) > 1:
        plain = [column.cast(pl.String) for column in plain]
    coded = encode(pl.concat([column.alias("name") for column in plain]))
    ends = np.cumsum([len(column) for column in plain])[:-1]
    parts = zip(columns, np.split(coded.codes, ends), strict=True)
    return coded.vocabulary, [codes if column.places is None else codes[column.places] for column, codes in parts]


def _rows(table: Long, users: Codes, items: Codes, n_users: int, n_items: int, notes: list[str]) -> Rows:
    """Rows of one table, each pair once, the first of several counting."""
    values = np.ones(len(users)) if table.values is None else table.values
    named = (users >= 0) & (items >= 0)
    if not named.all():
        notes.append(f"set aside: {plural(int((~named).sum()), 'row')} of {table.argument} without a user or an item")
        users, items, values = users[named], items[named], values[named]
    keys = users.astype(np.int64) * n_items + items
    keys, first = np.unique(keys, return_index=True)
    if len(keys) < len(users):
        notes.append(f"{len(users) - len(keys):,} repeated pairs of {table.argument} set aside, the first counts")
    starts = np.concatenate([[0], np.cumsum(np.bincount(users[first], minlength=n_users))])
    return Rows(starts, items[first], values[first], n_items)


def _of_arrays(interactions: Any, runs: object, train: object, candidates: object) -> Problem:
    truth = _of_sparse("interactions", interactions)
    shape = len(truth.starts) - 1, truth.n_items
    others = []
    for argument, given in (("train", train), ("candidates", candidates)):
        if given is not None and not sparse.issparse(given):
            raise InputError(argument, "must be a sparse matrix where the interactions are one")
        rows = None if given is None else _of_sparse(argument, given)
        if rows is not None and (len(rows.starts) - 1, rows.n_items) != shape:
            raise InputError(argument, f"must have the shape of the interactions {shape}, got {given.shape}")  # type: ignore[attr-defined]
        others.append(rows)
    named = runs if isinstance(runs, Mapping) else {"run": runs}
    coded = {str(name): Run(matrix=_matrix(str(name), given, shape)) for name, given in named.items()}
    if not coded:
        raise InputError("runs", "hold no run")
    return _problem((None, None), truth, others[0], others[1], coded, [])


def _of_sparse(argument: str, matrix: Any) -> Rows:
    held = sparse.csr_matrix(matrix)
    if not held.has_canonical_format:
        held = held.copy()
        held.sum_duplicates()
    values = np.asarray(held.data, dtype=np.float64)
    bad = ~np.isfinite(values)
    if bad.any():
        place = int(np.argmax(bad))
        user = int(np.searchsorted(held.indptr, place, side="right")) - 1
        raise InputError(argument, f"holds {values[place]}", where=f"row {user}, column {held.indices[place]}")
    return Rows(held.indptr.astype(np.int64), held.indices.astype(np.int32, copy=False), values, held.shape[1])


def _matrix(name: str, given: object, shape: tuple[int, int]) -> npt.NDArray[Any]:
    lists = np.asarray(given)
    if lists.ndim != 2 or lists.dtype.kind not in "iu":
        raise InputError(
            "runs", f"{name!r} must be a matrix of item numbers, got {lists.dtype} of {lists.ndim} dimension(s)"
        )
    if len(lists) != shape[0]:
        raise InputError("runs", f"{name!r} must have a row for each of {shape[0]:,} users, got {len(lists):,}")
    if lists.size and (lists.max() >= shape[1] or (lists.dtype.kind == "i" and lists.min() < -1)):
        bad = (lists >= shape[1]) | (lists < -1) if lists.dtype.kind == "i" else lists >= shape[1]
        row, column = np.unravel_index(int(np.argmax(bad)), lists.shape)
        raise InputError(
            "runs",
            f"{name!r} holds item {lists[row, column]}; items are 0 to {shape[1] - 1} and -1 ends a list",
            where=f"row {row}, column {column}",
        )
    return lists
