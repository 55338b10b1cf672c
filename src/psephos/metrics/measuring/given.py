"""What is measured: columns by the part that they play, and how values are made.

A family of metrics says which parts it needs and which it takes; anything else that is given is refused, as it would
change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError
from psephos.metrics.columns import codes_of

Column = npt.NDArray[Any]

PARTS = ("truth", "score", "weight", "group", "item", "attribute", "against")


@dataclass(frozen=True, eq=False)
class Given:
    """Columns by the part that they play; all of one length but those of `against`.

    Attributes
    ----------
    scores : mapping of str to ndarray
        What is measured, by name.
    truth, weight, group, item : ndarray or None
        Outcomes, weights, groups to report apart, and what rows are not independent within (and are paired by).
    attributes : mapping of str to ndarray
    against : mapping of str to ndarray
        Columns of another sample, by the names of `scores`.
    """

    scores: Mapping[str, Column]
    truth: Column | None = None
    weight: Column | None = None
    group: Column | None = None
    item: Column | None = None
    attributes: Mapping[str, Column] = field(default_factory=dict)
    against: Mapping[str, Column] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.scores.values())))

    @property
    def parts(self) -> set[str]:
        """Which parts are given."""
        own = {name for name in ("truth", "weight", "group", "item") if getattr(self, name) is not None}
        own |= {"score"} if self.scores else set()
        return own | {name for name, held in (("attribute", self.attributes), ("against", self.against)) if held}

    def only(self, *names: str) -> Given:
        """The same with these scores."""
        unknown = [name for name in names if name not in self.scores]
        if unknown:
            raise InputError("compare", f"there is no score {unknown[0]!r}; there are {', '.join(self.scores)}")
        return replace(self, scores={name: self.scores[name] for name in names})

    def of_rows(self, those: npt.NDArray[np.bool_]) -> Given:
        """The same of some rows."""

        def part(column: Column | None) -> Column | None:
            return None if column is None else column[those]

        return replace(
            self,
            scores={name: column[those] for name, column in self.scores.items()},
            truth=part(self.truth),
            weight=part(self.weight),
            group=part(self.group),
            item=part(self.item),
            attributes={name: column[those] for name, column in self.attributes.items()},
        )

    def clusters(self) -> npt.NDArray[np.int64] | None:
        """Codes of the items, if any item has several rows."""
        if self.item is None:
            return None
        codes, names = codes_of("item", self.item, self.rows)
        return codes if len(names) < self.rows else None


@dataclass(frozen=True)
class Settings:
    """How values are made: confidence, resamples, seed, what is done with NaN, whether the whole results are wanted
    too, and options of the family.
    """

    level: float = 0.95
    repeats: int = 1000
    seed: int = 0
    missing: str = "error"
    whole: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """A value of a metric, or a difference of two; what is undefined is None and `note` says why.

    Attributes
    ----------
    metric, of : str
        Name of the metric, and the score column or files that it is of.
    value, low, high, standard_error, p : float or None
        The value, its interval, its error, and the p of its test where it has one.
    rows : int
        Rows that it rests on.
    note : str
        Why something is undefined, or what to keep in mind.
    group : str
        Which group; empty for all rows.
    """

    metric: str
    of: str
    value: float | None
    low: float | None = None
    high: float | None = None
    standard_error: float | None = None
    p: float | None = None
    rows: int = 0
    note: str = ""
    group: str = ""


def check_parts(given: Given, needs: Sequence[str], takes: Sequence[str], family: str) -> None:
    """Refuse a part that is missing, that plays no part, or has another length.

    Parameters
    ----------
    given : Given
        Columns by the part that they play.
    needs, takes : sequence of str
        Parts that the family must have, and others that it can use.
    family : str
        For the complaint.

    Raises
    ------
    InputError
        Argument is the part, or the name of the column that is too long or too short.
    """
    for name in needs:
        if name not in given.parts:
            raise InputError(name, f"{family} needs it")
    for name in PARTS:
        if name in given.parts and name not in (*needs, *takes):
            known = ", ".join((*needs, *takes))
            raise InputError(name, f"plays no part in {family}, which takes {known}")
    columns: dict[str, Column | None] = {name: getattr(given, name) for name in ("truth", "weight", "group", "item")}
    columns |= {**given.scores, **given.attributes}
    for name, column in columns.items():
        if column is not None and len(column) != given.rows:
            raise InputError(name, f"must have {given.rows} rows as the first score has, got {len(column)}")
