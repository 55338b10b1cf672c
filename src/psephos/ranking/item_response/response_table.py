"""Which candidate got which item right? The door of the methods of item response.

A table of candidates by items holds 1 where an item was solved, 0 where not, and NaN where it was not asked. Items have
topics; each topic has a scale of its own, or all share one. The table comes as an array, as `results` opinions (the
topic of an item is its column ``topic``, else the ``topic`` of the table about items, else its task), or as a
`ScoreTable`, whose tasks with instances are the topics.

Source: sheet 25. Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_choice, check_floats
from psephos.opinions.model import Opinions, Source
from psephos.opinions.wording import first_of, plural
from psephos.ranking.score_tables import ScoreTable, lower_is_better, numbers_of, score_table

SCALES = ("topic", "joint")
FEWEST_ITEMS = 5
"""A topic with fewer items has no scale of its own and is left out."""
FEWEST_CANDIDATES = 3
EVERYTHING = "all items"
"""Name of the topic where there is one only."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Responses:
    """Who solved what; made by `responses`.

    Attributes
    ----------
    candidates, items, topics : polars.Series of String
        Names, shapes (n_candidates,), (n_items,) and (n_topics,).
    topic : ndarray of int64, shape (n_items,)
        Topic of each item.
    right : ndarray of float64, shape (n_candidates, n_items)
        1 solved, 0 not, NaN not asked.
    weights : ndarray of float64, shape (n_topics,)
        How much each topic counts in the overall ability.
    source : Source
        Where the data came from.
    notes : tuple of str
        What was found on the way.
    """

    candidates: pl.Series
    items: pl.Series
    topics: pl.Series
    topic: npt.NDArray[np.int64]
    right: Floats
    weights: Floats
    source: Source = field(default_factory=Source)
    notes: tuple[str, ...] = ()

    def of_topic(self, topic: int) -> npt.NDArray[np.intp]:
        """The items of a topic."""
        return np.flatnonzero(self.topic == topic)

    def without_items(self, items: npt.NDArray[np.intp]) -> Responses:
        """The same without these items, and without the topics that are empty then."""
        keep = np.delete(np.arange(len(self.items)), items)
        used, topic = np.unique(self.topic[keep], return_inverse=True)
        return replace(
            self,
            items=self.items.gather(keep),
            topics=self.topics.gather(used),
            topic=topic.astype(np.int64),
            right=self.right[:, keep],
            weights=self.weights[used],
        )

    def __str__(self) -> str:
        asked = f"{plural(len(self.items), 'item')} of {plural(len(self.topics), 'topic')}"
        return f"{plural(len(self.candidates), 'candidate')} on {asked}"

    __repr__ = __str__


def responses(
    data: npt.ArrayLike | Opinions | ScoreTable | Responses,
    *,
    candidates: Sequence[object] | None = None,
    items: Sequence[object] | None = None,
    topics: Sequence[object] | None = None,
    topic_weights: npt.ArrayLike | None = None,
    scale: str = "topic",
) -> Responses:
    """Check who solved what and put it into one form.

    Parameters
    ----------
    data : array_like of float, shape (n_candidates, n_items); Opinions; ScoreTable; or Responses
        1 solved, 0 not, NaN not asked. Opinions are ``results`` with scores of 0 and 1; where lower is better, as
        of errors, 0 is solved.
    candidates, items : sequence, optional
        Names; numbers from 0 if not given. Opinions have their own.
    topics : sequence, shape (n_items,), optional
        Topic of each item; one topic if not given.
    topic_weights : array_like of float, shape (n_topics,), optional
        How much each topic counts, in the order in which topics first occur; 1 each if not given.
    scale : {"topic", "joint"}, default "topic"
        Whether each topic has a scale of its own, or all items share one.

    Returns
    -------
    Responses
        Right and wrong answers as a matrix of candidates by items, with the topic of each item.

    Raises
    ------
    InputError
        `responses`: a value that is not 0, 1 or NaN, or a candidate or item without any response, by name.
        `models`: fewer than three. `topics`: of another length, or none with five items.
        `duplicate response`: a candidate has two responses to one item.

    Examples
    --------
    >>> print(responses([[1, 0, 1, 1, 1], [0, 0, 1, 1, 0], [1, 1, 1, 1, 0]]))
    3 candidates on 5 items of 1 topic
    """
    check_choice("scale", scale, SCALES)
    if isinstance(data, Responses):
        made = data
    elif isinstance(data, Opinions) and data.kind == "results":
        made = _from_results(data)
    elif isinstance(data, (Opinions, ScoreTable)):
        made = _from_table(score_table(data))
    else:
        made = _from_array(data, candidates, items, topics)
    if not isinstance(data, Responses):
        _check(made)
    if topic_weights is not None:
        made = replace(made, weights=_weights(topic_weights, len(made.topics)))
    if scale == "joint" and len(made.topics) > 1:
        one = pl.Series("topic", [EVERYTHING])
        made = replace(made, topics=one, topic=np.zeros(len(made.items), dtype=np.int64), weights=np.ones(1))
    return _with_full_topics(made)


def _from_array(
    data: object,
    candidates: Sequence[object] | None,
    items: Sequence[object] | None,
    topics: Sequence[object] | None,
) -> Responses:
    right = check_floats("responses", data, ndim=2, missing=True)  # type: ignore[arg-type]
    names = _distinct("candidates", candidates, right.shape[0])
    asked = _distinct("items", items, right.shape[1])
    given = [EVERYTHING] * right.shape[1] if topics is None else [str(one) for one in topics]
    if len(given) != right.shape[1]:
        raise InputError("topics", f"must give one for each of {right.shape[1]:,} items, got {len(given):,}")
    known = list(dict.fromkeys(given))
    place = {name: code for code, name in enumerate(known)}
    topic = np.array([place[name] for name in given], dtype=np.int64)
    return Responses(
        pl.Series("candidate", names, dtype=pl.String),
        pl.Series("item", asked, dtype=pl.String),
        pl.Series("topic", known, dtype=pl.String),
        topic,
        right,
        np.ones(len(known)),
    )


def _from_table(table: ScoreTable) -> Responses:
    if table.instances is None:
        topic, right = np.zeros(len(table.tasks), dtype=np.int64), _upright(table.scores)
        items, topics, weights = table.tasks, pl.Series("topic", [EVERYTHING]), np.ones(1)
    else:
        sizes = [part.shape[1] for part in table.instances]
        topic, right = np.repeat(np.arange(len(sizes)), sizes), _upright(np.concatenate(table.instances, axis=1))
        called = table.items or tuple(pl.Series(range(size)) for size in sizes)
        names = [f"{task} / {item}" for task, own in zip(table.tasks, called, strict=True) for item in own]
        items, topics, weights = pl.Series("item", names), table.tasks, table.weights
    return Responses(table.candidates, items, topics, topic, right, weights, table.source, table.notes)


def _upright(scores: Floats) -> Floats:
    """Right and wrong of items on which lower is better, which stand in a table as 0 and -1."""
    negative = (scores < 0).any(axis=0) & (np.isnan(scores) | (scores == 0) | (scores == -1)).all(axis=0)
    return np.where(negative, scores + 1, scores)


def _from_results(opinions: Opinions) -> Responses:
    parts = [name for name in ("task",) if name in opinions.coded]
    columns = {name: opinions.codes(name).astype(np.int64) for name in ("candidate", "item", *parts)}
    if "topic" in opinions.coded:
        columns["topic"] = opinions.codes("topic").astype(np.int64)
    score = opinions.numbers["score"]
    # Of errors 0 is what was solved.
    score = np.where(lower_is_better(opinions) & np.isin(score, (0, 1)), 1 - score, score)
    frame = pl.DataFrame({**columns, "score": score}).filter(pl.col("score").is_not_nan())
    twice = frame.filter(pl.struct("candidate", *parts, "item").is_duplicated())
    names = opinions.vocabulary("candidate").cast(pl.String)
    if twice.height:
        who = names[int(twice["candidate"][0])]
        what = opinions.vocabulary("item")[int(twice["item"][0])]
        raise InputError(
            "duplicate response",
            f"candidate {who!r:.60} has several responses to item {what!r:.60}",
            hint="keep one run, metric and variant",
        )
    keys = frame.select("item", *parts).unique().sort(*parts, "item").with_row_index("column")
    placed = frame.join(keys, on=["item", *parts])
    right = np.full((len(names), keys.height), np.nan)
    right[placed["candidate"].to_numpy(), placed["column"].to_numpy()] = placed["score"].to_numpy()
    items = opinions.vocabulary("item").cast(pl.String).gather(keys["item"])
    topics = _topics_of(opinions, placed, keys, items)
    if parts and items.n_unique() < len(items):
        task = opinions.vocabulary("task").cast(pl.String).gather(keys["task"].replace(-1, None)).fill_null("no task")
        items = pl.Series([f"{one} / {other}" for one, other in zip(task, items, strict=True)])
    known = topics.unique(maintain_order=True)
    topic = topics.replace_strict(known, np.arange(len(known)), return_dtype=pl.Int64).to_numpy()
    weight = opinions.about.column("tasks", "weight", known) if parts else None
    weights = np.ones(len(known)) if weight is None else numbers_of(weight, known)
    return Responses(
        names.alias("candidate"),
        items.alias("item"),
        known.alias("topic"),
        topic,
        right,
        _weights(weights, len(known)),
        opinions.source,
    )


def _topics_of(opinions: Opinions, placed: pl.DataFrame, keys: pl.DataFrame, items: pl.Series) -> pl.Series:
    """The topic of each item, by the first of the places in which it may stand."""
    if "topic" in opinions.coded:
        found = placed.group_by("column").agg(pl.col("topic").max(), other=pl.col("topic").min()).sort("column")
        torn = found.filter(pl.col("topic") != pl.col("other"))
        if torn.height:
            raise InputError(
                "topic",
                f"item {items[int(torn['column'][0])]!r:.60} has several topics",
                hint="an item has one topic: mend its rows",
            )
        codes = found["topic"].replace(-1, None).cast(pl.UInt32)
        return opinions.vocabulary("topic").cast(pl.String).gather(codes).fill_null("no topic")
    told = opinions.about.column("items", "topic", items)
    if told is not None:
        return told.cast(pl.String).fill_null("no topic")
    if "task" in keys.columns:
        return opinions.vocabulary("task").cast(pl.String).gather(keys["task"].replace(-1, None)).fill_null("no topic")
    return pl.Series([EVERYTHING] * len(items), dtype=pl.String)


def _check(made: Responses) -> None:
    right = made.right
    bad = ~(np.isnan(right) | (right == 0) | (right == 1))
    if bad.any():
        row, column = (int(k) for k in np.unravel_index(int(np.argmax(bad)), bad.shape))
        raise InputError(
            "responses",
            f"must be 0, 1 or NaN, got {right[row, column]:g}",
            where=f"candidate {made.candidates[row]}, item {made.items[column]}",
        )
    if len(made.candidates) < FEWEST_CANDIDATES:
        raise InputError(
            "models",
            f"item response needs {FEWEST_CANDIDATES} at least, got {len(made.candidates)}",
            hint="two or three candidates say nothing of items: use ranking.mean_score",
        )
    silent = np.isnan(right)
    for what, names, empty in (
        ("candidate", made.candidates, silent.all(axis=1)),
        ("item", made.items, silent.all(axis=0)),
    ):
        if empty.any():
            raise InputError("responses", f"{what} {names[int(np.argmax(empty))]!r:.80} has none")


def _with_full_topics(made: Responses) -> Responses:
    sizes = np.bincount(made.topic, minlength=len(made.topics))
    small = np.flatnonzero(sizes < FEWEST_ITEMS)
    if not len(small):
        return made
    if len(small) == len(sizes):
        raise InputError("topics", f"none has {FEWEST_ITEMS} items; the largest has {sizes.max(initial=0)}")
    named = first_of([made.topics[int(k)] for k in small])
    rest = made.without_items(np.flatnonzero(np.isin(made.topic, small)))
    note = f"left out: {plural(len(small), 'topic')} with fewer than {FEWEST_ITEMS} items: {named}"
    return replace(rest, notes=(*rest.notes, note))


def _weights(given: npt.ArrayLike, n: int) -> Floats:
    weights = check_floats("topic_weights", given)
    if len(weights) != n or (weights < 0).any() or not weights.any():
        raise InputError("topic_weights", f"must be {n} numbers of at least 0, one of them above 0")
    return weights


def _distinct(argument: str, given: Sequence[object] | None, n: int) -> list[str]:
    names = [str(name) for name in (range(n) if given is None else given)]
    if len(names) != n:
        raise InputError(argument, f"must name {n:,}, got {len(names):,}")
    if len(set(names)) < n:
        again = next(name for place, name in enumerate(names) if name in names[:place])
        raise InputError(
            "duplicate response" if argument == "items" else argument,
            f"{again!r:.80} stands twice",
            hint="give each a name of its own, or average the two",
        )
    return names
