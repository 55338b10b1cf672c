"""How is Ctrl-C answered between two steps, and never in the middle of one?"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def first_interrupt_noted() -> Iterator[Callable[[], bool]]:
    """Within it the first Ctrl-C is only noted, for the work to ask about between two steps; the second one raises.

    Outside of the main thread, and where the program answers Ctrl-C in a way of its own, nothing changes.

    Examples
    --------
    >>> with first_interrupt_noted() as pressed:
    ...     pressed()
    False
    """
    pressed: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as signal wants it
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)

    usual = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or usual is not signal.default_int_handler:
        yield lambda: False
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, usual)
