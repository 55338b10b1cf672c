"""psephos agree: how far do the voters agree?"""

from __future__ import annotations

from typing import Annotated

import typer

from psephos.cli import options as o


@o.reads
def agree(
    given: o.ReadOptions,
    equivalence: o.EquivalenceOption = "exact",
    repeats: Annotated[int, typer.Option(help="Resamples of the items for the intervals.", min=0)] = 1000,
    level: Annotated[float, typer.Option(help="Coverage of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(help="Seed of the resamples.", min=0)] = 0,
    limit: Annotated[int, typer.Option(help="Rows of each table to print.", min=0)] = 10,
    json: o.Json = False,
    parquet: o.Parquet = None,
    report: o.Report = None,
) -> None:
    """Say how far the voters agree: coefficients with intervals, and each pair of voters."""
    from psephos.agreement import agree as agree_opinions
    from psephos.cli import output
    from psephos.opinions.writing import write_frame

    given.check_outputs({"--parquet": parquet, "--report": report})
    result = agree_opinions(given.load(), equivalence=equivalence, repeats=repeats, level=level, rng=seed)
    if parquet is not None:
        write_frame(result.pairs, parquet)
    if report is not None:
        from psephos.reports import write_report

        write_report(result, report)
    if json:
        output.print_json(result)
        return
    out = output.console()
    output.print_summary(out, "Agreement", result.summary())
    if limit:
        output.print_table(out, "Pairs least alike", result.pairs.sort("agreement", "left", "right").head(limit))
        output.print_table(out, "Voters least like the others", result.voters.head(limit))
    output.print_issues(out, result.issues)
    for written in filter(None, (parquet, report)):
        output.print_line(out, f"Wrote {written}")
