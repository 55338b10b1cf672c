"""psephos serve and psephos user: what starts, what does not, and what is printed."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the extra web is not installed")
pytest.importorskip("sqlalchemy", reason="the extra web is not installed")


WORDS = "four quiet herons"
"""A password."""


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--host", "0.0.0.0"), "--host"),
        (("--team", "--origin", "http://reviews.example"), "--origin"),
        (("--team", "--origin", "https://reviews.example"), "trusted_proxy"),
        (("--origin", "https://reviews.example"), "--origin"),
        (
            (
                "--team",
                "--origin",
                "https://r.example",
                "--behind-proxy",
                "10.0.0.1",
                "--sign-on",
                "https://id.example",
            ),
            "--sign-on",
        ),
    ],
    ids=["others", "http", "nobody holds the certificate", "local elsewhere", "no client"],
)
def test_what_would_not_be_safe_does_not_start(psephos, tmp_path, words, complaint):
    done = psephos("serve", "--database", tmp_path / "r.sqlite", "--port", "0", *words)
    assert done.code == 1
    assert complaint in done.complaint
    assert not (tmp_path / "r.sqlite").exists()


def test_it_loads_once_prints_a_link_that_works_and_ends_when_asked(votes: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "psephos",
        "serve",
        str(votes),
        "--database",
        str(tmp_path / "r.sqlite"),
        "--port",
        "0",
    ]
    for turn in range(2):
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        ) as server:
            try:
                assert server.stdout is not None
                first, link = server.stdout.readline(), server.stdout.readline().strip()
                assert ("3 new" in first or "4 new" in first) if turn == 0 else "nothing was loaded" in first
                assert re.fullmatch(r"http://127\.0\.0\.1:\d+/enter\?token=[\w-]{43}", link)
                assert health(link) == b'{"ok":true}'
                server.send_signal(signal.SIGINT)
                assert server.wait(timeout=120) in (0, 130, -2)
            finally:
                server.kill()  # one that has ended stays as it ended


def health(link: str) -> bytes:
    """What the server says of itself: it listens before it prints the link, so that nobody has to try again."""
    with urllib.request.urlopen(link.split("/enter")[0] + "/health", timeout=120) as answer:
        return bytes(answer.read())


def test_the_first_administrator_comes_from_the_command_line(script, tmp_path):
    file = tmp_path / "r.sqlite"
    made = script("user", "create-admin", "ann@example.org", "--database", file, input=f"{WORDS}\n")
    assert (made.returncode, made.stdout) == (0, "ann@example.org can sign in\n")
    again = script("user", "create-admin", "ann@example.org", "--database", file, input=f"{WORDS}\n")
    assert again.returncode == 1
    weak = script("user", "create-admin", "bob@example.org", "--database", file, input="password12345678\n")
    assert (weak.returncode, "guessed first" in weak.stderr) == (1, True)


def test_somebody_who_asks_for_it_is_forgotten(psephos, script, tmp_path):
    file = tmp_path / "r.sqlite"
    script("user", "create-admin", "ann@example.org", "--name", "Ann Other", "--database", file, input=f"{WORDS}\n")
    assert psephos("user", "erase", "bob@example.org", "--database", file).code == 1
    assert psephos("user", "erase", "ann@example.org", "--database", tmp_path / "none.sqlite").code == 1
    done = psephos("user", "erase", " Ann@example.org", "--database", file)
    assert (done.code, "ann@example.org is forgotten" in done.out) == (0, True)
    assert psephos("user", "erase", "ann@example.org", "--database", file).code == 1
    with sqlite3.connect(file) as store:
        kept = " ".join(map(str, store.execute("SELECT * FROM user").fetchall()))
        assert store.execute("SELECT count(*) FROM audit WHERE action = 'user.erase'").fetchone() == (1,)
    assert ("ann" in kept.lower(), "Other" in kept) == (False, False)
    assert psephos("audit", "verify", "--store", file).code == 0


@pytest.mark.parametrize("stated", ["exports", "exports=soon", "all=3"])
def test_days_that_cannot_be_are_told_before_anything_starts(psephos, tmp_path, stated):
    done = psephos("serve", "--database", tmp_path / "r.sqlite", "--port", "0", "--keep", "links=1", "--keep", stated)
    assert (done.code, "--keep" in done.complaint) == (1, True)
    assert not (tmp_path / "r.sqlite").exists()


def test_days_come_from_the_environment_too(psephos, tmp_path, monkeypatch):
    monkeypatch.setenv("PSEPHOS_KEEP", "links=1 exports=never")
    done = psephos("serve", "--database", tmp_path / "r.sqlite", "--port", "0")
    assert (done.code, "'never'" in done.complaint) == (1, True)
