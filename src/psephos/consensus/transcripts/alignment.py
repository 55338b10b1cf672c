r"""Where does each word of one more transcript belong in what the others said?

A confusion network is an ordered list of columns; a column holds one key of each transcript merged so far, or NULL
(code 0) where it has no word. A further transcript is merged by the cheapest monotone path of three steps, costs in
thousandths:

    pair a word with a column     0 if the column holds the word, else 1000 if it holds NULL, else 4000
    skip a column (NULL there)    1 if the column holds NULL, else 3000
    insert a column of its own    3000

Where steps cost the same, pairing is preferred to both others, inserting to skipping, seen from the end.

A path may be kept inside a band: at node i (after i columns) between low_i and high_i words are used up. Full search,
words with times and long inputs cut at anchors are one search with different bands:

    full       low = 0, high = all
    collar     words that end more than `collar` seconds before a column are used up before it is left, words that begin
               as much after it are not used before the next is; a pair further apart is forbidden. The cheapest path
               without forbidden pairs lies in the band, for the cost depends on the pairs alone.
    anchors    the path goes through given nodes or diagonally past them (`anchors`); approximate, and
               said to be so

Source: costs and tie preferences of NIST SCTK's rover (Fiscus 1997, doi:10.1109/ASRU.1997.659110), sheet 01. Differs:
costs are integers; the word sequence is never trimmed (skipping a column that holds NULL is almost free, so equal ends
need not be paired in the cheapest path).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError

Codes = npt.NDArray[np.int32]
Seconds = npt.NDArray[np.float64]
Nodes = npt.NDArray[np.int64]

COSTS = np.array([1000, 4000, 1, 3000, 3000], dtype=np.int64)
"""Pair with a column that holds NULL but not the word, with one without NULL; skip one with NULL, without; insert."""

PAIR, SKIP, INSERT = 0, 1, 2

FULL_CELLS = 25_000_000
"""Up to this many cells the whole table is searched; above, it is cut at anchors."""

MOST_CELLS = 400_000_000
"""Largest table, in cells of one byte: 20,000 columns by 20,000 words."""

COMPILED_WORDS = 50_000
"""From this many words in all on, the compiled kernel serves; below, loading it takes longer than it saves.

NumPy takes about 30 microseconds a word, whatever the width of a column up to some hundreds of words; loading the
kernel takes 1 to 2 s, and 5 s more where it was never compiled."""

_FAR = 2**40


@dataclass(frozen=True, eq=False)
class Times:
    """Start and end in seconds of columns and words; NaN is unknown.

    An unknown start is that of the last one ahead with a start, an unknown end that of the next one with an end: what
    has no time lies between its neighbours. Where there is no neighbour it is not bounded.

    Attributes
    ----------
    column_start, column_end : ndarray of float64, shape (n_columns,)
    word_start, word_end : ndarray of float64, shape (n_words,)
    collar : float
        Largest gap in seconds between a column and a word that may be paired.
    """

    column_start: Seconds
    column_end: Seconds
    word_start: Seconds
    word_end: Seconds
    collar: float


def align(
    columns: Codes,
    words: Codes,
    *,
    times: Times | None = None,
    cuts: tuple[Nodes, Nodes] | None = None,
    compiled: bool = False,
) -> npt.NDArray[np.int8]:
    """The cheapest way to merge a transcript into a confusion network.

    Parameters
    ----------
    columns : ndarray of int32, shape (n_columns, n_merged)
        Keys of the transcripts merged so far; 0 is NULL.
    words : ndarray of int32, shape (n_words,)
        Keys of the transcript to merge, at least 1.
    times : Times, optional
        Forbids pairs that are too far apart.
    cuts : pair of ndarray of int64, shape (n_cuts,), optional
        Nodes to go through: columns and words before each, both strictly rising from at least 1.
    compiled : bool, default False
        Use the compiled kernel; the path is the same.

    Returns
    -------
    ndarray of int8, shape (n_steps,)
        `PAIR`, `SKIP` and `INSERT` from the first column to the last.

    Raises
    ------
    InputError
        If a table would have more than `MOST_CELLS` cells.

    Examples
    --------
    >>> align(np.array([[1], [2], [3]], np.int32), np.array([1, 3, 4], np.int32)).tolist()
    [0, 1, 0, 2]
    """
    if times is not None:
        times = _bounded(times)
        return _search(columns, words, *_time_band(times), times, compiled)
    if cuts is None or not len(cuts[0]):
        low = np.zeros(len(columns) + 1, dtype=np.int64)
        return _search(columns, words, low, low + len(words), None, compiled)
    parts = []
    for first, last, inner in _groups(*cuts, len(columns), len(words)):
        low, high = _cut_band(inner, last[0] - first[0], last[1] - first[1])
        part = _search(columns[first[0] : last[0]], words[first[1] : last[1]], low, high, None, compiled)
        parts.append(part)
    return np.concatenate(parts)


def places(steps: npt.NDArray[np.int8]) -> tuple[Nodes, Nodes]:
    """Column and word of each step, -1 where it has none.

    Examples
    --------
    >>> places(np.array([0, 1, 0, 2], np.int8))
    (array([ 0,  1,  2, -1]), array([ 0, -1,  1,  2]))
    """
    has_column, has_word = steps != INSERT, steps != SKIP
    column = np.where(has_column, np.cumsum(has_column) - 1, -1)
    word = np.where(has_word, np.cumsum(has_word) - 1, -1)
    return column, word


def _search(
    columns: Codes, words: Codes, low: Nodes, high: Nodes, times: Times | None, compiled: bool
) -> npt.NDArray[np.int8]:
    cells = int((high - low + 1).sum())
    if cells > MOST_CELLS:
        raise InputError(
            "transcripts",
            f"{len(columns):,} columns by {len(words):,} words are too many to search between two common passages",
            hint="give times and a collar, or cut the recording",
        )
    if not compiled:
        return _path(columns, words, low, high, times)
    from psephos.consensus.transcripts import _kernels

    none = np.empty(0)
    timed = times or Times(none, none, none, none, -1.0)
    # Copies: the kernel is compiled once, for arrays that are contiguous and may be written to.
    found: npt.NDArray[np.int8] = _kernels.path(
        np.array(columns, order="C"),
        np.array(words),
        np.array(low),
        np.array(high),
        np.array(timed.column_start),
        np.array(timed.column_end),
        np.array(timed.word_start),
        np.array(timed.word_end),
        float(timed.collar),
        COSTS,
    )
    return found


def _path(columns: Codes, words: Codes, low: Nodes, high: Nodes, times: Times | None) -> npt.NDArray[np.int8]:
    """The search, one column at a time: within a column, inserting is a running minimum of cost less 3000 a word."""
    miss_gap, miss_full, skip_gap, skip_full, insert = COSTS.tolist()
    gap = (columns == 0).any(axis=1)
    miss, skip = np.where(gap, miss_gap, miss_full), np.where(gap, skip_gap, skip_full)
    seen, local = np.unique(words, return_inverse=True)
    holds = np.zeros((len(columns), len(seen) + 1), dtype=bool)
    at = np.searchsorted(seen, columns)
    known = (at < len(seen)) & (np.append(seen, -1)[at] == columns)
    holds[np.arange(len(columns))[:, None], np.where(known, at, len(seen))] = True
    ramp = insert * np.arange(len(words) + 1, dtype=np.int64)
    before = ramp[: high[0] + 1]
    table = [np.full(len(before), INSERT, dtype=np.int8)]
    for i in range(1, len(columns) + 1):
        first, last, was, until = low[i], high[i], low[i - 1], high[i - 1]
        around = np.full(last - first + 2, _FAR)  # costs of the column before, from node first - 1 to node last
        start, stop = max(was, first - 1), min(until, last)
        around[start - first + 1 : stop - first + 2] = before[start - was : stop - was + 1]
        pair = around[:-1].copy()
        inside = slice(max(first, 1) - 1, last)
        cost = np.where(holds[i - 1, local[inside]], 0, miss[i - 1])
        if times is not None:
            late = times.word_start[inside] - times.column_end[i - 1] > times.collar + 1e-9
            cost[late | (times.column_start[i - 1] - times.word_end[inside] > times.collar + 1e-9)] = _FAR
        pair[max(first, 1) - first :] += cost
        over = around[1:] + skip[i - 1]
        slope = ramp[first : last + 1]
        before = np.minimum.accumulate(np.minimum(pair, over) - slope) + slope
        into = np.append(_FAR, before[:-1] + insert)
        step = np.where(over < into, np.int8(SKIP), np.int8(INSERT))
        step[(pair <= over) & (pair <= into)] = PAIR
        table.append(step)
    steps = []
    i, j = len(columns), len(words)
    while i or j:
        taken = int(table[i][j - low[i]])
        steps.append(taken)
        i -= taken != INSERT
        j -= taken != SKIP
    return np.array(steps[::-1], dtype=np.int8)


def _time_band(times: Times) -> tuple[Nodes, Nodes]:
    """How many words may be used up at each node; see the module."""
    n_columns, n_words = len(times.column_start), len(times.word_start)
    ends = np.maximum.accumulate(times.word_end)
    starts = np.minimum.accumulate(times.word_start[::-1])[::-1]
    done = np.searchsorted(ends, times.column_start - times.collar - 1e-9, side="left")
    begun = np.searchsorted(starts, times.column_end + times.collar + 1e-9, side="right")
    low, high = np.zeros((2, n_columns + 1), dtype=np.int64)
    low[1:] = np.minimum.accumulate(done[::-1])[::-1]
    high[:-1] = np.maximum.accumulate(begun)
    high[-1] = n_words
    return low, np.maximum(high, low)


def _bounded(times: Times) -> Times:
    """The times with unknown ones bounded by their neighbours."""
    starts = (_filled(start, -np.inf) for start in (times.column_start, times.word_start))
    ends = (_filled(end[::-1], np.inf)[::-1] for end in (times.column_end, times.word_end))
    (column_start, word_start), (column_end, word_end) = starts, ends
    column_end, word_end = np.maximum(column_end, column_start), np.maximum(word_end, word_start)
    return Times(column_start, column_end, word_start, word_end, times.collar)


def _filled(values: Seconds, start: float) -> Seconds:
    """Unknown values as the last known one before them."""
    known = ~np.isnan(values)
    last = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
    filled: Seconds = np.where(last >= 0, values[last], start)
    return filled


def _groups(
    columns: Nodes, words: Nodes, n_columns: int, n_words: int
) -> list[tuple[tuple[int, int], tuple[int, int], tuple[Nodes, Nodes]]]:
    """Runs of pieces between cuts with at most `FULL_CELLS` cells together, or one piece; with the cuts inside each."""
    column = np.concatenate([[0], columns, [n_columns]])
    word = np.concatenate([[0], words, [n_words]])
    cells = np.concatenate([[0], np.cumsum((np.diff(column) + 1) * (np.diff(word) + 1))])
    groups = []
    start = 0
    while start < len(column) - 1:
        stop = max(start + 1, int(np.searchsorted(cells, cells[start] + FULL_CELLS, side="right")) - 1)
        inner = slice(start + 1, stop)
        first, last = (int(column[start]), int(word[start])), (int(column[stop]), int(word[stop]))
        groups.append((first, last, (column[inner] - first[0], word[inner] - first[1])))
        start = stop
    return groups


def _cut_band(cuts: tuple[Nodes, Nodes], n_columns: int, n_words: int) -> tuple[Nodes, Nodes]:
    """The band that makes the path go through the nodes of `cuts`."""
    node = np.arange(n_columns + 1)
    word = np.concatenate([[0], cuts[1], [n_words]])
    low = word[np.searchsorted(cuts[0], node, side="left")]
    high = word[np.searchsorted(cuts[0], node, side="right") + 1]
    return low, high
