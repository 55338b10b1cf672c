"""How does a file get to the disk whole or not at all?

The bytes go to a temporary file in the same folder, are flushed to the disk, and take the name of the target in one
step; a reader sees the old file or the new one, never half of one. A process that is killed in between leaves the old
file as it was, and at most a hidden `.psephos-*.tmp` beside it.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any, Literal, overload

from psephos.errors import InputError, check_choice


@overload
def atomic_write(path: str | os.PathLike[str], mode: Literal["w"] = "w") -> AbstractContextManager[IO[str]]: ...
@overload
def atomic_write(path: str | os.PathLike[str], mode: Literal["wb"]) -> AbstractContextManager[IO[bytes]]: ...
def atomic_write(path: str | os.PathLike[str], mode: str = "w") -> AbstractContextManager[IO[Any]]:
    """Open a file for writing that appears under its name only once it is complete.

    An existing file keeps its permissions, a new one gets the usual ones; a symbolic link is followed to its file. Text
    is UTF-8 and line ends are written as given.

    Parameters
    ----------
    path : str or path-like
        The file to write or replace.
    mode : {"w", "wb"}
        Text or bytes.

    Returns
    -------
    context manager
        Gives the open file. If its block raises, the target is left as it was.

    Raises
    ------
    InputError
        If `path` is a folder or a device, or if its folder is missing or cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with atomic_write(folder / "verdict.txt") as file:
    ...     _ = file.write("yes")
    >>> (folder / "verdict.txt").read_text()
    'yes'
    """
    check_choice("mode", mode, ("w", "wb"))
    return _written_then_renamed(check_target(path), mode)


def check_target(path: str | os.PathLike[str]) -> Path:
    """Refuse a path that no file can be written to; nothing is written.

    For whoever writes only after long work, so that the work is not done in vain.

    Parameters
    ----------
    path : str or path-like
        The file to be written or replaced later.

    Returns
    -------
    Path
        Where it leads; a symbolic link is followed.

    Raises
    ------
    InputError
        As `atomic_write`.

    Examples
    --------
    >>> check_target("verdict.txt").name
    'verdict.txt'
    """
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise InputError(str(path), "is a link that leads in a circle", hint="name another file")
    if target.exists() and not target.is_file():
        kind = "a folder" if target.is_dir() else "not an ordinary file"
        raise InputError(str(path), f"is {kind}", hint="name a file to write")
    if target.exists() and not os.access(target, os.W_OK):
        raise InputError(str(path), "is write-protected", hint="name another file or change its permissions")
    try:
        Path(target.parent, "..").stat()  # fails too if the parent is a file
    except OSError as error:
        raise _unwritable(target, error) from error
    return target


@contextmanager
def _written_then_renamed(target: Path, mode: str) -> Iterator[IO[Any]]:
    temporary = target.with_name(f".psephos-{secrets.token_hex(8)}.tmp")
    text = {} if mode == "wb" else {"encoding": "utf-8", "newline": ""}
    try:
        stream = temporary.open(mode.replace("w", "x"), **text)  # type: ignore[call-overload]
    except OSError as error:
        raise _unwritable(target, error) from error
    try:
        with stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _flush_folder(target.parent)


def _unwritable(target: Path, error: OSError) -> InputError:
    hint = "create the folder first" if isinstance(error, FileNotFoundError) else "name a folder you may write to"
    return InputError(str(target), f"cannot be written: {error.strerror}", hint=hint)


def _flush_folder(folder: Path) -> None:
    """Make the new name itself survive a power cut; Windows neither needs nor allows it."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
