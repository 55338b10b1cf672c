"""How are Parquet files read without putting this process at risk?

On some damaged files the decoder ends the whole process: a wrong length makes it ask for more memory than there is,
which cannot be caught. So another process decodes the files first and throws the result away, and only files that it
gets through are decoded here. It may take as much memory as is free, so that a file of some kilobytes that unpacks to
more than that ends it, and nothing else. That costs its start, a quarter of a second for all files of one call, and
the time to decode them once more, some 3 % of reading them.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import polars as pl

from psephos.errors import ParseError
from psephos.opinions.text_files import MOST_COLUMNS, missing_file

_START = 2**30
"""Address space that a process takes before it decodes anything."""

_TRIAL = """
import json, sys
paths, in_parts, memory, most_columns = json.load(sys.stdin)
try:
    import resource
except ImportError:
    pass
else:
    allowed, most = resource.getrlimit(resource.RLIMIT_AS)
    if memory and (allowed == resource.RLIM_INFINITY or allowed > memory):
        resource.setrlimit(resource.RLIMIT_AS, (memory, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
import polars
print("ready", flush=True)
for path in paths:
    try:
        wide = len(polars.read_parquet_schema(path))
        if wide > most_columns:
            raise ValueError(f"it has {wide:,} columns; at most {most_columns:,} are read")
        if in_parts:
            for part in polars.scan_parquet(path, glob=False, hive_partitioning=False).collect_batches():
                pass
        else:
            polars.read_parquet(path, glob=False, hive_partitioning=False)
    except BaseException as problem:
        print(json.dumps(str(problem).partition("\\n")[0][:200]), flush=True)
    else:
        print("null", flush=True)
"""


def read_parquet_files(paths: Sequence[Path]) -> list[pl.DataFrame]:
    """The tables in Parquet files, all their columns.

    Raises
    ------
    ParseError
        If a file is no Parquet file or is damaged.
    """
    check_decodes(paths)
    return [pl.read_parquet(path, glob=False, hive_partitioning=False) for path in paths]


def check_parquet(path: Path, name: str) -> None:
    """Refuse a file that does not begin and end as Parquet files do.

    It reads eight bytes, so that a file of another format is told at once and in plain words.
    """
    try:
        with path.open("rb") as file:
            opening = file.read(4)
            file.seek(0, io.SEEK_END)
            file.seek(max(0, file.tell() - 4))
            closing = file.read(4)
    except FileNotFoundError:
        raise missing_file(name) from None
    except IsADirectoryError:
        raise ParseError(name, "is a folder, not a file", hint="name the files in it") from None
    except (OSError, ValueError) as problem:
        raise ParseError(name, f"cannot be opened: {problem}", hint="check that it may be read") from None
    if opening != b"PAR1" or closing != b"PAR1":
        raise ParseError(name, "is not a whole Parquet file", hint="it may be cut off or of another format")


def check_decodes(paths: Sequence[Path], *, in_parts: bool = False) -> None:
    """Refuse files that are no Parquet files or cannot be decoded; see `faults_of`.

    Decoding is tried in another process: a damaged file can end the one that reads it.
    """
    for path in paths:
        check_parquet(path, str(path))
    for path, fault in zip(paths, faults_of(paths, in_parts=in_parts), strict=True):
        if fault is not None:
            raise ParseError(str(path), f"cannot be read as Parquet: {fault}")


def faults_of(paths: Sequence[Path], *, in_parts: bool = False) -> list[str | None]:
    """What is wrong with each file, found by decoding it in another process; None where nothing is.

    Parameters
    ----------
    paths : sequence of Path
        The files.
    in_parts : bool, default False
        Whether to hold only some rows of a file at a time, as one does who will read it in parts; else a file that is
        larger than the memory is at fault.
    """
    faults: list[str | None] = []
    free = free_memory()
    limit = f", of which {free / 2**30:.3g} GiB are free" if free else ""
    while len(faults) < len(paths):
        faults += _tried([str(path.absolute()) for path in paths[len(faults) :]], in_parts, free)
        if len(faults) < len(paths):
            faults.append(f"decoding it ends the process; it is damaged, or larger than the memory{limit}")
    return faults


def free_memory() -> int | None:
    """Bytes of memory that are free, also within the limits of a container; None where the system does not say."""
    try:
        told = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines())
        free = int(told["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None
    with suppress(OSError, ValueError):
        group = Path("/sys/fs/cgroup")
        most = int(Path(group, "memory.max").read_text(encoding="ascii"))
        free = min(free, max(0, most - int(Path(group, "memory.current").read_text(encoding="ascii"))))
    return free


def _tried(paths: Sequence[str], in_parts: bool, free: int | None) -> list[str | None]:
    """Faults of the files up to the first that ends the process."""
    done = subprocess.run(  # nosec B603 # noqa: S603 - our own interpreter and text; the paths go in by a pipe
        [sys.executable, "-P", "-c", _TRIAL],
        input=json.dumps([paths, in_parts, None if free is None else free + _START, MOST_COLUMNS]),
        capture_output=True,
        text=True,
        check=False,
    )
    ready, *lines = done.stdout.splitlines() or [""]
    if ready != "ready":
        raise RuntimeError(f"cannot start a process to try Parquet files in: {done.stderr[-500:]}")
    return [json.loads(line) for line in lines]
