"""What does the store remember of people, what they may do, and how they show who they are?

Secrets are kept as hashes, but for the keys of second factors, which must be known to check a code. Erasing a person
(`erasing`) blanks the row of `User` and removes the rest; the id stays, because the log names it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from psephos.review.store.columns import Key, new_id, now
from psephos.review.store.tables import Base

ROLES = ("viewer", "annotator", "reviewer", "manager")
"""Roles in a project; each may do what those before it may."""

SYSTEM = "00000000-0000-7000-8000-000000000000"
"""The id under which the program itself acts: loading from the command line, computing anew."""


class User(Base):
    """A person; `id` is all that the log says of them."""

    __tablename__ = "user"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    login: Mapped[str | None] = mapped_column(Text, unique=True)
    """What they sign in with, in lower case; None once erased."""
    name: Mapped[str] = mapped_column(Text, default="")
    email: Mapped[str] = mapped_column(Text, default="")
    password: Mapped[str | None] = mapped_column(Text)
    """Argon2id hash; None where there is no password."""
    admin: Mapped[bool] = mapped_column(Boolean, default=False)
    locale: Mapped[str] = mapped_column(String(10), default="")
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Keys, theme, speed, ..."""
    disabled_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Membership(Base):
    """What a person may do in a project."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("project_id", "user_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    role: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(default=now)


class SignIn(Base):
    """A session of a signed-in person; the cookie holds a random id, the table its hash."""

    __tablename__ = "session"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    token: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the id in the cookie."""
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    csrf: Mapped[str] = mapped_column(String(64), default="")
    strong: Mapped[bool] = mapped_column(Boolean, default=False)
    """A second factor was shown."""
    address: Mapped[str] = mapped_column(Text, default="")
    agent: Mapped[str] = mapped_column(Text, default="")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    ends_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]


class ApiToken(Base):
    """A token for programs: shown once, kept as its hash."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
    """The only project that it opens, if it is bound to one."""
    name: Mapped[str] = mapped_column(Text)
    token: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the token."""
    start: Mapped[str] = mapped_column(String(12), default="")
    """Its first signs, to tell tokens apart."""
    scopes: Mapped[list[Any]] = mapped_column(default=list)
    created_at: Mapped[datetime] = mapped_column(default=now)
    ends_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SecondFactor(Base):
    """A time-based code, a security key, or the hash of a recovery code."""

    __tablename__ = "second_factor"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    """totp, webauthn, recovery"""
    name: Mapped[str] = mapped_column(Text, default="")
    secret: Mapped[str] = mapped_column(Text, default="")
    """Secret of a time-based code, or hash of a recovery code."""
    credential: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    """Id of a security key."""
    public_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    counter: Mapped[int] = mapped_column(Key, default=0)
    """Signatures of a security key, or the last time step of a code, so that none is taken twice."""
    confirmed: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]


class Identity(Base):
    """Who a person is at an OpenID provider."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    issuer: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Invitation(Base):
    """A link that works once: an invitation, a new password, the address of a local start."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    token: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of what the link holds."""
    purpose: Mapped[str] = mapped_column(String(12))
    """invite, reset, local"""
    user_id: Mapped[str | None] = mapped_column(ForeignKey("user.id"))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
    role: Mapped[str | None] = mapped_column(String(12))
    email: Mapped[str] = mapped_column(Text, default="")
    invited_by: Mapped[str | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    ends_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Attempt(Base):
    """Failed sign-ins of an account or from an address, to slow the next one down."""

    __tablename__ = "attempt"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), unique=True)
    """Hash of what is counted."""
    failures: Mapped[int] = mapped_column(Integer, default=0)
    last_at: Mapped[datetime] = mapped_column(default=now)
    free_at: Mapped[datetime] = mapped_column(default=now)


class SavedView(Base):
    """Filters and order of a queue under a name."""

    __tablename__ = "saved_view"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    name: Mapped[str] = mapped_column(Text)
    query: Mapped[str] = mapped_column(Text)
    shared: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)


class ResumePoint(Base):
    """Where in an item a person stopped."""

    __tablename__ = "resume_point"
    __table_args__ = (UniqueConstraint("user_id", "item_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    place: Mapped[int | None]
    seconds: Mapped[float | None]
    changed_at: Mapped[datetime] = mapped_column(default=now)


class Webhook(Base):
    """An address that is told what happens in a project."""

    __tablename__ = "webhook"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    url: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(Text)
    """Key of the signatures."""
    events: Mapped[list[Any]] = mapped_column(default=list)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Delivery(Base):
    """One message to a webhook, and whether it arrived."""

    __tablename__ = "delivery"
    __table_args__ = (Index("ix_delivery_due", "status", "next_at"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id"), index=True)
    event: Mapped[str] = mapped_column(String(60))
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(12), default="waiting")
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    reply: Mapped[str] = mapped_column(Text, default="")
    next_at: Mapped[datetime] = mapped_column(default=now)
    created_at: Mapped[datetime] = mapped_column(default=now)
