"""What do the bytes of a file say, and what does a reader make of it?

A reader takes the bytes of a file and returns a `Table`: the columns as they are, the number of each row in the file,
and what was set aside. Nothing is guessed: text files are UTF-8 unless stated otherwise; compressed and binary files
are refused with a word on what to do.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import EncodingError, InputError, ParseError
from psephos.opinions.issues import Issue

MOST_COLUMNS = 100_000
"""Most columns of a table."""

LONGEST_LINE = 2**28
"""Longest line of a stream in bytes: of what has no end, such as a device, no more than this is read."""

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_FOREIGN = {
    b"\x1f\x8b": "is compressed by gzip; decompress it first",
    b"PK\x03\x04": "is a zip archive or a spreadsheet; unpack it or save it as CSV",
    b"\x28\xb5\x2f\xfd": "is compressed by zstd; decompress it first",
    b"BZh": "is compressed by bzip2; decompress it first",
    b"\xfd7zXZ": "is compressed by xz; decompress it first",
    b"\xd0\xcf\x11\xe0": "is an old spreadsheet; save it as CSV",
    b"SQLite format 3": "is an SQLite database; export the table as CSV",
    b"PAR1": "is a Parquet file; state format='parquet'",
}


@dataclass(frozen=True, eq=False)
class Table:
    """What one file holds: columns, the row number of each row, and what was set aside on the way.

    `frame` has the columns as texts or values of JSON; `rows` counts from 1, without the header.
    """

    frame: pl.DataFrame
    rows: npt.NDArray[np.int64]
    issues: tuple[Issue, ...] = ()
    kind: str | None = None
    """The kind, where the format allows but one."""
    sha256: str = ""
    """SHA-256 of the bytes that were read, as `sha256sum` prints it."""
    about: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    """Tables about things that the file holds beside the opinions."""
    instead: Mapping[str, Table] = field(default_factory=dict)
    """The same file read as another kind, by its name."""


def read_bytes(path: Path) -> bytes:
    """What a file holds; of a pipe or a device as `read_stream` reads it.

    A file that is missing, a folder, or not to be opened is a `ParseError` with the path.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            with path.open("rb") as stream:
                return read_stream(stream, str(path))
        return path.read_bytes()
    except FileNotFoundError:
        raise missing_file(path) from None
    except IsADirectoryError:
        raise ParseError(str(path), "is a folder, not a file", hint="name the files in it") from None
    except (OSError, ValueError) as problem:
        raise ParseError(str(path), f"cannot be opened: {problem}", hint="check that it may be read") from None


def read_stream(stream: BinaryIO, name: str) -> bytes:
    r"""All of a stream whose size nobody knows; a line that does not end is a `ParseError`, not the end of the memory.

    Examples
    --------
    >>> import io
    >>> read_stream(io.BytesIO(b"item,voter\n"), "standard input")
    b'item,voter\n'
    """
    pieces, length = [], 0
    while piece := stream.read(2**20):
        pieces.append(piece)
        end = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
        length = length + len(piece) if end < 0 else len(piece) - end - 1
        if length > LONGEST_LINE:
            problem = f"has a line without end: more than {LONGEST_LINE:,} bytes of it came"
            raise ParseError(name, problem, hint="if that is meant, save it as a file and name that")
    return b"".join(pieces)


def missing_file(path: str | Path) -> ParseError:
    """The complaint of a file that is not there, which may be an address."""
    address = str(path).lower().startswith(("http:/", "https:/", "s3:/"))
    hint = "addresses are not read; download the file first" if address else "check the path"
    return ParseError(str(path), "does not exist", hint=hint)


def refuse_foreign(data: bytes, name: str) -> None:
    """Refuse compressed and binary files by what they begin with."""
    for magic, advice in _FOREIGN.items():
        if data.startswith(magic):
            raise ParseError(name, advice)


def decoded(data: bytes, name: str, encoding: str) -> str:
    """The text of a file; compressed, binary and wrongly encoded files are refused.

    A byte order mark counts more than the stated encoding; there is no guessing. Marks after the first are taken off
    too: a file that was marked twice is the same text.
    """
    refuse_foreign(data, name)
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), encoding)
    hint = "state the encoding, for example encoding='cp1252'"
    try:
        text = data.decode(encoding)
        if not codecs.lookup(encoding).name.startswith("utf-8"):
            text.encode()
    except UnicodeDecodeError as problem:
        where = f"byte {problem.start:,}, line {data.count(10, 0, problem.start) + 1:,}"
        raise EncodingError(name, f"is not {encoding}", where=where, hint=hint) from None
    except UnicodeError:
        raise EncodingError(name, f"is not {encoding}", hint=hint) from None
    except (LookupError, ValueError):
        raise InputError(
            "encoding", f"{encoding!r} is not known", hint="use a name of Python's codecs, such as utf-8 or cp1252"
        ) from None
    text = text.lstrip("\ufeff")
    if "\0" in text:
        raise ParseError(
            name,
            "holds a NUL character, so it is not a text file",
            where=f"character {text.index(chr(0)):,}",
            hint="give format= if it is a table of another format",
        )
    return text


def check_width(name: str, columns: int) -> None:
    """Refuse a table that is wider than tables are; each column has a cost of its own, whatever is in it."""
    if columns > MOST_COLUMNS:
        hint = "it may be cut wrongly: a row is one opinion; matrices are read from .npy"
        raise ParseError(name, f"has {columns:,} columns; at most {MOST_COLUMNS:,} are read", hint=hint)


def numbered(height: int) -> npt.NDArray[np.int64]:
    """Row numbers of a table of which no row is missing: 1 for the first.

    As of formats whose rows are all there; readers that skip lines keep the numbers themselves.
    """
    return np.arange(1, height + 1, dtype=np.int64)
