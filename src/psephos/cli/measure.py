"""psephos measure: how good is it? Each measure is a verb of its own below it."""

from __future__ import annotations

from typing import Annotated

import typer

from psephos.cli import options as o
from psephos.cli.complaints import Verb
from psephos.cli.measure_diversity import diversity
from psephos.cli.measure_effective_features import effective_features
from psephos.cli.measure_families import FAMILIES, OWN_VERB, verb_of
from psephos.cli.measure_list_similarity import list_similarity
from psephos.cli.measure_recommendation import recommendation
from psephos.cli.measure_user_fairness import user_fairness

measure = typer.Typer(
    help="Measure how good something is: each measure has a command of its own.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Level = Annotated[float, typer.Option(help="Confidence of the intervals.")]
Repeats = Annotated[int, typer.Option(help="Resamples for the intervals.", min=0)]
Seed = Annotated[int, typer.Option(help="Seed of the resamples.", min=0)]


@measure.callback()
def _measures() -> None:
    """Measure how good something is: each measure has a command of its own."""


for _family in FAMILIES:
    if _family not in OWN_VERB:
        measure.command(_family, cls=Verb)(verb_of(_family))
measure.command(cls=Verb)(recommendation)
measure.command(cls=Verb)(list_similarity)
measure.command(cls=Verb)(diversity)
measure.command(cls=Verb)(user_fairness)
measure.command(cls=Verb)(effective_features)


@measure.command(cls=Verb)
@o.reads
def ceiling(
    given: o.ReadOptions,
    estimates: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Scores of the same items by what is held against the ceiling."),
    ] = None,
    scale: Annotated[
        str, typer.Option(metavar="LOW,HIGH,LEVELS", help="The scale of the votes, or none if it has no ends.")
    ] = "1,5,5",
    vote_variance: Annotated[
        str, typer.Option(help="Where the variance of a vote comes from: data, binovotes, or a number.")
    ] = "data",
    unit: Annotated[str, typer.Option(help="What is resampled: item or rater.")] = "item",
    repeats: Repeats = 1000,
    level: Level = 0.95,
    seed: Seed = 0,
    json: o.Json = False,
    parquet: o.Parquet = None,
    report: o.Report = None,
) -> None:
    """Say how well anyone could predict the mean of these votes, and how near estimates come."""
    from psephos.agreement import ceiling_of
    from psephos.cli import output
    from psephos.opinions import read

    given.check_outputs({"--parquet": parquet, "--report": report})
    result = ceiling_of(
        given.load(),
        estimates=None if estimates is None else read(estimates),
        scale=_scale(scale),
        vote_variance=o.number_or_word(vote_variance),
        unit=unit,
        repeats=repeats,
        level=level,
        rng=seed,
    )
    output.deliver(
        result,
        "Ceiling",
        {"Estimates": result.estimates},
        json=json,
        parquet=parquet,
        report=report,
        issues=result.issues,
    )


@measure.command(cls=Verb)
@o.reads
def consistency(
    given: o.ReadOptions,
    options: Annotated[
        int | None, typer.Option(help="Options that a question offers, for what guessing would give.", min=2)
    ] = None,
    original: Annotated[str | None, typer.Option(help="The variant that is the unchanged question.")] = None,
    threshold: Annotated[float | None, typer.Option(help="For graded scores: right from here on.")] = None,
    steps: Annotated[int, typer.Option(help="Steps of the grid of thresholds.", min=1)] = 10,
    questions: Annotated[str, typer.Option(help="Which questions count: common to all candidates, or own.")] = "common",
    repeats: Repeats = 2000,
    level: Level = 0.95,
    seed: Seed = 0,
    limit: o.Limit = o.LIMIT,
    json: o.Json = False,
    parquet: o.Parquet = None,
    report: o.Report = None,
) -> None:
    """Say how consistently each candidate is right when a question is asked again in other words."""
    from psephos.agreement import consistency as consistency_of
    from psephos.cli import output

    given.check_outputs({"--parquet": parquet, "--report": report})
    result = consistency_of(
        given.load(),
        K=steps,
        threshold=threshold,
        original=original,
        options=options,
        questions=questions,
        repeats=repeats,
        level=level,
        rng=seed,
    )
    tables = {
        "Candidates": result.table(),
        "Which kind of change breaks answers": result.families,
        "Differences": result.differences,
        "Wrong answers that several give": result.suspects,
    }
    output.deliver(
        result,
        "Consistency",
        tables,
        limit=limit,
        json=json,
        parquet=parquet,
        report=report,
        issues=result.issues,
    )


def _scale(text: str) -> tuple[float, float, int] | None:
    """LOW,HIGH,LEVELS as numbers."""
    from psephos.errors import InputError

    if text == "none":
        return None
    try:
        low, high, levels = text.split(",")
        return float(low), float(high), int(levels)
    except ValueError:
        raise InputError("--scale", f"must be LOW,HIGH,LEVELS as in 1,5,5, or none, got {text!r}") from None
