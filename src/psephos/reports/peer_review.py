"""What does the page of a peer review study say?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from psephos.plots.peer_review import finite_odds, study_borderline_plot, study_influence_plot, study_transitions_plot
from psephos.plots.style import decimal, share
from psephos.reports.page import Page, drawn
from psephos.reports.sections import Section, facts_of, grid_of
from psephos.reports.words import Number, interval

if TYPE_CHECKING:
    from psephos.statistics import Interval
    from psephos.studies.peer_review import PeerReviewStudy

CAPTIONS = {
    "decisions": "Items, the least certain first",
    "plan": "Items, the most worthwhile first",
    "timing": "By third of the discussion",
    "strategies": "By label",
}

WORDS = {
    "own": "where the reviewer started",
    "others": "what the other reviewers gave",
    "engagement": "confidence, messages and times",
    "labels": "what the texts hold",
}
"""Sets of predictors in words."""


def peer_review_page(result: PeerReviewStudy) -> Page:
    """Who moves, what predicts it, where a rebuttal matters, and what it decides."""
    moved = result.movement
    up, down = moved.share("up"), moved.share("down")
    strongest = result.influence.strongest()
    lead = [f"{share(moved.items_changed.value)} of items have a changed score."]
    if strongest:
        lead.append(f"What predicts a rise best: {WORDS[strongest]}.")
    sections = [
        Section(
            "movement",
            "Who moves",
            facts_of(moved),
            drawn(study_transitions_plot, result, prefix="transitions"),
            [
                grid_of("By first score", moved.by_score.select("before", "reviews", "up", "down", "mean_change")),
                grid_of("By how far the others' mean lies above the own score", moved.by_gap),
            ],
        ),
        Section("convergence", "Coming together", facts_of(result.convergence), [], []),
        Section(
            "influence",
            "What predicts a change",
            [*facts_of(result.influence), *facts_of(result.conformity), *facts_of(result.conformity_items)],
            drawn(study_influence_plot, result, prefix="influence") if _has_odds(result) else [],
            [
                grid_of("Coefficients, clustered by item", result.influence.coefficients),
                grid_of("Area under the ROC curve on held-out items", result.influence.nested),
                grid_of("What each set is worth", result.influence.importance),
            ],
        ),
        Section(
            "borderline",
            "Where a rebuttal matters",
            [],
            drawn(study_borderline_plot, result, prefix="borderline"),
            [grid_of("By the mean first score of the item", result.borderline.bins)],
        ),
    ]
    for id_, title, part in (
        ("decisions", "Decisions", result.decisions),
        ("plan", "One more reviewer", result.plan),
        ("timing", "When the authors answer", result.timing),
        ("strategies", "What the texts hold", result.strategies),
    ):
        if part is not None:
            sections.append(Section(id_, title, facts_of(part), [], [grid_of(CAPTIONS[id_], part.table())]))
    return Page(
        template="peer_review.html",
        finding=f"{share(up.value)} of {moved.reviews:,} reviews rise, {share(down.value)} fall",
        lead=" ".join(lead),
        sections=[(section.id, section.title) for section in sections],
        says={
            "facts": _headline(result),
            "sections": sections,
            "caution": dict(result.influence.summary())["caution"],
            "left_out": list(result.left_out.items()),
        },
    )


def _headline(result: PeerReviewStudy) -> list[tuple[str, Number]]:
    moved, spread = result.movement, result.convergence.change
    facts = [(f"went {side}", _number(moved.share(side))) for side in ("up", "down")]
    facts.append(("items changed", _number(moved.items_changed)))
    facts.append(("mean score", Number(decimal(moved.mean_after), f"from {decimal(moved.mean_before)}")))
    if not math.isnan(spread.value):
        facts.append(("spread in an item", _number(spread)))
    return facts


def _number(part: Interval) -> Number:
    return interval(part.value, part.low, part.high, part.level)


def _has_odds(result: PeerReviewStudy) -> bool:
    return bool(finite_odds(result.influence).height)
