"""Which answer has the most weight behind it, if every sample votes with its score?

    weight(y) = sum over the samples with answer y of s(score),      s the sigmoid, or the score itself

The sigmoid keeps a vote between 0 and 1, so that no single score outvotes many; the score itself is a vote that may be
negative. Equal weights: the answer that was drawn first.

Source: the weighted vote of Yuan et al. (2024), arXiv:2412.01981, and Li et al. (2022), arXiv:2206.02336; sheet 39.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from psephos.engine import Engine, Rng
from psephos.errors import InputError, check_choice, check_count
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.selections import Selection
from psephos.opinions.sharding import Shards
from psephos.selection.best_of_majority import check_rewards, given_rewards
from psephos.selection.choosing import Choice, selection_of, tied_at
from psephos.selection.grouping import Answers, Rewards, pools_of
from psephos.selection.in_parts import select_in_parts
from psephos.selection.pools import Floats, in_order
from psephos.selection.sureness import Rule

WEIGHTS = ("sigmoid", "raw")
REASONS = (
    "its {votes} votes weigh {score}, less than those taken",
    "taken at place {place}: its {votes} votes weigh {score}",
    "none of its {votes} samples has a score, so they weigh nothing",
)


def weighted_vote(
    answers: Answers | Shards,
    rewards: Rewards | None = None,
    *,
    weight: str = "sigmoid",
    k: int = 1,
    equivalence: Equivalence = "exact",
    repeats: int = 0,
    rng: Rng = 0,
    engine: int | str | Engine = 1,
) -> Selection:
    """Take the k answers with the most weight, every sample voting with its score.

    Parameters
    ----------
    answers, rewards
        As in `psephos.selection.best_of_majority`, one number for each sample; a sample without one weighs nothing.
    weight : {"sigmoid", "raw"}, default "sigmoid"
        What a score weighs.
    k, equivalence, repeats, rng, engine
        As in `psephos.selection.best_of_majority`.

    Returns
    -------
    Selection
        What is taken for each question, and every candidate with its weight.

    Raises
    ------
    InputError
        As in `psephos.selection.best_of_majority`, or if rewards are told by a mapping or a function.

    See Also
    --------
    psephos.selection.process_scores : scores of samples from their log-probabilities.

    Examples
    --------
    >>> answers, scores = list("aabbbc"), [0.9, 0.4, 0.1, -0.2, 0.05, 1.5]
    >>> weighted_vote(answers, scores).chosen, weighted_vote(answers, scores, weight="raw").chosen
    ([['b']], [['c']])
    """
    check_choice("weight", weight, WEIGHTS)
    k, repeats = check_count("k", k), check_count("repeats", repeats, low=0)
    if isinstance(answers, Shards):
        own: dict[str, Any] = {"weight": weight, "k": k, "equivalence": equivalence, "repeats": repeats}
        return select_in_parts(weighted_vote, answers, rewards, **own, rng=rng, engine=engine)
    pools = pools_of(answers, rewards, equivalence)
    if pools.asks:
        raise InputError("rewards", "must be one number for each sample: every sample votes with its own")
    check_rewards(pools)
    heavy = pools.weighed(_sigmoid) if weight == "sigmoid" else pools
    score = heavy.scores("sum")
    place, level = in_order(heavy, score, np.ones(len(score), dtype=bool), by_votes=False)
    taken = place <= k
    unscored = np.isnan(score)
    choice = Choice(
        np.where(taken, place, 0),
        score,
        np.where(taken, 1, np.where(unscored, 2, 0)).astype(np.int8),
        REASONS,
        {"tie": tied_at(heavy, place, level, k)},
        {},
        f"sum of the {'sigmoids of the ' if weight == 'sigmoid' else ''}scores of the samples with this answer",
    )
    rule = Rule(k, np.zeros(heavy.n_items), "sum")
    options = {"weight": weight, "k": k, "equivalence": equivalence, "rewards": given_rewards(rewards)}
    method, sample = "weighted-vote", pools.best()  # sigmoids of large scores are equal, the scores are not
    return selection_of(
        heavy, choice, rule, method=method, options=options, sample=sample, repeats=repeats, rng=rng, engine=engine
    )


def _sigmoid(score: Floats) -> Floats:
    return np.asarray(special.expit(score))
