r"""What does following one metric do to groups?

Scores of two groups with different shares of positives and the same AUROC are pooled, and one mistake is fixed a step:
a random one (AUROC prices all the same), the topmost, or the one that AP pays most for. Repair by AP serves the group
with many positives.

A group is drawn at a target AUROC A: P = round(pi n) positives with scores U(0, 1); each negative has above it all but
j ~ Binomial(P, 1 - A) of them, and lies uniformly in that gap; scores are multiplied by pi / mean.

Source: McDermott et al. (2024), arXiv 2401.06091, and its experiment by sheet 13. Differs: the arm "exact" is ours; all
pairs are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from psephos.engine import Rng, generator, seed_of, spawn
from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.metrics.columns import Floats
from psephos.metrics.discrimination.fixing_runs import FixingRun
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result
from psephos.opinions.wording import plural

ARMS = ("random", "topmost", "exact")
TRACKED = ("auroc", "auprc", "auroc_high", "auprc_high", "auroc_low", "auprc_low")


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class FixingExperiment(Result):
    """Trajectories of both metrics, by arm.

    Attributes
    ----------
    steps : polars.DataFrame
        arm, step, and means over seeds of auroc, auprc (all rows), those of the groups with the high and the low
        share of positives, gap (auroc_high - auroc_low) and gap_error (standard error of the change of the gap since
        step 0).
    seeds : int
        Runs that were averaged.
    served : float
        Share of seeds in which the positive of the mistake that AP pays most for is of the high group at the start.
    mistakes : float
        Share of all mistakes at the start whose positive is of the high group.
    """

    steps: pl.DataFrame
    seeds: int
    served: float
    mistakes: float

    def table(self) -> pl.DataFrame:
        """The trajectories."""
        return self.steps

    def change_of_gap(self, arm: str) -> float:
        """How much further apart the groups are at the end, by this arm."""
        gap = self.steps.filter(arm=arm)["gap"]
        return float(gap[-1] - gap[0])

    def summary(self) -> list[tuple[str, str]]:
        """The ends in a few lines."""
        lines = []
        for arm in self.steps["arm"].unique(maintain_order=True):
            ends = self.steps.filter(arm=arm)
            first, last = ends.row(0, named=True), ends.row(-1, named=True)
            said = f"AUROC {first['auroc']:.3f} to {last['auroc']:.3f}, AP {first['auprc']:.3f} to {last['auprc']:.3f}"
            lines.append((arm, f"{said}, gap {self.change_of_gap(arm):+.3f}"))
        served = f"AP's best mistake serves the high group in {self.served:.0%} of {plural(self.seeds, 'seed')}"
        return [*lines, ("served", f"{served}; it has {self.mistakes:.0%} of all mistakes")]


def sample_at_auroc(
    n: int, prevalence: float, target: float, *, scaled: bool = False, rng: Rng = None
) -> tuple[Floats, Floats]:
    """Draw outcomes and scores whose expected AUROC is the target.

    Parameters
    ----------
    n : int
        Rows.
    prevalence : float
        Share of positives; round(prevalence n) of them, which must leave both classes.
    target : float
        AUROC, from 0 to 1.
    scaled : bool, default False
        Whether scores are multiplied so that their mean is the share of positives.
    rng : int, Generator, SeedSequence or None
        Of the random draws; an int repeats them.

    Returns
    -------
    y, score : ndarray of float64, shape (n,)

    Raises
    ------
    InputError
        If a class would be empty, or a number is out of range.

    Examples
    --------
    >>> y, score = sample_at_auroc(1000, 0.2, 1.0, rng=0)
    >>> int(y.sum()), bool(score[y == 1].min() > score[y == 0].max())
    (200, True)
    """
    count = check_count("n", n, low=2)
    share = check_number("prevalence", prevalence, low=0, high=1, open_ends=True)
    area = check_number("target", target, low=0, high=1)
    positives = round(share * count)
    if not 0 < positives < count:
        raise InputError("prevalence", f"gives {positives} positives of {count} rows; both classes are needed")
    stream = generator(rng)
    above = np.sort(stream.random(positives))
    edges = np.concatenate([[0.0], above, [1.0]])
    below = stream.binomial(positives, 1 - area, size=count - positives)
    negatives = edges[below] + stream.random(count - positives) * (edges[below + 1] - edges[below])
    score = np.concatenate([above, negatives])
    y = np.concatenate([np.ones(positives), np.zeros(count - positives)])
    return y, score * (share / score.mean()) if scaled else score


def fix_experiment(
    *,
    n: int = 200,
    prevalence: tuple[float, float] = (0.05, 0.01),
    target: float = 0.85,
    arms: tuple[str, ...] = ARMS,
    steps: int = 50,
    seeds: int = 20,
    rng: Rng = None,
) -> FixingExperiment:
    """Fix mistakes step by step by what each metric pays, and watch two groups.

    Parameters
    ----------
    n : int, default 200
        Rows of each group.
    prevalence : (float, float), default (0.05, 0.01)
        Shares of positives, the high one first.
    target : float, default 0.85
        AUROC within each group.
    arms : tuple of {"random", "topmost", "exact"}
        Which mistake is fixed: any, the topmost, the one that AP pays most for.
    steps, seeds : int
        Fixes, and repetitions; each has a stream of its own.
    rng : int, Generator, SeedSequence or None
        Of the random draws; an int repeats them.

    Returns
    -------
    FixingExperiment
        One row for each arm and step with both areas of both groups.

    Raises
    ------
    InputError
        As of `sample_at_auroc`; if an arm is unknown.

    See Also
    --------
    subgroup_report : the same question of real scores.

    Examples
    --------
    >>> found = fix_experiment(seeds=10, steps=30, rng=0)
    >>> found.change_of_gap("exact") > found.change_of_gap("random")
    True
    """
    check_count("steps", steps)
    check_count("seeds", seeds)
    for arm in arms:
        check_choice("arms", arm, ARMS)
    if not prevalence[0] >= prevalence[1]:
        raise InputError("prevalence", f"must have the higher share first, got {prevalence}")
    seed = seed_of(rng)
    worlds, draws = [], []
    for stream in spawn(seed, seeds):
        groups = [sample_at_auroc(n, share, target, scaled=True, rng=stream) for share in prevalence]
        order = np.argsort(-np.concatenate([score for _, score in groups]), kind="stable")
        worlds.append((np.concatenate([y for y, _ in groups])[order] == 1, (order >= n)))
        draws.append(stream.random(steps))
    positive, low = (np.stack(part) for part in zip(*worlds, strict=True))
    tables, picks = [], np.stack(draws, axis=1)
    for arm in arms:
        found = FixingRun(positive.copy(), low.copy())
        track = [found.values]
        for step in range(steps):
            found.fix(arm, picks[step])
            track.append(found.values)
        tables.append(_trajectory(arm, np.stack(track)))
    start = FixingRun(positive, low)
    best, rows = start.price().argmax(axis=1), np.arange(seeds)
    of_high = start.wrong & ~low[:, 1:]
    parameters = {"n": n, "prevalence": prevalence, "target": target, "steps": steps, "seeds": seeds}
    return FixingExperiment(
        provenance=Provenance("fixing experiment", parameters, Source(), seed),
        steps=pl.concat(tables),
        seeds=seeds,
        served=float((~low[rows, best + 1]).mean()),
        mistakes=float(of_high.sum() / max(1, start.wrong.sum())),
    )


def _trajectory(arm: str, track: Floats) -> pl.DataFrame:
    """Means over seeds of values of shape (steps + 1, seeds, 6)."""
    gap = track[:, :, 2] - track[:, :, 4]
    moved = gap - gap[0]
    seeds = track.shape[1]
    error = moved.std(axis=1, ddof=1) / np.sqrt(seeds) if seeds > 1 else np.full(len(track), np.nan)
    means = track.mean(axis=1)
    columns = {name: means[:, k] for k, name in enumerate(TRACKED)}
    steps = {"arm": [arm] * len(track), "step": np.arange(len(track))}
    return pl.DataFrame(steps | columns | {"gap": gap.mean(axis=1), "gap_error": error})
