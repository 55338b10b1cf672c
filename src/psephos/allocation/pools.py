"""Which samples are in store?

A pool is the answers to one question in the order in which they were drawn. Pools come as a mapping of question to
answers, or as opinions of kind ``samples``. Answers that are the same by a rule are called by the first of them; a draw
without an answer stays a draw, a request that failed is none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.allocation.answers import Answers, Matching
from psephos.errors import InputError
from psephos.opinions.coding import text_of
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.lost_draws import drawn_only
from psephos.opinions.model import Opinions, Source

PoolsLike = Mapping[Any, Sequence[object]] | Opinions


@dataclass(frozen=True, eq=False)
class Pools:
    """Stored samples.

    Attributes
    ----------
    names : list of str
    answers : list of list of (str or None)
        Of each question, in the order in which they were drawn.
    classes : list of Answers
        Which answers to each question are the same.
    targets : list of (str or None)
        The answer that most of the pool gave, of equals the one seen first; None where there is no answer.
    tied : int
        Questions whose target shares its place.
    source : Source
    """

    names: list[str]
    answers: list[list[str | None]]
    classes: list[Answers]
    targets: list[str | None]
    tied: int
    source: Source

    def counts(self) -> npt.NDArray[np.int64]:
        """Votes from large to small, padded with 0, shape (n_questions, most answers of a question)."""
        tallies = [sorted(Counter(a for a in pool if a is not None).values(), reverse=True) for pool in self.answers]
        table = np.zeros((len(tallies), max(map(len, tallies), default=0)), dtype=np.int64)
        for row, votes in enumerate(tallies):
            table[row, : len(votes)] = votes
        return table


def pools_of(pools: PoolsLike, equivalence: Equivalence = "exact") -> Pools:
    """Stored samples, checked and with equivalent answers made one.

    Raises
    ------
    InputError
        If there is no question, opinions are not samples, or a name or answer is of an unknown type.
    """
    source = Source()
    if isinstance(pools, Opinions):
        source, given = pools.source, _of_opinions(pools)
    elif isinstance(pools, Mapping):
        given = dict(pools)
    else:
        raise InputError("pools", f"must be a mapping of question to answers or samples, got {type(pools).__name__}")
    if not given:
        raise InputError("pools", "there is no question")
    matching = Matching(equivalence)
    names: list[str] = []
    answers: list[list[str | None]] = []
    classes: list[Answers] = []
    for question, pool in given.items():
        name = text_of(question, "pools")
        if name is None:
            raise InputError("pools", f"a question has no name, got {question!r:.60}")
        if isinstance(pool, str | bytes | Mapping):
            raise InputError("pools", f"must hold a sequence of answers, got {type(pool).__name__}", where=name)
        names.append(name)
        known = Answers(matching)
        answers.append(_canonical(pool, known))
        classes.append(known)
    if len(set(names)) < len(names):
        double = next(name for name, times in Counter(names).items() if times > 1)
        raise InputError("pools", f"there are two questions {double!r:.80}")
    targets: list[str | None] = []
    tied = 0
    for answers_of_one in answers:
        tally = Counter(answers_of_one)
        del tally[None]
        most = max(tally.values(), default=0)
        leaders = [answer for answer, votes in tally.items() if votes == most]
        targets.append(leaders[0] if leaders else None)
        tied += len(leaders) > 1
    return Pools(names, answers, classes, targets, tied, source)


def _canonical(pool: Sequence[object], known: Answers) -> list[str | None]:
    """The answers of one question, each called by the first one that is the same."""
    texts = [answer if type(answer) is str and answer else text_of(answer, "pools") for answer in pool]
    names: dict[str | None, str | None] = {None: None}
    for text in dict.fromkeys(texts):
        if text is not None:
            names[text] = known.texts[known.find(text)]
    return [names[text] for text in texts]


def _of_opinions(opinions: Opinions) -> dict[str, list[str | None]]:
    if opinions.kind != "samples":
        raise InputError("pools", f"must be samples, not {opinions.kind}")
    if opinions.size("voter") > 1:
        raise InputError(
            "pools", f"hold the samples of {opinions.size('voter'):,} voters", hint="take the rows of one of them"
        )
    frame = drawn_only(opinions).frame().select("item", "draw", "answer").sort("item", "draw", maintain_order=True)
    found: dict[str, list[str | None]] = {}
    for item, answer in frame.select("item", "answer").iter_rows():
        found.setdefault(item, []).append(answer)
    return found
