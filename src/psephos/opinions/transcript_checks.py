"""Which times and confidences of a transcript can be trusted?

Times are seconds. NaN, infinity, a negative time, an end before its start and given starts that step back within one
channel are a `TimeError` that names file and line; words and segments may overlap. A confidence outside 0 to 1 is a
`ConfidenceError`. Times that were interpolated may step back: they do where segments overlap.
"""

from __future__ import annotations

import math
import re

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import ConfidenceError, ParseError, TimeError

GIVEN, INTERPOLATED, MISSING = "given", "interpolated", "missing"

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


def number_of(value: object, name: str, where: str, what: str = "time") -> float:
    """A time or confidence as a number of the file, which is not checked for its range yet."""
    text = value.strip() if isinstance(value, str) else value
    if isinstance(text, str) and not _NUMBER.fullmatch(text) and not _NOT_FINITE.fullmatch(text):
        raise ParseError(name, f"{what} is not a number: {text!r:.60}", where=where)
    if isinstance(text, bool) or not isinstance(text, (str, int, float)):
        raise ParseError(name, f"{what} is not a number: {text!r:.60}", where=where)
    return float(text)


def seconds_of(value: object, name: str, where: str, what: str = "time") -> float:
    """A time of at least 0 seconds.

    Examples
    --------
    >>> seconds_of("nan", "a.ctm", "line 3", "start")
    Traceback (most recent call last):
        ...
    psephos.errors.TimeError: a.ctm: start is NaN (line 3)
    """
    number = number_of(value, name, where, what)
    if not math.isfinite(number):
        raise TimeError(name, f"{what} is {'NaN' if math.isnan(number) else 'infinite'}", where=where)
    if number < 0:
        raise TimeError(name, f"{what} is negative: {number:g}", where=where)
    return number + 0.0


def confidence_of(value: object, name: str, where: str) -> float | None:
    """A confidence between 0 and 1, or None where there is none."""
    if value is None:
        return None
    number = number_of(value, name, where, "confidence")
    if not 0 <= number <= 1:
        raise ConfidenceError(name, f"confidence must lie between 0 and 1, got {number:g}", where=where)
    return number + 0.0


def check_span(name: str, start: float | None, end: float | None, where: str) -> None:
    """Refuse an end before its start."""
    if start is not None and end is not None and end < start:
        raise TimeError(name, f"ends at {end:g} s, before its start at {start:g} s", where=where)


def check_rows(frame: pl.DataFrame, rows: npt.NDArray[np.int64], name: str) -> None:
    """The same checks on a table of tokens (see `kinds`), row by row; what is no number is left to `building`.

    NaN is missing in a column of numbers, and an error where it is written out in a text table.
    """
    given = {
        part: frame[part].cast(pl.Float64, strict=False)
        for part in ("start", "end", "confidence")
        if part in frame.columns and (frame.schema[part].is_numeric() or frame.schema[part] == pl.String)
    }
    for part, values in given.items():
        outside = (values < 0) | (values > 1) if part == "confidence" else (values < 0) | values.is_infinite()
        if frame.schema[part].is_numeric():
            outside &= values.is_not_nan()
        else:
            outside |= values.is_nan()
        if outside.any():
            at = int(outside.fill_null(False).arg_max() or 0)
            where = f"row {rows[at]:,}"
            if part == "confidence":
                raise ConfidenceError(name, f"confidence must lie between 0 and 1, got {values[at]:g}", where=where)
            seconds_of(values[at], name, where, part)
        given[part] = values.fill_nan(None)
    if "start" not in given:
        return
    start, end = given["start"], given.get("end", pl.Series([None] * frame.height, dtype=pl.Float64))
    for at in (end < start).fill_null(False).arg_true()[:1]:
        check_span(name, start[at], end[at], f"row {rows[at]:,}")
    keys = [key for key in ("item", "voter", "channel") if key in frame.columns]
    table = frame.select(*keys, pl.col("position").cast(pl.Float64, strict=False)).with_columns(
        start, pl.Series("row", rows)
    )
    if "times" in frame.columns:
        table = table.filter(frame["times"].cast(pl.String, strict=False).ne_missing(pl.lit(INTERPOLATED)))
    before = pl.col("start").shift(1).over(keys) if keys else pl.col("start").shift(1)
    table = table.filter(pl.col("start").is_not_null()).sort("position", maintain_order=True)
    back = table.with_columns(before=before).filter(pl.col("start") < pl.col("before")).sort("row")
    for row, now, ahead in back.select("row", "start", "before").head(1).rows():
        problem = f"a word starts at {now:g} s, before the word ahead of it ({ahead:g} s)"
        raise TimeError(name, problem, where=f"row {row:,}", hint="sort by start within each clip and channel")
