"""What is each number of members of a group worth, and where does it begin to cost?

    F(l) = value of the best committee with exactly l members of the group,        l = 0 ... k

with a band from resamples of the voters. The free committee sits at the top; the knee is the largest l at which F keeps
at least 95 % of that.

Source: sheet 05 ("beyond the paper"), ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from psephos.engine.streams import Rng, seed_of
from psephos.errors import InfeasibleError, InputError, check_count, check_number
from psephos.opinions.outcomes import Provenance, Result
from psephos.selection.committees.ballot_box import Rankings, ballots
from psephos.selection.committees.greedy import best_by_sum, greedy
from psephos.selection.committees.place_scores import Rule, Score, candidate_scores, committee_value
from psephos.selection.committees.solving import solve, task_of
from psephos.statistics import reweightings
from psephos.statistics.replicate_intervals import percentile_interval

KNEE = 0.95


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class FairnessFrontier(Result):
    """Value by members of a group.

    Attributes
    ----------
    group : str
        Whose members are counted.
    curve : polars.DataFrame
        members, value, low, high (share of the free value), committee.
    free_members : int
        Members of the group in the best committee without bounds.
    free_value : float
        Value of the best committee without a bound.
    knee : int
        Most members of the group at which the value keeps 95 % of the free one.
    """

    group: str
    curve: pl.DataFrame
    free_members: int
    free_value: float
    knee: int

    def table(self) -> pl.DataFrame:
        """One row per number of members of the group."""
        return self.curve

    def summary(self) -> list[tuple[str, str]]:
        """Where the free committee sits, and the knee."""
        share = self.curve.filter(pl.col("members") == self.knee)["share"][0]
        return [
            ("frontier", f"members of {self.group} from {self.curve['members'][0]} to {self.curve['members'][-1]}"),
            ("free", f"{self.free_members} members of {self.group}, value {self.free_value:,.6g}"),
            ("knee", f"{self.knee} members keep {share:.1%} of the value"),
            *(("note", note) for note in self.provenance.notes),
        ]


def fairness_frontier(
    rankings: Rankings,
    k: int,
    group: str,
    *,
    groups: Sequence[object] | None = None,
    score: Score = "borda",
    rule: Rule = "separable",
    solver: str = "auto",
    repeats: int = 200,
    level: float = 0.95,
    rng: Rng = None,
    **given: Any,
) -> FairnessFrontier:
    """Say what each number of members of a group is worth.

    Parameters
    ----------
    rankings, k
        As of `committee`.
    group : str
        The group whose members are counted.
    groups, score, rule, solver
        As of `committee`.
    repeats : int, default 200
        Resamples of the voters for the band; 0 for none, as of a single voter.
    level : float, default 0.95
        Confidence of the band.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.
    **given
        `weights` and `candidates`, as of `committee`.

    Returns
    -------
    FairnessFrontier
        One row for each number of members of the group, with the best value and its committee.

    Raises
    ------
    InputError
        As of `committee`; `bounds`: there is no such group.

    Examples
    --------
    >>> votes = [[0, 1, 2, 3], [0, 1, 3, 2], [1, 0, 2, 3]]
    >>> frontier = fairness_frontier(votes, 2, "y", groups=["x", "x", "y", "y"], rng=0)
    >>> frontier.curve["value"].to_list(), frontier.knee
    ([15.0, 10.0, 3.0], 0)
    """
    own = ballots(rankings, groups=groups, **given)
    if own.groups is None:
        raise InputError("groups", "are needed for a frontier", hint="give groups=, one name for each candidate")
    check_count("repeats", repeats, low=0)
    check_number("level", level, low=0, high=1, open_ends=True)
    seed = seed_of(rng)
    free = solve(own, task_of(own, k, score=score, rule=rule, lower=None, upper=None, solver=solver, seconds=30))
    inside = (own.groups == group).to_numpy()
    tasks, outcomes = [], []
    for number in range(k + 1):
        bound = {group: number}
        try:
            task = task_of(own, k, score=score, rule=rule, lower=bound, upper=bound, solver=solver, seconds=30)
        except InfeasibleError:
            continue
        tasks.append((number, task))
        outcomes.append(solve(own, task))
    values = np.array([one.value for one in outcomes])
    top = max(free.value, float(values.max()))
    low, high = np.full(len(values), np.nan), np.full(len(values), np.nan)
    voting = own.take(np.flatnonzero(own.weights > 0))
    if repeats and len(voting.low) > 1:
        table = candidate_scores(voting, tasks[0][1].scores)
        drawn = []
        for block in reweightings(len(voting.low), repeats=repeats, rng=seed):
            weighted = block * voting.weights
            for weight, total in zip(weighted, weighted @ table, strict=True):
                line = []
                for _, task in tasks:
                    found = (
                        best_by_sum(total, k, task.bounds)
                        if task.sums
                        else greedy(table, weight, task.a, k, task.bounds, total)[0]
                    )
                    line.append(committee_value(table, weight, task.a, found))
                drawn.append(np.array(line) / max(line) if max(line) > 0 else np.ones(len(line)))
        low, high = percentile_interval(np.stack(drawn), level)
    share = values / top if top > 0 else np.ones(len(values))
    kept = np.flatnonzero(share >= KNEE)
    curve = pl.DataFrame(
        {
            "members": [number for number, _ in tasks],
            "value": values,
            "share": share,
            "low": low,
            "high": high,
            "committee": [", ".join(str(own.candidates[i]) for i in one.members) for one in outcomes],
        }
    ).with_columns(pl.col("low", "high").fill_nan(None))
    return FairnessFrontier(
        provenance=Provenance(
            "fairness frontier", {"k": k, "group": group, "score": str(score), "rule": str(rule)}, own.source, seed=seed
        ),
        group=group,
        curve=curve,
        free_members=int(inside[free.members].sum()),
        free_value=free.value,
        knee=int(curve["members"][int(kept.max())]),
    )
