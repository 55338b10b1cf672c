"""How are words cut into captions that can be read in time?

A cue holds at most two lines of 42 characters and lasts at most 7 seconds. It ends where the speaker or channel
changes, at a pause, after a sentence, and otherwise where it is full: then at the last punctuation mark of its second
half, if there is one. Two lines are made as equal as the words allow. A single word that is longer than a line or
lasts longer than 7 seconds stays whole. Cues are sorted by start and last at least a millisecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psephos.opinions.transcript_words import Word, parts, timed

LINE = 42
"""Most characters of a line."""

LINES = 2
"""Most lines of a cue."""

SECONDS = 7.0
"""Most seconds of a cue."""

PAUSE = 0.8
"""Silence in seconds that ends a cue."""

SENTENCE = 20
"""Characters from which on the end of a sentence ends a cue; shorter sentences share one."""

_ENDS = tuple(".?!…。！？؟۔।")  # noqa: RUF001 - of Latin, Chinese, Arabic, Urdu and Hindi
_STOPS = (*_ENDS, *",;:،؛、，；：")  # noqa: RUF001
_CLOSING = "\"'”’»)]"  # noqa: RUF001


@dataclass(frozen=True)
class Cue:
    """Lines of words that are shown together, in milliseconds."""

    start: int
    end: int
    lines: tuple[tuple[Word, ...], ...]

    @property
    def speaker(self) -> str | None:
        """Who speaks."""
        return self.lines[0][0].speaker


def cues(words: Sequence[Word], item: str = "") -> list[Cue]:
    """Cut words into cues; see the module.

    Examples
    --------
    >>> said = [Word("Take", 0, 0.4), Word("fifty", 0.4, 0.9), Word("milligrams", 0.9, 2), Word("daily.", 3, 3.5)]
    >>> [[word.text for line in cue.lines for word in line] for cue in cues(said)]
    [['Take', 'fifty', 'milligrams'], ['daily.']]
    """
    pieces = [part for word in timed([word for word in words if word.text], item) for part in parts(word)]
    made: list[Cue] = []
    waiting: list[Word] = []
    for piece in pieces:
        while waiting and not _takes(waiting, piece):
            cut = _cut(waiting, piece)
            made.append(_cue(waiting[:cut]))
            waiting = waiting[cut:]
        waiting.append(piece)
    if waiting:
        made.append(_cue(waiting))
    return sorted(made, key=lambda cue: (cue.start, cue.end))


def _takes(words: list[Word], piece: Word) -> bool:
    return not _ends_before(words, piece) and _fits([*words, piece])


def _ends_before(words: list[Word], piece: Word) -> bool:
    """Whether a cue must end between these words and the next, however short it is."""
    last = words[-1]
    if (last.speaker, last.channel) != (piece.speaker, piece.channel) or _start(piece) < _start(last):
        return True
    sentence = _bare(last).endswith(_ENDS) and _length(words) >= SENTENCE
    return sentence or _start(piece) - _end(last) >= PAUSE


def _fits(words: list[Word]) -> bool:
    return max(map(_end, words)) - _start(words[0]) <= SECONDS and _broken(words) is not None


def _cut(words: list[Word], piece: Word) -> int:
    """How many of the words of a full cue make the next one."""
    if not _ends_before(words, piece):
        for size in range(len(words), len(words) // 2, -1):
            if size < len(words) and _bare(words[size - 1]).endswith(_STOPS):
                return size
    return len(words)


def _broken(words: list[Word]) -> tuple[tuple[Word, ...], ...] | None:
    """The words in one line, else in the two lines nearest in length, else None."""
    if _length(words) <= LINE or len(words) == 1:
        return (tuple(words),)
    fitting = [
        (abs(_length(words[:cut]) - _length(words[cut:])), cut)
        for cut in range(1, len(words))
        if all(_length(line) <= LINE or len(line) == 1 for line in (words[:cut], words[cut:]))
    ]
    if not fitting:
        return None
    cut = min(fitting)[1]
    return tuple(words[:cut]), tuple(words[cut:])


def _cue(words: list[Word]) -> Cue:
    lines = _broken(words)
    assert lines is not None  # noqa: S101 - `_takes` let no more in than fits, and any one word fits
    start = round(_start(words[0]) * 1000)
    return Cue(start, max(start + 1, round(max(map(_end, words)) * 1000)), lines)


def _bare(word: Word) -> str:
    return word.text.rstrip(_CLOSING)


def _length(words: Sequence[Word]) -> int:
    return sum(len(word.text) + 1 for word in words) - 1


def _start(word: Word) -> float:
    return word.start or 0.0


def _end(word: Word) -> float:
    return word.end or 0.0
