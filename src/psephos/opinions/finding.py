"""Which files hold opinions, and which hold tables about things?

In a folder, files called like a table about things are those; all others of a known format hold opinions.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from psephos.errors import InputError, ParseError
from psephos.opinions.formats import PLAIN_TEXT, RANKING_READERS, SUFFIXES, TRANSCRIPT_READERS
from psephos.opinions.kinds import ABOUT


def find_files(path: str | Path | Sequence[str | Path]) -> tuple[list[Path], dict[str, Path]]:
    """The files that hold opinions, and by name the files about things, of what the user gave as path.

    Of a folder all files of a known format, else those of its subfolders; ``items``, ``voters``, ``candidates`` and
    ``tasks`` are tables about things.
    """
    given = [path] if isinstance(path, (str, Path)) else list(path)
    if not given or "" in given:
        raise InputError("path", "names no file", hint="check the path or the pattern")
    files: list[Path] = []
    tables: dict[str, Path] = {}
    for place in map(Path, given):
        try:
            inside = sorted(place.iterdir()) if place.is_dir() else None
        except OSError as problem:
            raise ParseError(str(place), f"cannot be opened: {problem}", hint="check that it may be read") from None
        if inside is None:
            files.append(place)
            continue
        inside = [file for file in inside if not file.name.startswith(".")]
        found = _of_opinions(inside)
        if not found:
            raise ParseError(
                str(place),
                f"holds no file of opinions ({', '.join(SUFFIXES)})",
                hint="give the file itself with format=",
            )
        files += found
        for file in inside:
            if _is_about(file) and tables.setdefault(file.stem, file) != file:
                raise InputError("path", f"there are two tables about {file.stem}: {tables[file.stem]} and {file}")
    return files, tables


def _of_opinions(inside: Sequence[Path]) -> list[Path]:
    """The files of opinions among what a folder holds, else those of its subfolders; plain texts come last."""
    known = [file for file in inside if file.suffix.lower() in SUFFIXES and file.is_file() and not _is_about(file)]
    texts = [file for file in known if file.suffix.lower() == PLAIN_TEXT]
    if len(texts) < len(known):
        return [file for file in known if file not in texts]
    nested: list[Path] = []
    for folder in inside:
        try:
            below = sorted(folder.iterdir()) if folder.is_dir() else []
        except OSError as problem:
            raise ParseError(str(folder), f"cannot be opened: {problem}", hint="check that it may be read") from None
        nested += _of_opinions([file for file in below if file.is_file() and not file.name.startswith(".")])
    if texts and all(file.suffix.lower() == PLAIN_TEXT for file in nested):
        return texts
    return nested


def _is_about(file: Path) -> bool:
    """Whether a file of a folder is a table about things."""
    suffix = file.suffix.lower()
    return (
        file.stem in ABOUT
        and suffix in SUFFIXES
        and suffix not in (*TRANSCRIPT_READERS, *RANKING_READERS)
        and file.is_file()
    )


def nested_files(files: Sequence[Path], path: str | Path | Sequence[str | Path]) -> frozenset[Path]:
    """The files that lie in a subfolder of what the user named.

    Their voters may be named by the subfolder, as with a folder for each recogniser.
    """
    given = {Path(place) for place in ([path] if isinstance(path, (str, Path)) else path)}
    return frozenset(file for file in files if file not in given and file.parent not in given)
