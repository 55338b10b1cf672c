r"""Which answers to hand in, of many samples with an imperfect score: first the often seen, then the best scored?

An answer that is seen too rarely is left out, however well it is scored; of the rest the k with the best scores are
taken,

    gate = { y : c(y) / N >= alpha },      take the top k of the gate by score,

c(y) samples of N with answer y. Best-of-N trusts the score on freak answers and gets worse with more samples; majority
vote ignores the score; this rule does neither. Its regret is of the order of sqrt(C eps^2 / k), which no rule can beat,
once alpha = 3 / (4 C) and N >= 16 C log(k C / eps^2): C = 1 / P(one sample is right), eps the error of the score.

Source: Best-of-Majority (BoM); Di, Ji, Li, Zhao and Gu (2025), arXiv:2510.03199; sheet 03. Ours: the score of an answer
whose copies differ (the mean), the choice of alpha without C, majority vote where the gate is empty, the soft gate.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.engine import Engine, Rng
from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.selections import Selection
from psephos.opinions.sharding import Shards
from psephos.selection.choosing import Choice, selection_of, tied_at
from psephos.selection.grouping import Answers, Rewards, pools_of
from psephos.selection.in_parts import select_in_parts
from psephos.selection.pools import REWARD_AGGREGATES, Floats, Integers, Pools, in_order
from psephos.selection.sureness import Rule, needed, shrunk

DENOMINATORS = ("all", "valid")
FILLS = ("none", "majority", "reward")

REASONS = (
    "in {votes} of {samples} samples; {needed} are needed for its score to be trusted",
    "taken at place {place}: score {score}, in {votes} of {samples} samples",
    "often enough (in {votes} of {samples} samples), but its score {score} is not among the best",
    "taken at place {place} by votes (in {votes} samples), because no answer is in the {needed} that are needed",
    "in {votes} samples; no answer is in the {needed} that are needed, and others have more votes",
    "taken at place {place} to fill up, though in {votes} samples where {needed} are needed",
    "taken at place {place} by votes (in {votes} samples), because no sample of it has a reward",
)
_RARE, _TAKEN, _BEHIND, _BY_VOTES, _FEWER_VOTES, _FILLED, _UNSCORED = range(len(REASONS))


def best_of_majority(
    answers: Answers | Shards,
    rewards: Rewards | None = None,
    *,
    k: int = 1,
    alpha: float | str = "auto",
    p_right: float | None = None,
    reward_agg: str = "mean",
    denominator: str = "all",
    fill: str = "none",
    soft_gate: float | None = None,
    equivalence: Equivalence = "exact",
    repeats: int = 0,
    rng: Rng = 0,
    engine: int | str | Engine = 1,
) -> Selection:
    """Take up to k answers to each question: of those seen often enough, the best scored.

    Parameters
    ----------
    answers : Opinions, Shards, or sequence
        Samples; or the answers to one question; or a list with the answers to each question. None is a sample without
        an answer: it counts as drawn, but cannot be taken.
    rewards : array_like, mapping or callable, optional
        How good each sample is, on any scale, higher is better; NaN where that is not known. The column ``reward`` of
        the samples if not given. A mapping or a function tells the reward of an answer (of samples: of a question and
        an answer) and is asked only about answers that are seen often enough. For a list of questions: a list of these.
    k : int, default 1
        Answers to take for each question, at most.
    alpha : float or "auto", default "auto"
        Share of the samples in which an answer must be seen. 0 keeps all. ``"auto"``: 3/4 of `p_right`; if that is not
        given, a rule of ours: 0 for fewer than 4 samples, else max(2 / N, .01).
    p_right : float, optional
        Probability that a single sample is right, guessed or measured.
    reward_agg : {"mean", "max", "median", "sum"}, default "mean"
        Score of an answer whose samples have different rewards. ``"sum"`` makes it a weighted vote, ``"max"`` trusts
        outliers again.
    denominator : {"all", "valid"}, default "all"
        Whether samples without an answer count in N.
    fill : {"none", "majority", "reward"}, default "none"
        Where fewer than k are seen often enough: take fewer, or add others by votes or by score.
    soft_gate : float, optional
        Instead of alpha (ours, not the paper's): every score is drawn to the mean reward of the question by
        c / (c + soft_gate), c the times it was seen.
    equivalence : str or callable, default "exact"
        Which answers are the same; split copies of a right answer can fall below the gate. See
        `psephos.opinions.equivalence`.
    repeats : int, default 0
        Resamples of the samples of each question to say how sure the selection is; 0 measures nothing.
    rng : int, Generator, SeedSequence or None, default 0
        Random numbers of the resamples.
    engine : int, str or Engine, default 1
        Where the resamples are computed, and of samples in parts the parts; the result is the same everywhere.

    Returns
    -------
    Selection
        What is taken for each question, how sure that is, and every candidate with why it was not.

    Raises
    ------
    InputError
        If there are no answers, lengths differ, a reward is infinite or missing from a mapping, or an option is out of
        range.

    See Also
    --------
    psephos.selection.tune_alpha : choose alpha on questions whose answer is known.
    psephos.selection.alpha_breakpoints : for which alpha the first answer changes.
    psephos.selection.plan_samples : how many samples to draw.

    Examples
    --------
    >>> answers = ["7", "7", "7", "7", "9", "9", "9", "12", "12", "3"]
    >>> rewards = [0.2, 0.4, 0.3, 0.3, 0.8, 0.5, 0.6, 0.7, 0.6, 0.99]
    >>> best_of_majority(answers, rewards, k=2, alpha=0.15).chosen
    [['12', '9']]
    >>> print(best_of_majority(answers, rewards, alpha=0.15).why("0"))
    0     12
      12  taken at place 1: score 0.65, in 2 of 10 samples
      7   often enough (in 4 of 10 samples), but its score 0.3 is not among the best
      9   often enough (in 3 of 10 samples), but its score 0.6333 is not among the best
      3   in 1 of 10 samples; 2 are needed for its score to be trusted
    """
    k = check_count("k", k)
    check_choice("reward_agg", reward_agg, REWARD_AGGREGATES)
    check_choice("denominator", denominator, DENOMINATORS)
    check_choice("fill", fill, FILLS)
    repeats = check_count("repeats", repeats, low=0)
    check_alpha(alpha, p_right, soft_gate)
    if isinstance(answers, Shards):
        own: dict[str, Any] = {
            "k": k,
            "alpha": alpha,
            "p_right": p_right,
            "reward_agg": reward_agg,
            "denominator": denominator,
        }
        own |= {"fill": fill, "soft_gate": soft_gate, "equivalence": equivalence, "repeats": repeats}
        return select_in_parts(best_of_majority, answers, rewards, **own, rng=rng, engine=engine)
    pools = pools_of(answers, rewards, equivalence)
    check_rewards(pools)
    of_item = alpha_of(pools, alpha, p_right, denominator, soft_gate)
    least = needed(of_item, size_of(pools, denominator))
    choice = gated_choice(pools, least, of_item, k=k, reward_agg=reward_agg, fill=fill, soft_gate=soft_gate)
    notes = []
    if soft_gate is not None:
        notes.append("scores were drawn to their mean by votes instead of a gate, which is not of the paper")
    elif alpha == "auto" and p_right is None:
        notes.append("alpha is max(2 / N, .01), a rule of ours; state p_right for that of the paper")
    rule = Rule(k, of_item, reward_agg, True, denominator == "valid", soft_gate, fill)
    options: dict[str, object] = {
        "k": k,
        "alpha": alpha,
        "p_right": p_right,
        "reward_agg": reward_agg,
        "denominator": denominator,
    }
    options |= {"fill": fill, "soft_gate": soft_gate, "equivalence": equivalence, "rewards": given_rewards(rewards)}
    method = "best-of-majority"
    return selection_of(
        pools, choice, rule, method=method, options=options, notes=notes, repeats=repeats, rng=rng, engine=engine
    )


def gated_choice(
    pools: Pools, least: Integers, alpha: Floats, *, k: int, reward_agg: str, fill: str, soft_gate: float | None
) -> Choice:
    """What the rule takes, given how often an answer to each question must be seen.

    Parameters
    ----------
    pools : Pools
        Samples by question and answer.
    least : ndarray of int64, shape (n_items,)
        Votes that an answer needs to pass the gate of its question.
    alpha : ndarray of float64, shape (n_items,)
        The shares behind them, for the facts.
    k : int
        Answers to hand in.
    reward_agg : str
        How the rewards of an answer become one.
    fill : str
        What takes the places that the gate left empty: ``"none"``, ``"majority"`` or ``"reward"``.
    soft_gate : float or None
        Strength of the shrinkage that stands in place of the gate.

    Returns
    -------
    Choice
        A question whose gate lets nothing through is decided by votes, and flagged.
    """
    item, votes = pools.tally.item, pools.tally.votes
    kept = votes >= least[item]
    empty = np.zeros(pools.n_items, dtype=bool)
    empty[item] = True
    empty[item[kept]] = False
    score = _scores(pools, kept, reward_agg, soft_gate)
    place, level = in_order(pools, score, kept)
    by_votes = empty[item]
    if empty.any():
        other, other_level = in_order(pools, votes.astype(np.float64), by_votes)
        place, level = place + other, level | other_level
    taken = (place > 0) & (place <= k)
    reason = np.where(taken, _TAKEN, np.where(kept, _BEHIND, _RARE)).astype(np.int8)
    reason[by_votes] = np.where(taken, _BY_VOTES, _FEWER_VOTES)[by_votes]
    reason[taken & kept & np.isnan(score)] = _UNSCORED
    tied = tied_at(pools, place, level, k)
    place = np.where(taken, place, 0)
    short = np.bincount(item[taken], minlength=pools.n_items) < np.minimum(k, 2**31)
    if fill != "none" and short.any():
        gated = ~taken & ~kept & short[item]
        if pools.asks and fill == "reward":
            score = np.where(gated, pools.asked(gated), score)
        added, _ = in_order(pools, votes.astype(np.float64) if fill == "majority" else score, gated)
        added += np.where(added > 0, np.bincount(item[taken], minlength=pools.n_items)[item], 0)
        more = (added > 0) & (added <= k)
        place, reason = np.where(more, added, place), np.where(more, _FILLED, reason).astype(np.int8)
        short = np.bincount(item[place > 0], minlength=pools.n_items) < k
    unscored = np.zeros(pools.n_items, dtype=bool)
    unscored[item[kept & np.isnan(score)]] = True
    some = np.bincount(item, minlength=pools.n_items) > 0
    flags = {"empty gate": empty, "tie": tied, "no reward": unscored, "fewer than k": short & some & (k > 1)}
    agg = f"{reward_agg} of the rewards of the samples with this answer"
    if soft_gate is not None:
        agg += f", drawn to the mean of all by votes / (votes + {soft_gate:g})"
    facts = {"alpha": alpha, "needed": np.maximum(least, 1)}
    return Choice(place, score, reason, REASONS, flags, facts, agg)


def alpha_of(
    pools: Pools, alpha: float | str, p_right: float | None, denominator: str, soft_gate: float | None = None
) -> Floats:
    """The alpha of each question.

    Parameters
    ----------
    pools : Pools
        Samples by question and answer.
    alpha : float or "auto"
        A share; ``"auto"`` asks for two votes, at least 1 %, and for nothing below four samples.
    p_right : float or None
        Chance that a sample is right, if known: alpha is 3/4 of it.
    denominator : str
        ``"all"`` samples or those with an answer.
    soft_gate : float or None
        With one there is no gate: alpha is 0.

    Returns
    -------
    ndarray of float64, shape (n_items,)
    """
    if soft_gate is not None:
        return np.zeros(pools.n_items)
    if not isinstance(alpha, str):
        return np.full(pools.n_items, float(alpha))
    if p_right is not None:
        return np.full(pools.n_items, 0.75 * p_right)
    size = size_of(pools, denominator)
    return np.where(size < 4, 0.0, np.maximum(2 / np.maximum(size, 1), 0.01))


def size_of(pools: Pools, denominator: str) -> Integers:
    """The samples of each question that count."""
    return pools.drawn if denominator == "all" else pools.answered


def check_alpha(alpha: float | str, p_right: float | None, soft_gate: float | None) -> None:
    """Refuse an alpha, a probability or a soft gate that is out of range, and alpha with what stands in its place."""
    if isinstance(alpha, str):
        check_choice("alpha", alpha, ("auto",))
    else:
        check_number("alpha", alpha, low=0, high=1)
        for name, value in (("p_right", p_right), ("soft_gate", soft_gate)):
            if value is not None:
                raise InputError(name, "stands in the place of alpha", hint="state one of the two")
    if p_right is not None:
        check_number("p_right", p_right, low=0, high=1)
    if soft_gate is not None:
        check_number("soft_gate", soft_gate, low=0)


def check_rewards(pools: Pools) -> None:
    """Refuse samples without any reward."""
    if not len(pools.reward) and not pools.asks:
        raise InputError("rewards", "are none", hint="give rewards=, a column 'reward', or take the majority")


def _scores(pools: Pools, kept: npt.NDArray[np.bool_], reward_agg: str, soft_gate: float | None) -> Floats:
    """Score of each pair; where rewards are asked for, of those kept."""
    score = pools.asked(kept) if pools.asks else pools.scores(reward_agg)
    if soft_gate is None:
        return score
    item = pools.tally.item
    known = ~np.isnan(score)
    votes = np.where(known, pools.tally.votes, 0).astype(np.float64)
    if pools.asks:
        total, count = (
            np.bincount(item, weights=w, minlength=pools.n_items) for w in (np.where(known, score, 0) * votes, votes)
        )
    else:
        reward = pools.reward[pools.rows]
        row_item = np.repeat(item, pools.tally.votes)
        given = ~np.isnan(reward)
        total, count = (
            np.bincount(row_item[given], weights=w, minlength=pools.n_items)
            for w in (reward[given], np.ones(given.sum()))
        )
    mean = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    return shrunk(score, pools.tally.votes, mean[item], soft_gate)


def given_rewards(rewards: Rewards | None) -> object:
    """What provenance says of rewards that were handed over, which no command line can repeat."""
    return None if rewards is None else rewards if callable(rewards) else given_rewards
