"""Do similar users get similar lists?

With dL(u, v) the mean cosine distance over all k^2 pairs of an item of one list and an item of the other, summed over
the pairs whose similarity reaches t = mean + standard deviation of sim over all pairs,

    UF = log sum sim(u, v) dL(u, v).

It asks for equal lists, not for lists of equal worth: it does not move if a user is served badly. The authors leave the
base of the logarithm open and plot values in [0, 1]; so the raw sum, the mean over the selected pairs (in [0, 1]) and
the natural logarithm are all given.

Source: sheet 18. Differs: the mean is ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_count, check_floats
from psephos.metrics.user_fairness.given_pairs import pairs_of
from psephos.metrics.user_fairness.user_pairs import UserPairs
from psephos.opinions.wording import plural


@dataclass(frozen=True)
class ListUnfairness:
    """How far the lists of similar users lie apart.

    Attributes
    ----------
    mean : float
        Mean of sim dL over the selected pairs, between 0 and 1 where features are not negative.
    total : float
        Their sum.
    natural_log : float
        Its natural logarithm; -infinity where the sum is 0.
    threshold : float
        Similarity from which a pair is selected.
    pairs : int
        Selected pairs.
    """

    mean: float
    total: float
    natural_log: float
    threshold: float
    pairs: int

    def __str__(self) -> str:
        where = f"{plural(self.pairs, 'pair')} from similarity {self.threshold:.3g}"
        return f"UF mean {self.mean:.4g} over {where}, ln {self.natural_log:.4g}"


def list_unfairness(similarity: object, lists: npt.ArrayLike, features: npt.ArrayLike, k: int) -> ListUnfairness:
    """UF: how far the lists of similar users lie apart.

    Parameters
    ----------
    similarity : UserPairs, matrix of shape (m, m), or callable
        How alike users are.
    lists : array_like of int, shape (m, length)
        Items in order, -1 after the end.
    features : array_like of float, shape (n_items, d)
        Features (embeddings) of the items.
    k : int
        Cutoff.

    Returns
    -------
    ListUnfairness
        The sum, its logarithm and the mean over pairs that are alike.

    Raises
    ------
    InputError
        If shapes do not fit, or the similarities were drawn.

    See Also
    --------
    pairwise_unfairness : lists of equal worth.

    Examples
    --------
    >>> alike = [[1, 0.5, 1], [0.5, 1, 0.5], [1, 0.5, 1]]
    >>> found = list_unfairness(alike, [[0, 1], [2, 3], [0, 2]], [[1, 0], [0, 1], [1, 1], [1, 0]], k=2)
    >>> round(found.threshold, 7), found.pairs, round(found.total, 7), round(found.natural_log, 7)
    (0.9023689, 1, 0.3964466, -0.9252139)
    """
    check_count("k", k)
    items = np.asarray(lists)
    table = check_floats("features", features, ndim=2)
    if items.ndim != 2 or items.dtype.kind not in "iu":
        raise InputError("lists", "must be a matrix of item numbers")
    if items.size and (items.max() >= len(table) or items.min() < -1):
        raise InputError("lists", f"items must be 0 to {len(table) - 1}, and -1 after the end")
    items = items[:, :k]
    m = len(items)
    if m < 2:
        raise InputError("users", f"two are the least, got {m}", hint="fairness is between users: add one")
    pairs: UserPairs = pairs_of(similarity, m)
    if pairs.drawn or pairs.n_users != m:
        raise InputError("similarity", f"must be of all pairs of {m} users")
    squares = float((pairs.similarity**2).sum()) / pairs.possible
    threshold = pairs.mean + math.sqrt(max(0.0, squares - pairs.mean**2))
    chosen = pairs.similarity >= threshold - 1e-12
    if threshold <= 0:
        return ListUnfairness(math.nan, 0.0, -math.inf, threshold, 0)
    norm = np.linalg.norm(table, axis=1, keepdims=True)
    unit = np.divide(table, norm, out=np.zeros_like(table), where=norm > 0)
    there = items >= 0
    # The mean cosine over all pairs of items is the product of the mean unit vectors of both lists.
    size = np.maximum(there.sum(axis=1), 1)[:, None]
    centre = (unit[np.where(there, items, 0)] * there[..., None]).sum(axis=1) / size
    left, right, alike = pairs.left[chosen], pairs.right[chosen], pairs.similarity[chosen]
    total = float((alike * (1 - np.einsum("ij,ij->i", centre[left], centre[right]))).sum())
    count = int(chosen.sum())
    log = math.log(total) if total > 0 else -math.inf
    return ListUnfairness(total / count if count else math.nan, total, log, threshold, count)
