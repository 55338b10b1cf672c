"""psephos study: a whole study in one field; each field is a verb of its own below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from psephos.cli import options as o
from psephos.cli.complaints import Verb

if TYPE_CHECKING:
    from psephos.studies.peer_review.scales import Scale

study = typer.Typer(
    help="Study a whole field: each has a command of its own.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@study.callback()
def _fields() -> None:
    """Study a whole field: each has a command of its own."""


@study.command("peer-review", cls=Verb)
def peer_review(
    path: Annotated[
        str, typer.Argument(metavar="FILE", help="Reviews: item, reviewer, before, after; or 'a;b' cells.")
    ],
    after: Annotated[
        str | None, typer.Option(metavar="FILE", help="A later snapshot; FILE is then the earlier one, both wide.")
    ] = None,
    scale: Annotated[
        list[str] | None,
        typer.Option(metavar="LEVELS", help="Levels of a score, as in 1,3,5,6,8,10; GROUP=LEVELS for each group."),
    ] = None,
    levels: Annotated[str, typer.Option(help="points, or rank to pool groups whose scales differ.")] = "points",
    tracing: Annotated[str, typer.Option(help="Highest tracing score of a review that counts, or none.")] = "1",
    label: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="A column of true and false about the texts.")
    ] = None,
    column: o.Column = None,
    encoding: o.Encoding = "utf-8",
    rate: Annotated[float | None, typer.Option(help="Share of items that are accepted.")] = None,
    level: Annotated[float, typer.Option(help="Confidence of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(help="Seed of resamples and shuffles.", min=0)] = 0,
    limit: o.Limit = o.LIMIT,
    json: o.Json = False,
    parquet: o.Parquet = None,
    report: o.Report = None,
) -> None:
    """Say who changes a score after discussion, towards whom, and what predicts it."""
    from psephos.cli import output
    from psephos.studies.peer_review import read
    from psephos.studies.peer_review import study as study_reviews

    inputs = [path] + ([after] if after is not None else [])
    o.check_outputs(inputs, {"--parquet": parquet, "--report": report})
    reviews = read(
        path,
        after=after,
        scale=_scale(scale),
        levels=levels,
        tracing=_tracing(tracing),
        columns=o.pairs("column", column),
        encoding=encoding,
    )
    result = study_reviews(reviews, labels=label or (), rate=rate, level=level, rng=seed)
    tables = {
        "By first score": result.movement.by_score,
        "What predicts a change": result.influence.coefficients.drop("p"),
    }
    if result.plan is not None:
        tables["One more reviewer helps most"] = result.plan.items
    output.deliver(
        result,
        "Score changes",
        tables,
        limit=limit,
        json=json,
        parquet=parquet,
        report=report,
        rows=result.influence.coefficients,
        issues=result.issues,
    )


def _scale(given: list[str] | None) -> Scale | None:
    """Levels, or levels of each group, from what was typed."""
    from psephos.errors import InputError

    if not given:
        return None
    groups: dict[str, list[float]] = {}
    for text in given:
        name, sign, numbers = text.rpartition("=")
        if bool(sign) != ("=" in given[0]) or (not sign and len(given) > 1) or name in groups:
            raise InputError("--scale", f"must be given once, or once for each group as GROUP=LEVELS, got {text!r}")
        try:
            groups[name] = [float(part) for part in numbers.split(",")]
        except ValueError:
            raise InputError("--scale", f"must be numbers between commas, got {numbers!r}") from None
    return groups if "=" in given[0] else groups[""]


def _tracing(text: str) -> float | None:
    from psephos.errors import InputError

    if text == "none":
        return None
    try:
        return float(text)
    except ValueError:
        raise InputError("--tracing", f"must be a number or none, got {text!r}") from None
