r"""Would users rather have the list of somebody else?

With phi_u(L_v) the relevance that user u finds in the list of v, over the best that k items can hold,

    envy(u, v) = max(phi_u(L_v) - phi_u(L_u), 0)
    mean envy = 2 / (m (m - 1)) sum over ordered pairs of envy        mean maximum envy = mean_u max_v envy(u, v)
    proportion of envious users = share of users with max_v envy(u, v) > eps

phi is 0 where u finds nothing in the list of v, and then there is no envy; so a sparse product of relevance and lists
has all that is needed. Source: sheet 18 (the constant of the mean is the authors': up to twice the mean over ordered
pairs, which `ordered_mean` gives). Differs: eps = .05 is ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from psephos.errors import InputError, check_count, check_floats, check_number

BLOCK = 2000
"""Users whose rows of phi are held at a time."""


@dataclass(frozen=True, eq=False)
class Envy:
    """How much users would rather have another's list.

    Attributes
    ----------
    mean, mean_maximum, proportion : float
        Mean envy of pairs, mean of the largest envy of users, and the share of envious users.
    by_user : ndarray of float64, shape (m,)
        The largest envy of each user.
    towards : ndarray of int64, shape (m,)
        Whose list it is; -1 without envy.
    epsilon : float
        What counts as envious.
    """

    mean: float
    mean_maximum: float
    proportion: float
    by_user: npt.NDArray[np.float64]
    towards: npt.NDArray[np.int64]
    epsilon: float

    def __str__(self) -> str:
        return (
            f"mean envy {self.mean:.4g}, mean maximum {self.mean_maximum:.4g}, "
            f"{self.proportion:.1%} of users envious by more than {self.epsilon:g}"
        )


def envy(
    relevance: object,
    lists: npt.ArrayLike,
    k: int,
    *,
    epsilon: float = 0.05,
    ordered_mean: bool = False,
) -> Envy:
    """Envy between users for each other's lists.

    Parameters
    ----------
    relevance : sparse matrix or array_like, shape (m, n_items)
        What is relevant to each user, with gains of at least 0.
    lists : array_like of int, shape (m, length)
        Items in order, -1 after the end.
    k : int
        Cutoff.
    epsilon : float, default 0.05
        More envy than this makes a user envious.
    ordered_mean : bool, default False
        Divide by the ordered pairs, m (m - 1), and not by half of it.

    Returns
    -------
    Envy
        Mean and largest envy, the share of envious users, and of each user how much and towards whom.

    Raises
    ------
    InputError
        If lengths differ, there are fewer than two users, or `k` is below 1.

    See Also
    --------
    pairwise_unfairness : similar users served differently.

    Examples
    --------
    >>> relevant = [[1, 1, 1, 1, 0, 0], [0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1], [1, 1, 0, 0, 0, 0]]
    >>> found = envy(relevant, [[0, 1], [4, 2], [5, 4], [2, 3]], k=2)
    >>> found.mean, found.mean_maximum, found.proportion
    (0.25, 0.375, 0.5)
    """
    check_count("k", k)
    check_number("epsilon", epsilon, low=0)
    given = relevance if sparse.issparse(relevance) else check_floats("relevance", relevance, ndim=2)  # type: ignore[arg-type]
    wanted = sparse.csr_matrix(given, dtype=np.float64, copy=True)
    wanted.sum_duplicates()
    wanted.eliminate_zeros()
    if not np.isfinite(wanted.data).all() or (wanted.data < 0).any():
        raise InputError("relevance", "must be numbers of at least 0")
    items = np.asarray(lists)
    m, n_items = wanted.shape
    if items.ndim != 2 or items.dtype.kind not in "iu" or len(items) != m:
        raise InputError("lists", f"must be a matrix of item numbers with {m} rows, one for each user of the relevance")
    if items.size and (items.max() >= n_items or items.min() < -1):
        raise InputError("lists", f"items must be 0 to {n_items - 1}, and -1 after the end")
    if m < 2:
        raise InputError("users", f"two are the least, got {m}", hint="fairness is between users: add one")
    items = items[:, :k]
    user, place = np.nonzero(items >= 0)
    shown = sparse.csr_matrix((np.ones(len(user)), (user, items[user, place])), shape=(m, n_items))
    shown.data[:] = 1.0
    best = _best(wanted, k)
    total, most, towards = 0.0, np.zeros(m), np.full(m, -1, dtype=np.int64)
    other = shown.T.tocsc()
    for low in range(0, m, BLOCK):
        high = min(low + BLOCK, m)
        found = (wanted[low:high] @ other).tocsr()
        row = np.repeat(np.arange(high - low), np.diff(found.indptr))
        scale = best[low:high][row]
        phi = np.divide(found.data, scale, out=np.zeros(len(row)), where=scale > 0)
        own = np.zeros(high - low)
        mine = found.indices == row + low
        own[row[mine]] = phi[mine]
        more = np.maximum(phi - own[row], 0.0)
        total += float(more.sum())
        order = np.lexsort((-more, row))
        first = np.unique(row[order], return_index=True)
        at = order[first[1]]
        most[low + first[0]] = more[at]
        towards[low + first[0]] = np.where(more[at] > 0, found.indices[at], -1)
    pairs = m * (m - 1) / (1 if ordered_mean else 2)
    return Envy(total / pairs, float(most.mean()), float((most > epsilon).mean()), most, towards, epsilon)


def _best(wanted: sparse.csr_matrix, k: int) -> npt.NDArray[np.float64]:
    """The most relevance that k items hold for each user."""
    row = np.repeat(np.arange(wanted.shape[0]), np.diff(wanted.indptr))
    order = np.lexsort((-wanted.data, row))
    rank = np.arange(len(row)) - wanted.indptr[row]
    taken = rank < k
    return np.bincount(row[taken], weights=wanted.data[order][taken], minlength=wanted.shape[0]).astype(np.float64)
