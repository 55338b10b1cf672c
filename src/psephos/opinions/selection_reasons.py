"""What became of each candidate of one item, and why?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from psephos.opinions.outcomes import Result, json_ready


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class SelectionReasons(Result):
    """What became of each candidate of one item.

    Attributes
    ----------
    item : str
        Its name.
    chosen : list of str
        What was taken, the best first.
    rows : polars.DataFrame
        One row per candidate: answer, votes, share, score, place (null where not taken), sureness, reason.
    facts : mapping of str to float
        What the method went by on this item, such as how often an answer had to be seen.
    flags : tuple of str
        What is odd about the item.

    See Also
    --------
    psephos.Selection.why : makes it.

    Examples
    --------
    >>> import psephos
    >>> draws = psephos.samples(["q"] * 3, ["m"] * 3, [0, 1, 2], ["42", "42", "41"])
    >>> why = psephos.select(draws, method="most-common").why("q")
    >>> why.item, why.rows["votes"].to_list()
    ('q', [2, 1])
    """

    item: str
    chosen: list[str]
    rows: pl.DataFrame
    facts: Mapping[str, float]
    flags: tuple[str, ...]

    def table(self) -> pl.DataFrame:
        """One row per candidate, those taken first."""
        return self.rows

    def summary(self) -> list[tuple[str, str]]:
        """The reasons in a few lines."""
        lines = [(self.item, ", ".join(self.chosen) if self.chosen else "nothing is taken")]
        lines += [
            (f"  {answer}", reason) for answer, reason in self.rows.select("answer", "reason").head(20).iter_rows()
        ]
        if self.rows.height > 20:
            lines.append(("", f"and {self.rows.height - 20:,} further candidates"))
        if self.flags:
            lines.append(("flags", ", ".join(self.flags)))
        return lines

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        own = {"item": self.item, "chosen": self.chosen, "facts": json_ready(self.facts), "flags": list(self.flags)}
        return super().to_dict() | own
