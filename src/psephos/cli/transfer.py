"""psephos import and export: opinions from one format into another, checked on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from psephos.cli import options as o

Target = Annotated[Path, typer.Option("--to", metavar="PATH", help="File, or folder for a lossless copy.")]


def import_(
    paths: o.Paths,
    to: Target,
    kind: o.Kind = None,
    column: o.Column = None,
    wide: o.Wide = None,
    about: o.AboutOption = None,
    repeated: o.Repeated = "auto",
    encoding: o.Encoding = "utf-8",
    format: o.Format = None,  # noqa: A002 - the word users type
    layout: o.Layout = None,
    strict: o.Strict = False,
    issues: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every row set aside to this table.")
    ] = None,
) -> None:
    """Check foreign files and keep their opinions in the form that psephos reads fastest."""
    from psephos.cli import output
    from psephos.opinions.writing import write, write_frame

    o.check_outputs(paths, about, {"--to": to, "--issues": issues})
    opinions = o.load(
        paths,
        kind=kind,
        column=column,
        wide=wide,
        about=about,
        repeated=repeated,
        encoding=encoding,
        format=format,
        layout=layout,
        strict=strict,
    )
    written = [write(opinions, to)]
    if issues is not None:
        written.append(write_frame(opinions.issues.table(), issues))
    out = output.console()
    output.print_line(out, opinions)
    output.print_issues(out, opinions.issues)
    for report in written:
        output.print_line(out, report)


def export(
    paths: o.Paths,
    to: Target,
    kind: o.Kind = None,
    layout: o.Layout = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Leave cells that a spreadsheet would run as formulas as they are.")
    ] = False,
) -> None:
    """Write opinions in another format, by the name of the file: csv, tsv, jsonl, json, parquet, ctm, srt, vtt, ..."""
    from psephos.cli import output
    from psephos.opinions.writing import write

    o.check_outputs(paths, None, {"--to": to})
    opinions = o.load(paths, kind=kind, layout=layout)
    written = write(opinions, to, neutralise=not raw)
    out = output.console()
    output.print_line(out, f"{len(opinions):,} {opinions.kind}: {written}")
