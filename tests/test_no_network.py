"""Does psephos ever reach for the network? It has no telemetry, and no part of the main job needs a connection.

Fresh interpreters run the whole way, from reading to the report, and so do the processes that they start. An audit
hook that is loaded before anything else writes down and refuses each look-up of a name and each connection that is not
to this machine's own processes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DIGITS = Path(__file__).parents[1] / "examples" / "digits"

GUARD = """
import os, socket, sys

REFUSED = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname")

def guard(event, arguments):
    if event in REFUSED:
        where = arguments[1] if event.startswith(("socket.connect", "socket.send")) else arguments[0]
        if isinstance(where, tuple) or not event.startswith(("socket.connect", "socket.send")):
            with open(os.environ["ATTEMPTS"], "a") as file:
                print(event, where, file=file)
            raise OSError("no network here")

sys.addaudithook(guard)
"""

WHOLE_WAY = """
import polars, psephos, sys
from pathlib import Path

digits, folder = sys.argv[1], Path(sys.argv[2])
opinions = psephos.read(digits)
verdict = psephos.decide(opinions)
psephos.against_gold(verdict)
psephos.agree(opinions, repeats=20, rng=0)
psephos.write_report(verdict, folder / "report.html")
psephos.write(opinions, folder / "votes.parquet")
psephos.decide(psephos.scan(folder / "votes.parquet", rows_per_part=5000), engine=2)
print(verdict)
"""


class Guarded:
    """Runs Python with the guard, and knows what it tried."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.attempts = folder / "attempts"
        (folder / "sitecustomize.py").write_text(GUARD, encoding="utf-8")

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONPATH": str(self.folder), "ATTEMPTS": str(self.attempts)}
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)

    def tried(self) -> list[str]:
        return self.attempts.read_text(encoding="utf-8").splitlines() if self.attempts.exists() else []


@pytest.fixture
def guarded(tmp_path: Path) -> Guarded:
    return Guarded(tmp_path)


def test_the_main_job_in_python_opens_no_connection(guarded: Guarded) -> None:
    done = guarded("-c", WHOLE_WAY, str(DIGITS), str(guarded.folder))
    assert done.returncode == 0, done.stderr
    assert "1,797" in done.stdout
    assert (guarded.folder / "report.html").stat().st_size
    assert guarded.tried() == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("decide", str(DIGITS), "--report", "report.html", "--parquet", "verdict.parquet"),
        ("agree", str(DIGITS), "--repeats", "20", "--json"),
        ("doctor",),
        ("--help",),
    ],
    ids=lambda arguments: arguments[0].strip("-"),
)
def test_the_command_line_opens_no_connection(guarded: Guarded, arguments: tuple[str, ...]) -> None:
    done = guarded("-m", "psephos", *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert guarded.tried() == []


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.create_connection(('localhost', 9))",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
        "import socket; socket.socket().connect_ex(('127.0.0.1', 9))",
        "import urllib.request; urllib.request.urlopen('http://localhost')",
        "import subprocess, sys; code = 'import socket; socket.gethostbyname(\"here\")'\n"
        "subprocess.run([sys.executable, '-c', code])",
    ],
)
def test_the_guard_sees_what_reaches_out(guarded: Guarded, attempt: str) -> None:
    guarded("-c", attempt)
    assert guarded.tried()
