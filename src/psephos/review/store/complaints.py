"""What does a database say when it cannot, in words of a user?

Full disks, locked files, servers that have gone and files that are no database raise a `StoreError` that says what to
do; a version that someone else changed meanwhile raises a `ConflictError` with both.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError

from psephos.errors import StoreError

_SAID = (
    ("is locked", "is busy: another program holds it", "close it, or wait and try again"),
    ("disk is full", "cannot be written: the disk is full", "free some space; nothing of this change was kept"),
    ("no space left", "cannot be written: the disk is full", "free some space; nothing of this change was kept"),
    ("disk i/o error", "cannot be written: the disk reports an error or is full", "look at the disk"),
    ("readonly database", "is write-protected", "change its permissions, or copy it"),
    ("not a database", "is not a database of psephos", "name another file"),
    ("malformed", "is damaged", "restore a backup made by psephos backup"),
    ("unable to open", "cannot be opened", "check the path and its permissions"),
    ("no such table", "has no tables of this version", "run psephos db upgrade"),
    ("no such column", "has no tables of this version", "run psephos db upgrade"),
    ("undefinedtable", "has no tables of this version", "run psephos db upgrade"),
    ("does not exist", "lacks something that is needed", "run psephos db upgrade"),
    ("permission denied", "does not let this user do that", "see `psephos db upgrade --app-role`"),
    ("password authentication", "refused the password", "check user and password in the address"),
    ("too many clients", "has no free connection", "raise max_connections or start fewer servers"),
)


@contextmanager
def complaining(place: str) -> Iterator[None]:
    """Turn what the driver raises inside into a `StoreError` about `place`."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as problem:
        said = complaint(place, problem)
        if said is None:
            raise
        raise said from problem


def complaint(place: str, problem: DBAPIError | sqlite3.Error) -> StoreError | None:
    """The `StoreError` for a problem of a driver; None where it is not the database that is at fault."""
    inner = problem.orig if isinstance(problem, DBAPIError) and problem.orig is not None else problem
    text = f"{type(inner).__name__} {inner}".lower()
    for mark, what, remedy in _SAID:
        if mark in text:
            return StoreError(place, what, hint=remedy)
    gone = isinstance(problem, DBAPIError) and (problem.connection_invalidated or "connect" in text)
    if gone or "terminat" in text or "server closed" in text:
        return StoreError(place, "cannot be reached", hint="start the database server, then try again")
    if isinstance(problem, OperationalError | sqlite3.OperationalError):
        first = str(inner).strip().splitlines() or ["no reason given"]
        return StoreError(place, f"failed: {first[0]:.200}")
    return None
