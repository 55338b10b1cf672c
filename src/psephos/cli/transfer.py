"""psephos import and export: opinions from one format into another, checked on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from psephos.cli import options as o

Target = Annotated[Path, typer.Option("--to", metavar="PATH", help="File, or folder for a lossless copy.")]


@o.reads
def import_(
    given: o.ReadOptions,
    to: Target,
    issues: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every row set aside to this table.")
    ] = None,
) -> None:
    """Check foreign files and keep their opinions in the form that psephos reads fastest."""
    from psephos.cli import output
    from psephos.opinions.writing import write, write_frame

    given.check_outputs({"--to": to, "--issues": issues})
    opinions = given.load()
    written = [write(opinions, to)]
    if issues is not None:
        written.append(write_frame(opinions.issues.table(), issues))
    out = output.console()
    output.print_line(out, opinions)
    output.print_issues(out, opinions.issues)
    for report in written:
        output.print_line(out, report)


@o.reads
def export(
    given: o.ReadOptions,
    to: Target,
    raw: Annotated[
        bool, typer.Option("--raw", help="Leave cells that a spreadsheet would run as formulas as they are.")
    ] = False,
) -> None:
    """Write opinions in another format, by the name of the file: csv, tsv, jsonl, json, parquet, ctm, srt, vtt, ..."""
    from psephos.cli import output
    from psephos.opinions.writing import write

    given.check_outputs({"--to": to})
    opinions = given.load()
    written = write(opinions, to, neutralise=not raw)
    out = output.console()
    output.print_line(out, f"{len(opinions):,} {opinions.kind}: {written}")
