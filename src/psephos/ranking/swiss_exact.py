"""What are the expected points of a small Swiss tournament, exactly?

All pairings, floats, outcomes and eliminations are listed with their probabilities as fractions; states with the same
points and the same models left are merged after each round.

Source: own enumeration for sheet 04. It is the reference that the simulation is tested against.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from math import comb
from typing import Any

import numpy.typing as npt

from psephos.errors import InputError
from psephos.ranking.score_tables import Scores, ScoreTable
from psephos.ranking.swiss_games import Games, games_of

MOST_MODELS, MOST_ROUNDS = 6, 5
State = tuple[tuple[int, ...], tuple[int, ...]]
"""Half points of all models, and those still in."""


def swiss_exact(
    scores: Scores | ScoreTable | None = None, *, chances: npt.ArrayLike | None = None, **rules: Any
) -> tuple[list[Fraction], list[Fraction]]:
    """Expected points and probability to stay to the end of each model, as fractions.

    Parameters
    ----------
    scores, chances
        As of `swiss`; at most six models and five benchmarks.
    **rules
        `eliminate`, `bye`, `pairing`, `tie`, `tie_margin`, `holes` of `swiss`.

    Returns
    -------
    points : list of Fraction, shape (n_models,)
    survival : list of Fraction, shape (n_models,)

    Raises
    ------
    InputError
        As of `swiss`, or if the tournament is too large to list.

    Examples
    --------
    >>> points, _ = swiss_exact([[90, 60, 70], [80, 85, 55], [70, 75, 88], [60, 50, 65]])
    >>> [str(value) for value in points]
    ['11/6', '5/3', '7/3', '1/6']
    """
    games = games_of(scores, chances=chances, **rules)
    size, rounds = len(games.models), len(games.benchmarks)
    if size > MOST_MODELS:
        raise InputError("models", f"at most {MOST_MODELS} can be listed, got {size}", hint="swiss simulates more")
    if rounds > MOST_ROUNDS:
        raise InputError(
            "benchmarks", f"at most {MOST_ROUNDS} can be listed, got {rounds}", hint="swiss simulates more"
        )
    states: dict[State, Fraction] = {((0,) * size, tuple(range(size))): Fraction(1)}
    for k in range(rounds):
        after: dict[State, Fraction] = defaultdict(Fraction)
        for (points, active), weight in states.items():
            for made, chance in _round(games, k, points, active).items():
                for stay, kept in _eliminated(made, active, int(games.eliminate[k])):
                    after[made, stay] += weight * chance * kept
        states = after
    points_of = [sum((w * p[m] for (p, _), w in states.items()), Fraction(0)) / 2 for m in range(size)]
    survival = [sum((w for (_, a), w in states.items() if m in a), Fraction(0)) for m in range(size)]
    return points_of, survival


def _round(games: Games, k: int, points: tuple[int, ...], active: tuple[int, ...]) -> dict[tuple[int, ...], Fraction]:
    """Points after a round, with probabilities."""
    sits = [m for m in active if not games.present[k, m]]
    plays = [m for m in active if games.present[k, m]]
    groups = [[m for m in plays if points[m] == level] for level in sorted({points[m] for m in plays}, reverse=True)]
    begun = list(points)
    for m in sits:
        begun[m] += games.bye
    states: dict[tuple[tuple[int, ...], int], Fraction] = {(tuple(begun), -1): Fraction(1)}
    for natives in groups:
        after: dict[tuple[tuple[int, ...], int], Fraction] = defaultdict(Fraction)
        for (now, carried), weight in states.items():
            for floats, pairs, chance in _pairings(natives, carried, games.pairing):
                for made, outcome in _played(games, k, now, pairs):
                    after[made, floats] += weight * chance * outcome
        states = after
    ended: dict[tuple[int, ...], Fraction] = defaultdict(Fraction)
    for (now, carried), weight in states.items():
        final = list(now)
        if carried >= 0:
            final[carried] += games.bye
        ended[tuple(final)] += weight
    return ended


def _pairings(natives: list[int], carried: int, pairing: str) -> Iterator[tuple[int, list[tuple[int, int]], Fraction]]:
    odd = (len(natives) + (carried >= 0)) % 2 == 1
    out = natives[-1:] if pairing == "adjacent" else natives
    for floats in out if odd else [-1]:
        meet = [m for m in ([carried] if carried >= 0 else []) + natives if m != floats]
        share = Fraction(1, len(out)) if odd else Fraction(1)
        if pairing == "adjacent":
            yield floats, list(zip(meet[::2], meet[1::2], strict=True)), share
            continue
        matchings = list(_matchings(meet))
        for pairs in matchings:
            yield floats, pairs, share / len(matchings)


def _matchings(members: list[int]) -> Iterator[list[tuple[int, int]]]:
    if not members:
        yield []
        return
    first, *rest = members
    for other in rest:
        for pairs in _matchings([m for m in rest if m != other]):
            yield [(first, other), *pairs]


def _played(
    games: Games, k: int, points: tuple[int, ...], pairs: list[tuple[int, int]]
) -> Iterator[tuple[tuple[int, ...], Fraction]]:
    if not pairs:
        yield points, Fraction(1)
        return
    (i, j), *rest = pairs
    for won, chance in _outcomes(games, k, i, j):
        if chance:
            now = list(points)
            now[i] += won
            now[j] += 2 - won
            for made, further in _played(games, k, tuple(now), rest):
                yield made, chance * further


def _outcomes(games: Games, k: int, i: int, j: int) -> list[tuple[int, Fraction]]:
    if len(games.chance):
        chance = Fraction(str(float(games.chance[k, i, j])))
        return [(2, chance), (0, 1 - chance)]
    won = int(games.outcome[k, i, j])
    if won == 1 and games.tie == "coin":
        return [(2, Fraction(1, 2)), (0, Fraction(1, 2))]
    return [(won, Fraction(1))]


def _eliminated(
    points: tuple[int, ...], active: tuple[int, ...], leave: int
) -> Iterator[tuple[tuple[int, ...], Fraction]]:
    lowest = [m for m in active if points[m] == min(points[a] for a in active)]
    gone = min(leave, len(lowest), len(active) - 1)
    for out in combinations(lowest, gone):
        yield tuple(m for m in active if m not in out), Fraction(1, comb(len(lowest), gone))
