"""Projects, their sources, their queue."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from psephos.errors import InputError
from psephos.opinions import read
from psephos.review import acting
from psephos.review.agreeing import agreement_of, items_of_pair
from psephos.review.api.bodies import AcceptBody, ProjectBody, ViewBody
from psephos.review.context import Here
from psephos.review.delivering import tell
from psephos.review.pages.projects import projects_of
from psephos.review.pages.queue import Wanted
from psephos.review.queueing import PAGE, rows_of
from psephos.review.risk import remaining
from psephos.review.security import media_type
from psephos.review.store.account_tables import SavedView, User
from psephos.review.store.loading import load
from psephos.review.store.people import set_role
from psephos.review.store.progress import my_items, progress
from psephos.review.store.projects import RULES, change_project, create_project
from psephos.review.store.queue import counts
from psephos.review.store.tables import Project

router = APIRouter(prefix="/api/v1/projects", tags=["projects"])
Long = Annotated[str, Query(max_length=200)]


@router.get("", name="api.projects")
def projects(here: Here) -> list[dict[str, Any]]:
    """The projects of whoever asks."""
    with here.read() as session:
        return projects_of(session, here)


@router.post("", name="api.project.create", status_code=201)
def create(here: Here, body: ProjectBody) -> dict[str, Any]:
    """A new, empty project; who makes it is its manager."""
    rules = body.rules()
    name = rules.pop("name", "")
    with here.write() as session:
        project = create_project(session, name, actor=here.caller.user_id, **rules)
        set_role(session, project, session.get_one(User, here.caller.user_id), "manager", actor=here.caller.user_id)
        return _told(session, project)


@router.get("/{project}", name="api.project")
def project(here: Here) -> dict[str, Any]:
    """A project: its rules, and how far it is."""
    with here.read() as session:
        found = session.get_one(Project, here.project_id)
        return _told(session, found) | {"role": here.permit.role, "counts": counts(session, found)}


@router.patch("/{project}", name="api.project.change")
def change(here: Here, body: ProjectBody) -> dict[str, Any]:
    """Other rules."""
    with here.write() as session:
        found = session.get_one(Project, here.project_id)
        change_project(session, found, actor=here.caller.user_id, **body.rules())
        return _told(session, found)


async def _whole(request: Request) -> bytes:
    if media_type(request.headers) != "application/octet-stream":
        raise InputError("body", "must be the file as it is, sent as application/octet-stream")
    return await request.body()


@router.post(
    "/{project}/sources",
    name="api.source.add",
    status_code=201,
    openapi_extra={
        "requestBody": {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
    },
)
def add_source(
    here: Here, name: Annotated[str, Query(min_length=1, max_length=200)], whole: Annotated[bytes, Depends(_whole)]
) -> dict[str, Any]:
    """Load opinions from a file; its name says the format. The name is never used as a path."""
    plain = Path(name.replace("\\", "/")).name
    ending = "".join(Path(plain).suffixes[-2:])[-20:]
    if not ending or not all(sign.isalnum() or sign == "." for sign in ending):
        raise InputError("name", f"must end in the format, as in votes.csv, got {plain!r:.80}")
    with tempfile.TemporaryDirectory(prefix="psephos-") as folder:
        file = Path(folder, f"upload{ending}")
        file.write_bytes(whole)
        try:
            opinions = read(file)
        except InputError as wrong:
            problem, where, hint = (
                text and text.replace(str(file), plain) for text in (wrong.problem, wrong.where, wrong.hint)
            )
            raise InputError("file", problem or "cannot be read", where=where, hint=hint) from None
    with here.write() as session:
        found = session.get_one(Project, here.project_id)
        loaded = load(session, found, opinions, actor=here.caller.user_id, name=plain)
        tell(session, found.id, "source", {"source": loaded.source_id, "items": loaded.items})
        return {
            "source": loaded.source_id,
            "items": loaded.items,
            "known_items": loaded.known_items,
            "opinions": loaded.opinions,
            "set_aside": loaded.set_aside,
        }


@router.get("/{project}/queue", name="api.queue")
def queue(here: Here, asked: Wanted, limit: Annotated[int, Query(ge=1, le=500)] = PAGE) -> dict[str, Any]:
    """Items in the order in which to check them."""
    with here.read() as session:
        rows, total = rows_of(session, here, session.get_one(Project, here.project_id), asked, limit=limit)
        return {"total": total, "offset": asked.offset, "items": rows}


@router.get("/{project}/risk", name="api.risk")
def risk(here: Here) -> dict[str, Any]:
    """How many errors are left, after how many checks."""
    with here.read() as session:
        found = remaining(session, session.get_one(Project, here.project_id))
        return {name: value for name, value in found.items() if name != "drawing"}


@router.post("/{project}/accept", name="api.accept_many")
def accept(here: Here, body: AcceptBody) -> dict[str, Any]:
    """Take what voters say together wherever it is at least this sure."""
    return acting.accept_many(here, body.certainty)


@router.post("/{project}/undo", name="api.undo")
def undo(here: Here) -> dict[str, Any]:
    """Take back the last thing that one did."""
    return acting.take_back(here)


@router.post("/{project}/redo", name="api.redo")
def redo(here: Here) -> dict[str, Any]:
    """Do again what one took back last."""
    return acting.take_back(here, again=True)


@router.get("/{project}/mine", name="api.mine")
def mine(here: Here, differs: bool = False) -> list[dict[str, Any]]:
    """What one decided, and what became of it."""
    with here.read() as session:
        rows = my_items(session, session.get_one(Project, here.project_id), here.caller.user_id, differs=differs)
    return [row | {"at": row["at"].isoformat()} for row in rows]


@router.get("/{project}/agreement", name="api.agreement")
def agreement(here: Here, left: Long = "", right: Long = "") -> dict[str, Any]:
    """How far people agree; of two of them also the items that both decided."""
    with here.read() as session:
        found = agreement_of(session, here.project_id)
        found["progress"] = progress(session, session.get_one(Project, here.project_id)).to_dicts()
        if left and right:
            found["items"] = items_of_pair(session, here.project_id, left, right)
        return found


@router.get("/{project}/views", name="api.views")
def views(here: Here) -> list[dict[str, Any]]:
    """Saved filters: one's own, and those that are shared."""
    with here.read() as session:
        own = (SavedView.user_id == here.caller.user_id) | SavedView.shared.is_(True)
        found = select(SavedView).where(SavedView.project_id == here.project_id, own).order_by(SavedView.name)
        return [_view(one) for one in session.scalars(found)]


@router.post("/{project}/views", name="api.view.save", status_code=201)
def save_view(here: Here, body: ViewBody) -> dict[str, Any]:
    """Save filters under a name."""
    with here.write() as session:
        one = SavedView(project_id=here.project_id, user_id=here.caller.user_id, **body.model_dump())
        session.add(one)
        session.flush()
        return _view(one)


@router.delete("/{project}/views/{view}", name="api.view.remove", status_code=204)
def remove_view(here: Here, view: int) -> Response:
    """Forget saved filters."""
    with here.write() as session:
        session.delete(session.get_one(SavedView, view))
    return Response(status_code=204)


def _view(one: SavedView) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "query": one.query, "shared": one.shared}


def _told(session: Session, project: Project) -> dict[str, Any]:
    session.flush()
    return {"id": project.id} | {name: getattr(project, name) for name in RULES if name != "settings"}
