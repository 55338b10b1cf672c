"""How results look on a terminal; text from files is shown as text, never as markup or control codes."""

from __future__ import annotations

import json
import math
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import polars as pl
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from psephos.cli.complaints import here
from psephos.opinions.issues import Issues
from psephos.opinions.outcomes import Result, json_ready

_STEERING = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Signs that JSON may hold as they are and a terminal acts upon."""

LONGEST_CELL = 48
WIDTH_OF_FILES = 120
GAP = 2
"""Blanks between two columns."""


def console() -> Console:
    """Standard output; plain when it is no terminal, and of a fixed width; plain under NO_COLOR."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH_OF_FILES
    colours: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    return Console(highlight=False, markup=False, emoji=False, width=width, color_system=colours)


def shown(value: object, most: int = LONGEST_CELL) -> Text:
    """A value as plain text: control characters and line ends become blanks, long texts are cut."""
    text = "" if value is None else str(value)
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return Text(plain if len(plain) <= most else plain[: most - 1] + "\u2026")


def deliver(
    result: Result,
    title: str,
    tables: Mapping[str, pl.DataFrame],
    *,
    json: bool,
    parquet: Path | None,
    report: Path | None,
    rows: pl.DataFrame | None = None,
    issues: Issues | None = None,
    further: Mapping[str, Result | None] | None = None,
    limit: int | None = None,
) -> None:
    """Write the files that were asked for, then print JSON, or the summary and the tables that hold anything.

    `rows` is what goes into the Parquet file, if it is not the table of the result; `further` are results beside it,
    whose summaries follow its own; `limit` is the number of rows of each table, and how many more there are is said.
    """
    write_files(result, parquet, report, rows=rows)
    if json:
        print_json(result, **(further or {}))
        return
    out = console()
    print_summary(out, title, result.summary())
    for name, part in (further or {}).items():
        if part is not None:
            print_summary(out, name.capitalize(), part.summary())
    for heading, frame in tables.items():
        if frame.height and limit != 0:
            print_table(out, heading, frame if limit is None else frame.head(limit))
            print_more(out, frame.height, limit)
    print_issues(out, issues or Issues())
    print_written(out, parquet, report)


def write_files(
    result: Result, parquet: Path | None, report: Path | None, *, rows: pl.DataFrame | None = None, **options: Any
) -> None:
    """Write the files that were asked for: a table, that of the result if no other is given, and the page.

    `options` are those of the page.
    """
    if parquet is not None:
        from psephos.opinions.writing import write_frame

        write_frame(result.table() if rows is None else rows, parquet)
    if report is not None:
        from psephos.reports import write_report

        write_report(result, report, **options)


def print_written(out: Console, *files: Path | None) -> None:
    """Where those files are that were asked for."""
    for file in files:
        if file is not None:
            print_line(out, f"Wrote {file}")


def print_json(result: Result, **further: Result | Sequence[Result] | pl.DataFrame | None) -> None:
    """The whole result as JSON on standard output, with further results and tables under their names."""
    whole = result.to_dict()
    for name, part in further.items():
        if isinstance(part, pl.DataFrame):
            whole[name] = json_ready(part.to_dicts())
        elif part:
            whole[name] = part.to_dict() if isinstance(part, Result) else [one.to_dict() for one in part]
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    text = json.dumps(whole, ensure_ascii=plain, indent=2, allow_nan=False)
    sys.stdout.write(_STEERING.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text) + "\n")


def print_summary(out: Console, title: str, lines: Sequence[tuple[str, str]]) -> None:
    """Names and what they say, aligned under a title."""
    out.print(Text(title, style="bold"))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim")
    grid.add_column()
    for name, text in lines:
        grid.add_row(shown(name), shown(text, 400))
    out.print(grid)


def print_table(out: Console, title: str, frame: pl.DataFrame, *, formats: dict[str, str] | None = None) -> None:
    """A data frame with numbers at the right; `formats` gives the format of a column, such as ``".3f"``.

    What is wider than the terminal first breaks its headings between words, then goes on in a second table below, whose
    rows begin with the same names. Nothing is cut.
    """
    formats = formats or {}
    cells = {name: [_cell(value, formats.get(name, "")) for value in frame[name].to_list()] for name in frame.columns}
    headings = {name: name.replace("_", " ") for name in frame.columns}
    wide = {name: max([cell_len(headings[name]), *(text.cell_len for text in cells[name])]) for name in cells}
    if sum(wide.values()) + GAP * (len(wide) - 1) > out.width:
        headings = {name: text.replace(" ", "\n") for name, text in headings.items()}
        words = {name: max(map(cell_len, headings[name].split("\n"))) for name in cells}
        wide = {name: max([words[name], *(text.cell_len for text in cells[name])]) for name in cells}
    keys = _keys(frame)
    for place, part in enumerate(_parts(wide, keys, out.width)):
        heading = title if not place else f"{title}, continued"
        table = Table(
            title=Text(heading, style="bold"), title_justify="left", box=None, pad_edge=False, header_style="dim"
        )
        for name in part:
            justify: Literal["left", "right"] = "right" if frame[name].dtype.is_numeric() else "left"
            table.add_column(headings[name], justify=justify, vertical="bottom", overflow="fold")
        for row in range(frame.height):
            table.add_row(*(cells[name][row] for name in part))
        out.print(table)


def _keys(frame: pl.DataFrame) -> list[str]:
    """The columns that say what a row is about: the first, and the first text if it stands beside a number."""
    names = frame.columns
    if len(names) > 1 and frame[names[0]].dtype.is_numeric() and not frame[names[1]].dtype.is_numeric():
        return names[:2]
    return names[:1]


def _parts(wide: Mapping[str, int], keys: Sequence[str], width: int) -> list[list[str]]:
    """Columns in as many tables as the width asks for, each beginning with the keys."""
    start = sum(wide[name] + GAP for name in keys) - GAP
    parts, used = [list(keys)], start
    for name in wide:
        if name in keys:
            continue
        if used + GAP + wide[name] > width and len(parts[-1]) > len(keys):
            parts.append(list(keys))
            used = start
        parts[-1].append(name)
        used += GAP + wide[name]
    return parts


def print_more(out: Console, height: int, limit: int | None) -> None:
    """How many rows a table has beyond those printed, and how to see them."""
    if limit is not None and height > limit:
        out.print(Text(f"and {height - limit:,} more: --limit {height}", style="dim"))


def print_line(out: Console, value: object) -> None:
    """A line of text, never broken, so that a path in it can be copied."""
    out.print(shown(value, 400), soft_wrap=True)


def print_issues(out: Console, issues: Issues) -> None:
    """What was set aside or found odd, a line each."""
    if len(issues):
        out.print(Text("Input", style="bold"))
        for issue in issues:
            print_line(out, replace(issue, hint=here(issue.hint)))


def _cell(value: Any, form: str) -> Text:
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, float):
        return Text("" if math.isnan(value) else format(value, form or ".3f"))
    if isinstance(value, int):
        return Text(format(value, ","))
    return shown(value)
