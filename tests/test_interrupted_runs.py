"""Tests of Ctrl-C say the same whether a run is started in the foreground or in the background of a shell."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="interrupts a process of its own by a signal")


def test_a_process_that_a_test_starts_can_be_interrupted() -> None:
    with subprocess.Popen(["sleep", "120"]) as process:
        try:
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == -signal.SIGINT
        finally:
            process.kill()


def test_so_can_it_where_the_run_was_started_with_ctrl_c_ignored() -> None:
    name = f"{HERE}::{test_a_process_that_a_test_starts_can_be_interrupted.__name__}"
    command = 'trap "" INT; exec "$@"'  # as a shell starts what goes on in the background
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", name]
    done = subprocess.run(
        ["sh", "-c", command, "sh", *run], cwd=HERE.parents[1], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
