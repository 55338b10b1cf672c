r"""Which part of a text is its answer?

Models reason before they answer, and what is to be counted is the answer. A rule takes it out of a text, or says that
there is none, which is an abstention and never a vote:

    whole     the text without outer blanks
    marked    what follows the last mark on its line: "answer:", "answer is", "####", or what is inside \boxed{...}
    short     what is marked, or else the whole; a single number or capital letter in it stands for it ("So 42" is
              "42"); more than four words are no short answer
    number    the last number of the text, without commas of thousands
    letter    the last capital letter that stands alone, in what is marked if that has one

A regular expression is a rule too: its first group, or the whole match, at its last place. So is a function.

Source: sheet 24 (``short``, with "#### 42" added, as graders of school problems write it). Differs: nothing.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from psephos.errors import InputError

AnswerRule: TypeAlias = str | re.Pattern[str] | Callable[[str], str | None]

MOST_WORDS = 4
"""More words than this are no short answer."""

LONGEST = 20_000
"""Characters at the end of a text in which an answer is looked for."""

_MARK = re.compile(r"answer\s*(?:is|:)\s*:?|####|\\boxed\s*(?=\{)", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.,])[-+\u2212]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w]|[.,]\d)")
_LETTER = re.compile(r"(?<![\w'])[A-Z](?![\w'])")
_AROUND = " \t*_`\"'.,;:!?$"


def whole(text: str) -> str | None:
    r"""The text without outer blanks; None if it is empty.

    Examples
    --------
    >>> whole(" Paris\n"), whole("  ")
    ('Paris', None)
    """
    return text.strip() or None


def marked(text: str) -> str | None:
    r"""What follows the last mark of an answer; None if there is no mark.

    Examples
    --------
    >>> marked("7 * 6 = 42\nThe answer is **42**."), marked(r"so \boxed{x^{2}}"), marked("Paris")
    ('42', 'x^{2}', None)
    """
    text = text[-LONGEST:]
    last = _last(_MARK, text)
    if last is None:
        return None
    rest = text[last.end() :]
    found = _braced(rest) if last[0].lower().startswith("\\boxed") else _line(rest)
    return found.strip(_AROUND) or None


def short(text: str) -> str | None:
    """What is marked, or else the whole, if it is a number, a letter or at most four words.

    Examples
    --------
    >>> short("So 42"), short("I think it is (B)."), short("The answer is 41."), short("It depends on what you mean.")
    ('42', None, '41', None)
    """
    span = marked(text) or whole(text[-LONGEST:])
    if span is None or len(span.split()) > MOST_WORDS:
        return None
    for pattern in (_NUMBER, _LETTER):
        found = pattern.findall(span)
        if len(found) == 1:
            return _plain(found[0])
    return span.strip(_AROUND) or span


def number(text: str) -> str | None:
    """The last number of a text; None if it has none.

    Examples
    --------
    >>> number("It costs 3 times 400, so $1,200.50."), number("none")
    ('1200.50', None)
    """
    found = _NUMBER.findall(text[-LONGEST:])
    return _plain(found[-1]) if found else None


def letter(text: str) -> str | None:
    """The last capital letter that stands alone; None if there is none.

    Examples
    --------
    >>> letter("A is tempting, but the answer is (C)."), letter("none")
    ('C', None)
    """
    found = _LETTER.findall(marked(text) or "") or _LETTER.findall(text[-LONGEST:])
    return found[-1] if found else None


RULES: Mapping[str, Callable[[str], str | None]] = MappingProxyType(
    {"whole": whole, "marked": marked, "short": short, "number": number, "letter": letter}
)


def answer_rule(rule: AnswerRule) -> Callable[[str], str | None]:
    r"""The function from a text to its answer, of a rule by its name, of a pattern, or of a function, which is one.

    Parameters
    ----------
    rule : str, re.Pattern or callable

    Returns
    -------
    callable
        From a text to its answer, None where it has none.

    Raises
    ------
    InputError
        If there is no such rule.

    Examples
    --------
    >>> import re
    >>> answer_rule(re.compile(r"x = (\d+)"))("x = 3, then x = 4")
    '4'
    """
    if isinstance(rule, re.Pattern):
        return _Matching(rule)
    if callable(rule):
        return rule
    if rule not in RULES:
        raise InputError("answer", f"must be one of {', '.join(RULES)}, a pattern or a function, got {rule!r:.60}")
    return RULES[rule]


class _Matching:
    """The first group of a pattern, or the whole match, at its last place."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern
        self.__name__ = pattern.pattern

    def __call__(self, text: str) -> str | None:
        last = _last(self._pattern, text[-LONGEST:])
        if last is None:
            return None
        return ((last[1] if self._pattern.groups else last[0]) or "").strip() or None


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The last match, without keeping the others."""
    matches = deque(pattern.finditer(text), maxlen=1)
    return matches[0] if matches else None


def _line(text: str) -> str:
    """The first line that says anything."""
    return next((line for line in text.splitlines() if line.strip(_AROUND)), "")


def _braced(text: str) -> str:
    """What the first brace holds, up to the brace that closes it."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "{") - (sign == "}")
        if depth == 0:
            return text[1:place]
    return ""


def _plain(number: str) -> str:
    return number.replace(",", "").replace("\u2212", "-").removeprefix("+")
