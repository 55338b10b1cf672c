"""Who tells the webhooks, and when again?

Whatever changes a project puts a message for each webhook that wants it into the store, in the transaction of the
change, so that none is sent of what was not kept and none is lost in a crash. A thread of the server sends what is
due, and again after 1, 5, 25, 125 and 625 seconds to whoever does not take it; after that the message is given up and
says so.

Source: sheet 90 section 6. Differs: nothing.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from psephos.errors import InputError, StoreError
from psephos.review.context import Server
from psephos.review.store.account_tables import Delivery, Webhook
from psephos.review.store.columns import now, written
from psephos.review.webhooks import check_address, post

EVENTS = ("decision", "dispute", "comment", "export", "source")
EVENT_WORDS = {
    "decision": "decisions",
    "dispute": "disputes",
    "comment": "comments",
    "export": "exports",
    "source": "sources",
    "test": "a test",
}
"""What a page calls them."""
WAITS = (1, 5, 25, 125, 625)
MOST = 20
PAUSE = 2.0

log = structlog.get_logger("psephos.review")


def check(url: str, *, private: bool) -> None:
    """Refuse an address that may not be called; asks the name server, so not while a change is written."""
    check_address(url, private=private)


def add(session: Session, project_id: int, url: str, events: list[str]) -> tuple[Webhook, str]:
    """A new webhook, and the secret of its signatures, which is shown once.

    Raises
    ------
    InputError
        If an event is unknown.
    """
    unknown = [name for name in events if name not in EVENTS]
    if unknown or not events:
        raise InputError("events", f"must be some of {', '.join(EVENTS)}")
    secret = secrets.token_urlsafe(32)
    one = Webhook(project_id=project_id, url=url, secret=secret, events=sorted(set(events)))
    session.add(one)
    session.flush()
    return one, secret


def tell(session: Session, project_id: int, event: str, about: dict[str, Any]) -> None:
    """Put a message for each webhook that wants this event into the store.

    Parameters
    ----------
    session : Session
        That of the change itself, so that both are kept or none.
    project_id : int
    event : str
    about : dict
        What the message says besides event, project and time; ready for JSON.
    """
    hooks = session.scalars(select(Webhook).where(Webhook.project_id == project_id, Webhook.active.is_(True))).all()
    for hook in hooks:
        if event in hook.events:
            tell_one(session, hook, event, about)


def tell_one(session: Session, hook: Webhook, event: str, about: dict[str, Any]) -> Delivery:
    """Put a message for one webhook into the store, whatever it wants to be told; parameters as in `tell`."""
    body = {"event": event, "project": hook.project_id, "at": written(now())} | about
    made = Delivery(webhook_id=hook.id, event=event, body=json.dumps(body, ensure_ascii=False))
    session.add(made)
    session.flush()
    return made


def give_up(session: Session, webhook: int) -> None:
    """Send nothing more of what waits for a webhook."""
    waits = (Delivery.webhook_id == webhook, Delivery.status == "waiting")
    session.execute(update(Delivery).where(*waits).values(status="given up", reply="the webhook was removed"))


def deliver(server: Server) -> int:
    """Send what is due, at most `MOST` messages; how many were tried.

    An answer from 200 to 299 is taken for received. Anything else is tried again after the next of `WAITS`, and given
    up after the last.
    """
    at = now()
    with server.store.read() as session:
        query = (
            select(Delivery, Webhook)
            .join(Webhook, Webhook.id == Delivery.webhook_id)
            .where(Delivery.status == "waiting", Delivery.next_at <= at)
            .order_by(Delivery.id)
            .limit(MOST)
        )
        due = [(one.id, one.body, hook.url, hook.secret) for one, hook in session.execute(query)]
    for one, body, url, secret in due:
        try:
            status = post(url, secret, body.encode(), private=server.settings.private_addresses)
            reply = str(status or "no answer")
        except InputError as refused:
            status, reply = 0, str(refused)
        with server.store.write() as session:
            kept = session.get_one(Delivery, one)
            kept.reply = reply
            kept.attempts += 1
            if 200 <= status < 300:
                kept.status = "sent"
            elif kept.attempts > len(WAITS):
                kept.status = "given up"
            else:
                kept.next_at = now() + timedelta(seconds=WAITS[kept.attempts - 1])
    return len(due)


def start(server: Server) -> Callable[[], None]:
    """Begin to send in a thread of its own; what is returned ends it."""
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(PAUSE):
            try:
                while deliver(server) == MOST and not ended.is_set():
                    time.sleep(0)
            except StoreError as problem:
                log.warning("webhooks wait", problem=problem.problem)

    thread = threading.Thread(target=work, name="webhooks", daemon=True)
    thread.start()

    def stop() -> None:
        ended.set()
        thread.join(timeout=15)

    return stop
