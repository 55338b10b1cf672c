"""How is guessing made slow without locking anybody out?

Each failure of an account, and of an address, doubles the time until the next try is looked at: after 4 free tries 1
s, 2 s, 4 s, ... up to 5 minutes. Success clears the account, an hour without a failure clears everything. Nobody is
locked out for good, so that nobody can lock out someone else. What is counted stands in the store as a hash, so a
restart does not forget it, and several servers over one store count together.

Each count is taken in hand before it is looked at, one after the other in the order of their hashes: of many tries
that come at once, of somebody who was never seen before too, each sees what the one before it left, and none waits in
a circle. Old counts are deleted last, by whoever waits for nothing more.

Source: sheet 90 section 8 (V6). Differs: nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from psephos.review.accounts.second_factors import fingerprint
from psephos.review.store.account_tables import Attempt

FREE, LONGEST, FORGET_AFTER = 4, timedelta(minutes=5), timedelta(hours=1)


def tried(session: Session, at: datetime, *subjects: str, free: int = FREE) -> float:
    """Seconds to wait; if none, a failure of each is noted before the try is looked at.

    So of many tries at once each counts for the next, and not only once the slow look at a password is over. Whoever
    was right takes it back by `forgiven` or `succeeded`. `free` is how many failures cost nothing.
    """
    held = _held(session, at, subjects)
    seconds = max((one.free_at - at).total_seconds() for one in held)
    if seconds <= 0:
        _note(held, at, free)
        session.flush()
    old = select(Attempt.id).where(Attempt.last_at < at - FORGET_AFTER).with_for_update(skip_locked=True)
    session.execute(delete(Attempt).where(Attempt.id.in_(old)))
    return max(0.0, seconds)


def forgiven(session: Session, *subjects: str) -> None:
    """Take back the last failure of each, which was none."""
    found = select(Attempt).where(Attempt.subject.in_(map(fingerprint, subjects))).order_by(Attempt.subject)
    for one in session.scalars(found.with_for_update()):
        one.failures -= 1
        one.free_at = one.last_at
        if one.failures <= 0:
            session.delete(one)


def succeeded(session: Session, subject: str) -> None:
    """Forget the failures of one."""
    session.execute(delete(Attempt).where(Attempt.subject == fingerprint(subject)))


def too_many(seconds: float) -> str:
    """What somebody is told who has to wait.

    Examples
    --------
    >>> too_many(0.2), too_many(7.6)
    ('too many tries: wait 1 s', 'too many tries: wait 8 s')
    """
    return f"too many tries: wait {max(1, round(seconds))} s"


def _held(session: Session, at: datetime, subjects: tuple[str, ...]) -> list[Attempt]:
    """The counts of these, made where there are none, which nobody else changes until this is over."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    held = []
    for subject in sorted(set(map(fingerprint, subjects))):
        new = insert(Attempt).values(subject=subject, failures=0, last_at=at, free_at=at)
        session.execute(new.on_conflict_do_update(index_elements=["subject"], set_={"subject": subject}))  # and hold it
        found = select(Attempt).where(Attempt.subject == subject).execution_options(populate_existing=True)
        held.append(session.scalars(found).one())
    return held


def _note(held: list[Attempt], at: datetime, free: int) -> None:
    for one in held:
        if one.last_at < at - FORGET_AFTER:
            one.failures = 0
        one.failures += 1
        one.last_at = at
        over = one.failures - free
        one.free_at = at if over <= 0 else at + min(LONGEST, timedelta(seconds=2.0 ** min(over - 1, 30)))
