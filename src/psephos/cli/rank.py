"""psephos rank: who is better?"""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from psephos.cli import options as o

if TYPE_CHECKING:
    import polars as pl

    from psephos.opinions import Opinions, Ranking
    from psephos.ranking import BattleTable, ScoreTable

NEXT = 5
"""Pairs named that should be shown next."""


@o.reads
def rank(
    given: o.ReadOptions,
    method: Annotated[
        str,
        typer.Option(
            help="How: auto; of scores borda, item-response, kemeny, mean, mean-rank, paired, swiss; of battles "
            "bradley-terry, davidson, rao-kupper, newman, elo, eigenvector, win-rate, style-control."
        ),
    ] = "auto",
    compare: Annotated[
        str | None, typer.Option(metavar="METHOD", help="Also show where the ranking by this method differs, and why.")
    ] = None,
    metric: Annotated[str | None, typer.Option(help="Of results with several metrics: the one to rank by.")] = None,
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
    ties: Annotated[
        str | None,
        typer.Option(help="Equal scores, of borda and kemeny: average or first; of bradley-terry: half or drop."),
    ] = None,
    both_bad: Annotated[str | None, typer.Option(help="Of battles: both bad is a tie, or drop.")] = None,
    penalty: Annotated[
        str | None, typer.Option(help="Of strengths: a number, or arena for that of the programs of arenas.")
    ] = None,
    clusters: Annotated[
        str | None, typer.Option(help="Of battles: what they are not independent within, voter or item.")
    ] = None,
    least_games: Annotated[
        int | None, typer.Option(help="Of battles: fewer than this take no place (default 30).", min=0)
    ] = None,
    unconnected: Annotated[
        str | None, typer.Option(help="Of strengths: who cannot be compared is left blank, error, or components.")
    ] = None,
    intervals: Annotated[str | None, typer.Option(help="Of strengths: bootstrap, sandwich, fisher, none.")] = None,
    order: Annotated[str | None, typer.Option(help="Of elo: time, file, average.")] = None,
    k: Annotated[float | None, typer.Option("--k", help="Of elo: points that a battle can move.")] = None,
    prior: Annotated[float | None, typer.Option(help="Of newman: battles won and lost beforehand.", min=0)] = None,
    covariates: Annotated[
        list[str] | None,
        typer.Option(
            "--covariate", metavar="NAME", help="Of style-control: what differs, as in left_NAME, right_NAME."
        ),
    ] = None,
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
        int | None, typer.Option(help="Resamples for the intervals; of item-response, of candidates.", min=0)
    ] = None,
    level: Annotated[float, typer.Option(help="Confidence of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(help="Seed of the resamples.", min=0)] = 0,
    leave_one_out: Annotated[
        bool, typer.Option("--leave-one-out", help="Also show what the order would be without each task, or voter.")
    ] = False,
    in_parts: Annotated[
        bool,
        typer.Option("--in-parts", help="Count battles in Parquet without reading them whole; by itself when large."),
    ] = False,
    limit: o.Limit = o.RANKED,
    json: o.Json = False,
    parquet: o.Parquet = None,
    report: o.Report = None,
) -> None:
    """Rank candidates by results, ratings, ballots or battles; --wide NAME is the column of names of a wide table."""
    from psephos.cli import output
    from psephos.ranking import battle_table, score_table
    from psephos.ranking import rank as rank_by
    from psephos.ranking.by_method import BY_ITEM, options_of

    given.check_outputs({"--parquet": parquet, "--report": report})
    opinions = replace(given, kind=given.kind or ("scores" if given.wide else None)).load_or_count(in_parts=in_parts)
    opinions = _of_metric(opinions, metric)
    data: ScoreTable | BattleTable
    if opinions.kind == "battles":
        data = battle_table(opinions)
        if lower_is_better:
            _refuse_direction()
    else:
        data = score_table(opinions, unit="task" if given.wide else None)
        if lower_is_better:
            opinions, data = _directed(opinions, data, lower_is_better)
    stated = {
        "holes": holes,
        "pooling": pooling,
        "ties": ties,
        "both_bad": both_bad,
        "penalty": _number_or_word(penalty),
        "clusters": clusters,
        "least_games": least_games,
        "unconnected": unconnected,
        "intervals": intervals,
        "order": order,
        "k": k,
        "prior": prior,
        "covariates": covariates or None,
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
    result = rank_by(opinions if by_item else data, method=method, **options, level=level, rng=seed)
    turned = [word for name in lower_is_better or [] for word in ("--lower-is-better", name)]
    turned += ["--metric", metric] if metric else []
    turned += [word for name in covariates or [] for word in ("--covariate", name)]
    provenance = result.provenance
    command = provenance.command and " ".join([provenance.command, shlex.join(turned)]).strip()
    notes = (str(data), *provenance.notes)
    result = replace(result, provenance=replace(provenance, notes=notes, command=command))
    tables = {"Ranking": result.table(), **_more(result, data)}
    compared = None
    if compare is not None:
        shared = {name: value for name, value in options.items() if name in options_of(compare)}
        other = rank_by(data, method=compare, **shared, level=level, rng=seed)
        compared = result.compare(other)
        tables[f"Where {compare} places them"] = compared.table()
    if leave_one_out:
        tables[f"Without one {result.unit or 'unit'}"] = result.leave_one_out()
    output.deliver(
        result,
        "Ranking",
        tables,
        limit=limit,
        json=json,
        further={"comparison": compared},
        parquet=parquet,
        report=report,
        issues=opinions.issues,
    )


def _of_metric(opinions: Opinions, metric: str | None) -> Opinions:
    """Results by one of their metrics."""
    from psephos.errors import InputError
    from psephos.opinions.kinds import listed

    if metric is None:
        return opinions
    if "metric" not in opinions.coded:
        raise InputError("metric", "these opinions have no metrics")
    names = opinions.vocabulary("metric")
    code = names.index_of(metric)
    if code is None:
        raise InputError("metric", f"there is no metric {metric!r:.60} among {listed(names.to_list())}")
    left = opinions.take(opinions.codes("metric") == code)
    return replace(left, source=opinions.source)


def _number_or_word(text: str | None) -> float | str | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return text


def _refuse_direction() -> None:
    from psephos.errors import InputError

    raise InputError("lower_is_better", "is of tasks; battles have a winner")


def _directed(opinions: Opinions, table: ScoreTable, lower: list[str]) -> tuple[Opinions, ScoreTable]:
    from psephos.errors import InputError
    from psephos.ranking.score_tables import score_table, turned_results

    known = table.tasks.to_list()
    unknown = [name for name in lower if name not in known]
    if unknown:
        raise InputError("lower_is_better", f"there is no {table.unit} {unknown[0]!r:.80}")
    if opinions.kind != "results":
        return opinions, table.turned([name not in lower for name in known])
    opinions = turned_results(opinions, lower)
    return opinions, score_table(opinions, unit=table.unit)


def _more(result: Ranking, data: ScoreTable | BattleTable) -> dict[str, pl.DataFrame]:
    """Tables beside the ranking: of battles what moves votes and which pairs to show next, of scores other methods."""
    from psephos.ranking import BattleRanking, BattleTable, PairedRanking, next_battles
    from psephos.ranking.by_method import SIDE_BY_SIDE, places_by_method

    if isinstance(data, BattleTable):
        tables: dict[str, Any] = {}
        if isinstance(result, BattleRanking):
            tables["What moves votes"] = result.effects
            if result.both_bad.any():
                tables["Both bad"] = result.quality_floor()
            if result.covariance is not None and len(result.order) > 1:
                tables["Show next"] = next_battles(result, n=NEXT)
        return tables
    if isinstance(result, PairedRanking):
        return {"On the same items": result.pairs()}
    return {"Rank by method": places_by_method(data)} if len(data.candidates) <= SIDE_BY_SIDE else {}
