"""How is slow work done by several threads, when what is to be done next depends on what came back?

A `Crew` is given inputs one at a time and hands out what became of them as they end. Its threads do not keep the
program from ending, and waiting for them can be broken off by Ctrl-C: a server that hangs holds nobody up.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from psephos.errors import check_count

Given = TypeVar("Given")
Got = TypeVar("Got")

_TICK = 0.2


@dataclass(frozen=True, slots=True)
class Done(Generic[Got]):
    """What became of one input: a value or an error.

    An error is kept and not raised, so that an input that fails does not lose what became of the others.
    """

    value: Got | None = None
    error: BaseException | None = None


class Crew(Generic[Given, Got]):
    """Threads that apply a function to what they are given.

    Parameters
    ----------
    function : callable
        Called with one input in one of the threads.
    workers : int
        How many inputs are under way at a time.

    Attributes
    ----------
    under_way : int
        Inputs that were given and did not come back yet.

    Examples
    --------
    >>> crew = Crew(abs, 2)
    >>> crew.give(-3)
    >>> given, done = crew.take()
    >>> given, done.value, crew.under_way
    (-3, 3, 0)
    >>> crew.stop()
    """

    def __init__(self, function: Callable[[Given], Got], workers: int) -> None:
        self.workers = check_count("workers", workers)
        self.under_way = 0
        self._function = function
        self._threads = 0
        self._given: queue.SimpleQueue[tuple[Given] | None] = queue.SimpleQueue()
        self._ended: queue.SimpleQueue[tuple[Given, Done[Got]]] = queue.SimpleQueue()

    def give(self, value: Given) -> None:
        """Hand over an input; it is begun at once if a thread is free."""
        if self._threads < self.workers and self._threads <= self.under_way:
            self._threads += 1
            threading.Thread(target=self._work, daemon=True).start()
        self.under_way += 1
        self._given.put((value,))

    def take(self) -> tuple[Given, Done[Got]]:
        """The next input that has ended, and what became of it.

        Waits for one, so one must be under way; Ctrl-C breaks the waiting off.
        """
        while True:
            try:
                found = self._ended.get(timeout=_TICK)  # short, so that Ctrl-C is noticed on every system
            except queue.Empty:
                continue
            self.under_way -= 1
            return found

    def stop(self) -> None:
        """Send the threads home once they have ended what they are at."""
        for _ in range(self._threads):
            self._given.put(None)
        self._threads = 0

    def _work(self) -> None:
        while (given := self._given.get()) is not None:
            try:
                done: Done[Got] = Done(self._function(given[0]))
            except BaseException as problem:  # noqa: BLE001 - handed to the thread that asked
                done = Done(error=problem)
            self._ended.put((given[0], done))
