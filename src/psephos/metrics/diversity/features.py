"""What is the spectrum of a collection of vectors?

With cosine similarity the matrix K is X X^T of rows of length 1, and its eigenvalues other than 0 are those of

    C = X^T diag(p) X,          d x d for d features, whatever the number of items

(the dual). C is a sum over items: rows come in chunks, from memory, from a file that is mapped or from an iterator,
and can be added and taken away. Other kernels have no such sum: their matrix is made up to 4,000 items, and beyond that
approximated from landmarks (`nystrom_spectrum`), which the result says.

Sources: Friedman and Dieng (2023), arXiv 2210.02410; sheets 07 and 11. Differs: chunks, weights and sums that grow are
ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
from scipy import sparse

from psephos.engine import Rng
from psephos.errors import InputError, check_choice
from psephos.metrics.diversity.feature_sums import CHUNK_ROWS, FeatureSums, ZeroRows
from psephos.metrics.diversity.hill import Floats
from psephos.metrics.diversity.matrices import MEMORY_GIB, check_probabilities, need_memory, spectrum_of
from psephos.metrics.diversity.nystrom import nystrom_spectrum
from psephos.metrics.diversity.similarities import (
    COORDINATES_GIB,
    Kernel,
    block_similarity,
    check_fingerprints,
    check_rows,
    in_one_piece,
    refuse_zeros,
    row_lengths,
    zero_rows,
)
from psephos.metrics.diversity.sparse_features import sparse_spectrum
from psephos.metrics.diversity.spectrum import Spectrum
from psephos.opinions.wording import plural

EXACT = 4000
"""Items up to which the matrix of a kernel without a dual is made."""


def feature_spectrum(
    features: npt.ArrayLike | sparse.sparray | sparse.spmatrix | Iterable[npt.ArrayLike],
    *,
    kernel: Kernel = "cosine",
    gamma: float | None = None,
    degree: int = 3,
    p: npt.ArrayLike | None = None,
    normalize: bool = True,
    zero_rows: ZeroRows = "error",
    exact: bool | None = None,
    landmarks: int = 512,
    coordinates: bool = True,
    memory_gib: float = MEMORY_GIB,
    rng: Rng = None,
) -> Spectrum:
    """Spectrum of a collection of vectors.

    Parameters
    ----------
    features : array_like or SciPy sparse array of shape (n, d), or iterator of chunks of rows
        An array that is mapped from a file is read in chunks; an iterator works with the cosine kernel only.
    kernel : {"cosine", "rbf", "laplacian", "polynomial", "tanimoto"}, default "cosine"
        The similarity of two vectors.
    gamma : float, optional
        Bandwidth; by the median heuristic if not given (polynomial: 1 / d).
    degree : int, default 3
        Of the polynomial kernel.
    p : array_like of float, shape (n,), optional
        Probabilities of the items, at least 0, summing to 1.
    normalize : bool, default True
        Whether rows are divided by their lengths for the cosine kernel; otherwise all must have length 1.
    zero_rows : {"error", "drop"}, default "error"
        What is done with rows of zeros under the cosine and tanimoto kernels.
    exact : bool, optional
        Whether the n x n matrix of a kernel without a dual is made; if not given, up to 4,000 items.
    landmarks : int, default 512
        Of the approximation beyond.
    coordinates : bool, default True
        Whether to keep what statements on single items need, up to 1 GiB.
    memory_gib : float, default 4
        Most memory for the matrix, in GiB.
    rng : int, Generator, SeedSequence or None
        Source of the landmarks.

    Returns
    -------
    Spectrum
        Eigenvalues that sum to 1; `vendi_score` and its relatives take them.

    Raises
    ------
    InputError
        If there is no item, a value is not finite, rows are zeros or not of length 1, or `p` does not fit.
    MemoryError
        If the matrix would need more than `memory_gib`.

    See Also
    --------
    random_feature_spectrum : rbf and laplacian kernels of any number of items.
    FeatureSums : items that come and go.

    Examples
    --------
    >>> X = [[1, 0, 2], [2, 1, 0], [0, 3, 1], [1, 1, 1], [4, 0, 1]]
    >>> found = feature_spectrum(X)
    >>> round(float(found.score(1)), 6), found.path
    (2.349709, 'features')
    """
    check_choice("kernel", kernel, get_args(Kernel))
    check_choice("zero_rows", zero_rows, get_args(ZeroRows))
    given: Any = features
    if sparse.issparse(given):
        if kernel == "cosine":
            return sparse_spectrum(sparse.csr_array(given), p, normalize, zero_rows, coordinates, memory_gib)
        given = given.toarray()
    if kernel == "cosine" and not in_one_piece(given):
        return _in_chunks(given, p, normalize, zero_rows)
    if not in_one_piece(given):
        raise InputError("features", f"must be one array for the {kernel} kernel, got {type(given).__name__}")
    if kernel == "cosine":
        return _dual(given, p, normalize, zero_rows, coordinates, memory_gib)
    X = check_rows(given)
    weights = check_probabilities(p, len(X))
    notes: tuple[str, ...] = ()
    if kernel == "tanimoto":
        X, weights, notes = _without_zeros(check_fingerprints(X), weights, zero_rows)
    block, parameters = block_similarity(kernel, X, gamma=gamma, degree=degree)
    if exact is False or (exact is None and len(X) > EXACT):
        found = nystrom_spectrum(X, block, p=weights, landmarks=landmarks, coordinates=coordinates, rng=rng)
        return replace(found, parameters=parameters | found.parameters, notes=(*notes, *found.notes))
    need_memory(len(X), memory_gib)
    matrix = np.asarray(block(X, X))
    matrix = (matrix + matrix.T) / 2
    np.fill_diagonal(matrix, 1.0)
    found = spectrum_of(matrix, weights, psd="error", coordinates=coordinates)
    return replace(found, path=f"matrix of the {kernel} kernel", parameters=parameters, notes=notes)


def _without_zeros(X: Floats, p: Floats | None, zeros: ZeroRows) -> tuple[Floats, Floats | None, tuple[str, ...]]:
    lost = zero_rows(np.abs(X).sum(axis=1))
    if not len(lost):
        return X, p, ()
    if zeros == "error":
        raise refuse_zeros(lost)
    kept = np.setdiff1d(np.arange(len(X)), lost)
    weights = None if p is None else p[kept]
    if not len(kept) or (weights is not None and not weights.sum() > 0):
        raise InputError("empty collection", "has no item, and no diversity", hint="give one item at least")
    note = f"left out: {plural(len(lost), 'row')} of zeros"
    return X[kept], None if weights is None else weights / weights.sum(), (note,)


def _dual(
    features: Any,
    p: npt.ArrayLike | None,
    normalize: bool,
    zeros: ZeroRows,
    coordinates: bool,
    memory_gib: float,
) -> Spectrum:
    array = features if hasattr(features, "shape") else check_rows(features)
    shape = np.shape(array)
    if len(shape) != 2:
        raise InputError("features", f"must have 2 dimension(s), got {len(shape)}")
    if not shape[0]:
        raise InputError("empty collection", "has no item, and no diversity", hint="give one item at least")
    weights = check_probabilities(p, shape[0])
    if shape[1] >= shape[0]:
        return _primal(check_rows(array), weights, normalize, zeros, coordinates, memory_gib)
    sums = FeatureSums(shape[1], normalize=normalize, zero_rows=zeros)
    for first in range(0, shape[0], CHUNK_ROWS):
        chunk = slice(first, first + CHUNK_ROWS)
        sums.add(array[chunk], None if weights is None else weights[chunk])
    keep = coordinates and 8 * shape[0] * shape[1] <= COORDINATES_GIB * 2**30
    found, axes = sums.solved(vectors=keep)
    if sums.dropped:
        lost = np.concatenate(
            [np.asarray(array[i : i + CHUNK_ROWS]).any(axis=1) for i in range(0, shape[0], CHUNK_ROWS)]
        )
        weights = None if weights is None else weights[lost] / weights[lost].sum()
        array = np.asarray(array)[lost]
    if axes is None:
        return replace(found, p=weights, parameters={"kernel": "cosine"})
    rows, lengths = row_lengths(np.asarray(array, dtype=np.float64))
    places = rows @ axes
    if normalize:
        places /= lengths[:, None]
    return replace(found, p=weights, coordinates=places, parameters={"kernel": "cosine"})


def _primal(
    X: Floats, p: Floats | None, normalize: bool, zeros: ZeroRows, coordinates: bool, memory_gib: float
) -> Spectrum:
    """As many features as items or more: the matrix is the smaller one."""
    X, weights, notes = _without_zeros(X, p, zeros)
    need_memory(len(X), memory_gib)
    _, unit = FeatureSums(X.shape[1], normalize=normalize).unit_rows(X)
    found = spectrum_of(unit @ unit.T, weights, psd="error", coordinates=coordinates)
    return replace(found, path="matrix of the cosine kernel", parameters={"kernel": "cosine"}, notes=notes)


def _in_chunks(chunks: Iterable[npt.ArrayLike], p: npt.ArrayLike | None, normalize: bool, zeros: ZeroRows) -> Spectrum:
    weights = None if p is None else check_probabilities(p, np.size(p))
    sums, seen = None, 0
    for chunk in chunks:
        rows = check_rows(chunk)
        sums = sums or FeatureSums(rows.shape[1], normalize=normalize, zero_rows=zeros)
        sums.add(rows, None if weights is None else weights[seen : seen + len(rows)])
        seen += len(rows)
    if sums is None:
        raise InputError("empty collection", "has no item, and no diversity", hint="give one item at least")
    if weights is not None and len(weights) != seen:
        raise InputError("p", f"must have one probability for each of {seen} items, got {len(weights)}")
    kept = weights if not sums.dropped else None
    return replace(sums.spectrum(), p=kept, parameters={"kernel": "cosine"})
