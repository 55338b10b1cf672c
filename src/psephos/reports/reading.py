"""Which columns of a consensus of transcripts read as one word?

A token that gave several keys ("x-ray") is one word where all of them were elected; columns side by side in which most
have no word are one gap. A word is as strong as its weakest column.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from psephos.consensus import TranscriptVerdict


class Reading(NamedTuple):
    """A word of the consensus as it reads.

    Attributes
    ----------
    columns : range
        Its columns within the verdict.
    text : str or None
        None for a gap.
    weakest : int
        The column with the smallest share of votes for its choice.
    """

    columns: range
    text: str | None
    weakest: int


def readings(verdict: TranscriptVerdict, clip: int, most: int) -> Iterator[Reading]:
    """The words and gaps of a clip in order, over at most so many columns.

    Examples
    --------
    >>> from psephos.consensus import transcripts
    >>> from psephos.opinions import transcripts as heard
    >>> said = {"a": "no chest x-ray", "b": "no chest x-ray", "c": "no oh chest x-ray"}
    >>> rows = [(voter, place, word) for voter, text in said.items() for place, word in enumerate(text.split())]
    >>> voter, place, word = zip(*rows, strict=True)
    >>> [(one.text, len(one.columns)) for one in readings(transcripts(heard(["c"] * 10, voter, place, word)), 0, 99)]
    [('no', 1), (None, 1), ('chest', 1), ('x-ray', 2)]
    """
    first, last = (int(bound) for bound in verdict.columns.bounds[clip : clip + 2])
    end = min(last, first + most)
    texts, skipped = verdict.words_chosen.texts(slice(first, end), verdict.spoken, verdict.choice)
    elected = (verdict.choice[first:end] > 0).tolist()
    share = (verdict.support[first:end] / verdict.votes[first:end].clip(1)).tolist()
    column = first
    while column < end:
        word = elected[column - first]
        stop = column + 1
        while stop < end and (stop in skipped if word else not elected[stop - first]):
            stop += 1
        columns = range(column, stop)
        weakest = min(columns, key=lambda place: share[place - first])
        yield Reading(columns, texts[column - first] if word else None, weakest)
        column = stop
