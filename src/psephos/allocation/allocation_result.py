"""The answer to where a budget of samples went and what came of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from psephos.opinions.constructors import samples
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Result, json_ready

ASK = "ask a human"
TIE = "tie"


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Allocation(Result):
    """Where a budget of samples went, and what each question is answered.

    Attributes
    ----------
    questions : polars.DataFrame
        One row per question; see `table`.
    votes : polars.DataFrame
        One row per question and answer: question, answer, votes, confidence.
    draws : polars.DataFrame
        One row per sample in the order in which they came: question, answer (null where none), cost.
    budget, spent : float
        What there was, and what was spent, in units of cost.
    expected_wrong : float
        Questions whose answer is not their mode, if the certainties are right.
    """

    questions: pl.DataFrame
    votes: pl.DataFrame
    draws: pl.DataFrame
    budget: float
    spent: float
    expected_wrong: float

    def __len__(self) -> int:
        return self.questions.height

    def table(self) -> pl.DataFrame:
        """One row per question, in the order given.

        question, answer (null where there is none), samples (with an answer), drawn, pending, cost, votes (for the
        answer), second (votes for the next one), certainty (that it beats the next one in the end, ASC), p_value (that
        a tie would have come this far, PPR; valid at any time if the number of answers was known), status (``open``,
        ``settled`` at the p-value asked for, ``capped``, ``exhausted``, ``empty``: no answer and none to be had), flags
        (``tie``; ``ask a human``: no more samples to be had, and the intervals of the first two answers overlap).
        """
        return self.questions

    def summary(self) -> list[tuple[str, str]]:
        """The allocation in a few lines."""
        table = self.questions
        drawn = table["drawn"].to_numpy()
        lines = [
            ("questions", f"{table.height:,}, {table['answer'].null_count():,} without an answer"),
            ("spent", f"{self.spent:,.6g} of {self.budget:,.6g}; {int(drawn.sum()):,} samples"),
        ]
        if len(drawn):
            spread = f"{drawn.min():,} to {drawn.max():,}, half of them at most {int(np.median(drawn)):,}"
            lines.append(("samples a question", f"{drawn.mean():.1f} on average, {spread}"))
        lines.append(("expected wrong modes", f"{self.expected_wrong:.1f}"))
        status = ", ".join(f"{n:,} {name}" for name, n in table["status"].value_counts(sort=True).sort("status").rows())
        lines.append(("status", status or "none"))
        asked = int(table["flags"].str.contains(ASK).sum())
        if asked:
            lines.append(("ask a human", f"{asked:,}: no more samples, and still a genuine tie"))
        return lines + [("note", note) for note in self.provenance.notes]

    def opinions(self, voter: str = "sampler") -> Opinions:
        """All samples as opinions, for `psephos.decide` and the methods that choose among answers.

        Parameters
        ----------
        voter : str
            Who gave the answers.

        Returns
        -------
        Opinions
            Of kind ``samples``; draws are numbered within each question.
        """
        place = pl.int_range(pl.len()).over("question").alias("draw")
        table = self.draws.with_columns(place)
        voters = [voter] * table.height
        return samples(table["question"], voters, table["draw"], table["answer"], cost=table["cost"])

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        own = {"budget": self.budget, "spent": self.spent, "expected_wrong": self.expected_wrong}
        if not math.isfinite(self.budget):
            own["budget"] = math.nan
        return super().to_dict() | json_ready(own) | {"votes": json_ready(self.votes.to_dicts())}
