"""What does a report on diversity hold: scores by order, items, themes and groups."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from psephos.errors import InputError
from psephos.metrics.diversity.hill import Order, check_order
from psephos.metrics.diversity.spectrum import Spectrum
from psephos.opinions.outcomes import Result, json_ready
from psephos.statistics import Interval


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Diversity(Result):
    """How many different items a collection holds.

    Attributes
    ----------
    spectrum : Spectrum
        Eigenvalues, and how they were found.
    scores : polars.DataFrame
        See `table`.
    items : polars.DataFrame
        item, name, share, contribution (score of order 1 with it less without it), influence; the largest contribution
        first. Empty where the coordinates of the items were not kept.
    themes : polars.DataFrame
        theme, share (of the spectrum), items: the names of those that lie nearest, nearest first.
    groups : polars.DataFrame
        As in `GroupDiversity`; empty without groups.
    within, between : float
        Parts of the score of order 1; NaN without groups.
    level : float
        Confidence of the intervals.
    """

    spectrum: Spectrum
    scores: pl.DataFrame
    items: pl.DataFrame
    themes: pl.DataFrame
    groups: pl.DataFrame = field(default_factory=pl.DataFrame)
    within: float = math.nan
    between: float = math.nan
    level: float = 0.95

    def table(self) -> pl.DataFrame:
        """One row per order: q, score, low, high (interval), bound_low, bound_high, share (of the number of items)."""
        return self.scores

    def interval(self, q: Order = 1.0) -> Interval:
        """The score of one order with its interval.

        Parameters
        ----------
        q : float or "inf", default 1

        Returns
        -------
        Interval

        Raises
        ------
        InputError
            If the report has no such order.

        Examples
        --------
        >>> from psephos.metrics import diversity
        >>> diversity([[1, 0], [0, 1]], interval="none").interval(1).value
        2.0
        """
        order = check_order(q)
        rows = self.scores.filter(self.scores["q"] == order)
        if not rows.height:
            raise InputError("q", f"must be an order of the report, got {q!r}")
        value, low, high = (row if row is not None else math.nan for row in rows.row(0)[1:4])
        return Interval(value, low, high, self.level)

    def summary(self) -> list[tuple[str, str]]:
        """The report in a few lines."""
        found = self.spectrum
        lines = [("items", f"{found.n:,}, by {found.path}{_in_brackets(found.parameters)}")]
        for q, score, low, high, bound_low, bound_high, _ in self.scores.iter_rows():
            text = f"{score:.4g}" if low is None else str(Interval(score, low, high, self.level))
            if bound_low < bound_high * (1 - 1e-9):
                text += f", for these items between {bound_low:.4g} and {bound_high:.4g}"
            lines.append((f"order {q:g}", text))
        if self.themes.height:
            first = self.themes.row(0, named=True)
            lines.append(("largest theme", f"{first['share']:.1%}: {', '.join(first['items'][:3])}"))
        if self.items.height > 1:
            top, last = (self.items.row(place, named=True) for place in (0, -1))
            lines.append(("adds most", f"{top['name']} ({top['contribution']:+.3g})"))
            lines.append(("adds least", f"{last['name']} ({last['contribution']:+.3g})"))
        if self.groups.height:
            lines.append(("groups", f"{self.within:.4g} within each x {self.between:.4g} different groups"))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        more: dict[str, Any] = json_ready(
            {
                "eigenvalues": self.spectrum.eigenvalues.tolist(),
                "n": self.spectrum.n,
                "path": self.spectrum.path,
                "approximate": self.spectrum.approximate,
                "missing": self.spectrum.missing,
                "clipped": self.spectrum.clipped,
                "trace_error": self.spectrum.trace_error,
                "items": self.items.to_dicts(),
                "themes": self.themes.to_dicts(),
                "groups": self.groups.to_dicts(),
                "within": self.within,
                "between": self.between,
            }
        )
        return super().to_dict() | more


def _in_brackets(parameters: dict[str, object]) -> str:
    said = [
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in parameters.items()
    ]
    return f" ({', '.join(said)})" if said else ""
