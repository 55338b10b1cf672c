"""How do frames, mappings and opinions become long columns of users and items?

| given | what it says |
|---|---|
| data frame | columns user and item, and rating or gain (truth), or rank or score (run); `run` names several systems |
| `{user: {item: number}}` | gains of a truth, scores of a run |
| `{user: [item, ...]}` | relevant items, or a list in order |
| `Opinions` | interactions are a truth, rankings are runs (the voter is the system, the task the user) |
| `{name: run}` | several systems |
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_choice
from psephos.opinions.frames import series, to_polars
from psephos.opinions.kinds import listed
from psephos.opinions.model import Opinions

Floats = npt.NDArray[np.float64]

COLUMNS: dict[str, tuple[str, ...]] = {
    "user": ("user", "user_id", "query", "query_id", "qid", "q_id", "task"),
    "item": ("item", "item_id", "doc", "doc_id", "docno", "document", "candidate"),
    "value": ("rating", "gain", "relevance", "rel", "label"),
    "rank": ("rank", "position"),
    "score": ("score", "prediction", "predicted", "sim"),
    "run": ("run", "system", "voter", "model", "tag"),
}
"""The names that a column goes by."""

ORDERS = ("rank", "score", "given")


@dataclass(frozen=True, eq=False)
class Names:
    """A column of names: as they stand in the rows, or each once with the place of the name of each row."""

    names: pl.Series
    places: npt.NDArray[np.integer] | None = None

    def __len__(self) -> int:
        return len(self.names if self.places is None else self.places)

    def column(self) -> pl.Series:
        """The name of each row."""
        return self.names if self.places is None else self.names.gather(self.places)


@dataclass(frozen=True, eq=False)
class Long:
    """Columns of one table: users, items, and what the table says of each pair.

    `keys` ascend down a list; `scores` are None where there are none; `empty` counts users without
    an item.
    """

    argument: str
    users: Names
    items: Names
    values: Floats | None = None
    keys: Floats | None = None
    scores: Floats | None = None
    empty: int = 0


def long_of(argument: str, given: object, value: str = "value") -> Long:
    """A truth, or train data."""
    if isinstance(given, Mapping) and not hasattr(given, "__dataframe__"):
        users, items, values = _unfolded(argument, given)
        return Long(argument, users, items, values, empty=len(given) - len(users.names))
    table = _frame(argument, given)
    names = _columns(argument, table, ("user", "item", value))
    numbers = _numbers(argument, table, names[value]) if value in names else None
    return Long(argument, Names(table[names["user"]]), Names(table[names["item"]]), numbers)


def runs_of(given: object, order: str | None) -> dict[str, Long]:
    """Every run by its name; see the module for what can be given.

    Parameters
    ----------
    given : object
        One run or several.
    order : str or None
        ``"rank"``, ``"score"``, or ``"given"`` for the order of the rows; None takes ranks where a run has them.

    Returns
    -------
    dict of str to Long
        A single run is called "run".

    Raises
    ------
    InputError
        `runs`: none, or something that is no list. `order`: no such choice.
    """
    if order is not None:
        check_choice("order", order, ORDERS)
    if isinstance(given, Mapping) and not hasattr(given, "__dataframe__"):
        if not given:
            raise InputError("runs", "hold no run")
        if not all(map(_is_run, given.values())):
            return {"run": _run_of("run", given, order)}
        return {str(name): _run_of(str(name), one, order) for name, one in given.items()}
    table = _frame("runs", given)
    names = _columns("runs", table, ("user", "item"))
    if "run" not in names:
        return {"run": _run_of("run", table, order)}
    parts = table.partition_by(names["run"], as_dict=True, maintain_order=True)
    return {str(key[0]): _run_of(str(key[0]), part, order) for key, part in parts.items()}


def _is_run(value: object) -> bool:
    """Whether a value of a mapping is a run of its own, and not the list or the scores of one user."""
    if isinstance(value, Mapping):
        return not value or isinstance(next(iter(value.values())), (Mapping, list, tuple, np.ndarray))
    return isinstance(value, Opinions) or hasattr(value, "columns") or hasattr(value, "__arrow_c_stream__")


def _run_of(name: str, given: object, order: str | None) -> Long:
    where = f"runs[{name!r}]"
    if isinstance(given, Mapping) and not hasattr(given, "__dataframe__"):
        users, items, scores = _unfolded(where, given, ordered=True)
        if order == "rank" and scores is not None:
            return Long(where, users, items, keys=scores)
        if order == "score" and scores is None:
            raise InputError("order", "is 'score', but the lists have none")
        by_score = scores is not None and order != "given"
        keys = -scores if by_score and scores is not None else np.arange(len(items), dtype=np.float64)
        return Long(where, users, items, keys=keys, scores=scores)
    table = _frame(where, given)
    names = _columns(where, table, ("user", "item"))
    found = [one for one in ("rank", "score") if one in names]
    if order is None:
        if len(found) == 2:
            raise InputError(
                "order", f"{where} has a rank and a score", hint="say order='rank', order='score' or order='given'"
            )
        order = found[0] if found else "given"
    if order != "given" and order not in names:
        raise InputError("order", f"is {order!r}, but {where} has no column {listed(COLUMNS[order])}")
    scores = _numbers(where, table, names["score"]) if "score" in names else None
    if order == "score":
        assert scores is not None  # noqa: S101 - the column was found above
        keys = -scores
    elif order == "rank":
        keys = _numbers(where, table, names["rank"])
    else:
        keys = np.arange(table.height, dtype=np.float64)
    return Long(where, Names(table[names["user"]]), Names(table[names["item"]]), keys=keys, scores=scores)


def _unfolded(argument: str, given: Mapping[Any, Any], *, ordered: bool = False) -> tuple[Names, Names, Floats | None]:
    """A mapping of users to items as columns; users without an item have no row."""
    scored: bool | None = None
    users: list[Any] = []
    counts: list[int] = []
    for user, held in given.items():
        this = isinstance(held, Mapping)
        if not this and (isinstance(held, (str, bytes)) or not isinstance(held, (Collection, np.ndarray))):
            raise InputError(
                argument, f"must give a mapping or a list of items, got {held!r:.60}", where=f"user {user!r}"
            )
        if ordered and isinstance(held, (set, frozenset)):
            raise InputError(argument, "gives a set of items, which has no order", where=f"user {user!r}")
        count = len(held)
        if scored is not None and this is not scored and count:
            raise InputError(argument, "mixes lists with scores and lists without", where=f"user {user!r}")
        scored = this if scored is None or count else scored
        if count:
            users.append(user)
            counts.append(count)
    count = sum(counts)
    numbers = None
    if scored:
        ends = np.cumsum(counts)

        def place_in_words(place: int) -> str:
            at = int(np.searchsorted(ends, place, side="right"))
            held = given[users[at]]
            return f"user {users[at]!r}, item {list(held)[place - int(ends[at]) + len(held)]!r}"

        values = chain.from_iterable(held.values() for held in given.values() if len(held))
        numbers = _checked(argument, values, place_in_words, count)
    of_users = Names(series("user", users), np.repeat(np.arange(len(users)), counts))
    items = series("item", list(chain.from_iterable(given.values())))
    return of_users, Names(items), numbers


def _frame(argument: str, given: object) -> pl.DataFrame:
    if isinstance(given, Opinions):
        return given.frame()
    try:
        return to_polars(given)
    except InputError:
        raise InputError(
            argument, f"must be a data frame, opinions, a mapping or arrays, got {type(given).__name__}"
        ) from None


def _columns(argument: str, table: pl.DataFrame, wanted: tuple[str, ...]) -> dict[str, str]:
    """Which column plays which part; user and item must be there."""
    low = {name.lower(): name for name in table.columns}
    found = {
        part: low[next(name for name in names if name in low)]
        for part, names in COLUMNS.items()
        if any(name in low for name in names)
    }
    for part in ("user", "item"):
        if part not in found:
            raise InputError(
                argument, f"has no column {listed(COLUMNS[part])} among {listed(table.columns)}", hint="rename one"
            )
    return {part: name for part, name in found.items() if part in wanted or part in ("rank", "score", "run")}


def _numbers(argument: str, table: pl.DataFrame, name: str) -> Floats:
    column = table[name]
    if not column.dtype.is_numeric() and column.dtype != pl.Boolean:
        column = column.cast(pl.String).str.strip_chars().cast(pl.Float64, strict=False)
    return _checked(argument, column.cast(pl.Float64).to_numpy(), lambda place: f"column {name!r}, row {place + 1:,}")


def _checked(argument: str, values: Any, place_in_words: Any, count: int | None = None) -> Floats:
    """Values as finite numbers; an iterator says how many it has."""
    try:
        numbers = np.array(values, dtype=np.float64) if count is None else np.fromiter(values, np.float64, count)
    except (TypeError, ValueError, OverflowError):
        raise InputError(argument, "must hold numbers only") from None
    bad = ~np.isfinite(numbers)
    if bad.any():
        place = int(np.argmax(bad))
        raise InputError(argument, f"holds {numbers[place]}", where=place_in_words(place))
    return numbers
