r"""How diverse are items that are too many for the matrix of their similarities?

Landmarks (Nystroem): with m items drawn without replacement, C their similarities to all and W among themselves, C W^+
C^T is what the landmarks explain of K. Its eigenvalues, each at most the true one, are those of the m x m matrix

    W^(-1/2) C^T diag(p) C W^(-1/2),

a sum over blocks of items, so that neither K nor C is ever in memory. The share r that is not explained is known
exactly, from the diagonal; `Spectrum.bounds` makes two-sided bounds of it, for every order. More landmarks narrow them.

Sources: Williams and Seeger (2001); sheet 07. Differs: eigenvalues are not scaled up to a sum of 1 (that would be
biased low and no bound); bounds, weights and the growing number of landmarks are ours. Good for orders of at least 1:
small orders live on small eigenvalues, which landmarks do not see, and the bounds say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg

from psephos.engine import Rng, generator, seed_of
from psephos.errors import InputError, check_count, check_floats, check_number
from psephos.metrics.diversity.hill import Floats
from psephos.metrics.diversity.matrices import DIAGONAL, SYMMETRY, asymmetric, check_probabilities
from psephos.metrics.diversity.similarities import COORDINATES_GIB, Block
from psephos.metrics.diversity.spectrum import EPS, NEGATIVE, Spectrum

BLOCK_CELLS = 2**23
"""Similarities that are made at once: 64 MiB."""
DIAGONAL_ROWS = 64


def nystrom_spectrum(
    items: Sequence[Any] | npt.NDArray[Any],
    similarity: Block,
    *,
    landmarks: int = 512,
    tolerance: float | None = None,
    most: int = 4096,
    p: npt.ArrayLike | None = None,
    coordinates: bool = True,
    rng: Rng = None,
) -> Spectrum:
    """Spectrum of many items from their similarities to some of them, with bounds.

    Parameters
    ----------
    items : sequence of n objects, or ndarray with one row for each
        What `similarity` compares.
    similarity : callable
        Of two blocks of items, the matrix of similarities of each with each; `pairwise` makes it of a function of two
        items. Of an item and itself it must be 1.
    landmarks : int, default 512
        Items that all others are compared with; all of them give the exact spectrum.
    tolerance : float, optional
        Double the landmarks until the bounds of the score of order 1 differ by at most this share, 0.05 say.
    most : int, default 4096
        Landmarks at which doubling ends.
    p : array_like of float, shape (n,), optional
        Probabilities of the items, at least 0, summing to 1.
    coordinates : bool, default True
        Whether to keep what statements on single items need, up to 1 GiB.
    rng : int, Generator, SeedSequence or None
        Seed or source of the landmarks.

    Returns
    -------
    Spectrum
        `missing` is the share that the landmarks do not explain.

    Raises
    ------
    InputError
        If there is no item, a similarity is not finite, depends on the order of the items, is not 1 of an item and
        itself or has negative eigenvalues, or `p` does not fit.

    See Also
    --------
    random_feature_spectrum : rbf and laplacian kernels, without bounds.
    pair_sample_score : order 2 alone.

    Examples
    --------
    >>> points = np.random.default_rng(0).normal(size=(2000, 2))
    >>> near = lambda a, b: np.exp(-((a[:, None] - b) ** 2).sum(axis=2) / 2)
    >>> low, high = nystrom_spectrum(points, near, landmarks=100, rng=0).bounds(1)
    >>> print(f"{low:.2f} {high:.2f}")
    8.46 8.60
    """
    n = len(items)
    if not n:
        raise InputError("empty collection", "has no item, and no diversity", hint="give one item at least")
    weights = check_probabilities(p, n)
    m = min(check_count("landmarks", landmarks), n)
    last = min(max(check_count("most", most), m), n)
    if tolerance is not None:
        check_number("tolerance", tolerance, low=0, open_ends=True)
    seed = seed_of(rng)
    order = generator(seed).permutation(n)
    trace = _trace(items, similarity, weights)
    while True:
        found = _explained(items, similarity, np.sort(order[:m]), weights, trace, coordinates, seed)
        low, high = found.bounds(1)
        if tolerance is None or m >= last or high <= (1 + tolerance) * low:
            return found
        m = min(2 * m, last)


def rows_of(items: Any, places: npt.NDArray[np.int64] | slice) -> Any:
    """Some of the items, of an array or of any sequence."""
    if isinstance(items, np.ndarray) or isinstance(places, slice):
        return items[places]
    return [items[place] for place in places]


def checked_block(similarity: Block, left: Any, right: Any) -> Floats:
    """Similarities of two blocks of items."""
    values = check_floats("similarity", similarity(left, right), ndim=2)
    if values.shape != (len(left), len(right)):
        raise InputError(
            "similarity", f"must give shape ({len(left)}, {len(right)}) for such blocks, got {values.shape}"
        )
    return values


def _trace(items: Any, similarity: Block, p: Floats | None) -> float:
    total = 0.0
    n = len(items)
    for first in range(0, n, DIAGONAL_ROWS):
        block = rows_of(items, slice(first, first + DIAGONAL_ROWS))
        own = checked_block(similarity, block, block).diagonal()
        off = np.abs(own - 1) > DIAGONAL
        if off.any():
            place = int(np.argmax(off))
            raise InputError(
                "diagonal",
                f"must be 1, the similarity of an item with itself, got {own[place]:g}",
                where=f"index {first + place}",
            )
        total += float(own.mean() * len(own) / n if p is None else own @ p[first : first + len(own)])
    return total


def _explained(
    items: Any,
    similarity: Block,
    places: npt.NDArray[np.int64],
    p: Floats | None,
    trace: float,
    coordinates: bool,
    seed: int,
) -> Spectrum:
    n, m = len(items), len(places)
    chosen = rows_of(items, places)
    among = checked_block(similarity, chosen, chosen)
    off = np.abs(among - among.T)
    if off.max() > SYMMETRY * np.abs(among).max():
        row, column = np.unravel_index(int(np.argmax(off)), off.shape)
        raise asymmetric(int(places[row]), int(places[column]), among[row, column], among[column, row])
    scale, axes = linalg.eigh((among + among.T) / 2, check_finite=False)
    if scale[0] < -NEGATIVE * scale[-1]:
        raise InputError("K not PSD", f"has the eigenvalue {scale[0]:.4g} among {m} landmarks")
    # Directions that rounding has filled would be blown up by the inverse; what they explain goes to the missing share.
    solid = scale > m * EPS * scale[-1] * 10
    inverse = axes[:, solid] / np.sqrt(scale[solid])
    keep = coordinates and 8 * n * m <= COORDINATES_GIB * 2**30
    kept: list[Floats] = []
    total = np.zeros((inverse.shape[1],) * 2)
    step = max(1, BLOCK_CELLS // m)
    for first in range(0, n, step):
        block = slice(first, first + step)
        part = checked_block(similarity, rows_of(items, block), chosen) @ inverse
        total += part.T @ part / n if p is None else part.T @ (part * p[block][:, None])
        if keep:
            kept.append(part)
    raw, turn = linalg.eigh(total, check_finite=False)
    falling = raw[::-1] / trace
    values = falling[falling > n * EPS * falling[0]]
    missing = max(0.0, 1 - float(values.sum()))
    missing = 0.0 if missing <= n * EPS else missing
    return Spectrum(
        values / values.sum() * (1 - missing),
        n,
        p,
        np.concatenate(kept) @ turn[:, ::-1][:, : len(values)] if keep else None,
        path="landmarks",
        missing=missing,
        approximate=m < n,
        trace_error=trace - 1,
        seed=seed,
        parameters={"landmarks": m},
        notes=() if m == n else (_note(m, n, missing),),
    )


def _note(m: int, n: int, missing: float) -> str:
    return (
        f"approximate: {m:,} of {n:,} items as landmarks leave {missing:.2%} unexplained; scores are upper bounds, "
        "good for orders of at least 1 and poor below"
    )
