"""How does the log of an arena become battles?

An arena writes one JSON object per click: the kind of the click, the names that were shown, the models behind them, who
and when. Four forms are known, and a form that is not is an error:

| form | recognised by | the models behind |
|---|---|---|
| FastChat log | `type`, `models`, `states` | `states[*].model_name` |
| flat log | `type`, `models`, `hidden_models` | `hidden_models` |
| battle table | columns `model_a`, `model_b`, `winner` | they are the columns; read like any table |
| one-hot table | columns `model_a`, `model_b`, `winner_model_a`, `winner_model_b`, `winner_tie` | the same |

Of a log, clicks that are no vote, and votes whose models cannot be told, are set aside by reason:

- a model is missing;
- exactly one of the shown names is empty, or the names shown are others than the models behind: invalid;
- both empty, or "Model A" and "Model B": the vote was blind (`anony` is true), else it was not.

Users become arena_user_0, arena_user_1, ... in the order of their first appearance: who votes is an address or a
person. Source: sheet 30 (GenAI-Arena, whose programs derive from FastChat). Differs: rows without a model are counted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from psephos.errors import ParseError
from psephos.opinions.issues import NOTED, SET_ASIDE, Issue
from psephos.opinions.kinds import listed
from psephos.opinions.text_files import Table
from psephos.opinions.winners import WINNERS
from psephos.opinions.wording import plural

VOTES = ("leftvote", "rightvote", "tievote", "bothbad_vote")
BLIND = frozenset({"", "model a", "model b"})
ONE_HOT = {"winner_model_a": "left", "winner_model_b": "right", "winner_tie": "tie"}
ITEMS = ("question_id", "conv_id", "item", "id")
USERS = ("user", "user_id", "ip", "judge")

KNOWN = "known are FastChat logs (states[*].model_name), flat logs (hidden_models), tables of model_a, model_b, winner"


def is_arena_log(value: object) -> bool:
    """Whether a JSON object is a click of an arena.

    Examples
    --------
    >>> is_arena_log({"type": "leftvote", "models": ["", ""]}), is_arena_log({"item": "a", "label": "b"})
    (True, False)
    """
    return isinstance(value, dict) and isinstance(value.get("type"), str) and "models" in value


def read_arena_log(
    records: Sequence[object],
    rows: Sequence[int],
    name: str,
    issues: Sequence[Issue] = (),
    *,
    banned: Collection[str] = (),
) -> Table:
    """Battles of the clicks of an arena.

    Parameters
    ----------
    records : sequence of JSON objects
    rows : sequence of int
        The line of each.
    name : str
        The file.
    issues : sequence of Issue
        What was found before.
    banned : collection of str
        Users, as the log calls them, whose votes are set aside.

    Raises
    ------
    ParseError
        If a vote has no place for the models behind, or no click is a vote that can be used.
    """
    columns: dict[str, list[Any]] = {key: [] for key in ("left", "right", "winner", "voter", "item", "task", "time")}
    anony: list[bool] = []
    kept: list[int] = []
    dropped: dict[str, list[tuple[int, str]]] = {}
    users: dict[str, str] = {}
    for record, row in zip(records, rows, strict=True):
        if not is_arena_log(record) or not isinstance(record, dict):
            dropped.setdefault("is no click of an arena", []).append((row, str(record)))
            continue
        user = next((str(record[key]) for key in USERS if record.get(key) not in (None, "")), None)
        voter = None if user is None else users.setdefault(user, f"arena_user_{len(users)}")
        if record["type"] not in VOTES:
            dropped.setdefault("type is no vote", []).append((row, record["type"]))
            continue
        shown, behind = _names(record["models"]), _behind(record, name, row)
        reason, pair = _models(shown, behind)
        if reason is None and user in banned:
            reason = "banned user"
        if reason is not None:
            dropped.setdefault(reason, []).append((row, " vs ".join(map(str, shown or behind or ()))))
            continue
        values = {
            "left": pair[0],
            "right": pair[1],
            "winner": WINNERS[record["type"]],
            "voter": voter,
            "item": _first(record, ITEMS),
            "task": _first(record, ("task", "task_type")),
            "time": _first(record, ("tstamp", "timestamp", "time")),
        }
        for key, value in values.items():
            columns[key].append(value)
        anony.append(shown is not None and {part.casefold() for part in shown} <= BLIND)
        kept.append(row)
    found = [
        Issue(reason, SET_ASIDE, name, np.array([row for row, _ in bad], dtype=np.int64), bad[0][1])
        for reason, bad in dropped.items()
    ]
    if not kept:
        raise ParseError(name, f"holds no vote that can be used: {'; '.join(map(str, found)) or 'it is empty'}")
    if users:
        called = plural(len(users), "user is", "users are")
        note = f"{called} called arena_user_0, arena_user_1, ... by first appearance"
        found.append(Issue(note, NOTED, name, count=len(users)))
    filled = {key: values for key, values in columns.items() if any(value is not None for value in values)}
    frame = pl.DataFrame({key: _column(key, values) for key, values in filled.items()} | {"anony": anony})
    return Table(frame, np.array(kept, dtype=np.int64), (*issues, *found), "battles")


def one_hot_winner(frame: pl.DataFrame, name: str) -> tuple[pl.DataFrame, tuple[Issue, ...]]:
    """A table whose winner stands in three columns of 0 and 1, with one column of it; any other as it is.

    Examples
    --------
    >>> frame = pl.DataFrame({"model_a": ["x"], "model_b": ["y"], "winner_model_a": [0], "winner_model_b": [1],
    ...                       "winner_tie": [0]})
    >>> one_hot_winner(frame, "votes.csv")[0]["winner"].to_list()
    ['right']
    """
    if "winner" in frame.columns or not {"model_a", "model_b", *ONE_HOT} <= set(frame.columns):
        return frame, ()
    hot = [frame[column].cast(pl.Float64, strict=False).fill_null(0.0).to_numpy() == 1 for column in ONE_HOT]
    count = np.sum(hot, axis=0)
    winner = [
        outcome if number == 1 else None
        for outcome, number in zip(np.array(list(ONE_HOT.values()))[np.argmax(hot, axis=0)], count, strict=True)
    ]
    made = frame.drop(list(ONE_HOT)).with_columns(pl.Series("winner", winner, dtype=pl.String))
    return made, (Issue(f"took the winner from {listed(list(ONE_HOT))}", NOTED, name, count=frame.height),)


def _names(value: object) -> tuple[str, str] | None:
    """Two names, None if there are not two."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return None
    return str(value[0] or "").strip(), str(value[1] or "").strip()


def _behind(record: Mapping[str, Any], name: str, row: int) -> tuple[str, str] | None:
    """The models behind the names."""
    if "hidden_models" in record:
        return _names(record["hidden_models"])
    states = record.get("states")
    if isinstance(states, list):
        return _names([state.get("model_name") if isinstance(state, dict) else None for state in states])
    problem = f"is a log of an arena of an unknown form: a vote has the keys {listed(list(record))}"
    raise ParseError(name, problem, where=f"row {row:,}", hint=KNOWN)


def _models(shown: tuple[str, str] | None, behind: tuple[str, str] | None) -> tuple[str | None, tuple[str, str]]:
    """Why a vote cannot be used, or who met."""
    nobody = "", ""
    if behind is None or not all(behind):
        return "a model is missing", nobody
    if shown is None:
        return "invalid: there are not two names", nobody
    if (shown[0] == "") != (shown[1] == ""):
        return "invalid: one of the names shown is empty", nobody
    if {part.casefold() for part in shown} <= BLIND:
        return None, behind
    return (None, behind) if shown == behind else ("invalid: the names shown are not those of the models", nobody)


def _first(record: Mapping[str, Any], keys: Sequence[str]) -> Any:
    """The first of these keys that a record, or the first state of it, has."""
    states = record.get("states")
    first = states[0] if isinstance(states, list) and states and isinstance(states[0], dict) else {}
    return next((part[key] for part in (record, first) for key in keys if part.get(key) is not None), None)


def _column(key: str, values: list[Any]) -> pl.Series:
    if key == "time":
        return pl.Series(key, values, dtype=pl.Float64, strict=False)
    return pl.Series(key, [None if value is None else str(value) for value in values], dtype=pl.String)
