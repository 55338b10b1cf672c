"""The same question to any of the methods, by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from psephos.errors import InputError, check_choice
from psephos.opinions.model import Opinions
from psephos.opinions.orderings import Ranking
from psephos.ranking.borda import borda
from psephos.ranking.item_response import rank_by_ability
from psephos.ranking.item_response.marginal import KNOWN_AS as LEVELS_KNOWN_AS
from psephos.ranking.kemeny import kemeny
from psephos.ranking.mean_scores import has_mean, mean_rank, mean_score
from psephos.ranking.paired_scores import has_paired_items, paired
from psephos.ranking.pairwise.battle_table import BattleTable, battle_table
from psephos.ranking.pairwise.bradley_terry import bradley_terry
from psephos.ranking.pairwise.elo import elo
from psephos.ranking.pairwise.newman import newman
from psephos.ranking.pairwise.style_control import style_control
from psephos.ranking.pairwise.tie_models import davidson, rao_kupper
from psephos.ranking.pairwise.win_matrix_methods import eigenvector, win_rate
from psephos.ranking.score_tables import Scores, ScoreTable, score_table
from psephos.ranking.swiss import swiss

METHODS: dict[str, Callable[..., Ranking]] = {
    "borda": borda,
    "item-response": rank_by_ability,
    "kemeny": kemeny,
    "mean": mean_score,
    "mean-rank": mean_rank,
    "paired": paired,
    "swiss": swiss,
}
"""Methods on scores by name; each takes scores in any form of `score_table`."""

BATTLE_METHODS: dict[str, Callable[..., Ranking]] = {
    "bradley-terry": bradley_terry,
    "davidson": davidson,
    "eigenvector": eigenvector,
    "elo": elo,
    "newman": newman,
    "rao-kupper": rao_kupper,
    "style-control": style_control,
    "win-rate": win_rate,
}
"""Methods on battles by name; each takes opinions of that kind or a `BattleTable`."""

KNOWN_AS = {
    "plackett luce": "it is not here: 'borda' and 'kemeny' rank ballots, 'bradley-terry' votes on pairs",
    **dict.fromkeys(("irt", "rasch", "1pl", "2pl", "3pl"), "write 'item-response', and which one as its model"),
    **LEVELS_KNOWN_AS,
}
"""Methods that a user may look for by these names, and what there is in their place."""

SIDE_BY_SIDE = 200
"""Most candidates whose places by several methods are shown together."""

SUBSETS = 18
"""Candidates up to whom the Kemeny order is proven at once."""

BY_ITEM = frozenset({"item-response"})
"""Those that need to know which item is which, and so take opinions as they are."""


def rank(scores: Scores | ScoreTable | BattleTable, *, method: str = "auto", **options: Any) -> Ranking:
    """Rank candidates by a method of this name.

    Parameters
    ----------
    scores : array_like, Opinions, ScoreTable or BattleTable
        Scores in any form of `score_table`, or battles.
    method : str, default "auto"
        Of scores "borda", "item-response", "kemeny", "mean", "mean-rank", "paired", "swiss"; of battles
        "bradley-terry", "davidson", "eigenvector", "elo", "newman", "rao-kupper", "style-control", "win-rate". "auto":
        of battles "bradley-terry"; of two candidates with results on single items "paired"; else "borda".
    **options
        As of the method.

    Returns
    -------
    Ranking
        Candidates in order with scores and, where the method has it, the spread of ranks; its own type says more.

    Raises
    ------
    InputError
        If there is no such method, it is one of the other kind of data, or it has no such option.

    See Also
    --------
    psephos.ranking : each method by itself, with its options.
    psephos.decide : for votes on items.

    Examples
    --------
    >>> rank([[0.9, 0.8], [0.5, 0.6]], method="kemeny", rng=0).names
    ['0', '1']
    """
    battles = of_battles(scores)
    methods = METHODS if battles is None else BATTLE_METHODS
    data: Any = battles
    if battles is None:
        data = scores if method in BY_ITEM else score_table(scores)  # type: ignore[arg-type]
    name = method_for(data) if method == "auto" else method
    others = BATTLE_METHODS if methods is METHODS else METHODS
    if name in others:
        what = "scores, and these are battles" if others is METHODS else "battles, and these are scores"
        raise InputError("method", f"{name!r} takes {what}", hint=f"use one of {', '.join(methods)}")
    check_choice("method", name, ("auto", *methods), known_as=KNOWN_AS)
    made, names = methods[name], options_of(name)
    unknown = sorted(set(options) - set(names))
    if unknown:
        raise InputError(unknown[0], f"is no option of {name}; it has {', '.join(names)}")
    return made(data, **options)


def options_of(method: str) -> tuple[str, ...]:
    """Names of the options of a method, those of its function; none of a method that is not known.

    Examples
    --------
    >>> "pooling" in options_of("borda"), options_of("toss")
    (True, ())
    """
    made = {**METHODS, **BATTLE_METHODS}.get(method)
    return () if made is None else tuple(inspect.signature(made).parameters)[1:]


def method_for(data: ScoreTable | BattleTable) -> str:
    """The method that "auto" takes for these data."""
    if isinstance(data, BattleTable):
        return "bradley-terry"
    return "paired" if has_paired_items(data) else "borda"


def of_battles(scores: object) -> BattleTable | None:
    """The table of battles, None if these are none."""
    if isinstance(scores, BattleTable) or (isinstance(scores, Opinions) and scores.kind == "battles"):
        return battle_table(scores)
    return None


def places_by_method(table: ScoreTable) -> pl.DataFrame:
    """Places by each of the methods that take any scores, in the order of points.

    Parameters
    ----------
    table : ScoreTable
        Of not more than `SIDE_BY_SIDE` candidates, as the Kemeny order takes long beyond.

    Returns
    -------
    polars.DataFrame
        candidate, borda, kemeny, mean, mean_rank; null where a method does not rank a candidate, and of means where
        scores are too large for them.

    Examples
    --------
    >>> places_by_method(score_table([[3, 1], [2, 9], [1, 2]]))["mean"].to_list()
    [1, 2, 3]
    """
    made = {
        "borda": borda(table, repeats=0, rng=0),
        "kemeny": kemeny(table, search_by="exact" if len(table.candidates) <= SUBSETS else "fast", repeats=0, rng=0),
        "mean": mean_score(table, repeats=0, rng=0) if has_mean(table) else None,
        "mean_rank": mean_rank(table, repeats=0, rng=0),
    }
    none = np.zeros(len(table.candidates), dtype=np.int64)
    places = {name: pl.Series(none if one is None else one.ranks).replace(0, None) for name, one in made.items()}
    return pl.DataFrame({"candidate": table.candidates, **places}).sort("borda", nulls_last=True, maintain_order=True)
