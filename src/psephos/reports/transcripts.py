"""What does the page of a verdict on transcripts say?

First where to listen and what that brings; then the queue of places, each with what was heard there; beside it the
text of each clip, its doubtful words marked by tint, underline and the number of transcripts behind them. A marked
word carries what each transcript has in its columns; the script of the page lines these up below the word.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from psephos.consensus.disagreement import FORMAT, LABELS, NONE, TYPES
from psephos.errors import check_count
from psephos.plots.bands import bands_plot
from psephos.plots.style import share
from psephos.plots.voters import voters_plot
from psephos.reports.agreement import pairs_of
from psephos.reports.page import Page, drawn
from psephos.reports.reading import readings
from psephos.reports.words import Number, clock, interval, lasting, plural, shown
from psephos.statistics import wilson_interval

if TYPE_CHECKING:
    from psephos.agreement import Agreement
    from psephos.consensus import AgainstReferences, TranscriptVerdict

ROWS = 200
CLIPS = 200
"""Clips whose text the page shows; more are in the files that psephos writes."""

WORDS = 20_000
"""Columns that the page shows over all clips; a longer clip is cut."""

VOTERS = 100
HEARD = 8
"""Readings of a place that are listed with their transcripts."""

GAP = "\u2205"
"""Stands where a transcript, or the consensus, has no word."""

SAME = "="
"""No word looks like it, for a word has letters, digits or a per cent sign."""

BANDS = ("risk", "middle", "quiet")


@dataclass(frozen=True)
class Token:
    """A word of the consensus, or a place where some heard one.

    Attributes
    ----------
    id : str
        Of the element; empty for plain text: nearly all agree, and on the writing too.
    text : str
        The word; `GAP` where none was elected.
    band : {"risk", "middle", "quiet"}
    kind : {"none", "format", "content"}
    label : str
        What the disagreement is about.
    votes, voters : int
        Transcripts behind the word, and all.
    slots : str
        What each transcript has here, a line each: nothing, `SAME` for the word as it stands, or what it wrote. Empty
        where all have the same.
    time : str
    """

    id: str
    text: str
    band: str
    kind: str
    label: str
    votes: int
    voters: int
    slots: str
    time: str


@dataclass(frozen=True)
class Clip:
    """A clip of the page: its text, who transcribed it, and how far they agree."""

    name: str
    group: str
    voters: str
    facts: list[str]
    tokens: list[Token]
    left_out: int


@dataclass(frozen=True)
class Place:
    """A row of the queue."""

    rank: int
    clip: str
    start: str
    end: str
    reason: str
    consensus: str
    found: str
    band: str
    heard: list[tuple[str, bool, tuple[str, ...]]]
    more: int
    target: str


def transcripts_page(
    verdict: TranscriptVerdict,
    *,
    gold: AgainstReferences | None = None,
    agreement: Agreement | pl.DataFrame | None = None,
    rows: int = ROWS,
) -> Page:
    """See `psephos.reports.report`; `gold` is what `psephos.consensus.against_references` gives."""
    check_count("rows", rows)
    finding, lead = _headline(verdict)
    clips, ids = _clips(verdict)
    groups = _groups(verdict)
    pairs = pairs_of(agreement if agreement is not None else pairs_by_column(verdict))
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
            "queue": {"rows": _places(verdict, rows, ids), "total": len(verdict.spans)},
            "means": verdict.certainty_means,
            "clips": clips,
            "n_clips": len(verdict.columns.clips),
            "formats": bool((verdict.type == FORMAT).any()),
            "gap": GAP,
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
    if not len(verdict.spans):
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
        ("Few agree", Number(share(counts[0] / total), f"{counts[0]:,} words")),
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


def _places(verdict: TranscriptVerdict, rows: int, ids: dict[int, str]) -> list[Place]:
    spans = verdict.spans_to_hear(rows)
    found = verdict.queue(rows)["found"].to_list()
    listed = []
    for number, (span, part) in enumerate(zip(spans, found, strict=True)):
        inside = range(int(verdict.spans.first[number]), int(verdict.spans.last[number]) + 1)
        riskiest = int(verdict.spans.riskiest[number])
        heard = [(text, text == span.consensus, who) for text, who in span.alternatives[:HEARD]]
        listed.append(
            Place(
                rank=span.rank,
                clip=span.item,
                start=clock(span.start),
                end=clock(span.end),
                reason=span.reason,
                consensus=span.consensus,
                found=share(part),
                band=BANDS[verdict.band[riskiest]] if verdict.band[riskiest] >= 0 else "quiet",
                heard=heard,
                more=max(0, len(span.alternatives) - HEARD),
                target=next((ids[c] for c in (riskiest, *inside) if c in ids), ""),
            )
        )
    return listed


def _clips(verdict: TranscriptVerdict) -> tuple[list[Clip], dict[int, str]]:
    """The clips of the page, and the id of the element of each column that has one."""
    columns, names = verdict.columns, verdict.opinions.vocabulary("voter").to_list()
    clips = verdict.clip_names.to_list()
    groups = verdict.opinions.about.column("items", "group", verdict.clip_names)
    group_of = [""] * len(clips) if groups is None else ["" if g is None else str(g) for g in groups]
    counts = verdict.clips
    listed: list[Clip] = []
    ids: dict[int, str] = {}
    room = WORDS
    for clip, name in enumerate(clips[:CLIPS]):
        first, last = int(columns.bounds[clip]), int(columns.bounds[clip + 1])
        end = min(last, first + room)
        room -= end - first
        order = [int(s) for s in np.argsort(columns.given[clip], kind="stable") if columns.voters[clip, s] >= 0]
        row = counts.row(clip, named=True)
        facts = [plural(row["evaluated"], "word")]
        facts += [f"few agree on {row['high_risk']:,}"] if row["high_risk"] else []
        facts += [f"some on {row['middle']:,}"] if row["middle"] else []
        facts += [f"{row['expected_errors']:,.1f} errors expected"]
        listed.append(
            Clip(
                name=name,
                group=group_of[clip],
                voters="\n".join(shown(names[columns.voters[clip, slot]], 40) for slot in order),
                facts=facts,
                tokens=_tokens(verdict, clip, end - first, order, ids),
                left_out=last - end,
            )
        )
        if not room:
            break
    return listed, ids


def _tokens(verdict: TranscriptVerdict, clip: int, most: int, order: list[int], ids: dict[int, str]) -> list[Token]:
    found = []
    begin = int(verdict.columns.bounds[clip]) - 1
    for columns, text, weakest in readings(verdict, clip, most):
        kind = int(verdict.type[columns.start : columns.stop].max())
        band = BANDS[verdict.band[weakest]] if verdict.band[weakest] >= 0 else "quiet"
        doubtful = band != "quiet" or kind == FORMAT
        if text is None and not doubtful:
            continue
        name = f"w{clip + 1}-{columns.start - begin}" if doubtful else ""
        if doubtful:
            ids |= dict.fromkeys(columns, name)
        word = GAP if text is None else shown(text, 80)
        slots = [_slot(verdict, columns, slot) for slot in order] if kind != NONE else []
        found.append(
            Token(
                id=name,
                text=word,
                band=band,
                kind=TYPES[kind],
                label=LABELS[verdict.label[weakest]],
                votes=int(verdict.support[weakest]),
                voters=int(verdict.votes[weakest]),
                slots="\n".join(SAME if written == word else written for written in slots),
                time=clock(float(verdict.start[columns.start])),
            )
        )
    return found


def _slot(verdict: TranscriptVerdict, parts: range, slot: int) -> str:
    """What one transcript wrote in these columns, each of its tokens once."""
    spoken = verdict.spoken
    words = [int(w) for w in verdict.columns.words[parts.start : parts.stop, slot] if w >= 0]
    written: dict[int, str] = {}
    for word in words:
        written.setdefault(int(spoken.token[word]), spoken.surfaces[spoken.surface[word]])
    return shown(" ".join(written.values()), 60) if written else ""


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
    return {
        "gold": gold,
        "rate": share(gold.consensus.rate),
        "mean": share(gold.mean.rate),
        "best": share(gold.best.rate),
        "found": [
            (f"{100 * row['checked']:.0f}\u202f%", share(row["errors"])) for row in gold.found.iter_rows(named=True)
        ],
        "strengths": [
            row | {"number": interval(row["error"], row["low"], row["high"]), "share": share(row["share"])}
            for row in gold.strengths.iter_rows(named=True)
        ],
    }
