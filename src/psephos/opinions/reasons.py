"""Why did one item get its choice?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import polars as pl

from psephos.opinions.outcomes import Result, json_ready
from psephos.opinions.wording import first_of


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Reasons(Result):
    """Why one item got its choice: who voted for what, and what would change it.

    Attributes
    ----------
    item, choice : str
        The item, and its choice (None if it has none).
    certainty : float
        How sure the choice is.
    flags : tuple of str
        What is odd about the item.
    rows : polars.DataFrame
        One row per choice: choice (null for abstentions), votes, weight, voters.
    flip : str
        What would change the choice, in words.

    See Also
    --------
    psephos.Verdict.why : makes it.

    Examples
    --------
    >>> import psephos
    >>> votes = psephos.from_matrix([["cat", "dog", "dog"]], voters=["ann", "bob", "cid"])
    >>> why = psephos.decide(votes, method="majority").why("0")
    >>> why.choice, why.table().select("choice", "votes").rows()
    ('dog', [('dog', 2), ('cat', 1)])
    """

    item: str
    choice: str | None
    certainty: float
    flags: tuple[str, ...]
    rows: pl.DataFrame
    flip: str

    @property
    def supporters(self) -> list[str]:
        """Voters that gave the choice."""
        return self._voters(pl.col("choice") == self.choice)

    @property
    def dissenters(self) -> list[str]:
        """Voters that gave another choice."""
        return self._voters(pl.col("choice") != self.choice)

    def table(self) -> pl.DataFrame:
        """One row per choice, the heaviest first."""
        return self.rows

    def summary(self) -> list[tuple[str, str]]:
        """The reasons in a few lines."""
        sure = "" if math.isnan(self.certainty) else f" (certainty {self.certainty:.3f})"
        lines = [(self.item, f"{self.choice if self.choice is not None else 'no choice'}{sure}")]
        for choice, votes, _, voters in self.rows.iter_rows():
            lines.append(("abstained" if choice is None else f"  {choice}", f"{votes} x  {first_of(voters, 8)}"))
        lines.append(("flip", self.flip))
        if self.flags:
            lines.append(("flags", ", ".join(self.flags)))
        return lines

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        return super().to_dict() | {
            "item": self.item,
            "choice": self.choice,
            "certainty": json_ready(self.certainty),
            "flags": list(self.flags),
            "flip": self.flip,
        }

    def _voters(self, which: pl.Expr) -> list[str]:
        return self.rows.filter(which)["voters"].explode(empty_as_null=False).to_list()
