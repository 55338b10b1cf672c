"""What does the page of a verdict on transcripts say?

First where to listen and what that brings; then the queue of places, each with what was heard there; beside it the
text of each clip, its doubtful words marked by tint, underline and the number of transcripts behind them. A marked
word carries what each transcript has in its columns; the script of the page lines these up below the word.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import polars as pl

from psephos.consensus.transcripts.disagreement import FORMAT
from psephos.consensus.transcripts.review import in_order
from psephos.errors import check_choice, check_count
from psephos.opinions.wording import plural
from psephos.plots.bands import bands_plot
from psephos.plots.style import share
from psephos.plots.voters import voters_plot
from psephos.reports.agreement import pairs_of
from psephos.reports.evidence import known_of
from psephos.reports.page import Page, drawn
from psephos.reports.transcript_places import places_to_hear
from psephos.reports.transcript_texts import GAP, marked_clips
from psephos.reports.words import Number, interval, lasting
from psephos.statistics import wilson_interval

if TYPE_CHECKING:
    from psephos.agreement import Agreement
    from psephos.consensus import AgainstReferences, TranscriptVerdict

ROWS = 200
VOTERS = 100


def transcripts_page(
    verdict: TranscriptVerdict,
    *,
    gold: AgainstReferences | Literal["known"] | None = "known",
    agreement: Agreement | pl.DataFrame | Literal["pairs"] | None = "pairs",
    rows: int = ROWS,
) -> Page:
    """See `psephos.reports.report`; `gold` is what `psephos.consensus.against_references` gives."""
    check_count("rows", rows)
    gold = cast("AgainstReferences | None", known_of(verdict, gold))
    if agreement is None or isinstance(agreement, str):
        check_choice("agreement", agreement or "pairs", ("pairs",))
        agreement = pairs_by_column(verdict)
    finding, lead = _headline(verdict)
    clips, ids = marked_clips(verdict)
    groups = _groups(verdict)
    pairs = pairs_of(agreement)
    sections = [("queue", "Queue"), ("texts", "Texts"), ("voters", "Recognisers")]
    sections += [("accuracy", "Accuracy")] if gold else []
    pictures = []
    if verdict.evaluated.any():
        by = "group" if groups else None
        pictures += drawn(lambda it, heading: bands_plot(it, by=by, heading=heading), verdict, prefix="bands")
    if verdict.voters["agreement"].count():
        pictures += drawn(voters_plot, verdict, prefix="voters")
    return Page(
        template="transcripts.html",
        finding=finding,
        lead=lead,
        sections=[*sections, ("issues", "Set aside")],
        says={
            "facts": _facts(verdict, gold),
            "queue": {
                "rows": places_to_hear(verdict, rows, ids),
                "total": len(in_order(verdict, None)),
                "by": verdict.queue_by,
            },
            "means": verdict.certainty_means,
            "clips": clips,
            "n_clips": len(verdict.columns.clips),
            "formats": bool((verdict.type == FORMAT).any()),
            "gap": GAP,
            "weighed": "accuracy" in verdict.voters.columns,
            "pictures": pictures,
            "voters": _voters(verdict, gold),
            "groups": groups,
            "pairs": pairs,
            "accuracy": _accuracy(gold) if gold else None,
        },
    )


def pairs_by_column(verdict: TranscriptVerdict) -> pl.DataFrame | None:
    """Of the columns where at least one of two voters has a word, how often they have the same one.

    left, right, items, agreement, low, high, as `psephos.agreement.pairwise_agreement` has them; None with too many
    voters.
    """
    names = verdict.opinions.vocabulary("voter").to_list()
    if not 2 <= len(names) <= VOTERS:
        return None
    columns = verdict.columns
    keys = np.full((len(verdict), len(names)), -1, dtype=np.int32)
    for clip, voters in enumerate(columns.voters):
        here, there = slice(columns.bounds[clip], columns.bounds[clip + 1]), np.flatnonzero(voters >= 0)
        keys[here, voters[there]] = columns.keys[here][:, there]
    rows = []
    for one, other in combinations(range(len(names)), 2):
        a, b = keys[:, one], keys[:, other]
        shared = (a >= 0) & (b >= 0) & ((a > 0) | (b > 0))
        same, items = int((shared & (a == b)).sum()), int(shared.sum())
        if items:
            low, high = wilson_interval(np.array([same]), np.array([items]))
            rows.append((names[one], names[other], items, same / items, float(low[0]), float(high[0])))
    kinds = {"left": pl.String, "right": pl.String, "items": pl.Int64}
    return pl.DataFrame(rows, schema=kinds | dict.fromkeys(("agreement", "low", "high"), pl.Float64), orient="row")


def _headline(verdict: TranscriptVerdict) -> tuple[str, str]:
    words, errors = int((verdict.choice > 0).sum()), verdict.expected_errors
    if not len(verdict):
        return "There is nothing to hear", "The transcripts hold no words."
    if not len(in_order(verdict, None)):
        return "No place needs a listen first", f"The transcripts agree on all {plural(words, 'word')}."
    half = verdict.advice(0.5)
    time = "" if half.seconds is None else f", {lasting(half.seconds)}"
    expected = f"{errors:,.0f}" if errors >= 3 else f"{errors:.1f}"
    hold = "holds" if half.spans == 1 else "hold"
    pronoun = "It" if half.spans == 1 else "They"
    of = f"of the {expected} errors to expect in a text of {plural(words, 'word')}."
    rest = "" if half.reached else " The others are where transcripts agree; no queue finds them."
    return (
        f"Listen to {plural(half.spans, 'place')} first{time}",
        f"{pronoun} {hold} {share(half.found)} {of}{rest}",
    )


def _facts(verdict: TranscriptVerdict, gold: AgainstReferences | None) -> list[tuple[str, Number]]:
    total = max(1, int(verdict.evaluated.sum()))
    counts = [int(((verdict.band == band) & verdict.evaluated).sum()) for band in range(3)]
    facts = [
        ("Words", Number(f"{int((verdict.choice > 0).sum()):,}", f"in {plural(len(verdict.columns.clips), 'clip')}")),
        ("Recognisers", Number(f"{verdict.voters.height:,}")),
        ("Few agree", Number(share(counts[0] / total), plural(counts[0], "word"))),
        ("Some agree", Number(share(counts[1] / total), f"{counts[1]:,}")),
        ("Nearly all", Number(share(counts[2] / total), f"{counts[2]:,}")),
    ]
    if gold:
        facts.append(
            (
                "Error rate",
                Number(share(gold.consensus.rate), f"of the consensus, on {gold.consensus.words:,} known words"),
            )
        )
    return facts


def _voters(verdict: TranscriptVerdict, gold: AgainstReferences | None) -> dict[str, Any]:
    table = verdict.voters
    if gold is not None:
        table = table.drop("wer", strict=False).join(gold.voters.select("voter", wer="rate"), on="voter", how="left")
    shown_rows = table.sort("agreement", "voter", descending=[True, False], nulls_last=True).head(VOTERS)
    rows = [
        row
        | {
            "number": interval(row["agreement"], row["low"], row["high"]) if row["agreement"] is not None else None,
            "wer": share(row["wer"]) if row.get("wer") is not None else "",
        }
        for row in shown_rows.iter_rows(named=True)
    ]
    return {"rows": rows, "total": table.height, "groups": "group" in table.columns, "wer": "wer" in table.columns}


def _groups(verdict: TranscriptVerdict) -> list[dict[str, Any]]:
    if verdict.opinions.about.column("items", "group", verdict.clip_names) is None:
        return []
    return [
        row | {"number": Number(share(mass), f"[{share(row['low'])}, {share(row['high'])}]" if known else "")}
        for row in verdict.groups().sort("high_risk_mass", descending=True, nulls_last=True).iter_rows(named=True)
        for mass, known in [(row["high_risk_mass"] or 0.0, row["low"] is not None)]
    ]


def _accuracy(gold: AgainstReferences) -> dict[str, Any]:
    texts = [(row["voter"], row["edits"], row["rate"], False) for row in gold.voters.sort("rate").iter_rows(named=True)]
    texts += [
        ("consensus", gold.consensus.edits, gold.consensus.rate, True),
        ("the first merged, nearest to all others", gold.first.edits, gold.first.rate, False),
        ("best of each clip (nobody can pick it without the truth)", gold.best.edits, gold.best.rate, False),
    ]
    return {
        "gold": gold,
        "rate": share(gold.consensus.rate),
        "mean": share(gold.mean.rate),
        "compared": gold.compared,
        "texts": [(name, edits, share(rate), ours) for name, edits, rate, ours in texts],
        "found": [
            (
                f"{100 * row['checked']:.0f}\u202f%",
                share(row["errors"]),
                None if row["errors_by_time"] is None else share(row["errors_by_time"]),
            )
            for row in gold.found.head(-1).iter_rows(named=True)
        ],
        "all": share(gold.found["errors"][-1]),
        "timed": gold.found["errors_by_time"].null_count() == 0,
        "strengths": [
            row | {"number": interval(row["error"], row["low"], row["high"]), "share": share(row["share"])}
            for row in gold.strengths.iter_rows(named=True)
        ],
    }
