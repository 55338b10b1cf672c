"""What did each candidate score on each task? The door of the methods that rank by orders or means.

Scores come as an array of candidates by tasks, as one array of candidates by instances for each task, or as opinions:
``results`` (a task with several items is a task with instances; several metrics of a task are tasks of their own),
``scores`` (items are the candidates, each voter is a task) or ``rankings`` (each voter is a task, a better rank a
higher score). Inside, higher is always better and NaN is a hole.

Source: sheet 14. Differs: draws, runs and variants of one item are averaged, and it is said; duplicates of one key were
refused or settled when the opinions were read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_floats
from psephos.opinions.kinds import taken_by
from psephos.opinions.model import Opinions, Source
from psephos.opinions.wording import first_of, plural

Scores = npt.ArrayLike | Sequence[npt.ArrayLike] | Opinions


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """Scores, higher is better, with the names of candidates and tasks; made by `score_table`.

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

    def turned(self, higher_is_better: Sequence[bool]) -> ScoreTable:
        """The same with the scores of the tasks on which lower is better turned round."""
        return _oriented(self, higher_is_better)

    def __str__(self) -> str:
        inside = ""
        if self.instances is not None:
            sizes = [part.shape[1] for part in self.instances]
            inside = f", {min(sizes):,} to {max(sizes):,} instances each"
        return f"{plural(len(self.candidates), 'candidate')} on {plural(len(self.tasks), self.unit)}{inside}"

    __repr__ = __str__


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
        table = _from_opinions(scores, told=higher_is_better is None)
    else:
        table = _from_arrays(scores, candidates, tasks)
    if len(table.candidates) < 2:
        raise InputError(
            "systems",
            f"a ranking needs two at least, got {len(table.candidates)}",
            hint="add the scores of another candidate",
        )
    if not len(table.tasks):
        raise InputError("tasks", "there is none", hint="give one column per task, or a table with a column task")
    table = _oriented(table, higher_is_better)
    weights = table.weights if task_weights is None else _checked_weights(task_weights, len(table.tasks))
    table = replace(table, weights=weights, unit=unit or table.unit)
    kept, silent = _that_count(table)
    return replace(kept, notes=(*table.notes, *_without_information(kept), *silent))


def _from_arrays(scores: object, candidates: Sequence[object] | None, tasks: Sequence[object] | None) -> ScoreTable:
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
        matrix = np.column_stack([_mean_of(part) for part in parts])
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


def _from_opinions(opinions: Opinions, *, told: bool) -> ScoreTable:
    if opinions.kind == "results":
        return _from_results(opinions, told=told)
    if opinions.kind == "scores":
        return _from_votes(opinions, "item", "score", 1.0)
    if opinions.kind == "rankings":
        return _from_votes(opinions, "candidate", "rank", -1.0)
    raise InputError(
        "opinions",
        f"are {opinions.kind}; orders are made of results, scores, rankings or battles",
        hint=taken_by(opinions.kind),
    )


def _from_results(opinions: Opinions, *, told: bool) -> ScoreTable:
    kept = _told_apart_by(opinions)
    columns = {name: opinions.codes(name).astype(np.int64) for name in ("candidate", "item", *kept)}
    frame = pl.DataFrame({**columns, "score": opinions.numbers["score"]}).filter(pl.col("score").is_not_nan())
    instance = frame.group_by("candidate", *kept, "item").agg(pl.col("score").mean(), n=pl.len())
    repeats = instance.filter(pl.col("n") > 1).height
    notes: tuple[str, ...] = ()
    if repeats:
        notes = (
            f"{plural(repeats, 'score is a mean', 'scores are means')} of several runs, variants or topics of one item",
        )
    candidates = opinions.vocabulary("candidate").cast(pl.String)
    unit = "task" if kept else "item"
    if not kept:
        notes += ("without a column of tasks each item is an order of its own",)
    keys = instance.select(kept or ["item"]).unique().sort(kept or ["item"])
    names = [_joined(opinions, kept or ["item"], row) for row in keys.iter_rows()]
    columns_of = keys.with_row_index("column")
    instance = instance.join(columns_of, on=kept or ["item"]).sort("column", "item", "candidate")
    parts, items = [], []
    item_names = opinions.vocabulary("item").cast(pl.String)
    for part in instance.partition_by("column", maintain_order=True):
        item, place = np.unique(part["item"].to_numpy(), return_inverse=True)
        cells = np.full((len(candidates), len(item)), np.nan)
        cells[part["candidate"].to_numpy(), place] = part["score"].to_numpy()
        parts.append(cells)
        items.append(item_names.gather(item))
    matrix = np.column_stack([_mean_of(part) for part in parts]) if parts else np.empty((len(candidates), 0))
    deep = any(part.shape[1] > 1 for part in parts)
    table = ScoreTable(
        candidates,
        pl.Series("tasks", names, dtype=pl.String),
        matrix,
        tuple(parts) if deep else None,
        np.ones(len(parts)),
        unit,
        opinions.source,
        notes,
        tuple(items) if deep else None,
    )
    carried = _carried_directions(opinions, columns_of, kept or ["item"]) if told else None
    if not kept:
        return _oriented(table, carried)
    first = opinions.vocabulary(kept[0]).cast(pl.String).gather(keys[kept[0]].replace(-1, None))
    return _with_about(table, opinions, first, carried, told=told)


def _told_apart_by(opinions: Opinions) -> list[str]:
    """The columns whose values are tasks of their own; none where each item is."""
    return [name for name in ("task", "metric") if name in opinions.coded]


def turned_results(opinions: Opinions, lower: Sequence[str]) -> Opinions:
    """Results on these tasks, named as in `score_table`, with the word that lower is better; of others what was told.

    Parameters
    ----------
    opinions : Opinions of kind results
        Each row says after this in its column ``higher_is_better`` which direction holds.
    lower : sequence of str
        Tasks, metrics of a task ("task / metric"), or items where there are no tasks.

    Returns
    -------
    Opinions
        The same results, with directions.

    Examples
    --------
    >>> from psephos.opinions import results
    >>> made = results(["a", "b"], ["q", "q"], [0.1, 0.2], task=["err", "err"])
    >>> score_table(turned_results(made, ["err"])).scores.tolist()
    [[-0.1], [-0.2]]
    """
    parts = _told_apart_by(opinions) or ["item"]
    codes = pl.DataFrame({name: opinions.codes(name).astype(np.int64) for name in parts})
    keys = codes.unique()
    named = keys.filter(
        pl.Series([_joined(opinions, parts, row) in set(lower) for row in keys.iter_rows()], dtype=pl.Boolean)
    )
    turned = codes.join(named.with_columns(turned=True), on=parts, how="left", maintain_order="left")["turned"]
    higher = ~(lower_is_better(opinions) | turned.fill_null(False).to_numpy())
    about = opinions.about
    if about.tasks is not None and "higher_is_better" in about.tasks.columns:
        about = replace(about, tasks=about.tasks.drop("higher_is_better"))
    said = pl.DataFrame({"higher_is_better": higher})
    # A frame without columns has no rows either.
    carried = opinions.carried.with_columns(said) if opinions.carried.width else said
    return replace(opinions, carried=carried, about=about)


def lower_is_better(opinions: Opinions) -> npt.NDArray[np.bool_]:
    """Whether a lower score is the better one, of each row of results: by the table about tasks, else by the row."""
    lower: npt.NDArray[np.bool_] = np.zeros(len(opinions), dtype=bool)
    if "higher_is_better" in opinions.carried.columns:
        lower = _carried_lower(opinions).to_numpy()
    parts = _told_apart_by(opinions)
    if parts:
        told = _told_directions(opinions, opinions.vocabulary(parts[0]).cast(pl.String))
        if told is not None:
            by_code = np.array([-1 if one is None else int(not one) for one in (*told, None)])
            own = by_code[opinions.codes(parts[0])]
            lower = np.where(own < 0, lower, own == 1)
    return lower


def _carried_lower(opinions: Opinions) -> pl.Series:
    said = opinions.carried["higher_is_better"].cast(pl.String).str.to_lowercase()
    return said.is_in(["false", "0", "no"]).fill_null(False)


def _carried_directions(opinions: Opinions, columns_of: pl.DataFrame, kept: Sequence[str]) -> list[bool] | None:
    """Directions that stand beside the results, as result files say them; True where they do not."""
    if "higher_is_better" not in opinions.carried.columns:
        return None
    frame = pl.DataFrame({name: opinions.codes(name).astype(np.int64) for name in kept}).with_columns(
        lower=_carried_lower(opinions)
    )
    found = columns_of.join(frame.group_by(kept).agg(pl.col("lower").any(), all=pl.col("lower").all()), on=kept)
    found = found.sort("column")
    mixed = found.filter(pl.col("lower") != pl.col("all"))
    if mixed.height:
        name = _joined(opinions, kept, mixed.select(kept).row(0))
        raise InputError(
            "higher_is_better",
            f"is said to be true and false of task {name!r:.80}",
            hint="one direction per task: mend the table about tasks",
        )
    return (~found["lower"]).to_list()


def _told_directions(opinions: Opinions, tasks: pl.Series) -> list[bool | None] | None:
    """What the table about tasks says of these; None where it says nothing."""
    better = opinions.about.column("tasks", "higher_is_better", tasks)
    if better is None:
        return None
    words = better.cast(pl.String).str.to_lowercase()
    odd = words.drop_nulls().filter(~words.drop_nulls().is_in(["true", "false", "1", "0", "yes", "no"]))
    if len(odd):
        raise InputError("higher_is_better", f"must be true or false, got {odd[0]!r:.40}")
    return [None if word is None else word in ("true", "1", "yes") for word in words]


def _joined(opinions: Opinions, kept: Sequence[str], codes: Sequence[int]) -> str:
    """The name of a task: of a single part its own, else the parts in one text; rows may be of none."""
    said = [str(opinions.vocabulary(part)[code]) for part, code in zip(kept, codes, strict=True) if code >= 0]
    return " / ".join(said) or "no task"


def _from_votes(opinions: Opinions, candidate: str, value: str, sign: float) -> ScoreTable:
    parts = [name for name in ("voter", "task", "round") if name in opinions.coded]
    frame = pl.DataFrame(
        {
            **{name: opinions.codes(name).astype(np.int64) for name in (candidate, *parts)},
            "score": sign * opinions.numbers[value],
            "weight": np.ones(len(opinions)) if opinions.weights() is None else opinions.weights(),
        }
    ).filter(pl.col("score").is_not_nan())
    keys = frame.group_by(parts).agg(pl.col("weight").min(), most=pl.col("weight").max()).sort(parts)
    mixed = keys.filter(pl.col("weight") != pl.col("most"))
    if mixed.height:
        name = _joined(opinions, parts, mixed.select(parts).row(0))
        raise InputError(
            "weight",
            f"voter {name!r:.80} has rows of different weights; an order has one weight",
            hint="give all rows of this voter one weight",
        )
    placed = frame.join(keys.select(parts).with_row_index("column"), on=parts)
    names = opinions.vocabulary(candidate).cast(pl.String)
    matrix = np.full((len(names), keys.height), np.nan)
    matrix[placed[candidate].to_numpy(), placed["column"].to_numpy()] = placed["score"].to_numpy()
    tasks = pl.Series("tasks", [_joined(opinions, parts, row) for row in keys.select(parts).iter_rows()])
    weights = _checked_weights(keys["weight"].to_numpy(), keys.height)
    return ScoreTable(names, tasks.cast(pl.String), matrix, None, weights, "voter", opinions.source)


def _with_about(
    table: ScoreTable, opinions: Opinions, tasks: pl.Series, carried: list[bool] | None, *, told: bool
) -> ScoreTable:
    """Directions and weights from the table about tasks; where it says no direction, that of the results holds."""
    own = carried or [True] * len(tasks)
    about = (_told_directions(opinions, tasks) if told else None) or [None] * len(tasks)
    table = _oriented(table, [mine if said is None else said for said, mine in zip(about, own, strict=True)])
    weight = opinions.about.column("tasks", "weight", tasks)
    if weight is not None:
        table = replace(table, weights=_checked_weights(numbers_of(weight, tasks), len(table.tasks)))
    return table


def numbers_of(weight: pl.Series, tasks: pl.Series) -> npt.NDArray[np.float64]:
    """Weights of tasks as numbers, 1 where there is none."""
    numbers = weight.cast(pl.Float64, strict=False)
    words = weight.is_not_null() & numbers.is_null()
    if words.any():
        row = words.arg_max() or 0
        raise InputError("task_weights", f"must be numbers, got {weight[row]!r:.40}", where=f"task {tasks[row]!r:.60}")
    return numbers.fill_null(1.0).to_numpy()


def _oriented(table: ScoreTable, higher_is_better: bool | Sequence[bool] | None) -> ScoreTable:
    if higher_is_better is None or higher_is_better is True:
        return table
    n = len(table.tasks)
    given = [higher_is_better] * n if isinstance(higher_is_better, (bool, np.bool_)) else list(higher_is_better)
    if len(given) != n or not all(isinstance(one, (bool, np.bool_)) for one in given):
        raise InputError("higher_is_better", f"must be true or false, once or for each of {n} tasks")
    sign = np.where(given, 1.0, -1.0)
    parts = None if table.instances is None else tuple(p * s for p, s in zip(table.instances, sign, strict=True))
    return replace(table, scores=table.scores * sign, instances=parts)


def _checked_weights(given: npt.ArrayLike, n: int) -> npt.NDArray[np.float64]:
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


def unused_weights(table: ScoreTable) -> tuple[str, ...]:
    """A note of a method to which weights of tasks say nothing, where there are some."""
    if (table.weights == table.weights[0]).all():
        return ()
    return (f"weights of {table.unit}s do not count in this method: each counts as it is",)


def _mean_of(part: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    known = ~np.isnan(part)
    count = known.sum(axis=1)
    total = np.where(known, part, 0.0).sum(axis=1)
    mean: npt.NDArray[np.float64] = np.divide(total, count, out=np.full(len(part), np.nan), where=count > 0)
    return mean


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
