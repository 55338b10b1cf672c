"""Opinions from data frames and matrices.

`from_frame` takes any data frame (pandas, Polars, Arrow and whatever else narwhals or the Arrow PyCapsule interface
knows), long or wide; `from_matrix` takes items by voters. Arrays go through `constructors`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from types import NoneType
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_choice
from psephos.opinions.building import Missing, build
from psephos.opinions.coding import canonical, text_of
from psephos.opinions.kinds import kind_named, listed
from psephos.opinions.model import Opinions
from psephos.opinions.recognising import recognise

Tables = Mapping[str, Any]

WIDE = ("labels", "scores")
"""Kinds that a matrix of items by voters can hold; a wide table can also hold transcripts, a whole text per cell."""


def from_frame(
    frame: object,
    *,
    kind: str | None = None,
    columns: Mapping[str, str | int] | None = None,
    wide: str | int | None = None,
    about: Tables | None = None,
    repeated: str = "auto",
    missing: Missing = (),
) -> Opinions:
    """Opinions from any data frame.

    Parameters
    ----------
    frame : data frame
        Anything that narwhals or the Arrow PyCapsule interface understands.
    kind : str, optional
        The kind; recognised from the column names if not given.
    columns : mapping of str to str or int, optional
        Part to column name, such as ``{"voter": "annotator"}``, where the names alone do not tell.
    wide : str or int, optional
        The table is wide: this column names the item and each further column is a voter.
    about, repeated, missing
        As in `labels`.

    Returns
    -------
    Opinions
        Of the kind that the columns say, or of `kind`.

    Raises
    ------
    InputError
        If `frame` is no data frame, no kind has its columns, or no row is left.

    See Also
    --------
    psephos.read : from files.

    Examples
    --------
    >>> table = pl.DataFrame({"task": ["a", "a"], "worker": [1, 2], "label": ["x", "y"]})
    >>> print(from_frame(table))
    2 labels (1 item, 2 voters, 2 labels) from data
    """
    table = to_polars(frame)
    if wide is not None:
        table = unpivoted(table, str(wide), kind or "labels")
        kind = kind or "labels"
    stated = {part: str(name) for part, name in (columns or {}).items()}
    try:
        found, parts = recognise(table.columns, kind=kind, stated=stated)
    except InputError:
        from psephos.opinions.transcript_text import text_parts, tokenised

        texts = text_parts(table.columns, kind, stated)
        if texts is None:
            raise
        table, _ = tokenised(table, np.arange(1, table.height + 1), "frame", texts)
        found, parts = recognise(table.columns, kind="transcripts")
    return build(found, renamed(table, parts), about=tables(about), repeated=repeated, missing=missing)


def from_matrix(
    matrix: npt.ArrayLike,
    *,
    items: Sequence[object] | None = None,
    voters: Sequence[object] | None = None,
    kind: str = "labels",
    about: Tables | None = None,
    missing: Missing = (),
) -> Opinions:
    """Opinions from a matrix of items by voters; None, NaN and empty texts are cells in which a voter took no part.

    Parameters
    ----------
    matrix : array_like, shape (n_items, n_voters)
        Labels or scores.
    items, voters : sequence, optional
        Names of rows and columns; numbers from 0 if not given.
    kind : {"labels", "scores"}, default "labels"
        What the cells are.
    about : mapping of str to data frame, optional
        As in `labels`.
    missing : str or collection of str, optional
        Texts that mean an abstention; as in `labels`.

    See Also
    --------
    psephos.labels : from one row per vote.

    Examples
    --------
    >>> print(from_matrix([["cat", "dog"], ["cat", None]], voters=["ann", "bob"]))
    3 labels (2 items, 2 voters, 2 labels) from data
    """
    check_choice("kind", kind, WIDE)
    try:
        if getattr(getattr(matrix, "dtype", None), "kind", "") == "M":  # as objects, nanoseconds would be bare numbers
            matrix = np.asanyarray(matrix).astype("M8[us]")
        cells = np.asarray(matrix.tolist() if isinstance(matrix, np.ma.MaskedArray) else matrix, dtype=object)
    except ValueError:
        raise InputError("matrix", "must hold one value per cell") from None
    if cells.ndim != 2:
        raise InputError("matrix", f"must have 2 dimensions (items by voters), got {cells.ndim}")
    item_names = list(range(cells.shape[0])) if items is None else list(items)
    voter_names = list(range(cells.shape[1])) if voters is None else list(voters)
    if (len(item_names), len(voter_names)) != cells.shape:
        raise InputError(
            "matrix",
            f"has shape {cells.shape}, but {len(item_names)} items and {len(voter_names)} voters",
            hint="a matrix has a row per item and a column per voter",
        )
    given = np.array([[text_of(cell, "matrix") is not None for cell in line] for line in cells], bool)
    row, column = np.nonzero(given.reshape(cells.shape))
    value = kind_named(kind).value
    long = {"item": [item_names[i] for i in row], "voter": [voter_names[j] for j in column]}
    long[value] = [cells[i, j] for i, j in zip(row, column, strict=True)]
    table = pl.DataFrame({name: series(name, values) for name, values in long.items()})
    return build(kind_named(kind), table, about=tables(about), missing=missing)


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
        columns = [(str(column.name), column) for column in known.iter_columns()]
    except TypeError:
        return _from_capsule(frame)
    except nw.exceptions.DuplicateError as problem:
        raise InputError(
            "frame", f"has two columns of one name: {' '.join(str(problem).split())}", hint="rename one"
        ) from None
    for name, count in Counter(name for name, _ in columns).items():
        if count > 1:
            raise InputError("frame", f"has two columns called {name!r}", hint="rename one")
    return pl.DataFrame({name: _to_series(name, column) for name, column in columns})


def unpivoted(table: pl.DataFrame, item: str, kind: str, *, row: str | None = None) -> pl.DataFrame:
    """A wide table (one column names the item, the others are voters) as a long one without its empty cells.

    `row`, if given, is a column of row numbers that is kept beside each cell.
    """
    check_choice("kind", kind, (*WIDE, "transcripts"))
    if item not in table.columns:
        raise InputError("wide", f"there is no column {item!r} among {listed([c for c in table.columns if c != row])}")
    index = {"\0item": item} if row is None else {"\0item": item, "\0row": row}
    voters = [name for name in table.columns if name not in index.values()]
    if not voters:
        raise InputError(
            "wide",
            "the table has no columns of voters beside the items",
            hint="a wide table has a column per voter beside that of the items",
        )
    value = "text" if kind == "transcripts" else kind_named(kind).value
    cells = table.select(voters)
    if value != "score" or not all(dtype.is_numeric() for dtype in cells.dtypes):
        cells = cells.select(canonical(cells[name]).cast(pl.String) for name in voters)
    keys = table.select(pl.col(name).alias(key) for key, name in index.items()).with_row_index("\0place")
    long = keys.hstack(cells).unpivot(index=keys.columns, on=voters, variable_name="\0voter", value_name="\0value")
    given = long.filter(pl.col("\0value").is_not_null()).sort("\0place", maintain_order=True)
    names = {"item": "\0item", "voter": "\0voter", value: "\0value"} | ({} if row is None else {row: "\0row"})
    return given.select(pl.col(key).alias(name) for name, key in names.items())


def renamed(table: pl.DataFrame, parts: Mapping[str, str]) -> pl.DataFrame:
    """The table with the columns of a kind under their own names; a foreign column in the way gets a trailing ``_``.

    Nothing is dropped: a column that plays no part is carried along.
    """
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
    """Tables about things, of any data-frame library, as Polars.

    Any library that narwhals knows: pandas, Polars, Arrow.
    """
    return {name: to_polars(table) for name, table in (about or {}).items()}


def series(name: str, values: Any) -> pl.Series:
    """A column from any sequence; values of mixed types stay Python objects and are named one by one.

    Lists, arrays, masked arrays and columns of any library; a value of an unfit type is complained of under `name`.
    """
    if isinstance(values, pl.Series):
        return values.alias(name)
    if isinstance(values, np.ndarray) and values.dtype != object and not isinstance(values, np.ma.MaskedArray):
        if values.ndim != 1:
            raise InputError(name, f"must have one dimension, got {values.ndim}")
        with suppress(TypeError, ValueError):
            return pl.Series(name, values)
        values = values.astype(object)
    listed = _listed(name, values)
    if listed and type(listed[0]) is str:  # the commonest column by far, and a mixed one is refused at its first other
        with suppress(TypeError, ValueError, pl.exceptions.PolarsError):
            return pl.Series(name, listed, dtype=pl.String, strict=True)
    types = _types(listed)
    dtype: Any = None
    if types and all(issubclass(kind, (list, tuple, np.ndarray)) for kind in types):
        listed = [value.tolist() if isinstance(value, np.ndarray) else value for value in listed]
        dtype = _list_dtype(_types(part for value in listed if value is not None for part in value))
    elif types == {int, float} and not any(type(value) is int and abs(value) > 2**53 for value in listed):
        dtype = pl.Float64
    elif len(types) > 1 or types == {dict} or (types == {Decimal} and not all(map(_is_finite, listed))):
        dtype = pl.Object
    with suppress(TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        return pl.Series(name, listed, dtype=dtype, strict=True)
    return pl.Series(name, listed, dtype=pl.Object)


def _types(values: Iterable[Any]) -> set[type]:
    return set(map(type, values)) - {NoneType}


def _list_dtype(types: set[type]) -> Any:
    """Polars takes the type of the first list for all and cuts 1.5 to 1, so the type is found here."""
    if bool in types or not all(issubclass(kind, (int, float, np.integer, np.floating)) for kind in types):
        return pl.Object
    return pl.List(pl.Int64 if all(issubclass(kind, (int, np.integer)) for kind in types) else pl.Float64)


def _is_finite(value: Decimal | None) -> bool:
    """Polars has no decimal NaN or infinity, and ends the program where it meets one."""
    return value is None or value.is_finite()


def _listed(name: str, values: Any) -> list[Any]:
    if type(values) is list:
        return values
    if isinstance(values, np.ma.MaskedArray):
        return list(values.tolist())
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise InputError(name, f"must be a sequence, got {values!r:.60}")
    if isinstance(values, (Mapping, set, frozenset)):
        hint = "give a list with one value for each row"
        raise InputError(
            name, f"must be a sequence, got a {type(values).__name__}, whose rows have no order", hint=hint
        )
    return list(values.to_list() if hasattr(values, "to_list") else values)


def _from_capsule(frame: object) -> pl.DataFrame:
    if not hasattr(frame, "__arrow_c_stream__"):
        raise InputError("frame", f"must be a data frame, got {type(frame).__name__}")
    try:
        return pl.DataFrame(frame)
    except (pl.exceptions.PolarsError, ValueError) as problem:
        raise InputError("frame", f"cannot be taken from Arrow: {problem}") from None


def _to_series(name: str, values: nw.Series[Any]) -> pl.Series:
    if values.dtype == nw.Object:
        return series(name, values.to_list())
    try:
        return values.to_polars().alias(name)
    except (TypeError, ValueError, NotImplementedError, ImportError):
        return series(name, values.to_list())
