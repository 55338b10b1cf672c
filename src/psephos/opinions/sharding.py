"""How does a method work on opinions that do not fit in memory?

Part by part: `Shards` knows the voters, the choices and the parts, each of which holds all opinions on its items, and
reads one when it is asked for. Every method that works item by item works on a part as on all, in this process, in
several, or on a cluster, and holds one part per worker at a time. `psephos.opinions.scanning` makes them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, ParseError
from psephos.opinions.about import About
from psephos.opinions.building import Segment, build, lookalikes
from psephos.opinions.coding import Coded, canonical
from psephos.opinions.equivalence import Equivalence, classes
from psephos.opinions.frames import renamed
from psephos.opinions.issues import Issues
from psephos.opinions.kinds import kind_named
from psephos.opinions.model import Opinions, Source, frozen
from psephos.opinions.wording import plural

ROW = "__row"
"""Name of the column of row numbers in the piles that rows are dealt to."""


@dataclass(frozen=True)
class Part:
    """A range of rows of the files, or a pile of rows dealt from them; the same for the same files at any time.

    What a worker is sent in place of rows; it reads them itself.
    """

    start: int = 0
    length: int = 0
    pile: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Shards:
    """Opinions too many for memory: what `Opinions` is, in parts; made by `scan`.

    Attributes
    ----------
    kind : str
        Of the opinions.
    voters, choices : polars.Series of String
        The vocabularies that all parts share.
    choice_class : ndarray of int32
        Code in `choices` of each choice that was found.
    choice_counts : ndarray of int64
        Rows of each choice that was found.
    missing : frozenset of str
        Texts that mean a missing value.
    largest_weight : float
        Of a row, also of one that is set aside later; 1 if the table has no weights.
    dealt : str
        Folder of the piles that rows were dealt to, if they are not sorted by item.
    about, issues, source
        As of `Opinions`; the issues of a part are found when it is loaded, those of all items by `issues_with`. Voters
        and choices that look alike are looked for in all rows, also in those that are set aside later.
    """

    kind: str
    voters: pl.Series
    choices: pl.Series
    found: pl.Series
    choice_class: npt.NDArray[np.int32]
    choice_counts: npt.NDArray[np.int64]
    columns: Mapping[str, str]
    cut: tuple[Part, ...]
    lengths: tuple[int, ...]
    repeated: str
    missing: frozenset[str] = frozenset()
    largest_weight: float = 1.0
    dealt: str = ""
    about: About = field(default_factory=About)
    issues: Issues = field(default_factory=Issues)
    source: Source = field(default_factory=Source)

    def __len__(self) -> int:
        return sum(self.lengths)

    @property
    def value(self) -> str:
        """Name of the column that says what a voter chose."""
        return kind_named(self.kind).value

    def vocabulary(self, name: str) -> pl.Series:
        """The distinct voters or choices, in the order of their codes."""
        return self.voters if name == "voter" else self.choices

    def size(self, name: str) -> int:
        """How many distinct voters or choices there are."""
        return len(self.vocabulary(name))

    def merged(self, equivalence: Equivalence) -> Shards:
        """The same opinions with equivalent choices made one; see `Opinions.merged`.

        Which text most rows use is counted over all rows, also those that are set aside when a part is loaded.
        """
        code, names = classes(self.found, self.choice_counts, equivalence)
        return replace(self, choices=names, choice_class=code)

    @property
    def sha256(self) -> str:
        """SHA-256 of what the parts are made from: the files, how they are read, and the classes of choices."""
        read = "\0".join(
            [
                *self.source.sha256,
                self.kind,
                self.repeated,
                *sorted(self.missing),
                *map(str, sorted(self.columns.items())),
            ]
        )
        return hashlib.sha256(read.encode() + self.choice_class.tobytes()).hexdigest()

    def parts(self, engine: object = 1) -> Sequence[Part]:  # noqa: ARG002 - `Opinions.parts` needs it
        """The parts, to be given to `load`."""
        return self.cut

    def load(self, part: Part) -> tuple[Opinions, npt.NDArray[np.int64]]:
        """The opinions of a part.

        Parameters
        ----------
        part : Part

        Returns
        -------
        opinions : Opinions
            Voters and choices are coded as in all parts.
        first : ndarray of int64
            The first row on each of its items; items with earlier rows come first in the whole.
        """
        kind = kind_named(self.kind)
        wanted = [self.columns[name] for name in kind.names if name in self.columns]
        if part.pile:
            frame = pl.concat([pl.read_parquet(file) for file in sorted(Path(self.dealt, part.pile).iterdir())])
            rows = frame[ROW].to_numpy()
            frame = frame.select(wanted)
        else:
            frame = collected(table_of(self.source.names).select(wanted).slice(part.start, part.length))
            rows = np.arange(part.start, part.start + frame.height)
        opinions = build(
            kind,
            renamed(frame, self.columns),
            segments=segments_of(rows, self.source.names, self.lengths),
            repeated=self.repeated,
            missing=self.missing,
            vocabularies={"voter": self.voters, self.value: self.found},
            empty=True,
        )
        choice = opinions.coded[self.value]
        merged = Coded(np.append(self.choice_class, np.int32(-1))[choice.codes], self.choices)
        opinions = replace(opinions, coded=frozen({**opinions.coded, self.value: merged}))
        first = pl.DataFrame({"item": canonical(frame[self.columns["item"]]).cast(pl.String), "row": rows})
        first = first.group_by("item").agg(pl.col("row").min())
        items = pl.DataFrame({"item": opinions.vocabulary("item")})
        return opinions, items.join(first, on="item", how="left", maintain_order="left")["row"].to_numpy()

    def of_item(self, item: str) -> Opinions:
        """The opinions on one item, read from the files again."""
        if (found := self.of_items(pl.Series([item]))) is None:
            raise InputError("item", f"there is no item {item!r:.80}", hint="write it as the opinions do")
        return found

    def of_items(self, items: pl.Series) -> Opinions | None:
        """The opinions on these items, read from the files again in one pass; None if there are none."""
        names = items.cast(pl.String).implode()

        def wanted(column: pl.Series) -> pl.Series:
            return canonical(column).cast(pl.String).is_in(names)

        inside = pl.col(self.columns["item"]).map_batches(wanted, return_dtype=pl.Boolean)
        rows = collected(table_of(self.source.names).filter(inside), "streaming")
        if rows.is_empty():
            return None
        opinions = build(
            kind_named(self.kind),
            renamed(rows, self.columns),
            repeated=self.repeated,
            missing=self.missing,
            vocabularies={self.value: self.found},
        )
        merged = Coded(np.append(self.choice_class, np.int32(-1))[opinions.codes(self.value)], self.choices)
        return replace(opinions, coded=frozen({**opinions.coded, self.value: merged}))

    def issues_with(self, items: pl.Series) -> Issues:
        """What is odd about the items of all parts together; they are known only once every part has been loaded."""
        tables = {} if self.about.items is None else {"items": self.about.items}
        return Issues((*lookalikes("item", items), *About.checked(tables, {"item": items})[1]))

    def __str__(self) -> str:
        return (
            f"{plural(len(self), self.kind.removesuffix('s'))} ({plural(len(self.voters), 'voter')}, "
            f"{plural(len(self.choices), self.value)}) "
            f"in {plural(len(self.cut), 'part')} from {', '.join(self.source.names)}"
        )

    __repr__ = __str__


def check_opinions(opinions: object) -> None:
    """Refuse what is neither `Opinions` nor `Shards`.

    The door of every verb that takes opinions; the complaint says how to make them.
    """
    if not isinstance(opinions, (Opinions, Shards)):
        raise InputError(
            "opinions",
            f"must be Opinions, got {type(opinions).__name__}",
            hint="psephos.read(PATH) makes them of files",
        )


def all_issues(opinions: Opinions | Shards, parts: Sequence[Any]) -> Issues:
    """What was found in all parts; each of them is read once more, which is for complaints."""
    return sum((opinions.load(part)[0].issues for part in parts), start=opinions.issues)


def segments_of(rows: npt.NDArray[np.integer], names: Sequence[str], lengths: Sequence[int]) -> list[Segment]:
    """Rising row numbers over all files as row numbers in each file.

    One segment for each file that has any of the rows, in the order of the files.
    """
    ends = np.cumsum(lengths)
    at = np.searchsorted(rows, np.concatenate([[0], ends]))
    return [
        Segment(name, rows[low:high].astype(np.int64) - (end - length) + 1)
        for name, low, high, end, length in zip(names, at[:-1], at[1:], ends, lengths, strict=True)
        if low < high
    ]


def table_of(names: Sequence[str]) -> pl.LazyFrame:
    """The rows of Parquet files, one after the other, not read yet.

    Lazily: columns that are not selected are never read from disk.
    """
    return pl.scan_parquet(list(names), glob=False, hive_partitioning=False, extra_columns="ignore")


def collected(table: pl.LazyFrame, engine: Literal["auto", "streaming"] = "auto") -> pl.DataFrame:
    """The rows of a table, read now.

    With a file that cannot be decoded at fault, and not the program; see `readable`.
    """
    with readable():
        return table.collect(engine=engine)


@contextmanager
def readable() -> Iterator[None]:
    """A file that Polars cannot decode is at fault, not the program."""
    try:
        yield
    except pl.exceptions.PolarsError as problem:
        raise ParseError("path", f"cannot be read as Parquet: {str(problem).splitlines()[0]}") from None
