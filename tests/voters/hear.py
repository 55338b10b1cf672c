"""Let every recogniser hear these recordings and print what it wrote, with each attempt to reach a network refused.

    python hear.py NAME,NAME FILE...

A program of its own, so that the models are loaded in a fresh interpreter; `test_recognisers` runs it.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

ATTEMPTS: list[str] = []


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Note and refuse each look-up of a name and each connection that is not to a process of this machine."""
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        where = arguments[1] if event in ("socket.connect", "socket.sendto") else arguments[0]
        if isinstance(where, tuple) or event.startswith("socket.get"):
            ATTEMPTS.append(f"{event} {where}")
            raise OSError("no network here")


if __name__ == "__main__":
    sys.addaudithook(refuse)
    from psephos.voters import recogniser

    heard = {}
    for name in sys.argv[1].split(","):
        voter = recogniser(name)
        heard[name] = [[asdict(token) for token in voter.transcribe(path)] for path in sys.argv[2:]]
    json.dump({"heard": heard, "attempts": ATTEMPTS}, sys.stdout)
