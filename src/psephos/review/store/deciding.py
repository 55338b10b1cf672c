"""How does a decision get into the store, so that none is lost, none overwritten, and all can be traced?

A decision is a new record. It supersedes what the same person decided of the same item (or place of a transcript)
before; a reviewer can supersede one of somebody else, under the own name. Who decides says which version of the item
was on the screen: if the item has changed since, nothing is written and both versions are told. The record, the state
of the item, the end of the reservation and the row of the log are one transaction.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from psephos.errors import ConflictError, ForbiddenError, InputError, check_choice, check_number
from psephos.review.store.answers import Answer, checked_answer, checked_text
from psephos.review.store.audit_log import record
from psephos.review.store.columns import new_id, now
from psephos.review.store.judging import check_part
from psephos.review.store.reservations import check_place, held_item, live
from psephos.review.store.resuming import forget
from psephos.review.store.settling import settle
from psephos.review.store.tables import SKIP_REASONS, Decision, Item, Project, Reservation

LONGEST_LOOK = 3600.0
"""Active seconds that one decision can claim."""


def decide(
    session: Session,
    item_id: int,
    user_id: str,
    answer: Answer,
    *,
    version: int | None = None,
    place: int | None = None,
    note: str = "",
    seconds: float = 0.0,
    adopted_from: str | None = None,
    supersedes: int | None = None,
    batch: str | None = None,
) -> Decision:
    """Answer an item, or one place of a transcript.

    Parameters
    ----------
    session : Session
        From `Store.write`.
    item_id : int
    user_id : str
        Who pressed the key.
    answer : mapping
        See `psephos.review.store.answers`.
    version : int, optional
        The version of the item that was shown; not compared if not given.
    place : int, optional
        The column of a transcript, from 1, or a mark or the score of a judge, see `judging`. Answers to places do not
        settle the item; the answer to the whole does.
    note : str
    seconds : float
        Active time; at most an hour counts.
    adopted_from : str, optional
        Whose answer was taken over: a voter, or a person.
    supersedes : int, optional
        A standing decision of somebody else that this one takes the place of.
    batch : str, optional
        What decisions made at one stroke have in common, such as those that join two words: one undo takes all back.

    Returns
    -------
    Decision

    Raises
    ------
    ConflictError
        If the item is of another version, or the decision to supersede does not stand any more.
    TakenError
        If as many people as are wanted have answered or have it open.
    ForbiddenError
        If the item is locked, or was adjudicated.
    InputError
        If the answer is none for this item.
    """
    item, project = held_item(session, item_id)
    _check_open(item, version)
    if item.state == "adjudicated" and supersedes is None and place is None:
        raise ForbiddenError("item", "was settled by adjudication", hint="adjudicate it again")
    answer = checked_answer(answer, item.kind, place=place is not None)
    _check_place(session, item, place, answer, note)
    before = own_decision(session, item.id, user_id, place)
    if supersedes is not None:
        before = _standing(session, supersedes, item, place)
    elif before is None or before.act in ("skip", "withdraw"):
        check_place(session, item, project, user_id, now())
    act = before.act if before is not None and before.act == "adjudicate" and supersedes is not None else "decide"
    made = Decision(
        project_id=project.id,
        item_id=item.id,
        place=place,
        author_id=user_id,
        act=act,
        answer=answer,
        note=checked_text("note", note),
        adopted_from=adopted_from,
        batch=batch,
        run_id=item.run_id,
        content=item.content,
        blind=project.blind,
        seconds=_active(seconds),
    )
    add(session, made, before, item)
    if place is None:
        _let_go(session, item.id, user_id)
        forget(session, item.id, user_id)
        settle(session, item, project)
    return made


def skip(
    session: Session, item_id: int, user_id: str, reason: str, *, note: str = "", seconds: float = 0.0
) -> Decision:
    """Leave an item to others, and say why; it does not come up again for this person.

    Raises
    ------
    InputError
        If the reason is none of `SKIP_REASONS`, or the person has answered the item.
    """
    check_choice("reason", reason, SKIP_REASONS)
    item, project = held_item(session, item_id)
    _check_open(item, None)
    before = own_decision(session, item.id, user_id, None)
    if before is not None and before.act in ("decide", "adjudicate"):
        raise InputError("item", "was answered by you", hint="undo that first")
    made = Decision(
        project_id=project.id,
        item_id=item.id,
        author_id=user_id,
        act="skip",
        reason=reason,
        note=checked_text("note", note),
        run_id=item.run_id,
        content=item.content,
        blind=project.blind,
        seconds=_active(seconds),
    )
    add(session, made, before, item)
    _let_go(session, item.id, user_id)
    if reason == "need expert":
        item.flagged = True
    return made


def accept_all(
    session: Session, project: Project, user_id: str, *, certainty: float, limit: int = 10_000
) -> tuple[str, int, float]:
    """Accept the consensus of all open items that are at least this sure, as one stroke that one undo takes back.

    Items of the audit slice, and those that someone has open or has decided about, are left for people to look at.

    Returns
    -------
    batch : str
        Name of the stroke.
    count : int
        Items that were accepted.
    errors : float
        How many of these are expected to be wrong.
    """
    check_number("certainty", certainty, low=0, high=1)
    if project.overlap != 1:
        raise ForbiddenError("project", "wants several answers to each item", hint="decide them one by one")
    query = acceptable(project, certainty).order_by(Item.id).limit(limit)
    items = session.scalars(query.with_for_update(skip_locked=True)).all()
    batch = new_id()
    errors = 0.0
    chosen = {}
    for item in items:
        answer = _consensus_answer(item)
        made = Decision(
            project_id=project.id,
            item_id=item.id,
            author_id=user_id,
            act="decide",
            answer=answer,
            adopted_from="consensus",
            batch=batch,
            run_id=item.run_id,
            content=item.content,
            blind=project.blind,
        )
        session.add(made)
        item.state, item.final = "decided", answer
        item.version += 1
        errors += item.risk
        chosen[str(item.id)] = _logged(answer, item.kind)
    session.flush()
    after = {"certainty": certainty, "count": len(items), "expected_errors": round(errors, 6), "answers": chosen}
    record(session, project.id, user_id, "decision.batch", f"batch:{batch}", None, after)
    return batch, len(items), errors


def acceptable(project: Project, certainty: float) -> Any:
    """Items that `accept_all` would accept."""
    touched = select(Decision.id).where(Decision.item_id == Item.id, Decision.current.is_(True))
    opened = select(Reservation.id).where(Reservation.item_id == Item.id, live(now()))
    return select(Item).where(
        Item.project_id == project.id,
        Item.state == "new",
        Item.certainty >= certainty,
        Item.choice.is_not(None),
        Item.deleted_at.is_(None),
        Item.in_audit.is_(False),
        Item.kind.in_(("labels", "samples", "scores", "transcripts")),
        ~touched.exists(),
        ~opened.exists(),
    )


def add(session: Session, made: Decision, before: Decision | None, item: Item, *, action: str | None = None) -> None:
    """Add a record in place of the one before, and log it."""
    if before is not None:
        before.current = False
        made.supersedes_id = before.id
    session.add(made)
    session.flush()
    if action is None:
        action = "decision.create" if before is None else "decision.supersede"
    earlier = None if before is None else logged(before, item.kind)
    record(session, made.project_id, made.author_id, action, f"item:{item.id}", earlier, logged(made, item.kind))


def logged(decision: Decision, kind: str) -> dict[str, Any]:
    """What the log says of a decision: the answer and the note, and what is not as usual."""
    said = _logged(decision.answer, kind, place=decision.place) | {"note": decision.note, "decision": decision.id}
    for name in ("place", "reason", "adopted_from", "undoes_id", "batch"):
        if (value := getattr(decision, name)) is not None:
            said[name] = value
    if decision.act != "decide":
        said["act"] = decision.act
    return said


def own_decision(session: Session, item_id: int, user_id: str, place: int | None) -> Decision | None:
    """What a person decided last of an item or place, if it stands."""
    here = Decision.place.is_(None) if place is None else Decision.place == place
    query = select(Decision).where(
        Decision.item_id == item_id, Decision.author_id == user_id, Decision.current.is_(True), here
    )
    return session.scalar(query.order_by(Decision.id.desc()).limit(1))


def _logged(answer: Answer | None, kind: str, place: int | None = None) -> dict[str, Any]:
    """An answer; a label under ``choice``, what is free text under ``text``."""
    if answer is None:
        return {}
    free = place is not None or kind in ("samples", "transcripts")
    return {"text" if free and name in ("choice", "both") else name: value for name, value in answer.items()}


def _consensus_answer(item: Item) -> Answer:
    if item.kind == "scores":
        return {"score": float(item.choice or 0)}
    return {"text" if item.kind == "transcripts" else "choice": item.choice}


def _check_open(item: Item, version: int | None) -> None:
    if item.state == "locked":
        raise ForbiddenError("item", "is locked", hint="ask a manager to unlock it")
    if version is not None and version != item.version:
        problem = f"has changed: you saw version {version}, it is now version {item.version}"
        conflict = ConflictError("item", problem, hint="look at it again, then decide")
        conflict.seen, conflict.present = version, item.version
        raise conflict


def _check_place(session: Session, item: Item, place: int | None, answer: Answer, note: str) -> None:
    if place is not None and item.kind in ("scores", "samples"):
        check_part(session, item, place, answer, note)
    elif place is not None and (item.kind != "transcripts" or place < 1):
        raise InputError("place", f"must be a column of a transcript from 1 on, got {place} of {item.kind}")


def _standing(session: Session, decision_id: int, item: Item, place: int | None) -> Decision:
    found = session.get(Decision, decision_id, populate_existing=True)
    if found is None or found.item_id != item.id or found.place != place:
        raise InputError("supersedes", f"there is no decision {decision_id} about this")
    if not found.current:
        raise ConflictError("supersedes", "was superseded by somebody else meanwhile", hint="look at the item again")
    return found


def _let_go(session: Session, item_id: int, user_id: str) -> None:
    session.execute(delete(Reservation).where(Reservation.item_id == item_id, Reservation.user_id == user_id))


def _active(seconds: float) -> float:
    return min(check_number("seconds", seconds, low=0), LONGEST_LOOK)
