"""Whose evaluation log is this JSON?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from psephos.errors import ParseError
from psephos.opinions.eval_logs.every_eval import SCHEMA, read_instances
from psephos.opinions.eval_logs.inspect_log import InspectLog
from psephos.opinions.eval_logs.lm_evaluation import read_samples
from psephos.opinions.eval_logs.promptfoo import read_results, read_rows
from psephos.opinions.text_files import Table


def log_shape(value: object) -> str | None:
    """Whose log one JSON object is, None if it is none.

    Examples
    --------
    >>> log_shape({"version": 2, "eval": {}, "samples": []}), log_shape({"item": [1]})
    ('Inspect', None)
    """
    if not isinstance(value, Mapping):
        return None
    if "version" in value and isinstance(value.get("eval"), Mapping):
        return "Inspect"
    inner = value.get("results")
    if isinstance(inner, Mapping) and "results" in inner and "version" in inner:
        return "promptfoo"
    if "version" in value and isinstance(inner, list) and ("prompts" in value or "stats" in value):
        return "promptfoo"
    return None


def lines_shape(first: object) -> str | None:
    """Whose log lines of JSON are, of which this is the first; None if they are none.

    Examples
    --------
    >>> lines_shape({"doc_id": 0, "resps": [["4"]], "filtered_resps": ["4"]}), lines_shape({"item": "a"})
    ('lm-evaluation-harness', None)
    """
    if not isinstance(first, Mapping):
        return None
    if "filtered_resps" in first:
        return "lm-evaluation-harness"
    if str(first.get("schema_version", "")).startswith(SCHEMA):
        return "every-eval-ever"
    return "promptfoo" if {"testIdx", "promptIdx"} <= set(first) else None


def read_log(shape: str, value: Mapping[str, Any], name: str) -> Table:
    """The samples of one JSON object."""
    if shape == "promptfoo":
        return read_results(value, name)
    log = InspectLog(value, name)
    samples = value.get("samples")
    if not isinstance(samples, list) or not samples:
        hint = "it was written without samples (log_samples), or is only a header"
        raise ParseError(name, "is an Inspect log without samples", hint=hint)
    for row, sample in enumerate(samples, 1):
        if isinstance(sample, Mapping):
            log.add(sample, row)
        else:
            log.table.set_aside("no sample", row)
    return log.table.table()


def read_lines(shape: str, records: Sequence[tuple[int, Mapping[str, Any]]], name: str) -> Table:
    """The samples of numbered lines."""
    return LINES[shape](records, name)


LINES: Mapping[str, Callable[[Sequence[tuple[int, Any]], str], Table]] = {
    "lm-evaluation-harness": read_samples,
    "every-eval-ever": read_instances,
    "promptfoo": read_rows,
}
