"""Hypothesis strategies that make opinions of every kind, with names that formats like to break."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import strategies as st

from psephos.opinions.building import build
from psephos.opinions.kinds import KINDS, Column, Kind
from psephos.opinions.model import Opinions

AWKWARD = [
    *("1", "1.0", "01", "-1", "+1", "1e5", "NaN", "null", "true", "inf", "2024-01-01"),
    *("=1+1", "@x", "+x", "-x", "\tx", "\rx", "'x", '"', '""', ",", ";", "a,b", "a\nb", "a\r\nb", "a\rb", " a ", " "),
    *("\\", "\\n", "[1]", "{}", "\ufeff", "\u2028", "\x0c", "\x1c", "\x85", "\u202e", "e\u0301", "\U0001f600", "#", "--"),
]
NAMES = st.sampled_from(AWKWARD) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=4
)
FEW = st.sampled_from(["a", "b", "c"]) | NAMES
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def values(column: Column) -> st.SearchStrategy[Any]:
    """Values that a column may hold, missing ones included where it may miss some."""
    if column.role == "id":
        return FEW if column.required else st.none() | FEW
    if column.allowed:
        return st.sampled_from(column.allowed)
    if column.role in ("choice", "text"):
        return st.none() | NAMES
    if column.role == "integer":
        return st.integers(0, 3)
    if column.role == "list":
        return st.none() | st.lists(FINITE, max_size=3)
    low = None if column.low == float("-inf") else column.low
    high = None if column.high == float("inf") else column.high
    return st.none() | st.floats(low, high, allow_nan=False, allow_infinity=False)


TYPES = {"number": pl.Float64, "time": pl.Float64, "integer": pl.Int64, "list": pl.List(pl.Float64)}


@st.composite
def opinions(draw: st.DrawFn, kinds: tuple[str, ...] = tuple(KINDS)) -> Opinions:
    """Opinions of any kind, with any of its optional columns and a carried column of texts."""
    kind: Kind = KINDS[draw(st.sampled_from(kinds))]
    columns = [column for column in kind.columns if column.required or draw(st.booleans())]
    if draw(st.booleans()):
        columns.append(Column("note", "text", required=False))
    height = draw(st.integers(1, 6))
    frame = pl.DataFrame(
        {
            column.name: pl.Series(
                draw(st.lists(values(column), min_size=height, max_size=height)),
                dtype=TYPES.get(column.role, pl.String),
            )
            for column in columns
        }
    )
    return build(kind, frame, repeated="first")
