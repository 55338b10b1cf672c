"""How do the words of a transcript file become rows, with times that can be trusted?

Every transcript reader fills one `TokenTable`: a row per word, with the line it stands on. The columns are `position`,
`token`, `start`, `end` (seconds), `confidence` (0 to 1), `speaker`, `channel` and `times`, beside `item` and `voter`
where the file names them. `times` says where the times come from: ``given``, ``interpolated`` (a segment's time spread
over its words, each weighing its number of characters plus one) or ``missing``. A transcript without a word is legal:
one row without a token, which counts as an abstention.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import polars as pl

from psephos.errors import TimeError
from psephos.opinions.issues import NOTED, SET_ASIDE, Issue
from psephos.opinions.text_files import Table
from psephos.opinions.transcript_checks import GIVEN, INTERPOLATED, MISSING, check_span

DECIMALS = 9
"""Computed times are rounded to the nanosecond, so that 0.2 + 0.4 is 0.6."""

_SCHEMA: dict[str, type[pl.DataType]] = {
    "item": pl.String,
    "voter": pl.String,
    "position": pl.Int64,
    "token": pl.String,
    "start": pl.Float64,
    "end": pl.Float64,
    "confidence": pl.Float64,
    "speaker": pl.String,
    "channel": pl.String,
    "times": pl.String,
}


@dataclass
class TokenTable:
    """The rows of one file, as a reader finds them.

    Attributes
    ----------
    name : str
        The file, for errors.
    items, voters : bool
        Whether the file itself names its clips and its systems.
    """

    name: str
    items: bool = False
    voters: bool = False
    rows: list[tuple[object, ...]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    found: dict[tuple[str, str], list[tuple[int, str]]] = field(default_factory=dict)
    _order: dict[tuple[str | None, str | None], dict[str | None, int]] = field(default_factory=dict)
    _first: dict[tuple[str | None, str | None], int] = field(default_factory=dict)
    _last: dict[tuple[object, ...], float] = field(default_factory=dict)

    def transcript(self, item: str | None = None, voter: str | None = None, line: int = 1) -> bool:
        """Announce a transcript, which may stay without a word; False if it was announced before."""
        if (item, voter) in self._order:
            return False
        self._order[item, voter] = {}
        self._first[item, voter] = line
        return True

    def word(
        self,
        text: str,
        line: int,
        *,
        item: str | None = None,
        voter: str | None = None,
        start: float | None = None,
        end: float | None = None,
        confidence: float | None = None,
        speaker: str | None = None,
        channel: str | None = None,
        times: str = GIVEN,
        where: str | None = None,
    ) -> None:
        """Add one word; without any time its times are missing.

        Parameters
        ----------
        text : str
        line : int
            Where it stands, for issues.
        item, voter : str or None
            None where the file does not name them.
        start, end : float or None
            Seconds.
        confidence : float or None
            0 to 1.
        speaker, channel : str or None
        times : str
            ``"given"`` or ``"interpolated"``.
        where : str, optional
            The place in words, if not the line.

        Raises
        ------
        TimeError
            The end lies before the start, or a given start before the one of the word ahead in its channel.
        """
        place = where or f"line {line:,}"
        check_span(self.name, start, end, place)
        if start is None and end is None:
            times = MISSING
        if start is not None and times == GIVEN:
            self.steps_on("word", start, place, item, voter, channel)
        self.transcript(item, voter, line)
        channels = self._order[item, voter]
        rank = channels.setdefault(channel, len(channels))
        self.rows.append((item, voter, rank, text, start, end, confidence, speaker, channel, times))
        self.lines.append(line)

    def segment(
        self,
        words: Sequence[str],
        line: int,
        start: float,
        end: float,
        *,
        item: str | None = None,
        voter: str | None = None,
        confidence: float | None = None,
        speaker: str | None = None,
        channel: str | None = None,
        where: str | None = None,
    ) -> None:
        """Add the words of a segment of which only the whole has a time: the time is spread over them.

        Parameters
        ----------
        words : sequence of str
            None is a segment in which nothing was said.
        line, item, voter, confidence, speaker, channel, where
            As in `word`, the same for all.
        start, end : float
            Of the segment, in seconds.

        Raises
        ------
        TimeError
            As in `word`; segments may overlap, but not step back.
        """
        place = where or f"line {line:,}"
        check_span(self.name, start, end, place)
        self.steps_on("segment", start, place, item, voter, channel)
        self.transcript(item, voter, line)
        for text, (low, high) in zip(words, spread(words, start, end), strict=True):
            self.word(
                text,
                line,
                item=item,
                voter=voter,
                start=low,
                end=high,
                confidence=confidence,
                speaker=speaker,
                channel=channel,
                times=INTERPOLATED,
                where=where,
            )

    def steps_on(
        self, what: str, start: float, where: str, item: str | None, voter: str | None, channel: str | None
    ) -> None:
        """Refuse a start that lies before the one of the word or segment before, in the same channel.

        Parameters
        ----------
        what : {"word", "segment"}
            Words and segments are looked at apart.
        start : float
            Seconds.
        where : str
            The place, for the complaint.
        item, voter, channel : str or None

        Raises
        ------
        TimeError
        """
        key = (what, item, voter, channel)
        before = self._last.get(key, 0.0)
        if start < before:
            problem = f"a {what} starts at {start:.12g} s, before the {what} ahead of it ({before:.12g} s)"
            raise TimeError(self.name, problem, where=where, hint="sort by start within each clip and channel")
        self._last[key] = start

    def note(self, reason: str, line: int, example: str = "", *, aside: bool = False) -> None:
        """Remember what is odd about a line.

        Parameters
        ----------
        reason : str
            In words; lines of one reason become one issue.
        line : int
        example : str
            What was found.
        aside : bool
            Whether the line takes no part.
        """
        self.found.setdefault((reason, SET_ASIDE if aside else NOTED), []).append((line, example))

    def table(self, issues: Sequence[Issue] = ()) -> Table:
        """The rows as a `Table`: positions count the words of a transcript, one channel after the other."""
        for item, voter in [pair for pair, channels in self._order.items() if not channels]:
            self.rows.append((item, voter, 0, None, None, None, None, None, None, MISSING))
            self.lines.append(self._first[item, voter])
        frame = pl.DataFrame(self.rows, schema=_SCHEMA, orient="row")
        place = frame.select("item", "voter", pl.col("position").alias("rank")).with_row_index("row")
        ranked = place.sort("rank", "row").with_columns(pl.int_range(pl.len()).over("item", "voter").alias("position"))
        frame = frame.with_columns(ranked.sort("row")["position"])
        left_out = [name for name, known in (("item", self.items), ("voter", self.voters)) if not known]
        noted = [
            Issue(reason, action, self.name, np.array([line for line, _ in places], dtype=np.int64), places[0][1])
            for (reason, action), places in self.found.items()
        ]
        lines = np.array(self.lines, dtype=np.int64)
        return Table(frame.drop(left_out), lines, (*issues, *noted), kind="transcripts")


def spread(words: Sequence[str], start: float, end: float) -> list[tuple[float, float]]:
    """The time of a segment spread over its words, each weighing its number of characters plus one.

    Examples
    --------
    >>> spread(["the", "dose"], 0, 9)
    [(0.0, 4.0), (4.0, 9.0)]
    """
    weights = np.cumsum([0] + [len(word) + 1 for word in words])
    bounds = start + (end - start) * (weights / weights[-1]) if words else np.array([start])
    with np.errstate(over="ignore"):  # of a time near the largest number the end is left, which is cut to the segment
        marks: list[float] = np.clip(np.round(bounds, DECIMALS), start, end).tolist()
    if words:
        marks[0], marks[-1] = float(start), float(end)
    return list(pairwise(marks))
