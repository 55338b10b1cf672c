"""What of a judgement can be judged by itself: each error that a judge marked, and its score?

A judge's row may bring a column ``errors``: a list, or the JSON of one, of what is wrong with the text that it judged,
each with ``location`` (the words meant) and, where known, ``start`` and ``end``, ``aspect``, ``explanation``,
``severity``, ``penalty``. A person accepts or rejects each of them, and can put a score of their own in place of a
judge's, with a reason. Both are decisions about a part of the item, like those about a word of a transcript: the part
is named by a number that is made of what it says, so that it stays the same when further opinions come.

Source: sheet 90 sections 2 and 3.2. Differs: nothing.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from psephos.errors import InputError, is_number
from psephos.review.store.tables import Item, Opinion

ERRORS = "errors"
ACCEPT, REJECT = "accept", "reject"

JUDGED = ("output", "response", "completion", "text", "prompt", "question")
"""Where the table about items holds the text that was judged; the first that is there."""

MOST_ERRORS = 500
"""Marks of one opinion, and of all on one text, that are offered; how many more there are is said."""

_QUOTES = "\"'\u201c\u201d\u2018\u2019\u00ab\u00bb"


@dataclass(frozen=True)
class Mark:
    """An error that a judge marked; `start` and `end` are None where its words are not in the text."""

    place: int
    voter: str
    location: str
    aspect: str = ""
    explanation: str = ""
    severity: str = ""
    penalty: float | None = None
    start: int | None = None
    end: int | None = None


def judged_text(item: Item, opinion: Opinion) -> str:
    """The text that a judge looked at: of answers the answer itself, else what the table about items says."""
    if item.kind == "samples":
        return str(opinion.detail.get("text") or opinion.value or "")
    return next((str(item.about[name]) for name in JUDGED if item.about.get(name)), "")


def marks_of(item: Item, opinion: Opinion) -> list[Mark]:
    """The errors that one judge marked, in the order of the list.

    Examples
    --------
    >>> said = Opinion(voter="j", detail={"errors": [{"location": "teh  capital", "severity": "Minor"}]})
    >>> [(mark.start, mark.end, mark.severity) for mark in marks_of(
    ...     Item(kind="scores", about={"output": "Paris is teh capital"}), said)]
    [(9, 20, 'Minor')]
    """
    text = judged_text(item, opinion)
    return [_mark(one, opinion, text) for one in _listed(opinion.detail.get(ERRORS))[:MOST_ERRORS]]


def left_out(opinion: Opinion) -> int:
    """How many errors of a list are not among its marks, because there are too many."""
    return max(0, len(_listed(opinion.detail.get(ERRORS))) - MOST_ERRORS)


def parts_of(item: Item, opinions: Iterable[Opinion]) -> dict[int, str]:
    """What the parts of an item are called that decisions can be about: the words of a mark, the judge of a score."""
    if item.kind not in ("scores", "samples"):
        return {}
    marks = {mark.place: mark.location or mark.aspect for one in opinions for mark in marks_of(item, one)}
    return marks | {score_place(one): one.voter or "" for one in opinions if one.number is not None}


def score_place(opinion: Opinion) -> int:
    """The number by which the score of a judge is named; each round has its own."""
    return _place("score", *_said_by(opinion))


def check_part(session: Session, item: Item, place: int, answer: Mapping[str, Any], note: str) -> None:
    """Refuse a decision about a part that the item does not have, or that says what cannot be said of it.

    Raises
    ------
    InputError
        If there is no such part, a mark is neither accepted nor rejected, or a score comes without a reason.
    """
    opinions = list(session.scalars(select(Opinion).where(Opinion.item_id == item.id)))
    if item.kind == "scores" and any(place == score_place(one) for one in opinions if one.number is not None):
        if "score" not in answer:
            raise InputError("answer", "must be a score in place of the judge's", hint='as in {"score": 3}')
        if not note.strip():
            raise InputError("note", "is missing", hint="say why the judge's score is not right")
        return
    if not any(place == mark.place for one in opinions for mark in marks_of(item, one)):
        raise InputError("place", f"{place} is no mark and no score of a judge of this item")
    if answer.get("choice") not in (ACCEPT, REJECT):
        raise InputError("answer", f'must be {{"choice": "{ACCEPT}"}} or {{"choice": "{REJECT}"}} for a mark')


def pieces(text: str, marks: Iterable[Mark]) -> list[tuple[str, list[int]]]:
    """A text in pieces, each with the numbers (from 1) of the marks that lie over it.

    Examples
    --------
    >>> pieces("a bad b", [Mark(7, "j", "bad", start=2, end=5)])
    [('a ', []), ('bad', [1]), (' b', [])]
    """
    spans = [(one.start, one.end, n) for n, one in enumerate(marks, 1) if one.start is not None and one.end is not None]
    edges = sorted({0, len(text), *(edge for start, end, _ in spans for edge in (start, end))})
    return [
        (text[low:high], [n for start, end, n in spans if start <= low and high <= end])
        for low, high in itertools.pairwise(edges)
    ]


def _listed(value: Any) -> list[Mapping[str, Any]]:
    """The list of errors in a cell; what is none has none."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return []
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _mark(said: Mapping[str, Any], opinion: Opinion, text: str) -> Mark:
    location, aspect, explanation = (_text(said.get(name)) for name in ("location", "aspect", "explanation"))
    penalty: Any = said.get("penalty")
    start, end = _span(said, location, text)
    return Mark(
        _place("mark", *_said_by(opinion), location, aspect, explanation, str(said.get("start", ""))),
        opinion.voter or "",
        location,
        aspect,
        explanation,
        _text(said.get("severity")),
        float(penalty) if is_number(penalty) else None,
        start,
        end,
    )


def _span(said: Mapping[str, Any], location: str, text: str) -> tuple[int | None, int | None]:
    """Where the words of a mark stand: as stated, else where they are found, else as they are found loosely."""
    start, end = said.get("start"), said.get("end")
    if type(start) is int and type(end) is int and 0 <= start < end <= len(text):
        return start, end
    words = location.strip().strip(_QUOTES).strip()
    if not words:
        return None, None
    at = text.find(words)
    if at >= 0:
        return at, at + len(words)
    loose = re.search(r"\s+".join(map(re.escape, words.split())), text, re.IGNORECASE)
    return loose.span() if loose else (None, None)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _place(*parts: str) -> int:
    """A number from 1 to 2^31 - 1 that is made of a text."""
    digest = hashlib.blake2b("\0".join(parts).encode(errors="replace"), digest_size=4).digest()
    return int.from_bytes(digest, "big") % (2**31 - 1) + 1


def _said_by(opinion: Opinion) -> tuple[str, ...]:
    """Who said it, and in which of several answers: a voter may draw or judge an item more than once."""
    detail = opinion.detail or {}
    told = (f"{name} {detail[name]}" for name in ("draw", "round") if detail.get(name) is not None)
    return (opinion.voter or "", *told)
