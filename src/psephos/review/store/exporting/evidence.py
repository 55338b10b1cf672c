"""What is known of each item, one after the other, for a report that holds all of it?

Items come in the order of the source, some hundred at a time with everything about them, so that memory does not grow
with the project.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from psephos.review.store.account_tables import User
from psephos.review.store.tables import Comment, Consensus, Decision, Item, Opinion, Project

TOGETHER = 200
"""Items that are read at once."""

SETTLED = ("decided", "adjudicated", "locked")


@dataclass(frozen=True)
class Known:
    """An item with all that is known of it.

    Attributes
    ----------
    item : Item
    consensus : Consensus or None
        None where nothing was computed.
    opinions, decisions, comments : list
        Decisions that were superseded are among them.
    names : dict of str to str
        Names of the people in it, by id.
    """

    item: Item
    consensus: Consensus | None
    opinions: list[Opinion]
    decisions: list[Decision]
    comments: list[Comment]
    names: dict[str, str]


def known_items(
    session: Session, project: Project, *, only_final: bool = False, opinions: bool = True, history: bool = False
) -> Iterator[Known]:
    """Each item of a project with all that is known of it.

    Parameters
    ----------
    session : Session
    project : Project
    only_final : bool, default False
        Only items that are settled.
    opinions : bool, default True
        Whether what each voter said is read.
    history : bool, default False
        Also decisions that were superseded or taken back.
    """
    query = select(Item).where(Item.project_id == project.id, Item.deleted_at.is_(None)).order_by(Item.place, Item.id)
    if only_final:
        query = query.where(Item.state.in_(SETTLED))
    for items in session.scalars(query.execution_options(yield_per=TOGETHER)).partitions(TOGETHER):
        yield from _known(session, items, opinions, history)
        for one in list(session):
            if one is not project:
                session.expunge(one)


def _known(session: Session, items: Sequence[Item], opinions: bool, history: bool) -> Iterator[Known]:
    ids = [item.id for item in items]
    runs = {item.run_id for item in items}
    found: dict[str, dict[int, list[Any]]] = {}
    about: dict[str, Any] = {
        "consensus": select(Consensus).where(Consensus.item_id.in_(ids), Consensus.run_id.in_(runs)),
        "comments": select(Comment).where(Comment.item_id.in_(ids), Comment.deleted_at.is_(None)).order_by(Comment.id),
    }
    made = select(Decision).where(Decision.item_id.in_(ids)).order_by(Decision.id)
    about["decisions"] = made if history else made.where(Decision.current.is_(True), Decision.act != "withdraw")
    if opinions:
        about["opinions"] = select(Opinion).where(Opinion.item_id.in_(ids)).order_by(Opinion.id)
    for name, query in about.items():
        rows: dict[int, list[Any]] = defaultdict(list)
        for row in session.scalars(query):
            rows[row.item_id].append(row)
        found[name] = rows
    people = {one.author_id for name in ("decisions", "comments") for rows in found[name].values() for one in rows}
    names = {one.id: one.name for one in session.execute(select(User.id, User.name).where(User.id.in_(people)))}
    for item in items:
        agreed = [one for one in found["consensus"].get(item.id, []) if one.run_id == item.run_id]
        said = found.get("opinions", {}).get(item.id, [])
        decisions, comments = (found[name].get(item.id, []) for name in ("decisions", "comments"))
        yield Known(item, agreed[0] if agreed else None, said, decisions, comments, names)
