"""WebVTT: captions of the web, with word times and speakers inside the text.

The file starts with ``WEBVTT``. A cue is an optional id, ``HH:MM:SS.mmm --> HH:MM:SS.mmm`` (hours optional) with
settings after it, and lines of text. ``NOTE``, ``STYLE`` and ``REGION`` blocks, ids, settings and tags are left out;
``<v Name>`` names the speaker until ``</v>``. Times inside a cue, as in ``<00:00:01.000>``, hold for the words up to
the next one: one word has its time ``given``, several share it (``interpolated``). A cue without them is spread over
its words.

Source: sheet 01; WebVTT (W3C). Differs: what the W3C parser skips in silence, such as a block without a time, is an
error. Not read: the clock offset of ``X-TIMESTAMP-MAP`` (noted), captions that repeat the line before (roll-up).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from psephos.errors import ParseError, TimeError
from psephos.opinions.text_files import Table, decoded
from psephos.opinions.transcript_checks import GIVEN, INTERPOLATED
from psephos.opinions.transcript_cues import Cue, cues
from psephos.opinions.transcript_srt import ARROW, blocks_of, clock, seconds_on, unescaped
from psephos.opinions.transcript_tokens import TokenTable, spread
from psephos.opinions.transcript_words import Word

_CLOCK = re.compile(r"(-?)(?:(\d{1,6}):)?(\d\d):(\d\d)\.(\d{3})", re.ASCII)
_TIME = re.compile(r"[ \t]*(\S+)[ \t]*-->[ \t]*(\S+)(?:[ \t].*)?", re.DOTALL)
_SKIPPED = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t].*)?", re.DOTALL)
_Piece = tuple[int, float, list[tuple[str, str | None]]]

_VOICE = re.compile(r"v(?:\.[^\s]*)?\s+(.*)", re.DOTALL)


def read_vtt(data: bytes, name: str, *, encoding: str = "utf-8") -> Table:
    r"""The words of a WebVTT file.

    Examples
    --------
    >>> text = b"WEBVTT\n\n00:01.000 --> 00:03.000\n<v Ann>no <00:02.000>pain\n"
    >>> read_vtt(text, "a.vtt").frame.select("token", "start", "end", "speaker", "times").rows()
    [('no', 1.0, 2.0, 'Ann', 'given'), ('pain', 2.0, 3.0, 'Ann', 'given')]
    """
    table = TokenTable(name)
    table.transcript()
    blocks = [list(block) for block in blocks_of(decoded(data, name, encoding))]
    opening = re.match(r"WEBVTT(?=[ \t]|$)", blocks[0][0][1]) if blocks else None
    if opening is None or blocks[0][0][0] != 1:
        raise ParseError(name, "must start with WEBVTT", where="line 1", hint="is it SRT? then name the file .srt")
    timed_in_head = [place for place, (_, line) in enumerate(blocks[0]) if ARROW in line][:1]
    for line, text in blocks[0]:
        if text.startswith("X-TIMESTAMP-MAP"):
            table.note("the clock offset X-TIMESTAMP-MAP is not applied", line, text)
    blocks[0] = blocks[0][timed_in_head[0] :] if timed_in_head else []
    for block in filter(None, blocks):
        if not _SKIPPED.fullmatch(block[0][1]) or ARROW in block[0][1]:
            _read_cue(block, table)
    return table.table()


def format_vtt(words: Sequence[Word], item: str = "", *, word_times: bool = True) -> str:
    """The words of one clip as WebVTT; see `transcript_cues` for how they are cut.

    With `word_times`, times that were given stand inside the cue, but not in a cue within which another one starts.
    Words of one start share what time they have.

    Examples
    --------
    >>> print(format_vtt([Word("no", 1, 2, speaker="Ann"), Word("pain", 2, 3, speaker="Ann")]), end="")
    WEBVTT
    <BLANKLINE>
    00:00:01.000 --> 00:00:03.000
    <v Ann>no <00:00:02.000>pain
    """
    blocks, made = ["WEBVTT\n"], cues(words, item)
    later = [*(cue.start for cue in made[1:]), None][: len(made)]
    for cue, following in zip(made, later, strict=True):
        voice = " ".join((cue.speaker or "").split())
        mark = f"<v {_escaped(voice)}>" if voice else ""
        last = round((cue.lines[-1][-1].start or 0.0) * 1000)
        alone = following is None or last <= following
        text = mark + _cue_text(cue, word_times and alone)
        blocks.append(f"{clock(cue.start, '.')} {ARROW} {clock(cue.end, '.')}\n{text}\n")
    return "\n".join(blocks)


def _read_cue(block: list[tuple[int, str]], table: TokenTable) -> None:
    head = 0 if ARROW in block[0][1] or len(block) == 1 else 1
    line, time = block[head]
    if ARROW not in time:
        raise ParseError(table.name, f"has a block without {ARROW!r}: {time.strip()!r:.60}", where=f"line {line:,}")
    match = _TIME.fullmatch(time)
    clocks = [_CLOCK.fullmatch(part) for part in match.groups()] if match else [None, None]
    if clocks[0] is None or clocks[1] is None:
        problem = f"is no HH:MM:SS.mmm {ARROW} HH:MM:SS.mmm: {time.strip()!r:.60}"
        raise ParseError(table.name, problem, where=f"line {line:,}")
    start, end = (seconds_on(found, table.name, line) for found in clocks if found is not None)
    table.segment([], line, start, end)
    pieces = _pieces(block[head + 1 :], table, line, start, end)
    if not any(words for _, _, words in pieces):
        table.note("a cue without text", line)
    for place, (at, low, words) in enumerate(pieces):
        high = pieces[place + 1][1] if place + 1 < len(pieces) else end
        times = GIVEN if len(words) == 1 and len(pieces) > 1 else INTERPOLATED
        for (word, speaker), (first, last) in zip(words, spread([word for word, _ in words], low, high), strict=True):
            table.word(word, at, start=first, end=last, speaker=speaker, times=times)


def _pieces(lines: list[tuple[int, str]], table: TokenTable, line: int, start: float, end: float) -> list[_Piece]:
    """Line, start and words with their speakers, from one time inside the cue to the next."""
    pieces: list[_Piece] = [(line, start, [])]
    speaker: str | None = None
    text = ""
    for number, content in lines:
        if ARROW in content:
            raise ParseError(
                table.name, f"has no blank line before a cue, or {ARROW} in a text", where=f"line {number:,}"
            )
        for part in re.split(r"(<[^<>]*>)", content + "\n"):
            tag = part[1:-1] if part.startswith("<") and part.endswith(">") and len(part) > 1 else None
            if tag is None and "<" in part:
                raise ParseError(table.name, "has a tag that is not closed", where=f"line {number:,}")
            if tag is None:
                text += part
                continue
            voice, clocked = _VOICE.fullmatch(tag), _CLOCK.fullmatch(tag)
            if voice or clocked or tag == "/v":
                pieces[-1][2].extend((word, speaker) for word in unescaped(text).split())
                text = ""
            if voice:
                speaker = " ".join(unescaped(voice[1]).split()) or None
            elif tag == "/v":
                speaker = None
            elif clocked:
                at = seconds_on(clocked, table.name, number)
                if not pieces[-1][1] <= at <= end:
                    problem = f"<{tag}> lies outside of its cue or before the time ahead of it"
                    raise TimeError(table.name, problem, where=f"line {number:,}")
                pieces.append((number, at, []))
    pieces[-1][2].extend((word, speaker) for word in unescaped(text).split())
    return pieces


def _cue_text(cue: Cue, word_times: bool) -> str:
    """Lines of words; a time stands before a word that starts after the time ahead, and after one that ends early."""
    now, lines = cue.start, []
    words = [word for line in cue.lines for word in line]
    starts = [round((word.start or 0.0) * 1000) for word in words]
    place = 0
    for line in cue.lines:
        texts = []
        for word in line:
            before, after = "", ""
            if word_times and word.times == GIVEN:
                if starts[place] > now:
                    before, now = f"<{clock(starts[place], '.')}>", starts[place]
                last = round((word.end or 0.0) * 1000)
                following = words[place + 1 : place + 2]
                limit = starts[place + 1] if following else cue.end
                if now < last < limit and all(later.times == GIVEN for later in following):
                    after, now = f"<{clock(last, '.')}>", last
            texts.append(before + _escaped(word.text) + after)
            place += 1
        lines.append(" ".join(texts))
    return "\n".join(lines)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
