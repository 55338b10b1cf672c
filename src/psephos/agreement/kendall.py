"""How far do voters put things into the same order? Kendall's coefficient of concordance W.

With r_iv the rank that voter v gives to item i of n, less the mean rank, ties sharing the mean of their places,

    W = sum_i (sum_v r_iv)^2 / (m sum_v sum_i r_iv^2),        m voters,

which is 12 S / (m^2 (n^3 - n) - m sum (t^3 - t)) with the usual correction for ties. 1 is one and the same order, 0 no
common order at all. If orders are chance, m (n - 1) W has about the chi-square distribution with n - 1 degrees of
freedom; the permutation test shuffles the ranks of each voter. Rankings of several tasks are put together by their
sums above and below.

Source: Kendall and Babington Smith (1939), doi:10.1214/aoms/1177732186; Kendall (1948), Rank Correlation Methods.
Differs: the interval comes from resampled items, ranked anew. Items that not all voters ranked are left out, counted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.agreement.coefficient import Coefficient, check_interval, check_voters, resampled
from psephos.agreement.ratings import Floats, Levels, Ratings, Votes, ratings_of
from psephos.engine import Rng, spawn
from psephos.errors import InputError, check_count
from psephos.opinions.model import Opinions
from psephos.opinions.wording import plural
from psephos.statistics import permutation_test
from psephos.statistics.rank_statistics import centred_ranks

MEANS = "1 is one order of all voters, 0 no common order; a common order of some and its reverse of others is low too"


@dataclass(frozen=True)
class Concordance(Coefficient):
    """Kendall's W with its tests.

    Attributes
    ----------
    voters : int
        Voters that ranked; the most of a task if there are several.
    chi_square, degrees : float
        The statistic m (n - 1) W and its degrees of freedom.
    p : float
        Its p-value; rough with fewer than about seven items.
    p_permutation : float
        That of the permutation test; NaN if it was not asked for.
    """

    voters: int = 0
    chi_square: float = math.nan
    degrees: int = 0
    p: float = math.nan
    p_permutation: float = math.nan

    def __str__(self) -> str:
        p = self.p_permutation if math.isfinite(self.p_permutation) else self.p
        tested = "" if math.isnan(p) else f", p = {p:.2g}"
        return super().__str__() + tested


def kendall_w(
    votes: Votes | Ratings,
    *,
    order: Sequence[str] | None = None,
    repeats: int = 1000,
    permutations: int = 999,
    level: float = 0.95,
    rng: Rng = 0,
) -> Concordance:
    """Kendall's W: do voters put the items into the same order?

    Parameters
    ----------
    votes : Opinions, or array_like of shape (n_items, n_voters)
        Rankings, scores or labels in an order; or a matrix of ranks or scores with NaN (in whole numbers -1) where a
        voter took no part. Only the order within each voter counts.
    order : sequence of str, optional
        The labels of opinions from the lowest to the highest; natural order if not given.
    repeats : int, default 1000
        Resamples of the items; 0 for no interval.
    permutations : int, default 999
        Shuffled orders for the permutation test; 0 for none.
    level : float, default 0.95
        Coverage of the interval.
    rng : int, Generator or None, default 0
        Source of the resamples and shuffles.

    Returns
    -------
    Concordance
        NaN with a note where fewer than two items were ranked by all voters, or nobody ranks one above another.

    Raises
    ------
    InputError
        If there are fewer than two voters, or a voter ranks an item twice.

    See Also
    --------
    intraclass_correlation : agreement in the numbers, not the order alone.

    Examples
    --------
    >>> found = kendall_w([[1, 2, 1], [2, 1, 3], [3, 3, 2], [4, 4, 4]], repeats=0)
    >>> found.value.__round__(3), found.chi_square.__round__(2), found.degrees
    (0.778, 7.0, 3)
    """
    check_interval("bootstrap", repeats, level)
    check_count("permutations", permutations, low=0)
    blocks, left_out = _blocks(votes, order)
    draws, shuffles = spawn(rng, 2)
    items = np.repeat(np.arange(len(blocks)), [len(block) for block in blocks])
    reason = "" if len(items) else "fewer than 2 items were ranked by all voters"
    bounds = np.searchsorted(items, np.arange(len(blocks) + 1))

    def statistic(weights: Floats) -> Floats:
        above, below = np.zeros((2, len(weights)))
        for block, start, end in zip(blocks, bounds[:-1], bounds[1:], strict=True):
            one, other = _sums(block, weights[:, start:end])
            above, below = above + one, below + other
        value: Floats = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
        return value

    name = "Kendall's W"
    if not len(items):
        return Concordance(math.nan, math.nan, math.nan, level, name, 0, reason, MEANS)
    note = f"left out: {plural(left_out, 'item')} that not all voters ranked" if left_out else ""
    found = resampled(name, statistic, len(items), repeats=repeats, level=level, rng=draws, note=note, means=MEANS)
    voters = max(block.shape[1] for block in blocks)
    if math.isnan(found.value):
        note = "nobody ranks one item above another"
        return Concordance(math.nan, math.nan, math.nan, level, name, len(items), note, MEANS, voters=voters)
    chi_square, degrees = 0.0, 0
    for block in blocks:
        above, below = _sums(block, np.ones((1, len(block))))
        chi_square += block.shape[1] * (len(block) - 1) * float(above[0] / below[0]) if below[0] > 0 else 0.0
        degrees += len(block) - 1
    return Concordance(
        found.value,
        found.low,
        found.high,
        level,
        name,
        found.items,
        found.note,
        MEANS,
        found.standard_error,
        voters,
        chi_square,
        degrees,
        float(special.chdtrc(degrees, chi_square)),
        _permuted(blocks, permutations, shuffles) if permutations else math.nan,
    )


def _sums(block: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """What stands above and below in W for each row of weights."""
    together, squares = np.zeros(weights.shape), np.zeros(len(weights))
    for column in block.T:
        ranks = centred_ranks(column, weights)
        together += ranks
        squares += (weights * ranks**2).sum(axis=1)
    return (weights * together**2).sum(axis=1), block.shape[1] * squares


def _permuted(blocks: list[Floats], permutations: int, rng: np.random.Generator) -> float:
    """p-value of shuffling the ranks of each voter in each task; what stands below in W does not change."""
    ranks = [np.stack([centred_ranks(column, np.ones((1, len(block))))[0] for column in block.T]) for block in blocks]
    sizes = [part.size for part in ranks]
    strata = np.concatenate(
        [
            np.repeat(np.arange(len(part)) + start, part.shape[1])
            for part, start in zip(ranks, _starts(ranks), strict=True)
        ]
    )
    ends = np.cumsum(sizes)[:-1]

    def statistic(shuffled: Floats) -> Floats:
        parts = np.split(shuffled, ends, axis=1)
        sums = [
            (cut.reshape(len(cut), *part.shape).sum(axis=1) ** 2).sum(axis=1)
            for cut, part in zip(parts, ranks, strict=True)
        ]
        total: Floats = np.sum(sums, axis=0)
        return total

    labels = np.concatenate([part.ravel() for part in ranks])
    return permutation_test(statistic, labels, strata=strata, repeats=permutations, alternative="greater", rng=rng).p


def _starts(ranks: list[Floats]) -> npt.NDArray[np.int64]:
    lengths = np.array([len(part) for part in ranks])
    starts: npt.NDArray[np.int64] = np.cumsum(lengths) - lengths
    return starts


def _blocks(votes: Votes | Ratings, order: Sequence[str] | None) -> tuple[list[Floats], int]:
    """A complete table (n_items, n_voters) of each task, and how many items were left out."""
    if isinstance(votes, Opinions) and votes.kind == "rankings":
        if order is not None:
            raise InputError("order", "is for opinions with labels; ranks stand in order already")
        check_voters(votes.size("voter"))
        task = votes.codes("task") if "task" in votes.coded else np.zeros(len(votes), np.int32)
        by_task = np.argsort(task, kind="stable")
        cuts = np.flatnonzero(np.diff(task[by_task])) + 1
        blocks = [_of_rankings(votes, rows) for rows in np.split(by_task, cuts)] if len(votes) else []
    else:
        ratings = ratings_of(votes, order)
        check_voters(ratings.n_voters)
        blocks = [_complete(ratings)]
    kept = [table for table, _ in blocks if len(table) >= 2 and table.shape[1] >= 2]
    return kept, sum(left for _, left in blocks)


def _of_rankings(votes: Opinions, rows: npt.NDArray[np.intp]) -> tuple[Floats, int]:
    rank = votes.numbers["rank"][rows]
    rows, rank = rows[~np.isnan(rank)], rank[~np.isnan(rank)]
    numbers, level = np.unique(rank, return_inverse=True)
    # Codes of this task alone: a table of all candidates for each of many tasks would grow with their product.
    (items, item), (voters, voter) = (
        np.unique(votes.codes(name)[rows], return_inverse=True) for name in ("candidate", "voter")
    )
    levels = Levels(numbers, np.arange(len(numbers)))
    return _complete(
        Ratings(item.astype(np.int32), voter.astype(np.int32), level.astype(np.int32), len(items), len(voters), levels)
    )


def _complete(ratings: Ratings) -> tuple[Floats, int]:
    table, full = ratings.complete()
    return table, int((ratings.votes_on > 0).sum()) - len(full)
