"""How is a whole project written so that nothing is lost and anybody can check it?

JSON Lines: a head with the rules of the project and the head of its log, then one line per row of its tables, and an
end with the number of rows and the SHA-256 of all lines before it. Times are whole microseconds, ids are those of the
store. `psephos.review.store.importing.whole` reads it back. Of people only the id is written, and the name if asked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from psephos import __version__
from psephos.review.store.account_tables import User
from psephos.review.store.audit_log import head
from psephos.review.store.columns import Moment, microseconds
from psephos.review.store.tables import (
    Audit,
    Comment,
    Consensus,
    Decision,
    Item,
    Media,
    Opinion,
    Project,
    Run,
    Snapshot,
    Source,
)

FORMAT = "psephos project"
VERSION = 1

TABLES: tuple[Any, ...] = (Source, Media, Item, Opinion, Run, Consensus, Decision, Comment, Snapshot, Audit)
"""What belongs to a project, what others refer to first."""


def lines(session: Session, project: Project, *, names: bool = True) -> Iterator[str]:
    """A project as lines of JSON, each with its line end.

    Parameters
    ----------
    session : Session
    project : Project
    names : bool, default True
        Whether the names of people are written beside their ids.
    """
    digest, counts = hashlib.sha256(), {}
    end = head(session, project.id)
    opening = {
        "format": FORMAT,
        "version": VERSION,
        "psephos": __version__,
        "project": row_of(project),
        "head": {"seq": end.seq, "hash": end.hash},
    }
    for record in (opening, *_people(session, project, names)):
        yield _line(record, digest)
    for table in TABLES:
        count = 0
        for row in session.scalars(of_project(table, project.id).execution_options(yield_per=2_000)):
            yield _line({"table": table.__tablename__} | row_of(row), digest)
            session.expunge(row)
            count += 1
        counts[table.__tablename__] = count
    yield _line({"end": counts, "sha256": digest.hexdigest()}, digest)


def of_project(table: Any, project_id: int) -> Select[Any]:
    """The rows of a table that belong to a project, by rising id."""
    query = select(table).order_by(table.id)
    if table is Audit:
        return query.where(Audit.chain == project_id)
    if hasattr(table, "project_id"):
        return query.where(table.project_id == project_id)
    return query.join(Item, Item.id == table.item_id).where(Item.project_id == project_id)


def row_of(row: Any) -> dict[str, Any]:
    """A row as JSON can say it: by column, times as whole microseconds."""
    said = {}
    for column in row.__table__.columns:
        value = getattr(row, column.key)
        said[column.key] = microseconds(value) if isinstance(column.type, Moment) and value is not None else value
    return said


def _people(session: Session, project: Project, names: bool) -> Iterator[dict[str, Any]]:
    authored = select(Decision.author_id).where(Decision.project_id == project.id).distinct()
    remarked = select(Comment.author_id).join(Item).where(Item.project_id == project.id).distinct()
    ids = {*session.scalars(authored), *session.scalars(remarked)}
    for user in session.scalars(select(User).where(User.id.in_(ids)).order_by(User.id)):
        yield {"table": "user", "id": user.id, "name": user.name if names else ""}


def _line(record: dict[str, Any], digest: Any) -> str:
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"
    digest.update(text.encode())
    return text
