"""What is said of the dependence of a prediction on attributes: measures, tests, subgroups, and who is far apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from psephos.metrics.dependence.subgroup_divergence import SubgroupDivergence
from psephos.opinions.outcomes import Result
from psephos.opinions.wording import plural


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Dependence(Result):
    """How a prediction depends on attributes.

    Attributes
    ----------
    attributes : polars.DataFrame
        attribute, kind, levels, missing, dcov2 (squared distance covariance with the prediction), dcor, p, adjusted_p
        (by Holm); no p of a constant.
    measures : polars.DataFrame
        measure ("ccdcov", "eta", "jdcov", "jdcov_model"), value (squared), p.
    subgroups : polars.DataFrame
        subgroup, rows, share, above_mean (mean prediction less that of all), few.
    pairs : polars.DataFrame
        left, right, part: the pairs of groups that add most to `jdcov_model`.
    divergence : SubgroupDivergence
        Of the subgroups.
    correlation : float
        Distance correlation with all attributes together.
    rows : int
        How many were counted.
    """

    attributes: pl.DataFrame
    measures: pl.DataFrame
    subgroups: pl.DataFrame
    pairs: pl.DataFrame
    divergence: SubgroupDivergence
    correlation: float
    rows: int

    def measure(self, name: str) -> dict[str, Any]:
        """One joint measure by name, as a row of `measures`: its value and its p.

        Raises
        ------
        polars.exceptions.NoRowsReturnedError
            If there is no measure of this name.
        """
        return self.measures.row(by_predicate=pl.col("measure") == name, named=True)

    def table(self) -> pl.DataFrame:
        """All measures in one table: measure, of, value, p."""
        single = self.attributes.select(pl.lit("dcov").alias("measure"), pl.col("attribute").alias("of"), "dcov2", "p")
        joint = self.measures.select("measure", pl.lit("all").alias("of"), pl.col("value").alias("dcov2"), "p")
        return pl.concat([single, joint]).rename({"dcov2": "value"})

    def summary(self) -> list[tuple[str, str]]:
        """Single attributes, all together, and the subgroup that is farthest off."""
        lines = []
        for row in self.attributes.iter_rows(named=True):
            chance = "" if row["p"] is None else f", p = {row['p']:.3g}"
            lines.append((f"{row['attribute']}", f"distance correlation {row['dcor']:.3f}{chance} ({row['kind']})"))
        for name, text in (("ccdcov", "all together"), ("jdcov_model", "joint measure")):
            row = self.measure(name)
            chance = "" if row["p"] is None else f", p = {row['p']:.3g}"
            more = f"distance correlation {self.correlation:.3f}, " if name == "ccdcov" else ""
            lines.append((text, f"{more}{name} {row['value']:.4g}{chance}"))
        lines.append(("missed singly", f"eta {self.measure('eta')['value']:+.4g}"))
        lines.append(("subgroups", f"divergence {self.divergence}"))
        far = self.subgroups.drop_nulls("above_mean").sort("above_mean")
        if far.height:
            low, high = far.row(0, named=True), far.row(-1, named=True)
            lines.append(("highest", f"{high['subgroup']}: {high['above_mean']:+.4g}, {plural(high['rows'], 'row')}"))
            lines.append(("lowest", f"{low['subgroup']}: {low['above_mean']:+.4g}, {plural(low['rows'], 'row')}"))
        return lines + [("note", note) for note in self.provenance.notes]
