"""Which links open a door once?

An invitation, a new password, the first page of a local start: a link with 256 random bits, kept as SHA-256, good once
and for half an hour. Taking it is one statement, so that of two browsers only one gets in.

Source: sheet 90 section 7. Differs: nothing.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from psephos.review.accounts.second_factors import fingerprint
from psephos.review.settings import Settings
from psephos.review.store.account_tables import Invitation


def make(session: Session, settings: Settings, purpose: str, at: datetime, **about: Any) -> str:
    """The text of a new link, which is shown once; the store keeps its hash.

    Parameters
    ----------
    session : Session
        From `Store.write`.
    settings : Settings
        Say how long it is good.
    purpose : str
        ``"invite"``, ``"reset"`` or ``"local"``: it opens no other door.
    at : datetime
        Now.
    **about
        Further columns of `Invitation`.
    """
    text = secrets.token_urlsafe(32)
    ends = at + timedelta(minutes=settings.link_minutes)
    session.add(Invitation(token=fingerprint(text), purpose=purpose, created_at=at, ends_at=ends, **about))
    session.flush()
    return text


def look(session: Session, text: str, purpose: str, at: datetime) -> Invitation | None:
    """The link of a text, left as it is; None if it was used, has ended, or is for something else."""
    statement = select(Invitation).where(
        Invitation.token == fingerprint(text),
        Invitation.purpose == purpose,
        Invitation.used_at.is_(None),
        Invitation.ends_at > at,
    )
    return session.scalar(statement)


def take(session: Session, text: str, purpose: str, at: datetime) -> Invitation | None:
    """The link of a text, used up by this.

    Parameters
    ----------
    session : Session
        From `Store.write`.
    text, purpose : str
    at : datetime
        Now.

    Returns
    -------
    Invitation or None
        None if it was used, also a moment ago by another browser, has ended, or never was.
    """
    one = look(session, text, purpose, at)
    if one is None:
        return None
    statement = update(Invitation).where(Invitation.id == one.id, Invitation.used_at.is_(None)).values(used_at=at)
    taken = session.execute(statement).rowcount  # type: ignore[attr-defined]
    return one if taken == 1 else None
