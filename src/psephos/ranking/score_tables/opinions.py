"""A table of scores from opinions: ``results``, ``scores`` or ``rankings``.

Of results, tasks and metrics are the tasks, or the items where there are neither; draws, runs and variants of an item
are averaged, and it is said. Of scores and rankings each voter is a task, by round and task where these are known.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.opinions.kinds import taken_by
from psephos.opinions.model import Opinions
from psephos.opinions.wording import plural
from psephos.ranking.score_tables.directions import carried_directions, joined, told_apart_by, told_directions
from psephos.ranking.score_tables.table import ScoreTable, checked_weights, mean_of


def from_opinions(opinions: Opinions, *, told: bool) -> ScoreTable:
    """The table of opinions, with the directions and weights that they bring.

    Parameters
    ----------
    opinions : Opinions of kind results, scores or rankings
        A better rank is a higher score.
    told : bool
        Whether directions count that the table about tasks or the rows tell; not where the caller gives them.

    Raises
    ------
    InputError
        `opinions`: of another kind. `higher_is_better`: said to be both of one task, or neither true nor false.
        `task_weights`: no numbers. `weight`: rows of one voter weigh differently.
    """
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
    kept = told_apart_by(opinions)
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
    names = [joined(opinions, kept or ["item"], row) for row in keys.iter_rows()]
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
    matrix = np.column_stack([mean_of(part) for part in parts]) if parts else np.empty((len(candidates), 0))
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
    carried = carried_directions(opinions, columns_of, kept or ["item"]) if told else None
    if not kept:
        return table.turned(carried)
    first = opinions.vocabulary(kept[0]).cast(pl.String).gather(keys[kept[0]].replace(-1, None))
    return _with_about(table, opinions, first, carried, told=told)


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
        name = joined(opinions, parts, mixed.select(parts).row(0))
        raise InputError(
            "weight",
            f"voter {name!r:.80} has rows of different weights; an order has one weight",
            hint="give all rows of this voter one weight",
        )
    placed = frame.join(keys.select(parts).with_row_index("column"), on=parts)
    names = opinions.vocabulary(candidate).cast(pl.String)
    matrix = np.full((len(names), keys.height), np.nan)
    matrix[placed[candidate].to_numpy(), placed["column"].to_numpy()] = placed["score"].to_numpy()
    tasks = pl.Series("tasks", [joined(opinions, parts, row) for row in keys.select(parts).iter_rows()])
    weights = checked_weights(keys["weight"].to_numpy(), keys.height)
    return ScoreTable(names, tasks.cast(pl.String), matrix, None, weights, "voter", opinions.source)


def _with_about(
    table: ScoreTable, opinions: Opinions, tasks: pl.Series, carried: list[bool] | None, *, told: bool
) -> ScoreTable:
    """Directions and weights from the table about tasks; where it says no direction, that of the results holds."""
    own = carried or [True] * len(tasks)
    about = (told_directions(opinions, tasks) if told else None) or [None] * len(tasks)
    table = table.turned([mine if said is None else said for said, mine in zip(about, own, strict=True)])
    weight = opinions.about.column("tasks", "weight", tasks)
    if weight is not None:
        table = replace(table, weights=checked_weights(numbers_of(weight, tasks), len(table.tasks)))
    return table


def numbers_of(weight: pl.Series, tasks: pl.Series) -> npt.NDArray[np.float64]:
    """Weights of tasks as numbers.

    Parameters
    ----------
    weight : polars.Series
        What the table about tasks says, numbers or text; null is 1.
    tasks : polars.Series
        Names, for the complaint.

    Returns
    -------
    ndarray of float64, shape (n_tasks,)

    Raises
    ------
    InputError
        `task_weights`: a word that is no number, with its task.
    """
    numbers = weight.cast(pl.Float64, strict=False)
    words = weight.is_not_null() & numbers.is_null()
    if words.any():
        row = words.arg_max() or 0
        raise InputError("task_weights", f"must be numbers, got {weight[row]!r:.40}", where=f"task {tasks[row]!r:.60}")
    return numbers.fill_null(1.0).to_numpy()
