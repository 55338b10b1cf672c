"""Could this number have come about by chance alone?

If nothing but chance links the labels (or the signs of paired differences) to the data, every rearrangement was as
likely as the one observed. The p-value is the share of arrangements at least as extreme,

    p = (1 + #{r : T_r >= T}) / (1 + R)             R random arrangements, the observed one counted with them
    p = #{r : T_r >= T} / N                         all N distinct arrangements, where N <= repeats

for "greater", with <= for "less"; "two-sided" is twice the smaller of both, at most 1.

Sources: Fisher (1935), The Design of Experiments, section 21; Phipson and Smyth (2010), doi:10.2202/1544-6115.1585.
Differs: values that differ by rounding only count as equal; an undefined (NaN) value counts as extreme on both sides,
so that it never helps significance.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from psephos.engine.streams import Rng
from psephos.errors import InputError, check_codes, check_count
from psephos.statistics._arrangements import (
    all_signs,
    random_signs,
)
from psephos.statistics._evaluation import Statistic
from psephos.statistics.arrangement_tests import PermutationTest, arrangements_of, compare_arrangements


def permutation_test(
    statistic: Statistic,
    labels: npt.ArrayLike,
    *,
    strata: npt.ArrayLike | None = None,
    repeats: int = 9999,
    alternative: str = "two-sided",
    rng: Rng = None,
) -> PermutationTest:
    """Test whether labels matter, by shuffling them.

    Parameters
    ----------
    statistic : callable
        Takes arrangements of the labels, shape (rows, n), and returns its values, shape (rows,).
    labels : array_like, shape (n,)
        What is shuffled: group codes, scores, or `np.arange(n)` for a statistic that wants row numbers.
    strata : array_like of int, shape (n,), optional
        Labels are exchanged only within a stratum. Default a single stratum.
    repeats : int
        Random arrangements. If there are no more distinct ones than this, all are enumerated instead.
    alternative : {"two-sided", "greater", "less"}
        Which values of the statistic speak against chance.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.

    Returns
    -------
    PermutationTest
        Statistic, p-value with its Monte-Carlo error, and the replicates.

    Raises
    ------
    InputError
        If `labels` is empty or not one-dimensional, lengths differ, or the statistic returns another shape, text or
        infinity.

    See Also
    --------
    sign_flip_test : the test for paired differences.

    Examples
    --------
    >>> scores = np.array([1.1, 1.4, 1.2, 2.0, 2.3, 2.1])
    >>> group = np.array([0, 0, 0, 1, 1, 1])
    >>> print(permutation_test(lambda g: g @ scores - (1 - g) @ scores, group))
    2.7, p = 0.1 (two-sided, all 20 arrangements)
    """
    values, arrangements, exact = arrangements_of(labels, strata, repeats, rng)
    return compare_arrangements(statistic, values, arrangements, exact, alternative)[0]


def sign_flip_test(
    statistic: Statistic,
    n: int,
    *,
    clusters: npt.ArrayLike | None = None,
    repeats: int = 9999,
    alternative: str = "two-sided",
    rng: Rng = None,
) -> PermutationTest:
    """Test whether paired differences lean to one side, by flipping their signs.

    Parameters
    ----------
    statistic : callable
        Takes signs, shape (rows, n), of 1.0 (as observed) and -1.0 (the pair swapped), and returns its values, shape
        (rows,).
    n : int
        Pairs.
    clusters : array_like of int, shape (n,), optional
        Code of the cluster of each pair; a cluster is flipped as a whole. Default each pair on its own.
    repeats : int
        Random arrangements. If there are no more distinct ones than this, all are enumerated instead.
    alternative : {"two-sided", "greater", "less"}
        Which values of the statistic speak against chance.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.

    Returns
    -------
    PermutationTest
        Statistic, p-value with its Monte-Carlo error, and the replicates.

    Raises
    ------
    InputError
        If there is no pair, `clusters` has another length, or the statistic returns another shape, text or infinity.

    See Also
    --------
    permutation_test : the test for labels.

    Examples
    --------
    >>> differences = np.array([3.0, 1.0, 2.0, 5.0, 4.0])
    >>> print(sign_flip_test(lambda signs: signs @ differences, n=5))
    15, p = 0.0625 (two-sided, all 32 arrangements)
    """
    n = check_count("n", n)
    repeats = check_count("repeats", repeats)
    cluster = np.arange(n)
    if clusters is not None:
        cluster = np.unique(check_codes("clusters", clusters, ndim=1), return_inverse=True)[1]
        if len(cluster) != n:
            raise InputError("clusters", f"must have n = {n} rows, got {len(cluster)}")
    units = int(cluster.max()) + 1
    exact = 2**units <= repeats
    arrangements = all_signs(cluster, units) if exact else random_signs(cluster, units, repeats, rng)
    return compare_arrangements(statistic, np.ones(n), arrangements, exact, alternative)[0]


def permutation_tests(
    statistics: Statistic,
    labels: npt.ArrayLike,
    *,
    strata: npt.ArrayLike | None = None,
    repeats: int = 9999,
    alternative: str = "two-sided",
    rng: Rng = None,
) -> list[PermutationTest]:
    """Test several statistics on the same arrangements, which saves what they share.

    Parameters
    ----------
    statistics : callable
        Takes arrangements of the labels, shape (rows, n), and returns the values of k statistics, shape (rows, k).
    labels, strata, repeats, alternative, rng
        As of `permutation_test`.

    Returns
    -------
    list of PermutationTest
        One for each statistic; their p-values are not adjusted for one another.

    Raises
    ------
    InputError
        As of `permutation_test`.

    Examples
    --------
    >>> group, scores = np.array([0, 0, 0, 1, 1, 1]), np.array([1.1, 1.4, 1.2, 2.0, 2.3, 2.1])
    >>> found = permutation_tests(lambda g: np.stack([g @ scores, g @ scores**2], axis=1), group, alternative="greater")
    >>> [one.p for one in found]
    [0.05, 0.05]
    """
    values, arrangements, exact = arrangements_of(labels, strata, repeats, rng)
    return compare_arrangements(statistics, values, arrangements, exact, alternative, single=False)
