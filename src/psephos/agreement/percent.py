"""How often do two voters say the same about an item?

    P = mean over items of  sum_c n_c (n_c - 1) / (n (n - 1)),       n_c votes for c among the n on the item,

the share of agreeing pairs of votes, every item with at least two votes counting once. With another metric than
nominal a pair that differs agrees by 1 - delta / largest delta. It is plain and easily high by chance: two voters who
say "no" to nearly everything agree nearly always. `krippendorff_alpha` takes chance out.

Source: the observed agreement of Fleiss (1971), doi:10.1037/h0031619. Differs: numbers of votes may vary.
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
from psephos.opinions.sharding import Shards


@documented
def percent_agreement(
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
    """Mean share of agreeing pairs of votes on an item.

    Parameters
    ----------
    {votes}
    {metric}
    {interval}
    {engine}

    Returns
    -------
    Coefficient
        NaN with a note where no item has two votes.

    Raises
    ------
    InputError
        If there are fewer than two voters, or an option is unknown.

    See Also
    --------
    krippendorff_alpha : agreement beyond chance.

    Examples
    --------
    >>> percent_agreement([[0, 0, 1], [1, 1, 1], [0, -1, 0]], repeats=0).value.__round__(4)
    0.7778
    """
    check_interval(interval, repeats, level)
    counted = counted_of(votes, order=order, engine=engine)
    measure = percent_of(counted, metric, period)
    return estimate([measure], interval=interval, repeats=repeats, level=level, rng=rng)[0]


def percent_of(counted: Counted, metric: Metric, period: float | None = None) -> PercentAgreement:
    """Percent agreement of counts under a metric.

    With another metric than the nominal it is 1 minus the mean distance, as a share of the largest distance.
    """
    measure = PercentAgreement(counted.counts, distance_of(metric, counted.levels, period))
    measure.name = named("percent agreement", metric)
    return measure


class PercentAgreement(Measure):
    """Mean observed agreement; nothing is taken out for chance.

    1 - O over the items with two votes; to be read beside a coefficient, since two voters who always say the same
    common label reach much of it by chance.
    """

    name = "percent agreement"
    means = "two voters who were asked about the same item say the same this often; chance is not taken out"
    pairable_only = True
    normalised = True

    def features(self, votes: Table) -> Any:
        """What each row of counts adds to T."""
        total = np.asarray(votes.sum(axis=1))
        return joined(share(self.distance.within(votes), total * (total - 1)), voted(total, 2))

    def ratio(self, sums: Floats) -> tuple[Floats, Floats]:
        """O and E of each row of sums."""
        return share(sums[:, 0], sums[:, 1], np.nan) / self.distance.largest, np.ones(len(sums))

    def slopes(self, sums: Floats) -> tuple[Floats, Floats]:
        """Derivatives of O and E."""
        mean = sums[0] / sums[1]
        return np.array([1.0, -mean]) / sums[1] / self.distance.largest, np.zeros(2)
