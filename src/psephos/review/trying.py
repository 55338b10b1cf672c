"""Does a file that somebody sends stay within the memory and the time that this server gives to reading it?

A few kilobytes can decode to a hundred gigabytes, and no look at a file tells which do. So another process, which may
use only so much memory and time, reads it first and throws the result away; only a file that it gets through is read
here. A small text cannot become large and is not tried.

Source: sheet 90 section 8 (V5: decompression in limits). Differs: nothing.
"""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl

from psephos.errors import InputError, ParseError
from psephos.opinions import read
from psephos.opinions.formats import read_tables
from psephos.opinions.kinds import KINDS
from psephos.opinions.model import Opinions

SMALL = 1 << 22
"""Bytes of a text that is read untried: rows take some 40 times their size, and columns are limited in number."""

PACKED = (".parquet", ".eval")
"""Formats that unpack, tried whatever their size."""

_TRIAL = """
import json, sys
path, question, kind, memory = json.load(sys.stdin)
try:
    import resource
except ImportError:
    pass
else:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from psephos.errors import InputError
from psephos.review.trying import read_answers
try:
    read_answers(path, question, kind)
except InputError as wrong:
    print(json.dumps([wrong.problem, wrong.where, wrong.hint]), flush=True)
except MemoryError:
    sys.exit(3)
except BaseException as wrong:
    print(f"{type(wrong).__name__} [{getattr(wrong, 'errno', None)}]", file=sys.stderr)
    sys.exit(4)
else:
    print("null", flush=True)
"""

_NO_MEMORY = 3
_FULL = re.compile(rf"emory allocation|{os.strerror(errno.ENOMEM)}|std::bad_alloc|\w+ \[{errno.ENOMEM}\]\n\Z")
"""What is said where there is no memory left: by readers in Rust, C and C++ as they end, by Python as an error."""
_ERROR = re.compile(r"^(\w+) \[\w+\]\n\Z", re.MULTILINE)


def try_reading(file: Path, question: str, kind: str, *, memory: int, seconds: float) -> None:
    """Refuse a file that takes more than this to be read, or cannot be read.

    Parameters
    ----------
    file : Path
    question, kind : str
        As in `read_answers`.
    memory : int
        Bytes.
    seconds : float

    Raises
    ------
    ParseError
        If reading it takes more memory or time, ends the process that does, or finds something wrong with it; which
        of these it was is said.
    """
    if file.suffix.lower() not in PACKED and file.stat().st_size < SMALL:
        return
    limit = f"{memory / 2**30:.3g} GiB of memory"
    hint = "split it into several files, or load it with psephos db load where the store is"
    try:
        done = subprocess.run(  # nosec B603 # noqa: S603 - our own interpreter and text; the path goes in by a pipe
            [sys.executable, "-P", "-c", _TRIAL],
            input=json.dumps([str(file), question, kind, memory]),
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
            env=os.environ | {"POLARS_MAX_THREADS": "2", "OPENBLAS_NUM_THREADS": "1", "RUST_BACKTRACE": "0"},
        )
    except subprocess.TimeoutExpired:
        raise ParseError(str(file), f"takes more than {seconds:g} seconds to be read", hint=hint) from None
    if not done.stdout.endswith("\n"):
        problem, hint = _why_it_ended(done.returncode, done.stderr, limit, hint)
        raise ParseError(str(file), problem, hint=hint)
    found = json.loads(done.stdout)
    if found is not None:
        problem, where, known = found
        raise InputError("path", problem, where=where, hint=known)


def _why_it_ended(code: int, said: str, limit: str, hint: str) -> tuple[str, str]:
    """Why a trial came to no end, and what to do; nothing of the file is repeated."""
    killed = code == -getattr(signal, "SIGKILL", 9)  # nobody else ends a process like that than who needs its memory
    if code == _NO_MEMORY or killed or _FULL.search(said):
        return f"takes more than {limit} to be read", hint
    again = "write it again with the program that made it, and report it to the makers of psephos if it is good"
    if code < 0:
        name = next((one.name for one in signal.Signals if one == -code), f"signal {-code}")
        return f"is so damaged that what reads it ends ({name})", again
    error = _ERROR.search(said)
    return f"cannot be read: what reads it fails ({error[1] if error else f'exit {code}'})", again


def read_answers(file: str | Path, question: str, kind: str) -> Opinions:
    """The opinions of a file, of a stated kind if one is stated, the answers to a question if one is.

    Parameters
    ----------
    file : str or Path
    question : str
        The column or question that holds the answers; empty where the file says it.
    kind : str
        Empty where the columns say it.

    Returns
    -------
    Opinions

    Raises
    ------
    InputError
        If the file cannot be read as that.
    """
    options: dict[str, Any] = {"kind": kind or None}
    if question:
        options["columns"] = {_part_of(Path(file), question, kind): question}
    return read(file, **options)


def _part_of(file: Path, question: str, kind: str) -> str:
    """The part of opinions that the answers to a question are: a score where they are numbers, else a label."""
    if kind:
        return next(name for name in KINDS[kind].required if name not in ("item", "voter"))
    (table,) = read_tables([file])
    if question not in table.frame.columns:
        return "label"
    answers = table.frame[question]
    if file.suffix.lower() in (".csv", ".tsv"):  # where every cell is a text
        numbers = answers.cast(pl.Float64, strict=False)
        return "score" if numbers.null_count() == answers.null_count() else "label"
    return "score" if answers.dtype.is_numeric() else "label"
