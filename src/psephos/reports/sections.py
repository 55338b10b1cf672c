"""Which parts has a page of sections: facts, pictures and tables under a title."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from psephos.reports.page import Picture

if TYPE_CHECKING:
    import polars as pl

    from psephos.opinions.outcomes import Result

ROWS = 24
"""Rows of a table of a section, where nothing else is said."""


@dataclass(frozen=True)
class Grid:
    """A table of a section: its caption, its columns (name, whether numeric), and its rows as texts."""

    caption: str
    columns: list[tuple[str, bool]]
    rows: list[list[str]]


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Attributes
    ----------
    id, title : str
        What links lead to, and what stands above.
    facts : list of (str, str)
    pictures : list of Picture
    tables : list of Grid
    """

    id: str
    title: str
    facts: list[tuple[str, str]] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    tables: list[Grid] = field(default_factory=list)


def facts_of(part: Result) -> list[tuple[str, str]]:
    """The summary of a result without its notes and its caution, which the page shows elsewhere."""
    return [line for line in part.summary() if line[0] not in ("note", "caution")]


def grid_of(caption: str, frame: pl.DataFrame, *, rows: int = ROWS) -> Grid:
    """The first rows of a table; the caption says so where there are more."""
    more = f" (the first {rows} of {frame.height:,})" if frame.height > rows else ""
    columns = [(name.replace("_", " "), dtype.is_numeric()) for name, dtype in frame.schema.items()]
    return Grid(caption + more, columns, [list(map(cell, row)) for row in frame.head(rows).iter_rows()])


def cell(value: object) -> str:
    """A value as the tables of all pages show it.

    Examples
    --------
    >>> cell(True), cell(0.25), cell(2e-9), cell(1200), cell(None)
    ('yes', '0.250', '2.0e−09', '1,200', '')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return (f"{value:.3f}" if abs(value) >= 5e-4 or value == 0 else f"{value:.1e}").replace("-", "\u2212")
    if isinstance(value, int):
        return f"{value:,}".replace("-", "\u2212")
    return "" if value is None else str(value)
