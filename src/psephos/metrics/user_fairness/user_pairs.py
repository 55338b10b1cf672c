r"""Which users are alike, and how much?

With H_u the items of user u, as a set or as a row of counts h_u, and a_u the distribution of u over features (genres):

    jaccard = |H_u and H_v| / |H_u or H_v|        cosine = h_u . h_v / (|h_u| |h_v|)
    jensen-shannon = 1 - JSD_2(a_u, a_v) in bits  mixture = gamma jaccard + (1 - gamma) jensen-shannon

Only pairs with something in common are made: the cost is the number of co-occurrences, not of pairs of users. Where
even these are too many, pairs of users are drawn at random, and what rests on them has a standard error.

Source: sheet 18 (the mixture of Rampisela et al. 2026). Differs: base 2, which keeps the divergence within 0 and 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from psephos.engine.streams import Rng, generator
from psephos.errors import InputError, check_choice, check_count, check_floats, check_number

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

BLOCK = 2000
"""Users whose pairs are made together."""

MOST_COMMON = 10**9
"""Co-occurrences up to which all pairs are made; above, pairs are drawn."""


@dataclass(frozen=True, eq=False)
class UserPairs:
    """Pairs of users with their similarity.

    Attributes
    ----------
    left, right : ndarray of int64, shape (n_pairs,)
        left < right. All pairs with a similarity above 0, or those that were drawn.
    similarity : ndarray of float64, shape (n_pairs,)
        Of each pair.
    n_users : int
        How many users there are.
    drawn : bool
        Whether pairs were drawn, uniformly and with replacement.
    without_history : int
        Users with nothing to compare, who are like nobody.
    """

    left: Indices
    right: Indices
    similarity: Floats
    n_users: int
    drawn: bool = False
    without_history: int = 0

    @property
    def possible(self) -> int:
        """Pairs that there are."""
        return self.n_users * (self.n_users - 1) // 2

    @property
    def mean(self) -> float:
        """Mean similarity over all pairs, those with nothing in common included."""
        return float(self.similarity.mean() if self.drawn else self.similarity.sum() / self.possible)


def user_similarity(
    history: object,
    measure: str = "jaccard",
    *,
    features: npt.ArrayLike | None = None,
    gamma: float = 0.5,
    draws: int | None = None,
    most_common: int = MOST_COMMON,
    rng: Rng = 0,
) -> UserPairs:
    """The similarity of users from what they had.

    Parameters
    ----------
    history : sparse matrix or array_like, shape (n_users, n_items)
        What each user had, as counts; not needed for "jensen-shannon".
    measure : {"jaccard", "cosine", "jensen-shannon", "mixture"}, default "jaccard"
        What is measured.
    features : array_like of float, shape (n_users, d), optional
        Distribution of each user over features; rows are made to sum to 1.
    gamma : float, default 0.5
        Weight of Jaccard in the mixture.
    draws : int, optional
        Draw so many pairs instead of making all.
    most_common : int, default 10^9
        Co-occurrences above which 200,000 pairs are drawn where `draws` does not say how many.
    rng : int, Generator or None, default 0
        Of the random draws; an int repeats them.

    Returns
    -------
    UserPairs
        Pairs that are alike at all, which the measures of fairness take.

    Raises
    ------
    InputError
        If there are fewer than two users, or what the measure needs is missing.

    See Also
    --------
    pairwise_unfairness : takes these pairs.

    Examples
    --------
    >>> pairs = user_similarity([[1, 1, 1, 0], [1, 1, 0, 1], [0, 0, 0, 1]])
    >>> list(zip(pairs.left.tolist(), pairs.right.tolist(), pairs.similarity.round(3).tolist()))
    [(0, 1, 0.5), (1, 2, 0.333)]
    """
    check_choice("measure", measure, ("jaccard", "cosine", "jensen-shannon", "mixture"))
    check_number("gamma", gamma, low=0, high=1)
    held = None if measure == "jensen-shannon" and history is None else _history(history)
    shares = None
    if measure in ("jensen-shannon", "mixture"):
        if features is None:
            raise InputError("features", f"{measure!r} needs them")
        shares = _shares(features)
        if held is not None and held.shape[0] != len(shares):
            raise InputError("features", f"must have {held.shape[0]} rows as the history, got {len(shares)}")
    n_users = held.shape[0] if held is not None else len(shares)  # type: ignore[arg-type]
    if n_users < 2:
        raise InputError("users", f"two are the least, got {n_users}", hint="fairness is between users: add one")
    empty = np.zeros(n_users, dtype=bool)
    if held is not None and measure != "jensen-shannon":
        empty |= np.diff(held.indptr) == 0
    if shares is not None:
        empty |= shares.sum(axis=1) == 0
    if draws is None and _cost(held, shares) > most_common:
        draws = 200_000
    if draws is not None:
        stream = generator(rng)
        left = stream.integers(0, n_users, check_count("draws", draws))
        right = (left + stream.integers(1, n_users, draws)) % n_users
        left, right = np.minimum(left, right), np.maximum(left, right)
        alike = _at(left, right, held, shares, measure, gamma)
        return UserPairs(left, right, alike, n_users, True, int(empty.sum()))
    found = [_block(low, min(low + BLOCK, n_users), held, shares, measure, gamma) for low in range(0, n_users, BLOCK)]
    left, right, alike = (np.concatenate(part) for part in zip(*found, strict=True))
    return UserPairs(left, right, alike, n_users, False, int(empty.sum()))


def _history(history: object) -> sparse.csr_matrix:
    if history is None:
        raise InputError("history", "is needed for this measure")
    if not sparse.issparse(history):
        history = check_floats("history", history, ndim=2)  # type: ignore[arg-type]
    held = sparse.csr_matrix(history, dtype=np.float64, copy=True)
    held.sum_duplicates()
    held.eliminate_zeros()
    if not np.isfinite(held.data).all() or (held.data < 0).any():
        raise InputError("history", "must hold counts of at least 0")
    return held


def _shares(features: npt.ArrayLike) -> Floats:
    table = check_floats("features", features, ndim=2)
    if (table < 0).any():
        row, column = np.unravel_index(int(np.argmax(table < 0)), table.shape)
        raise InputError("features", f"must not be negative, got {table[row, column]:g}", where=f"user {row}")
    total = table.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(table, total, out=np.zeros_like(table), where=total > 0))


def _cost(held: sparse.csr_matrix | None, shares: Floats | None) -> float:
    """Co-occurrences to go through; every pair where features compare all."""
    if shares is not None:
        return float(shares.shape[0] * shares.shape[0] * shares.shape[1] / 2)
    assert held is not None  # noqa: S101
    return float((np.bincount(held.indices, minlength=held.shape[1]).astype(np.float64) ** 2).sum())


def _block(
    low: int, high: int, held: sparse.csr_matrix | None, shares: Floats | None, measure: str, gamma: float
) -> tuple[Indices, Indices, Floats]:
    """Pairs of the users of a block with all later ones."""
    if shares is not None:
        n_users = len(shares)
        rows = np.arange(low, high)
        left = np.repeat(rows, n_users - 1 - rows)
        right = np.concatenate([np.arange(row + 1, n_users) for row in rows]) if n_users else rows
        alike = _at(left, right, held, shares, measure, gamma)
    else:
        assert held is not None  # noqa: S101
        own = held if measure == "cosine" else _binary(held)
        common = (own[low:high] @ own.T).tocoo()
        later = common.row + low < common.col
        left, right = common.row[later].astype(np.int64) + low, common.col[later].astype(np.int64)
        alike = _similarity(common.data[later], left, right, held, measure)
    some = alike > 0
    return left[some], right[some], alike[some]


def _at(
    left: Indices, right: Indices, held: sparse.csr_matrix | None, shares: Floats | None, measure: str, gamma: float
) -> Floats:
    """Similarity of given pairs."""
    by_items = np.zeros(len(left))
    if measure != "jensen-shannon":
        assert held is not None  # noqa: S101
        own = held if measure == "cosine" else _binary(held)
        for low in range(0, len(left), 50_000):
            part = slice(low, low + 50_000)
            common = np.asarray(own[left[part]].multiply(own[right[part]]).sum(axis=1)).ravel()
            by_items[part] = _similarity(common, left[part], right[part], held, measure)
    if shares is None:
        return by_items
    by_features = np.empty(len(left))
    for low in range(0, len(left), 200_000):
        part = slice(low, low + 200_000)
        by_features[part] = _shannon(shares[left[part]], shares[right[part]])
    return by_features if measure == "jensen-shannon" else gamma * by_items + (1 - gamma) * by_features


def _similarity(common: Floats, left: Indices, right: Indices, held: sparse.csr_matrix, measure: str) -> Floats:
    if measure == "cosine":
        norm = np.sqrt(np.asarray(held.multiply(held).sum(axis=1)).ravel())
        below = norm[left] * norm[right]
        cosine = np.divide(common, below, out=np.zeros(len(left)), where=below > 0)
        return np.asarray(np.minimum(1.0, cosine))
    size = np.diff(held.indptr)
    below = size[left] + size[right] - common
    return np.asarray(np.divide(common, below, out=np.zeros(len(left)), where=below > 0))


def _shannon(one: Floats, other: Floats) -> Floats:
    """1 less the Jensen-Shannon divergence in bits; 0 where a side is empty."""
    middle = (one + other) / 2
    divergence = np.zeros(len(one))
    for side in (one, other):
        ratio = np.divide(side, middle, out=np.ones_like(side), where=side > 0)
        divergence += (side * np.log2(ratio)).sum(axis=1) / 2
    there = (one.sum(axis=1) > 0) & (other.sum(axis=1) > 0)
    return np.where(there, np.clip(1 - divergence, 0.0, 1.0), 0.0)


def _binary(held: sparse.csr_matrix) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.ones(held.nnz), held.indices, held.indptr), shape=held.shape)
