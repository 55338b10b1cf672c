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

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.engine.streams import Rng
from psephos.errors import InputError, check_choice, check_codes, check_count, check_same_length
from psephos.statistics._arrangements import (
    all_arrangements,
    all_signs,
    number_of_arrangements,
    random_arrangements,
    random_signs,
)
from psephos.statistics._evaluation import TIE_TOLERANCE, Statistic, evaluate


@dataclass(frozen=True, eq=False)
class PermutationTest:
    """Outcome of a permutation test.

    Attributes
    ----------
    statistic : float
        The statistic as observed.
    p : float
        The p-value; NaN where the observed statistic is undefined.
    standard_error : float
        Monte-Carlo standard error of `p`; 0 where `exact`.
    exact : bool
        Whether all distinct arrangements were enumerated.
    alternative : str
        Which values count as extreme: "two-sided", "greater" or "less".
    replicates : ndarray of float64, shape (arrangements,)
        The statistic under the null hypothesis.
    undefined : int
        Replicates that are NaN; each counts as extreme.
    """

    statistic: float
    p: float
    standard_error: float
    exact: bool
    alternative: str
    replicates: npt.NDArray[np.float64]
    undefined: int

    def __str__(self) -> str:
        how = "all" if self.exact else f"+- {self.standard_error:.2g}, {len(self.replicates)} random"
        count = f" {len(self.replicates)}" if self.exact else ""
        lost = f", {self.undefined} undefined" if self.undefined else ""
        return f"{self.statistic:.4g}, p = {self.p:.4g} ({self.alternative}, {how}{count} arrangements{lost})"


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
    values = np.asarray(labels)
    if values.ndim != 1 or len(values) == 0:
        raise InputError("labels", f"must be one row of labels, got shape {values.shape}")
    strata = np.zeros(len(values), np.int64) if strata is None else check_codes("strata", strata, ndim=1)
    check_same_length(labels=values, strata=strata)
    repeats = check_count("repeats", repeats)
    stratum = np.unique(strata, return_inverse=True)[1]
    places = np.split(np.argsort(stratum, kind="stable"), np.cumsum(np.bincount(stratum))[:-1])
    kinds, codes = np.unique(values, return_inverse=True)
    number = number_of_arrangements([codes[place] for place in places], repeats)
    arrangements: Iterable[npt.NDArray[Any]]
    if number <= repeats:
        arrangements = (kinds[batch] for batch in all_arrangements(codes, places, number))
    else:
        arrangements = random_arrangements(values, places, repeats, rng)
    return compare_arrangements(statistic, values, arrangements, number <= repeats, alternative)


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
    return compare_arrangements(statistic, np.ones(n), arrangements, exact, alternative)


def compare_arrangements(
    statistic: Statistic,
    observed: npt.NDArray[Any],
    arrangements: Iterable[npt.NDArray[Any]],
    exact: bool,
    alternative: str,
) -> PermutationTest:
    """Hold the statistic as observed against its values on arrangements; without `exact` it is counted with them."""
    check_choice("alternative", alternative, ("two-sided", "greater", "less"))
    own = evaluate(statistic, [observed[np.newaxis]])
    if own.ndim != 1:
        raise InputError("statistic", f"must return one value for each arrangement, got shape {own.shape} for one")
    value = float(own[0])
    replicates = evaluate(statistic, arrangements)
    undefined = np.isnan(replicates)
    slack = TIE_TOLERANCE * np.fmax.reduce(np.abs(replicates), initial=abs(value))
    tails = {
        "greater": (replicates >= value - slack) | undefined,
        "less": (replicates <= value + slack) | undefined,
    }
    observed_too = 0 if exact else 1
    shares = {side: (observed_too + int(tail.sum())) / (observed_too + len(tail)) for side, tail in tails.items()}
    share, sides = (min(shares.values()), 2) if alternative == "two-sided" else (shares[alternative], 1)
    p = math.nan if math.isnan(value) else min(1.0, sides * share)
    error = 0.0 if exact else sides * math.sqrt(share * (1 - share) / (1 + len(replicates)))
    return PermutationTest(
        statistic=value,
        p=p,
        standard_error=math.nan if math.isnan(value) else error,
        exact=exact,
        alternative=alternative,
        replicates=replicates,
        undefined=int(undefined.sum()),
    )
