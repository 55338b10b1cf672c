"""What does a writer of transcripts write: words, with what is known of each?

`Word` is one word of a clip as it is to be exported, be it heard by one voter or elected by several; `words_of` takes
them from opinions. Formats that cannot do without times get them by `timed`: a word without one shares the time between
its neighbours with those beside it, each weighing its number of characters plus one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import polars as pl

from psephos.errors import ConfidenceError, InputError, TimeError
from psephos.opinions.model import Opinions
from psephos.opinions.transcript_checks import GIVEN
from psephos.opinions.transcript_tokens import spread

SECONDS_PER_WORD = 0.3
"""What a word without a time gets before the first and after the last word that has one."""


@dataclass(frozen=True)
class Word:
    """One word of a clip.

    Attributes
    ----------
    text : str
        The word as it is to be read; empty where nothing was elected and some voter heard something.
    start, end : float, optional
        Seconds from the start of the recording.
    confidence : float, optional
        Between 0 and 1.
    speaker, channel : str, optional
        Who spoke, and on which channel.
    alternatives : tuple of str
        What else was heard here, the likeliest first; an empty text stands for nothing.
    times : str
        Where the times come from: ``given``, ``interpolated`` or ``missing``.

    Raises
    ------
    TimeError
        If a time is negative or not finite, or the end lies before the start.
    ConfidenceError
        If the confidence lies outside 0 to 1.

    Examples
    --------
    >>> Word("fifty", 0.2, 0.6, alternatives=("fifteen",)).alternatives
    ('fifteen',)
    """

    text: str
    start: float | None = None
    end: float | None = None
    confidence: float | None = None
    speaker: str | None = None
    channel: str | None = None
    alternatives: tuple[str, ...] = ()
    times: str = GIVEN

    def __post_init__(self) -> None:
        for name, value in (("start", self.start), ("end", self.end)):
            if value is not None and not 0 <= value < math.inf:
                raise TimeError(name, f"must be at least 0 and finite, got {value!r}", where=f"word {self.text!r:.40}")
        if self.start is not None and self.end is not None and self.end < self.start:
            problem = f"lies before the start: {self.end:.12g} < {self.start:.12g}"
            raise TimeError("end", problem, where=f"word {self.text!r:.40}")
        if self.confidence is not None and not 0 <= self.confidence <= 1:
            problem = f"must lie between 0 and 1, got {self.confidence!r}"
            raise ConfidenceError("confidence", problem, where=f"word {self.text!r:.40}")


def words_of(opinions: Opinions) -> dict[tuple[str, str], list[Word]]:
    """The words of each transcript by voter and item, in the order of their positions.

    Examples
    --------
    >>> from psephos.opinions import transcripts
    >>> heard = transcripts(["c", "c"], ["v", "v"], [1, 0], ["there", "hello"])
    >>> [word.text for word in words_of(heard)["v", "c"]]
    ['hello', 'there']
    """
    if opinions.kind != "transcripts":
        raise InputError("opinions", f"must be transcripts, got {opinions.kind}")
    frame = opinions.frame()
    known = [name for name in ("start", "end", "confidence", "speaker", "channel", "times") if name in frame.columns]
    frame = frame.select(
        "voter",
        "item",
        pl.col("token").fill_null(""),
        *(pl.col(name).fill_nan(None) if frame.schema[name].is_float() else pl.col(name) for name in known),
        position=pl.Series(opinions.numbers["position"]),
    ).sort("position", maintain_order=True)
    found: dict[tuple[str, str], list[Word]] = {}
    for row in frame.drop("position").iter_rows(named=True):
        words = found.setdefault((row.pop("voter"), row.pop("item")), [])
        token, times = row.pop("token"), row.pop("times", None)
        channel = row.pop("channel", None)
        if token:
            channel = None if channel is None else str(channel)
            words.append(Word(token, channel=channel, times=str(times or GIVEN), **row))
    return found


def timed(words: Sequence[Word], item: str) -> list[Word]:
    """The words with a start and an end each; see the module for those without.

    Raises
    ------
    InputError
        If no word has a start.
    """
    words = [replace(word, end=word.start) if word.start is not None and word.end is None else word for word in words]
    if all(word.start is None for word in words) and words:
        raise InputError("path", f"no word of {item!r} has a time, which this format needs", hint="write .txt or .json")
    complete: list[Word] = []
    runs = [(known, list(run)) for known, run in groupby(words, key=lambda word: word.start is not None)]
    for place, (known, run) in enumerate(runs):
        if known:
            complete += run
            continue
        low = complete[-1].end if complete else None
        high = runs[place + 1][1][0].start if place + 1 < len(runs) else None
        length = SECONDS_PER_WORD * len(run)
        start = low if low is not None else max(0.0, (high or 0.0) - length)
        end = max(start, high if high is not None else start + length)
        spans = spread([word.text for word in run], start, end)
        complete += [
            replace(word, start=a, end=b, times="interpolated") for word, (a, b) in zip(run, spans, strict=True)
        ]
    return complete


def parts(word: Word) -> Iterator[Word]:
    """The blank-separated parts of a word, which share its time."""
    texts = word.text.split()
    if len(texts) == 1:
        yield replace(word, text=texts[0])
    elif word.start is None or word.end is None:
        yield from (replace(word, text=text) for text in texts)
    else:
        for text, (start, end) in zip(texts, spread(texts, word.start, word.end), strict=True):
            yield replace(word, text=text, start=start, end=end)
