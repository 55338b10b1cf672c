"""How are opinions in Parquet files cut into parts, each with all opinions on its items?

One look over the files without keeping them finds the voters and the choices. Where the rows are sorted by item, a part
is a range of rows; where they are not, they are first dealt into temporary files by item, once.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from psephos.engine import progress
from psephos.errors import InputError, check_count
from psephos.opinions.about import About
from psephos.opinions.building import Missing, lookalikes, missing_texts
from psephos.opinions.coding import canonical, natural_order
from psephos.opinions.finding import find_files
from psephos.opinions.frames import Tables
from psephos.opinions.issues import NOTED, Issues
from psephos.opinions.kinds import Kind
from psephos.opinions.model import Source
from psephos.opinions.parquet import check_decodes
from psephos.opinions.reading import foreign_names, kind_by_name, read_about
from psephos.opinions.recognising import recognise
from psephos.opinions.sharding import ROW, Part, Shards, collected, readable, table_of
from psephos.opinions.sources import given_paths, hashed_tables, sha256_of, stated_options

ROWS_PER_PART = 2_000_000
"""Rows that one worker holds at a time: some 300 MB while they are checked."""


def scan(
    path: str | Path | Sequence[str | Path],
    *,
    kind: str | None = None,
    columns: Mapping[str, str] | None = None,
    about: Tables | None = None,
    repeated: str = "auto",
    missing: Missing = (),
    rows_per_part: int = ROWS_PER_PART,
    folder: str | Path | None = None,
) -> Shards:
    """Prepare opinions in Parquet files for work in parts; see the module.

    Parameters
    ----------
    path, kind, columns, about, repeated, missing
        As in `psephos.read`; the files must be Parquet.
    rows_per_part : int, default 2,000,000
        About how many rows a part has; an item with more rows makes a larger part.
    folder : path, optional
        Where rows are dealt to if the files are not sorted by item; on a cluster, a folder that all its machines see.
        A temporary folder if not given. What was dealt is removed with the result.

    Returns
    -------
    Shards
        Opinions that stay in their files; methods read them part by part.

    Raises
    ------
    InputError
        If a file is not Parquet or damaged, the files have different columns, the kind cannot be recognised, or it has
        no voters and choices.

    See Also
    --------
    psephos.read : all in memory.

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
    check_decodes(files, in_parts=True)
    names = tuple(map(str, files))
    schemas = [schema_of(name) for name in names]
    wanted_kind = kind_by_name(names[0], schemas[0].names()) if kind is None and columns is None else kind
    found_kind, parts = recognise(schemas[0].names(), kind=wanted_kind, stated=columns)
    if "voter" not in found_kind.required or found_kind.value not in ("label", "answer"):
        if found_kind.name == "battles":
            raise InputError("kind", "battles are counted, not read in parts", hint="use psephos.opinions.scan_battles")
        raise InputError("kind", f"{found_kind.name} are not read in parts yet", hint="use psephos.read")
    check_alike(names, schemas, found_kind, parts, columns)
    table = table_of(names)
    lengths = tuple(int(collected(table_of([name]).select(pl.len())).item()) for name in names)
    if not sum(lengths):
        raise InputError("path", "the files hold no rows", hint="check the path")
    voters = _distinct(table, parts["voter"])["name"]
    gone = missing_texts(missing)
    answers = _distinct(table, parts[found_kind.value]).filter(~pl.col("name").is_in(list(gone)))
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
        missing=gone,
        largest_weight=_largest_weight(table, parts.get("weight")),
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
            (*stated_options(kind, columns, about, repeated, missing), "--in-parts"),
            hashed_tables({**tables, **(about or {})}),
        ),
    )
    if cut is None:
        dealt = Path(tempfile.mkdtemp(prefix="psephos-", dir=folder))
        weakref.finalize(shards.voters, shutil.rmtree, dealt, ignore_errors=True)
        wanted = [parts[name] for name in found_kind.names if name in parts]
        cut = _deal(table.select(wanted), parts["item"], sum(lengths), rows_per_part, dealt)
        shards = replace(shards, cut=cut, dealt=str(dealt))
    return shards


def schema_of(name: str) -> pl.Schema:
    """The columns of a Parquet file.

    Only the footer is read.
    """
    with readable():
        return table_of([name]).collect_schema()


def check_alike(
    names: Sequence[str],
    schemas: Sequence[pl.Schema],
    kind: Kind,
    parts: Mapping[str, str],
    stated: Mapping[str, str] | None,
) -> None:
    """Refuse files that differ in the columns that count: what a row says must not depend on the file it is in.

    Names of columns and their types, for the parts of the kind; other columns may differ.
    """
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


def _largest_weight(table: pl.LazyFrame, column: str | None) -> float:
    """The largest weight of a row; a row without one weighs 1."""
    if column is None:
        return 1.0
    weight = pl.col(column).cast(pl.Float64, strict=False).fill_nan(None).fill_null(1.0)
    largest = collected(table.select(weight.filter(weight.is_finite()).max())).item()
    return 1.0 if largest is None else max(0.0, float(largest))


def _distinct(table: pl.LazyFrame, column: str) -> pl.DataFrame:
    """The distinct values of a column in the order of their first rows, and the rows of each."""
    counted = collected(
        table.select(pl.col(column))
        .with_row_index(ROW)
        .group_by(column)
        .agg(pl.col(ROW).min(), pl.len().cast(pl.Int64).alias("rows")),
        "streaming",
    ).sort(ROW)
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
        column = collected(items.slice(start, length)).to_series()
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
        chunk = collected(table.slice(start, length)).with_row_index(ROW, offset=start)
        pile_of = canonical(chunk[item]).cast(pl.String).hash(seed=0) % piles
        for (pile,), rows in (
            chunk.with_columns(pile_of.alias("__pile")).partition_by("__pile", as_dict=True, include_key=False).items()
        ):
            rows.write_parquet(folder / f"{pile:06d}" / f"{number:06d}.parquet", compression="lz4")
    return tuple(Part(pile=pile.name) for pile in sorted(folder.iterdir()) if any(pile.iterdir()))
