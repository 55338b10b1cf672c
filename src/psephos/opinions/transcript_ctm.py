r"""CTM: one word per line, ``file channel start duration word [confidence]``, as the NIST tools read and write it.

Fields are separated by blanks, times are seconds, ``;;`` starts a comment and the file names the clip; the system is
none of its columns. A confidence of -1 is a missing one. The word ``@`` is an empty word: it stands for nothing heard.
Alternatives stand between the lines ``file channel * * <ALT_BEGIN>``, ``<ALT>`` and ``<ALT_END>``; the first counts and
the others are set aside. A word that would be read as one of these marks is written with a backslash in front
(``\@``), and so is one that has backslashes in front of such a mark already.

Source: sheet 01; J. Fiscus, SCTK (NIST). Differs: the backslash, which SCTK does not know.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from psephos.errors import InputError, ParseError, TimeError
from psephos.opinions.text_files import Table, decoded
from psephos.opinions.transcript_checks import confidence_of, number_of, seconds_of
from psephos.opinions.transcript_tokens import DECIMALS, TokenTable
from psephos.opinions.transcript_words import Word, parts, timed

NOTHING = "@"
BLANKS = re.compile(r"[ \t\f\v]+")
LINE_END = re.compile(r"\r\n|\n|\r")

_COMMENT = re.compile(r"(?:^|(?<=[ \t\f\v]));;.*", re.DOTALL)
_MARK = re.compile(r"@|;;.*|<ALT(?:_BEGIN|_END)?>", re.DOTALL)
_BEGIN, _NEXT, _END = "<ALT_BEGIN>", "<ALT>", "<ALT_END>"


@dataclass
class _Block:
    """Alternatives that are not closed yet; `number` is 0 in the first."""

    line: int
    item: str
    channel: str
    number: int = 0


def read_ctm(data: bytes, name: str, *, encoding: str = "utf-8") -> Table:
    r"""The words of a CTM file.

    Examples
    --------
    >>> table = read_ctm(b"c1 1 0.20 0.40 dose 0.9\nc1 1 0.6 0.1 \\@\n", "a.ctm")
    >>> table.frame.select("item", "token", "start", "end", "confidence").rows()
    [('c1', 'dose', 0.2, 0.6, 0.9), ('c1', '@', 0.6, 0.7, None)]
    """
    table = TokenTable(name, items=True)
    block: _Block | None = None
    for line, fields in lines_of(decoded(data, name, encoding)):
        where = f"line {line:,}"
        if len(fields) == 5 and fields[2] == fields[3] == "*":
            block = _at_mark(fields, block, line, name)
            continue
        start, end, confidence = _word(fields, name, where)
        if block is not None and (fields[0], fields[1]) != (block.item, block.channel):
            raise ParseError(name, "alternatives of one clip and channel hold a line of another", where=where)
        table.transcript(fields[0], line=line)
        if block is not None and block.number:
            table.note("an alternative beside the first", line, " ".join(fields), aside=True)
        elif fields[4] == NOTHING:
            table.note("@ stands for nothing heard", line)
        else:
            channel, text = fields[1], unescaped(fields[4])
            table.word(text, line, item=fields[0], start=start, end=end, confidence=confidence, channel=channel)
    if block is not None:
        raise ParseError(name, f"{_BEGIN} is not closed by {_END}", where=f"line {block.line:,}")
    return table.table()


def format_ctm(clips: Mapping[str, Sequence[Word]], *, alternatives: bool = False) -> str:
    """Clips as CTM, sorted by clip, channel and start; a word of several parts is several words.

    Times have 3 decimals and confidences 6, a missing one is -1 and a missing channel 1, as rover writes them. With
    `alternatives`, what else was heard stands in blocks of alternatives, else it is left out.

    Examples
    --------
    >>> print(format_ctm({"c1": [Word("dose", 0.2, 0.6, 0.9, alternatives=("those",))]}, alternatives=True), end="")
    c1 1 * * <ALT_BEGIN>
    c1 1 0.200 0.400 dose 0.900000
    c1 1 * * <ALT>
    c1 1 0.200 0.400 those -1.000000
    c1 1 * * <ALT_END>
    """
    lines = []
    for item in sorted(clips):
        field_of(item, "item")
        words = [word if word.channel else replace(word, channel="1") for word in timed(clips[item], item)]
        for word in sorted(words, key=lambda word: (word.channel, word.start)):
            head = f"{item} {field_of(word.channel, 'channel')}"
            others = [_rows(head, replace(word, text=text, confidence=None)) for text in word.alternatives]
            if alternatives and others:
                lines += [f"{head} * * {_BEGIN}", *_rows(head, word)]
                lines += [line for other in others for line in (f"{head} * * {_NEXT}", *other)]
                lines.append(f"{head} * * {_END}")
            elif word.text:
                lines += _rows(head, word)
    return "".join(line + "\n" for line in lines)


def lines_of(text: str) -> Iterator[tuple[int, list[str]]]:
    r"""Number (from 1) and fields of each line that is neither blank nor a comment.

    Examples
    --------
    >>> list(lines_of("a 1 0.0 0.5 so\n;; a comment\n"))
    [(1, ['a', '1', '0.0', '0.5', 'so'])]
    """
    for number, line in enumerate(LINE_END.split(text), start=1):
        fields = [part for part in BLANKS.split(_COMMENT.sub("", line, count=1)) if part]
        if fields:
            yield number, fields


def escaped(word: str, mark: re.Pattern[str] = _MARK) -> str:
    r"""The word with a backslash in front if it would be read as a mark.

    Examples
    --------
    >>> [escaped(word) for word in ("dose", "@", r"\@", ";;")]
    ['dose', '\\@', '\\\\@', '\\;;']
    """
    return "\\" + word if mark.fullmatch(word.lstrip("\\")) else word


def unescaped(word: str, mark: re.Pattern[str] = _MARK) -> str:
    """The word as it was before `escaped`."""
    return word[1:] if word.startswith("\\") and mark.fullmatch(word.lstrip("\\")) else word


def field_of(name: str | None, argument: str) -> str:
    """A name that one field can hold."""
    if not name or BLANKS.search(name) or LINE_END.search(name) or name.startswith(";;"):
        raise InputError(argument, f"{name!r} cannot be a field between blanks", hint="write .json")
    return name


def _rows(head: str, word: Word) -> list[str]:
    confidence = -1.0 if word.confidence is None else word.confidence
    rows = []
    for part in parts(word):
        start, end = round(part.start or 0.0, 3), round(part.end or 0.0, 3)
        rows.append(f"{head} {start:.3f} {end - start:.3f} {escaped(part.text)} {confidence:.6f}")
    return rows or [f"{head} {word.start:.3f} {0:.3f} {NOTHING} {confidence:.6f}"]


def _at_mark(fields: list[str], block: _Block | None, line: int, name: str) -> _Block | None:
    """The block of alternatives after a line that opens, continues or closes one."""
    item, channel, _, _, mark = fields
    where = f"line {line:,}"
    if mark not in (_BEGIN, _NEXT, _END):
        raise ParseError(name, f"has no time, and {mark!r:.40} is no mark of alternatives", where=where)
    if mark == _BEGIN and block is not None:
        raise ParseError(name, f"{_BEGIN} inside alternatives that begin in line {block.line:,}", where=where)
    if mark == _BEGIN:
        return _Block(line, item, channel)
    if block is None:
        raise ParseError(name, f"{mark} without {_BEGIN}", where=where)
    if (item, channel) != (block.item, block.channel):
        raise ParseError(name, "alternatives of one clip and channel hold a line of another", where=where)
    block.number += 1
    return None if mark == _END else block


def _word(fields: list[str], name: str, where: str) -> tuple[float, float, float | None]:
    """Start, end and confidence of a line of words."""
    if len(fields) not in (5, 6):
        wanted = "file channel start duration word [confidence]"
        raise ParseError(name, f"has {len(fields)} fields, must have 5 or 6: {wanted}", where=where)
    start = seconds_of(fields[2], name, where, "start")
    end = round(start + seconds_of(fields[3], name, where, "duration"), DECIMALS)
    if math.isinf(end):
        raise TimeError(name, "end is infinite", where=where)
    missing = len(fields) == 5 or number_of(fields[5], name, where, "confidence") == -1
    return start, end, None if missing else confidence_of(fields[5], name, where)
