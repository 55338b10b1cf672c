"""The array code of this room, compiled: the same numbers in one pass over memory where NumPy needs many."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def ranked_areas(weights: Any, positive: Any, last: Any) -> Any:
    """AUROC and AP for each row of weights of rows by falling score; `last` marks the ends of equal scores."""
    n_rows, n = weights.shape
    found = np.full((n_rows, 2), np.nan)
    for row in range(n_rows):
        true = false = hits = misses = won = average = 0.0
        for place in range(n):
            if positive[place]:
                hits += weights[row, place]
            else:
                misses += weights[row, place]
            if last[place]:
                true += hits
                if hits > 0:
                    won += hits * (false + misses / 2)
                    average += hits * true / (true + false + misses)
                false += misses
                hits = misses = 0.0
        if true > 0 and false > 0:
            found[row, 0] = 1 - won / (true * false)
            found[row, 1] = average / true
    return found
