"""Waiting for what is expected, however slow the machine is: who ends sooner tests the machine and not the program."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

Found = TypeVar("Found")

PATIENCE = 120.0
"""Seconds after which what has not happened will not; only a test that fails waits so long."""


def until(ask: Callable[[], Found], page: Any = None) -> Found:
    """What `ask` gives once that is true; a page that is given goes on meanwhile, and so do its routes.

    The policy of the review's pages refuses eval, so that they cannot poll themselves.
    """
    end = time.monotonic() + PATIENCE
    while not (found := ask()):
        assert time.monotonic() < end, "it did not come true"
        if page is None:
            time.sleep(0.01)
        else:
            page.wait_for_timeout(25)
    return found


def at_rest(page: Any) -> None:
    """Until nothing in the page moves: in the middle of a transition colours are neither of the two."""
    page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished)).then(() => null)")
