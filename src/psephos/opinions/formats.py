"""How do CSV, TSV, JSON Lines, JSON and Parquet files become tables, with every unreadable row named?

A reader takes the bytes of a file and returns a `Table`: the columns as they are, the number of each row in the file,
and what was set aside; see `parquet` for Parquet. Row 1 is the first row of data; header and blank lines do not count.
In JSON Lines the number is that of the line. In text files an empty field is a missing value. Nothing is guessed: text
files are UTF-8 unless stated otherwise; compressed and binary files are refused with a word on what to do.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import EncodingError, InputError, ParseError
from psephos.opinions.frames import series
from psephos.opinions.issues import NOTED, SET_ASIDE, Issue
from psephos.opinions.parquet import read_parquet_files

LONGEST_FIELD = 2**28
"""Longest field of a text table in characters; a longer one means an unclosed quote."""

MOST_CELLS = 2**28
"""Most cells of a table of JSON objects; more means that every object has keys of its own."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_FOREIGN = {
    b"\x1f\x8b": "is compressed by gzip; decompress it first",
    b"PK\x03\x04": "is a zip archive or a spreadsheet; unpack it or save it as CSV",
    b"\x28\xb5\x2f\xfd": "is compressed by zstd; decompress it first",
    b"BZh": "is compressed by bzip2; decompress it first",
    b"\xfd7zXZ": "is compressed by xz; decompress it first",
    b"\xd0\xcf\x11\xe0": "is an old spreadsheet; save it as CSV",
    b"SQLite format 3": "is an SQLite database; export the table as CSV",
    b"PAR1": "is a Parquet file; state format='parquet'",
}


@dataclass(frozen=True, eq=False)
class Table:
    """What one file holds: columns, the row number of each row, and what was set aside on the way."""

    frame: pl.DataFrame
    rows: npt.NDArray[np.int64]
    issues: tuple[Issue, ...] = ()
    kind: str | None = None
    """The kind, where the format allows but one."""


def read_csv(data: bytes, name: str, *, encoding: str = "utf-8", separator: str = ",") -> Table:
    r"""A text table with a header line; a row with more fields than the header is set aside.

    A comma-separated file whose header has no comma but semicolons or tabs is read with those, and that is noted.

    Examples
    --------
    >>> table = read_csv(b"item,voter\na,x\nb,y,z\nc\n", "votes.csv")
    >>> table.frame.rows(), table.rows
    ([('a', 'x'), ('c', None)], array([1, 3]))
    >>> print(table.issues[0])
    1 set aside: more fields than the header, such as 'b,y,z' (votes.csv, row 2)
    """
    text = decoded(data, name, encoding)
    first = re.search(r"[^\r\n]+", text)
    if first is None or not text.strip():
        raise ParseError(name, "is empty", hint="a text table starts with a line of column names")
    head = first[0]
    issues: list[Issue] = []
    if separator == "," and "," not in head:
        found = next((sign for sign in ";\t" if sign in head), ",")
        if found != ",":
            issues.append(Issue(f"fields are separated by {found!r}, not by commas", NOTED, name, count=1))
        separator = found
    header = _header(head if '"' not in head else text, name, separator)
    table = _plain_csv(text, separator) if _is_plain(text) else None
    if table is None:
        return _careful_csv(text, name, separator, header, issues)
    return Table(table.rename(dict(zip(table.columns, header, strict=True))), _numbered(table.height), tuple(issues))


def read_tsv(data: bytes, name: str, *, encoding: str = "utf-8") -> Table:
    """A text table with tabs between its fields; see `read_csv`."""
    return read_csv(data, name, encoding=encoding, separator="\t")


def read_jsonl(data: bytes, name: str, *, encoding: str = "utf-8") -> Table:
    r"""One JSON object per line; a line that is none is set aside.

    Examples
    --------
    >>> table = read_jsonl(b'{"item": "a", "score": 1}\n[]\n{"item": "b"}\n', "scores.jsonl")
    >>> table.frame.rows(), table.rows
    ([('a', 1), ('b', None)], array([1, 3]))
    """
    records: list[Mapping[str, Any]] = []
    rows: list[int] = []
    bad: dict[str, list[tuple[int, str]]] = {}
    for number, line in enumerate(decoded(data, name, encoding).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = _loads(line)
        except (ValueError, RecursionError) as problem:
            bad.setdefault(_reason(problem), []).append((number, line))
            continue
        if isinstance(value, dict):
            records.append(value)
            rows.append(number)
        else:
            bad.setdefault("not a JSON object", []).append((number, line))
    issues = [
        Issue(reason, SET_ASIDE, name, np.array([number for number, _ in lines], dtype=np.int64), lines[0][1])
        for reason, lines in bad.items()
    ]
    if not records:
        found = "; ".join(map(str, issues)) or "is empty"
        raise ParseError(name, f"holds no JSON object: {found}" if issues else found)
    at = np.array(rows, dtype=np.int64)
    spoken = _spoken(records, [f"line {number:,}" for number in rows], name, issues)
    if spoken is not None:
        return spoken
    frame, noted = _from_records(records, at, name)
    return Table(frame, at, (*issues, *noted))


def read_json(data: bytes, name: str, *, encoding: str = "utf-8") -> Table:
    """A JSON array of objects, or one object of equally long arrays.

    Examples
    --------
    >>> read_json(b'{"item": ["a", "b"], "score": [1, 2]}', "scores.json").frame.rows()
    [('a', 1), ('b', 2)]
    """
    text = decoded(data, name, encoding)
    try:
        value = _loads(text)
    except json.JSONDecodeError as problem:
        raise ParseError(name, f"is not JSON: {problem.msg}", where=f"line {problem.lineno}") from None
    except (ValueError, RecursionError) as problem:
        raise ParseError(name, f"cannot be read: {_reason(problem)}") from None
    spoken = _spoken([value] if isinstance(value, dict) else value, None, name, ())
    if spoken is not None:
        return spoken
    if isinstance(value, dict) and value and all(isinstance(column, list) for column in value.values()):
        lengths = {len(column) for column in value.values()}
        if len(lengths) > 1:
            raise ParseError(name, f"holds arrays of different lengths: {sorted(lengths)}")
        value = [dict(zip(value, row, strict=True)) for row in zip(*value.values(), strict=True)]
    if not isinstance(value, list):
        from psephos.opinions.transcript_json import SHAPES

        hint = f"transcripts in one object are known of the shapes of {', '.join(SHAPES)}"
        raise ParseError(name, "holds neither an array of objects nor an object of arrays", hint=hint)
    is_record = np.array([isinstance(record, dict) for record in value], dtype=bool)
    records = [record for record in value if isinstance(record, dict)]
    if not records:
        raise ParseError(name, "holds no JSON object")
    stray, rows = np.flatnonzero(~is_record) + 1, np.flatnonzero(is_record) + 1
    example = "" if not len(stray) else json.dumps(value[stray[0] - 1])
    issues = (Issue("not a JSON object", SET_ASIDE, name, stray, example),) if len(stray) else ()
    frame, noted = _from_records(records, rows, name)
    return Table(frame, rows, (*issues, *noted))


TEXT_READERS: Mapping[str, Callable[..., Table]] = MappingProxyType(
    {".csv": read_csv, ".tsv": read_tsv, ".jsonl": read_jsonl, ".ndjson": read_jsonl, ".json": read_json}
)
TRANSCRIPT_READERS: Mapping[str, EntryPoint] = MappingProxyType(
    {
        suffix: EntryPoint(suffix, f"psephos.opinions.{place}", "psephos.readers")
        for suffix, place in (
            (".ctm", "transcript_ctm:read_ctm"),
            (".stm", "transcript_stm:read_stm"),
            (".srt", "transcript_srt:read_srt"),
            (".vtt", "transcript_vtt:read_vtt"),
            (".txt", "transcript_text:read_text"),
        )
    }
)
"""Formats of transcripts, loaded when used, in the same way as those of other packages."""

SUFFIXES = (*TEXT_READERS, ".parquet", *TRANSCRIPT_READERS)
PLAIN_TEXT = ".txt"
"""In a folder, plain texts are transcripts only where no file of another format lies beside them."""


def read_tables(paths: Sequence[Path], *, encoding: str = "utf-8", suffix: str | None = None) -> list[Table]:
    """Read files by the format that the suffix of each (or `suffix`) names.

    A package can add a format: an entry point of the group ``psephos.readers`` whose name is the suffix (``.xyz``) and
    whose object is a function of ``(data, name, *, encoding)`` that returns a `Table`.

    Raises
    ------
    ParseError
        If the file does not exist, has an unknown suffix, or cannot be read as what its suffix says.
    """
    formats = [suffix or path.suffix.lower() for path in paths]
    frames = iter(read_parquet_files([path for path, form in zip(paths, formats, strict=True) if form == ".parquet"]))
    read = []
    for path, form in zip(paths, formats, strict=True):
        if form == ".parquet":
            frame = next(frames)
            read.append(Table(frame, _numbered(frame.height)))
        else:
            read.append(parse(read_bytes(path), str(path), form, encoding=encoding))
    return read


def read_bytes(path: Path) -> bytes:
    """What a file holds."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ParseError(str(path), "does not exist") from None
    except IsADirectoryError:
        raise ParseError(str(path), "is a folder, not a file") from None
    except (OSError, ValueError) as problem:
        raise ParseError(str(path), f"cannot be opened: {problem}") from None


def parse(data: bytes, name: str, suffix: str, *, encoding: str = "utf-8") -> Table:
    """Read the bytes of a text format; see `read_tables`."""
    reader = TEXT_READERS.get(suffix)
    if reader is None:
        plugged = TRANSCRIPT_READERS.get(suffix) or next(iter(entry_points(group="psephos.readers", name=suffix)), None)
        if plugged is None:
            known = ", ".join(SUFFIXES)
            raise ParseError(name, f"has the unknown suffix {suffix!r}", hint=f"known are {known}; state format=")
        reader = plugged.load()
    table: Table = reader(data, name, encoding=encoding)
    return table


def decoded(data: bytes, name: str, encoding: str) -> str:
    """The text of a file; compressed, binary and wrongly encoded files are refused."""
    for magic, advice in _FOREIGN.items():
        if data.startswith(magic):
            raise ParseError(name, advice)
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), encoding)
    hint = "state the encoding, for example encoding='cp1252'"
    try:
        text = data.decode(encoding)
        if not codecs.lookup(encoding).name.startswith("utf-8"):
            text.encode()
    except UnicodeDecodeError as problem:
        where = f"byte {problem.start:,}, line {data.count(10, 0, problem.start) + 1:,}"
        raise EncodingError(name, f"is not {encoding}", where=where, hint=hint) from None
    except UnicodeError:
        raise EncodingError(name, f"is not {encoding}", hint=hint) from None
    except (LookupError, ValueError):
        raise InputError("encoding", f"{encoding!r} is not known") from None
    if "\0" in text:
        raise ParseError(
            name, "holds a NUL character, so it is not a text file", where=f"character {text.index(chr(0)):,}"
        )
    return text


def _header(text: str, name: str, separator: str) -> list[str]:
    try:
        fields = next(filter(None, _csv_lines(text, separator)))
    except csv.Error as problem:
        raise ParseError(name, f"has a header that cannot be read: {problem}", where="line 1") from None
    header = [field.strip() or f"column {place}" for place, field in enumerate(fields, start=1)]
    for field, count in Counter(header).items():
        if count > 1:
            raise ParseError(name, f"has two columns called {field!r:.80}", where="line 1")
    return header


def _is_plain(text: str) -> bool:
    """Whether lines are rows and separators are all there is: no quotes, no blank lines, no lone carriage returns."""
    if '"' in text or "\n\n" in text or "\n\r\n" in text or text[0] in "\r\n":
        return False
    return "\r" not in text or text.count("\r") == text.count("\r\n")


def _plain_csv(text: str, separator: str) -> pl.DataFrame | None:
    """The fast way for plain files; None where a row has more fields than the header.

    Polars does not see one field too many in a last line without line end, so the line gets its end.
    """
    data = (text if text.endswith("\n") else text + "\n").encode()
    try:
        return pl.read_csv(data, separator=separator, infer_schema=False, quote_char=None)
    except pl.exceptions.PolarsError:
        return None


def _careful_csv(text: str, name: str, separator: str, header: list[str], issues: list[Issue]) -> Table:
    """The careful way: field by field, every unreadable row named."""
    lines = _csv_lines(text, separator)
    width = len(header)
    columns: list[list[str | None]] = [[] for _ in header]
    rows: list[int] = []
    too_long: list[tuple[int, str]] = []
    number = 0
    try:
        next(filter(None, lines))
        for fields in filter(None, lines):
            number += 1
            if len(fields) > width:
                too_long.append((number, separator.join(fields)))
                continue
            rows.append(number)
            for column, field in zip(columns, fields, strict=False):
                column.append(field or None)
            for column in columns[len(fields) :]:
                column.append(None)
    except csv.Error as problem:
        raise ParseError(
            name,
            f"cannot be read after row {number:,}: {problem}",
            where=f"line {lines.line_num:,}",
            hint='look for a quote that is not closed; a quote inside a field is written ""',
        ) from None
    if too_long:
        at = np.array([row for row, _ in too_long], dtype=np.int64)
        issues.append(Issue("more fields than the header", SET_ASIDE, name, at, too_long[0][1]))
    frame = pl.DataFrame(dict(zip(header, columns, strict=True)), schema=dict.fromkeys(header, pl.String))
    return Table(frame, np.array(rows, dtype=np.int64), tuple(issues))


def _csv_lines(text: str, separator: str) -> Any:
    csv.field_size_limit(LONGEST_FIELD)
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def _loads(text: str) -> Any:
    value = _decoder().decode(text)
    if _SURROGATE.search(text):
        json.dumps(value, ensure_ascii=False).encode()
    return value


@cache
def _decoder() -> json.JSONDecoder:
    """One decoder for all lines: `json.loads` makes a new one at each call with options, at twice the cost."""
    return json.JSONDecoder(object_pairs_hook=_once, parse_int=_int)


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose keys must differ."""
    pairs = list(pairs)
    record = dict(pairs)
    if len(record) < len(pairs):
        raise ValueError("a key occurs twice in one JSON object")
    return record


def _int(digits: str) -> int | str:
    """A whole number; one that fits no machine integer stays the text of its digits."""
    return int(digits) if len(digits) < 19 else digits


def _reason(problem: Exception) -> str:
    if isinstance(problem, RecursionError):
        return "nested too deeply"
    if isinstance(problem, json.JSONDecodeError):
        return f"not JSON ({problem.msg})"
    return "half of a surrogate pair is no character" if isinstance(problem, UnicodeError) else str(problem)


def _from_records(
    records: Sequence[Mapping[str, Any]], rows: npt.NDArray[np.int64], name: str
) -> tuple[pl.DataFrame, list[Issue]]:
    """Columns from JSON objects. A column of lists of numbers stays; other nested values become JSON text, as noted."""
    keys = dict.fromkeys(key for record in records for key in record)
    if not keys:
        raise ParseError(name, "holds only empty JSON objects")
    if len(keys) * len(records) > MOST_CELLS:
        raise ParseError(name, f"is no table: its {len(records):,} objects have {len(keys):,} different keys")
    columns: dict[str, pl.Series] = {}
    issues: list[Issue] = []
    for key in keys:
        column = [record.get(key) for record in records]
        nested = [isinstance(value, (dict, list)) for value in column]
        if any(nested) and not all(value is None or _is_numbers(value) for value in column):
            column = [json.dumps(value) if isinstance(value, (dict, list)) else value for value in column]
            issues.append(Issue(f"{key} holds nested values: kept as JSON text", NOTED, name, rows[nested]))
        columns[key] = series(key, column)
    return pl.DataFrame(columns), issues


def _spoken(values: Any, places: Sequence[str] | None, name: str, issues: Sequence[Issue]) -> Table | None:
    """The table of JSON objects that are transcripts, None where the first is none."""
    if not isinstance(values, list) or not values:
        return None
    from psephos.opinions.transcript_json import read_shapes, shape_of

    shape = shape_of(values[0])
    return None if shape is None else read_shapes(shape, values, places, name, issues)


def _is_numbers(value: object) -> bool:
    return isinstance(value, list) and all(type(part) in (int, float, NoneType) for part in value)


def _numbered(height: int) -> npt.NDArray[np.int64]:
    return np.arange(1, height + 1, dtype=np.int64)
