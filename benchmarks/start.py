"""How long does a user wait for the first answer, next to the bare interpreter?"""

import sys
import tempfile
from pathlib import Path

from harness import Benchmark, SubprocessContender, main

VOTES = "item,voter,label\n" + "".join(
    f"item-{item},voter-{voter},{'cat' if (item * voter) % 7 else 'dog'}\n" for item in range(20) for voter in range(5)
)


def small_file(tiny: bool) -> str:
    del tiny  # the small input is the whole input
    path = Path(tempfile.mkdtemp(), "votes.csv")
    path.write_text(VOTES)
    return str(path)


def small_lists(tiny: bool) -> tuple[str, str]:
    del tiny
    folder = Path(tempfile.mkdtemp())
    truth, run = folder / "truth.csv", folder / "run.csv"
    truth.write_text("user,item\n" + "".join(f"u{user},i{user * k % 30}\n" for user in range(20) for k in (1, 2)))
    rows = "".join(f"u{user},i{(user + rank) % 30},{rank}\n" for user in range(20) for rank in range(1, 11))
    run.write_text("user,item,rank\n" + rows)
    return str(truth), str(run)


def python(name: str, code: str, *, argument: bool = False) -> SubprocessContender:
    return SubprocessContender(name, lambda path: [sys.executable, "-c", code, *([path] if argument else [])])


BARE = python("bare interpreter", "pass")
CROWD_KIT = """
import sys
import pandas as pd
from crowdkit.aggregation import MajorityVote
frame = pd.read_csv(sys.argv[1]).rename(columns={"item": "task", "voter": "worker"})
print(MajorityVote().fit_predict(frame))
"""

BENCHMARKS = [
    Benchmark(
        "start-import",
        "import psephos, whole process",
        "an interpreter that starts, imports and ends",
        make=lambda tiny: None,
        ours=python("psephos", "import psephos"),
        peers=(BARE,),
        tolerance=float("inf"),
    ),
    Benchmark(
        "start-decide",
        "First answer from a cold process, no compiled code in any cache",
        "100 labels in a CSV file",
        make=small_file,
        ours=SubprocessContender("psephos", lambda path: [sys.executable, "-m", "psephos", "decide", path]),
        peers=(
            BARE,
            SubprocessContender(
                "crowd-kit",
                lambda path: [sys.executable, "-c", CROWD_KIT, path],
                probe=(sys.executable, "-c", "import importlib.metadata as m; print(m.version('crowd-kit'))"),
            ),
        ),
        tolerance=float("inf"),
    ),
    Benchmark(
        "start-measure",
        "Six metrics of lists from a cold process, no compiled code in any cache",
        "20 lists of 10 items in a CSV file",
        make=small_lists,
        ours=SubprocessContender(
            "psephos",
            lambda paths: [sys.executable, "-m", "psephos", "measure", "recommendation", paths[0], "--runs", paths[1]],
        ),
        peers=(BARE,),
        tolerance=float("inf"),
    ),
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
