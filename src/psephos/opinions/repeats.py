"""What counts when one voter speaks twice on one item?

The same opinion twice counts once. Of contradicting opinions the rule decides:

    auto    the latest by time; without times, or with equal times, none of them
    first   the first row
    last    the last row
    error   the caller refuses
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.opinions.coding import combined

Rows = npt.NDArray[np.intp]
REPEATED = ("auto", "first", "last", "error")


@dataclass(frozen=True, eq=False)
class Repeats:
    """Rows that do not count, by reason; `contradicting` holds one row of each key that contradicts itself.

    `twice` are rows that say the same again, `revised` those that a later or an earlier row replaces, `undecided`
    those of a contradiction that nothing settles.
    """

    twice: Rows
    revised: Rows
    undecided: Rows
    contradicting: Rows


def find_repeats(
    parts: Sequence[npt.NDArray[Any]], value: npt.NDArray[Any], time: npt.NDArray[np.float64] | None, repeated: str
) -> Repeats:
    """Find the rows that do not count because their key occurs more than once.

    Parameters
    ----------
    parts : sequence of ndarray, shape (n_rows,) each
        The columns that make up the key: codes, or numbers.
    value : ndarray, shape (n_rows,)
        What was said; two rows of one key with different values contradict each other. NaN equals NaN.
    time : ndarray of float64, shape (n_rows,), optional
        When it was said.
    repeated : {"auto", "first", "last", "error"}
        What counts.

    Examples
    --------
    >>> item, voter, label = np.array([0, 0, 1, 1]), np.array([0, 0, 0, 0]), np.array([5, 5, 5, 6])
    >>> found = find_repeats([item, voter], label, None, "auto")
    >>> found.twice, found.undecided
    (array([1]), array([2, 3]))
    """
    key = combined(parts)
    ordered = np.sort(key)
    repeated_keys = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(repeated_keys):
        return Repeats(*[np.empty(0, dtype=np.intp)] * 4)
    rows = np.flatnonzero(pl.Series(key).is_in(pl.Series(repeated_keys).unique().implode()).to_numpy())
    by_time = repeated == "auto" and time is not None
    when = np.nan_to_num(time[rows], nan=-np.inf) if time is not None and by_time else np.zeros(len(rows))
    order = np.lexsort((rows, when, key[rows]))
    rows, when, said = rows[order], when[order], value[rows[order]]
    opens = np.append(True, key[rows][1:] != key[rows][:-1])
    group, start = np.cumsum(opens) - 1, np.flatnonzero(opens)
    end = np.append(start[1:], len(rows)) - 1
    agreed = np.logical_and.reduceat(_equal(said, said[start][group]), start)
    counting = np.where(agreed | (repeated == "first"), start, end)
    settled = agreed | (repeated in ("first", "last"))
    if by_time:
        latest = when == when[end][group]
        settled |= np.logical_and.reduceat(~latest | _equal(said, said[end][group]), start)
    out = np.ones(len(rows), dtype=bool)
    out[counting[settled]] = False
    twice = out & settled[group] & _equal(said, said[counting][group])
    revised = out & settled[group] & ~twice
    return Repeats(rows[twice], rows[revised], rows[~settled[group]], rows[start[~agreed]])


def _equal(left: npt.NDArray[Any], right: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    equal: npt.NDArray[np.bool_] = (left == right) | ((left != left) & (right != right))
    return equal
