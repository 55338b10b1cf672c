"""What is an answer, when are two the same, and what do several come to?

An answer is one of

    {"choice": label}   {"own": text}   {"score": number}   {"text": whole transcript}
    {"both": [labels]}  {"undecidable": true}               (both of these settle a dispute only)
    {"joined": true}                                        (of a place of a transcript only)

`own` is a text that nobody had said; of a place several words divide it, no word drops it. A place that is `joined`
is part of the word before it, whose end is then its own. Of a judge's part (see `judging`) it is ``{"choice":
"accept"}`` or ``"reject"`` for a mark, a score for a score. Labels are the same if they are equal, answers if the rule
``equivalence`` of the project makes them so (see `psephos.opinions.equivalence`), transcripts if their words are,
scores if they are no further apart than the project allows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from psephos.errors import InputError, is_number
from psephos.opinions.equivalence import casefold, exact, number, text
from psephos.review.store.tables import Project

RULES = {"exact": exact, "casefold": casefold, "text": text, "number": number}

LONGEST = 200_000
"""Signs of an answer or a note."""

Answer = dict[str, Any]


def checked_answer(answer: Any, kind: str, *, settles: bool = False, place: bool = False) -> Answer:
    """The answer, refused if it is none for items of this kind.

    Parameters
    ----------
    answer : mapping
    kind : {"labels", "samples", "scores", "transcripts"}
    settles : bool, default False
        Whether it settles a dispute: only then both can be right, or nothing can be said.
    place : bool, default False
        Whether it is about one place of a transcript, or a mark or score of a judge.

    Examples
    --------
    >>> checked_answer({"choice": "cat"}, "labels")
    {'choice': 'cat'}
    >>> checked_answer({"score": float("nan")}, "scores")
    Traceback (most recent call last):
        ...
    psephos.errors.InputError: answer: must be a finite number, got nan
    """
    if not isinstance(answer, dict) or len(answer) != 1:
        raise InputError("answer", "must say one thing", hint='as in {"choice": "yes"}')
    ((form, value),) = answer.items()
    allowed: tuple[str, ...] = {"scores": ("score",), "transcripts": ("text",)}.get(kind, ("choice", "own"))
    if place:
        allowed = ("choice", "own", "joined") if kind == "transcripts" else ("choice", "score")
    if settles:
        allowed = (*allowed, "both", "undecidable")
    if form not in allowed:
        raise InputError("answer", f"must be one of {', '.join(allowed)} here, got {form!r:.40}")
    if form == "score":
        if not is_number(value):
            raise InputError("answer", f"must be a finite number, got {value!r:.40}")
        return {"score": float(value)}
    if form == "both":
        if not isinstance(value, list) or len(value) < 2 or len(set(map(str, value))) < len(value):
            raise InputError("answer", "both needs at least two different answers")
        return {"both": [_text(one) for one in value]}
    if form in ("undecidable", "joined"):
        return {form: True}
    return {form: _text(value, empty=place or form == "text")}


def key_of(answer: Answer, project: Project, kind: str) -> object:
    """What answers that are the same have in common."""
    ((form, value),) = answer.items()
    if form == "text":
        return text(value)
    if form in ("choice", "own"):
        return RULES[project.settings.get("equivalence", "exact")](value) if kind == "samples" else value
    return (form, tuple(value) if isinstance(value, list) else value)


def agreed(answers: Sequence[Answer], project: Project, kind: str) -> Answer | None:
    """What several answers come to: the first, or the mean score; None if they differ.

    Examples
    --------
    >>> agreed([{"choice": "a"}, {"own": "a"}], Project(settings={}), "labels")
    {'choice': 'a'}
    >>> agreed([{"score": 3.0}, {"score": 4.0}], Project(settings={}, spread=1.0), "scores")
    {'score': 3.5}
    """
    if kind == "scores":
        scores = [answer["score"] for answer in answers]
        wide = max(scores) - min(scores) > project.spread + 1e-12
        return None if wide else {"score": math.fsum(scores) / len(scores)}
    return answers[0] if len({key_of(answer, project, kind) for answer in answers}) == 1 else None


def shown(answer: Answer | None) -> str:
    """An answer as one text; empty for none.

    Examples
    --------
    >>> shown({"both": ["a", "b"]}), shown({"score": 3.0}), shown(None)
    ('a | b', '3', '')
    """
    if answer is None or "undecidable" in answer or "joined" in answer:
        return ""
    ((form, value),) = answer.items()
    if form == "both":
        return " | ".join(value)
    return f"{value:.15g}" if form == "score" else str(value)


def distribution(answers: Sequence[Answer | None]) -> dict[str, float]:
    """The share of each answer: of several people, or of an answer that says that several are right.

    Examples
    --------
    >>> distribution([{"choice": "a"}, {"both": ["a", "b"]}])
    {'a': 0.75, 'b': 0.25}
    """
    counts: dict[str, float] = {}
    told = [answer for answer in answers if answer is not None and "undecidable" not in answer]
    for answer in told:
        parts = answer.get("both") or [shown(answer)]
        for part in parts:
            counts[part] = counts.get(part, 0.0) + 1 / len(parts)
    return {name: share / len(told) for name, share in counts.items()}


def _text(value: Any, *, empty: bool = False) -> str:
    if not isinstance(value, str):
        raise InputError("answer", f"must be a text, got {type(value).__name__}")
    if not value.strip() and not empty:
        raise InputError("answer", "must not be empty")
    return checked_text("answer", value)


def checked_text(argument: str, value: str) -> str:
    """A text that both databases can keep, refused if it is too long."""
    if len(value) > LONGEST:
        raise InputError(argument, f"is longer than {LONGEST:,} signs")
    if "\0" in value:
        raise InputError(argument, "holds the NUL character", hint="remove it")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InputError(argument, "holds half of a surrogate pair", hint="remove it") from None
    return value
