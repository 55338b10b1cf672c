"""The answer to how well anyone could predict the mean votes, and how well the estimates at hand do."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from psephos.agreement.noise_ceilings.vote_models import VoteScale
from psephos.opinions.issues import Issues
from psephos.opinions.outcomes import Result, json_ready
from psephos.opinions.wording import plural
from psephos.statistics import Interval

SHOWN = 12
"""Estimates that a summary lists."""


@dataclass(frozen=True)
class Bound:
    """The best that any estimate of the mean votes can reach on a large test.

    Attributes
    ----------
    source : str
        Where the variance of the votes comes from: ``"data"``, ``"other-test"``, ``"binovotes"``,
        ``"without rater bias"``: the data with the level of each rater taken out, or ``"steady raters"``: for means in
        which each rater counts by how steady it is.
    vote_variance : float
        E[v], the variance of a vote given the quality of its item.
    votes : float
        Votes per item; where they vary, the number that stands for all of them.
    mean, mean_variance : float
        Mean and variance over items of the mean votes; a mean that is not known is NaN.
    quality_variance : float
        Variance over items of the true qualities behind the mean votes.
    rmse_bound, pcc_bound : Interval
        Lowest root mean squared error, highest Pearson correlation.
    """

    source: str
    vote_variance: float
    votes: float
    mean: float
    mean_variance: float
    quality_variance: float
    rmse_bound: Interval
    pcc_bound: Interval

    @property
    def mse_bound(self) -> float:
        """Lowest mean squared error, E[v / n]."""
        return self.rmse_bound.value**2

    @property
    def repeat_pcc(self) -> float:
        """Expected correlation of these mean votes with those of a repeat of the same test."""
        return self.pcc_bound.value**2

    @property
    def repeat_mse(self) -> float:
        """Expected mean squared difference between these mean votes and those of a repeat."""
        return 2 * self.mse_bound


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class NoiseCeiling(Result):
    """How well anyone could predict the mean votes, and how well the estimates at hand do.

    Attributes
    ----------
    bounds : tuple of Bound
        The bound that estimates are held against, then the same from other sources.
    scale : VoteScale or None
        The scale of the votes, if it was said.
    dispersion : float
        Variance of the votes as a multiple of that of BinoVotes; NaN where only one of them is known.
    estimates : polars.DataFrame
        One row per estimator, the best first: estimate, items, pcc, share_of_ceiling, rmse (each with its interval),
        rmse_ratio, z, above_bound, finding.
    comparisons : polars.DataFrame
        One row per pair of estimators: left, right, items, pcc_left, pcc_right, difference, t, p, p_adjusted.
    items : polars.DataFrame
        item, votes, mean, variance: what is known of the votes on each item. With ``steady``: steady_mean, in which
        each rater counts by how steady it is, and steady_error, its standard error.
    raters : polars.DataFrame
        rater, votes, level: how much higher than the others each rater votes. With ``steady``: steady_level and
        deviation, level and standard deviation of each rater in that model.
    dropped : tuple of str
        Items without a vote.
    issues : Issues
        What was set aside or found odd in the input.

    See Also
    --------
    psephos.ceiling_of : makes it.

    Examples
    --------
    >>> import psephos
    >>> found = psephos.ceiling_of([[5, 4], [1, 2], [3, 3], [2, 1]], repeats=0)
    >>> found.items.height, 0.9 < found.pcc_bound < 1
    (4, True)
    """

    bounds: tuple[Bound, ...]
    scale: VoteScale | None
    dispersion: float
    estimates: pl.DataFrame
    comparisons: pl.DataFrame
    items: pl.DataFrame
    raters: pl.DataFrame
    dropped: tuple[str, ...] = ()
    issues: Issues = field(default_factory=Issues)

    @property
    def bound(self) -> Bound:
        """The bound that estimates are held against."""
        return self.bounds[0]

    @property
    def source(self) -> str:
        """Where its variance of the votes comes from."""
        return self.bound.source

    @property
    def pcc_bound(self) -> float:
        """Highest Pearson correlation; NaN with fewer than three items."""
        return self.bound.pcc_bound.value

    @property
    def rmse_bound(self) -> float:
        """Lowest root mean squared error."""
        return self.bound.rmse_bound.value

    @property
    def effective_levels(self) -> float:
        """Levels that a scale without grid would have to have for BinoVotes to give the variance of these votes.

        NaN without a scale, and where all votes on each item are the same.
        """
        return math.nan if self.scale is None or self.dispersion == 0 else 1 + self.scale.trials / self.dispersion

    def table(self) -> pl.DataFrame:
        """One row per bound: source, vote_variance, votes, quality_variance, the bounds, and what a repeat would give.

        The first row is the bound that estimates are held against.
        """
        rows = [
            {
                "source": bound.source,
                "vote_variance": bound.vote_variance,
                "votes": bound.votes,
                "mean_variance": bound.mean_variance,
                "quality_variance": bound.quality_variance,
                "rmse_bound": bound.rmse_bound.value,
                "rmse_low": bound.rmse_bound.low,
                "rmse_high": bound.rmse_bound.high,
                "pcc_bound": bound.pcc_bound.value,
                "pcc_low": bound.pcc_bound.low,
                "pcc_high": bound.pcc_bound.high,
                "repeat_pcc": bound.repeat_pcc,
                "repeat_mse": bound.repeat_mse,
            }
            for bound in self.bounds
        ]
        return pl.DataFrame(rows).with_columns(pl.selectors.float().fill_nan(None))

    def summary(self) -> list[tuple[str, str]]:
        """The ceiling, and each estimate below it, in a few lines."""
        bound = self.bound
        counted = f"{plural(self.items.height, 'item')}, " if self.items.height else ""
        lines = [
            ("ceiling", f"PCC at most {bound.pcc_bound}, RMSE at least {bound.rmse_bound}"),
            ("votes", f"{counted}{bound.votes:.4g} votes each, variance {bound.vote_variance:.3g} ({bound.source})"),
            ("a repeat", f"would correlate {bound.repeat_pcc:.3f} with these mean votes"),
        ]
        for other in self.bounds[1:]:
            pcc, rmse = other.pcc_bound.value, other.rmse_bound.value
            lines.append((other.source, f"PCC at most {pcc:.3f}, RMSE at least {rmse:.3f}"))
        shown = self.estimates.head(SHOWN)
        lines += [(row["estimate"], _estimate_in_words(row)) for row in shown.iter_rows(named=True)]
        if self.estimates.height > SHOWN:
            lines.append(("more", f"{self.estimates.height - SHOWN:,} further estimates"))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        return super().to_dict() | {
            "scale": None if self.scale is None else [self.scale.low, self.scale.high, self.scale.levels],
            "dispersion": json_ready(self.dispersion),
            "estimates": json_ready(self.estimates.to_dicts()),
            "comparisons": json_ready(self.comparisons.to_dicts()),
            "items": json_ready(self.items.to_dicts()),
            "raters": json_ready(self.raters.to_dicts()),
            "dropped": list(self.dropped),
            "issues": self.issues.to_list(),
        }


def _estimate_in_words(row: dict[str, Any]) -> str:
    if row["pcc"] is None:
        return f"no correlation: {row['finding']}"
    share = "" if row["share_of_ceiling"] is None else f", {row['share_of_ceiling']:.1%} of the ceiling"
    interval = "" if row["pcc_low"] is None else f" [{row['pcc_low']:.3f}, {row['pcc_high']:.3f}]"
    finding = f"; {row['finding']}" if row["finding"] else ""
    return f"PCC {row['pcc']:.3f}{interval}{share}, RMSE {row['rmse']:.3f}{finding}"
