"""What the tests of the command line share: votes in a file, and ways to run a command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

VOTES = "item,voter,label\na,x,p\na,y,q\na,z,q\nb,x,p\nb,y,p\nc,x,q\nc,y,p\nd,z,\n"


@dataclass(frozen=True)
class Done:
    """What a command printed and how it ended; `complaint` is the line that goes to standard error with code 1."""

    code: int
    out: str
    err: str
    complaint: str = ""


@pytest.fixture
def votes(tmp_path: Path) -> Path:
    path = tmp_path / "votes.csv"
    path.write_text(VOTES)
    return path


@pytest.fixture
def psephos(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run the command line in this process: `psephos("decide", path)`; nothing but an exit may come out of it."""
    from psephos.cli import main

    def run(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["psephos", *map(str, words)])
        monkeypatch.delenv("COLUMNS", raising=False)
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        printed = capsys.readouterr()
        if isinstance(stop.value.code, str):
            return Done(1, printed.out, printed.err, stop.value.code)
        return Done(int(stop.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture(scope="session")
def script() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the installed console script in a process of its own."""
    program = Path(sys.prefix) / "bin" / "psephos"

    def run(*words: object, environment: dict[str, str] | None = None, **options: Any) -> Any:
        return subprocess.run(
            [program, *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env=os.environ | (environment or {}),
            **options,
        )

    return run
