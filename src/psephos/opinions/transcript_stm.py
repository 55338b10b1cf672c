r"""STM: one segment per line, ``file channel speaker start end [<label>] words``, as the NIST scoring tools read it.

``;;`` starts a comment. The file names the clip; the system is none of its columns. A segment's time is spread over its
words, which are flagged ``interpolated``. Of alternatives ``{ a / b / @ }`` the first counts, where ``@`` is nothing;
segments marked IGNORE_TIME_SEGMENT_IN_SCORING are set aside. A word that would be read as a mark is written with a
backslash in front (``\{``). The speaker ``unknown`` is no speaker.

Source: sheet 01 names the format, J. Fiscus, SCTK (NIST) describes it. Differs: the backslash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from psephos.errors import ParseError
from psephos.opinions.text_files import Table, decoded
from psephos.opinions.transcript_checks import check_span, seconds_of
from psephos.opinions.transcript_ctm import NOTHING, escaped, field_of, lines_of, unescaped
from psephos.opinions.transcript_tokens import TokenTable
from psephos.opinions.transcript_words import Word, parts, timed

PAUSE = 0.5
"""Silence in seconds that ends a segment when STM is written."""

_MARK = re.compile(r"[@{}/]|;;.*|<[^<>]*>|ignore_time_segment_in_scoring", re.DOTALL | re.IGNORECASE)
_LABEL = re.compile(r"<[oO]>|<[^<>]*,[^<>]*>")
_IGNORE = "ignore_time_segment_in_scoring"


def read_stm(data: bytes, name: str, *, encoding: str = "utf-8") -> Table:
    r"""The words of an STM file.

    Examples
    --------
    >>> table = read_stm(b"c1 A ann 0 9 <o,f0,female> the dose\n", "a.stm")
    >>> table.frame.select("item", "token", "start", "end", "speaker").rows()
    [('c1', 'the', 0.0, 4.0, 'ann'), ('c1', 'dose', 4.0, 9.0, 'ann')]
    """
    table = TokenTable(name, items=True)
    for line, fields in lines_of(decoded(data, name, encoding)):
        where = f"line {line:,}"
        if len(fields) < 5:
            wanted = "file channel speaker start end [<label>] words"
            raise ParseError(name, f"has {len(fields)} fields, must have 5 or more: {wanted}", where=where)
        item, channel, speaker = fields[:3]
        start, end = (seconds_of(fields[at], name, where, what) for at, what in ((3, "start"), (4, "end")))
        check_span(name, start, end, where)
        words = fields[6:] if len(fields) > 5 and _LABEL.fullmatch(fields[5]) else fields[5:]
        table.transcript(item, line=line)
        if [word.lower() for word in words] == [_IGNORE]:
            table.note("a segment that is not to be scored", line, aside=True)
            continue
        if not words:
            table.note("a segment without words", line)
        table.segment(
            [unescaped(word, _MARK) for word in _first_alternatives(words, table, line)],
            line,
            start,
            end,
            item=item,
            speaker=None if speaker == "unknown" else speaker,
            channel=channel,
        )
    return table.table()


def format_stm(clips: Mapping[str, Sequence[Word]]) -> str:
    """Clips as STM: a segment ends where the speaker changes or a pause of `PAUSE` seconds lies between two words.

    Examples
    --------
    >>> print(format_stm({"c1": [Word("the", 0, 4, speaker="ann"), Word("dose", 4, 9, speaker="ann")]}), end="")
    c1 1 ann 0.000 9.000 the dose
    """
    lines = []
    for item in sorted(clips):
        field_of(item, "item")
        for segment in sorted(_segments(timed([word for word in clips[item] if word.text], item)), key=_place):
            channel = field_of(segment[0].channel or "1", "channel")
            speaker = "_".join((segment[0].speaker or "unknown").split()) or "unknown"
            start, end = segment[0].start, max(word.end or 0.0 for word in segment)
            text = " ".join(escaped(part.text, _MARK) for word in segment for part in parts(word))
            lines.append(f"{item} {channel} {speaker} {start:.3f} {end:.3f} {text}\n")
    return "".join(lines)


def _place(segment: list[Word]) -> tuple[str, float]:
    return segment[0].channel or "1", segment[0].start or 0.0


def _segments(words: Sequence[Word]) -> Iterator[list[Word]]:
    segment: list[Word] = []
    for word in words:
        if segment:
            last = segment[-1]
            turn = (word.speaker, word.channel) != (last.speaker, last.channel)
            step = (word.start or 0.0) - (last.end or 0.0)
            if turn or step >= PAUSE or (word.start or 0.0) < (last.start or 0.0):
                yield segment
                segment = []
        segment.append(word)
    if segment:
        yield segment


def _first_alternatives(words: Sequence[str], table: TokenTable, line: int) -> list[str]:
    """The words without those of the second and further alternatives; alternatives may stand in one another."""
    taken: list[str] = []
    choice: list[int] = []
    for word in words:
        if word == "{":
            choice.append(0)
            table.note("of alternatives the first counts", line, " ".join(words))
        elif word == "/" and choice:
            choice[-1] += 1
        elif word == "}" and choice:
            choice.pop()
        elif word == "}":
            raise ParseError(table.name, "} without {", where=f"line {line:,}")
        elif not any(choice) and word != NOTHING:
            taken.append(word)
    if choice:
        raise ParseError(table.name, "{ is not closed by }", where=f"line {line:,}")
    return taken
