"""People, history, exports, webhooks of a project."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import select
from starlette.responses import Response

from psephos.review import exporting, looking_after
from psephos.review.api.bodies import ExportBody, InviteBody, RoleBody, WebhookBody
from psephos.review.context import Here
from psephos.review.pages.project import add_person, change_role
from psephos.review.store.account_tables import Membership, User
from psephos.review.store.audit_log import history, verify
from psephos.review.store.tables import Export

router = APIRouter(prefix="/api/v1/projects/{project}", tags=["managing"])
Short = Annotated[str, Query(max_length=100)]
Seq = Annotated[int | None, Query(ge=1, le=2**53)]


@router.get("/history", name="api.history")
def log(
    here: Here,
    before: Seq = None,
    actor: Short = "",
    action: Short = "",
    thing: Annotated[str, Query(alias="object", max_length=100)] = "",
) -> list[dict[str, Any]]:
    """What happened in the project, the latest first, 100 rows at a time."""
    with here.read() as session:
        return history(
            session,
            here.project_id,
            object=thing or None,
            actor=actor or None,
            action=action or None,
            before_seq=before,
        )


@router.get("/history/verify", name="api.history.verify")
def check(here: Here, expected: Annotated[str | None, Query(pattern="^[0-9a-f]{64}$")] = None) -> dict[str, Any]:
    """Compute the chain anew; `expected` is a head that was kept."""
    with here.read() as session:
        found = verify(session, here.project_id, expected=expected)
    return {"rows": found.head.seq, "head": found.head.hash, "bad": found.bad, "problem": found.problem}


@router.get("/people", name="api.people")
def people(here: Here) -> list[dict[str, Any]]:
    """Who is in the project."""
    with here.read() as session:
        query = select(Membership, User).join(User, User.id == Membership.user_id)
        rows = session.execute(query.where(Membership.project_id == here.project_id).order_by(User.name))
        return [
            {"member": one.id, "user": user.id, "name": user.name, "login": user.login, "role": one.role}
            for one, user in rows
        ]


@router.post("/people", name="api.people.invite", status_code=201)
def invite(here: Here, body: InviteBody) -> dict[str, Any]:
    """Let somebody in: by login at once, else by a link that works once."""
    return {"link": add_person(here, role=body.role, login=body.login, email=body.email) or None}


@router.put("/people/{member}", name="api.people.role")
def role(here: Here, member: int, body: RoleBody) -> dict[str, Any]:
    """Give a member another role, or none."""
    change_role(here, member, body.role or "")
    return {"member": member, "role": body.role}


@router.get("/exports", name="api.exports")
def exports(here: Here) -> list[dict[str, Any]]:
    """Exports, the latest first."""
    with here.read() as session:
        query = select(Export).where(Export.project_id == here.project_id).order_by(Export.id.desc()).limit(100)
        return [_export(one) for one in session.scalars(query)]


@router.post("/exports", name="api.export.create", status_code=202)
def create_export(here: Here, body: ExportBody) -> dict[str, Any]:
    """Begin an export; ask for it again to see how far it is."""
    return exporting.begin(here, body.format, **body.model_dump(exclude={"format"}))


@router.get("/exports/{export}", name="api.export")
def export(here: Here, export: int) -> dict[str, Any]:
    """How far an export is; when it is done, where its file is."""
    with here.read() as session:
        return _export(session.get_one(Export, export))


@router.post("/exports/{export}/again", name="api.export.again", status_code=202)
def export_again(here: Here, export: int) -> dict[str, Any]:
    """Begin an export with the format and options of one that was interrupted, failed or is done."""
    return exporting.again(here, export)


@router.get("/webhooks", name="api.webhooks")
def webhooks(here: Here) -> list[dict[str, Any]]:
    """Addresses that are told, and what became of the last messages."""
    with here.read() as session:
        return looking_after.webhooks_of(session, here.project_id)


@router.post("/webhooks", name="api.webhook.add", status_code=201)
def add_webhook(here: Here, body: WebhookBody) -> dict[str, Any]:
    """Add an address; the secret of the signatures is shown this once."""
    return looking_after.add_webhook(here, body.url, body.events)


@router.post("/webhooks/{webhook}/test", name="api.webhook.test", status_code=202)
def test_webhook(here: Here, webhook: int) -> dict[str, Any]:
    """Send the address a message of the event ``test``."""
    return looking_after.test_webhook(here, webhook)


@router.delete("/webhooks/{webhook}", name="api.webhook.remove", status_code=204)
def remove_webhook(here: Here, webhook: int) -> Response:
    """Tell an address no more."""
    looking_after.remove_webhook(here, webhook)
    return Response(status_code=204)


@router.get("/hidden", name="api.items.hidden")
def hidden(here: Here) -> list[dict[str, Any]]:
    """Items that were hidden in the last 30 days."""
    with here.read() as session:
        return looking_after.hidden_items(session, here)


def _export(one: Export) -> dict[str, Any]:
    done = one.status == "done"
    return {
        "id": one.id,
        "format": one.format,
        "status": one.status,
        "done": one.done,
        "total": one.total,
        "problem": one.problem,
        "sha256": one.sha256,
        "head": one.head,
        "file": f"/projects/{one.project_id}/exports/{one.id}/file" if done else None,
    }
