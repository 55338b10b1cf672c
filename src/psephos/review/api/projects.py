"""Projects, their sources, their queue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from psephos.errors import InputError, StoreError
from psephos.review import acting, bringing, looking_after
from psephos.review.agreeing import agreement_of, days_of, items_of_pair
from psephos.review.api.bodies import AcceptBody, ProjectBody, ViewBody
from psephos.review.context import Here
from psephos.review.pages.projects import projects_of
from psephos.review.pages.queue import Wanted
from psephos.review.queueing import PAGE, rows_of
from psephos.review.risk import remaining
from psephos.review.security import media_type
from psephos.review.store.account_tables import User
from psephos.review.store.people import set_role
from psephos.review.store.progress import my_items
from psephos.review.store.projects import RULES, change_project, create_project
from psephos.review.store.queue import counts
from psephos.review.store.tables import Project

router = APIRouter(prefix="/api/v1/projects", tags=["projects"])
Long = Annotated[str, Query(max_length=200)]
FileName = Annotated[str, Query(min_length=1, max_length=200)]
ReadAs = Literal["", "labels", "samples", "scores", "transcripts", "battles"]


@router.get("", name="api.projects")
def projects(here: Here) -> list[dict[str, Any]]:
    """The projects of whoever asks."""
    with here.read() as session:
        return projects_of(session, here)


@router.get("/hidden", name="api.projects.hidden")
def hidden(here: Here) -> list[dict[str, Any]]:
    """Projects that were hidden in the last 30 days and that one may bring back."""
    with here.read() as session:
        return looking_after.hidden_projects(session, here)


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


async def _sent(request: Request) -> AsyncIterator[Path]:
    """The body in a file of its own, kept piece by piece as it comes, gone once the request is answered."""
    if media_type(request.headers) != "application/octet-stream":
        raise InputError("body", "must be the file as it is, sent as application/octet-stream")
    with TemporaryDirectory(prefix="psephos-") as folder:
        file = Path(folder, "sent")
        try:
            with file.open("wb") as kept:
                async for piece in request.stream():
                    kept.write(piece)
        except OSError as problem:
            reason = problem.strerror or type(problem).__name__
            raise StoreError("file", f"cannot keep the file: {reason}", hint="nothing of it was kept") from problem
        yield file


Sent = Annotated[Path, Depends(_sent)]
_FILE = {"requestBody": {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}


@router.post("/from-file", name="api.project.from_file", status_code=201, openapi_extra=_FILE)
def from_file(
    here: Here,
    name: FileName,
    sent: Sent,
    project: Long = "",
    question: Long = "",
    kind: ReadAs = "",
) -> dict[str, Any]:
    """Make a project of a file: a full export becomes the project that it was, anything else fills a new one.

    `project` is what it is called, the name of the file if not given; `question` and `kind` as in adding a source.
    """
    return bringing.bring_project(here, sent, name, project=project, question=question, kind=kind)


@router.post("/{project}/sources", name="api.source.add", status_code=201, openapi_extra=_FILE)
def add_source(here: Here, name: FileName, sent: Sent, question: Long = "", kind: ReadAs = "") -> dict[str, Any]:
    """Load opinions from a file; its name says the format. The name is never used as a path.

    Everything that `psephos.read` reads: tables, transcripts, logs of Inspect, promptfoo and lm-evaluation-harness,
    annotations of Label Studio and Argilla, votes of arenas. `question` says which column or question holds the
    answer where there are several, `kind` what the file is where it could be several things.
    """
    return bringing.bring(here, sent, name, question=question, kind=kind)


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
        found = agreement_of(session, here.project_id, here.caller.user_id)
        found["days"] = days_of(session, session.get_one(Project, here.project_id))
        if left and right:
            found["items"] = items_of_pair(session, here.project_id, left, right)
        return found


@router.get("/{project}/progress", name="api.progress")
def day_by_day(here: Here, minutes_east: Annotated[int, Query(ge=-840, le=840)] = 0) -> list[dict[str, Any]]:
    """Answers and skips of each person on each day, with the median of active seconds, the latest day first."""
    with here.read() as session:
        return days_of(session, session.get_one(Project, here.project_id), minutes_east=minutes_east)


@router.get("/{project}/views", name="api.views")
def views(here: Here) -> list[dict[str, Any]]:
    """Saved filters: one's own, and those that are shared."""
    with here.read() as session:
        return looking_after.views_of(session, here)


@router.post("/{project}/views", name="api.view.save", status_code=201)
def save_view(here: Here, body: ViewBody) -> dict[str, Any]:
    """Save filters under a name; one of one's own that is called the same gives way."""
    return looking_after.save_view(here, body.name, body.query, shared=body.shared)


@router.delete("/{project}/views/{view}", name="api.view.remove", status_code=204)
def remove_view(here: Here, view: int) -> Response:
    """Forget saved filters."""
    looking_after.forget_view(here, view)
    return Response(status_code=204)


@router.delete("/{project}", name="api.project.hide")
def hide(here: Here) -> dict[str, Any]:
    """Hide the project from everybody; it can be brought back for 30 days."""
    return looking_after.hide_project(here)


@router.post("/{project}/restore", name="api.project.restore")
def restore(here: Here) -> dict[str, Any]:
    """Show a hidden project again."""
    return looking_after.bring_back_project(here)


def _told(session: Session, project: Project) -> dict[str, Any]:
    session.flush()
    return {"id": project.id} | {name: getattr(project, name) for name in RULES if name != "settings"}
