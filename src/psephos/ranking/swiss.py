"""Who scores most in a Swiss tournament in which each round is a benchmark?

In round k models with the same points meet at random, the better score on benchmark k takes the point, and T_k of those
with the fewest points may leave. The ranking is by the expected points E[S] over all pairings,

    E[S_m] = mean over runs of the final points of m,        standard error = sd / sqrt(runs).

Failing early costs more than failing late, and a failure on one benchmark costs one point however bad it was. The order
of the benchmarks and T are inputs that decide: see `failure_sensitivity` and `benchmark_order_sensitivity`.

Source: Liu and others (2025), arXiv:2512.21010 (Competitive Swiss-system Dynamics). Ours, as the paper leaves them
open: an odd group lets one of its own members, at random, float to the next; the last floater has a bye; ties give half
a point each; tiers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine import Engine, map_shards
from psephos.engine.streams import Rng, seed_of, spawn
from psephos.errors import check_count, check_number
from psephos.opinions.orderings import Ranking, order_of
from psephos.opinions.outcomes import Provenance, command_for
from psephos.ranking.score_tables import Scores, ScoreTable
from psephos.ranking.swiss_games import Games, games_of
from psephos.statistics import bootstrap
from psephos.statistics.rank_spread import rank_spread

BLOCK = 1000
"""Runs that share a random stream; fewer where there are not a hundred blocks of this size."""

BLOCKS_RESAMPLED = 1000


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class SwissRanking(Ranking):
    """A `Ranking` by expected points of a Swiss tournament; its spread is the luck of pairings that is left.

    Attributes
    ----------
    standard_error : ndarray of float64, shape (n,)
        Monte Carlo error of each score; goes to 0 with more runs.
    survival : ndarray of float64, shape (n,)
        Probability to stay to the end.
    eliminated_in : ndarray of float64, shape (n,)
        Mean round of elimination, from 1, over the runs in which it was eliminated; NaN if there are none.
    bye_share : ndarray of float64, shape (n,)
        Mean number of byes a round; where it is high, the bye lifts the model.
    distribution : ndarray of float64, shape (n, 2 n_benchmarks + 1)
        Probability of 0, 1/2, 1, ... final points.
    tiers : ndarray of int64, shape (n,)
        Tier from 1; a new one begins at the largest gaps that are well beyond the error.
    """

    standard_error: npt.NDArray[np.float64]
    survival: npt.NDArray[np.float64]
    eliminated_in: npt.NDArray[np.float64]
    bye_share: npt.NDArray[np.float64]
    distribution: npt.NDArray[np.float64]
    tiers: npt.NDArray[np.int64]

    def table(self) -> pl.DataFrame:
        """That of a ranking, with error, survival, round of elimination, byes and tier."""
        rows = self.order
        return (
            super()
            .table()
            .with_columns(
                pl.Series("standard_error", self.standard_error[rows]),
                pl.Series("survival", self.survival[rows]),
                pl.Series("eliminated_in", self.eliminated_in[rows]).fill_nan(None),
                pl.Series("bye_share", self.bye_share[rows]),
                pl.Series("tier", self.tiers[rows]),
            )
        )


def swiss(
    scores: Scores | ScoreTable | None = None,
    *,
    chances: npt.ArrayLike | None = None,
    eliminate: int | Sequence[int] = 0,
    n_sim: int = 100_000,
    bye: float = 1.0,
    pairing: str = "random",
    tie: str = "half",
    tie_margin: float | Sequence[float] = 0.0,
    holes: str = "error",
    tiers: int = 4,
    level: float = 0.95,
    rng: Rng = None,
    engine: int | str | Engine = 1,
) -> SwissRanking:
    """Rank by expected points of a Swiss tournament over benchmarks.

    Parameters
    ----------
    scores : array_like of float, shape (n_candidates, n_tasks); Opinions; or ScoreTable
        Tasks are the benchmarks, in the order in which they are played.
    chances : array_like of float, shape (n_benchmarks, n_models, n_models), optional
        In place of scores: the chance that row beats column; a full point is drawn by it.
    eliminate : int or sequence of int, shape (n_benchmarks,), default 0
        How many of the lowest group leave after each round; a single number means none after the last.
    n_sim : int, default 100,000
        Runs.
    bye : {1, 0.5, 0}, default 1
        Points for a round without an opponent.
    pairing : {"random", "adjacent"}, default "random"
        "adjacent": neighbours in the order of the input meet within a group.
    tie : {"half", "coin"}, default "half"
        Equal scores: half a point each, or a coin.
    tie_margin : float or sequence of float, shape (n_benchmarks,), default 0
        Scores that lie as close as this are equal.
    holes : {"error", "bye", "loss"}, default "error"
        A missing score: an error, a round that is sat out with a bye, or a loss.
    tiers : int, default 4
        Most tiers.
    level : float, default 0.95
        Confidence of the intervals.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.
    engine : int, str or Engine, default 1
        Where the runs are made; the answer is the same everywhere.

    Returns
    -------
    SwissRanking
        Candidates by expected points with Monte Carlo errors, chances of survival and tiers.

    Raises
    ------
    InputError
        `models`: fewer than two. `benchmarks`: none. `scores`, `chances`: a value that cannot be, with its place.
        `eliminate`, `bye`, `n_sim` and so on: out of range.

    See Also
    --------
    swiss_exact : the same without chance, for a few models.

    Examples
    --------
    >>> made = swiss([[90, 60, 70], [80, 85, 55], [70, 75, 88], [60, 50, 65]], n_sim=20_000, rng=0)
    >>> made.names[0], made.scores.round(1).tolist()
    ('2', [1.8, 1.7, 2.3, 0.2])
    """
    games = games_of(
        scores,
        chances=chances,
        eliminate=eliminate,
        bye=bye,
        pairing=pairing,
        tie=tie,
        tie_margin=tie_margin,
        holes=holes,
    )
    runs, most = check_count("n_sim", n_sim, low=1), check_count("tiers", tiers)
    level = check_number("level", level, low=0, high=1, open_ends=True)
    unit = scores.unit if isinstance(scores, ScoreTable) else "benchmark"
    rule = eliminate if isinstance(eliminate, (int, np.integer)) else ",".join(map(str, games.eliminate))
    stated = {"bye": bye, "pairing": pairing, "tie": tie, "holes": holes}
    usual = {"bye": 1.0, "pairing": "random", "tie": "half", "holes": "error"}
    options = {"eliminate": rule, "n_sim": runs, **{k: v for k, v in stated.items() if v != usual[k]}}
    return _ranked(games, runs, most, level, seed_of(rng), engine, options, unit)


def _ranked(
    games: Games,
    runs: int,
    most: int,
    level: float,
    seed: int,
    engine: int | str | Engine,
    options: dict[str, Any],
    unit: str,
) -> SwissRanking:
    notes = list(games.notes)
    if runs < 100:
        notes.append(f"{runs} runs are few: errors are large and rough themselves")
    size, rounds = len(games.models), len(games.benchmarks)
    ended, left, byes, earned, blocks, weights = _simulated(games, runs, seed, engine)
    points = np.arange(2 * rounds + 1) / 2
    mean = ended @ points / runs
    variance = np.maximum(ended @ points**2 / runs - mean**2, 0.0)
    error = np.sqrt(variance / runs)
    order, ranks = order_of(mean)
    spread = None
    if len(blocks) > 1:
        drawn = bootstrap(
            lambda w: (w * weights) @ blocks / (w @ weights)[:, None],
            len(blocks),
            repeats=BLOCKS_RESAMPLED,
            method="percentile",
            rng=seed,
        ).replicates
        spread = rank_spread(drawn, level=level, means="runs resampled")
    gap, together = -np.diff(mean[order]), 3 * np.hypot(error[order][:-1], error[order][1:])
    close = np.flatnonzero((gap > 1e-12) & (gap < together))
    if len(close):
        pair = games.models.gather(order[close[0] : close[0] + 2]).to_list()
        notes.append(
            f"{len(close):,} neighbours lie within three standard errors, first {pair[0]} and {pair[1]}: more runs "
            "would tell them apart"
        )
    share = byes / (runs * rounds)
    if size % 2 and games.bye:
        notes.append(f"odd number of models: byes lift the weak, up to {share.max():.2f} a round")
    gone = left.sum(axis=1)
    return SwissRanking(
        provenance=Provenance(
            "swiss",
            {**options, "level": level},
            games.source,
            seed=seed,
            command=command_for("rank", games.source, {"method": "swiss", **options, "seed": seed}),
            notes=tuple(notes),
        ),
        candidates=games.models,
        scores=mean,
        score_means="expected points",
        order=order,
        ranks=ranks,
        spread=spread,
        unit=unit,
        units=games.benchmarks,
        contributions=earned / (2 * runs),
        refit=partial(_without, games, runs, most, level, seed, options, unit) if rounds > 1 else None,
        standard_error=error,
        survival=1 - gone / runs,
        eliminated_in=np.divide(
            left @ np.arange(1, rounds + 1, dtype=np.float64), gone, out=np.full(size, np.nan), where=gone > 0
        ),
        bye_share=share,
        distribution=ended / runs,
        tiers=_tiers(order, gap, together, most),
    )


def _without(
    games: Games, runs: int, most: int, level: float, seed: int, options: dict[str, Any], unit: str, benchmark: int
) -> SwissRanking:
    rest = games.take(np.delete(np.arange(len(games.benchmarks)), benchmark))
    return _ranked(rest, runs, most, level, seed, 1, options, unit)


def _simulated(games: Games, runs: int, seed: int, engine: int | str | Engine) -> tuple[Any, ...]:
    """Counts of final half points, of eliminations by round, of byes and of half points won by round; mean points and
    runs of each block.
    """
    block = max(1, min(BLOCK, runs // 100))
    sizes = [block] * (runs // block) + ([runs % block] if runs % block else [])
    shared = {
        "outcome": games.outcome,
        "chance": games.chance,
        "present": games.present,
        "eliminate": games.eliminate,
        "rules": (games.bye, games.pairing == "adjacent", games.tie == "coin"),
    }
    ended: Any = 0
    left: Any = 0
    byes: Any = 0
    earned: Any = 0
    means = []
    half = np.arange(2 * len(games.benchmarks) + 1) / 2
    for part, size in zip(
        map_shards(_block, sizes, shared=shared, rng=spawn(seed, 1)[0], engine=engine, label="playing"),
        sizes,
        strict=True,
    ):
        ended, left, byes, earned = ended + part[0], left + part[1], byes + part[2], earned + part[3]
        means.append(part[0] @ half / size)
    return ended, left, byes, earned, np.array(means), np.array(sizes, dtype=np.float64)


def _block(runs: int, *, outcome: Any, chance: Any, present: Any, eliminate: Any, rules: Any, rng: Any) -> Any:
    from psephos.ranking._kernels import tournaments

    bye, adjacent, coin = rules
    state = rng.integers(0, 2**64, dtype=np.uint64)
    return tournaments(outcome, chance, present, eliminate, bye, adjacent, coin, state, runs)


def _tiers(
    order: npt.NDArray[np.int64], gap: npt.NDArray[np.float64], together: npt.NDArray[np.float64], most: int
) -> npt.NDArray[np.int64]:
    """Tier of each: cut at the largest gaps, if they are beyond three combined standard errors."""
    largest = np.argsort(-gap, kind="stable")[: most - 1]
    cut = np.zeros(len(gap), dtype=np.int64)
    cut[largest[gap[largest] > np.maximum(together[largest], 1e-12)]] = 1
    tier = np.empty(len(order), dtype=np.int64)
    tier[order] = 1 + np.concatenate(([0], np.cumsum(cut)))
    return tier
