"""How does work run in this process?

Each shard is done when it is taken on; a plain loop, with nothing started and nothing copied.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from psephos.engine.contract import Engine, Failure, Shared, call, read_only


class ThisProcess(Engine):
    """One shard after the other.

    The reference for the other engines: no process, no copy, and one result in memory at a time.
    """

    window = 1

    def __init__(self) -> None:
        self._shared: Shared = {}
        self._done: list[tuple[int, Any]] = []

    def begin(self, function: Callable[..., Any], shared: Shared) -> None:
        """Remember the function and what it is given."""
        self._function, self._shared = function, read_only(dict(shared))

    def submit(self, index: int, shard: Any, stream: np.random.Generator | None) -> None:
        """Do the shard at once."""
        try:
            result = call(self._function, self._shared, shard, stream)
        except Exception as error:  # noqa: BLE001 - raised again where the result is asked for
            result = Failure(error)
        self._done.append((index, result))

    def collect(self, *, wait: bool) -> list[tuple[int, Any]]:  # noqa: ARG002
        """Hand over the shards done since; there is never anything to wait for."""
        done, self._done = self._done, []
        return done

    def end(self) -> None:
        """Forget what the shards shared."""
        self._shared, self._done = {}, []
