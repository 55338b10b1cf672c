"""What does a route know: how the server is set up, where things are kept, and who asks?

A route gets it by one parameter, ``here: Here``. Who asks is found once per request: by the token of
``Authorization: Bearer`` if there is one, and only then, else by the cookie.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from psephos.review.accounts import api_tokens, sessions
from psephos.review.accounts.pending import Pending
from psephos.review.security import bearer_of, cookie_of
from psephos.review.settings import Settings
from psephos.review.store.columns import now
from psephos.review.store.opening import Store

NOBODY = ""
"""The actor in the log where nobody is signed in."""


@dataclass(frozen=True)
class Server:
    """What lives as long as the server does."""

    settings: Settings
    store: Store
    pending: Pending = field(default_factory=Pending)
    exports: set[int] = field(default_factory=set)
    """Exports that this server writes."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks.

    Attributes
    ----------
    user_id : str
        Empty where nobody is signed in.
    session_id : int or None
        The session of the cookie; None with a token.
    scopes : tuple of str or None
        What a token may do; None with a cookie, which may do all that the person may.
    only_project : int or None
        The one project that a token opens.
    """

    user_id: str = NOBODY
    login: str = ""
    name: str = ""
    admin: bool = False
    locale: str = ""
    preferences: Mapping[str, Any] = field(default_factory=dict)
    session_id: int | None = None
    scopes: tuple[str, ...] | None = None
    only_project: int | None = None


@dataclass(frozen=True)
class Permit:
    """What `authorisation` found out: the project that is meant, and the role in it."""

    project_id: int | None = None
    role: str = ""


@dataclass
class Context:
    """What a route knows; see the module."""

    request: Request
    server: Server
    caller: Caller
    permit: Permit
    at: datetime

    @property
    def settings(self) -> Settings:
        """How the server is set up."""
        return self.server.settings

    @property
    def project_id(self) -> int:
        """The project of this route."""
        assert self.permit.project_id is not None  # noqa: S101 - the rule of the route says so
        return self.permit.project_id

    @property
    def cookie(self) -> str:
        """What the cookie says; empty without one."""
        return cookie_of(self.request.headers, self.settings.cookie)

    @property
    def address(self) -> str:
        """Where the request comes from."""
        return self.request.client.host if self.request.client else ""

    def read(self) -> AbstractContextManager[Session]:
        """A session of the store that only reads."""
        return self.server.store.read()

    def write(self) -> AbstractContextManager[Session]:
        """A session of the store that writes, all or nothing."""
        return self.server.store.write()


def server_of(request: Request) -> Server:
    """The server that a request came to."""
    server: Server = request.app.state.server
    return server


def caller_of(request: Request, server: Server, at: datetime) -> Caller:
    """Who asks; whoever cannot show it is nobody."""
    text = bearer_of(request.headers)
    if text:
        return _by_token(server, text, at)
    cookie = cookie_of(request.headers, server.settings.cookie)
    with server.store.read() as session:
        found = sessions.of_cookie(session, server.settings, cookie, at)
    if found is None:
        return Caller()
    one, user = found
    if sessions.needs_touch(one, at):
        with server.store.write() as session:
            sessions.touch(session, one.id, at)
    return Caller(
        user_id=user.id,
        login=user.login or "",
        name=user.name,
        admin=user.admin,
        locale=user.locale,
        preferences=user.settings,
        session_id=one.id,
    )


def _by_token(server: Server, text: str, at: datetime) -> Caller:
    with server.store.read() as session:
        found = api_tokens.of_text(session, text, at)
    if found is None:
        return Caller()
    token, user = found
    if token.used_at is None or abs(at - token.used_at) >= sessions.TOUCH_AFTER:
        with server.store.write() as session:
            kept = session.get(type(token), token.id)
            if kept is not None:
                kept.used_at = at
    return Caller(
        user_id=user.id,
        login=user.login or "",
        name=user.name,
        admin=user.admin,
        locale=user.locale,
        preferences=user.settings,
        scopes=tuple(token.scopes),
        only_project=token.project_id,
    )


def _here(request: Request) -> Context:
    return request.state.context  # type: ignore[no-any-return]


Here = Annotated[Context, Depends(_here)]
"""The parameter by which a route gets its `Context`, made by `authorisation.enter`."""


def context_of(request: Request) -> Context:
    """The context of a request as far as it is known: pages of problems are shown to nobody in particular too."""
    known = getattr(request.state, "context", None)
    if isinstance(known, Context):
        return known
    return Context(request, server_of(request), Caller(), Permit(), now())
