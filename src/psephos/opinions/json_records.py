"""How do JSON Lines and JSON files become tables, with every unreadable line named?

In JSON Lines the number of a row is that of its line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import NoneType
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import ParseError
from psephos.opinions.arena_logs import is_arena_log, read_arena_log
from psephos.opinions.frames import series
from psephos.opinions.harness_results import is_harness_result, read_harness_result
from psephos.opinions.issues import NOTED, SET_ASIDE, Issue
from psephos.opinions.json_lines import read_alike
from psephos.opinions.text_files import Table, check_width, decoded

MOST_CELLS = 2**28
"""Most cells of a table of JSON objects; more means that every object has keys of its own."""

DEEP = 100
"""Brackets of a text from which on it may be nested too deeply to be written again."""

_LOG_MARKS = ('"filtered_resps"', '"instance_level_eval_', '"promptIdx"')
"""What the first line of an evaluation log holds; others are not looked at twice."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_LONG_OR_HALF = re.compile(r"\d{18}|\\u[dD][89a-fA-F]")


def read_jsonl(data: bytes, name: str, *, encoding: str = "utf-8", banned: Collection[str] = ()) -> Table:
    r"""One JSON object per line; a line that is none is set aside. `banned`: users of the log of an arena to set aside.

    Examples
    --------
    >>> table = read_jsonl(b'{"item": "a", "score": 1}\n[]\n{"item": "b"}\n', "scores.jsonl")
    >>> table.frame.rows(), table.rows
    ([('a', 1), ('b', None)], array([1, 3]))
    """
    lines = decoded(data, name, encoding).split("\n")
    logged = _logged_lines(lines, name)
    if logged is not None:
        return logged
    alike = read_alike(lines)
    return _careful_jsonl(lines, name, banned) if alike is None else Table(*alike)


def _logged_lines(lines: Sequence[str], name: str) -> Table | None:
    """The table of an evaluation log in lines; None where the first line is of none."""
    opening = next((line for line in lines if line.strip()), "")
    if not any(mark in opening for mark in _LOG_MARKS):
        return None
    from psephos.opinions.eval_logs import lines_shape, read_lines

    try:
        shape = lines_shape(_PLAIN.decode(opening))
    except (ValueError, RecursionError):
        return None
    if shape is None:
        return None
    records: list[tuple[int, Any]] = []
    bad: dict[str, list[int]] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = _PLAIN.decode(line)
            if not isinstance(value, dict):
                raise ValueError("not a JSON object")
            if _SURROGATE.search(line):
                json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as problem:
            bad.setdefault(_reason(problem), []).append(number)
            continue
        records.append((number, value))
    table = read_lines(shape, records, name)
    issues = tuple(Issue(reason, SET_ASIDE, name, np.array(rows, dtype=np.int64)) for reason, rows in bad.items())
    instead = {kind: replace(one, issues=(*issues, *one.issues)) for kind, one in table.instead.items()}
    return replace(table, issues=(*issues, *table.issues), instead=instead)


def _careful_jsonl(lines: Sequence[str], name: str, banned: Collection[str] = ()) -> Table:
    """The careful way: line by line, every unreadable one named."""
    records: list[Mapping[str, Any]] = []
    rows: list[int] = []
    bad: dict[str, list[tuple[int, str]]] = {}
    for number, line in enumerate(lines, start=1):
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
        raise ParseError(
            name,
            f"holds no JSON object: {found}" if issues else found,
            hint="one object per row, in a list or one a line",
        )
    at = np.array(rows, dtype=np.int64)
    if is_arena_log(records[0]):
        return read_arena_log(records, rows, name, issues, banned=banned)
    if is_harness_result(records[0]):
        raise ParseError(name, "holds results of lm-evaluation-harness, one file of JSON each, not lines")
    annotated = _annotated(records, rows, name, issues)
    if annotated is not None:
        return annotated
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
        raise ParseError(
            name, f"is not JSON: {problem.msg}", where=f"line {problem.lineno}", hint="mend the file at this place"
        ) from None
    except (ValueError, RecursionError) as problem:
        raise ParseError(name, f"cannot be read: {_reason(problem)}") from None
    if is_harness_result(value):
        return read_harness_result(value, name)
    if isinstance(value, list) and value and is_arena_log(value[0]):
        return read_arena_log(value, range(1, len(value) + 1), name)
    if isinstance(value, dict):
        from psephos.opinions.eval_logs import log_shape, read_log

        shape = log_shape(value)
        if shape is not None:
            return read_log(shape, value, name)
    annotated = _annotated([value] if isinstance(value, dict) else value, None, name, ())
    if annotated is not None:
        return annotated
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
        raise ParseError(name, "holds no JSON object", hint="one object per row, in a list or one a line")
    stray, rows = np.flatnonzero(~is_record) + 1, np.flatnonzero(is_record) + 1
    example = "" if not len(stray) else json.dumps(value[stray[0] - 1])
    issues = (Issue("not a JSON object", SET_ASIDE, name, stray, example),) if len(stray) else ()
    frame, noted = _from_records(records, rows, name)
    return Table(frame, rows, (*issues, *noted))


def _loads(text: str) -> Any:
    """What a JSON text says.

    The decoder that checks is three times as slow as the plain one, and needed only where a key could occur twice
    (there are more colons than keys), a number be too long, or values be nested.
    """
    if "[" not in text and not _LONG_OR_HALF.search(text):
        value = _PLAIN.decode(text)
        if isinstance(value, dict) and text.count(":") == len(value):
            return value
    value = _CHECKING.decode(text)
    if _SURROGATE.search(text) or text.count("[") + text.count("{") > DEEP:
        json.dumps(value, ensure_ascii=False).encode()  # what can be read but not written is at fault here, by its line
    return value


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


_PLAIN = json.JSONDecoder()
_CHECKING = json.JSONDecoder(object_pairs_hook=_once, parse_int=_int)
"""Decoders made once: `json.loads` with options makes a new one at each call, at twice the cost."""


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
    check_width(name, len(keys))
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


def _annotated(values: Any, rows: Sequence[int] | None, name: str, issues: Sequence[Issue]) -> Table | None:
    """The table of JSON objects that are annotations of another tool, None where the first is none."""
    if not isinstance(values, list) or not values or not isinstance(values[0], dict):
        return None
    from psephos.opinions.annotations import annotation_shape, read_annotations

    shape = annotation_shape(values[0])
    if shape is None:
        return None
    return read_annotations(shape, values, rows or range(1, len(values) + 1), name, issues)


def _spoken(values: Any, places: Sequence[str] | None, name: str, issues: Sequence[Issue]) -> Table | None:
    """The table of JSON objects that are transcripts, None where the first is none."""
    if not isinstance(values, list) or not values:
        return None
    from psephos.opinions.transcript_json import read_shapes, shape_of

    shape = shape_of(values[0])
    return None if shape is None else read_shapes(shape, values, places, name, issues)


def _is_numbers(value: object) -> bool:
    return isinstance(value, list) and all(type(part) in (int, float, NoneType) for part in value)
