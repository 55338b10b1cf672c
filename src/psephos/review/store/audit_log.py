"""Can it be proved later what happened?

Every change of a project, sign-in, change of rights, export and refused access is one row of the log, written in the
transaction of the change itself. Rows of a project form a chain:

    h_n = SHA-256(h_{n-1} || JSON of {action, actor, after, at, before, object, seq}),      h_0 = 32 zero bytes

with keys sorted, no blanks, UTF-8 as it is. A row that is changed, removed or put in between breaks the chain at its
place; rows cut off at the end are noticed by who kept a later head, which is why each export says it. The database
refuses to change or delete rows. `actor` is an opaque id. Where a project is marked sensitive, free text goes in as
``{"sha256": ...}`` of the text and a secret of the project.

Source: sheet 90, section 6. Differs: the secret is added, for the plain hash of a short text can be guessed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from psephos.errors import InputError
from psephos.opinions.canonical_json import canonical_json
from psephos.opinions.wording import plural
from psephos.review.store.columns import now, written
from psephos.review.store.tables import Audit, Project

START = bytes(32)
"""The hash before the first row."""

FREE_TEXT = frozenset({"body", "description", "name", "note", "own", "text", "tokens"})
"""Fields that hold what people typed, wherever they stand in what is logged."""

INSTANCE = 0
"""The chain of what belongs to no project."""

_LOCKS = 7_737_000_000
_PAGE = 5_000


@dataclass(frozen=True)
class Head:
    """The last row of a chain.

    Attributes
    ----------
    chain : int
        The project; 0 for what belongs to none.
    seq : int
        Number of the row, and of all rows; 0 of an empty chain.
    hash : str
        Its hash in hexadecimal digits.
    """

    chain: int
    seq: int
    hash: str


@dataclass(frozen=True)
class Verified:
    """What came out of checking a chain.

    Attributes
    ----------
    head : Head
        The last row that is right.
    bad : int or None
        Number of the first row that is not; None if all are.
    problem : str
        What is wrong with it.
    """

    head: Head
    bad: int | None = None
    problem: str = ""

    def __str__(self) -> str:
        name = f"project {self.head.chain}" if self.head.chain else "instance"
        if self.bad is None:
            return f"{name}: {plural(self.head.seq, 'row')}, all in order; head {self.head.hash}"
        before = plural(self.head.seq, "row before it is", "rows before it are")
        return f"{name}: row {self.bad:,} {self.problem}; {before} in order"


def record(
    session: Session,
    chain: int | None,
    actor: str,
    action: str,
    object: str,  # noqa: A002 - the name in the log
    before: Any = None,
    after: Any = None,
    *,
    at: datetime | None = None,
) -> Audit:
    """Add a row to the log, in the transaction of the change that it tells of.

    Parameters
    ----------
    session : Session
        From `Store.write`.
    chain : int or None
        The project; None or 0 for what belongs to none.
    actor : str
        Opaque id of who did it.
    action, object : str
        What was done, ``"decision.create"``, and to what, ``"item:17"``.
    before, after : JSON-ready value, optional
        The state before and after, or what is worth knowing of it.
    at : datetime, optional
        When; now if not given.

    Returns
    -------
    Audit
        The row, with its number and hash.
    """
    chain = chain or INSTANCE
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCKS + chain})
    end = head(session, chain)
    salt = _salt(session, chain)
    if salt is not None:
        before, after = _hidden(before, salt), _hidden(after, salt)
    row = {
        "seq": end.seq + 1,
        "at": written(at or now()),
        "actor": actor,
        "action": action,
        "object": object,
        "before": before,
        "after": after,
    }
    entry = Audit(
        chain=chain,
        **{name: value for name, value in row.items() if name not in ("before", "after")},
        before=canonical(before),
        after=canonical(after),
        hash=chained(bytes.fromhex(end.hash), row).hex(),
    )
    session.add(entry)
    session.flush()
    return entry


def canonical(value: Any) -> str:
    """A value as the JSON that is hashed.

    Raises
    ------
    InputError
        If it holds what JSON cannot say the same everywhere: NaN, infinity, half of a surrogate pair.

    Examples
    --------
    >>> canonical({"note": "Zürich", "choice": "B"})
    '{"choice":"B","note":"Zürich"}'
    """
    try:
        written = canonical_json(value)
        written.encode()
    except (TypeError, ValueError) as problem:
        raise InputError("value", f"cannot be logged: {problem}") from None
    return written


def chained(before: bytes, row: Mapping[str, Any]) -> bytes:
    """The hash of a row that follows the hash `before`.

    Examples
    --------
    >>> row = {"seq": 1, "at": "2026-01-02T03:04:05.000000Z", "actor": "u1", "action": "decision.create"}
    >>> row |= {"object": "item:17", "before": None, "after": {"choice": "B", "note": "Zürich"}}
    >>> chained(START, row).hex()[:16]
    '079bdb0837ece99b'
    """
    return hashlib.sha256(before + canonical(dict(row)).encode()).digest()


def head(session: Session, chain: int | None) -> Head:
    """The last row of a chain."""
    chain = chain or INSTANCE
    last = select(Audit.seq, Audit.hash).where(Audit.chain == chain).order_by(Audit.seq.desc()).limit(1)
    found = session.execute(last).first()
    return Head(chain, found.seq, found.hash) if found else Head(chain, 0, START.hex())


def verify(session: Session, chain: int | None, *, expected: str | None = None) -> Verified:
    """Compute a chain anew and compare.

    Parameters
    ----------
    session : Session
    chain : int or None
        The project; None or 0 for what belongs to none.
    expected : str, optional
        A head that was kept, such as one printed in an export: it must be a hash in the chain.

    Returns
    -------
    Verified
    """
    chain = chain or INSTANCE
    with closing(_rows(session, chain)) as rows:
        return _verified(rows, chain, expected)


def chains(session: Session) -> list[int]:
    """All chains that have rows, and all projects."""
    logged = session.scalars(select(Audit.chain).distinct()).all()
    return sorted({INSTANCE, *logged, *session.scalars(select(Project.id)).all()})


def history(
    session: Session,
    chain: int | None,
    *,
    object: str | None = None,  # noqa: A002 - the name in the log
    actor: str | None = None,
    action: str | None = None,
    before_seq: int | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Rows of a chain, the latest first: who did what, when, to what, from what, into what.

    `before_seq` is the last number of the page before.
    """
    query = select(Audit).where(Audit.chain == (chain or INSTANCE)).order_by(Audit.seq.desc()).limit(limit)
    for column, value in ((Audit.object, object), (Audit.actor, actor), (Audit.action, action)):
        if value is not None:
            query = query.where(column == value)
    if before_seq is not None:
        query = query.where(Audit.seq < before_seq)
    return [entry(row) for row in session.scalars(query)]


def entry(row: Audit) -> dict[str, Any]:
    """A row of the log, ready for JSON: seq, at, actor, action, object, hash, and what was before and after."""
    said = {name: getattr(row, name) for name in ("seq", "at", "actor", "action", "object", "hash")}
    return said | {"before": json.loads(row.before), "after": json.loads(row.after)}


def count(session: Session, chain: int | None) -> int:
    """How many rows a chain has."""
    return session.scalar(select(func.count()).where(Audit.chain == (chain or INSTANCE))) or 0


def _verified(rows: Iterator[Any], chain: int, expected: str | None) -> Verified:
    end, seen = Head(chain, 0, START.hex()), expected in (None, START.hex())
    for row in rows:
        said = {name: getattr(row, name) for name in ("seq", "at", "actor", "action", "object")}
        if row.seq != end.seq + 1:
            problem = "is missing" if row.seq > end.seq + 1 else "stands twice"
            return Verified(end, min(end.seq + 1, row.seq), problem)
        try:
            values = {"before": json.loads(row.before), "after": json.loads(row.after)}
            right = chained(bytes.fromhex(end.hash), said | values).hex()
        except (ValueError, InputError):
            right = ""
        if right != row.hash:
            return Verified(end, row.seq, "was changed, or the row before it")
        end = Head(chain, row.seq, row.hash)
        seen = seen or row.hash == expected
    if not seen:
        return Verified(end, end.seq + 1, f"is missing: no row has the expected hash {expected:.16}...")
    return Verified(end)


def _rows(session: Session, chain: int) -> Generator[Any, None, None]:
    columns = (Audit.seq, Audit.at, Audit.actor, Audit.action, Audit.object, Audit.before, Audit.after, Audit.hash)
    query = select(*columns, Audit.id).where(Audit.chain == chain).order_by(Audit.seq, Audit.id)
    found = session.execute(query.execution_options(yield_per=_PAGE))
    try:
        yield from found
    finally:
        found.close()


def _salt(session: Session, chain: int) -> str | None:
    """The secret to hash free text with, where the project is sensitive."""
    if chain == INSTANCE:
        return None
    found = session.execute(select(Project.sensitive, Project.salt).where(Project.id == chain)).first()
    return found.salt if found and found.sensitive else None


def _hidden(value: Any, salt: str, free: bool = False) -> Any:
    if isinstance(value, Mapping):
        return {name: _hidden(part, salt, free or name in FREE_TEXT) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(part, salt, free) for part in value]
    if free and isinstance(value, str) and value:
        return {"sha256": hashlib.sha256(salt.encode() + value.encode()).hexdigest()}
    return value
