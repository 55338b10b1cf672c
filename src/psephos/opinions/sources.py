"""What was read, in the words of the command line and as SHA-256, so that a result can be had again?"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from psephos.opinions.building import Missing
from psephos.opinions.frames import Tables
from psephos.opinions.model import Source


def given_paths(path: str | Path | Sequence[str | Path], about: Tables | None) -> tuple[str, ...]:
    """What the user named, as texts; nothing if any of it is gone once it was read: a pipe, a table of no file.

    Only then is there a command that gives the result again.
    """
    given = (str(path),) if isinstance(path, (str, Path)) else tuple(map(str, path))
    kept = all(name == "-" or Path(name).is_file() or Path(name).is_dir() for name in given)
    return given if kept and all(isinstance(table, (str, Path)) for table in (about or {}).values()) else ()


def stated_options(
    kind: str | None,
    columns: Mapping[str, str] | None,
    about: Tables | None,
    repeated: str,
    missing: Missing = (),
    *,
    wide: str | None = None,
    encoding: str = "utf-8",
    format: str | None = None,  # noqa: A002 - the word users type
    layout: str | None = None,
) -> tuple[str, ...]:
    """How opinions were read, in words of the command line; defaults need none.

    They stand in the command of a result, between the paths and the options of the method.
    """
    options: list[tuple[str, str | None]] = [("--kind", kind), ("--wide", wide)]
    options += [("--format", format), ("--layout", layout)]
    options += [("--column", f"{part}={name}") for part, name in (columns or {}).items()]
    options += [("--about", f"{name}={table}") for name, table in (about or {}).items()]
    options += [("--repeated", repeated if repeated != "auto" else None)]
    options += [("--missing", listed_texts([missing] if isinstance(missing, str) else missing))]
    options += [("--encoding", encoding if encoding != "utf-8" else None)]
    return tuple(word for name, value in options if value is not None for word in (name, value))


def listed_texts(texts: Collection[str]) -> str | None:
    """Texts as one line of CSV, the form in which an option of the command line takes several; None if there are none.

    Examples
    --------
    >>> listed_texts(["NA", "a,b"]), listed_texts([])
    ('NA,"a,b"', None)
    """
    if not texts:
        return None
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(texts)
    return line.getvalue()


def hashed_tables(tables: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Path and SHA-256 of each table about things that is a file.

    They are part of the input: another table about items can give another result.
    """
    files = [Path(table) for table in tables.values() if isinstance(table, (str, Path))]
    return tuple((str(file), sha256_of(file)) for file in files if file.is_file())


def one_source(sources: Iterable[Source]) -> Source:
    """The files of several inputs as one source, for a result that was made of all of them.

    What was named and how it was read is not in it: that is in the command of the result.
    """
    every = list(sources)
    return Source(
        tuple(name for one in every for name in one.names),
        tuple(sha256 for one in every for sha256 in one.sha256),
        tables=tuple(table for one in every for table in one.tables),
    )


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, as `sha256sum` prints it.

    Read piece by piece, so that a file may be larger than memory.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
