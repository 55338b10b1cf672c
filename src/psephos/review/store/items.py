"""What is known of one item: what everybody said, what was computed, what people decided and remarked?

In a blind project nobody sees what others said and decided before answering: the rule is here, so that neither page nor
API can forget it. Names that a blind person must not see are in none of the values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, defer

from psephos.errors import InputError
from psephos.review.store.audit_log import record
from psephos.review.store.columns import now
from psephos.review.store.projects import KEPT
from psephos.review.store.reservations import held_item
from psephos.review.store.tables import Comment, Consensus, Decision, Item, Opinion, Project, Run


@dataclass(frozen=True)
class Evidence:
    """What a person may see of an item.

    Attributes
    ----------
    item : Item
    blind : bool
        Whether opinions, consensus and the work of others are held back.
    opinions : list of Opinion
        What voters said, one entry each; empty if blind.
    consensus : Consensus or None
    run : Run or None
        How the consensus was computed.
    decisions : list of Decision
        All records, also those superseded, in order; only one's own if blind.
    comments : list of Comment
        Only one's own if blind.
    offered : list of Decision
        Decisions about the same content elsewhere, the latest first; empty if blind.
    """

    item: Item
    blind: bool
    opinions: list[Opinion]
    consensus: Consensus | None
    run: Run | None
    decisions: list[Decision]
    comments: list[Comment]
    offered: list[Decision]


def evidence(session: Session, item_id: int, user_id: str, *, projects: tuple[int, ...] = ()) -> Evidence:
    """All that a person may see of an item.

    Parameters
    ----------
    session : Session
    item_id : int
    user_id : str
    projects : tuple of int
        Further projects that the person may see, in which decisions about the same content are looked for.

    Raises
    ------
    InputError
        If there is no such item.
    """
    item = session.get(Item, item_id)
    if item is None or item.deleted_at is not None:
        raise InputError("item", f"there is no item {item_id}")
    project = session.get_one(Project, item.project_id)
    blind = is_blind(session, item, project, user_id)
    decisions = select(Decision).where(Decision.item_id == item_id).order_by(Decision.id)
    remarks = select(Comment).where(Comment.item_id == item_id, Comment.deleted_at.is_(None)).order_by(Comment.id)
    if blind:
        mine = list(session.scalars(decisions.where(Decision.author_id == user_id)))
        own_remarks = list(session.scalars(remarks.where(Comment.author_id == user_id)))
        return Evidence(item, True, [], None, None, mine, own_remarks, [])
    consensus = session.scalar(select(Consensus).where(Consensus.run_id == item.run_id, Consensus.item_id == item_id))
    return Evidence(
        item=item,
        blind=False,
        opinions=list(session.scalars(_opinions(item))),
        consensus=consensus,
        run=None if item.run_id is None else session.get(Run, item.run_id),
        decisions=list(session.scalars(decisions)),
        comments=list(session.scalars(remarks)),
        offered=offered(session, item, projects=(project.id, *projects)),
    )


def _opinions(item: Item) -> Select[Opinion]:
    """What voters said; the words of long transcripts one by one are read only by who asks for them."""
    query = select(Opinion).where(Opinion.item_id == item.id).order_by(Opinion.id)
    return query.options(defer(Opinion.detail)) if item.kind == "transcripts" else query


def is_blind(session: Session, item: Item, project: Project, user_id: str) -> bool:
    """Whether a person must not see yet what others say of an item."""
    if not project.blind:
        return False
    return session.scalar(decided_by(user_id).where(Decision.item_id == item.id).limit(1)) is None


def decided_by(user_id: str) -> Select[int]:
    """The ids of items that a person decided: what a blind project shows them."""
    return select(Decision.item_id).where(
        Decision.author_id == user_id,
        Decision.current.is_(True),
        Decision.place.is_(None),
        Decision.act.in_(("decide", "adjudicate")),
    )


def offered(session: Session, item: Item, *, projects: tuple[int, ...]) -> list[Decision]:
    """What people decided about the same content in other items of these projects, the latest first."""
    query = (
        select(Decision)
        .where(Decision.content == item.content, Decision.item_id != item.id, Decision.project_id.in_(projects))
        .where(Decision.current.is_(True), Decision.place.is_(None), Decision.act.in_(("decide", "adjudicate")))
        .order_by(Decision.id.desc())
        .limit(20)
    )
    return list(session.scalars(query))


def flag(session: Session, item_id: int, user_id: str, flagged: bool) -> Item:
    """Mark an item, or take the mark away."""
    item, project = held_item(session, item_id)
    if item.flagged != flagged:
        before, item.flagged = {"flagged": item.flagged}, flagged
        record(session, project.id, user_id, "item.flag", f"item:{item_id}", before, {"flagged": flagged})
    return item


def delete_item(session: Session, item_id: int, *, actor: str) -> None:
    """Hide an item; for 30 days it can be restored."""
    item, project = held_item(session, item_id)
    item.deleted_at = now()
    record(session, project.id, actor, "item.delete", f"item:{item_id}")


def restore_item(session: Session, item_id: int, *, actor: str) -> Item:
    """Show a hidden item again.

    Raises
    ------
    InputError
        If it is not hidden, or has been for longer than 30 days.
    """
    item = session.get(Item, item_id)
    if item is None or item.deleted_at is None or now() - item.deleted_at > KEPT:
        raise InputError("item", "is not deleted, or has been for more than 30 days")
    item.deleted_at = None
    record(session, item.project_id, actor, "item.restore", f"item:{item_id}")
    return item


def candidates(column: dict[str, Any], voters: list[str]) -> list[dict[str, Any]]:
    """What was heard at a place of a transcript, the likeliest first: text, votes, voters; no word is an empty text.

    Examples
    --------
    >>> heard = {"slots": ["fifty", "fifteen", "fifty", None]}
    >>> [(one["text"], one["votes"]) for one in candidates(heard, ["a", "b", "c", "d"])]
    [('fifty', 2), ('fifteen', 1), ('', 1)]
    """
    found: dict[str, list[str]] = {}
    for voter, said in zip(voters, column["slots"], strict=True):
        found.setdefault(said or "", []).append(voter)
    listed = [{"text": text, "votes": len(who), "voters": who} for text, who in found.items()]
    return sorted(listed, key=lambda one: -int(str(one["votes"])))
