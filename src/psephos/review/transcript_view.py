"""What does the page need of a transcript, so that a person can read, hear and mend it word by word?

A transcript is one item per clip: exports, disputes and the audit slice count clips. Its doubtful spans, in the order
of the verdict's queue, are where a reviewer goes within it. The columns of the verdict come as parallel lists, one
entry per column, which stay small for ten thousand words and are read by the page at once.

Words without times get some: between two words that have times, or the ends of the recording, the time is shared out by
the number of signs,

    t_k = t_a + (t_b - t_a) * (signs before k) / (all signs between),

and such times are marked as approximate.

Source: sheet 90 sections 3.2 and 3.3. Differs: nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from psephos.agreement.bands import BANDS
from psephos.consensus.transcripts.disagreement import TYPES
from psephos.review.store.tables import Decision

SIGN_SECONDS = 0.06
"""How long one sign lasts where nothing says when the words end: a usual pace of speech."""

_SMALL = {band: len(BANDS) - 1 - place for place, band in enumerate(BANDS)}


def grid(
    columns: Sequence[Mapping[str, Any]],
    voters: Sequence[str],
    spans: Sequence[Mapping[str, Any]],
    *,
    seconds: float | None = None,
) -> dict[str, Any]:
    """The columns of a transcript as parallel lists.

    Parameters
    ----------
    columns : sequence of mapping
        As `psephos.review.store.consensus_rows` keeps them.
    voters : sequence of str
        Whose words the slots are.
    spans : sequence of mapping
        Doubtful spans, first and last column from 1, in the order in which to hear them.
    seconds : float, optional
        How long the recording is.

    Returns
    -------
    dict
        ``voters``, ``spans``, and per column ``text``, ``certainty``, ``votes``, ``support``, ``band`` (2 where few
        agree, 1 some, 0 nearly all), ``type`` (2 content, 1 format, 0 none), ``label``, ``flagged``, ``start``,
        ``end``, ``approximate``; ``slots`` holds one list per voter.

    Examples
    --------
    >>> one = {"text": "mg", "slots": ["mg", None], "certainty": 0.9, "votes": 2, "support": 1, "band": "high risk"}
    >>> one |= {"type": "content", "label": "unit", "flagged": True, "start": None, "end": None}
    >>> found = grid([one], ["a", "b"], [], seconds=2.0)
    >>> found["band"], found["slots"], found["start"], found["approximate"]
    ([2], [['mg'], [None]], [0.0], [1])
    """
    start, end, approximate = filled_times(columns, seconds)
    places = range(len(voters))
    return {
        "voters": list(voters),
        "text": [column["text"] or "" for column in columns],
        "slots": [[column["slots"][place] for column in columns] for place in places],
        "certainty": [column["certainty"] for column in columns],
        "votes": [column["votes"] for column in columns],
        "support": [column["support"] for column in columns],
        "band": [_SMALL.get(str(column["band"]), 0) for column in columns],
        "type": [TYPES.index(column["type"]) for column in columns],
        "label": [column["label"] for column in columns],
        "flagged": [int(column["flagged"]) for column in columns],
        "start": start,
        "end": end,
        "approximate": approximate,
        "spans": [{name: span.get(name) for name in ("first", "last", "start", "end", "reason")} for span in spans],
    }


def filled_times(
    columns: Sequence[Mapping[str, Any]], seconds: float | None = None
) -> tuple[list[float | None], list[float | None], list[int]]:
    """Starts and ends of all columns, and which of them are approximate.

    Examples
    --------
    >>> said = [{"text": "a", "start": 0.0, "end": 1.0}, {"text": "bbb"}, {"text": "c"}, {"text": "d", "start": 5.0}]
    >>> filled_times(said)
    ([0.0, 1.0, 4.0, 5.0], [1.0, 4.0, 5.0, 5.06], [0, 1, 1, 1])
    """
    start: list[float | None] = [column.get("start") for column in columns]
    end: list[float | None] = [column.get("end") for column in columns]
    guess = [0] * len(columns)
    place = 0
    while place < len(columns):
        if start[place] is not None:
            if end[place] is None:
                following = next((one for one in start[place + 1 : place + 2] if one is not None), None)
                own = (start[place] or 0.0) + SIGN_SECONDS * max(1, len(columns[place]["text"]))
                end[place], guess[place] = round(own if following is None else min(own, following), 3), 1
            place += 1
            continue
        stop = next((at for at in range(place, len(columns)) if start[at] is not None), len(columns))
        _share_out(columns, start, end, guess, place, stop, seconds)
        place = stop
    return start, end, guess


def _share_out(
    columns: Sequence[Mapping[str, Any]],
    start: list[float | None],
    end: list[float | None],
    guess: list[int],
    low: int,
    high: int,
    seconds: float | None,
) -> None:
    """Times of a run of columns that have none."""
    signs = [max(1, len(column["text"])) for column in columns[low:high]]
    total = sum(signs)
    begin = 0.0 if low == 0 else float(end[low - 1] or start[low - 1] or 0.0)
    if high < len(columns):
        until = float(start[high] or 0.0)
    elif seconds is not None:
        until = seconds
    elif low == 0:
        return  # nothing at all is known: no times are better than invented ones
    else:
        until = begin + SIGN_SECONDS * total
    until = max(until, begin)
    before = 0
    for at, count in enumerate(signs, start=low):
        start[at] = round(begin + (until - begin) * before / total, 3)
        before += count
        end[at] = round(begin + (until - begin) * before / total, 3)
        guess[at] = 1


def corrections(decisions: Iterable[Decision], *, only_of: str | None = None) -> dict[int, dict[str, Any]]:
    """What stands of single columns: the latest answer of each, of one person or of anybody."""
    found: dict[int, dict[str, Any]] = {}
    for one in decisions:
        if one.place is None or not one.current or only_of not in (None, one.author_id):
            continue
        if one.act == "decide" and one.answer is not None:
            found[one.place] = dict(one.answer)
    return found


def bare(text: str | None) -> str:
    """A word without what does not sound; nothing where none was heard.

    Examples
    --------
    >>> bare("Cats,"), bare(None)
    ('cats', '')
    """
    return (text or "").strip(".,;:!?\"'").casefold()


def is_right_to_left(text: str) -> bool:
    """Whether a text runs from right to left, as its first strong sign says.

    Examples
    --------
    >>> is_right_to_left("12 שלום"), is_right_to_left("12 hello"), is_right_to_left("")
    (True, False, False)
    """
    for sign in text:
        strong = unicodedata.bidirectional(sign)
        if strong in ("R", "AL"):
            return True
        if strong == "L":
            return False
    return False
