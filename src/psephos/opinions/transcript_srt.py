r"""SRT: captions as blocks of a number, a time and lines of text, with a blank line between blocks.

``HH:MM:SS,mmm --> HH:MM:SS,mmm``; a point for the comma, a missing number, a byte-order mark and lines that end in
``\r\n`` are accepted; hours may go beyond 99. Tags such as ``<i>`` and ``{\an8}`` and positions after the time are left
out. A cue's time is spread over its words, which are flagged ``interpolated``. A cue without text is noted.

A text has no mark-up of its own here, so ``<``, ``>``, ``{`` and an ``&`` that would open a character reference are
written as references (``&lt;``), which the reader takes back.

Source: sheet 01. Differs: nothing.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from psephos.errors import ParseError
from psephos.opinions.text_files import Table, decoded
from psephos.opinions.transcript_checks import seconds_of
from psephos.opinions.transcript_ctm import LINE_END
from psephos.opinions.transcript_cues import cues
from psephos.opinions.transcript_tokens import TokenTable
from psephos.opinions.transcript_words import Word

ARROW = "-->"

_CLOCK = re.compile(r"(-?)(\d{1,6}):(\d\d):(\d\d)[,.](\d{3})", re.ASCII)
_TIME = re.compile(r"[ \t]*(\S+)[ \t]*-->[ \t]*(\S+)((?:[ \t]+[XY][12]:-?\d+)*)[ \t]*", re.ASCII)
_TAG = re.compile(
    r"</?(?:i|b|u|s|em|strong|font|c|v|lang|ruby|rt|span|br)(?:[\s./=][^<>]*)?>|\{\\[^{}]*\}", re.IGNORECASE
)
_REFERENCE = re.compile(r"&(?:amp|lt|gt|nbsp|lrm|rlm|quot|apos|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")


def read_srt(data: bytes, name: str, *, encoding: str = "utf-8") -> Table:
    r"""The words of an SRT file.

    Examples
    --------
    >>> table = read_srt(b"1\n00:00:00,000 --> 00:00:09,000\n<i>the</i> dose\n", "a.srt")
    >>> table.frame.select("token", "start", "end", "times").rows()
    [('the', 0.0, 4.0, 'interpolated'), ('dose', 4.0, 9.0, 'interpolated')]
    """
    table = TokenTable(name)
    table.transcript()
    for block in blocks_of(decoded(data, name, encoding)):
        head = 1 if len(block) > 1 and ARROW not in block[0][1] and block[0][1].strip().isdecimal() else 0
        line, time = block[head]
        if ARROW not in time:
            problem = f"has no line with {ARROW!r} at the start of a block: {time.strip()!r:.60}"
            raise ParseError(name, problem, where=f"line {line:,}")
        start, end = _span(time, name, line)
        for number, text in block[head + 1 :]:
            if _TIME.fullmatch(text):
                raise ParseError(name, "has no blank line before a cue", where=f"line {number:,}")
        text = unescaped(_TAG.sub(_gap, "\n".join(text for _, text in block[head + 1 :])))
        if not text.strip():
            table.note("a cue without text", line)
        table.segment(text.split(), line, start, end)
    return table.table()


def format_srt(words: Sequence[Word], item: str = "") -> str:
    """The words of one clip as SRT; see `transcript_cues` for how they are cut.

    Examples
    --------
    >>> print(format_srt([Word("BP", 0, 0.5), Word("<120", 0.5, 1.25)]), end="")
    1
    00:00:00,000 --> 00:00:01,250
    BP &lt;120
    """
    blocks = []
    for number, cue in enumerate(cues(words, item), start=1):
        lines = "\n".join(" ".join(_escaped(word.text) for word in line) for line in cue.lines)
        blocks.append(f"{number}\n{clock(cue.start, ',')} {ARROW} {clock(cue.end, ',')}\n{lines}\n")
    return "\n".join(blocks)


def blocks_of(text: str) -> Iterator[list[tuple[int, str]]]:
    """The lines of each block, with their numbers."""
    block: list[tuple[int, str]] = []
    for number, line in enumerate(LINE_END.split(text), start=1):
        if line.strip(" \t"):
            block.append((number, line))
        elif block:
            yield block
            block = []
    if block:
        yield block


def clock(milliseconds: int, point: str) -> str:
    """A time as hours, minutes, seconds and milliseconds.

    Examples
    --------
    >>> clock(90_061_007, ",")
    '25:01:01,007'
    """
    seconds, milliseconds = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{milliseconds:03}"


def seconds_on(match: re.Match[str], name: str, line: int) -> float:
    """The seconds of sign, hours, minutes, seconds and milliseconds."""
    sign, hours, minutes, seconds, milliseconds = match.groups()
    if int(minutes) > 59 or int(seconds) > 59:
        raise ParseError(name, f"{match[0]!r} is no time: minutes and seconds go up to 59", where=f"line {line:,}")
    whole = int(hours or 0) * 3_600_000 + int(minutes) * 60_000 + int(seconds) * 1000 + int(milliseconds)
    return seconds_of(f"{sign}{whole}e-3", name, f"line {line:,}")


def unescaped(text: str) -> str:
    """The text with its character references resolved; what is none stays as it is."""
    return _REFERENCE.sub(lambda match: html.unescape(match[0]), text)


def _span(line: str, name: str, number: int) -> tuple[float, float]:
    match = _TIME.fullmatch(line)
    clocks = [_CLOCK.fullmatch(part) for part in match.groups()[:2]] if match else []
    if len(clocks) < 2 or clocks[0] is None or clocks[1] is None:
        problem = f"is no HH:MM:SS,mmm {ARROW} HH:MM:SS,mmm: {line.strip()!r:.60}"
        raise ParseError(name, problem, where=f"line {number:,}")
    return seconds_on(clocks[0], name, number), seconds_on(clocks[1], name, number)


def _gap(tag: re.Match[str]) -> str:
    """What stands for a tag: a blank for a line break, else nothing."""
    return " " if tag[0][1:3].lower() == "br" else ""


def _escaped(text: str) -> str:
    text = _REFERENCE.sub(lambda match: "&amp;" + match[0][1:], text)
    return text.replace("<", "&lt;").replace(">", "&gt;").replace("{", "&#123;")
