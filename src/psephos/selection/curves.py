"""How often is a question solved, against how many samples were drawn?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.opinions.outcomes import Result
from psephos.statistics import Interval, bootstrap, wilson_interval


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class SuccessCurves(Result):
    """Share of questions solved against the number of samples drawn, one curve for each measure.

    Attributes
    ----------
    rows : polars.DataFrame
        measure (pass@k, maj@k, a rule, ...), draws, value, low, high, items (questions with so many samples),
        due_to_draws (share of the variance between questions that is due to which samples were drawn; null where it is
        not known).
    level : float
        Confidence of the intervals.

    See Also
    --------
    psephos.selection.pass_at_k : one that makes it.
    psephos.selection.success_curves : rules against each other.

    Examples
    --------
    >>> from psephos.selection import pass_at_k
    >>> curves = pass_at_k([["a", "b", "b", "b"]], [1, 2, 4], gold=["a"], repeats=0)
    >>> curves.table()["value"].to_list()
    [0.25, 0.5, 1.0]
    """

    rows: pl.DataFrame
    level: float

    def table(self) -> pl.DataFrame:
        """The points of the curves."""
        return self.rows

    def at(self, draws: int, measure: str | None = None) -> Interval:
        """The value with its interval at one number of draws, of the first curve or of that of a measure."""
        named = [row for row in self.rows.iter_rows(named=True) if measure in (None, row["measure"])]
        if not named:
            raise InputError("measure", f"there is no curve of {measure!r:.60}")
        row = next((row for row in named if row["draws"] == draws), None)
        if row is None:
            known = ", ".join(f"{number}" for number in sorted({row["draws"] for row in named}))
            raise InputError("draws", f"there is no value for {draws!r:.60}", hint=f"there are values for {known}")
        return Interval(row["value"], row["low"], row["high"], self.level)

    def joined(self, *others: SuccessCurves) -> SuccessCurves:
        """These curves and others in one result, to be compared in one table or picture."""
        rows = pl.concat([self.rows, *(other.rows for other in others)])
        return SuccessCurves(provenance=self.provenance, rows=rows, level=self.level)

    def summary(self) -> list[tuple[str, str]]:
        """The curves in a few lines."""
        lines = []
        for row in self.rows.iter_rows(named=True):
            interval = Interval(row["value"], row["low"], row["high"], self.level)
            name = (
                row["measure"].replace("k", str(row["draws"]))
                if "@k" in row["measure"] or "^k" in row["measure"]
                else f"{row['measure']}, {row['draws']:,}"
            )
            lines.append((name, f"{interval} on {row['items']:,} questions"))
        return lines + [("note", note) for note in self.provenance.notes]


def share_intervals(
    values: npt.NDArray[np.float64], repeats: int, seed: int, level: float = 0.95
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Intervals of means over questions of values between 0 and 1: the bootstrap of questions.

    Where no resample moves the mean (one question, all alike), which is not certainty, it is the interval of Wilson for
    as many trials as there are questions.

    Parameters
    ----------
    values : ndarray of float64, shape (n_items, k)
    repeats, seed, level
        As in `psephos.statistics.bootstrap`.
    """
    mean, n = values.mean(axis=0), len(values)
    low, high = wilson_interval(np.clip(mean, 0, 1) * n, np.full(mean.shape, n), level)
    if n > 1 and repeats:

        def means(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
            return np.asarray(weights @ values / weights.sum(axis=1, keepdims=True))

        drawn = bootstrap(means, n, repeats=repeats, level=level, rng=seed)
        moved = drawn.high - drawn.low > 1e-12
        low, high = np.where(moved, drawn.low, low), np.where(moved, drawn.high, high)
    return low, high
