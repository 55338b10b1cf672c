"""How are opinions and tables of results written, so that they can be read again and harm no spreadsheet?

The suffix names the format. A path without one is a folder that holds the opinions and the tables about items, voters,
candidates and tasks as Parquet: nothing is lost, and `psephos.read` reads it. What a single file loses is said in
`Written`, but for this: text formats know no types beyond text and number, CSV no difference between an empty text and
a missing one, JSON no infinity, and in all of them NaN is missing. Lists are JSON texts in CSV.

A cell of CSV or TSV that a spreadsheet would run as a formula (it starts with one of ``= + - @``, tab or carriage
return and is no plain number) gets an apostrophe in front, unless the caller asks for the file as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import polars as pl
import polars.selectors as cs

from psephos.engine import atomic_write
from psephos.errors import InputError
from psephos.opinions.coding import storable
from psephos.opinions.formats import PLAIN_TEXT, RANKING_READERS, SUFFIXES, TRANSCRIPT_READERS
from psephos.opinions.model import Opinions
from psephos.opinions.wording import plural

ROW_GROUP = 10_000
"""Rows of a group in a Parquet file that is written part by part."""

_FORMULA = r"^[=+\-@\t\r]"
_PLAIN_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


@dataclass(frozen=True)
class Written:
    """What was written, and what the reader of it should know.

    Attributes
    ----------
    paths : tuple of Path
        The files.
    neutralised : int
        Cells and column names that got an apostrophe in front, so that no spreadsheet runs them.
    left_out : tuple of str
        Tables about things that a single file does not hold.
    """

    paths: tuple[Path, ...]
    neutralised: int = 0
    left_out: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = ["wrote " + ", ".join(map(str, self.paths))]
        if self.neutralised:
            cells = plural(self.neutralised, "cell that looks like a formula", "cells that look like formulas")
            parts.append(f"{cells} got an apostrophe in front")
        if self.left_out:
            parts.append(f"without what is known about {', '.join(self.left_out)}; a folder holds it too")
        return "; ".join(parts)


def write(opinions: Opinions, path: str | Path, *, neutralise: bool = True) -> Written:
    """Write opinions to a file or a folder; each file appears whole or not at all.

    Parameters
    ----------
    opinions : Opinions
        What to write.
    path : str or Path
        A file ending in .csv, .tsv, .jsonl, .ndjson, .json or .parquet, or a folder (a path without a suffix).
        Transcripts of one system also as .ctm or .stm, of one clip too as .srt, .vtt or .txt; see
        `transcript_writing` for what these hold. Rankings also as .run, interactions as .qrels; see `trec`.
    neutralise : bool, default True
        Whether cells of CSV and TSV that look like formulas get an apostrophe in front.

    Returns
    -------
    Written
        The files, the number of neutralised cells, and what was left out.

    Raises
    ------
    InputError
        If the suffix is unknown, the place cannot be written to, the format cannot hold a column, or the folder holds
        other opinions already.

    See Also
    --------
    psephos.read : back again.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from psephos.opinions import labels, read
    >>> votes = labels(["a", "a"], ["ann", "bob"], ["cat", "=1+1"])
    >>> with TemporaryDirectory() as folder:
    ...     written = write(votes, Path(folder, "votes.csv"))
    ...     print(written.neutralised, read(Path(folder, "votes.csv")).vocabulary("label").to_list())
    1 ["'=1+1", 'cat']
    """
    path = Path(path)
    if path.suffix.lower() in TRANSCRIPT_READERS and not path.is_dir():
        from psephos.opinions.transcript_writing import write_transcripts

        return Written(write_transcripts(opinions, path), left_out=tuple(opinions.about.tables))
    if path.suffix.lower() in RANKING_READERS and not path.is_dir():
        from psephos.opinions.trec import write_trec

        return Written(write_trec(opinions, path), left_out=tuple(opinions.about.tables))
    if path.suffix and not path.is_dir():
        written = write_frame(opinions.frame(), path, neutralise=neutralise)
        return Written(written.paths, written.neutralised, tuple(opinions.about.tables))
    tables = {f"{opinions.kind}.parquet": opinions.frame()}
    tables |= {f"{name}.parquet": table for name, table in opinions.about.tables.items()}
    _prepare(path, set(tables))
    for name, table in tables.items():
        write_frame(table, path / name)
    return Written(tuple(path / name for name in tables))


def write_frame(frame: pl.DataFrame, path: str | Path, *, neutralise: bool = True) -> Written:
    """Write a table to one file; the way by which every table of psephos reaches a file.

    Parameters
    ----------
    frame : polars.DataFrame
        The table.
    path, neutralise, returns, raises
        As in `write`, without folders.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> table = pl.DataFrame({"item": ["a", "-x"], "share": [[0.5, 0.5], None]})
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "table.csv")
    ...     print(write_frame(table, file).neutralised)
    ...     print(file.read_text())
    1
    item,share
    a,"[0.5, 0.5]"
    '-x,
    """
    path = Path(path)
    suffix = _suffix(path, _WRITERS)
    frame, neutralised = _fit(frame, suffix, neutralise)
    with atomic_write(path, "wb") as file:
        _WRITERS[suffix](frame, file)
    return Written((path,), neutralised)


def write_parts(parts: Iterable[pl.DataFrame], path: str | Path, *, neutralise: bool = True) -> Written:
    """Write a table that comes part by part to one file; memory holds one part, however many there are.

    A Parquet file has a row group for each part or so: the parts lie in a folder beside the file until the last one is
    there.

    Parameters
    ----------
    parts : iterable of polars.DataFrame
        Parts with the same columns, one at least.
    path : str or Path
        A file ending in .csv, .tsv, .jsonl, .ndjson or .parquet.
    neutralise : bool, default True
        As in `write`.

    Returns
    -------
    Written

    Raises
    ------
    InputError
        As in `write`, and if there is no part. What `parts` raises leaves the file as it was.

    See Also
    --------
    write_frame : a table in one piece.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> parts = (pl.DataFrame({"item": [f"i{n}"], "votes": [n]}) for n in range(3))
    >>> with TemporaryDirectory() as folder:
    ...     _ = write_parts(parts, Path(folder, "votes.csv"))
    ...     print(Path(folder, "votes.csv").read_text(), end="")
    item,votes
    i0,0
    i1,1
    i2,2
    """
    path = Path(path)
    suffix = _suffix(path, [*_APPENDERS, ".parquet"])
    total = number = 0
    with atomic_write(path, "wb") as file, TemporaryDirectory(dir=path.parent, prefix=".parts-") as folder:
        for number, part in enumerate(parts, start=1):
            fit, neutralised = _fit(part, suffix, neutralise)
            total += neutralised
            if suffix == ".parquet":
                fit.write_parquet(Path(folder, _part_name(number)))
            else:
                _APPENDERS[suffix](fit, file, number == 1)
        if not number:
            raise InputError("parts", "are none", hint="give one part at least; it may have no rows")
        if suffix == ".parquet":
            held = [Path(folder, _part_name(one)) for one in range(1, number + 1)]
            pl.scan_parquet(held, glob=False).sink_parquet(file, row_group_size=ROW_GROUP)
    return Written((path,), total)


def _part_name(number: int) -> str:
    return f"{number}.parquet"


def _suffix(path: Path, known: Collection[str]) -> str:
    suffix = path.suffix.lower()
    if suffix not in known:
        raise InputError("path", f"{path} has the unknown suffix {suffix!r}", hint=f"known are {', '.join(known)}")
    return suffix


def _fit(frame: pl.DataFrame, suffix: str, neutralise: bool) -> tuple[pl.DataFrame, int]:
    """The table as a format can hold it, and how many cells were neutralised."""
    frame = storable(frame)
    if suffix in (".csv", ".tsv"):
        return _flat(frame, suffix, neutralise)
    if suffix != ".parquet":
        _refuse(frame, suffix, (pl.Binary,))
    return frame, 0


_WRITERS: Mapping[str, Callable[[pl.DataFrame, Any], None]] = MappingProxyType(
    {
        ".csv": lambda frame, file: frame.write_csv(file),
        ".tsv": lambda frame, file: frame.write_csv(file, separator="\t"),
        ".jsonl": lambda frame, file: frame.write_ndjson(file),
        ".ndjson": lambda frame, file: frame.write_ndjson(file),
        ".json": lambda frame, file: frame.write_json(file),
        ".parquet": lambda frame, file: frame.write_parquet(file),
    }
)

_APPENDERS: Mapping[str, Callable[[pl.DataFrame, Any, bool], None]] = MappingProxyType(
    {
        ".csv": lambda frame, file, first: frame.write_csv(file, include_header=first),
        ".tsv": lambda frame, file, first: frame.write_csv(file, include_header=first, separator="\t"),
        ".jsonl": lambda frame, file, _: frame.write_ndjson(file),
        ".ndjson": lambda frame, file, _: frame.write_ndjson(file),
    }
)


def _prepare(folder: Path, names: set[str]) -> None:
    """Make the folder; refuse one with files that would be read as part of these opinions."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        read = set(SUFFIXES) - {PLAIN_TEXT}
        inside = sorted(file.name for file in folder.iterdir() if file.suffix.lower() in read)
    except OSError as problem:
        raise InputError(
            "path",
            f"{folder} cannot be a folder: {problem.strerror}",
            hint="give a folder that can be made or written to",
        ) from None
    others = [name for name in inside if name not in names]
    if others:
        raise InputError("path", f"{folder} already holds {others[0]}", hint="name another folder, or remove the file")


def _flat(frame: pl.DataFrame, suffix: str, neutralise: bool) -> tuple[pl.DataFrame, int]:
    """The table with texts and numbers only, and how many cells and column names were neutralised."""
    _refuse(frame, suffix, (pl.Binary, pl.Duration))
    lists = {
        name: [None if value is None else json.dumps(value, default=str) for value in frame[name].to_list()]
        for name, dtype in frame.schema.items()
        if dtype.is_nested()
    }
    frame = frame.with_columns(
        cs.float().fill_nan(None),
        cs.categorical().cast(pl.String),
        cs.enum().cast(pl.String),
        *(pl.Series(name, texts, dtype=pl.String) for name, texts in lists.items()),
    )
    for name in frame.select(cs.string()).columns:
        if frame[name].str.contains("\0", literal=True).any():
            hint = "write .jsonl or .parquet"
            raise InputError("path", f"a text table cannot hold the NUL character in column {name!r}", hint=hint)
    if not neutralise:
        return frame, 0
    counts = 0
    for name in frame.select(cs.string()).columns:
        texts, count = _neutral(frame[name])
        frame, counts = frame.with_columns(texts), counts + count
    names, count = _neutral(pl.Series(frame.columns, dtype=pl.String))
    return frame.rename(dict(zip(frame.columns, names, strict=True))), counts + count


def _neutral(texts: pl.Series) -> tuple[pl.Series, int]:
    """The texts with an apostrophe before those that a spreadsheet would run, and how many these are."""
    runs = (texts.str.contains(_FORMULA) & ~texts.str.contains(_PLAIN_NUMBER)).fill_null(False)
    return ("'" + texts).zip_with(runs, texts).alias(texts.name), int(runs.sum())


def _refuse(frame: pl.DataFrame, suffix: str, types: tuple[type[pl.DataType], ...]) -> None:
    for name, dtype in frame.schema.items():
        if isinstance(dtype, types):
            raise InputError("path", f"{suffix} cannot hold column {name!r} of type {dtype}", hint="write .parquet")
