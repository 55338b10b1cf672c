"""How far do voters agree beyond chance, if chance draws for each voter from its own choices? Cohen's kappa.

    kappa = 1 - D_o / D_e,       D_e = mean over pairs of voters g, h of  sum_kl p_gk p_hl delta_kl,

with p_gk the share of level k among the votes of g and D_o the observed disagreement as for Fleiss' kappa. Of two
voters this is Cohen's kappa, taken over the items on which both voted; of more it is Conger's, which lies above Fleiss'
because voters who lean to different levels are not expected to agree.

Source: Cohen (1960), doi:10.1177/001316446002000104; Cohen (1968), doi:10.1037/h0026256 (weighted: a metric here);
Conger (1980), doi:10.1037/0033-2909.88.2.322. Differs: votes may be missing; the variance is that of both D_o and D_e.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from psephos.agreement.coefficient import (
    Coefficient,
    Counts,
    Measure,
    check_interval,
    check_voters,
    estimate,
    joined,
    share,
    voted,
)
from psephos.agreement.counting import counted_of
from psephos.agreement.distances import Distance, Metric, Table, distance_of, named
from psephos.agreement.documented import documented
from psephos.agreement.ratings import Floats, Levels, Ratings, Votes, ratings_of
from psephos.engine import Rng
from psephos.errors import InputError


@documented
def cohen_kappa(
    votes: Votes,
    *,
    metric: Metric = "nominal",
    period: float | None = None,
    order: Sequence[str] | None = None,
    interval: str = "bootstrap",
    repeats: int = 1000,
    level: float = 0.95,
    rng: Rng = 0,
) -> Coefficient:
    """Cohen's kappa of two voters, plain or weighted.

    Parameters
    ----------
    {votes}
    {metric} ``"linear"`` and ``"quadratic"`` are the usual weights.
    {interval}

    Returns
    -------
    Coefficient
        1 with a note where all votes are the same, NaN with a note where no item has both votes.

    Raises
    ------
    InputError
        If there are not two voters, or an option is unknown or does not fit the votes.

    See Also
    --------
    conger_kappa : the same of any number of voters.

    Examples
    --------
    >>> cohen_kappa([[0, 0], [1, 1], [0, 1], [1, 1]], repeats=0).value
    0.5
    """
    check_interval(interval, repeats, level)
    ratings = ratings_of(votes, order)
    check_voters(ratings.n_voters)
    if ratings.n_voters != 2:
        raise InputError("votes", f"Cohen's kappa needs 2 voters, got {ratings.n_voters:,}", hint="use conger_kappa")
    measure = own_chance_kappa(ratings, metric, period)
    return estimate([measure], interval=interval, repeats=repeats, level=level, rng=rng)[0]


@documented
def conger_kappa(
    votes: Votes,
    *,
    metric: Metric = "nominal",
    period: float | None = None,
    order: Sequence[str] | None = None,
    interval: str = "bootstrap",
    repeats: int = 1000,
    level: float = 0.95,
    rng: Rng = 0,
) -> Coefficient:
    """Conger's kappa: Cohen's for any number of voters.

    Parameters
    ----------
    {votes}
    {metric}
    {interval}

    Returns
    -------
    Coefficient
        1 with a note where all votes are the same, NaN with a note where no item has two votes.

    Raises
    ------
    InputError
        If there are fewer than two voters, or an option is unknown or does not fit the votes.

    See Also
    --------
    fleiss_kappa : chance draws from the choices of all voters.

    Examples
    --------
    >>> conger_kappa([[0, 0, 0], [1, 1, 0], [1, 1, 1]], repeats=0).value.__round__(4)
    0.5714
    """
    check_interval(interval, repeats, level)
    ratings = ratings_of(votes, order)
    check_voters(ratings.n_voters)
    measure = own_chance_kappa(ratings, metric, period)
    return estimate([measure], interval=interval, repeats=repeats, level=level, rng=rng)[0]


def own_chance_kappa(ratings: Ratings, metric: Metric, period: float | None = None) -> OwnChanceKappa:
    """Cohen's kappa of two voters, Conger's of more.

    kappa = 1 - O / E, where E lets each voter draw from its own choices; Conger (1980) takes the mean over all pairs
    of voters.
    """
    n_levels = len(ratings.levels)
    cell = ratings.voter.astype(np.int64) * n_levels + ratings.level
    n_cells = int(ratings.n_voters) * n_levels
    if n_cells > np.iinfo(np.int32).max:
        raise InputError(
            "votes",
            f"{ratings.n_voters:,} voters with {n_levels:,} levels are too many to tell apart",
            hint="use fleiss_kappa or krippendorff_alpha",
        )
    columns = Ratings(
        ratings.item,
        ratings.voter,
        cell.astype(np.int32),
        ratings.n_items,
        ratings.n_voters,
        Levels(np.zeros(n_cells), np.arange(n_cells)),
    )
    counted = counted_of(columns)
    levels = ratings.levels
    if ratings.n_voters == 2:
        levels = levels.on_scale(np.bincount(ratings.level[ratings.votes_on[ratings.item] > 1], minlength=n_levels) > 0)
    distance = distance_of(metric, levels, period)
    measure = OwnChanceKappa(counted.counts, distance, ratings.n_voters)
    measure.name = named("Cohen's kappa" if ratings.n_voters == 2 else "Conger's kappa", metric)
    measure.constant = _constant(ratings)
    return measure


class OwnChanceKappa(Measure):
    """Kappa in which each voter has chances of its own: Cohen's of two voters, Conger's of more.

    Rows of counts hold a column for each voter and level, voter by voter. Of each row T adds up (within, items with two
    votes, votes of each voter, margins of each voter); O = within / items, and E is the mean over pairs of voters of
    the disagreement between their margins.
    """

    means = "1 is full agreement, 0 what voters reach who draw at random, each from its own choices, below 0 is less"
    constant = ""
    additive = False

    def __init__(self, counts: Counts, distance: Distance, n_voters: int) -> None:
        self.n_voters = n_voters
        self.n_levels = counts.votes.shape[1] // n_voters
        levels = sparse.eye_array(self.n_levels, format="csr")
        self.fold = sparse.csr_array(sparse.vstack([levels] * n_voters, format="csr"))
        by_voter = sparse.eye_array(n_voters, format="csr")
        self.count = sparse.csr_array(sparse.kron(by_voter, np.ones((self.n_levels, 1)), format="csr"))
        own = sparse.csr_array(distance.margins(sparse.csr_array(levels)))
        self.spread = sparse.csr_array(sparse.kron(by_voter, own, format="csr"))
        super().__init__(counts.pairable if n_voters == 2 else counts, distance)

    @property
    def note(self) -> str:
        """What is odd about the value."""
        return super().note or self.constant

    def features(self, votes: Table) -> Any:
        """What each row of counts adds to T."""
        total = np.asarray(votes.sum(axis=1))
        within = share(self.distance.within(sparse.csr_array(votes @ self.fold)), total * (total - 1))
        return joined(within, voted(total, 2), votes @ self.count, votes @ self.spread)

    def ratio(self, sums: Floats) -> tuple[Floats, Floats]:
        """O and E of each row of sums."""
        shares, pairs, _ = self._shares(sums)
        whole = shares.sum(axis=1)
        apart = self.distance.cross(whole, whole) - self.distance.cross(shares, shares).sum(axis=1)
        return share(sums[:, 0], sums[:, 1], np.nan), share(np.maximum(apart, 0.0), pairs)

    def slopes(self, sums: Floats) -> tuple[Floats, Floats]:
        """Derivatives of O and E."""
        shares, pairs, votes = (part[0] for part in self._shares(sums[None]))
        others = 2 * self.distance.against(shares.sum(axis=0) - shares) / pairs
        by_margin = share(others, np.broadcast_to(votes[:, None], others.shape))
        by_votes = -(shares * by_margin).sum(axis=1)
        observed_slope = np.zeros(len(sums))
        observed_slope[:2] = 1 / sums[1], -sums[0] / sums[1] ** 2
        return observed_slope, np.concatenate([[0.0, 0.0], by_votes, by_margin.ravel()])

    def _shares(self, sums: Floats) -> tuple[Floats, Floats, Floats]:
        """Margins of each voter as shares of its votes, (k, n_voters, p); pairs of voters that voted; their votes."""
        votes = sums[:, 2 : 2 + self.n_voters]
        margins = sums[:, 2 + self.n_voters :].reshape(len(sums), self.n_voters, -1)
        shares = share(margins, np.broadcast_to(votes[..., None], margins.shape))
        present = (votes > 0).sum(axis=1).astype(np.float64)
        return shares, present * (present - 1), votes


def _constant(ratings: Ratings) -> str:
    """Says so where one of two voters always says the same."""
    if ratings.n_voters != 2 or len(ratings.levels) < 2:
        return ""
    both = ratings.votes_on[ratings.item] == 2
    for voter in range(2):
        said = np.unique(ratings.level[both & (ratings.voter == voter)])
        if len(said) == 1:
            name = ratings.voter_names[voter]
            return f"voter {name} always says {ratings.levels.text(int(said[0]))}, so kappa cannot exceed 0"
    return ""
