"""How far do voters agree beyond chance, if chance draws from the choices of all voters together? Fleiss' kappa.

    kappa = 1 - D_o / D_e,
    D_o = mean over items with two votes of  sum_kl n_k n_l delta_kl / (m (m - 1)),      n_k of the m votes on the item,
    D_e = sum_kl p_k p_l delta_kl,      p_k = mean over items with a vote of  n_k / m.

For two voters this is Scott's pi; alpha is pi with a correction for small samples, 1 - alpha = (1 - pi) (n - 1) / n
for n votes if none is missing.

Source: Fleiss (1971), doi:10.1037/h0031619; Scott (1955), doi:10.1086/266577; with missing votes and distances as in
Gwet (2014), Handbook of Inter-Rater Reliability. Differs: of two or more votes any number may be missing, and the
variance also knows that which items have two votes is chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from psephos.agreement.coefficient import Coefficient, Measure, check_interval, estimate, joined, share, voted
from psephos.agreement.counting import Counted, counted_of
from psephos.agreement.distances import Metric, Table, distance_of, named
from psephos.agreement.documented import documented
from psephos.agreement.ratings import Floats, Votes
from psephos.engine import Engine, Rng
from psephos.errors import InputError
from psephos.opinions.sharding import Shards


@documented
def fleiss_kappa(
    votes: Votes | Shards,
    *,
    metric: Metric = "nominal",
    period: float | None = None,
    order: Sequence[str] | None = None,
    interval: str = "bootstrap",
    repeats: int = 1000,
    level: float = 0.95,
    rng: Rng = 0,
    engine: int | str | Engine = 1,
) -> Coefficient:
    """Fleiss' kappa of any number of voters.

    Parameters
    ----------
    {votes}
    {metric}
    {interval}
    {engine}

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
    scott_pi : the same of two voters.
    cohen_kappa : chance draws for each voter from its own choices.

    Examples
    --------
    >>> fleiss_kappa([[0, 0, 0], [1, 1, 0], [1, 1, 1]], repeats=0).value.__round__(4)
    0.55
    """
    check_interval(interval, repeats, level)
    measure = kappa_of(counted_of(votes, order=order, engine=engine), metric, period)
    return estimate([measure], interval=interval, repeats=repeats, level=level, rng=rng)[0]


@documented
def scott_pi(
    votes: Votes | Shards,
    *,
    metric: Metric = "nominal",
    period: float | None = None,
    order: Sequence[str] | None = None,
    interval: str = "bootstrap",
    repeats: int = 1000,
    level: float = 0.95,
    rng: Rng = 0,
    engine: int | str | Engine = 1,
) -> Coefficient:
    """Scott's pi of two voters; of more it is called `fleiss_kappa`.

    Parameters
    ----------
    {votes}
    {metric}
    {interval}
    {engine}

    Returns
    -------
    Coefficient
        1 with a note where all votes are the same, NaN with a note where no item has two votes.

    Raises
    ------
    InputError
        If there are not two voters, or an option is unknown or does not fit the votes.

    See Also
    --------
    fleiss_kappa : the same of any number of voters.

    Examples
    --------
    >>> scott_pi([[0, 0], [1, 1], [0, 1], [1, 1]], repeats=0).value.__round__(4)
    0.4667
    """
    check_interval(interval, repeats, level)
    counted = counted_of(votes, order=order, engine=engine)
    if counted.n_voters != 2:
        raise InputError("votes", f"Scott's pi needs 2 voters, got {counted.n_voters:,}", hint="use fleiss_kappa")
    measure = pi_of(counted, metric, period)
    return estimate([measure], interval=interval, repeats=repeats, level=level, rng=rng)[0]


def kappa_of(counted: Counted, metric: Metric, period: float | None = None) -> FleissKappa:
    """Fleiss' kappa of counts under a metric.

    kappa = 1 - O / E with E of two votes drawn from the choices of all voters together; the measure has value,
    interval and meaning.
    """
    measure = FleissKappa(counted.counts, distance_of(metric, counted.levels, period))
    measure.name = named("Fleiss' kappa", metric)
    return measure


def pi_of(counted: Counted, metric: Metric, period: float | None = None) -> FleissKappa:
    """The same under the name that it has of two voters.

    Scott (1955): Fleiss' kappa is its extension to more voters, so the two share everything but the name.
    """
    measure = kappa_of(counted, metric, period)
    measure.name = named("Scott's pi", metric)
    return measure


class FleissKappa(Measure):
    """Kappa in which all voters draw from the same choices.

    T = (sum of within / (m (m - 1)), items with two votes, items with one, margins of shares), m the votes on an item.
    An item with a single vote says nothing of O and still has its part in E.
    """

    name = "Fleiss' kappa"
    means = (
        "1 is full agreement, 0 what voters reach who draw at random from the choices of all together, below 0 is less"
    )

    def features(self, votes: Table) -> Any:
        """What each row of counts adds to T."""
        total = np.asarray(votes.sum(axis=1))
        shares = votes.multiply(share(np.ones(len(total)), total)[:, None]).tocsr()
        observed = share(self.distance.within(votes), total * (total - 1))
        return joined(observed, voted(total, 2), voted(total, 1), self.distance.margins(shares))

    def ratio(self, sums: Floats) -> tuple[Floats, Floats]:
        """O and E of each row of sums."""
        margins = sums[:, 3:]
        return share(sums[:, 0], sums[:, 1], np.nan), share(self.distance.cross(margins, margins), sums[:, 2] ** 2)

    def slopes(self, sums: Floats) -> tuple[Floats, Floats]:
        """Derivatives of O and E."""
        observed, pairs, n = sums[:3]
        margins = sums[3:]
        by_n = -2 * self.distance.cross(margins, margins) / n**3
        zeros = np.zeros(len(margins))
        observed_slope = np.concatenate([[1 / pairs, -observed / pairs**2, 0.0], zeros])
        return observed_slope, np.concatenate([[0.0, 0.0, by_n], 2 * self.distance.against(margins) / n**2])
