"""The answer to where a budget of samples went and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from psephos.allocation.ledger import Ledger
from psephos.allocation.stopping import beta_certainty
from psephos.opinions.constructors import samples
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Provenance, Result, json_ready
from psephos.statistics import wilson_interval

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
        own: dict[str, Any] = {"budget": self.budget, "spent": self.spent, "expected_wrong": self.expected_wrong}
        own["votes"] = self.votes.to_dicts()
        return super().to_dict() | dict(json_ready(own))


def allocation_of(
    ledger: Ledger,
    provenance: Provenance,
    *,
    status: list[str],
    out_of_samples: list[bool],
    budget: float,
    n_classes: int | None,
    weighted: bool,
) -> Allocation:
    """The allocation that a ledger holds.

    Parameters
    ----------
    ledger : Ledger
        Counts, costs and samples under way of each question.
    provenance : Provenance
        Of the session.
    status : list of str, one per question
        Why the question gets no more samples, or that it may.
    out_of_samples : list of bool, one per question
        Whether it cannot have more; flagged where first and second answer are still level within their intervals.
    budget : float
        What could be spent.
    n_classes : int or None
        Answers that a question can have, for the p-value; None is one more than those seen.
    weighted : bool
        Whether the answer with the largest sum of confidences is handed in, else the one with the most votes.

    Returns
    -------
    Allocation
        Questions in the order of the ledger.
    """
    places = range(len(ledger.names))
    first, second = np.array(ledger.first, np.float64), np.array(ledger.second, np.float64)
    total = np.array([sum(counts) for counts in ledger.counts], np.float64)
    certainty = beta_certainty(first, second)
    overlap = (total > 0) & (wilson_interval(first, total)[0] <= wilson_interval(second, total)[1])
    flags = ["; ".join([TIE] * ledger.tied(q) + [ASK] * bool(out_of_samples[q] and overlap[q])) for q in places]
    table = pl.DataFrame(
        {
            "question": pl.Series(ledger.names, dtype=pl.String),
            "answer": pl.Series([ledger.answer(q, weighted=weighted) for q in places], dtype=pl.String),
            "samples": total.astype(np.int64),
            "drawn": pl.Series(ledger.drawn, dtype=pl.Int64),
            "pending": pl.Series(ledger.pending, dtype=pl.Int64),
            "cost": pl.Series(ledger.cost, dtype=pl.Float64),
            "votes": pl.Series(ledger.first, dtype=pl.Int64),
            "second": pl.Series(ledger.second, dtype=pl.Int64),
            "certainty": certainty,
            "p_value": np.exp([ledger.log_p_value(q, n_classes) for q in places]),
            "status": pl.Series(status, dtype=pl.String),
            "flags": pl.Series(flags, dtype=pl.String),
        }
    )
    return Allocation(
        provenance=provenance,
        questions=table,
        votes=ledger.votes(),
        draws=ledger.draws(),
        budget=budget,
        spent=ledger.spent,
        expected_wrong=float((1 - certainty).sum()),
    )
