"""What rating has each candidate after its battles, one by one?

    E_a = 1 / (1 + 10^((R_b - R_a) / 400)),      R_a += K (s - E_a),   R_b -= K (s - E_a)

with s = 1, 0 or 1/2 for a tie or "both bad". The last battles count most, so the ratings depend on the order: of the
same votes in another order they are others. `order="average"` takes the mean over random orders, and its intervals then
say how much of a place is the luck of the order; it estimates about what Bradley-Terry does, with more noise.

Source: Elo (1978); K = 4 and a start at 1000 as in Jiang and others (2024), arXiv:2406.04485. Differs: battles of the
same time stay in the order of the file; intervals in file order draw battles anew and keep the order.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt

from psephos.engine.streams import Rng, seed_of, spawn
from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.opinions.battle_counts import COUNTED
from psephos.opinions.model import Opinions
from psephos.ranking.pairwise.battle_ranking import CENTRE, FEW, POINTS, BattleRanking, battle_ranking, few_games
from psephos.ranking.pairwise.battle_table import LEFT, RIGHT, BattleTable, battle_table
from psephos.ranking.pairwise.battle_units import units_of
from psephos.ranking.pairwise.connectivity import blank_reasons, connection_of
from psephos.statistics import RankSpread, rank_spread

COMPILED = 5_000
"""Battles (times orders) from which on the compiled loop is worth loading."""

Floats = npt.NDArray[np.float64]


def elo(
    battles: Opinions | BattleTable,
    *,
    order: str = "time",
    k: float = 4.0,
    start: float = CENTRE,
    least_games: int = FEW,
    repeats: int = 100,
    level: float = 0.95,
    rng: Rng = None,
) -> BattleRanking:
    """Rank by ratings that move with each battle.

    Parameters
    ----------
    battles : Opinions of kind ``battles``, or BattleTable
        Battles, or what `battle_table` made of them.
    order : {"time", "file", "average"}, default "time"
        By time (in the order of the file where battles have none), as in the file, or the mean over random orders.
    k : float, default 4
        Points that an unexpected win can move.
    start : float, default 1000
        Where everyone begins.
    least_games : int, default 30
        Candidates with fewer battles take no place; their rating is shown.
    repeats : int, default 100
        Resamples of the battles; of "average" the random orders. 0: no intervals (and of "average" 100 orders).
    level : float, default 0.95
        Of the intervals.
    rng : int, Generator, SeedSequence or None
        Of the resamples; an int repeats them.

    Returns
    -------
    BattleRanking
        Without standard errors.

    Raises
    ------
    InputError
        `k`: not above 0. `time`: missing or infinite where battles are taken by time. As of `battle_table`.

    See Also
    --------
    bradley_terry : ratings that do not depend on the order.

    Examples
    --------
    >>> from psephos.opinions import battles
    >>> made = elo(battles(["x", "y"], ["y", "x"], ["left", "left"]), least_games=0, repeats=0)
    >>> made.scores.round(3).tolist()
    [999.977, 1000.023]
    """
    check_choice("order", order, ("time", "file", "average"))
    k = check_number("k", k, low=0, open_ends=True)
    start, level = check_number("start", start), check_number("level", level, low=0, high=1, open_ends=True)
    least_games, repeats = check_count("least_games", least_games, low=0), check_count("repeats", repeats, low=0)
    table = battle_table(battles)
    if COUNTED in table.source.options:
        raise InputError(
            "battles",
            "were counted in parts: the order that these ratings go by is not known",
            hint="use psephos.read, or method='bradley-terry', which needs no order",
        )
    seed = seed_of(rng)
    play = _Player(table, k, start)
    notes: tuple[str, ...] = ()
    draws: Floats | None = None
    if order == "average":
        runs = repeats or 100
        played = np.empty((runs, len(table.candidates)))
        moved = np.zeros(len(table))
        for run, stream in enumerate(spawn(seed, runs)):
            played[run], changes = play(stream.permutation(len(table)), table.weights)
            moved += changes / runs
        ratings = played.mean(axis=0)
        draws, means = (played if repeats else None), "random orders of the battles"
        notes = (f"ratings are means over {runs} random orders",)
    else:
        rows, notes = _in_order(table, order)
        ratings, moved = play(rows, table.weights)
        means = "battles resampled, in their order"
        if repeats:
            drawn = (stream.poisson(1.0, len(table)) * table.weights for stream in spawn(seed, repeats))
            draws = np.stack([play(rows, weights)[0] for weights in drawn])
    units = units_of(table)
    seen = np.unique(np.concatenate([table.left, table.right]))
    known = np.zeros(len(table.candidates), dtype=bool)
    known[seen] = True
    ratings = np.where(known, ratings, np.nan)
    connection = connection_of(table.counts)
    connected, reasons = blank_reasons(table.counts, table.candidates, connection, finite=True)
    few, reasons = few_games(table, table.counts.by_candidate(table.counts.met, table.counts.met), least_games, reasons)
    placed = connected & ~few
    return battle_ranking(
        table,
        method="elo",
        ratings=ratings,
        score_means=f"rating after the last battle (K = {k:g})" if order != "average" else f"mean rating (K = {k:g})",
        options={
            "order": order,
            "k": k,
            "start": start,
            "least_games": least_games,
            "repeats": repeats,
            "level": level,
        },
        placed=placed,
        reasons=reasons,
        component=connection.island,
        spread=_spread(draws, placed, level, means),
        seed=seed if repeats or order == "average" else None,
        pairwise=_chances(ratings),
        pairwise_means="chance to win that the ratings expect",
        notes=notes,
        units=units,
        refit=partial(elo, order=order, k=k, start=start, least_games=least_games, repeats=0, rng=0),
        contributions=units.split_battles(table, moved, -moved),
    )


def _spread(draws: Floats | None, placed: npt.NDArray[np.bool_], level: float, means: str) -> RankSpread | None:
    return None if draws is None else rank_spread(np.where(placed, draws, np.nan), level=level, means=means)


def _in_order(table: BattleTable, order: str) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """Rows in the order in which they are played."""
    rows = np.arange(len(table))
    if order == "file":
        return rows, ()
    if table.time is None:
        return rows, ("battles have no time: taken in the order of the file",)
    bad = ~np.isfinite(table.time)
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(
            "time",
            f"must be a finite number for each battle, got {table.time[row]}",
            where=f"row {row + 1}",
            hint="order='file' takes battles as they stand",
        )
    return np.argsort(table.time, kind="stable").astype(np.int64), ()


class _Player:
    """Plays battles in any order."""

    def __init__(self, table: BattleTable, k: float, start: float) -> None:
        self.table, self.k, self.start = table, k, start
        self.score = np.choose(np.minimum(table.outcome, 2), (1.0, 0.0, 0.5))
        assert (LEFT, RIGHT) == (0, 1)  # noqa: S101 - the order of the scores above

    def __call__(self, rows: npt.NDArray[np.int64], weights: Floats) -> tuple[Floats, Floats]:
        """Ratings at the end, and by how much each battle moved its left side up and its right side down."""
        size = len(self.table.candidates)
        left, right = self.table.left, self.table.right
        if len(rows) >= COMPILED:
            from psephos.ranking.pairwise._kernels import elo_run

            made: tuple[Floats, Floats] = elo_run(left, right, self.score, weights, rows, size, self.k, self.start)
            return made
        ratings = [self.start] * size
        moved = np.zeros(len(left))
        scale = float(np.log(10) / 400)
        scores = self.score
        for battle in rows.tolist():
            i, j, s, rest = int(left[battle]), int(right[battle]), float(scores[battle]), float(weights[battle])
            while rest > 0:
                expected = 1 / (1 + float(np.exp(scale * (ratings[j] - ratings[i]))))
                change = min(rest, 1.0) * self.k * (s - expected)
                ratings[i] += change
                ratings[j] -= change
                moved[battle] += change
                rest -= 1
        return np.array(ratings), moved


def _chances(ratings: Floats) -> Floats:
    chance = 1 / (1 + np.exp(-(ratings[:, None] - ratings[None, :]) / POINTS))
    np.fill_diagonal(chance, np.nan)
    return np.asarray(chance)
