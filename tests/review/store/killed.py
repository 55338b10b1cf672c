"""Run by test_crashes: decides items one after the other and says each one that is acknowledged."""

from __future__ import annotations

import sys

from psephos.review.store import deciding, open_store

place, user, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = open_store(place, upgrade=False)
print("ready", flush=True)
number = first
while True:
    with store.write() as session:
        made = deciding.decide(session, 1 + number % 6, user, {"choice": f"answer {number}"})
        kept = made.id
    print(kept, number, flush=True)
    number += 1
