"""What does each list add up to, down to each cutoff?

Every metric of this room is a small formula in a few sums over the positions of a list. With h_j = 1 for a hit at
position j, H_j = h_1 + ... + h_j, gain g_j and discount d_j = 1 / log2(j + 1):

| sum | is | | sum | is |
|---|---|---|---|---|
| hits | H_k | | length | positions taken |
| first | 1 / rank of the first hit | | popularity | train users of the items |
| any | 1 if there is a hit | | tail_items, head_items | items of the long tail, of the short head |
| arhr | h_j / j | | novelty, novel | -log2 share in the train data, and of how many items |
| ap | h_j H_j / j | | epc | h_j d_j (1 - share of users) |
| gain | g_j d_j | | efd | h_j d_j (-log2 share) |
| precisions | H_j / j, all j | | discount | d_j |
| recalls | H_j, all j | | head_hits, tail_hits | hits in each group |
| ideal | g d of the best order of the truth | | | |

NumPy adds up small problems, a kernel large ones; both are tested on the same cases. Where equal scores are averaged,
h_j, g_j, h_j H_j and the chance to be first are expectations, and the formulas stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.metrics.recommendation.coding import Counts, Floats, Problem
from psephos.metrics.recommendation.conventions import Convention
from psephos.metrics.recommendation.lists import KERNEL_FROM, Judgement, Lists

SUMS = (
    "hits",
    "first",
    "any",
    "arhr",
    "ap",
    "gain",
    "precisions",
    "recalls",
    "ideal",
    "length",
    "popularity",
    "tail_items",
    "novelty",
    "novel",
    "epc",
    "efd",
    "discount",
    "head_hits",
    "tail_hits",
    "head_items",
)
"""Names of the sums, in the order in which both paths write them."""

SHORT_HEAD = 0.8
"""Share of the interactions that the most popular items, the short head, take in."""

LEAST = 10
"""One item in so many, the least met, is the long tail of conventions that count items."""

HEAD, TAIL = 1, 2


@dataclass(frozen=True, eq=False)
class Catalogue:
    """What the train data say of each item.

    Attributes
    ----------
    popularity : ndarray of float64, shape (n_items,)
        Users that hold it.
    group : ndarray of int8, shape (n_items,)
        1 short head, 2 long tail, 0 of no train data; where the tail is the least met tenth, 1 is all else.
    tables : ndarray of float64, shape (n_items, 4)
        Popularity, novelty (NaN: skipped), weights of EPC and EFD.
    n_train : int
        Items of the train data.
    size : int
        Items that coverage and Gini are over.
    """

    popularity: Floats
    group: npt.NDArray[np.int8]
    tables: Floats
    n_train: int
    size: int


def catalogue_of(problem: Problem, rule: Convention) -> Catalogue | None:
    """Popularity, short head and novelty of the items; None without train data."""
    train = problem.train
    if train is None:
        return None
    popularity = np.bincount(train.items, minlength=problem.n_items).astype(np.float64)
    total, n_users = popularity.sum(), int((train.counts > 0).sum())
    inside = popularity > 0
    n_train = int(inside.sum())
    group = np.full(problem.n_items, TAIL, dtype=np.int8)
    order = np.argsort(-popularity, kind="stable")
    if rule.tail == "head":
        before = np.cumsum(popularity[order]) - popularity[order]
        group[order[SHORT_HEAD * total - before > 0]] = HEAD
    else:  # of equally popular items, those that appear first are in the tail
        least = np.argsort(popularity, kind="stable")
        group[least[inside[least]][max(n_train // LEAST, 1) :]] = HEAD
    group[~inside] = 0
    novelty = np.full(problem.n_items, np.nan)
    novelty[inside] = -np.log2(popularity[inside] / total)
    found = np.where(inside, novelty, novelty[inside].max())
    if rule.unseen != "skip":
        novelty[~inside] = 0.0 if rule.unseen == "zero" else np.log2(total)
    tables = np.stack([popularity, novelty, 1 - popularity / n_users, found], axis=1)
    size = n_train if rule.catalogue == "train" else _all_items(problem) + (rule.catalogue == "padded")
    return Catalogue(popularity, group, tables, n_train, size)


def _all_items(problem: Problem) -> int:
    """Items of the train data, the truth and the candidates; of arrays, their columns."""
    if problem.items is None:
        return problem.n_items
    held = [rows.items for rows in (problem.train, problem.truth, problem.candidates) if rows is not None]
    return int((np.bincount(np.concatenate(held), minlength=problem.n_items) > 0).sum())


def position_sums(
    lists: Lists, judged: Judgement, catalogue: Catalogue | None, cutoffs: Counts, users: slice, n_items: int
) -> Floats:
    """The sums of `SUMS` for some users at each cutoff (-1: the whole list).

    Returns
    -------
    ndarray of float64, shape (n_sums, n_users, n_cutoffs)
    """
    items = lists.items[users]
    rows = judged.rows
    counts = rows.counts[users]
    deepest = max(int(cutoffs.max(initial=0)), lists.items.shape[1], int(counts.max(initial=0)), 1)
    discount = 1 / np.log2(np.arange(2, deepest + 2))
    if lists.items.size < KERNEL_FROM or lists.expected is not None or lists.fresh is not None:
        return _by_numpy(lists, judged, catalogue, cutoffs, users, discount)
    from psephos.metrics.recommendation._kernels import list_sums

    low, high = int(rows.starts[users][0]), int(rows.starts[users.stop])
    tables = np.empty((0, 0)) if catalogue is None else catalogue.tables
    group = np.empty(0, dtype=np.int8) if catalogue is None else catalogue.group
    starts = rows.starts[users.start : users.stop + 1] - low
    held, hit, gain = rows.items[low:high], judged.hit[low:high], judged.gain[low:high]
    made = list_sums(
        items, lists.length[users], cutoffs, starts, held, hit, gain, discount, n_items, tables, group, len(SUMS)
    )
    return np.moveaxis(made, 2, 0)


def _by_numpy(
    lists: Lists, judged: Judgement, catalogue: Catalogue | None, cutoffs: Counts, users: slice, discount: Floats
) -> Floats:
    items = lists.items[users]
    n_users, width = items.shape
    number = np.arange(users.start, users.stop)
    taken = items >= 0
    row = judged.rows.find(number[:, None], items) if width else np.empty((n_users, 0), dtype=np.int64)
    held = row >= 0
    single = np.zeros((n_users, width))
    single[held] = judged.hit[row[held]]
    if lists.expected is None:
        hits, gains = single, np.zeros((n_users, width))
        gains[held] = judged.gain[row[held]]
        down = np.cumsum(hits, axis=1)
        running, first = hits * down, hits * (down == 1)
    else:
        hits, gains = lists.expected.hits[users], lists.expected.gains[users]
        running, first = lists.expected.running[users], lists.expected.first[users]
        down = np.cumsum(hits, axis=1)
    at = np.arange(1, width + 1)
    d = discount[:width]
    parts: dict[str, Floats] = {
        "hits": hits,
        "first": first / at,
        "any": first,
        "arhr": hits / at,
        "ap": running / at,
        "gain": gains * d,
        "length": taken.astype(np.float64),
        "discount": taken * d,
    }
    if catalogue is not None and width:
        safe = np.where(taken, items, 0)
        group = np.where(taken, catalogue.group[safe], 0)
        fresh = group if lists.fresh is None else np.where(lists.fresh[users], group, 0)
        novelty = np.where(taken, catalogue.tables[safe, 1], np.nan)
        parts |= {
            "popularity": np.where(taken, catalogue.popularity[safe], 0.0),
            "tail_items": (fresh == TAIL).astype(np.float64),
            "head_items": (fresh == HEAD).astype(np.float64),
            "novelty": np.nan_to_num(novelty),
            "novel": (~np.isnan(novelty)).astype(np.float64),
            "epc": single * d * catalogue.tables[safe, 2],
            "efd": single * d * catalogue.tables[safe, 3],
            "head_hits": single * (fresh == HEAD),
            "tail_hits": single * (fresh == TAIL),
        }
    made = np.zeros((len(SUMS), n_users, len(cutoffs)))
    length = np.minimum(lists.length[users], width)
    for place, name in enumerate(SUMS):
        if name in parts:
            made[place] = _at(np.cumsum(parts[name], axis=1), cutoffs)
    made[SUMS.index("precisions")] = _beyond_the_end(np.cumsum(down / at, axis=1), down, length, cutoffs, over_n=True)
    made[SUMS.index("recalls")] = _beyond_the_end(np.cumsum(down, axis=1), down, length, cutoffs, over_n=False)
    made[SUMS.index("ideal")] = _ideal(judged, cutoffs, users, discount)
    return made


def _at(running: Floats, cutoffs: Counts) -> Floats:
    """Running sums at each cutoff; a list that has ended adds nothing."""
    width = running.shape[1]
    if not width:
        return np.zeros((len(running), len(cutoffs)))
    last = np.where((cutoffs < 0) | (cutoffs > width), width, cutoffs) - 1
    return np.asarray(running[:, last])


def _beyond_the_end(running: Floats, down: Floats, length: Counts, cutoffs: Counts, *, over_n: bool) -> Floats:
    """Sums of H_n (over n) over all n up to the cutoff, also past the end of a list, where H stays; the whole list
    ends where it ends.
    """
    n_users, width = running.shape
    made = np.zeros((n_users, len(cutoffs)))
    if not width:
        return made
    total = down[:, -1]
    for place, cutoff in enumerate(cutoffs):
        if cutoff < 0:
            made[:, place] = np.where(length > 0, running[np.arange(n_users), np.maximum(length - 1, 0)], 0.0)
        elif cutoff <= width:
            made[:, place] = running[:, cutoff - 1]
        else:
            rest = (1 / np.arange(width + 1, cutoff + 1)).sum() if over_n else cutoff - width
            made[:, place] = running[:, -1] + total * rest
    return made


def _ideal(judged: Judgement, cutoffs: Counts, users: slice, discount: Floats) -> Floats:
    rows = judged.rows
    low, high = int(rows.starts[users.start]), int(rows.starts[users.stop])
    starts = rows.starts[users.start : users.stop + 1] - low
    counts = np.diff(starts)
    owner = np.repeat(np.arange(len(counts)), counts)
    gain = judged.gain[low:high]
    order = np.lexsort((-gain, owner))
    rank = np.arange(len(gain)) - starts[owner]
    running = np.concatenate([[0.0], np.cumsum(gain[order] * discount[rank])])
    made = np.empty((len(counts), len(cutoffs)))
    for place, cutoff in enumerate(cutoffs):
        taken = counts if cutoff < 0 else np.minimum(counts, cutoff)
        made[:, place] = running[starts[:-1] + taken] - running[starts[:-1]]
    return made
