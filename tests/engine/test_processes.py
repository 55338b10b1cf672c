"""Worker processes: shared memory, and what is left behind when something goes wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shard_functions as functions

from psephos.engine import map_shards, open_engine
from psephos.errors import InputError

SCRIPT = """
import sys
import shard_functions as functions
from psephos.engine import map_shards
import numpy as np

if __name__ == "__main__":
    log, folder, pause = sys.argv[1:]
    shared = {"log": log, "pauses": [0, 0] + [float(pause)] * 10, "ballast": np.ones(100_000)}
    for result in map_shards(functions.counted, range(12), shared=shared, engine=2, resume=folder, job={}):
        print(result["shard"], flush=True)
"""


@pytest.fixture
def script(tmp_path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return path


def start(script: Path, pause: float) -> subprocess.Popen[str]:
    """Run the script as the leader of a process group of its own, as a terminal does."""
    folder = script.parent
    command = [sys.executable, str(script), str(folder / "log"), str(folder / "kept"), str(pause)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def soon(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 120
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def nobody_is_left(group: int) -> bool:
    """No process of the group runs; a zombie, which waits for the init of a container, is not running."""
    states = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group, *_ = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        if int(its_group) == group and state != "Z":
            states.append(state)
    return not states


def done(script: Path) -> list[int]:
    return [int(line) for line in (script.parent / "log").read_text().split()]


def kept(script: Path) -> set[int]:
    return {int(file.name[:6]) for file in (script.parent / "kept").glob("*.npz")}


@pytest.mark.parametrize("to", ["group", "parent"])
def test_interrupt_leaves_nothing_and_the_next_run_does_the_rest(script, to, blocks):
    run = start(script, pause=600)
    assert [run.stdout.readline(), run.stdout.readline()] == ["0\n", "1\n"]
    assert blocks(run.pid)
    assert not nobody_is_left(run.pid)
    (os.killpg if to == "group" else os.kill)(run.pid, signal.SIGINT)
    output, errors = run.communicate(timeout=120)
    assert run.returncode == -signal.SIGINT
    assert errors.count("Traceback") == 1  # of the parent; workers are silent
    assert "KeyboardInterrupt" in errors
    assert "leaked" not in errors
    assert soon(lambda: nobody_is_left(run.pid))
    assert blocks(run.pid) == []
    assert kept(script) == {0, 1}

    (script.parent / "log").unlink()
    run = start(script, pause=0)
    output, errors = run.communicate(timeout=120)
    assert "Traceback" not in errors  # on a busy machine Python's own tracker may speak of a semaphore as it ends
    assert output.split() == [str(shard) for shard in range(12)]
    assert sorted(done(script)) == list(range(2, 12))


def test_interrupt_while_workers_start_is_silent_in_them(tmp_path, blocks):
    script = tmp_path / "script.py"
    script.write_text("""
import numpy as np
import shard_functions as functions
from psephos.engine import map_shards

def shards():
    yield 600
    print("the first worker starts", flush=True)
    yield 600

if __name__ == "__main__":
    list(map_shards(functions.sleepy_rows, shards(), shared={"rows": np.ones(100_000)}, engine=2))
""")
    run = start(script, pause=0)
    run.stdout.readline()
    os.killpg(run.pid, signal.SIGINT)
    _, errors = run.communicate(timeout=120)
    assert errors.count("Traceback") == 1
    assert "leaked" not in errors
    assert soon(lambda: nobody_is_left(run.pid))
    assert blocks(run.pid) == []


def test_killed_parent_takes_its_workers_along_and_the_next_run_does_the_rest(script, blocks):
    run = start(script, pause=600)
    assert [run.stdout.readline(), run.stdout.readline()] == ["0\n", "1\n"]
    run.kill()
    run.communicate(timeout=120)
    assert soon(lambda: nobody_is_left(run.pid))
    assert soon(lambda: blocks(run.pid) == [])
    assert kept(script) == {0, 1}

    (script.parent / "log").unlink()
    run = start(script, pause=0)
    output, _ = run.communicate(timeout=120)
    assert output.split() == [str(shard) for shard in range(12)]
    assert sorted(done(script)) == list(range(2, 12))


def test_leaving_without_closing_leaves_nothing(tmp_path, blocks):
    script = tmp_path / "script.py"
    script.write_text("""
import numpy as np
import shard_functions as functions
from psephos.engine import map_shards

if __name__ == "__main__":
    results = map_shards(functions.sleepy_rows, [0, 600, 600, 600], shared={"rows": np.ones(100_000)}, engine=2)
    next(results)
    raise RuntimeError("enough")
""")
    run = start(script, pause=0)
    _, errors = run.communicate(timeout=120)
    assert errors.endswith("RuntimeError: enough\n")
    assert "leaked" not in errors
    assert soon(lambda: nobody_is_left(run.pid))
    assert blocks(run.pid) == []


def test_unguarded_script_is_told_what_to_do(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("""
import shard_functions as functions
from psephos.engine import map_shards
print(list(map_shards(functions.square, range(3), engine=2)))
""")
    run = start(script, pause=0)
    _, errors = run.communicate(timeout=120)
    assert run.returncode == 1
    assert "under `if __name__ == '__main__':`" in errors
    assert soon(lambda: nobody_is_left(run.pid))


def test_dead_worker_is_an_error_that_says_so(blocks):
    results = map_shards(functions.dies, range(50), engine=2)
    with pytest.raises(RuntimeError, match=r"a worker process ended with code -9 while shards .*1.* were under way"):
        list(results)
    assert blocks(os.getpid()) == []


def test_blocks_live_only_as_long_as_the_work(blocks):
    shared = {"results": [np.ones(100_000), np.ones(3)]}
    results = map_shards(functions.gives, [0, 1, 0, 1], shared=shared, engine=2)
    next(results)
    assert blocks(os.getpid())
    assert len(list(results)) == 3
    assert blocks(os.getpid()) == []


def test_blocks_of_shards_go_as_they_are_done(blocks):
    shards = (np.full(100_000, k) for k in range(20))
    most = 0
    for k, first in enumerate(map_shards(functions.keeps_view, shards, engine=2)):
        assert first == k
        most = max(most, len(blocks(os.getpid())))
    assert 0 < most <= 4
    assert blocks(os.getpid()) == []


def test_workers_are_kept_between_calls(blocks):
    with open_engine(2) as engine:
        seen = {pid for _ in range(5) for pid in map_shards(functions.where, range(40), engine=engine)}
        assert os.getpid() not in seen
        assert 1 <= len(seen) <= 2  # one that starts slowly may have no shard of the first call; a new one is a third
        for size in (10, 100_000, 200_000):  # the second and third share through a block of their own
            matrix = np.full((2, size), size)
            shared = {"matrix": matrix}
            assert [row.tolist() for row in map_shards(functions.row_sums, [(0, 2)], shared=shared, engine=engine)] == [
                [size * size] * 2
            ]
        assert blocks(os.getpid()) == []


def test_forgotten_engine_ends_its_workers():
    engine = open_engine(2)
    (worker,) = map_shards(functions.where, [0], engine=engine)
    os.kill(worker, 0)
    del engine
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_no_more_workers_than_shards():
    assert len(set(map_shards(functions.where, [0], engine=4))) == 1


def test_cores_are_divided_among_workers(monkeypatch):
    for name in ("OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("psephos.engine.processes.available_cores", lambda: 8)
    assert set(map_shards(functions.threads, range(4), engine=2)) == {("4", "4")}
    assert "OPENBLAS_NUM_THREADS" not in os.environ
    monkeypatch.setenv("POLARS_MAX_THREADS", "3")
    assert set(map_shards(functions.threads, range(4), engine=2)) == {("4", "3")}


def test_result_that_cannot_travel_is_an_error():
    with pytest.raises(Exception, match=r"(?i)pickle") as caught:
        list(map_shards(functions.gives_unpicklable, [1], engine=2))
    assert caught.value.__notes__[0] == "in shard 0"


def test_function_that_cannot_travel_is_an_error(blocks):
    with pytest.raises(Exception, match=r"(?i)pickle"):
        list(map_shards(lambda shard: shard, [1], engine=2))
    assert blocks(os.getpid()) == []


def test_trace_of_the_worker_is_noted():
    with pytest.raises(ZeroDivisionError) as caught:
        list(map_shards(functions.fails_at, [4], shared={"bad": (4,)}, engine=2))
    assert "in fails_at" in caught.value.__notes__[1]


def test_workers_do_not_start_workers():
    with pytest.raises(InputError, match="engine: cannot be 2 in a worker process; use engine=1 in there"):
        list(map_shards(functions.nests, [1], engine=2))


def test_too_little_shared_memory_is_said_before_it_is_used(monkeypatch, blocks):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("psephos.engine.parcels.shutil.disk_usage", lambda path: usage(64_000_000, 0, 64_000_000))
    with pytest.raises(InputError, match=r"needs 80,\d\d\d,\d\d\d bytes of shared memory, 64,000,000 are free"):
        list(map_shards(functions.gives, [0], shared={"results": [np.ones(10_000_000)]}, engine=2))
    assert blocks(os.getpid()) == []
