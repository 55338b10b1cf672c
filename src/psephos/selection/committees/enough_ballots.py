"""How many rankings does a bound for fairness need before it brings quality back?

Planned ahead (`rankings_needed`): ballots are drawn with a bias of utilities, a committee is chosen from them without
and with a bound, and both are judged by ballots without the bias,

    ratio = F(chosen) / F(best);        needed = fewest rankings at which the ratio with the bound reaches the target.

From ballots at hand (`enough_rankings`): voters are drawn anew; where the committee hardly changes, there are enough.

Source: arXiv:2306.09835; sheet 05. Ours: the planning, and the check by resamples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log
from typing import Any

import numpy as np
import polars as pl

from psephos.engine import Engine, map_shards
from psephos.engine.streams import Rng, seed_of, spawn
from psephos.errors import InputError, check_count, check_number
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result, json_ready
from psephos.selection.committees.ballot_box import Rankings, ballots
from psephos.selection.committees.biased_ballots import bias_by_utility
from psephos.selection.committees.greedy import best_by_sum, greedy
from psephos.selection.committees.group_bounds import Bounds, quotas
from psephos.selection.committees.place_scores import Rule, Score, candidate_scores, place_scores, total_scores
from psephos.selection.committees.solving import task_of
from psephos.statistics import reweightings

GROUP, REST = "disadvantaged", "others"


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class RankingsNeeded(Result):
    """Quality of committees by the number of rankings, with and without a bound.

    Attributes
    ----------
    curve : polars.DataFrame
        score, rankings, free, free_error, fair, fair_error: mean ratio to the best, and its standard error.
    needed : dict of str to int or None
        Fewest rankings at which the ratio with the bound reaches the target; None if it did not.
    target : float
        Share of the best value that is asked for.
    """

    curve: pl.DataFrame
    needed: dict[str, int | None]
    target: float

    def table(self) -> pl.DataFrame:
        """One row per score and number of rankings."""
        return self.curve

    def summary(self) -> list[tuple[str, str]]:
        """How many rankings each score needs."""
        lines = [("target", f"{self.target:.0%} of the quality of the best committee")]
        for score, number in self.needed.items():
            last = self.curve.filter(pl.col("score") == score).tail(1)
            found = f"{number:,} rankings" if number else f"more than {last['rankings'][0]:,} rankings"
            lines.append(
                (
                    score,
                    f"{found}; at the most tried {last['fair'][0]:.3f} with the bound, {last['free'][0]:.3f} without",
                )
            )
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        return {**super().to_dict(), "needed": json_ready(self.needed), "target": self.target}


def rankings_needed(
    candidates: int = 50,
    k: int = 10,
    *,
    theta: float,
    lower: int | None = None,
    share: float = 0.5,
    scores: Sequence[str] = ("sntv", "bloc", "borda"),
    rankings: Sequence[int] = (10, 30, 100, 300, 1000),
    target: float = 0.95,
    judges: int = 4000,
    repeats: int = 20,
    rng: Rng = None,
    engine: int | str | Engine = 1,
) -> RankingsNeeded:
    """Say how many rankings a bound needs to bring back what a bias takes.

    Parameters
    ----------
    candidates, k : int
        How many there are, and members to choose.
    theta : float
        Bias: what a value of the group that is pushed down is seen as, as a share; above 0, at most 1.
    lower : int, optional
        Least members of this group; its share of k if not given.
    share : float, default 0.5
        Share of the candidates in this group.
    scores : sequence of str
        Scores to compare, as of `committee`.
    rankings : sequence of int
        Numbers of rankings to try, rising.
    target : float, default 0.95
        Share of the quality of the best committee that is enough.
    judges : int, default 4000
        Ballots without bias that judge.
    repeats : int, default 20
        Draws of candidates and ballots.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.
    engine : int, str or Engine, default 1
        Where draws are made; the answer is the same everywhere.

    Returns
    -------
    RankingsNeeded
        Quality with and without the bound for each number of rankings, and the first that is enough.

    Raises
    ------
    InputError
        If a number is out of range.

    See Also
    --------
    enough_rankings : from ballots at hand.

    Examples
    --------
    >>> plan = rankings_needed(12, 3, theta=0.5, rankings=(5, 200), judges=500, repeats=4, rng=0)
    >>> plan.curve.height, plan.needed["borda"]
    (6, 5)
    """
    m = check_count("candidates", candidates, low=2)
    check_count("k", k)
    if k > m:
        raise InputError("k", f"must be at most {m}, got {k}")
    check_number("theta", theta, low=0, high=1)
    check_number("target", target, low=0, high=1)
    check_number("share", share, low=0, high=1, open_ends=True)
    tried = [check_count("rankings", n) for n in rankings]
    if not tried or sorted(set(tried)) != tried:
        raise InputError("rankings", "must be numbers that rise")
    in_group = min(m - 1, max(1, round(share * m)))
    least = min(in_group, round(share * k)) if lower is None else check_count("lower", lower, low=0)
    quotas(pl.Series([GROUP] * in_group + [REST] * (m - in_group)), m, k, {GROUP: least}, None)
    check_count("judges", judges)
    check_count("repeats", repeats, low=2)
    for score in scores:
        place_scores(score, m, k)
    seed = seed_of(rng)
    shared: dict[str, Any] = {"m": m, "k": k, "theta": theta, "least": least, "in_group": in_group}
    shared |= {"scores": list(scores), "tried": tried, "judges": judges}
    drawn = np.stack(list(map_shards(_one_draw, range(repeats), shared=shared, rng=seed, engine=engine)))
    mean, error = drawn.mean(axis=0), drawn.std(axis=0, ddof=1) / np.sqrt(repeats)
    rows = [
        (score, n, mean[s, t, 0], error[s, t, 0], mean[s, t, 1], error[s, t, 1])
        for s, score in enumerate(scores)
        for t, n in enumerate(tried)
    ]
    curve = pl.DataFrame(rows, schema=["score", "rankings", "free", "free_error", "fair", "fair_error"], orient="row")
    needed = {
        score: next((n for t, n in enumerate(tried) if mean[s, t, 1] >= target), None) for s, score in enumerate(scores)
    }
    parameters = {"candidates": m, "k": k, "theta": theta, "lower": least, "repeats": repeats, "target": target}
    return RankingsNeeded(
        provenance=Provenance("rankings needed", parameters, Source(), seed=seed),
        curve=curve,
        needed=needed,
        target=target,
    )


def _one_draw(
    _: int,
    *,
    m: int,
    k: int,
    theta: float,
    least: int,
    in_group: int,
    scores: list[str],
    tried: list[int],
    judges: int,
    rng: np.random.Generator,
) -> Any:
    """Ratios without and with the bound, shape (n_scores, n_tried, 2)."""
    down = np.zeros(m, dtype=bool)
    down[rng.permutation(m)[:in_group]] = True
    values = rng.random(m)
    groups = pl.Series(np.where(down, GROUP, REST))
    free, fair = quotas(None, m, k, None, None), quotas(groups, m, k, {GROUP: least}, None)
    judge = ballots(bias_by_utility(values, down, theta=1.0, voters=judges, rng=rng).latent)
    seen = bias_by_utility(values, down, theta=theta, voters=tried[-1], rng=rng).biased
    found = np.empty((len(scores), len(tried), 2))
    for s, score in enumerate(scores):
        worth = place_scores(score, m, k)
        truth = total_scores(judge, worth)
        best = truth[best_by_sum(truth, k, free)].sum()
        for t, n in enumerate(tried):
            told = total_scores(ballots(seen[:n]), worth)
            found[s, t] = [truth[best_by_sum(told, k, bounds)].sum() / best for bounds in (free, fair)]
    return found


def enough_rankings(
    rankings: Rankings,
    k: int,
    *,
    rule: Rule = "separable",
    groups: Sequence[object] | None = None,
    lower: Bounds | None = None,
    upper: Bounds | None = None,
    scores: Sequence[Score] = ("sntv", "bloc", "dcg", "borda"),
    repeats: int = 200,
    rng: Rng = None,
    **given: Any,
) -> pl.DataFrame:
    """Say for which scores there are enough rankings: how often the committee changes if voters are drawn anew.

    Parameters
    ----------
    rankings, k, rule, groups, lower, upper
        As of `committee`.
    scores : sequence of str
        Scores to compare.
    repeats : int, default 200
        Resamples of the voters.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.
    **given
        `weights` and `candidates`, as of `committee`.

    Returns
    -------
    polars.DataFrame
        score, same (share of resamples with the very same committee), kept (mean share of its members in them), alpha
        (see `smoothness`), order (log(m) / alpha^2, an order of magnitude), advised; the steadiest score first.

    Raises
    ------
    InputError
        As of `committee`.

    Examples
    --------
    >>> votes = bias_by_utility([1.0, 0.9, 0.2, 0.1], [False] * 4, theta=1.0, voters=300, rng=0).latent
    >>> enough_rankings(votes, 2, rng=0)["same"].min() > 0.9
    True
    """
    own = ballots(rankings, groups=groups, **given)
    check_count("repeats", repeats)
    own = own.take(np.flatnonzero(own.weights > 0))
    if len(own.low) < 2:
        raise InputError("rankings", "one ballot alone cannot be resampled", hint="give the ballots of more voters")
    rows = []
    for score, stream in zip(scores, spawn(seed_of(rng), len(scores)), strict=True):
        task = task_of(
            own, k, score=score, rule=rule, lower=dict(lower or {}), upper=dict(upper or {}), solver="greedy", seconds=0
        )
        table = candidate_scores(own, task.scores)
        totals = own.weights @ table

        def chosen(weight: Any, total: Any, task: Any = task, table: Any = table) -> set[int]:
            if task.sums:
                return set(best_by_sum(total, task.k, task.bounds))
            return set(greedy(table, weight, task.a, task.k, task.bounds, total)[0])

        members = chosen(own.weights, totals)
        same = kept = 0.0
        for block in reweightings(len(own.low), repeats=repeats, rng=stream):
            weighted = block * own.weights
            for weight, total in zip(weighted, weighted @ table, strict=True):
                found = chosen(weight, total)
                same += found == members
                kept += len(found & members) / task.k
        alpha = float(totals.min() / (own.weights.sum() * task.scores[0])) if task.scores[0] > 0 else 0.0
        order = log(own.size) / alpha**2 if alpha > 0 else inf
        rows.append((str(score), same / repeats, kept / repeats, alpha, order))
    frame = pl.DataFrame(rows, schema=["score", "same", "kept", "alpha", "order"], orient="row")
    frame = frame.sort("kept", "same", descending=True, maintain_order=True)
    return frame.with_columns(advised=pl.int_range(pl.len()) == 0)
