"""What must a place where work runs be able to do?

An `Engine` is given a function with what its shards share, takes shards, and hands back what became of them in the
order in which they finish. Order, random streams, keeping results and errors are the business of `map_shards`, so that
every engine behaves alike.
"""

from __future__ import annotations

import os
import pickle
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

_THREAD_SETTINGS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
    "POLARS_MAX_THREADS",
)

Shared = Mapping[str, Any]
Work = tuple[Callable[..., Any], Shared, Any, np.random.Generator | None]
"""A function, what it shares, one shard, and the stream of the shard if it is random."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The error with which a shard ended, and where in a worker it came from.

    It comes back in the place of the result and is raised where that result is asked for, so that a shard fails alike
    in every engine; `trace` is the traceback in the worker.
    """

    error: Exception
    trace: str = ""


class Engine(ABC):
    """A place where work runs; a context manager that leaves nothing behind.

    Attributes
    ----------
    window : int
        How many shards may be under way or finished and not yet asked for; it bounds the memory.
    busy : bool
        Whether a call is using it.
    """

    window: int
    busy: bool = False

    @abstractmethod
    def begin(self, function: Callable[..., Any], shared: Shared) -> None:
        """Prepare for shards of this function."""

    @abstractmethod
    def submit(self, index: int, shard: Any, stream: np.random.Generator | None) -> None:
        """Take on a shard; does not wait for it in another process."""

    @abstractmethod
    def collect(self, *, wait: bool) -> list[tuple[int, Any]]:
        """Hand over what has finished.

        Parameters
        ----------
        wait : bool
            Whether to wait for one, if none has finished yet.

        Returns
        -------
        list of (int, object)
            Number of the shard, and its result or a `Failure`; in the order in which they finished. Empty if nothing is
            under way.
        """

    @abstractmethod
    def end(self) -> None:
        """Stop what still runs of this function and forget what its shards shared."""

    def close(self) -> None:
        """Release the place itself."""
        self.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def call(function: Callable[..., Any], shared: Shared, shard: Any, stream: np.random.Generator | None) -> Any:
    """Apply the function to one shard, with its stream as `rng` if it has one.

    Arrays arrive read-only, in this process as in a worker: a function that writes to what it is given fails
    everywhere or nowhere.
    """
    if stream is None:
        return function(read_only(shard), **shared)
    return function(read_only(shard), **shared, rng=stream)


def answer(load: Callable[[], Work]) -> bytes:
    """Do in a worker the work that `load` brings, and pack the result or the error for the way home.

    An error that cannot be pickled comes home as a `RuntimeError` of the same words.
    """
    try:
        function, shared, shard, stream = load()
        return pickle.dumps(call(function, read_only(shared), shard, stream), protocol=5)
    except Exception as error:  # noqa: BLE001 - raised again where the result is asked for
        return pickle.dumps(Failure(_that_travels(error), traceback.format_exc()), protocol=5)


def read_only(value: Any) -> Any:
    """View an array, or the arrays in a tuple or mapping, so that writing to them fails; copies nothing.

    Workers cannot write to memory that all of them see; a function that tries is found out in every engine alike.
    """
    if isinstance(value, np.ndarray):
        view = value.view()
        view.flags.writeable = False
        return view
    if type(value) is tuple:
        return tuple(map(read_only, value))
    if type(value) is dict:
        return {name: read_only(part) for name, part in value.items()}
    return value


def available_cores() -> int:
    """Count the cores this process may use.

    Those that the process is bound to, where the system says so; a container may give fewer than the machine has.
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def thread_limits(threads: int) -> dict[str, str]:
    """Name the settings that keep BLAS, OpenMP, Numba and Polars of a worker to so many threads; the user's own win.

    Name of the environment variable to its value, for a worker that is about to start; without it each of n workers
    would start n threads.
    """
    return {name: str(threads) for name in _THREAD_SETTINGS if name not in os.environ}


def _that_travels(error: Exception) -> Exception:
    """Return the error if it survives pickling; many with a constructor of their own do not."""
    try:
        copy = pickle.loads(pickle.dumps(error))  # nosec B301 # noqa: S301 - our own bytes, one line above
    except Exception:  # noqa: BLE001 - whatever it is, the error cannot travel
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error if type(copy) is type(error) else RuntimeError(f"{type(error).__name__}: {error}")
