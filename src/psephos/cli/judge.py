"""psephos judge: let a language model decide; each task is a verb of its own below it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from psephos.cli import options as o
from psephos.cli.complaints import Verb
from psephos.cli.prompts import named_model, prices_in, prompt_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from psephos.judges import FusedDataset
    from psephos.opinions import Opinions
    from psephos.voters.language_model import LanguageModel

judge = typer.Typer(
    help="Let a language model decide: each task has a command of its own.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@judge.callback()
def _tasks() -> None:
    """Let a language model decide: each task has a command of its own."""


@judge.command(cls=Verb)
def fuse(
    prompts: Annotated[
        Path,
        typer.Argument(
            metavar="PROMPTS",
            help="A table with a column prompt, and item; or a text with a prompt a line.",
            show_default=False,
        ),
    ],
    model: Annotated[
        str,
        typer.Option(metavar="NAME", help="Writes the answers: a model of the endpoint, or local for the small one."),
    ],
    drafts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The drafts: samples with item, voter, draw, answer, and reward if any."),
    ] = None,
    column: o.Column = None,
    teacher: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A model that writes drafts, if there are none yet; may be given again."),
    ] = None,
    times: Annotated[int, typer.Option(help="Drafts of each teacher for each prompt.", min=1)] = 1,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.jsonl", help="Keeps each answer as it comes; PROMPTS.fused.jsonl if not given."),
    ] = None,
    mode: Annotated[
        str, typer.Option(help="auto votes on short answers and fuses others; fuse; select takes one draft.")
    ] = "auto",
    rule: Annotated[
        list[str] | None, typer.Option(metavar="TEXT", help="A rule that answers must keep; may be given again.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Language of the answers; else that of the prompt.")] = None,
    max_chars: Annotated[int | None, typer.Option(help="Characters of an answer, at most.", min=1)] = None,
    reasoning: Annotated[bool, typer.Option("--reasoning", help="Let the model think before it writes.")] = False,
    orders: Annotated[int, typer.Option(help="In how many orders of the drafts each prompt is asked.", min=1)] = 1,
    context: Annotated[int | None, typer.Option(help="Tokens of prompt, drafts and answer, at most.", min=1)] = None,
    overflow: Annotated[str, typer.Option(help="Beyond that: drop the worst drafts, or tree, fuse groups.")] = "drop",
    checker: Annotated[
        str | None, typer.Option(metavar="NAME", help="A second model, which says whether sentences are right.")
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where a server's OpenAI interface begins; its key is in PSEPHOS_API_KEY."),
    ] = None,
    temperature: Annotated[float, typer.Option(help="Temperature of drafts; answers are written at 0.", min=0)] = 0.7,
    max_tokens: Annotated[int, typer.Option(help="Tokens of a draft or an answer, at most.", min=1)] = 1024,
    seed: Annotated[int, typer.Option(help="Seed of orders and drafts.", min=0)] = 0,
    workers: Annotated[int, typer.Option(help="Prompts under way at a time.", min=1)] = 8,
    attempts: Annotated[int, typer.Option(help="How often a request is tried before it has failed.", min=1)] = 6,
    timeout: Annotated[float, typer.Option(help="Seconds in which the server must answer.")] = 300.0,
    prices: Annotated[
        str | None, typer.Option(metavar="IN,OUT", help="Prices of a million tokens of prompts and of answers.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Ask nothing: show the first messages, and calls and costs of all.")
    ] = False,
    limit: o.Limit = o.LIMIT,
    json: o.Json = False,
    parquet: o.Parquet = None,
    report: o.Report = None,
) -> None:
    """Make one answer of several drafts for each prompt, as a training set; again with the same file, it goes on."""
    import warnings

    from psephos.cli import output
    from psephos.errors import InputError
    from psephos.judges import collect_drafts, fuse_dataset
    from psephos.voters.language_model import IgnoredWishWarning, Interrupted, Retrying

    rows = out or Path(f"{prompts.stem}.fused.jsonl")
    kept = rows.with_name(f"{rows.stem}.drafts.jsonl")
    inputs = [str(prompts)] + ([str(drafts)] if drafts is not None else [])
    o.check_outputs(inputs, {"--out": rows, "--parquet": parquet, "--report": report})
    asked: dict[str, Any] = dict(prompt_table(prompts).select("item", "prompt").iter_rows())
    wishes: dict[str, Any] = {
        "mode": mode,
        "criteria": tuple(rule or ()),
        "language": language,
        "max_chars": max_chars,
        "reasoning": reasoning,
        "orders": orders,
        "context": context,
        "overflow": overflow,
        "max_tokens": max_tokens,
        "seed": seed,
    }

    def opened(name: str) -> LanguageModel:
        return Retrying(named_model(name, endpoint, timeout, prices_in(prices)), attempts=attempts)

    def by_teachers() -> Opinions:
        return collect_drafts(
            asked,
            [opened(name) for name in teacher or []],
            kept,
            times=times,
            temperature=temperature,
            max_tokens=max_tokens,
            seed=seed,
            workers=workers,
            label="drafts",
        )

    if (drafts is None) == (not teacher):
        raise InputError("--drafts", "or --teacher is needed, and not both", hint="name a file of samples")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", IgnoredWishWarning)
            given = _drafts(drafts, column, kept, None if dry_run else by_teachers)
            if dry_run:
                _show_plan(asked, given, prices_in(prices), wishes, json)
                return
            if checker is not None:
                wishes["checker"] = opened(checker)
            made = fuse_dataset(asked, given, opened(model), rows, workers=workers, label="fusing", **wishes)
    except Interrupted:
        typer.echo(f"psephos: stopped; what was finished is in {rows}, and the same command goes on", err=True)
        raise typer.Exit(130) from None
    output.deliver(
        made,
        "Fused",
        _tables(made),
        limit=limit,
        json=json,
        parquet=parquet,
        report=report,
        issues=given.issues,
    )
    if not json:
        output.print_line(output.console(), f"The answers are in {rows}")
    if made.stopped is not None:
        typer.echo(output.shown(f"psephos: stopped early: {made.stopped}", 600).plain, err=True)
        raise typer.Exit(1)


def _drafts(
    path: Path | None, column: list[str] | None, kept: Path, by_teachers: Callable[[], Opinions] | None
) -> Opinions:
    """The drafts of a file, or those of the teachers, which are kept beside the answers; a dry run asks no teacher."""
    from psephos.errors import InputError
    from psephos.opinions import read

    if path is not None:
        return read(str(path), kind="samples", columns=o.pairs("column", column))
    if by_teachers is not None:
        return by_teachers()
    if not kept.exists():
        problem = "asks nothing, and no teacher has written a draft yet"
        raise InputError("--dry-run", problem, hint="name a file of drafts with --drafts")
    return read(str(kept), kind="samples")


def _tables(made: FusedDataset) -> dict[str, Any]:
    import polars as pl

    columns = ("item", "text", "mode", "support", "unsupported", "contradictions")
    shown = made.to_check.select(columns).with_columns(pl.col("unsupported").list.len())
    return {"To check": shown, "Failed": made.failures}


def _show_plan(
    asked: dict[str, Any],
    given: Opinions,
    prices: tuple[float, float] | None,
    wishes: dict[str, Any],
    json: bool,
) -> None:
    """What would be asked, and what all of it would cost."""
    from psephos.cli import output
    from psephos.judges import fuse_preview
    from psephos.judges.fusion.dataset import drafts_of

    drafts = drafts_of(given)
    plans = [
        fuse_preview(asked[item], texts, prices=prices, **wishes) for item, texts in drafts.items() if item in asked
    ]
    first = next((plan for plan in plans if plan.calls), None)
    if json:
        import sys
        from json import dumps

        sys.stdout.write(dumps({"plans": [plan.to_dict() for plan in plans]}, indent=2) + "\n")
        return
    out = output.console()
    calls, most = sum(plan.calls for plan in plans), sum(plan.most_calls for plan in plans)
    lines = [
        ("prompts", f"{len(asked):,}, {len(plans):,} of them with drafts"),
        ("calls", f"{calls:,}, at most {most:,}"),
        (
            "tokens",
            f"about {sum(p.tokens_in for p in plans):,} read, {sum(p.tokens_out for p in plans):,} written at most",
        ),
    ]
    if prices is not None:
        costs = (sum(plan.cost or 0 for plan in plans), sum(plan.most_cost or 0 for plan in plans))
        lines.append(("cost", f"{costs[0]:.6g}, at most {costs[1]:.6g}"))
    output.print_summary(out, "Nothing was asked", lines)
    for message in first.messages if first is not None else ():
        typer.echo(f"\n[{message.role}]")
        for line in message.content.splitlines():
            typer.echo(output.shown(line, 2_000).plain)
