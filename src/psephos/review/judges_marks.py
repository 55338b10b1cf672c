"""Which of the errors that a judge marks are errors, by what they are about?

Each mark is accepted or rejected by people (see `store.judging`); of a judge and an aspect

    precision = accepted / (accepted + rejected),        with its Wilson interval,

over the words of all people that stand, one for each person and mark. What nobody judged does not count. In a blind
project a person sees what came of items that they decided.

Source: sheet 90 section 3.2 (each mark accepted or rejected). Differs: nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from psephos.review.store.items import is_blind
from psephos.review.store.judging import ACCEPT, REJECT, marks_of
from psephos.review.store.tables import Decision, Item, Opinion, Project
from psephos.statistics import wilson_interval

LISTED = 200


def precision_of(session: Session, project: Project, user_id: str) -> list[dict[str, Any]]:
    """Judges and aspects with the marks accepted and rejected of each, those with the most marks first.

    Parameters
    ----------
    session : Session
    project : Project
    user_id : str
        Who looks.

    Returns
    -------
    list of dict
        judge, aspect, accepted, rejected, precision, low, high (of the interval of 95 %).
    """
    query = (
        select(Decision.item_id, Decision.place, Decision.answer)
        .join(Item, Item.id == Decision.item_id)
        .where(Item.project_id == project.id, Item.deleted_at.is_(None), Item.kind.in_(("scores", "samples")))
        .where(Decision.place.is_not(None), Decision.current.is_(True), Decision.act == "decide")
    )
    said: dict[int, list[tuple[int, str]]] = {}
    for item_id, place, answer in session.execute(query):
        choice = str((answer or {}).get("choice", ""))
        if choice in (ACCEPT, REJECT):
            said.setdefault(item_id, []).append((place, choice))
    counts: Counter[tuple[str, str, str]] = Counter()
    for item_id, choices in said.items():
        item = session.get_one(Item, item_id)
        if is_blind(session, item, project, user_id):
            continue
        about: dict[int, tuple[str, str]] = {}
        for one in session.scalars(select(Opinion).where(Opinion.item_id == item_id)):
            about |= {mark.place: (mark.voter, mark.aspect) for mark in marks_of(item, one)}
        counts.update((*about[place], choice) for place, choice in choices if place in about)
    rows = [
        (judge, aspect, counts[judge, aspect, ACCEPT], counts[judge, aspect, REJECT]) for judge, aspect, _ in counts
    ]
    rows = sorted(set(rows), key=lambda row: (-row[2] - row[3], row[:2]))[:LISTED]
    if not rows:
        return []
    low, high = wilson_interval([row[2] for row in rows], [row[2] + row[3] for row in rows])
    return [
        {
            "judge": judge,
            "aspect": aspect,
            "accepted": accepted,
            "rejected": rejected,
            "precision": accepted / (accepted + rejected),
            "low": least,
            "high": most,
        }
        for (judge, aspect, accepted, rejected), least, most in zip(rows, low.tolist(), high.tolist(), strict=True)
    ]
