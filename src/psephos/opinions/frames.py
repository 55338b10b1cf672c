"""Opinions from data frames and matrices.

`from_frame` takes any data frame (pandas, Polars, Arrow and whatever else narwhals or the Arrow PyCapsule interface
knows), long or wide; `from_matrix` takes items by voters. Arrays go through `constructors`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.opinions.building import build
from psephos.opinions.coding import canonical
from psephos.opinions.kinds import kind_named, recognise
from psephos.opinions.model import Opinions

Tables = Mapping[str, Any]


def from_frame(
    frame: object,
    *,
    kind: str | None = None,
    columns: Mapping[str, str] | None = None,
    wide: str | None = None,
    about: Tables | None = None,
    repeated: str = "auto",
) -> Opinions:
    """Opinions from any data frame.

    Parameters
    ----------
    frame : data frame
        Anything that narwhals or the Arrow PyCapsule interface understands.
    kind : str, optional
        The kind; recognised from the column names if not given.
    columns : mapping of str to str, optional
        Part to column name, such as ``{"voter": "annotator"}``, where the names alone do not tell.
    wide : str, optional
        The table is wide: this column names the item and each further column is a voter.
    about, repeated
        As in `labels`.

    Examples
    --------
    >>> table = pl.DataFrame({"task": ["a", "a"], "worker": [1, 2], "label": ["x", "y"]})
    >>> print(from_frame(table))
    2 labels (1 items, 2 voters, 2 labels) from data
    """
    table = to_polars(frame)
    if wide is not None:
        table = unpivoted(table, wide, kind or "labels")
        kind = kind or "labels"
    found, parts = recognise(table.columns, kind=kind, stated=columns)
    return build(found, renamed(table, parts), about=tables(about), repeated=repeated)


def from_matrix(
    matrix: npt.ArrayLike,
    *,
    items: Sequence[object] | None = None,
    voters: Sequence[object] | None = None,
    kind: str = "labels",
    about: Tables | None = None,
) -> Opinions:
    """Opinions from a matrix of items by voters; None and NaN are cells in which a voter took no part.

    Parameters
    ----------
    matrix : array_like, shape (n_items, n_voters)
        Labels or scores.
    items, voters : sequence, optional
        Names of rows and columns; numbers from 0 if not given.
    kind : {"labels", "scores"}, default "labels"
        What the cells are.

    Examples
    --------
    >>> print(from_matrix([["cat", "dog"], ["cat", None]], voters=["ann", "bob"]))
    3 labels (2 items, 2 voters, 2 labels) from data
    """
    cells = np.asarray(matrix, dtype=object)
    if cells.ndim != 2:
        raise InputError("matrix", f"must have 2 dimensions (items by voters), got {cells.ndim}")
    item_names = list(range(cells.shape[0])) if items is None else list(items)
    voter_names = list(range(cells.shape[1])) if voters is None else list(voters)
    if (len(item_names), len(voter_names)) != cells.shape:
        raise InputError(
            "matrix", f"has shape {cells.shape}, but {len(item_names)} items and {len(voter_names)} voters"
        )
    row, column = np.nonzero(np.array([[cell is not None and cell == cell for cell in line] for line in cells], bool))
    value = kind_named(kind).value
    given = {"item": [item_names[i] for i in row], "voter": [voter_names[j] for j in column]}
    given[value] = [cells[i, j] for i, j in zip(row, column, strict=True)]
    table = pl.DataFrame({name: series(name, values) for name, values in given.items()})
    return build(kind_named(kind), table, about=tables(about))


def to_polars(frame: object) -> pl.DataFrame:
    """Any eager data frame as a Polars data frame; columns of mixed Python objects become columns of texts.

    Raises
    ------
    InputError
        If `frame` is no data frame, is lazy, or two of its columns have one name.
    """
    if isinstance(frame, pl.DataFrame):
        return frame
    try:
        known = nw.from_native(frame, eager_only=True)  # type: ignore[call-overload]
    except TypeError:
        if not hasattr(frame, "__arrow_c_stream__"):
            raise InputError("frame", f"must be a data frame, got {type(frame).__name__}") from None
        return pl.DataFrame(frame)
    columns = [str(name) for name in known.columns]
    if len(set(columns)) < len(columns):
        raise InputError("frame", f"two columns are called {max(columns, key=columns.count)!r}")
    return pl.DataFrame(
        {name: _to_series(name, known[real]) for name, real in zip(columns, known.columns, strict=True)}
    )


def unpivoted(table: pl.DataFrame, item: str, kind: str, *, row: str | None = None) -> pl.DataFrame:
    """A wide table (one column names the item, the others are voters) as a long one without its empty cells.

    `row`, if given, is a column of row numbers that is kept beside each cell.
    """
    if item not in table.columns:
        raise InputError("wide", f"there is no column {item!r} among {', '.join(map(repr, table.columns[:12]))}")
    index = [item] if row is None else [item, row]
    voters = [name for name in table.columns if name not in index]
    if not voters:
        raise InputError("wide", "the table has no columns of voters beside the items")
    value = kind_named(kind).value
    if value == "label":
        table = table.with_columns(canonical(table[name]).cast(pl.String) for name in voters)
    long = table.with_row_index("\0").unpivot(index=["\0", *index], on=voters, variable_name="voter", value_name=value)
    return long.filter(pl.col(value).is_not_null()).sort("\0", maintain_order=True).drop("\0").rename({item: "item"})


def renamed(table: pl.DataFrame, parts: Mapping[str, str]) -> pl.DataFrame:
    """The table with the columns of a kind under their own names; a foreign column in the way gets a trailing ``_``."""
    new = {name: part for part, name in parts.items()}
    taken = set(parts)
    for name in table.columns:
        if name not in new:
            target = name
            while target in taken:
                target += "_"
            new[name] = target
        taken.add(new[name])
    return table.rename(new)


def tables(about: Tables | None) -> dict[str, pl.DataFrame]:
    """Tables about things, of any data-frame library, as Polars."""
    return {name: to_polars(table) for name, table in (about or {}).items()}


def series(name: str, values: Any) -> pl.Series:
    """A column from any sequence; values of mixed types stay Python objects and are named one by one."""
    if isinstance(values, pl.Series):
        return values.alias(name)
    if isinstance(values, np.ndarray) and values.dtype != object:
        if values.ndim != 1:
            raise InputError(name, f"must have one dimension, got {values.ndim}")
        return pl.Series(name, values)
    listed = values.to_list() if hasattr(values, "to_list") else list(values)
    try:
        return pl.Series(name, listed, strict=True)
    except (TypeError, pl.exceptions.PolarsError, OverflowError):
        return pl.Series(name, listed, dtype=pl.Object)


def _to_series(name: str, values: nw.Series[Any]) -> pl.Series:
    if values.dtype == nw.Object:
        return series(name, values.to_list())
    return values.to_polars().alias(name)
