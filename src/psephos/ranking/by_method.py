"""The same question to any of the methods, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psephos.errors import InputError, check_choice
from psephos.opinions.orderings import Ranking
from psephos.ranking.borda import borda
from psephos.ranking.item_response import rank_by_ability
from psephos.ranking.kemeny import kemeny
from psephos.ranking.mean_scores import mean_rank, mean_score
from psephos.ranking.score_tables import Scores, ScoreTable, score_table
from psephos.ranking.swiss import swiss

METHODS: dict[str, Callable[..., Ranking]] = {
    "borda": borda,
    "item-response": rank_by_ability,
    "kemeny": kemeny,
    "mean": mean_score,
    "mean-rank": mean_rank,
    "swiss": swiss,
}
"""Methods by name; each takes scores in any form of `score_table`."""

BY_ITEM = frozenset({"item-response"})
"""Those that need to know which item is which, and so take opinions as they are."""


def rank(scores: Scores | ScoreTable, *, method: str = "borda", **options: Any) -> Ranking:
    """Rank candidates by a method of this name.

    Parameters
    ----------
    scores : array_like, Opinions or ScoreTable
        See `score_table`.
    method : {"borda", "item-response", "kemeny", "mean", "mean-rank", "swiss"}, default "borda"
    **options
        As of the method.

    Returns
    -------
    Ranking

    Raises
    ------
    InputError
        If there is no such method, or it has no such option.

    Examples
    --------
    >>> rank([[0.9, 0.8], [0.5, 0.6]], method="kemeny", rng=0).names
    ['0', '1']
    """
    check_choice("method", method, tuple(METHODS))
    table = scores if method in BY_ITEM else score_table(scores)
    made = METHODS[method]
    names = made.__kwdefaults__ or {}
    unknown = sorted(set(options) - set(names))
    if unknown:
        raise InputError(unknown[0], f"is no option of {method}; it has {', '.join(names)}")
    return made(table, **options)
