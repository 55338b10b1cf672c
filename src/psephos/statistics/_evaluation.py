"""How is a statistic evaluated on thousands of reweighted or rearranged copies of the data in bounded memory?

Copies are the rows of a matrix of `n` columns, made and evaluated a chunk of rows at a time. Whoever makes them draws
its random numbers row by row from one stream, so that results do not depend on the size of a chunk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError

CHUNK_CELLS = 2**21
"""Cells of the matrix handed to a statistic at once: 16 MiB of float64. A single row may be larger."""

TIE_TOLERANCE = 1e-12
"""Values of a statistic count as equal if they differ by less than this share of the largest magnitude at hand."""

Statistic = Callable[[Any], npt.ArrayLike]


def chunks(rows: int, n: int) -> Iterator[tuple[int, int]]:
    """Yield first and last (exclusive) row of each chunk of a matrix of shape (rows, n)."""
    step = max(1, CHUNK_CELLS // n)
    for first in range(0, rows, step):
        yield first, min(first + step, rows)


def evaluate(statistic: Statistic, batches: Iterable[npt.NDArray[Any]]) -> npt.NDArray[np.float64]:
    """Values of the statistic on all rows of all batches, shape (rows,) or (rows, k); NaN is allowed, infinity not."""
    return np.concatenate([_checked(statistic(batch), len(batch)) for batch in batches])


def _checked(result: npt.ArrayLike, rows: int) -> npt.NDArray[np.float64]:
    try:
        values = np.asarray(result, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("statistic", "must return numbers only") from None
    if values.ndim not in (1, 2) or len(values) != rows:
        raise InputError("statistic", f"must return shape ({rows},) or ({rows}, k) for {rows} rows, got {values.shape}")
    if np.isinf(values).any():
        raise InputError("statistic", "returned infinity", hint="return NaN where it is undefined")
    return values
