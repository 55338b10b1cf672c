"""How do big arrays reach a worker process without a trip through a pipe?

A value is pickled with its array memory kept apart (pickle protocol 5); pickle and memory then lie side by side in one
block of shared memory, and what travels is the name of the block. The worker rebuilds the value around the block: no
copy, read-only, for arrays at any depth. Small values travel as bytes, which costs less than a block.
"""

from __future__ import annotations

import os
import pickle
import secrets
import shutil
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any, cast

from psephos.errors import InputError

BLOCK_FROM = 1 << 16
"""Bytes from which a value gets a block of shared memory."""

_ALIGNMENT = 64  # a cache line, and enough for any dtype


@dataclass(frozen=True, slots=True)
class Parcel:
    """A packed value: the bytes themselves, or the name of the block and the sizes of the parts in it.

    Small values travel as bytes; from `BLOCK_FROM` on their arrays lie in shared memory, where all workers see the
    same copy.
    """

    parts: tuple[bytes, ...] = ()
    block: str = ""
    sizes: tuple[int, ...] = ()


def pack(value: Any, blocks: dict[Hashable, SharedMemory], key: Hashable) -> Parcel:
    """Pack a value; the block that it needs, if any, is put into `blocks[key]` and belongs to the caller.

    Arrays are pickled out of band, so that they are copied once, into the block, and never into the stream.
    """
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    parts = [memoryview(head), *(buffer.raw() for buffer in buffers)]
    sizes = tuple(part.nbytes for part in parts)
    if sum(sizes) < BLOCK_FROM:
        return Parcel(parts=tuple(map(bytes, parts)))
    *starts, total = _places(sizes)
    _check_room(total)
    name = f"psephos-{os.getpid()}-{secrets.token_hex(4)}"  # macOS allows 31 characters
    block = blocks[key] = SharedMemory(name, create=True, size=total)
    memory = cast("memoryview", block.buf)
    for start, part in zip(starts, parts, strict=True):
        memory[start : start + part.nbytes] = part
    return Parcel(block=name, sizes=sizes)


def unpack(parcel: Parcel, attached: list[SharedMemory]) -> Any:
    """Rebuild a packed value in a worker; the block it lies in, if any, is added to `attached`.

    Arrays of a block are views of it, read-only; they keep it attached until nothing points into them.
    """
    parts: Sequence[bytes | memoryview] = parcel.parts
    if parcel.block:
        block = SharedMemory(parcel.block)
        attached.append(block)
        memory = cast("memoryview", block.buf).toreadonly()
        parts = [memory[start : start + size] for start, size in zip(_places(parcel.sizes), parcel.sizes, strict=False)]
    return pickle.loads(parts[0], buffers=parts[1:])  # nosec B301 # noqa: S301 - packed by our own parent process


def detach_unused(attached: list[SharedMemory]) -> None:
    """Let go of the blocks that nothing points into any more.

    Called between shards; a block that a view still points into is tried again the next time.
    """
    for block in attached.copy():
        try:
            block.close()
        except BufferError:  # the function kept a view, or a cycle with one awaits collection: try again next time
            continue
        attached.remove(block)


def discard(block: SharedMemory) -> None:
    """Remove a block of our own from the machine.

    Whoever packed it does this; workers only detach.
    """
    block.close()
    block.unlink()


def _places(sizes: Sequence[int]) -> list[int]:
    """Start of each part in the block, then the size of the block."""
    return list(accumulate((-(-size // _ALIGNMENT) * _ALIGNMENT for size in sizes), initial=0))


def _check_room(size: int) -> None:
    """Refuse what does not fit: Linux would end the process with a bus error at the first byte beyond."""
    if Path("/dev/shm").is_dir():  # nosec B108 # noqa: S108 - the memory of the machine, not a temporary file
        free = shutil.disk_usage("/dev/shm").free  # nosec B108 # noqa: S108
        if size > free:
            hint = "give /dev/shm more room (docker run --shm-size), use smaller shards, or engine=1"
            raise InputError("engine", f"needs {size:,} bytes of shared memory, {free:,} are free", hint=hint)
