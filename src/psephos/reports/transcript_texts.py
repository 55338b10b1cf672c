"""How do the texts of clips read on a page: which words are marked, and what did each transcript have there?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from psephos.consensus.transcripts.disagreement import FORMAT, LABELS, NONE, TYPES
from psephos.opinions.wording import plural
from psephos.reports.reading import readings
from psephos.reports.words import clock, shown

if TYPE_CHECKING:
    from psephos.consensus import TranscriptVerdict

CLIPS = 200
"""Clips whose text the page shows; more are in the files that psephos writes."""

WORDS = 20_000
"""Columns that the page shows over all clips; a longer clip is cut."""

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
    """A clip of the page.

    Attributes
    ----------
    name, group : str
    voters : str
        Who transcribed it, a line each.
    facts : list of str
        How far they agree.
    tokens : list of Token
        Its text.
    left_out : int
        Columns beyond those that fit on the page.
    """

    name: str
    group: str
    voters: str
    facts: list[str]
    tokens: list[Token]
    left_out: int


def marked_clips(verdict: TranscriptVerdict) -> tuple[list[Clip], dict[int, str]]:
    """The clips of the page, as many as `CLIPS` and `WORDS` allow.

    Returns
    -------
    clips : list of Clip
    ids : dict of int to str
        The element of each doubtful column, by its number.
    """
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
