"""Who is good, if a win counts by whom it is against? And who wins most?

    eigenvector    v_i = (1 / lambda) sum_j S_ij v_j,     S_ij the share of the battles with j that i won, ties half
    win rate       r_i = mean over the opponents j of S_ij,  S of decided battles

The eigenvector rewards wins against those who win: it is the only positive vector of S where everyone can be reached
from everyone by wins (Perron and Frobenius). The win rate does not ask who the opponents were; it is the habit of the
field, to compare with.

Sources: Keener (1993), doi:10.1137/1035004; win rate: Jiang and others (2024), arXiv:2406.04485. Differs: shares, not
sums of wins, so that who played more does not score more (`shares=False` takes sums); the win rate is counted from
pairs, so a model that never won as the left one has one too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import numpy.typing as npt

from psephos.engine.streams import Rng, seed_of
from psephos.errors import SeparationError, check_count, check_number
from psephos.opinions.model import Opinions
from psephos.ranking.pairwise.battle_ranking import FEW, BattleRanking, battle_ranking, few_games
from psephos.ranking.pairwise.battle_resamples import drawn_counts
from psephos.ranking.pairwise.battle_table import LEFT, RIGHT, BattleTable, PairCounts, battle_table
from psephos.ranking.pairwise.battle_units import units_of
from psephos.ranking.pairwise.bradley_terry import clusters_of
from psephos.ranking.pairwise.connectivity import LINK, blank_reasons, connection_of
from psephos.statistics import rank_spread

MOST_STEPS = 10_000
SETTLED = 1e-12

Floats = npt.NDArray[np.float64]
Scorer = Callable[[PairCounts, Floats | None], Floats]
Splitter = Callable[[PairCounts, Floats], tuple[Floats, Floats]]


def eigenvector(
    battles: Opinions | BattleTable,
    *,
    shares: bool = True,
    clusters: str | None = None,
    least_games: int = FEW,
    repeats: int = 200,
    level: float = 0.95,
    rng: Rng = None,
) -> BattleRanking:
    """Rank by wins that count by whom they are against.

    Parameters
    ----------
    battles : Opinions of kind ``battles``, or BattleTable
        Battles, or what `battle_table` made of them.
    shares : bool, default True
        Whether each pair counts by the share won; False: by the wins, so that more battles mean a higher score.
    clusters : {"voter", "item"}, optional
        What battles are not independent within.
    least_games : int, default 30
        Candidates with fewer battles take no place.
    repeats : int, default 200
        Resamples of the battles for the intervals; 0 for none.
    level : float, default 0.95
        Of the intervals.
    rng : int, Generator, SeedSequence or None
        Of the resamples; an int repeats them.

    Returns
    -------
    BattleRanking
        Scores sum to the number of candidates that hang together: 1 is average.

    Raises
    ------
    InputError
        As of `battle_table`; `SeparationError` if no two candidates can be compared.

    See Also
    --------
    bradley_terry : a model with errors.

    Examples
    --------
    >>> from psephos.opinions import battles
    >>> votes = battles(["x"] * 30 + ["y"] * 30, ["y"] * 30 + ["z"] * 30, ["left"] * 20 + ["tie"] * 30 + ["left"] * 10)
    >>> eigenvector(votes, rng=0).names
    ['x', 'y', 'z']
    """
    return _ranked(
        battles,
        "eigenvector",
        partial(_eigenvector, shares=shares),
        partial(_eigenvector_parts, shares=shares),
        "weight of the wins, each counting by whom it is against; 1 is average",
        {"shares": shares},
        finite=False,
        clusters=clusters,
        least_games=least_games,
        repeats=repeats,
        level=level,
        rng=rng,
    )


def win_rate(
    battles: Opinions | BattleTable,
    *,
    clusters: str | None = None,
    least_games: int = FEW,
    repeats: int = 1000,
    level: float = 0.95,
    rng: Rng = None,
) -> BattleRanking:
    """Rank by the mean over the opponents of the share of decided battles won.

    Parameters
    ----------
    battles : Opinions of kind ``battles``, or BattleTable
        Battles, or what `battle_table` made of them.
    clusters, least_games, repeats, level, rng
        As of `eigenvector`; 1,000 resamples.

    Returns
    -------
    BattleRanking
        Candidates in order of their share of wins, with intervals.

    Raises
    ------
    InputError
        As of `battle_table`.

    Examples
    --------
    >>> from psephos.opinions import battles
    >>> votes = battles(["x"] * 40, ["y"] * 40, ["left"] * 20 + ["tie"] * 10 + ["right"] * 10)
    >>> [round(float(score), 4) for score in win_rate(votes, rng=0).scores]
    [0.6667, 0.3333]
    """
    return _ranked(
        battles,
        "win-rate",
        _win_rate,
        _win_rate_parts,
        "mean over the opponents of the share of decided battles won",
        {},
        finite=True,
        clusters=clusters,
        least_games=least_games,
        repeats=repeats,
        level=level,
        rng=rng,
    )


def _ranked(
    battles: Opinions | BattleTable,
    method: str,
    score: Scorer,
    split: Splitter,
    means: str,
    own: Mapping[str, object],
    *,
    finite: bool,
    clusters: str | None,
    least_games: int,
    repeats: int,
    level: float,
    rng: Rng,
) -> BattleRanking:
    least_games, repeats = check_count("least_games", least_games, low=0), check_count("repeats", repeats, low=0)
    level = check_number("level", level, low=0, high=1, open_ends=True)
    table = battle_table(battles)
    groups = clusters_of(table, clusters)
    found = connection_of(table.counts)
    connected, reasons = blank_reasons(table.counts, table.candidates, found, finite=finite)
    if connected.sum() < 2:
        raise SeparationError("battles", table.explain("no two candidates can be compared"), hint=LINK)
    inside = connected[table.left] & connected[table.right]
    used = table.take(inside)
    scores = score(used.counts, None)
    few, reasons = few_games(table, table.counts.by_candidate(table.counts.met, table.counts.met), least_games, reasons)
    placed = connected & ~few & ~np.isnan(scores)
    for i in np.flatnonzero(connected & np.isnan(scores)):
        reasons.setdefault(str(table.candidates[int(i)]), "has no battle with a winner")
    seed = seed_of(rng)
    spread = None
    if repeats:
        part = None if groups is None else groups[inside]
        drawn = drawn_counts(used.counts, repeats=repeats, battles=used, clusters=part, rng=seed)
        counts = used.counts
        rows = [
            score(PairCounts(counts.size, counts.first, counts.second, one), scores) for block in drawn for one in block
        ]
        what = f"battles resampled by {clusters}" if clusters else "battles resampled"
        spread = rank_spread(np.where(placed, np.stack(rows), np.nan), level=level, means=what)
    units = units_of(table)
    options = {**own, "clusters": clusters, "least_games": least_games, "repeats": repeats, "level": level}
    return battle_ranking(
        table,
        method=method,
        ratings=scores,
        score_means=means,
        options=options,
        placed=placed,
        reasons=reasons,
        component=found.island if finite else found.component,
        spread=spread,
        seed=seed if repeats else None,
        pairwise=_shares(table.counts, 0.5),
        pairwise_means="share of the battles that row won against column, ties half",
        units=units,
        refit=partial(
            _ranked,
            method=method,
            score=score,
            split=split,
            means=means,
            own=own,
            finite=finite,
            clusters=None,
            least_games=least_games,
            repeats=0,
            level=level,
            rng=0,
        ),
        contributions=units.split_pairs(used, *split(used.counts, scores)),
    )


def _shares(counts: PairCounts, ties: float) -> Floats:
    wins = counts.wins(ties)
    both = wins + wins.T
    return np.asarray(np.divide(wins, both, out=np.full(both.shape, np.nan), where=both > 0))


def _eigenvector(counts: PairCounts, start: Floats | None, *, shares: bool) -> Floats:
    """The positive vector, by powers of S plus a part of the unit matrix, which has the same one and always settles."""
    matrix = np.nan_to_num(_shares(counts, 0.5)) if shares else counts.wins(0.5)
    present = counts.by_candidate(counts.met, counts.met) > 0
    inner = matrix[np.ix_(present, present)]
    inner += np.eye(len(inner)) * inner.sum(axis=1).mean() / 2
    vector = np.ones(len(inner)) if start is None else np.maximum(np.nan_to_num(start[present]), 1e-9)
    vector /= vector.sum()
    for _ in range(MOST_STEPS):
        after = inner @ vector
        after /= after.sum()
        moved = np.abs(after - vector).max()
        vector = after
        if moved < SETTLED:
            break
    made = np.full(counts.size, np.nan)
    made[present] = vector * len(vector)
    return made


def _win_rate(counts: PairCounts, start: Floats | None) -> Floats:  # noqa: ARG001 - nothing to start from
    share = _shares(counts, 0.0)
    known = ~np.isnan(share)
    total = np.where(known, share, 0.0).sum(axis=1)
    return np.asarray(np.divide(total, known.sum(axis=1), out=np.full(len(share), np.nan), where=known.any(axis=1)))


def _eigenvector_parts(counts: PairCounts, scores: Floats, *, shares: bool) -> tuple[Floats, Floats]:
    """What one battle of each pair adds to the scores of its first and its second, by how it ended."""
    met = counts.met if shares else np.ones_like(counts.met)
    matrix = counts.wins(0.5) if not shares else np.nan_to_num(_shares(counts, 0.5))
    known = np.nan_to_num(scores)
    root = float((matrix @ known).sum() / known.sum())
    first, second = (known[side] / (root * met) for side in (counts.second, counts.first))
    return np.outer(first, (1.0, 0.0, 0.5, 0.5)), np.outer(second, (0.0, 1.0, 0.5, 0.5))


def _win_rate_parts(counts: PairCounts, scores: Floats) -> tuple[Floats, Floats]:  # noqa: ARG001 - wins say it all
    decided = counts.ends[:, LEFT] + counts.ends[:, RIGHT]
    met = (decided > 0).astype(np.float64)
    opponents = counts.by_candidate(met, met)
    share = np.divide(1.0, decided, out=np.zeros_like(decided), where=decided > 0)
    first, second = (share / np.maximum(opponents[side], 1) for side in (counts.first, counts.second))
    return np.outer(first, (1.0, 0.0, 0.0, 0.0)), np.outer(second, (0.0, 1.0, 0.0, 0.0))
