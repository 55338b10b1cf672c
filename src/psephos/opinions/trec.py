r"""Runs and qrels of TREC: who ranked what for which query, and what is relevant to it?

| file | a line | kind |
|---|---|---|
| run (.run, .trec) | ``query Q0 document rank score tag`` | rankings: voter = tag, task = query; score is carried |
| qrels (.qrels, .qrel, .trec) | ``query 0 document relevance`` | interactions: user = query, item = document |

Fields are separated by blanks. A line with another number of fields, or with no number where one must be, is set aside.
Ranks that start at 0 become ranks that start at 1, and that is noted. trec_eval itself does not look at ranks: it sorts
by score, and equal scores by falling name of the document; `psephos.metrics.evaluate` does the same with
``order="score"`` and the convention "trec_eval".

What is written is what trec_eval reads: names without blanks, relevance in whole numbers. A ranking without scores gets
falling ones, and equal ranks equal scores.

Sources: the formats as trec_eval documents them. Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from psephos.engine import atomic_write
from psephos.errors import InputError, ParseError
from psephos.opinions.coding import text_of
from psephos.opinions.issues import NOTED, SET_ASIDE, Issue
from psephos.opinions.model import Opinions
from psephos.opinions.text_files import Table, decoded

RUN_FIELDS, QRELS_FIELDS = 6, 4

_RUN = {"task": 0, "candidate": 2, "rank": 3, "score": 4, "voter": 5}
_QRELS = {"user": 0, "item": 2, "rating": 3}


def read_run(data: bytes, name: str, *, encoding: str = "utf-8") -> Table:
    r"""The rankings of a run.

    Examples
    --------
    >>> table = read_run(b"q1 Q0 d7 1 9.5 bm25\nq1 Q0 d2 2 8.0 bm25\n", "bm25.run")
    >>> table.frame.rows()
    [('q1', 'd7', 1.0, 9.5, 'bm25'), ('q1', 'd2', 2.0, 8.0, 'bm25')]
    """
    return _read(data, name, encoding, RUN_FIELDS)


def read_qrels(data: bytes, name: str, *, encoding: str = "utf-8") -> Table:
    r"""What is relevant to each query.

    Examples
    --------
    >>> read_qrels(b"q1 0 d7 2\nq1 0 d2 0\n", "test.qrels").frame.rows()
    [('q1', 'd7', 2.0), ('q1', 'd2', 0.0)]
    """
    return _read(data, name, encoding, QRELS_FIELDS)


def read_trec(data: bytes, name: str, *, encoding: str = "utf-8") -> Table:
    """A run or qrels, by the fields of the first line."""
    first = next(filter(None, decoded(data, name, encoding).splitlines()), "").split()
    if len(first) not in (RUN_FIELDS, QRELS_FIELDS):
        raise ParseError(
            name,
            f"has {len(first)} fields in its first line; a run has {RUN_FIELDS}, qrels have {QRELS_FIELDS}",
            where="line 1",
        )
    return _read(data, name, encoding, len(first))


def write_trec(opinions: Opinions, path: Path) -> tuple[Path, ...]:
    """Write rankings as a run, interactions as qrels.

    Raises
    ------
    InputError
        If the opinions are neither, have no task, a name holds a blank, or a relevance is no whole number.
    """
    wanted = {".run": "rankings", ".qrels": "interactions", ".qrel": "interactions"}.get(path.suffix.lower())
    if opinions.kind not in ("rankings", "interactions") or opinions.kind != (wanted or opinions.kind):
        raise InputError("path", f"{path.suffix} holds {wanted or 'rankings or interactions'}, not {opinions.kind}")
    frame = opinions.frame()
    lines = _run_lines(frame) if opinions.kind == "rankings" else _qrels_lines(frame)
    with atomic_write(path, "w") as file:
        file.writelines(f"{line}\n" for line in lines)
    return (path,)


def _read(data: bytes, name: str, encoding: str, width: int) -> Table:
    text = decoded(data, name, encoding)
    places = _RUN if width == RUN_FIELDS else _QRELS
    numeric = [place for column, place in places.items() if column in ("rank", "score", "rating")]
    kept: list[list[str]] = []
    rows: list[int] = []
    bad: dict[str, list[tuple[int, str]]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        fields = line.split()
        if not fields:
            continue
        if len(fields) != width:
            bad.setdefault(f"not {width} fields", []).append((number, line))
        elif not all(map(_is_number, (fields[place] for place in numeric))):
            bad.setdefault("no number where one must be", []).append((number, line))
        else:
            kept.append(fields)
            rows.append(number)
    issues = [
        Issue(reason, SET_ASIDE, name, np.array([number for number, _ in lines], dtype=np.int64), lines[0][1])
        for reason, lines in bad.items()
    ]
    if not kept:
        found = "; ".join(map(str, issues))
        raise ParseError(
            name, f"holds no line of a {'run' if width == RUN_FIELDS else 'qrels file'}: {found or 'empty'}"
        )
    columns = list(zip(*kept, strict=True))
    frame = pl.DataFrame(
        {
            column: np.array(columns[place], dtype=np.float64) if place in numeric else list(columns[place])
            for column, place in places.items()
        }
    )
    if width == RUN_FIELDS and frame["rank"].min() == 0:
        frame = frame.with_columns(pl.col("rank") + 1)
        issues.append(Issue("ranks start at 0, so each is one more here", NOTED, name, count=frame.height))
    kind = "rankings" if width == RUN_FIELDS else "interactions"
    return Table(frame, np.array(rows, dtype=np.int64), tuple(issues), kind)


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _run_lines(frame: pl.DataFrame) -> list[str]:
    if "task" not in frame.columns:
        raise InputError(
            "opinions",
            "rankings have no task, which is the query of a run",
            hint="add a column task with the query of each row",
        )
    if "score" not in frame.columns or frame["score"].null_count():
        frame = frame.with_columns(score=-pl.col("rank"))
    frame = frame.sort("voter", "task", "rank", maintain_order=True)
    _check_names(frame, ("task", "candidate", "voter"))
    made: Callable[[tuple[str, str, float, float, str]], str] = _run_line
    return list(map(made, frame.select("task", "candidate", "rank", "score", "voter").iter_rows()))


def _run_line(row: tuple[str, str, float, float, str]) -> str:
    query, document, rank, score, tag = row
    return f"{query} Q0 {document} {text_of(rank)} {score!r} {tag}"


def _qrels_lines(frame: pl.DataFrame) -> list[str]:
    if "rating" not in frame.columns:
        frame = frame.with_columns(rating=1.0)
    frame = frame.with_columns(pl.col("rating").fill_null(1.0).fill_nan(1.0))
    odd = frame.filter(pl.col("rating") != pl.col("rating").round())
    if odd.height:
        raise InputError("path", f"qrels hold whole numbers, got a rating of {odd['rating'][0]:g}")
    _check_names(frame, ("user", "item"))
    return [
        f"{user} 0 {item} {rating:.0f}" for user, item, rating in frame.select("user", "item", "rating").iter_rows()
    ]


def _check_names(frame: pl.DataFrame, columns: tuple[str, ...]) -> None:
    for name in columns:
        bad = frame.filter(pl.col(name).cast(pl.String).str.contains(r"\s"))
        if bad.height:
            raise InputError("path", f"a run separates fields by blanks, and {name} {bad[name][0]!r} holds one")
