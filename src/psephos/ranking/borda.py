"""Who collects most points, if each task only says an order?

    b_i = sum_t w_t points_t(i),        points_t(i) = #{j that i beats on t} + 1/2 #{j that ties with i on t}

A mean lets the task with the widest scale decide; here each task counts as much as its weight says. With results on
single instances the points within a task make one order of it first (two-level), so that a task with many instances
does not outweigh the others; "one_level" pools all instances.

Source: Colombo, Noiry, Irurozki and Clemencon (2022), arXiv:2202.03799; holes: arXiv:2305.10284. Differs: ties share
their points instead of going by the order of rows (`ties="first"` reproduces that); holes in closed form; intervals.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from psephos.engine.streams import Rng, seed_of
from psephos.errors import InputError, check_count, check_number
from psephos.opinions.orderings import order_of
from psephos.opinions.wording import first_of
from psephos.ranking.orders import never_met, order_scores, orders_of
from psephos.ranking.score_tables import Scores, ScoreTable, score_table
from psephos.ranking.task_rankings import TaskRanking, points_by_task, resampled, task_ranking


def borda(
    scores: Scores | ScoreTable,
    *,
    holes: str = "completion",
    pooling: str | None = None,
    ties: str = "average",
    repeats: int = 1000,
    level: float = 0.95,
    rng: Rng = None,
) -> TaskRanking:
    """Rank by points over the orders of the tasks.

    Parameters
    ----------
    scores : array_like of float, shape (n_candidates, n_tasks); sequence of such; Opinions; or ScoreTable
        See `score_table`, which also takes names, directions and weights.
    holes : {"completion", "available", "error"}, default "completion"
        What a hole is: anything compatible with the rest, equally likely; nothing, and scores are shares of the
        comparisons made; or an error.
    pooling : {"two_level", "one_level"}, optional
        Of tasks with instances: points within each task first (the default), or all instances in one pool.
    ties : {"average", "first"}, default "average"
        "first" breaks ties by the order of rows, only to reproduce published numbers.
    repeats : int, default 1000
        Resamples of tasks (and instances within them) for the intervals; 0 for none.
    level : float, default 0.95
        Confidence of the intervals.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.

    Returns
    -------
    TaskRanking
        Candidates in order, with points, ties and the spread of ranks over tasks.

    Raises
    ------
    InputError
        As of `score_table`; `scores` where there are holes and `holes` is "error", or a candidate has no score at all
        and `holes` is "available".

    See Also
    --------
    kemeny : the order that contradicts the tasks least.
    mean_score : the habit of the field.

    Examples
    --------
    >>> votes = score_table([[3, 3, 3, 1, 1], [2, 2, 2, 3, 3], [1, 1, 1, 2, 2]], candidates=["A", "B", "C"])
    >>> ranking = borda(votes, rng=0)
    >>> ranking.scores.tolist(), ranking.names
    ([6.0, 7.0, 2.0], ['B', 'A', 'C'])
    """
    table = score_table(scores)
    repeats, level = check_count("repeats", repeats, low=0), check_number("level", level, low=0, high=1, open_ends=True)
    orders = orders_of(table, pooling=pooling, ties=ties, holes=holes)
    unscored = no_score(table, holes)
    seed = seed_of(rng)
    by_task, seen = points_by_task(orders, len(table.tasks), holes)
    total = order_scores(by_task.sum(axis=0), seen.sum(axis=0), holes)
    order, ranks = order_of(total, 1e-9 * (1.0 if holes == "available" else float(table.weights.max())))
    spread, why = resampled(
        table, orders, pooling=pooling, ties=ties, holes=holes, repeats=repeats, level=level, rng=seed
    )
    return task_ranking(
        table,
        orders,
        method="borda",
        scores=total,
        score_means="share of comparisons won" if holes == "available" else "points: candidates beaten, ties half",
        options={"holes": holes, "pooling": pooling, "ties": ties, "repeats": repeats, "level": level},
        order=order,
        ranks=ranks,
        refit=partial(_without, table, holes, pooling, ties),
        holes=holes,
        seed=seed,
        spread=spread,
        notes=(*unscored, *never_met(orders, holes), *filter(None, (why,))),
        contributions=by_task,
        reasons={table.candidates[int(i)]: "was never compared with anyone" for i in np.flatnonzero(np.isnan(total))},
    )


def no_score(table: ScoreTable, holes: str) -> tuple[str, ...]:
    """A note on candidates without any score, as a tuple to add to others.

    Parameters
    ----------
    table : ScoreTable
    holes : str
        With ``"completion"`` such a candidate has a neutral place; else it has none.

    Raises
    ------
    InputError
        `scores`: a candidate without a score cannot be placed.
    """
    empty = np.flatnonzero(np.isnan(table.scores).all(axis=1))
    if not len(empty):
        return ()
    names = [table.candidates[int(candidate)] for candidate in empty]
    if holes != "completion":
        raise InputError(
            "scores", f"candidate {names[0]} has no score", hint="holes='completion' gives it a neutral place"
        )
    have = "have" if len(names) > 1 else "has"
    return (f"candidate {first_of(names, 1)} {have} no score at all: a neutral place in the middle",)


def _without(table: ScoreTable, holes: str, pooling: str | None, ties: str, task: int) -> TaskRanking:
    rest = "completion" if holes == "error" else holes
    return borda(table.without(task), holes=rest, pooling=pooling, ties=ties, repeats=0, rng=0)
