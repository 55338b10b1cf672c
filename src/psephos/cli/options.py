"""Options that several verbs share, and reading what they say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from psephos.opinions import Opinions, Shards

Paths = Annotated[
    list[str],
    typer.Argument(metavar="PATH...", help="Files of opinions, a folder, or - for standard input.", show_default=False),
]
Kind = Annotated[str | None, typer.Option(help="Kind of opinions: labels, scores, ... Recognised if not given.")]
Column = Annotated[
    list[str] | None, typer.Option(metavar="PART=NAME", help="Which column plays a part, as in voter=annotator.")
]
Wide = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The table is wide: this column names the item, the others are voters."),
]
AboutOption = Annotated[
    list[str] | None,
    typer.Option("--about", metavar="THINGS=FILE", help="A table about items, voters, candidates, tasks."),
]
Repeated = Annotated[
    str, typer.Option(help="What counts if a voter contradicts itself on an item: auto, first, last, error.")
]
Encoding = Annotated[str, typer.Option(help="Encoding of text files.")]
Format = Annotated[
    str | None, typer.Option(help="Format, where the file name does not tell: csv, tsv, jsonl, json, parquet, ctm, ...")
]
Layout = Annotated[
    str | None,
    typer.Option(metavar="PATTERN", help="What names of files say, such as {voter}/{item} or {item}.{voter}."),
]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse input of which any row would be set aside.")]
EquivalenceOption = Annotated[
    str, typer.Option("--equivalence", help="Which answers are the same: exact, casefold, text, number.")
]
EngineOption = Annotated[
    str, typer.Option("--engine", help="Where work runs: a number of processes, cores, ray, ray:ADDRESS.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Parquet = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the result table to this Parquet file.")]
Report = Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write a self-contained page.")]

ROWS_IN_MEMORY = 20_000_000
"""Parquet files with more rows than this are read in parts where the verb can."""


def load(
    paths: list[str],
    *,
    kind: str | None = None,
    column: list[str] | None = None,
    wide: str | None = None,
    about: list[str] | None = None,
    repeated: str = "auto",
    encoding: str = "utf-8",
    format: str | None = None,  # noqa: A002 - the word users type
    layout: str | None = None,
    strict: bool = False,
) -> Opinions:
    """Read what the options say."""
    from psephos.opinions import read

    return read(
        paths[0] if len(paths) == 1 else paths,
        kind=kind,
        columns=pairs("column", column),
        wide=wide,
        about=pairs("about", about),
        repeated=repeated,
        encoding=encoding,
        format=format,
        layout=layout,
        strict=strict,
    )


def load_or_scan(paths: list[str], *, in_parts: bool, **options: Any) -> Opinions | Shards:
    """Read what the options say, in parts if asked to or if the files are too large for memory."""
    from psephos.errors import InputError

    whole = options["wide"] or options["format"] or options["strict"]
    if not in_parts and (whole or not _is_large(paths)):
        return load(paths, **options)
    if whole:
        raise InputError("in-parts", "data in parts are long Parquet tables; --wide, --format, --strict do not apply")
    from psephos.opinions import scan

    return scan(
        paths[0] if len(paths) == 1 else paths,
        kind=options["kind"],
        columns=pairs("column", options["column"]),
        about=pairs("about", options["about"]),
        repeated=options["repeated"],
    )


def pairs(option: str, given: list[str] | None) -> dict[str, str]:
    """NAME=VALUE options as a mapping."""
    from psephos.errors import InputError

    found = {}
    for text in given or []:
        name, sign, value = text.partition("=")
        if not (name and sign and value):
            raise InputError(f"--{option}", f"must be NAME=VALUE, got {text!r}")
        found[name] = value
    return found


def check_outputs(paths: list[str], about: list[str] | None, outputs: Mapping[str, Path | None]) -> None:
    """Refuse, before anything is read, an output that has the wrong name, is an input, or is another output too."""
    from psephos.errors import InputError

    endings = {"--parquet": (".parquet",), "--report": (".html", ".htm")}
    inputs = {Path(path).resolve() for path in (*paths, *pairs("about", about).values()) if path != "-"}
    inputs |= {file for place in inputs if place.is_dir() for file in place.iterdir()}
    taken: dict[Path, str] = {}
    for option, path in outputs.items():
        if path is None:
            continue
        if option in endings and path.suffix.lower() not in endings[option]:
            raise InputError(option, f"must name a file ending in {endings[option][0]}, got {str(path)!r}")
        place = path.resolve()
        if place in inputs:
            raise InputError(
                option, f"{str(path)!r} is read as input and would be overwritten", hint="name another file"
            )
        if place in taken:
            raise InputError(option, f"{str(path)!r} is named by {taken[place]} too", hint="name another file")
        taken[place] = option


def _is_large(paths: list[str]) -> bool:
    from psephos.opinions.finding import find_files
    from psephos.opinions.parquet import check_parquet

    if paths == ["-"]:
        return False
    files, _ = find_files(paths)
    if any(file.suffix.lower() != ".parquet" for file in files):
        return False
    import polars as pl

    for file in files:
        check_parquet(file, str(file))
    counts = [pl.scan_parquet(file, glob=False, hive_partitioning=False).select(pl.len()) for file in files]
    try:
        return sum(int(count.item()) for count in pl.collect_all(counts)) > ROWS_IN_MEMORY
    except pl.exceptions.PolarsError:
        return False  # it is damaged, and `read` says how
