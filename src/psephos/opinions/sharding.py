"""How are opinions read that do not fit in memory?

`scan` looks once over Parquet files without keeping them, learns the voters and the choices, and cuts the rows into
parts that each hold all opinions on their items. Where the files are sorted by item a part is a range of rows; where
they are not, the rows are first dealt into temporary files by item, once. Every method that works item by item then
works part by part, in this process, in several, or on a cluster, and holds one part per worker at a time.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine import progress
from psephos.errors import InputError, ParseError, check_count
from psephos.opinions.about import About
from psephos.opinions.building import Segment, build, lookalikes
from psephos.opinions.coding import Coded, canonical, natural_order
from psephos.opinions.equivalence import Equivalence, classes
from psephos.opinions.frames import Tables, renamed
from psephos.opinions.issues import NOTED, Issues
from psephos.opinions.kinds import Kind, kind_named, recognise
from psephos.opinions.model import Opinions, Source, frozen
from psephos.opinions.parquet import check_parquet
from psephos.opinions.reading import (
    find_files,
    foreign_names,
    given_paths,
    kind_by_name,
    read_about,
    sha256_of,
    stated_options,
)

ROWS_PER_PART = 2_000_000
"""Rows that one worker holds at a time: some 300 MB while they are checked."""

_ROW = "__row"


@dataclass(frozen=True)
class Part:
    """A range of rows of the files, or a pile of rows dealt from them; the same for the same files at any time."""

    start: int = 0
    length: int = 0
    pile: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Shards:
    """Opinions too many for memory: what `Opinions` is, in parts; made by `scan`.

    Attributes
    ----------
    kind : str
    voters, choices : polars.Series of String
        The vocabularies that all parts share.
    choice_class : ndarray of int32
        Code in `choices` of each choice that was found.
    choice_counts : ndarray of int64
        Rows of each choice that was found.
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
        read = "\0".join([*self.source.sha256, self.kind, self.repeated, *map(str, sorted(self.columns.items()))])
        return hashlib.sha256(read.encode() + self.choice_class.tobytes()).hexdigest()

    def parts(self, engine: object = 1) -> Sequence[Part]:  # noqa: ARG002 - `Opinions.parts` needs it
        """The parts, to be given to `load`."""
        return self.cut

    def load(self, part: Part) -> tuple[Opinions, npt.NDArray[np.int64]]:
        """The opinions of a part, and for each of its items the first row on it; items with earlier rows come first."""
        kind = kind_named(self.kind)
        wanted = [self.columns[name] for name in kind.names if name in self.columns]
        if part.pile:
            frame = pl.concat([pl.read_parquet(file) for file in sorted(Path(self.dealt, part.pile).iterdir())])
            rows = frame[_ROW].to_numpy()
            frame = frame.select(wanted)
        else:
            frame = _collected(_table(self.source.names).select(wanted).slice(part.start, part.length))
            rows = np.arange(part.start, part.start + frame.height)
        opinions = build(
            kind,
            renamed(frame, self.columns),
            segments=_segments(rows, self.source.names, self.lengths),
            repeated=self.repeated,
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
            raise InputError("item", f"there is no item {item!r:.80}")
        return found

    def of_items(self, items: pl.Series) -> Opinions | None:
        """The opinions on these items, read from the files again in one pass; None if there are none."""
        names = items.cast(pl.String).implode()

        def wanted(column: pl.Series) -> pl.Series:
            return canonical(column).cast(pl.String).is_in(names)

        inside = pl.col(self.columns["item"]).map_batches(wanted, return_dtype=pl.Boolean)
        rows = _collected(_table(self.source.names).filter(inside), "streaming")
        if rows.is_empty():
            return None
        opinions = build(
            kind_named(self.kind),
            renamed(rows, self.columns),
            repeated=self.repeated,
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
            f"{len(self):,} {self.kind} ({len(self.voters):,} voters, {len(self.choices):,} {self.value}s) "
            f"in {len(self.cut):,} parts from {', '.join(self.source.names)}"
        )

    __repr__ = __str__


def scan(
    path: str | Path | Sequence[str | Path],
    *,
    kind: str | None = None,
    columns: Mapping[str, str] | None = None,
    about: Tables | None = None,
    repeated: str = "auto",
    rows_per_part: int = ROWS_PER_PART,
    folder: str | Path | None = None,
) -> Shards:
    """Prepare opinions in Parquet files for work in parts; see the module.

    Parameters
    ----------
    path, kind, columns, about, repeated
        As in `psephos.read`; the files must be Parquet.
    rows_per_part : int, default 2,000,000
        About how many rows a part has; an item with more rows makes a larger part.
    folder : path, optional
        Where rows are dealt to if the files are not sorted by item; on a cluster, a folder that all its machines see.
        A temporary folder if not given. What was dealt is removed with the result.

    Returns
    -------
    Shards

    Raises
    ------
    InputError
        If a file is not Parquet or damaged, the files have different columns, the kind cannot be recognised, or it has
        no voters and choices.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> table = pl.DataFrame({"item": ["a", "a", "b"], "voter": ["x", "y", "x"], "label": ["cat", "dog", "cat"]})
    >>> with TemporaryDirectory() as folder:
    ...     table.write_parquet(f"{folder}/votes.parquet")
    ...     shards = scan(f"{folder}/votes.parquet", rows_per_part=1)
    >>> len(shards), len(shards.parts())
    (3, 2)
    """
    check_count("rows_per_part", rows_per_part)
    files, tables = find_files(path)
    for file in files:
        check_parquet(file, str(file))
    names = tuple(map(str, files))
    schemas = [_schema(name) for name in names]
    wanted_kind = kind_by_name(names[0], schemas[0].names()) if kind is None and columns is None else kind
    found_kind, parts = recognise(schemas[0].names(), kind=wanted_kind, stated=columns)
    if "voter" not in found_kind.required or found_kind.value not in ("label", "answer"):
        raise InputError("kind", f"{found_kind.name} are not read in parts yet", hint="use psephos.read")
    _check_alike(names, schemas, found_kind, parts, columns)
    table = _table(names)
    lengths = tuple(int(_collected(_table([name]).select(pl.len())).item()) for name in names)
    if not sum(lengths):
        raise InputError("path", "the files hold no rows")
    voters = _distinct(table, parts["voter"])["name"]
    answers = _distinct(table, parts[found_kind.value])
    order = natural_order(answers["name"])
    choices, counts = answers["name"].gather(order), answers["rows"].gather(order).to_numpy()
    cut = _sorted_cut(table.select(parts["item"]), sum(lengths), rows_per_part)
    known = read_about({**tables, **(about or {})})
    vocabularies = {"voter": voters, found_kind.value: choices}
    checked, strays = About.checked(known, {**vocabularies, "item": pl.Series(dtype=pl.String)})
    shards = Shards(
        found_kind.name,
        voters,
        choices,
        choices,
        np.arange(len(choices), dtype=np.int32),
        counts.astype(np.int64),
        parts,
        cut or (),
        lengths,
        repeated,
        about=checked,
        issues=Issues(
            (
                *(issue for name in names for issue in foreign_names(parts, name)),
                *(issue for name, values in vocabularies.items() for issue in lookalikes(name, values)),
                *(issue for issue in strays if not (issue.source == "about items" and issue.action == NOTED)),
            )
        ),
        source=Source(
            names,
            tuple(map(sha256_of, files)),
            given_paths(path, about),
            (*stated_options(kind, columns, about, repeated), "--in-parts"),
        ),
    )
    if cut is None:
        dealt = Path(tempfile.mkdtemp(prefix="psephos-", dir=folder))
        weakref.finalize(shards.voters, shutil.rmtree, dealt, ignore_errors=True)
        wanted = [parts[name] for name in found_kind.names if name in parts]
        cut = _deal(table.select(wanted), parts["item"], sum(lengths), rows_per_part, dealt)
        shards = replace(shards, cut=cut, dealt=str(dealt))
    return shards


def _schema(name: str) -> pl.Schema:
    with _readable():
        return _table([name]).collect_schema()


def _check_alike(
    names: Sequence[str],
    schemas: Sequence[pl.Schema],
    kind: Kind,
    parts: Mapping[str, str],
    stated: Mapping[str, str] | None,
) -> None:
    """Refuse files that differ in the columns that count: what a row says must not depend on the file it is in."""
    for name, schema in zip(names, schemas, strict=True):
        try:
            _, here = recognise(schema.names(), kind=kind.name, stated=stated)
        except InputError as problem:
            raise InputError(problem.argument, problem.problem, where=name, hint=problem.hint) from None
        for part in kind.names:
            this, first = _described(schema, here.get(part)), _described(schemas[0], parts.get(part))
            if this != first:
                hint = "write the files alike, or read them with psephos.read"
                raise InputError("path", f"{part} is {this}, but {first} in {names[0]}", where=name, hint=hint)


def _described(schema: pl.Schema, column: str | None) -> str:
    return "missing" if column is None else f"column {column!r} of type {schema[column]}"


def _table(names: Sequence[str]) -> pl.LazyFrame:
    return pl.scan_parquet(list(names), glob=False, hive_partitioning=False, extra_columns="ignore")


def _collected(table: pl.LazyFrame, engine: Literal["auto", "streaming"] = "auto") -> pl.DataFrame:
    with _readable():
        return table.collect(engine=engine)


@contextmanager
def _readable() -> Iterator[None]:
    """A file that Polars cannot decode is at fault, not the program."""
    try:
        yield
    except pl.exceptions.PolarsError as problem:
        raise ParseError("path", f"cannot be read as Parquet: {str(problem).splitlines()[0]}") from None


def _distinct(table: pl.LazyFrame, column: str) -> pl.DataFrame:
    """The distinct values of a column in the order of their first rows, and the rows of each."""
    counted = _collected(
        table.select(pl.col(column))
        .with_row_index(_ROW)
        .group_by(column)
        .agg(pl.col(_ROW).min(), pl.len().cast(pl.Int64).alias("rows")),
        "streaming",
    ).sort(_ROW)
    named = counted.with_columns(canonical(counted[column]).cast(pl.String).alias("name")).drop_nulls("name")
    return named.group_by("name", maintain_order=True).agg(pl.col("rows").sum())


def _chunks(total: int, rows: int, label: str) -> Iterator[tuple[int, int]]:
    starts = range(0, total, rows)
    with progress(label, len(starts)) as advance:
        for start in starts:
            yield start, min(rows, total - start)
            advance()


def _sorted_cut(items: pl.LazyFrame, total: int, rows_per_part: int) -> tuple[Part, ...] | None:
    """Ranges of rows that split no item, or None where the rows are not sorted by item."""
    starts = [0]
    highest = None
    for start, length in _chunks(total, rows_per_part, "looking over the items"):
        column = _collected(items.slice(start, length)).to_series()
        low, high = column.min(), column.max()
        if low is None or column.null_count():
            return None
        if highest is not None:
            if low < highest:  # type: ignore[operator]
                return None
            same = int((column == highest).sum())
            if not (column.head(same) == highest).all():
                return None
            if same < length:
                starts.append(start + same)
        highest = high
    return tuple(Part(start, end - start) for start, end in zip(starts, [*starts[1:], total], strict=True))


def _deal(table: pl.LazyFrame, item: str, total: int, rows_per_part: int, folder: Path) -> tuple[Part, ...]:
    """Write the rows to one folder per part, by a hash of the item."""
    piles = -(-total // rows_per_part)
    for pile in range(piles):
        (folder / f"{pile:06d}").mkdir()
    for number, (start, length) in enumerate(_chunks(total, rows_per_part, "dealing the rows by item")):
        chunk = _collected(table.slice(start, length)).with_row_index(_ROW, offset=start)
        pile_of = canonical(chunk[item]).cast(pl.String).hash(seed=0) % piles
        for (pile,), rows in (
            chunk.with_columns(pile_of.alias("__pile")).partition_by("__pile", as_dict=True, include_key=False).items()
        ):
            rows.write_parquet(folder / f"{pile:06d}" / f"{number:06d}.parquet", compression="lz4")
    return tuple(Part(pile=pile.name) for pile in sorted(folder.iterdir()) if any(pile.iterdir()))


def _segments(rows: npt.NDArray[np.integer], names: Sequence[str], lengths: Sequence[int]) -> list[Segment]:
    """Rising row numbers over all files as row numbers in each file."""
    ends = np.cumsum(lengths)
    at = np.searchsorted(rows, np.concatenate([[0], ends]))
    return [
        Segment(name, rows[low:high].astype(np.int64) - (end - length) + 1)
        for name, low, high, end, length in zip(names, at[:-1], at[1:], ends, lengths, strict=True)
        if low < high
    ]
