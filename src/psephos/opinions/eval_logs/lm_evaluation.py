"""The sample logs of lm-evaluation-harness (``samples_TASK_TIME.jsonl``, written with ``--log_samples``).

A line is one document under one filter. ``resps`` holds all K draws, ``filtered_resps`` what the filter made of them:
an answer for each draw, or one for all (``take_first``, a majority). Only the first kind is an answer of a draw;
otherwise the answers are taken out of the texts by the rule ``short``, and that is said. Where each request is the
likelihood of a choice, the answer is the choice of the largest, and there is one draw.

The item is ``TASK/doc_id``, the task from the name of the file; the voter is the folder, which the program names after
the model. Of several filters the first that has an answer for each draw is taken for the samples, and named; results
have them all, as ``metric,filter``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from types import NoneType
from typing import Any

from psephos.errors import ParseError
from psephos.opinions.eval_logs.log_table import LogTable, number_of, text_of_content
from psephos.opinions.final_answers import marked, short
from psephos.opinions.text_files import Table

PROGRAM = "lm-evaluation-harness"
_NAME = re.compile(r"samples_(?P<task>.+?)(?:_\d{4}-\d\d-\d\dT[\d:.-]+)?$")
_NO_ANSWER = "[invalid]"
_OWN = {
    "doc_id",
    "doc",
    "target",
    "arguments",
    "resps",
    "filtered_resps",
    "filter",
    "metrics",
    "doc_hash",
    "prompt_hash",
    "target_hash",
    "doc_to_text",
}
Record = Mapping[str, Any]


def read_samples(records: Sequence[tuple[int, Record]], name: str) -> Table:
    """The samples of a log.

    Parameters
    ----------
    records : sequence of (int, mapping)
        Number of the line, and what it holds.
    name : str
        Of the file: task and voter come from it.

    Raises
    ------
    ParseError
        A line lacks what such a log has, with its number.
    """
    table = LogTable(name, PROGRAM)
    task, voter = _task_and_model(name)
    first: dict[str | None, Record] = {}
    for number, record in records:
        missing = next((key for key in ("doc_id", "resps", "filtered_resps") if key not in record), None)
        if missing is not None:
            hint = f"this is no sample log that {PROGRAM} 0.4 writes"
            raise ParseError(name, f"has no {missing!r}", where=f"line {number:,}", hint=hint)
        if not isinstance(record.get("filter"), (str, NoneType)):
            raise ParseError(name, f"has a filter that is no text: {record['filter']!r:.40}", where=f"line {number:,}")
        first.setdefault(record.get("filter"), record)
    chosen = next((f for f, record in first.items() if _of_each_draw(record)), next(iter(first)))
    if len(first) > 1:
        others = ", ".join(repr(str(f)) for f in first if f != chosen)
        table.note(f"answers are those of the filter {str(chosen)!r}, not of {others}")
    seen: set[str] = set()
    for number, record in records:
        item = f"{task}/{record['doc_id']}"
        scores = _scores(record)
        answers = _answers(record)
        for metric, score in scores.items():
            named = metric if record.get("filter") is None else f"{metric},{record['filter']}"
            table.result(number, item, voter, task, named, 0, score, answers[0][1] if len(answers) == 1 else None)
        if record.get("filter") != chosen:
            continue
        if item in seen:
            table.set_aside("a second line of one document and filter", number)
            continue
        seen.add(item)
        table.about(item, gold=_gold(record), prompt=_prompt(record))
        taken_out = not _choices(record) and not _of_each_draw(record)
        if taken_out:
            table.note("one filtered answer for several draws: answers are taken out of the texts by the rule 'short'")
        for draw, (text, answer) in enumerate(answers):
            found = short(text) if taken_out else answer
            reward = next(iter(scores.values()), None) if len(answers) == 1 else None
            status = "stop" if found else "no answer"
            table.sample(number, item, voter, draw, found, text=text, status=status, reward=reward)
    return table.table()


def _task_and_model(name: str) -> tuple[str, str]:
    path = PurePath(name)
    found = _NAME.match(path.stem)
    folder = path.parent.name.replace("__", "/")
    return (found["task"] if found else path.stem), folder or "model"


def _draws(record: Record) -> list[Any]:
    """The raw responses of the first request: one for each draw."""
    resps = record["resps"]
    if isinstance(resps, list) and resps and isinstance(resps[0], list):
        return list(resps[0])
    return list(resps) if isinstance(resps, list) else [resps]


def _of_each_draw(record: Record) -> bool:
    """Whether the filter left an answer for each draw."""
    filtered, draws = record["filtered_resps"], _draws(record)
    if _choices(record):
        return True
    if not isinstance(filtered, list) or not filtered:
        return False
    if isinstance(filtered[0], list):
        return len(filtered[0]) == len(draws)
    return len(draws) == 1


def _answers(record: Record) -> list[tuple[str, str | None]]:
    """Text and filtered answer of each draw; the answers mean nothing where the filter left one for all."""
    choices = _choices(record)
    if choices:
        likelihoods = [_likelihood(answer) for answer in record["filtered_resps"]]
        best = max(range(len(choices)), key=lambda place: likelihoods[place])
        return [(choices[best], choices[best])]
    texts = [text_of_content(draw) if not isinstance(draw, str) else draw for draw in _draws(record)]
    if not _of_each_draw(record):
        return [(text, None) for text in texts]
    filtered = record["filtered_resps"][0]
    answers = filtered if isinstance(filtered, list) else [filtered]
    return [
        (text, None if not isinstance(answer, str) or answer.strip() == _NO_ANSWER else answer)
        for text, answer in zip(texts, answers, strict=True)
    ]


def _choices(record: Record) -> list[str]:
    """The choices whose likelihoods were asked for, none if text was."""
    filtered = record["filtered_resps"]
    if not isinstance(filtered, list) or len(filtered) < 2 or not all(_is_likelihood(one) for one in filtered):
        return []
    asked = _arguments(record)
    if len(asked) != len(filtered) or not all(len(one) > 1 and isinstance(one[1], str) for one in asked):
        return []
    return [one[1].strip() for one in asked]


def _is_likelihood(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and number_of(value[0]) is not None


def _likelihood(value: Sequence[Any]) -> float:
    found = number_of(value[0])
    return float("-inf") if found is None else found


def _arguments(record: Record) -> list[list[Any]]:
    """The arguments of each request, in either of the two forms that there are."""
    given = record.get("arguments")
    if isinstance(given, Mapping):
        return [list(one.values()) if isinstance(one, Mapping) else [one] for one in given.values()]
    return [list(one) if isinstance(one, list) else [one] for one in given] if isinstance(given, list) else []


def _prompt(record: Record) -> str | None:
    asked = _arguments(record)
    found = asked[0][0] if asked and asked[0] else None
    if isinstance(found, list):
        found = found[0] if found else None
    return found if isinstance(found, str) else None


def _gold(record: Record) -> str | None:
    """The right answer: the choice that the target numbers, what "####" marks in it, or the target itself."""
    target = record.get("target")
    choices = _choices(record)
    if choices and str(target).strip() not in choices and str(target).strip().isdecimal():
        place = int(str(target))
        return choices[place] if place < len(choices) else None
    if isinstance(target, list):
        target = target[0] if len(target) == 1 else None
    if target is None or isinstance(target, (dict, list)):
        return None
    text = str(target)
    return marked(text) if "####" in text else text.strip() or None


def _scores(record: Record) -> dict[str, float]:
    """The metrics that are numbers."""
    names = record.get("metrics")
    if not isinstance(names, list):
        names = [name for name in record if name not in _OWN]
    found = {name: number_of(record.get(name)) for name in names if isinstance(name, str)}
    return {name: value for name, value in found.items() if value is not None}
