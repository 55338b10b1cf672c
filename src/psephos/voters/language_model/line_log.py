"""Which lines were finished already, if the work was broken off at any moment?

A log is a file of JSON Lines. A line is on the disk (``fsync``) before what it tells of counts, so that neither a
killed process nor a lost machine loses a finished one. A last line that was cut by the end of the process is not
counted and is taken off before the next is written; one that is whole but for its end, as editors leave it, counts.

A text file and not SQLite: the log is data that can be read while it grows, and only ever appended to, by one process
at a time, which a lock on the file sees to.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from psephos.errors import InputError, ParseError
from psephos.opinions.canonical_json import canonical_json


class LineLog:
    """A file to which lines of JSON are appended as they come.

    Parameters
    ----------
    path : str or Path
        The file; made if it is missing.
    known : mapping of str to type
        Fields that every line has, and their types.
    what : str
        What it is, for errors.

    Attributes
    ----------
    rows : list of dict
        All lines, those in the file first.

    Raises
    ------
    InputError
        If another process writes to it.
    ParseError
        If it is no such log, or a line but the last is damaged.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "lines.jsonl")
    >>> with LineLog(file, {"item": str}, "log of items") as log:
    ...     log.add({"item": "one"})
    >>> with LineLog(file, {"item": str}, "log of items") as log:
    ...     print(log.rows)
    [{'item': 'one'}]
    """

    def __init__(self, path: str | Path, known: Mapping[str, type], what: str) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        try:
            self._file: IO[bytes] = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666), "r+b", buffering=0)
        except OSError as problem:
            raise InputError(str(self.path), f"cannot be a {what}: {problem.strerror}") from None
        try:
            _take(self._file, self.path)
            content = self._file.read()
            self.rows, self._end = _read(content, self.path, known, what)
            self._file.truncate(self._end)
            if self._end and not content[: self._end].endswith(b"\n"):
                self._file.seek(self._end)
                self._end += self._file.write(b"\n")
        except BaseException:
            self._file.close()
            raise

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, row: dict[str, Any]) -> None:
        """Write a line, and be sure that it is written; safe in threads."""
        line = canonical_json(row).encode() + b"\n"
        with self._lock:
            try:
                self._file.seek(self._end)
                written = 0
                while written < len(line):
                    written += self._file.write(line[written:]) or 0
                os.fsync(self._file.fileno())
            except BaseException:
                self._file.truncate(self._end)
                raise
            self._end += len(line)
            self.rows.append(row)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _take(file: IO[bytes], path: Path) -> None:
    """Lock the file until it is closed, or the process ends in whatever way."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(2**40)  # far beyond the end, so that others can still read what is there
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            file.seek(0)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        hint = "wait for it, or name another file"
        raise InputError(str(path), "is being written by another run", hint=hint) from None


def _read(content: bytes, path: Path, known: Mapping[str, type], what: str) -> tuple[list[dict[str, Any]], int]:
    """The whole lines, and where they end: a last line without an end counts if it is JSON, or else was cut."""
    end = content.rfind(b"\n") + 1
    if content[end:].strip() and _is_json(content[end:]):
        end = len(content)
    rows = []
    for number, line in enumerate(content[:end].splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not all(type(row[name]) is kind for name, kind in known.items()):
                raise TypeError
        except (ValueError, KeyError, TypeError, RecursionError):
            hint = "take the line out, or name another file"
            raise ParseError(str(path), f"is no {what}", where=f"line {number}", hint=hint) from None
        rows.append(row)
    if content and not end and not content.startswith(b"{"):
        raise ParseError(str(path), f"is no {what}", hint="name another file")
    return rows, end


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True
