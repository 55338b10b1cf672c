"""How does a test, a page or a colleague hear exactly what a model said, without the model?

A cassette is a JSON Lines file. Its first line names the model; each further line holds the key of a request, its tag,
the request (unless it is left out to save room), and the reply. `Recording` asks a model and writes down what is new;
`Replay` answers from the file alone: it never reaches for a network, and a request that the file does not hold is an
error that names its tag. Lines are data: reading them runs nothing. Cassettes hold no keys of servers.

Source: sheet 19. Differs: the id of the model stands in the cassette, since the key of a request depends on it.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from psephos.errors import CassetteMiss, InputError, ParseError
from psephos.opinions.canonical_json import canonical_json
from psephos.voters.language_model.protocol import LanguageModel
from psephos.voters.language_model.replies import Reply
from psephos.voters.language_model.requests import Request, request_key

_FORMAT = 1


class Recording:
    """A model whose answers are written to a cassette; what the cassette holds already is not asked again.

    Parameters
    ----------
    model : LanguageModel
        Who is asked behind it.
    path : str or Path
        The cassette; made if it is missing, continued if not.
    requests : bool, default True
        Whether requests are written down too, for people to read.

    Raises
    ------
    InputError
        If the file cannot be written, is no cassette, or is one of another model.

    Examples
    --------
    >>> import tempfile
    >>> from psephos.voters.language_model import Scripted
    >>> file = Path(tempfile.mkdtemp(), "said.jsonl")
    >>> Recording(Scripted(["4"]), file).complete(Request.of("2 + 2?")).cached
    False
    >>> Replay(file).complete(Request.of("2 + 2?")).text
    '4'
    """

    def __init__(self, model: LanguageModel, path: str | Path, *, requests: bool = True) -> None:
        self._model = model
        self._path = Path(path)
        self._requests = requests
        self._lock = threading.Lock()
        self._replies: dict[str, Reply] = {}
        if self._path.exists() and self._path.stat().st_size:
            said, self._replies = _read(self._path, unfinished=True)
            if said != model.id:
                raise InputError(str(self._path), f"is a cassette of {said!r}, not of {model.id!r}")
            _mend(self._path)
        else:
            self._write({"cassette": _FORMAT, "model": model.id})

    @property
    def id(self) -> str:
        """That of the model."""
        return self._model.id

    def complete(self, request: Request) -> Reply:
        """The recorded answer, or else the model's, which is recorded."""
        key = request_key(self.id, request)
        known = self._replies.get(key)
        if known is not None:
            return known
        reply = self._model.complete(request)
        line: dict[str, Any] = {"key": key, "tag": request.tag, "reply": reply.to_dict()}
        if self._requests:
            line["request"] = request.to_dict()
        with self._lock:
            if key in self._replies:
                return self._replies[key]
            self._write(line)
            self._replies[key] = Reply.from_dict(reply.to_dict())
        return reply

    def _write(self, line: dict[str, Any]) -> None:
        try:
            with self._path.open("a", encoding="utf-8", newline="") as file:
                file.write(canonical_json(line) + "\n")
        except OSError as problem:
            raise InputError(str(self._path), f"cannot be written: {problem.strerror}") from None


class Replay:
    """The model that a cassette holds.

    Parameters
    ----------
    path : str or Path
        What `Recording` wrote.

    Raises
    ------
    ParseError
        If the file cannot be read, is no cassette, or is damaged; the error names the line.

    Examples
    --------
    >>> Replay("no such file.jsonl")
    Traceback (most recent call last):
        ...
    psephos.errors.ParseError: no such file.jsonl: cannot be opened: No such file or directory
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._id, self._replies = _read(self._path)

    @property
    def id(self) -> str:
        """That of the model that was recorded."""
        return self._id

    def __len__(self) -> int:
        return len(self._replies)

    def complete(self, request: Request) -> Reply:
        """The recorded answer.

        Raises
        ------
        CassetteMiss
            If there is none.
        """
        key = request_key(self._id, request)
        reply = self._replies.get(key)
        if reply is None:
            raise CassetteMiss(
                str(self._path),
                f"holds no answer to {request.tag or 'the request'!r} (key {key[:12]})",
                hint="the request has changed since it was recorded, or never was: record it again",
            )
        return reply


def _read(path: Path, *, unfinished: bool = False) -> tuple[str, dict[str, Reply]]:
    """The model of a cassette and its replies by key; the last of a key counts.

    `unfinished` passes over a last line without an end, which a process that was killed may have left.
    """
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            lines = file.read().split("\n")
    except OSError as problem:
        raise ParseError(str(path), f"cannot be opened: {problem.strerror}") from None
    except UnicodeDecodeError as problem:
        raise ParseError(str(path), "is not UTF-8", where=f"byte {problem.start}") from None
    if unfinished and len(lines) > 1:
        lines.pop()  # nothing, if the last line has its end
    hint = "record it again, or take the line out"
    model, replies = None, {}
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
            if model is None:
                if line["cassette"] != _FORMAT:
                    raise ParseError(str(path), f"is a cassette of format {line['cassette']!r:.20}, not {_FORMAT}")
                model = str(line["model"])
            else:
                replies[str(line["key"])] = Reply.from_dict(line["reply"])
        except ParseError:
            raise
        except (ValueError, KeyError, TypeError, RecursionError):
            if model is None:
                raise ParseError(str(path), "is no cassette of a language model", where="line 1") from None
            raise ParseError(str(path), "holds a damaged line", where=f"line {number}", hint=hint) from None
    if model is None:
        raise ParseError(str(path), "is empty")
    return model, replies


def _mend(path: Path) -> None:
    """Cut off a last line that was not written to its end."""
    with path.open("r+b") as file:
        content = file.read()
        if not content.endswith(b"\n"):
            file.truncate(content.rfind(b"\n") + 1 or len(content))
