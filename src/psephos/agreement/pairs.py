"""Who agrees with whom, and how often?"""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy import sparse

from psephos.agreement.coefficient import Votes, columns_of
from psephos.errors import InputError
from psephos.opinions.model import Opinions
from psephos.opinions.tallies import tally
from psephos.statistics import wilson_interval

MOST_VOTERS = 2000
"""More voters than this have too many pairs to list."""


def pairwise_agreement(votes: Votes, *, level: float = 0.95) -> pl.DataFrame:
    """Share of common items on which two voters say the same, for every pair of voters that has any.

    Parameters
    ----------
    votes : Opinions, or array_like of int, shape (n_items, n_voters)
        Opinions with choices, or codes with -1 where a voter took no part.
    level : float, default 0.95
        Coverage of the Wilson intervals.

    Returns
    -------
    polars.DataFrame
        left, right (names, or places in the matrix), items (that both voted on), agreement, low, high.

    Raises
    ------
    InputError
        If there are more than `MOST_VOTERS` voters.

    Examples
    --------
    >>> pairwise_agreement([[0, 0, 1], [1, 1, 1]]).select("left", "right", "items", "agreement").rows()
    [('0', '1', 2, 1.0), ('0', '2', 2, 0.5), ('1', '2', 2, 0.5)]
    """
    item, voter, choice, n_items, n_voters = columns_of(votes)
    if n_voters > MOST_VOTERS:
        raise InputError(
            "votes", f"{n_voters:,} voters have too many pairs to list; up to {MOST_VOTERS:,} can be compared"
        )
    counted = tally(item, choice, n_items, int(choice.max(initial=0)) + 1)
    ones = np.ones(len(item))
    by_item = sparse.csr_array((ones, (item, voter)), shape=(n_items, n_voters))
    by_pair = sparse.csr_array((ones, (counted.pair, voter)), shape=(len(counted.choice), n_voters))
    common = (by_item.T @ by_item).toarray()
    same = (by_pair.T @ by_pair).toarray()
    left, right = np.nonzero(np.triu(common, k=1))
    items, agreeing = common[left, right], same[left, right]
    low, high = wilson_interval(agreeing, items, level)
    names = votes.vocabulary("voter") if isinstance(votes, Opinions) else pl.Series(map(str, range(n_voters)))
    return pl.DataFrame(
        {
            "left": names.gather(left),
            "right": names.gather(right),
            "items": items.astype(np.int64),
            "agreement": agreeing / items,
            "low": low,
            "high": high,
        }
    )
