"""Which pair should be shown next?

One more battle of i and j adds p (1 - p) to the information on their difference, so with V the covariance of the
strengths and u = V (e_i - e_j) it takes from the variances between the top candidates

    drop_ij = p (1 - p) / (1 + p (1 - p) (V_ii + V_jj - 2 V_ij))  sum_{a < b in top} (u_a - u_b)^2,

which is largest for close pairs among the top that met seldom. No data are simulated.

Source: ours (sheet 30); the update is Sherman and Morrison's (1950).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from psephos.errors import InputError, check_count
from psephos.ranking.pairwise.battle_ranking import POINTS, BattleRanking


def next_battles(ranking: BattleRanking, *, top: int = 5, n: int = 10) -> pl.DataFrame:
    """The pairs whose next battle says most about the top ranks.

    Parameters
    ----------
    ranking : BattleRanking
        Of a model with errors: `bradley_terry`, `davidson`, `rao_kupper`, `style_control`.
    top : int, default 5
        How many of the first places should become clear; at least 2.
    n : int, default 10
        Pairs to name.

    Returns
    -------
    polars.DataFrame
        One row per pair, best first: left, right, battles so far, chance of left, and the part of the variance between
        the top candidates that one more battle takes away.

    Raises
    ------
    InputError
        If the ranking has no covariance, or fewer than two are ranked.

    Examples
    --------
    >>> from psephos.opinions import battles
    >>> from psephos.ranking.pairwise import bradley_terry
    >>> votes = battles(["x"] * 90 + ["y"] * 9, ["y"] * 90 + ["z"] * 9, (["left"] * 2 + ["right"]) * 33)
    >>> made = bradley_terry(votes, least_games=0, intervals="none")
    >>> next_battles(made, n=1).select("left", "right").rows()
    [('y', 'z')]
    """
    top, n = check_count("top", top, low=2), check_count("n", n)
    if ranking.covariance is None:
        raise InputError("ranking", f"{ranking.provenance.method} has no covariance of the ratings")
    order = ranking.order
    if len(order) < 2:
        raise InputError("ranking", "ranks fewer than two")
    covariance = ranking.covariance[np.ix_(order, order)] / POINTS**2
    strength = ranking.ratings[order] / POINTS
    chance = 1 / (1 + np.exp(-(strength[:, None] - strength[None, :])))
    information = chance * (1 - chance)
    apart = np.diag(covariance)[:, None] + np.diag(covariance)[None, :] - 2 * covariance
    first = min(top, len(order))
    # Sum over pairs of the top of (u_a - u_b)^2 = k sum (u_a - mean u)^2.
    inner = covariance[:first] - covariance[:first].mean(axis=0)
    gram = first * inner.T @ inner
    squares = np.diag(gram)[:, None] + np.diag(gram)[None, :] - 2 * gram
    drop = information * squares / (1 + information * apart)
    before = first * np.trace(covariance[:first, :first] - covariance[:first, :first].mean(axis=0))
    i, j = np.triu_indices(len(order), 1)
    best = np.argsort(-drop[i, j], kind="stable")[:n]
    names = ranking.candidates.cast(pl.String).gather(order)
    met = ranking.battle_counts()[np.ix_(order, order)]
    return pl.DataFrame(
        {
            "left": names.gather(i[best]),
            "right": names.gather(j[best]),
            "battles": met[i[best], j[best]],
            "chance": chance[i[best], j[best]],
            "variance_removed": drop[i[best], j[best]] / before if before > 0 else np.zeros(len(best)),
        }
    )
