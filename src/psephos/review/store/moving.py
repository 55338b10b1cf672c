"""How does a store get into another database, or onto another disk, whole?

`backup` uses the online backup of SQLite: others may write meanwhile, the copy is of one moment. `move` copies every
row of every table, SQLite to PostgreSQL or back, and then compares the number of rows of each table and the chain of
each log; if anything differs nothing is kept.
"""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from psephos.errors import InputError, StoreError
from psephos.opinions.wording import plural
from psephos.review.store.audit_log import chains, head, verify
from psephos.review.store.bulk import insert_rows
from psephos.review.store.complaints import complaining
from psephos.review.store.opening import Store
from psephos.review.store.tables import Base

_PAGES = 2_000


@dataclass(frozen=True)
class Moved:
    """What was copied: rows of each table, and heads of the chains."""

    rows: dict[str, int]
    heads: dict[int, str]

    def __str__(self) -> str:
        rows, tables = plural(sum(self.rows.values()), "row"), plural(len(self.rows), "table")
        return f"{rows} of {tables}, {plural(len(self.heads), 'chain')} in order"


def backup(store: Store, path: str | Path) -> Path:
    """Copy a SQLite store to a new file that belongs to its user alone, while others work.

    Raises
    ------
    InputError
        If the file exists, or the store is not SQLite.
    StoreError
        If it cannot be written.
    """
    if not store.is_sqlite:
        raise InputError("store", "is PostgreSQL", hint="use pg_dump, or psephos db migrate-to FILE")
    target = Path(path).resolve()
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        raise InputError(str(path), "exists", hint="name a new file") from None
    except OSError as problem:
        raise StoreError(
            str(path), f"cannot be written: {problem.strerror}", hint="give a file in a folder that may be written to"
        ) from None
    try:
        with complaining(str(target)):
            source, copy = sqlite3.connect(store.place), sqlite3.connect(target)
            try:
                source.backup(copy, pages=_PAGES, sleep=0.01)
                found = copy.execute("PRAGMA integrity_check").fetchone()[0]
            finally:
                source.close()
                copy.close()
        if found != "ok":
            raise StoreError(str(path), f"the copy is damaged: {found:.100}", hint="look at the disk")
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return target


def move(source: Store, target: Store) -> Moved:
    """Copy all of a store into an empty one, and check the copy.

    Raises
    ------
    InputError
        If the target holds anything.
    StoreError
        If the copy is not the same.
    """
    rows = {}
    with source.read() as out, target.write() as into:
        for table in Base.registry.mappers:
            if _count(into, table.class_):
                hint = "name an empty database"
                raise InputError("target", f"{target.place} holds rows of {table.class_.__tablename__}", hint=hint)
        for mapped in _in_order():
            query = select(*mapped.__table__.columns).order_by(mapped.__table__.c.id)
            stream = out.execute(query.execution_options(yield_per=5_000)).mappings()
            rows[mapped.__tablename__] = insert_rows(into, mapped, ({**row} for row in stream))
            if _count(into, mapped) != _count(out, mapped):
                raise StoreError(target.place, f"lacks rows of {mapped.__tablename__}", hint="try again")
        restart_ids(into)
        heads = {}
        for chain in chains(out):
            checked = verify(into, chain)
            if checked.bad is not None or checked.head != head(out, chain):
                raise StoreError(target.place, f"the log does not match: {checked}", hint="psephos audit verify")
            heads[chain] = checked.head.hash
    return Moved(rows, heads)


def restart_ids(session: Session) -> None:
    """Let PostgreSQL count on behind the rows that brought their ids."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for mapped in _in_order():
        if mapped.__tablename__ == "user":
            continue
        last = session.scalar(select(func.max(mapped.__table__.c.id))) or 0
        restart = "SELECT setval(pg_get_serial_sequence(:name, 'id'), :last, :used)"
        named = {"name": f'"{mapped.__tablename__}"', "last": max(last, 1), "used": last > 0}
        session.execute(text(restart), named)


def _in_order() -> list[Any]:
    """The tables, those that others refer to first."""
    classes = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}
    return [classes[table.name] for table in Base.metadata.sorted_tables]


def _count(session: Session, mapped: Any) -> int:
    return session.scalar(select(func.count()).select_from(mapped)) or 0
