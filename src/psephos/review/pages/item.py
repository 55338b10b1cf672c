"""One item: its evidence, the decision, its history. Works without script too, one page after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form
from sqlalchemy.orm import Session
from starlette.responses import Response

from psephos.errors import InputError
from psephos.review import acting, looking_after
from psephos.review.authorisation import may
from psephos.review.context import Context, Here
from psephos.review.keys import bindings_of
from psephos.review.languages import translated
from psephos.review.languages.numbers import decimal_mark
from psephos.review.pages.project import in_project
from psephos.review.pages.queue import Wanted, strip_of
from psephos.review.pages.sign_in import Line, go
from psephos.review.queueing import Asked, rows_of
from psephos.review.rendering import language_of
from psephos.review.store.judging import ACCEPT, REJECT
from psephos.review.store.tables import SKIP_REASONS, Item, Media, Project
from psephos.review.transcript_view import grid, is_right_to_left
from psephos.review.viewing import view

router = APIRouter(prefix="/projects/{project}/items/{item}", include_in_schema=False)

Text = Annotated[str, Form(max_length=200_000)]
PART = "x-psephos-part"


@router.get("", name="item")
def item(here: Here, item: int, asked: Wanted) -> Response:
    """The page, or the part of it that a script of the page asks for."""
    part = here.request.headers.get(PART, "")
    with here.read() as session:
        project = session.get_one(Project, here.project_id)
        if part == "strip":
            return in_project(
                here, session, "parts/strip.html", strip_of(session, here, project, asked) | {"item": {"id": item}}
            )
        says: dict[str, Any] = {"item": seen(session, here, session.get_one(Item, item)), "reasons": SKIP_REASONS}
        named = bindings_of(here.caller.preferences.get("keys", {}))
        says |= {"keys": {one.command: translated(language_of(here), key) for one, key in named}}
        if part == "work":
            return in_project(here, session, "parts/work.html", says | {"query": asked.query()})
        strip = strip_of(session, here, project, asked)
        if all(row["id"] != item for row in strip["strip"]):
            own = {name: says["item"][name] for name in ("id", "name", "state")} | {"conflict": False}
            strip["strip"].insert(0, own)
        return in_project(here, session, "item.html", says | strip)


@router.post("/decide", name="item.decide")
def decide(
    here: Here,
    item: int,
    asked: Wanted,
    version: Annotated[int, Form(ge=1)],
    number: Annotated[int, Form(ge=0, le=1000)] = 0,
    own: Text = "",
    both: Annotated[list[int] | None, Form(max_length=100)] = None,
    reason: Line = "",
    note: Text = "",
    override: Annotated[str, Form(max_length=2000)] = "",
    place: Annotated[int, Form(ge=0, lt=2**31)] = 0,
) -> Response:
    """A decision from a form: a candidate by its number, several, an answer of one's own, or a reason to skip.

    With a place it is about a judge's mark or score, which does not settle the item: the page comes back.
    """
    if place:
        with here.read() as session:
            scored = session.get_one(Item, item).kind == "scores" and own not in (ACCEPT, REJECT)
        judged = _own(here, "scores", own) if scored else {"choice": own}
        acting.settle(here, item, judged, version=version, place=place, note=note)
        return go(f"/projects/{here.project_id}/items/{item}{asked.query()}#p{place}")
    if reason:
        acting.leave(here, item, reason, note=note)
    else:
        with here.read() as session:
            one = session.get_one(Item, item)
            shown = view(session, here, one)["candidates"]
            kind = one.kind
        if both is not None:
            answer: dict[str, Any] = {"both": several(shown, both)}
        elif number and number <= len(shown):
            answer = shown[number - 1]["answer"]
        elif own.strip():
            answer = _own(here, kind, own)
        else:
            raise InputError("answer", "is missing", hint="choose one, or write your own")
        acting.settle(here, item, answer, version=version, note=note, override=override or None)
    with here.read() as session:
        project = session.get_one(Project, here.project_id)
        rows, _ = rows_of(session, here, project, asked, limit=2)
    rest = [row["id"] for row in rows if row["id"] != item]
    further = f"/items/{rest[0]}{asked.query()}" if rest else asked.query()
    return go(f"/projects/{here.project_id}{further}")


@router.post("/comments", name="item.comment")
def comment(here: Here, item: int, body: Annotated[str, Form(max_length=acting.LONGEST_COMMENT)]) -> Response:
    """A comment."""
    acting.remark(here, item, body)
    return _comments(here, item)


@router.post("/comments/{comment}/resolve", name="item.comment.resolve")
def resolve(here: Here, item: int, comment: int, open: Line = "") -> Response:  # noqa: A002 - the name of the field
    """Mark a comment as dealt with, or as open again."""
    acting.resolve_remark(here, item, comment, not open)
    return _comments(here, item)


@router.post("/comments/{comment}/remove", name="item.comment.remove")
def remove_comment(here: Here, item: int, comment: int) -> Response:
    """Take back a comment of one's own."""
    acting.take_back_remark(here, item, comment)
    return _comments(here, item)


@router.post("/lock", name="item.lock")
def lock(here: Here, item: int, open: Line = "") -> Response:  # noqa: A002 - the name of the field
    """Close a settled item, or open it again."""
    looking_after.lock_item(here, item, not open)
    return go(f"/projects/{here.project_id}/items/{item}")


@router.post("/hide", name="item.hide")
def hide(here: Here, item: int) -> Response:
    """Hide the item; the page of the rules offers to bring it back."""
    looking_after.hide_item(here, item)
    return go(f"/projects/{here.project_id}/settings#hidden")


@router.post("/restore", name="item.restore")
def restore(here: Here, item: int) -> Response:
    """Show a hidden item again."""
    looking_after.bring_back_item(here, item)
    return go(f"/projects/{here.project_id}/items/{item}")


def _comments(here: Context, item: int) -> Response:
    """The comments of an item, as a part of its page or as the page."""
    if "hx-request" not in here.request.headers:
        return go(f"/projects/{here.project_id}/items/{item}")
    with here.read() as session:
        says: dict[str, Any] = {"item": seen(session, here, session.get_one(Item, item))}
        return in_project(here, session, "parts/comments.html", says)


def seen(session: Session, here: Context, item: Item) -> dict[str, Any]:
    """What the templates need of an item: what may be seen of it, and what can be done."""
    language = language_of(here)
    shown = view(session, here, item, language=language)
    decides, why_not = _may_decide(here, shown)
    consensus = None if shown["hidden"] or shown["consensus"] is None else _answer_of(item)
    shown |= {
        "decide": decides,
        "why_not": translated(language, why_not),
        "override": decides and _is_settled_by_others(shown) and shown["answered"],
        "may_comment": may(here, "annotator"),
        "may_manage": may(here, "manager"),
        "offered": shown.get("offered"),
        "start_text": _start(item, shown),
    }
    for name, empty in (
        ("because", []),
        ("command", ""),
        ("snippet", ""),
        ("abstained", []),
        ("band", ""),
        ("more_candidates", False),
        ("judged", []),
    ):
        shown.setdefault(name, empty)
    if item.kind == "transcripts" and not shown["hidden"]:
        shown |= _transcript(session, item, shown)
    shown["data"] = {
        "id": item.id,
        "name": item.name,
        "kind": item.kind,
        "version": item.version,
        "run": item.run_id,
        "flagged": item.flagged,
        "resume": shown["resume"],
        "lease": _lease(session, item),
        "decide": decides,
        "dispute": shown["dispute"],
        "consensus": consensus,
        "candidates": [
            {"answer": one["answer"], "adopted_from": one.get("adopted_from")} for one in shown["candidates"]
        ],
    }
    return shown


def several(shown: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> list[str]:
    """The texts of candidates by their numbers; what is no text (a score) as it is shown.

    Examples
    --------
    >>> several([{"text": "a"}, {"text": "b"}, {"text": "c"}], [1, 3, 9])
    ['a', 'c']
    """
    return [str(shown[one - 1]["text"]) for one in dict.fromkeys(numbers) if 0 < one <= len(shown)]


def _lease(session: Session, item: Item) -> int:
    """Seconds for which opening the item keeps it."""
    return session.get_one(Project, item.project_id).lease_seconds


def _transcript(session: Session, item: Item, shown: dict[str, Any]) -> dict[str, Any]:
    """What the grid of words needs."""
    media = session.get(Media, item.media_id) if item.media_id is not None else None
    columns = shown.get("slots", [])
    found = grid(columns, shown.get("voters", []), shown.get("spans", []), seconds=media.seconds if media else None)
    text = item.choice or ""
    return {
        "grid": found | {"corrections": shown["corrections"]},
        "language": str(item.about.get("language") or shown["language"] or ""),
        "direction": "rtl" if is_right_to_left(text) else "ltr",
        "plain": text,
    }


def _may_decide(here: Context, shown: dict[str, Any]) -> tuple[bool, str]:
    if not may(here, "annotator"):
        return False, "You can look at this, not decide it."
    if shown["state"] == "locked":
        return False, "This item is locked. A manager can open it again."
    if _is_settled_by_others(shown):
        if not may(here, "reviewer"):
            return False, "This item waits for a reviewer to settle it."
        if shown["answered"] and not here.caller.admin:
            return False, "You answered this item yourself: somebody else has to settle it."
    return True, ""


def _is_settled_by_others(shown: dict[str, Any]) -> bool:
    """Whether only somebody who did not answer the item may settle it."""
    return shown["state"] in ("disputed", "adjudicated")


def _answer_of(item: Item) -> dict[str, Any] | None:
    if item.choice is None:
        return None
    if item.kind == "scores":
        return {"score": float(item.choice)}
    return {"text" if item.kind == "transcripts" else "choice": item.choice}


def _own(here: Context, kind: str, text: str) -> dict[str, Any]:
    if kind == "scores":
        try:
            return {"score": float(text.replace(decimal_mark(language_of(here)), "."))}
        except ValueError:
            raise InputError("answer", f"must be a number, got {text!r:.40}") from None
    return {"text": text} if kind == "transcripts" else {"own": text.strip()}


def _start(item: Item, shown: dict[str, Any]) -> str:
    """What the field of an own answer begins with: of a transcript what they say together."""
    return item.choice or "" if item.kind == "transcripts" and not shown["hidden"] else ""


__all__ = ["Asked", "router", "seen"]
