"""psephos measure list-similarity: do systems recommend the same items, and in the same order, from files?"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from psephos.cli import options as o


def list_similarity(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="[NAME=]RUN...", help="Files of what was recommended.", show_default=False),
    ],
    k: Annotated[str, typer.Option(metavar="K", help="Cut of the lists; all for whole lists.")] = "10",
    baseline: Annotated[
        str | None, typer.Option(metavar="NAME", help="Compare each with this one only.", show_default=False)
    ] = None,
    order: Annotated[
        str, typer.Option(help="What sorts a run: rank, score, given; auto: rank where there are both.")
    ] = "auto",
    level: Annotated[float, typer.Option(help="Confidence of the intervals.")] = 0.95,
    limit: o.Limit = o.LIMIT,
    encoding: o.Encoding = "utf-8",
    json: o.Json = False,
    parquet: o.Parquet = None,
    report: o.Report = None,
) -> None:
    """Say how many items the lists of systems share, and how alike they order them."""
    from psephos.cli import output
    from psephos.cli.measure_recommendation import frames_of, named_file, order_of
    from psephos.errors import InputError
    from psephos.metrics import list_similarity as similarity_of
    from psephos.opinions import read
    from psephos.opinions.issues import Issues
    from psephos.opinions.sources import one_source

    o.check_outputs([named_file(word)[1] for word in runs], {"--parquet": parquet, "--report": report})
    given = [(*named_file(word), read(named_file(word)[1], encoding=encoding)) for word in runs]
    frames = frames_of(given, "RUN")
    if len(frames) < 2:
        raise InputError("RUN", "there is one run only, and nothing to compare it with", hint="name two files or more")
    sorted_by, notes = order_of(order, "psephos", frames)
    result = similarity_of(frames, _cut(k), baseline=baseline, order=sorted_by, level=level)
    source = one_source(opinions.source for _, _, opinions in given)
    provenance = replace(result.provenance, source=source, command=o.stated(), notes=tuple(notes))
    output.deliver(
        replace(result, provenance=provenance),
        "List similarity",
        {"Pairs": result.table()} if result.table().height > 24 else {},
        limit=limit,
        json=json,
        parquet=parquet,
        report=report,
        issues=sum((opinions.issues for _, _, opinions in given), Issues()),
    )


def _cut(text: str) -> int | None:
    from psephos.errors import InputError

    try:
        return None if text == "all" else int(text)
    except ValueError:
        raise InputError("--k", f"must be a whole number as in 10, or all, got {text!r:.40}") from None
