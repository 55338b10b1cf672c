"""Run by test_kills and test_bombs: for each line on standard input a child that is a whole server, on one port.

The parent has imported the program once and holds the port, nothing more: a child opens the store and makes the
application, as `psephos serve` does, and dies when it is killed. The port goes on listening in between. A second
argument is the JSON of settings beside where the store is.
"""

from __future__ import annotations

import json
import os
import socket
import sys

import uvicorn

from psephos.review.app import create_app
from psephos.review.settings import Settings
from psephos.review.store import opening
from psephos.review.store.opening import open_store

STATED = json.loads(sys.argv[2]) if __name__ == "__main__" and len(sys.argv) > 2 else {}


def work(place: str, listener: socket.socket, url: str) -> None:
    store = open_store(place, upgrade=False)
    app = create_app(Settings(database=place, origin=url, **STATED), store)
    uvicorn.Server(uvicorn.Config(app, log_level="error", server_header=False)).run(sockets=[listener])


def load(place: str) -> None:
    """Import all that a server needs for its first answer, so that no child does it again; nothing of it is kept."""
    store = open_store(place, upgrade=False)
    app = create_app(Settings(database=place, origin="http://127.0.0.1:1"), store)
    uvicorn.Config(app).load()
    app.inner.openapi()
    store.close()


if __name__ == "__main__":
    opening.PATIENCE = 120.0  # the machine may be busy
    load(sys.argv[1])
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    print(url, flush=True)
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            work(sys.argv[1], listener, url)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("gone", flush=True)
