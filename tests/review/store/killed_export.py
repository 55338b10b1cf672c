"""Run by test_interrupted_exports: begins an export in a process of its own and stops in the middle of it for ever."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from psephos.review.store import open_store
from psephos.review.store.exporting import jobs

if __name__ == "__main__":
    place, project, user, file, beat = sys.argv[1:]
    jobs._EVERY, jobs.BEAT = 5, float(beat)

    def wait(done: int) -> None:
        print(done, flush=True)
        threading.Event().wait()

    store = open_store(place, upgrade=False)
    jobs.run_export(store, int(project), "jsonl", Path(file), actor=user, progress=wait, own_folder=True)
