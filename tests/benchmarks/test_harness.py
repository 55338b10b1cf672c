"""The benchmark harness: what it compares, what it refuses to time, and whether its memory figures are true."""

import contextlib
import importlib.util
import io
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

HARNESS = Path(__file__).parents[2] / "benchmarks" / "harness.py"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the harness reads /proc")

BENCHMARK_FILE = f"""
import sys
sys.path.insert(0, {str(HARNESS.parent)!r})
import numpy as np
from harness import Benchmark, Contender, SubprocessContender, main

def total(data):
    return data.sum()

def hungry(data):
    return np.ones(8 * 2**20).sum() * 0 + data.sum()  # 64 MiB

def prepare_greedily(data):
    np.ones(25 * 2**20).sum()  # 200 MiB, gone before the run
    return data

def broken(data):
    raise MemoryError("32 GiB | wanted")

here = SubprocessContender(
    "elsewhere",
    command=lambda path: [sys.executable, "-c", "print('{{\\"seconds\\": 2.0, \\"result\\": 6}}')"],
    parse=float,
    timed="by itself",
)
BENCHMARKS = [
    Benchmark(
        "sums",
        question="sum of numbers",
        size="four numbers",
        make=lambda tiny: np.arange(2.0 if tiny else 4.0),
        ours=Contender("numpy", total, prepare_greedily, packages=("numpy",)),
        peers=(
            Contender("hungry", hungry),
            here,
            Contender("other", lambda data: data.sum() + 0.5),
            Contender("unclear", lambda data: float("nan")),
            Contender("broken", broken),
            Contender("absent", total, packages=("no-such-distribution",)),
            SubprocessContender("away", lambda data: ["true"], probe=("no-such-command", "--version")),
        ),
        tolerance=0.1,
    ),
    Benchmark(
        "start",
        question="start time",
        size="nothing",
        make=lambda tiny: None,
        ours=SubprocessContender("python", lambda data: [sys.executable, "-c", "print('us')"], probe=("echo", "3.x")),
        peers=(SubprocessContender("shell", lambda data: ["echo", "them"]),),
        tolerance=float("inf"),
    ),
]
if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
"""


def load(name: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return load("harness", HARNESS, monkeypatch)


@pytest.fixture
def room(harness: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return written(harness, tmp_path, monkeypatch)


def written(harness: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(harness, "SHORTEST_SAMPLE", 0.0)
    path = folder / "room.py"
    path.write_text(BENCHMARK_FILE, encoding="utf-8")
    return load("room", path, monkeypatch)


@dataclass(frozen=True)
class Compared:
    """What one whole run of the file above left: its status, what it printed, and the folder of its results."""

    status: int
    printed: str
    results: Path

    @property
    def sums(self) -> dict[str, Any]:
        return json.loads((self.results / "sums.json").read_text(encoding="utf-8"))


BALLAST = 50 * 2**20
"""Numbers that the process of the tests holds meanwhile: 400 MiB."""


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """The run, made once: it starts many processes, each with an interpreter of its own."""
    folder, printed = tmp_path_factory.mktemp("compared"), io.StringIO()
    results = folder / "results"
    results.mkdir()
    ballast = np.ones(BALLAST)
    with pytest.MonkeyPatch.context() as monkeypatch, contextlib.redirect_stdout(printed):
        harness = load("harness", HARNESS, monkeypatch)
        room = written(harness, folder, monkeypatch)
        status = harness.main(room.__file__, room.BENCHMARKS, ["--seconds=0", f"--results={results}"])
    del ballast
    return Compared(status, printed.getvalue(), results)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ([1, 2], [1, 2], 0.0),
        ([1, 2], [1.5, 2], 0.5),
        (np.array([1], dtype=np.uint8), np.array([2], dtype=np.uint8), 1.0),
        ([np.nan, np.inf], [np.nan, np.inf], 0.0),
        ([np.inf], [-np.inf], math.inf),
        ([1, 2], [[1, 2]], math.inf),
        ([], [], 0.0),
        (["a", "b", "c", "d"], ["a", "b", "c", "e"], 0.25),
        ([True, False], [True, True], 0.5),
    ],
)
def test_difference_is_the_largest_of_numbers_and_the_share_of_labels(harness, ours, theirs, expected):
    assert harness.difference(ours, theirs) == expected


def test_difference_against_nan_passes_no_tolerance(harness):
    assert not harness.difference([1.0], [np.nan]) <= math.inf


def test_only_peers_with_our_answer_are_timed(harness, compared):
    report = compared.sums
    peers = {peer["name"]: peer for peer in report["peers"]}
    assert {name: peer["status"] for name, peer in peers.items()} == {
        "hungry": "compared",
        "elsewhere": "compared",
        "other": "differs",
        "unclear": "differs",
        "broken": "failed",
        "absent": "not installed",
        "away": "not installed",
    }
    assert compared.status == 3
    assert peers["other"]["difference"] == 0.5
    assert peers["broken"]["problem"] == "MemoryError: 32 GiB | wanted"
    assert all(("ratio" in peer) == (peer["status"] == "compared") for peer in peers.values())
    assert len(peers["hungry"]["samples"]) == harness.FEWEST_PAIRS
    assert peers["elsewhere"]["peer_seconds"] == 2.0
    assert peers["elsewhere"]["timed"] == "by itself"
    assert report["ours"]["versions"] == {"numpy": np.__version__}
    assert report["machine"]["cores"] >= 1
    assert compared.printed.count("\n") == len(peers) + 1  # and the peer of the other benchmark


def test_what_is_asked_for_alone_is_run_alone(harness, room, tmp_path, capsys):
    assert harness.main(room.__file__, room.BENCHMARKS, ["--only=start", "--seconds=0", f"--results={tmp_path}"]) == 0
    assert [file.name for file in tmp_path.glob("*.json")] == ["start.json"]
    assert capsys.readouterr().out.count("\n") == 1


def test_runs_alternate_and_ratios_are_taken_within_pairs(harness):
    calls = []
    seconds = {"ours": iter([1, 2, 4, 1, 1]), "peer": iter([3, 4, 40, 5, 2])}

    def contender(name):
        calls.append(name)
        return next(seconds[name])

    times = harness.timed_in_turn(lambda: contender("ours"), lambda: contender("peer"), seconds=0)
    assert calls == ["ours", "peer"] * 5
    assert (times["ours_seconds"], times["peer_seconds"]) == (1, 4)
    assert times["ratio"] == {"median": 3, "min": 2, "max": 10}


def test_a_slow_peer_is_timed_once_when_time_is_up(harness, monkeypatch):
    monkeypatch.setattr(harness, "LONGEST", 0.0)
    assert harness.timed_in_turn(lambda: 1.0, lambda: 9.0, seconds=60)["samples"] == [(1.0, 9.0)]


def test_a_fast_run_is_repeated_until_the_clock_can_see_it(harness, monkeypatch):
    monkeypatch.setattr(harness, "SHORTEST_SAMPLE", 1.0)
    runs = []
    fake = harness.SubprocessContender("fake", lambda data: [])
    monkeypatch.setattr(harness.SubprocessContender, "once", lambda self, data: (runs.append(data), (0.25, None))[1])
    assert harness._sample(fake, "input") == 0.25
    assert runs == ["input"] * 4


def test_our_answer_must_repeat(harness):
    answers = iter(range(9))
    unsteady = harness.Contender("unsteady", lambda data: next(answers))
    benchmark = harness.Benchmark("b", "q", "s", make=lambda tiny: None, ours=unsteady)
    with pytest.raises(AssertionError, match=r"two runs of unsteady differ by 1\.0"):
        harness.compare(benchmark, __file__, tiny=True)


def test_memory_is_that_of_the_run_in_a_process_of_its_own(compared):
    report = compared.sums  # what this process held meanwhile must not show there
    hungry = report["peers"][0]["memory"]
    assert 63 < hungry["rise_mib"] < 70
    assert 64 < hungry["peak_mib"] < 200
    assert report["memory"]["rise_mib"] < 5, "what preparing took is not the run's"
    assert report["memory"]["peak_mib"] < 200 < BALLAST * 8 / 2**20


def test_cost_of_a_process_is_what_it_says_of_itself(harness):
    ballast = np.ones(50 * 2**20)
    program = """
import os, pathlib
block = bytearray(b"x") * (96 * 2**20)
sum(range(3_000_000))
peak = pathlib.Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
print(peak, os.times().user, os.times().system)
"""
    cost = harness.measure_process([sys.executable, "-c", program])
    peak, user, system = map(float, cost.output.split())
    assert cost.peak_mib == pytest.approx(peak / 1024, rel=0.02)
    assert cost.peak_mib < 200 < ballast.nbytes / 2**20
    assert cost.user >= user - 0.01  # os.times counts in ticks of 10 ms
    assert cost.system >= system - 0.01
    assert cost.wall > 0


@pytest.mark.parametrize("command", [["no-such-command"], [sys.executable, "-c", "import sys; sys.exit('last words')"]])
def test_a_failing_command_says_so(harness, command):
    with pytest.raises(RuntimeError, match=r"no-such-command|last words"):
        harness.measure_process(command)


def test_tiny_runs_ours_alone_and_writes_nothing(harness, room, monkeypatch, capsys):
    monkeypatch.setattr(harness, "RESULTS", Path("/nowhere"))
    assert harness.main(room.__file__, room.BENCHMARKS, ["--tiny"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 2
    assert all("no peer" in line for line in printed)


def test_table_has_a_row_for_each_peer(harness, compared):
    page = harness.table(compared.results)
    rows = [line for line in page.splitlines() if line.startswith("| s")]
    assert len(rows) == 8
    assert all(row.replace("\\|", "").count("|") == 11 for row in rows)
    assert "failed | MemoryError: 32 GiB \\| wanted |" in page
    assert "| other | " in page
    assert "| 0.5 | 0.1 |" in page
    assert "| absent | " in page
    assert "not installed" in page
    start = next(row for row in rows if "start time" in row)
    assert "shell (whole process)" in start
    assert start.endswith("| not compared |  |")
    assert page.count("Measured on") == 1
