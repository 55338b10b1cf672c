from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from psephos.engine import progress

pty = pytest.importorskip("pty", reason="needs a system with pseudo-terminals")

COLOUR = re.compile(r"\x1b\[[0-9;]*[1-9][0-9;]*m")
LOOP = """
import sys, time
import psephos.engine.progress_bar as module
module.PATIENCE = {patience}
with module.progress("counting [votes]", total={total}) as advance:
    for step in range(4):
        time.sleep(0.1)
        advance()
        print(step)
"""


def on_terminal(script: str, **environment: str) -> tuple[str, str]:
    """Run a script whose error stream is a terminal; return what it wrote there, and its output."""
    ours, theirs = pty.openpty()
    inherited = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    run = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        env={**inherited, "TERM": "xterm", "COLUMNS": "100", **environment},
    )
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # Linux ends a terminal with an error
        while part := os.read(ours, 1000):
            shown += part
    os.close(ours)
    output = run.communicate()[0]
    assert run.returncode == 0, shown.decode()
    return shown.decode(), output


@pytest.mark.parametrize("total", [4, None])
def test_bar_on_a_terminal(total):
    shown, output = on_terminal(LOOP.format(patience=0.05, total=total))
    assert "counting [votes]" in shown
    assert f"4/{total or '?'}" in shown
    assert COLOUR.search(shown)
    assert output == "0\n1\n2\n3\n"


def test_results_go_past_the_bar():
    shown, output = on_terminal(LOOP.format(patience=0, total=4).replace("print(step)", "print('result', step)"))
    assert "result" not in shown
    assert output.count("result") == 4


def test_no_color_is_plain():
    shown, _ = on_terminal(LOOP.format(patience=0.05, total=4), NO_COLOR="1")
    assert "counting [votes]" in shown
    assert not COLOUR.search(shown)


def test_dumb_terminal_gets_one_line():
    shown, _ = on_terminal(LOOP.format(patience=0.05, total=4), TERM="dumb")
    assert "\x1b" not in shown
    assert shown.count("counting [votes]") == 1
    assert "4/4" in shown


def test_short_work_shows_nothing():
    shown, _ = on_terminal(LOOP.format(patience=3600, total=4))
    assert shown == ""


def test_loop_inside_a_loop_stays_silent():
    shown, _ = on_terminal("""
import time
import psephos.engine.progress_bar as module
from psephos.engine import map_shards
module.PATIENCE = 0
with module.progress("outer", 2) as advance:
    for _ in range(2):
        list(map_shards(time.sleep, [0.1, 0.1], label="inner"))
        advance()
list(map_shards(time.sleep, [0.1, 0.1], label="later"))
""")
    assert "outer" in shown
    assert "inner" not in shown
    assert "later" in shown


def test_silent_where_nobody_watches(capfd, monkeypatch):
    monkeypatch.setattr("psephos.engine.progress_bar.PATIENCE", 0)
    with progress("counting", 2) as advance:
        time.sleep(0.05)
        advance()
        advance(5)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("label", ["seen", None])
def test_no_label_no_bar(label):
    shown, _ = on_terminal(f"""
import time
import psephos.engine.progress_bar as module
module.PATIENCE = 0
with module.progress({label!r}, 2) as advance:
    time.sleep(0.3)
    advance()
""")
    assert ("seen" in shown) is (label is not None)
    assert bool(shown) is (label is not None)


def test_error_passes_and_the_screen_is_given_back():
    shown, _ = on_terminal("""
import time
import psephos.engine.progress_bar as module
module.PATIENCE = 0
try:
    with module.progress("broken") as advance:
        time.sleep(0.1)
        raise RuntimeError("stop")
except RuntimeError as error:
    assert str(error) == "stop"
with module.progress("next") as advance:
    time.sleep(0.1)
    advance()
""")
    assert "next" in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h")  # the cursor comes back
