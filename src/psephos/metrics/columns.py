"""What do the columns beside the scores say: weights, groups, clusters?

The checks that all metrics share; a complaint names the column and the row.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_floats

Floats = npt.NDArray[np.float64]


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
        raise InputError("weights", f"must not be negative, got {w[first]:g}", where=f"index {first}")
    if n and not w.sum() > 0:
        raise InputError("weights", "are all 0")
    return w


def codes_of(argument: str, values: npt.ArrayLike, n: int) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Codes of clusters or groups of any type, and their names in order.

    Examples
    --------
    >>> codes_of("groups", ["b", "a", "b"], 3)
    (array([1, 0, 1]), ['a', 'b'])
    """
    named = np.asarray(values)
    if named.ndim != 1 or len(named) != n:
        raise InputError(argument, f"must have one name for each of {n} rows, got shape {named.shape}")
    if named.dtype.kind == "f" and np.isnan(named).any():
        raise InputError(argument, "holds NaN", where=f"index {int(np.argmax(np.isnan(named)))}")
    if named.dtype == object:
        bad = [place for place, name in enumerate(named) if name is None or name != name]
        if bad:
            raise InputError(argument, "holds a missing name", where=f"index {bad[0]}")
        named = named.astype(str)
    names, codes = np.unique(named, return_inverse=True)
    return codes.astype(np.int64), [str(name) for name in names]
