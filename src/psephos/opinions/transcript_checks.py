"""Which times and confidences of a transcript can be trusted?

Times are seconds. NaN, infinity, a negative time, an end before its start and given starts that step back within one
channel are a `TimeError` that names file and line; words and segments may overlap. A confidence outside 0 to 1 is a
`ConfidenceError`. Times that were interpolated may step back: they do where segments overlap.
"""

from __future__ import annotations

import math
import re

from psephos.errors import ConfidenceError, ParseError, TimeError

GIVEN, INTERPOLATED, MISSING = "given", "interpolated", "missing"

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


def number_of(value: object, name: str, where: str, what: str = "time") -> float:
    """A time or confidence as a number of the file, which is not checked for its range yet.

    Parameters
    ----------
    value : object
        Text or number; "inf" and "nan" are numbers here.
    name, where : str
        File and place, for the complaint.
    what : str
        What the value is.

    Raises
    ------
    ParseError
        It is no number.
    """
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
        raise TimeError(name, f"{what} is negative: {number:.12g}", where=where)
    return number + 0.0


def confidence_of(value: object, name: str, where: str) -> float | None:
    """A confidence between 0 and 1, or None where there is none."""
    if value is None:
        return None
    number = number_of(value, name, where, "confidence")
    if not 0 <= number <= 1:
        raise ConfidenceError(name, f"confidence must lie between 0 and 1, got {number:.12g}", where=where)
    return number + 0.0


def check_span(name: str, start: float | None, end: float | None, where: str) -> None:
    """Refuse an end before its start; a missing one is fine.

    Parameters
    ----------
    name, where : str
        File and place, for the complaint.
    start, end : float or None
        Seconds.

    Raises
    ------
    TimeError
    """
    if start is not None and end is not None and end < start:
        raise TimeError(name, f"ends at {end:.12g} s, before its start at {start:.12g} s", where=where)
