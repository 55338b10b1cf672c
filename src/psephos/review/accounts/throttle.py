"""How is guessing made slow without locking anybody out?

Each failure of an account, and of an address, doubles the time until the next try is looked at: after 4 free tries 1 s,
2 s, 4 s, ... up to 5 minutes. Success clears the account. Nobody is locked out for good, so that nobody can lock out
someone else. Times are kept in memory, of at most 20,000 keys; a restart forgets them.

Source: sheet 90 section 8 (V6). Differs: nothing.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

FREE, LONGEST, FORGET_AFTER, MOST = 4, 300.0, 3600.0, 20_000


class Throttle:
    """Who may try again when.

    Parameters
    ----------
    clock : callable
        Seconds that never go back.

    Examples
    --------
    >>> now = [0.0]
    >>> throttle = Throttle(clock=lambda: now[0])
    >>> for _ in range(6):
    ...     throttle.failed("ann")
    >>> throttle.wait("ann"), throttle.wait("bob")
    (2.0, 0.0)
    >>> now[0] = 3.0
    >>> throttle.wait("ann")
    0.0
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, *keys: str) -> float:
        """Seconds until the next try of any of these keys is looked at."""
        with self._lock:
            now = self._clock()
            return max((self._until(key) - now for key in keys), default=0.0) if keys else 0.0

    def failed(self, *keys: str) -> None:
        """Note a failure of each key."""
        with self._lock:
            now = self._clock()
            for key in keys:
                count, at = self._failures.pop(key, (0, now))
                self._failures[key] = (1 if now - at > FORGET_AFTER else count + 1, now)
            while len(self._failures) > MOST:
                self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the failures of a key."""
        with self._lock:
            self._failures.pop(key, None)

    def _until(self, key: str) -> float:
        count, at = self._failures.get(key, (0, 0.0))
        now = self._clock()
        if count <= FREE:
            return now
        return max(now, at + min(LONGEST, 2.0 ** (count - FREE - 1)))
