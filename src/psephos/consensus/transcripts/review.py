"""What does a listener need to know of a span, in which order are spans heard, and when may one stop?

The expected errors of a span are the sum of 1 - certainty over its columns. Listening is worth it as long as many are
left; errors on which all agree are in no span, so a queue cannot find them all, and the advice says so.

``"risk"`` hears spans by the score of sheet 01, which puts lost negations and numbers first. Ours are two orders that
look at the number of errors only. ``"errors"`` cuts the text where certainty changes and hears spans by expected errors
per column: most errors for the words one looks at. ``"time"`` leaves chains of doubtful columns whole and hears them by
expected errors per second (per column where a span has no times): most errors for the time one listens, for every span
costs half a second more than its words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from psephos.consensus.transcripts.disagreement import LABELS
from psephos.consensus.transcripts.keys import NULL
from psephos.consensus.transcripts.spans import Spans, find_spans, level_spans
from psephos.errors import check_choice

if TYPE_CHECKING:
    from psephos.consensus.transcripts.verdict import TranscriptVerdict

NOTHING = "(nothing)"
ORDERS_OF_HEARING = ("risk", "errors", "time")


@dataclass(frozen=True)
class Span:
    """A place to listen to.

    Attributes
    ----------
    rank : int
        From 1.
    item : str
        The clip.
    first, last : int
        First and last column in the clip, from 1.
    start, end : float or None
        Seconds.
    consensus : str
        What was elected.
    alternatives : tuple of (str, tuple of str)
        What was heard instead or likewise, with the voters that heard it, most first.
    reason : str
        Why it is here.
    score, expected_errors : float
    """

    rank: int
    item: str
    first: int
    last: int
    start: float | None
    end: float | None
    consensus: str
    alternatives: tuple[tuple[str, tuple[str, ...]], ...]
    reason: str
    score: float
    expected_errors: float


@dataclass(frozen=True)
class Advice:
    """When to stop listening.

    Attributes
    ----------
    spans : int
        How many spans to hear, from the first on.
    seconds : float or None
        How long that takes, None without times.
    found, left : float
        Share of the expected errors that these spans hold, and expected errors left after them.
    reached : bool
        Whether what is left is as little as was asked for.
    """

    spans: int
    seconds: float | None
    found: float
    left: float
    reached: bool

    def __str__(self) -> str:
        time = "" if self.seconds is None else f" ({self.seconds:,.0f} s)"
        after = (
            f"after {self.spans:,} spans{time} {self.found:.0%} of the expected errors are found, {self.left:,.1f} left"
        )
        if self.reached:
            return f"stop {after}"
        return f"{after}; the others are where transcripts agree, and no queue finds them"


def in_order(verdict: TranscriptVerdict, by: str | None) -> Spans:
    """The spans in an order of hearing, that of the verdict if none is given."""
    by = verdict.queue_by if by is None else check_choice("by", by, ORDERS_OF_HEARING)
    if by == "risk":
        return verdict.spans
    clip, risk, start, end = verdict.columns.clip, verdict.risk, verdict.start, verdict.end
    if by == "errors":
        spans = level_spans(clip, verdict.certainty, risk, start, end)
        cost = spans.columns.astype(np.float64)
    else:
        spans = find_spans(clip, verdict.flagged, risk, start, end)
        timed = not np.isnan(spans.seconds).any()
        cost = spans.seconds if timed else spans.columns.astype(np.float64)
    return spans.take(np.argsort(-np.round(spans.errors(verdict.certainty) / cost, 9), kind="stable"))


def described(verdict: TranscriptVerdict, spans: Spans, count: int) -> list[Span]:
    """The first `count` of these spans, with who heard what and why to listen; see `Span`."""
    columns, keys = verdict.columns, verdict.spoken.keys
    clip_of = columns.clip
    names = verdict.opinions.vocabulary("voter").to_list()
    clips = verdict.clip_names.to_list()
    found = []
    for rank in range(count):
        low, high = int(spans.first[rank]), int(spans.last[rank]) + 1
        clip = int(clip_of[low])
        heard: dict[str, list[str]] = {}
        slots = [slot for slot, voter in enumerate(columns.voters[clip].tolist()) if voter >= 0]
        for slot in sorted(slots, key=columns.given[clip].tolist().__getitem__):
            said = " ".join(keys[key] for key in columns.keys[low:high, slot].tolist() if key > 0)
            heard.setdefault(said or NOTHING, []).append(names[columns.voters[clip, slot]])
        start, end = float(spans.start[rank]), float(spans.end[rank])
        elected = " ".join(keys[key] for key in verdict.choice[low:high].tolist() if key > 0)
        found.append(
            Span(
                rank + 1,
                clips[clip],
                low - int(columns.bounds[clip]) + 1,
                high - int(columns.bounds[clip]),
                None if np.isnan(start) else start,
                None if np.isnan(end) else end,
                elected or NOTHING,
                tuple((text, tuple(who)) for text, who in sorted(heard.items(), key=lambda pair: -len(pair[1]))),
                _reason(verdict, int(spans.riskiest[rank])),
                float(spans.score[rank]),
                float((1 - verdict.certainty[low:high]).sum()),
            )
        )
    return found


def queue_table(verdict: TranscriptVerdict, ordered: Spans, count: int) -> pl.DataFrame:
    """The first of these spans as a table; see `TranscriptVerdict.queue`."""
    spans = described(verdict, ordered, count)
    total = verdict.expected_errors
    rows = [
        (
            span.rank,
            span.item,
            span.start,
            span.end,
            span.consensus,
            " | ".join(f"{text} ({', '.join(who)})" for text, who in span.alternatives),
            span.reason,
            span.score,
        )
        for span in spans
    ]
    names = ("rank", "item", "start", "end", "consensus", "alternatives", "reason", "value")
    kinds = (pl.Int64, pl.String, pl.Float64, pl.Float64, pl.String, pl.String, pl.String, pl.Float64)
    found = np.cumsum([span.expected_errors for span in spans]) / total if total else np.ones(len(spans))
    return pl.DataFrame(rows, schema=dict(zip(names, kinds, strict=True)), orient="row").with_columns(
        pl.Series("found", found, dtype=pl.Float64)
    )


def advise(verdict: TranscriptVerdict, spans: Spans, errors_left: float) -> Advice:
    """After how many spans no more than this share of the expected errors is left."""
    total = verdict.expected_errors
    held = np.concatenate([[0.0], np.cumsum(spans.errors(verdict.certainty))])
    enough = np.flatnonzero(held >= total * (1 - errors_left) - 1e-9)
    count = int(enough[0]) if len(enough) else len(spans)
    seconds = float(spans.heard()[count - 1]) if count else 0.0
    return Advice(
        count,
        None if np.isnan(seconds) else seconds,
        float(held[count] / total) if total else 1.0,
        float(total - held[count]),
        bool(len(enough)),
    )


def _reason(verdict: TranscriptVerdict, column: int) -> str:
    """Why the riskiest column of a span is doubtful."""
    votes, support = int(verdict.votes[column]), int(verdict.support[column])
    elected = verdict.spoken.keys[verdict.choice[column]]
    label = LABELS[verdict.label[column]]
    parts = [label] if label else []
    parts.append(f"{support} of {votes} for {'no word' if elected == NULL else repr(elected)}")
    parts += [name for name, mask in verdict.flags.items() if mask[column] and name != "no word elected"]
    return ", ".join(parts)
