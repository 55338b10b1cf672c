"""How well can anyone rank the items, when the order is judged by the mean of a few noisy votes?

There is no formula for rank correlations, so tests like the one at hand are drawn: qualities from the Beta distribution
on the scale that has the mean and variance of the true qualities, votes on them from BinoVotes with the dispersion of
the votes at hand, and the perfect estimate, the qualities themselves, is held against the mean votes.

Source: ours, on the vote model of Pieper and Voran (2026), arXiv 2603.13204.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from psephos.agreement.noise_ceilings.result import NoiseCeiling
from psephos.agreement.noise_ceilings.simulation import simulate_votes
from psephos.agreement.noise_ceilings.vote_models import Floats, quality_density
from psephos.engine import Rng, seed_of, spawn
from psephos.errors import InputError, check_count, check_number
from psephos.opinions.outcomes import Provenance, Result
from psephos.opinions.wording import plural
from psephos.statistics import Interval, kendall_tau, percentile_interval, spearman_rho

NAMES = ("Spearman", "Kendall tau-b", "pairwise accuracy", "Pearson")


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class RankCeiling(Result):
    """What the perfect estimate reaches, by simulation.

    Attributes
    ----------
    measures : mapping of str to Interval
        Mean over simulated tests, and the range that the given share of them lies in: Spearman, Kendall tau-b, pairwise
        accuracy (share of pairs of items in the right order, half for equal means), Pearson for comparison.
    items, votes : int
        Size of a simulated test.
    dispersion : float
        Of the votes drawn.

    See Also
    --------
    psephos.agreement.rank_ceiling : makes it.
    psephos.NoiseCeiling : of correlation and error.
    """

    measures: dict[str, Interval]
    items: int
    votes: int
    dispersion: float

    def table(self) -> pl.DataFrame:
        """One row per measure: measure, value, low, high, level."""
        rows = [(name, part.value, part.low, part.high, part.level) for name, part in self.measures.items()]
        return pl.DataFrame(rows, schema=["measure", "value", "low", "high", "level"], orient="row")

    def summary(self) -> list[tuple[str, str]]:
        """The ceilings in a few lines."""
        lines = [(name, str(part)) for name, part in self.measures.items()]
        return [*lines, ("tests", f"simulated, {plural(self.items, 'item')} with {plural(self.votes, 'vote')} each")]


def rank_ceiling(
    ceiling: NoiseCeiling, *, items: int | None = None, repeats: int = 200, level: float = 0.95, rng: Rng = 0
) -> RankCeiling:
    """Ceilings of rank correlations and of pairwise accuracy, by simulation.

    Parameters
    ----------
    ceiling : NoiseCeiling
        Of the test, with a scale whose levels are a whole number.
    items : int, optional
        Items of a simulated test; as many as the test had, or 1,000 if that is not known.
    repeats : int, default 200
        Simulated tests.
    level : float, default 0.95
        Share of the tests that the ranges hold.
    rng : int, Generator or None, default 0
        Source of the random numbers; each test has a stream of its own.

    Returns
    -------
    RankCeiling
        What the true quality reaches in Spearman's and Kendall's correlation and in pairwise accuracy.

    Raises
    ------
    InputError
        If the ceiling has no scale or no mean, or the qualities do not differ.

    Examples
    --------
    >>> from psephos.agreement import ceiling_of_moments
    >>> ceiling = ceiling_of_moments(votes=8, mean=3.0, mean_variance=1.0)
    >>> found = rank_ceiling(ceiling, items=100, repeats=50)
    >>> 0.9 < found.measures["Spearman"].value < found.measures["Pearson"].high < 1
    True
    """
    bound, scale = ceiling.bound, ceiling.scale
    repeats = check_count("repeats", repeats, low=2)
    level = check_number("level", level, low=0, high=1, open_ends=True)
    size = ceiling.items.height or 1000 if items is None else check_count("items", items, low=3)
    if scale is None or not scale.is_grid or math.isnan(bound.mean):
        raise InputError(
            "ceiling",
            "needs a mean, and a scale with a whole number of levels",
            hint="state scale=, or take votes",
        )
    if not bound.quality_variance > 0:
        raise InputError(
            "ceiling",
            "shows no differences in quality to rank by",
            hint="the items differ by no more than the votes err: take other items",
        )
    density = quality_density(bound.mean, bound.quality_variance, scale)
    phi = ceiling.dispersion
    phi = 1.0 if math.isnan(phi) else min(max(phi, 0.0), scale.trials)
    votes = max(1, round(bound.votes))
    seed = seed_of(rng)
    reached = np.empty((repeats, len(NAMES)))
    for row, stream in zip(reached, spawn(seed, repeats), strict=True):
        quality = scale.low + (scale.high - scale.low) * stream.beta(density.a, density.b, size)
        row[:] = _reached(quality, simulate_votes(quality, votes, scale=scale, dispersion=phi, rng=stream).mean(axis=1))
    low, high = percentile_interval(reached, level)
    means = np.nanmean(reached, axis=0)
    measures = {name: Interval(float(means[k]), float(low[k]), float(high[k]), level) for k, name in enumerate(NAMES)}
    parameters = {"items": size, "votes": votes, "dispersion": phi, "repeats": repeats, "level": level}
    provenance = Provenance("rank ceiling", parameters, ceiling.provenance.source, seed=seed)
    return RankCeiling(provenance=provenance, measures=measures, items=size, votes=votes, dispersion=phi)


def _reached(quality: Floats, means: Floats) -> tuple[float, float, float, float]:
    """Spearman, Kendall, pairwise accuracy and Pearson of qualities without ties."""
    tau = kendall_tau(quality, means).value
    n = len(quality)
    pairs = n * (n - 1) / 2
    same = np.unique(means, return_counts=True)[1]
    untied = pairs - float((same * (same - 1) / 2).sum())
    surplus = tau * math.sqrt(untied / pairs) if untied else 0.0
    pearson = float(np.corrcoef(quality, means)[0, 1]) if untied else math.nan
    return spearman_rho(quality, means).value, tau, (1 + surplus) / 2, pearson
