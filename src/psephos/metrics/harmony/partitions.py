r"""How alike are two partitions of the same items?

    adjusted Rand = (pairs together in both - expected) / (mean of pairs together in either - expected)

Source: Hubert and Arabie (1985), doi:10.1007/BF01908075. Differs: nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError
from psephos.metrics.harmony.group_scores import Floats


def rand_index(left: npt.ArrayLike, right: npt.ArrayLike) -> float:
    """Adjusted Rand index of two partitions: 1 if alike, 0 on average if unrelated.

    Parameters
    ----------
    left, right : array_like, shape (n_items,)
        Group of each item.

    Returns
    -------
    float
        At most 1.

    Raises
    ------
    InputError
        If lengths differ.

    Examples
    --------
    >>> rand_index([0, 0, 1, 1], ["b", "b", "a", "a"]), round(rand_index([0, 0, 1, 1], [0, 0, 0, 1]), 4)
    (1.0, 0.0)
    """
    a, b = (np.unique(np.asarray(side), return_inverse=True)[1] for side in (left, right))
    if len(a) != len(b):
        raise InputError("right", f"must have as many rows as left ({len(a)}), got {len(b)}")
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1)

    def pairs(counts: Floats) -> float:
        return float((counts * (counts - 1) / 2).sum())

    both, rows, columns, whole = pairs(table), pairs(table.sum(1)), pairs(table.sum(0)), len(a) * (len(a) - 1) / 2
    expected = rows * columns / whole if whole else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)
