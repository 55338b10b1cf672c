"""Which answer has the single best scored sample?

    take the k distinct answers whose best sample scores highest

The rule that trusts the score most: with more samples it finds more answers that the score overrates, and gets worse
where the score errs (see `psephos.selection.best_of_majority`, of which it is the limit alpha = 0).

Source: best-of-N, as in Cobbe et al. (2021), arXiv:2110.14168; sheets 03 and 39. Differs: k distinct answers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from psephos.engine import Engine, Rng
from psephos.errors import check_count
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.selections import Selection
from psephos.opinions.sharding import Shards
from psephos.selection.best_of_majority import check_rewards, given_rewards
from psephos.selection.choosing import Choice, selection_of, tied_at
from psephos.selection.grouping import Answers, Rewards, pools_of
from psephos.selection.in_parts import select_in_parts
from psephos.selection.pools import in_order
from psephos.selection.sureness import Rule

REASONS = (
    "its best sample scores {score}, which is not among the best",
    "taken at place {place}: its best sample scores {score}",
    "none of its {votes} samples has a score",
)


def best_of_n(
    answers: Answers | Shards,
    rewards: Rewards | None = None,
    *,
    k: int = 1,
    equivalence: Equivalence = "exact",
    repeats: int = 0,
    rng: Rng = 0,
    engine: int | str | Engine = 1,
) -> Selection:
    """Take the k answers whose best sample scores highest; of equal scores the one drawn first.

    Parameters
    ----------
    answers, rewards, k, equivalence, repeats, rng, engine
        As in `psephos.selection.best_of_majority`.

    Returns
    -------
    Selection
        What is taken for each question, and every candidate with its score.

    Raises
    ------
    InputError
        As in `psephos.selection.best_of_majority`.

    Examples
    --------
    >>> best_of_n(["7", "7", "9", "3"], [0.2, 0.4, 0.8, 0.99]).chosen
    [['3']]
    """
    k, repeats = check_count("k", k), check_count("repeats", repeats, low=0)
    if isinstance(answers, Shards):
        own: dict[str, Any] = {"k": k, "equivalence": equivalence, "repeats": repeats}
        return select_in_parts(best_of_n, answers, rewards, **own, rng=rng, engine=engine)
    pools = pools_of(answers, rewards, equivalence)
    check_rewards(pools)
    everything = np.ones(len(pools.tally.choice), dtype=bool)
    score = pools.asked(everything) if pools.asks else pools.scores("max")
    place, level = in_order(pools, score, everything, by_votes=False)
    taken = place <= k
    unscored = np.zeros(pools.n_items, dtype=bool)
    unscored[pools.tally.item[np.isnan(score)]] = True
    choice = Choice(
        np.where(taken, place, 0),
        score,
        np.where(taken, 1, np.where(np.isnan(score), 2, 0)).astype(np.int8),
        REASONS,
        {"tie": tied_at(pools, place, level, k), "no reward": unscored},
        {},
        "largest reward of the samples with this answer",
    )
    rule = Rule(k, np.zeros(pools.n_items), "max")
    options = {"k": k, "equivalence": equivalence, "rewards": given_rewards(rewards)}
    return selection_of(
        pools, choice, rule, method="best-of-n", options=options, repeats=repeats, rng=rng, engine=engine
    )
