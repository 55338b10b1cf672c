"""What was set aside or noticed while reading, and where?

Reading never drops a row silently. Whatever a reader or a check leaves out, merges or merely finds odd is one `Issue`:
what it is, what was done about it, how often, in which file and in which rows.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.opinions.wording import first_of

SET_ASIDE = "set aside"
NOTED = "noted"
MOST_SAID = 3
"""Findings that a complaint quotes."""

_NO_ROWS = np.empty(0, dtype=np.int64)
_LAST = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Issue:
    """One finding: what was found, what was done about it, and where.

    Attributes
    ----------
    reason : str
        What is wrong or odd.
    action : str
        ``"set aside"`` when rows take no part, ``"noted"`` when all take part.
    source : str
        File or argument it was found in.
    rows : ndarray of int64
        Rows at fault, 1 for the first row of data (a header line does not count). For text files that could not be cut
        into rows, the line numbers.
    example : str
        The first value at fault, as it was found.
    count : int
        How many rows or ids it concerns; the number of `rows` unless given.
    hint : str
        What the caller can do, in words of Python as in the errors of `psephos.errors`.
    """

    reason: str
    action: str
    source: str
    rows: npt.NDArray[np.int64] = field(default_factory=lambda: _NO_ROWS)
    example: str = ""
    count: int = -1
    hint: str = ""

    def __post_init__(self) -> None:
        if self.count < 0:
            object.__setattr__(self, "count", len(self.rows))

    def __str__(self) -> str:
        rows = "row" if len(self.rows) == 1 else "rows"
        place = f", {rows} {first_of(self.rows.tolist())}" if len(self.rows) else ""
        example = f", such as {_shortened(self.example)}" if self.example else ""
        advice = f"; {self.hint}" if self.hint else ""
        return f"{self.count:,} {self.action}: {self.reason}{example} ({self.source}{place}){advice}"


@dataclass(frozen=True, eq=False)
class Issues:
    """All findings about one set of opinions, in the order in which they were made.

    A verdict carries them; `table()` has a row for each row at fault, `str()` a line for each finding, and
    `set_aside` the number of rows that take no part.
    """

    found: tuple[Issue, ...] = ()

    def __iter__(self) -> Iterator[Issue]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def __add__(self, other: Issues) -> Issues:
        return Issues(self.found + other.found)

    def merged(self) -> Issues:
        """The same findings with those of one reason, action and source made one."""
        groups: dict[tuple[str, str, str], list[Issue]] = {}
        for issue in self.found:
            groups.setdefault((issue.reason, issue.action, issue.source), []).append(issue)
        return Issues(
            tuple(
                Issue(
                    *key,
                    rows=np.sort(np.concatenate([issue.rows for issue in group])),
                    example=min(group, key=lambda issue: issue.rows.min(initial=_LAST)).example,
                    count=sum(issue.count for issue in group),
                    hint=group[0].hint,
                )
                for key, group in groups.items()
            )
        )

    def in_order(self) -> Issues:
        """The same, those of one reason, action and source made one; what was set aside comes first.

        Issues that were found in parts are in an order that does not depend on the parts.
        """
        order = sorted(self.merged(), key=lambda one: (one.action != SET_ASIDE, one.source, one.reason))
        return Issues(tuple(order))

    def explain(self, problem: str) -> str:
        """A complaint with what was found before it: the first findings, each with its count and first rows.

        Examples
        --------
        >>> Issues((Issue("no item", SET_ASIDE, "votes.csv", np.array([2, 5])),)).explain("no row is left")
        'no row is left: 2 set aside: no item (votes.csv, rows 2, 5)'
        >>> Issues().explain("no row is left")
        'no row is left'
        """
        found = [replace(issue, hint="") for issue in self.in_order()]
        return f"{problem}: {first_of(found, MOST_SAID, sign='; ')}" if found else problem

    @property
    def set_aside(self) -> int:
        """Number of rows that take no part."""
        return sum(issue.count for issue in self.found if issue.action == SET_ASIDE)

    def table(self) -> pl.DataFrame:
        """One row per finding and row at fault: reason, action, source, row, example.

        A finding without row numbers has one row with ``row`` null.
        """
        parts = [
            pl.DataFrame({"row": issue.rows if len(issue.rows) else [None]}, schema={"row": pl.Int64}).select(
                pl.lit(issue.reason).alias("reason"),
                pl.lit(issue.action).alias("action"),
                pl.lit(issue.source).alias("source"),
                pl.col("row"),
                pl.lit(issue.example).alias("example"),
            )
            for issue in self.found
        ]
        schema = dict.fromkeys(("reason", "action", "source"), pl.String) | {"row": pl.Int64, "example": pl.String}
        return pl.concat(parts) if parts else pl.DataFrame(schema=schema)

    def to_list(self) -> list[dict[str, object]]:
        """The findings as JSON-ready mappings, with at most 100 row numbers each (`count` has the whole number)."""
        return [
            {
                "reason": issue.reason,
                "action": issue.action,
                "source": issue.source,
                "count": issue.count,
                "rows": issue.rows[:100].tolist(),
                "example": issue.example,
                "hint": issue.hint,
            }
            for issue in self.found
        ]

    def __str__(self) -> str:
        return "\n".join(map(str, self.found)) if self.found else "no issues"

    def _repr_html_(self) -> str:
        return "<ul>" + "".join(f"<li>{html.escape(str(issue))}</li>" for issue in self.found) + "</ul>"


def _shortened(text: str, most: int = 60) -> str:
    return repr(text if len(text) <= most else text[: most - 3] + "...")
