"""A table of scores from arrays: one of candidates by tasks, or one of candidates by instances for each task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_floats
from psephos.ranking.score_tables.table import ScoreTable, mean_of


def from_arrays(scores: object, candidates: Sequence[object] | None, tasks: Sequence[object] | None) -> ScoreTable:
    """The table of an array, or of a sequence of arrays, with weights of 1 and no directions yet.

    Parameters
    ----------
    scores : array_like of float, shape (n_candidates, n_tasks), or sequence of arrays (n_candidates, n_instances)
        A list or tuple all of whose members are matrices is read as one array for each task.
    candidates, tasks : sequence or None
        Names; numbers from 0 if None.

    Raises
    ------
    InputError
        `scores`: something else than numbers, with candidate and task; tasks of unlike numbers of candidates, or one
        without an instance. `candidates`, `tasks`: not one name for each, or one twice.
    """
    given = list(scores) if isinstance(scores, (list, tuple)) else None
    ragged = given is not None and len(given) > 0 and all(map(_is_matrix, given))
    parts: tuple[npt.NDArray[np.float64], ...] = ()
    if ragged:
        parts = tuple(_numbers(part, candidates, tasks, task=k) for k, part in enumerate(given or []))
        sizes = {len(part) for part in parts}
        if len(sizes) > 1:
            raise InputError("scores", f"each task must have a row per candidate; they have {sorted(sizes)} rows")
        if any(part.shape[1] == 0 for part in parts):
            raise InputError("scores", "a task has no instance", hint="leave the task out")
        matrix = np.column_stack([mean_of(part) for part in parts])
    else:
        matrix = _numbers(scores, candidates, tasks)
    return ScoreTable(
        _names("candidates", candidates, len(matrix)),
        _names("tasks", tasks, matrix.shape[1]),
        matrix,
        parts or None,
        np.ones(matrix.shape[1]),
    )


def _is_matrix(part: object) -> bool:
    """Whether this is a table of numbers, not a row of them."""
    if isinstance(part, (list, tuple)):
        return bool(part) and all(isinstance(row, (list, tuple, np.ndarray)) for row in part)
    return getattr(part, "ndim", 0) == 2


def _numbers(
    values: object, candidates: Sequence[object] | None, tasks: Sequence[object] | None, task: int | None = None
) -> npt.NDArray[np.float64]:
    try:
        return check_floats("scores", cast("npt.ArrayLike", values), ndim=2, missing=True)
    except InputError as problem:
        raise InputError("scores", problem.problem, where=_cell(values, candidates, tasks, task)) from None


def _cell(
    values: object, candidates: Sequence[object] | None, tasks: Sequence[object] | None, task: int | None
) -> str | None:
    """Candidate and task of the first score that is no finite number."""
    for i, row in enumerate(cast("Sequence[object]", values)):
        for k, value in enumerate(row if isinstance(row, (list, tuple, np.ndarray)) else ()):
            try:
                bad = bool(np.isinf(float(cast("float", value))))
            except (TypeError, ValueError):
                bad = True
            if bad:
                candidate = candidates[i] if candidates is not None and i < len(candidates) else i
                column = k if task is None else task
                name = tasks[column] if tasks is not None and column < len(tasks) else column
                return f"candidate {candidate}, task {name}" + ("" if task is None else f", instance {k}")
    return None


def _names(argument: str, given: Sequence[object] | None, n: int) -> pl.Series:
    if given is None:
        return pl.Series(argument, range(n)).cast(pl.String)
    names = [str(name) for name in given]
    if len(names) != n:
        raise InputError(
            argument, f"must name {n}, got {len(names)}", hint="give one name for each, in the order of the scores"
        )
    if len(set(names)) == n:
        return pl.Series(argument, names, dtype=pl.String)
    twice = next(place for place, name in enumerate(names) if name in names[:place])
    raise InputError(
        argument, f"names {names[twice]!r:.80} twice", where=f"index {twice}", hint="give each a name of its own"
    )
