"""What is the spectrum of a collection whose similarities are given?

Similarities come as a matrix (dense or sparse) or as a function of two items. A sparse matrix falls apart into
connected components, each of which has eigenvalues of its own: the spectrum of the whole is all of them together,
which is exact.

Sources: Friedman and Dieng (2023), arXiv 2210.02410; sheet 11. Differs: components are ours; a matrix that is no
similarity is refused rather than scored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse
from scipy.sparse import csgraph

from psephos.errors import InputError, check_floats, check_number
from psephos.metrics.diversity.hill import Floats
from psephos.metrics.diversity.spectrum import Definite, Spectrum, cleaned

SYMMETRY = 1e-8
"""Share of the largest similarity by which a similarity and its mirror image may differ."""
DIAGONAL = 1e-6
"""How far the similarity of an item with itself may be from 1."""
MEMORY_GIB = 4.0
SPOT_CHECKS = 10


def kernel_spectrum(
    kernel: npt.ArrayLike | sparse.sparray | sparse.spmatrix,
    *,
    p: npt.ArrayLike | None = None,
    normalize: bool = False,
    psd: Definite = "error",
    coordinates: bool = True,
    memory_gib: float = MEMORY_GIB,
) -> Spectrum:
    """Spectrum of a matrix of similarities.

    Parameters
    ----------
    kernel : array_like or SciPy sparse array, shape (n, n)
        Symmetric, no negative eigenvalue, ones on the diagonal.
    p : array_like of float, shape (n,), optional
        Probabilities of the items, at least 0, summing to 1.
    normalize : bool, default False
        Whether K_ij is divided by sqrt(K_ii K_jj) first.
    psd : {"error", "clip"}, default "error"
        What is done with negative eigenvalues.
    coordinates : bool, default True
        Whether to keep what statements on single items need; takes longer. Never kept of a sparse matrix.
    memory_gib : float, default 4
        Most memory for the matrix, in GiB.

    Returns
    -------
    Spectrum
        Eigenvalues that sum to 1; `vendi_score` and its relatives take them.

    Raises
    ------
    InputError
        If the matrix is empty, not square, not symmetric, not finite, its diagonal is not 1 or it has negative
        eigenvalues, or `p` does not fit.
    MemoryError
        If the matrix (of a sparse one: its largest component) would need more than `memory_gib`.

    See Also
    --------
    feature_spectrum : from vectors, in memory that does not grow with n x n.
    nystrom_spectrum : from a function of two items, for many items.

    Examples
    --------
    >>> found = kernel_spectrum([[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]])
    >>> round(float(found.score(1)), 6), found.rank
    (2.1573, 3)
    """
    if sparse.issparse(kernel):
        return _sparse_spectrum(sparse.csr_array(kernel), p, normalize, psd, memory_gib)
    checked = check_kernel(kernel, normalize=normalize, memory_gib=memory_gib)
    weights = check_probabilities(p, len(checked))
    return spectrum_of(checked, weights, psd=psd, coordinates=coordinates)


def item_spectrum(
    items: Sequence[Any],
    similarity: Callable[[Any, Any], float],
    *,
    p: npt.ArrayLike | None = None,
    normalize: bool = False,
    psd: Definite = "error",
    coordinates: bool = True,
    memory_gib: float = MEMORY_GIB,
) -> Spectrum:
    """Spectrum of any objects from a function of two of them.

    The function is called once for each pair and each item, n (n + 1) / 2 times.

    Parameters
    ----------
    items : sequence of n objects
        What `similarity` compares.
    similarity : callable
        Of two items; symmetric, 1 of an item and itself (unless `normalize`).
    p, normalize, psd, coordinates, memory_gib
        As of `kernel_spectrum`.

    Returns
    -------
    Spectrum
        Eigenvalues that sum to 1; `vendi_score` and its relatives take them.

    Raises
    ------
    InputError
        As of `kernel_spectrum`; also if ten spot checks find pairs whose similarity depends on their order.
    MemoryError
        As of `kernel_spectrum`.

    See Also
    --------
    nystrom_spectrum : with a function of two blocks of items, for many items.

    Examples
    --------
    >>> words = ["yes", "yes", "no", "no"]
    >>> float(item_spectrum(words, lambda a, b: float(a == b)).score(1))
    2.0
    """
    n = len(items)
    _check_shape((n, n))
    need_memory(n, memory_gib)
    kernel = np.empty((n, n))
    listed = list(items)
    for row, item in enumerate(listed):
        kernel[row, row:] = kernel[row:, row] = [similarity(item, other) for other in listed[row:]]
    for place in np.unique(np.linspace(0, n * n - 1, min(SPOT_CHECKS, n * n)).astype(np.int64)):
        row, column = divmod(int(place), n)
        back = float(similarity(items[max(row, column)], items[min(row, column)]))
        if not np.isclose(kernel[row, column], back, rtol=SYMMETRY, atol=SYMMETRY):
            raise asymmetric(row, column, kernel[row, column], back)
    return kernel_spectrum(kernel, p=p, normalize=normalize, psd=psd, coordinates=coordinates, memory_gib=memory_gib)


def check_kernel(kernel: npt.ArrayLike, *, normalize: bool = False, memory_gib: float = MEMORY_GIB) -> Floats:
    """A matrix of similarities, exactly symmetric, with ones on the diagonal."""
    shape = np.shape(kernel)
    _check_shape(shape)
    need_memory(shape[0], memory_gib)
    return _checked(check_floats("kernel", kernel, ndim=2), normalize)


def spectrum_of(kernel: Floats, p: Floats | None, *, psd: Definite, coordinates: bool) -> Spectrum:
    """Spectrum of a checked matrix, which may be overwritten.

    Parameters
    ----------
    kernel : ndarray of float64, shape (n, n)
        Symmetric, 1 on the diagonal.
    p : ndarray of float64, shape (n,), or None
        Probabilities; None for equal ones.
    psd : {"error", "clip"}
        What becomes of eigenvalues below 0.
    coordinates : bool
        Whether places of items along the eigenvectors are wanted.
    """
    n = len(kernel)
    root = np.full(n, np.sqrt(1 / n)) if p is None else np.sqrt(p)
    weighted = kernel / n if p is None else kernel * root[:, None] * root
    if not coordinates:
        # LAPACK takes matrices by columns; the rows of this one are its columns, and need not be copied.
        found, clipped, off = cleaned(linalg.eigvalsh(weighted.T, overwrite_a=True, check_finite=False), n, psd)
        return Spectrum(found, n, p, path="matrix", clipped=clipped, trace_error=off)
    raw, vectors = linalg.eigh(weighted, overwrite_a=True, check_finite=False)
    found, clipped, off = cleaned(raw, n, psd)
    vectors = vectors[:, ::-1][:, : len(found)]
    # An item of probability 0 moves nothing but has a place: its similarities to the others, along the eigenvectors.
    places = kernel @ (root[:, None] * vectors) / np.sqrt(found)
    return Spectrum(found, n, p, places, path="matrix", clipped=clipped, trace_error=off)


def check_probabilities(p: npt.ArrayLike | None, n: int) -> Floats | None:
    """Probabilities of n items, None if they are not given."""
    if p is None:
        return None
    values = check_floats("p", p)
    if len(values) != n:
        raise InputError("p", f"must have one probability for each of {n} items, got {len(values)}")
    if (values < 0).any():
        first = int(np.argmax(values < 0))
        raise InputError("p", f"must not be negative, got {values[first]:g}", where=f"index {first}")
    if abs(values.sum() - 1) > 1e-8:
        raise InputError("p", f"must sum to 1, got {values.sum():.10g}", hint="divide by the sum")
    return values


def need_memory(n: int, memory_gib: float = MEMORY_GIB) -> None:
    """Refuse a matrix that would not fit, before it is made."""
    limit = check_number("memory_gib", memory_gib, low=0, open_ends=True)
    needed = 8 * n * n / 2**30
    if needed > limit:
        raise MemoryError(
            f"the similarities of {n:,} items need {needed:.1f} GiB, more than {limit:g}: with features take "
            "feature_spectrum (cosine) or random_feature_spectrum, with a kernel function nystrom_spectrum"
        )


def asymmetric(row: int, column: int, there: float, back: float) -> InputError:
    """The complaint on a similarity that depends on the order of the items; to be raised.

    Parameters
    ----------
    row, column : int
        Where.
    there, back : float
        The similarity one way and the other.
    """
    return InputError(
        "K not symmetric",
        f"has {there:g} one way and {back:g} the other",
        where=f"index {row}, {column}",
        hint="use (K + K.T) / 2",
    )


def _check_shape(shape: tuple[int, ...]) -> None:
    if len(shape) != 2 or shape[0] != shape[1]:
        raise InputError("K shape", f"must be square, one row and column for each item, got {shape}")
    if not shape[0]:
        raise InputError("empty collection", "has no item, and no diversity", hint="give one item at least")


def _checked(kernel: Floats, normalize: bool) -> Floats:
    if not np.array_equal(kernel, kernel.T):  # most are, to the last digit, and need no second matrix
        off = np.abs(kernel - kernel.T)
        if off.max() > SYMMETRY * np.abs(kernel).max():
            row, column = np.unravel_index(int(np.argmax(off)), off.shape)
            raise asymmetric(int(row), int(column), kernel[row, column], kernel[column, row])
        kernel = (kernel + kernel.T) / 2
    scale = _scale(kernel.diagonal(), normalize)
    return kernel if scale is None else kernel * scale[:, None] * scale


def _scale(diagonal: Floats, normalize: bool) -> Floats | None:
    """What rows and columns are multiplied by, None for nothing."""
    if normalize:
        if (diagonal <= 0).any():
            first = int(np.argmax(diagonal <= 0))
            raise InputError(
                "zero self-similarity",
                f"of {diagonal[first]:g} cannot be scaled to 1",
                where=f"index {first}",
                hint="each item must be like itself: a diagonal above 0",
            )
        return np.asarray(1 / np.sqrt(diagonal))
    off = np.abs(diagonal - 1)
    if off.max() > DIAGONAL:
        first = int(np.argmax(off > DIAGONAL))
        raise InputError(
            "diagonal",
            f"must be 1, the similarity of an item with itself, got {diagonal[first]:g}",
            where=f"index {first}",
            hint="normalize=True scales it",
        )
    return None


def _sparse_spectrum(
    kernel: sparse.csr_array, p: npt.ArrayLike | None, normalize: bool, psd: Definite, memory_gib: float
) -> Spectrum:
    _check_shape(kernel.shape)
    n = kernel.shape[0]
    check_floats("kernel", kernel.data)
    weights = check_probabilities(p, n)
    off = abs(kernel - kernel.T).tocoo()
    if off.nnz and off.data.max() > SYMMETRY * np.abs(kernel.data).max():
        worst = int(np.argmax(off.data))
        row, column = int(off.coords[0][worst]), int(off.coords[1][worst])
        raise asymmetric(row, column, kernel[row, column], kernel[column, row])
    kernel = ((kernel + kernel.T) / 2).astype(np.float64)
    scale = _scale(kernel.diagonal(), normalize)
    root = np.sqrt(np.full(n, 1 / n) if weights is None else weights) * (1.0 if scale is None else scale)
    weighted = sparse.csr_array(kernel.multiply(root[:, None]).multiply(root[None, :]))
    count, part = csgraph.connected_components(kernel, directed=False)
    order = np.argsort(part, kind="stable")
    ends = np.cumsum(np.bincount(part))
    need_memory(int(np.bincount(part).max()), memory_gib)
    alone = np.bincount(part)[part] == 1
    values = [weighted.diagonal()[alone]]
    blocks = [block for block in np.split(order, ends[:-1]) if len(block) > 1]
    values += [linalg.eigvalsh(weighted[block][:, block].toarray(), check_finite=False) for block in blocks]
    found, clipped, error = cleaned(np.concatenate(values), n, psd)
    notes = (f"{count:,} connected components, each solved by itself",)
    return Spectrum(found, n, weights, path="sparse matrix", clipped=clipped, trace_error=error, notes=notes)
