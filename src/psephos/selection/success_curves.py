"""Does a rule get better with more samples, or worse?

From the M samples of each question N are drawn without replacement, the rule is applied to them, and it is counted
whether one of the k answers taken is right; the mean over many such draws, then over questions, is one point. Majority
vote levels off at the most frequent answer, best-of-N falls where the score errs, best of majority should rise.

Source: sheet 03, evaluation by resampling; the fall of best-of-N: arXiv:2510.03199. All draws of all questions are
grouped and selected together, as so many questions of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine import Rng, generator, progress, seed_of
from psephos.errors import InputError, check_choice, check_count
from psephos.opinions.coding import Coded
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.model import Opinions, frozen
from psephos.opinions.outcomes import Provenance, option_name
from psephos.opinions.selections import Selection
from psephos.opinions.tallies import tally
from psephos.selection.best_of_majority import alpha_of, check_alpha, check_rewards, gated_choice, size_of
from psephos.selection.curves import SuccessCurves, share_intervals
from psephos.selection.grouping import Answers, Rewards, pools_of
from psephos.selection.known_answers import right_answers
from psephos.selection.pools import REWARD_AGGREGATES, Floats, Integers, Pools, in_order
from psephos.selection.sureness import needed
from psephos.statistics import Interval, wilson_interval

RULES = ("most-common", "best-of-n", "best-of-majority")

ROWS_AT_ONCE = 2**19


def success_curves(
    answers: Answers,
    rewards: Rewards | None = None,
    gold: pl.Series | npt.ArrayLike | None = None,
    *,
    sizes: Sequence[int],
    rules: Sequence[str] = RULES,
    k: int = 1,
    alpha: float | str = "auto",
    p_right: float | None = None,
    reward_agg: str = "mean",
    equivalence: Equivalence = "exact",
    draws: int = 100,
    repeats: int = 1000,
    rng: Rng = 0,
) -> SuccessCurves:
    """How often rules take a right answer, against the number of samples.

    Parameters
    ----------
    answers, rewards
        As in `psephos.selection.best_of_majority`, but one number for each sample.
    gold : array_like, shape (n_items,), optional
        The right answers, None where unknown; the column ``gold`` of the table about items if not given.
    sizes : sequence of int
        Numbers of samples N; questions with fewer are left out at this N.
    rules : sequence of {"most-common", "best-of-n", "best-of-majority"}
        Which rules.
    k, alpha, p_right, reward_agg, equivalence
        As in `psephos.selection.best_of_majority`.
    draws : int, default 100
        How often N samples are drawn of each question.
    repeats : int, default 1000
        Resamples of the questions for the intervals.
    rng : int, Generator, SeedSequence or None, default 0
        Random numbers of both.

    Returns
    -------
    SuccessCurves
        One curve for each rule, with intervals over questions.

    Raises
    ------
    InputError
        If no question has so many samples, no right answer is known, or an option is out of range.

    Examples
    --------
    >>> answers, rewards = [["a"] * 3 + ["b"] * 6 + ["c"]], [[0.9] * 3 + [0.2] * 6 + [1.0]]
    >>> curves = success_curves(answers, rewards, ["a"], sizes=[10], rules=["best-of-n", "best-of-majority"], rng=0)
    >>> curves.table().select("measure", "draws", "value").rows()
    [('best-of-n', 10, 0.0), ('best-of-majority', 10, 1.0)]
    """
    k, draws, repeats = check_count("k", k), check_count("draws", draws), check_count("repeats", repeats, low=0)
    check_choice("reward_agg", reward_agg, REWARD_AGGREGATES)
    check_alpha(alpha, p_right, None)
    for rule in rules:
        check_choice("rules", rule, RULES)
    many = sorted({check_count("sizes", size) for size in sizes})
    pools = pools_of(answers, rewards, equivalence)
    if set(rules) != {"most-common"}:
        check_rewards(pools)
    if pools.asks:
        raise InputError("rewards", "must be one number for each sample")
    right, known = right_answers(pools, gold, equivalence)
    gold_code = np.full(pools.n_items, -2, dtype=np.int64)
    gold_code[pools.tally.item[right]] = pools.tally.choice[right]
    seed = seed_of(rng)
    stream = generator(seed)
    rows = []
    with progress("drawing samples", total=len(many)) as advance:
        for size in many:
            items = np.flatnonzero(known & (pools.drawn >= size))
            if not len(items):
                raise InputError(
                    "sizes", f"no question with a known answer has {size} samples", hint="ask for fewer, or draw more"
                )
            share = _shares(pools, items, size, draws, stream, gold_code, rules, (k, alpha, p_right, reward_agg))
            for rule, own in share.items():
                low, high = share_intervals(own[:, None], repeats, seed)
                rows.append((rule, size, float(own.mean()), float(low[0]), float(high[0]), len(items), None))
            advance()
    names = ("measure", "draws", "value", "low", "high", "items", "due_to_draws")
    table = pl.DataFrame(rows, schema=list(names), orient="row", schema_overrides={"due_to_draws": pl.Float64})
    return SuccessCurves(
        provenance=Provenance(
            "success curves",
            {"sizes": many, "rules": list(rules), "k": k, "alpha": alpha, "p_right": p_right, "reward_agg": reward_agg}
            | {"equivalence": option_name(equivalence), "draws": draws, "repeats": repeats},
            pools.opinions.source,
            seed=seed,
        ),
        rows=table.sort(pl.col("measure").replace_strict(list(rules), range(len(rules))), "draws"),
        level=0.95,
    )


def solved(
    selection: Selection, gold: pl.Series | npt.ArrayLike | None = None, *, equivalence: Equivalence = "exact"
) -> Interval:
    """Share of questions for which a right answer was taken, with its 95 % interval (Wilson).

    Parameters
    ----------
    selection : Selection
        On questions with known answers.
    gold : array_like, shape (n_items,), optional
        The right answers, None where unknown; the column ``gold`` of the table about items if not given.
    equivalence : str or callable, default "exact"
        Which answers are the same.

    Returns
    -------
    Interval
        The share and its Wilson bounds.

    Raises
    ------
    InputError
        If no right answer is known.

    Examples
    --------
    >>> from psephos.selection import most_common
    >>> print(solved(most_common([["a", "a", "b"], ["c", "d", "d"]]), ["a", "c"]))
    .50 [.09, .91]
    """
    right, known = right_answers(pools_of(selection.opinions, None, "exact"), gold, equivalence)
    hit = np.zeros(len(selection), dtype=bool)
    hit[selection.item[(selection.place > 0) & right]] = True
    low, high = wilson_interval(hit[known].sum(), known.sum())
    return Interval(float(hit[known].mean()), float(low), float(high), 0.95)


def _shares(
    pools: Pools,
    items: Integers,
    size: int,
    draws: int,
    stream: np.random.Generator,
    gold_code: Integers,
    rules: Sequence[str],
    options: tuple[int, float | str, float | None, str],
) -> dict[str, Floats]:
    """Of each item the share of draws of `size` samples from which each rule takes a right answer."""
    hits = {rule: np.zeros(len(items)) for rule in rules}
    step = max(1, ROWS_AT_ONCE // (size * len(items)))
    for start in range(0, draws, step):
        batch = min(step, draws - start)
        drawn = _drawn(pools, items, size, batch, stream)
        wanted = np.tile(gold_code[items], batch)[drawn.tally.item]
        for rule in rules:
            place = _places(rule, drawn, *options)
            hit = (place > 0) & (place <= options[0]) & (drawn.tally.choice == wanted)
            hits[rule] += np.bincount(drawn.tally.item[hit] % len(items), minlength=len(items))
    return {rule: found / draws for rule, found in hits.items()}


def _drawn(pools: Pools, items: Integers, size: int, batch: int, stream: np.random.Generator) -> Pools:
    """`size` samples of each item, drawn `batch` times, as so many questions."""
    item = pools.opinions.codes("item")
    wanted = np.isin(item, items)
    rows = np.flatnonzero(wanted if pools.lost is None else wanted & ~pools.lost)
    rows = rows[np.argsort(item[rows], kind="stable")]
    lengths = np.bincount(item[rows], minlength=pools.n_items)[items]
    of = np.repeat(np.arange(len(items)), lengths)
    heads = (np.cumsum(lengths) - lengths)[:, None] + np.arange(size)
    picked = np.concatenate([rows[np.argsort(of + stream.random(len(rows)))[heads]].ravel() for _ in range(batch)])
    question = np.repeat(np.arange(batch * len(items), dtype=np.int32), size)
    answer = pools.opinions.codes("answer")[picked]
    names = pl.Series("item", range(batch * len(items))).cast(pl.String)
    coded = {"item": Coded(question, names), "answer": Coded(answer, pools.opinions.vocabulary("answer"))}
    opinions = Opinions("samples", frozen(coded), frozen({}), pl.DataFrame())
    counted = tally(question, answer, len(names), pools.opinions.size("answer"))
    order, reward = pools.order[picked], pools.reward[picked] if len(pools.reward) else pools.reward
    return Pools(opinions, counted, lambda: order, reward, pools.ask, False)


def _places(rule: str, pools: Pools, k: int, alpha: float | str, p_right: float | None, reward_agg: str) -> Integers:
    """Places of pairs under a rule, 0 for those that are not taken."""
    if rule == "best-of-majority":
        of_item = alpha_of(pools, alpha, p_right, "all")
        least = needed(of_item, size_of(pools, "all"))
        return gated_choice(pools, least, of_item, k=k, reward_agg=reward_agg, fill="none", soft_gate=None).place
    everything = np.ones(len(pools.tally.choice), dtype=bool)
    if rule == "best-of-n":
        return in_order(pools, pools.scores("max"), everything, by_votes=False)[0]
    return in_order(pools, pools.tally.votes.astype(np.float64), everything)[0]
