"""Who looks at which item, so that no two people do the work of one?

An item is wanted by as many people as its overlap says. Whoever opens it reserves a place for the length of a lease, is
renewed by activity, and lets go by leaving; a lease that runs out is as if it had never been. Taking is one transaction
that holds the row of the item, so the person that is one too many is refused by the server, not by the page.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, select
from sqlalchemy.orm import Session

from psephos.errors import ForbiddenError, InputError, TakenError
from psephos.review.store.audit_log import record
from psephos.review.store.columns import now
from psephos.review.store.tables import Decision, Item, Project, Reservation

AHEAD = timedelta(minutes=5)
"""How far in the future a lease may have begun: who waits for another to write has looked at the clock before."""


def reserve(session: Session, item_id: int, user_id: str, *, at: datetime | None = None) -> Reservation:
    """Take a place at an item, or renew the lease of one's own.

    Parameters
    ----------
    session : Session
        From `Store.write`.
    item_id : int
    user_id : str
    at : datetime, optional
        The present, if it is not now.

    Returns
    -------
    Reservation

    Raises
    ------
    TakenError
        If as many people as are wanted have answered or have it open.
    ForbiddenError
        If the item is locked.
    InputError
        If there is no such item.
    """
    at = at or now()
    item, project = held_item(session, item_id)
    if item.state == "locked":
        raise ForbiddenError("item", "is locked", hint="ask a manager to unlock it")
    mine = session.scalar(_of(item_id).where(Reservation.user_id == user_id))
    holds = mine is not None and mine.created_at - AHEAD <= at < mine.until
    if not holds:
        check_place(session, item, project, user_id, at)
    until = at + timedelta(seconds=project.lease_seconds)
    if mine is not None and holds:
        mine.until = max(until, mine.until)
        return mine
    if mine is not None:
        mine.until, mine.created_at = until, at
    else:
        mine = Reservation(item_id=item_id, user_id=user_id, until=until, created_at=at)
        session.add(mine)
    record(session, project.id, user_id, "reservation.take", f"item:{item_id}", at=at)
    return mine


def release(session: Session, item_id: int, user_id: str) -> bool:
    """Let go of an item; False if it was not held."""
    item, project = held_item(session, item_id)
    done: Any = session.execute(delete(Reservation).where(*_mine(item.id, user_id)))
    if done.rowcount:
        record(session, project.id, user_id, "reservation.release", f"item:{item_id}")
    return bool(done.rowcount)


def here(session: Session, item_id: int, *, at: datetime | None = None) -> list[str]:
    """Who has an item open."""
    query = select(Reservation.user_id).where(Reservation.item_id == item_id, live(at or now()))
    return list(session.scalars(query.order_by(Reservation.id)))


def live(at: datetime) -> ColumnElement[bool]:
    """Whether a lease holds: it has not run out, nor begun in the future, as after the clock was set back."""
    return (Reservation.until > at) & (Reservation.created_at <= at + AHEAD)


def check_place(session: Session, item: Item, project: Project, user_id: str, at: datetime) -> None:
    """Refuse who would be one too many.

    Parameters
    ----------
    session : Session
        With the row of the item held, so that nobody comes in between.
    item : Item
    project : Project
    user_id : str
        Who answered already may come again.
    at : datetime
        Now: leases that ended before do not count.

    Raises
    ------
    TakenError
    """
    answered = select(Decision.author_id).where(
        Decision.item_id == item.id,
        Decision.current.is_(True),
        Decision.place.is_(None),
        Decision.act.in_(("decide", "adjudicate")),
    )
    opened = select(Reservation.user_id).where(Reservation.item_id == item.id, live(at))
    answers = set(session.scalars(answered))
    if user_id in answers:
        return
    others = answers | set(session.scalars(opened)) - {user_id}
    wanted = item.overlap or project.overlap
    if len(others) >= wanted:
        who = "somebody else" if wanted == 1 else f"{wanted} people"
        raise TakenError("item", f"{who} answered it or opened it", hint="take the next one")


def held_item(session: Session, item_id: int) -> tuple[Item, Project]:
    """An item that nobody else changes before this transaction ends, and its project.

    Raises
    ------
    InputError
        If there is no such item.
    """
    query = select(Item).where(Item.id == item_id, Item.deleted_at.is_(None))
    item = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if item is None:
        raise InputError("item", f"there is no item {item_id}")
    project = session.get_one(Project, item.project_id)
    return item, project


def _of(item_id: int) -> Select[Reservation]:
    return select(Reservation).where(Reservation.item_id == item_id)


def _mine(item_id: int, user_id: str) -> tuple[ColumnElement[bool], ...]:
    return Reservation.item_id == item_id, Reservation.user_id == user_id
