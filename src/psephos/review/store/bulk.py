"""How do a hundred thousand rows get into a table in seconds?

SQLite takes them as one prepared statement, PostgreSQL as a stream (COPY); rows are prepared here by the types of their
columns. Ids are set aside in advance, so that rows of other tables can name them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from sqlalchemy import JSON, Table, func, select, text
from sqlalchemy.orm import Session

from psephos.review.store.columns import Moment, microseconds

BATCH = 20_000
"""Rows in memory at a time."""


def insert_rows(session: Session, table: type[Any], rows: Iterable[Mapping[str, Any]]) -> int:
    """Add rows, each a mapping with the same keys in the same order; return how many.

    Columns that have a default only in Python must be stated. Ids are stated too, see `reserve_ids`.
    """
    inner: Table = table.__table__
    stream = iter(rows)
    first = next(stream, None)
    if first is None:
        return 0
    session.flush()
    names = list(first)
    ready = [(place, make) for place, name in enumerate(names) if (make := _ready(inner.c[name].type))]
    values = _values(chain([first], stream), ready)
    quote = session.get_bind().dialect.identifier_preparer.quote
    columns = ", ".join(map(quote, names))
    connection = session.connection()
    count = 0
    if connection.dialect.name == "postgresql":
        cursor = connection.connection.cursor()
        with cursor.copy(f"COPY {quote(inner.name)} ({columns}) FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)
                count += 1
        cursor.close()
        return count
    marks = ", ".join("?" * len(names))
    into = quote(inner.name)
    statement = f"INSERT INTO {into} ({columns}) VALUES ({marks})"  # nosec B608 # noqa: S608 - our own tables
    while batch := list(islice(values, BATCH)):
        connection.connection.executemany(statement, batch)
        count += len(batch)
    return count


def reserve_ids(session: Session, table: type[Any], count: int) -> Sequence[int]:
    """Ids for so many rows, which nobody else gets."""
    if not count:
        return range(0)
    if session.get_bind().dialect.name == "postgresql":
        sequence = {"name": f'"{table.__tablename__}"', "count": count}
        taken = "SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)"
        return list(session.scalars(text(taken), sequence))
    last = session.scalar(select(func.max(table.id))) or 0
    return range(last + 1, last + 1 + count)


def _values(
    rows: Iterable[Mapping[str, Any]], ready: Sequence[tuple[int, Callable[[Any], Any]]]
) -> Iterator[list[Any]]:
    """The values of rows; only those whose type asks for it are touched."""
    for row in rows:
        values = list(row.values())
        for place, make in ready:
            if values[place] is not None:
                values[place] = make(values[place])
        yield values


def _ready(kind: Any) -> Callable[[Any], Any] | None:
    """How a value of this type is written; None if it is written as it is."""
    if isinstance(kind, JSON):
        return _json
    return microseconds if isinstance(kind, Moment) else None


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False).encode


def _json(value: Any) -> str:
    return _encode(value) if value else "{}" if isinstance(value, dict) else "[]"
