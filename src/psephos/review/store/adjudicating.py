"""How is a dispute settled?

Items on which as many people as were wanted answered, and not alike, wait for someone who did not answer them. That
person sees the answers in columns without names, in an order that says nothing; names come after the own choice. The
outcome is one of the answers, a text of one's own, several at once (kept as a soft label), or that nothing can be said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from psephos.errors import ConflictError, ForbiddenError, InputError
from psephos.review.store.account_tables import User
from psephos.review.store.answers import Answer, checked_answer, checked_text, key_of
from psephos.review.store.audit_log import record
from psephos.review.store.deciding import LONGEST_LOOK, add
from psephos.review.store.drawing import drawn
from psephos.review.store.reservations import held_item
from psephos.review.store.settling import settle, standing
from psephos.review.store.tables import Decision, Item, Project


@dataclass(frozen=True)
class Column:
    """One of the answers in a dispute.

    Attributes
    ----------
    letter : str
        What it is called: A, B, ...
    answer : mapping
    count : int
        How many gave it.
    authors : tuple of str
        Ids of those who gave it; empty before the names are shown.
    notes : tuple of str
        What they remarked.
    """

    letter: str
    answer: Answer
    count: int
    authors: tuple[str, ...]
    notes: tuple[str, ...]


def columns(session: Session, item: Item, project: Project, *, names: bool = False) -> list[Column]:
    """The different answers on an item, in an order that says nothing.

    Parameters
    ----------
    session : Session
    item : Item
    project : Project
    names : bool
        Whether authors are told; not before one's own choice.

    Returns
    -------
    list of Column
        Letter, answer, how many gave it, authors, notes.
    """
    groups: dict[object, list[Decision]] = {}
    for one in standing(session, item.id):
        if one.act == "decide" and one.answer is not None:
            groups.setdefault(key_of(one.answer, project, item.kind), []).append(one)
    order = sorted(groups.values(), key=lambda group: drawn(project.salt, "column", str(group[0].id)))
    return [
        Column(
            _letter(place),
            dict(group[0].answer or {}),
            len(group),
            tuple(one.author_id for one in group) if names else (),
            tuple(one.note for one in group if one.note),
        )
        for place, group in enumerate(order)
    ]


def adjudicate(
    session: Session,
    item_id: int,
    user_id: str,
    answer: Answer,
    *,
    version: int | None = None,
    note: str = "",
    seconds: float = 0.0,
    adopted_from: str | None = None,
    override: str | None = None,
) -> Decision:
    """Settle an item.

    Parameters
    ----------
    session : Session
        From `Store.write`.
    item_id : int
    user_id : str
    answer : mapping
        As in `psephos.review.store.deciding.decide`, or ``{"both": [...]}``, ``{"undecidable": true}``.
    version : int, optional
        The version of the item that was shown.
    note, seconds, adopted_from
        As in `psephos.review.store.deciding.decide`.
    override : str, optional
        Why an administrator settles an item that they answered themselves; it is logged.

    Returns
    -------
    Decision

    Raises
    ------
    ForbiddenError
        If the person answered the item, and gives no reason to override that or is no administrator; if it is locked.
    ConflictError
        If the item is of another version.
    InputError
        If there is no dispute.
    """
    item, project = held_item(session, item_id)
    if item.state == "locked":
        raise ForbiddenError("item", "is locked", hint="ask a manager to unlock it")
    if version is not None and version != item.version:
        conflict = ConflictError("item", f"has changed: you saw version {version}, it is now version {item.version}")
        conflict.seen, conflict.present = version, item.version
        raise conflict
    if item.state not in ("disputed", "adjudicated"):
        raise InputError("item", f"is {item.state}, not disputed", hint="decide it instead")
    stand = standing(session, item.id)
    if any(one.author_id == user_id and one.act == "decide" for one in stand):
        _check_override(session, user_id, override)
        said: dict[str, Any] = {"note": checked_text("override", override or "")}
        record(session, project.id, user_id, "adjudication.override", f"item:{item.id}", None, said)
    before = next((one for one in reversed(stand) if one.act == "adjudicate"), None)
    made = Decision(
        project_id=project.id,
        item_id=item.id,
        author_id=user_id,
        act="adjudicate",
        answer=checked_answer(answer, item.kind, settles=True),
        note=checked_text("note", note),
        adopted_from=adopted_from,
        run_id=item.run_id,
        content=item.content,
        seconds=min(max(seconds, 0.0), LONGEST_LOOK),
    )
    add(session, made, before, item, action="decision.adjudicate")
    settle(session, item, project)
    return made


def _check_override(session: Session, user_id: str, override: str | None) -> None:
    if not (override or "").strip():
        hint = "someone else must settle it; an administrator can, with a reason"
        raise ForbiddenError("item", "was answered by you", hint=hint)
    user = session.get(User, user_id)
    if user is None or not user.admin:
        raise ForbiddenError("override", "is for administrators", hint="someone else must settle it")


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else f"A{place - 25}"
