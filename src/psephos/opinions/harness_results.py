"""How do the result files of lm-evaluation-harness become results?

`results_*.json` holds one model: per task the metrics, each with its standard error. Two forms are known:

| form | metrics are called | the model is |
|---|---|---|
| 0.4 and later | `acc,none` and `acc_stderr,none`: metric, filter | `model_name`, else `config.model_args` |
| 0.3 and before | `acc` and `acc_stderr` | `config.model_args`, else `config.model` |

Each metric of a task is one row: candidate, task (which is the item too), metric, filter as variant, score, with
standard error, number of samples and direction beside it. The mean of a group whose tasks are in the file is set aside,
because they would count twice. Samples of single items are in other files (`samples_*.jsonl`).

Source: the files themselves, from memory of releases 0.3 and 0.4; a form that differs is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from psephos.errors import ParseError
from psephos.opinions.issues import NOTED, SET_ASIDE, Issue
from psephos.opinions.kinds import listed
from psephos.opinions.text_files import Table

ERROR = "_stderr"
NOT_METRICS = frozenset({"alias", "name", "sample_len", "sample_count"})
NAMED_BY = ("pretrained", "peft", "model", "engine", "path")


def is_harness_result(value: object) -> bool:
    """Whether a JSON object is a result file.

    Examples
    --------
    >>> is_harness_result({"results": {"arc": {"acc,none": 0.5}}, "versions": {"arc": 1}})
    True
    """
    return (
        isinstance(value, dict)
        and isinstance(value.get("results"), dict)
        and bool({"versions", "lm_eval_version", "config_general", "configs", "n-shot"} & set(value))
    )


def read_harness_result(value: Mapping[str, Any], name: str) -> Table:
    """The metrics of a result file, a row each.

    Raises
    ------
    ParseError
        If it names no model, or its results are of an unknown form.
    """
    results = value["results"]
    model = _model(value, name)
    subtasks, samples, better = (
        _mapping(value.get(key)) for key in ("group_subtasks", "n-samples", "higher_is_better")
    )
    groups = {
        task
        for task, parts in subtasks.items()
        if isinstance(parts, list) and not {str(part) for part in parts}.isdisjoint(results)
    }
    rows: list[dict[str, Any]] = []
    aside: dict[str, list[tuple[int, str]]] = {}
    place = 0
    for task, metrics in results.items():
        if not isinstance(metrics, dict):
            raise _unknown(name, f"results[{task!r}] is no object of metrics")
        for key, score in metrics.items():
            metric, _, variant = key.partition(",")
            if key in NOT_METRICS or metric.endswith(ERROR):
                continue
            place += 1
            if isinstance(score, bool) or not isinstance(score, (int, float)):
                aside.setdefault("score is not a number", []).append((place, f"{task} {key} {score!r:.40}"))
                continue
            if task in groups:
                aside.setdefault("mean of a group whose tasks are in the file", []).append((place, str(task)))
                continue
            error = metrics.get(f"{metric}{ERROR}" + (f",{variant}" if variant else ""))
            size, up = _mapping(samples.get(task)).get("effective"), _mapping(better.get(task)).get(metric)
            rows.append(
                {
                    "row": place,
                    "candidate": model,
                    "item": str(task),
                    "task": str(task),
                    "metric": metric,
                    "variant": None if variant in ("", "none") else variant,
                    "score": float(score),
                    "standard_error": float(error) if isinstance(error, (int, float)) else None,
                    "samples": size if type(size) is int and abs(size) < 2**63 else None,
                    "higher_is_better": up if isinstance(up, bool) else None,
                }
            )
    issues = [
        Issue(reason, SET_ASIDE, name, np.array([row for row, _ in bad], dtype=np.int64), bad[0][1])
        for reason, bad in aside.items()
    ]
    if not rows:
        raise _unknown(name, "it has no score" + (f" ({'; '.join(map(str, issues))})" if issues else ""))
    schema = {
        "row": pl.Int64, "candidate": pl.String, "item": pl.String, "task": pl.String, "metric": pl.String,
        "variant": pl.String, "score": pl.Float64, "standard_error": pl.Float64, "samples": pl.Int64,
        "higher_is_better": pl.Boolean,
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema=schema)
    several = sorted({task for task, n in frame.group_by("task").agg(pl.len()).iter_rows() if n > 1})
    if several:
        issues.append(
            Issue(
                "tasks have several metrics, each of which is a task of its own in a ranking",
                NOTED, name, example=several[0], count=len(several), hint="--metric NAME takes one",
            )
        )  # fmt: skip
    issues.append(Issue(f"took the form of lm-evaluation-harness {_version(value)}", NOTED, name, count=len(rows)))
    kept = frame["row"].to_numpy()
    empty = [
        column
        for column in ("variant", "standard_error", "samples", "higher_is_better")
        if frame[column].is_null().all()
    ]
    return Table(frame.drop("row", *empty), kept, tuple(issues), "results")


def _model(value: Mapping[str, Any], name: str) -> str:
    """The name of the model, as the file says it."""
    if isinstance(value.get("model_name"), str) and value["model_name"]:
        return str(value["model_name"])
    config = value.get("config") or value.get("config_general") or {}
    said = config.get("model_args") if isinstance(config, dict) else None
    pairs = said if isinstance(said, dict) else dict(
        part.split("=", 1) for part in str(said or "").split(",") if "=" in part
    )  # fmt: skip
    found = [str(pairs[key]) for key in NAMED_BY if pairs.get(key)][:1]
    if not found and isinstance(config, dict) and isinstance(config.get("model"), str):
        found = [config["model"]]
    if not found:
        raise ParseError(
            name, "does not say which model was run", hint=f"no model_name, and config has {listed(config)}"
        )
    return found[0]


def _mapping(value: object) -> Mapping[Any, Any]:
    """An object; an empty one where there is none."""
    return value if isinstance(value, dict) else {}


def _version(value: Mapping[str, Any]) -> str:
    if isinstance(value.get("lm_eval_version"), str):
        return str(value["lm_eval_version"])
    new = any("," in key for metrics in value["results"].values() for key in metrics)
    return "0.4" if new else "0.3"


def _unknown(name: str, problem: str) -> ParseError:
    return ParseError(
        name, f"is a result of lm-evaluation-harness of an unknown form: {problem}", hint="0.3 and 0.4 are known"
    )
