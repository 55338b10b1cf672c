"""How is a number written in the reader's language?

What is computed is formatted in English, as everywhere else in psephos: 1,240 and .93. A page writes it anew with the
marks of its language, in German 1.240 and 0,93: there ".93" is no number, and "1.240" is more than a thousand.
"""

from __future__ import annotations

import re

from psephos.opinions.wording import true_minus

MARKS = {"en": (",", "."), "de": (".", ",")}
"""The marks between thousands and before decimals; those of English where a language has none here."""


def decimal_mark(language: str) -> str:
    """The sign before the decimals of a number.

    Examples
    --------
    >>> decimal_mark("en"), decimal_mark("de")
    ('.', ',')
    """
    return MARKS.get(language, MARKS["en"])[1]


def grouped(number: float, language: str) -> str:
    """A whole number as one writes it in a language.

    Examples
    --------
    >>> grouped(1240, "en"), grouped(1240, "de")
    ('1,240', '1.240')
    """
    return figures(true_minus(f"{round(number):,}"), language)


def figures(text: str, language: str) -> str:
    r"""A number that was written in English, with the marks of a language; what is no number in a text stays.

    Examples
    --------
    >>> figures("> .999", "de"), figures("1,234.5", "de"), figures("\u2212.20", "de"), figures("7 %", "de")
    ('> 0,999', '1.234,5', '−0,20', '7 %')
    >>> figures(".93", "en")
    '.93'
    """
    between, before = MARKS.get(language, MARKS["en"])
    if (between, before) == MARKS["en"]:
        return text
    return re.sub(r"(\d+(?:,\d{3})*)?\.(\d+)|\d{1,3}(?:,\d{3})+", lambda found: _written(found, between, before), text)


def amount(number: float) -> str:
    """A count that is estimated: whole from ten on, with one decimal below; never more digits than mean something.

    Examples
    --------
    >>> amount(1907.0), amount(12.52), amount(3.14), amount(2.0)
    ('1,907', '13', '3.1', '2')
    """
    if abs(number) >= 9.95:
        return true_minus(f"{number:,.0f}")
    return true_minus(f"{number:.1f}".removesuffix(".0"))


def _written(found: re.Match[str], between: str, before: str) -> str:
    whole, point, rest = found[0].partition(".")
    if not point:
        return whole.replace(",", between)
    return f"{whole.replace(',', between) or '0'}{before}{rest}"
