"""The queue, and how many of it need to be checked."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from psephos.review.acting import accept_many
from psephos.review.authorisation import may
from psephos.review.context import Context, Here
from psephos.review.looking_after import forget_view, save_view, views_of
from psephos.review.pages.project import in_project
from psephos.review.pages.sign_in import Line, go
from psephos.review.queueing import ORDERS, PAGE, STATES, Asked, rows_of
from psephos.review.risk import remaining
from psephos.review.store.queue import counts
from psephos.review.store.resuming import last_open
from psephos.review.store.tables import Project, Source

router = APIRouter(prefix="/projects/{project}", include_in_schema=False)

FLAGS = ("tie", "no majority", "single vote", "no votes", "nobody gave it", "spread")
State = Literal["new", "disputed", "decided", "adjudicated", "locked", "reserved", "open", "all"]
Order = Literal["value", "risk", "age", "random", "source"]
Short = Annotated[str, Query(max_length=200)]
Text = Annotated[str, Form(max_length=20_000)]
Share = Annotated[float | None, Query(ge=0, le=1)]


def asked_of(
    state: State = "new",
    order: Order = "value",
    kind: Short = "",
    flag: Short = "",
    search: Short = "",
    reason: Short = "",
    flagged: bool = False,
    older_evidence: bool = False,
    at_least: Share = None,
    at_most: Share = None,
    offset: Annotated[int, Query(ge=0, le=100_000_000)] = 0,
) -> Asked:
    """What an address asks of the queue."""
    return Asked(
        state=state,
        order=order,
        kind=kind,
        flag=flag,
        search=search,
        reason=reason,
        flagged=flagged,
        older_evidence=older_evidence,
        at_least=at_least,
        at_most=at_most,
        offset=offset,
    )


Wanted = Annotated[Asked, Depends(asked_of)]


@router.get("", name="queue")
def queue(here: Here, asked: Wanted) -> Response:
    """The page."""
    with here.read() as session:
        project = session.get_one(Project, here.project_id)
        rows, total = rows_of(session, here, project, asked)
        number = counts(session, project)
        further = asked.offset + len(rows)
        says: dict[str, Any] = {
            "q": asked,
            "rows": rows,
            "query": asked.query(offset=asked.offset),
            "filtered": asked.narrowed,
            "total": sum(number.values()),
            "left": number["new"],
            "disputed": number["disputed"],
            "decided": sum(number[state] for state in ("decided", "adjudicated", "locked")),
            "states": STATES,
            "orders": ORDERS,
            "kinds": _kinds(session, project),
            "flags": () if project.blind else FLAGS,
            "next": f"/projects/{project.id}{asked.query(offset=further)}" if further < total else "",
            "page": PAGE,
            "views": views_of(session, here),
            "saves": may(here, "annotator"),
            "resume": last_open(session, project, here.caller.user_id),
        }
        return in_project(here, session, "queue.html", says)


@router.post("/views", name="view.save")
def save_this_view(
    here: Here,
    name: Text = "",
    query: Text = "",
    shared: Line = "",
) -> Response:
    """Save the filters of an address under a name."""
    kept = query if query.startswith("?") else ""
    save_view(here, name, kept, shared=bool(shared))
    return go(f"/projects/{here.project_id}{kept}")


@router.post("/views/{view}/remove", name="view.remove")
def remove_view(here: Here, view: int) -> Response:
    """Forget saved filters."""
    forget_view(here, view)
    return go(f"/projects/{here.project_id}")


@router.get("/risk", name="risk")
def risk(here: Here) -> Response:
    """How many do I need to check? A part of the queue's page, or a page of its own."""
    part = "hx-request" in here.request.headers
    with here.read() as session:
        says = {"risk": remaining(session, session.get_one(Project, here.project_id)), "accepts": may(here, "reviewer")}
        return in_project(here, session, "parts/risk.html" if part else "risk.html", says)


@router.post("/accept", name="accept")
def accept(here: Here, certainty: Annotated[float, Form(ge=0.5, le=1)]) -> Response:
    """Take what voters say together wherever it is at least this sure."""
    accept_many(here, certainty)
    return go(f"/projects/{here.project_id}")


def strip_of(session: Session, here: Context, project: Project, asked: Asked) -> dict[str, Any]:
    """The items beside the one that is open."""
    rows, _ = rows_of(session, here, project, asked, limit=PAGE)
    full = len(rows) == PAGE
    return {"strip": rows, "more": "1" if full else "", "query": asked.query()}


def _kinds(session: Session, project: Project) -> list[str]:
    return sorted(session.scalars(select(Source.kind).where(Source.project_id == project.id).distinct()))
