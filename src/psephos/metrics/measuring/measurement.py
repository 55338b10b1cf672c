"""What is said of metrics that were asked for by name: values with intervals, or differences on the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import polars as pl

from psephos.metrics.measuring.given import Measured
from psephos.opinions.outcomes import Result

SCHEMA = {
    "metric": pl.String,
    "of": pl.String,
    "group": pl.String,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "standard_error": pl.Float64,
    "p": pl.Float64,
    "rows": pl.Int64,
    "note": pl.String,
}
SHOWN = 12


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Measurement(Result):
    """Values of metrics.

    Attributes
    ----------
    family : str
        The family of metrics.
    values : polars.DataFrame
        metric, of (which score, feature or attribute), group, value, low, high, standard_error, p, rows, note.
        Undefined numbers are null, and the note says why. Of a comparison the value is the difference of both, and p
        is adjusted by Holm for the number of metrics.
    compared : tuple of str
        The two that were compared, the value being the first less the second; empty without a comparison.
    level : float
        Of the intervals.
    parts : mapping of str to Result
        The whole result behind the values of each score, where there is one.

    See Also
    --------
    psephos.measure : makes it.

    Examples
    --------
    >>> import psephos
    >>> found = psephos.measure("probability", truth=[1, 0], score=[0.8, 0.4], metrics=["brier"], repeats=0)
    >>> round(found.value("brier"), 3), found.table()["metric"].to_list()
    (0.1, ['brier'])
    """

    family: str
    values: pl.DataFrame
    level: float
    compared: tuple[str, ...] = ()
    parts: Mapping[str, Result]

    def table(self) -> pl.DataFrame:
        """All values."""
        return self.values

    def value(self, metric: str, *, of: str | None = None, group: str = "") -> float | None:
        """One value by the name of its metric; None where it is undefined."""
        rows = self.values.filter((pl.col("metric") == metric) & (pl.col("group") == group))
        if of is not None:
            rows = rows.filter(pl.col("of") == of)
        found: float | None = rows["value"][0]
        return found

    def summary(self) -> list[tuple[str, str]]:
        """The values in a few lines."""
        several = self.values["of"].n_unique() > 1
        lines = []
        if self.compared:
            lines.append(("difference", f"{self.compared[0]} less {self.compared[1]}, on the same rows"))
        for row in self.values.head(SHOWN).iter_rows(named=True):
            where = [row["metric"]] + ([row["of"]] if several else []) + ([row["group"]] if row["group"] else [])
            lines.append((", ".join(where), _said(row)))
        if self.values.height > SHOWN:
            lines.append(("more", f"{self.values.height - SHOWN:,} further values in the table"))
        return lines + [("note", note) for note in self.provenance.notes]


def table_of(rows: Sequence[Measured]) -> pl.DataFrame:
    """Values as a table; NaN is null."""
    frame = pl.DataFrame([asdict(row) for row in rows], schema_overrides=SCHEMA, infer_schema_length=None)
    floats = [name for name, kind in SCHEMA.items() if kind == pl.Float64]
    return frame.select(list(SCHEMA)).with_columns(pl.col(floats).fill_nan(None))


def _said(row: Mapping[str, object]) -> str:
    from psephos.statistics import Interval

    value, low, high, p, note = (row[name] for name in ("value", "low", "high", "p", "note"))
    if not isinstance(value, float):
        return f"undefined: {note}"
    if isinstance(low, float) and isinstance(high, float):
        said = str(Interval(value, low, high, 0.95))
    else:
        said = f"{value:.4g}"
    said += f", p = {p:.3g}" if isinstance(p, float) else ""
    return f"{said}{f' ({note})' if note else ''}"
