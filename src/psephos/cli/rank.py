"""psephos rank: who is better?"""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from psephos.cli import options as o

if TYPE_CHECKING:
    import polars as pl

    from psephos.ranking import ScoreTable

SIDE_BY_SIDE = 200
"""Most candidates whose places by the other methods are shown too."""


@o.reads
def rank(
    given: o.ReadOptions,
    method: Annotated[str, typer.Option(help="How: borda, item-response, kemeny, mean, mean-rank, swiss.")] = "borda",
    lower_is_better: Annotated[
        list[str] | None,
        typer.Option(metavar="TASK", help="A task on which the lower score is better; may be given again."),
    ] = None,
    holes: Annotated[
        str | None,
        typer.Option(help="A missing score: completion, available, error; of swiss error, bye, loss."),
    ] = None,
    pooling: Annotated[
        str | None, typer.Option(help="Tasks with instances, of borda and kemeny: two_level or one_level.")
    ] = None,
    ties: Annotated[str | None, typer.Option(help="Equal scores, of borda and kemeny: average or first.")] = None,
    search_by: Annotated[
        str | None, typer.Option(help="Of kemeny: exact, with a proof where time allows, or fast.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="Of kemeny: most time for the proof.", min=0)] = None,
    eliminate: Annotated[
        int | None, typer.Option(help="Of swiss: how many of the last leave after each task.", min=0)
    ] = None,
    n_sim: Annotated[int | None, typer.Option(help="Of swiss: tournaments played.", min=1)] = None,
    model: Annotated[str | None, typer.Option(help="Of item-response: auto, rasch, 1pl, 2pl, 3pl.")] = None,
    scale: Annotated[
        str | None, typer.Option(help="Of item-response: a scale for each topic, or one for all (joint).")
    ] = None,
    estimate: Annotated[str | None, typer.Option(help="Of item-response: marginal or joint.")] = None,
    repeats: Annotated[
        int | None, typer.Option(help="Resamples for the intervals, of tasks; of item-response, of candidates.", min=0)
    ] = None,
    level: Annotated[float, typer.Option(help="Confidence of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(help="Seed of the resamples.", min=0)] = 0,
    leave_one_out: Annotated[
        bool, typer.Option("--leave-one-out", help="Also show what the order would be without each task.")
    ] = False,
    limit: Annotated[int, typer.Option(help="Rows of each table to print.", min=0)] = 50,
    json: o.Json = False,
    parquet: o.Parquet = None,
    report: o.Report = None,
) -> None:
    """Rank candidates by results, ratings or ballots; of a wide table --wide NAME says which column names them."""
    from psephos.cli import output
    from psephos.ranking import rank as rank_by
    from psephos.ranking import score_table
    from psephos.ranking.by_method import BY_ITEM

    given.check_outputs({"--parquet": parquet, "--report": report})
    opinions = replace(given, kind=given.kind or ("scores" if given.wide else None)).load()
    table = score_table(opinions, unit="task" if given.wide else None)
    table = _directed(table, lower_is_better or [])
    stated = {
        "holes": holes,
        "pooling": pooling,
        "ties": ties,
        "search_by": search_by,
        "seconds": seconds,
        "eliminate": eliminate,
        "n_sim": n_sim,
        "model": model,
        "scale": scale,
        "estimate": estimate,
    }
    options = {name: value for name, value in {**stated, "repeats": repeats}.items() if value is not None}
    by_item = method in BY_ITEM and opinions.kind == "results"
    result = rank_by(opinions if by_item else table, method=method, **options, level=level, rng=seed)
    turned = [word for name in lower_is_better or [] for word in ("--lower-is-better", name)]
    provenance = result.provenance
    command = provenance.command and " ".join([provenance.command, shlex.join(turned)]).strip()
    provenance = replace(provenance, notes=(str(table), *provenance.notes), command=command)
    result = replace(result, provenance=provenance)
    tables = {"Ranking": result.table()}
    if len(table.candidates) <= SIDE_BY_SIDE:
        tables["Rank by method"] = _side_by_side(table)
    if leave_one_out:
        tables[f"Without one {result.unit}"] = result.leave_one_out()
    output.deliver(
        result,
        "Ranking",
        {title: frame.head(limit) for title, frame in tables.items()},
        json=json,
        parquet=parquet,
        report=report,
        issues=opinions.issues,
    )


def _directed(table: ScoreTable, lower: list[str]) -> ScoreTable:
    from psephos.errors import InputError

    if not lower:
        return table
    known = table.tasks.to_list()
    unknown = [name for name in lower if name not in known]
    if unknown:
        raise InputError("lower_is_better", f"there is no {table.unit} {unknown[0]!r:.80}")
    return table.turned([name not in lower for name in known])


def _side_by_side(table: ScoreTable) -> pl.DataFrame:
    """Places by all methods, in the order of points."""
    import polars as pl

    from psephos.ranking import borda, kemeny, mean_rank, mean_score

    made = {
        "borda": borda(table, repeats=0, rng=0),
        "kemeny": kemeny(table, search_by="exact" if len(table.candidates) <= 18 else "fast", repeats=0, rng=0),
        "mean": mean_score(table, repeats=0, rng=0),
        "mean_rank": mean_rank(table, repeats=0, rng=0),
    }
    places = {name: pl.Series(one.ranks).replace(0, None) for name, one in made.items()}
    return pl.DataFrame({"candidate": table.candidates, **places}).sort("borda", nulls_last=True, maintain_order=True)
