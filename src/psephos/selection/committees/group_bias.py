"""Do the rankings put a group lower than chance would, and whose ballots decide the committee?

    gap = mean place of the group - mean place of the others,        tested by permuting who is in the group;
    theta = the bias of utilities (`bias_by_utility`) with values uniform on 0 to 1 under which this gap is expected

A gap may be a bias or a true difference: ballots alone cannot tell. Influence is found by leaving out: each voter, or
each candidate, and choosing anew.

Source: sheet 05 ("beyond the paper"), ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from psephos.engine.streams import Rng, seed_of, spawn
from psephos.errors import InputError, check_choice, check_count
from psephos.selection.committees.ballot_box import Rankings, ballots
from psephos.selection.committees.group_bounds import Bounds
from psephos.selection.committees.place_scores import Rule, Score
from psephos.selection.committees.solving import solve, task_of
from psephos.statistics import permutation_test

VOTERS, STEPS = 2000, 30


@dataclass(frozen=True)
class GroupGap:
    """How much lower a group is ranked.

    Attributes
    ----------
    gap : float
        Places; above 0 the group stands lower.
    p : float
        That of the permutation test.
    theta : float
        Bias under which this gap is expected if values are alike; 1 where the group does not stand lower.
    """

    gap: float
    p: float
    theta: float

    def __str__(self) -> str:
        return f"{self.gap:.2f} places lower, p = {self.p:.3g}; as by a bias of {self.theta:.2f}"


def group_gap(
    rankings: Rankings,
    group: str,
    *,
    groups: Sequence[object] | None = None,
    repeats: int = 9999,
    rng: Rng = None,
    **given: Any,
) -> GroupGap:
    """Test whether a group is ranked lower, and say how large a bias would do that.

    Parameters
    ----------
    rankings
        As of `committee`.
    group : str
        The group whose places are compared with those of all others.
    groups
        As of `committee`.
    repeats : int, default 9999
        Permutations.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.
    **given
        `weights` and `candidates`, as of `committee`.

    Returns
    -------
    GroupGap
        The gap, its p-value, and the bias that would make it.

    Raises
    ------
    InputError
        `bounds`: there is no such group, or nobody is outside it.

    Examples
    --------
    >>> found = group_gap([[0, 1, 2, 3, 4, 5]] * 5, "b", groups=list("aaabbb"), rng=0)
    >>> found.gap, round(found.p, 2)
    (3.0, 0.1)
    """
    own = ballots(rankings, groups=groups, **given)
    if own.groups is None or group not in own.groups.to_list() or own.groups.n_unique() < 2:
        raise InputError("bounds", f"there is no group {group!r:.80} beside others")
    middle = (own.low + own.high - 1) / 2
    place = own.weights @ middle / own.weights.sum()
    inside = (own.groups == group).to_numpy()
    n = int(inside.sum())

    def gap(labels: Any) -> Any:
        total = labels @ place
        return total / n - (place.sum() - total) / (len(place) - n)

    test, draw = spawn(seed_of(rng), 2)
    found = permutation_test(gap, inside.astype(np.float64), repeats=repeats, rng=test)
    return GroupGap(found.statistic, found.p, _theta(found.statistic, inside, draw))


def committee_influence(
    rankings: Rankings,
    k: int,
    *,
    score: Score = "borda",
    rule: Rule = "separable",
    groups: Sequence[object] | None = None,
    lower: Bounds | None = None,
    upper: Bounds | None = None,
    of: str = "voter",
    most: int = 1000,
    **given: Any,
) -> pl.DataFrame:
    """Say whose absence would change the committee.

    Parameters
    ----------
    rankings, k, score, rule, groups, lower, upper
        As of `committee`.
    of : {"voter", "candidate"}, default "voter"
        What is left out, one at a time.
    most : int, default 1000
        Most of them to leave out; more are an error, since each costs a committee.
    **given
        `weights` and `candidates`, as of `committee`.

    Returns
    -------
    polars.DataFrame
        voter or candidate, changes (members that change, the one left out not counted), leave, join; the most first.

    Raises
    ------
    InputError
        As of `committee`; or if there are more than `most`.

    Examples
    --------
    >>> committee_influence([[0, 1, 2], [0, 1, 2], [2, 0, 1]], 1, score="sntv")["changes"].to_list()
    [0, 0, 0]
    """
    check_choice("of", of, ("voter", "candidate"))
    check_count("most", most)
    own = ballots(rankings, groups=groups, **given)
    count = len(own.low) if of == "voter" else own.size
    if count > most:
        raise InputError("most", f"{count:,} {of}s would each be left out once; {most:,} are the most")
    options: dict[str, Any] = {"score": score, "rule": rule, "solver": "greedy", "seconds": 0.0}
    options |= {"lower": dict(lower or {}), "upper": dict(upper or {})}
    names = own.candidates.to_list()
    task = task_of(own, k, **options)
    members = {names[i] for i in solve(own, task).members}
    rows = []
    for place in range(count):
        keep = np.delete(np.arange(count), place)
        if of == "voter":
            rest = own.take(keep)
            if not rest.weights.any():
                continue
            found = {names[i] for i in solve(rest, task).members}
            name = own.voters[place]
        else:
            if own.size - 1 < k:
                raise InputError("k", "leaves nobody to leave out")
            rest, name = _without_candidate(own, place), names[place]
            again = task_of(rest, k, **options)
            left = rest.candidates.to_list()
            found = {left[i] for i in solve(rest, again).members}
        gone = members - found - ({name} if of == "candidate" else set())
        new = found - members
        rows.append((name, len(gone), ", ".join(sorted(gone)), ", ".join(sorted(new))))
    frame = pl.DataFrame(rows, schema=[of, "changes", "leave", "join"], orient="row")
    return frame.sort("changes", descending=True, maintain_order=True)


def _without_candidate(own: Any, who: int) -> Any:
    """Ballots without a candidate: everyone below moves up."""
    from dataclasses import replace

    keep = np.delete(np.arange(own.size), who)
    low, high = own.low[:, keep], own.high[:, keep]
    start, end = own.low[:, [who]], own.high[:, [who]]
    return replace(
        own,
        candidates=own.candidates.gather(keep),
        low=low - (low >= end),
        high=high - (high > start),
        ranked=own.ranked[keep],
        groups=None if own.groups is None else own.groups.gather(keep),
    )


def _theta(gap: float, inside: Any, rng: np.random.Generator) -> float:
    """The bias with this gap, by halving, on draws that are the same for each bias."""
    if gap <= 0:
        return 1.0
    seen = rng.random((VOTERS, len(inside))) * rng.random((VOTERS, len(inside)))

    def expected(theta: float) -> float:
        place = np.argsort(np.argsort(-seen * np.where(inside, theta, 1.0), axis=1), axis=1).mean(axis=0)
        return float(place[inside].mean() - place[~inside].mean())

    low, high = 0.0, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if expected(middle) < gap else (middle, high)
    return (low + high) / 2
