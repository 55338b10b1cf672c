"""How does interrupted work go on where it stopped?

Each finished shard is kept as one file of a folder, whole or not at all, beside a manifest that says what the work is:
the function, what its caller says the results depend on, the seed, the number of shards, the version of psephos. Work
with another manifest is refused. A file is named by the number of its shard and a digest of the shard itself, so that a
shard which has changed is done again, as is one whose file is damaged. The files are .npz: arrays as they are, all else
as JSON in the entry "json"; reading them executes nothing (no pickle).
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import psephos
from psephos.engine.contract import Engine, Failure, Shared
from psephos.engine.files import atomic_write
from psephos.errors import InputError

MANIFEST = "manifest.json"

_DAMAGE = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile)
_MISSING = object()


class Resuming(Engine):
    """An engine that does only the shards which a folder does not hold yet, and keeps what it does.

    Parameters
    ----------
    engine : Engine
        Where the rest is done.
    folder : Path
        What `open_folder` returned.
    """

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.window = engine.window
        self._engine = engine
        self._folder = folder
        self._found: list[tuple[int, Any]] = []
        self._files: dict[int, Path] = {}

    def begin(self, function: Callable[..., Any], shared: Shared) -> None:
        """Prepare the engine."""
        self._engine.begin(function, shared)

    def submit(self, index: int, shard: Any, stream: np.random.Generator | None) -> None:
        """Read what is kept of the shard, or else have it done."""
        digest = hashlib.blake2b(pickle.dumps(shard, protocol=5), digest_size=8).hexdigest()
        file = self._folder / f"{index:06d}-{digest}.npz"
        result = _load(file)
        if result is _MISSING:
            self._files[index] = file
            self._engine.submit(index, shard, stream)
        else:
            self._found.append((index, result))

    def collect(self, *, wait: bool) -> list[tuple[int, Any]]:
        """Hand over what was found and what was done, keeping the latter."""
        found, self._found = self._found, []
        done = self._engine.collect(wait=wait and not found)
        for index, result in done:
            file = self._files.pop(index)
            if not isinstance(result, Failure):
                _save(file, result)
        return found + done

    def end(self) -> None:
        """Stop the engine; what is kept stays."""
        self._engine.end()


def open_folder(
    path: str | os.PathLike[str],
    function: Callable[..., Any],
    job: Mapping[str, Any] | None,
    stream: np.random.Generator | None,
    total: int | None,
) -> Path:
    """Begin the work that this folder is to keep, or make sure that it is the work which the folder keeps.

    Parameters
    ----------
    path : path-like
        The folder; created if it is missing.
    function : callable
        What is applied to the shards.
    job : mapping
        What else the results depend on, JSON-able.
    stream : Generator or None
        The parent of the shards' streams.
    total : int or None
        Number of shards, if known.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If the folder holds other work or other files, or if `job` is missing or not JSON-able.
    """
    folder = Path(path)
    manifest = {
        "psephos": psephos.__version__,
        "function": _full_name(function),
        "job": _checked_job(job),
        "seed": None if stream is None else _origin(stream),
        "shards": total,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError("resume", f"{folder} cannot be a folder: {error.strerror}") from error
    file = folder / MANIFEST
    if file.exists():
        _check_same_work(file, manifest)
    elif any(folder.glob("[!.]*")):
        raise InputError(
            "resume", f"{folder} holds other files and no {MANIFEST}", hint="name an empty or a new folder"
        )
    else:
        with atomic_write(file) as stream_to:
            json.dump(manifest, stream_to, indent=2)
    return folder


def _full_name(function: Callable[..., Any]) -> str:
    if not hasattr(function, "__qualname__"):
        raise InputError(
            "function", f"must have a name to be resumed, got {function!r}", hint="pass `shared`, no partial"
        )
    return f"{function.__module__}.{function.__qualname__}"


def _checked_job(job: Mapping[str, Any] | None) -> dict[str, Any]:
    if job is None:
        hint = "name the parameters and a hash of the input; an empty dict says that there is nothing"
        raise InputError("job", "is needed with resume: what the results depend on", hint=hint)
    if not _is_json(dict(job)):
        raise InputError("job", f"must hold text, numbers, lists and dicts only, got {job!r}")
    return dict(job)


def _origin(stream: np.random.Generator) -> str:
    source = stream.bit_generator
    seed: Any = source.seed_seq
    return f"{type(source).__name__}({seed.entropy}, {seed.spawn_key}, {seed.n_children_spawned})"


def _check_same_work(file: Path, manifest: dict[str, Any]) -> None:
    hint = "repeat the call that began it, or name a new folder"
    try:
        begun = json.loads(file.read_bytes())
        different = [part for part in manifest if begun[part] != manifest[part]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("resume", f"{file} cannot be read", hint="name a new folder") from error
    if different:
        what = ", ".join(f"{part} was {begun[part]!r} and is now {manifest[part]!r}" for part in different)
        raise InputError("resume", f"{file.parent} keeps other work: {what}", hint=hint)


def _save(file: Path, result: Any) -> None:
    """Write a result: `fields` lists (name, kind, value); the value of an array or scalar is the name of its entry."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    fields = []
    for name, value in result.items() if type(result) is dict else [("", result)]:
        if isinstance(value, np.generic) or type(value) is np.ndarray:
            array = np.asarray(value)
            if not array.dtype.hasobject and isinstance(name, str):
                entry = f"array{len(arrays)}"
                arrays[entry] = array
                fields.append((name, "array" if isinstance(value, np.ndarray) else "scalar", entry))
                continue
        if not _is_json(value) or not isinstance(name, str):
            found = f"{name!r}: {type(value).__qualname__}" if name else type(value).__qualname__
            hint = "let the function return arrays without objects, JSON-able values, or a dict of these"
            raise InputError("resume", f"cannot keep a result with {found}", where=file.stem, hint=hint)
        fields.append((name, "json", value))
    text = json.dumps({"single": type(result) is not dict, "fields": fields})
    arrays["json"] = np.frombuffer(text.encode(), np.uint8)
    with atomic_write(file, "wb") as stream:
        np.savez(stream, allow_pickle=False, **arrays)


def _load(file: Path) -> Any:
    """Read a result; `_MISSING` if there is none or it is damaged."""
    if not file.exists():
        return _MISSING
    try:
        with zipfile.ZipFile(file) as archive:
            if archive.testzip() is not None:  # NumPy stops at the end of the array, before the checksum
                return _MISSING
        with np.load(file, allow_pickle=False) as entries:
            head = json.loads(entries["json"].tobytes())
            result = {name: _field(entries, kind, value) for name, kind, value in head["fields"]}
    except _DAMAGE:
        return _MISSING
    return result[""] if head["single"] else result


def _field(entries: Mapping[str, npt.NDArray[Any]], kind: str, value: Any) -> Any:
    if kind == "json":
        return value
    return entries[value] if kind == "array" else entries[value][()]


def _is_json(value: Any) -> bool:
    """Whether a value comes back from JSON as it was; a tuple, for one, does not."""
    if type(value) is dict:
        return all(type(name) is str and _is_json(part) for name, part in value.items())
    if type(value) is list:
        return all(map(_is_json, value))
    return value is None or type(value) in (bool, int, float, str)
