"""The rules of a project, what comes in and goes out, who is told, what was hidden."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form
from sqlalchemy import select
from starlette.responses import FileResponse, Response

from psephos.errors import InputError
from psephos.review import bringing, delivering, exporting, looking_after
from psephos.review.authorisation import NotThereError
from psephos.review.context import Context, Here
from psephos.review.pages.project import in_project
from psephos.review.pages.sign_in import Line, go
from psephos.review.rendering import language_of
from psephos.review.store.audit_log import record
from psephos.review.store.projects import change_project
from psephos.review.store.tables import Export, Project, Source

router = APIRouter(prefix="/projects/{project}", include_in_schema=False)


@router.get("/settings", name="project.settings")
def settings(here: Here) -> Response:
    """The page."""
    return shown(here)


@router.post("/settings", name="project.settings.save")
def save(
    here: Here,
    name: Line,
    overlap: Annotated[int, Form(ge=1, le=100)],
    audit_percent: Annotated[float, Form(ge=0, le=100)],
    lease_minutes: Annotated[float, Form(gt=0, le=1440)],
    spread: Annotated[float, Form(ge=0, le=1e9)] = 0.0,
    language: Annotated[str, Form(max_length=35)] = "",
    blind: Line = "",
    sensitive: Line = "",
) -> Response:
    """Change the rules."""
    with here.write() as session:
        change_project(
            session,
            session.get_one(Project, here.project_id),
            actor=here.caller.user_id,
            name=name,
            overlap=overlap,
            audit_share=audit_percent / 100,
            lease_seconds=round(lease_minutes * 60),
            spread=spread,
            language=language.strip(),
            blind=bool(blind),
            sensitive=bool(sensitive),
        )
    return back(here)


@router.post("/exports", name="export.create")
def export(
    here: Here,
    format: Line,  # noqa: A002 - the name of the field
    table: Line = "",
    only_final: Line = "",
    opinions: Line = "",
    history: Line = "",
    raw: Line = "",
) -> Response:
    """Begin an export."""
    stated: dict[str, Any] = {"only_final": bool(only_final), "history": bool(history), "opinions": bool(opinions)}
    stated |= {"neutralise": not raw, "table": table or None, "language": language_of(here)}
    exporting.begin(here, format, **stated)
    return back(here)


@router.post("/exports/{export}/again", name="export.again")
def export_again(here: Here, export: int) -> Response:
    """Begin an export that was interrupted or failed once more."""
    exporting.again(here, export)
    return back(here)


@router.get("/exports/{export}/file", name="export.download")
def download(here: Here, export: int) -> Response:
    """An export that is done."""
    with here.write() as session:
        one = session.get(Export, export)
        if one is None or one.status not in ("done", "removed"):
            raise NotThereError
        if one.status == "removed" or not Path(one.path).is_file():
            raise InputError("export", "is not on this server any more", hint="export again")
        record(session, here.project_id, here.caller.user_id, "export.download", f"export:{export}")
        name = exporting.file_name(session.get_one(Project, here.project_id), one)
    return FileResponse(one.path, media_type="application/octet-stream", filename=name)


@router.post("/webhooks", name="webhook.add")
def add_webhook(here: Here, url: Line, events: Annotated[list[str] | None, Form(max_length=20)] = None) -> Response:
    """Tell an address; the secret is shown this once."""
    return shown(here, webhook=looking_after.add_webhook(here, url.strip(), events or []))


@router.post("/webhooks/{webhook}/test", name="webhook.test")
def test_webhook(here: Here, webhook: int) -> Response:
    """Send an address a message of the event ``test``."""
    looking_after.test_webhook(here, webhook)
    return back(here, "#webhooks")


@router.post("/webhooks/{webhook}/remove", name="webhook.remove")
def remove_webhook(here: Here, webhook: int) -> Response:
    """Tell an address no more."""
    looking_after.remove_webhook(here, webhook)
    return back(here, "#webhooks")


@router.post("/hide", name="project.hide")
def hide(here: Here) -> Response:
    """Hide the project; the page of projects offers to bring it back."""
    looking_after.hide_project(here)
    return go("/projects")


@router.post("/restore", name="project.restore")
def restore(here: Here) -> Response:
    """Show a hidden project again."""
    looking_after.bring_back_project(here)
    return go(f"/projects/{here.project_id}")


def shown(here: Context, *, webhook: dict[str, Any] | None = None) -> Response:
    """The page, with the secret of a webhook that was just added."""
    with here.read() as session:
        jobs = select(Export).where(Export.project_id == here.project_id).order_by(Export.id.desc()).limit(20)
        sources = select(Source).where(Source.project_id == here.project_id).order_by(Source.id.desc()).limit(50)
        says = {
            "hooks": looking_after.webhooks_of(session, here.project_id),
            "events": delivering.EVENTS,
            "event_words": delivering.EVENT_WORDS,
            "webhook": webhook,
            "exports": session.scalars(jobs).all(),
            "forms": exporting.CHOICES,
            "tables": exporting.TABLE_CHOICES,
            "sources": session.scalars(sources).all(),
            "read_as": bringing.READ_AS,
            "hidden": looking_after.hidden_items(session, here),
        }
        return in_project(here, session, "project_settings.html", says)


def back(here: Context, place: str = "") -> Response:
    """To the page again."""
    return go(f"/projects/{here.project_id}/settings{place}")
