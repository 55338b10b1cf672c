"""How do annotations of Label Studio become opinions?

Its JSON export is a list of tasks, each with ``data`` and ``annotations`` (or ``completions`` of old versions), and
``predictions`` of models. Choices, labels, taxonomies, ratings and numbers are read, of each annotation the first
result of one kind; the question is the control of the page (``from_name``). People are called by their e-mail address,
or their id; models by ``model_version``. Cancelled annotations and those without a result are abstentions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from psephos.opinions.annotations.said import Said, plain_texts


def read_task(task: Mapping[str, Any], row: int) -> tuple[str, dict[str, str], list[Said]]:
    """The item of one task, what is known of it, and what everybody said.

    Examples
    --------
    >>> result = [{"from_name": "mood", "value": {"choices": ["glad"]}}]
    >>> read_task({"id": 7, "data": {"text": "hi"}, "annotations": [{"completed_by": 3, "result": result}]}, 1)
    ('7', {'text': 'hi'}, [Said(item='7', voter='3', values={'mood': 'glad'})])
    >>> result = [{"from_name": "what", "value": {"taxonomy": [["animal", "cat"], ["plant"]]}}]
    >>> read_task({"id": 8, "data": {}, "annotations": [{"completed_by": 3, "result": result}]}, 1)[2][0].values
    {'what': 'animal > cat / plant'}
    """
    item = str(row if task.get("id") is None else task["id"])
    people = _mappings(task.get("annotations", task.get("completions")))
    models = _mappings(task.get("predictions"))
    made = [*((_person(one), one) for one in people), *((_model(one), one) for one in models)]
    said = [Said(item, who, {} if one.get("was_cancelled") else _values(one.get("result"))) for who, one in made]
    return item, plain_texts(task["data"]), said


def _values(results: object) -> dict[str, Any]:
    """The values of one annotation, the first of each control."""
    found: dict[str, Any] = {}
    for result in _mappings(results):
        value = result.get("value")
        if not isinstance(value, Mapping):
            continue
        name = str(result.get("from_name", ""))
        for key in ("choices", "labels", "taxonomy"):
            if value.get(key):
                found.setdefault(name, _joined(value[key]))
        for key in ("rating", "number"):
            if isinstance(value.get(key), int | float):
                found.setdefault(name, float(value[key]))
    return found


def _joined(said: object) -> str:
    """What was chosen as one text; of a taxonomy each choice is the way to it from the top."""
    if not isinstance(said, list):
        return str(said)
    return " / ".join(" > ".join(map(str, one)) if isinstance(one, list) else str(one) for one in said)


def _mappings(values: object) -> Iterable[Mapping[str, Any]]:
    return [one for one in values if isinstance(one, Mapping)] if isinstance(values, list) else []


def _person(made: Mapping[str, Any]) -> str:
    who = made.get("completed_by")
    if isinstance(who, Mapping):
        who = who.get("email") or who.get("id")
    return "unknown" if who is None else str(who)


def _model(made: Mapping[str, Any]) -> str:
    return str(made.get("model_version") or "model")
