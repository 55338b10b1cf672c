"""The installed script in a process of its own: exit codes, one line of complaint, pipes, Ctrl-C, terminals."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import os
import pty
import signal
import subprocess
import sys
import termios
from array import array
from pathlib import Path
from typing import IO

import pytest

from psephos import __version__
from tests.waiting import until

PROGRAM = Path(sys.prefix) / "bin" / "psephos"
DIGITS = Path(__file__).parents[2] / "examples" / "digits"

HOSTILE = "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J \u202eright \x07\x08\x00"
"""Colours, a title, an erased screen (also in one sign), a turned line, a bell, a backspace, a NUL."""


def test_a_verdict_is_code_0(script, votes):
    done = script("decide", votes)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Verdict by majority\n")


def test_input_at_fault_is_code_1_and_one_line(script, tmp_path):
    done = script("decide", tmp_path / "nothing.csv")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"psephos: {tmp_path / 'nothing.csv'}: does not exist; check the path\n"


@pytest.mark.parametrize("address", ["https://example.org/votes.csv", "S3://bucket/votes.parquet"])
def test_an_address_is_said_to_be_none_of_a_file(script, address):
    done = script("decide", address)
    assert (done.returncode, done.stdout) == (1, "")
    assert "does not exist; addresses are not read; download the file first" in done.stderr


def test_a_compressed_file_is_told_by_what_it_is(script, tmp_path):
    (tmp_path / "votes.csv.gz").write_bytes(gzip.compress(b"item,voter,label\na,b,c\n"))
    done = script("decide", tmp_path / "votes.csv.gz")
    assert done.stderr == f"psephos: {tmp_path / 'votes.csv.gz'}: is compressed by gzip; decompress it first\n"


def test_a_command_at_fault_is_code_2(script, votes):
    for words in (["decree", votes], ["decide"], ["decide", votes, "--colour"], ["decide", votes, "--limit", "few"]):
        done = script(*words)
        assert (done.returncode, done.stdout) == (2, "")
        assert "Traceback" not in done.stderr
        assert "Usage: psephos" in done.stderr


def test_the_module_is_the_script(votes):
    for words in (["--version"], ["decide", votes, "--limit", "1"]):
        runs = [
            subprocess.run([*start, *words], capture_output=True, text=True, check=True)
            for start in ([PROGRAM], [sys.executable, "-m", "psephos"])
        ]
        assert runs[0].stdout == runs[1].stdout
    version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True)
    assert version.stdout == f"psephos {__version__}\n"


@pytest.mark.parametrize("how", ["", "--json"], ids=["table", "json"])
@pytest.mark.parametrize("reader", ["head -1", "true"], ids=["head", "a reader that reads nothing"])
def test_a_reader_that_has_seen_enough_is_no_fault(how, reader):
    command = f"'{PROGRAM}' decide '{DIGITS}' {how} | {reader}; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True, timeout=300)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"


def test_a_reader_that_has_left_does_not_hide_input_at_fault(tmp_path):
    command = f"'{PROGRAM}' decide '{tmp_path}/nothing.csv' | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout.splitlines()[-1] == "1"
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "unbuffered"),
    [(["decide", DIGITS], ""), (["decide", DIGITS, "--json"], ""), (["doctor"], ""), (["doctor"], "1")],
    ids=["table", "json", "doctor", "unbuffered"],
)
def test_an_output_without_room_is_one_line(words, unbuffered):
    settings = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [PROGRAM, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=300, env=settings
        )
    assert (done.returncode, done.stderr) == (
        1,
        "psephos: No space left on device; free some space, or write elsewhere\n",
    )


@pytest.mark.parametrize(
    ("command", "code"),
    [("decide '{votes}' --json >&-", 0), ("decide '{votes}' >&-", 0), ("decide '{votes}' <&-", 0), ("decide - <&-", 1)],
    ids=["json to no output", "no output", "no input", "no input that is asked for"],
)
def test_closed_input_and_output_are_empty(votes, command, code):
    shell = f"'{PROGRAM}' {command.format(votes=votes)}"
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stderr.count("\n")) == (code, code)


def test_ctrl_c_is_code_130_without_a_word():
    with subprocess.Popen(
        [PROGRAM, "decide", "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdin.write("item,voter,label\n")
        process.stdin.flush()
        until(lambda: unread(process.stdin) == 0)  # it has begun to read, and waits for more
        process.send_signal(signal.SIGINT)
        process.stdin.close()
        error = process.stderr.read()
        assert (process.wait(timeout=120), error) == (130, "")


def unread(pipe: IO[str]) -> int:
    """Bytes in a pipe that nobody has taken."""
    count = array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


def test_a_pipe_is_read_once(votes):
    done = subprocess.run(
        ["bash", "-c", f"'{PROGRAM}' decide <(cat '{votes}') --format csv --json"],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    said = json.loads(done.stdout)
    assert [row["item"] for row in said["rows"]] == ["a", "b", "c", "d"]
    assert said["provenance"]["sha256"] == [hashlib.sha256(votes.read_bytes()).hexdigest()]
    assert said["provenance"]["command"] == ""  # a second look would find the pipe empty


def on_a_terminal(*words: object, **environment: str) -> str:
    """What a command writes to a terminal of 100 columns."""
    ours, theirs = pty.openpty()
    settings = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    settings |= {"TERM": "xterm-256color", "COLUMNS": "100", **environment}
    with subprocess.Popen(
        [PROGRAM, *map(str, words)], stdin=theirs, stdout=theirs, stderr=theirs, env=settings, close_fds=True
    ) as process:
        os.close(theirs)
        written = b""
        while True:
            try:
                block = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not block:
                break
            written += block
        process.wait(timeout=120)
    os.close(ours)
    return written.decode()


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    path = tmp_path / "hostile.jsonl"
    lines = [{"item": HOSTILE, "voter": f"{HOSTILE}{n}", "label": f"{HOSTILE}{n % 2}"} for n in range(3)]
    lines += [{"item": "b", "voter": HOSTILE.upper(), "label": "x"}, {"voter": HOSTILE}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def steering(text: str) -> set[str]:
    """Signs in the text that a terminal acts upon."""
    return {sign for sign in text if not sign.isprintable()} - {"\n"}


@pytest.mark.parametrize(
    "words",
    [["decide", "--why", HOSTILE], ["agree"], ["decide", "--json"], ["agree", "--json"]],
    ids=["decide", "agree", "decide json", "agree json"],
)
def test_names_do_not_steer_a_terminal(hostile, script, psephos, words):
    words = [word.replace("\0", "") for word in words]  # the system passes no NUL
    if "--why" in words:
        hostile.write_text(hostile.read_text().replace("\\u0000", ""))
    done = psephos(words[0], hostile, *words[1:])
    assert (done.code, done.err) == (0, "")
    assert not steering(done.out)
    assert "red" in done.out
    if "--json" in words:
        names = {row["item"] for row in json.loads(done.out)["rows"]} if words[0] == "decide" else set()
        assert words[0] == "agree" or HOSTILE in names
    elif "--why" in words:  # the script writes the same
        assert script(words[0], hostile, *words[1:]).stdout == done.out


@pytest.mark.parametrize("place", ["path", "column", "why", "weights", "engine"])
def test_a_complaint_does_not_steer_a_terminal(votes, script, psephos, place):
    name = HOSTILE.replace("\0", "")
    words = {
        "path": ["decide", name],
        "column": ["decide", votes, "--column", f"voter={name}"],
        "why": ["decide", votes, "--why", name],
        "weights": ["decide", votes, "--weights", f"{name}=1"],
        "engine": ["decide", votes, "--engine", name],
    }[place]
    done = psephos(*words)
    assert done.code == 1
    assert done.complaint
    assert not steering(done.err + done.complaint)
    assert "\n" not in done.err + done.complaint
    if place == "column":
        assert script(*words).stderr == f"{done.complaint}\n"


def test_a_terminal_is_shown_what_counts_in_bold_and_nothing_else_under_no_color(hostile):
    plain = on_a_terminal("decide", hostile, NO_COLOR="1")
    bold = on_a_terminal("decide", hostile)
    assert "\x1b[1m" in bold
    assert steering(bold) == {"\x1b", "\r"}
    assert not any(sequence in bold for sequence in ("\x1b[31m", "\x1b]", "\x1b[2J"))
    assert steering(plain) == {"\r"}
    assert "Verdict by majority" in plain


def test_what_is_no_terminal_gets_no_colours_even_where_colours_are_at_home(script, votes):
    done = script("decide", votes, environment={"TERM": "xterm-256color", "COLORTERM": "truecolor"})
    assert not steering(done.stdout)


@pytest.mark.parametrize("how", [[], ["--json"]], ids=["table", "json"])
def test_an_output_that_knows_ascii_only_gets_escapes(script, tmp_path, how):
    path = tmp_path / "votes.csv"
    path.write_text("item,voter,label\nÜ,x,\U0001f600\nÜ,y,\U0001f600\n", encoding="utf-8")
    done = script("decide", path, *how, environment={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    if how:
        assert json.loads(done.stdout)["rows"][0]["choice"] == "\U0001f600"


def test_the_completion_of_a_shell_is_printed(script):
    # Typer looks for the shell among the parents of the process; under a runner there may be none.
    stated = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = script("--show-completion", "bash", environment=stated)
    assert done.returncode == 0
    assert "psephos" in done.stdout
    assert "complete" in done.stdout
