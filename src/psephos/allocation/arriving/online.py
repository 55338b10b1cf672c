"""How are questions settled one by one as they arrive, within a budget that only holds on average?

Each question gets four samples, which put it into a bucket (see `warm_up_patterns`), then samples up to what the plan
gives that bucket, and is answered by vote. It stops sooner if nothing can change any more: the leader is ahead by more
votes than are left to draw.

Budget control: a plan is made for other questions than those that come. So a price of a sample is kept, at which a
bucket gets all raises that gain more, and each question that is settled moves it,

    log price += rate (spent - budget) / budget,

up after a dear question and down after a cheap one. What was saved goes to later questions, and the mean cost of the
questions comes to the budget, whatever the questions are.

Source: arXiv 2602.16745 (PETS, online); the price by stochastic gradient on the dual is the usual one of online
allocation, e.g. Balseiro, Lu and Mirrokni (2023), doi:10.1287/opre.2021.2242. Differs: control and the certain stop are
ours. ``control="none"`` gives the plan as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from psephos.allocation.allocation_result import Allocation, allocation_of
from psephos.allocation.arriving.budget_plan import BudgetPlan, samples_at_price
from psephos.allocation.arriving.warm_up_patterns import EQUAL, WARM_UP, bucket_of
from psephos.allocation.ledger import Ledger
from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.opinions.coding import text_of
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, option_name

RATE = 0.2
"""How far a question that costs twice the budget moves the logarithm of the price."""

_HIGHEST = 50.0


class Online:
    """Settle questions as they arrive, by a plan (PETS, online).

    Parameters
    ----------
    plan : BudgetPlan
        Of `plan_from_pools`.
    questions : iterable of str, optional
        Questions that are there already.
    control : {"price", "none"}, default "price"
        Whether what is saved or overspent moves later questions, or the plan is kept as it is.
    rate : float, default `RATE`
        How fast the price moves, above 0.
    stop : {"certain", "plan"}, default "certain"
        Whether a question ends when nothing can change any more, or with the last sample of the plan.
    n_classes : int, optional
        Answers a question can have, for the p-value; by default one more than those seen.
    equivalence : str or callable, default "exact"
        Which answers are the same.
    vote : {"plain", "weighted"}, default "plain"
        Whether the answer handed in has the most votes or the largest sum of confidences; a weighted vote can always
        change, so nothing stops early.

    Raises
    ------
    InputError
        If the plan has other buckets than four samples give, or two questions have one name.

    See Also
    --------
    Adaptive, KnowledgeGradient : where all questions are known.

    Examples
    --------
    >>> from psephos.allocation import plan_from_pools
    >>> import random
    >>> stream = random.Random(0)
    >>> plan = plan_from_pools({f"q{k}": stream.choices("abcd", [5, 2, 1, 1], k=32) for k in range(50)}, 8)
    >>> server = Online(plan)
    >>> server.answer("new", lambda question: "a")
    'a'
    """

    def __init__(
        self,
        plan: BudgetPlan,
        questions: Iterable[object] = (),
        *,
        control: str = "price",
        rate: float = RATE,
        stop: str = "certain",
        n_classes: int | None = None,
        equivalence: Equivalence = "exact",
        vote: str = "plain",
    ) -> None:
        if len(plan.samples) not in (2, 5):
            raise InputError("plan", f"must have 2 or 5 buckets, got {len(plan.samples)}")
        self.plan = plan
        self._free = len(plan.samples) == len(EQUAL)
        self._control = check_choice("control", control, ("price", "none")) == "price"
        self._rate = check_number("rate", rate, low=0, open_ends=True)
        self._early = check_choice("stop", stop, ("certain", "plan")) == "certain"
        self._n_classes = None if n_classes is None else check_count("n_classes", n_classes, low=2)
        self._weighted = check_choice("vote", vote, ("plain", "weighted")) == "weighted"
        self._options = {
            "control": control,
            "rate": rate,
            "stop": stop,
            "vote": vote,
            "equivalence": option_name(equivalence),
        }
        self._ledger = Ledger((), equivalence)
        self.log_price = math.log(plan.next_unit) if plan.next_unit > 0 else -_HIGHEST
        self._limit: list[int] = []
        self._status: list[str] = []
        self._open: dict[int, None] = {}
        for question in questions:
            self.arrive(question)

    def arrive(self, question: object) -> None:
        """A further question.

        Raises
        ------
        InputError
            If there is one of this name already.
        """
        place = self._ledger.add(question)
        self._limit.append(WARM_UP)
        self._status.append("open")
        self._open[place] = None

    def answer(self, question: object, draw: Callable[[str], object]) -> str | None:
        """Settle one question at once.

        Parameters
        ----------
        question : str
            It arrives with this call, or has arrived.
        draw : callable
            From the question to an answer, None if none could be read. A `StopIteration` says that there are no more.

        Returns
        -------
        str or None
            The answer.
        """
        name = text_of(question, "question")
        if name is None or name not in self._ledger.place:
            self.arrive(question)
        q = self._ledger.find(question)
        while q in self._open and self._wanted(q):
            self._ledger.pending[q] += 1
            try:
                self.observe(self._ledger.names[q], draw(self._ledger.names[q]))
            except StopIteration:
                self.close(self._ledger.names[q])
        return self._ledger.answer(q, weighted=self._weighted)

    def next(self, batch: int = 1) -> list[str]:
        """The questions that should get the next samples, in the order in which they arrived.

        Parameters
        ----------
        batch : int, default 1
            How many samples are wanted at once; a question can stand in it several times.

        Returns
        -------
        list of str
        """
        wanted = check_count("batch", batch)
        chosen: list[str] = []
        for q in self._open:
            more = min(self._wanted(q), wanted - len(chosen))
            self._ledger.pending[q] += more
            chosen += [self._ledger.names[q]] * more
            if len(chosen) == wanted:
                break
        return chosen

    def observe(self, question: object, answer: object, *, confidence: float = 1.0, cost: float | None = None) -> None:
        """Take in a sample; see `Session.observe`. The budget is in samples, so that a cost is only recorded.

        Raises
        ------
        InputError
            If there is no such question, or a confidence or cost is out of range.
        """
        ledger = self._ledger
        q = ledger.find(question)
        text = answer if isinstance(answer, str) else text_of(answer, "answer")
        paid = 1.0 if cost is None else check_number("cost", cost, low=0)
        weight = confidence if confidence == 1.0 else ledger.checked_confidence(confidence)
        ledger.pending[q] = max(0, ledger.pending[q] - 1)
        ledger.record(q, text or None, weight, paid)
        if q not in self._open:
            return
        votes = sum(ledger.counts[q])
        if self._limit[q] == WARM_UP and votes == WARM_UP and self._status[q] == "open":
            planned = self._planned(bucket_of(ledger.counts[q], free=self._free))
            self._limit[q] = min(ledger.drawn[q] - WARM_UP + planned, self.plan.most)
            self._status[q] = "warm"
        left = self._limit[q] - ledger.drawn[q]
        if self._status[q] == "warm":
            ahead = ledger.first[q] - ledger.second[q]
            if left <= 0:
                self._settle(q, "served")
            elif self._early and not self._weighted and ahead > left:
                self._settle(q, "certain")
        elif ledger.drawn[q] >= self.plan.most:
            self._settle(q, "exhausted_warmup")

    def lose(self, question: object) -> None:
        """A sample that was asked for does not come: it counts as if it had not been asked for.

        Raises
        ------
        InputError
            If there is no such question.
        """
        q = self._ledger.find(question)
        self._ledger.pending[q] = max(0, self._ledger.pending[q] - 1)

    def close(self, question: object, *, lost: int | None = None) -> None:
        """No more samples of this question are to be had.

        Parameters
        ----------
        question : str
            The question.
        lost : int, optional
            How many of its samples under way do not come, all by default; the others are counted when they come.

        Raises
        ------
        InputError
            If there is no such question, or `lost` is negative.
        """
        q = self._ledger.find(question)
        pending = self._ledger.pending[q]
        self._ledger.pending[q] = 0 if lost is None else max(0, pending - check_count("lost", lost, low=0))
        if q in self._open:
            few = sum(self._ledger.counts[q]) < WARM_UP
            self._settle(q, "empty" if self._ledger.leader[q] < 0 else "exhausted_warmup" if few else "exhausted")

    @property
    def done(self) -> bool:
        """Whether all questions that arrived are settled."""
        return not self._open

    def result(self) -> Allocation:
        """Where the samples went so far, and what each question is answered.

        Status of a question: ``open``, ``served`` (all samples of the plan), ``certain`` (stopped sooner, as nothing
        could change), ``exhausted``, ``exhausted_warmup`` (with fewer than four answers), ``empty``. The budget is that
        of the plan for all questions that arrived.

        Returns
        -------
        Allocation
        """
        ledger = self._ledger
        status = ["open" if state == "warm" else state for state in self._status]
        notes = ledger.notes(weighted=self._weighted)
        if self._n_classes is None:
            notes.insert(0, "the number of answers is not known beforehand: p-values are heuristic")
        capped = [
            drawn >= self.plan.most or "exhausted" in state for drawn, state in zip(ledger.drawn, status, strict=True)
        ]
        return allocation_of(
            ledger,
            Provenance("online", {"budget": self.plan.budget, **self._options}, Source(), notes=tuple(notes)),
            status=status,
            out_of_samples=capped,
            budget=self.plan.budget * len(ledger.names),
            n_classes=self._n_classes,
            weighted=self._weighted,
        )

    def _wanted(self, q: int) -> int:
        """How many more samples a question should get now; a draw of the first four without an answer is repeated."""
        ledger = self._ledger
        if self._status[q] == "open":
            missing = WARM_UP - sum(ledger.counts[q]) - ledger.pending[q]
            return max(0, min(missing, self.plan.most - ledger.drawn[q] - ledger.pending[q]))
        return max(0, self._limit[q] - ledger.drawn[q] - ledger.pending[q])

    def _planned(self, bucket: int) -> int:
        """Samples of a question of this bucket, at the present price."""
        if not self._control:
            return int(self.plan.samples[bucket])
        return int(samples_at_price(self.plan, self.log_price)[bucket])

    def _settle(self, q: int, status: str) -> None:
        self._status[q] = status
        del self._open[q]
        off = (self._ledger.drawn[q] - self.plan.budget) / max(self.plan.budget, 1.0)
        self.log_price = min(max(self.log_price + self._rate * off, -_HIGHEST), _HIGHEST)
