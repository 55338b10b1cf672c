"""Is a higher score the better one, on each task?

The table about tasks says so for a task, else a column ``higher_is_better`` beside the results, as result files have
it; where neither does, higher is better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.opinions.model import Opinions


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
    >>> from psephos.ranking import score_table
    >>> made = results(["a", "b"], ["q", "q"], [0.1, 0.2], task=["err", "err"])
    >>> score_table(turned_results(made, ["err"])).scores.tolist()
    [[-0.1], [-0.2]]
    """
    parts = told_apart_by(opinions) or ["item"]
    codes = pl.DataFrame({name: opinions.codes(name).astype(np.int64) for name in parts})
    keys = codes.unique()
    named = keys.filter(
        pl.Series([joined(opinions, parts, row) in set(lower) for row in keys.iter_rows()], dtype=pl.Boolean)
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
    """Whether a lower score is the better one, of each row of results: by the table about tasks, else by the row.

    Parameters
    ----------
    opinions : Opinions of kind results
        Without a word on directions, higher is better.

    Returns
    -------
    ndarray of bool, shape (n_rows,)

    Raises
    ------
    InputError
        `higher_is_better`: the table about tasks says neither true nor false.
    """
    lower: npt.NDArray[np.bool_] = np.zeros(len(opinions), dtype=bool)
    if "higher_is_better" in opinions.carried.columns:
        lower = _carried_lower(opinions).to_numpy()
    parts = told_apart_by(opinions)
    if parts:
        told = told_directions(opinions, opinions.vocabulary(parts[0]).cast(pl.String))
        if told is not None:
            by_code = np.array([-1 if one is None else int(not one) for one in (*told, None)])
            own = by_code[opinions.codes(parts[0])]
            lower = np.where(own < 0, lower, own == 1)
    return lower


def carried_directions(opinions: Opinions, columns_of: pl.DataFrame, kept: Sequence[str]) -> list[bool] | None:
    """Directions that stand beside the results, as result files say them.

    Parameters
    ----------
    opinions : Opinions of kind results
    columns_of : polars.DataFrame
        Codes of the parts of each task, and its ``column`` in the table of scores.
    kept : sequence of str
        The parts that make a task, columns of the opinions.

    Returns
    -------
    list of bool or None
        Whether higher is better, in the order of the columns; None where the results do not say.

    Raises
    ------
    InputError
        `higher_is_better`: rows of one task say both.
    """
    if "higher_is_better" not in opinions.carried.columns:
        return None
    frame = pl.DataFrame({name: opinions.codes(name).astype(np.int64) for name in kept}).with_columns(
        lower=_carried_lower(opinions)
    )
    found = columns_of.join(frame.group_by(kept).agg(pl.col("lower").any(), all=pl.col("lower").all()), on=kept)
    found = found.sort("column")
    mixed = found.filter(pl.col("lower") != pl.col("all"))
    if mixed.height:
        name = joined(opinions, kept, mixed.select(kept).row(0))
        raise InputError(
            "higher_is_better",
            f"is said to be true and false of task {name!r:.80}",
            hint="one direction per task: mend the table about tasks",
        )
    return (~found["lower"]).to_list()


def told_directions(opinions: Opinions, tasks: pl.Series) -> list[bool | None] | None:
    """What the table about tasks says of these tasks.

    Returns
    -------
    list of (bool or None), or None
        Whether higher is better, None for a task of which it says nothing; None if it says nothing at all.

    Raises
    ------
    InputError
        `higher_is_better`: a word that is neither true nor false.
    """
    better = opinions.about.column("tasks", "higher_is_better", tasks)
    if better is None:
        return None
    words = better.cast(pl.String).str.to_lowercase()
    odd = words.drop_nulls().filter(~words.drop_nulls().is_in(["true", "false", "1", "0", "yes", "no"]))
    if len(odd):
        raise InputError("higher_is_better", f"must be true or false, got {odd[0]!r:.40}")
    return [None if word is None else word in ("true", "1", "yes") for word in words]


def told_apart_by(opinions: Opinions) -> list[str]:
    """The columns whose values are tasks of their own; none where each item is."""
    return [name for name in ("task", "metric") if name in opinions.coded]


def joined(opinions: Opinions, kept: Sequence[str], codes: Sequence[int]) -> str:
    """The name of a task made of several columns, or of one: "mmlu / accuracy".

    Parameters
    ----------
    opinions : Opinions
    kept : sequence of str
        The columns.
    codes : sequence of int
        The code in each of them; -1 is none, and left out. Without any the name is "no task".
    """
    said = [str(opinions.vocabulary(part)[code]) for part, code in zip(kept, codes, strict=True) if code >= 0]
    return " / ".join(said) or "no task"


def _carried_lower(opinions: Opinions) -> pl.Series:
    said = opinions.carried["higher_is_better"].cast(pl.String).str.to_lowercase()
    return said.is_in(["false", "0", "no"]).fill_null(False)
