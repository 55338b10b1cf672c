"""Who has the highest mean, of scores or of ranks? The habits of the field, to compare with.

    mean score_i = sum_t w_t x_it / sum_t w_t,      mean rank_i = - sum_t w_t r_it / sum_t w_t,    over the tasks scored

A mean of scores is decided by the tasks with the widest scale, and by which tasks a candidate was scored on. Both are
said in the notes: the task with the largest part of the variance between candidates, tau with the order by points, and
the holes.

Source: common practice; the warnings are those of sheet 14.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

from psephos.engine.streams import Rng, seed_of
from psephos.errors import InputError, check_count, check_number, check_squares
from psephos.opinions.orderings import order_of
from psephos.opinions.wording import plural
from psephos.ranking.orders import Orders, average_ranks, counts, orders_of
from psephos.ranking.score_tables import Scores, ScoreTable, score_table
from psephos.ranking.task_rankings import TaskRanking, task_ranking
from psephos.statistics import bootstrap, kendall_tau
from psephos.statistics.rank_spread import competition_ranks, on_grid, rank_spread

DOMINANT = 0.5
"""A task with more than this share of the variance between candidates is named."""


def mean_score(
    scores: Scores | ScoreTable, *, repeats: int = 1000, level: float = 0.95, rng: Rng = None
) -> TaskRanking:
    """Rank by the mean of the scores over tasks.

    Parameters
    ----------
    scores, repeats, level, rng
        As of `borda`; of tasks with instances the mean over them counts. Tasks on which lower is better count negative.

    Returns
    -------
    TaskRanking
        Candidates in order, with the spread of ranks over tasks and warnings about unlike scales.

    Raises
    ------
    InputError
        As of `score_table`; `scores` beyond 1e150, whose spread cannot be told.

    See Also
    --------
    borda : each task counts as much as another, whatever its scale.

    Examples
    --------
    >>> table = score_table([[0.9, 10], [0.8, 11], [0.7, 90]], candidates=["a", "b", "c"])
    >>> made = mean_score(table, rng=0)
    >>> made.names, made.provenance.notes[0][:49]
    (['c', 'b', 'a'], 'task 1 has 100 % of the variance between candidat')
    """
    table = score_table(scores)
    check_squares("scores", table.scores)
    return _of_means(table, table.scores, "mean", "mean score over tasks", _scale_notes(table), repeats, level, rng)


def mean_rank(scores: Scores | ScoreTable, *, repeats: int = 1000, level: float = 0.95, rng: Rng = None) -> TaskRanking:
    """Rank by the mean of the ranks over tasks; scores are mean ranks with a minus, so that higher is better.

    Parameters
    ----------
    scores, repeats, level, rng
        As of `borda`; of tasks with instances the ranks of the means count.

    Returns
    -------
    TaskRanking
        Candidates in order, with the spread of ranks over tasks.

    Examples
    --------
    >>> made = mean_rank([[0.9, 10], [0.8, 11], [0.7, 90]], rng=0)
    >>> made.scores.tolist()
    [-2.0, -2.0, -2.0]
    """
    table = score_table(scores)
    ranks = -average_ranks(table.scores.T).T
    return _of_means(
        table, ranks, "mean-rank", "mean rank over tasks, negative", _hole_notes(table), repeats, level, rng
    )


def has_mean(table: ScoreTable) -> bool:
    """Whether means of these scores, and how far they scatter, are numbers that a float holds."""
    try:
        check_squares("scores", table.scores)
    except InputError:
        return False
    return True


def _of_means(
    table: ScoreTable,
    values: npt.NDArray[np.float64],
    method: str,
    means: str,
    notes: tuple[str, ...],
    repeats: int,
    level: float,
    rng: Rng,
) -> TaskRanking:
    repeats, level = check_count("repeats", repeats, low=0), check_number("level", level, low=0, high=1, open_ends=True)
    seed = seed_of(rng)
    known: npt.NDArray[np.bool_] = ~np.isnan(values)
    weighted = np.where(known, values, 0.0) * table.weights
    mass = known * table.weights

    def mean(draws: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        under = draws @ mass.T
        made: npt.NDArray[np.float64] = np.divide(
            draws @ weighted.T, under, out=np.full(under.shape, np.nan), where=under > 0
        )
        return made

    scores = mean(np.ones((1, len(table.tasks))))[0]
    order, ranks = order_of(scores, 1e-12 * float(np.nanmax(np.abs(values), initial=0.0)))
    spread = None
    if repeats and len(table.tasks) > 1:
        drawn = bootstrap(mean, len(table.tasks), repeats=repeats, method="percentile", rng=seed).replicates
        spread = rank_spread(
            drawn, ranks=competition_ranks(on_grid(drawn)), level=level, means=f"{table.unit}s resampled"
        )
    elif repeats:
        notes += (f"one {table.unit} alone cannot be resampled: no intervals",)
    whole = mass.sum(axis=1, keepdims=True)
    share = np.divide(weighted, whole, out=np.zeros_like(weighted), where=whole > 0)
    refit: Callable[[int], TaskRanking] = partial(_without, table, mean_score if method == "mean" else mean_rank)
    return task_ranking(
        table,
        _task_orders(table),
        method=method,
        scores=scores,
        score_means=means,
        options={"repeats": repeats, "level": level},
        order=order,
        ranks=ranks,
        refit=refit,
        holes="available",
        seed=seed,
        spread=spread,
        notes=notes,
        contributions=np.where(known, share, np.nan).T,
        reasons={table.candidates[int(i)]: "has no score" for i in np.flatnonzero(np.isnan(scores))},
    )


def _task_orders(table: ScoreTable) -> Orders:
    return Orders(average_ranks(table.scores.T), table.weights, np.arange(len(table.tasks)))


def _scale_notes(table: ScoreTable) -> tuple[str, ...]:
    """Which task decides the mean, and how far the order by points lies from it."""
    notes: list[str] = []
    known = ~np.isnan(table.scores)
    count = known.sum(axis=0)
    mean = np.where(known, table.scores, 0).sum(axis=0) / np.maximum(count, 1)
    spread = table.weights**2 * (np.where(known, table.scores - mean, 0) ** 2).sum(axis=0) / np.maximum(count, 1)
    if len(spread) > 1 and spread.sum() > 0:
        most = int(np.argmax(spread))
        share = float(spread[most] / spread.sum())
        if share > DOMINANT:
            points, _ = counts(orders_of(table, pooling=None, ties="average", holes="completion").ranks, "completion")
            total = np.nansum(table.scores * table.weights, axis=1) / np.maximum(
                (known * table.weights).sum(axis=1), 1e-300
            )
            tau = kendall_tau(total, points).value
            far = "" if np.isnan(tau) else f"; Kendall tau-b with the order by points is {tau:.2f}"
            notes.append(
                f"{table.unit} {table.tasks[most]} has {share:.0%} of the variance between candidates".replace(
                    "%", " %"
                )
                + f" and decides the mean{far}"
            )
    return (*notes, *_hole_notes(table))


def _hole_notes(table: ScoreTable) -> tuple[str, ...]:
    lost = int(np.isnan(table.scores).sum())
    if not lost:
        return ()
    return (f"{plural(lost, 'score is', 'scores are')} missing: candidates are averaged over different {table.unit}s",)


def _without(table: ScoreTable, method: Callable[..., TaskRanking], task: int) -> TaskRanking:
    return method(table.without(task), repeats=0, rng=0)
