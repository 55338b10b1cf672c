r"""How far do voters agree beyond chance? Krippendorff's alpha.

    alpha = 1 - D_o / D_e,
    D_o = 1/n sum_u sum_kl n_uk n_ul delta_kl / (m_u - 1),       D_e = 1/(n (n - 1)) sum_kl n_k n_l delta_kl,

with n_uk votes for k on item u, m_u = sum_k n_uk votes on it (items with fewer than two take no part), n_k votes for k
and n votes in all, delta the distance of `distances`. 1 is full agreement, 0 is what votes dealt out at random would
give, below 0 is systematic disagreement. Any number of voters, with any votes missing.

The ordinal distance counts the votes that lie between two levels,

    delta_kl = (n_k / 2 + n_(k+1) + ... + n_(l-1) + n_l / 2)^2 = (r_k - r_l)^2,     r_k = n_1 + ... + n_(k-1) + n_k / 2,

so it is the squared distance of mid-ranks, and these change with every resample and with every voter left out.

Source: Krippendorff (2011), "Computing Krippendorff's alpha-reliability"; Hayes and Krippendorff (2007),
doi:10.1080/19312450709336664. Differs: where all votes are the same, D_e is 0 and alpha is said to be 1 with a note;
the interval comes from resampled items instead of resampled pairs, so it covers alpha and narrows as items are added.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from psephos.agreement.coefficient import (
    Coefficient,
    Counts,
    Measure,
    check_interval,
    estimate,
    joined,
    share,
    voted,
)
from psephos.agreement.counting import Counted, counted_of
from psephos.agreement.distances import Metric, Points, Table, distance_of, named
from psephos.agreement.documented import documented
from psephos.agreement.ratings import Floats, Levels, Votes
from psephos.engine import Engine, Rng
from psephos.errors import InputError
from psephos.opinions.sharding import Shards


@documented
def krippendorff_alpha(
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
    """Krippendorff's alpha, for labels, orders, numbers and angles, with any votes missing.

    Parameters
    ----------
    {votes}
    {metric} ``"ordinal"`` counts the votes between two levels.
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
    fleiss_kappa, gwet_ac : other ideas of chance.

    Examples
    --------
    >>> krippendorff_alpha([[0, 0], [1, 1], [0, 1], [1, 1]], repeats=0).value.__round__(4)
    0.5333
    >>> print(krippendorff_alpha([[1.0, 1.5], [4.0, 3.5], [2.0, 2.5]], metric="interval", repeats=0))
    Krippendorff's alpha (interval) .907, n = 3 items (no interval)
    """
    check_interval(interval, repeats, level)
    measure = alpha_of(counted_of(votes, order=order, engine=engine), metric, period)
    return estimate([measure], interval=interval, repeats=repeats, level=level, rng=rng)[0]


def alpha_of(counted: Counted, metric: Metric, period: float | None = None) -> Alpha:
    """Alpha of counts under a metric.

    alpha = 1 - O / E over all pairs of votes of different voters; with the ordinal metric distances follow from how
    often each level was used, so they are computed with the counts.
    """
    if isinstance(metric, str) and metric == "ordinal":
        if period is not None:
            raise InputError("period", "belongs to the circular metric only")
        return OrdinalAlpha(counted.counts, counted.levels)
    measure = Alpha(counted.counts, distance_of(metric, counted.paired_levels, period))
    measure.name = named("Krippendorff's alpha", metric)
    return measure


class Alpha(Measure):
    """Alpha under a distance that does not depend on the votes.

    T = (sum of within / (m - 1), votes, margins), m the votes on an item, over items with two votes; E deals the n
    votes out at random without replacement, hence n (n - 1) and not n^2.
    """

    name = "Krippendorff's alpha"
    means = "1 is full agreement, 0 what votes dealt out at random would give, below 0 voters differ systematically"
    pairable_only = True

    def features(self, votes: Table) -> Any:
        """What each row of counts adds to T."""
        total = np.asarray(votes.sum(axis=1))
        paired = voted(total, 2)
        within = share(self.distance.within(votes), total - 1)
        margins = self.distance.margins(votes)
        margins = margins.multiply(paired[:, None]) if hasattr(margins, "multiply") else margins * paired[:, None]
        return joined(within * paired, total * paired, margins)

    def ratio(self, sums: Floats) -> tuple[Floats, Floats]:
        """O and E of each row of sums."""
        n, margins = sums[:, 1], sums[:, 2:]
        return share(sums[:, 0], n, np.nan), share(self.distance.cross(margins, margins), n * (n - 1))

    def slopes(self, sums: Floats) -> tuple[Floats, Floats]:
        """Derivatives of O and E."""
        n, margins = sums[1], sums[2:]
        expected = self.distance.cross(margins, margins) / (n * (n - 1))
        observed_slope = np.concatenate([[1 / n, -sums[0] / n**2], np.zeros(len(margins))])
        by_n = -expected * (2 * n - 1) / (n * (n - 1))
        return observed_slope, np.concatenate([[0.0, by_n], 2 * self.distance.against(margins) / (n * (n - 1))])


class OrdinalAlpha(Alpha):
    """Alpha under the ordinal distance; the mid-ranks are found anew for each set of weights.

    d(a, b) = (sum of votes from a to b, the ends halved)^2; a resample has other counts, hence other distances.
    """

    name = "Krippendorff's alpha (ordinal)"
    additive = False

    def __init__(self, counts: Counts, levels: Levels) -> None:
        order = np.argsort(levels.numbers, kind="stable")
        pairs = counts.pairable.votes[:, order]
        self.ordered = pairs
        self.paired = np.asarray(pairs.sum(axis=1))
        self.scaled = pairs.multiply((self.paired / np.maximum(self.paired - 1, 1))[:, None]).tocsr()
        by_level = counts.pairable.copies.astype(np.float64) @ pairs
        ranks = np.empty(len(order))
        ranks[order] = self._ranks(by_level)
        super().__init__(counts, Points(ranks[:, None], float(np.ptp(ranks)) ** 2 if len(ranks) else 1.0))

    def statistic(self, weights: Floats) -> Floats:
        """Alpha for each row of weights."""
        by_level = np.asarray(weights @ self.ordered)
        n = by_level.sum(axis=1)
        ranks = self._ranks(by_level)
        ranks -= ((ranks * by_level).sum(axis=1) / np.maximum(n, 1))[:, None]
        expected = 2 * n * (by_level * ranks**2).sum(axis=1)
        apart = (np.asarray(weights @ self.scaled) * ranks**2).sum(axis=1)
        of_item = np.asarray(ranks @ self.ordered.T) ** 2
        observed = 2 * (apart - (weights * of_item / np.maximum(self.paired - 1, 1)).sum(axis=1))
        varied = expected > 1e-12 * n**2
        value: Floats = 1 - np.divide(observed * (n - 1), expected, out=np.where(n > 0, 0.0, np.nan), where=varied)
        return value

    def influence(self) -> Floats:
        """That of fixed ranks, and how the ranks move: they rise by the votes below and half of those beside."""
        fixed = super().influence()
        if not fixed.any():
            return fixed
        copies = self.counts.copies.astype(np.float64)
        by_level = copies @ self.ordered
        n = by_level.sum()
        ranks = self._ranks(by_level)
        ranks -= ranks @ by_level / n
        of_item = self.ordered @ ranks
        scale = copies / np.maximum(self.paired - 1, 1)
        observed = 4 * ((copies @ self.scaled) * ranks - (scale * of_item) @ self.ordered)
        expected = 4 * n * by_level * ranks
        slope = -(observed / n - self.observed / self.expected * expected / (n * (n - 1))) / self.expected
        above = np.cumsum(slope[::-1])[::-1] - slope / 2
        moved: Floats = fixed + np.asarray(self.ordered @ above)
        return moved

    def _ranks(self, by_level: Floats) -> Floats:
        ranks: Floats = np.cumsum(by_level, axis=-1) - by_level / 2
        return ranks
