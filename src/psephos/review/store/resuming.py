"""Where did a person stop, so that they go on there on any machine?

One point per person and item: the word of a transcript and the second of its recording. It is no decision, says nothing
about the item and is not in the log; deciding the item, or erasing the person, removes it.

Source: sheet 90 section 2 ("go to where I left") and 3.3. Differs: nothing.
"""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from psephos.errors import check_number
from psephos.review.store.account_tables import ResumePoint
from psephos.review.store.columns import now
from psephos.review.store.media import LONGEST
from psephos.review.store.reservations import held_item
from psephos.review.store.tables import Item, Project


def remember(
    session: Session, item_id: int, user_id: str, *, place: int | None = None, seconds: float | None = None
) -> None:
    """Keep where a person stopped; without a place and a time the point is forgotten.

    Parameters
    ----------
    session : Session
        From `Store.write`.
    item_id : int
    user_id : str
    place : int, optional
        Word of a transcript, from 1.
    seconds : float, optional
        Time in the recording.
    """
    if place is None and seconds is None:
        forget(session, item_id, user_id)
        return
    if seconds is not None:
        check_number("seconds", seconds, low=0, high=LONGEST)
    held_item(session, item_id)  # two pages of one person at once make one point
    point = point_of(session, item_id, user_id)
    if point is None:
        point = ResumePoint(item_id=item_id, user_id=user_id)
        session.add(point)
    point.place, point.seconds, point.changed_at = place, seconds, now()


def forget(session: Session, item_id: int, user_id: str) -> None:
    """Remove the point of a person in an item."""
    session.execute(delete(ResumePoint).where(ResumePoint.item_id == item_id, ResumePoint.user_id == user_id))


def point_of(session: Session, item_id: int, user_id: str) -> ResumePoint | None:
    """Where a person stopped in an item, if they did."""
    query = select(ResumePoint).where(ResumePoint.item_id == item_id, ResumePoint.user_id == user_id)
    return session.scalar(query)


def last_open(session: Session, project: Project, user_id: str) -> Item | None:
    """The item in which a person stopped last and that is still open."""
    query = (
        select(Item)
        .join(ResumePoint, ResumePoint.item_id == Item.id)
        .where(ResumePoint.user_id == user_id, Item.project_id == project.id)
        .where(Item.state == "new", Item.deleted_at.is_(None))
        .order_by(ResumePoint.changed_at.desc(), ResumePoint.id.desc())
    )
    return session.scalar(query.limit(1))
