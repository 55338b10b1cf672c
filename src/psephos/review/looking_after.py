"""What happens when somebody looks after a project: hide it or bring it back, lock an item, save a view, add a webhook?

One function each, for the page and the API alike, like `acting`. Nothing is deleted: a project or an item is hidden and
can be brought back for 30 days; a webhook that is removed is told no more, and what waited for it is given up.

Source: sheet 90 sections 2, 3.1 and 6. Differs: nothing.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from psephos.errors import InputError
from psephos.review import delivering
from psephos.review.authorisation import NotThereError
from psephos.review.context import Context
from psephos.review.store import items
from psephos.review.store.account_tables import Delivery, Membership, SavedView, Webhook
from psephos.review.store.answers import checked_text
from psephos.review.store.audit_log import record
from psephos.review.store.projects import KEPT, delete_project, restore_project
from psephos.review.store.settling import lock, unlock
from psephos.review.store.tables import Item, Project

LAST = 20
"""Messages to a webhook that are shown."""

MOST_VIEWS, LONGEST_NAME, LONGEST_VIEW = 100, 100, 2000
"""Saved views that one person may have in a project, and the characters of their names and filters."""


def hide_project(here: Context) -> dict[str, Any]:
    """Hide the project from everybody; it can be brought back for 30 days."""
    with here.write() as session:
        project = session.get_one(Project, here.project_id)
        delete_project(session, project, actor=here.caller.user_id)
        return {"id": project.id, "until": (here.at + KEPT).isoformat()}


def bring_back_project(here: Context) -> dict[str, Any]:
    """Show a hidden project again."""
    with here.write() as session:
        project = session.get_one(Project, here.project_id)
        restore_project(session, project, actor=here.caller.user_id)
        return {"id": project.id, "name": project.name}


def hidden_projects(session: Session, here: Context) -> list[dict[str, Any]]:
    """Projects that this person can bring back, the last hidden first."""
    query = select(Project).where(Project.deleted_at > here.at - KEPT).order_by(Project.deleted_at.desc())
    if not here.caller.admin:
        mine = (Membership.project_id == Project.id) & (Membership.user_id == here.caller.user_id)
        query = query.join(Membership, mine).where(Membership.role == "manager")
    if here.caller.only_project is not None:
        query = query.where(Project.id == here.caller.only_project)
    return [_hidden(one) for one in session.scalars(query)]


def hide_item(here: Context, item_id: int) -> dict[str, Any]:
    """Hide an item from everybody; it can be brought back for 30 days."""
    with here.write() as session:
        items.delete_item(session, item_id, actor=here.caller.user_id)
    return {"id": item_id, "until": (here.at + KEPT).isoformat()}


def bring_back_item(here: Context, item_id: int) -> dict[str, Any]:
    """Show a hidden item again."""
    with here.write() as session:
        item = items.restore_item(session, item_id, actor=here.caller.user_id)
        return {"id": item.id, "name": item.name}


def hidden_items(session: Session, here: Context) -> list[dict[str, Any]]:
    """Items of the project that can be brought back, the last hidden first."""
    query = select(Item).where(Item.project_id == here.project_id, Item.deleted_at > here.at - KEPT)
    return [_hidden(one) for one in session.scalars(query.order_by(Item.deleted_at.desc(), Item.id).limit(200))]


def lock_item(here: Context, item_id: int, locked: bool) -> dict[str, Any]:
    """Close a settled item, or open it again."""
    with here.write() as session:
        item = (lock if locked else unlock)(session, item_id, actor=here.caller.user_id)
        return {"id": item.id, "state": item.state, "version": item.version}


def views_of(session: Session, here: Context) -> list[dict[str, Any]]:
    """Saved filters: one's own, and those that are shared."""
    own = (SavedView.user_id == here.caller.user_id) | SavedView.shared.is_(True)
    found = select(SavedView).where(SavedView.project_id == here.project_id, own)
    return [_view(one, here) for one in session.scalars(found.order_by(SavedView.name, SavedView.id))]


def save_view(here: Context, name: str, query: str, *, shared: bool) -> dict[str, Any]:
    """Save filters under a name; one of one's own that is called the same gives way.

    Raises
    ------
    InputError
        If the name or the filters are too long, or the person has as many views as one may have.
    """
    name = name.strip()
    if not name:
        raise InputError("name", "is missing", hint="say what the view is called")
    for argument, text, most in (("name", name, LONGEST_NAME), ("query", query, LONGEST_VIEW)):
        if len(checked_text(argument, text)) > most:
            raise InputError(argument, f"may have {most:,} characters, got {len(text):,}")
    with here.write() as session:
        own = (SavedView.project_id == here.project_id, SavedView.user_id == here.caller.user_id)
        one = session.scalar(select(SavedView).where(*own, SavedView.name == name).limit(1))
        if one is None:
            if (session.scalar(select(func.count()).select_from(SavedView).where(*own)) or 0) >= MOST_VIEWS:
                problem = f"would be one more than the {MOST_VIEWS} that a person may have in a project"
                raise InputError("view", problem, hint="forget one, or save it under the name of one")
            one = SavedView(project_id=here.project_id, user_id=here.caller.user_id, name=name, query=query)
            session.add(one)
        one.query, one.shared = query, shared
        session.flush()
        return _view(one, here)


def forget_view(here: Context, view: int) -> None:
    """Forget saved filters."""
    with here.write() as session:
        session.delete(session.get_one(SavedView, view))


def webhooks_of(session: Session, project_id: int) -> list[dict[str, Any]]:
    """Addresses that are told, and what became of the last messages."""
    hooks = select(Webhook).where(Webhook.project_id == project_id, Webhook.active.is_(True)).order_by(Webhook.id)
    return [_webhook(one) | {"deliveries": _deliveries(session, one.id)} for one in session.scalars(hooks)]


def add_webhook(here: Context, url: str, events: list[str]) -> dict[str, Any]:
    """Add an address; the secret of the signatures is shown this once.

    Raises
    ------
    InputError
        `url`: not http or https, or an address of a private network where these are not allowed. `events`: an unknown
        one.
    """
    delivering.check(url, private=here.settings.private_addresses)
    with here.write() as session:
        one, secret = delivering.add(session, here.project_id, url, events)
        after = {"events": one.events}
        record(session, here.project_id, here.caller.user_id, "webhook.add", f"webhook:{one.id}", None, after)
        return _webhook(one) | {"secret": secret}


def test_webhook(here: Context, webhook: int) -> dict[str, Any]:
    """Send an address a message of the event ``test``, whatever it wants to be told.

    Raises
    ------
    NotThereError
        It was removed.
    """
    with here.write() as session:
        hook = session.get_one(Webhook, webhook)
        if not hook.active:
            raise NotThereError
        made = delivering.tell_one(session, hook, "test", {"webhook": webhook})
        record(session, here.project_id, here.caller.user_id, "webhook.test", f"webhook:{webhook}")
        return _delivery(made)


def remove_webhook(here: Context, webhook: int) -> None:
    """Tell an address no more; messages that wait for it are given up."""
    with here.write() as session:
        session.get_one(Webhook, webhook).active = False
        delivering.give_up(session, webhook)
        record(session, here.project_id, here.caller.user_id, "webhook.remove", f"webhook:{webhook}")


def _hidden(one: Project | Item) -> dict[str, Any]:
    assert one.deleted_at is not None  # noqa: S101 - asked for
    return {
        "id": one.id,
        "name": one.name,
        "at": one.deleted_at.isoformat(),
        "until": (one.deleted_at + KEPT).isoformat(),
    }


def _view(one: SavedView, here: Context) -> dict[str, Any]:
    mine = one.user_id == here.caller.user_id
    return {"id": one.id, "name": one.name, "query": one.query, "shared": one.shared, "mine": mine}


def _webhook(one: Webhook) -> dict[str, Any]:
    return {"id": one.id, "url": one.url, "events": one.events, "active": one.active}


def _deliveries(session: Session, webhook: int) -> list[dict[str, Any]]:
    query = select(Delivery).where(Delivery.webhook_id == webhook).order_by(Delivery.id.desc()).limit(LAST)
    return [_delivery(one) for one in session.scalars(query)]


def _delivery(one: Delivery) -> dict[str, Any]:
    return {
        "id": one.id,
        "event": one.event,
        "status": one.status,
        "attempts": one.attempts,
        "reply": one.reply,
        "at": one.created_at.isoformat(),
    }
