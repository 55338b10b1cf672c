"""What happens when somebody decides, skips, undoes, comments?

One function each, for the page and the API alike: the store does it, and webhooks are told in the same transaction. A
request that comes twice, because the answer to the first was lost on the way, is one decision.

Source: sheet 90 section 3. Differs: nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from psephos.errors import ForbiddenError, InputError
from psephos.review.authorisation import NotThereError, may
from psephos.review.context import Context
from psephos.review.delivering import tell
from psephos.review.store import items
from psephos.review.store.account_tables import SignIn
from psephos.review.store.adjudicating import adjudicate
from psephos.review.store.comments import comment, delete_comment, resolve
from psephos.review.store.deciding import accept_all, decide, own_decision, skip
from psephos.review.store.reservations import release, reserve
from psephos.review.store.resuming import remember
from psephos.review.store.tables import Decision, Item, Project
from psephos.review.store.undoing import redo, undo
from psephos.review.viewing import names_of, said, view

TWICE = timedelta(minutes=10)
"""How long after a decision the same one again is taken for the same request."""

LONGEST_COMMENT = 5000
UNDO_BACK = timedelta(hours=12)


def settle(here: Context, item_id: int, answer: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Decide an item, or settle its dispute.

    Parameters
    ----------
    here : Context
    item_id : int
    answer : dict
        As the store keeps it; see `Decision.answer`.
    **more
        place, version, note, seconds, adopted_from, supersedes, override; see `deciding.decide`.

    Returns
    -------
    dict
        id of the decision, item, state, version, says, answer, act. The same request again within a moment is the
        decision that was made.

    Raises
    ------
    ForbiddenError
        A dispute, or somebody else's decision, needs a reviewer.
    ConflictError
        The item has changed since the version that was on the screen.
    """
    with here.write() as session:
        item = session.get_one(Item, item_id)
        override = more.pop("override", None)
        before = own_decision(session, item_id, here.caller.user_id, more.get("place"))
        overrides = override is not None and before is not None and before.act == "decide"
        if before is not None and before.answer == answer and here.at - before.created_at < TWICE and not overrides:
            return _told(item, before)
        if item.state in ("disputed", "adjudicated") and more.get("place") is None and not more.get("supersedes"):
            _check_reviewer(here, "to settle a dispute")
            more = {name: more[name] for name in ("version", "note", "seconds", "adopted_from") if name in more}
            made = adjudicate(session, item_id, here.caller.user_id, answer, override=override, **more)
        else:
            if more.get("supersedes") is not None:
                _check_reviewer(here, "to supersede somebody else's decision")
            made = decide(session, item_id, here.caller.user_id, answer, **more)
        _tell(session, item, made)
        return _told(item, made)


def leave(here: Context, item_id: int, reason: str, *, note: str = "", seconds: float = 0.0) -> dict[str, Any]:
    """Skip an item, with a reason and perhaps a note; returns as `settle`."""
    with here.write() as session:
        made = skip(session, item_id, here.caller.user_id, reason, note=note, seconds=seconds)
        item = session.get_one(Item, item_id)
        _tell(session, item, made)
        return _told(item, made)


def take_back(here: Context, *, again: bool = False) -> dict[str, Any]:
    """Undo the last thing that this person did since signing in, or do it again.

    Returns
    -------
    dict
        item, state, count (of decisions, several for a batch), place; None and 0 where there is nothing to undo.
    """
    with here.write() as session:
        project = session.get_one(Project, here.project_id)
        turn = redo if again else undo
        made = turn(session, project, here.caller.user_id, since=_since(session, here))
        if not made:
            return {"item": None, "state": None, "count": 0, "place": None}
        item = session.get_one(Item, made[-1].item_id)
        tell(session, project.id, "decision", {"item": item.id, "action": "redo" if again else "undo"})
        return {"item": item.id, "state": item.state, "count": len(made), "place": made[-1].place}


def accept_many(here: Context, certainty: float) -> dict[str, Any]:
    """Take the consensus of all open items that are at least this sure; one undo takes it back.

    Returns
    -------
    dict
        batch, count (of items), expected_errors among them.
    """
    with here.write() as session:
        project = session.get_one(Project, here.project_id)
        batch, count, errors = accept_all(session, project, here.caller.user_id, certainty=certainty)
        tell(session, project.id, "decision", {"action": "batch", "batch": batch, "count": count})
        return {"batch": batch, "count": count, "expected_errors": errors}


def hold(here: Context, item_id: int) -> dict[str, Any]:
    """Reserve an item, or renew the lease.

    Returns
    -------
    dict
        until: when the lease ends; None for an item that needs nobody any more.

    Raises
    ------
    TakenError
        As many as are wanted have it open or answered it.
    """
    with here.write() as session:
        item = session.get_one(Item, item_id)
        if item.state in ("decided", "disputed", "adjudicated"):
            return {"until": None}
        return {"until": reserve(session, item_id, here.caller.user_id).until.isoformat()}


def let_go(here: Context, item_id: int) -> dict[str, Any]:
    """Let go of an item."""
    with here.write() as session:
        return {"released": release(session, item_id, here.caller.user_id)}


def flag(here: Context, item_id: int, flagged: bool) -> dict[str, Any]:
    """Mark an item, or take the mark away."""
    with here.write() as session:
        items.flag(session, item_id, here.caller.user_id, flagged)
        return {"flagged": flagged}


def remark(here: Context, item_id: int, body: str, *, place: int | None = None) -> dict[str, Any]:
    """Comment on an item, or on one place of it.

    Returns
    -------
    dict
        id, who, at, body, place.

    Raises
    ------
    InputError
        `comment`: longer than `LONGEST_COMMENT`.
    """
    if len(body) > LONGEST_COMMENT:
        raise InputError("comment", f"may have {LONGEST_COMMENT:,} characters, got {len(body):,}")
    with here.write() as session:
        one = comment(session, item_id, here.caller.user_id, body, place=place)
        tell(session, here.project_id, "comment", {"item": item_id, "comment": one.id})
        who = names_of(session, [here.caller.user_id]).get(here.caller.user_id, "")
        return {"id": one.id, "who": who, "at": one.created_at.isoformat(), "body": one.body, "place": place}


def resolve_remark(here: Context, item_id: int, comment_id: int, resolved: bool) -> dict[str, Any]:
    """Mark a comment as dealt with, or as open again; one that this person may not see is not there."""
    with here.write() as session:
        _check_seen(session, here, item_id, comment_id)
        resolve(session, comment_id, here.caller.user_id, resolved=resolved)
        return {"id": comment_id, "resolved": resolved}


def take_back_remark(here: Context, item_id: int, comment_id: int) -> None:
    """Take back a comment of one's own."""
    with here.write() as session:
        _check_seen(session, here, item_id, comment_id)
        delete_comment(session, comment_id, here.caller.user_id)


def leave_off(here: Context, item_id: int, *, place: int | None, seconds: float | None) -> dict[str, Any]:
    """Keep where in an item this person stopped, to go on there on any machine; nothing at all forgets it."""
    with here.write() as session:
        remember(session, item_id, here.caller.user_id, place=place, seconds=seconds)
    return {"place": place, "seconds": seconds}


def _check_seen(session: Session, here: Context, item_id: int, comment_id: int) -> None:
    """A comment of another item, or one that a blind project still hides, is not there."""
    seen = view(session, here, session.get_one(Item, item_id))["comments"]
    if all(one["id"] != comment_id for one in seen):
        raise NotThereError


def _check_reviewer(here: Context, what: str) -> None:
    if not may(here, "reviewer"):
        raise ForbiddenError("role", f"a reviewer is needed {what}")


def _since(session: Session, here: Context) -> Any:
    """How far back undo goes: to the sign-in, unless the clock was set back meanwhile."""
    one = session.get(SignIn, here.caller.session_id) if here.caller.session_id is not None else None
    return one.created_at if one is not None and one.created_at <= here.at else here.at - UNDO_BACK


def _tell(session: Session, item: Item, made: Decision) -> None:
    about = {"item": item.id, "name": item.name, "decision": made.id, "act": made.act, "state": item.state}
    tell(session, item.project_id, "decision", about)
    if item.state == "disputed":
        tell(session, item.project_id, "dispute", about)


def _told(item: Item, made: Decision) -> dict[str, Any]:
    return {
        "id": made.id,
        "item": item.id,
        "state": item.state,
        "version": item.version,
        "says": said(made),
        "answer": made.answer,
        "act": made.act,
    }
