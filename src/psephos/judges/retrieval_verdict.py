"""What do trusted sources answer, and what became of each of them on the way?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.opinions.coding import text_of
from psephos.opinions.outcomes import json_ready
from psephos.opinions.verdicts import Verdict

STATUSES = ("voted", "unsupported", "refused", "failed", "irrelevant", "skipped")
"""What becomes of a source on a question: its answer votes; is not borne out by its documents; is none; did not come,
because asking failed; was not asked for, because nothing relevant was found; because enough better sources were."""

ASKED = ("voted", "unsupported", "refused", "failed")


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class RetrievalVerdict(Verdict):
    """The verdict of sources on questions; see `Verdict` for what all verdicts have.

    Attributes
    ----------
    questions : polars.Series of String, shape (n_items,)
        Their texts.
    score, lead : ndarray of float64, shape (n_items,)
        Sum of the weights behind the choice, or behind the best answer where there is no choice; and that less the sum
        behind the runner-up. 0 where nobody voted.
    abstained : tuple of (str or None), length n_items
        Why there is no choice; None where there is one.
    evidence : polars.DataFrame
        One row per question and source: item, source, place (in which it was looked at; null if it was skipped),
        status (see `STATUSES`), weight, relevance, documents (ids), answer, counted_as (the answer of its cluster),
        support, reason.
    """

    questions: pl.Series
    score: npt.NDArray[np.float64]
    lead: npt.NDArray[np.float64]
    abstained: tuple[str | None, ...]
    evidence: pl.DataFrame

    @property
    def asked(self) -> int:
        """How often a source was asked."""
        return int(self.evidence["status"].is_in(ASKED).sum())

    @property
    def saved(self) -> int:
        """How often a source was neither searched nor asked, because enough better ones had been."""
        return int((self.evidence["status"] == "skipped").sum())

    @property
    def sources(self) -> pl.DataFrame:
        """One row per source: source, weight, how often each of `STATUSES`, and `won`: how often its answer did."""
        chosen = self.table().select("item", "choice")
        won = (pl.col("status") == "voted") & (pl.col("counted_as") == pl.col("choice"))
        counts = [(pl.col("status") == status).sum().alias(status) for status in STATUSES]
        rows = self.evidence.join(chosen, on="item", how="left", maintain_order="left")
        return rows.group_by("source", maintain_order=True).agg(
            pl.col("weight").first(), *counts, won.sum().alias("won")
        )

    def table(self) -> pl.DataFrame:
        """One row per question, as of any verdict, with score, lead, asked, and why there is no choice."""
        asked = self.evidence.group_by("item").agg(pl.col("status").is_in(ASKED).sum().alias("asked"))
        extra = [
            pl.Series("score", self.score),
            pl.Series("lead", self.lead),
            pl.Series("abstained", self.abstained, dtype=pl.String),
        ]
        return super().table().with_columns(extra).join(asked, on="item", how="left", maintain_order="left")

    def trail(self, item: object) -> pl.DataFrame:
        """What became of each source on one question, in the order in which they were looked at.

        Raises
        ------
        InputError
            If there is no such item.
        """
        name = text_of(item, "item")
        rows = self.evidence.filter(pl.col("item") == name)
        if rows.is_empty():
            raise InputError("item", f"there is no item {str(item)!r:.80} in this verdict")
        return rows.drop("item").sort("place", nulls_last=True, maintain_order=True)

    def summary(self) -> list[tuple[str, str]]:
        """The verdict, its calls and its silences in a few lines."""
        lines = super().summary()
        notes = [line for line in lines if line[0] == "note"]
        lines = lines[: len(lines) - len(notes)]
        counts = dict(self.evidence["status"].value_counts().iter_rows())
        pairs = self.evidence.height
        lines.append(
            ("asked", f"{self.asked:,} of {pairs:,} times; {self.saved:,} times enough better sources answered for it")
        )
        dropped = [
            f"{counts[status]:,} {status}" for status in ("unsupported", "refused", "failed") if status in counts
        ]
        lines.append(("not counted", ", ".join(dropped) or "none"))
        silent = pl.Series(self.abstained, dtype=pl.String).drop_nulls().value_counts(sort=True, name="n")
        if silent.height:
            lines.append(("no answer", ", ".join(f"{n:,} x {why}" for why, n in silent.iter_rows())))
        return lines + notes

    def to_dict(self) -> dict[str, Any]:
        """The whole verdict, ready for JSON."""
        return super().to_dict() | {
            "questions": self.questions.to_list(),
            "sources": json_ready(self.sources.to_dicts()),
            "evidence": json_ready(self.evidence.to_dicts()),
        }
