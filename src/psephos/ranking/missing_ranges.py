"""Which places could each candidate have, if its holes were not left by chance?

Who does badly on a task is often not reported on it. For each candidate i the holes are filled in two ways:

    best case    i's own holes with a score above all others, everyone else's with one below all
    worst case   the other way round

and the place by points is taken. Where no ranks lie between the two, no filling of these kinds changes a place.

Source: sheet 14 ("beyond the paper"), ours. The holes of others share one place in each case.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from psephos.ranking.orders import average_ranks, counts, orders_of
from psephos.ranking.score_tables import Scores, ScoreTable, score_table
from psephos.statistics.rank_spread import competition_ranks


def ranks_under_missing(scores: Scores | ScoreTable) -> pl.DataFrame:
    """Best and worst place by points of each candidate over fillings of the holes.

    Parameters
    ----------
    scores : array_like, Opinions or ScoreTable
        See `score_table`; of tasks with instances the order of each task counts.

    Returns
    -------
    polars.DataFrame
        candidate, missing (tasks without a score), rank (holes completed), rank_best, rank_worst.

    Examples
    --------
    >>> nan = float("nan")
    >>> ranks_under_missing([[3, 3, nan], [2, 2, 1], [1, 1, 2]])["rank_best", "rank_worst"].rows()
    [(1, 1), (2, 2), (3, 3)]
    """
    table = score_table(scores)
    orders = orders_of(table, pooling=None, ties="average", holes="completion")
    known = ~np.isnan(orders.ranks)
    size = orders.ranks.shape[1]
    # Places go by ratios of weights: tiny ones must not make everyone equal on the grid below.
    heights = orders.weights / orders.weights.max()
    places = {}
    for case, own, others in (("rank_best", -1.0, size + 1.0), ("rank_worst", size + 1.0, -1.0)):
        found = np.empty(size, dtype=np.int64)
        for i in range(size):
            filled = np.where(known, orders.ranks, others)
            filled[~known[:, i], i] = own
            total = heights @ (size - average_ranks(-filled))
            place = competition_ranks(np.round(total, 9))
            # Of tied candidates the best case takes the better place, the worst case the worse one.
            found[i] = place[i] if case == "rank_best" else place[i] + int((place == place[i]).sum()) - 1
        places[case] = found
    points, _ = counts(orders.ranks, "completion", heights)
    return pl.DataFrame(
        {
            "candidate": table.candidates,
            "missing": (~known).sum(axis=0),
            "rank": competition_ranks(np.round(points, 9)).astype(np.int64),
            **places,
        }
    )
