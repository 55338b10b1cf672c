r"""How likely is the right answer the most frequent one among k of the samples?

Draw k of the n samples of a question without putting any back. The right answer (c samples) wins with x votes if every
other answer has fewer; if T others have x as well it wins in 1 / (1 + T) of the cases. Counts of answers drawn without
replacement are independent binomials, given that they add up to k, so with p = k / n

    P = sum_x b(x; c) integral_0^1 [z^(k - x)] prod_y (sum_{j < x} b(j; c_y) z^j + t b(x; c_y) z^x) dt / b(k; n),

y the wrong answers, b(j; m) the binomial probability of j in m, [z^j] the coefficient of z^j. The integral turns t^T
into 1 / (1 + T); it is over a polynomial of low degree, so a few Gauss-Legendre nodes give it exactly. All terms are
positive: nothing cancels. Answers with fewer than x samples are not bound by x and go into one binomial, together with
samples without an answer.

Where samples are known as right or wrong alone, all wrong ones are one answer, and the chance is that of the number X
of right ones among k, a hypergeometric variable, to exceed k / 2,

    P = P(X > k / 2) + P(X = k / 2) / 2,        P(X = x) = b(x; c) b(k - x; n - c) / b(k; n).

Source: ours, for maj@k as users ask for it (sheet 92): votes by answer, a tie as its expected value. Questions whose
counts are alike are computed once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from psephos.opinions.coding import combined
from psephos.opinions.tallies import Tally
from psephos.selection.pools import Floats, Integers

MOST_PRODUCTS = 500
"""Up to this k a chance is a product of few factors, which no step of it can overflow; beyond, binomials give it."""

CELLS = 2**22
"""Questions are computed so many at a time that an array holds at most this many numbers."""


def majority_values(counted: Tally, right: npt.NDArray[np.bool_], drawn: Integers, many: list[int]) -> Floats:
    """Probability that most of k samples give the right answer.

    Parameters
    ----------
    counted : Tally
        Votes of each answer to each question.
    right : ndarray of bool, shape (n_pairs,)
        Which answers are right; of a question at most one is.
    drawn : ndarray of int64, shape (n_items,)
        Samples of each question, those without an answer too.
    many : list of int
        Values of k.

    Returns
    -------
    ndarray of float64, shape (n_items, len(many))
        NaN where a question has fewer than k samples.
    """
    n_items = len(drawn)
    own = counted.per_item(np.where(right, counted.votes, 0)).astype(np.int64)
    kinds, which = _alike(counted, right, own, drawn)
    found = np.empty((len(kinds), len(many)))
    for number, k in enumerate(many):
        step = max(1, CELLS // ((k + 1) * max(1, (k + 1) // 2)))
        for start in range(0, len(kinds), step):
            found[start : start + step, number] = _chances(kinds[start : start + step], k)
    return found[which].reshape(n_items, len(many))


def majority_of_two(right: Integers, drawn: Integers, k: int) -> Floats:
    """Probability that most of k samples are right, if all wrong ones give the same answer.

    Parameters
    ----------
    right, drawn : ndarray of int64, shape (n_items,)
        Right samples and all samples of each question.
    k : int

    Returns
    -------
    ndarray of float64, shape (n_items,)
        NaN where a question has fewer than k samples.

    Examples
    --------
    >>> majority_of_two(np.array([2, 3, 1]), np.array([4, 4, 2]), 3)
    array([0.5, 1. , nan])
    """
    enough = drawn >= k
    ways = (_by_products if k <= MOST_PRODUCTS else _by_binomials)(right, np.where(enough, drawn, k), k)
    won = ways.sum(axis=1) - (ways[:, 0] / 2 if k % 2 == 0 else 0.0)
    return np.where(enough, np.clip(won, 0.0, 1.0), np.nan)


def _by_products(right: Integers, drawn: Integers, k: int) -> Floats:
    """P(X = x) for x from k / 2 to k, as

    C(k, x) prod_{i < x} (c - i) / (n - i) prod_{j < k - x} (n - c - j) / (n - k + 1 + j).
    """
    least, taken = (k + 1) // 2, np.arange(k)
    own, wrong = right[:, None], (drawn - right)[:, None]
    hits = np.maximum(own - taken, 0) / (drawn[:, None] - taken)
    misses = np.maximum(wrong - taken[: k - least], 0) / (drawn[:, None] - k + 1 + taken[: k - least])
    first = np.cumprod(hits, axis=1)[:, least - 1 :]
    second = np.cumprod(np.hstack([np.ones((len(right), 1)), misses]), axis=1)[:, ::-1]
    return np.asarray(first * second * special.binom(k, np.arange(least, k + 1)))


def _by_binomials(right: Integers, drawn: Integers, k: int) -> Floats:
    """The same for any k, see the module."""
    p, x = (k / drawn)[:, None], np.arange((k + 1) // 2, k + 1)
    ways = stats.binom.pmf(x, right[:, None], p) * stats.binom.pmf(k - x, (drawn - right)[:, None], p)
    return np.asarray(ways / stats.binom.pmf(k, drawn, p[:, 0])[:, None])


def _alike(
    counted: Tally, right: npt.NDArray[np.bool_], own: Integers, drawn: Integers
) -> tuple[Integers, npt.NDArray[np.intp]]:
    """The distinct questions: samples, samples with the right answer, then falling counts of wrong ones; and which of
    them each question is.
    """
    item = counted.item[~right]
    votes = counted.votes[~right]
    most = int(votes.max(initial=0)) + 1
    order = np.argsort(
        item.astype(np.int64) * most + (most - 1 - votes), kind="stable"
    )  # one key sorts faster than two
    item, votes = item[order], votes[order]
    lengths = np.bincount(item, minlength=len(drawn))
    place = np.arange(len(item)) - (np.cumsum(lengths) - lengths)[item]
    # Wrong answers with a single sample are told by what is left of the samples and need no column.
    several = votes > 1
    width = int(place[several].max(initial=-1)) + 1
    table = np.zeros((len(drawn), 3 + width), dtype=np.int64)
    table[:, 0], table[:, 1] = drawn, own
    table[:, 2] = np.bincount(item[~several], minlength=len(drawn))
    table[item[several], 3 + place[several]] = votes[several]
    _, first, which = np.unique(combined(list(table.T)), return_index=True, return_inverse=True)
    return table[first], which.ravel()


def _chances(kinds: Integers, k: int) -> Floats:
    """P of each kind of question."""
    drawn, own, single, several = kinds[:, 0], kinds[:, 1], kinds[:, 2], kinds[:, 3:]
    p = np.minimum(k, drawn) / np.maximum(drawn, 1)
    total = np.zeros(len(kinds))
    for x in range(1, min(k, int(own.max(initial=0))) + 1):
        bound = (several >= x).sum(axis=1) + (single if x == 1 else 0)
        loose = drawn - own - np.where(several >= x, several, 0).sum(axis=1) - (single if x == 1 else 0)
        # What is left of k must come from answers bound by x votes each and from samples that are not bound.
        some = np.flatnonzero((own >= x) & (drawn >= k) & (k - x <= loose + x * bound))
        if len(some):
            total[some] += stats.binom.pmf(x, own[some], p[some]) * _others(
                drawn[some], own[some], single[some], several[some], p[some], k, x
            )
    chance = total / np.where(drawn >= k, stats.binom.pmf(k, drawn, p), 1.0)
    return np.where(drawn >= k, np.clip(chance, 0.0, 1.0), np.nan)


def _others(drawn: Integers, own: Integers, single: Integers, several: Integers, p: Floats, k: int, x: int) -> Floats:
    """The coefficient of z^(k - x) of what the other samples can be, integrated over t."""
    rest = k - x
    degree = np.arange(rest + 1)
    bound = np.where(several >= x, several, 0)
    ones = single if x == 1 else np.zeros_like(single)
    free = drawn - own - bound.sum(axis=1) - ones
    ties = min(rest // x, int(((bound > 0).sum(axis=1) + ones).max()))
    nodes, weights = np.polynomial.legendre.leggauss((ties + 2) // 2)
    t, share = (nodes + 1) / 2, weights / 2
    # Shape (kinds, nodes, degrees); free samples first, whose number is not bound.
    series = np.broadcast_to(
        stats.binom.pmf(degree, free[:, None], p[:, None])[:, None, :], (len(p), len(t), rest + 1)
    ).copy()
    if x == 1:
        # Every wrong answer may have one vote at most, then it ties: (q + t p z)^m for the m answers with one sample.
        series = _times_single(series, ones, p, t)
    for column in range(bound.shape[1]):
        rows = np.flatnonzero(bound[:, column])
        if not len(rows):
            break
        mass = stats.binom.pmf(np.arange(x + 1), bound[rows, column][:, None], p[rows][:, None])
        old = series[rows]
        new = np.zeros_like(old)
        for votes in range(min(x, rest) + 1):
            factor = mass[:, votes, None, None] * (t[None, :, None] if votes == x else 1.0)
            new[:, :, votes:] += factor * old[:, :, : rest + 1 - votes]
        series[rows] = new
    return np.asarray(series[:, :, rest] @ share)


def _times_single(series: Floats, ones: Integers, p: Floats, t: Floats) -> Floats:
    """`series` times (q + t p z)^m, m answers with a single sample."""
    most = min(series.shape[2] - 1, int(ones.max(initial=0)))
    mass = stats.binom.pmf(np.arange(most + 1), ones[:, None], p[:, None])
    new = np.zeros_like(series)
    for votes in range(most + 1):
        factor = mass[:, votes, None, None] * (t**votes)[None, :, None]
        new[:, :, votes:] += factor * series[:, :, : series.shape[2] - votes]
    return new
