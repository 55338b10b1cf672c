"""How are lists of numbers of different lengths held as arrays, and where do the steps of a text end?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError

_STEP = re.compile(r"\n\s*\n\s*|\n(?=\s*Step\s+\d+\s*[:.])", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Ragged:
    """Lists one after the other.

    Attributes
    ----------
    values : ndarray of float64, shape (n_values,)
    starts : ndarray of int64, shape (n_lists + 1,)
        List i stands at ``starts[i]:starts[i + 1]``.
    present : ndarray of bool, shape (n_lists,)
        Whether there is a list at all.
    """

    values: npt.NDArray[np.float64]
    starts: npt.NDArray[np.int64]
    present: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.present)

    def place(self, at: int) -> tuple[int, int]:
        """List and place within it of the value at `at`, both counted from 0; for complaints about one value."""
        row = int(np.searchsorted(self.starts, at, side="right")) - 1
        return row, at - int(self.starts[row])


def ragged(argument: str, lists: Any) -> Ragged:
    """Lists of numbers as arrays; None is a list that is not there.

    Examples
    --------
    >>> ragged("logprobs", [[-1.0], None, [-2.0, -3.0]]).starts
    array([0, 1, 1, 3])
    """
    if isinstance(lists, (str, bytes)) or not hasattr(lists, "__len__"):
        raise InputError(argument, "must be a list of lists of numbers")
    rows = []
    for number, one in enumerate(lists):
        try:
            row = np.asarray([] if one is None else one, dtype=np.float64)
        except (TypeError, ValueError):
            raise InputError(argument, "must hold numbers only", where=f"response {number}") from None
        if row.ndim != 1:
            raise InputError(argument, "must be a list of lists of numbers", where=f"response {number}")
        rows.append(row)
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    present = np.array([one is not None for one in lists], dtype=bool)
    return Ragged(np.concatenate([np.zeros(0), *rows]), np.concatenate([[0], np.cumsum(lengths)]), present)


def ragged_column(argument: str, lists: Any) -> Ragged:
    """As `ragged`, of a Polars column without a loop."""
    if not isinstance(lists, pl.Series):
        return ragged(argument, lists)
    lengths = lists.list.len().fill_null(0).to_numpy().astype(np.int64)
    flat = lists.filter(lists.list.len().fill_null(0) > 0).explode().cast(pl.Float64)
    values = flat.fill_null(float("nan")).to_numpy().astype(np.float64) if len(flat) else np.zeros(0)
    return Ragged(values, np.concatenate([[0], np.cumsum(lengths)]), lists.is_not_null().to_numpy())


def step_ends_of(text: str, token_ends: Sequence[int]) -> list[int]:
    """Where the steps of a text end, in tokens: at blank lines, and before lines such as ``Step 2:``.

    Parameters
    ----------
    text : str
        A response.
    token_ends : sequence of int
        For each token, how many letters of the text there are up to its end; rising, the last the length of the text.

    Returns
    -------
    list of int
        Place (from 0) of the last token of each step, for `psephos.selection.process_scores`. A token that lies across
        a border belongs to the step in which it begins.

    Raises
    ------
    InputError
        If the ends of the tokens do not rise to the length of the text.

    Examples
    --------
    >>> text = "Add 2 and 2." + chr(10) * 2 + "So it is 4."
    >>> step_ends_of(text, [3, 5, 9, 14, 17, 20, 25])
    [3, 6]
    """
    ends = np.asarray(token_ends, dtype=np.int64)
    if not len(ends):
        return []
    if ends.ndim != 1 or (np.diff(ends) < 0).any() or ends[-1] != len(text) or ends[0] < 0:
        raise InputError("token_ends", f"must rise to the {len(text)} letters of the text")
    begins = np.append(0, ends[:-1])
    borders = [found.end() for found in _STEP.finditer(text) if found.end() < len(text)]
    # The last token that begins before the border.
    last = np.searchsorted(begins, borders, side="left") - 1
    return [int(place) for place in np.unique(np.append(last, len(ends) - 1)) if place >= 0]
