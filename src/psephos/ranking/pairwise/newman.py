"""How strong is each candidate, by an iteration that settles fast and a prior that keeps everyone finite?

With a_ij = wins of i over j and half of their ties, and D = pi_i + pi_j + 2 nu sqrt(pi_i pi_j), the strengths solve

    pi_i = [c / (pi_i + 1) + sum_j a_ij (pi_j + nu sqrt(pi_i pi_j)) / D]
         / [c / (pi_i + 1) + sum_j a_ji (1 + nu sqrt(pi_j / pi_i)) / D],
    nu   = sum_pairs t (pi_i + pi_j) / D  /  sum_pairs (w_ij + w_ji) 2 sqrt(pi_i pi_j) / D,

iterated until nothing moves. c is a prior: as if everyone had won and lost c battles against an average candidate. With
c = 0 and no ties this is the maximum likelihood of Bradley and Terry, with ties that of Davidson (nu is half of his).
With c > 0 strengths are finite also for who never lost, and are drawn to the middle where there are few battles.

Sources: Newman (2023), arXiv:2207.00076; leaps: Varadhan and Roland (2008), doi:10.1111/j.1467-9469.2007.00585.x.
Differs: leaps, because where most battles are tied the rounds alone are thousands; groups that never met are not ranked
against each other although the prior would give them numbers.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt

from psephos.engine.streams import Rng, seed_of
from psephos.errors import SeparationError, check_count, check_number
from psephos.opinions.model import Opinions
from psephos.ranking.pairwise.battle_ranking import (
    FEW,
    POINTS,
    BattleRanking,
    battle_ranking,
    few_games,
    rating_of,
)
from psephos.ranking.pairwise.battle_resamples import TINY, drawn_counts
from psephos.ranking.pairwise.battle_table import BattleTable, PairCounts, battle_table
from psephos.ranking.pairwise.battle_units import shown_by_pairs, units_of
from psephos.ranking.pairwise.bradley_terry import clusters_of, win_chances
from psephos.ranking.pairwise.connectivity import LINK, blank_reasons, connection_of, refuse_endless_ties
from psephos.ranking.pairwise.pair_models import BRADLEY_TERRY, DAVIDSON
from psephos.ranking.pairwise.strengths import ends_of
from psephos.statistics import rank_spread

MOST_ROUNDS = 10_000
SETTLED = 1e-9
LONGEST_LEAP = 4.0

Floats = npt.NDArray[np.float64]


def newman(
    battles: Opinions | BattleTable,
    *,
    prior: float = 1.0,
    clusters: str | None = None,
    least_games: int = FEW,
    repeats: int = 200,
    level: float = 0.95,
    rng: Rng = None,
) -> BattleRanking:
    """Rank by strengths with a prior, found by Newman's iteration.

    Parameters
    ----------
    battles : Opinions of kind ``battles``, or BattleTable
        Battles, or what `battle_table` made of them.
    prior : float, default 1
        Battles that everyone has won, and lost, against an average candidate beforehand; 0: none.
    clusters : {"voter", "item"}, optional
        What battles are not independent within.
    least_games : int, default 30
        Candidates with fewer battles take no place; their rating is shown.
    repeats : int, default 200
        Resamples of the battles for the intervals; 0 for none.
    level : float, default 0.95
        Of the intervals.
    rng : int, Generator, SeedSequence or None
        Of the resamples; an int repeats them.

    Returns
    -------
    BattleRanking
        With nu as `tie_parameter` where there are ties.

    Raises
    ------
    InputError
        As of `battle_table`; `prior`: negative. `SeparationError` if no two candidates can be compared,
        or without a prior if battles are tied and no winner ever lost in turn.

    See Also
    --------
    davidson : the same without a prior, with standard errors.

    Examples
    --------
    >>> from psephos.opinions import battles
    >>> made = newman(battles(["x"] * 40, ["y"] * 40, ["left"] * 40), rng=0)
    >>> made.names, round(float(made.scores[0] - made.scores[1]))
    (['x', 'y'], 686)
    """
    prior = check_number("prior", prior, low=0)
    least_games, repeats = check_count("least_games", least_games, low=0), check_count("repeats", repeats, low=0)
    level = check_number("level", level, low=0, high=1, open_ends=True)
    table = battle_table(battles)
    groups = clusters_of(table, clusters)
    finite = prior > 0
    found = connection_of(table.counts)
    connected, reasons = blank_reasons(table.counts, table.candidates, found, finite=finite)
    if connected.sum() < 2:
        raise SeparationError("battles", table.explain("no two candidates can be compared"), hint=LINK)
    inside = connected[table.left] & connected[table.right]
    used = table.take(inside)
    if not finite:
        refuse_endless_ties(used.counts, "a prior above 0 keeps strengths finite")
    theta, nu, rounds = iterate(used.counts, prior)
    few, reasons = few_games(table, table.counts.by_candidate(table.counts.met, table.counts.met), least_games, reasons)
    placed = connected & ~few
    seed, spread = seed_of(rng), None
    if repeats:
        part = None if groups is None else groups[inside]
        rows = [
            # A resample may part who hangs together; a prior too small to be seen elsewhere holds it.
            iterate(_resampled(used.counts, one), max(prior, TINY), theta, nu)[0]
            for block in drawn_counts(used.counts, repeats=repeats, battles=used, clusters=part, rng=seed)
            for one in block
        ]
        what = f"battles resampled by {clusters}" if clusters else "battles resampled"
        spread = rank_spread(np.where(placed, rating_of(np.stack(rows)), np.nan), level=level, means=what)
    # Newman's ties are Davidson's, whose nu is twice as large.
    model, eta = (DAVIDSON, float(np.log(2 * nu))) if nu else (BRADLEY_TERRY, 0.0)
    units = units_of(table)
    split = units.split_pairs(used, *shown_by_pairs(used.counts, model, theta, eta))
    notes = () if rounds < MOST_ROUNDS else (f"the iteration had not settled after {rounds:,} rounds",)
    return battle_ranking(
        table,
        method="newman",
        ratings=rating_of(theta),
        score_means="rating: 400 points are ten to one, the mean is 1000",
        options={
            "prior": prior,
            "clusters": clusters,
            "least_games": least_games,
            "repeats": repeats,
            "level": level,
        },
        placed=placed,
        reasons=reasons,
        component=found.island if finite else found.component,
        spread=spread,
        seed=seed if repeats else None,
        pairwise=win_chances(theta),
        notes=notes,
        units=units,
        refit=partial(newman, prior=prior, least_games=least_games, repeats=0, rng=0),
        contributions=None if split is None else POINTS * split,
        tie_parameter=nu if nu else None,
        steps=rounds,
        converged=rounds < MOST_ROUNDS,
    )


def iterate(
    counts: PairCounts, prior: float, start: Floats | None = None, nu: float = 0.5
) -> tuple[Floats, float, int]:
    """Strengths with mean 0 (NaN without a battle), nu and the rounds it took."""
    win, loss, tie = ends_of(counts)
    forward, backward = win + tie / 2, loss + tie / 2
    first, second, size = counts.first, counts.second, counts.size
    present = counts.by_candidate(counts.met, counts.met) > 0
    tied, decided = bool(tie.any()), bool((win + loss).any())
    nu = nu if tied and decided else 0.0
    ties_vary = tied and decided

    def once(state: Floats) -> Floats:
        """One round: log pi, and log nu last."""
        pi, level = np.exp(state[:size]), float(np.exp(state[size])) if ties_vary else 0.0
        one, other = pi[first], pi[second]
        root = np.sqrt(one * other)
        total = one + other + 2 * level * root
        held = prior / (pi + 1)
        gain = counts.by_candidate(forward * (other + level * root) / total, backward * (one + level * root) / total)
        cost = counts.by_candidate(
            backward * (1 + level * root / one) / total, forward * (1 + level * root / other) / total
        )
        moves = present & (cost + held > 0)
        after = state.copy()
        after[:size][moves] = np.log((gain + held)[moves] / (cost + held)[moves])
        if not prior:
            after[:size][present] -= after[:size][present].mean()
        if ties_vary:
            after[size] = np.log((tie * (one + other) / total).sum() / ((win + loss) * 2 * root / total).sum())
        return after

    state = np.zeros(size + 1)
    state[:size] = 0.0 if start is None else np.where(present, np.nan_to_num(start), 0.0)
    state[size] = np.log(nu) if ties_vary else 0.0
    rounds, worst = 0, np.inf
    while rounds < MOST_ROUNDS:
        second_state = once(first_state := once(state))
        rounds += 2
        step, bend = first_state - state, second_state - 2 * first_state + state
        moved = float(np.abs(second_state - first_state).max())
        if moved < SETTLED:
            state = second_state
            break
        # Two rounds say where the series is heading (SQUAREM); a leap that leads away is not taken again.
        length = max(1.0, float(np.linalg.norm(step)) / max(float(np.linalg.norm(bend)), 1e-300))
        leap = state + 2 * length * step + length**2 * bend
        sane = bool(np.isfinite(leap).all()) and float(np.abs(leap - state).max()) < LONGEST_LEAP
        state = once(leap) if sane and moved < 2 * worst else second_state
        rounds += 1
        worst = moved
    nu = float(np.exp(state[size])) if ties_vary else 0.0
    theta = np.where(present, state[:size], np.nan)
    return theta - np.nanmean(theta), nu, rounds


def _resampled(counts: PairCounts, ends: Floats) -> PairCounts:
    seen = ends.any(axis=1)
    return PairCounts(counts.size, counts.first[seen], counts.second[seen], ends[seen])
