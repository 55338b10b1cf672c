"""psephos agree: how far do the voters agree?"""

from __future__ import annotations

from typing import Annotated

import typer

from psephos.cli import options as o
from psephos.cli.complaints import also_called


@also_called(coefficients="coefficient")
@o.reads
def agree(
    given: o.ReadOptions,
    equivalence: o.EquivalenceOption = "exact",
    coefficient: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME,...",
            help="Of percent, alpha, fleiss, ac, cohen, conger, scott, icc, w; those that fit the kind if not given.",
        ),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            help="How far apart two votes are: nominal, ordinal, linear, quadratic, interval, ratio, circular; nominal "
            "for labels and interval for scores if not given."
        ),
    ] = None,
    period: Annotated[
        float | None, typer.Option(help="Length of a turn of the circular metric, as 24 of hours.")
    ] = None,
    order: Annotated[
        str | None,
        typer.Option(metavar="LABEL,...", help="The labels from the lowest to the highest, as one line of CSV."),
    ] = None,
    interval: Annotated[
        str, typer.Option(help="How intervals are made: bootstrap (resampled items) or analytic (by formula).")
    ] = "bootstrap",
    repeats: Annotated[int, typer.Option(help="Resamples of the items for the intervals.", min=0)] = 1000,
    level: Annotated[float, typer.Option(help="Coverage of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(help="Seed of the resamples.", min=0)] = 0,
    limit: o.Limit = o.LIMIT,
    engine: o.EngineOption = "1",
    in_parts: Annotated[
        bool,
        typer.Option("--in-parts", help="Read Parquet files of labels in parts; done by itself when they are large."),
    ] = False,
    json: o.Json = False,
    parquet: o.Parquet = None,
    report: o.Report = None,
) -> None:
    """Say how far the voters agree: coefficients with intervals, pairs, voters and items that stand out."""
    from psephos.agreement import agree as agree_opinions
    from psephos.cli import output

    given.check_outputs({"--parquet": parquet, "--report": report})
    result = agree_opinions(
        given.load_or_scan(in_parts=in_parts),
        coefficients=[name.strip() for line in coefficient or [] for name in o.split(line)] or None,
        metric=metric,
        period=period,
        order=None if order is None else o.split(order),
        equivalence=equivalence,
        interval=interval,
        repeats=repeats,
        level=level,
        rng=seed,
        engine=int(engine) if engine.isdecimal() else engine,
    )
    tables = {
        "Pairs least alike": result.pairs.sort("agreement", "left", "right") if result.pairs.height else result.pairs,
        "Voters least like the others": result.voters,
        "Items most divided": result.by_item.filter(result.by_item["agreement"] < 1),
    }
    output.deliver(
        result,
        "Agreement",
        tables,
        limit=limit,
        json=json,
        parquet=parquet,
        report=report,
        rows=result.pairs,
        issues=result.issues,
    )
