"""Where should a person listen first?

A column is flagged if its risk (`psephos.consensus.disagreement`) is at least .25, its band is high risk, or NULL is
elected. Flagged columns of a clip whose places differ by at most 2 are one span, heard from a quarter of a second
before its first word to a quarter after its last. A span scores the largest risk in it and a tenth of the sum of the
others; spans are heard by falling score, then by time.

Source: sheet 01.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FLAG_RISK = 0.25
JOIN = 2
PADDING = 0.25
"""Seconds before and after a span."""

OTHERS = 0.1
"""Weight of the risks beside the largest."""

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Spans:
    """Spans in the order in which they are to be heard.

    Attributes
    ----------
    first, last : ndarray of int64, shape (n_spans,)
        First and last column of each.
    start, end : ndarray of float64, shape (n_spans,)
        Seconds; NaN where no word has a time.
    score : ndarray of float64, shape (n_spans,)
    riskiest : ndarray of int64, shape (n_spans,)
        The column with the largest risk.
    """

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
        return Spans(*(getattr(self, name)[order] for name in ("first", "last", "start", "end", "score", "riskiest")))

    def errors(self, certainty: Floats) -> Floats:
        """Expected errors in each span: the sum of 1 - certainty over its columns, shape (n_spans,)."""
        upto = np.concatenate([[0.0], np.cumsum(1 - certainty)])
        return np.asarray(upto[self.last + 1] - upto[self.first])

    @property
    def seconds(self) -> Floats:
        """Time to hear each span, shape (n_spans,)."""
        return self.end - self.start


def find_spans(clip: Whole, flagged: npt.NDArray[np.bool_], risk: Floats, start: Floats, end: Floats) -> Spans:
    """Join flagged columns and put the spans in order.

    Parameters
    ----------
    clip : ndarray of int64, shape (n_columns,)
        Clip of each column, rising.
    flagged : ndarray of bool, shape (n_columns,)
    risk, start, end : ndarray of float64, shape (n_columns,)
        Risk, and times of the columns, NaN where unknown.

    Examples
    --------
    >>> none = np.full(5, np.nan)
    >>> flagged, risk = np.array([1, 0, 1, 0, 1], bool), np.array([0.3, 0, 0.5, 0, 1.0])
    >>> found = find_spans(np.array([0, 0, 0, 0, 1]), flagged, risk, none, none)
    >>> found.first.tolist(), found.last.tolist(), found.score.round(2).tolist()
    ([4, 0], [4, 2], [1.0, 0.53])
    """
    column = np.flatnonzero(flagged)
    if not len(column):
        none, zero = np.empty(0, np.int64), np.empty(0)
        return Spans(none, none, zero, zero, zero, none)
    new = np.concatenate([[True], (np.diff(column) > JOIN) | (np.diff(clip[column]) > 0)])
    begin = np.flatnonzero(new)
    first, last = column[begin], column[np.append(begin[1:], len(column)) - 1]
    span = np.cumsum(new) - 1
    largest = np.maximum.reduceat(risk[column], begin)
    score = largest + OTHERS * (np.add.reduceat(risk[column], begin) - largest)
    top = np.flatnonzero(risk[column] >= largest[span] - 1e-12)
    riskiest = column[top[np.unique(span[top], return_index=True)[1]]]
    inner = np.arange(len(risk))
    member = np.searchsorted(first, inner, side="right") - 1
    inside = (member >= 0) & (inner <= last[np.maximum(member, 0)])
    low, high = np.full((2, len(first)), np.nan)
    np.fmin.at(low, member[inside], start[inside])
    np.fmax.at(high, member[inside], end[inside])
    low, high = np.maximum(low - PADDING, 0.0), high + PADDING
    order = np.lexsort((first, np.nan_to_num(low, nan=np.inf), np.round(-score, 9)))
    return Spans(first[order], last[order], low[order], high[order], score[order], riskiest[order])


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
        count = min(count, int((np.cumsum(spans.seconds) <= seconds + 1e-9).sum()))
    if columns is not None:
        count = min(count, int((np.cumsum(spans.last - spans.first + 1) <= columns + 1e-9).sum()))
    return count
