"""Which answers were given most often?

    take the k answers with most samples

Majority vote (self-consistency) for k = 1. It needs no score and trusts none: where the right answer is not the most
frequent one, more samples make it more surely wrong.

Source: self-consistency of Wang et al. (2022), arXiv:2203.11171; sheet 03. For a verdict with certainties see
`psephos.consensus.majority`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from psephos.engine import Engine, Rng
from psephos.errors import check_count
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.selections import Selection
from psephos.opinions.sharding import Shards
from psephos.selection.choosing import Choice, selection_of, tied_at
from psephos.selection.grouping import Answers, pools_of
from psephos.selection.in_parts import select_in_parts
from psephos.selection.pools import in_order
from psephos.selection.sureness import Rule

REASONS = (
    "in {votes} of {samples} samples; others are in more, or came earlier",
    "taken at place {place}: in {votes} of {samples} samples",
)


def most_common(
    answers: Answers | Shards,
    *,
    k: int = 1,
    equivalence: Equivalence = "exact",
    repeats: int = 0,
    rng: Rng = 0,
    engine: int | str | Engine = 1,
) -> Selection:
    """Take the k answers that were given most often; of equals the one drawn first.

    Parameters
    ----------
    answers, k, equivalence, repeats, rng, engine
        As in `psephos.selection.best_of_majority`.

    Returns
    -------
    Selection
        What is taken for each question, and every candidate with its votes.

    Raises
    ------
    InputError
        If there are no answers or a number is out of range.

    Examples
    --------
    >>> most_common(["7", "9", "7", "3"], k=2).chosen
    [['7', '9']]
    """
    k, repeats = check_count("k", k), check_count("repeats", repeats, low=0)
    if isinstance(answers, Shards):
        own: dict[str, Any] = {"k": k, "equivalence": equivalence, "repeats": repeats}
        return select_in_parts(most_common, answers, None, **own, rng=rng, engine=engine)
    pools = pools_of(answers, None, equivalence)
    votes = pools.tally.votes.astype(np.float64)
    place, level = in_order(pools, votes, np.ones(len(votes), dtype=bool))
    taken = place <= k
    flags = {"tie": tied_at(pools, place, level, k)}
    choice = Choice(
        np.where(taken, place, 0), votes, taken.astype(np.int8), REASONS, flags, {}, "samples with this answer"
    )
    rule = Rule(k, np.zeros(pools.n_items), "votes")
    return selection_of(
        pools,
        choice,
        rule,
        method="most-common",
        options={"k": k, "equivalence": equivalence},
        sample=pools.earliest(),
        repeats=repeats,
        rng=rng,
        engine=engine,
    )
