"""Who does this cookie belong to, and for how long?

The cookie holds 256 random bits and nothing else; the store keeps their SHA-256. A session ends after a time without
use, in any case after a longer one, when it is revoked, and when its person is disabled. It gets a new id at each
sign-in and when a role changes, so that an id that was known before is worth nothing after.

Source: sheet 90 section 8 (V7). Differs: nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from psephos.review.accounts.second_factors import fingerprint
from psephos.review.settings import Settings
from psephos.review.store.account_tables import SignIn, User

TOUCH_AFTER = timedelta(seconds=60)
"""A session that was seen less than this ago is not written again."""


def begin(
    session: Session, settings: Settings, user: User, at: datetime, *, strong: bool, address: str = "", agent: str = ""
) -> str:
    """Begin a session and return what its cookie says, which the store does not know.

    Parameters
    ----------
    session : Session
        From `Store.write`.
    settings : Settings
        Say when it ends in any case.
    user : User
    at : datetime
        Now.
    strong : bool
        Whether a second factor was shown.
    address, agent : str
        Where from and with what, for the list of one's own sessions; cut to a length.
    """
    cookie = secrets.token_urlsafe(32)
    one = SignIn(
        token=fingerprint(cookie),
        user_id=user.id,
        strong=strong,
        address=address[:64],
        agent=agent[:200],
        created_at=at,
        seen_at=at,
        ends_at=at + timedelta(hours=settings.absolute_hours),
    )
    session.add(one)
    session.flush()
    return cookie


def of_cookie(session: Session, settings: Settings, cookie: str, at: datetime) -> tuple[SignIn, User] | None:
    """The session of a cookie and its person.

    Returns
    -------
    tuple of (SignIn, User), or None
        None for no cookie, an unknown one, a session that ended or was revoked, or a person who may not sign in.
    """
    if not cookie:
        return None
    statement = select(SignIn, User).join(User, User.id == SignIn.user_id).where(SignIn.token == fingerprint(cookie))
    found = session.execute(statement).first()
    if found is None or not is_alive(found[0], settings, at) or not is_active(found[1]):
        return None
    return found[0], found[1]


def is_alive(one: SignIn, settings: Settings, at: datetime) -> bool:
    """Whether a session has not ended; one from the future, as after the clock was set back, goes on."""
    idle = timedelta(minutes=settings.idle_minutes)
    return one.revoked_at is None and at < one.ends_at and at - one.seen_at < idle


def is_active(user: User) -> bool:
    """Whether a person may sign in."""
    return user.disabled_at is None and user.erased_at is None


def needs_touch(one: SignIn, at: datetime) -> bool:
    """Whether it is time to write down that a session was seen."""
    return abs(at - one.seen_at) >= TOUCH_AFTER


def touch(session: Session, one_id: int, at: datetime) -> None:
    """Write down that a session was seen."""
    session.execute(update(SignIn).where(SignIn.id == one_id).values(seen_at=at))


def sessions_of(session: Session, settings: Settings, user_id: str, at: datetime) -> Sequence[SignIn]:
    """The sessions of a person that go on, the last seen first."""
    statement = select(SignIn).where(SignIn.user_id == user_id, SignIn.revoked_at.is_(None), SignIn.ends_at > at)
    found = session.scalars(statement.order_by(SignIn.seen_at.desc()))
    return [one for one in found if is_alive(one, settings, at)]


def revoke(session: Session, user_id: str, at: datetime, *, only: int | None = None, but: int | None = None) -> int:
    """End sessions of a person.

    Parameters
    ----------
    session : Session
        From `Store.write`.
    user_id : str
    at : datetime
        Now.
    only, but : int, optional
        Id of the only session to end, or of the one that goes on; all end without both.

    Returns
    -------
    int
        How many ended.
    """
    statement = update(SignIn).where(SignIn.user_id == user_id, SignIn.revoked_at.is_(None)).values(revoked_at=at)
    if only is not None:
        statement = statement.where(SignIn.id == only)
    if but is not None:
        statement = statement.where(SignIn.id != but)
    return session.execute(statement).rowcount  # type: ignore[attr-defined,no-any-return]
