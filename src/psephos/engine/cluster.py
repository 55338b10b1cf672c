"""How does work run on a Ray cluster?

What the shards share is put into the object store once and read from there without a copy by every worker of a machine.
Each shard is a Ray task of one core: Ray repeats it elsewhere if its worker or its machine dies. A Ray that this
process has already started or joined is used as it is; one that we start runs until the process ends, without dashboard
and with its usage statistics off. The workers of a remote cluster need psephos, of the same version.
"""

from __future__ import annotations

import logging
import os
import pickle
import socket
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from psephos.engine.contract import Engine, Failure, Shared, Work, answer, thread_limits
from psephos.errors import InputError, MissingPartError

_AHEAD = 2  # shards per core that are under way or wait to be asked for
_PATIENCE = 10.0  # seconds for a cluster to answer

_joined: str | None = None


class Cluster(Engine):
    """The cores of a Ray cluster.

    Parameters
    ----------
    address : str or None
        None: the Ray of this machine, started if need be; else what `ray.init` takes as address.

    Raises
    ------
    MissingPartError
        If Ray is not installed.
    InputError
        If no cluster answers at the address, or if this process is already part of another one.
    """

    def __init__(self, address: str | None) -> None:
        self._ray = _connected(address)
        self.window = _AHEAD * max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        self._task = self._ray.remote(_serve)
        self._job: list[Any] = []
        self._under_way: dict[Any, int] = {}

    def begin(self, function: Callable[..., Any], shared: Shared) -> None:
        """Put what the shards share into the object store."""
        self._job = [self._ray.put((function, dict(shared)))]

    def submit(self, index: int, shard: Any, stream: np.random.Generator | None) -> None:
        """Start the task of a shard."""
        self._under_way[self._task.remote(self._job, shard, stream)] = index

    def collect(self, *, wait: bool) -> list[tuple[int, Any]]:
        """Fetch the result of one task that has ended."""
        if not self._under_way:
            return []
        done = []
        ready, _ = self._ray.wait(list(self._under_way), num_returns=1, timeout=None if wait else 0)
        for ticket in ready:
            index = self._under_way.pop(ticket)
            try:
                done.append((index, pickle.loads(self._ray.get(ticket))))  # nosec B301 # noqa: S301 - by our own worker
            except self._ray.exceptions.RayError as error:
                done.append((index, Failure(error)))
        return done

    def end(self) -> None:
        """Cancel the tasks that have not ended."""
        for ticket in self._under_way:
            self._ray.cancel(ticket, force=True)
        self._under_way.clear()
        self._job.clear()


def _serve(job: list[Any], shard: Any, stream: np.random.Generator | None) -> bytes:
    """One shard in a Ray worker; the job comes in a list so that nothing is imported before the limits are set."""
    os.environ.update(thread_limits(1))

    def load() -> Work:
        import ray

        function, shared = ray.get(job[0])
        return function, shared, shard, stream

    return answer(load)


def _connected(address: str | None) -> ModuleType:
    global _joined
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError:
        raise MissingPartError("ray", "scale", "Ray clusters") from None
    if ray.is_initialized():
        if address in (None, "auto", _joined) or address == ray.get_runtime_context().gcs_address:
            return ray
        raise InputError(
            "engine",
            f"is {address!r}, but this process is already part of another Ray cluster",
            hint="leave that cluster first, or use engine='ray'",
        )
    if address not in (None, "auto", "local"):
        _check_reachable(address)
    try:
        ray.init(address, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise _absent(address, error) from error
    _joined = address
    return ray


def _check_reachable(address: str) -> None:
    """Try the port: Ray itself would try for a minute and then end the process."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        raise InputError("engine", f"must give a Ray address as HOST:PORT or ray://HOST:PORT, got {address!r}")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise _absent(address, error) from error


def _absent(address: str | None, error: Exception) -> InputError:
    place = address or "this machine"
    return InputError(
        "engine", f"no Ray cluster answers at {place}: {str(error).splitlines()[0]}", hint="see `ray status`"
    )
