"""What is a table of scores? Candidates by tasks, higher is better, NaN is a hole.

Readers of arrays and of opinions make one, the door checks it, and methods that rank by orders or means take it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_floats
from psephos.opinions.model import Source
from psephos.opinions.wording import plural


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """Scores, higher is better, with the names of candidates and tasks; made by `psephos.ranking.score_table`.

    Attributes
    ----------
    candidates, tasks : polars.Series
        Names, shapes (n_candidates,) and (n_tasks,).
    scores : ndarray of float64, shape (n_candidates, n_tasks)
        NaN is a hole; of tasks with instances the mean of what was scored.
    instances : tuple of ndarray of float64, each (n_candidates, n_instances), or None
        Scores of the single items behind each task, where they are known.
    weights : ndarray of float64, shape (n_tasks,)
        How much each task counts.
    unit : str
        What a task is called: "task", "voter" or "item".
    source : Source
        Where the data came from.
    notes : tuple of str
        What was found on the way.
    items : tuple of polars.Series, or None
        Names of the instances behind each task, where they have any.
    """

    candidates: pl.Series
    tasks: pl.Series
    scores: npt.NDArray[np.float64]
    instances: tuple[npt.NDArray[np.float64], ...] | None
    weights: npt.NDArray[np.float64]
    unit: str = "task"
    source: Source = field(default_factory=Source)
    notes: tuple[str, ...] = ()
    items: tuple[pl.Series, ...] | None = None

    def without(self, task: int) -> ScoreTable:
        """The same without one task."""
        return self.of_tasks(np.delete(np.arange(len(self.tasks)), task))

    def of_tasks(self, keep: npt.NDArray[np.intp]) -> ScoreTable:
        """The same with these tasks only, by their places."""
        parts = None if self.instances is None else tuple(self.instances[k] for k in keep)
        return replace(
            self,
            tasks=self.tasks.gather(keep),
            scores=self.scores[:, keep],
            instances=parts,
            weights=self.weights[keep],
            items=None if self.items is None else tuple(self.items[k] for k in keep),
        )

    def turned(self, higher_is_better: bool | Sequence[bool] | None) -> ScoreTable:
        """The same with the scores of the tasks on which lower is better turned round.

        Parameters
        ----------
        higher_is_better : bool or sequence of bool, shape (n_tasks,), or None
            For all tasks or each; None is True.

        Raises
        ------
        InputError
            `higher_is_better`: not true or false, or of another number of tasks.
        """
        if higher_is_better is None or higher_is_better is True:
            return self
        n = len(self.tasks)
        given = [higher_is_better] * n if isinstance(higher_is_better, (bool, np.bool_)) else list(higher_is_better)
        if len(given) != n or not all(isinstance(one, (bool, np.bool_)) for one in given):
            raise InputError("higher_is_better", f"must be true or false, once or for each of {n} tasks")
        sign = np.where(given, 1.0, -1.0)
        parts = None if self.instances is None else tuple(p * s for p, s in zip(self.instances, sign, strict=True))
        return replace(self, scores=self.scores * sign, instances=parts)

    def __str__(self) -> str:
        inside = ""
        if self.instances is not None:
            sizes = [part.shape[1] for part in self.instances]
            inside = f", {min(sizes):,} to {max(sizes):,} instances each"
        return f"{plural(len(self.candidates), 'candidate')} on {plural(len(self.tasks), self.unit)}{inside}"

    __repr__ = __str__


def checked_weights(given: npt.ArrayLike, n: int) -> npt.NDArray[np.float64]:
    """Weights of n tasks as float64, fit for use.

    Raises
    ------
    InputError
        `task_weights`: not one for each task, negative (with its place), or all 0.
    """
    weights = check_floats("task_weights", given)
    if len(weights) != n:
        raise InputError(
            "task_weights",
            f"must give one for each of {n} tasks, got {len(weights)}",
            hint="in the order of the tasks, or a mapping of names",
        )
    if (weights < 0).any():
        raise InputError(
            "task_weights",
            "must not be negative",
            where=f"index {int(np.argmax(weights < 0))}",
            hint="0 leaves a task out",
        )
    if not weights.any():
        raise InputError("task_weights", "are all 0", hint="one task at least must count")
    return weights


def mean_of(part: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean of what each candidate scored on the instances of a task.

    Parameters
    ----------
    part : ndarray of float64, shape (n_candidates, n_instances)
        NaN is a hole.

    Returns
    -------
    ndarray of float64, shape (n_candidates,)
        NaN where a candidate has no score at all.
    """
    known = ~np.isnan(part)
    count = known.sum(axis=1)
    total = np.where(known, part, 0.0).sum(axis=1)
    mean: npt.NDArray[np.float64] = np.divide(total, count, out=np.full(len(part), np.nan), where=count > 0)
    return mean
