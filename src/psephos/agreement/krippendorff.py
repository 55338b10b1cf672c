"""How far do voters agree beyond chance? Krippendorff's alpha.

    alpha = 1 - D_o / D_e,
    D_o = 1/n sum_u sum_c n_uc (m_u - n_uc) / (m_u - 1),       D_e = 1/(n (n - 1)) sum_c n_c (n - n_c),

with n_uc votes for c on item u, m_u = sum_c n_uc votes on it (items with fewer than two take no part), n_c votes for c
and n votes in all. 1 is full agreement, 0 is what votes dealt out at random would give, below 0 is systematic
disagreement. Any number of voters, with any votes missing.

Source: Krippendorff (2011), "Computing Krippendorff's alpha-reliability". Differs: where all votes are the same, D_e is
0 and alpha is said to be 1 with a note; the interval comes from resampled items, so it covers alpha and narrows as
items are added.
"""

from __future__ import annotations

import numpy as np

from psephos.agreement.coefficient import Coefficient, Floats, Votes, counts_of, with_interval
from psephos.engine import Rng


def krippendorff_alpha(votes: Votes, *, repeats: int = 1000, level: float = 0.95, rng: Rng = 0) -> Coefficient:
    """Krippendorff's alpha for nominal data, with an interval from resampled items.

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
    >>> krippendorff_alpha([[0, 0], [1, 1], [0, 1], [1, 1]], repeats=0).value.__round__(4)
    0.5333
    """
    counts = counts_of(votes)
    total = np.asarray(counts.votes.sum(axis=1))
    unlike = (total * total - np.asarray(counts.votes.power(2).sum(axis=1))) / (total - 1)

    def statistic(weights: Floats) -> Floats:
        by_choice = weights @ counts.votes
        n = weights @ total
        expected = (n * n - (by_choice * by_choice).sum(axis=1)) / (n - 1)
        observed = weights @ unlike
        varied = expected > 1e-12 * n
        alpha: Floats = 1 - np.divide(observed, expected, out=np.zeros(len(n)), where=varied)
        return alpha

    same = int((np.asarray(counts.votes.sum(axis=0)) > 0).sum()) < 2
    note = "all votes are the same, so chance cannot be told from agreement" if same else ""
    return with_interval("Krippendorff's alpha", counts, statistic, repeats=repeats, level=level, rng=rng, note=note)
