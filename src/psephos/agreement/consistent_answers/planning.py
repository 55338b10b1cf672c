"""How many variants of each question are enough to know the CORE of a candidate?

With few variants RC_i is a noisy and coarse view of the probability p_i that the candidate is right on the question. If
p ~ Beta(a, b) over questions, as fitted to the counts at hand, then with M variants the counts are beta-binomial, and

    CORE(M) follows from the expected curve,      CORE(endless) from MCA(c) = P(p >= c),
    error(M) = |CORE(M) - CORE(endless)| + z se(M),

the bias of so few variants and the half width of the interval that N questions leave. With level_i the step that
question i reaches out of K, S the mean of level_i / K and u the share of questions below the last step,
CORE = S (S + u / (2 K)), so that a question moves it by (2 S + u / (2 K)) level_i / K + S [level_i < K] / (2 K), whose
variance over N is se^2. More variants take away the bias; only more questions narrow the interval.

The bias is no smooth matter: RC_i can only be a multiple of 1 / M, and where these meet the thresholds exactly, as with
M = K, a question just reaches what it would otherwise just miss. One variant more than that is much better.

Source: ours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import polars as pl

from psephos.agreement.consistent_answers.curve import grid_of
from psephos.agreement.consistent_answers.reference_curves import counts_of, curve_of_counts, limit_curve
from psephos.agreement.consistent_answers.result import Consistency
from psephos.errors import InputError, check_count, check_number
from psephos.statistics import BetaBinomial, normal_interval

PLANNED = (1, 2, 3, 5, 8, 10, 15, 20, 30, 50, 100)
MOST_VARIANTS = 1000


def variant_plan(
    result: Consistency,
    candidate: str,
    variants: Sequence[int] = PLANNED,
    *,
    questions: int | None = None,
    K: int = 10,
    level: float = 0.95,
) -> pl.DataFrame:
    """What other numbers of variants would say of a candidate.

    Parameters
    ----------
    result : Consistency
        With the candidate.
    candidate : str
        Its name.
    variants : sequence of int
        Variants of each question.
    questions : int, optional
        How many; those of the candidate if not given.
    K : int, default 10
        Steps of the grid of thresholds.
    level : float, default 0.95
        Coverage of the interval that is planned.

    Returns
    -------
    polars.DataFrame
        variants, core (expected), bias (against endless variants), half_width (of its interval), error (both).

    Raises
    ------
    InputError
        If there is no such candidate, or a number is below 1.

    Examples
    --------
    >>> from psephos.agreement import consistency
    >>> from psephos.opinions import results
    >>> table = results(["m"] * 6, list("ppqqrr"), [1, 1, 1, 0, 0, 0], variant=["0", "1"] * 3)
    >>> few, many = variant_plan(consistency(table, repeats=0), "m", [10, 1000])["bias"]
    >>> few > 10 * many > 0
    True
    """
    shares, size = _of(result, candidate, questions)
    rows = [_planned(shares, check_count("variants", number), size, K, level) for number in variants]
    schema = {"variants": pl.Int64} | dict.fromkeys(("core", "bias", "half_width", "error"), pl.Float64)
    return pl.DataFrame(rows, schema=schema, orient="row")


def variants_needed(
    result: Consistency,
    candidate: str,
    error: float,
    *,
    questions: int | None = None,
    K: int = 10,
    level: float = 0.95,
) -> int | None:
    """Fewest variants with which bias and half width of the interval of CORE together stay below an error.

    Parameters
    ----------
    result : Consistency
        With the candidate.
    candidate : str
        Its name.
    error : float
        What is still acceptable, above 0.
    questions, K, level
        As in `variant_plan`.

    Returns
    -------
    int or None
        None if up to 1,000 variants do not reach it: then it takes more questions.

    Raises
    ------
    InputError
        If there is no such candidate or the error is not above 0.

    Examples
    --------
    >>> from psephos.agreement import consistency
    >>> from psephos.opinions import results
    >>> table = results(["m"] * 6, list("ppqqrr"), [1, 1, 1, 0, 0, 0], variant=["0", "1"] * 3)
    >>> variants_needed(consistency(table, repeats=0), "m", 0.01) is None
    True
    """
    shares, size = _of(result, candidate, questions)
    most = check_number("error", error, low=0, open_ends=True)
    tried = range(1, MOST_VARIANTS + 1)
    return next((m for m in tried if _planned(shares, m, size, K, level)[-1] <= most), None)


def _of(result: Consistency, candidate: str, questions: int | None) -> tuple[BetaBinomial, int]:
    if candidate not in result.shares:
        raise InputError("candidate", f"there is no {candidate!r:.60} among {', '.join(map(repr, result.shares))}")
    shares = result.shares[candidate]
    return shares, shares.units if questions is None else check_count("questions", questions)


def _planned(
    shares: BetaBinomial, variants: int, questions: int, K: int, level: float
) -> tuple[int, float, float, float, float]:
    grid = grid_of(K, None)
    counts = counts_of(grid, shares.counts(variants))
    curve = curve_of_counts(grid, counts)
    s, u = curve.norm_dtw.value, 1 - curve.always.value
    place = np.arange(K + 1)
    moves = (2 * s + u / (2 * K)) * place / K + s / (2 * K) * (place < K)
    spread = float(counts @ moves**2 - (counts @ moves) ** 2)
    half = float(normal_interval(0.0, math.sqrt(max(spread, 0.0) / questions), level)[1])
    bias = curve.core.value - limit_curve(shares, grid).core.value
    return variants, curve.core.value, bias, half, abs(bias) + half
