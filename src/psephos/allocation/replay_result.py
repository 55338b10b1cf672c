"""The answer to what each method would have done with the samples in store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from psephos.opinions.outcomes import Result, json_ready
from psephos.statistics import Interval


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Replay(Result):
    """What methods of spending a budget do with the same stored samples.

    Attributes
    ----------
    curves : polars.DataFrame
        One row per method and budget; see `table`.
    savings : polars.DataFrame
        method, budget, consistency, uniform (the budget at which even spending is as consistent, in samples a question;
        null where it never is, or always), ratio (uniform / budget), low, high, standard_error.
    questions : polars.DataFrame
        method, question, samples and agrees at the largest budget, means over the repeats.
    level : float
        Confidence of the intervals, which are over questions.
    """

    curves: pl.DataFrame
    savings: pl.DataFrame
    questions: pl.DataFrame
    level: float

    def table(self) -> pl.DataFrame:
        """One row per method and budget.

        method, budget and spent (samples a question on average: allowed, and used), consistency (share of questions
        whose majority is the target) with low and high, and with gold accuracy with accuracy_low and accuracy_high.
        Consistency is not accuracy: a question whose target is wrong gets worse the more consistent it gets.
        """
        return self.curves

    def summary(self) -> list[tuple[str, str]]:
        """The methods at the largest budget, and what they save."""
        last = self.curves.filter(pl.col("budget") == self.curves["budget"].max())
        lines = []
        for row in last.iter_rows(named=True):
            shown = self._shown(row["consistency"], row["low"], row["high"])
            text = f"{row['spent']:.1f} samples a question, consistency {shown}"
            if row["accuracy"] is not None:
                right = self._shown(row["accuracy"], row["accuracy_low"], row["accuracy_high"])
                text += f", accuracy {right}"
            lines.append((row["method"], text))
        for row in self.savings.filter(pl.col("budget") == pl.col("budget").max()).iter_rows(named=True):
            if row["uniform"] is not None:
                error = f" ± {row['standard_error']:.2f}" if row["standard_error"] is not None else ""
                text = (
                    f"even spending needs {row['uniform']:.1f} samples a question for this, {row['ratio']:.2f}{error} x"
                )
                lines.append((f"{row['method']} saves", text))
        return lines + [("note", note) for note in self.provenance.notes]

    def _shown(self, value: float, low: float | None, high: float | None) -> str:
        """A number with its interval; of a single question there is none."""
        return (
            f"{value:.3f} (no interval)" if low is None or high is None else str(Interval(value, low, high, self.level))
        )

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        return super().to_dict() | {
            "savings": json_ready(self.savings.to_dicts()),
            "questions": json_ready(self.questions.to_dicts()),
        }
