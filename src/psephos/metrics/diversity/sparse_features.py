"""What is the spectrum of features most of which are 0, as those of texts?

As of dense features with cosine similarity, but the smaller of X X^T and X^T X is made from the entries that are not 0.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse

from psephos.errors import InputError
from psephos.metrics.diversity.feature_sums import ZeroRows
from psephos.metrics.diversity.matrices import check_probabilities, need_memory, spectrum_of
from psephos.metrics.diversity.similarities import COORDINATES_GIB, UNIT, refuse_zeros, zero_rows
from psephos.metrics.diversity.spectrum import Spectrum, cleaned
from psephos.opinions.wording import plural


def sparse_spectrum(
    X: sparse.csr_array,
    p: npt.ArrayLike | None,
    normalize: bool,
    zeros: ZeroRows,
    coordinates: bool,
    memory_gib: float,
) -> Spectrum:
    """The spectrum of sparse features with cosine similarity: the smaller of both products is made.

    Parameters
    ----------
    X : sparse array of float64, shape (n, d)
        A row for each item.
    p : array_like of float, shape (n,), or None
        Probabilities; None for equal ones.
    normalize : bool
        Whether rows are scaled to length 1; else they must have it.
    zeros : {"error", "drop"}
        What becomes of rows of zeros.
    coordinates : bool
        Whether places of items along the eigenvectors are wanted.
    memory_gib : float
        The most that the dense product may take.

    Raises
    ------
    InputError
        `X`: not finite. A row of zeros, an empty collection, `diagonal`: a length that is not 1. `memory_gib`: too
        little.
    """
    _check_finite(X)
    weights = check_probabilities(p, X.shape[0])
    if normalize:  # so that no square is too large or too small
        largest = abs(X).max(axis=1).toarray().ravel()
        X = sparse.csr_array(X.multiply(1 / np.where(largest > 0, largest, 1.0)[:, None]))
    lengths = np.sqrt(np.asarray(X.multiply(X).sum(axis=1)).ravel())
    lost = zero_rows(lengths)
    notes: tuple[str, ...] = ()
    if len(lost) and zeros == "error":
        raise refuse_zeros(lost)
    if len(lost):
        kept = lengths > 0
        X, lengths = X[kept], lengths[kept]
        weights = None if weights is None else weights[kept] / weights[kept].sum()
        notes = (f"left out: {plural(len(lost), 'row')} of zeros",)
    n, d = X.shape
    if not n:
        raise InputError("empty collection", "has no item, and no diversity", hint="give one item at least")
    if not normalize and np.abs(lengths**2 - 1).max() > UNIT:
        first = int(np.argmax(np.abs(lengths**2 - 1) > UNIT))
        raise InputError("diagonal", f"must be 1, got {lengths[first] ** 2:g}", where=f"row {first}")
    need_memory(min(n, d), memory_gib)
    unit = sparse.csr_array(X.multiply(1 / lengths[:, None]))
    parameters: dict[str, object] = {"kernel": "cosine"}
    if n <= d:
        matrix = (unit @ unit.T).toarray()
        found = spectrum_of(matrix, weights, psd="error", coordinates=coordinates)
        return replace(found, path="matrix of the cosine kernel", parameters=parameters, notes=notes)
    root = np.full(n, np.sqrt(1 / n)) if weights is None else np.sqrt(weights)
    half = sparse.csr_array(unit.multiply(root[:, None]))
    keep = coordinates and 8 * n * d <= COORDINATES_GIB * 2**30
    raw, axes = linalg.eigh((half.T @ half).toarray(), check_finite=False)
    values, clipped, off = cleaned(raw, n, "clip")
    places = np.asarray(unit @ axes[:, ::-1][:, : len(values)]) if keep else None
    return Spectrum(
        values, n, weights, places, "features", clipped=clipped, trace_error=off, parameters=parameters, notes=notes
    )


def _check_finite(X: sparse.csr_array) -> None:
    """Refuse sparse features with a value that is not finite."""
    bad = ~np.isfinite(X.data)
    if bad.any():
        row = int(np.searchsorted(X.indptr, int(np.argmax(bad)), side="right")) - 1
        raise InputError("features", "holds NaN or infinity", where=f"row {row}")
