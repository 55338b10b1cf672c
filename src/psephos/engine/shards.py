"""How is one function applied to the many shards of a problem?

    result_k = function(shard_k, **shared, rng=stream_k),        k = 0, 1, 2, ...

yielded in this order by every engine, with equal results: stream k belongs to shard k (see `streams`), arrays cannot be
written to, and the first failure in order is the one that is raised. Only a window of shards is under way at a time, so
`shards` may be a generator over data far larger than memory. The cheapest shards are descriptions - a range of rows of
a shared array, the name of a file - rather than data.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from psephos.engine.contract import Engine, Failure, Shared, available_cores
from psephos.engine.here import ThisProcess
from psephos.engine.progress_bar import progress
from psephos.engine.resume import Resuming, open_folder
from psephos.engine.streams import Rng, generator
from psephos.errors import InputError, check_count

R = TypeVar("R")

Task = tuple[int, Any, np.random.Generator | None]
"""Number of a shard, the shard, its stream."""


def map_shards(
    function: Callable[..., R],
    shards: Iterable[Any],
    *,
    shared: Mapping[str, Any] | None = None,
    rng: Rng = None,
    engine: int | str | Engine = 1,
    label: str | None = None,
    resume: str | os.PathLike[str] | None = None,
    job: Mapping[str, Any] | None = None,
) -> Iterator[R]:
    """Apply a function to every shard and yield the results in the order of the shards.

    Parameters
    ----------
    function : callable
        Called as `function(shard, **shared)`, with `rng=` the stream of the shard if `rng` is given. For other
        processes it must be importable (defined at the top of a module), and a script must call under
        ``if __name__ == "__main__":``.
    shards : iterable
        Consumed as work proceeds, never far ahead of the results taken.
    shared : mapping, optional
        Keyword arguments equal for all shards. Arrays reach worker processes through shared memory, Ray workers through
        the object store. Here and in shards, arrays are read-only, alone or in tuples and dicts.
    rng : int, Generator or SeedSequence, optional
        Makes the work random; None means that the function draws nothing. A random method passes `seed_of(rng)`.
    engine : int, str or Engine
        1: this process. A number: so many worker processes. "cores": one for each core. "ray": the Ray of this machine,
        started if need be. "ray:ADDRESS": a cluster, as in "ray:auto" or "ray:ray://host:10001". An `Engine` from
        `open_engine` is used and left open.
    label : str, optional
        Shows a progress bar with this label.
    resume : path-like, optional
        Folder that keeps each finished shard, so that the same call after an interruption does only the rest. Results
        must then be arrays, JSON-able values, or dicts of these.
    job : mapping, optional
        Needed with `resume`: whatever else the results depend on, JSON-able: the parameters, a hash of the input.

    Returns
    -------
    iterator
        One result per shard. Closing it stops the work.

    Raises
    ------
    InputError
        If the engine is unknown or cannot be reached, or if `resume` holds other work or cannot keep a result.
    MissingPartError
        If Ray is asked for and not installed.
    Exception
        What the function raised, with the number of the shard as a note; the first in the order of shards.

    Examples
    --------
    >>> import math
    >>> list(map_shards(math.factorial, [3, 4, 5]))
    [6, 24, 120]
    """
    root = None if rng is None else generator(rng)
    total = len(shards) if isinstance(shards, Sized) else None
    folder = None if resume is None else open_folder(resume, function, job, root, total)
    place = open_engine(engine)
    work = _at_work(place, function, shared or {}, folder, owned=place is not engine)
    return _in_order(work, _numbered(shards, root), label, total)


def open_engine(engine: int | str | Engine) -> Engine:
    """Open a place where work runs, to be used by several calls of `map_shards` in turn.

    Worker processes then start once, not in each call. Use it as a context manager.

    Parameters
    ----------
    engine : int, str or Engine
        As for `map_shards`; an open one is returned as it is.

    Returns
    -------
    Engine
        A context manager; `close` ends what it started.

    Raises
    ------
    InputError
        If the engine is unknown or cannot be reached.
    MissingPartError
        If Ray is asked for and not installed.

    Examples
    --------
    >>> import math
    >>> with open_engine(1) as here:
    ...     [sum(map_shards(math.factorial, range(n), engine=here)) for n in (3, 4)]
    [4, 10]
    """
    if isinstance(engine, Engine):
        return engine
    if isinstance(engine, str) and (engine == "ray" or engine.startswith("ray:")):
        from psephos.engine.cluster import Cluster

        return Cluster(engine.removeprefix("ray").removeprefix(":") or None)
    if engine == "cores":
        engine = available_cores()
    if isinstance(engine, str):
        if not engine.isdecimal():
            raise InputError(
                "engine", f"must be a number of processes, 'cores', 'ray' or 'ray:ADDRESS', got {engine!r}"
            )
        engine = int(engine)
    workers = check_count("engine", engine)
    if workers == 1:
        return ThisProcess()
    from psephos.engine.processes import Processes

    return Processes(workers)


@contextmanager
def _at_work(
    place: Engine, function: Callable[..., Any], shared: Shared, folder: Path | None, *, owned: bool
) -> Iterator[Engine]:
    if place.busy:
        raise InputError("engine", "is in use by another call", hint="take all its results or close it first")
    with place if owned else nullcontext():
        place.busy = True
        try:
            place.begin(function, shared)
            yield place if folder is None else Resuming(place, folder)
        finally:
            place.end()
            place.busy = False


def _numbered(shards: Iterable[Any], root: np.random.Generator | None) -> Iterator[Task]:
    for index, shard in enumerate(shards):
        yield index, shard, None if root is None else root.spawn(1)[0]


def _in_order(
    work: AbstractContextManager[Engine], tasks: Iterator[Task], label: str | None, total: int | None
) -> Iterator[Any]:
    finished: dict[int, Any] = {}
    under_way = due = 0
    with work as engine, progress(label, total) as advance:
        while True:
            while under_way + len(finished) < engine.window and (task := next(tasks, None)):
                engine.submit(*task)
                under_way += 1
            for index, result in engine.collect(wait=bool(under_way) and due not in finished):
                finished[index] = result
                under_way -= 1
                advance()
            if due in finished:
                result = finished.pop(due)
                if isinstance(result, Failure):
                    raise _noted(result, due, label)
                due += 1
                yield result
            elif not under_way:
                return


def _noted(failure: Failure, index: int, label: str | None) -> Exception:
    failure.error.add_note(f"in shard {index}" + (f" of {label!r}" if label else ""))
    if failure.trace:
        failure.error.add_note(failure.trace)
    return failure.error
