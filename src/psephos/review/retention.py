"""How long is what has passed kept, and what is deleted then?

When a server starts, and once a day while it runs, it deletes what nobody needs any more: sessions, links and tokens
that ended, messages to webhooks that arrived or were given up, each after the days that `Kept` says; leases that ran
out a day ago; counts of failures that `throttle` forgets after an hour; and the files of exports. What was deleted is
counted in one row of the log of the server, in the same transaction.

Never deleted: the log, opinions, decisions, comments, and what was settled. Items and projects that were hidden cannot
be brought back after 30 days, but stay, for decisions and the log name them. Recordings lie where they were loaded from
and are not this server's to delete. That and when an export was made stays, with its hash and the head of the log.

Source: sheet 90 section 8 (V14). Differs: nothing.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from psephos.errors import StoreError
from psephos.review.accounts.throttle import FORGET_AFTER
from psephos.review.context import Server
from psephos.review.exporting import folder_of
from psephos.review.store.account_tables import SYSTEM, ApiToken, Attempt, Delivery, Invitation, SignIn
from psephos.review.store.audit_log import record
from psephos.review.store.columns import now
from psephos.review.store.exporting.jobs import remove
from psephos.review.store.tables import Base, Export, Reservation

EVERY = timedelta(days=1)
"""How long after one sweep the next begins."""

LEASES = timedelta(days=1)
"""How long a lease that ran out is kept."""

MOST = 2_000
"""Rows of a table that are deleted in one transaction, so that nobody waits long for it."""

log = structlog.get_logger("psephos.review")


def sweep(server: Server, at: datetime | None = None) -> dict[str, int]:
    """Delete what has passed; how many of each kind there were.

    Parameters
    ----------
    server : Server
        Its settings say for how many days each kind is kept.
    at : datetime, optional
        The present, if it is not now.

    Returns
    -------
    dict of str to int
        Kinds of which something was deleted.
    """
    at = at or now()
    total: dict[str, int] = {}
    while True:
        with server.store.write() as session:
            found = {kind: _deleted(session, table, passed) for kind, table, passed in _passed(server, at)}
            found["exports"] = _files(session, server, at)
            found = {kind: count for kind, count in found.items() if count}
            if found:
                days = {name: None if kept == math.inf else kept for name, kept in asdict(server.settings.keep).items()}
                after = {"deleted": found, "days": days}
                record(session, None, SYSTEM, "retention.sweep", "store", None, after, at=at)
        for kind, count in found.items():
            total[kind] = total.get(kind, 0) + count
        if max(found.values(), default=0) < MOST:
            return total


def start(server: Server) -> Callable[[], None]:
    """Sweep now and once a day, in a thread of its own; what is returned ends it."""
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            try:
                found = sweep(server)
                if found:
                    log.info("retention", **found)
            except (StoreError, OSError) as problem:
                log.warning("retention waits", kind=type(problem).__name__)
            ended.wait(EVERY.total_seconds())

    thread = threading.Thread(target=work, name="retention", daemon=True)
    thread.start()

    def stop() -> None:
        ended.set()
        thread.join(timeout=15)

    return stop


def _passed(server: Server, at: datetime) -> list[tuple[str, type[Base], ColumnElement[bool]]]:
    """Each kind: what it is called, its table, and which rows have passed; not of kinds that are kept for good."""
    keep = server.settings.keep
    kinds: list[tuple[str, type[Base], float, Callable[[datetime], ColumnElement[bool]]]] = [
        ("sessions", SignIn, keep.sessions, lambda to: (SignIn.ends_at < to) | (SignIn.revoked_at < to)),
        ("links", Invitation, keep.links, lambda to: (Invitation.ends_at < to) | (Invitation.used_at < to)),
        ("tokens", ApiToken, keep.tokens, lambda to: (ApiToken.ends_at < to) | (ApiToken.revoked_at < to)),
        ("messages", Delivery, keep.messages, lambda to: (Delivery.status != "waiting") & (Delivery.created_at < to)),
        ("leases", Reservation, LEASES / EVERY, lambda to: Reservation.until < to),
        ("failures", Attempt, FORGET_AFTER / EVERY, lambda to: (Attempt.last_at < to) & (Attempt.free_at < to)),
    ]
    return [(kind, table, rows(at - timedelta(days=days))) for kind, table, days, rows in kinds if days != math.inf]


def _deleted(session: Session, table: type[Base], passed: ColumnElement[bool]) -> int:
    """Delete rows that have passed, as many as one transaction may; what another server holds is left to it."""
    rows = select(table.id).where(passed).order_by(table.id).limit(MOST).with_for_update(skip_locked=True)  # type: ignore[attr-defined]
    ids = session.scalars(rows).all()
    if ids:
        session.execute(delete(table).where(table.id.in_(ids)))  # type: ignore[attr-defined]
    return len(ids)


def _files(session: Session, server: Server, at: datetime) -> int:
    """Delete files of exports that lie in this server's own folder; what somebody wrote elsewhere is theirs."""
    days = server.settings.keep.exports
    if days == math.inf:
        return 0
    folder = folder_of(server.settings)
    old = select(Export).where(Export.status == "done", Export.finished_at < at - timedelta(days=days))
    count = 0
    for one in session.scalars(old.order_by(Export.id).with_for_update(skip_locked=True)):
        file = Path(one.path)
        if file.parent.parent != folder or not file.is_file():
            continue
        remove(file, folder)
        one.status = "removed"
        count += 1
        if count == MOST:
            break
    return count
