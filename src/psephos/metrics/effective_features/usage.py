r"""How is activation shared among the features of a dictionary?

With codes a_ij >= 0 of item i and feature j,

    m_j = mean_i a_ij,      p_j = m_j / sum m,      F = exp(-sum_j p_j ln p_j),      psi = F / N

F is the effective number of features, the number of equally used ones with the same entropy (Hill number of order 1);
psi compares it with the N neurons, and above 1 features must overlap. Codes come as they are, or are made of
activations and a dictionary, a chunk at a time, so that data larger than memory are read once: what is kept are sums
over items.

Source: Bereska et al. (2025), arXiv 2512.13568; sheet 40. Differs: 0 ln 0 is 0, where the authors add 1e-10 to every
p; an item of several positions (a convolution) is its sum over them, as theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_floats
from psephos.metrics.diversity.hill import Floats
from psephos.metrics.diversity.similarities import in_one_piece
from psephos.metrics.effective_features.dictionary import SparseDictionary

CHUNK_ROWS = 8192
KEPT_GIB = 1.0
"""Memory up to which the usage of single items is kept, which intervals need."""


@dataclass(eq=False)
class UsageSums:
    """Sums over items, chunk by chunk: all that the measures need.

    Attributes
    ----------
    n, rows : int
        Items, and rows of activations behind them.
    negative : int
        Codes below 0, whose size counts.
    active : float
        Codes above 0, over all items and features.
    usage, fired : ndarray of float64, shape (n_features,), or None
        Sum of the codes of each feature, and on how many rows it is active; None before the first chunk.
    kept : list of ndarray, or None
        Codes by item for the bootstrap, as long as there is room (`kept_bytes`).
    residual : float
        Sum of squares that the dictionary leaves unexplained.
    total, squares : ndarray of float64, or None
        Sums of activations and of their squares, for the share that is explained.
    """

    n: int = 0
    rows: int = 0
    negative: int = 0
    active: float = 0.0
    usage: Floats | None = None
    fired: Floats | None = None
    kept: list[Floats] | None = field(default_factory=list)
    kept_bytes: int = 0
    residual: float = 0.0
    total: Floats | None = None
    squares: Floats | None = None

    def add_codes(self, codes: Floats, positions: int = 1) -> None:
        """Add codes of items, each of so many rows."""
        self.negative += int((codes < 0).sum())
        codes = np.abs(codes)
        live = codes > 0
        own = codes if positions == 1 else codes.reshape(-1, positions, codes.shape[1]).sum(axis=1)
        if self.usage is None or self.fired is None:
            self.usage, self.fired = np.zeros(codes.shape[1]), np.zeros(codes.shape[1])
        elif len(self.usage) != codes.shape[1]:
            raise InputError("codes", f"must have {len(self.usage)} features in every chunk, got {codes.shape[1]}")
        self.usage += own.sum(axis=0)
        self.fired += live.sum(axis=0)
        self.active += float(live.sum())
        self.n += len(own)
        self.rows += len(codes)
        self.kept_bytes += own.nbytes
        if self.kept is not None and self.kept_bytes <= KEPT_GIB * 2**30:
            self.kept.append(own)
        else:
            self.kept = None

    def add_rest(self, activations: Floats, reconstruction: Floats) -> None:
        """Add what is left unexplained."""
        if self.total is None or self.squares is None:
            self.total, self.squares = np.zeros(activations.shape[1]), np.zeros(activations.shape[1])
        self.residual += float(((reconstruction - activations) ** 2).sum())
        self.total += activations.sum(axis=0)
        self.squares += (activations**2).sum(axis=0)

    @property
    def explained(self) -> float:
        """1 - residual / sum of squares about column means; NaN for a constant layer or codes without activations."""
        if self.total is None or self.squares is None:
            return float("nan")
        about = float((self.squares - self.total**2 / self.rows).sum())
        return 1 - self.residual / about if about > 1e-12 * float(self.squares.sum()) else float("nan")

    @property
    def scale(self) -> float:
        """Root mean square of the activations."""
        return (
            float("nan") if self.squares is None else float(np.sqrt(self.squares.sum() / self.rows / len(self.squares)))
        )

    @property
    def varying(self) -> int:
        """Neurons whose activation is not always the same."""
        if self.total is None or self.squares is None:
            return 0
        return int((self.squares - self.total**2 / self.rows > 1e-12 * self.squares).sum())


def usage_of_codes(codes: npt.ArrayLike | Iterable[npt.ArrayLike]) -> UsageSums:
    """Sums over codes, of one array or chunks."""
    sums = UsageSums()
    for rows, positions in _chunks("codes", codes):
        sums.add_codes(rows, positions)
    return _some(sums, "codes")


def usage_of_activations(
    activations: npt.ArrayLike | Iterable[npt.ArrayLike], dictionary: SparseDictionary, scale: float = 1.0
) -> UsageSums:
    """Sums over the codes of activations, of one array or chunks, divided by `scale` first."""
    sums = UsageSums()
    for rows, positions in _chunks("activations", activations):
        rows = rows / scale
        codes = dictionary.encode(rows)
        sums.add_codes(codes, positions)
        sums.add_rest(rows, dictionary.decode(codes))
    return _some(sums, "activations")


def root_mean_square(activations: npt.ArrayLike | Iterable[npt.ArrayLike]) -> float:
    """Root mean square of all entries."""
    total = count = 0.0
    for rows, _ in _chunks("activations", activations):
        total, count = total + float((rows**2).sum()), count + rows.size
    if not total > 0:
        raise InputError("standardise", "needs activations that are not all 0")
    return float(np.sqrt(total / count))


def _chunks(name: str, values: npt.ArrayLike | Iterable[npt.ArrayLike]) -> Iterator[tuple[Floats, int]]:
    """Rows, and how many of them are one item: 4-D (items, channels, height, width) becomes rows of channels."""
    given: Any = values
    for chunk in [given] if in_one_piece(given) else given:
        array = chunk if hasattr(chunk, "shape") else np.asarray(chunk)
        if np.ndim(array) not in (2, 4):
            raise InputError(name, f"must have 2 dimensions (items, columns) or 4, got {np.ndim(array)}")
        positions = 1 if np.ndim(array) == 2 else array.shape[2] * array.shape[3]
        for first in range(0, len(array), step := max(1, CHUNK_ROWS // max(positions, 1))):
            part = check_floats(name, array[first : first + step], ndim=np.ndim(array))
            if np.ndim(array) == 4:
                part = part.transpose(0, 2, 3, 1).reshape(-1, part.shape[1])
            yield part, positions


def _some(sums: UsageSums, name: str) -> UsageSums:
    if sums.n < 2:
        raise InputError(name, f"must have two items or more, got {sums.n}")
    return sums
