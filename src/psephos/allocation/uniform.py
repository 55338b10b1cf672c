"""What if every question gets the same number of samples?

Plain self-consistency, the baseline: the next sample goes to the question with the fewest, of equals to the first.

Source: Wang et al. (2023), arXiv 2203.11171. Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Unpack

from psephos.allocation.queues import Heap
from psephos.allocation.session import Session, Terms


class Uniform(Session):
    """Spend a budget evenly.

    Parameters
    ----------
    questions : iterable of str
        Names of the questions.
    budget : float
        What may be spent in all, in units of the cost of a sample.
    **terms
        First samples, caps, costs and the like: see `psephos.allocation.session.Terms`.

    Raises
    ------
    InputError
        If two questions have one name, the budget does not pay for the first samples, or a term is out of range.

    See Also
    --------
    Adaptive, KnowledgeGradient : spend more where it helps.

    Examples
    --------
    >>> Uniform(["q1", "q2", "q3"], 7).next(7)
    ['q1', 'q2', 'q3']
    """

    def __init__(self, questions: Iterable[object], budget: float, **terms: Unpack[Terms]) -> None:
        super().__init__("uniform", questions, budget, terms)
        self._heap = Heap()
        self.start(self)

    def place(self, question: int) -> None:
        """Take a question in, or at its new place."""
        self._heap.put(question, self._ledger.drawn[question] + self._ledger.pending[question])

    def remove(self, question: int) -> None:
        """Take a question out."""
        self._heap.remove(question)

    def top(self) -> int:
        """The question with the fewest samples."""
        return self._heap.top()
