"""A project beside its queue: agreement, my items, history, people."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from psephos.errors import InputError
from psephos.review.accounts import links, people, sessions
from psephos.review.actions import ACTION_CHOICES, ACTION_WORDS
from psephos.review.agreeing import agreement_of, confusion_of, days_of, items_of_pair
from psephos.review.authorisation import NotThereError, may
from psephos.review.context import Context, Here
from psephos.review.languages import translated
from psephos.review.pages.sign_in import Line, go
from psephos.review.rendering import language_of, page
from psephos.review.store.account_tables import ROLES, Membership, User
from psephos.review.store.audit_log import history, record, verify
from psephos.review.store.people import set_role as set_member
from psephos.review.store.progress import my_items
from psephos.review.store.tables import Project
from psephos.review.viewing import names_of

router = APIRouter(prefix="/projects/{project}", include_in_schema=False)

MOST = 200
Short = Annotated[str, Query(max_length=100)]
Long = Annotated[str, Query(max_length=200_000)]


@router.get("/agreement", name="agreement")
def agreement(here: Here, left: Short = "", right: Short = "", said: Long = "", other: Long = "") -> Response:
    """How far people agree; of two of them who said what, and the items behind each number."""
    with here.read() as session:
        says: dict[str, Any] = {"found": agreement_of(session, here.project_id, here.caller.user_id), "pair": []}
        says["days"] = days_of(session, session.get_one(Project, here.project_id))
        says["most"] = MOST
        if left and right:
            both = items_of_pair(session, here.project_id, left, right)
            shown = [
                row for row in both if row["left"] == (said or row["left"]) and row["right"] == (other or row["right"])
            ]
            says |= {"pair": shown[:MOST], "pair_total": len(shown), "confusion": confusion_of(both)}
            says["pair_names"] = names_of(session, {left, right})
        says |= {"left": left, "right": right, "said": said, "other": other}
        return in_project(here, session, "agreement.html", says)


@router.get("/mine", name="mine")
def mine(here: Here, differs: bool = False) -> Response:
    """What I decided, and what became of it."""
    with here.read() as session:
        rows = my_items(session, session.get_one(Project, here.project_id), here.caller.user_id)
        shown = [row for row in rows if row["differs"]] if differs else rows
        says = {
            "rows": shown[:MOST],
            "all": len(rows),
            "more": len(shown) - MOST,
            "differs": differs,
            "differing": sum(row["differs"] for row in rows),
        }
        return in_project(here, session, "mine.html", says)


@router.get("/history", name="history")
def log(
    here: Here,
    before: Annotated[int | None, Query(ge=1)] = None,
    actor: str = "",
    action: str = "",
    check: bool = False,
) -> Response:
    """Who did what, when, from what, into what; and whether the chain is whole."""
    with here.read() as session:
        rows = history(
            session, here.project_id, actor=actor or None, action=action or None, before_seq=before, limit=101
        )
        checked = verify(session, here.project_id) if check else None
        names = names_of(session, {row["actor"] for row in rows})
        next_seq = rows[99]["seq"] if len(rows) > 100 else None
        says = {
            "rows": rows[:100],
            "names": names,
            "next": next_seq,
            "checked": checked,
            "actor": actor,
            "action": action,
            "words": ACTION_WORDS,
            "choices": ACTION_CHOICES | ({action: ACTION_WORDS.get(action, action)} if action else {}),
        }
        return in_project(here, session, "history.html", says)


@router.get("/people", name="people")
def members(here: Here) -> Response:
    """Who is in the project."""
    return _people(here)


@router.post("/people/invite", name="people.invite")
def invite(here: Here, role: Line, email: Line = "", login: Line = "") -> Response:
    """Somebody who has an account comes in at once; anybody else by a link."""
    link = add_person(here, role=role, email=email, login=login)
    return _people(here, link=link) if link else go(f"/projects/{here.project_id}/people")


def add_person(here: Context, *, role: str, email: str = "", login: str = "") -> str:
    """Let somebody in: by login at once, else by a link, which is returned."""
    if role not in ROLES:
        raise InputError("role", f"must be one of {', '.join(ROLES)}, got {role!r:.40}")
    project = here.project_id
    with here.write() as session:
        if login.strip():
            user = people.by_login(session, login)
            if user is None or not sessions.is_active(user):
                raise InputError("login", "nobody signs in like that", hint="leave it empty to make a link")
            set_member(session, session.get_one(Project, project), user, role, actor=here.caller.user_id)
            sessions.revoke(session, user.id, here.at, but=here.caller.session_id)
            return ""
        about = {"project_id": project, "role": role, "email": email.strip().lower()[:200]}
        text = links.make(session, here.settings, "invite", here.at, invited_by=here.caller.user_id, **about)
        record(session, project, here.caller.user_id, "person.invited", "user:new", None, {"role": role})
    return f"{here.settings.origin}/welcome/{text}"


@router.post("/people/{member}", name="people.role")
def set_role(here: Here, member: int, role: Line = "") -> Response:
    """Another role, or none: out of the project. The sessions of the person end."""
    change_role(here, member, role)
    return go(f"/projects/{here.project_id}/people")


def change_role(here: Context, member: int, role: str) -> None:
    """Give a member another role; an empty one takes the person out of the project."""
    with here.write() as session:
        one = session.get(Membership, member)
        if one is None or one.project_id != here.project_id:
            raise NotThereError
        user, project = session.get_one(User, one.user_id), session.get_one(Project, here.project_id)
        set_member(session, project, user, role or None, actor=here.caller.user_id)
        sessions.revoke(session, user.id, here.at, but=here.caller.session_id)


def in_project(here: Context, session: Session, template: str, says: dict[str, Any], **more: Any) -> Response:
    """A page of a project with its head."""
    return page(here, template, says | project_head(here, session), **more)


def project_head(here: Context, session: Session) -> dict[str, Any]:
    """What the head of each page of a project needs."""
    language = language_of(here)
    rooms = [
        ("queue", "", "Queue", "viewer"),
        ("mine", "/mine", "My items", "annotator"),
        ("agreement", "/agreement", "Agreement", "reviewer"),
        ("history", "/history", "History", "manager"),
        ("people", "/people", "People", "manager"),
        ("project-settings", "/settings", "Rules", "manager"),
    ]
    if here.settings.mode == "local":
        rooms = [room for room in rooms if room[0] != "people"]
    shown = [(name, path, translated(language, label)) for name, path, label, role in rooms if may(here, role)]
    return {"project": session.get_one(Project, here.project_id), "links": shown}


def _people(here: Context, *, link: str = "") -> Response:
    with here.read() as session:
        query = (
            select(Membership, User)
            .join(User, User.id == Membership.user_id)
            .where(Membership.project_id == here.project_id)
            .order_by(User.name)
        )
        rows = session.execute(query).all()
        says = {"members": rows, "link": link, "minutes": here.settings.link_minutes, "roles": ROLES}
        return in_project(here, session, "people.html", says)
