"""How are Parquet files read without putting this process at risk?

On some damaged files the decoder ends the whole process: a wrong length makes it ask for more memory than there is,
which cannot be caught. So another process decodes the files first and throws the result away, and only files that it
gets through are decoded here. That costs its start, a quarter of a second for all files of one call, and the time to
decode them once more, some 3 % of reading them.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from psephos.errors import ParseError

_TRIAL = """
import json, sys
import polars
print("ready", flush=True)
paths, in_parts = json.load(sys.stdin)
for path in paths:
    try:
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
        raise ParseError(name, "does not exist", hint="check the path") from None
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
    while len(faults) < len(paths):
        faults += _tried([str(path.absolute()) for path in paths[len(faults) :]], in_parts)
        if len(faults) < len(paths):
            faults.append("decoding it ends the process; it is damaged, or larger than the memory")
    return faults


def _tried(paths: Sequence[str], in_parts: bool) -> list[str | None]:
    """Faults of the files up to the first that ends the process."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and text; the paths go in by a pipe
        [sys.executable, "-P", "-c", _TRIAL],
        input=json.dumps([paths, in_parts]),
        capture_output=True,
        text=True,
        check=False,
    )
    ready, *lines = done.stdout.splitlines() or [""]
    if ready != "ready":
        raise RuntimeError(f"cannot start a process to try Parquet files in: {done.stderr[-500:]}")
    return [json.loads(line) for line in lines]
