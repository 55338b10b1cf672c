"""What do the decisions on an item come to: is it open, settled, in dispute?

new           fewer answers than are wanted
decided       as many, and they agree (`answers.agreed`)
disputed      as many, and they differ
adjudicated   someone settled it; new opinions do not open it again
locked        closed by a manager, until it is opened again
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from psephos.errors import InputError
from psephos.review.store.answers import Answer, agreed, distribution
from psephos.review.store.audit_log import record
from psephos.review.store.reservations import held_item
from psephos.review.store.tables import Decision, Item, Project


def standing(session: Session, item_id: int) -> list[Decision]:
    """The answers on an item as a whole that stand, in the order in which they were given."""
    query = (
        select(Decision)
        .where(Decision.item_id == item_id, Decision.current.is_(True), Decision.place.is_(None))
        .where(Decision.act.in_(("decide", "adjudicate")))
        .order_by(Decision.id)
    )
    return list(session.scalars(query))


def settle(session: Session, item: Item, project: Project) -> None:
    """Bring the state of an item in line with its decisions; a change counts its version up."""
    session.flush()
    if item.state == "locked":
        return
    state, final = outcome(standing(session, item.id), item, project)
    if (state, final) != (item.state, item.final):
        item.state, item.final = state, final
        item.version += 1


def outcome(decisions: Sequence[Decision], item: Item, project: Project) -> tuple[str, dict[str, Any] | None]:
    """State and final answer that decisions come to; see the module.

    Parameters
    ----------
    decisions : sequence of Decision
        That stand, on the item as a whole, in their order.
    item : Item
    project : Project
        Overlap and spread.

    Returns
    -------
    state : str
    answer : dict or None
        With ``shares`` where it is not of one mind; None while the item is open or disputed.
    """
    settled = [one for one in decisions if one.act == "adjudicate"]
    if settled:
        return "adjudicated", _final(settled[-1].answer)
    if len(decisions) < (item.overlap or project.overlap):
        return "new", None
    answers = [one.answer for one in decisions if one.answer is not None]
    common = agreed(answers, project, item.kind)
    return ("disputed", None) if common is None else ("decided", _final(common))


def lock(session: Session, item_id: int, *, actor: str) -> Item:
    """Close an item: nobody can decide it until it is opened again.

    Raises
    ------
    InputError
        If it is not settled.
    """
    item, project = held_item(session, item_id)
    if item.state == "locked":
        return item
    if item.final is None:
        raise InputError("item", f"is {item.state}, not settled", hint="decide it first")
    before, item.state = item.state, "locked"
    item.version += 1
    record(session, project.id, actor, "item.lock", f"item:{item.id}", {"state": before}, {"state": "locked"})
    return item


def unlock(session: Session, item_id: int, *, actor: str) -> Item:
    """Open a locked item again."""
    item, project = held_item(session, item_id)
    if item.state == "locked":
        item.state = "new"
        item.version += 1
        settle(session, item, project)
        record(session, project.id, actor, "item.unlock", f"item:{item.id}", {"state": "locked"}, {"state": item.state})
    return item


def _final(answer: Answer | None) -> dict[str, Any] | None:
    if answer is not None and "both" in answer:
        return answer | {"shares": distribution([answer])}
    return answer
