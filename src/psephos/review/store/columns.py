"""How do times and ids look in the tables, so that they are the same in SQLite and PostgreSQL?

A time is a whole number of microseconds since 1970 in UTC: it sorts, compares and survives a move between databases to
the last digit. In Python it is an aware `datetime`. An id of a person is a UUID of version 7 (RFC 9562: 48 bits of
milliseconds, then random bits), which says nothing about the person; all other ids are whole numbers.
"""

from __future__ import annotations

import secrets
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Key = BigInteger().with_variant(Integer, "sqlite")
"""Type of whole-number ids; SQLite counts rows up for `INTEGER` only."""


class Moment(TypeDecorator[datetime]):
    """A point in time: microseconds in the table, an aware `datetime` in UTC in Python."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """To microseconds."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To a datetime."""
        return None if value is None else EPOCH + timedelta(microseconds=int(value))


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970.

    Examples
    --------
    >>> microseconds(datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC))
    1000005
    """
    return (moment.astimezone(UTC) - EPOCH) // timedelta(microseconds=1)


def written(moment: datetime) -> str:
    """A time as the log writes it.

    Examples
    --------
    >>> written(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    '2026-01-02T03:04:05.000000Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_moment(text: str) -> datetime:
    """The time that `written` wrote.

    Examples
    --------
    >>> read_moment("2026-01-02T03:04:05.000001Z").microsecond
    1
    """
    return datetime.fromisoformat(text).astimezone(UTC)


def new_id() -> str:
    """A fresh opaque id; later ones sort behind earlier ones.

    Examples
    --------
    >>> uuid.UUID(new_id()).version
    7
    """
    milliseconds = time.time_ns() // 1_000_000
    bits = (milliseconds & (2**48 - 1)) << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=bits))
