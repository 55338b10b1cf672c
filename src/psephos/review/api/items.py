"""Items: what may be seen of them, and all that can be done to them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from psephos.review import acting, looking_after
from psephos.review.api.bodies import (
    CommentBody,
    DecisionBody,
    FlagBody,
    LockBody,
    PlaceBody,
    ReservationBody,
    ResolveBody,
    SkipBody,
)
from psephos.review.context import Here
from psephos.review.store.audit_log import history
from psephos.review.store.tables import Item
from psephos.review.viewing import view

router = APIRouter(prefix="/api/v1/projects/{project}/items/{item}", tags=["items"])


@router.get("", name="api.item")
def item(here: Here, item: int) -> dict[str, Any]:
    """The item as one may see it; in a blind project nothing of others before one's own decision."""
    with here.read() as session:
        return view(session, here, session.get_one(Item, item))


@router.get("/why", name="api.item.why")
def why(here: Here, item: int) -> dict[str, Any]:
    """How the choice came about, what would change it, how to get it again."""
    with here.read() as session:
        seen = view(session, here, session.get_one(Item, item))
    return {name: seen.get(name) for name in ("hidden", "consensus", "because", "command", "snippet")}


@router.get("/history", name="api.item.history")
def log(here: Here, item: int, before: Annotated[int | None, Query(ge=1, le=2**53)] = None) -> list[dict[str, Any]]:
    """What happened to the item; in a blind project only what one did oneself before one's own decision."""
    with here.read() as session:
        hidden = view(session, here, session.get_one(Item, item))["hidden"]
        actor = here.caller.user_id if hidden else None
        return history(session, here.project_id, object=f"item:{item}", actor=actor, before_seq=before)


@router.post("/reservation", name="api.reserve")
def reserve(here: Here, item: int, body: ReservationBody | None = None) -> dict[str, Any]:  # noqa: ARG001 - may be empty
    """Take a place at the item, or renew it."""
    return acting.hold(here, item)


@router.delete("/reservation", name="api.release")
def release(here: Here, item: int) -> dict[str, Any]:
    """Let go of the item."""
    return acting.let_go(here, item)


@router.post("/decisions", name="api.decide", status_code=201)
def decide(here: Here, item: int, body: DecisionBody) -> dict[str, Any]:
    """Decide the item, or settle its dispute; 409 with both versions if it changed meanwhile."""
    stated = body.model_dump(exclude_none=True, exclude={"answer", "run"})
    return acting.settle(here, item, body.answer.said(), **stated)


@router.post("/skips", name="api.skip", status_code=201)
def skip(here: Here, item: int, body: SkipBody) -> dict[str, Any]:
    """Leave the item to others, with a reason."""
    return acting.leave(here, item, body.reason, note=body.note, seconds=body.seconds)


@router.put("/flag", name="api.flag")
def flag(here: Here, item: int, body: FlagBody) -> dict[str, Any]:
    """Mark the item, or take the mark away."""
    return acting.flag(here, item, body.flagged)


@router.put("/lock", name="api.lock")
def lock(here: Here, item: int, body: LockBody) -> dict[str, Any]:
    """Close a settled item, or open it again."""
    return looking_after.lock_item(here, item, body.locked)


@router.delete("", name="api.item.hide")
def hide(here: Here, item: int) -> dict[str, Any]:
    """Hide the item; it can be brought back for 30 days."""
    return looking_after.hide_item(here, item)


@router.post("/restore", name="api.item.restore")
def restore(here: Here, item: int) -> dict[str, Any]:
    """Show a hidden item again."""
    return looking_after.bring_back_item(here, item)


@router.put("/place", name="api.place")
def place(here: Here, item: int, body: PlaceBody) -> dict[str, Any]:
    """Keep where in the item one stopped, to go on there on any machine; without both it is forgotten."""
    return acting.leave_off(here, item, place=body.place, seconds=body.seconds)


@router.get("/comments", name="api.comments")
def comments(here: Here, item: int) -> list[dict[str, Any]]:
    """Remarks on the item, as far as one may see them."""
    with here.read() as session:
        found: list[dict[str, Any]] = view(session, here, session.get_one(Item, item))["comments"]
        return found


@router.post("/comments", name="api.comment.add", status_code=201)
def comment(here: Here, item: int, body: CommentBody) -> dict[str, Any]:
    """Remark on the item."""
    return acting.remark(here, item, body.body, place=body.place)


@router.put("/comments/{comment}", name="api.comment.resolve")
def resolve(here: Here, item: int, comment: int, body: ResolveBody) -> dict[str, Any]:
    """Mark a remark as dealt with, or as open again."""
    return acting.resolve_remark(here, item, comment, body.resolved)


@router.delete("/comments/{comment}", name="api.comment.remove", status_code=204)
def take_back(here: Here, item: int, comment: int) -> Response:
    """Take back a remark of one's own."""
    acting.take_back_remark(here, item, comment)
    return Response(status_code=204)
