"""How is nobody asked, and paid, twice for the same answer?

Replies are kept in one SQLite file under the key of their request (`request_key`). A reply is in the file before it is
handed over, so a process that is killed at any moment loses no finished answer; several threads and processes may share
the file, and of two that ask the same at once in one process the second waits for the first. Failures are not kept,
nor is a reply of several samples of which one failed.

Source: sheet 19. Differs: nothing.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from psephos.errors import InputError
from psephos.opinions.canonical_json import canonical_json
from psephos.voters.language_model.protocol import LanguageModel
from psephos.voters.language_model.replies import FAILED, Reply
from psephos.voters.language_model.requests import Request, request_key

_FORMAT = 1
_PATIENCE = 60.0


class Caching:
    """A model whose answers are kept.

    Parameters
    ----------
    model : LanguageModel
        Who is asked behind it.
    path : str or Path
        The file; made if it is missing.

    Raises
    ------
    InputError
        If the file cannot be opened or is no such cache.

    Examples
    --------
    >>> import tempfile
    >>> from psephos.voters.language_model import Scripted
    >>> file = Path(tempfile.mkdtemp(), "answers.sqlite")
    >>> with Caching(Scripted(["4", "5"]), file) as model:
    ...     replies = [model.complete(Request.of("2 + 2?")) for _ in range(2)]
    >>> [(reply.text, reply.cached) for reply in replies]
    [('4', False), ('4', True)]
    """

    def __init__(self, model: LanguageModel, path: str | Path) -> None:
        self._model = model
        self._path = Path(path)
        self._lock = threading.Lock()
        self._asking: dict[str, threading.Event] = {}
        try:
            self._file = sqlite3.connect(
                self._path, timeout=_PATIENCE, check_same_thread=False, isolation_level=None, cached_statements=16
            )
            self._prepare()
        except sqlite3.Error as problem:
            raise InputError(str(self._path), f"cannot be a cache of answers: {problem}") from None

    @property
    def id(self) -> str:
        """That of the model."""
        return self._model.id

    def __len__(self) -> int:
        with self._lock:
            return int(self._file.execute("select count(*) from replies").fetchone()[0])

    def complete(self, request: Request) -> Reply:
        """The kept answer, or else the model's, which is kept."""
        key = request_key(self.id, request)
        with self._alone(key):
            kept = self._kept(key)
            if kept is not None:
                return kept
            reply = self._model.complete(request)
            if any(sample.stop == FAILED for sample in reply.samples):
                return reply
            with self._lock:
                row = (key, request.tag, canonical_json(reply.to_dict()))
                added = self._file.execute("insert or ignore into replies values (?, ?, ?)", row).rowcount
            if not added:  # another process was faster, and its answer is the one that everybody gets from now on
                return self._kept(key) or reply
            return reply

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def __enter__(self) -> Caching:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _prepare(self) -> None:
        self._file.execute("pragma journal_mode = wal")
        self._file.execute("pragma synchronous = normal")
        found = int(self._file.execute("pragma user_version").fetchone()[0])
        tables = self._file.execute("select count(*) from sqlite_master").fetchone()[0]
        if found != _FORMAT and (found or tables):
            self._file.close()
            raise InputError(str(self._path), "is a database of another kind", hint="name a new file")
        self._file.execute(
            "create table if not exists replies (key text primary key, tag text, reply text) without rowid"
        )
        self._file.execute(f"pragma user_version = {_FORMAT}")

    def _kept(self, key: str) -> Reply | None:
        with self._lock:
            row: Any = self._file.execute("select reply from replies where key = ?", (key,)).fetchone()
        return None if row is None else Reply.from_dict(json.loads(row[0]))

    @contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        """Wait until no other thread asks the same."""
        mine = threading.Event()
        while True:
            with self._lock:
                other = self._asking.setdefault(key, mine)
            if other is mine:
                break
            other.wait()
        try:
            yield
        finally:
            with self._lock:
                del self._asking[key]
            mine.set()
