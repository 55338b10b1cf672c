"""How does work run in several processes of this machine?

Workers are started afresh (method "spawn": safe beside threads, the same on every system), one with each of the first
shards. All take their shards from one queue, so none waits while there is work; each answers through a pipe of its own,
so a worker that dies is noticed at once. Each gets its share of the cores as its number of threads, unless the user's
environment says otherwise. Ctrl-C reaches the parent alone, which then kills them; they also leave when the parent is
killed. `_release` removes all that could be left behind: at the end, on an error, and at the latest when Python ends.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import weakref
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as connection_wait
from multiprocessing.context import SpawnProcess
from multiprocessing.queues import Queue
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np

from psephos.engine.contract import Engine, Shared, Work, answer, available_cores, thread_limits
from psephos.engine.parcels import Parcel, detach_unused, discard, pack, unpack
from psephos.errors import InputError

_AHEAD = 2  # shards per worker that are under way or wait to be asked for: one to do and one to take up next


class Processes(Engine):
    """A number of worker processes, kept until closed.

    Parameters
    ----------
    workers : int
        How many at most.

    Raises
    ------
    InputError
        If called in a worker process.
    """

    def __init__(self, workers: int) -> None:
        if multiprocessing.current_process().daemon:
            raise InputError("engine", f"cannot be {workers} in a worker process", hint="use engine=1 in there")
        self.window = _AHEAD * workers
        self._workers = workers
        self._context = multiprocessing.get_context("spawn")
        self._members: dict[Connection, SpawnProcess] = {}
        self._blocks: dict[Hashable, SharedMemory] = {}
        self._under_way: set[int] = set()
        self._tasks: Queue[Any] | None = None
        weakref.finalize(self, _release, self._members, self._blocks)

    def begin(self, function: Callable[..., Any], shared: Shared) -> None:
        """Lay out what the shards share, for workers to look at."""
        contiguous = {
            name: np.ascontiguousarray(part) if isinstance(part, np.ndarray) and not part.flags.forc else part
            for name, part in shared.items()
        }
        self._job = pack((function, contiguous), self._blocks, "job")

    def submit(self, index: int, shard: Any, stream: np.random.Generator | None) -> None:
        """Queue the shard, for a new worker if there may be one more."""
        parcel = pack((shard, stream), self._blocks, index)
        self._under_way.add(index)
        if self._tasks is None:
            self._tasks = self._context.Queue()
            self._tasks.cancel_join_thread()
        if len(self._members) < self._workers:
            self._start_worker(self._tasks)
        self._tasks.put((index, self._job, parcel))

    def collect(self, *, wait: bool) -> list[tuple[int, Any]]:
        """Read the answers that have come."""
        ready = connection_wait(list(self._members), None if wait else 0)
        done = []
        for connection in [member for member in self._members if member in ready]:
            try:
                index = connection.recv()
                message = connection.recv_bytes()
            except (EOFError, OSError):
                raise self._loss(connection) from None
            self._under_way.discard(index)
            if index in self._blocks:
                discard(self._blocks.pop(index))
            done.append((index, pickle.loads(message)))  # nosec B301 # noqa: S301 - pickled by our own worker
        return done

    def end(self) -> None:
        """Kill the workers only if they are still at it."""
        if self._under_way:
            self.close()
        elif "job" in self._blocks:
            discard(self._blocks.pop("job"))

    def close(self) -> None:
        """Kill the workers and free the shared memory."""
        _release(self._members, self._blocks)
        self._under_way.clear()
        if self._tasks is not None:
            self._tasks.close()
            self._tasks = None

    def _start_worker(self, tasks: Queue[Any]) -> None:
        ours, theirs = self._context.Pipe(duplex=False)
        with _interrupts_held(), _few_threads(max(1, available_cores() // self._workers)):
            process = self._context.Process(target=_serve, args=(tasks, theirs), daemon=True, name="psephos worker")
            process.start()
            self._members[ours] = process
        theirs.close()

    def _loss(self, connection: Connection) -> RuntimeError:
        process = self._members[connection]
        process.join()
        shards = ", ".join(map(str, sorted(self._under_way)))
        error = RuntimeError(
            f"a worker process ended with code {process.exitcode} while shards {shards} were under way"
        )
        error.add_note("Code -9 is most often the system running out of memory: use fewer workers or smaller shards.")
        error.add_note("Code 1 at the start: a script must be a file and do so under `if __name__ == '__main__':`.")
        return error


@contextmanager
def _few_threads(threads: int) -> Iterator[None]:
    """Start a worker with these limits; libraries read them before any of our code runs there."""
    limits = thread_limits(threads)
    os.environ.update(limits)
    try:
        yield
    finally:
        for name in limits:
            del os.environ[name]


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back: from this process until the block ends, from workers started in it for good."""
    held: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    ours = threading.current_thread() is threading.main_thread() and before is not None
    if ours:
        signal.signal(signal.SIGINT, lambda number, frame: held.append(number))  # noqa: ARG005
    if hasattr(signal, "pthread_sigmask"):
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if ours:
            signal.signal(signal.SIGINT, before)
        if held:
            signal.raise_signal(signal.SIGINT)


def _release(members: dict[Connection, SpawnProcess], blocks: dict[Hashable, SharedMemory]) -> None:
    with _interrupts_held():
        for process in members.values():
            process.kill()
        for connection, process in members.items():
            process.join()
            connection.close()
        members.clear()
        for block in blocks.values():
            discard(block)
        blocks.clear()


def _serve(tasks: Queue[Any], results: Connection) -> None:
    """Work off the queue; the whole life of a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    desk = _Desk()
    while True:
        index, job, parcel = tasks.get()
        message = answer(partial(desk.load, job, parcel))
        results.send(index)
        results.send_bytes(message)
        detach_unused(desk.attached)


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class _Desk:
    """What lies open before a worker: the current job, and the blocks of shared memory it looks into."""

    def __init__(self) -> None:
        self.attached: list[SharedMemory] = []
        self._parcel: Parcel | None = None
        self._job: Any = None

    def load(self, job: Parcel, parcel: Parcel) -> Work:
        if job != self._parcel:
            self._parcel = self._job = None
            self._job = unpack(job, self.attached)
            self._parcel = job
        function, shared = self._job
        shard, stream = unpack(parcel, self.attached)
        return function, shared, shard, stream
