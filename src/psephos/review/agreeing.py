"""How far do the people of a project agree, with each other and with what was settled on?

People's decisions become opinions like any others, and the coefficients are those of `psephos.agreement`, computed
once there; a page never computes its own: scores as numbers, everything else as labels, each kind by itself. Only what
is current counts, one answer per person and item, skips and transcripts' words left out; who settles a dispute is no
rater of it.

Source: sheet 90 section 3.5. Differs: nothing.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from psephos.agreement import agree, pairwise_agreement
from psephos.errors import InputError
from psephos.review.judges_marks import precision_of
from psephos.review.store.progress import progress, reviewers_opinions
from psephos.review.store.tables import Decision, Item, Project
from psephos.review.viewing import names_of, said
from psephos.review.voters_by_item import maps_of, raters_of, voters_of

REPEATS = 500
MOST_ANSWERS = 12
"""Answers in a table of who said what."""


@dataclass(frozen=True)
class Answered:
    """One current answer of one person."""

    item: int
    name: str
    kind: str
    act: str
    person: str
    says: str
    final: str | None
    audit: bool
    seconds: float
    week: str


def answers_of(session: Session, project_id: int) -> list[Answered]:
    """Current answers to whole items."""
    query = (
        select(Decision, Item)
        .join(Item, Item.id == Decision.item_id)
        .where(
            Decision.project_id == project_id,
            Decision.current.is_(True),
            Decision.place.is_(None),
            Decision.act.in_(("decide", "adjudicate")),
        )
        .order_by(Decision.id)
    )
    return [
        Answered(
            item.id,
            item.name,
            item.kind,
            decision.act,
            decision.author_id,
            said(decision),
            None if item.final is None else said(Decision(act="decide", answer=item.final)),
            item.in_audit,
            decision.seconds,
            "{}-W{:02d}".format(*decision.created_at.isocalendar()[:2]),
        )
        for decision, item in session.execute(query)
    ]


def agreement_of(session: Session, project_id: int, user_id: str) -> dict[str, Any]:
    """Coefficients over all people, of each pair, what is known of each person and voter, ready for JSON.

    `user_id` is who looks: of a blind project they see where voters are off only on items that they decided.
    """
    answers = answers_of(session, project_id)
    names = names_of(session, {one.person for one in answers})
    project = session.get_one(Project, project_id)
    found: dict[str, Any] = {
        "answers": len(answers),
        "people": [_person(person, names, answers) for person in names],
        "weeks": _weeks(answers, names),
        "pairs": [],
        "coefficients": [],
        "note": "",
        "raters": [],
        "voters": voters_of(session, project_id),
        "maps": maps_of(session, project, user_id),
        "marks": precision_of(session, project, user_id),
    }
    by_item: dict[int, set[str]] = defaultdict(set)
    for one in answers:
        if one.act == "decide":
            by_item[one.item].add(one.person)
    found["shared"] = sum(len(people) > 1 for people in by_item.values())
    if not found["shared"]:
        return found | {"note": "No item has the decisions of two people yet."}
    found["kinds"] = sorted({one.kind for one in answers if len(by_item[one.item]) > 1})
    for kind in found["kinds"]:
        opinions = reviewers_opinions(session, project, kind)
        for row in pairwise_agreement(opinions).to_dicts():
            called = {f"{side}_name": names.get(row[side], "") for side in ("left", "right")}
            found["pairs"] += _finite([row | called | {"kind": kind}]) if row["items"] else []
        found["raters"] += [row | {"kind": kind} for row in raters_of(opinions, names)]
        try:
            result = agree(opinions, repeats=REPEATS, rng=0)
        except InputError as problem:
            found["note"] = str(problem)
            continue
        found["coefficients"] += _finite([row | {"kind": kind} for row in result.table().to_dicts()])
        found.setdefault("summary", []).extend(list(line) for line in result.summary())
    return found


def days_of(session: Session, project: Project, *, minutes_east: int = 0) -> list[dict[str, Any]]:
    """What each person did on each day, by name, the latest day first."""
    rows = progress(session, project, minutes_east=minutes_east).reverse().to_dicts()
    names = names_of(session, {row["person"] for row in rows})
    return [row | {"name": names.get(row["person"], "")} for row in rows]


def confusion_of(pair: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """How often two people said what together: the answers, the counts by (left, right), from `items_of_pair`.

    Examples
    --------
    >>> confusion_of([{"left": "a", "right": "a"}, {"left": "a", "right": "b"}, {"left": "a", "right": "b"}])
    {'answers': ['a', 'b'], 'counts': {('a', 'a'): 1, ('a', 'b'): 2}}
    """
    counts = Counter((row["left"], row["right"]) for row in pair)
    said = Counter(text for row in pair for text in (row["left"], row["right"]))
    return {"answers": [text for text, _ in said.most_common(MOST_ANSWERS)], "counts": dict(counts)}


def items_of_pair(session: Session, project_id: int, left: str, right: str) -> list[dict[str, Any]]:
    """The items that two people both decided, those first on which they differ."""
    by_item: dict[int, dict[str, Answered]] = defaultdict(dict)
    for one in answers_of(session, project_id):
        if one.person in (left, right) and one.act == "decide":
            by_item[one.item][one.person] = one
    both = [pair for pair in by_item.values() if left in pair and right in pair]
    rows = [
        {
            "id": pair[left].item,
            "name": pair[left].name,
            "left": pair[left].says,
            "right": pair[right].says,
            "final": pair[left].final,
            "same": pair[left].says == pair[right].says,
        }
        for pair in both
    ]
    return sorted(rows, key=lambda row: (row["same"], row["id"]))


def _person(person: str, names: dict[str, str], answers: list[Answered]) -> dict[str, Any]:
    own = [one for one in answers if one.person == person]
    settled = [one for one in own if one.final is not None]
    audited = [one for one in settled if one.audit]
    return {
        "id": person,
        "name": names[person],
        "decided": len(own),
        "seconds": statistics.median(one.seconds for one in own),
        "settled": len(settled),
        "as_settled": sum(one.says == one.final for one in settled),
        "audited": len(audited),
        "audit_as_settled": sum(one.says == one.final for one in audited),
    }


def _weeks(answers: list[Answered], names: dict[str, str]) -> list[dict[str, Any]]:
    """Per week and person: how many, how fast, how many as settled; how people drift."""
    rows: dict[tuple[str, str], list[Answered]] = defaultdict(list)
    for one in answers:
        rows[one.week, one.person].append(one)
    return [
        {
            "week": week,
            "name": names[person],
            "decided": len(own),
            "seconds": statistics.median(one.seconds for one in own),
            "settled": sum(one.final is not None for one in own),
            "as_settled": sum(one.says == one.final for one in own if one.final is not None),
        }
        for (week, person), own in sorted(rows.items(), reverse=True)
    ]


def _finite(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with None for what is no number."""
    return [
        {name: None if isinstance(value, float) and value != value else value for name, value in row.items()}
        for row in rows
    ]
