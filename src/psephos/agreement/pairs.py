"""Who agrees with whom, and how far beyond chance?

Two voters are compared on the items that both judged: how often they say the same, and Cohen's kappa, for which chance
draws for each of the two from its own choices on these items. With another metric than nominal they agree by one minus
the mean distance over the largest one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from psephos.agreement.coefficient import share
from psephos.agreement.distances import Distance, Metric, distance_of
from psephos.agreement.documented import documented
from psephos.agreement.ratings import Floats, Ratings, Votes, ratings_of
from psephos.errors import InputError
from psephos.opinions.model import Opinions
from psephos.statistics import normal_interval, wilson_interval

MOST_VOTERS = 2000
"""More voters than this have too many pairs to list."""

MOST_APART = 100
"""The same for pairs that are compared one by one, as they are under a metric that is not nominal."""


@documented
def pairwise_agreement(
    votes: Votes,
    *,
    metric: Metric = "nominal",
    period: float | None = None,
    order: Sequence[str] | None = None,
    level: float = 0.95,
) -> pl.DataFrame:
    """Agreement of every pair of voters that has items in common, and its kappa.

    Parameters
    ----------
    {votes}
    {metric}
    level : float, default 0.95
        Coverage of the intervals: Wilson's for shares of equal votes, Student's t for means.

    Returns
    -------
    polars.DataFrame
        left, right (names, or places in the matrix), items (that both judged), agreement, low, high, kappa (Cohen's,
        null where both always say the same one thing).

    Raises
    ------
    InputError
        If there are more than `MOST_VOTERS` voters (`MOST_APART` under another metric than nominal).

    See Also
    --------
    cohen_kappa : the kappa of two voters with its interval.

    Examples
    --------
    >>> pairwise_agreement([[0, 0, 1], [1, 1, 1]]).select("left", "right", "items", "agreement", "kappa").rows()
    [('0', '1', 2, 1.0, 1.0), ('0', '2', 2, 0.5, 0.0), ('1', '2', 2, 0.5, 0.0)]
    """
    ratings = ratings_of(votes, order)
    if isinstance(metric, str) and metric == "nominal":
        return nominal_pairs(ratings, level)
    return pairs_apart(ratings, distance_of(metric, ratings.levels, period), level)


def comparable_pairs(opinions: object) -> pl.DataFrame | None:
    """How often each two voters agree, where pages can list it; None of too many voters, of parts, of transcripts.

    Examples
    --------
    >>> from psephos.opinions import from_matrix
    >>> comparable_pairs(from_matrix([["a", "a"], ["b", "a"]]))["agreement"].to_list()
    [0.5]
    >>> comparable_pairs("no opinions") is None
    True
    """
    if not isinstance(opinions, Opinions) or opinions.kind not in ("labels", "samples"):
        return None
    return None if opinions.size("voter") > MOST_VOTERS else pairwise_agreement(opinions)


def nominal_pairs(ratings: Ratings, level: float) -> pl.DataFrame:
    """All pairs at once, from products of sparse tables.

    Same votes and common items of all pairs are two products of sparse tables of items by voters and levels; O(votes)
    memory beside the pairs.
    """
    n_voters, n_levels = ratings.n_voters, max(1, len(ratings.levels))
    _check_voters(n_voters, MOST_VOTERS)
    ones = np.ones(len(ratings.item))
    by_item = sparse.csr_array((ones, (ratings.item, ratings.voter)), shape=(ratings.n_items, n_voters))
    cell = ratings.item.astype(np.int64) * n_levels + ratings.level
    found, pair = np.unique(cell, return_inverse=True)
    by_pair = sparse.csr_array((ones, (pair, ratings.voter)), shape=(max(1, len(found)), n_voters))
    common, same = ((table.T @ table).toarray() for table in (by_item, by_pair))
    left, right = np.nonzero(np.triu(common, k=1))
    items, agreeing = common[left, right], same[left, right]
    low, high = wilson_interval(agreeing, items, level)
    expected = share(_chance(ratings, by_item)[left, right], items**2)
    agreement = agreeing / items
    return _pair_table(ratings, left, right, items, agreement, low, high, _kappa(1 - agreement, 1 - expected))


def pairs_apart(ratings: Ratings, distance: Distance, level: float) -> pl.DataFrame:
    """Pair by pair under any distance.

    For distances other than the nominal, where each pair needs its own kappa; `agreement` is 1 minus the mean
    distance.
    """
    _check_voters(ratings.n_voters, MOST_APART)
    n_levels = len(ratings.levels)
    by_voter = np.argsort(ratings.voter, kind="stable")
    starts = np.searchsorted(ratings.voter[by_voter], np.arange(ratings.n_voters + 1))
    said = np.full((ratings.n_voters, ratings.n_items), -1, dtype=np.int32)
    for voter in range(ratings.n_voters):
        rows = by_voter[starts[voter] : starts[voter + 1]]
        said[voter, ratings.item[rows]] = ratings.level[rows]
    found = []
    for left, right in combinations(range(ratings.n_voters), 2):
        both = (said[left] >= 0) & (said[right] >= 0)
        n = int(both.sum())
        if not n:
            continue
        one, other = said[left, both], said[right, both]
        apart = distance.between(one, other)
        counts = np.stack([np.bincount(codes, minlength=n_levels) for codes in (one, other)]).astype(np.float64)
        margins = distance.margins(sparse.csr_array(counts))
        margins = margins.toarray() if sparse.issparse(margins) else margins
        expected = float(distance.cross(margins[0], margins[1])) / n**2
        error = float(apart.std(ddof=1)) / np.sqrt(n) if n > 1 else np.nan
        found.append((left, right, n, float(apart.mean()), error, expected))
    table = np.array(found, dtype=np.float64).reshape(-1, 6)
    at_left, at_right, items = (table[:, place].astype(np.int64) for place in range(3))
    agreement, error = 1 - table[:, 3] / distance.largest, table[:, 4] / distance.largest
    low, high = np.full((2, len(table)), np.nan)
    for n in np.unique(items[items > 1]):
        at = items == n
        low[at], high[at] = normal_interval(agreement[at], error[at], level, degrees=int(n) - 1)
    ends = np.maximum(low, 0.0), np.minimum(high, 1.0)
    return _pair_table(
        ratings, at_left, at_right, items, agreement, *ends, _kappa(table[:, 3], table[:, 5], distance.largest)
    )


def by_voter(pairs: pl.DataFrame) -> pl.DataFrame:
    """Each voter against all its partners: voter, partners, comparisons, agreement; lowest first.

    A comparison is an item with one partner. The mean over partners weighs each by the items that both voted on; who
    stands first is least like the others.
    """
    both = pl.concat([pairs, pairs.rename({"left": "right", "right": "left"}).select(pairs.columns)])
    same = (pl.col("agreement") * pl.col("items")).sum()
    grouped = both.group_by(pl.col("left").alias("voter")).agg(
        pl.len().alias("partners"),
        pl.col("items").sum().alias("comparisons"),
        (same / pl.col("items").sum()).alias("agreement"),
    )
    return grouped.sort("agreement", "voter")


def no_pairs() -> pl.DataFrame:
    """The table of pairs without a row.

    So that a result of one voter, or of votes read in parts, has a table of the same columns.
    """
    texts, numbers = ("left", "right"), ("agreement", "low", "high", "kappa")
    schema = [*((name, pl.String) for name in texts), ("items", pl.Int64), *((name, pl.Float64) for name in numbers)]
    return pl.DataFrame(schema=schema)


def _chance(ratings: Ratings, by_item: sparse.csr_array) -> Floats:
    """Sum over levels of the votes of each two voters for it, on the items that both judged, multiplied."""
    n_voters, n_levels = ratings.n_voters, len(ratings.levels)
    cell = ratings.voter.astype(np.int64) * n_levels + ratings.level
    used, place = np.unique(cell, return_inverse=True)
    chose = sparse.csr_array((np.ones(len(cell)), (place, ratings.item)), shape=(len(used), ratings.n_items))
    met = (chose @ by_item).tocoo()
    voter, level = used[met.row] // max(1, n_levels), used[met.row] % max(1, n_levels)
    other = met.col.astype(np.int64)
    mine, theirs = ((one * n_levels + level) * n_voters + two for one, two in ((voter, other), (other, voter)))
    order = np.argsort(mine)
    found = np.minimum(np.searchsorted(mine, theirs, sorter=order), len(order) - 1)
    at = order[found]
    both = mine[at] == theirs
    weight = np.where(both, met.data * met.data[at], 0.0)
    flat = np.bincount(voter * n_voters + other, weights=weight, minlength=n_voters * n_voters)
    total: Floats = flat.astype(np.float64)
    return total.reshape(n_voters, n_voters)


def _kappa(observed: Floats, expected: Floats, largest: float = 1.0) -> Floats:
    """Null (NaN) where no disagreement could be expected."""
    kappa: Floats = 1 - share(observed, np.where(expected > 1e-12 * largest, expected, 0.0), np.nan)
    return kappa


def _pair_table(
    ratings: Ratings,
    left: npt.NDArray[np.integer],
    right: npt.NDArray[np.integer],
    items: npt.NDArray[np.floating | np.integer],
    agreement: Floats,
    low: Floats,
    high: Floats,
    kappa: Floats,
) -> pl.DataFrame:
    names = ratings.voter_names
    columns = {
        "left": names.gather(left),
        "right": names.gather(right),
        "items": items.astype(np.int64),
        "agreement": agreement,
        "low": low,
        "high": high,
        "kappa": kappa,
    }
    return pl.DataFrame(columns).with_columns(pl.col("agreement", "low", "high", "kappa").fill_nan(None))


def _check_voters(n_voters: int, most: int) -> None:
    if n_voters > most:
        problem = f"{n_voters:,} voters have too many pairs to list; up to {most:,} can be compared"
        raise InputError("votes", problem)
