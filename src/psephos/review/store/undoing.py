"""How is a decision taken back, and made again?

By a further record. Undoing the last thing that a person did in a project takes their answer back, or brings back what
they or somebody else had said before; making it again repeats what was undone. Both reach across items, as far back as
`since`. Nothing is deleted, and a decision that somebody else has superseded meanwhile cannot be undone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from psephos.errors import ConflictError
from psephos.review.store.deciding import add, own_decision
from psephos.review.store.reservations import held_item
from psephos.review.store.settling import settle
from psephos.review.store.tables import Decision, Project

DEEPEST = 2_000
"""Records that are looked back over."""


def undo(session: Session, project: Project, user_id: str, *, since: datetime | None = None) -> list[Decision]:
    """Take back the last thing that a person did; all of a batch at once.

    Parameters
    ----------
    session : Session
        From `Store.write`.
    project : Project
    user_id : str
    since : datetime, optional
        How far back, such as the start of the session.

    Returns
    -------
    list of Decision
        The new records; empty where there is nothing to undo.

    Raises
    ------
    ConflictError
        If somebody else has superseded it meanwhile.
    """
    done, _ = _stacks(session, project, user_id, since)
    if not done:
        return []
    batch = done[-1].stands.batch
    together = [step for step in done if step.stands.batch == batch] if batch else [done[-1]]
    return [_take_back(session, step) for step in reversed(together)]


def redo(session: Session, project: Project, user_id: str, *, since: datetime | None = None) -> list[Decision]:
    """Do again what was undone last.

    Parameters
    ----------
    session, project, user_id, since
        As in `undo`.

    Returns
    -------
    list of Decision
        The new records; empty where there is nothing to do again.
    """
    _, undone = _stacks(session, project, user_id, since)
    if not undone:
        return []
    batch = undone[-1][0].stands.batch
    together = [pair for pair in undone if pair[0].stands.batch == batch] if batch else [undone[-1]]
    return [_again(session, step, undoing) for step, undoing in reversed(together)]


@dataclass
class _Step:
    """Something a person did: its first record, the one that stands for it now, and all that have stood for it."""

    first: Decision
    stands: Decision
    stood: set[int]

    def now_by(self, made: Decision) -> None:
        """Another record brings it back."""
        self.stands = made
        self.stood.add(made.id)


def _stacks(
    session: Session, project: Project, user_id: str, since: datetime | None
) -> tuple[list[_Step], list[tuple[_Step, Decision]]]:
    """What was done and can be undone, and what was undone (with the record that did it) and can be done again."""
    query = select(Decision).where(Decision.project_id == project.id, Decision.author_id == user_id)
    if since is not None:
        query = query.where(Decision.created_at >= since)
    latest = session.scalars(query.order_by(Decision.id.desc()).limit(DEEPEST)).all()
    done: list[_Step] = []
    undone: list[tuple[_Step, Decision]] = []
    for made in reversed(latest):
        if made.undoes_id is None:
            done.append(_Step(made, made, {made.id}))
            undone = []
        elif done and made.undoes_id == done[-1].stands.id:
            step = done.pop()
            undone.append((step, made))
            for before in done:
                if step.first.supersedes_id in before.stood:
                    before.now_by(made)
        elif undone and made.undoes_id == undone[-1][1].id:
            step, _ = undone.pop()
            step.now_by(made)
            done.append(step)
    return done, undone


def _take_back(session: Session, step: _Step) -> Decision:
    target = step.stands
    item, project = held_item(session, target.item_id)
    if not target.current:
        raise ConflictError("decision", "somebody else has superseded it", hint="look at the item again")
    earlier = session.get(Decision, step.first.supersedes_id) if step.first.supersedes_id else None
    mine = earlier is not None and earlier.author_id == target.author_id
    back = Decision(
        project_id=target.project_id,
        item_id=target.item_id,
        place=target.place,
        author_id=target.author_id,
        act=earlier.act if earlier is not None and mine else "withdraw",
        answer=earlier.answer if earlier is not None and mine else None,
        reason=earlier.reason if earlier is not None and mine else None,
        adopted_from=earlier.adopted_from if earlier is not None and mine else None,
        undoes_id=target.id,
        batch=target.batch,
        run_id=item.run_id,
        content=item.content,
        blind=target.blind,
    )
    if earlier is not None and not mine:
        earlier.current = True  # what somebody else had said stands again
    add(session, back, target, item, action="decision.undo")
    settle(session, item, project)
    return back


def _again(session: Session, step: _Step, undoing: Decision) -> Decision:
    target = step.first
    item, project = held_item(session, target.item_id)
    held = own_decision(session, item.id, target.author_id, target.place)
    if held is None:
        raise ConflictError("decision", "somebody else has superseded it", hint="look at the item again")
    again = Decision(
        project_id=target.project_id,
        item_id=target.item_id,
        place=target.place,
        author_id=target.author_id,
        act=target.act,
        answer=target.answer,
        reason=target.reason,
        note=target.note,
        adopted_from=target.adopted_from,
        undoes_id=undoing.id,
        batch=target.batch,
        run_id=item.run_id,
        content=item.content,
        blind=target.blind,
    )
    earlier = session.get(Decision, target.supersedes_id) if target.supersedes_id else None
    if earlier is not None and earlier.author_id != target.author_id:
        if not earlier.current:
            raise ConflictError("decision", "somebody else has changed it meanwhile", hint="look at the item again")
        earlier.current = False
    add(session, again, held, item, action="decision.redo")
    settle(session, item, project)
    return again
