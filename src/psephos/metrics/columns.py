"""What do the columns beside the scores say: weights, groups, clusters?

The checks that all metrics share; a complaint names the column and the row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_floats
from psephos.opinions.coding import text_of

Floats = npt.NDArray[np.float64]

MISSING = "missing"
"""The name of the kind of rows without a value."""

DENSE = 2**20
"""Keys below this are numbered by counting them."""


def unmasked(values: npt.ArrayLike) -> npt.NDArray[Any]:
    """Values as an array in which what was masked is missing: NaN among numbers, None among others.

    Examples
    --------
    >>> unmasked(np.ma.array([1, 2], mask=[False, True]))
    array([ 1., nan])
    """
    array = np.asarray(values)
    if not np.ma.isMaskedArray(values):
        return array
    gone = np.ma.getmaskarray(values)
    if not gone.any():  # whole numbers stay what they are
        return array
    if array.dtype.kind in "biuf":
        return np.asarray(np.where(gone, np.nan, array.astype(np.float64)))
    found = array.astype(object)
    found[gone] = None
    return found


def check_weights(weights: npt.ArrayLike | None, n: int) -> Floats:
    """Weights of n rows, at least 0 and not all 0; ones if not given.

    Examples
    --------
    >>> check_weights(None, 2)
    array([1., 1.])
    """
    if weights is None:
        return np.ones(n)
    w = check_floats("weights", weights)
    if len(w) != n:
        raise InputError("weights", f"must have one weight for each of {n} rows, got {len(w)}")
    if (w < 0).any():
        first = int(np.argmax(w < 0))
        raise InputError(
            "weights", f"must not be negative, got {w[first]:g}", where=f"index {first}", hint="0 leaves a row out"
        )
    if n and not w.sum() > 0:
        raise InputError("weights", "are all 0", hint="one row at least must count")
    return w


def codes_of(argument: str, values: npt.ArrayLike, n: int) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Codes of clusters or groups of any type, and their names in order.

    Examples
    --------
    >>> codes_of("groups", ["b", "a", "b"], 3)
    (array([1, 0, 1]), ['a', 'b'])
    """
    named = unmasked(values)
    if named.ndim != 1 or len(named) != n:
        raise InputError(argument, f"must have one name for each of {n} rows, got shape {named.shape}")
    if named.dtype.kind == "f" and np.isnan(named).any():
        raise InputError(
            argument, "holds NaN", where=f"index {int(np.argmax(np.isnan(named)))}", hint="fill or leave out these rows"
        )
    if named.dtype == object:
        bad = [place for place, name in enumerate(named) if name is None or name != name]
        if bad:
            raise InputError(argument, "holds a missing name", where=f"index {bad[0]}")
        named = named.astype(str)
    names, codes = np.unique(named, return_inverse=True)
    return codes.astype(np.int64), [str(name) for name in names]


def kinds_of(values: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], tuple[str, ...], int]:
    """Codes of the kinds in a column of any type, and their names in order; what is missing is a kind of its own, last.

    With how many rows are missing.

    Examples
    --------
    >>> kinds_of(np.array(["b", None, "a"], dtype=object))
    (array([1, 2, 0]), ('a', 'b', 'missing'), 1)
    """
    if values.dtype.kind in "biufmM":
        unknown = {"f": np.isnan, "m": np.isnat, "M": np.isnat}.get(values.dtype.kind)
        gone = np.zeros(len(values), dtype=bool) if unknown is None else unknown(values)
        found, place = np.unique(values[~gone], return_inverse=True)
        # Each kind has a name of its own, which :g would not give: it keeps six digits.
        names = [str(text_of(kind)) if values.dtype.kind == "f" else str(kind) for kind in found]
    else:
        texts = values.tolist()
        column = pl.Series([None if one is None or one != one else str(one) for one in texts], dtype=pl.String)
        gone = column.is_null().to_numpy()
        kinds = column.drop_nulls().unique().sort()
        place = column.drop_nulls().replace_strict(kinds, pl.Series(range(len(kinds)), dtype=pl.Int64)).to_numpy()
        names = kinds.to_list()
    codes = np.full(len(values), len(names), dtype=np.int64)
    codes[~gone] = place
    lost = int(gone.sum())
    own = MISSING if MISSING not in names else "no value"
    return codes, (*names, own) if lost else tuple(names), lost


def combinations_of(codes: Sequence[npt.NDArray[np.int64]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Codes of the combinations of several columns of codes, in order, and a row of each combination.

    Examples
    --------
    >>> combinations_of([np.array([0, 1, 1]), np.array([5, 0, 0])])
    (array([0, 1, 1]), array([0, 2]))
    """
    whole = np.zeros(len(codes[0]), dtype=np.int64)
    for column in codes:
        whole = _numbered(whole * (int(column.max()) + 1) + column)
    first = np.empty(int(whole.max()) + 1, dtype=np.int64)
    first[whole] = np.arange(len(whole))
    return whole, first


def _numbered(keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Keys as ranks among the distinct ones; by counting where they are small."""
    if keys.max() >= max(DENSE, 4 * len(keys)):
        return np.unique(keys, return_inverse=True)[1].astype(np.int64)
    there = np.bincount(keys) > 0
    return (np.cumsum(there) - 1)[keys]
