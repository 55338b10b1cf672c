"""What has been sampled and paid already, if the work was broken off at any moment?

A log is a file of JSON Lines, one for each sample, in the columns of opinions of kind ``samples``. A line is on the
disk (``fsync``) before the sample is handed over, so that neither a killed process nor a lost machine loses a finished
one. A line that was cut by the end of the process is not counted and is taken off before the next is written.

A text file and not SQLite: the log is data that can be read while it grows (``psephos decide answers.jsonl``), and only
ever appended to, by one process at a time, which a lock on the file sees to. An ``fsync`` takes a few milliseconds, a
sample of a language model a hundred times as long.

Each line has the key of its request (`request_key`), by which samples of another model or of other settings are found
and refused. Keys of servers are in no request, and so in no log.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import polars as pl

from psephos.errors import InputError, ParseError
from psephos.voters.language_model.protocol import LanguageModel, Reply, Request, canonical, request_key

FAILED = "failed"
"""Status of a request that no answer came to."""

KEY_SIGNS = 16
"""Signs of the key of a request that a line holds."""

SAMPLES: dict[str, Any] = {
    "item": pl.String,
    "voter": pl.String,
    "draw": pl.Int64,
    "answer": pl.String,
    "text": pl.String,
    "status": pl.String,
    "cost": pl.Float64,
    "tokens": pl.Int64,
    "logprobs": pl.List(pl.Float64),
}
"""Columns of samples, and their types."""

_FURTHER = {"reason": pl.String, "key": pl.String}


class SampleLog:
    """A file to which samples are appended as they come.

    Parameters
    ----------
    path : str or Path
        The file; made if it is missing.

    Attributes
    ----------
    rows : list of dict
        All samples, those in the file first.

    Raises
    ------
    InputError
        If another process writes to it.
    ParseError
        If it is no such log, or a line but the last is damaged.

    Examples
    --------
    >>> import tempfile
    >>> from psephos.voters.language_model import Scripted
    >>> file = Path(tempfile.mkdtemp(), "answers.jsonl")
    >>> model, request = Scripted(["4"]), Request.of("2 + 2?")
    >>> with SampleLog(file) as log:
    ...     log.add(sample_row("sum", model, request, model.complete(request), str.strip))
    >>> with SampleLog(file) as log:
    ...     print([(row["item"], row["draw"], row["answer"]) for row in log.rows])
    [('sum', 0, '4')]
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        try:
            self._file: IO[bytes] = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666), "r+b", buffering=0)
        except OSError as problem:
            raise InputError(str(self.path), f"cannot be a log of samples: {problem.strerror}") from None
        try:
            _take(self._file, self.path)
            self.rows, self._end = _read(self._file.read(), self.path)
            self._file.truncate(self._end)
        except BaseException:
            self._file.close()
            raise

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, row: dict[str, Any]) -> None:
        """Write a sample, and be sure that it is written; safe in threads."""
        line = canonical(row).encode() + b"\n"
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

    def __enter__(self) -> SampleLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def sample_row(item: str, model: LanguageModel, request: Request, reply: Reply, answer: Any) -> dict[str, Any]:
    """The first sample of a reply as a row of a log.

    Parameters
    ----------
    item : str
    model : LanguageModel
    request : Request
    reply : Reply
    answer : callable
        Takes the answer out of a text, None if there is none.

    Returns
    -------
    dict
    """
    sample = reply.samples[0]
    found = answer(sample.text) or None
    row = _row(item, model, request)
    row |= {"answer": found, "text": sample.text, "status": sample.stop or "stop"}
    if found is None:
        row["status"] = "no answer" if sample.text.strip() else "empty"
    row |= {"cost": reply.usage.cost, "tokens": reply.usage.tokens_out}
    if sample.logprobs is not None:
        row["logprobs"] = list(sample.logprobs)
    return row


def failed_row(item: str, model: LanguageModel, request: Request, reason: str) -> dict[str, Any]:
    """A request that no answer came to, as a row of a log: a draw without an answer, never a vote."""
    return _row(item, model, request) | {"answer": None, "status": FAILED, "reason": reason}


def sample_frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows of a log as a table of the columns of ``samples``."""
    names = [*SAMPLES, *_FURTHER]
    return pl.DataFrame(
        [[row.get(name) for name in names] for row in rows], schema={**SAMPLES, **_FURTHER}, orient="row"
    ).drop("key")


def short_key(model: LanguageModel, request: Request) -> str:
    """What a line says of its request."""
    return request_key(model.id, request)[:KEY_SIGNS]


def _row(item: str, model: LanguageModel, request: Request) -> dict[str, Any]:
    return {"item": item, "voter": voter_name(model), "draw": request.sample_index, "key": short_key(model, request)}


def voter_name(model: LanguageModel) -> str:
    """A model as a voter: the first word of its id.

    Examples
    --------
    >>> from psephos.voters.language_model import Scripted
    >>> voter_name(Scripted([], id="small at http://127.0.0.1:8000/v1/chat/completions"))
    'small'
    """
    return model.id.split(" at ", 1)[0].split(" xllamacpp", 1)[0].strip() or "model"


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


def _read(content: bytes, path: Path) -> tuple[list[dict[str, Any]], int]:
    """The whole lines, and where they end."""
    end = content.rfind(b"\n") + 1
    rows = []
    for number, line in enumerate(content[:end].splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            known = {"item": str, "voter": str, "draw": int, "status": str, "key": str}
            if not all(type(row[name]) is kind for name, kind in known.items()):
                raise TypeError
        except (ValueError, KeyError, TypeError, RecursionError):
            hint = "take the line out, or name another file"
            raise ParseError(str(path), "is no log of samples", where=f"line {number}", hint=hint) from None
        rows.append(row)
    if content and not end and not content.startswith(b"{"):
        raise ParseError(str(path), "is no log of samples", hint="name another file")
    return rows, end
