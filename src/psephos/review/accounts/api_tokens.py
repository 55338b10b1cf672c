"""Which program is this, and what may it do?

A token is ``psp_`` and 256 random bits, shown once and kept as SHA-256. It acts for the person who made it, never
beyond what that person may do now, within its scopes, until it ends.

Source: sheet 90 section 7. Differs: nothing.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from psephos.errors import InputError, check_count
from psephos.review.accounts.second_factors import fingerprint
from psephos.review.accounts.sessions import is_active
from psephos.review.store.account_tables import ApiToken, User

PREFIX = "psp_"
SCOPES = ("read", "write", "manage")
LONGEST_DAYS = 365


def issue(
    session: Session,
    user_id: str,
    at: datetime,
    *,
    name: str,
    scopes: list[str],
    days: int = 90,
    project_id: int | None = None,
) -> tuple[ApiToken, str]:
    """A new token: what is kept, and the text that is shown once.

    Raises
    ------
    InputError
        If it has no name, an unknown scope, or would last too long.
    """
    if not name.strip():
        raise InputError("name", "must say what the token is for")
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise InputError("scopes", f"must be some of {', '.join(SCOPES)}, got {', '.join(unknown) or 'none'}")
    if check_count("days", days) > LONGEST_DAYS:
        raise InputError("days", f"may be {LONGEST_DAYS} at most, got {days}")
    text = PREFIX + secrets.token_urlsafe(32)
    one = ApiToken(
        user_id=user_id,
        project_id=project_id,
        name=name.strip()[:100],
        token=fingerprint(text),
        start=text[:8],
        scopes=sorted(set(scopes)),
        created_at=at,
        ends_at=at + timedelta(days=days),
    )
    session.add(one)
    session.flush()
    return one, text


def of_text(session: Session, text: str, at: datetime) -> tuple[ApiToken, User] | None:
    """Which token a text is, and whose.

    Parameters
    ----------
    session : Session
    text : str
        As a program sends it.
    at : datetime
        Now.

    Returns
    -------
    tuple of (ApiToken, User), or None
        None for a text that is no token, one that was revoked or has ended, or a person who may not sign in.
    """
    if not text.startswith(PREFIX) or len(text) > 100:
        return None
    statement = (
        select(ApiToken, User).join(User, User.id == ApiToken.user_id).where(ApiToken.token == fingerprint(text))
    )
    found = session.execute(statement).first()
    if found is None:
        return None
    one, user = found
    ended = one.revoked_at is not None or (one.ends_at is not None and one.ends_at <= at)
    return None if ended or not is_active(user) else (one, user)
