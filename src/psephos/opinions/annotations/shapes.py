"""Whose export of annotations is this JSON, and which table does it make?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from psephos.errors import ParseError
from psephos.opinions.annotations.argilla import read_record
from psephos.opinions.annotations.label_studio import read_task
from psephos.opinions.annotations.said import Said
from psephos.opinions.coding import text_of
from psephos.opinions.frames import series
from psephos.opinions.issues import NOTED, SET_ASIDE, Issue
from psephos.opinions.text_files import Table

LABEL_STUDIO, ARGILLA = "Label Studio", "Argilla"
READERS = {LABEL_STUDIO: read_task, ARGILLA: read_record}

_PARTS = ("item", "voter")


def annotation_shape(value: object) -> str | None:
    """Whose annotations one JSON object holds, None if it is of neither.

    Examples
    --------
    >>> annotation_shape({"data": {"text": "a"}, "annotations": []}), annotation_shape({"item": "a", "label": "b"})
    ('Label Studio', None)
    """
    if not isinstance(value, Mapping):
        return None
    if isinstance(value.get("data"), Mapping) and {"annotations", "completions", "predictions"} & set(value):
        return LABEL_STUDIO
    if isinstance(value.get("fields"), Mapping) and {"responses", "suggestions", "suggestion"} & set(value):
        return ARGILLA
    return None


def read_annotations(
    shape: str, records: Sequence[object], rows: Sequence[int], name: str, issues: Iterable[Issue] = ()
) -> Table:
    """The table of annotations: a row per item and voter, a column per question.

    Parameters
    ----------
    shape : {"Label Studio", "Argilla"}
    records : sequence of JSON objects
        Tasks or records.
    rows : sequence of int
        The place of each in the file.
    name : str
        The file.
    issues : iterable of Issue
        What was found before.

    Raises
    ------
    ParseError
        If nobody answered anything.
    """
    said: list[Said] = []
    at: list[int] = []
    about: dict[str, dict[str, str]] = {}
    odd: list[int] = []
    for record, row in zip(records, rows, strict=True):
        if annotation_shape(record) != shape or not isinstance(record, Mapping):
            odd.append(row)
            continue
        item, known, answers = READERS[shape](record, row)
        about.setdefault(item, {}).update(known)
        said += answers
        at += [row] * len(answers)
    questions = sorted({name for one in said for name in one.values})
    if not questions:
        raise ParseError(name, f"holds no choice or rating that is read of {shape}", hint="label a few items first")
    found = [Issue(f"read as annotations of {shape}", NOTED, name, count=len(said)), *issues]
    if odd:
        found.append(Issue(f"is no record of {shape}", SET_ASIDE, name, np.array(odd, dtype=np.int64)))
    columns = {question: [one.values.get(question) for one in said] for question in questions}
    kind = None
    if len(questions) == 1:
        (values,) = columns.values()
        kind = "scores" if _are_numbers(values) else "labels"
        columns = {kind[:-1]: values}
    people: Mapping[str, list[Any]] = {"item": [one.item for one in said], "voter": [one.voter for one in said]}
    frame = pl.DataFrame(
        {part: pl.Series(part, people[part], dtype=pl.String) for part in _PARTS}
        | {_free(question): _column(_free(question), values) for question, values in columns.items()}
    )
    tables = {"items": _table(about)} if any(about.values()) else {}
    return Table(frame, np.array(at, dtype=np.int64), tuple(found), kind, about=tables)


def _free(question: str) -> str:
    """A question that is called like a part of opinions gets a mark behind its name."""
    return f"{question}_answer" if question in _PARTS else question


def _are_numbers(values: Iterable[object]) -> bool:
    return all(value is None or isinstance(value, float) for value in values)


def _column(name: str, values: Sequence[Any]) -> pl.Series:
    if _are_numbers(values):
        return pl.Series(name, values, dtype=pl.Float64)
    texts = [text_of(value) for value in values]
    return series(name, texts)


def _table(about: Mapping[str, Mapping[str, str]]) -> pl.DataFrame:
    names = list(dict.fromkeys(key for known in about.values() for key in known))
    columns = {key: [known.get(key) for known in about.values()] for key in names}
    return pl.DataFrame({"item": list(about)} | columns, schema={"item": pl.String} | dict.fromkeys(names, pl.String))
