"""How do records of Argilla become opinions?

A record (``dataset.records.to_json``, or one JSON object per line) has ``id``, ``fields``, ``metadata``, and for each
question a list of ``responses`` with ``value``, ``status`` and ``user_id``, and a ``suggestion`` with ``agent``, or in
another form ``suggestions``. Label and rating questions are read; of a multi-label answer the labels joined. Only
responses that were submitted count; discarded ones are abstentions, drafts are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from psephos.opinions.annotations.said import Said, plain_texts


def read_record(record: Mapping[str, Any], row: int) -> tuple[str, dict[str, str], list[Said]]:
    """The item of one record, what is known of it, and what everybody said.

    Examples
    --------
    >>> responses = {"mood": [{"value": "glad", "user_id": "u1"}]}
    >>> read_record({"id": "r1", "fields": {"text": "hi"}, "responses": responses}, 1)
    ('r1', {'text': 'hi'}, [Said(item='r1', voter='u1', values={'mood': 'glad'})])
    """
    known = record.get("id")
    item = str(row if known is None or known == "" else known)
    values: dict[str, dict[str, Any]] = {}
    for who, question, value in (*_responses(record.get("responses")), *_suggestions(record)):
        answer = _value(value)
        mine = values.setdefault(who, {})
        if answer is not None:
            mine[question] = answer
    return item, plain_texts(record["fields"]), [Said(item, who, said) for who, said in values.items()]


def _responses(given: object) -> Iterator[tuple[str, str, Any]]:
    """Who answered which question how; None is an abstention."""
    if isinstance(given, Mapping):
        pairs = [(str(question), answer) for question, answers in given.items() for answer in _list(answers)]
        found = [(question, answer, answer.get("value")) for question, answer in pairs if isinstance(answer, Mapping)]
    else:
        found = [
            (str(question), answer, value.get("value") if isinstance(value, Mapping) else value)
            for answer in _list(given)
            if isinstance(answer, Mapping) and isinstance(answer.get("values"), Mapping)
            for question, value in answer["values"].items()
        ]
    for question, answer, value in found:
        status = answer.get("status", "submitted")
        if status != "draft":
            yield str(answer.get("user_id") or "unknown"), question, value if status == "submitted" else None


def _suggestions(record: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    given = record.get("suggestions") or {}
    single = record.get("suggestion")
    if not given and isinstance(single, Mapping):
        given = [single]
    pairs = given.items() if isinstance(given, Mapping) else [(None, one) for one in _list(given)]
    for question, one in pairs:
        if isinstance(one, Mapping):
            yield str(one.get("agent") or "suggestion"), str(question or one.get("question_name", "")), one.get("value")


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _value(value: object) -> Any:
    """An answer as a text or a number; None where there is none."""
    if isinstance(value, list):
        return " / ".join(sorted(map(str, value))) or None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None if value is None else str(value)
    return float(value)
