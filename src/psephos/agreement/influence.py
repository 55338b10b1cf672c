"""On which items and by which voters is agreement lost?

With o_i the mean distance of two votes on item i and o_v that of the votes of voter v from the others on its items, the
coefficient 1 - O / E has the parts

    1 - o_i / E  per item,        1 - o_v / E  per voter,

and a voter moves it by the coefficient of all others less that of all. Nothing is counted again for this: T without v
(see `coefficient`) is T less, for each vote of v, what its item adds with the vote and plus what it adds without.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from psephos.agreement.coefficient import Measure, share
from psephos.agreement.counting import Counted
from psephos.agreement.ratings import Floats, Ratings

MOST_CELLS = 5 * 10**7
"""Up to so many counts in the rows with a vote left out, these are made."""

CHUNK = 2**21

Rebuild = Callable[[Ratings], Measure]
"""Makes the coefficient of other votes, for one whose T cannot be subtracted from."""


@dataclass(frozen=True, eq=False)
class Votes:
    """Each vote as a place in the counts.

    Attributes
    ----------
    row : ndarray of int64, shape (n_votes,)
        Row of the counts.
    entry : ndarray of int64, shape (n_votes,)
        Place among the counts that are not 0.
    """

    row: npt.NDArray[np.int64]
    entry: npt.NDArray[np.int64]


def items_table(measure: Measure, counted: Counted, ratings: Ratings) -> pl.DataFrame:
    """One row per item with at least two votes: item, votes, agreement, value; lowest agreement first.

    `agreement` is 1 minus the mean distance of pairs of votes as a share of the largest distance; `value` sets the
    same against what the coefficient expects by chance.
    """
    votes = counted.counts.votes
    total = np.asarray(votes.sum(axis=1))
    apart = share(measure.distance.within(votes), total * (total - 1), np.nan)
    assert counted.row is not None  # noqa: S101 - counts of parts have no ratings
    voted = np.flatnonzero(ratings.votes_on >= 2)
    row = counted.row[voted]
    agreement = 1 - apart[row] / measure.distance.largest
    order = np.argsort(agreement, kind="stable")
    at = voted[order]
    value = _against_chance(measure, apart[row])[order]
    table = pl.DataFrame(
        {
            "item": ratings.item_names.gather(at),
            "votes": ratings.votes_on[at],
            "agreement": agreement[order],
            "value": value,
        }
    )
    return table.with_columns(pl.col("value").fill_nan(None))


def voters_table(measure: Measure, counted: Counted, ratings: Ratings, rebuild: Rebuild) -> pl.DataFrame:
    """One row per voter that shares an item: voter, value, without, change.

    `value` is the coefficient of the voter with the others, `without` that of the others alone, `change` how much it
    rises when the voter is left out; null where they are undefined or too much to count.
    """
    assert counted.row is not None  # noqa: S101 - counts of parts have no ratings
    places = _places(counted, ratings)
    votes = counted.counts.votes
    total = np.asarray(votes.sum(axis=1))
    coo = votes.tocoo()
    apart = measure.distance.to_votes(votes, coo.row, coo.col)
    mean = share(apart, total[coo.row] - 1)
    shared = total[places.row] >= 2
    voter = ratings.voter[shared]
    number = np.bincount(voter, minlength=ratings.n_voters)
    lost = np.bincount(voter, weights=mean[places.entry[shared]], minlength=ratings.n_voters)
    met = np.flatnonzero(number)
    value = _against_chance(measure, lost[met] / number[met])
    without = _without(measure, counted, ratings, places, rebuild)[met]
    whole = float(measure.values(measure.sums)[0]) if measure.items else np.nan
    table = pl.DataFrame(
        {"voter": ratings.voter_names.gather(met), "value": value, "without": without, "change": without - whole}
    )
    return table.with_columns(pl.col("value", "without", "change").fill_nan(None))


def _against_chance(measure: Measure, apart: Floats) -> Floats:
    """A mean distance as a value of the coefficient."""
    scale = measure.distance.largest if measure.normalised else 1.0
    if measure.expected <= measure.least:
        return np.where(apart <= measure.least, 1.0, np.nan)
    value: Floats = 1 - apart / scale / measure.expected
    return value


def _places(counted: Counted, ratings: Ratings) -> Votes:
    votes = counted.counts.votes
    row = counted.row[ratings.item]  # type: ignore[index]
    coo = votes.tocoo()
    width = votes.shape[1]
    key = coo.row.astype(np.int64) * width + coo.col
    return Votes(row, np.searchsorted(key, row * width + ratings.level))


def _without(measure: Measure, counted: Counted, ratings: Ratings, places: Votes, rebuild: Rebuild) -> Floats:
    """The coefficient without each voter, shape (n_voters,); NaN where it is undefined or too much to count."""
    votes = counted.counts.votes
    missing = np.full(ratings.n_voters, np.nan)
    if not measure.items or ratings.n_voters < 3:
        return missing
    if not measure.additive:
        return _one_by_one(rebuild, ratings)
    coo = votes.tocoo()
    if int(np.diff(votes.indptr)[coo.row].sum()) > MOST_CELLS:
        return missing
    one = sparse.csr_array((np.ones(votes.nnz), (np.arange(votes.nnz), coo.col)), shape=(votes.nnz, votes.shape[1]))
    less = sparse.csr_array(votes[coo.row] - one)
    less.eliminate_zeros()
    lost = measure.features(votes)[coo.row] - measure.features(less)
    by_voter = sparse.csr_array(
        (np.ones(len(places.entry)), (ratings.voter, places.entry)), shape=(ratings.n_voters, votes.nnz)
    )
    step = max(1, CHUNK // lost.shape[1])
    for start in range(0, ratings.n_voters, step):
        gone = by_voter[start : start + step] @ lost
        gone = gone.toarray() if sparse.issparse(gone) else gone
        missing[start : start + step] = measure.values(measure.sums - gone)
    return missing


def _one_by_one(rebuild: Rebuild, ratings: Ratings) -> Floats:
    """The coefficient counted again without each voter."""
    found = np.full(ratings.n_voters, np.nan)
    if ratings.n_voters * len(ratings.item) > MOST_CELLS:
        return found
    for voter in np.flatnonzero(ratings.votes_by):
        measure = rebuild(ratings.without(int(voter)))
        found[voter] = measure.values(measure.sums)[0] if measure.items else np.nan
    return found
