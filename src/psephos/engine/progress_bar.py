"""How far is the work?

A bar on the error stream for work that takes longer than a second. Silent where nobody watches: in files, pipes and
worker processes. With NO_COLOR it has no colours, on a dumb terminal it is one plain line at the end. A loop inside a
loop that already has a bar stays silent, so the screen never holds two.
"""

from __future__ import annotations

import multiprocessing
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 1.0
"""Seconds of work before a bar appears."""

_screen = threading.Lock()


class Advance(Protocol):
    """What `progress` gives: call it after each step, or with the number of steps done since.

    Nothing is drawn before the work has lasted `PATIENCE` seconds, nor where nobody looks at a terminal.
    """

    def __call__(self, steps: int = 1) -> None:
        """Count steps as done."""


@contextmanager
def progress(label: str | None, total: int | None = None) -> Iterator[Advance]:
    """Show how far a loop is.

    Parameters
    ----------
    label : str or None
        What is being done; None shows nothing.
    total : int, optional
        Number of steps, if known.

    Yields
    ------
    Advance
        Call it after each step.

    Examples
    --------
    >>> with progress("counting votes", total=3) as advance:
    ...     for _ in range(3):
    ...         advance()
    """
    if label is None or not _is_watched() or not _screen.acquire(blocking=False):
        yield _say_nothing
        return
    bar = _bar()
    task = bar.add_task(label, total=total)
    start = threading.Timer(PATIENCE, bar.start)
    start.daemon = True
    start.start()

    def advance(steps: int = 1) -> None:
        bar.advance(task, steps)

    try:
        yield advance
    finally:
        start.cancel()
        start.join()
        if bar.live.is_started:
            bar.stop()
        _screen.release()


def _is_watched() -> bool:
    return multiprocessing.parent_process() is None and sys.stderr is not None and sys.stderr.isatty()


def _say_nothing(steps: int = 1) -> None:
    del steps


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=not console.is_dumb_terminal,
        redirect_stdout=False,  # results on the output stream go where the user sent them, not past the bar
    )
