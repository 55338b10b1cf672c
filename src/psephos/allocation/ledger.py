"""What has been drawn for each question so far?

Answers that are the same by a rule are one; the leader is the answer with the most votes, of equals the one seen first.
A sample without an answer costs but counts for nothing. Everything is kept as plain numbers a question, because one
sample changes one question.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import polars as pl

from psephos.allocation.answers import Answers, Matching
from psephos.allocation.stopping import log_density
from psephos.errors import InputError, check_number
from psephos.opinions.coding import text_of
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.wording import plural


class Ledger:
    """Counts, costs and samples under way of each question; questions are known by their place.

    Attributes
    ----------
    names : list of str
    drawn, pending : list of int
        Samples that came in, and those asked for that did not yet.
    first, second : list of int
        The two largest counts.
    leader : list of int
        The answer with the most votes, by its place among those seen; -1 before the first.
    counts : list of list of int
        Votes for each answer in the order in which they were first seen.
    evidence : list of dict
        For each answer that led, the smallest log f (see `stopping`) at which it did.
    """

    def __init__(self, questions: Iterable[object], equivalence: Equivalence, most_answers: int | None = None) -> None:
        self.names: list[str] = []
        self.place: dict[str, int] = {}
        self.matching = Matching(equivalence)
        self.most_answers = most_answers
        self.answers: list[Answers] = []
        self.counts: list[list[int]] = []
        self.weights: list[list[float]] = []
        self.leader: list[int] = []
        self.first: list[int] = []
        self.second: list[int] = []
        self.drawn: list[int] = []
        self.pending: list[int] = []
        self.cost: list[float] = []
        self.evidence: list[dict[int, float]] = []
        self.spent = 0.0
        self.discarded = 0
        self.without_confidence = 0
        self.trace: list[tuple[int, int, float]] = []
        for name in questions:
            self.add(name)

    def add(self, question: object) -> int:
        """A further question; its place."""
        name = text_of(question, "questions")
        if name is None:
            raise InputError("questions", f"must be named, got {question!r:.80}")
        if name in self.place:
            raise InputError("questions", f"there are two questions {name!r:.80}")
        place = self.place[name] = len(self.names)
        self.names.append(name)
        self.answers.append(Answers(self.matching))
        self.evidence.append({})
        self.counts.append([])
        self.weights.append([])
        for numbers in (self.first, self.second, self.drawn, self.pending):
            numbers.append(0)
        self.leader.append(-1)
        self.cost.append(0.0)
        return place

    def find(self, question: object) -> int:
        """Place of a question, or an `InputError`."""
        place = self.place.get(question if isinstance(question, str) else text_of(question, "question") or "")
        if place is None:
            raise InputError("question", f"there is no question {question!r:.80}")
        return place

    def record(self, q: int, answer: str | None, confidence: float, cost: float) -> None:
        """Count one sample.

        Parameters
        ----------
        q : int
            Place of the question.
        answer : str or None
            Its answer; None costs and counts for nothing.
        confidence : float
            Weight that its vote has in `weights`; `counts` counts one.
        cost : float
            What it cost.
        """
        self.drawn[q] += 1
        self.cost[q] += cost
        self.spent += cost
        code = -1 if answer is None else self._code(q, answer)
        self.trace.append((q, code, cost))
        if code < 0:
            return
        counts = self.counts[q]
        counts[code] = votes = counts[code] + 1
        self.weights[q][code] += confidence
        leader = self.leader[q]
        if code == leader:
            self.first[q] = votes
        elif votes > self.first[q]:
            self.second[q], self.first[q], self.leader[q] = self.first[q], votes, code
        elif votes == self.first[q]:
            self.second[q] = votes
            if code < leader:
                self.leader[q] = code
        elif votes > self.second[q]:
            self.second[q] = votes
        self._remember_evidence(q)

    def checked_confidence(self, confidence: float) -> float:
        """The weight of a vote; NaN counts 1 and is counted."""
        if isinstance(confidence, (float, np.floating)) and math.isnan(confidence):
            self.without_confidence += 1
            return 1.0
        return check_number("confidence", confidence, low=0, high=math.inf, open_ends=True)

    def answer(self, q: int, *, weighted: bool = False) -> str | None:
        """What is handed in for a question."""
        if not self.counts[q]:
            return None
        place = int(np.argmax(self.weights[q])) if weighted else self.leader[q]
        return self.answers[q].texts[place]

    def seen(self, q: int) -> int:
        """How many answers a question has."""
        return len(self.counts[q])

    def tied(self, q: int) -> bool:
        """Whether the first place is shared."""
        return self.first[q] == self.second[q] > 0

    def log_p_value(self, q: int, n_classes: int | None) -> float:
        """Logarithm of the p-value of the present leader: how far it has been from a tie at best."""
        found = self.evidence[q].get(self.leader[q], 0.0)
        return min(0.0, found + math.log(self.classes(q, n_classes) - 1))

    def classes(self, q: int, n_classes: int | None) -> int:
        """K: the answers a question can have, at least those seen; where unknown, one more than those seen."""
        return max(n_classes or self.seen(q) + 1, self.seen(q), 2)

    def notes(self, *, weighted: bool = False) -> list[str]:
        """What was paid and not counted, or counted otherwise than given; and answers that have not the most votes."""
        notes = []
        if self.discarded:
            notes.append(
                f"paid and not counted: {plural(self.discarded, 'sample')}, of a question without room for more answers"
            )
        if self.without_confidence:
            notes.append(f"counted as 1 for want of a confidence: {plural(self.without_confidence, 'sample')}")
        other = sum(self.answer(q) != self.answer(q, weighted=True) for q in range(len(self.names))) if weighted else 0
        if other:
            notes.append(
                f"{plural(other, 'question')} answered by the sum of confidences, not by the most votes: there votes, "
                "certainty and p-value are those of the answer with the most votes"
            )
        return notes

    def votes(self) -> pl.DataFrame:
        """One row per question and answer: question, answer, votes, confidence (the sum of theirs)."""
        rows = [
            (name, *row)
            for name, answers, *parts in zip(self.names, self.answers, self.counts, self.weights, strict=True)
            for row in zip(answers.texts, *parts, strict=True)
        ]
        types = {"question": pl.String, "answer": pl.String, "votes": pl.Int64, "confidence": pl.Float64}
        return pl.DataFrame(rows, schema=types, orient="row")

    def draws(self) -> pl.DataFrame:
        """One row per sample in the order in which they came: question, answer (null where none), cost."""
        rows = [
            (self.names[q], self.answers[q].texts[code] if code >= 0 else None, cost) for q, code, cost in self.trace
        ]
        return pl.DataFrame(rows, schema={"question": pl.String, "answer": pl.String, "cost": pl.Float64}, orient="row")

    def _code(self, q: int, answer: str) -> int:
        """Place of an answer among those of its question; -1 if there is no room for one more."""
        code = self.answers[q].find(answer, self.most_answers)
        if code < 0:
            self.discarded += 1
        elif code == len(self.counts[q]):
            self.counts[q].append(0)
            self.weights[q].append(0.0)
        return code

    def _remember_evidence(self, q: int) -> None:
        a, b = self.first[q], self.second[q]
        if a > b:
            found = evidence_of(a, b)
            known = self.evidence[q]
            if found < known.get(self.leader[q], 0.0):
                known[self.leader[q]] = found


_KNOWN_EVIDENCE: dict[tuple[int, int], float] = {}


def evidence_of(a: int, b: int) -> float:
    """Log f of two counts, each pair computed once."""
    if (found := _KNOWN_EVIDENCE.get((a, b))) is None:
        found = _KNOWN_EVIDENCE[a, b] = float(log_density(a, b))
    return found
