"""The instances of every-eval-ever (``UUID_samples.jsonl``), schema ``instance_level_eval_0.2``.

A line is one evaluated instance. The answer is what was attributed to it (``extracted_value``), or else the raw output;
lines with one sample, model and evaluation are draws in their order. The score is kept as it is, and whether it is
correct is a metric of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from psephos.errors import ParseError
from psephos.opinions.eval_logs.log_table import LogTable, number_of, text_of_content
from psephos.opinions.text_files import Table

PROGRAM = "every-eval-ever"
SCHEMA = "instance_level_eval_"
KNOWN = ("0.2",)
Record = Mapping[str, Any]


def read_instances(records: Sequence[tuple[int, Record]], name: str) -> Table:
    """The samples of numbered lines.

    Parameters
    ----------
    records : sequence of (int, mapping)
        Number of the line, and what it holds.
    name : str
        Of the file, for complaints.

    Raises
    ------
    ParseError
        A line is of another schema. Lines without an id or a model are set aside.
    """
    table = LogTable(name, PROGRAM)
    draws: Counter[tuple[str, str]] = Counter()
    for number, record in records:
        version = str(record.get("schema_version", "")).removeprefix(SCHEMA)
        if version not in KNOWN and not version.startswith(tuple(f"{known}." for known in KNOWN)):
            known = ", ".join(KNOWN)
            problem = f"holds an instance of {PROGRAM} of schema {version!r:.20}; known is {known}"
            raise ParseError(name, problem, where=f"line {number:,}", hint="convert it with its own converters")
        identity, model = record.get("sample_id", record.get("sample_idx")), record.get("model_id")
        if identity is None or not isinstance(model, str):
            table.set_aside("an instance without sample_id or model_id", number)
            continue
        task = str(record.get("evaluation_name") or "evaluation")
        item = f"{task}/{identity}"
        draw = draws[item, model]
        draws[item, model] += 1
        text, answer = _answer(record)
        asked = record.get("input")
        told = asked if isinstance(asked, Mapping) else {}
        raw = told.get("raw")
        table.about(item, gold=_gold(told.get("reference")), prompt=raw if isinstance(raw, str) else None)
        judged = record.get("evaluation")
        scores = judged if isinstance(judged, Mapping) else {}
        usage = record.get("token_usage")
        score = number_of(scores.get("score"))
        table.sample(
            number,
            item,
            model,
            draw,
            answer,
            text=text,
            status="stop" if answer else "no answer",
            reward=score,
            tokens=number_of(usage.get("output_tokens")) if isinstance(usage, Mapping) else None,
        )
        if score is not None:
            table.result(number, item, model, task, "score", draw, score, answer)
        if isinstance(scores.get("is_correct"), bool):
            table.result(number, item, model, task, "correct", draw, float(scores["is_correct"]), answer)
    return table.table()


def _answer(record: Record) -> tuple[str | None, str | None]:
    """The text, and the answer in it."""
    output = record.get("output")
    raw = output.get("raw") if isinstance(output, Mapping) else None
    text = text_of_content(raw) if raw is not None else None
    if text is None and isinstance(messages := record.get("messages"), list) and messages:
        last = messages[-1]
        text = text_of_content(last.get("content")) if isinstance(last, Mapping) else None
    attributed = record.get("answer_attribution")
    for one in reversed(attributed if isinstance(attributed, list) else []):
        if isinstance(one, Mapping) and one.get("extracted_value") is not None:
            return text, str(one["extracted_value"])
    return text, text


def _gold(reference: object) -> str | None:
    if isinstance(reference, list):
        reference = reference[0] if len(reference) == 1 else None
    return None if reference is None or isinstance(reference, (dict, list)) else str(reference)
