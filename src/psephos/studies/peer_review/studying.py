"""All questions about one set of reviews at once: who moves, towards whom, what predicts it, and what it decides.

A question that the data cannot answer is left out, and the result says why.

Source: sheet 36. Differs: nothing.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from psephos.engine import Rng, seed_of, spawn
from psephos.errors import InputError
from psephos.opinions.issues import Issues
from psephos.opinions.outcomes import Provenance, Result, command_for
from psephos.studies.peer_review.borderline import BorderlineCurve, borderline
from psephos.studies.peer_review.conformity import Conformity, conformity
from psephos.studies.peer_review.convergence import Convergence, convergence
from psephos.studies.peer_review.decisions import DecisionImpact, decisions
from psephos.studies.peer_review.influence import ScoreInfluence, influence
from psephos.studies.peer_review.movement import ScoreMovement, movement
from psephos.studies.peer_review.planning import ReviewerPlan, plan
from psephos.studies.peer_review.reviews import Reviews
from psephos.studies.peer_review.strategies import TextStrategies, strategies
from psephos.studies.peer_review.timing import AnswerTiming, timing


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class PeerReviewStudy(Result):
    """Everything at once; see the class of each part.

    Attributes
    ----------
    movement, convergence, influence, conformity, borderline
        What the sheet of scores alone answers.
    conformity_items : Conformity
        The test that respects that reviews of one item depend on each other.
    decisions, plan, timing, strategies
        None where the data do not tell; `left_out` says why.
    left_out : mapping of str to str
        Parts that are None, and why.
    issues : Issues
        What was set aside or found odd in the input.
    """

    movement: ScoreMovement
    convergence: Convergence
    influence: ScoreInfluence
    conformity: Conformity
    conformity_items: Conformity
    borderline: BorderlineCurve
    decisions: DecisionImpact | None
    plan: ReviewerPlan | None
    timing: AnswerTiming | None
    strategies: TextStrategies | None
    left_out: Mapping[str, str]
    issues: Issues

    def parts(self) -> dict[str, Result]:
        """Every part that there is, by name."""
        names = (
            "movement",
            "convergence",
            "influence",
            "conformity",
            "conformity_items",
            "borderline",
            "decisions",
            "plan",
            "timing",
            "strategies",
        )
        return {name: part for name in names if (part := getattr(self, name)) is not None}

    def table(self) -> pl.DataFrame:
        """The shares of rises and falls by first score."""
        return self.movement.by_score

    def summary(self) -> list[tuple[str, str]]:
        """The whole study in a few lines."""
        lines = []
        for part in self.parts().values():
            lines += [line for line in part.summary() if line[0] not in ("note", "caution")]
        lines.append(("caution", dict(self.influence.summary())["caution"]))
        lines += [("left out", f"{name}: {why}") for name, why in self.left_out.items()]
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, object]:
        """The whole study, ready for JSON."""
        parts = {name: part.to_dict() for name, part in self.parts().items()}
        return super().to_dict() | parts | {"left_out": dict(self.left_out), "issues": self.issues.to_list()}


def study(
    reviews: Reviews,
    *,
    labels: Sequence[str] = (),
    rate: float | None = None,
    level: float = 0.95,
    rng: Rng = 0,
) -> PeerReviewStudy:
    """Answer all questions about reviews before and after a discussion.

    Parameters
    ----------
    reviews : Reviews
        Of `read`, `reviews` or a relative.
    labels : sequence of str
        Columns of true and false that say what a review or its rebuttal holds.
    rate : float, optional
        Share of items that are accepted; that of the known decisions if not given.
    level : float, default 0.95
        Confidence of the intervals.
    rng : int, Generator or None, default 0
        Source of resamples and shuffles.

    Returns
    -------
    PeerReviewStudy
        One attribute for each part; a part that the data cannot answer says why.

    Raises
    ------
    InputError
        If no review has both scores, or a label is no column of true and false.

    Examples
    --------
    >>> from psephos.studies import peer_review
    >>> found = study(peer_review.sample(items=200, rng=1), rng=1)
    >>> found.left_out, found.influence.strongest() in ("own", "others")
    ({'strategies': 'no labels were named'}, True)
    """
    seed = seed_of(rng)
    streams = spawn(seed, 5)
    moved = movement(reviews)
    left_out: dict[str, str] = {}
    found_timing = found_strategies = found_plan = found_decisions = None
    if "author_time" in reviews.columns.columns:
        found_timing = timing(reviews)
    else:
        left_out["timing"] = "there is no column author_time"
    if labels:
        found_strategies = strategies(reviews, labels, level=level)
    else:
        left_out["strategies"] = "no labels were named"
    both = ~(np.isnan(reviews.mean_before) | np.isnan(reviews.mean_after))
    if both.sum() < 2:
        left_out["decisions"] = left_out["plan"] = "fewer than two items have scores before and after"
    else:
        found_decisions = decisions(reviews, rate=rate, level=level, rng=streams[0])
        try:
            found_plan = plan(reviews, found_decisions.cut_after)
        except InputError as problem:
            left_out["plan"] = problem.problem
    options: dict[str, object] = {"level": level, "seed": seed}
    if rate is not None:
        options["rate"] = rate
    command = command_for("study peer-review", reviews.source, options)
    command += "".join(f" --label {shlex.quote(label)}" for label in labels if command)
    parameters = {"labels": list(labels), "rate": rate, "level": level}
    made = reviews.made("study", parameters, seed=seed)
    influences = influence(reviews, labels=labels, level=level, rng=streams[2])
    new = [note for note in influences.provenance.notes if note not in made.notes]
    if found_decisions is not None:
        new += [note for note in found_decisions.provenance.notes if note not in made.notes]
    return PeerReviewStudy(
        provenance=Provenance(
            made.method, parameters, made.source, seed=seed, command=command, notes=(*made.notes, *new)
        ),
        movement=moved,
        convergence=convergence(reviews, level=level, rng=streams[1]),
        influence=influences,
        conformity=conformity(reviews, rng=streams[3]),
        conformity_items=conformity(reviews, null="item", rng=streams[4]),
        borderline=borderline(reviews),
        decisions=found_decisions,
        plan=found_plan,
        timing=found_timing,
        strategies=found_strategies,
        left_out=left_out,
        issues=reviews.issues,
    )
