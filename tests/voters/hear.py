"""Let recognisers hear these recordings and print what they wrote, with each attempt to reach a network refused.

    python hear.py NAME,NAME FILE...

A program of its own, so that the models are loaded in a fresh interpreter; `test_recognisers` runs it. The guard is
there before anything else in this process and in those that it starts.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

GUARD = """
import os, sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        where = arguments[1] if event in ("socket.connect", "socket.sendto") else arguments[0]
        if isinstance(where, tuple) or event.startswith("socket.get"):
            with open(os.environ["ATTEMPTS"], "a") as file:
                print(event, where, file=file)
            raise OSError("no network here")

sys.addaudithook(refuse)
"""

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        attempts = Path(folder, "attempts")
        Path(folder, "sitecustomize.py").write_text(GUARD)
        os.environ["ATTEMPTS"] = str(attempts)
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))
        exec(GUARD)  # here; in the processes to come it is Python that finds it
        from psephos.voters import recogniser

        heard = {}
        for name in sys.argv[1].split(","):
            voter = recogniser(name)
            heard[name] = [[asdict(token) for token in voter.transcribe(path)] for path in sys.argv[2:]]
        tried = attempts.read_text().splitlines() if attempts.exists() else []
    json.dump({"heard": heard, "attempts": tried}, sys.stdout)
