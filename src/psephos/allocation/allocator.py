"""What do all methods of spending a budget have in common?

A method answers `next(batch)` with the questions that should get the next samples, is told each sample by
`observe(question, answer)`, and gives its `result()` at any time:

    session = Adaptive(questions, budget=2000)
    while batch := session.next(8):
        for question in batch:
            session.observe(question, ask_the_model(question))
    session.result()

A sample that was asked for and did not come yet is taken to agree with the leader, so that a batch is spread. A sample
that nobody asked for is counted too: after a crash, the samples in store are observed first and not paid twice.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol

from psephos.allocation.allocation_result import Allocation
from psephos.engine.progress_bar import progress
from psephos.errors import check_count

KNOWN_AS = {
    "okg": "write 'knowledge-gradient'",
    "pets": "write 'knowledge-gradient'",
    "blend asc": "write 'adaptive'",
    "self consistency": "write 'uniform'",
    **dict.fromkeys(("bandit", "thompson sampling", "ucb"), "write 'knowledge-gradient' or 'adaptive'"),
}
"""Names of the methods elsewhere, and what to write here."""


class Allocator(Protocol):
    """What every method of spending a budget of samples can do.

    `Adaptive`, `KnowledgeGradient` and `Uniform` are such; a method of your own needs these methods and no base
    class.
    """

    @abstractmethod
    def next(self, batch: int = 1) -> list[str]:
        """The questions that should get the next samples, at most `batch`; none if there is nothing to ask now."""

    @abstractmethod
    def observe(self, question: object, answer: object, *, confidence: float = 1.0, cost: float | None = None) -> None:
        """Take in a sample, whether it was asked for or not.

        Parameters
        ----------
        question : object
            One of the questions of the session.
        answer : object
            What it was answered; None if no answer could be read, which costs and counts for nothing.
        confidence : float, default 1
            Weight of the vote, for sessions that hand in the answer with the largest sum.
        cost : float, optional
            What it cost in the end, if not what the terms say.
        """

    @abstractmethod
    def lose(self, question: object) -> None:
        """A sample that was asked for does not come; it counts as if it had not been asked for."""

    @abstractmethod
    def close(self, question: object, *, lost: int | None = None) -> None:
        """No more samples of this question are to be had; `lost` of those under way do not come, by default all."""

    @property
    @abstractmethod
    def done(self) -> bool:
        """Whether there is nothing to ask and nothing to wait for."""

    @abstractmethod
    def result(self) -> Allocation:
        """Where the budget went so far, and what each question is answered."""


def allocate(
    session: Allocator, draw: Callable[[str], object], *, batch: int = 1, label: str | None = None
) -> Allocation:
    """Spend the budget of a session with a function that draws one sample.

    Parameters
    ----------
    session : Allocator
        `Adaptive`, `KnowledgeGradient`, `Uniform`, or what was begun and broken off.
    draw : callable
        From the question to its answer, None if none could be read. A `StopIteration` says that there are no more.
    batch : int, default 1
        How many samples are chosen at a time; they are drawn one after the other.
    label : str, optional
        Shows a progress bar with this label.

    Returns
    -------
    Allocation
        Samples, answer and certainty of each question, and what was spent.

    Examples
    --------
    >>> from psephos.allocation import Adaptive
    >>> import random
    >>> stream = random.Random(0)
    >>> found = allocate(Adaptive(["easy", "hard"], 40), lambda q: stream.choice("ab" if q == "hard" else "aaaaab"))
    >>> found.table().select("question", "drawn").rows()
    [('easy', 6), ('hard', 34)]
    """
    check_count("batch", batch)
    with progress(label, None) as advance:
        while chosen := session.next(batch):
            for question in chosen:
                try:
                    answer = draw(question)
                except StopIteration:
                    session.close(question)
                else:
                    session.observe(question, answer)
                advance()
    return session.result()
