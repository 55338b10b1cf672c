"""Which of two is better on the same items, and by how much?

Both were scored on the same items, so the difficulty of an item falls out of the difference d_i = left_i - right_i:

    difference = mean d_i
    interval   paired bootstrap of whole items (of clusters of items, where they are not independent)
    p          for right or wrong (0 or 1), McNemar's mid-p: with w wins and l losses among the n = w + l items that
               tell the two apart,    p = 2 P(B > max(w, l)) + P(B = max(w, l)),   B ~ Binomial(n, 1/2), at most 1;
               for other scores, and for clusters, the sign-flip test of the mean difference
    if asked   Student's t of the mean difference, with its interval and nothing drawn, for more items than can be
               resampled; Wilcoxon's test of the signed ranks of the differences

Comparing as if the items were two samples wastes what they have in common; counting draws of one item as items of their
own claims more than is known: give the item as the cluster.

Sources: McNemar (1947), doi:10.1007/BF02295996; Fagerland, Lydersen and Laake (2013), doi:10.1186/1471-2288-13-91 (the
mid-p); sample size: the normal approximation of the paired test. Differs: nothing.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.engine.streams import Rng, spawn
from psephos.errors import InputError, check_choice, check_floats, check_number, check_same_length
from psephos.statistics.bootstrap import bootstrap
from psephos.statistics.intervals import Interval, normal_interval, normal_quantile
from psephos.statistics.multiple_testing import adjust
from psephos.statistics.permutation import sign_flip_test


@dataclass(frozen=True)
class Paired:
    """How two compare on the same items.

    Attributes
    ----------
    difference : Interval
        Mean of left - right with its bootstrap interval.
    p : float
        Two-sided p-value; adjusted for the number of comparisons where it comes from `compare_all`.
    test : str
        "mcnemar", "sign flip", "t" or "wilcoxon".
    wins, losses, ties : int
        Items (or clusters) on which left is better, worse, the same.
    left_out : int
        Rows without a score on either side.
    standard_deviation : float
        Of the differences between items (or clusters): what decides how many items are needed.
    """

    difference: Interval
    p: float
    test: str
    wins: int
    losses: int
    ties: int
    left_out: int
    standard_deviation: float

    def __str__(self) -> str:
        return (
            f"{self.difference}, p = {self.p:.3g} ({self.test}; {self.wins} better, {self.losses} worse, "
            f"{self.ties} the same)"
        )


def compare_paired(
    left: npt.ArrayLike,
    right: npt.ArrayLike,
    *,
    clusters: npt.ArrayLike | None = None,
    test: str = "auto",
    level: float = 0.95,
    repeats: int = 2000,
    rng: Rng = None,
) -> Paired:
    """Compare two on the items that both were scored on.

    Parameters
    ----------
    left, right : array_like of float, shape (n_rows,)
        Scores, higher is better; row i of both belongs to the same item. NaN: no score; such rows are left out.
    clusters : array_like of int, shape (n_rows,), optional
        What the rows are not independent within: the item of repeated draws, the document of its questions.
    test : {"auto", "mcnemar", "sign flip", "t", "wilcoxon"}, default "auto"
        "auto": McNemar for scores that are all 0 or 1 and have no clusters, else sign flips. "t" draws nothing, and its
        interval is Student's.
    level : float, default 0.95
        Confidence of the interval.
    repeats : int, default 2000
        Bootstrap resamples, and random arrangements of the sign-flip test.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.

    Returns
    -------
    Paired
        The difference with its interval and p-value, and wins, losses and ties.

    Raises
    ------
    InputError
        If lengths differ, fewer than two items (or clusters) have both scores, or McNemar is asked for with other
        scores than 0 and 1 or with clusters.

    See Also
    --------
    compare_all : every pair of several.
    items_needed : how many items would show a difference.

    Examples
    --------
    >>> print(compare_paired([1, 1, 1, 1, 1, 1, 0, 1], [0, 0, 0, 0, 0, 1, 0, 1], rng=0).p)
    0.03125
    """
    from scipy import stats

    check_choice("test", test, ("auto", "mcnemar", "sign flip", "t", "wilcoxon"))
    own, other = check_floats("left", left, missing=True), check_floats("right", right, missing=True)
    check_same_length(left=own, right=other)
    codes = np.arange(len(own)) if clusters is None else np.asarray(clusters)
    check_same_length(left=own, clusters=codes)
    both = ~(np.isnan(own) | np.isnan(other))
    kinds, cluster = np.unique(codes[both], return_inverse=True)
    if len(kinds) < 2:
        raise InputError(
            "right",
            f"has {len(kinds)} item(s) in common with left; two are the least",
            hint="left and right must share items: check their names",
        )
    difference = own[both] - other[both]
    binary = bool(np.isin(np.concatenate([own[both], other[both]]), (0, 1)).all())
    if test == "mcnemar" and not (binary and clusters is None):
        raise InputError("test", "'mcnemar' takes scores of 0 and 1 without clusters", hint="use test='sign flip'")
    size, total = np.bincount(cluster), np.bincount(cluster, weights=difference).astype(np.float64)
    draws, flips = spawn(rng, 2)
    spread = float(np.std(total * len(kinds) / size.sum(), ddof=1))
    p = math.nan
    if test == "t":
        ends, p = _student(total, size, level)
    else:
        made = bootstrap(lambda w: (w @ total) / (w @ size), len(kinds), repeats=repeats, level=level, rng=draws)
        ends = made.interval()
    wins, losses = int((total > 0).sum()), int((total < 0).sum())
    if test == "mcnemar" or (test == "auto" and binary and clusters is None):
        test, p = "mcnemar", mcnemar_p(wins, losses)
    elif test == "wilcoxon":
        p = float(stats.wilcoxon(total / size).pvalue) if total.any() else 1.0
    elif test != "t":
        test, p = "sign flip", sign_flip_test(lambda signs: signs @ total, len(kinds), repeats=repeats, rng=flips).p
    return Paired(
        difference=ends,
        p=p,
        test=test,
        wins=wins,
        losses=losses,
        ties=len(kinds) - wins - losses,
        left_out=int((~both).sum()),
        standard_deviation=spread,
    )


def _student(total: npt.NDArray[np.float64], size: npt.NDArray[np.int64], level: float) -> tuple[Interval, float]:
    """The mean difference with Student's interval, and the p-value of no difference; clusters are the units."""
    from scipy import stats

    n = len(total)
    value = float(total.sum() / size.sum())
    moved = (total - value * size) * n / size.sum()
    error = math.sqrt(float(np.square(moved).sum()) / (n - 1) / n)
    low, high = (float(end) for end in normal_interval(value, error, level, degrees=n - 1))
    if not error:
        return Interval(value, low, high, level), 0.0 if value else 1.0
    return Interval(value, low, high, level), float(2 * stats.t.sf(abs(value) / error, n - 1))


def compare_all(
    scores: npt.ArrayLike, *, adjustment: str = "holm", rng: Rng = None, **options: object
) -> dict[tuple[int, int], Paired]:
    """Compare every pair of candidates on their common items, with p-values adjusted for the number of pairs.

    Parameters
    ----------
    scores : array_like of float, shape (n_candidates, n_items)
        NaN: no score.
    adjustment : str, default "holm"
        See `psephos.statistics.adjust`.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers; each pair has a stream of its own.
    **options
        As for `compare_paired`.

    Returns
    -------
    dict
        For each pair of rows (i, j) with i < j the comparison of i with j.

    Raises
    ------
    InputError
        If a pair has fewer than two items in common.

    Examples
    --------
    >>> made = compare_all([[1, 1, 1, 1], [0, 1, 1, 1], [0, 0, 0, 0]], rng=0)
    >>> {pair: round(one.p, 4) for pair, one in made.items()}
    {(0, 1): 0.5, (0, 2): 0.1875, (1, 2): 0.25}
    """
    table = check_floats("scores", scores, ndim=2, missing=True)
    pairs = list(itertools.combinations(range(len(table)), 2))
    streams: Iterator[np.random.Generator] = iter(spawn(rng, max(1, len(pairs))))
    made = [compare_paired(table[i], table[j], rng=next(streams), **options) for i, j in pairs]  # type: ignore[arg-type]
    adjusted = adjust([one.p for one in made], adjustment)
    return {pair: replace(one, p=float(p)) for pair, one, p in zip(pairs, made, adjusted, strict=True)}


def mcnemar_p(wins: int, losses: int, *, middle: bool = True) -> float:
    """McNemar's two-sided p-value for what is right or wrong on the same items.

    Parameters
    ----------
    wins, losses : int
        Items on which only the one, only the other is right.
    middle : bool, default True
        Mid-p, which is less timid than the exact test and still keeps its level; False: exact.

    Examples
    --------
    >>> mcnemar_p(5, 0), mcnemar_p(5, 0, middle=False), mcnemar_p(3, 3)
    (0.03125, 0.0625, 1.0)
    """
    from scipy import stats

    total, most = wins + losses, max(wins, losses)
    if total == 0:
        return 1.0
    beyond, at = float(stats.binom.sf(most, total, 0.5)), float(stats.binom.pmf(most, total, 0.5))
    if wins == losses:
        return 1.0
    return min(1.0, 2 * beyond + (at if middle else 2 * at))


def items_needed(difference: float, standard_deviation: float, *, power: float = 0.8, level: float = 0.95) -> int:
    """How many items show a difference of this size with this chance.

        n = ((z_level + z_power) standard_deviation / difference)^2

    Parameters
    ----------
    difference : float
        Mean difference that should be found; not 0.
    standard_deviation : float
        Of the differences between items, as in `Paired`.
    power : float, default 0.8
        Chance to find it.
    level : float, default 0.95
        One less the error allowed where there is no difference.

    Raises
    ------
    InputError
        If the difference is 0, or a number is out of range.

    Examples
    --------
    >>> items_needed(0.02, 0.4)
    3140
    """
    apart = abs(check_number("difference", difference))
    if apart == 0:
        raise InputError("difference", "must not be 0: no number of items shows a difference that is not there")
    spread = check_number("standard_deviation", standard_deviation, low=0)
    chance = check_number("power", power, low=0, high=1, open_ends=True)
    z = normal_quantile(level) + float(special.ndtri(chance))
    return max(2, math.ceil((z * spread / apart) ** 2))
