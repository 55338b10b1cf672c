"""Which votes of an arena count, and why do the others not?

A log holds votes that were not blind, votes of a model against itself, of banned users, of models that are no longer
wanted, and the same vote twice. Each battle that is set aside has one reason, the first that applies, and the counts of
all reasons and of what is kept sum to what came in.

| reason | what |
|---|---|
| as in the log | what the reader set aside: unreadable lines, clicks that are no vote, missing models, invalid names |
| self-battle | a candidate against itself |
| excluded | a candidate in the list of the excluded |
| wrong task | the task of the battle is not that of a candidate |
| banned user | a voter in the list of the banned |
| not blind | the names were shown; only where blind votes are asked for |
| duplicate | the same voter on the same item and pair again; the first in time stays |

Source: the cleaning of GenAI-Arena (Jiang and others 2024, arXiv:2406.04485). Differs: self-battles and duplicates go
too; nothing is skipped without being counted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.opinions import Opinions, read
from psephos.opinions.building import Segment, build
from psephos.opinions.issues import SET_ASIDE, Issues
from psephos.opinions.json_records import read_jsonl
from psephos.opinions.kinds import kind_named
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result, json_ready
from psephos.opinions.sources import sha256_of
from psephos.opinions.text_files import read_bytes

BLIND_COLUMNS = ("anony", "anonymous", "blind")


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class CleanBattles(Result):
    """Battles that count, and why others do not.

    Attributes
    ----------
    battles : Opinions of kind ``battles``
        What is left, in the order of time where there is one.
    dropped : polars.DataFrame
        One row per reason: reason, battles, an example.
    given : int
        Rows that came in.
    """

    battles: Opinions
    dropped: pl.DataFrame
    given: int

    def table(self) -> pl.DataFrame:
        """One row per reason, what is kept last; the counts sum to what came in."""
        kept = pl.DataFrame({"reason": ["kept"], "battles": [len(self.battles)], "example": [""]})
        return pl.concat([self.dropped, kept], how="vertical_relaxed")

    def summary(self) -> list[tuple[str, str]]:
        """What came in, what is left, and the reasons."""
        lost = [(reason, f"{n:,} set aside") for reason, n, _ in self.dropped.iter_rows()]
        return [("battles", f"{len(self.battles):,} of {self.given:,} count"), *lost]

    def to_dict(self) -> dict[str, Any]:
        """The counts, ready for JSON."""
        return {**super().to_dict(), "given": self.given, "dropped": json_ready(self.dropped.to_dicts())}


def clean_battles(
    battles: Opinions | str | Path,
    *,
    blind_only: bool = True,
    exclude: Collection[str] = (),
    banned: Collection[str] = (),
    task_of: Mapping[str, str] | None = None,
    duplicates: str = "first",
) -> CleanBattles:
    """Set aside battles that do not count.

    Parameters
    ----------
    battles : Opinions of kind ``battles``, str or Path
        Battles, or the log of an arena.
    blind_only : bool, default True
        Whether only votes count whose voters did not see the names, where a column ``anony`` says so. The board of an
        arena uses these; False gives the full board.
    exclude : collection of str
        Candidates whose battles do not count.
    banned : collection of str
        Voters whose battles do not count: of a log the users as the log calls them, or as battles call them.
    task_of : mapping of str to str, optional
        The task that a candidate is for; a battle on another task does not count.
    duplicates : {"first", "all"}, default "first"
        Of votes of one voter on one item and pair the first in time counts, or all do.

    Returns
    -------
    CleanBattles
        The battles that are left in order of time, and how many were dropped for each reason.

    Raises
    ------
    InputError
        `battles`: of another kind, or none is left, with the counts of the reasons. `task_of`: without tasks.

    Examples
    --------
    >>> from psephos.opinions import battles
    >>> votes = battles(["x", "x", "y"], ["y", "x", "x"], ["left", "tie", "left"], voter=["a"] * 3, item=["q"] * 3)
    >>> clean_battles(votes).table().rows()
    [('self-battle', 1, 'x'), ('duplicate', 1, 'y vs x'), ('kept', 1, '')]
    """
    if duplicates not in ("first", "all"):
        raise InputError("duplicates", f"must be one of 'first', 'all', got {duplicates!r}")
    given = _given(battles, banned)
    if given.kind != "battles":
        raise InputError("battles", f"must be opinions of the kind battles, got {given.kind}")
    n = len(given)
    left, right = given.coded["left"].values(), given.coded["right"].values()
    order = _by_time(given)
    reason = np.full(n, "", dtype=object)
    for name, at_fault in (
        ("self-battle", (left == right).to_numpy()),
        ("excluded", (left.is_in(list(exclude)) | right.is_in(list(exclude))).to_numpy()),
        ("wrong task", _wrong_task(given, left, right, task_of)),
        ("banned user", _banned(given, banned)),
        ("not blind", _seen(given) if blind_only else np.zeros(n, dtype=bool)),
    ):
        reason[at_fault & (reason == "")] = name
    if duplicates == "first":
        free = order[reason[order] == ""]
        reason[free[_again(given, left, right)(free)]] = "duplicate"
    rows = _before(given) + _here(reason, left, right)
    dropped = pl.DataFrame(rows, schema={"reason": pl.String, "battles": pl.Int64, "example": pl.String}, orient="row")
    total = n + int(sum(count for _, count, _ in _before(given)))
    kept = order[reason[order] == ""]
    if not len(kept):
        counts = "; ".join(f"{name} {count:,}" for name, count, _ in rows)
        raise InputError("battles", f"no battles are left of {total:,}: {counts}")
    options = {
        "blind_only": blind_only,
        "exclude": sorted(exclude),
        "banned": len(banned),
        "task_of": dict(task_of or {}),
        "duplicates": duplicates,
    }
    return CleanBattles(
        provenance=Provenance("clean-battles", options, given.source),
        battles=given.take(kept),
        dropped=dropped,
        given=total,
    )


def _given(battles: Opinions | str | Path, banned: Collection[str]) -> Opinions:
    if isinstance(battles, Opinions):
        return battles
    if isinstance(battles, (str, Path)):
        return read(battles, kind="battles") if not banned else _read_banned(Path(battles), banned)
    raise InputError("battles", f"must be opinions or the path of a log, got {type(battles).__name__}")


def _read_banned(path: Path, banned: Collection[str]) -> Opinions:
    """A log, with the users of the list set aside under the names that only the log has."""
    table = read_jsonl(read_bytes(path), str(path), banned=banned)
    return build(
        kind_named("battles"),
        table.frame,
        segments=[Segment(str(path), table.rows)],
        issues=Issues(table.issues),
        source=Source((str(path),), (sha256_of(path),)),
    )


def _before(given: Opinions) -> list[tuple[str, int, str]]:
    """What the reader set aside."""
    return [(issue.reason, issue.count, issue.example) for issue in given.issues if issue.action == SET_ASIDE]


def _here(reason: npt.NDArray[np.object_], left: pl.Series, right: pl.Series) -> list[tuple[str, int, str]]:
    rows = []
    for name in ("self-battle", "excluded", "wrong task", "banned user", "not blind", "duplicate"):
        at = np.flatnonzero(reason == name)
        if len(at):
            one, other = left[int(at[0])], right[int(at[0])]
            rows.append((name, len(at), one if one == other else f"{one} vs {other}"))
    return rows


def _by_time(given: Opinions) -> npt.NDArray[np.int64]:
    time = given.numbers.get("time")
    if time is None:
        return np.arange(len(given))
    return np.argsort(time, kind="stable").astype(np.int64)


def _wrong_task(
    given: Opinions, left: pl.Series, right: pl.Series, task_of: Mapping[str, str] | None
) -> npt.NDArray[np.bool_]:
    if task_of is None:
        return np.zeros(len(given), dtype=bool)
    if "task" not in given.coded:
        raise InputError("task_of", "says tasks of candidates, and the battles have no column of tasks")
    task = given.coded["task"].values()
    wrong = np.zeros(len(given), dtype=bool)
    for side in (left, right):
        own = side.replace_strict(dict(task_of), default=None, return_dtype=pl.String)
        wrong |= (own.is_not_null() & (task.is_null() | (own != task))).fill_null(True).to_numpy()
    return wrong


def _banned(given: Opinions, banned: Collection[str]) -> npt.NDArray[np.bool_]:
    if not banned or "voter" not in given.coded:
        return np.zeros(len(given), dtype=bool)
    return given.coded["voter"].values().is_in(list(banned)).fill_null(False).to_numpy()


def _seen(given: Opinions) -> npt.NDArray[np.bool_]:
    """Votes whose voters saw the names; none where it is not said."""
    column = next((name for name in BLIND_COLUMNS if name in given.carried.columns), None)
    if column is None:
        return np.zeros(len(given), dtype=bool)
    words = given.carried[column].cast(pl.String).str.to_lowercase()
    return words.is_in(["false", "0", "no"]).fill_null(False).to_numpy()


def _again(given: Opinions, left: pl.Series, right: pl.Series) -> Any:
    """A function of rows that marks those that repeat an earlier one of the same voter, item and pair."""

    def repeated(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        if not {"voter", "item"} <= set(given.coded):
            return np.zeros(len(rows), dtype=bool)
        voter, item = given.codes("voter")[rows], given.codes("item")[rows]
        one, other = left.gather(rows), right.gather(rows)
        turned = (one > other).fill_null(False)
        frame = pl.DataFrame(
            {
                "voter": voter,
                "item": item,
                "low": pl.select(pl.when(turned).then(other).otherwise(one)).to_series(),
                "high": pl.select(pl.when(turned).then(one).otherwise(other)).to_series(),
            }
        )
        later = ~frame.is_duplicated() if not frame.height else ~_first_of(frame)
        return np.asarray(later.to_numpy() & (voter >= 0) & (item >= 0))

    return repeated


def _first_of(frame: pl.DataFrame) -> pl.Series:
    return frame.select(pl.struct(pl.all()).is_first_distinct().alias("first")).to_series()
