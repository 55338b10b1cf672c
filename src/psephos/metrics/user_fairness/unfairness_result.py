"""What did a study of pairwise unfairness find? See `pairwise_unfairness` for the formulas."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import polars as pl

from psephos.opinions.outcomes import Result, json_ready
from psephos.statistics import Interval


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class PairwiseUnfairness(Result):
    """How differently similar users are served.

    Attributes
    ----------
    puf, normalised : Interval
        PUF, and the mean gap weighted by similarity.
    gap : float
        Mean gap over all pairs: the mean of `normalised` if S is shuffled.
    p : float
        Of the permutation test, upper tail; NaN if it was not made.
    null : tuple of float
        Mean and standard deviation of `normalised` if S is shuffled.
    mean, sd, gini : float
        Of S.
    mean_similarity : float
        Over all pairs.
    of_all_or_nothing : float
        PUF over that of the same mean S, served all or nothing at random.
    pairs, similar_pairs, users, left_out : int
        Pairs of users; pairs with something in common (or drawn); users; users without S.
    drawn : bool
        Whether pairs were drawn.
    user_table : polars.DataFrame
        user, effectiveness, share (of PUF), similar (similarity to all others, summed), better_off (mean S of similar
        users, weighted by similarity) and lag (better_off - effectiveness).
    worst : polars.DataFrame
        left, right, similarity, gap, product, shared: the pairs that add most, with items both had.
    """

    puf: Interval
    normalised: Interval
    gap: float
    p: float
    null: tuple[float, float]
    mean: float
    sd: float
    gini: float
    mean_similarity: float
    of_all_or_nothing: float
    pairs: int
    similar_pairs: int
    users: int
    left_out: int
    drawn: bool
    user_table: pl.DataFrame
    worst: pl.DataFrame

    @property
    def ratio(self) -> float:
        """Normalised PUF over the plain mean gap; above 1, similar users fare worse than any two."""
        return self.normalised.value / self.gap if self.gap else math.nan

    def table(self) -> pl.DataFrame:
        """One row per measure: measure, value, low, high, heeds (what it looks at)."""
        blank = (None, None)
        rows = [
            ("PUF", self.puf.value, self.puf.low, self.puf.high, "similarity and effectiveness"),
            (
                "PUF normalised",
                self.normalised.value,
                self.normalised.low,
                self.normalised.high,
                "both, per similarity",
            ),
            ("mean gap", self.gap, *blank, "effectiveness"),
            ("SD", self.sd, *blank, "effectiveness"),
            ("Gini", self.gini, *blank, "effectiveness"),
            ("mean effectiveness", self.mean, *blank, "effectiveness"),
        ]
        schema = {"measure": pl.String, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "heeds": pl.String}
        return pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col(pl.Float64).fill_nan(None))

    def summary(self) -> list[tuple[str, str]]:
        """PUF and what stands beside it."""
        shown = "no similar pairs" if math.isnan(self.normalised.value) else str(self.normalised)
        chance = "" if math.isnan(self.p) else f", p = {self.p:.3g} if similarity did not matter"
        lines = [
            ("PUF", f"{self.puf} ({self.of_all_or_nothing:.0%} of all or nothing at the same mean)"),
            ("per similarity", f"{shown}; any two users {self.gap:.4g}, ratio {self.ratio:.3f}{chance}"),
            ("served", f"mean {self.mean:.4g}, SD {self.sd:.4g}, Gini {self.gini:.3f}"),
            (
                "pairs",
                f"{self.similar_pairs:,} {'drawn' if self.drawn else 'alike'} of {self.pairs:,}, {self.users:,} users, "
                f"mean similarity {self.mean_similarity:.4g}",
            ),
        ]
        if self.worst.height:
            left, right, similarity, gap = self.worst.row(0)[:4]
            lines.append(
                (
                    "worst pair",
                    f"{left} and {right}: similarity {similarity:.2f}, gap {gap:.2f}",
                )
            )
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        more: dict[str, Any] = json_ready({"p": self.p, "ratio": self.ratio, "worst": self.worst.to_dicts()})
        return super().to_dict() | more
