"""How do records of Argilla become opinions?

A record (``dataset.records.to_json``, or one JSON object per line) has ``id``, ``fields``, ``metadata``, and for each
question a list of ``responses`` with ``value``, ``status`` and ``user_id``, and a ``suggestion`` with ``agent``, or in
another form ``suggestions``. Label and rating questions are read; of a multi-label answer the labels joined. Only
responses that were submitted count; discarded ones are abstentions, drafts are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from psephos.errors import InputError, ParseError
from psephos.opinions.frames import from_frame
from psephos.opinions.model import Opinions


def read_argilla(path: str | Path, *, question: str | None = None, suggestions: bool = True) -> Opinions:
    """Labels or scores from exported records of Argilla.

    Parameters
    ----------
    path : str or Path
        JSON, or JSON Lines.
    question : str, optional
        Which question; needed where there are several.
    suggestions : bool, default True
        Whether suggestions count as opinions of their agents.

    Returns
    -------
    Opinions
        Of kind ``scores`` where all answers are numbers, else ``labels``.

    Raises
    ------
    ParseError
        If the file holds no records.
    InputError
        If there are several questions and none is named, or it has no answers.
    """
    rows: list[tuple[str, str, str, Any]] = []
    about: list[dict[str, Any]] = []
    for place, made in enumerate(_records(path), start=1):
        if not isinstance(made, Mapping) or not isinstance(made.get("fields"), Mapping):
            raise ParseError(str(path), "holds a record without fields", where=f"record {place}")
        item = str(made.get("id") or place)
        about.append(
            {"item": item} | {str(name): str(value) for name, value in made["fields"].items() if name != "item"}
        )
        rows += [(item, *answer) for answer in _responses(made)]
        rows += [(item, *answer) for answer in _suggestions(made) if suggestions]
    questions = sorted({name for _, _, name, _ in rows})
    if question is None and len(questions) > 1:
        raise InputError("question", f"the file has {', '.join(map(repr, questions))}", hint="say which")
    wanted = question or (questions[0] if questions else "")
    kept = [(item, who, value) for item, who, name, value in rows if name == wanted]
    said = [value for *_, value in kept if value is not None]
    if not said:
        raise InputError("question", f"{path} has no answers to {wanted!r}", hint=f"it has {questions}")
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in said)
    column = "score" if numeric else "label"
    values = [None if value is None else float(value) if numeric else _label(value) for *_, value in kept]
    frame = pl.DataFrame({"item": [row[0] for row in kept], "voter": [row[1] for row in kept], column: values})
    tables = {"items": pl.DataFrame(about, infer_schema_length=None)}
    return from_frame(frame, kind="scores" if numeric else "labels", about=tables, repeated="last")


def _responses(made: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Who answered which question how; None is an abstention."""
    responses = made.get("responses") or {}
    if isinstance(responses, Mapping):
        for question, answers in responses.items():
            for answer in answers or ():
                status = answer.get("status", "submitted")
                if status != "draft":
                    who = str(answer.get("user_id") or "unknown")
                    yield who, str(question), answer.get("value") if status == "submitted" else None
        return
    for answer in responses:
        status = answer.get("status", "submitted")
        for question, value in (answer.get("values") or {}).items():
            if status != "draft":
                who = str(answer.get("user_id") or "unknown")
                yield who, str(question), value.get("value") if status == "submitted" else None


def _suggestions(made: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    given = made.get("suggestions") or {}
    pairs = given.items() if isinstance(given, Mapping) else ((one.get("question_name", ""), one) for one in given)
    for question, one in pairs:
        yield str(one.get("agent") or "suggestion"), str(question), one.get("value")


def _label(value: Any) -> str:
    return " / ".join(sorted(map(str, value))) if isinstance(value, list) else str(value)


def _records(path: str | Path) -> list[Any]:
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as problem:
        raise ParseError(str(path), f"cannot be read: {problem}") from None
    try:
        whole = json.loads(text)
        return whole if isinstance(whole, list) else [whole]
    except ValueError:
        pass
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                found.append(json.loads(line))
            except ValueError as problem:
                raise ParseError(str(path), f"holds no JSON: {problem}", where=f"line {number:,}") from None
    return found
