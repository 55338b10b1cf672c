"""Opinions from files: one file, several, a folder, or standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, ParseError
from psephos.opinions.arena_logs import one_hot_winner
from psephos.opinions.building import Missing, Segment, build
from psephos.opinions.coding import canonical
from psephos.opinions.finding import find_files, nested_files
from psephos.opinions.formats import parse, read_tables
from psephos.opinions.frames import Tables, renamed, to_polars, unpivoted
from psephos.opinions.issues import NOTED, SET_ASIDE, Issue, Issues
from psephos.opinions.kinds import KINDS, Kind
from psephos.opinions.model import Opinions, Source
from psephos.opinions.recognising import recognise
from psephos.opinions.sources import given_paths, hashed_tables, stated_options
from psephos.opinions.text_files import Table, read_stream
from psephos.opinions.transcript_names import Naming
from psephos.opinions.transcript_text import text_parts, tokenised
from psephos.opinions.wide_scores import long_scores, wide_candidates
from psephos.opinions.wording import plural

STANDARD_INPUT = "-"

Rows = npt.NDArray[np.int64]
_Long = tuple[pl.DataFrame, Rows, tuple[Issue, ...]]

_LINE = "\0line"
_NO_ROWS = np.empty(0, dtype=np.int64)


def read(
    path: str | Path | Sequence[str | Path],
    *,
    kind: str | None = None,
    columns: Mapping[str, str] | None = None,
    wide: str | None = None,
    about: Tables | None = None,
    repeated: str = "auto",
    encoding: str = "utf-8",
    format: str | None = None,  # noqa: A002 - the word users type
    layout: str | None = None,
    missing: Missing = (),
    strict: bool = False,
) -> Opinions:
    r"""Read opinions from files of CSV, TSV, JSON Lines, JSON or Parquet, and transcripts from those of recognisers.

    Parameters
    ----------
    path : str, Path or sequence of them
        A file, several files of one kind, a folder, or ``"-"`` for standard input. In a folder, files called ``items``,
        ``voters``, ``candidates`` and ``tasks`` are tables about those; all others of a known format hold opinions.
        If none does, the files of its subfolders do; plain texts only where no other format lies beside them.
    kind : str, optional
        The kind; recognised from the column names if not given, where a file called like a kind whose columns it has is
        of that kind.
    columns : mapping of str to str, optional
        Part to column name, such as ``{"voter": "annotator"}``.
    wide : str, optional
        The table is wide: this column names the item and each further column is a voter; of the kind ``results`` it
        names the candidate (or, if it is called so, the task) and each further column of numbers is the other. A table
        with a row per ``model`` and nothing but scores is recognised without it.
    about : mapping of str to data frame or path, optional
        Tables about ``items``, ``voters``, ``candidates``, ``tasks``.
    repeated : {"auto", "first", "last", "error"}, default "auto"
        What counts when a voter contradicts itself; see `psephos.opinions.repeats`.
    encoding : str, default "utf-8"
        Encoding of text files; a byte-order mark is recognised.
    format : str, optional
        The format, such as ``"csv"``, where the suffix of the file does not tell.
    layout : str, optional
        What the names of files say that the files do not, such as ``"{voter}/{item}"``, a folder per voter; see
        `psephos.opinions.transcript_names`.
    missing : str or collection of str, optional
        Texts that mean that there is no value, such as ``["NA", "-"]``, in every column of the kind but ids and texts.
        A label of these is an abstention.
    strict : bool, default False
        Refuse input of which any row would be set aside.

    Returns
    -------
    Opinions
        With everything that was set aside or found odd in `Opinions.issues`.

    Raises
    ------
    ParseError
        If a file cannot be read; `EncodingError` if it is in another encoding.
    InputError
        If the kind cannot be recognised or no row is left.

    See Also
    --------
    psephos.scan : files that do not fit into memory.
    psephos.from_frame : from a data frame.
    psephos.write : back to a file.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "votes.csv")
    ...     _ = file.write_text("item,voter,label\na,ann,cat\na,bob,dog\n")
    ...     opinions = read(file)
    >>> opinions.kind, len(opinions)
    ('labels', 2)
    """
    suffix = None if format is None else "." + format.lower().lstrip(".")
    files, tables = find_files(path)
    known = _about_tables({**tables, **(about or {})}, encoding)
    read_files = [
        (name, table.instead.get(kind, table) if kind else table) for name, table in _read_all(files, encoding, suffix)
    ]
    known = _told(read_files) | known
    opinions = _assembled(
        read_files,
        kind=kind,
        columns=columns,
        wide=wide,
        about=known,
        repeated=repeated,
        missing=missing,
        naming=Naming(layout, nested_files(files, path)),
        source=Source(
            tuple(map(str, files)),
            tuple(table.sha256 for _, table in read_files),
            given_paths(path, about),
            stated_options(
                kind, columns, about, repeated, missing, wide=wide, encoding=encoding, format=format, layout=layout
            ),
            hashed_tables({**tables, **(about or {})}),
        ),
    )
    if strict and opinions.issues.set_aside:
        found = next(issue for issue in opinions.issues if issue.action == SET_ASIDE)
        raise InputError("strict", str(found))
    return opinions


def read_about(tables: Mapping[str, Any], encoding: str = "utf-8") -> dict[str, pl.DataFrame]:
    """Tables about things, each given as a path or a data frame.

    Name (``items``, ``voters``, ``candidates``, ``tasks``) to table; paths are read like opinions, by their suffix.
    """
    return {name: table.frame for name, table in _about_tables(tables, encoding).items()}


def _about_tables(tables: Mapping[str, Any], encoding: str) -> dict[str, Table]:
    paths = {name: Path(table) for name, table in tables.items() if isinstance(table, (str, Path))}
    read = dict(zip(paths, read_tables(list(paths.values()), encoding=encoding), strict=True))
    return {name: read.get(name) or Table(to_polars(table), _NO_ROWS) for name, table in tables.items()}


def _told(read_files: Iterable[tuple[str, Table]]) -> dict[str, Table]:
    """Tables about things that files of opinions hold themselves, one of each for all files."""
    found: dict[str, list[pl.DataFrame]] = {}
    for _, table in read_files:
        for name, frame in table.about.items():
            found.setdefault(name, []).append(frame)
    together = {name: pl.concat(frames, how="diagonal_relaxed") for name, frames in found.items()}
    return {
        name: Table(frame.unique(frame.columns[0], keep="first", maintain_order=True), _NO_ROWS)
        for name, frame in together.items()
    }


def _read_all(paths: Sequence[Path], encoding: str, suffix: str | None) -> list[tuple[str, Table]]:
    named = [path for path in paths if path != Path(STANDARD_INPUT)]
    tables = iter(read_tables(named, encoding=encoding, suffix=suffix))
    return [
        (str(path), next(tables)) if path in named else ("standard input", _read_standard_input(encoding, suffix))
        for path in paths
    ]


def _read_standard_input(encoding: str, suffix: str | None) -> Table:
    data = read_stream(sys.stdin.buffer, "standard input")
    suffix = suffix or _sniffed(data)
    if suffix == ".parquet":
        raise ParseError("standard input", "Parquet cannot be read from a pipe; give the file")
    return parse(data, "standard input", suffix, encoding=encoding)


def _sniffed(data: bytes) -> str:
    """The format of a text without a name, from its first sign and line."""
    opening = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if opening.startswith(b"PAR1"):
        return ".parquet"
    if opening.startswith(b"WEBVTT"):
        return ".vtt"
    if opening.startswith(b"{"):
        return ".jsonl"
    if opening.startswith(b"["):
        return ".json"
    line = opening.split(b"\n", 1)[0]
    return ".tsv" if b"\t" in line and b"," not in line else ".csv"


def _assembled(
    read_files: Iterable[tuple[str, Table]],
    *,
    kind: str | None,
    columns: Mapping[str, str] | None,
    wide: str | None,
    about: Mapping[str, Table],
    repeated: str,
    missing: Missing,
    naming: Naming,
    source: Source,
) -> Opinions:
    """Opinions from the tables of several files, which must be of one kind."""
    parts: list[_Part] = []
    for name, table in read_files:
        part = _part(name, table, kind=kind, columns=columns, wide=wide, naming=naming)
        if parts and part.kind is not parts[0].kind:
            problem = f"holds {part.kind.name}, but the files before hold {parts[0].kind.name}"
            raise InputError("path", problem, where=name)
        parts.append(part)
    found, frames = parts[0].kind, [part.frame for part in parts]
    issues = [issue for table in about.values() for issue in table.issues]
    issues += [issue for part in parts for issue in part.issues]
    issues += naming.issues(", ".join(source.given))
    return build(
        found,
        frames[0] if len(frames) == 1 else _stacked(found, frames),
        segments=[part.segment for part in parts],
        about={name: table.frame for name, table in about.items()},
        repeated=repeated,
        missing=missing,
        issues=Issues(tuple(issues)),
        source=source,
    )


@dataclass(frozen=True)
class _Part:
    """What one file holds: its table under the names of the kind, which of its lines these are, what was decided."""

    kind: Kind
    frame: pl.DataFrame
    segment: Segment
    issues: tuple[Issue, ...]


def _part(
    name: str,
    table: Table,
    *,
    kind: str | None,
    columns: Mapping[str, str] | None,
    wide: str | None,
    naming: Naming,
) -> _Part:
    """The table of a file made long and recognised."""
    frame, issues = one_hot_winner(naming.named(table, name), name)
    rows = table.rows
    if wide is not None:
        frame, rows, noted = _made_long(frame, wide, rows, name, kind)
        issues += noted
    wanted = kind or table.kind or ("labels" if wide else None)
    if wanted is None and columns is None:
        wanted = kind_by_name(name, frame.columns)
    try:
        found, parts = recognise(frame.columns, kind=wanted, stated=columns)
    except InputError as problem:
        other = _otherwise(frame, rows, name, wanted, columns)
        if other is None:
            raise InputError(problem.argument, problem.problem, where=name, hint=problem.hint) from None
        instead, frame, rows, noted = other
        issues += noted
        found, parts = recognise(frame.columns, kind=instead)
    issues += (*foreign_names(parts, name), *table.issues)
    return _Part(found, renamed(frame, parts), Segment(name, rows), issues)


def _made_long(frame: pl.DataFrame, wide: str, rows: Rows, name: str, kind: str | None) -> _Long:
    """A wide table as a long one, with the lines of its rows and a word on it."""
    if kind == "results":
        return long_scores(frame, wide, rows, name)
    long = unpivoted(frame.with_columns(pl.Series(_LINE, rows)), wide, kind or "labels", row=_LINE)
    said = Issue(f"a wide table of {plural(frame.height, 'row')}", NOTED, name, count=frame.height)
    return long.drop(_LINE), long[_LINE].to_numpy(), (said,)


def _otherwise(
    frame: pl.DataFrame, rows: Rows, name: str, wanted: str | None, columns: Mapping[str, str] | None
) -> tuple[str, pl.DataFrame, Rows, tuple[Issue, ...]] | None:
    """What a table is whose columns are those of no kind: whole texts of transcripts, or scores of a row per candidate.

    The kind, then as of `_made_long`; None if it is neither.
    """
    texts = text_parts(frame.columns, wanted, columns)
    if texts is not None:
        taken = ", ".join(f"{column!r} as {part}" for part, column in texts.items())
        said = Issue(f"took {taken} of whole transcripts", NOTED, name, count=frame.height)
        return "transcripts", *tokenised(frame, rows, name, texts), (said,)
    candidates = wide_candidates(frame) if wanted is None and columns is None else None
    return None if candidates is None else ("results", *long_scores(frame, candidates, rows, name))


def _stacked(kind: Kind, frames: list[pl.DataFrame]) -> pl.DataFrame:
    """One table of several; names get their one text before columns of different types become one."""
    for name in dict.fromkeys(name for frame in frames for name in frame.columns):
        dtypes = {frame.schema[name] for frame in frames if name in frame.columns} - {pl.Null()}
        column = kind.column(name)
        are_names = column is not None and column.role in ("id", "choice")
        alike = all(dtype.is_numeric() for dtype in dtypes) or all(dtype.is_nested() for dtype in dtypes)
        if len(dtypes) > 1 and (are_names or not alike):
            frames = [
                frame.with_columns(canonical(frame[name]).cast(pl.String)) if name in frame.columns else frame
                for frame in frames
            ]
    try:
        return pl.concat(frames, how="diagonal_relaxed")
    except pl.exceptions.PolarsError as problem:
        raise InputError("path", f"the files do not fit together: {str(problem).splitlines()[0]}") from None


def kind_by_name(name: str, columns: Sequence[str]) -> str | None:
    """The kind that a file is called like, if it has the columns of that kind.

    ``rankings.csv`` with the columns of rankings holds rankings, though they may fit another kind too.
    """
    stem = Path(name).stem
    return stem if stem in KINDS and set(KINDS[stem].required) <= set(columns) else None


def foreign_names(parts: Mapping[str, str], name: str) -> list[Issue]:
    """A word on the columns of the file `name` that were taken for parts of other names.

    A guess is never silent: the issue says which column was taken for which part.
    """
    taken = [f"{column!r} as {part}" for part, column in parts.items() if part != column]
    return [Issue(f"took {', '.join(taken)}", NOTED, name, count=len(taken))] if taken else []
