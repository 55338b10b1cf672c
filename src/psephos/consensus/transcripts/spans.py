"""Where should a person listen first?

A column is flagged if its risk (`disagreement`) is at least .25, its band is high risk, or NULL is
elected. Flagged columns of a clip whose places differ by at most 2 are one span, heard from a quarter of a second
before its first word to a quarter after its last. A span scores the largest risk in it and a tenth of the sum of the
others; spans are heard by falling score, then by time.

Where much is doubtful these chains would grow until one span is a whole clip, and there is nothing left to put in
order. So a chain of more than `longest` columns is cut: between half of that and all of it, ahead of the column whose
choice is most certain.

`level_spans` looks at certainty alone: as the water falls from one of `LEVELS` to the next, columns side by side whose
probability of an error is now above it are a span. No column that is much surer than its neighbours is heard with them.

Source: sheet 01. Differs: the cut and the levels are ours; ``longest=None`` leaves the chains whole.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

FLAG_RISK = 0.25
JOIN = 2
PADDING = 0.25
"""Seconds before and after a span."""

LONGEST = 8
"""Columns that a span has at most."""

LEVELS = (0.7, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.05)
"""Probabilities of an error; columns below the last are in no span."""

OTHERS = 0.1
"""Weight of the risks beside the largest."""

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Spans:
    """Spans in the order in which they are to be heard.

    Attributes
    ----------
    clip : ndarray of int64, shape (n_spans,)
    first, last : ndarray of int64, shape (n_spans,)
        First and last column of each.
    start, end : ndarray of float64, shape (n_spans,)
        Seconds; NaN where no word has a time.
    score : ndarray of float64, shape (n_spans,)
    riskiest : ndarray of int64, shape (n_spans,)
        The column with the largest risk.
    """

    clip: Whole
    first: Whole
    last: Whole
    start: Floats
    end: Floats
    score: Floats
    riskiest: Whole

    def __len__(self) -> int:
        return len(self.first)

    def take(self, order: Whole) -> Spans:
        """The spans in another order."""
        return Spans(*(getattr(self, part.name)[order] for part in fields(self)))

    def errors(self, certainty: Floats) -> Floats:
        """Expected errors in each span: the sum of 1 - certainty over its columns, shape (n_spans,)."""
        upto = np.concatenate([[0.0], np.cumsum(1 - certainty)])
        return np.asarray(upto[self.last + 1] - upto[self.first])

    @property
    def columns(self) -> Whole:
        """Columns of each span, shape (n_spans,)."""
        return self.last - self.first + 1

    @property
    def seconds(self) -> Floats:
        """Time to hear each span, shape (n_spans,)."""
        return self.end - self.start

    def heard(self) -> Floats:
        """Seconds heard after each span, no sound counted twice; NaN from the first span without times on."""
        known: dict[int, tuple[list[float], list[float]]] = {}
        added = np.full(len(self), np.nan)
        for number, (clip, start, end) in enumerate(
            zip(self.clip.tolist(), self.start.tolist(), self.end.tolist(), strict=True)
        ):
            if np.isnan(start) or np.isnan(end):
                continue
            starts, ends = known.setdefault(clip, ([], []))
            low, high = bisect_left(ends, start), bisect_left(starts, end)
            over = sum(min(ends[at], end) - max(starts[at], start) for at in range(low, high))
            added[number] = end - start - over
            if low < high:
                start, end = min(start, starts[low]), max(end, ends[high - 1])
            starts[low:high], ends[low:high] = [start], [end]
        return np.cumsum(added)


def find_spans(
    clip: Whole,
    flagged: Bools,
    risk: Floats,
    start: Floats,
    end: Floats,
    certainty: Floats | None = None,
    longest: int | None = None,
) -> Spans:
    """Join flagged columns and put the spans in order.

    Parameters
    ----------
    clip : ndarray of int64, shape (n_columns,)
        Clip of each column, rising.
    flagged : ndarray of bool, shape (n_columns,)
    risk, start, end : ndarray of float64, shape (n_columns,)
        Risk, and times of the columns, NaN where unknown.
    certainty : ndarray of float64, shape (n_columns,), optional
        Needed with `longest`: where to cut.
    longest : int, optional
        Columns that a span has at most; any number if not given.

    Examples
    --------
    >>> none = np.full(5, np.nan)
    >>> flagged, risk = np.array([1, 0, 1, 0, 1], bool), np.array([0.3, 0, 0.5, 0, 1.0])
    >>> found = find_spans(np.array([0, 0, 0, 0, 1]), flagged, risk, none, none)
    >>> found.first.tolist(), found.last.tolist(), found.score.round(2).tolist()
    ([4, 0], [4, 2], [1.0, 0.53])
    """
    column = np.flatnonzero(flagged)
    new = _begins(clip, column, JOIN)
    if longest is not None and certainty is not None:
        new |= _cuts(column, new, certainty, longest)
    begin = np.flatnonzero(new)
    last = column[np.append(begin[1:], len(column))[: len(begin)] - 1]
    return _made(clip, column[begin], last, np.where(flagged, risk, 0.0), start, end)


def level_spans(clip: Whole, certainty: Floats, risk: Floats, start: Floats, end: Floats) -> Spans:
    """Spans of columns that are about equally doubtful, by score; parameters as in `find_spans`.

    Examples
    --------
    >>> none, certainty = np.full(5, np.nan), np.array([0.45, 0.45, 0.99, 0.45, 0.8])
    >>> found = level_spans(np.zeros(5, np.int64), certainty, 1 - certainty, none, none)
    >>> sorted(zip(found.first.tolist(), found.last.tolist()))
    [(0, 1), (3, 3), (4, 4)]
    """
    left = np.ones(len(certainty), dtype=bool)
    firsts, lasts = [], []
    for level in LEVELS:
        column = np.flatnonzero(left & (1 - certainty >= level - 1e-9))
        begin = np.flatnonzero(_begins(clip, column, 1))
        firsts.append(column[begin])
        lasts.append(column[np.append(begin[1:], len(column))[: len(begin)] - 1])
        left[column] = False
    return _made(clip, np.concatenate(firsts), np.concatenate(lasts), risk, start, end)


def _begins(clip: Whole, column: Whole, join: int) -> Bools:
    """Which of these columns begin a span, where places that differ by at most `join` are one."""
    new = np.ones(len(column), dtype=bool)
    new[1:] = (np.diff(column) > join) | (np.diff(clip[column]) > 0)
    return new


def _cuts(column: Whole, new: Bools, certainty: Floats, longest: int) -> Bools:
    """Which flagged columns begin a piece of a chain that is too long."""
    cuts = np.zeros(len(column), dtype=bool)
    begin = np.flatnonzero(new)
    stop = np.append(begin[1:], len(column))
    for first, after in zip(begin.tolist(), stop.tolist(), strict=False):
        at = first
        while column[after - 1] - column[at] >= longest:
            earliest = int(column[at]) + max(1, longest // 2)
            inside = slice(earliest, int(column[at]) + longest + 1)
            surest = earliest + int(np.argmax(certainty[inside]))
            at = int(np.searchsorted(column, surest))
            cuts[at] = True
    return cuts


def _made(clip: Whole, first: Whole, last: Whole, risk: Floats, start: Floats, end: Floats) -> Spans:
    """The spans with their scores and times, in order."""
    order = np.argsort(first, kind="stable")
    first, last = first[order], last[order]
    if not len(first):
        none, zero = np.empty(0, np.int64), np.empty(0)
        return Spans(none, none, none, zero, zero, zero, none)
    inner = np.arange(len(risk))
    member = np.searchsorted(first, inner, side="right") - 1
    inside = (member >= 0) & (inner <= last[np.maximum(member, 0)])
    span = member[inside]
    largest, total = np.zeros((2, len(first)))
    np.maximum.at(largest, span, risk[inside])
    np.add.at(total, span, risk[inside])
    score = largest + OTHERS * (total - largest)
    top = np.flatnonzero(risk[inside] >= largest[span] - 1e-12)
    riskiest = inner[inside][top[np.unique(span[top], return_index=True)[1]]]
    low, high = np.full((2, len(first)), np.nan)
    np.fmin.at(low, span, start[inside])
    np.fmax.at(high, span, end[inside])
    low, high = np.maximum(low - PADDING, 0.0), high + PADDING
    order = np.lexsort((first, np.nan_to_num(low, nan=np.inf), np.round(-score, 9)))
    return Spans(clip[first], first, last, low, high, score, riskiest).take(order)


def within_budget(spans: Spans, *, seconds: float | None, columns: float | None) -> int:
    """How many spans from the first on fit into so many seconds, or so many columns.

    Examples
    --------
    >>> five = np.arange(5) * 1.0
    >>> spans = find_spans(np.arange(5), np.ones(5, bool), five[::-1].copy(), five, five + 0.5)
    >>> within_budget(spans, seconds=2.0, columns=None), within_budget(spans, seconds=None, columns=3.0)
    (2, 3)
    """
    count = len(spans)
    if seconds is not None:
        count = min(count, int((spans.heard() <= seconds + 1e-9).sum()))
    if columns is not None:
        count = min(count, int((np.cumsum(spans.columns) <= columns + 1e-9).sum()))
    return count
