"""Numbers looked up in the tables of their columns, compiled; the array path is in `_resampling`."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def looked_up(uniform: Any, kind: Any, tables: Any, start: Any, guide: Any) -> Any:
    """The first place of table `kind[column]` that exceeds each number.

    `tables` are one behind the other from `start`, and `guide` says where the search begins.
    """
    rows, columns = uniform.shape
    steps = guide.shape[1]
    found = np.empty((rows, columns))
    for row in range(rows):
        for column in range(columns):
            value = uniform[row, column]
            of = kind[column]
            place = guide[of, np.int64(value * steps)]
            first = start[of]
            while tables[first + place] <= value:
                place += 1
            found[row, column] = place
    return found
