"""How does a matrix of similarities, or a function, become pairs of users?

Similarities must lie between 0 and 1 and be symmetric to 1e-9; pairs of similarity 0 are left out, as they add nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import sparse

from psephos.errors import InputError, check_floats
from psephos.metrics.user_fairness.user_pairs import BLOCK, Floats, Indices, UserPairs


def pairs_of(similarity: object, n_users: int) -> UserPairs:
    """Pairs from a matrix of similarities, or from a function of two arrays of users.

    Parameters
    ----------
    similarity : array_like or sparse matrix, shape (n_users, n_users), callable, or UserPairs
        Between 0 and 1; only what lies above the diagonal counts. UserPairs stay as they are.
    n_users : int

    Raises
    ------
    InputError
        `similarity`: of another shape, not symmetric (with the users), or outside 0 to 1.
    """
    if isinstance(similarity, UserPairs):
        return similarity
    if callable(similarity):
        return _called(similarity, n_users)
    if sparse.issparse(similarity):
        table = sparse.coo_matrix(similarity)
        if table.shape != (n_users, n_users):
            raise InputError("similarity", f"must have shape ({n_users}, {n_users}), got {table.shape}")
        apart = abs(table.tocsr() - table.tocsr().T)
        if apart.nnz and apart.max() > 1e-9:
            one = apart.tocoo()
            at = int(one.data.argmax())
            where = f"users {min(one.row[at], one.col[at])} and {max(one.row[at], one.col[at])}"
            raise InputError("similarity", "is not symmetric", where=where)
        upper = table.row < table.col
        left, right, alike = table.row[upper], table.col[upper], table.data[upper]
    else:
        dense = check_floats("similarity", similarity, ndim=2, missing=True)  # type: ignore[arg-type]
        if dense.shape != (n_users, n_users):
            raise InputError("similarity", f"must have shape ({n_users}, {n_users}), got {dense.shape}")
        apart = np.nan_to_num(np.abs(dense - dense.T))
        if (apart > 1e-9).any():
            first = sorted(int(one) for one in np.unravel_index(int(apart.argmax()), apart.shape))
            raise InputError("similarity", "is not symmetric", where=f"users {first[0]} and {first[1]}")
        left, right = np.triu_indices(n_users, 1)
        alike = dense[left, right]
    return _kept(left.astype(np.int64), right.astype(np.int64), np.asarray(alike, dtype=np.float64), n_users)


def _called(similarity: Callable[[Indices, Indices], npt.ArrayLike], n_users: int) -> UserPairs:
    parts = []
    for low in range(0, n_users, BLOCK):
        rows = np.arange(low, min(low + BLOCK, n_users))
        left = np.repeat(rows, n_users - 1 - rows)
        right = np.concatenate([np.arange(row + 1, n_users) for row in rows])
        parts.append((left, right, check_floats("similarity", similarity(left, right), missing=True)))
    left, right, alike = (np.concatenate(part) for part in zip(*parts, strict=True))
    return _kept(left, right, alike, n_users)


def _kept(left: Indices, right: Indices, alike: Floats, n_users: int) -> UserPairs:
    bad = ~((alike >= 0) & (alike <= 1))
    if bad.any():
        place = int(np.argmax(bad))
        raise InputError(
            "similarity",
            f"must lie between 0 and 1, got {alike[place]:g}",
            where=f"users {left[place]} and {right[place]}",
        )
    some = alike > 0
    return UserPairs(left[some], right[some], alike[some], n_users)
