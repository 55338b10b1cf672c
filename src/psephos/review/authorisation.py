"""May this person do this to this object?

One table says for each route who may come in; one function, `permit`, reads it. A route that is not in the table is
open to nobody, and a test fails. Whoever asks for something in a project that is not theirs hears that it does not
exist (404), so that nobody learns what exists; whoever may see a project but not change it hears so (403). Ids in a
path are looked up inside of the project of the same path, so an item of another project is not found.

Roles in a project, each with all that those before it may: viewer, annotator, reviewer, manager. An administrator of
the server may do everything in every project. A token may do what its person may, within its scopes.

Source: sheet 90 sections 7 and 8 (V8). Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from psephos.review.context import Caller, Context, Permit, Server, caller_of, server_of
from psephos.review.store.account_tables import ROLES, Membership, SavedView, Webhook
from psephos.review.store.audit_log import record
from psephos.review.store.columns import now
from psephos.review.store.people import role_of
from psephos.review.store.tables import Comment, Export, Item, Media, Project

RANK: Mapping[str, int] = MappingProxyType({role: place for place, role in enumerate(ROLES, 1)})


@dataclass(frozen=True)
class Rule:
    """Who may come in: ``anyone``, ``person`` (signed in), a role in the project of the path, or ``admin``.

    `scope` is what a token needs; None: no token will do, as for passwords and tokens themselves. `hidden`: the project
    or item of the path may be one that was hidden, which only those routes find that bring it back.
    """

    least: str
    scope: str | None = "read"
    hidden: bool = False


ANYONE, PERSON, ADMIN = Rule("anyone"), Rule("person"), Rule("admin", "manage")
SELF = Rule("person", None)
SEE, DECIDE = Rule("viewer"), Rule("annotator", "write")
REVIEW, MANAGE, LOOK_AFTER = Rule("reviewer"), Rule("manager", "manage"), Rule("manager", "read")
BRING_BACK = Rule("manager", "manage", hidden=True)

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        # Doors, and what everybody gets.
        "health": ANYONE,
        "static": ANYONE,
        "home": ANYONE,
        "enter": ANYONE,
        "sign_in": ANYONE,
        "sign_in.send": ANYONE,
        "second_factor": ANYONE,
        "second_factor.send": ANYONE,
        "second_factor.question": ANYONE,
        "second_factor.passkey": ANYONE,
        "sign_on": ANYONE,
        "sign_on.back": ANYONE,
        "welcome": ANYONE,
        "welcome.send": ANYONE,
        "new_password": ANYONE,
        "new_password.send": ANYONE,
        "sign_out": SELF,
        # One's own account.
        "account": SELF,
        "account.save": SELF,
        "account.keys": SELF,
        "account.password": SELF,
        "account.code": SELF,
        "account.code.confirm": SELF,
        "account.factor.remove": SELF,
        "account.passkey.offer": SELF,
        "account.passkey.accept": SELF,
        "account.session.end": SELF,
        "account.token": SELF,
        "account.token.end": SELF,
        # The server.
        "projects": PERSON,
        "everyone": ADMIN,
        "everyone.disable": ADMIN,
        "everyone.reset": ADMIN,
        "everyone.invite": ADMIN,
        # A project.
        "queue": SEE,
        "risk": SEE,
        "accept": Rule("reviewer", "write"),
        "item": SEE,
        "item.decide": DECIDE,
        "item.comment": DECIDE,
        "item.comment.resolve": DECIDE,
        "item.comment.remove": DECIDE,
        "item.lock": MANAGE,
        "item.hide": MANAGE,
        "item.restore": BRING_BACK,
        "view.save": DECIDE,
        "view.remove": DECIDE,
        "agreement": REVIEW,
        "mine": DECIDE,
        "history": LOOK_AFTER,
        "people": LOOK_AFTER,
        "people.invite": MANAGE,
        "people.role": MANAGE,
        "project.settings": LOOK_AFTER,
        "project.settings.save": MANAGE,
        "project.hide": MANAGE,
        "project.restore": BRING_BACK,
        "webhook.add": MANAGE,
        "webhook.test": MANAGE,
        "webhook.remove": MANAGE,
        "media": SEE,
        "media.waveform": SEE,
        "media.spectrogram": SEE,
        "export.create": MANAGE,
        "export.again": MANAGE,
        "export.download": LOOK_AFTER,
        # The same for programs.
        "api.openapi": PERSON,
        "api.me": PERSON,
        "api.me.change": Rule("person", "write"),
        "api.keys": PERSON,
        "api.projects": PERSON,
        "api.project.create": ADMIN,
        "api.project.from_file": ADMIN,
        "api.projects.hidden": PERSON,
        "api.project": SEE,
        "api.project.change": MANAGE,
        "api.project.hide": MANAGE,
        "api.project.restore": BRING_BACK,
        "api.items.hidden": LOOK_AFTER,
        "api.source.add": MANAGE,
        "api.queue": SEE,
        "api.risk": SEE,
        "api.item": SEE,
        "api.item.why": SEE,
        "api.item.history": SEE,
        "api.reserve": DECIDE,
        "api.release": DECIDE,
        "api.decide": DECIDE,
        "api.skip": DECIDE,
        "api.undo": DECIDE,
        "api.redo": DECIDE,
        "api.flag": DECIDE,
        "api.lock": MANAGE,
        "api.item.hide": MANAGE,
        "api.item.restore": BRING_BACK,
        "api.place": Rule("viewer", "write"),
        "api.accept_many": Rule("reviewer", "write"),
        "api.comments": SEE,
        "api.comment.add": DECIDE,
        "api.comment.resolve": DECIDE,
        "api.comment.remove": DECIDE,
        "api.agreement": REVIEW,
        "api.progress": REVIEW,
        "api.mine": DECIDE,
        "api.history": LOOK_AFTER,
        "api.history.verify": LOOK_AFTER,
        "api.people": LOOK_AFTER,
        "api.people.invite": MANAGE,
        "api.people.role": MANAGE,
        "api.views": SEE,
        "api.view.save": DECIDE,
        "api.view.remove": DECIDE,
        "api.exports": LOOK_AFTER,
        "api.export.create": MANAGE,
        "api.export": LOOK_AFTER,
        "api.export.again": MANAGE,
        "api.webhooks": LOOK_AFTER,
        "api.webhook.add": MANAGE,
        "api.webhook.test": MANAGE,
        "api.webhook.remove": MANAGE,
    }
)
"""Who may come in where, by the name of the route."""


class SignInNeededError(Exception):
    """Nobody is signed in, and this is not for nobody."""


class NotThereError(Exception):
    """There is no such thing, or none that the caller may know of."""


class NotAllowedError(Exception):
    """The caller may see this, but not do this to it."""

    def __init__(self, needed: str) -> None:
        self.needed = needed
        super().__init__(needed)


def enter(request: Request) -> None:
    """Find out who asks and whether they may; a dependency of every route."""
    server, at = server_of(request), now()
    caller = caller_of(request, server, at)
    request.state.context = Context(request, server, caller, Permit(), at)
    route = getattr(request.scope.get("route"), "name", "")
    try:
        with server.store.read() as session:
            found = permit(session, caller, route, request.path_params)
    except NotAllowedError as refused:
        _log(server, caller, route, request.path_params, refused.needed)
        raise
    except NotThereError:
        if caller.user_id:
            _log(server, caller, route, request.path_params, "to know of it")
        raise
    request.state.context = Context(request, server, caller, found, at)


def permit(session: Session, caller: Caller, route: str, path: Mapping[str, object]) -> Permit:
    """What the caller may enter by this route.

    Parameters
    ----------
    session : Session
    caller : Caller
    route : str
        Name of the route, see `RULES`.
    path : mapping
        What the path names: ``project``, and an ``item``, ``comment``, ... in it.

    Returns
    -------
    Permit

    Raises
    ------
    SignInNeededError, NotThereError, NotAllowedError
    """
    rule = RULES.get(route)
    if rule is None:
        raise NotAllowedError("a rule for this route")
    if rule.least == "anyone":
        return Permit()
    if not caller.user_id:
        raise SignInNeededError
    if caller.scopes is not None and (rule.scope is None or rule.scope not in caller.scopes):
        raise NotAllowedError(f"the scope {rule.scope}" if rule.scope else "a person, not a token")
    if rule.least == "person":
        return Permit()
    if rule.least == "admin":
        if not caller.admin or caller.only_project is not None:
            raise NotAllowedError("admin")
        return Permit(role="admin")
    project_id = _project(session, path, hidden=rule.hidden)
    role = "manager" if caller.admin else role_of(session, project_id, caller.user_id)
    if role is None or caller.only_project not in (None, project_id):
        raise NotThereError
    for name, value in path.items():
        belongs = _any_item if name == "item" and rule.hidden else _BELONGS.get(name)
        if belongs is not None and not belongs(session, _whole(value), project_id, caller):
            raise NotThereError
    if RANK[role] < RANK[rule.least]:
        raise NotAllowedError(rule.least)
    return Permit(project_id, role)


def may(here: Context, least: str) -> bool:
    """Whether the role of the caller in this project is enough; for what a page shows."""
    return RANK.get(here.permit.role, 0) >= RANK[least]


def _project(session: Session, path: Mapping[str, object], *, hidden: bool) -> int:
    """The project of a path, if there is one that was not hidden, or may be."""
    if "media" in path:
        found = session.scalar(select(Media.project_id).where(Media.id == _whole(path["media"])))
    elif "export" in path and "project" not in path:
        found = session.scalar(select(Export.project_id).where(Export.id == _whole(path["export"])))
    else:
        found = _whole(path.get("project"))
    alive = select(Project.id).where(Project.id == found)
    if not hidden or "item" in path:
        alive = alive.where(Project.deleted_at.is_(None))
    known = None if found is None else session.scalar(alive)
    if known is None:
        raise NotThereError
    return known


def _whole(value: object) -> int:
    """A number of a path, if it could be an id; the path is not parsed yet when the rule is asked."""
    text = str(value)
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise NotThereError
    return int(text)


def _item(session: Session, item: int, project: int, _: Caller) -> bool:
    alive = select(Item.id).where(Item.id == item, Item.project_id == project, Item.deleted_at.is_(None))
    return session.scalar(alive) is not None


def _any_item(session: Session, item: int, project: int, _: Caller) -> bool:
    """Also one that was hidden."""
    return session.scalar(select(Item.id).where(Item.id == item, Item.project_id == project)) is not None


def _comment(session: Session, comment: int, project: int, _: Caller) -> bool:
    joined = select(Comment.id).join(Item, Item.id == Comment.item_id)
    return session.scalar(joined.where(Comment.id == comment, Item.project_id == project)) is not None


def _export(session: Session, export: int, project: int, _: Caller) -> bool:
    return session.scalar(select(Export.id).where(Export.id == export, Export.project_id == project)) is not None


def _webhook(session: Session, hook: int, project: int, _: Caller) -> bool:
    return session.scalar(select(Webhook.id).where(Webhook.id == hook, Webhook.project_id == project)) is not None


def _view(session: Session, view: int, project: int, caller: Caller) -> bool:
    own = select(SavedView.id).where(SavedView.id == view, SavedView.project_id == project)
    return session.scalar(own.where(SavedView.user_id == caller.user_id)) is not None


def _member(session: Session, member: int, project: int, _: Caller) -> bool:
    joined = select(Membership.id).where(Membership.id == member, Membership.project_id == project)
    return session.scalar(joined) is not None


_BELONGS: Mapping[str, Callable[[Session, int, int, Caller], bool]] = MappingProxyType(
    {"item": _item, "comment": _comment, "export": _export, "webhook": _webhook, "view": _view, "member": _member}
)
"""What else a path may name, and whether it is of the project."""


def _log(server: Server, caller: Caller, route: str, path: Mapping[str, object], needed: str) -> None:
    """A failed authorisation goes into the log of the server."""
    place = ",".join(f"{name}:{value}"[:60] for name, value in path.items())
    with server.store.write() as session:
        record(session, None, caller.user_id, "access.refused", route, None, {"path": place, "needed": needed})
