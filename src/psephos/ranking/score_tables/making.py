"""Check scores of any form and put them into one table; the door of the methods that rank by orders or means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError
from psephos.opinions.model import Opinions
from psephos.opinions.wording import first_of
from psephos.ranking.score_tables.arrays import from_arrays
from psephos.ranking.score_tables.opinions import from_opinions
from psephos.ranking.score_tables.table import ScoreTable, checked_weights

Scores = npt.ArrayLike | Sequence[npt.ArrayLike] | Opinions


def score_table(
    scores: Scores | ScoreTable,
    *,
    candidates: Sequence[object] | None = None,
    tasks: Sequence[object] | None = None,
    higher_is_better: bool | Sequence[bool] | None = None,
    task_weights: npt.ArrayLike | None = None,
    unit: str | None = None,
) -> ScoreTable:
    """Check scores and put them into one form, higher is better.

    Parameters
    ----------
    scores : array_like of float, shape (n_candidates, n_tasks); sequence of such arrays; Opinions; or ScoreTable
        A sequence holds one array (n_candidates, n_instances) per task. NaN: no score. A ScoreTable stays as it is.
    candidates, tasks : sequence, optional
        Names; numbers from 0 if not given. Opinions have their own.
    higher_is_better : bool or sequence of bool, shape (n_tasks,), optional
        True if not given; of opinions the column ``higher_is_better`` of the table about tasks, else of the rows,
        counts unless it is given here.
    task_weights : array_like of float, shape (n_tasks,), optional
        At least 0, which leaves a task out; 1 each if not given; of opinions the column ``weight`` of the table about
        tasks counts.
    unit : str, optional
        What a task is called in the answer.

    Returns
    -------
    ScoreTable
        A matrix of candidates by tasks with their names, directions turned so that higher is better.

    Raises
    ------
    InputError
        `systems`: fewer than two candidates. `tasks`: none. `scores`: text or infinity, with candidate and task.
        `candidates`: a name occurs twice. `task_weights`: negative, NaN, all 0, or of another length.

    Examples
    --------
    >>> print(score_table([[0.9, 12], [0.8, 15]], candidates=["a", "b"], higher_is_better=[True, False]))
    2 candidates on 2 tasks
    """
    if isinstance(scores, ScoreTable):
        if any(value is not None for value in (candidates, tasks, higher_is_better, task_weights)):
            raise InputError("scores", "is a score table already; give names, directions and weights when making it")
        return scores if unit is None else replace(scores, unit=unit)
    if isinstance(scores, Opinions):
        if candidates is not None or tasks is not None:
            raise InputError("candidates", "have their names in the opinions", hint="leave candidates out")
        table = from_opinions(scores, told=higher_is_better is None)
    else:
        table = from_arrays(scores, candidates, tasks)
    if len(table.candidates) < 2:
        raise InputError(
            "systems",
            f"a ranking needs two at least, got {len(table.candidates)}",
            hint="add the scores of another candidate",
        )
    if not len(table.tasks):
        raise InputError("tasks", "there is none", hint="give one column per task, or a table with a column task")
    table = table.turned(higher_is_better)
    weights = table.weights if task_weights is None else checked_weights(task_weights, len(table.tasks))
    table = replace(table, weights=weights, unit=unit or table.unit)
    kept, silent = _that_count(table)
    return replace(kept, notes=(*table.notes, *_without_information(kept), *silent))


def unused_weights(table: ScoreTable) -> tuple[str, ...]:
    """A note of a method to which weights of tasks say nothing, to add to others; empty where all weigh alike."""
    if (table.weights == table.weights[0]).all():
        return ()
    return (f"weights of {table.unit}s do not count in this method: each counts as it is",)


def _that_count(table: ScoreTable) -> tuple[ScoreTable, tuple[str, ...]]:
    """The tasks above weight 0, and a word on the others: a task that does not count is not resampled either."""
    idle = table.weights == 0
    if not idle.any():
        return table, ()
    kept = table.of_tasks(np.flatnonzero(~idle))
    left = "is left out: its weight is" if idle.sum() == 1 else "are left out: their weights are"
    return kept, (f"{table.unit} {first_of(table.tasks.filter(idle).to_list(), 1)} {left} 0",)


def _without_information(table: ScoreTable) -> tuple[str, ...]:
    """A word on tasks that tell nobody apart."""
    if table.instances is None:
        flat, silent = _flat_columns(table.scores)
    else:
        found_flat, found_silent = zip(*map(_flat_columns, table.instances), strict=True)
        silent = np.array([part.all() for part in found_silent])
        flat = np.array([(part | none).all() for part, none in zip(found_flat, found_silent, strict=True)]) & ~silent
    notes = []
    for word, bad in (
        ("carries no information: all its scores are equal", flat),
        ("has no score at all", silent),
    ):
        found = np.flatnonzero(bad).tolist()
        if found:
            each = ": each" if len(found) > 1 else ""
            notes.append(f"{table.unit} {first_of([table.tasks[k] for k in found], 1)}{each} {word}")
    return tuple(notes)


def _flat_columns(part: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Columns all of whose scores are equal, and those without any."""
    holes = np.isnan(part)
    low, high = np.where(holes, np.inf, part).min(axis=0), np.where(holes, -np.inf, part).max(axis=0)
    return low == high, np.asarray(low > high)
