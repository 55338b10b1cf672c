r"""How alike are two vectors, or two columns of ratings?

    cosine x.y / (|x| |y|)          pearson: cosine of x and y less their means      spearman: pearson of average ranks
    euclidean sqrt(sum (x - y)^2)   manhattan sum |x - y|                            chebyshev max |x - y|
    hamming: number of places that differ, hamming_share: their share
    jaccard: of sets, the places that are not 0; weighted_jaccard: sum min / sum max
    adjusted cosine of items i, j: sum c_ui c_uj / sqrt(sum c_ui^2 sum c_uj^2) over the users that rated both,
        c_ui the rating less the mean of all ratings of user u

A distance becomes a similarity as 1 / (1 + distance), if asked for.

Source: sheet 02. Differs: what is undefined (a zero vector, a constant one, two empty sets) is NaN and not 0. The
survey's own code has other formulas under the same names; `variant="repo"` has them: its "spearman" is the Euclidean
distance, its "hamming" the sum of absolute differences, its "jaccard" rounds sigmoid(x) first.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse, special

from psephos.errors import InputError, check_choice, check_floats

DISTANCES = ("euclidean", "manhattan", "chebyshev", "hamming", "hamming_share")
MEASURES = ("cosine", "pearson", "spearman", "jaccard", "weighted_jaccard", *DISTANCES)

BLOCK = 2**22
"""Cells of sparse vectors that are unfolded at a time."""

MOST_ITEMS = 20_000
"""Items up to which a table of all pairs is made."""

Floats = npt.NDArray[np.float64]


def vector_similarity(
    x: object, y: object, measure: str = "cosine", *, as_similarity: bool = False, variant: str = "plain"
) -> Floats:
    """Similarity or distance of vectors, pair by pair.

    Parameters
    ----------
    x, y : array_like of float or sparse matrix, shape (d,) or (n, d)
        Vectors; row i of x is compared with row i of y.
    measure : str, default "cosine"
        One of ``cosine pearson spearman jaccard weighted_jaccard euclidean manhattan chebyshev hamming hamming_share``.
    as_similarity : bool, default False
        Turn a distance d into 1 / (1 + d).
    variant : {"plain", "repo"}, default "plain"
        "repo": the formulas of the survey's own code; see the module.

    Returns
    -------
    ndarray of float64, scalar or shape (n,)
        NaN where undefined.

    Raises
    ------
    InputError
        If shapes differ, a number is NaN, or the weighted Jaccard is asked for of negative numbers.

    See Also
    --------
    adjusted_cosine : of items, from ratings.

    Examples
    --------
    >>> x, y = (5, 3, 4, 4, 1), (3, 1, 2, 3, 3)
    >>> [float(vector_similarity(x, y, measure).round(6)) for measure in ("cosine", "pearson", "spearman")]
    [0.885465, 0.03686, 0.229416]
    >>> float(vector_similarity([1, 1, 0, 1, 0], [1, 0, 0, 1, 1], "jaccard"))
    0.5
    """
    check_choice("measure", measure, MEASURES)
    check_choice("variant", variant, ("plain", "repo"))
    if sparse.issparse(x) or sparse.issparse(y):
        return _of_sparse(x, y, measure, as_similarity, variant)
    left = check_floats("x", x, ndim=min(max(np.ndim(x), 1), 2))  # type: ignore[arg-type]
    right = check_floats("y", y, ndim=min(max(np.ndim(y), 1), 2))  # type: ignore[arg-type]
    if left.shape != right.shape:
        raise InputError("y", f"must have the shape of x {left.shape}, got {right.shape}")
    found = _compared(np.atleast_2d(left), np.atleast_2d(right), measure, variant)
    is_distance = measure in DISTANCES or (variant == "repo" and measure == "spearman")
    if as_similarity and is_distance:
        found = 1 / (1 + found)
    return np.asarray(found.reshape(left.shape[:-1])[()])


def adjusted_cosine(ratings: npt.ArrayLike) -> Floats:
    """Similarity of items from ratings whose users differ in how they rate.

    Parameters
    ----------
    ratings : array_like of float, shape (n_users, n_items)
        NaN: not rated.

    Returns
    -------
    ndarray of float64, shape (n_items, n_items)
        NaN where no user rated both, or one is always at the user's mean; 1 on the diagonal.

    Raises
    ------
    InputError
        If there are more than `MOST_ITEMS` items.

    See Also
    --------
    vector_similarity : other measures.

    Examples
    --------
    >>> ratings = [[5, 3, 4], [3, 1, 2], [4, 3, np.nan], [1, 5, 5]]
    >>> adjusted_cosine(ratings)[0, 1:].round(6)
    array([-0.945469, -0.883452])
    """
    table = check_floats("ratings", ratings, ndim=2, missing=True)
    if table.shape[1] > MOST_ITEMS:
        problem = f"have {table.shape[1]:,} items; a table of all pairs is made of {MOST_ITEMS:,} at most"
        raise InputError("ratings", problem)
    rated = (~np.isnan(table)).astype(np.float64)
    count = rated.sum(axis=1, keepdims=True)
    total = np.nansum(table, axis=1, keepdims=True)
    mean = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    centred = np.where(rated > 0, table - mean, 0.0)
    squares = (centred**2).T @ rated
    below = np.sqrt(squares * squares.T)
    found = np.divide(centred.T @ centred, below, out=np.full(below.shape, np.nan), where=below > 0)
    return np.asarray(found)


def _compared(x: Floats, y: Floats, measure: str, variant: str) -> Floats:
    from scipy import stats

    if variant == "repo":
        if measure == "jaccard":
            x, y = np.round(special.expit(x)), np.round(special.expit(y))
        measure = {"spearman": "euclidean", "hamming": "manhattan"}.get(measure, measure)
    # A constant vector less its mean is 0 up to the rounding of the mean.
    nothing = [1e-14 * math.sqrt(x.shape[1]) * np.abs(side).max(axis=1, initial=0.0) for side in (x, y)]
    if measure == "pearson":
        x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    elif measure == "spearman":
        x, y = (stats.rankdata(side, axis=1) for side in (x, y))
        x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    if measure in ("cosine", "pearson", "spearman"):
        long, other = np.linalg.norm(x, axis=1), np.linalg.norm(y, axis=1)
        there = (long > nothing[0]) & (other > nothing[1])
        return _ratio((x * y).sum(axis=1), np.where(there, long * other, 0.0))
    if measure == "jaccard":
        a, b = x != 0, y != 0
        return _ratio((a & b).sum(axis=1).astype(float), (a | b).sum(axis=1).astype(float))
    if measure == "weighted_jaccard":
        if (x < 0).any() or (y < 0).any():
            raise InputError("x", "must not be negative for the weighted Jaccard")
        return _ratio(np.minimum(x, y).sum(axis=1), np.maximum(x, y).sum(axis=1))
    apart = np.abs(x - y)
    if measure == "euclidean":
        return np.asarray(np.sqrt((apart**2).sum(axis=1)))
    if measure == "manhattan":
        return np.asarray(apart.sum(axis=1))
    if measure == "chebyshev":
        return np.asarray(apart.max(axis=1, initial=0.0))
    differing = (x != y).sum(axis=1).astype(np.float64)
    return differing if measure == "hamming" else _ratio(differing, np.full(len(x), float(x.shape[1])))


def _of_sparse(x: Any, y: Any, measure: str, as_similarity: bool, variant: str) -> Floats:
    left, right = sparse.csr_matrix(x), sparse.csr_matrix(y)
    if left.shape != right.shape:
        raise InputError("y", f"must have the shape of x {left.shape}, got {right.shape}")
    step = max(1, BLOCK // max(1, left.shape[1]))
    parts = [
        vector_similarity(
            left[low : low + step].toarray(),
            right[low : low + step].toarray(),
            measure,
            as_similarity=as_similarity,
            variant=variant,
        )
        for low in range(0, left.shape[0], step)
    ]
    return np.concatenate(parts) if parts else np.empty(0)


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.asarray(np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0))
