r"""How much of the catalogue do all lists together reach, and how evenly?

With c_i how often item i is recommended, C their sum, n the items of the catalogue (the train data), c sorted ascending
and padded with zeros, p_i = c_i / C:

    catalogue_coverage = distinct recommended items of the train data / n        item_coverage = distinct items
    user_coverage = users with a list / users                                    entropy = -sum p_i log2 p_i
    entropy_share = entropy / log2 n     effective_items = 2^entropy     gini = sum_j (2j - n - 1) c_j / ((n - 1) C)
    pop_reo = std(q) / mean(q),  q_g = hits in group g / relevant items of group g that users have not met
    pop_rsp = the same with recommended items of group g / items of group g that users have not met

for the groups short head and long tail: 0 is an equal chance, 1 says that one group never comes up.

These are no means of users, but smooth functions T of sums over users; the standard error is that of what each user
moves, sum over its items of dT/dc_i. Of a number of distinct items it is the jackknife: without user u the items are
lost that only u was shown.

Sources: sheets 02 and 12. Differs: the standard errors are ours. Where all items come up nearly alike, entropy and Gini
are at the end of their range and flat, and the error is too small.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from psephos.metrics.recommendation.coding import Counts, Floats, Problem
from psephos.metrics.recommendation.conventions import Convention
from psephos.metrics.recommendation.lists import KERNEL_FROM, Lists
from psephos.metrics.recommendation.position_sums import HEAD, TAIL, Catalogue
from psephos.metrics.recommendation.user_metrics import Column, error_of

Groups = tuple[Floats, Floats]
"""A number of the short head and one of the long tail for each user."""


def item_counts(lists: Lists, cutoffs: Counts, n_items: int) -> list[Counts]:
    """How often each item is recommended down to each cutoff, ascending cutoffs."""
    if lists.items.size >= KERNEL_FROM:
        from psephos.metrics.recommendation._kernels import counted

        return list(counted(lists.items, cutoffs, n_items))
    made, total, low = [], np.zeros(n_items, dtype=np.int64), 0
    for cutoff in cutoffs:
        high = lists.items.shape[1] if cutoff < 0 else min(int(cutoff), lists.items.shape[1])
        for place in range(low, high):
            column = lists.items[:, place]
            total = total + np.bincount(column[column >= 0], minlength=n_items)
        made.append(total)
        low = max(low, high)
    return made


def catalogue_column(
    metric: str,
    lists: Lists,
    counts: Counts,
    cutoff: int,
    problem: Problem,
    catalogue: Catalogue | None,
    rule: Convention,
) -> Column:
    """One metric of all lists together at one cutoff.

    Parameters
    ----------
    metric : str
        One of this module.
    lists : Lists
        Of one run.
    counts : ndarray of int64, shape (n_items,)
        How often each item is recommended down to the cutoff.
    cutoff : int
        Below 0 for whole lists.
    problem : Problem
    catalogue : Catalogue or None
        Needed by all metrics but user coverage and entropy.
    rule : Convention

    Returns
    -------
    Column
        Errors are by the jackknife or the linear form of the metric; NaN for a single list.
    """
    shown = lists.length > 0
    n_users = int(shown.sum())
    if metric == "user_coverage":
        covered = shown[problem.judged if rule.users == "judged" else problem.known].astype(np.float64)
        value = float(covered.mean())
        return Column(value, error_of(covered - value, value, bounded=True), len(covered))
    total = int(counts.sum())
    if not total:
        return Column(math.nan, math.nan, 0, 0, "no list holds an item")
    if metric in ("catalogue_coverage", "item_coverage"):
        assert catalogue is not None  # noqa: S101 - checked at the door
        counted = counts > 0
        if metric == "catalogue_coverage" and rule.coverage == "train":
            counted = counted & (catalogue.group > 0)
        items = catalogue.size if metric == "catalogue_coverage" else 1
        alone = _sum_over_lists(lists, cutoff, (counted & (counts == 1)).astype(np.float64))[shown] / items
        error = math.sqrt((n_users - 1) / n_users * float(((alone - alone.mean()) ** 2).sum()))
        value = float(counted.sum()) / items
        if n_users < 2:
            error = math.nan
        elif metric == "catalogue_coverage" and not error and 0 < value < 1:
            error = math.sqrt(value * (1 - value)) / n_users  # as of users that are all alike
        return Column(value, error, n_users)
    if metric == "gini":
        assert catalogue is not None  # noqa: S101
        return _gini(lists, counts, cutoff, catalogue.size, rule, shown)
    if metric == "entropy" and rule.entropy == "bits_by_user":
        return _entropy_by_user(lists, counts, cutoff, shown)
    held = counts > 0
    p = counts[held] / total
    entropy = float(-(p * np.log2(p)).sum())
    slope = np.zeros(len(counts))
    slope[held] = -(np.log2(p) + entropy)  # dH / dc_i times C
    moved = _sum_over_lists(lists, cutoff, slope)[shown] * n_users / total
    value, scale = entropy, 1.0
    if metric == "effective_items":
        value, scale = 2**entropy, 2**entropy * math.log(2)
    elif metric == "entropy_share":
        assert catalogue is not None  # noqa: S101
        scale = 1 / math.log2(catalogue.n_train) if catalogue.n_train > 1 else math.nan
        value = entropy * scale
    elif rule.entropy == "nats_per_item":
        scale = math.log(2) / int(held.sum())
        value = entropy * scale
    return Column(value, error_of(moved * scale, value, bounded=False), n_users)


def _entropy_by_user(lists: Lists, counts: Counts, cutoff: int, shown: npt.NDArray[np.bool_]) -> Column:
    """Surprise -log2 p_i of each list, averaged over its items, then over lists: entropy where all are equally long."""
    total, n_users = int(counts.sum()), int(shown.sum())
    surprise = np.where(counts > 0, -np.log2(np.maximum(counts, 1) / total), 0.0)
    width = lists.items.shape[1] if cutoff < 0 else min(cutoff, lists.items.shape[1])
    length = np.minimum(lists.length, width)[shown]
    own = _sum_over_lists(lists, cutoff, surprise)[shown] / length
    value = float(own.mean())
    # A user also moves how surprising an item is to others: by -share / c_i for its items, by 1 / C for all.
    share = np.zeros(len(lists.items))
    share[shown] = 1 / length
    votes = np.zeros(len(counts))
    for place in range(width):
        column = lists.items[:, place]
        taken = column >= 0
        votes += np.bincount(column[taken], weights=share[taken], minlength=len(counts))
    pull = _sum_over_lists(lists, cutoff, votes / np.maximum(counts, 1))[shown] - n_users * length / total
    return Column(value, error_of(own - value - pull / math.log(2), value, bounded=False), n_users)


def _gini(
    lists: Lists, counts: Counts, cutoff: int, size: int, rule: Convention, shown: npt.NDArray[np.bool_]
) -> Column:
    held = counts > 0
    n, total = max(size, int(held.sum())), int(counts.sum())
    below = n - 1 if rule.gini_divisor == "n-1" else n
    if not below:
        return Column(math.nan, math.nan, 0, 0, "a catalogue of one item")
    ordered = np.sort(counts[held])
    rank = np.arange(n - len(ordered) + 1, n + 1)
    value = float(((2 * rank - n - 1) * ordered).sum() / (below * total))
    # An item's place among equal counts is the middle of theirs, so that equal items move G alike.
    low, high = np.searchsorted(ordered, counts, "left"), np.searchsorted(ordered, counts, "right")
    middle = n - len(ordered) + (low + high + 1) / 2
    slope = np.where(held, ((2 * middle - n - 1) / below - value), 0.0)
    n_users = int(shown.sum())
    moved = _sum_over_lists(lists, cutoff, slope)[shown] * n_users / total
    error = error_of(moved, value, bounded=False)
    return Column(1 - value if rule.gini == "evenness" else value, error, n_users)


def chance_column(hits: Groups, open_to: Groups, users: int) -> Column:
    """PopREO and PopRSP from what each user adds above and below the line of both groups."""
    sums = [float(part.sum()) for part in (*hits, *open_to)]
    for name, count in zip(("short head", "long tail"), sums[2:], strict=True):
        if not count:
            return Column(math.nan, math.nan, 0, users, f"nothing of the {name} could come up")
    rates = sums[0] / sums[2], sums[1] / sums[3]
    both = sum(rates)
    if not both:
        return Column(math.nan, math.nan, 0, users, "nothing of either group came up")
    value = abs(rates[0] - rates[1]) / both
    n = len(hits[0])
    sign = 1.0 if rates[0] >= rates[1] else -1.0
    moved = np.zeros(n)
    for rate, other, above, below, total, direction in (
        (rates[0], rates[1], hits[0], open_to[0], sums[2], sign),
        (rates[1], rates[0], hits[1], open_to[1], sums[3], -sign),
    ):
        moved += direction * 2 * other / both**2 * (above - rate * below) * n / total
    return Column(value, error_of(moved, value, bounded=False), users)


def relevant_by_group(problem: Problem, hit: npt.NDArray[np.bool_], catalogue: Catalogue) -> Groups:
    """Relevant items of the short head and the long tail that each user has not met."""
    train = problem.train
    assert train is not None  # noqa: S101
    rows = problem.truth
    group = catalogue.group[rows.items]
    fresh = hit & (train.find(rows.users, rows.items) < 0)
    return tuple(  # type: ignore[return-value]
        np.bincount(rows.users[fresh & (group == one)], minlength=problem.n_users).astype(np.float64)
        for one in (HEAD, TAIL)
    )


def open_by_group(problem: Problem, catalogue: Catalogue) -> Groups:
    """Items of the short head and the long tail that each user has not met."""
    train = problem.train
    assert train is not None  # noqa: S101
    made = []
    for one in (HEAD, TAIL):
        met = np.bincount(train.users[catalogue.group[train.items] == one], minlength=problem.n_users)
        made.append((catalogue.group == one).sum() - met.astype(np.float64))
    return made[0], made[1]


def _sum_over_lists(lists: Lists, cutoff: int, weights: Floats) -> Floats:
    """For each user the sum of a weight of items down to a cutoff."""
    width = lists.items.shape[1] if cutoff < 0 else min(cutoff, lists.items.shape[1])
    if lists.items.size >= KERNEL_FROM:
        from psephos.metrics.recommendation._kernels import summed

        return np.asarray(summed(lists.items, width, weights))
    made = np.zeros(len(lists.items))
    padded = np.append(weights, 0.0)  # -1 takes the last
    for place in range(width):
        made += padded[lists.items[:, place]]
    return made
