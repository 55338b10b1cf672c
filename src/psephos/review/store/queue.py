"""What is there to check, in which order?

value    risk x cost / seconds: what a second of checking is worth (the default)
risk     the most doubtful first
age      the oldest first
random   in an order drawn once
source   as they were in the file

By value the items of the hidden audit slice stand anywhere among the others, and nothing marks them: the check of what
the certainties claim goes on with the work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from psephos.errors import check_choice, check_count, check_number
from psephos.review.store.columns import now
from psephos.review.store.reservations import live
from psephos.review.store.tables import STATES, Decision, Item, Project, Reservation

ORDERS = ("value", "risk", "age", "random", "source")

FILTERS = (
    *("state", "kind", "flag", "text", "at_least", "at_most", "flagged", "assigned", "mine", "differs"),
    *("older_evidence", "source", "reason"),
)
"""What a queue can be narrowed to; see `condition`."""


@dataclass(frozen=True)
class Page:
    """Some rows of a queue.

    Attributes
    ----------
    items : list of Item
    reserved : mapping of int to list of str
        Who has which of these items open.
    total : int
        Items that the filters leave.
    offset : int
        Place of the first row.
    """

    items: list[Item]
    reserved: Mapping[int, list[str]]
    total: int
    offset: int


def page(
    session: Session,
    project: Project,
    *,
    filters: Mapping[str, Any] | None = None,
    order: str = "value",
    offset: int = 0,
    limit: int = 50,
    user_id: str | None = None,
    at: datetime | None = None,
) -> Page:
    """A page of the queue.

    Parameters
    ----------
    session : Session
    project : Project
    filters : mapping, optional
        Any of `FILTERS`, see `condition`.
    order : {"value", "risk", "age", "random", "source"}, default "value"
    offset, limit : int
        Which rows.
    user_id : str, optional
        Who asks; ``mine`` and ``differs`` need it.
    at : datetime, optional
        The present, if it is not now.

    Returns
    -------
    Page
    """
    at = at or now()
    check_count("offset", offset, low=0)
    where = condition(project, filters or {}, user_id=user_id, at=at)
    query = select(Item).where(where).order_by(*ordering(order)).offset(offset).limit(check_count("limit", limit))
    items = list(session.scalars(query))
    total = session.scalar(select(func.count()).select_from(Item).where(where)) or 0
    held: dict[int, list[str]] = {}
    ids = [item.id for item in items]
    for item_id, holder in session.execute(
        select(Reservation.item_id, Reservation.user_id).where(Reservation.item_id.in_(ids), live(at))
    ):
        held.setdefault(item_id, []).append(holder)
    return Page(items, held, total, offset)


def ordering(order: str) -> tuple[Any, ...]:
    """The columns to sort by, the last one telling equals apart.

    Raises
    ------
    InputError
        `order`: none of `ORDERS`.
    """
    check_choice("order", order, ORDERS)
    return {
        "value": (Item.value.desc(), Item.id.desc()),
        "risk": (Item.risk.desc(), Item.id.desc()),
        "age": (Item.id,),
        "random": (Item.draw, Item.id),
        "source": (Item.place, Item.id),
    }[order]


def condition(
    project: Project, filters: Mapping[str, Any], *, user_id: str | None = None, at: datetime | None = None
) -> ColumnElement[bool]:
    """Filters as a condition of SQL; values are always bound, never part of the text.

    Parameters
    ----------
    project : Project
    filters : mapping
        ``state`` (one of `STATES`, ``"reserved"`` or ``"open"``: new or disputed), ``kind``, ``source`` (id), ``flag``
        (``"tie"``), ``text`` (in name or choice), ``at_least`` and ``at_most`` (certainty), ``flagged`` (by a person),
        ``assigned`` (id of who has it open), ``mine`` (answered by me), ``differs`` (answered by me, and settled
        otherwise), ``older_evidence``, ``reason`` (skipped for it).
    user_id : str, optional
        Who asks.
    at : datetime, optional
        The present, if it is not now.

    Raises
    ------
    InputError
        If a filter is unknown or its value out of bounds.
    """
    at = at or now()
    parts: list[ColumnElement[bool]] = [Item.project_id == project.id, Item.deleted_at.is_(None)]
    for name, value in filters.items():
        check_choice("filters", name, FILTERS)
        if value not in (None, ""):
            parts.append(_part(name, value, user_id, at))
    return and_(*parts)


def counts(session: Session, project: Project) -> dict[str, int]:
    """Items in each state, by state, 0 where there is none; hidden ones do not count."""
    query = select(Item.state, func.count()).where(Item.project_id == project.id, Item.deleted_at.is_(None))
    found = {row.state: int(row[1]) for row in session.execute(query.group_by(Item.state))}
    return dict.fromkeys(STATES, 0) | found


def _part(name: str, value: Any, user_id: str | None, at: datetime) -> Any:
    if name == "state":
        return _state(value, at)
    if name in ("at_least", "at_most"):
        bound = check_number(name, value, low=0, high=1)
        return Item.certainty >= bound if name == "at_least" else Item.certainty <= bound
    if name == "flag":
        return cast(Item.flags, String).contains(f'"{value}"', autoescape=True)
    if name == "text":
        return or_(Item.name.icontains(value, autoescape=True), Item.choice.icontains(value, autoescape=True))
    if name == "assigned":
        return _held(at).where(Reservation.user_id == value).exists()
    if name == "reason":
        return _decided().where(Decision.act == "skip", Decision.reason == value).exists()
    if name == "older_evidence":
        return _decided().where(Decision.older_evidence.is_(True)).exists()
    if name in ("mine", "differs"):
        own = _decided().where(Decision.author_id == user_id, Decision.act.in_(("decide", "adjudicate")))
        if name == "mine":
            return own.exists()
        other = cast(Decision.answer, String) != cast(Item.final, String)
        return and_(Item.state.in_(("decided", "adjudicated", "locked")), own.where(other).exists())
    if name == "flagged":
        return Item.flagged.is_(bool(value))
    column: Any = {"kind": Item.kind, "source": Item.source_id}[name]
    return column == value


def _state(value: str, at: datetime) -> ColumnElement[bool]:
    check_choice("state", value, (*STATES, "reserved", "open"))
    if value == "reserved":
        return and_(Item.state == "new", _held(at).exists())
    return Item.state.in_(("new", "disputed")) if value == "open" else Item.state == value


def _held(at: datetime) -> Any:
    return select(Reservation.id).where(Reservation.item_id == Item.id, live(at))


def _decided() -> Any:
    return select(Decision.id).where(Decision.item_id == Item.id, Decision.current.is_(True), Decision.place.is_(None))
