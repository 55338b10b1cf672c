"""Which of the errors that a judge marks are errors, by what they are about?

Each mark is accepted or rejected by people (see `store.judging`); of a judge and an aspect

    precision = accepted / (accepted + rejected),        with its Wilson interval,

over the words of all people that stand, one for each person and mark. What nobody judged does not count. In a blind
project a person sees what came of items that they decided.

Source: sheet 90 section 3.2 (each mark accepted or rejected). Differs: nothing.
"""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from psephos.review.store.items import decided_by
from psephos.review.store.judging import ACCEPT, REJECT, marks_of
from psephos.review.store.tables import Decision, Item, Opinion, Project
from psephos.statistics import wilson_interval


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
    marked = (
        select(Decision.item_id, Decision.place, Decision.answer)
        .join(Item, Item.id == Decision.item_id)
        .where(Item.project_id == project.id, Item.deleted_at.is_(None), Item.kind.in_(("scores", "samples")))
        .where(Decision.place.is_not(None), Decision.current.is_(True), Decision.act == "decide")
    )
    if project.blind:
        marked = marked.where(Item.id.in_(decided_by(user_id)))
    said: dict[int, list[tuple[int, str]]] = {}
    for item_id, place, answer in session.execute(marked):
        choice = str((answer or {}).get("choice", ""))
        if choice in (ACCEPT, REJECT):
            said.setdefault(item_id, []).append((place, choice))
    these = marked.with_only_columns(Decision.item_id)
    judged = select(Opinion, Item).join(Item, Item.id == Opinion.item_id).where(Item.id.in_(these))
    counts: Counter[tuple[str, str, str]] = Counter()
    read = session.execute(judged.order_by(Opinion.item_id, Opinion.id).execution_options(yield_per=500))
    for item_id, opinions in itertools.groupby(read, key=lambda row: row[1].id):
        about = {mark.place: (mark.voter, mark.aspect) for one, item in opinions for mark in marks_of(item, one)}
        counts.update((*about[place], choice) for place, choice in said.get(item_id, ()) if place in about)
    rows = {
        (judge, aspect, counts[judge, aspect, ACCEPT], counts[judge, aspect, REJECT]) for judge, aspect, _ in counts
    }
    told = sorted(rows, key=lambda row: (-row[2] - row[3], row[:2]))
    if not told:
        return []
    low, high = wilson_interval([row[2] for row in told], [row[2] + row[3] for row in told])
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
        for (judge, aspect, accepted, rejected), least, most in zip(told, low.tolist(), high.tolist(), strict=True)
    ]
