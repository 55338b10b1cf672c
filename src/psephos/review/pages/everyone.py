"""All people of a server, for its administrators: invite, disable, send a new password."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import select
from starlette.responses import Response

from psephos.errors import InputError
from psephos.review.accounts import links, people, sessions
from psephos.review.authorisation import NotThereError
from psephos.review.context import Context, Here
from psephos.review.pages.sign_in import Line, go
from psephos.review.rendering import page
from psephos.review.store.account_tables import User
from psephos.review.store.audit_log import record

router = APIRouter(prefix="/everyone", include_in_schema=False)


@router.get("", name="everyone")
def everyone(here: Here) -> Response:
    """The page."""
    return shown(here)


@router.post("/invite", name="everyone.invite")
def invite(here: Here, email: Line = "") -> Response:
    """A link for somebody new, who belongs to no project yet."""
    with here.write() as session:
        text = links.make(
            session, here.settings, "invite", here.at, email=email.strip().lower()[:200], invited_by=here.caller.user_id
        )
        record(session, None, here.caller.user_id, "person.invited", "user:new")
    return shown(here, link=f"{here.settings.origin}/welcome/{text}")


@router.post("/{user}/disable", name="everyone.disable")
def disable(here: Here, user: str) -> Response:
    """Let somebody in no more, or again; sessions end at once."""
    with here.write() as session:
        one = session.get(User, user)
        if one is None or one.erased_at is not None:
            raise NotThereError
        if one.id == here.caller.user_id:
            raise InputError("user", "is you: another administrator can do this")
        one.disabled_at = here.at if one.disabled_at is None else None
        sessions.revoke(session, one.id, here.at)
        action = "person.disabled" if one.disabled_at else "person.enabled"
        record(session, None, here.caller.user_id, action, f"user:{one.id}")
    return go("/everyone")


@router.post("/{user}/reset", name="everyone.reset")
def reset(here: Here, user: str) -> Response:
    """A link by which somebody sets a new password."""
    with here.write() as session:
        one = session.get(User, user)
        if one is None or not sessions.is_active(one) or one.login in (None, people.LOCAL):
            raise NotThereError
        text = links.make(session, here.settings, "reset", here.at, user_id=one.id, invited_by=here.caller.user_id)
        record(session, None, here.caller.user_id, "password.link", f"user:{one.id}")
    return shown(here, link=f"{here.settings.origin}/new-password/{text}")


def shown(here: Context, *, link: str = "") -> Response:
    """The page, with a link that was just made."""
    with here.read() as session:
        statement = select(User).where(User.erased_at.is_(None), User.login.is_not(None)).order_by(User.login)
        users = session.scalars(statement).all()
    return page(here, "everyone.html", {"users": users, "link": link, "minutes": here.settings.link_minutes})
