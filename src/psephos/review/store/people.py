"""Who is there, what may they do, and what is left of who asks to be forgotten?

The log names people by an opaque id only. Erasing a person blanks their row and removes their sessions, tokens, second
factors and addresses; the id stays, what they decided stays, and the chain of the log stays valid.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from psephos.errors import InputError, check_choice
from psephos.review.store.account_tables import (
    ROLES,
    SYSTEM,
    ApiToken,
    Identity,
    Invitation,
    Membership,
    ResumePoint,
    SavedView,
    SecondFactor,
    SignIn,
    User,
)
from psephos.review.store.audit_log import record
from psephos.review.store.columns import now
from psephos.review.store.tables import Project, Reservation


def create_user(session: Session, login: str, *, actor: str, name: str = "", **known: Any) -> User:
    """A new person.

    Raises
    ------
    InputError
        If the login is empty or taken.
    """
    login = login.strip().lower()
    if not login:
        raise InputError("login", "must not be empty")
    if session.scalar(select(User.id).where(User.login == login)) is not None:
        raise InputError("login", f"{login!r:.80} is taken", hint="choose another")
    user = User(login=login, name=name or login, **known)
    session.add(user)
    session.flush()
    record(session, None, actor, "user.create", f"user:{user.id}", None, {"admin": user.admin})
    return user


def set_role(session: Session, project: Project, user: User, role: str | None, *, actor: str) -> None:
    """Give a person a role in a project; None takes it away.

    Raises
    ------
    InputError
        If there is no such role.
    """
    held = session.scalar(
        select(Membership).where(Membership.project_id == project.id, Membership.user_id == user.id).with_for_update()
    )
    before = held.role if held else None
    if role is not None:
        check_choice("role", role, ROLES)
    if role == before:
        return
    if role is None:
        session.delete(held)
    elif held is None:
        session.add(Membership(project_id=project.id, user_id=user.id, role=role))
    else:
        held.role = role
    record(session, project.id, actor, "membership.change", f"user:{user.id}", {"role": before}, {"role": role})


def role_of(session: Session, project_id: int, user_id: str) -> str | None:
    """The role of a person in a project; None if they have none."""
    query = select(Membership.role).where(Membership.project_id == project_id, Membership.user_id == user_id)
    return session.scalar(query)


def erase(session: Session, user: User, *, actor: str) -> None:
    """Forget who a person is; what they decided stays, under an id that says nothing.

    Raises
    ------
    InputError
        If it is the program itself.
    """
    if user.id == SYSTEM:
        raise InputError("user", "is the program itself")
    for table in (SignIn, ApiToken, SecondFactor, Identity, SavedView, ResumePoint, Reservation, Membership):
        session.execute(delete(table).where(table.user_id == user.id))
    invited = Invitation.email != ""
    session.execute(
        delete(Invitation).where((Invitation.user_id == user.id) | (invited & (Invitation.email == user.email)))
    )
    user.login = user.password = None
    user.name = user.email = user.locale = ""
    user.settings = {}
    user.admin = False
    user.erased_at = user.disabled_at = now()
    record(session, None, actor, "user.erase", f"user:{user.id}")
