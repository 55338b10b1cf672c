"""How often do two voters say the same about an item?

    P = mean over items of  sum_c n_c (n_c - 1) / (n (n - 1)),       n_c votes for c among the n on the item,

the share of agreeing pairs of votes, every item with at least two votes counting once. It is plain and easily high by
chance: two voters who say "no" to nearly everything agree nearly always. `krippendorff_alpha` takes chance out.

Source: the observed agreement of Fleiss (1971), doi:10.1037/h0031619. Differs: numbers of votes may vary.
"""

from __future__ import annotations

import numpy as np

from psephos.agreement.coefficient import Coefficient, Floats, Votes, counts_of, with_interval
from psephos.engine import Rng


def percent_agreement(votes: Votes, *, repeats: int = 1000, level: float = 0.95, rng: Rng = 0) -> Coefficient:
    """Mean share of agreeing pairs of votes on an item, with an interval from resampled items.

    Parameters
    ----------
    votes : Opinions, or array_like of int, shape (n_items, n_voters)
        Opinions with choices, or codes with -1 where a voter took no part.
    repeats : int, default 1000
        Resamples of the items; 0 for no interval.
    level : float, default 0.95
        Coverage of the interval.
    rng : int, Generator or None, default 0
        Source of the resamples.

    Returns
    -------
    Coefficient

    Raises
    ------
    InputError
        If there are fewer than two voters, or no item has two votes.

    Examples
    --------
    >>> percent_agreement([[0, 0, 1], [1, 1, 1], [0, -1, 0]], repeats=0).value.__round__(4)
    0.7778
    """
    counts = counts_of(votes)
    total = np.asarray(counts.votes.sum(axis=1))
    same = np.asarray(counts.votes.power(2).sum(axis=1)) - total
    agreeing = same / (total * (total - 1))

    def statistic(weights: Floats) -> Floats:
        mean: Floats = weights @ agreeing / weights.sum(axis=1)
        return mean

    return with_interval("percent agreement", counts, statistic, repeats=repeats, level=level, rng=rng)
