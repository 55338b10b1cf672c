"""Which numbers, dates and names does a text state?

    number   a run of digits with its decimals, by value: 1,250 is 1250
    date     day, month and year in words or as 1932-03-19; a part that is not stated is open
    name     a capitalised word that is not the first of its sentence

A fact is backed by texts that state the same; a date by one that states at least as much of it.

Source: sheet 24. Differs: numbers count by value and not by their digits; dates are read as a whole, in English, so
that day and year taken from two places make a new date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from psephos.judges.fusion.sentences import sentences, tokens
from psephos.opinions.equivalence import parse_number

KINDS = ("number", "date", "name")

_MONTHS = {
    name: place
    for place, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sep sept",
            "october oct",
            "november nov",
            "december dec",
        ),
        1,
    )
    for name in names.split()
}
_NUMBER = re.compile(r"(?<![^\W_])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?")
_MONTH = "(" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_DATES = (
    (re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b"), ("year", "month", "day")),
    (
        re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH}(?:,? (\d{{4}}))?\b", re.IGNORECASE),
        ("day", "month", "year"),
    ),
    (
        re.compile(rf"\b{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d)(?:,? (\d{{4}}))?\b", re.IGNORECASE),
        ("month", "day", "year"),
    ),
    (re.compile(rf"\b{_MONTH},? (\d{{4}})\b", re.IGNORECASE), ("month", "year")),
)
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")


@dataclass(frozen=True, order=True)
class Fact:
    """Something that a text states; of equal `value` is the same fact, `shown` is how the text writes it."""

    kind: str
    value: tuple[object, ...]
    shown: str


@dataclass(frozen=True)
class Stated:
    """All that some texts state: values by kind, and all words."""

    numbers: frozenset[Fraction]
    dates: frozenset[tuple[int | None, ...]]
    words: frozenset[str]

    def backs(self, fact: Fact) -> bool:
        """Whether one of the texts states the fact."""
        if fact.kind == "number":
            return fact.value[0] in self.numbers
        if fact.kind == "name":
            return all(token in self.words for token in fact.value)
        return any(
            all(part is None or part == other for part, other in zip(fact.value, date, strict=True))
            for date in self.dates
        )


def facts(text: str) -> list[Fact]:
    """The facts of a text in the order in which they stand there, each once.

    Examples
    --------
    >>> [(fact.kind, fact.shown) for fact in facts("The span of 1,250 m was opened by Agnes Pell on 19 March 1932.")]
    [('number', '1,250'), ('name', 'Agnes'), ('name', 'Pell'), ('date', '19 March 1932')]
    """
    found: dict[tuple[str, tuple[object, ...]], tuple[Fact, int]] = {}
    start = 0
    for sentence in sentences(text):
        start = max(text.find(sentence, start), 0)
        for at, fact in _of_sentence(sentence):
            found.setdefault((fact.kind, fact.value), (fact, start + at))
        start += len(sentence)
    return [fact for fact, _ in sorted(found.values(), key=lambda pair: pair[1])]


def stated(texts: Iterable[str]) -> Stated:
    """All that these texts state."""
    numbers: set[Fraction] = set()
    dates: set[tuple[int | None, ...]] = set()
    words: set[str] = set()
    for text in texts:
        numbers |= {value for found in _NUMBER.findall(text) if (value := parse_number(found)) is not None}
        dates |= {date for _, date, _ in _dates(text)}
        words |= set(tokens(text))
    return Stated(frozenset(numbers), frozenset(dates), frozenset(words))


def _of_sentence(sentence: str) -> list[tuple[int, Fact]]:
    """Place and fact; numbers and names within a date are parts of it."""
    dated = _dates(sentence)
    within = [span for span, _, _ in dated]
    found = [(span[0], Fact("date", date, shown)) for span, date, shown in dated]

    def free(at: int) -> bool:
        return not any(start <= at < end for start, end in within)

    for number in _NUMBER.finditer(sentence):
        value = parse_number(number[0])
        if free(number.start()) and value is not None:
            found.append((number.start(), Fact("number", (value,), number[0])))
    for place, word in enumerate(_WORD.finditer(sentence)):
        shown = re.sub(r"['\u2019]s$", "", word[0])
        if place and shown[0].isupper() and len(shown) > 1 and free(word.start()):
            found.append((word.start(), Fact("name", tuple(tokens(shown)), shown)))
    return found


def _dates(text: str) -> list[tuple[tuple[int, int], tuple[int | None, ...], str]]:
    """Span, (year, month, day) and words of each date."""
    found: list[tuple[tuple[int, int], tuple[int | None, ...], str]] = []
    for pattern, names in _DATES:
        for match in pattern.finditer(text):
            if any(start < match.end() and match.start() < end for (start, end), _, _ in found):
                continue
            parts = dict(zip(names, match.groups(), strict=True))
            month = parts["month"] or ""
            date = {name: int(part) for name, part in parts.items() if part and name != "month"}
            date["month"] = _MONTHS[month.lower()] if month.lower() in _MONTHS else int(month)
            if 1 <= date["month"] <= 12 and 1 <= date.get("day", 1) <= 31:
                found.append((match.span(), tuple(date.get(part) for part in ("year", "month", "day")), match[0]))
    return sorted(found)
