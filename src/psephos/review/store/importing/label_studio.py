"""How do annotations of Label Studio become opinions?

Its JSON export is a list of tasks, each with ``data`` and ``annotations`` (or ``completions`` of old versions), and
``predictions`` of models. Choices and ratings are read, of each annotation the first result of one kind; which control
of the page they belong to is ``from_name``. People are called by their e-mail address, or their id; models by
``model_version``. Cancelled annotations and those without a result are abstentions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from psephos.errors import InputError, ParseError
from psephos.opinions.frames import from_frame
from psephos.opinions.model import Opinions


def read_label_studio(path: str | Path, *, control: str | None = None, predictions: bool = True) -> Opinions:
    """Labels or scores from a JSON export of Label Studio.

    Parameters
    ----------
    path : str or Path
    control : str, optional
        Name of the control whose results are read (``from_name``); needed where there are several.
    predictions : bool, default True
        Whether predictions count as opinions of their models.

    Returns
    -------
    Opinions
        Of kind ``labels`` (choices, labels of texts) or ``scores`` (ratings, numbers).

    Raises
    ------
    ParseError
        If the file is no such export.
    InputError
        If there are several controls and none is named, or none holds choices or ratings.
    """
    tasks = _tasks(path)
    rows: list[tuple[str, str, str, Any]] = []
    about: list[dict[str, Any]] = []
    empty: list[tuple[str, str]] = []
    for place, task in enumerate(tasks, start=1):
        if not isinstance(task, Mapping) or not isinstance(task.get("data"), Mapping):
            raise ParseError(str(path), "holds a task without data", where=f"task {place}")
        item = str(task.get("id", place))
        texts = {name: value for name, value in task["data"].items() if isinstance(value, str | int | float)}
        about.append({"item": item} | {name: str(value) for name, value in texts.items() if name != "item"})
        done = task.get("annotations", task.get("completions")) or []
        models = (task.get("predictions") or []) if predictions else []
        for who, made in [*((_person(one), one) for one in done), *((_model(one), one) for one in models)]:
            found = [] if made.get("was_cancelled") else _values(made.get("result") or [])
            rows += [(item, who, name, value) for name, value in found]
            if not found:
                empty.append((item, who))
    return _opinions(path, rows, empty, about, control)


def _opinions(
    path: str | Path,
    rows: list[tuple[str, str, str, Any]],
    empty: list[tuple[str, str]],
    about: list[dict[str, Any]],
    control: str | None,
) -> Opinions:
    controls = sorted({name for _, _, name, _ in rows})
    if control is None and len(controls) > 1:
        raise InputError("control", f"the file has {', '.join(map(repr, controls))}", hint="say which")
    wanted = control or (controls[0] if controls else "")
    kept = [(item, who, value) for item, who, name, value in rows if name == wanted]
    if not kept:
        raise InputError("control", f"{path} has no choices or ratings of {wanted!r}", hint=f"it has {controls}")
    numeric = all(isinstance(value, float) for *_, value in kept)
    kind, column = ("scores", "score") if numeric else ("labels", "label")
    whole = [*kept, *((item, who, None) for item, who in empty)]
    values = [value if numeric or value is None else str(value) for *_, value in whole]
    frame = pl.DataFrame({"item": [row[0] for row in whole], "voter": [row[1] for row in whole], column: values})
    return from_frame(frame, kind=kind, about={"items": pl.DataFrame(about)}, repeated="last")


def _values(results: list[Any]) -> list[tuple[str, Any]]:
    """The values of one annotation, the first of each control."""
    found: dict[str, Any] = {}
    for result in results:
        value = result.get("value") or {}
        name = str(result.get("from_name", ""))
        for key in ("choices", "labels", "taxonomy"):
            if value.get(key):
                said = value[key]
                found.setdefault(name, " / ".join(map(str, said)) if isinstance(said, list) else str(said))
        for key in ("rating", "number"):
            if isinstance(value.get(key), int | float):
                found.setdefault(name, float(value[key]))
    return list(found.items())


def _person(made: Mapping[str, Any]) -> str:
    who = made.get("completed_by", "unknown")
    if isinstance(who, Mapping):
        who = who.get("email") or who.get("id", "unknown")
    return str(who)


def _model(made: Mapping[str, Any]) -> str:
    return str(made.get("model_version") or "model")


def _tasks(path: str | Path) -> list[Any]:
    try:
        tasks = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as problem:
        raise ParseError(str(path), f"is no JSON that can be read: {problem}") from None
    if not isinstance(tasks, list):
        raise ParseError(str(path), "is no list of tasks", hint="export as JSON, not JSON-MIN")
    return tasks
