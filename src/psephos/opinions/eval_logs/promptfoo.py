"""The results of promptfoo, version 3: ``promptfoo eval -o results.json`` (or ``.jsonl``).

Each row is one answer of one provider to one prompt for one test. With ``--repeat`` the same test comes several times
under new numbers, and another run counts from 0 again or in another order, so an item is known by its variables and
description, and called by them: their text, shortened, and 8 digits of their SHA-256. Two runs of one test are one
item, two tests with one number are two. A test without either is called ``test N``. The repetitions are its draws. A
provider that was given several prompts is one voter for each. Results have the score and whether it passed, each as a
metric of its own, because the two may disagree.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from psephos.errors import ParseError
from psephos.opinions.eval_logs.log_table import FAILED, LogTable, number_of
from psephos.opinions.final_answers import short
from psephos.opinions.text_files import Table

PROGRAM = "promptfoo"
KNOWN = (3,)
_EQUALS = ("equals", "icontains", "contains")
_LONGEST, _DIGITS = 60, 8
Record = Mapping[str, Any]


def read_results(value: Record, name: str) -> Table:
    """The rows of a whole file."""
    inner = value.get("results")
    summary = inner if isinstance(inner, Mapping) else value
    version = summary.get("version")
    if version not in KNOWN:
        known = ", ".join(map(str, KNOWN))
        hint = "export it anew with a current promptfoo"
        raise ParseError(name, f"holds results of promptfoo of version {version!r:.20}; known is {known}", hint=hint)
    rows = summary.get("results")
    if not isinstance(rows, list):
        raise ParseError(name, "holds results of promptfoo without a list of them")
    return read_rows(list(enumerate(rows, 1)), name)


def read_rows(records: Sequence[tuple[int, Any]], name: str) -> Table:
    """The samples of numbered rows."""
    table = LogTable(name, PROGRAM)
    good = []
    for number, record in records:
        if isinstance(record, Mapping) and isinstance(record.get("testIdx"), int):
            good.append((number, record))
        else:
            table.set_aside("no result of a test", number)
    prompts: dict[str, set[int]] = {}
    for _, record in good:
        prompts.setdefault(_provider(record), set()).add(_prompt_number(record))
    draws: Counter[tuple[str, str]] = Counter()
    for number, record in good:
        item = _called(record)
        voter = _provider(record)
        if len(prompts[voter]) > 1:
            voter += f" prompt {_prompt_number(record)}"
        draw = draws[item, voter]
        draws[item, voter] += 1
        _add(table, number, record, item, voter, draw)
    return table.table()


def _add(table: LogTable, number: int, record: Record, item: str, voter: str, draw: int) -> None:
    response = record.get("response")
    answered = response if isinstance(response, Mapping) else {}
    output = answered.get("output")
    text = output if isinstance(output, str) or output is None else json.dumps(output, ensure_ascii=False)
    usage = answered.get("tokenUsage")
    failed = text is None or answered.get("error") is not None
    answer = None if text is None else short(text) or text.strip() or None
    score, passed = number_of(record.get("score")), record.get("success")
    prompt = record.get("prompt")
    raw = prompt.get("raw") if isinstance(prompt, Mapping) else prompt
    table.about(item, gold=_gold(record), prompt=raw if isinstance(raw, str) else None)
    table.sample(
        number,
        item,
        voter,
        draw,
        None if failed else answer,
        text=text,
        status=FAILED if failed else "stop" if answer else "empty",
        reward=score,
        cost=number_of(record.get("cost")),
        tokens=number_of(usage.get("completion")) if isinstance(usage, Mapping) else None,
    )
    if score is not None:
        table.result(number, item, voter, None, "score", draw, score, answer)
    if isinstance(passed, bool):
        table.result(number, item, voter, None, "pass", draw, float(passed), answer)
        if score is not None and ((score >= 1 and not passed) or (score <= 0 and passed)):
            table.note("score and pass disagree")


def _called(record: Record) -> str:
    """What a test is called: the same in every file for the same test, and for no other."""
    case = record.get("testCase")
    told = case if isinstance(case, Mapping) else {}
    variables, said = record.get("vars") or told.get("vars"), told.get("description") or record.get("description")
    if not variables and not said:
        return f"test {record['testIdx']}"
    digest = hashlib.sha256(json.dumps([variables, said], sort_keys=True).encode()).hexdigest()[:_DIGITS]
    values = list(variables.values()) if isinstance(variables, Mapping) else [variables]
    texts = [said] if said else [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in values]
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in ", ".join(map(str, texts))).split())
    return f"{plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + '…'} #{digest}"


def _provider(record: Record) -> str:
    provider = record.get("provider")
    if isinstance(provider, Mapping):
        return str(provider.get("label") or provider.get("id") or "provider")
    return str(provider or "provider")


def _prompt_number(record: Record) -> int:
    number = record.get("promptIdx")
    return number if isinstance(number, int) else 0


def _gold(record: Record) -> str | None:
    """What the answer must equal, if that is what is asserted."""
    case = record.get("testCase")
    asserted = case.get("assert") if isinstance(case, Mapping) else None
    for one in asserted if isinstance(asserted, list) else []:
        if isinstance(one, Mapping) and one.get("type") in _EQUALS and isinstance(one.get("value"), (str, int, float)):
            return str(one["value"])
    return None
