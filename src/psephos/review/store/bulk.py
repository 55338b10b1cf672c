"""How do a hundred thousand rows get into a table in seconds?

SQLite takes them as one prepared statement, PostgreSQL as a stream (COPY); rows are prepared here by the types of their
columns. Ids are set aside in advance, so that rows of other tables can name them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from sqlalchemy import JSON, Table, func, select, text
from sqlalchemy.orm import Session

from psephos.review.store.columns import Moment, microseconds

BATCH = 20_000
"""Rows in memory at a time."""


def insert_rows(session: Session, table: type[Any], rows: Iterable[Mapping[str, Any]]) -> int:
    """Add rows, each a mapping with the same keys; return how many.

    Columns that have a default only in Python must be stated. Ids are stated too, see `reserve_ids`.
    """
    inner: Table = table.__table__
    stream = iter(rows)
    first = next(stream, None)
    if first is None:
        return 0
    session.flush()
    names = list(first)
    ready = [_ready(inner.c[name].type) for name in names]
    values = ([make(row[name]) for name, make in zip(names, ready, strict=True)] for row in chain([first], stream))
    quote = session.get_bind().dialect.identifier_preparer.quote
    columns = ", ".join(map(quote, names))
    connection = session.connection()
    count = 0
    if connection.dialect.name == "postgresql":
        cursor = connection.connection.cursor()
        with cursor.copy(f"COPY {quote(inner.name)} ({columns}) FROM STDIN") as copy:  # type: ignore[attr-defined]
            for row in values:
                copy.write_row(row)
                count += 1
        cursor.close()
        return count
    marks = ", ".join("?" * len(names))
    statement = f"INSERT INTO {quote(inner.name)} ({columns}) VALUES ({marks})"  # noqa: S608 - names of our own tables
    while batch := list(islice(values, BATCH)):
        connection.connection.executemany(statement, batch)  # type: ignore[attr-defined]
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


def _ready(kind: Any) -> Callable[[Any], Any]:
    """How a value of this type is written."""
    if isinstance(kind, JSON):
        return lambda value: None if value is None else json.dumps(value, ensure_ascii=False, allow_nan=False)
    if isinstance(kind, Moment):
        return lambda value: None if value is None else microseconds(value)
    return lambda value: value
