"""Plain columns from files: tables of texts or Parquet, and arrays of NumPy.

A table gives its columns by name. An array file gives its arrays: of ``.npz`` by their names; of ``.npy`` one array
with the name of the file, or the fields of a structured one. Pickled objects are never read. Columns of texts stay
texts: whoever needs numbers asks for them by `numbers_of`, and a complaint names the row.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, ParseError
from psephos.opinions import measures
from psephos.opinions.coding import text_of
from psephos.opinions.formats import read_tables
from psephos.opinions.issues import Issues
from psephos.opinions.model import Source
from psephos.opinions.sources import sha256_of
from psephos.opinions.text_files import missing_file
from psephos.opinions.wording import first_of

ARRAYS = (".npy", ".npz")


@dataclass(frozen=True, eq=False)
class ColumnFile:
    """The columns of a file.

    Attributes
    ----------
    name : str
        The file.
    columns : mapping of str to ndarray
        Numbers, truth values, or texts as objects with None where missing.
    source : Source
    issues : Issues
        What was set aside on the way.
    """

    name: str
    columns: dict[str, npt.NDArray[Any]]
    source: Source
    issues: Issues

    def column(self, name: str, option: str) -> npt.NDArray[Any]:
        """A column by name; `option` is who asks."""
        if name not in self.columns:
            known = first_of(list(self.columns), 8)
            raise InputError(option, f"{self.name} has no column {name!r:.80}", hint=f"it has {known}")
        return self.columns[name]

    def numbers(self, name: str, option: str) -> npt.NDArray[np.float64]:
        """A column, or a matrix, as numbers."""
        return numbers_of(self.column(name, option), option, name)


def read_columns(path: str | Path, *, encoding: str = "utf-8") -> ColumnFile:
    r"""Read columns from a file of CSV, TSV, JSON Lines, JSON, Parquet, ``.npy`` or ``.npz``.

    Parameters
    ----------
    path : str or Path
    encoding : str, default "utf-8"
        Encoding of text files.

    Returns
    -------
    ColumnFile

    Raises
    ------
    ParseError
        If the file cannot be read, or holds pickled objects.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "scores.csv")
    ...     _ = file.write_text("y,p\n1,0.9\n0,\n")
    ...     found = read_columns(file)
    >>> found.numbers("p", "score")
    array([0.9, nan])
    """
    file = Path(path)
    if file.suffix.lower() in ARRAYS:
        columns, issues, sha256 = _arrays(file), Issues(), ""
        sha256 = sha256_of(file)
    else:
        (table,) = read_tables([file], encoding=encoding)
        columns = {name: _plain(table.frame[name]) for name in table.frame.columns}
        issues, sha256 = Issues(table.issues), table.sha256
    words = ("--encoding", encoding) if encoding != "utf-8" else ()
    return ColumnFile(str(path), columns, Source((str(path),), (sha256,), (str(path),), words), issues)


def mapped_array(path: str | Path) -> npt.NDArray[Any]:
    """The array of a ``.npy`` file, mapped rather than read, for what takes it in chunks.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    ndarray

    Raises
    ------
    ParseError
        If the file cannot be read, holds pickled objects or a single value.

    See Also
    --------
    read_columns : reads it as a whole.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     np.save(Path(folder, "codes.npy"), np.eye(3))
    ...     found = mapped_array(Path(folder, "codes.npy"))
    ...     found.shape
    (3, 3)
    """
    file = Path(path)
    if not file.exists():
        raise missing_file(file)
    try:
        loaded = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as problem:
        raise _unreadable(file, problem) from None
    if not isinstance(loaded, np.ndarray) or not loaded.ndim:
        raise ParseError(str(file), "holds no array")
    return loaded


def numbers_of(values: npt.NDArray[Any], option: str, name: str) -> npt.NDArray[np.float64]:
    """Numbers from numbers, truth values or texts; an empty text is NaN, and what is no number is named with its row.

    Examples
    --------
    >>> numbers_of(np.array(["1", None, "true"], dtype=object), "truth", "y")
    array([ 1., nan,  1.])
    """
    if values.dtype.kind in "biuf":
        return values.astype(np.float64)
    texts = pl.Series([None if one is None else str(one).strip() for one in values.ravel().tolist()], dtype=pl.String)
    texts = texts.replace({"": None})
    found = measures.numbers_of(texts, dates=False)
    bad = found.is_null() & texts.is_not_null() & ~texts.str.to_lowercase().is_in(["nan", "na"])
    if bad.any():
        first = int(bad.arg_max() or 0)
        raise InputError(
            option,
            f"{name} holds {texts[first]!r:.60}, which is no number",
            where=f"row {first + 1}",
            hint="name another column, or mend the row",
        )
    return found.fill_null(float("nan")).to_numpy().reshape(values.shape)


def _plain(column: pl.Series) -> npt.NDArray[Any]:
    if column.dtype.is_numeric():
        return (
            column.to_numpy()
            if column.null_count() == 0
            else column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
        )
    if column.dtype == pl.Boolean and column.null_count() == 0:
        return column.to_numpy()
    if isinstance(column.dtype, (pl.List, pl.Array)):
        try:
            return np.array(column.to_list(), dtype=np.float64)
        except (TypeError, ValueError):
            pass
    if column.dtype == pl.Object:  # JSON with values of several types in one column
        return np.array([str(one) if isinstance(one, (list, dict)) else text_of(one) for one in column], dtype=object)
    return np.array(
        column.cast(pl.String, strict=False).to_list()
        if not column.dtype.is_nested()
        else [None if one is None else str(one) for one in column.to_list()],
        dtype=object,
    )


def _arrays(file: Path) -> dict[str, npt.NDArray[Any]]:
    if not file.exists():
        raise missing_file(file)
    try:
        with file.open("rb") as stream:
            loaded = np.load(stream, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                fields = loaded.dtype.names
                held = {name: loaded[name] for name in fields} if fields else {file.stem: loaded}
            else:
                held = {name: loaded[name] for name in loaded.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, KeyError, zlib.error) as problem:
        raise _unreadable(file, problem) from None
    except MemoryError:
        raise ParseError(str(file), "holds arrays larger than the memory", hint="it may be damaged") from None
    for name, array in held.items():
        if array.ndim == 0:
            raise ParseError(str(file), f"holds a single value, no column, in {name!r:.60}")
    return {name: array.astype(object) if array.dtype.kind in "US" else array for name, array in held.items()}


def _unreadable(file: Path, problem: Exception) -> ParseError:
    said = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
    if "pickle" in said or "Python objects" in said:
        return ParseError(
            str(file),
            "holds pickled objects, which are never read",
            hint="save it as an array of numbers",
        )
    return ParseError(str(file), f"cannot be read as NumPy writes arrays: {said:.120}")
