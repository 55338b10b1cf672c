"""What does the page of a peer review study say?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psephos.plots.peer_review import finite_odds, study_borderline_plot, study_influence_plot, study_transitions_plot
from psephos.plots.style import decimal, share
from psephos.reports.page import Page, Picture, drawn
from psephos.reports.words import Number, interval

if TYPE_CHECKING:
    import polars as pl

    from psephos.opinions.outcomes import Result
    from psephos.statistics import Interval
    from psephos.studies.peer_review import PeerReviewStudy

ROWS = 24

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


@dataclass(frozen=True)
class Grid:
    """A table of a section: its caption, its columns (name, whether numeric), and its rows as texts."""

    caption: str
    columns: list[tuple[str, bool]]
    rows: list[list[str]]


@dataclass(frozen=True)
class Section:
    """A part of the study: id, title, facts, pictures, tables."""

    id: str
    title: str
    facts: list[tuple[str, str]]
    pictures: list[Picture]
    tables: list[Grid]


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
            _facts(moved),
            drawn(study_transitions_plot, result, prefix="transitions"),
            [
                _grid("By first score", moved.by_score.select("before", "reviews", "up", "down", "mean_change")),
                _grid("By how far the others' mean lies above the own score", moved.by_gap),
            ],
        ),
        Section("convergence", "Coming together", _facts(result.convergence), [], []),
        Section(
            "influence",
            "What predicts a change",
            [*_facts(result.influence), *_facts(result.conformity), *_facts(result.conformity_items)],
            drawn(study_influence_plot, result, prefix="influence") if _has_odds(result) else [],
            [
                _grid("Coefficients, clustered by item", result.influence.coefficients),
                _grid("Area under the ROC curve on held-out items", result.influence.nested),
                _grid("What each set is worth", result.influence.importance),
            ],
        ),
        Section(
            "borderline",
            "Where a rebuttal matters",
            [],
            drawn(study_borderline_plot, result, prefix="borderline"),
            [_grid("By the mean first score of the item", result.borderline.bins)],
        ),
    ]
    for id_, title, part in (
        ("decisions", "Decisions", result.decisions),
        ("plan", "One more reviewer", result.plan),
        ("timing", "When the authors answer", result.timing),
        ("strategies", "What the texts hold", result.strategies),
    ):
        if part is not None:
            sections.append(Section(id_, title, _facts(part), [], [_grid(CAPTIONS[id_], part.table())]))
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


def _facts(part: Result) -> list[tuple[str, str]]:
    return [line for line in part.summary() if line[0] not in ("note", "caution")]


def _grid(caption: str, frame: pl.DataFrame) -> Grid:
    more = f" (the first {ROWS} of {frame.height:,})" if frame.height > ROWS else ""
    columns = [(name.replace("_", " "), dtype.is_numeric()) for name, dtype in frame.schema.items()]
    return Grid(caption + more, columns, [list(map(_cell, row)) for row in frame.head(ROWS).iter_rows()])


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return (f"{value:.3f}" if abs(value) >= 5e-4 or value == 0 else f"{value:.1e}").replace("-", "\u2212")
    if isinstance(value, int):
        return f"{value:,}"
    return "" if value is None else str(value)
