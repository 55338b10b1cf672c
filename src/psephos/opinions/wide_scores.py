"""Is this a table of scores with a row per model and a column per task?

A leaderboard is a wide table, and which side holds the candidates cannot be seen from numbers. It is taken as such only
if one column is called by a name of a candidate (`model`, `system`, `method`, `candidate`), all its names differ, and
at least one other column holds numbers; what was taken, and what was not, is said. The other way round has to be
stated: `wide="task"` with the kind ``results`` says that rows are tasks and columns are candidates.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.opinions.coding import canonical, stored
from psephos.opinions.issues import NOTED, Issue
from psephos.opinions.kinds import aliases, listed

CANDIDATES = ("candidate", *aliases("candidate"))
TASKS = ("task", *aliases("task"), "metric")

_Rows = npt.NDArray[np.int64]


def wide_candidates(frame: pl.DataFrame) -> str | None:
    """The column of candidates of a wide table of scores; None if it is not clearly one.

    Examples
    --------
    >>> wide_candidates(pl.DataFrame({"Model": ["a", "b"], "arc": [0.5, 0.6], "licence": ["x", "y"]}))
    'Model'
    >>> wide_candidates(pl.DataFrame({"name": ["a", "b"], "arc": [0.5, 0.6]})) is None
    True
    """
    named = [name for name in frame.columns if name.strip().casefold() in CANDIDATES]
    if len(named) != 1 or stored(frame[named[0]]).n_unique() < frame.height:
        return None
    return named[0] if _numbers(frame, named[0]) else None


def long_scores(
    frame: pl.DataFrame, column: str, rows: _Rows, name: str, *, tasks: Sequence[str] | None = None
) -> tuple[pl.DataFrame, _Rows, tuple[Issue, ...]]:
    """Results of a wide table whose `column` names the candidates (or, by its own name, the tasks).

    Returns
    -------
    polars.DataFrame
        Candidate, item, task, score.
    ndarray of int64
        The row of each.
    tuple of Issue
        What was taken, and what was not.
    """
    if column not in frame.columns:
        raise InputError(
            "wide", f"there is no column {column!r} among {listed(frame.columns)}", hint="name one of these"
        )
    across = list(tasks) if tasks is not None else _numbers(frame, column)
    if not across:
        raise InputError(
            "wide",
            f"no column beside {column!r} holds numbers",
            hint="a wide table has one column of numbers per candidate or task",
        )
    own, other = ("task", "candidate") if column.strip().casefold() in TASKS else ("candidate", "task")
    plain = all(frame[part].dtype.is_numeric() for part in across)
    cells = (frame[part].cast(pl.Float64 if plain else pl.String) for part in across)
    keyed = pl.DataFrame([pl.Series("\0row", rows), canonical(frame[column]).cast(pl.String).alias("\0own"), *cells])
    long = keyed.unpivot(index=["\0row", "\0own"], on=across, variable_name="\0other", value_name="score")
    made = long.select(pl.col("\0own").alias(own), pl.col("\0other").alias(other), "score").with_columns(
        pl.col("task").alias("item")
    )
    taken = f"a wide table: {column!r} as {own}, each of {len(across):,} columns as a {other} ({listed(across, 6)})"
    issues = [Issue(taken, NOTED, name, count=frame.height)]
    left = [part for part in frame.columns if part not in (column, *across)]
    if left:
        issues.append(
            Issue(f"columns without numbers are no {other}s: {listed(left, 6)}", NOTED, name, count=len(left))
        )
    empty = int(made["score"].is_null().sum())
    if empty:
        issues.append(Issue(f"a {other} without a score", NOTED, name, count=empty))
    given = made["score"].is_not_null()
    return made.filter(given), long["\0row"].filter(given).to_numpy(), tuple(issues)


def _numbers(frame: pl.DataFrame, column: str) -> list[str]:
    """Columns of which most cells that hold anything hold a number; the other cells are set aside later, one by one."""
    found = []
    for name in frame.columns:
        values = frame[name]
        if name == column or not (values.dtype.is_numeric() or values.dtype == pl.String):
            continue
        given = values.drop_nulls()
        numbers = given.cast(pl.Float64, strict=False).drop_nulls()
        if 2 * len(numbers) > len(given):
            found.append(name)
    return found
