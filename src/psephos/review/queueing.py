"""Which items come next, as this person may see them?

The queue of the store with what its rows may show: in a blind project an item that the person has yet to decide shows
neither choice nor certainty, and cannot be searched or filtered by them.

Source: sheet 90 section 3.1. Differs: nothing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from psephos.errors import ForbiddenError
from psephos.reports.words import certainty_band
from psephos.review.context import Context
from psephos.review.store.queue import ORDERS, page
from psephos.review.store.tables import Decision, Item, Project
from psephos.review.viewing import is_hidden, names_of

STATES = ("new", "disputed", "decided", "adjudicated", "locked", "reserved", "open", "all")
PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of the queue: the filters of its address.

    Attributes
    ----------
    state, order : str
        One of the states or ``"all"``, and one of `store.queue.ORDERS`.
    kind, flag, search, reason : str
        Kind of opinions, a flag of the consensus, a part of the name or text, why it was skipped; empty for any.
    flagged, older_evidence : bool
        Only marked items; only those decided on what is no longer all that is known.
    at_least, at_most : float or None
        Certainty.
    offset : int
        Rows to leave out before the first.
    """

    state: str = "new"
    order: str = "value"
    kind: str = ""
    flag: str = ""
    search: str = ""
    reason: str = ""
    flagged: bool = False
    older_evidence: bool = False
    at_least: float | None = None
    at_most: float | None = None
    offset: int = 0

    def query(self, **other: Any) -> str:
        """The address's query for this, with something else changed; only what is not usual.

        Examples
        --------
        >>> Asked(state="disputed").query(offset=50), Asked().query()
        ('?state=disputed&offset=50', '')
        """
        values = asdict(self) | other
        usual = {field.name: field.default for field in fields(self)}
        stated = {
            name: str(value).lower() if isinstance(value, bool) else value
            for name, value in values.items()
            if value != usual[name]
        }
        return f"?{urlencode(stated)}" if stated else ""

    @property
    def narrowed(self) -> bool:
        """Whether anything but the order and the place differs from what is usual."""
        return any(
            getattr(self, name) != getattr(Asked, name) for name in asdict(self) if name not in ("order", "offset")
        )


def rows_of(
    session: Session, here: Context, project: Project, asked: Asked, *, limit: int = PAGE
) -> tuple[list[dict[str, Any]], int]:
    """Rows of the queue.

    Parameters
    ----------
    session : Session
    here : Context
    project : Project
    asked : Asked
    limit : int
        Rows at most.

    Returns
    -------
    rows : list of dict
        Ready for JSON; in a blind project without choice and certainty of items that are yet to be decided.
    total : int
        How many there are in all.

    Raises
    ------
    ForbiddenError
        Filters that would tell what others said, in a blind project.
    """
    if project.blind and (asked.search or asked.flag or asked.at_least is not None or asked.at_most is not None):
        raise ForbiddenError("filters", "would tell what others said", hint="decide first; the project is blind")
    filters = {
        "state": "" if asked.state == "all" else asked.state,
        "kind": asked.kind,
        "flag": asked.flag,
        "text": asked.search.strip(),
        "reason": asked.reason,
        "flagged": True if asked.flagged else None,
        "older_evidence": True if asked.older_evidence else None,
        "at_least": asked.at_least,
        "at_most": asked.at_most,
    }
    found = page(
        session,
        project,
        filters=filters,
        order=asked.order,
        offset=asked.offset,
        limit=limit,
        user_id=here.caller.user_id,
        at=here.at,
    )
    decided = _decided(session, here, [item.id for item in found.items])
    others = {one for held in found.reserved.values() for one in held if one != here.caller.user_id}
    names = names_of(session, others)
    rows = []
    for item in found.items:
        hidden = is_hidden(project, item.id in decided)
        here_now = [names.get(one, "somebody") for one in found.reserved.get(item.id, []) if one != here.caller.user_id]
        rows.append(_row(item, hidden) | {"here": ", ".join(here_now), "mine": item.id in decided})
    return rows, found.total


def _row(item: Item, hidden: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": item.id,
        "name": item.name,
        "kind": item.kind,
        "state": item.state,
        "version": item.version,
        "flagged": item.flagged,
        "hidden": hidden,
        "choice": None,
        "certainty": None,
        "margin": None,
        "votes": None,
        "support": None,
        "risk": None,
        "flags": [],
        "band": "",
        "conflict": False,
    }
    if hidden:
        return row
    shown = {name: getattr(item, name) for name in ("choice", "certainty", "margin", "votes", "support", "risk")}
    conflict = item.support < item.votes or item.state == "disputed"
    return row | shown | {"flags": list(item.flags), "band": certainty_band(item.certainty), "conflict": conflict}


def _decided(session: Session, here: Context, items: list[int]) -> set[int]:
    """The items of a page that whoever asks has decided."""
    query = select(Decision.item_id).where(
        Decision.item_id.in_(items),
        Decision.author_id == here.caller.user_id,
        Decision.current.is_(True),
        Decision.act.in_(("decide", "adjudicate")),
    )
    return set(session.scalars(query)) if items else set()


__all__ = ["ORDERS", "PAGE", "STATES", "Asked", "rows_of"]
