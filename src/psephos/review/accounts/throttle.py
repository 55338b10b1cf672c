"""How is guessing made slow without locking anybody out?

Each failure of an account, and of an address, doubles the time until the next try is looked at: after 4 free tries 1
s, 2 s, 4 s, ... up to 5 minutes. Success clears the account, an hour without a failure clears everything. Nobody is
locked out for good, so that nobody can lock out someone else. What is counted stands in the store as a hash, so a
restart does not forget it.

Source: sheet 90 section 8 (V6). Differs: nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from psephos.review.accounts.second_factors import fingerprint
from psephos.review.store.account_tables import Attempt

FREE, LONGEST, FORGET_AFTER = 4, timedelta(minutes=5), timedelta(hours=1)


def wait(session: Session, at: datetime, *subjects: str) -> float:
    """Seconds until the next try of any of these is looked at."""
    statement = select(Attempt).where(Attempt.subject.in_(map(fingerprint, subjects))).order_by(Attempt.id)
    kept = session.scalars(statement.with_for_update())
    return max((max(0.0, (one.free_at - at).total_seconds()) for one in kept), default=0.0)


def tried(session: Session, at: datetime, *subjects: str) -> float:
    """Seconds to wait; if none, a failure of each is noted before the try is looked at.

    So of many tries at once each counts for the next, and not only once the slow look at a password is over. Whoever
    was right takes it back by `forgiven` or `succeeded`.
    """
    seconds = wait(session, at, *subjects)
    if seconds <= 0:
        failed(session, at, *subjects)
    return seconds


def forgiven(session: Session, *subjects: str) -> None:
    """Take back the last failure of each, which was none."""
    for one in session.scalars(
        select(Attempt).where(Attempt.subject.in_(map(fingerprint, subjects))).with_for_update()
    ):
        one.failures -= 1
        one.free_at = one.last_at
        if one.failures <= 0:
            session.delete(one)


def failed(session: Session, at: datetime, *subjects: str) -> None:
    """Note a failure of each."""
    session.execute(delete(Attempt).where(Attempt.last_at < at - FORGET_AFTER))
    for subject in map(fingerprint, subjects):
        one = session.scalar(select(Attempt).where(Attempt.subject == subject).with_for_update())
        if one is None:
            one = Attempt(subject=subject, failures=0)
            session.add(one)
        one.failures += 1
        one.last_at = at
        over = one.failures - FREE
        one.free_at = at if over <= 0 else at + min(LONGEST, timedelta(seconds=2.0 ** min(over - 1, 30)))
        session.flush()


def succeeded(session: Session, subject: str) -> None:
    """Forget the failures of one."""
    session.execute(delete(Attempt).where(Attempt.subject == fingerprint(subject)))
