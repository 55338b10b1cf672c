"""How strong is each candidate, if the chance to win depends on how far apart two are?

    P(i beats j) = 1 / (1 + 10^((R_j - R_i) / 400)),      maximise  sum over battles of  s log p + (1 - s) log(1 - p)

with s = 1 for a win, 0 for a loss, 1/2 for a tie or "both bad". The order of the battles does not matter, and each
rating has an error. Davidson and Rao and Kupper give ties a chance of their own instead (`tie_models`).

Source: Bradley and Terry (1952), doi:10.2307/2334029; arenas: Jiang and others (2024), arXiv:2406.04485. Differs: no
hidden penalty (`penalty="arena"` has theirs: every battle counted twice and an L2 prior, which together is the
likelihood less lambda / 2 sum theta^2 with lambda = 1 / (2 ln(10)^2)); resamples of counts; errors that hold for ties;
candidates that nothing leads to stay blank instead of getting a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine import one_thread
from psephos.engine.streams import Rng, generator, seed_of
from psephos.errors import InputError, SeparationError, check_choice, check_count, check_number
from psephos.opinions.model import Opinions, Source
from psephos.ranking.pairwise.battle_ranking import (
    CENTRE,
    FEW,
    POINTS,
    BattleRanking,
    battle_ranking,
    few_games,
    rating_of,
)
from psephos.ranking.pairwise.battle_resamples import resampled_strengths
from psephos.ranking.pairwise.battle_table import BOTH_BAD, LEFT, RIGHT, TIE, BattleTable, battle_table
from psephos.ranking.pairwise.battle_units import BattleUnits, shown_by_pairs, units_of
from psephos.ranking.pairwise.connectivity import (
    LINK,
    blank_reasons,
    connection_of,
    refuse_endless_ties,
    refuse_unconnected,
)
from psephos.ranking.pairwise.pair_models import BRADLEY_TERRY, DAVIDSON, PairModel
from psephos.ranking.pairwise.rating_errors import covariances
from psephos.ranking.pairwise.strengths import Strengths, fit
from psephos.statistics import rank_spread

ARENA_PENALTY = float(1 / (2 * np.log(10) ** 2))
"""Strength of the penalty in the programs of the arenas, on strengths in natural units."""

INTERVALS = ("bootstrap", "sandwich", "fisher", "none")
TIES = ("half", "drop")
UNCONNECTED = ("blank", "error", "components")

Floats = npt.NDArray[np.float64]


def bradley_terry(
    battles: Opinions | BattleTable,
    *,
    ties: str = "half",
    both_bad: str = "tie",
    penalty: float | str = 0.0,
    anchor: tuple[str, float] | None = None,
    voter_weights: Mapping[str, float] | None = None,
    clusters: str | None = None,
    least_games: int = FEW,
    unconnected: str = "blank",
    intervals: str = "bootstrap",
    repeats: int = 1000,
    level: float = 0.95,
    rng: Rng = None,
) -> BattleRanking:
    """Rank by the strengths of the Bradley-Terry model.

    Parameters
    ----------
    battles : Opinions of kind ``battles``, or BattleTable
        Battles, or what `battle_table` made of them.
    ties : {"half", "drop"}, default "half"
        A tie is half a win each way, or does not count.
    both_bad : {"tie", "drop"}, default "tie"
        "Both bad" is a tie, or does not count; it is counted apart in either case.
    penalty : float or "arena", default 0
        lambda, in natural units; "arena" is that of the programs of the arenas. With a penalty strengths are finite
        also where somebody never lost.
    anchor : (str, float), optional
        A candidate and its rating; by default the mean rating is 1000. Errors are then those of the distance to it.
    voter_weights : mapping of str to float, optional
        How much each voter counts; 1 for those not named. A weight is a count: weights below 1 that are no counts make
        the data look smaller; with `clusters` their scale does not matter to the errors.
    clusters : {"voter", "item"}, optional
        What battles are not independent within, for the errors and the resamples.
    least_games : int, default 30
        Candidates with fewer battles take no place; their rating is shown.
    unconnected : {"blank", "error", "components"}, default "blank"
        Candidates that no chain of wins leads to, or from: take no place; are an error; or get a rating within their
        own group, and no place.
    intervals : {"bootstrap", "sandwich", "fisher", "none"}, default "bootstrap"
        Percentiles of resamples, or the normal distribution with one of the two errors.
    repeats : int, default 1000
        Resamples (or draws from the normal distribution).
    level : float, default 0.95
        Of the intervals.
    rng : int, Generator, SeedSequence or None
        Of the resamples; an int repeats them.

    Returns
    -------
    BattleRanking
        Candidates in order with ratings, intervals, ranks, and the chance of each to beat each.

    Raises
    ------
    InputError
        As of `battle_table`; an option out of range; an anchor that is not ranked. `DisconnectedError`,
        `SeparationError`: strengths are not defined, and `unconnected` is "error" or nobody can be compared at all.

    See Also
    --------
    davidson, rao_kupper : ties with a chance of their own.
    newman : the same strengths by another road, with a prior that holds them.
    elo : a rating after each battle.

    Examples
    --------
    >>> from psephos.opinions import battles
    >>> votes = battles(["x"] * 44, ["y"] * 44, ["left"] * 40 + ["right"] * 4)  # ten to one
    >>> made = bradley_terry(votes, rng=0)
    >>> made.names, made.scores.round(6).tolist()
    (['x', 'y'], [1200.0, 800.0])
    """
    check_choice("ties", ties, TIES)
    return rated(
        battles,
        BRADLEY_TERRY,
        ties=ties,
        both_bad=both_bad,
        penalty=penalty,
        anchor=anchor,
        voter_weights=voter_weights,
        clusters=clusters,
        least_games=least_games,
        unconnected=unconnected,
        intervals=intervals,
        repeats=repeats,
        level=level,
        rng=rng,
    )


def rated(
    battles: Opinions | BattleTable,
    model: PairModel,
    *,
    ties: str,
    both_bad: str,
    penalty: float | str,
    anchor: tuple[str, float] | None,
    voter_weights: Mapping[str, float] | None,
    clusters: str | None,
    least_games: int,
    unconnected: str,
    intervals: str,
    repeats: int,
    level: float,
    rng: Rng,
) -> BattleRanking:
    """What the three models of a pair have in common; see `bradley_terry`."""
    check_choice("both_bad", both_bad, ("tie", "drop"))
    check_choice("unconnected", unconnected, UNCONNECTED)
    check_choice("intervals", intervals, INTERVALS)
    least_games, repeats = check_count("least_games", least_games, low=0), check_count("repeats", repeats, low=0)
    level = check_number("level", level, low=0, high=1, open_ends=True)
    strength = ARENA_PENALTY if penalty == "arena" else check_number("penalty", float_of("penalty", penalty), low=0)
    whole = battle_table(battles)
    if voter_weights is not None:
        whole = whole.weighed(voter_weights)
    dropped = ([TIE, BOTH_BAD] if ties == "drop" else []) + ([BOTH_BAD] if both_bad == "drop" else [])
    used = whole.take(~np.isin(whole.outcome, dropped)) if dropped else whole
    if not len(used):
        raise InputError(
            "battles",
            "no battles are left: all are ties or both bad, which are dropped",
            hint="keep ties: ties='half', both_bad='tie'",
        )
    groups = clusters_of(used, clusters)
    counts = used.counts
    finite = strength > 0
    if unconnected == "error":
        refuse_unconnected(counts, whole, finite=finite)
    connection = connection_of(counts)
    connected, reasons = blank_reasons(counts, whole.candidates, connection, finite=finite)
    if connected.sum() < 2:
        refuse_unconnected(counts, whole, finite=finite, alone=True)
        raise SeparationError("battles", whole.explain("no two candidates can be compared"), hint=LINK)
    inside = connected[used.left] & connected[used.right]
    used, groups = used.take(inside), None if groups is None else groups[inside]
    inner = used.counts
    if model.has_eta and not inner.ends[:, [LEFT, RIGHT]].any():
        problem = "all are ties, so how rare a tie is has no end"
        raise SeparationError("battles", problem, hint="bradley_terry counts a tie as half a win")
    if model.has_eta and not finite:
        hint = "a penalty keeps strengths finite; bradley_terry counts a tie as half a win"
        refuse_endless_ties(inner, hint)
    with one_thread():
        found = fit(inner, model, penalty=strength)
        errors = covariances(inner, model, found, penalty=strength, battles=used, clusters=groups)
    units = units_of(whole)
    theta, notes = found.theta.copy(), _worth_saying(found, model, bool(inner.ends[:, TIE:].any()))
    fixed, shift = _anchored(anchor, whole.candidates, found.theta)
    seed = seed_of(rng)
    draws = None
    if intervals == "bootstrap" and repeats:
        with one_thread():
            draws = resampled_strengths(
                inner, model, found, penalty=strength, repeats=repeats, battles=used, clusters=groups, rng=seed
            ).theta
    elif intervals != "none" and repeats and errors is not None:
        draws = normal_strengths(found.theta, errors[intervals == "sandwich"], repeats, seed)
    if errors is None:
        notes += ("too many candidates for standard errors; resamples have intervals",)
    ratings = rating_of(theta) + shift
    few, reasons = few_games(whole, counts.by_candidate(counts.met, counts.met), least_games, reasons)
    placed = connected & ~few
    if unconnected == "components":
        ratings = _with_components(ratings, counts, model, finite=finite, penalty=strength)
    spread, absent = None, np.zeros(len(theta))
    if draws is not None:
        absent = np.where(np.isnan(found.theta), 0.0, np.isnan(draws).mean(axis=0))
        points = rating_of(draws) + (shift if fixed is None else 0.0)
        if fixed is not None:
            points += float(anchor[1] if anchor else CENTRE) - points[:, [fixed]]
        means = f"battles resampled by {clusters}" if clusters else "battles resampled"
        words = means if intervals == "bootstrap" else f"draws from the normal distribution by the {intervals} errors"
        spread = rank_spread(np.where(placed, points, np.nan), level=level, means=words)
    fisher, sandwich = (None, None) if errors is None else (_of_ratings(one, len(theta), fixed) for one in errors)
    options = {
        "ties": ties if model is BRADLEY_TERRY else None,
        "both_bad": both_bad,
        "penalty": penalty,
        "clusters": clusters,
        "least_games": least_games,
        "unconnected": unconnected,
        "intervals": intervals,
        "repeats": repeats,
        "level": level,
        "anchor": anchor,
        "voter_weights": None if voter_weights is None else dict(voter_weights),
    }
    again = {name: value for name, value in options.items() if name != "ties"}
    again |= {"ties": ties, "intervals": "none", "repeats": 0, "rng": 0, "anchor": anchor, "voter_weights": None}
    more: dict[str, Any] = (
        {"standard_errors": _roots(sandwich), "fisher_errors": _roots(fisher)} if errors is not None else {}
    )
    return battle_ranking(
        whole,
        method=model.name,
        ratings=ratings,
        score_means="rating: 400 points are ten to one" + ("" if anchor else ", the mean is 1000"),
        options=options,
        placed=placed,
        reasons=reasons,
        component=connection.island if finite else connection.component,
        spread=spread,
        seed=seed if draws is not None else None,
        pairwise=win_chances(found.theta),
        notes=notes,
        units=units,
        refit=partial(_again, model, again, whole.source),
        contributions=_split(units, used, model, found),
        absent=absent,
        covariance=sandwich,
        tie_parameter=float(np.exp(found.eta)) if model.has_eta else None,
        steps=found.steps,
        converged=found.converged,
        **more,
    )


def float_of(argument: str, value: object) -> float:
    """A number, or an error that says which word would do."""
    if isinstance(value, str):
        raise InputError(argument, f"must be a number or 'arena', got {value!r}")
    return value  # type: ignore[return-value]


def clusters_of(table: BattleTable, clusters: str | None) -> npt.NDArray[np.int64] | None:
    """The code of the cluster of each battle; a battle that names none is one of its own."""
    if clusters is None:
        return None
    check_choice("clusters", clusters, ("voter", "item"))
    codes = table.voter if clusters == "voter" else table.item
    if codes is None:
        raise InputError("clusters", f"the battles do not say which {clusters} they belong to")
    own = int(codes.max(initial=-1)) + 1
    code = np.where(codes < 0, own + np.arange(len(codes)), codes)
    if len(np.unique(code)) < 2:
        raise InputError("clusters", f"there is one {clusters} only")
    return code


def win_chances(theta: Floats) -> Floats:
    """Chance of row to win a decided battle against column; NaN where one of them has no strength."""
    apart = theta[:, None] - theta[None, :]
    with np.errstate(over="ignore"):
        chance = 1 / (1 + np.exp(-apart))
    np.fill_diagonal(chance, np.nan)
    return np.asarray(chance)


def normal_strengths(theta: Floats, covariance: Floats, repeats: int, seed: int) -> Floats:
    """Draws of the strengths from a normal distribution, shape (repeats, n)."""
    known = np.flatnonzero(~np.isnan(theta))
    values, vectors = np.linalg.eigh(covariance[np.ix_(known, known)])
    root = vectors * np.sqrt(np.maximum(values, 0))
    made = np.full((repeats, len(theta)), np.nan)
    made[:, known] = theta[known] + generator(seed).standard_normal((repeats, len(known))) @ root.T
    return made


def _again(model: PairModel, options: Mapping[str, object], source: Source, left: BattleTable) -> BattleRanking:
    """The ranking of some of the battles, without intervals."""
    return rated(replace(left, source=source), model, **options)  # type: ignore[arg-type]


def _split(units: BattleUnits, used: BattleTable, model: PairModel, found: Strengths) -> Floats | None:
    """What each unit adds to each rating, less the mean of all."""
    made = units.split_pairs(used, *shown_by_pairs(used.counts, model, found.theta, found.eta))
    return None if made is None else POINTS * made


def _anchored(anchor: tuple[str, float] | None, names: pl.Series, theta: Floats) -> tuple[int | None, float]:
    """Index of the anchor and by how much all ratings move."""
    if anchor is None:
        return None, 0.0
    if not isinstance(anchor, (tuple, list)) or len(anchor) != 2:
        raise InputError("anchor", f"must be a candidate and its rating, got {anchor!r:.60}", hint="as in ('x', 1500)")
    name, value = anchor
    index = names.cast(pl.String).index_of(str(name))
    if index is None or np.isnan(theta[index]):
        raise InputError(
            "anchor", f"{str(name)!r:.80} is no candidate that can be rated", hint="name one that is ranked"
        )
    return int(index), check_number("anchor", value) - float(rating_of(theta)[index])


def _of_ratings(covariance: Floats, size: int, fixed: int | None) -> Floats:
    """Covariance of the ratings, of their distances to the anchor if there is one."""
    made = POINTS**2 * covariance[:size, :size]
    if fixed is not None:
        made = made - made[fixed] - made[:, [fixed]] + made[fixed, fixed]
    return np.asarray(made)


def _roots(covariance: Floats | None) -> Floats:
    assert covariance is not None  # noqa: S101 - asked where there are errors
    return np.asarray(np.sqrt(np.maximum(np.diag(covariance), 0)))


def _with_components(ratings: Floats, counts: object, model: PairModel, *, finite: bool, penalty: float) -> Floats:
    """Ratings of the other groups too, each with mean 1000 of its own."""
    from psephos.ranking.pairwise.battle_table import PairCounts

    assert isinstance(counts, PairCounts)  # noqa: S101
    found = connection_of(counts)
    group = found.island if finite else found.component
    made = ratings.copy()
    for code in range(1, int(group.max(initial=0)) + 1):
        part = counts.among(group == code)
        if len(part.first):
            own = fit(part, model, penalty=penalty)
            made = np.where(np.isnan(own.theta), made, rating_of(own.theta))
    return made


def _worth_saying(found: Strengths, model: PairModel, tied: bool) -> tuple[str, ...]:
    notes: tuple[str, ...] = ()
    if not found.converged:
        notes += (f"the fit had not settled after {found.steps} steps; last step {found.last_step:.2g}",)
    if model.has_eta and not tied:
        notes += ("no battle was tied, so the ties of the model are at their end",)
    if model is DAVIDSON and tied:
        notes += ("pairwise chances are those of battles that have a winner",)
    return notes
