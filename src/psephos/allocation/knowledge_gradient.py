"""Which question gains most from one more sample, if all its answers are looked at?

The shares of the answers of a question have a Dirichlet posterior alpha. h(alpha) is the probability of the most
probable mode, and the next sample goes to the largest optimistic gain

    R(alpha) = max_m h(alpha + e_m) - h(alpha),

of equals to the first question (see `mode_probability`). Every question is first brought to a few samples, then ties
are attacked. R depends on the counts of a question only, whatever the answers are called, so each set of counts is
integrated once; a sample changes one question, so a step costs O(log n).

Source: arXiv 2602.16745 (PETS, offline); Chen, Lin and Zhou (2015), JMLR 16:1-46. Differs: the authors draw 500 gammas
for each probability of every question at every step, and so follow noise where gains are small; ours is exact.
``method="mc"`` does as they do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Unpack

import numpy as np

from psephos.allocation.mode_probability import LeaderGains, sampled_mode_probabilities
from psephos.allocation.queues import Heap
from psephos.allocation.session import Session, Terms
from psephos.engine import Rng
from psephos.engine.streams import generator, seed_of
from psephos.errors import check_choice, check_count, check_number

BUCKETS = 32
"""Answers that are told apart where any answer can be given."""


class KnowledgeGradient(Session):
    """Spend a budget by what one more sample may add to the probability of the mode (PETS, offline).

    Parameters
    ----------
    questions : iterable of str
        Names of the questions.
    budget : float
        What may be spent in all, in units of the cost of a sample.
    n_options : int, optional
        Answers that a question can have. By default any answer may come, and `BUCKETS` of them are told apart; one
        more is paid and not counted.
    prior : float, default 1
        Parameter of each answer before the first sample; see `fit_prior`.
    method : {"exact", "mc"}, default "exact"
        Whether probabilities are integrated, or drawn as the authors do: for all questions, at every step.
    nsamples : int, default 500
        Draws of ``"mc"``.
    rng : int, Generator or None
        Source of the draws of ``"mc"``.
    **terms
        First samples, caps, costs and the like: see `psephos.allocation.session.Terms`.

    Raises
    ------
    InputError
        If two questions have one name, the budget does not pay for the first samples, `n_options` is below 2, or a
        term is out of range.

    See Also
    --------
    Adaptive : looks at the two leading answers only.
    optimistic_gain : the gain of one question.

    Examples
    --------
    >>> session = KnowledgeGradient(["sure", "unsure"], 20, n_options=4)
    >>> for question, answers in (("sure", "aaaa"), ("unsure", "aabb")):
    ...     for answer in answers:
    ...         session.observe(question, answer)
    >>> session.next()
    ['unsure']
    """

    def __init__(
        self,
        questions: Iterable[object],
        budget: float,
        *,
        n_options: int | None = None,
        prior: float = 1.0,
        method: str = "exact",
        nsamples: int = 500,
        rng: Rng = None,
        **terms: Unpack[Terms],
    ) -> None:
        self._options = BUCKETS if n_options is None else check_count("n_options", n_options, low=2)
        if n_options is not None:
            terms.setdefault("n_classes", n_options)
        super().__init__("knowledge-gradient", questions, budget, terms)
        self._ledger.most_answers = self._options
        self._prior = check_number("prior", prior, low=0, open_ends=True)
        self._own = {"n_options": n_options, "prior": prior, "method": method}
        check_choice("method", method, ("exact", "mc"))
        self._draws = check_count("nsamples", nsamples)
        self._heap = Heap()
        self._gains = LeaderGains(self._options, self._prior)
        self._of_counts: dict[tuple[int, ...], float] = {}
        self._stream: np.random.Generator | None = None
        if method == "mc":
            self._seed = seed_of(rng)
            self._stream = generator(self._seed)
            self._own["nsamples"] = nsamples
        self._in_play: set[int] = set()
        self.start(self)

    def place(self, question: int) -> None:
        """Take a question in, or at its new place."""
        if self._stream is not None:
            self._in_play.add(question)
            return
        counts = tuple(self._counts(question))
        if (gain := self._of_counts.get(counts)) is None:
            gain = self._of_counts[counts] = self._gains(counts)
        self._heap.put(question, -gain * self._value[question] / self._cost[question])

    def remove(self, question: int) -> None:
        """Take a question out."""
        self._in_play.discard(question)
        self._heap.remove(question)

    def top(self) -> int:
        """The question with the largest gain."""
        return self._heap.top() if self._stream is None else self._top_by_draws(self._stream)

    def _counts(self, question: int) -> list[int]:
        """Votes from large to small; samples under way are taken to agree with the leader."""
        ledger = self._ledger
        counts = sorted(ledger.counts[question], reverse=True)
        if pending := ledger.pending[question]:
            counts[:1] = [(counts[0] if counts else 0) + pending]
        return counts

    def _top_by_draws(self, stream: np.random.Generator) -> int:
        """The question with the largest gain among all in play, each gain drawn anew."""
        if not self._in_play:
            return -1
        questions = sorted(self._in_play)
        alpha = np.full((len(questions), self._options), self._prior)
        for row, question in enumerate(questions):
            counts = self._counts(question)
            alpha[row, : len(counts)] += counts
        h = sampled_mode_probabilities(alpha, nsamples=self._draws, rng=stream).max(axis=1)
        best = np.full(len(questions), -np.inf)
        for m in range(self._options):
            alpha[:, m] += 1
            after = sampled_mode_probabilities(alpha, nsamples=self._draws, rng=stream).max(axis=1)
            alpha[:, m] -= 1
            best = np.maximum(best, after - h)
        worth = np.array([self._value[q] / self._cost[q] for q in questions])
        return questions[int(np.argmax(best * worth))]
