"""How much faster is one contender than another, and how much memory does each need, once their answers agree?

A benchmark file declares `Benchmark`s and ends with `sys.exit(main(__file__, BENCHMARKS))`. Each installed peer must
first give our answer, within a stated tolerance. Then both are timed in turn, ours, peer, ours, peer, so that a slow
moment of the machine meets both, and the ratio is taken within each pair. The checked runs are the warm-up.

Memory is resident memory: NumPy, Polars and compiled kernels allocate past Python's own counters. Each contender runs
once more in a fresh process, first on the tiny input so that imports and kernels are loaded; then the kernel's
high-water mark is reset, and read after the full run. ru_maxrss alone would not do, a child starts with the peak of its
parent; so a command is started by a launcher smaller than any command measured here (10 MiB). Linux only (/proc).

    python benchmarks/consensus.py            compare, write benchmarks/results/*.json
    python benchmarks/consensus.py --tiny     ours on a tiny input, nothing written
    python benchmarks/harness.py table        all results as one Markdown page
"""

import argparse
import gc
import json
import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import fmean, median
from typing import Any, Literal, NamedTuple

import numpy as np

RESULTS = Path(__file__).parent / "results"
SHARED = Path(os.environ.get("PSEPHOS_SHARED") or Path(__file__).resolve().parents[2] / "shared") / "data"
SHORTEST_SAMPLE = 0.02  # seconds; a faster run is repeated until a sample lasts this long
FEWEST_PAIRS = 5
LONGEST = 120.0  # seconds of timing for one peer; a pair that has begun is finished


@dataclass(frozen=True)
class Contender:
    """Something that runs in this process: `answer(run(prepare(input)))`, of which `run` alone is timed."""

    name: str
    run: Callable[[Any], Any]
    prepare: Callable[[Any], Any] = lambda data: data
    answer: Callable[[Any], Any] = lambda found: found  # from what `run` returned to what is compared
    packages: tuple[str, ...] = ()  # distributions it needs, whose versions are recorded
    timed = "in process"

    def versions(self) -> dict[str, str]:
        return {package: version(package) for package in self.packages}

    def once(self, prepared: Any) -> tuple[float, Any]:
        start = time.perf_counter()
        found = self.run(prepared)
        return time.perf_counter() - start, self.answer(found)


@dataclass(frozen=True)
class SubprocessContender:
    """A command: another environment, another language, a start time; `prepare` may write its input to a file."""

    name: str
    command: Callable[[Any], Sequence[str]]  # from what `prepare` returned
    prepare: Callable[[Any], Any] = lambda data: data
    parse: Callable[[Any], Any] = lambda output: output  # from its output, or its `result`, to what is compared
    probe: tuple[str, ...] = ()  # a command that prints its version and fails where it is not installed
    timed: Literal["whole process", "by itself"] = "whole process"  # by itself: prints JSON with `seconds` and `result`

    def versions(self) -> dict[str, str]:
        try:
            return {self.name: measure_process(self.probe).output.strip()} if self.probe else {}
        except RuntimeError as failure:
            raise PackageNotFoundError(self.name) from failure

    def once(self, prepared: Any) -> tuple[float, Any]:
        cost = measure_process(self.command(prepared))
        if self.timed == "whole process":
            return cost.wall, self.parse(cost.output)
        reply = json.loads(cost.output)
        return float(reply["seconds"]), self.parse(reply["result"])


def difference(ours: Any, theirs: Any) -> float:
    """Largest absolute difference of numbers (two NaN are equal), share of unequal entries of all else; inf: shapes."""
    left, right = np.asarray(ours), np.asarray(theirs)
    if left.shape != right.shape:
        return math.inf
    if not all(np.issubdtype(side.dtype, np.number) for side in (left, right)):
        return np.count_nonzero(left != right) / max(left.size, 1)
    apart = (left != right) & ~(np.isnan(left) & np.isnan(right))
    return float(np.max(np.abs(np.subtract(left[apart], right[apart], dtype=np.float64)), initial=0.0))


@dataclass(frozen=True)
class Benchmark:
    """One question put to us and to peers."""

    name: str  # of its file in results/
    question: str
    size: str  # the full input in words
    make: Callable[[bool], Any]  # the input; True asks for a tiny one
    ours: Contender | SubprocessContender
    peers: tuple[Contender | SubprocessContender, ...] = ()
    check: Callable[[Any, Any], float] = difference  # of (ours, theirs)
    tolerance: float = 0.0  # infinite: there are no answers to compare, as with start times


def on_real_data(folder: str, benchmarks: Sequence[Benchmark]) -> Sequence[Benchmark]:
    """Benchmarks that read this folder of shared data; none, said so, where it is absent. A tiny input is made up."""
    if (SHARED / folder).exists() or "--tiny" in sys.argv:
        return benchmarks
    names = ", ".join(benchmark.name for benchmark in benchmarks)
    print(f"skipped: {names}, for {SHARED / folder} is not there; set PSEPHOS_SHARED", file=sys.stderr)
    return ()


class ProcessCost(NamedTuple):
    """What a whole process printed and took: seconds, and the peak of its (or its largest child's) resident memory."""

    output: str
    wall: float
    user: float
    system: float
    peak_mib: float


_LAUNCHER = """
import json, os, sys, time
start = time.perf_counter()
_, status, usage = os.wait4(os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ), 0)
cost = time.perf_counter() - start, usage.ru_utime, usage.ru_stime, usage.ru_maxrss / 1024
print(chr(10) + json.dumps(cost), end="", file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def measure_process(command: Sequence[str]) -> ProcessCost:
    """Run a command to its end and say what it cost; RuntimeError with its last words if it fails."""
    launch = [sys.executable, "-I", "-S", "-c", _LAUNCHER, *command]
    done = subprocess.run(launch, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr[-500:].strip()}")
    return ProcessCost(done.stdout, *json.loads(done.stderr.rpartition("\n")[2]))


def compare(benchmark: Benchmark, file: str, *, tiny: bool = False, seconds: float = 10.0) -> dict[str, Any]:
    """Check, time and weigh the contenders of a benchmark that `file` declares; `tiny`: ours only, not weighed."""
    ours, data = benchmark.ours, benchmark.make(tiny)
    answer = ours.once(prepared := ours.prepare(data))[1]
    if not (gap := benchmark.check(answer, ours.once(prepared)[1])) <= benchmark.tolerance:
        raise AssertionError(f"{benchmark.name}: two runs of {ours.name} differ by {gap}")
    own_sample = partial(_sample, ours, prepared)
    alone = median(own_sample() for _ in range(1 if tiny else 3))
    peers: list[dict[str, Any]] = []
    for peer in () if tiny else benchmark.peers:
        entry: dict[str, Any] = {"name": peer.name, "versions": {}, "status": "differs"}
        peers.append(entry)
        try:
            entry["versions"] = peer.versions()
            gap = benchmark.check(answer, peer.once(theirs := peer.prepare(data))[1])
            entry |= {"timed": peer.timed, "difference": gap if math.isfinite(gap) else str(gap)}
            if gap <= benchmark.tolerance:
                entry |= timed_in_turn(own_sample, partial(_sample, peer, theirs), seconds=seconds)
                entry |= {"memory": _weigh(benchmark, peer, file), "status": "compared"}
        except PackageNotFoundError:
            entry["status"] = "not installed"
        except Exception as problem:  # noqa: BLE001 - a peer may fail in any way; the report and the exit status say so
            entry |= {"status": "failed", "problem": f"{type(problem).__name__}: {problem}"}
    return {
        "benchmark": benchmark.name,
        "question": benchmark.question,
        "size": "tiny" if tiny else benchmark.size,
        "tolerance": benchmark.tolerance if math.isfinite(benchmark.tolerance) else None,
        "measured": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine(),
        "ours": {"name": ours.name, "versions": ours.versions(), "timed": ours.timed, "seconds": alone},
        "memory": None if tiny else _weigh(benchmark, ours, file),
        "peers": peers,
    }


def timed_in_turn(ours: Callable[[], float], peer: Callable[[], float], *, seconds: float) -> dict[str, Any]:
    """Call two functions that return seconds in turn, for `seconds` and FEWEST_PAIRS or until LONGEST has passed."""
    samples: list[tuple[float, float]] = []
    start, elapsed = time.perf_counter(), 0.0
    while not samples or (elapsed < LONGEST and (len(samples) < FEWEST_PAIRS or elapsed < seconds)):
        samples.append((ours(), peer()))
        elapsed = time.perf_counter() - start
    own, other = zip(*samples, strict=True)
    ratios = [theirs / mine for mine, theirs in samples]
    spread = {"median": median(ratios), "min": min(ratios), "max": max(ratios)}
    return {"ours_seconds": median(own), "peer_seconds": median(other), "ratio": spread, "samples": samples}


def _sample(contender: Contender | SubprocessContender, prepared: Any) -> float:
    """Seconds of one run: the mean of as many runs as the clock needs."""
    gc.collect()
    times = [contender.once(prepared)[0]]
    while sum(times) < SHORTEST_SAMPLE:
        times.append(contender.once(prepared)[0])
    return fmean(times)


def _weigh(benchmark: Benchmark, contender: Contender | SubprocessContender, file: str) -> dict[str, float]:
    """Memory in a fresh process; of a command also its processor time."""
    if isinstance(contender, Contender):
        cost = measure_process([sys.executable, file, "--memory", benchmark.name, contender.name])
        return dict(json.loads(cost.output.splitlines()[-1]))
    cost = measure_process(contender.command(contender.prepare(benchmark.make(False))))
    return {"peak_mib": cost.peak_mib, "user_seconds": cost.user, "system_seconds": cost.system}


def measure_memory(benchmark: Benchmark, name: str) -> dict[str, float]:
    """Peak resident memory of one contender in this, fresh, process, and how far its run rose above the start."""
    contender = next(one for one in (benchmark.ours, *benchmark.peers) if one.name == name)
    contender.once(contender.prepare(benchmark.make(True)))
    prepared = contender.prepare(benchmark.make(False))
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _high_water()
    contender.once(prepared)
    return {"peak_mib": (peak := _high_water()), "rise_mib": peak - before}


def _high_water() -> float:
    return int(Path("/proc/self/status").read_text(encoding="utf-8").partition("VmHWM:")[2].split()[0]) / 1024


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    cpu = Path("/proc/cpuinfo").read_text(encoding="utf-8").partition("model name\t: ")[2].partition("\n")[0]
    memory = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
    system = f"{platform.platform(terse=True)}, Python {platform.python_version()}, NumPy {np.__version__}"
    load, cores = os.getloadavg()[0], len(os.sched_getaffinity(0))
    return {"cpu": cpu, "cores": cores, "memory_gib": memory, "system": system, "load": load}


_HEAD = """# Benchmarks

Answers are checked first, then both are timed in turn. Times are medians; peer / ours is the median of the ratios
within pairs (smallest to largest); memory is the peak of a fresh process (its rise during the run). By `make bench`.
Each file in `benchmarks/results` notes the load of the machine: on a busy one times are too long, and ratios stand.

| question | input | peer | ours | theirs | peer / ours | our memory | their memory | answers differ by | at most |
|---|---|---|---:|---:|---:|---:|---:|---:|---:|"""


def table(results: Path = RESULTS) -> str:
    """All results as one Markdown page."""
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("*.json"))]
    rows = [_row(report, peer) for report in reports for peer in report["peers"] or [{"status": "no peer"}]]
    where = {"{cpu}, {cores} cores, {memory_gib} GiB, {system}".format(**report["machine"]) for report in reports}
    return "\n".join([_HEAD, *rows, "", *(f"Measured on {one}." for one in sorted(where)), ""])


def _row(report: dict[str, Any], peer: dict[str, Any]) -> str:
    name = " ".join([peer.get("name", ""), *peer.get("versions", {}).values()])
    if peer["status"] == "compared":
        name += "" if peer["timed"] == "in process" else f" ({peer['timed']})"
        times = [_duration(peer["ours_seconds"]), _duration(peer["peer_seconds"])]
        times.append("{median:.3g} ({min:.3g} to {max:.3g})".format(**peer["ratio"]))
    else:
        times = [_duration(report["ours"]["seconds"]), peer["status"], peer.get("problem", "")]
    gaps = ["not compared", ""] if report["tolerance"] is None else [peer.get("difference", ""), report["tolerance"]]
    weights = [_memory(report["memory"]), _memory(peer.get("memory"))]
    cells = [report["question"], report["size"], name, *times, *weights, *gaps]
    texts = (f"{cell:.2g}" if isinstance(cell, float) else " ".join(str(cell).split()) for cell in cells)
    return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |"


def _duration(seconds: float) -> str:
    factor, unit = (1, "s") if seconds >= 1 else (1e3, "ms") if seconds >= 1e-3 else (1e6, "µs")
    return f"{seconds * factor:.3g} {unit}"


def _memory(weight: dict[str, float] | None) -> str:
    rise = f" (+{weight['rise_mib']:.1f})" if weight and "rise_mib" in weight else ""
    return f"{weight['peak_mib']:.0f} MiB{rise}" if weight else ""


def main(file: str, benchmarks: Sequence[Benchmark], arguments: Sequence[str] | None = None) -> int:
    """Command line of a benchmark file; the number of peers that differ or fail is its exit status."""
    known = {benchmark.name: benchmark for benchmark in benchmarks}
    parser = argparse.ArgumentParser(description="Compare ours with the peers that are installed.")
    parser.add_argument("--only", action="append", choices=known, help="one benchmark; may be given again")
    parser.add_argument("--tiny", action="store_true", help="ours only, on a tiny input; nothing written")
    parser.add_argument("--results", type=Path, help="an existing folder to write to")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each peer; five pairs are always timed")
    parser.add_argument("--memory", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.memory:
        print(json.dumps(measure_memory(known[options.memory[0]], options.memory[1])))
        return 0
    folder = options.results or (None if options.tiny else RESULTS)
    peers = []
    for name in options.only or known:
        report = compare(known[name], file, tiny=options.tiny, seconds=options.seconds)
        print(*(_row(report, peer) for peer in report["peers"] or [{"status": "no peer"}]), sep="\n", flush=True)
        peers += report["peers"]
        if folder:
            (folder / f"{name}.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return sum(peer["status"] in {"differs", "failed"} for peer in peers)


if __name__ == "__main__":
    sys.stdout.write(table() if sys.argv[1:] == ["table"] else str(__doc__))
