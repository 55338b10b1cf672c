"""psephos decide: what do the voters say together, how sure is that, and what to check first?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from psephos.cli import options as o
from psephos.cli import transcript_options as t
from psephos.cli.complaints import also_called

if TYPE_CHECKING:
    from rich.console import Console

    from psephos.consensus import AgainstGold, ScoreVerdict
    from psephos.opinions.verdicts import Verdict


@also_called(item="why")
@o.reads
def decide(
    given: o.ReadOptions,
    method: Annotated[
        str,
        typer.Option(
            help="auto, majority, dawid-skene, one-coin, glad, mace, kos, agreement, source-reliability, collective, "
            "transcripts or, of scores, score-bias."
        ),
    ] = "auto",
    ties: Annotated[str, typer.Option(help="What an item gets whose first place is shared: first, none.")] = "first",
    rule: Annotated[
        str, typer.Option(help="plurality, or strict: more than half of all who were asked.")
    ] = "plurality",
    weights: Annotated[str | None, typer.Option(metavar="VOTER=W,...", help="Weights of voters.")] = None,
    equivalence: o.EquivalenceOption = "exact",
    engine: o.EngineOption = "1",
    in_parts: Annotated[bool, typer.Option("--in-parts", help="Read Parquet in parts that fit in memory.")] = False,
    resume: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep counted parts here; a second call does the rest.")
    ] = None,
    limit: Annotated[int, typer.Option(help="Rows of the queue, and texts, to print.", min=0)] = o.LIMIT,
    why: Annotated[
        list[str] | None, typer.Option(metavar="ITEM", help="Print the votes behind this item, or word (clip:place).")
    ] = None,
    copies: Annotated[
        str, typer.Option(help="Sources that copy (source-reliability): report, or share: they share one vote.")
    ] = "report",
    topics: Annotated[
        bool,
        typer.Option(
            "--topics", help="Say how reliable each source is on each topic (column topic of --about items=FILE)."
        ),
    ] = False,
    vote: t.Vote = "count",
    order: t.Order = "medoid",
    realign: t.Realign = False,
    collar: t.Collar = None,
    meant: t.Meant = False,
    numbers: t.Numbers = False,
    language: t.Language = "en",
    words: t.Words = None,
    queue_by: t.QueueBy = "risk",
    longest_span: t.LongestSpan = 8,
    references: t.References = None,
    fixes: t.Fixes = None,
    json: o.Json = False,
    parquet: o.Parquet = None,
    report: o.Report = None,
) -> None:
    """Say what the voters say together, how sure that is, and what to check first."""
    from psephos.consensus import ScoreVerdict
    from psephos.consensus import decide as decide_opinions
    from psephos.consensus.transcripts.known_texts import with_references
    from psephos.errors import InputError
    from psephos.opinions import Opinions

    stated = {name: value for name, value in locals().items() if name in t.DEFAULTS}
    outputs = {"--parquet": parquet, "--report": report}
    given.check_outputs(outputs)
    o.check_outputs((str(file) for file in (references, fixes, words) if file is not None), outputs)
    if topics and method != "source-reliability":
        raise InputError("--topics", "is told by one method only", hint="add --method source-reliability")
    opinions = given.load_or_scan(in_parts=in_parts)
    asked = t.asked_for(opinions, stated)
    if asked.pop("references", None) is not None and isinstance(opinions, Opinions):
        opinions = with_references(opinions, str(references), encoding=given.encoding)
    verdict: Any = decide_opinions(
        opinions,
        method=method,
        ties=ties,
        rule=rule,
        weights=_weights(weights),
        equivalence=equivalence,
        engine=int(engine) if engine.isdecimal() else engine,
        resume=resume,
        copies=copies,
        **asked,
    )
    if isinstance(verdict, ScoreVerdict):
        _deliver_scores(verdict, why, limit, json=json, parquet=parquet, report=report)
    else:
        _deliver_choices(verdict, why, limit, topics=topics, json=json, parquet=parquet, report=report)


def _deliver_scores(
    verdict: ScoreVerdict, why: list[str] | None, limit: int, *, json: bool, parquet: Path | None, report: Path | None
) -> None:
    """Write and print what was asked for of a verdict on scores."""
    from psephos.cli import output
    from psephos.errors import InputError

    if why:
        raise InputError("--why", "scores have no votes behind a choice", hint="see the table of voters")
    tables = {"Scores": verdict.table().head(limit), "Voters": verdict.voters.head(limit)}
    title = "Scores without the bias of voters"
    output.deliver(verdict, title, tables, json=json, parquet=parquet, report=report, issues=verdict.issues)


def _deliver_choices(
    verdict: Any,
    why: list[str] | None,
    limit: int,
    *,
    topics: bool,
    json: bool,
    parquet: Path | None,
    report: Path | None,
) -> None:
    """Write and print what was asked for of a verdict, with its reasons, and how right it is where that is known."""
    from psephos.cli import output
    from psephos.cli.transcript_view import print_transcripts
    from psephos.consensus import SourceVerdict, TranscriptVerdict, topic_reliability
    from psephos.consensus.against_known import against_known

    reasons = [verdict.why(item) for item in why or []]
    gold: Any = against_known(verdict)
    by_topic = topic_reliability(verdict) if topics and isinstance(verdict, SourceVerdict) else None
    output.write_files(verdict, parquet, report, gold=gold)
    if json:
        against = "against_references" if isinstance(verdict, TranscriptVerdict) else "against_gold"
        output.print_json(verdict, **{against: gold, "why": reasons, "topics": by_topic})
        return
    out = output.console()
    if isinstance(verdict, TranscriptVerdict):
        print_transcripts(out, verdict, gold, limit)
    else:
        _print_verdict(out, verdict, gold, limit)
    if by_topic is not None:
        output.print_table(out, "Sources by topic", by_topic)
    for reason in reasons:
        output.print_summary(out, "Why", reason.summary())
    output.print_issues(out, verdict.issues)
    output.print_written(out, parquet, report)


def _print_verdict(out: Console, verdict: Verdict, gold: AgainstGold | None, limit: int) -> None:
    from psephos.cli.output import print_summary, print_table
    from psephos.consensus import SourceVerdict, TruthVerdict

    print_summary(out, f"Verdict by {verdict.provenance.method}", verdict.summary())
    if gold is not None:
        print_summary(out, "Against the known answers", gold.summary())
    if limit:
        queue = verdict.queue(limit).drop("value")
        print_table(out, "Check first", queue, formats={"found": ".1%"})
        least = (
            verdict.voters.sort("agreement", nulls_last=True)
            .head(limit)
            .select("voter", "votes", "abstentions", "agreement", "low", "high")
        )
        print_table(out, "Voters least like the others", least)
        if isinstance(verdict, SourceVerdict):
            worst = verdict.sources.sort("reliability", nulls_last=True).head(limit)
            print_table(out, "Least reliable sources", worst.select("voter", "reliability", "low", "high", "weight"))
        elif isinstance(verdict, TruthVerdict):
            worst = verdict.voters.sort("reliability", nulls_last=True).head(limit)
            named = worst.select("voter", "reliability", low="reliability_low", high="reliability_high")
            print_table(out, "Least reliable voters", named)


def _weights(text: str | None) -> dict[str, float] | None:
    """Weights of voters from a line of CSV, so that names may hold commas and signs of equality."""
    from psephos.errors import InputError

    found: dict[str, float] = {}
    for part in o.split(text or ""):
        name, sign, number = part.rpartition("=")
        if not (name and sign):
            raise InputError("--weights", f"must be VOTER=W,..., got {part!r}")
        if name in found:
            raise InputError("--weights", f"names {name!r} twice", hint="give each voter one weight")
        try:
            found[name] = float(number)
        except ValueError:
            raise InputError("--weights", f"the weight of {name} must be a number, got {number!r}") from None
    return found or None
