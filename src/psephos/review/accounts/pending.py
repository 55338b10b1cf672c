"""What was begun and waits for its second half?

A password that was right and waits for the second factor, a challenge to a passkey, a trip to the single sign-on:
each is kept here for five minutes under a name that only the browser that began it knows, and taken out once. Kept in
memory; a restart means to begin again.

Source: sheet 90 sections 7 and 8. Differs: nothing.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

SECONDS, MOST = 300.0, 10_000


class Pending:
    """Things that wait, each under a secret name.

    Examples
    --------
    >>> pending = Pending()
    >>> name = pending.begin({"user": 3})
    >>> pending.finish(name), pending.finish(name)
    ({'user': 3}, None)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: OrderedDict[str, tuple[float, Any]] = OrderedDict()

    def begin(self, what: Any, name: str | None = None) -> str:
        """Keep something, under a new secret name unless one is given; a name that is taken is used anew."""
        name = name or secrets.token_urlsafe(32)
        with self._lock:
            self._waiting.pop(name, None)
            self._waiting[name] = (self._clock() + SECONDS, what)
            while len(self._waiting) > MOST:
                self._waiting.popitem(last=False)
        return name

    def look(self, name: str) -> Any:
        """What waits under a name, left there; None if nothing does."""
        with self._lock:
            until, what = self._waiting.get(name, (0.0, None))
            return what if self._clock() < until else None

    def finish(self, name: str) -> Any:
        """What waits under a name, taken out; None if nothing does, or for too long."""
        with self._lock:
            until, what = self._waiting.pop(name, (0.0, None))
            return what if self._clock() < until else None
