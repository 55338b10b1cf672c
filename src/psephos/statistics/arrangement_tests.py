"""What is said of a statistic whose value on rearranged data is known? The p-value as of `permutation`."""

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
    number_of_arrangements,
    random_arrangements,
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


def arrangements_of(
    labels: npt.ArrayLike, strata: npt.ArrayLike | None, repeats: int, rng: Rng
) -> tuple[npt.NDArray[Any], Iterable[npt.NDArray[Any]], bool]:
    """Checked labels, their arrangements, and whether these are all there are.

    Labels change places within their stratum only. Where there are no more than `repeats` arrangements all are
    listed, and the test is exact; otherwise so many are drawn.
    """
    values = np.asarray(labels)
    if values.ndim != 1 or len(values) == 0:
        raise InputError("labels", f"must be one row of labels, got shape {values.shape}")
    own = np.zeros(len(values), np.int64) if strata is None else check_codes("strata", strata, ndim=1)
    check_same_length(labels=values, strata=own)
    repeats = check_count("repeats", repeats)
    stratum = np.unique(own, return_inverse=True)[1]
    places = np.split(np.argsort(stratum, kind="stable"), np.cumsum(np.bincount(stratum))[:-1])
    kinds, codes = np.unique(values, return_inverse=True)
    number = number_of_arrangements([codes[place] for place in places], repeats)
    arrangements: Iterable[npt.NDArray[Any]]
    if number <= repeats:
        arrangements = (kinds[batch] for batch in all_arrangements(codes, places, number))
    else:
        arrangements = random_arrangements(values, places, repeats, rng)
    return values, arrangements, number <= repeats


def compare_arrangements(
    statistic: Statistic,
    observed: npt.NDArray[Any],
    arrangements: Iterable[npt.NDArray[Any]],
    exact: bool,
    alternative: str,
    *,
    single: bool = True,
) -> list[PermutationTest]:
    """Hold statistics as observed against their values on arrangements; without `exact` the observed one is counted.

    p is the share of arrangements whose statistic is at least as extreme; values equal but for rounding count as
    ties, and an undefined one as extreme.
    """
    check_choice("alternative", alternative, ("two-sided", "greater", "less"))
    own = evaluate(statistic, [observed[np.newaxis]])
    if single and own.ndim != 1:
        raise InputError("statistic", f"must return one value for each arrangement, got shape {own.shape} for one")
    own = np.atleast_2d(own)
    replicates = evaluate(statistic, arrangements).reshape(-1, own.shape[1])
    return [_judged(float(value), drawn, exact, alternative) for value, drawn in zip(own[0], replicates.T, strict=True)]


def _judged(value: float, replicates: npt.NDArray[np.float64], exact: bool, alternative: str) -> PermutationTest:
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
