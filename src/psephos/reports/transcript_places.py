"""What does a page say of each place to listen to?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psephos.consensus.transcripts.review import in_order
from psephos.plots.style import share
from psephos.reports.transcript_texts import BANDS
from psephos.reports.words import clock

if TYPE_CHECKING:
    from psephos.consensus import TranscriptVerdict

HEARD = 8
"""Readings of a place that are listed with their transcripts."""


@dataclass(frozen=True)
class Place:
    """A row of the queue: a place to listen to.

    Attributes
    ----------
    rank : int
    clip : str
    start, end : str
        Times as a clock shows them.
    reason : str
        Why to listen.
    consensus : str
        What was elected.
    found : str
        Share of the expected errors that is found down to here.
    band : str
        How many agree.
    heard : list of (str, bool, tuple of str)
        What was heard, whether that was elected, and by whom.
    more : int
        Further texts that are not listed.
    target : str
        Element of the page in which it is marked; empty if it is not shown.
    """

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


def places_to_hear(verdict: TranscriptVerdict, rows: int, ids: dict[int, str]) -> list[Place]:
    """The first places of the queue.

    Parameters
    ----------
    verdict : TranscriptVerdict
    rows : int
        How many.
    ids : dict of int to str
        Elements of the columns that the texts mark.
    """
    order = in_order(verdict, None)
    spans = verdict.spans_to_hear(rows)
    found = verdict.queue(rows)["found"].to_list()
    listed = []
    for number, (span, part) in enumerate(zip(spans, found, strict=True)):
        inside = range(int(order.first[number]), int(order.last[number]) + 1)
        riskiest = int(order.riskiest[number])
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
