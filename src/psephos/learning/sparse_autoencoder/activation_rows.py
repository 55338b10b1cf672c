"""How are activations read for training, when they may be larger than memory?

An epoch takes every row once. Rows that fit into a buffer are shuffled as a whole. Of more, blocks of neighbouring
rows are drawn without replacement until the buffer is full, and shuffled within it: a batch then mixes rows of many
places, and the file is read in pieces. Chunks of an iterator come once and are needed in every epoch; they are kept in
a temporary file.

Source: sheet 40 ("memory-mapped chunks; shuffle within a buffer"). Differs: nothing.
"""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError
from psephos.metrics.diversity.hill import Floats
from psephos.metrics.diversity.similarities import in_one_piece

BUFFER_BYTES = 256 * 2**20
BLOCK_ROWS = 256


@dataclass(frozen=True, eq=False)
class ActivationRows:
    """Activations, and which of their rows are trained on.

    Attributes
    ----------
    values : ndarray of float, shape (n_items, n_neurons) or (n_items, n_channels, height, width)
        In memory, or mapped from a file.
    scale : float
        Root mean square of all entries.
    chosen : ndarray of int64, shape (n_rows,), or None
        Rows to train on, in order; None for all.
    divisor : float
        What rows are divided by.
    file : object
        Keeps a temporary file alive.
    """

    values: npt.NDArray[Any]
    scale: float
    chosen: npt.NDArray[np.int64] | None = None
    divisor: float = 1.0
    file: Any = field(default=None, repr=False)

    @property
    def neurons(self) -> int:
        """Columns; channels of a convolution."""
        return int(self.values.shape[1])

    @property
    def rows(self) -> int:
        """How many rows are trained on."""
        return rows_of(self.values) if self.chosen is None else len(self.chosen)

    def take(self, which: npt.NDArray[np.int64]) -> Floats:
        """Rows by number, in rising order, divided and in float64."""
        own = which if self.chosen is None else self.chosen[which]
        if self.values.ndim == 2:
            found = self.values[own]
        else:
            places = np.unravel_index(own, (len(self.values), *self.values.shape[2:]))
            found = self.values[places[0], :, places[1], places[2]]
        return np.asarray(found, dtype=np.float64) / self.divisor

    def buffers(self, batch: int) -> int:
        """Rows that a buffer holds: whole batches."""
        return max(1, BUFFER_BYTES // (8 * max(self.neurons, 1)) // batch) * batch

    def shuffled(self, stream: np.random.Generator, batch: int) -> Iterator[Floats]:
        """All rows in a new order, a buffer at a time."""
        room = self.buffers(batch)
        blocks = stream.permutation(-(-self.rows // BLOCK_ROWS))
        per_buffer = max(1, room // BLOCK_ROWS)
        for first in range(0, len(blocks), per_buffer):
            starts = np.sort(blocks[first : first + per_buffer]) * BLOCK_ROWS
            which = (starts[:, None] + np.arange(BLOCK_ROWS)).ravel()
            yield stream.permutation(self.take(which[which < self.rows]))

    def portable(self) -> dict[str, Any]:
        """The same as what travels to a worker: a file is named, with its place and type, rather than sent."""
        kept = {"chosen": self.chosen, "scale": self.scale, "divisor": self.divisor}
        values = self.values
        # A slice of a mapped file says the place of the whole file, so only the whole is named.
        if isinstance(values, np.memmap) and type(values.base).__name__ == "mmap" and values.filename is not None:
            place = {"file": str(values.filename), "offset": values.offset, "order": _order(values)}
            return kept | place | {"dtype": values.dtype.str, "shape": list(values.shape)}
        return kept | {"values": np.asarray(values)}

    @classmethod
    def from_portable(cls, given: dict[str, Any]) -> ActivationRows:
        """Undo `portable`."""
        values = given.get("values")
        if values is None:
            place = {"offset": given["offset"], "shape": tuple(given["shape"]), "order": given["order"]}
            values = np.memmap(given["file"], dtype=given["dtype"], mode="r", **place)
        return cls(values, given["scale"], given["chosen"], given["divisor"])


def read_activations(activations: npt.ArrayLike | Iterable[npt.ArrayLike]) -> ActivationRows:
    """Activations that were looked through once.

    Parameters
    ----------
    activations : array_like, shape (n_items, ..., n_neurons), or iterable of such chunks
        Chunks are kept in a temporary file, which goes with the result.

    Returns
    -------
    ActivationRows
        With the root mean square of all values.

    Raises
    ------
    InputError
        `activations`: fewer than two items, no neuron, NaN or infinity with its index, or too large to be squared.
    """
    if in_one_piece(activations):
        values, file = _numbers(activations), None
        _check_shape(values)
    else:
        values, file = _in_a_file(activations)  # type: ignore[arg-type]
    if len(values) < 2:
        raise InputError("activations", f"must have two items or more, got {len(values)}")
    if not values.shape[1] or not values.size:
        raise InputError("activations", f"must have a neuron or more, got shape {values.shape}")
    squares = 0.0
    step = max(1, 2**20 // max(1, values[0].size))
    for first in range(0, len(values), step):
        part = np.asarray(values[first : first + step], dtype=np.float64)
        with np.errstate(over="ignore"):
            squares += float(np.vdot(part, part))
        bad = ~np.isfinite(part)
        if bad.any():
            place = np.unravel_index(int(np.argmax(bad)), part.shape)
            found = "NaN" if np.isnan(part[place]) else "infinity"
            where = ", ".join(map(str, (int(place[0]) + first, *map(int, place[1:]))))
            raise InputError("activations", f"holds {found}", where=f"index {where}")
    if not np.isfinite(squares):
        raise InputError("activations", "are too large to be squared", hint="divide them first")
    return ActivationRows(values, float(np.sqrt(squares / values.size)), file=file)


def rows_of(values: npt.NDArray[Any]) -> int:
    """Rows of activations: items, times positions of a convolution."""
    return len(values) * int(np.prod(values.shape[2:]))


def _numbers(given: Any) -> npt.NDArray[Any]:
    try:
        array = given if isinstance(given, np.ndarray) else np.asarray(given)
        if array.dtype.kind == "f":
            return array
        if array.dtype.kind not in "biu":
            raise TypeError
        return array.astype(np.float64)
    except (TypeError, ValueError):
        raise InputError("activations", "must hold real numbers only") from None


def _check_shape(values: npt.NDArray[Any]) -> None:
    if values.ndim not in (2, 4):
        problem = "must have 2 dimensions (items, neurons) or 4 (items, channels, height, width)"
        raise InputError("activations", f"{problem}, got {values.ndim}")


class TemporaryFile:
    """A file on disk that goes when nobody holds this any more."""

    def __init__(self) -> None:
        handle, name = tempfile.mkstemp(prefix="psephos-", suffix=".activations")
        os.close(handle)
        self.path = Path(name)
        weakref.finalize(self, self.path.unlink, missing_ok=True)


def _in_a_file(chunks: Iterable[npt.ArrayLike]) -> tuple[npt.NDArray[Any], TemporaryFile]:
    """Chunks one behind the other in a file."""
    kept = TemporaryFile()
    shape, kind, count = (), np.dtype(np.float64), 0
    with kept.path.open("wb") as file:
        for number, chunk in enumerate(chunks):
            part = _numbers(chunk)
            _check_shape(part)
            if not number:
                shape, kind = part.shape[1:], part.dtype
            elif part.shape[1:] != shape:
                problem = f"must have items of shape {shape}, got {part.shape[1:]}"
                raise InputError("activations", problem, where=f"chunk {number}")
            file.write(np.ascontiguousarray(part, dtype=kind).tobytes())
            count += len(part)
    if not count * int(np.prod(shape)):
        return np.empty((count, *(shape or (1,)))), kept
    return np.memmap(kept.path, dtype=kind, mode="r", shape=(count, *shape)), kept


def _order(values: npt.NDArray[Any]) -> str:
    return "C" if values.flags.c_contiguous else "F"
