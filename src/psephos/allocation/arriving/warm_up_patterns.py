"""What do the first four samples of a question say about how hard it is?

With a fixed set of answers there are five patterns of four samples,

    (4)   (3, 1)   (2, 2)   (2, 1, 1)   (1, 1, 1, 1),

and with free answers two: all four equal, or not. The chance that four draws without replacement from a stored pool
give a pattern is counted: with c_j votes for answer j, (3, 1) has sum_j C(c_j, 3) (N - c_j) of the C(N, 4) quadruples.

Source: arXiv 2602.16745 (PETS, online). Differs: the authors draw 2000 quadruples of each pool.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_codes

Floats = npt.NDArray[np.float64]

WARM_UP = 4

PATTERNS: tuple[tuple[int, ...], ...] = ((4,), (3, 1), (2, 2), (2, 1, 1), (1, 1, 1, 1))
"""Votes of the answers of four samples, from large to small."""

EQUAL = ("equal", "not equal")
"""Buckets of free answers."""


def bucket_names(*, free: bool) -> list[str]:
    """Names of the buckets, in the order of `PATTERNS` or `EQUAL`.

    Examples
    --------
    >>> bucket_names(free=False), bucket_names(free=True)
    (['4', '3-1', '2-2', '2-1-1', '1-1-1-1'], ['equal', 'not equal'])
    """
    return list(EQUAL) if free else ["-".join(map(str, pattern)) for pattern in PATTERNS]


def bucket_of(votes: list[int], *, free: bool) -> int:
    """Bucket of the votes of four samples: a place in `bucket_names`.

    Parameters
    ----------
    votes : list of int
        Votes of each answer, above 0, in any order; they sum to four.
    free : bool
        Whether only "all equal" and "not all equal" are told apart.

    Examples
    --------
    >>> bucket_of([1, 2, 1], free=False), bucket_of([1, 2, 1], free=True)
    (3, 1)
    """
    pattern = tuple(sorted(votes, reverse=True))
    return int(pattern != PATTERNS[0]) if free else PATTERNS.index(pattern)


def pattern_chances(counts: npt.ArrayLike, *, free: bool = False) -> Floats:
    """Chance of each pattern of four draws without replacement.

    Parameters
    ----------
    counts : array_like of int, shape (n_answers,) or (n_questions, n_answers)
        Votes for each answer in the pool of a question, at least four in all.
    free : bool, default False
        Whether only "all equal" and "not all equal" are told apart.

    Returns
    -------
    ndarray of float64, shape (5,) or (n_questions, 5); 2 in place of 5 if `free`
        They sum to 1.

    Raises
    ------
    InputError
        If a count is negative or a pool has fewer than four answers.

    Examples
    --------
    >>> pattern_chances([5, 1, 1]).round(4)
    array([0.1429, 0.5714, 0.    , 0.2857, 0.    ])
    """
    table = np.atleast_2d(check_codes("counts", counts, ndim=2 if np.ndim(counts) == 2 else 1)).astype(np.float64)
    total = table.sum(axis=1)
    if (table < 0).any():
        raise InputError("counts", "must not be negative")
    if (total < WARM_UP).any():
        raise InputError("counts", f"a pool has fewer than {WARM_UP} answers", where=f"row {int(total.argmin())}")
    two, three, four = (_choose(table, k) for k in (2, 3, 4))
    # Elementary symmetric sums of the counts, by Newton's identities; all are whole numbers.
    s1, s2, s3, s4 = ((table**power).sum(axis=1) for power in (1, 2, 3, 4))
    all_apart = (s1**4 - 6 * s1**2 * s2 + 3 * s2**2 + 8 * s1 * s3 - 6 * s4) / 24
    two_pairs = (two.sum(axis=1) ** 2 - (two**2).sum(axis=1)) / 2
    rest1, rest2 = s1[:, None] - table, s2[:, None] - table**2
    one_pair = (two * (rest1**2 - rest2) / 2).sum(axis=1)
    ways = [four.sum(axis=1), (three * rest1).sum(axis=1), two_pairs, one_pair, all_apart]
    chances = np.stack(ways, axis=1) / _choose(total, 4)[:, None]
    if free:
        chances = np.stack([chances[:, 0], 1 - chances[:, 0]], axis=1)
    return chances.reshape(*np.shape(counts)[:-1], chances.shape[1])


def _choose(n: Floats, k: int) -> Floats:
    """Binomial coefficient n over k of whole n; 0 where n < k."""
    return np.asarray(np.prod([n - i for i in range(k)], axis=0) / math.factorial(k))
