"""How does a full export become a project again, with its whole history?

Every line is checked: the tables and columns must be those of this version, the rows as many as the end says, the
SHA-256 must be right, and the chain of the log must be as it was when it was written. Ids keep their distance from each
other and are those of the export where these are free, else they are shifted; a last row of the log says by how much.
People who are unknown here come along as names that cannot sign in.
"""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from psephos.errors import ParseError
from psephos.review.store.account_tables import User
from psephos.review.store.audit_log import record, verify
from psephos.review.store.bulk import insert_rows
from psephos.review.store.columns import EPOCH, Moment, now
from psephos.review.store.exporting.whole import FORMAT, TABLES, VERSION
from psephos.review.store.media import sniffed
from psephos.review.store.moving import restart_ids
from psephos.review.store.tables import Project

LONGEST_ROW = 1 << 26
"""Most characters of one row; a transcript of 100,000 words of five voters has half of them."""

_BATCH = 5_000
_REFERENCES = {
    "project_id": "project",
    "source_id": "source",
    "media_id": "media",
    "item_id": "item",
    "run_id": "run",
    "supersedes_id": "decision",
    "undoes_id": "decision",
}


def import_project(session: Session, lines: Iterable[str], *, actor: str, name: str = "file") -> Project:
    """Make a project of a full export.

    Parameters
    ----------
    session : Session
        From `Store.write`.
    lines : iterable of str
        As `psephos.review.store.exporting.whole.lines` gives them.
    actor : str
        Id of who imports.
    name : str
        What the file is called in messages.

    Returns
    -------
    Project

    Raises
    ------
    ParseError
        If the file is no full export, is of another version, or was changed or cut.
    """
    stream = _bounded(lines, name)
    digest = hashlib.sha256()
    opening = _parsed(next(stream, ""), name, 1, digest)
    if opening.get("format") != FORMAT:
        raise ParseError(name, "is no full export of psephos", where="line 1")
    if opening.get("version") != VERSION:
        raise ParseError(name, f"is of version {opening.get('version')!r:.20}, not {VERSION}", where="line 1")
    by_name = {table.__tablename__: table for table in TABLES}
    shift = {
        each: session.scalar(select(func.max(table.id))) or 0
        for each, table in (by_name | {"project": Project}).items()
    }
    if not isinstance(opening.get("project"), dict) or not isinstance(opening.get("head"), dict):
        raise ParseError(name, "has no project in its head", where="line 1")
    project = Project(**_values(Project, opening["project"], shift, name, 1))
    session.add(project)
    try:
        session.flush()
    except StatementError as problem:
        raise _unfit(problem, name, 1) from problem
    waiting: list[dict[str, Any]] = []
    number, size = 1, 0
    current, counts, ended = "", dict.fromkeys(by_name, 0), False
    for number, line in enumerate(stream, start=2):
        before = digest.hexdigest()
        row = _parsed(line, name, number, digest)
        if "end" in row:
            _check_end(row, counts, before, name, number)
            ended = True
            break
        table = row.pop("table", None)
        if table == "user":
            _know(session, row)
            continue
        if not isinstance(table, str) or table not in by_name:
            raise ParseError(name, f"has rows of an unknown table {table!r:.40}", where=f"line {number:,}")
        size += len(line)
        if table != current or len(waiting) >= _BATCH or size > LONGEST_ROW:
            _insert(session, by_name.get(current), waiting, name, number)
            waiting, current, size = [], table, len(line)
        values = _values(by_name[table], row, shift, name, number)
        waiting.append(_known_media(values) if table == "media" else values)
        counts[table] += 1
    _insert(session, by_name.get(current), waiting, name, number)
    if not ended:
        raise ParseError(name, "was cut: it has no end", hint="export it again")
    restart_ids(session)
    checked = verify(session, project.id)
    if checked.bad is not None or checked.head.hash != opening["head"].get("hash"):
        raise ParseError(name, f"its log is not in order: {checked}")
    said = {"head": checked.head.hash, "shifted": {each: by for each, by in shift.items() if by}}
    record(session, project.id, actor, "project.import", f"project:{project.id}", None, said)
    return project


def is_whole(path: Path) -> bool:
    """Whether a file is a full export, as its first line says."""
    with path.open("rb") as file:
        return is_whole_text(file.readline(1 << 20))


def is_whole_text(opening: bytes) -> bool:
    r"""Whether a file that begins like this is a full export.

    Examples
    --------
    >>> is_whole_text(b'{"format":"psephos project","version":1}\n'), is_whole_text(b'{"item": "a"}\n')
    (True, False)
    """
    try:
        head = json.loads(opening.split(b"\n", 1)[0])
    except (ValueError, RecursionError):
        return False
    return isinstance(head, dict) and head.get("format") == FORMAT


def _bounded(lines: Iterable[str], name: str) -> Iterator[str]:
    """The lines, as long as none is longer than a row can be."""
    if not isinstance(lines, io.TextIOBase):
        yield from lines
        return
    number = 0
    while line := lines.readline(LONGEST_ROW + 1):
        number += 1
        if len(line) > LONGEST_ROW:
            where = f"line {number:,}"
            raise ParseError(name, f"has a row of more than {LONGEST_ROW:,} characters", where=where)
        yield line


def _parsed(line: str, name: str, number: int, digest: Any) -> dict[str, Any]:
    digest.update(line.encode())
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise ParseError(name, "holds no JSON object", where=f"line {number:,}")
    return row


def _insert(session: Session, table: Any, rows: list[dict[str, Any]], name: str, number: int) -> None:
    if not rows:
        return
    try:
        insert_rows(session, table, rows)
    except (sqlite3.IntegrityError, DBAPIError) as problem:
        raise _unfit(problem, name, number) from problem
    except Exception as problem:
        if type(problem).__module__.startswith("psycopg"):
            raise _unfit(problem, name, number) from problem
        raise


def _unfit(problem: Exception, name: str, number: int) -> ParseError:
    where = f"before line {number:,}"
    return ParseError(
        name, f"holds rows that refer to what is not there, or twice the same ({problem})"[:300], where=where
    )


def _values(table: Any, row: dict[str, Any], shift: dict[str, int], name: str, number: int) -> dict[str, Any]:
    """The columns of a row, with ids shifted and times as such."""
    columns = table.__table__.columns
    if set(row) != set(columns.keys()):
        odd = sorted(set(row) ^ set(columns.keys()))[0]
        raise ParseError(name, f"{table.__tablename__} lacks or has {odd!r:.40}", where=f"line {number:,}")
    try:
        return _shifted(table, row, shift)
    except (TypeError, ValueError, OverflowError):
        raise ParseError(
            name, f"{table.__tablename__} holds a value of another type", where=f"line {number:,}"
        ) from None


def _shifted(table: Any, row: dict[str, Any], shift: dict[str, int]) -> dict[str, Any]:
    columns = table.__table__.columns
    values = dict(row)
    if table.__tablename__ == "audit":
        values["chain"] = row["chain"] + shift["project"]
    for column in columns:
        value = row[column.key]
        if value is None:
            continue
        if column.key == "id":
            values["id"] = value + shift[table.__tablename__]
        elif column.key in _REFERENCES:
            values[column.key] = value + shift[_REFERENCES[column.key]]
        elif isinstance(column.type, Moment):
            values[column.key] = EPOCH + timedelta(microseconds=value)
    return {key: values[key] for key in columns.keys()}  # noqa: SIM118 - a collection of columns, not a mapping


def _known_media(values: dict[str, Any]) -> dict[str, Any]:
    """A recording is taken from where the file says only if exactly that recording lies there.

    Whoever writes a file could name any path of this machine; without the file's own SHA-256 nothing is served of it.
    """
    path = Path(str(values["path"]))
    try:
        if not path.is_file():  # opening a pipe would wait for whoever writes into it
            return values | {"path": ""}
        with path.open("rb") as file:
            same = sniffed(file.read(16)) == values["type"]
            file.seek(0)
            same = same and hashlib.file_digest(file, "sha256").hexdigest() == values["sha256"]
    except (OSError, ValueError):
        same = False
    return values if same else values | {"path": ""}


def _know(session: Session, row: dict[str, Any]) -> None:
    who, called = str(row.get("id", ""))[:36], str(row.get("name", ""))
    if who and session.get(User, who) is None:
        session.add(User(id=who, name=called, disabled_at=now()))
        session.flush()


def _check_end(row: dict[str, Any], counts: dict[str, int], digest: str, name: str, number: int) -> None:
    if row["end"] != counts:
        raise ParseError(name, "has not as many rows as its end says", where=f"line {number:,}")
    if row.get("sha256") != digest:
        raise ParseError(name, "was changed: its SHA-256 is another", where=f"line {number:,}")
