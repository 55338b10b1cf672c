"""The ``.eval`` files of Inspect: a zip archive with a header and one JSON object for each sample and epoch.

The archive is opened once. Of each sample only as much is unpacked as holds the fields that are read (`NEEDED`); what
follows, events above all, is most of a log and stays packed. Inspect packs by Deflate, since version 0.3.2xx by
Zstandard, which Python can unpack itself from 3.14 on, and before with `backports.zstd`, `zstandard` or `pyarrow`.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import IO, Any

from psephos.errors import MissingPartError, ParseError
from psephos.opinions.eval_logs.inspect_log import ATTACHED, NEEDED, InspectLog
from psephos.opinions.text_files import Table

ZSTANDARD = 93
"""The number of Zstandard among the methods of zip archives."""

MOST = 2**26
"""Characters of one sample that are unpacked, at most."""

ALWAYS, RATIO = 2**28, 100
"""Characters of all samples together that are unpacked in any case, and how many for each byte of the archive."""

_UNPACKERS: dict[str, Callable[[Any, IO[bytes]], IO[bytes]]] = {
    "compression.zstd": lambda zstd, packed: zstd.ZstdFile(packed),
    "backports.zstd": lambda zstd, packed: zstd.ZstdFile(packed),
    "zstandard": lambda zstd, packed: zstd.ZstdDecompressor().stream_reader(packed, read_across_frames=True),
    "pyarrow": lambda arrow, packed: arrow.CompressedInputStream(packed, "zstd"),
}
"""What unpacks Zstandard, the first that is there."""

_ERRORS = {"zlib": "error", "lzma": "LZMAError", **dict.fromkeys(_UNPACKERS, "ZstdError")}
"""What each way to unpack raises of damaged bytes, where it has an error of its own."""

_PIECE = 2**16
_HEADERS = ("header.json", "_journal/start.json")
_DECODER = json.JSONDecoder()
_BLANK = " \t\r\n"


def read_eval(data: bytes, name: str, *, encoding: str = "utf-8") -> Table:  # noqa: ARG001 - as all readers
    """The samples of an ``.eval`` file.

    Parameters
    ----------
    data : bytes
        What the file holds.
    name : str
        The file, for messages.
    encoding : str
        Not used: the archive says its own.

    Returns
    -------
    Table

    Raises
    ------
    ParseError
        If it is no such archive, or of an unknown version.
    MissingPartError
        If it is packed by Zstandard and nothing can unpack that.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as problem:
        raise ParseError(name, f"is no archive of Inspect: {problem}") from None
    entries = {entry.filename: entry for entry in archive.infolist()}
    header = next((entries[one] for one in _HEADERS if one in entries), None)
    if header is None:
        raise ParseError(name, f"is no archive of Inspect: it has no {_HEADERS[0]}")
    log = InspectLog(_whole(data, archive, header, name), name)
    row, room = 0, _Room(max(ALWAYS, RATIO * len(data)))
    for entry in archive.infolist():
        if not entry.filename.startswith("samples/") or not entry.filename.endswith(".json"):
            continue
        row += 1
        try:
            log.add(_fields(_unpacked(data, archive, entry), room), row)
        except _TooLargeError:
            log.table.set_aside(f"a sample of more than {MOST:,} characters", row)
        except _damage():
            log.table.set_aside("a damaged sample", row)
        if room.left < 0:
            said = f"its samples unpack to more than {room.size:,} characters, {RATIO} for each byte"
            raise ParseError(name, f"is no archive of Inspect: {said}", hint="it may be made to fill the memory")
    return log.table.table()


class _TooLargeError(Exception):
    """A sample, or all together, are larger than logs are."""


class _Room:
    """How many characters may still be unpacked."""

    def __init__(self, size: int) -> None:
        self.size = self.left = size


def _damage() -> tuple[type[Exception], ...]:
    """The errors of an entry that cannot be read, with those of what unpacks it and is loaded."""
    own = [getattr(sys.modules[name], error, None) for name, error in _ERRORS.items() if name in sys.modules]
    common = (ValueError, RecursionError, EOFError, OSError, zipfile.BadZipFile)
    return (*common, *(error for error in own if error is not None))


def _whole(data: bytes, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> dict[str, Any]:
    """The header."""
    try:
        found = json.loads(_unpacked(data, archive, entry).read(MOST))
    except _damage() as problem:
        raise ParseError(name, f"has a damaged header: {problem!s:.80}") from None
    if not isinstance(found, dict):
        raise ParseError(name, "has a damaged header: it is no object")
    return found


def _unpacked(data: bytes, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> IO[bytes]:
    """An entry of the archive as a stream."""
    if entry.compress_type != ZSTANDARD:
        try:
            return archive.open(entry)
        except (NotImplementedError, RuntimeError) as problem:  # encrypted, or packed by a method without a name
            raise OSError(str(problem)) from None
    start = entry.header_offset
    names = int.from_bytes(data[start + 26 : start + 28], "little") + int.from_bytes(
        data[start + 28 : start + 30], "little"
    )
    begin = start + 30 + names
    return _zstandard(io.BytesIO(data[begin : begin + entry.compress_size]))


def _zstandard(packed: IO[bytes]) -> IO[bytes]:
    """A stream that unpacks Zstandard, by whatever can."""
    for module, opened in _UNPACKERS.items():
        try:
            found = import_module(module)
        except ImportError:
            continue
        return opened(found, packed)
    raise MissingPartError("zstandard", "logs", "logs of Inspect that are packed by Zstandard")


def _fields(stream: IO[bytes], room: _Room) -> dict[str, Any]:
    """The fields of a sample that are needed, without what follows them."""
    found: dict[str, Any] = {}
    wanted = set(NEEDED)
    for key, value in _pairs(stream, room):
        if key in NEEDED or key in ("error", "attachments"):
            found[key] = value
        if wanted <= found.keys() and _is_complete(found):
            break
    return found


def _is_complete(found: dict[str, Any]) -> bool:
    """Whether nothing that comes later is needed: a text that is named only, an error."""
    if not found["scores"] and "error" not in found:
        return False
    named = ATTACHED in json.dumps([found["input"], found["output"]])
    return not named or "attachments" in found


def _pairs(stream: IO[bytes], room: _Room) -> Iterator[tuple[str, Any]]:
    """Keys and values of a JSON object, unpacked piece by piece."""
    decode = io.TextIOWrapper(stream, encoding="utf-8")
    text, at, read = "", 0, 0

    def more(size: int) -> bool:
        nonlocal text, at, read
        piece = decode.read(size)
        read += len(piece)
        room.left -= len(piece)
        if read > MOST or room.left < 0:
            raise _TooLargeError
        text, at = text[at:] + piece, 0
        return bool(piece)

    def sign() -> str:
        nonlocal at
        while True:
            while at < len(text) and text[at] in _BLANK:
                at += 1
            if at < len(text):
                at += 1
                return text[at - 1]
            if not more(_PIECE):
                raise EOFError("the sample ends too soon")

    def value() -> Any:
        nonlocal at
        size = _PIECE
        while True:
            while at < len(text) and text[at] in _BLANK:
                at += 1
            try:
                found, end = _DECODER.raw_decode(text, at)
            except json.JSONDecodeError:
                end = len(text)
            if end < len(text):  # a number that ends where the piece does may go on
                at = end
                return found
            if not more(size):
                raise EOFError("the sample ends too soon")
            size *= 2

    if sign() != "{":
        raise ValueError("no object")
    mark = sign()
    if mark != "}":
        at, mark = at - 1, ","
    while mark == ",":
        key = value()
        if not isinstance(key, str) or sign() != ":":
            raise ValueError("no object")
        yield key, value()
        mark = sign()
