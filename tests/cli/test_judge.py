"""psephos judge fuse: drafts become a training set through a real server on this machine, and nothing is lost."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from chat_server import ChatServer, Said, chat

from tests.waiting import PATIENCE

PROMPTS = "item,prompt\nsum,What is 2 + 2?\nbridge,When did it open?\n"
DRAFTS = (
    "item,voter,draw,answer\nsum,a,0,The answer is 4.\nsum,b,0,4\nsum,c,0,5\n"
    "bridge,a,0,The bridge opened in 1932 after years.\nbridge,b,0,The bridge was opened in 1933 by some people.\n"
)


def fusing(asked: dict[str, Any]) -> Said:
    """Keeps to the form; writes that the bridge opened in 1932."""
    found = re.findall("<answer-([0-9a-f]{10})>", asked["messages"][-1]["content"])
    text = f"<answer-{found[-1]}>The bridge opened in 1932.</answer-{found[-1]}>" if found else "A draft of some words."
    return Said(body=chat(text))


@pytest.fixture
def served(chat_server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PSEPHOS_API_KEY", raising=False)
    Path("prompts.csv").write_text(PROMPTS)
    Path("drafts.csv").write_text(DRAFTS)
    chat_server.answers = fusing
    return ["--model", "small", "--endpoint", chat_server.url]


def rows(path: str = "prompts.fused.jsonl") -> dict[str, dict[str, Any]]:
    return {row["item"]: row for row in map(json.loads, Path(path).read_text().splitlines())}


def test_a_training_set_is_made_and_nothing_is_asked_twice(psephos, served, chat_server):
    words = ["judge", "fuse", "prompts.csv", "--drafts", "drafts.csv", *served]
    done = psephos(*words)
    assert (done.code, done.err) == (0, "")
    assert "drafts.csv" not in done.err
    made = rows()
    assert made["bridge"]["messages"] == [
        {"role": "user", "content": "When did it open?"},
        {"role": "assistant", "content": "The bridge opened in 1932."},
    ]
    assert (made["sum"]["messages"][1]["content"], made["sum"]["mode"], made["sum"]["calls"]) == ("4", "vote", 0)
    assert made["bridge"]["contradictions"] == 2
    assert len(chat_server.requests) == 1
    again = json.loads(psephos(*words, "--json").out)
    assert len(chat_server.requests) == 1
    assert again["found"] == 2
    refused = psephos(*words, "--orders", "2")
    assert refused.code == 1
    assert "with other wishes" in refused.complaint


def test_a_dry_run_asks_nothing(psephos, served, chat_server):
    words = ["judge", "fuse", "prompts.csv", "--drafts", "drafts.csv", *served, "--dry-run", "--prices", "1,2"]
    done = psephos(*words)
    assert "Nothing was asked" in done.out
    assert "The bridge was opened in 1933" in done.out
    assert "cost" in done.out
    assert not chat_server.requests
    assert json.loads(psephos(*words, "--json").out)["plans"][0]["calls"] == 0


def test_teachers_write_drafts_first(psephos, served, chat_server):
    done = psephos("judge", "fuse", "prompts.csv", "--teacher", "small", "--times", "2", *served, "--mode", "fuse")
    assert done.code == 0
    assert len(Path("prompts.fused.drafts.jsonl").read_text().splitlines()) == 4
    assert rows()["bridge"]["drafts"] == 2
    assert rows()["bridge"]["mode"] == "copy"  # both drafts are alike


def test_a_dry_run_asks_no_teacher(psephos, served, chat_server):
    words = ["judge", "fuse", "prompts.csv", "--teacher", "small", "--times", "2", *served, "--mode", "fuse"]
    refused = psephos(*words, "--dry-run")
    assert refused.complaint.startswith("psephos: --dry-run: asks nothing, and no teacher has written a draft yet")
    assert not chat_server.requests
    assert psephos(*words).code == 0
    asked = len(chat_server.requests)
    done = psephos(*words, "--dry-run")
    assert "2, 2 of them with drafts" in done.out
    assert len(chat_server.requests) == asked


def test_drafts_may_stand_in_another_column(psephos, served):
    Path("drafts.csv").write_text(DRAFTS.replace("answer", "said", 1))
    words = ["judge", "fuse", "prompts.csv", "--drafts", "drafts.csv", *served]
    assert "answer" in psephos(*words).complaint
    assert psephos(*words, "--column", "answer=said").code == 0


def test_files_are_written(psephos, served, require):
    require("matplotlib")
    done = psephos(
        "judge",
        "fuse",
        "prompts.csv",
        "--drafts",
        "drafts.csv",
        *served,
        "--report",
        "r.html",
        "--parquet",
        "t.parquet",
    )
    assert done.code == 0
    assert "<svg" in Path("r.html").read_text()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--drafts", "drafts.csv", "--teacher", "x"], "not both"),
        ([], "or --teacher is needed"),
        (["--drafts", "drafts.csv", "--mode", "best"], "mode: must be one of"),
        (["--drafts", "drafts.csv", "--out", "drafts.csv"], "drafts.csv"),
        (["--drafts", "drafts.csv", "--prices", "1"], "two numbers"),
    ],
    ids=["both", "neither", "mode", "overwrite", "prices"],
)
def test_bad_input(psephos, served, words, text):
    done = psephos("judge", "fuse", "prompts.csv", *served, *words)
    assert done.code == 1
    assert text in done.complaint


def test_a_server_that_is_gone_leaves_no_row_and_is_said(psephos, served, chat_server):
    chat_server.answers = lambda asked: Said(status=500, body={"error": "gone"})
    words = ["judge", "fuse", "prompts.csv", "--drafts", "drafts.csv", *served, "--attempts", "1"]
    done = psephos(*words)
    assert list(rows()) == ["sum"]
    assert "failed" in done.out
    chat_server.answers = fusing
    psephos(*words)
    assert set(rows()) == {"sum", "bridge"}


def test_a_killed_command_loses_no_finished_row(served, chat_server):
    """kill -9 at several moments; the same command goes on, and at most what was under way is asked again."""
    n = 24
    Path("prompts.csv").write_text("item,prompt\n" + "".join(f"q{i},Question {i}?\n" for i in range(n)))
    lines = [f"q{i},{voter},0,The {voter} thing number {i} of many is here." for i in range(n) for voter in "abc"]
    Path("drafts.csv").write_text("item,voter,draw,answer\n" + "\n".join(lines) + "\n")

    def slowly(asked: dict[str, Any]) -> Said:
        time.sleep(0.02)
        return fusing(asked)

    chat_server.answers = slowly
    command = [sys.executable, "-m", "psephos", "judge", "fuse", "prompts.csv", "--drafts", "drafts.csv", *served]
    command += ["--workers", "2"]
    finished = 0
    for kill_at in (3, 9, 15):
        process = subprocess.Popen(
            command, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        path = Path("prompts.fused.jsonl")
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            if path.exists() and path.read_bytes().count(b"\n") >= kill_at:
                break
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
        kept = Path("prompts.fused.jsonl").read_bytes().count(b"\n")
        assert kept >= max(finished, kill_at)
        finished = kept
    assert subprocess.run(command, check=False, capture_output=True, timeout=600).returncode == 0
    assert len(rows()) == n
    assert len(chat_server.requests) <= n + 3 * 2
