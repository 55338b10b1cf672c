"""What is said of the distance of two samples: value, error, test, and what each bin adds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl

from psephos.opinions.outcomes import Result
from psephos.statistics import Interval


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Divergence(Result):
    """How far two samples are apart.

    Attributes
    ----------
    name, measure : str
        What it is called, and the measure.
    distance : Interval
        The value with its interval by the delta method, cut at what the measure can be (0, and of "hellinger" 1, of
        "jensen-shannon" ln 2); without bounds where it is infinite or there is one bin.
    standard_error : float
        Of the value.
    bias, debiased : float
        What the value is above the true one by chance (of "hellinger" in its square), and the value without it.
    statistic, degrees, p : float, int, float
        The test of no difference.
    test : str
        "chi-square" or "permutation".
    label : str
        The value in words, by thresholds; empty without thresholds.
    smoothing : float
        What was added to every cell as some were empty; 0 if nothing was.
    sides : tuple of str
        Names of the two samples.
    sizes : tuple of float
        Rows that each sample is worth.
    bins : polars.DataFrame
        bin, the counts of both sides under their names, left_share, right_share, evidence (ln of left over right),
        standard_error, low, high, contribution.
    """

    name: str
    measure: str
    distance: Interval
    standard_error: float
    bias: float
    debiased: float
    statistic: float
    degrees: int
    p: float
    test: str
    label: str
    smoothing: float
    sides: tuple[str, str]
    sizes: tuple[float, float]
    bins: pl.DataFrame

    @property
    def value(self) -> float:
        """The distance."""
        return self.distance.value

    def table(self) -> pl.DataFrame:
        """The bins."""
        return self.bins

    def summary(self) -> list[tuple[str, str]]:
        """The distance, its test, and what to keep in mind."""
        known = math.isfinite(self.distance.low)
        said = str(self.distance) if known else f"{self.value:.4g}"
        test = f"T = {self.statistic:.4g}, {self.degrees} degrees, p = {self.p:.3g} ({self.test})"
        rows = " and ".join(f"{size:,.0f} {side}" for size, side in zip(self.sizes, self.sides, strict=True))
        lines = [
            (self.name, f"{said}{', ' + self.label if self.label else ''}"),
            ("without bias", f"{self.debiased:.4g}"),
            ("no difference?", test if math.isfinite(self.p) else "no test"),
            ("samples", f"{rows} in {self.bins.height} bins"),
        ]
        return lines + [("note", note) for note in self.provenance.notes]
