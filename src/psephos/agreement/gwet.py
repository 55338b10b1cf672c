"""How far do voters agree beyond chance, if only hard items are left to chance? Gwet's AC1 and AC2.

    AC = (P_a - P_e) / (1 - P_e),      P_e = T / (q (q - 1)) sum_k p_k (1 - p_k),      T = sum_kl w_kl,

P_a the observed agreement, p_k the share of level k as for Fleiss' kappa, q the number of levels, and w_kl = 1 -
delta_kl / largest delta the weight of a pair, 1 for equal votes (largest of the levels; of circular distances it is 1).
AC1 is nominal (T = q), AC2 any other. Where nearly all votes are for one level, kappa is low even if voters hardly ever
differ; AC1 is not, because it takes the chance to agree by guessing to be small there.

Source: Gwet (2008), doi:10.1348/000711006X126600 (AC1, its variance); Gwet (2014), Handbook of Inter-Rater Reliability
(AC2). Differs: with a single level the value is 1 with a note.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from psephos.agreement.coefficient import Coefficient, Counts, check_interval, estimate, joined, share
from psephos.agreement.counting import Counted, counted_of
from psephos.agreement.distances import Distance, Metric, Table, distance_of, named
from psephos.agreement.documented import documented
from psephos.agreement.fleiss import FleissKappa
from psephos.agreement.ratings import Floats, Votes
from psephos.engine import Engine, Rng
from psephos.errors import InputError, check_count
from psephos.opinions.sharding import Shards


@documented
def gwet_ac(
    votes: Votes | Shards,
    *,
    metric: Metric = "nominal",
    period: float | None = None,
    order: Sequence[str] | None = None,
    categories: int | None = None,
    interval: str = "bootstrap",
    repeats: int = 1000,
    level: float = 0.95,
    rng: Rng = 0,
    engine: int | str | Engine = 1,
) -> Coefficient:
    """Gwet's AC1, and AC2 for another metric than nominal.

    Parameters
    ----------
    {votes}
    {metric}
    categories : int, optional
        How many labels voters could have chosen from, if that is more than they chose; nominal only.
    {interval}
    {engine}

    Returns
    -------
    Coefficient
        1 with a note where all votes are the same, NaN with a note where no item has two votes.

    Raises
    ------
    InputError
        If there are fewer than two voters, `categories` is too small, or an option is unknown or does not fit.

    See Also
    --------
    fleiss_kappa : chance draws from the choices of all voters.

    Examples
    --------
    >>> from psephos.agreement import fleiss_kappa
    >>> votes = [[0, 0]] * 18 + [[0, 1], [1, 0]]
    >>> gwet_ac(votes, repeats=0).value.__round__(3), fleiss_kappa(votes, repeats=0).value.__round__(3)
    (0.89, -0.053)
    """
    check_interval(interval, repeats, level)
    measure = ac_of(counted_of(votes, order=order, engine=engine), metric, period, categories)
    return estimate([measure], interval=interval, repeats=repeats, level=level, rng=rng)[0]


def ac_of(counted: Counted, metric: Metric, period: float | None = None, categories: int | None = None) -> GwetAC:
    """AC1 or AC2 of counts under a metric.

    AC = (A - P) / (1 - P) with A the agreement observed and P = sum p (1 - p) / (q - 1) for q levels of share p: AC1
    with nominal distances, AC2 with others. `categories` is q where some labels were never used.
    """
    plain = isinstance(metric, str) and metric == "nominal"
    if categories is not None:
        if not plain:
            raise InputError("categories", "belongs to the nominal metric; other metrics know their levels")
        if check_count("categories", categories) < len(counted.levels):
            raise InputError("categories", f"must be at least {len(counted.levels):,}, as many were chosen")
    measure = GwetAC(counted.counts, distance_of(metric, counted.levels, period), categories)
    measure.name = "Gwet's AC1" if plain else named("Gwet's AC2", metric)
    return measure


class GwetAC(FleissKappa):
    """T as for Fleiss' kappa, but with the shares of levels themselves.

    By chance it expects sum p (1 - p) / (q - 1), little where one level is common, so that the value does not break
    down there as kappa does.
    """

    means = "1 is full agreement, 0 what voters reach who guess on hard items; it stays high where one choice is common"

    normalised = True

    def __init__(self, counts: Counts, distance: Distance, categories: int | None) -> None:
        q = categories or counts.votes.shape[1]
        apart = counts.votes.shape[1] ** 2
        self.scale = 0.0
        if q > 1:
            ones = np.asarray(distance.margins(_everything(counts.votes.shape[1])).sum(axis=0))
            total = q if categories else apart - float(distance.cross(ones, ones)) / distance.largest
            self.scale = total / (q * (q - 1))
        self.one_level = q < 2
        super().__init__(counts, distance)

    def features(self, votes: Table) -> Any:
        """What each row of counts adds to T."""
        total = np.asarray(votes.sum(axis=1))
        shares = votes.multiply(share(np.ones(len(total)), total)[:, None]).tocsr()
        observed = share(self.distance.within(votes), total * (total - 1))
        return joined(observed, (total >= 2) * 1.0, (total >= 1) * 1.0, shares)

    def ratio(self, sums: Floats) -> tuple[Floats, Floats]:
        """O and E of each row of sums."""
        spread = 1 - share((sums[:, 3:] ** 2).sum(axis=1), sums[:, 2] ** 2)
        expected = np.zeros(len(sums)) if self.one_level else 1 - self.scale * spread
        return share(sums[:, 0], sums[:, 1], np.nan) / self.distance.largest, expected

    def slopes(self, sums: Floats) -> tuple[Floats, Floats]:
        """Derivatives of O and E."""
        observed, pairs, n = sums[:3]
        by_share = 2 * self.scale * sums[3:] / n**2
        observed_slope = np.concatenate([[1 / pairs, -observed / pairs**2, 0.0], np.zeros(len(by_share))])
        by_n = -float(sums[3:] @ by_share) / n
        return observed_slope / self.distance.largest, np.concatenate([[0.0, 0.0, by_n], by_share])


def _everything(n_levels: int) -> Any:
    from scipy import sparse

    return sparse.csr_array(sparse.eye_array(n_levels, format="csr"))
