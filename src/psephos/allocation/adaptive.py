"""Which question deserves the next sample, if only the two leading answers of each are looked at?

With a >= b the two largest counts of a question and K its possible answers,

    u = 1 - P(theta > 1/2),  theta ~ Beta(a + 1, b + 1)         how likely the leader is not the mode (ASC)
    w = min(1, (K - 1) f(1/2; a + 1, b + 1))                    how far the leader is from proven (PPR-1v1)

Questions are ranked by both, a larger rank being less sure, and the largest (1 - lam) rank_u + lam rank_w is next. u
settles what is easy to settle; w spreads what is left over all that is not yet proven, and keeps u from sinking half of
a budget into one near tie. Of equal w the question with the fewest samples comes first, then the first.

Source: arXiv 2511.12309 (Blend-ASC). Differs: the paper says that the two are blended, not how; the schedule is a
reconstruction. lam = 1/2 was best or near best on both synthetic populations of the sheet; ``"linear"`` is our reading
of the paper, ASC early and PPR late. w is cut at 1: f grows on a tie like sqrt(n), and a ranking by f as it is would
pour everything into questions that cannot be settled.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Unpack

from psephos.allocation.blended_ranks import BlendedRanks, Standing
from psephos.allocation.ledger import evidence_of
from psephos.allocation.session import Session, Terms
from psephos.allocation.stopping import beta_certainty
from psephos.errors import InputError, check_number

Schedule = str | float | Callable[[float, float], float]

SCHEDULES = ("half", "linear")


class Adaptive(Session):
    """Spend a budget by a blend of two rankings of how unsure questions are (Blend-ASC).

    Parameters
    ----------
    questions : iterable of str
        Names of the questions.
    budget : float
        What may be spent in all, in units of the cost of a sample.
    schedule : {"half", "linear"}, float or callable, default "half"
        lam, the weight of the second ranking: 1/2, the share of the budget that is spent, a number between 0 (ASC
        alone) and 1 (PPR alone), or a function of what was spent and the budget.
    **terms
        First samples, caps, costs and the like: see `psephos.allocation.session.Terms`.

    Raises
    ------
    InputError
        If two questions have one name, the budget does not pay for the first samples, or a term is out of range.

    See Also
    --------
    KnowledgeGradient : looks at all answers of a question.
    psephos.allocation.stopping : the two rules for one question.

    Notes
    -----
    Questions of equal counts are ranked together, so that a step costs as much as there are different counts, not
    questions. A cost or value of its own for each question puts each into a group of its own.

    Examples
    --------
    >>> session = Adaptive(["sure", "unsure"], 20)
    >>> for question, answers in (("sure", "aaaa"), ("unsure", "aabb")):
    ...     for answer in answers:
    ...         session.observe(question, answer)
    >>> session.next()
    ['unsure']
    """

    def __init__(
        self, questions: Iterable[object], budget: float, *, schedule: Schedule = "half", **terms: Unpack[Terms]
    ) -> None:
        super().__init__("adaptive", questions, budget, terms)
        self._schedule = _checked(schedule)
        self._own = {"schedule": schedule}
        self._ranks = BlendedRanks()
        self._known: dict[tuple[int, int, int], tuple[float, float]] = {}
        self.start(self)

    def place(self, question: int) -> None:
        """Take a question in, or at its new place."""
        ledger = self._ledger
        pending = ledger.pending[question]
        a, b = ledger.first[question] + pending, ledger.second[question]
        classes = ledger.classes(question, self._n_classes)
        if (known := self._known.get((a, b, classes))) is None:
            known = self._known[a, b, classes] = _unsure(a, b, classes)
        weight = self._value[question] / self._cost[question]
        self._ranks.place(question, Standing(*known, ledger.drawn[question] + pending, weight))

    def remove(self, question: int) -> None:
        """Take a question out."""
        self._ranks.remove(question)

    def top(self) -> int:
        """The question that is least sure by both rankings."""
        schedule = self._schedule
        if isinstance(schedule, float):
            return self._ranks.top(schedule)
        lam = check_number("schedule", schedule(self._ledger.spent, self.budget))
        return self._ranks.top(min(max(lam, 0.0), 1.0))


def _unsure(a: int, b: int, classes: int) -> tuple[float, float]:
    """U and w; u to 12 digits, so that counts with the same u to rounding share their rank."""
    w = min(1.0, (classes - 1) * math.exp(evidence_of(a, b)))
    return float(f"{1 - float(beta_certainty(a, b)):.11e}"), w


def _share_spent(spent: float, budget: float) -> float:
    return spent / budget if budget else 0.0


def _checked(schedule: Schedule) -> float | Callable[[float, float], float]:
    if callable(schedule):
        return schedule
    if isinstance(schedule, str):
        if schedule not in SCHEDULES:
            allowed = ", ".join(map(repr, SCHEDULES))
            raise InputError("schedule", f"must be {allowed}, a number or a function, got {schedule!r}")
        return 0.5 if schedule == "half" else _share_spent
    return check_number("schedule", schedule, low=0, high=1)
