"""psephos ask: sample a language model under one budget for many questions, and say what it answers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from psephos.cli import options as o
from psephos.cli.complaints import also_called
from psephos.cli.prompts import named_model, prices_in, prompt_table

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

    from psephos.allocation import Asked
    from psephos.opinions.model import Opinions
    from psephos.opinions.outcomes import Result
    from psephos.voters.language_model import LanguageModel, Request

PLACE = "{prompt}"


@also_called(delta="stop", init="first", log="samples", n_classes="classes", n_options="classes")
def ask(
    questions: Annotated[
        Path,
        typer.Argument(
            metavar="QUESTIONS",
            help="A table with a column prompt, and item, gold if there are any; or a text with a question a line.",
            show_default=False,
        ),
    ],
    model: Annotated[
        str,
        typer.Option(metavar="NAME", help="The model of the endpoint; local; or stored:FILE, samples in store."),
    ],
    budget: Annotated[int, typer.Option(metavar="SAMPLES", help="Samples in all, those in store among them.", min=1)],
    method: Annotated[str, typer.Option(help="adaptive, knowledge-gradient or uniform.")] = "adaptive",
    stop: Annotated[
        float | None,
        typer.Option(metavar="DELTA", help="A question is settled at this p-value, and gets no more samples."),
    ] = None,
    classes: Annotated[
        int | None, typer.Option(help="Answers that a question can have; without it p-values are heuristic.", min=2)
    ] = None,
    cap: Annotated[int | None, typer.Option(help="Samples of a question, at most.", min=1)] = None,
    first: Annotated[int, typer.Option(help="Samples that each question gets first.", min=0)] = 1,
    samples: Annotated[
        Path | None,
        typer.Option(metavar="FILE.jsonl", help="Keeps each sample as it comes; QUESTIONS.samples.jsonl if not given."),
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where a server's OpenAI interface begins; its key is in PSEPHOS_API_KEY."),
    ] = None,
    answer: Annotated[
        str, typer.Option(help="What of a text is its answer: whole, marked, short, number, letter.")
    ] = "whole",
    pattern: Annotated[
        str | None, typer.Option(metavar="REGEX", help="Instead: the first group of this at its last place.")
    ] = None,
    equivalence: o.EquivalenceOption = "exact",
    system: Annotated[str, typer.Option(metavar="TEXT", help="What the model is told beforehand.")] = "",
    template: Annotated[
        str, typer.Option(metavar="TEXT", help=f"The message, in which {PLACE} stands for the prompt.")
    ] = PLACE,
    temperature: Annotated[float, typer.Option(help="Temperature; at 0 all samples are alike.", min=0)] = 0.7,
    max_tokens: Annotated[int | None, typer.Option(help="Tokens of a sample, at most.", min=1)] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the samples, where the model takes one.", min=0)] = None,
    logprobs: Annotated[bool, typer.Option("--logprobs", help="Keep the log-probability of each token.")] = False,
    workers: Annotated[int, typer.Option(help="Requests under way at a time.", min=1)] = 8,
    attempts: Annotated[int, typer.Option(help="How often a request is tried before it has failed.", min=1)] = 6,
    timeout: Annotated[float, typer.Option(help="Seconds in which the server must answer.")] = 300.0,
    prices: Annotated[
        str | None, typer.Option(metavar="IN,OUT", help="Prices of a million tokens of prompts and of answers.")
    ] = None,
    most_cost: Annotated[
        float | None, typer.Option(metavar="MONEY", help="Ends before this is exceeded; needs --prices.", min=0)
    ] = None,
    end: Annotated[str, typer.Option(help="What ends it: decide, select, or none.")] = "decide",
    limit: o.Limit = o.LIMIT,
    json: o.Json = False,
    parquet: o.Parquet = None,
    report: o.Report = None,
) -> None:
    """Sample a language model under one budget for many questions; again with the same file, it goes on."""
    import warnings

    from psephos.allocation import ask as ask_model
    from psephos.cli import output
    from psephos.errors import check_choice
    from psephos.voters.language_model import IgnoredWishWarning, Interrupted, Retrying

    log = samples or Path(f"{questions.stem}.samples.jsonl")
    o.check_outputs([str(questions)], {"--samples": log, "--parquet": parquet, "--report": report})
    check_choice("end", end, ("decide", "select", "none"))
    items = prompt_table(questions)
    wishes = {"temperature": temperature, "max_tokens": max_tokens, "seed": seed, "logprobs": logprobs}
    requests = {
        item: _request(item, template, prompt, system, wishes) for item, prompt in items.select("item", "prompt").rows()
    }
    opened = named_model(model, endpoint, timeout, prices_in(prices))
    limited = opened if most_cost is None else _limited(opened, most_cost, prices, log, requests)
    terms = {"delta": stop, "n_classes": classes, "cap": cap, "init": first}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", IgnoredWishWarning)  # they are notes of the result
            asked = ask_model(
                requests,
                Retrying(limited, attempts=attempts),
                budget=budget,
                log=log,
                method=method,
                answer=_rule(answer, pattern),
                workers=workers,
                about={"items": items},
                label="asking",
                equivalence=equivalence,
                **{name: value for name, value in terms.items() if value is not None},  # type: ignore[arg-type]
            )
    except Interrupted as stopped:
        kept = stopped.partial.table()["drawn"].sum()
        typer.echo(f"psephos: stopped; {kept:,} samples are in {log}, and the same command goes on", err=True)
        raise typer.Exit(130) from None
    found = _ended(asked, end, equivalence)
    output.write_files(asked if found is None else found, parquet, report, rows=asked.table())
    if json:
        output.print_json(asked, **({} if found is None else {end: found}))
    else:
        out = output.console()
        _print(out, asked, found, items, equivalence, limit)
        output.print_line(out, f"The samples are in {log}")
        output.print_written(out, parquet, report)
    if asked.stopped is not None:
        typer.echo(output.shown(f"psephos: stopped early: {asked.stopped}", 600).plain, err=True)
        typer.echo("psephos: the same command goes on where it was", err=True)
        raise typer.Exit(1)


def _request(item: str, template: str, prompt: str, system: str, wishes: dict[str, Any]) -> Request:
    from psephos.errors import InputError
    from psephos.voters.language_model import Request

    if PLACE not in template:
        raise InputError("template", f"must hold {PLACE}, got {template!r:.60}")
    return Request.of(template.replace(PLACE, prompt), system=system, tag=item, **wishes)


def _limited(
    model: LanguageModel, most: float, prices: str | None, log: Path, requests: dict[str, Request]
) -> LanguageModel:
    """The model under what is left of the money: what the log says was paid is spent.

    A sample whose cost the server did not say counts as the dearest of its question, as it did when it was drawn.
    """
    from psephos.voters.language_model import Budget, SampleLog
    from psephos.voters.language_model.replies import FAILED

    whole = Budget(model, cost=most, prices=prices_in(prices))
    spent = 0.0
    if log.exists():
        with SampleLog(log) as kept:
            for row in kept.rows:
                if row.get("cost") is not None:
                    spent += row["cost"]
                elif row["status"] != FAILED and row["item"] in requests:
                    spent += whole.dearest(requests[row["item"]]).cost
    return Budget(model, cost=max(0.0, most - spent), prices=prices_in(prices))


def _rule(answer: str, pattern: str | None) -> str | re.Pattern[str]:
    from psephos.errors import InputError

    if pattern is None:
        return answer
    try:
        return re.compile(pattern)
    except re.error as problem:
        raise InputError("--pattern", f"is no regular expression: {problem}") from None


def _ended(asked: Asked, end: str, equivalence: str) -> Result | None:
    """The verdict, or the selection, over all samples."""
    if end == "none" or not _answered(asked.samples):
        return None
    if end == "select":
        from psephos.selection import select

        return select(asked.samples, equivalence=equivalence)
    from psephos.consensus import decide

    return decide(asked.samples, method="majority", equivalence=equivalence)


def _answered(samples: Opinions) -> bool:
    return bool((samples.codes("answer") >= 0).any())


def _print(out: Console, asked: Asked, found: Result | None, items: pl.DataFrame, equivalence: str, limit: int) -> None:
    import polars as pl

    from psephos.allocation.allocation_result import ASK
    from psephos.cli.output import print_issues, print_summary, print_table

    print_summary(out, f"Asked by {asked.provenance.method}", asked.summary())
    if found is not None:
        print_summary(out, f"By {found.provenance.method}", found.summary())
        if "gold" in items.columns and items["gold"].count():
            from psephos.consensus import against_gold, majority

            verdict = majority(asked.samples, equivalence=equivalence)
            known = verdict.opinions.about.column("items", "gold", verdict.items)
            if known is not None and known.count():
                print_summary(
                    out, "Against the known answers", against_gold(verdict, known, equivalence=equivalence).summary()
                )
    if limit:
        names = ("question", "answer", "samples", "votes", "second", "certainty", "p_value", "status", "flags")
        table = asked.table().sort("certainty", ~pl.col("flags").str.contains(ASK), maintain_order=True)
        print_table(out, "Least certain", table.select(names).head(limit))
    print_issues(out, asked.samples.issues)
