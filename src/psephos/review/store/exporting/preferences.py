"""What do people prefer, as training sets and rankings read it?

A settled answer becomes pairs for direct preference optimisation, one JSON object per line with ``prompt``, ``chosen``
and ``rejected``: the chosen text is the first sample with the answer that people settled on, or what they wrote
themselves; each other answer gives one pair, with its first sample as the rejected text. Beside the texts stand the
item, who gave them, and how many people decided.

Reviewed votes of an arena become a table of battles: left, right, winner, and the person who decided.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from psephos.errors import InputError
from psephos.review.store.answers import Answer, key_of, shown
from psephos.review.store.exporting.evidence import Known, known_items
from psephos.review.store.importing.battles import BOTH_BAD, TIE
from psephos.review.store.tables import Decision, Item, Project

PROMPTS = ("prompt", "question", "input", "text")
"""Where the table about items says what was asked; the first that is there."""


def preference_lines(session: Session, project: Project) -> Iterator[str]:
    """Pairs of a chosen and a rejected answer as lines of JSON.

    Raises
    ------
    InputError
        If no settled answer of a language model has another beside it.
    """
    count = 0
    for known in known_items(session, project, only_final=True):
        for row in _pairs(known, project) if known.item.kind == "samples" else ():
            count += 1
            yield json.dumps(row, ensure_ascii=False) + "\n"
    if not count:
        hint = "settle answers on which samples differ"
        raise InputError("project", "has no settled answer with another one to prefer it to", hint=hint)


def _pairs(known: Known, project: Project) -> Iterator[dict[str, Any]]:
    item = known.item
    final = {name: value for name, value in (item.final or {}).items() if name in ("choice", "own")}
    if not final:
        return  # undecidable, or several are as good
    texts: dict[object, tuple[str, str]] = {}
    for one in known.opinions:
        if one.value is not None:
            key = _key({"choice": one.value}, project, item)
            texts.setdefault(key, (str(one.detail.get("text") or one.value), one.voter or ""))
    wanted = _key(final, project, item)
    chosen, chosen_voter = texts.get(wanted, (shown(final), ""))
    prompt = next((str(item.about[name]) for name in PROMPTS if item.about.get(name)), item.name)
    people = len({one.author_id for one in known.decisions if one.act in ("decide", "adjudicate")})
    for key, (rejected, voter) in texts.items():
        if key != wanted:
            yield {
                "prompt": prompt,
                "chosen": chosen,
                "rejected": rejected,
                "item": item.name,
                "chosen_voter": chosen_voter or None,
                "rejected_voter": voter or None,
                "people": people,
            }


def _key(answer: Answer, project: Project, item: Item) -> object:
    return key_of(answer, project, item.kind)


def battle_rows(session: Session, project: Project) -> Iterator[tuple[str, ...]]:
    """What people decided of reviewed votes, as battles: left, right, winner, voter, item; read some at a time.

    Raises
    ------
    InputError
        If the project holds no decided votes of an arena.
    """
    query = (
        select(Item.name, Item.about, Decision.author_id, Decision.answer)
        .join(Item, Item.id == Decision.item_id)
        .where(Item.project_id == project.id, Item.kind == "labels", Item.deleted_at.is_(None))
        .where(Decision.current.is_(True), Decision.act.in_(("decide", "adjudicate")), Decision.place.is_(None))
        .order_by(Decision.id)
    )
    count = 0
    for name, about, person, answer in session.execute(query.execution_options(yield_per=1_000)):
        left, right = about.get("left"), about.get("right")
        winner = {left: "left", right: "right", TIE: "tie", BOTH_BAD: "both_bad"}.get(shown(answer))
        if left and right and winner is not None:
            count += 1
            yield left, right, winner, person, name
    if not count:
        raise InputError("project", "has no decided votes of an arena", hint="load battles, and decide some")
