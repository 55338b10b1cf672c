"""On which terms is a budget spent, and what happens to a question from its first sample to its last?

A `Session` keeps the budget, the caps and the ledger, and holds back questions that may not be asked now: those with
enough samples under way, at their cap, settled, or dearer than what is left. Which of the others is next is the only
thing that a method decides, by its queue.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict, TypeVar

from psephos.allocation.allocation_result import Allocation, allocation_of
from psephos.allocation.ledger import Ledger
from psephos.allocation.queues import Heap, Queue
from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.opinions.coding import text_of
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, option_name
from psephos.opinions.wording import first_of, plural

NEARLY = 1e-9
"""A budget may be overdrawn by this share, so that sums of costs do not end one sample too soon."""


class Terms(TypedDict, total=False):
    """Terms on which a budget is spent, the same for all methods.

    Attributes
    ----------
    init : int, default 1
        Samples that each question gets first.
    cap : int or mapping of question to int, optional
        The most samples of a question.
    cost : float or mapping of question to float, default 1
        Cost of a sample, above 0; the budget is in the same unit. `observe` may say what it cost in the end.
    value : float or mapping of question to float, default 1
        What it is worth to get a question right, above 0; methods but the uniform one rank by gain x value / cost.
    per_question : int, default 1
        The most samples of one question under way at a time.
    n_classes : int, optional
        Answers a question can have, for the p-value; by default one more than those seen.
    delta : float, optional
        A question whose p-value is at most this is settled and gets no more; the rest of the budget is returned.
    equivalence : str or callable, default "exact"
        Which answers are the same; see `psephos.opinions.equivalence`.
    vote : {"plain", "weighted"}, default "plain"
        Whether the answer handed in has the most votes or the largest sum of confidences.
    """

    init: int
    cap: int | Mapping[str, int]
    cost: float | Mapping[str, float]
    value: float | Mapping[str, float]
    per_question: int
    n_classes: int | None
    delta: float | None
    equivalence: Equivalence
    vote: str


class Session:
    """The common part of the methods; `start` gives it the queue that is its own.

    It is an `psephos.allocation.Allocator`: budget, caps, samples under way, warm-up and result are the same for all.
    What a method adds is a queue that says which open question is next.

    Parameters
    ----------
    method : str
        Name of the method, for complaints and the provenance.
    questions : iterable
        What can be asked; more can arrive later where the method allows it.
    budget : float
        In the unit of the costs.
    terms : Terms
        On which it is spent.

    Raises
    ------
    InputError
        Names the term that does not fit: `budget` below 0, `delta` outside 0 to 1, a `cost` of 0.
    TypeError
        There is no such term.
    """

    def __init__(self, method: str, questions: Iterable[object], budget: float, terms: Terms) -> None:
        unknown = set(terms) - set(Terms.__annotations__)
        if unknown:
            raise TypeError(f"{method} takes no argument {min(unknown)!r}")
        self._method = method
        self._terms = terms
        self.budget = check_number("budget", budget, low=0)
        self._init = check_count("init", terms.get("init", 1), low=0)
        self._per_question = check_count("per_question", terms.get("per_question", 1))
        classes = terms.get("n_classes")
        self._n_classes = None if classes is None else check_count("n_classes", classes, low=2)
        delta = terms.get("delta")
        self._log_delta = (
            None if delta is None else math.log(check_number("delta", delta, low=0, high=1, open_ends=True))
        )
        self._weighted = check_choice("vote", terms.get("vote", "plain"), ("plain", "weighted")) == "weighted"
        self._ledger = Ledger(questions, terms.get("equivalence", "exact"))
        names = self._ledger.names
        self._cost = _of_questions("cost", terms.get("cost", 1.0), names, _positive)
        self._value = _of_questions("value", terms.get("value", 1.0), names, _positive)
        self._cap = _of_questions("cap", terms.get("cap", 2**62), names, _cap)
        self._unasked = _unasked(terms, names)
        self._closed = [False] * len(names)
        self._lost = [0] * len(names)
        self._reserved = 0.0
        self._set_aside: list[int] = []
        self._warm = Heap()
        self._own: dict[str, Any] = {}
        self._seed: int | None = None

    def start(self, queue: Queue) -> None:
        """Begin, once the method has made its queue."""
        self._queue = queue
        needed = sum(min(self._init, cap) * cost for cap, cost in zip(self._cap, self._cost, strict=True))
        if needed > self.budget * (1 + NEARLY):
            raise InputError(
                "budget",
                f"{self.budget:g} does not pay for {self._init} first samples of {len(self._cost):,} questions, "
                f"which cost {needed:g}",
                hint="a larger budget, fewer questions or a smaller init",
            )
        for q in range(len(self._cost)):
            self._place(q)

    def next(self, batch: int = 1) -> list[str]:
        """The questions that should get the next samples.

        Parameters
        ----------
        batch : int, default 1
            How many samples are wanted at once.

        Returns
        -------
        list of str
            At most `batch`; fewer if the budget ends or all others have samples under way. A question stands in it
            `per_question` times at most.
        """
        wanted = check_count("batch", batch)
        chosen: list[str] = []
        while len(chosen) < wanted and (q := self._first()) >= 0:
            self._ledger.pending[q] += 1
            self._reserved += self._cost[q]
            self._place(q)
            chosen.append(self._ledger.names[q])
        return chosen

    def observe(self, question: object, answer: object, *, confidence: float = 1.0, cost: float | None = None) -> None:
        """Take in a sample.

        Parameters
        ----------
        question : str
            Its question.
        answer : str or None
            None, or an empty text, if no answer could be read: it costs and does not count.
        confidence : float, default 1
            Weight in the final vote if that is weighted, above 0; NaN counts 1.
        cost : float, optional
            What it cost, if that is not what was expected.

        Raises
        ------
        InputError
            If there is no such question, or a confidence or cost is out of range.
        """
        q = self._ledger.find(question)
        text = answer if isinstance(answer, str) else text_of(answer, "answer")
        paid = self._cost[q] if cost is None else check_number("cost", cost, low=0)
        weight = confidence if confidence == 1.0 else self._ledger.checked_confidence(confidence)
        if self._ledger.pending[q]:
            self._ledger.pending[q] -= 1
            self._reserved -= self._cost[q]
        self._ledger.record(q, text or None, weight, paid)
        self._place(q)
        if paid < self._cost[q]:
            self._reconsider()

    def lose(self, question: object) -> None:
        """A sample that was asked for does not come: it costs nothing, and counts as if it had not been asked for.

        Raises
        ------
        InputError
            If there is no such question.
        """
        q = self._ledger.find(question)
        self._lost[q] += 1
        self._release(q, 1)

    def close(self, question: object, *, lost: int | None = None) -> None:
        """No more samples of this question are to be had.

        Parameters
        ----------
        question : str
            The question.
        lost : int, optional
            How many of its samples under way do not come, all by default; for the others budget is kept.

        Raises
        ------
        InputError
            If there is no such question, or `lost` is negative.
        """
        q = self._ledger.find(question)
        gone = self._ledger.pending[q] if lost is None else check_count("lost", lost, low=0)
        self._closed[q] = True
        self._release(q, gone)

    @property
    def done(self) -> bool:
        """Whether there is nothing to ask and nothing to wait for."""
        return self._first() < 0 and not any(self._ledger.pending)

    def result(self) -> Allocation:
        """Where the budget went so far, and what each question is answered.

        Returns
        -------
        Allocation
        """
        status = [self._status(q) for q in range(len(self._ledger.names))]
        return allocation_of(
            self._ledger,
            Provenance(self._method, self._parameters(), Source(), seed=self._seed, notes=tuple(self._notes())),
            status=status,
            out_of_samples=[state in ("capped", "exhausted") for state in status],
            budget=self.budget,
            n_classes=self._n_classes,
            weighted=self._weighted,
        )

    def _first(self) -> int:
        """The question that gets the next sample; -1 if there is none that can be paid."""
        left = self.budget * (1 + NEARLY) - self._ledger.spent - self._reserved
        while (q := self._warm.top()) >= 0 or (q := self._queue.top()) >= 0:
            if self._cost[q] <= left:
                return q
            self._set_aside.append(q)
            self._warm.remove(q)
            self._queue.remove(q)
        return -1

    def _release(self, q: int, samples: int) -> None:
        """Give up samples under way, and what was kept for them."""
        samples = min(samples, self._ledger.pending[q])
        self._ledger.pending[q] -= samples
        self._reserved -= self._cost[q] * samples
        self._place(q)
        self._reconsider()

    def _reconsider(self) -> None:
        """There is more left than was expected: what was too dear may be so no more."""
        again, self._set_aside = self._set_aside, []
        for other in again:
            self._place(other)

    def _place(self, q: int) -> None:
        """Where a question stands now."""
        ledger = self._ledger
        pending = ledger.pending[q]
        n = ledger.drawn[q] + pending
        wants = pending < self._per_question and n < self._cap[q] and not self._closed[q] and not self._settled(q)
        if wants and n < self._init:
            self._warm.put(q, n + self._lost[q])
            self._queue.remove(q)
        else:
            self._warm.remove(q)
            if wants:
                self._queue.place(q)
            else:
                self._queue.remove(q)

    def _settled(self, q: int) -> bool:
        return self._log_delta is not None and self._ledger.log_p_value(q, self._n_classes) <= self._log_delta

    def _status(self, q: int) -> str:
        capped = self._ledger.drawn[q] >= self._cap[q]
        if self._ledger.leader[q] < 0 and (self._closed[q] or capped):
            return "empty"
        if self._settled(q):
            return "settled"
        return "exhausted" if self._closed[q] else "capped" if capped else "open"

    def _parameters(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"budget": self.budget}
        for name, value in {**self._own, **self._terms}.items():
            shown[name] = (
                "by question" if isinstance(value, Mapping) else option_name(value) if callable(value) else value
            )
        return shown

    def _notes(self) -> list[str]:
        notes = [*self._unasked, *self._ledger.notes(weighted=self._weighted)]
        if self._n_classes is None:
            return ["the number of answers is not known beforehand: p-values are heuristic", *notes]
        more = sum(len(counts) > self._n_classes for counts in self._ledger.counts)
        if more:
            asked = plural(more, "question has", "questions have")
            notes.append(f"{asked} more than {self._n_classes} answers: p-values there use those seen")
        return notes


T = TypeVar("T")


def _of_questions(name: str, given: Any, names: list[str], check: Callable[[str, Any], T]) -> list[T]:
    """A number of each question, from one for all or from a mapping that has them all."""
    if not isinstance(given, Mapping):
        return [check(name, given)] * len(names)
    texts = {str(key): value for key, value in given.items()}
    missing = next((one for one in names if one not in texts), None)
    if missing is not None:
        raise InputError(name, f"has none for question {missing!r:.80}")
    return [check(name, texts[one]) for one in names]


def _unasked(terms: Terms, names: list[str]) -> list[str]:
    """Notes on numbers that are given for questions that are not asked: a table may be of more, or a name mistyped."""
    asked, notes = set(names), []
    for name, given in terms.items():
        others = [str(key) for key in given if str(key) not in asked] if isinstance(given, Mapping) else []
        if others:
            notes.append(f"{name} is given for {plural(len(others), 'question')} not asked here: {first_of(others)}")
    return notes


def _positive(name: str, value: Any) -> float:
    return check_number(name, value, low=0, high=math.inf, open_ends=True)


def _cap(name: str, value: Any) -> int:
    return check_count(name, value, low=0)
