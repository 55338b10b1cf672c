"""Which recordings belong to items, and what are they really?

The type is told by the first bytes, never by the name. A path that a table names is taken only if it leads to a file
inside the folder that was loaded; pages ask for it by its id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from psephos.review.store.tables import Media, Project

LONGEST = 1e9
"""No recording lasts so many seconds, or starts so many milliseconds late."""

_MARKS = (
    (b"fLaC", 0, "audio/flac"),
    (b"OggS", 0, "audio/ogg"),
    (b"ID3", 0, "audio/mpeg"),
    (b"WAVE", 8, "audio/wav"),
    (b"ftyp", 4, "audio/mp4"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"WEBP", 8, "image/webp"),
)


def sniffed(start: bytes) -> str | None:
    r"""The type that the first bytes of a file show; None if it is none of those that are served.

    Examples
    --------
    >>> sniffed(b"RIFF\x24\0\0\0WAVEfmt "), sniffed(b"<svg onload=...>")
    ('audio/wav', None)
    """
    for mark, place, kind in _MARKS:
        if start[place : place + len(mark)] == mark:
            return kind
    is_frame = len(start) > 2 and start[0] == 0xFF and start[1] & 0xE0 == 0xE0 and start[1] & 0x06
    return "audio/mpeg" if is_frame else None


def register(
    session: Session,
    project: Project,
    about: Mapping[str, Mapping[str, Any]],
    names: Iterable[str],
    folder: Path | None,
) -> dict[str, int]:
    """Keep the recordings that items name under ``audio``; return their ids by item.

    A recording that is not there, is of no known type or lies outside of `folder` is left out.
    """
    if folder is None:
        return {}
    root = folder.resolve()
    made: dict[str, Media] = {}
    of_item: dict[str, Media] = {}
    for name in names:
        said = about.get(name, {})
        wanted = said.get("audio")
        if not isinstance(wanted, str) or "\0" in wanted:
            continue
        if wanted not in made:
            found = _recording(root, wanted)
            if found is None:
                continue
            found.project_id = project.id
            found.offset_ms = round(_number(said.get("offset_ms")) or 0)
            found.seconds = _number(said.get("seconds"))
            made[wanted] = found
        of_item[name] = made[wanted]
    session.add_all(made.values())
    session.flush()
    return {name: media.id for name, media in of_item.items()}


def _recording(root: Path, wanted: str) -> Media | None:
    path = (root / wanted).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        return None
    with path.open("rb") as file:
        kind = sniffed(file.read(16))
        if kind is None:
            return None
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Media(name=path.name, path=str(path), type=kind, sha256=digest, size=path.stat().st_size)


def _number(value: Any) -> float | None:
    """What a table says, as text or number; None if it is no number that time can be."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if abs(number) < LONGEST else None
