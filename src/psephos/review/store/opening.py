"""Where is everything kept, and how does one read and write it?

A `Store` is a database, SQLite in a file or PostgreSQL, with two doors:

    with store.read() as session: ...     sees one consistent state
    with store.write() as session: ...    commits as a whole at the end, or not at all

SQLite: write-ahead log, foreign keys, five seconds of patience, and `BEGIN IMMEDIATE` for writes, so that a write
never starts as a read and fails in the middle. Threads of one process take turns in the order in which they come,
which SQLite alone does not promise. The file belongs to its user alone (mode 0600) and must not lie on a network file
system, whose locks cannot be trusted. PostgreSQL: psycopg 3, READ COMMITTED for writes (rows and the chain of the log
are locked by those who write them), REPEATABLE READ for reads.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import Session

from psephos.errors import InputError, MissingPartError, StoreError
from psephos.review.store import account_tables  # noqa: F401 - so that all tables are known
from psephos.review.store.complaints import complaining

PATIENCE = 5.0
"""Seconds to wait for who else writes."""

NETWORK = (
    *("nfs", "cifs", "smb", "sshfs", "afs", "ceph", "gluster", "lustre", "beegfs", "gpfs"),
    *("davfs", "webdav", "gcsfuse", "s3fs"),
)
"""Beginnings of the names of file systems over a network, also behind ``fuse.``."""

MOUNTS = Path("/proc/self/mountinfo")


class Store:
    """A database of the review app; made by `open_store`.

    Attributes
    ----------
    engine : sqlalchemy.Engine
        The database.
    writer : sqlalchemy.Engine
        The same for writing: SQLite takes the lock at once.
    place : str
        What the database is called in messages: its file, or its address without the password.
    """

    def __init__(self, engine: Engine, place: str) -> None:
        self.engine = engine
        self.place = place
        self.writer = engine.execution_options(psephos_write=True)
        self._turn = _Turns() if engine.dialect.name == "sqlite" else None

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that reads one state and changes nothing."""
        with complaining(self.place), Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose changes, with their rows of the log, are kept together or not at all."""
        turn = self._turn or nullcontext()
        with complaining(self.place), turn, Session(self.writer, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def open_store(address: str | Path, *, upgrade: bool = True) -> Store:
    """Open a store, and make it or bring it up to date if needed.

    Parameters
    ----------
    address : str or Path
        A file for SQLite, ``sqlite:///file``, or ``postgresql://user@host/database``.
    upgrade : bool, default True
        Whether missing tables are made and older ones changed to those of this version; else a store of another version
        is refused.

    Returns
    -------
    Store

    Raises
    ------
    InputError
        If the address is not understood, or the file lies on a network file system.
    StoreError
        If the database cannot be opened, is of a later version, or is no store.

    See Also
    --------
    psephos.review.store.migrating.upgrade : what `upgrade` does.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     store = open_store(Path(folder, "review.db"))
    ...     print(store.is_sqlite, oct(Path(folder, "review.db").stat().st_mode & 0o777))
    ...     store.close()
    True 0o600
    """
    from psephos.review.store.migrating import check_version
    from psephos.review.store.migrating import upgrade as upgrade_store

    store = connect(address)
    try:
        with complaining(store.place):
            if upgrade:
                upgrade_store(store)
            else:
                check_version(store)
    except BaseException:
        store.close()
        raise
    return store


def connect(address: str | Path) -> Store:
    """A store as it is, whatever its version; see `open_store`."""
    text = str(address)
    if "://" not in text:
        return _sqlite(Path(text))
    try:
        url = make_url(text)
    except ArgumentError:
        raise InputError(
            "address",
            f"is no address of a database: {text.split('@')[-1]!r:.80}",
            hint="give the path of a file, or postgresql://user@host/name",
        ) from None
    if url.get_backend_name() == "sqlite":
        if not url.database:
            raise InputError("address", "sqlite:// names no file", hint="write sqlite:///FILE")
        return _sqlite(Path(url.database))
    if url.get_backend_name() in ("postgresql", "postgres"):
        return _postgresql(url)
    raise InputError(
        "address",
        f"databases are SQLite files and postgresql://, got {url.drivername!r}",
        hint="give the path of a file, or postgresql://user@host/name",
    )


def _sqlite(path: Path) -> Store:
    path = path.expanduser().resolve()
    kind = file_system_of(path)
    if kind.removeprefix("fuse.").startswith(NETWORK):
        problem = f"lies on a network file system ({kind}), whose locks cannot be trusted"
        raise InputError(str(path), problem, hint="name a file on a local disk, or use postgresql://")
    if path.is_dir():
        raise InputError(str(path), "is a folder", hint="name a file")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as problem:
        raise StoreError(
            str(path), f"cannot be opened: {problem.strerror}", hint="check path and permissions"
        ) from None
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": PATIENCE, "check_same_thread": False, "isolation_level": None},
        pool_size=16,
        max_overflow=32,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Store(engine, str(path))


def _prepare_sqlite(connection: sqlite3.Connection, record: Any) -> None:  # noqa: ARG001 - as the event calls it
    for line in (
        f"PRAGMA busy_timeout = {round(PATIENCE * 1000)}",
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = ON",
        "PRAGMA recursive_triggers = ON",
        "PRAGMA trusted_schema = OFF",
        "PRAGMA cache_size = -65536",
    ):
        connection.execute(line).close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("psephos_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: URL) -> Store:
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            pool_size=16,
            max_overflow=32,
            hide_parameters=True,
            connect_args={"connect_timeout": round(PATIENCE)} if "connect_timeout" not in url.query else {},
        )
    except (ModuleNotFoundError, NoSuchModuleError):
        raise MissingPartError("psycopg", "postgres", "stores in PostgreSQL") from None
    event.listen(engine, "begin", _begin_postgresql)
    return Store(engine, url.render_as_string(hide_password=True))


def _begin_postgresql(connection: Connection) -> None:
    writes = connection.get_execution_options().get("psephos_write", False)
    if not writes:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def file_system_of(path: Path, mounts: Path = MOUNTS) -> str:
    """The type of the file system that holds `path`; empty where it cannot be told."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    longest, kind = -1, ""
    for line in lines:
        fields, _, rest = line.partition(" - ")
        place = Path(fields.split()[4].encode().decode("unicode_escape"))
        if path.is_relative_to(place) and len(place.parts) >= longest:
            longest, kind = len(place.parts), rest.split()[0]
    return kind


class _Turns:
    """A lock that serves threads in the order in which they ask; one that waits too long is told that it is busy."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: list[threading.Event] = []
        self._held_by: int | None = None

    def __enter__(self) -> None:
        if self._held_by == threading.get_ident():
            raise RuntimeError("a write cannot start inside a write of the same thread")
        mine = threading.Event()
        with self._lock:
            self._queue.append(mine)
            if len(self._queue) == 1:
                mine.set()
        if not mine.wait(PATIENCE * 6):
            with self._lock:
                if not mine.is_set():
                    self._queue.remove(mine)
                    raise StoreError("store", "is busy: others write for too long", hint="try again")
        self._held_by = threading.get_ident()

    def __exit__(self, *problem: object) -> None:
        self._held_by = None
        with self._lock:
            self._queue.pop(0)
            if self._queue:
                self._queue[0].set()
