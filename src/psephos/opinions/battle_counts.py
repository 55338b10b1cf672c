"""How often did each battle end how, in Parquet files larger than the memory?

Most methods of battles need counts only: who met whom, how it ended, who judged. Equal battles become one row whose
weight says how many there were, in one pass over the files that holds the distinct rows alone. Words for the winner are
understood as everywhere (see `winners`); rows that cannot count are set aside with their number. The order and the
times of the battles, and further columns, are lost: `elo` and `style_control` need `psephos.read`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from psephos.errors import InputError
from psephos.opinions.building import Missing, build
from psephos.opinions.finding import find_files
from psephos.opinions.issues import NOTED, Issue, Issues
from psephos.opinions.kinds import KINDS
from psephos.opinions.model import Opinions, Source
from psephos.opinions.parquet import check_decodes
from psephos.opinions.reading import foreign_names
from psephos.opinions.recognising import recognise
from psephos.opinions.scanning import check_alike, schema_of
from psephos.opinions.sharding import ROW, collected, segments_of, table_of
from psephos.opinions.sources import given_paths, sha256_of, stated_options

COUNTED = "--in-parts"
"""The word of the command line that counts battles; it stands in the source of what was counted."""

_BATTLES = "__battles"
_KEPT = ("left", "right", "winner", "voter")


def scan_battles(
    path: str | Path | Sequence[str | Path], *, columns: Mapping[str, str] | None = None, missing: Missing = ()
) -> Opinions:
    """Count the battles in Parquet files, without reading them into memory.

    Parameters
    ----------
    path, columns, missing
        As in `psephos.read`; the files must be Parquet.

    Returns
    -------
    Opinions of kind ``battles``
        One row for each distinct left, right, winner and voter, in the order in which they first occur; `weight` is the
        number of battles, or the sum of their weights.

    Raises
    ------
    InputError
        If a file is not Parquet or damaged, the files have different columns, or these are no battles.

    See Also
    --------
    psephos.scan : labels and samples, part by part.
    psephos.ranking.bradley_terry : ranks by the counts.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> log = pl.DataFrame({"model_a": ["x"] * 3, "model_b": ["y"] * 3, "winner": ["model_a", "model_b", "model_a"]})
    >>> with TemporaryDirectory() as folder:
    ...     log.write_parquet(f"{folder}/battles.parquet")
    ...     counted = scan_battles(f"{folder}/battles.parquet")
    >>> len(counted), counted.weights().tolist()
    (2, [2.0, 1.0])
    """
    files, tables = find_files(path)
    check_decodes(files, in_parts=True)
    names = tuple(map(str, files))
    schemas = [schema_of(name) for name in names]
    kind, parts = recognise(schemas[0].names(), kind="battles", stated=columns)
    check_alike(names, schemas, kind, parts, columns)
    lengths = tuple(int(collected(table_of([name]).select(pl.len())).item()) for name in names)
    kept = [name for name in _KEPT if name in parts]
    rows = table_of(names).select(pl.col(parts[name]).alias(name) for name in [*kept, *_weight(parts)])
    rows = rows.with_row_index(ROW)
    counted = _counted(rows, kept, schemas[0][parts["weight"]] if "weight" in parts else None)
    many = dict(zip(counted[ROW].to_list(), counted[_BATTLES].to_list(), strict=True))
    opinions = build(
        KINDS["battles"],
        counted.drop(ROW, _BATTLES, "given", strict=False),
        segments=segments_of(counted[ROW].to_numpy(), names, lengths),
        missing=missing,
        issues=Issues(tuple(issue for name in names for issue in foreign_names(parts, name))),
        source=Source(
            names,
            tuple(map(sha256_of, files)),
            given_paths(path, None),
            (*stated_options(None, columns, None, "auto", missing), COUNTED),
        ),
    )
    starts = dict(zip(names, np.concatenate([[0], np.cumsum(lengths)[:-1]]).tolist(), strict=True))
    unused = tuple(
        Issue(f"table about {name} is not used when battles are counted", NOTED, str(name), count=1) for name in tables
    )
    issues = tuple(_of_rows(issue, many, starts) for issue in opinions.issues)
    without = int(counted.filter(~pl.col("given"))[_BATTLES].sum()) if "given" in counted.columns else 0
    ones = (Issue("no weight: counted as 1", NOTED, ", ".join(names), count=without),) if without else ()
    return replace(opinions, issues=Issues((*issues, *ones, *unused)))


def _weight(parts: Mapping[str, str]) -> list[str]:
    return ["weight"] if "weight" in parts else []


def _counted(rows: pl.LazyFrame, kept: list[str], weight: pl.DataType | None) -> pl.DataFrame:
    """Distinct rows in the order in which they first occur, with their first row, their number and their weight."""
    first, many = pl.col(ROW).min().cast(pl.Int64), pl.len().cast(pl.Int64).alias(_BATTLES)
    if weight is None:
        found = collected(rows.group_by(kept).agg(first, many), "streaming")
        return found.sort(ROW).with_columns(pl.col(_BATTLES).cast(pl.Float64).alias("weight"))
    if not weight.is_numeric():
        raise InputError("weight", f"is {weight}; in parts it must be of numbers", hint="use psephos.read")
    value = pl.col("weight").cast(pl.Float64)
    # A weight that cannot be stays as it is, a row of its own kind, so that it is set aside and named.
    given = (value.is_not_null() & value.is_not_nan()).fill_null(False)
    odd = given & (value.is_infinite() | (value < 0))
    marked = rows.with_columns(odd=odd.fill_null(False), given=given, weight=value)
    found = collected(
        marked.group_by([*kept, "odd", "given"]).agg(
            first, many, pl.col("weight").sum().alias("total"), pl.col("weight").first()
        ),
        "streaming",
    ).sort(ROW)
    whole = pl.when("odd").then("weight").when("given").then("total").otherwise(pl.col(_BATTLES).cast(pl.Float64))
    return found.with_columns(whole.alias("weight")).drop("odd", "total")


def _of_rows(issue: Issue, many: Mapping[int, int], starts: Mapping[str, int]) -> Issue:
    """The same finding, counted in battles; its rows are the first of each kind."""
    if not len(issue.rows):
        return issue
    start = starts[issue.source]
    return replace(issue, count=sum(many[start + row - 1] for row in issue.rows.tolist()))
