"""How a verdict on transcripts looks on a terminal: the texts with their doubtful words marked, then where to listen.

A mark says by its sign what the colour says too, so that it survives a terminal without colours:

    [dose 3/5]      some agree: three of five transcripts have the word
    [dose 1/5!]     few agree
    [- 3/5]         most have no word here, some have one
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from psephos.cli.output import print_more, print_summary, print_table, shown

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from psephos.consensus import AgainstReferences, TranscriptVerdict

WORDS = 400
"""Columns of one clip that are printed; the rest is counted."""

STYLES = ("bold red", "yellow", "")
NO_WORD = "-"


def print_transcripts(out: Console, verdict: TranscriptVerdict, gold: AgainstReferences | None, limit: int) -> None:
    """Print summary, texts, bands, queue and recognisers.

    Parameters
    ----------
    out : Console
    verdict : TranscriptVerdict
    gold : AgainstReferences or None
        How far it is from the true texts, where these are known.
    limit : int
        Clips and rows of each; 0 prints the summary alone.
    """
    from rich.text import Text

    print_summary(out, "Verdict by transcripts", verdict.summary())
    if gold is not None:
        print_summary(out, "Against the true texts", gold.summary())
    if not limit:
        return
    clips = verdict.clip_names.to_list()
    out.print(Text("Texts", style="bold"))
    out.print(Text("[word 2/4] two of four have it, [word 1/4!] few agree, [- 3/4] most have no word", style="dim"))
    if "accuracy" in verdict.voters.columns:
        out.print(Text("Voters are weighed: few and most are those of little and of most weight.", style="dim"))
    for number, clip in enumerate(clips[:limit]):
        name = shown(clip, 60)
        name.stylize("bold")
        out.print(name)
        for line in _lines(marked_words(verdict, number), out.width - 2):
            out.print("  ", line, sep="")
    print_more(out, len(clips), limit)
    _print_bands(out, verdict)
    _print_queue(out, verdict, limit)
    columns = ["voter", "group", "votes", "abstentions", "agreement", "low", "high", "accuracy", "wer"]
    voters = verdict.voters
    if gold is not None:
        voters = voters.drop("wer", strict=False).join(gold.voters.select("voter", wer="rate"), on="voter", how="left")
    voters = voters.sort("agreement", descending=True, nulls_last=True).head(max(limit, 10))
    table = voters.select(name for name in columns if name in voters.columns)
    print_table(out, "Recognisers", table.rename({"votes": "words", "abstentions": "gaps"}), formats={"wer": ".1%"})


def marked_words(verdict: TranscriptVerdict, clip: int) -> list[Text]:
    """The words of a clip, doubtful ones marked; what reads as one word is marked as one.

    Examples
    --------
    >>> from psephos.consensus import transcripts
    >>> from psephos.opinions import transcripts as heard
    >>> said = {"a": "no chest pain", "b": "no chest pain", "c": "now chest"}
    >>> rows = [(voter, place, word) for voter, text in said.items() for place, word in enumerate(text.split())]
    >>> voter, place, word = zip(*rows, strict=True)
    >>> [word.plain for word in marked_words(transcripts(heard(["clip"] * 8, voter, place, word)), 0)]
    ['[no 2/3]', 'chest', '[pain 2/3]']
    """
    from rich.text import Text

    from psephos.reports.reading import readings

    words = []
    for text, weakest in ((one.text, one.weakest) for one in readings(verdict, clip, WORDS)):
        band = int(verdict.band[weakest])
        word = NO_WORD if text is None else shown(text).plain
        if 0 <= band < 2:
            votes = f"{verdict.support[weakest]}/{verdict.votes[weakest]}{'!' if band == 0 else ''}"
            words.append(Text(f"[{word} {votes}]", STYLES[band]))
        elif text is not None:
            words.append(Text(word))
    more = int(verdict.columns.bounds[clip + 1] - verdict.columns.bounds[clip]) - WORDS
    return words if more <= 0 else [*words, Text(f"\u2026 and {more:,} more columns", "dim")]


def _lines(words: list[Text], width: int) -> Iterator[Text]:
    """Lines that do not break a mark."""
    from rich.text import Text

    line = Text()
    for word in words:
        if line and line.cell_len + 1 + word.cell_len > width:
            yield line
            line = Text()
        line = line.append(" ").append(word) if line else word.copy()
    yield line


def _print_bands(out: Console, verdict: TranscriptVerdict) -> None:
    from psephos.agreement.bands import BANDS

    total = max(1, int(verdict.evaluated.sum()))
    rows = []
    for band, name in enumerate(BANDS):
        here = (verdict.band == band) & verdict.evaluated
        rows.append((name, int(here.sum()), float(here.sum() / total), float((1 - verdict.certainty[here]).sum())))
    table = pl.DataFrame(rows, schema=["band", "words", "share", "errors expected"], orient="row")
    print_table(out, "Bands", table, formats={"share": ".1%", "errors expected": ".1f"})


def _print_queue(out: Console, verdict: TranscriptVerdict, limit: int) -> None:
    from psephos.reports.words import clock

    queue = verdict.queue(limit)
    time = pl.struct("start", "end").map_elements(
        lambda row: "" if row["start"] is None else f"{clock(row['start'])} - {clock(row['end'])}",
        return_dtype=pl.String,
    )
    columns = ["rank", "item", time.alias("time"), "reason", "consensus", "found"]
    print_table(out, "Listen first", queue.select(columns).rename({"item": "clip"}), formats={"found": ".1%"})
