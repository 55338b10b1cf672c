"""How do CSV and TSV files become tables, with every unreadable row named?

Row 1 is the first row of data; header and blank lines do not count. An empty field is a missing value.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import Any

import numpy as np
import polars as pl

from psephos.errors import ParseError
from psephos.opinions.issues import NOTED, SET_ASIDE, Issue
from psephos.opinions.text_files import Table, check_width, decoded, numbered

LONGEST_FIELD = 2**28
"""Longest field of a text table in characters; a longer one means an unclosed quote."""


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
    check_width(name, head.count(separator) + 1)
    header = _header(head if head.count('"') % 2 == 0 else text, name, separator)  # a quoted name may hold a line end
    table = _fast_csv(text, separator)
    if table is None:
        return _careful_csv(text, name, separator, header, issues)
    return Table(table.rename(dict(zip(table.columns, header, strict=True))), numbered(table.height), tuple(issues))


def read_tsv(data: bytes, name: str, *, encoding: str = "utf-8") -> Table:
    """A text table with tabs between its fields; see `read_csv`.

    Quotes, encodings and faulty lines are treated as there.
    """
    return read_csv(data, name, encoding=encoding, separator="\t")


def _header(text: str, name: str, separator: str) -> list[str]:
    try:
        fields = next(filter(None, _csv_lines(text, separator)))
    except csv.Error as problem:
        raise ParseError(name, f"has a header that cannot be read: {problem}", where="line 1") from None
    check_width(name, len(fields))
    header = [field.strip() or f"column {place}" for place, field in enumerate(fields, start=1)]
    for field, count in Counter(header).items():
        if count > 1:
            raise ParseError(name, f"has two columns called {field!r:.80}", where="line 1", hint="rename one")
    return header


def _is_plain(text: str) -> bool:
    """Whether lines are rows and separators are all there is: no quotes, no blank lines, no lone carriage returns."""
    if '"' in text or "\n\n" in text or "\n\r\n" in text or text[0] in "\r\n":
        return False
    return "\r" not in text or text.count("\r") == text.count("\r\n")


def _is_well_quoted(text: str, separator: str) -> bool:
    """Whether each quote opens a field, closes one or is doubled within, and no line between rows is blank.

    On such a text all readers agree; on others each has a way of its own.
    """
    apart, quoted = re.escape(separator), '"(?:[^"]|"")*"'
    bare = rf'[^"{apart}\r\n]'
    later = f"(?:{apart}(?:{quoted}|{bare}*))"
    row = f"(?:(?:{quoted}|{bare}+){later}*|{later}+)"
    return bool(pl.Series([text]).str.contains(rf"^{row}(?:\r?\n{row})*(?:\r?\n)?$").item())


def _fast_csv(text: str, separator: str) -> pl.DataFrame | None:
    """The fast way for files on which it agrees with the careful one; None for others and for rows that are too long.

    Polars does not see one field too many in a last line without line end, so the line gets its end.
    """
    quotes = '"' in text
    if not (_is_well_quoted(text, separator) if quotes else _is_plain(text)):
        return None
    data = (text if text.endswith("\n") else text + "\n").encode()
    try:
        table = pl.read_csv(data, separator=separator, infer_schema=False, quote_char='"' if quotes else None)
    except pl.exceptions.PolarsError:
        return None
    return table.with_columns(pl.when(pl.all() != "").then(pl.all())) if quotes else table


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
