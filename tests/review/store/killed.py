"""Run by test_crashes: for each line on standard input a child that decides items and says what is acknowledged.

The parent has loaded everything once and lets go of nothing: a child opens the store itself, as a new server would.
"""

from __future__ import annotations

import os
import sys

from psephos.review.store import deciding, open_store


def work(place: str, user: str, number: int) -> None:
    store = open_store(place, upgrade=False)
    print("child", os.getpid(), flush=True)
    while True:
        with store.write() as session:
            kept = deciding.decide(session, 1 + number % 6, user, {"choice": f"answer {number}"}).id
        print("kept", kept, number, flush=True)
        number += 1


if __name__ == "__main__":
    for line in sys.stdin:
        child = os.fork()
        if not child:
            work(sys.argv[1], sys.argv[2], int(line))
        os.waitpid(child, 0)
        print("gone", flush=True)
