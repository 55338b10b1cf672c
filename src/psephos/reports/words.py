"""How do numbers and texts of users read on a page?"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from psephos.plots.style import decimal, plain
from psephos.statistics import Interval

MOST = 200
"""Longest text of a user that a page shows in one place."""


RISK, MIDDLE = 0.6, 0.9
"""Certainties below these are marked: as likely wrong as right, and doubtful."""


class Number(NamedTuple):
    """A number, and its uncertainty in the muted text beside it."""

    value: str
    beside: str = ""


def certainty(value: float | None) -> str:
    """A certainty; what would be rounded up to 1 says so.

    Examples
    --------
    >>> certainty(0.4397), certainty(0.9938), certainty(1.0), certainty(None)
    ('.44', '.994', '1', 'none')
    """
    if value is None:
        return "none"
    if 0.9995 <= value < 1:
        return ">\u00a0.999"
    return decimal(value, 3 if value >= 0.99 else 2)


def certainty_band(value: float | None) -> str:
    """How the stylesheet marks a certainty.

    Examples
    --------
    >>> certainty_band(0.4), certainty_band(0.8), certainty_band(0.95), certainty_band(None)
    ('risk', 'middle', 'quiet', 'risk')
    """
    if value is None or value < RISK:
        return "risk"
    return "middle" if value < MIDDLE else "quiet"


def interval(value: float, low: float, high: float, level: float = 0.95) -> Number:
    """A number with its interval if it has one.

    Examples
    --------
    >>> interval(0.93, 0.91, 0.95)
    Number(value='.930', beside='[.910, .950]')
    """
    found = Interval(value, low, high, level)
    if not found.known:
        return Number(str(found) if math.isnan(value) else decimal(value, 3))
    number, beside = str(found).replace("-", "\u2212").split(" ", 1)
    return Number(number, beside)


def clock(seconds: float | None) -> str:
    """A place in a recording.

    Examples
    --------
    >>> clock(4.24), clock(75.0), clock(3725.5), clock(None)
    ('0:04.2', '1:15.0', '1:02:05.5', '')
    """
    if seconds is None or math.isnan(seconds):
        return ""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    begin = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{begin}:{rest // 10:02d}.{rest % 10}"


def lasting(seconds: float) -> str:
    """How long something takes.

    Examples
    --------
    >>> lasting(48.2), lasting(373), lasting(7322)
    ('48 s', '6 min 13 s', '2 h 2 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def shown(text: object, most: int = MOST, *, say: Callable[[str], str] = str) -> str:
    """A text of a user: cut if long, never empty to the eye, without control characters.

    `say` puts our own few words beside it into another language.

    Examples
    --------
    >>> shown("a" * 300, 5), shown("  "), shown(chr(0x200B)), shown(None)
    ('aaaaa… (300 characters)', '(blank)', '(invisible: U+200B)', 'none')
    """
    if text is None:
        return say("none")
    whole = str(text)
    if not whole.strip():
        return say("(blank)")
    if all(unicodedata.category(sign)[0] in "CZ" for sign in whole[:20]) and len(whole) <= 20:
        return say("(invisible: {signs})").format(signs=" ".join(f"U+{ord(sign):04X}" for sign in whole))
    clean = plain(whole.replace("\r\n", "\n").replace("\n", " ").replace("\t", " "))
    if len(clean) <= most:
        return clean
    return f"{_cut(clean, most)}\u2026 ({say('{n} characters').format(n=f'{len(clean):,}')})"


def _cut(text: str, most: int) -> str:
    """The first letters, ending before a sign that belongs to the one left of it."""
    while most > 1 and (
        unicodedata.combining(text[most]) or text[most] in "\u200d\ufe0f" or text[most - 1] == "\u200d"
    ):
        most -= 1
    return text[:most]
