"""What may come in? Checks a table and turns it into `Opinions`; every reader and constructor ends here.

A row without item or voter, with a number that is none or out of range, is set aside and said. A missing choice or
score is an abstention and stays. A voter counts once per item: see `repeats`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import ContradictionError, InputError, check_choice
from psephos.opinions.about import About
from psephos.opinions.coding import FEW_NAMES, Coded, canonical, encode, recode, storable, stored
from psephos.opinions.issues import NOTED, SET_ASIDE, Issue, Issues
from psephos.opinions.kinds import Column, Kind
from psephos.opinions.measures import blanked, given_in, lists_of, numbers_of
from psephos.opinions.model import Opinions, Source, frozen
from psephos.opinions.repeats import REPEATED, find_repeats
from psephos.opinions.wording import first_of

Missing: TypeAlias = str | Collection[str]

LOOK_MISSING = frozenset({"na", "n/a", "#n/a", "<na>", "nan", "null", "none", "nil", "-", "--", ".", "?"})
"""Answers that often mean that there is none, without case; they count as answers, but that is said."""

LOOKALIKE_NAMES = 2**17
"""Up to this many distinct values of a column are searched for those that differ only in case or blanks."""


@dataclass(frozen=True, eq=False)
class Segment:
    """A run of rows that came from one file; `rows` are their row numbers there, 1 for the first row of data.

    So that an issue names file and row though the rows of all files stand in one table.
    """

    name: str
    rows: npt.NDArray[np.int64]


def build(
    kind: Kind,
    frame: pl.DataFrame,
    *,
    segments: Iterable[Segment] | None = None,
    about: Mapping[str, pl.DataFrame] | None = None,
    repeated: str = "auto",
    missing: Missing = (),
    issues: Issues | None = None,
    source: Source | None = None,
    vocabularies: Mapping[str, pl.Series] | None = None,
    ready: Mapping[str, Coded] | None = None,
    empty: bool = False,
) -> Opinions:
    """Check a table and turn it into `Opinions`; every reader and constructor ends here.

    Parameters
    ----------
    kind : Kind
        The kind of the table.
    frame : polars.DataFrame
        The table, the kind's columns under the kind's names; the others are carried along.
    segments : iterable of Segment, optional
        Which rows came from which file, in order.
    about : mapping of str to polars.DataFrame, optional
        Tables about items, voters, candidates, tasks; each with its key column.
    repeated : {"auto", "first", "last", "error"}, default "auto"
        What counts when a voter contradicts itself on an item. ``"auto"``: the latest by `time`, without times neither;
        ``"first"`` and ``"last"``: by order of rows; ``"error"``: refuse.
    missing : str or collection of str, optional
        Texts that mean a missing value, such as ``"NA"``, in every column of the kind but ids and texts.
    issues : Issues, optional
        What the reader has found already.
    source : Source, optional
        What was read.
    vocabularies : mapping of str to polars.Series, optional
        Vocabularies that the codes must refer to (the parts of a sharded table share theirs). A part alone does not
        show which ids look alike.
    ready : mapping of str to Coded, optional
        Ids and choices that are coded already, instead of a column of `frame`; of as many rows.
    empty : bool, default False
        Whether no row may be left (as may be in a part of a sharded table).

    Raises
    ------
    InputError
        If no row is left.
    ContradictionError
        If `repeated` is ``"error"`` and a voter contradicts itself.
    """
    check_choice("repeated", repeated, REPEATED)
    gone = missing_texts(missing)
    texts = ready or {}
    height = len(next(iter(texts.values()))) if texts else frame.height
    door = _Door(height, segments)
    coded: dict[str, Coded] = {}
    numbers: dict[str, npt.NDArray[np.float64]] = {}
    for column in kind.columns:
        if column.name not in texts and column.name not in frame.columns:
            continue
        said = texts[column.name] if column.name in texts else frame[column.name]
        if column.role == "id":
            coded[column.name] = door.admit_ids(column, encode(said))
            continue
        if column.role == "choice":
            understood = door.understand(column, encode(said, ordered=True, missing=gone))
            coded[column.name] = door.admit_choices(column, understood, said, gone)
            door.doubt(column, coded[column.name], (vocabularies or {}).get(column.name), said)
            continue
        values = frame[column.name]
        if column.role in ("number", "integer", "time"):
            numbers[column.name] = door.admit_numbers(column, blanked(values, gone) if gone else values)
        elif column.role == "text" and values.dtype != pl.String:
            frame = frame.with_columns(canonical(stored(values)).cast(pl.String))
        elif column.role == "list":
            frame = frame.with_columns(door.admit_lists(column, values))
    left = [name for name in frame.columns if name not in coded and name not in numbers]
    if kind.key:
        door.admit_once(kind, coded, numbers, repeated)
    if not door.kept.any() and not empty:
        problem = f"no row is left of {height:,}"
        if door.issues:
            raise InputError("opinions", Issues(tuple(door.issues)).explain(problem))
        where = None if segments is None else first_of([segment.name for segment in door.segments])
        raise InputError("opinions", f"{problem}: the table is empty", where=where)
    rows = np.flatnonzero(door.kept)
    everything = len(rows) == height
    if not everything:
        coded = {name: column.take(rows).compact() for name, column in coded.items()}
        numbers = {name: values[rows] for name, values in numbers.items()}
    for name, vocabulary in (vocabularies or {}).items():
        coded[name] = recode(coded[name], vocabulary)
    carried = storable(frame.select(left)) if left else pl.DataFrame()
    if vocabularies is None:
        door.issues += [issue for name, ids in coded.items() for issue in lookalikes(name, ids.vocabulary)]
    known, unmatched = About.checked(about, _known(coded)) if about else (About(), ())
    return Opinions(
        kind.name,
        frozen(coded),
        frozen(numbers),
        carried if everything or not left else carried[rows],
        known,
        Issues((*(issues or Issues()), *door.issues, *unmatched)),
        source or Source(),
    )


def missing_texts(missing: Missing) -> frozenset[str]:
    """The texts that mean a missing value, checked.

    One text or several; compared with values as they stand, with case and blanks.
    """
    texts = frozenset([missing] if isinstance(missing, str) else missing)
    for text in texts:
        if not isinstance(text, str):
            raise InputError("missing", f"must be texts, got {text!r:.60}")
    return texts


def _known(coded: Mapping[str, Coded]) -> dict[str, pl.Series]:
    """The ids that occur, by the key of the table about them; both sides of a battle are candidates."""
    known = {name: column.vocabulary for name, column in coded.items()}
    if "left" in known:
        known["candidate"] = pl.concat([known["left"], known["right"]])
    return known


class _Door:
    """Lets rows in or sets them aside, and remembers why; `kept` marks the rows that are in."""

    def __init__(self, height: int, segments: Iterable[Segment] | None) -> None:
        self.kept = np.ones(height, dtype=bool)
        self.issues: list[Issue] = []
        self.segments = list(segments or [Segment("data", np.arange(1, height + 1))])

    def report(
        self,
        reason: str,
        action: str,
        bad: npt.NDArray[np.bool_],
        values: pl.Series | Coded | None = None,
        *,
        hint: str = "",
    ) -> None:
        """Record one issue per file for the rows marked in `bad`; set them aside if that is the action."""
        bad = bad & self.kept
        if not bad.any():
            return
        if action == SET_ASIDE:
            self.kept &= ~bad
        shown = values.values() if isinstance(values, Coded) else values
        start = 0
        for segment in self.segments:
            part = bad[start : start + len(segment.rows)]
            if part.any():
                first = None if shown is None else shown[start + int(np.argmax(part))]
                example = "" if first is None else str(first)
                self.issues.append(Issue(reason, action, segment.name, segment.rows[part], example, hint=hint))
            start += len(segment.rows)

    def admit_ids(self, column: Column, coded: Coded) -> Coded:
        if column.required:
            self.report(f"no {column.name}", SET_ASIDE, coded.codes < 0)
        return coded

    def understand(self, column: Column, coded: Coded) -> Coded:
        """Choices under the names of the kind, where they go by others elsewhere; each word that was taken is said."""
        if not column.words:
            return coded
        names = coded.vocabulary.to_list()
        meant = [column.words.get(name.strip().casefold(), name) for name in names]
        taken = [f"{name!r} as {word}" for name, word in zip(names, meant, strict=True) if name != word]
        if not taken:
            return coded
        for segment in self.segments:
            self.issues.append(Issue(f"{column.name}: took {', '.join(taken)}", NOTED, segment.name, count=len(taken)))
        vocabulary = pl.Series(sorted(set(meant)), dtype=pl.String)
        place = {word: code for code, word in enumerate(vocabulary)}
        new = np.array([place[word] for word in meant] + [-1], dtype=np.int32)
        return Coded(new[coded.codes], vocabulary)

    def admit_choices(self, column: Column, coded: Coded, values: pl.Series | Coded, gone: Collection[str]) -> Coded:
        if not column.allowed:
            self.report(f"no {column.name}: counted as an abstention", NOTED, coded.codes < 0, values if gone else None)
            return coded
        foreign = [name not in column.allowed for name in coded.vocabulary.to_list()]
        bad = np.array([*foreign, True])[coded.codes]
        self.report(f"{column.name} is none of {', '.join(column.allowed)}", SET_ASIDE, bad, values)
        return coded

    def doubt(self, column: Column, coded: Coded, vocabulary: pl.Series | None, values: pl.Series | Coded) -> None:
        """Note texts that often stand for a missing value; those of all parts of a sharded table in each of them."""
        if column.allowed or column.name == "token":  # what a recogniser heard may be "none"
            return
        found = [name for name in coded.vocabulary if name.strip().lower() in LOOK_MISSING]
        if not found:
            return
        doubtful = np.append(coded.vocabulary.is_in(found).to_numpy(), False)[coded.codes]
        known = found if vocabulary is None else [name for name in vocabulary if name.strip().lower() in LOOK_MISSING]
        reason = f"{column.name} looks like a missing value: counted as an answer"
        hint = f"missing={known} makes it an abstention"
        self.report(reason, NOTED, doubtful, values, hint=hint)

    def admit_numbers(self, column: Column, values: pl.Series) -> npt.NDArray[np.float64]:
        numbers = numbers_of(values, dates=column.role == "time")
        array = numbers.to_numpy().astype(np.float64)
        given = given_in(values) & ~numbers.is_nan().fill_null(False).to_numpy()
        wanted = "neither a number of seconds nor an ISO 8601 date" if column.role == "time" else "not a number"
        self.report(f"{column.name} is {wanted}", SET_ASIDE, given & np.isnan(array), values)
        outside = np.isinf(array) | (array < column.low) | (array > column.high)
        self.report(f"{column.name} is out of range", SET_ASIDE, outside, values)
        if column.role == "integer":
            self.report(f"{column.name} is not a whole number", SET_ASIDE, given & (array != np.floor(array)), values)
        if column.required and column.role == "integer":
            self.report(f"no {column.name}", SET_ASIDE, ~given)
        elif column.required:
            self.report(f"no {column.name}: counted as an abstention", NOTED, ~given)
        elif column.name == "weight":
            self.report("no weight: counted as 1", NOTED, ~given)
        return array

    def admit_lists(self, column: Column, values: pl.Series) -> pl.Series:
        lists = lists_of(values)
        bad = lists.is_null().to_numpy() & given_in(values)
        self.report(f"{column.name} is not a list of numbers", SET_ASIDE, bad, values)
        return lists

    def admit_once(
        self,
        kind: Kind,
        coded: Mapping[str, Coded],
        numbers: Mapping[str, npt.NDArray[np.float64]],
        repeated: str,
    ) -> None:
        """Let each key in once; see `repeats` for what counts when its rows contradict each other."""
        rows = np.flatnonzero(self.kept)
        whole = len(rows) == len(self.kept)
        columns: dict[str, npt.NDArray[Any]] = dict(numbers) | {name: column.codes for name, column in coded.items()}
        kept = {name: values if whole else values[rows] for name, values in columns.items()}
        parts = [kept[name] for name in kind.key if name in kept]
        found = find_repeats(parts, kept[kind.value], kept.get("time"), repeated)
        if repeated == "error" and len(found.contradicting):
            at = int(rows[found.contradicting[0]])
            names = ", ".join(f"{part} {coded[part].values()[at]!r}" for part in kind.key if part in coded)
            raise ContradictionError(kind.value, f"{names} has two different values", hint="state repeated='last'")
        which = {"first": "the first row counts", "last": "the last row counts"}.get(repeated, "the latest counts")
        for reason, at_fault in (
            ("said twice: counted once", found.twice),
            (f"contradicts itself: {which}", found.revised),
            ("contradicts itself: none of the rows counts", found.undecided),
        ):
            bad = np.zeros(len(self.kept), dtype=bool)
            bad[rows[at_fault]] = True
            self.report(reason, SET_ASIDE, bad)


def lookalikes(name: str, vocabulary: pl.Series) -> list[Issue]:
    """Note ids that differ only in case or blanks: likely one thing, kept apart.

    They are not merged, as case may matter in names; the issue shows the first of them.
    """
    if len(vocabulary) > LOOKALIKE_NAMES:
        return []
    if len(vocabulary) <= FEW_NAMES and len({name.strip().lower() for name in vocabulary.to_list()}) == len(vocabulary):
        return []
    fold = pl.col("name").str.strip_chars().str.to_lowercase()
    folded, alike = pl.DataFrame({"name": vocabulary}).select(fold, alike=fold.is_duplicated()).get_columns()
    if not alike.any():
        return []
    shown = ", ".join(repr(value) for value in vocabulary.filter(folded == folded.filter(alike)[0])[:3])
    reason = f"values of {name} differ only in case or blanks: kept apart"
    return [Issue(reason, NOTED, name, example=shown, count=int(alike.sum()))]
