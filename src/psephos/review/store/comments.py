"""What do people remark on items, to each other?"""

from __future__ import annotations

from sqlalchemy.orm import Session

from psephos.errors import ForbiddenError, InputError
from psephos.review.store.answers import checked_text
from psephos.review.store.audit_log import record
from psephos.review.store.columns import now
from psephos.review.store.reservations import held_item
from psephos.review.store.tables import Comment, Item


def comment(session: Session, item_id: int, user_id: str, body: str, *, place: int | None = None) -> Comment:
    """Remark on an item, or on a place of a transcript.

    Raises
    ------
    InputError
        If the text is empty or too long, or there is no such item.
    """
    if not body.strip():
        raise InputError("body", "must not be empty")
    item, project = held_item(session, item_id)
    made = Comment(item_id=item.id, author_id=user_id, body=checked_text("body", body), place=place)
    session.add(made)
    session.flush()
    record(session, project.id, user_id, "comment.create", f"item:{item_id}", None, {"body": body, "comment": made.id})
    return made


def resolve(session: Session, comment_id: int, user_id: str, *, resolved: bool = True) -> Comment:
    """Mark a remark as dealt with, or as open again, and log it.

    Raises
    ------
    InputError
        There is no such comment.
    """
    made = _comment(session, comment_id)
    before = {"resolved": made.resolved_at is not None}
    made.resolved_at = now() if resolved else None
    _record(session, made, user_id, "comment.resolve", before, {"resolved": resolved})
    return made


def delete_comment(session: Session, comment_id: int, user_id: str) -> None:
    """Take back one's own remark.

    Raises
    ------
    ForbiddenError
        If it is somebody else's.
    """
    made = _comment(session, comment_id)
    if made.author_id != user_id:
        raise ForbiddenError("comment", "is somebody else's")
    made.deleted_at = now()
    _record(session, made, user_id, "comment.delete", {"body": made.body}, None)


def _comment(session: Session, comment_id: int) -> Comment:
    found = session.get(Comment, comment_id)
    if found is None or found.deleted_at is not None:
        raise InputError("comment", f"there is no comment {comment_id}")
    return found


def _record(session: Session, made: Comment, user_id: str, action: str, before: object, after: object) -> None:
    item = session.get_one(Item, made.item_id)
    record(session, item.project_id, user_id, action, f"comment:{made.id}", before, after)
