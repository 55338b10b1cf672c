"""How do many texts become codes fast?

Three ways, chosen by the head of the column: of rows in runs only the first of each run is looked up; texts that hardly
repeat are sorted by their hash; all others are looked up in a table of hashes, one by one. A short list of Python is
looked up where it is: to make a column of it takes as long.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from itertools import count
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

Codes: TypeAlias = tuple[npt.NDArray[np.int32], pl.Series]

_SAMPLE = 2**14
"""Rows at the head of a column by which the way to its codes is chosen; a column of no more has no choice."""

_CHECKED_AT_ONCE = 2**18
"""Rows whose texts are looked at together; few enough that the memory for them is used again."""

SORTED_ROWS = range(2**18, 2**24)
"""Numbers of rows at which texts that hardly repeat are coded by sorting: no faster below, and hashes collide above."""


def codes_of_texts(values: pl.Series) -> Codes:
    """Codes of texts, numbered in the order of their first rows, and the texts in that order.

    Parameters
    ----------
    values : polars.Series of String
        The texts; null has the code -1.

    Examples
    --------
    >>> codes, texts = codes_of_texts(pl.Series(["b", "a", None, "b"]))
    >>> codes, texts.to_list()
    (array([ 0,  1, -1,  0], dtype=int32), ['b', 'a'])
    """
    if len(values) <= _SAMPLE:
        return by_hashing(values)
    head = values.head(_SAMPLE)
    if _changes(head).sum() * 4 < len(head):
        starts = np.flatnonzero(_changes(values).to_numpy())
        codes, texts = by_hashing(values.gather(starts))
        return np.repeat(codes, np.diff(np.append(starts, len(values)))), texts
    hardly_repeated = len(values) in SORTED_ROWS and not values.null_count() and head.n_unique() > 0.9 * len(head)
    return (by_sorting(values) if hardly_repeated else None) or by_hashing(values)


def codes_of_list(name: str, values: list[object]) -> Codes | None:
    """Codes of a short list of texts, numbered in the order of their first rows, and the texts in that order.

    Parameters
    ----------
    name : str
        Name of the column.
    values : list
        The texts; None and the empty text have the code -1.

    Returns
    -------
    (ndarray of int32, polars.Series) or None
        None where the list is long, or holds anything else: then a column must be made of it.

    Examples
    --------
    >>> codes, texts = codes_of_list("voter", ["b", "a", None, "b"])
    >>> codes, texts.to_list()
    (array([ 0,  1, -1,  0], dtype=int32), ['b', 'a'])
    >>> codes_of_list("voter", ["b", 1]) is None
    True
    """
    if not 0 < len(values) <= _SAMPLE or type(values[0]) is not str:
        return None
    # A value that is new gets the next code. One that is equal to a text and no text has the text of its equal.
    place: defaultdict[object, int] = defaultdict(count().__next__)
    with suppress(TypeError):  # a value that cannot be looked up
        codes = np.fromiter(map(place.__getitem__, values), np.int32, len(values))
        gone = [place.pop(value) for value in (None, "") if value in place]
        if all(type(value) is str for value in place):
            # A text that is not Unicode cannot be kept; whoever makes the column says so.
            with suppress(ValueError, pl.exceptions.PolarsError):
                texts = pl.Series(name, list(place), dtype=pl.String, strict=True)
                return (_without_codes(codes, gone) if gone else codes), texts
    return None


def _without_codes(codes: npt.NDArray[np.int32], gone: list[int]) -> npt.NDArray[np.int32]:
    """The same codes with these missing, the others counted without them."""
    kept = np.ones(int(codes.max()) + 1, dtype=bool)
    kept[gone] = False
    new = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
    return np.asarray(new[codes])


def _changes(values: pl.Series) -> pl.Series:
    """Whether a row differs from the one before; the first does."""
    return values.ne_missing(values.shift()) | (pl.Series(np.arange(len(values))) == 0)


def by_sorting(values: pl.Series) -> Codes | None:
    """Codes of texts in the order of their first rows, by sorting (hash, row) pairs; None if two hashes collide.

    A table of a million texts does not fit in the cache, so that looking up each row waits for memory; sorting does
    not. A pair is one number: the upper bits of the hash, then the row. Equal hashes are checked to be equal texts.
    """
    n_rows = len(values)
    bits = np.uint64((n_rows - 1).bit_length())
    rows = (np.uint64(1) << bits) - np.uint64(1)
    pairs = values.hash().to_numpy() & ~rows
    pairs |= np.arange(n_rows, dtype=np.uint64)
    pairs.sort()
    row = (pairs & rows).view(np.int64)
    pairs >>= bits
    opens = np.append(True, pairs[1:] != pairs[:-1])
    seen = row[opens]
    order = np.argsort(seen)
    place = np.empty(len(seen), dtype=np.int32)
    place[order] = np.arange(len(seen), dtype=np.int32)
    codes = np.empty(n_rows, dtype=np.int32)
    codes[row] = place[np.cumsum(opens, dtype=np.int32) - 1]
    vocabulary = values.gather(seen[order])
    for start in range(0, n_rows, _CHECKED_AT_ONCE):
        some = slice(start, start + _CHECKED_AT_ONCE)
        if (vocabulary.gather(codes[some]) != values[some]).any():
            return None
    return codes, vocabulary


def by_hashing(values: pl.Series) -> Codes:
    """Codes of texts in the order of their first rows, by one pass of hashing."""
    hashed = values.cast(pl.Categorical(pl.Categories.random())).to_physical().cast(pl.Int32)
    # What Polars does by a query (fill_null, gather) takes longer to ask than to do on a short column.
    codes: npt.NDArray[np.int32] = (hashed.fill_null(-1) if hashed.null_count() else hashed).to_numpy()
    first = np.full(int(codes.max(initial=-1)) + 2, -1, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)  # of equal indices the last assignment stays: the first row
    seen = first[:-1]
    order = np.argsort(seen)
    if np.all(seen[1:] > seen[:-1]):
        return codes, values[seen]
    place = np.append(np.empty_like(order), -1).astype(np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return place[codes], values[seen[order]]
