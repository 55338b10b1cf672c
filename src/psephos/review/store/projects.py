"""Which projects are there, and by which rules are they reviewed?"""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from psephos.errors import InputError, check_count, check_number
from psephos.review.store.account_tables import SYSTEM, User
from psephos.review.store.audit_log import record
from psephos.review.store.columns import now
from psephos.review.store.tables import Project

MOST, SHORTEST = 1e12, 0.01
"""Bounds of costs, and of the seconds by which they are divided: what is worth most must stay a number."""

_LANGUAGE = re.compile("[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")

KEPT = timedelta(days=30)
"""How long a deleted project or item can be restored."""

RULES = (
    *("name", "description", "language", "sensitive", "blind", "overlap", "lease_seconds"),
    *("audit_share", "cost", "seconds", "spread", "settings"),
)
"""What can be set."""


def create_project(session: Session, name: str, *, actor: str, **rules: Any) -> Project:
    """A new, empty project.

    Parameters
    ----------
    session : Session
        From `Store.write`.
    name : str
    actor : str
        Id of who makes it.
    **rules
        Any of `RULES`; see the columns of `Project`.

    Returns
    -------
    Project

    Raises
    ------
    InputError
        If a rule is unknown or out of its bounds.
    """
    project = Project(**checked_rules({"name": name, **rules}), salt=secrets.token_hex(32))
    session.add(project)
    session.flush()
    record(session, project.id, actor, "project.create", f"project:{project.id}", None, _rules(project))
    return project


def change_project(session: Session, project: Project, *, actor: str, **rules: Any) -> Project:
    """Change rules of a project."""
    before = _rules(project)
    for name, value in checked_rules(rules).items():
        setattr(project, name, value)
    after = _rules(project)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        parts = ({name: side[name] for name in changed} for side in (before, after))
        record(session, project.id, actor, "project.change", f"project:{project.id}", *parts)
    return project


def delete_project(session: Session, project: Project, *, actor: str) -> None:
    """Hide a project; for 30 days it can be restored."""
    project.deleted_at = now()
    record(session, project.id, actor, "project.delete", f"project:{project.id}")


def restore_project(session: Session, project: Project, *, actor: str) -> None:
    """Show a deleted project again.

    Raises
    ------
    InputError
        If it is not deleted, or has been for longer than 30 days.
    """
    if project.deleted_at is None or now() - project.deleted_at > KEPT:
        raise InputError("project", "is not deleted, or has been for more than 30 days")
    project.deleted_at = None
    record(session, project.id, actor, "project.restore", f"project:{project.id}")


def system_user(session: Session) -> User:
    """The user as which the program itself acts."""
    found = session.get(User, SYSTEM)
    if found is None:
        found = User(id=SYSTEM, name="psephos")
        session.add(found)
        session.flush()
    return found


def project_named(session: Session, name: str) -> Project | None:
    """The project of this name that is not deleted, the oldest if there are several."""
    query = select(Project).where(Project.name == name, Project.deleted_at.is_(None)).order_by(Project.id).limit(1)
    return session.scalar(query)


def checked_rules(rules: dict[str, Any]) -> dict[str, Any]:
    """The rules, refused if they cannot be.

    Raises
    ------
    InputError
        Argument is the rule: there is none of this name, or its value is out of range.
    """
    unknown = sorted(set(rules) - set(RULES))
    if unknown:
        raise InputError(unknown[0], "is no rule of a project", hint=f"rules are {', '.join(RULES)}")
    if "name" in rules and not str(rules["name"]).strip():
        raise InputError("name", "must not be empty")
    for name in ("overlap", "lease_seconds"):
        if name in rules:
            check_count(name, rules[name])
    if "audit_share" in rules:
        check_number("audit_share", rules["audit_share"], low=0, high=1)
    if "cost" in rules:
        check_number("cost", rules["cost"], low=0, high=MOST)
    if "spread" in rules:
        check_number("spread", rules["spread"], low=0, high=MOST)
    if "seconds" in rules:
        check_number("seconds", rules["seconds"], low=SHORTEST, high=86_400)
    if rules.get("language") and not _LANGUAGE.fullmatch(rules["language"]):
        raise InputError("language", f"must be a tag as en or de-CH, got {rules['language']!r:.40}")
    return rules


def _rules(project: Project) -> dict[str, Any]:
    return {name: getattr(project, name) for name in RULES}
