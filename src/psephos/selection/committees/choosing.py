"""Which committee to choose from rankings, with so many of each group, and what does that cost?

Candidates score by their place on each ballot (Borda, first places, first k places, ...), and a committee is worth what
its members are worth to the voters together: all added up (SNTV, Bloc, k-Borda), the best one only
(Chamberlin-Courant), or each further one less (PAV). `lower` and `upper` bound how many of each group are members. The
price of the bounds is F(free) / F(fair).

Rankings may push a group down; then bounds do not cost quality but bring it back. How many rankings that takes depends
on the score: see `rankings_needed` and `enough_rankings`.

Source: Boehmer, Celis, Huang, Mehrotra and Vishnoi (2023), arXiv:2306.09835; sheet 05. Ours: cc, pav and own weights
under bounds, bounds on both sides for any number of groups, the proofs, and how sure each member is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine.streams import Rng, seed_of
from psephos.errors import InputError, check_count, check_number
from psephos.opinions.coding import Coded
from psephos.opinions.model import Opinions, Source, frozen
from psephos.opinions.outcomes import Provenance, command_for
from psephos.selection.committees.ballot_box import Ballots, Rankings, ballots
from psephos.selection.committees.committee_results import CommitteeSelection
from psephos.selection.committees.group_bounds import Bounds, proportional_bounds
from psephos.selection.committees.place_scores import Rule, Score, candidate_scores
from psephos.selection.committees.solving import Outcome, Task, price_of, solve, task_of, unbounded
from psephos.statistics import reweightings

Floats = npt.NDArray[np.float64]

SURE = 0.8
REASONS = (
    "left out: scores {score} over all ballots",
    "taken at place {place}: scores {score} over all ballots",
    "left out: its group has as many members as it may; scores {score} over all ballots",
    "taken at place {place}: its group needs members; scores {score} over all ballots",
)
EVERYONE = "election"
"""Name of the one item where ballots have no task."""


def committee(
    rankings: Rankings,
    k: int,
    *,
    score: Score = "borda",
    rule: Rule = "separable",
    groups: Sequence[object] | None = None,
    lower: Bounds | None = None,
    upper: Bounds | None = None,
    proportional: bool = False,
    weights: npt.ArrayLike | None = None,
    candidates: Sequence[object] | None = None,
    solver: str = "auto",
    seconds: float = 30.0,
    repeats: int = 0,
    rng: Rng = 0,
) -> CommitteeSelection:
    """Choose a committee of k from rankings.

    Parameters
    ----------
    rankings : array_like of int, shape (n_voters, n_candidates); list of lists; Opinions; or Ballots
        Each row names candidates by number, best first; lists may stop early. Opinions are ``rankings``; with a column
        ``task`` each task has a committee of its own.
    k : int
        Members.
    score : {"borda", "sntv", "bloc", "dcg"} or sequence of float, default "borda"
        What a place is worth; numbers must not rise.
    rule : {"separable", "cc", "pav"} or sequence of float, default "separable"
        How much the first, second, ... best member counts for a voter.
    groups : sequence, shape (n_candidates,), optional
        Group of each candidate; of opinions the column ``group`` of the table about candidates.
    lower, upper : mapping of str to int, optional
        Least and most members of each group.
    proportional : bool, default False
        As many members of each group as its share of the candidates says, in place of `lower` and `upper`.
    weights : array_like of float, shape (n_voters,), optional
        How much each ballot counts.
    candidates : sequence, optional
        Names.
    solver : {"auto", "exact", "greedy"}, default "auto"
        "auto" proves the best where all committees can be listed, and up to 60 candidates and 200 ballots.
    seconds : float, default 30
        Most time for the proof; then the bound says how much better a committee could at most be.
    repeats : int, default 0
        Resamples of the ballots that say how sure each member is.
    rng : int, Generator, SeedSequence or None, default 0
        Seed or source of the random numbers.

    Returns
    -------
    CommitteeSelection
        Members in the order of what each is worth, with value, bounds and how sure each member is.

    Raises
    ------
    InputError
        `k`: out of range. `rankings`, `weights`, `groups`: see `ballots`. `bounds`: a group that is not there.
        `not monotone`: scores of places that rise. `rule`: weights that rise with too many committees to list them.
    InfeasibleError
        No committee keeps the bounds; it names group and numbers.

    See Also
    --------
    fairness_frontier : what each number of members of a group is worth.
    rankings_needed : how many rankings bounds need to bring back what a bias took.

    Examples
    --------
    >>> votes = [[0, 1, 2, 3], [0, 1, 3, 2], [3, 2, 1, 0]]
    >>> committee(votes, 2).members, committee(votes, 2, rule="cc").members
    (['0', '1'], ['0', '3'])
    >>> committee(votes, 2, groups=["x", "x", "y", "y"], lower={"y": 1}).members
    ['0', '3']
    """
    check_number("seconds", seconds, low=0)
    repeats = check_count("repeats", repeats, low=0)
    if proportional and (lower or upper):
        raise InputError("proportional", "takes the place of lower and upper bounds", hint="give one or the other")
    made = _by_task(rankings, weights, candidates, groups)
    seed = seed_of(rng) if repeats else None
    outcomes: list[tuple[Ballots, Task, Outcome, float, Floats]] = []
    for own in made.values():
        low, high = dict(lower or {}), dict(upper or {})
        if proportional:
            if own.groups is None:
                raise InputError(
                    "groups", "are needed for proportional bounds", hint="give groups=, one name for each candidate"
                )
            low = high = proportional_bounds(own.groups, min(int(k), own.size))
        task = task_of(own, k, score=score, rule=rule, lower=low, upper=high, solver=solver, seconds=seconds)
        found = solve(own, task)
        free = max(found.value, solve(own, unbounded(own, task)).value) if task.bounds.bind else found.value
        outcomes.append((own, task, found, free, _sureness(own, task, repeats, seed)))
    stated = _stated(k, score, rule, lower, upper, proportional, solver, repeats, seed)
    return _selection(rankings, made, outcomes, stated, seed, score)


def committee_worth(
    rankings: Rankings, members: Sequence[object], *, score: Score = "borda", rule: Rule = "separable", **given: Any
) -> float:
    """What a committee is worth to the voters.

    Parameters
    ----------
    rankings
        As of `committee`.
    members : sequence
        Names or, with arrays, numbers of candidates.
    score, rule
        As of `committee`.
    **given
        `weights`, `candidates`, as of `committee`.

    Returns
    -------
    float
        Weighted by the voters, in the unit of the score.

    Raises
    ------
    InputError
        If a member is no candidate, or stands twice.

    Examples
    --------
    >>> committee_worth([[0, 1, 2], [2, 1, 0]], [0, 2], rule="cc")
    4.0
    """
    own = ballots(rankings, **given)
    names = {name: place for place, name in enumerate(own.candidates.to_list())}
    unknown = [str(one) for one in members if str(one) not in names]
    if unknown:
        raise InputError("members", f"there is no candidate {unknown[0]!r:.80}")
    places = [names[str(one)] for one in members]
    if not places or len(set(places)) < len(places):
        raise InputError("members", "must be one or more different candidates")
    from psephos.selection.committees.place_scores import committee_value, place_scores, rule_weights

    scores, a = place_scores(score, own.size, len(places)), rule_weights(rule, len(places))
    return committee_value(candidate_scores(own, scores), own.weights, a, places)


def _by_task(
    rankings: Rankings,
    weights: npt.ArrayLike | None,
    candidates: Sequence[object] | None,
    groups: Sequence[object] | None,
) -> dict[str, Ballots]:
    if isinstance(rankings, Opinions) and rankings.kind == "rankings" and "task" in rankings.coded:
        names = rankings.vocabulary("task").cast(pl.String).to_list()
        codes = rankings.codes("task")
        if weights is not None:
            raise InputError("weights", "of ballots with tasks stand in the column weight")
        # Ballots that name no task are an election of their own.
        every = [*enumerate(names), (-1, EVERYONE if EVERYONE not in names else f"{EVERYONE} without a task")]
        return {
            name: ballots(rankings.take(codes == code), groups=groups) for code, name in every if (codes == code).any()
        }
    return {EVERYONE: ballots(rankings, weights=weights, candidates=candidates, groups=groups)}


def _sureness(own: Ballots, task: Task, repeats: int, seed: int | None) -> Floats:
    """Share of resamples of the ballots in which each candidate is a member; greedy where members do not add up."""
    voting = own.take(np.flatnonzero(own.weights > 0))
    if not repeats or len(voting.low) < 2:
        return np.full(own.size, np.nan)
    from dataclasses import replace

    from psephos.selection.committees.greedy import best_by_sum, greedy

    table = candidate_scores(voting, task.scores)
    quick = replace(task, solver="greedy")
    times = np.zeros(own.size)
    for block in reweightings(len(voting.low), repeats=repeats, rng=seed):
        weighted = block * voting.weights
        totals = weighted @ table
        for weight, total in zip(weighted, totals, strict=True):
            if quick.sums:
                times[best_by_sum(total, task.k, task.bounds)] += 1
            else:
                times[greedy(table, weight, task.a, task.k, task.bounds, total)[0]] += 1
    share: Floats = times / repeats
    return share


def _stated(
    k: int,
    score: Score,
    rule: Rule,
    lower: Mapping[str, int] | None,
    upper: Mapping[str, int] | None,
    proportional: bool,
    solver: str,
    repeats: int,
    seed: int | None,
) -> dict[str, Any]:
    given: dict[str, Any] = {"k": k, "score": score, "rule": rule}
    given |= {"lower": dict(lower)} if lower else {}
    given |= {"upper": dict(upper)} if upper else {}
    given |= {"proportional": True} if proportional else {}
    given |= {"solver": solver} if solver != "auto" else {}
    return given | {"repeats": repeats} | ({"seed": seed} if repeats else {})


def _selection(
    rankings: Rankings,
    made: dict[str, Ballots],
    outcomes: list[tuple[Ballots, Task, Outcome, float, Floats]],
    stated: dict[str, Any],
    seed: int | None,
    score: Score,
) -> CommitteeSelection:
    first = outcomes[0][0]
    size, n = first.size, len(outcomes)
    place = np.zeros((n, size), dtype=np.int64)
    reason = np.zeros((n, size), dtype=np.int8)
    for row, (own, task, found, _, _) in enumerate(outcomes):
        place[row, found.members] = np.arange(1, task.k + 1)
        counts = task.bounds.counts(found.members)
        sizes = np.bincount(task.bounds.group, minlength=len(task.bounds.names))
        full = (counts == task.bounds.upper) & (task.bounds.upper < sizes)
        needed = (counts == task.bounds.lower) & (task.bounds.lower > 0)
        taken = place[row] > 0
        outside = float(found.totals[~taken].max(initial=-np.inf))
        reason[row] = np.where(
            taken,
            np.where(needed[task.bounds.group] & (found.totals < outside), 3, 1),
            np.where(full[task.bounds.group], 2, 0),
        )
        if own.size != size:
            raise InputError("rankings", "tasks must have the same candidates")
    ranked = np.stack([own.ranked for own, *_ in outcomes])
    voters = np.array([len(own.low) for own, *_ in outcomes])
    sureness = np.stack([part for *_, part in outcomes])
    value = np.array([found.value for _, _, found, _, _ in outcomes])
    free = np.array([other for *_, other, _ in outcomes])
    bound = np.array([found.bound for _, _, found, _, _ in outcomes])
    unsure = np.array([bool((part[place[row] > 0] < SURE).any()) for row, part in enumerate(sureness)])
    ties = tuple(
        tuple(tuple(str(own.candidates[i]) for i in one) for one in found.ties) for own, _, found, _, _ in outcomes
    )
    notes = tuple(dict.fromkeys(note for own, *_ in outcomes for note in own.notes))
    if any(task.rises for _, task, *_ in outcomes):
        notes += ("weights of the rule rise: only listing all committees finds the best",)
    if stated["repeats"] and np.isnan(sureness).all(axis=1).any():
        notes += ("a single ballot cannot be resampled: no sureness",)
    source = rankings.source if isinstance(rankings, Opinions) else first.source
    opinions = rankings if isinstance(rankings, Opinions) else _without_rows(first)
    flags = {"tie": np.array([bool(one) for one in ties]), "not proven": bound > value * (1 + 1e-9) + 1e-9}
    if not np.isnan(sureness).all():
        flags["unsure"] = unsure
    groups = first.groups
    return CommitteeSelection(
        provenance=Provenance(
            "committee",
            {name: value if isinstance(value, (int, float)) else str(value) for name, value in stated.items()},
            source,
            seed=seed,
            command=_command(source, stated),
            notes=notes,
        ),
        opinions=opinions,
        items=pl.Series("item", list(made), dtype=pl.String),
        answers=first.candidates,
        starts=np.arange(n + 1) * size,
        answer=np.tile(np.arange(size, dtype=np.int32), n),
        votes=ranked.ravel(),
        share=(ranked / voters[:, None]).ravel(),
        score=np.concatenate([found.totals for _, _, found, _, _ in outcomes]),
        place=place.ravel(),
        sample=np.zeros(n * size, dtype=np.int64),
        sureness=sureness.ravel(),
        reason=reason.ravel(),
        reasons=REASONS,
        score_means=f"{score if isinstance(score, str) else 'own'} score over all ballots",
        sureness_means="share of resamples of the ballots in which the candidate is a member",
        facts={"ballots": voters, "value": value, "bound": bound},
        flags=flags,
        value=value,
        free_value=free,
        price=np.array([price_of(a, b) for a, b in zip(free, value, strict=True)]),
        bound=bound,
        guarantees=tuple(found.guarantee for _, _, found, _, _ in outcomes),
        ties=ties,
        group=None if groups is None else pl.concat([groups] * n),
    )


def _without_rows(own: Ballots) -> Opinions:
    """Opinions of these voters and candidates that hold no rows: the ballots came as arrays."""
    empty = np.empty(0, dtype=np.int32)
    coded = {"voter": Coded(empty, own.voters), "candidate": Coded(empty.copy(), own.candidates)}
    return Opinions("rankings", frozen(coded), frozen({"rank": np.empty(0)}), pl.DataFrame())


def _command(source: Source, stated: dict[str, Any]) -> str:
    """The command that chooses the same committee again; own scores and weights have none."""
    if not isinstance(stated["score"], str) or not isinstance(stated["rule"], str):
        return ""
    flat = {"method": "committee", **{k: v for k, v in stated.items() if k not in ("lower", "upper", "proportional")}}
    line = command_for("select", source, flat)
    if not line:
        return ""
    import shlex

    words = ["--proportional"] if stated.get("proportional") else []
    for name in ("lower", "upper"):
        for group, number in stated.get(name, {}).items():
            words += [f"--{name}", f"{group}={number}"]
    return " ".join([line, shlex.join(words)]).strip()
