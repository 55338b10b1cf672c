"""The projects that somebody is in, and how far each is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from psephos.review.context import Context, Here
from psephos.review.looking_after import hidden_projects
from psephos.review.rendering import page
from psephos.review.store.account_tables import Membership
from psephos.review.store.tables import Item, Project

router = APIRouter(include_in_schema=False)


@router.get("/projects", name="projects")
def projects(here: Here) -> Response:
    """The page."""
    with here.read() as session:
        says = {"projects": projects_of(session, here), "hidden": hidden_projects(session, here)}
        return page(here, "projects.html", says)


def projects_of(session: Session, here: Context) -> list[dict[str, Any]]:
    """The projects of whoever asks: name, role, how many items, how many of them are left, how many disputed."""
    query = select(Project, Membership.role).outerjoin(
        Membership, (Membership.project_id == Project.id) & (Membership.user_id == here.caller.user_id)
    )
    query = query.where(Project.deleted_at.is_(None)).order_by(Project.name, Project.id)
    if not here.caller.admin:
        query = query.where(Membership.role.is_not(None))
    if here.caller.only_project is not None:
        query = query.where(Project.id == here.caller.only_project)
    found = session.execute(query).all()
    counts = counts_of(session, [project.id for project, _ in found])
    empty = {"items": 0, "left": 0, "disputed": 0}
    return [
        {"id": project.id, "name": project.name, "role": "manager" if here.caller.admin else role}
        | counts.get(project.id, empty)
        for project, role in found
    ]


def counts_of(session: Session, ids: list[int]) -> dict[int, dict[str, int]]:
    """Of each project how many items there are, are left, are disputed."""
    left = func.sum(case((Item.state == "new", 1), else_=0))
    disputed = func.sum(case((Item.state == "disputed", 1), else_=0))
    query = select(Item.project_id, func.count(), left, disputed).where(
        Item.project_id.in_(ids), Item.deleted_at.is_(None)
    )
    rows = session.execute(query.group_by(Item.project_id)).all()
    return {one: {"items": items, "left": int(new), "disputed": int(dispute)} for one, items, new, dispute in rows}
