"""Asking a model under a budget: nothing lost when it is killed, nothing paid twice, failures are no votes."""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from chat_server import ChatServer, Said, chat
from hypothesis import given, settings
from hypothesis import strategies as st

from psephos.allocation import Adaptive, KnowledgeGradient, Uniform, allocate, ask, replay
from psephos.consensus import majority
from psephos.errors import InputError, ParseError
from psephos.opinions import read
from psephos.opinions import samples as samples_of
from psephos.plots import plot
from psephos.reports import report
from psephos.selection import select
from psephos.voters.language_model import (
    Budget,
    Interrupted,
    ModelError,
    OpenAICompatible,
    Request,
    Retrying,
    SampleLog,
    Scripted,
    StoredSamples,
)

QUESTIONS = {"easy": "2 + 2?", "hard": "Why?", "odd": "Which?"}
METHODS = {"adaptive": Adaptive, "knowledge-gradient": KnowledgeGradient, "uniform": Uniform}


def said(request: Request) -> str:
    """Answers that depend on question and draw alone."""
    draw = request.sample_index
    return {"easy": "4", "hard": "ab"[draw % 2], "odd": "abcab"[draw % 5]}[request.tag]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


# What it does.


@pytest.mark.parametrize("method", METHODS)
def test_it_spends_as_the_method_would_with_a_function(tmp_path: Path, method: str) -> None:
    drawn: Counter[str] = Counter()

    def draw(question: str) -> str:
        drawn[question] += 1
        return said(Request.of("?", tag=question, sample_index=drawn[question] - 1))

    expected = allocate(METHODS[method](list(QUESTIONS), 30), draw)  # type: ignore[arg-type]
    found = ask(QUESTIONS, Scripted(said), budget=30, log=tmp_path / "log.jsonl", method=method, workers=1)
    assert found.table().equals(expected.table())
    assert found.samples.kind == "samples"
    assert len(found.samples) == 30


def test_the_log_is_data_of_its_own(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    found = ask(QUESTIONS, Scripted(said), budget=12, log=log)
    stored = read(log)
    assert stored.kind == "samples"
    assert stored.frame().select("item", "draw", "answer").sort("item", "draw").rows() == (
        found.samples.frame().select("item", "draw", "answer").sort("item", "draw").rows()
    )
    assert dict(majority(stored).table().select("item", "choice").iter_rows())["easy"] == "4"
    assert len(select(found.samples).table()) == 3


def test_it_goes_on_where_it_was(tmp_path: Path) -> None:
    log, model = tmp_path / "log.jsonl", Scripted(said)
    first = ask(QUESTIONS, model, budget=9, log=log)
    again = ask(QUESTIONS, model, budget=9, log=log)
    more = ask(QUESTIONS, model, budget=15, log=log)
    assert (first.found, again.found, more.found) == (0, 9, 9)
    assert len(model.requests) == 15
    assert again.table().select("answer", "drawn").equals(first.table().select("answer", "drawn"))
    draws = [(row["item"], row["draw"]) for row in lines(log)]
    assert len(set(draws)) == 15


def test_settled_questions_return_the_rest_of_the_budget(tmp_path: Path) -> None:
    found = ask(
        {"easy": "2 + 2?"}, Scripted(said), budget=100, log=tmp_path / "log", delta=0.05, n_classes=2, workers=1
    )
    assert found.spent == 8  # sheet 10: unanimous, K = 2, delta = .05
    assert found.table()["status"].to_list() == ["settled"]


def test_stored_samples_stand_for_a_model(tmp_path: Path) -> None:
    opinions = samples_of(["a"] * 3 + ["b"] * 2, ["llm"] * 5, [0, 1, 2, 0, 1], ["x", "x", "y", "z", None])
    found = ask({"a": "?", "b": "?"}, StoredSamples(opinions), budget=50, log=tmp_path / "log.jsonl", workers=2)
    assert found.table().select("answer", "drawn", "status").rows() == [("x", 3, "exhausted"), ("z", 2, "exhausted")]
    assert found.failures.height == 0
    assert found.stopped is None


def test_failures_in_store_are_no_samples_to_be_had(tmp_path: Path) -> None:
    opinions = samples_of(
        ["a"] * 4, ["llm"] * 4, range(4), ["x", None, None, "x"], status=["stop", "failed", "empty", "stop"]
    )
    found = ask({"a": "?"}, StoredSamples(opinions), budget=50, log=tmp_path / "log.jsonl", workers=1)
    assert found.table().select("answer", "samples", "drawn").rows() == [("x", 2, 3)]
    assert replay(opinions, [3], ["uniform"], rng=0).table()["spent"].to_list() == [3]


def test_text_without_an_answer_costs_and_does_not_count(tmp_path: Path) -> None:
    texts = iter(["The answer is 4.", "I do not know", "", "so #### 4"])
    found = ask(
        {"q": "?"}, Scripted(lambda _: next(texts)), budget=4, log=tmp_path / "log.jsonl", answer="marked", workers=1
    )
    assert found.table().select("answer", "samples", "drawn", "votes").row(0) == ("4", 2, 4, 2)
    assert [row["status"] for row in lines(tmp_path / "log.jsonl")] == ["stop", "no answer", "empty", "stop"]


def test_what_is_odd_about_a_sample_names_its_line_in_the_log(tmp_path: Path) -> None:
    """Also of a log that holds other questions and repeats, whose lines count and whose samples do not."""
    log, texts = tmp_path / "log.jsonl", iter(["4", "I do not know", "", "4"])
    ask({"other": "?"}, Scripted(lambda _: "4"), budget=2, log=log, workers=1)
    log.write_text(log.read_text() + log.read_text().splitlines(keepends=True)[0])
    found = ask({"q": "?", "r": "!"}, Scripted(lambda _: next(texts)), budget=4, log=log, method="uniform", workers=1)
    empty = [number for number, line in enumerate(lines(log), 1) if not line["answer"]]
    (issue,) = found.samples.issues
    assert (issue.source, issue.rows.tolist()) == (str(log), empty)
    assert min(empty) > 3


def test_another_answer_rule_reads_the_stored_texts_anew(tmp_path: Path) -> None:
    log, model = tmp_path / "log.jsonl", Scripted(lambda _: "x = 3, y = 4")
    ask({"q": "?"}, model, budget=2, log=log)
    found = ask({"q": "?"}, model, budget=2, log=log, answer=re.compile(r"x = (\d+)"))
    assert found.table()["answer"].to_list() == ["3"]
    assert len(model.requests) == 2
    assert any("another rule" in note for note in found.provenance.notes)


def test_temperature_0_is_said(tmp_path: Path) -> None:
    found = ask({"q": Request.of("?")}, Scripted(lambda _: "4"), budget=2, log=tmp_path / "log")
    assert any("temperature 0" in note for note in found.provenance.notes)


def test_it_has_the_picture_and_the_page_of_an_allocation(tmp_path: Path, require: Any) -> None:
    require("matplotlib")
    found = ask(QUESTIONS, Scripted(said), budget=12, log=tmp_path / "log.jsonl")
    assert plot(found).get_suptitle().startswith("A tenth of the questions")
    assert "12 of 12; 12 samples" in report(found)


# Failures.


@pytest.mark.parametrize(
    "fault",
    [
        Said(status=503, body=b"busy"),
        Said(status=429, body=b"slow down", headers={"retry-after": "0"}),
        Said(body=b"<html><body>gateway</body></html>", headers={"content-type": "text/html"}),
        Said(body=b""),
        Said(body=json.dumps(chat("4")).encode()[:-9]),
        Said(body=b"not json at all"),
        Said(body={"choices": []}),
        Said(body={"choices": [{"message": {"content": None}}]}),
        Said(after=30.0),
        Said(body=b"{}", headers={"content-length": "5000"}),
    ],
    ids=["down", "too many", "html", "empty", "truncated", "not json", "no choice", "no text", "slow", "broken off"],
)
def test_a_fault_is_tried_again_then_recorded_and_never_a_vote(
    tmp_path: Path, chat_server: ChatServer, fault: Said
) -> None:
    count = 0

    def answers(asked: dict[str, Any]) -> Said:
        nonlocal count
        count += 1
        return fault if asked["messages"][-1]["content"] == "bad?" or count == 1 else Said(body=chat("4"))

    chat_server.answers = answers
    with OpenAICompatible(chat_server.url, "small", timeout=1.5 if fault.after else 60.0) as client:
        model = Retrying(client, attempts=2, pause=0)
        found = ask({"good": "good?", "bad": "bad?"}, model, budget=6, log=tmp_path / "log.jsonl", workers=1)
    table = {row["question"]: row for row in found.table().iter_rows(named=True)}
    assert (table["good"]["answer"], table["good"]["samples"]) == ("4", 6)
    assert (table["bad"]["answer"], table["bad"]["status"]) == (None, "empty")
    assert found.spent == 6
    assert found.failures["question"].to_list() == ["bad"] * 3
    assert set(majority(found.samples).table().filter(pl.col("item") == "bad")["choice"]) == {None}
    failed = [row for row in lines(tmp_path / "log.jsonl") if row["status"] == "failed"]
    assert all(row["answer"] is None and "tried 2 times" in row["reason"] for row in failed)


@pytest.mark.parametrize("method", METHODS)
def test_failures_take_no_place_under_a_cap(tmp_path: Path, method: str) -> None:
    """Each third request fails; each question still gets all the samples that it may have."""
    count = 0

    def answer(request: Request) -> str | ModelError:
        nonlocal count
        count += 1
        return ModelError("busy") if count % 3 == 0 else "ab"[request.sample_index % 2]

    found = ask(QUESTIONS, Scripted(answer), budget=50, log=tmp_path / "log.jsonl", method=method, cap=4, workers=1)
    assert found.table()["drawn"].to_list() == [4, 4, 4]
    assert found.spent == 12
    assert found.failures.height == count - 12 > 3
    assert set(found.table()["status"]) == {"capped"}


def test_a_call_after_failures_still_asks_all_that_a_cap_allows(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    down = ask(QUESTIONS, Scripted(lambda _: ModelError("down")), budget=9, log=log, cap=3)
    assert down.table()["drawn"].to_list() == [0, 0, 0]
    assert down.failures.height >= 9
    found = ask(QUESTIONS, Scripted(said), budget=9, log=log, cap=3)
    assert found.table()["samples"].to_list() == [3, 3, 3]
    assert found.failures.height == down.failures.height
    assert set(found.failures["reason"]) == {"down"}


def test_a_question_that_is_left_alone_leaves_no_sample_unpaid(tmp_path: Path) -> None:
    """While it fails three times a fourth request of it is under way, and comes when the rest could be spent."""
    slow = threading.Event()

    def answer(request: Request) -> str | ModelError:
        if request.tag == "bad":
            if request.sample_index < 3:
                return ModelError("no")
            slow.wait(2)  # in some orders of the threads nobody sets it
        elif request.sample_index == 3:
            slow.set()
        return "4"

    found = ask(
        {"bad": "?", "good": "!"}, Scripted(answer), budget=8, log=tmp_path / "log", workers=5, per_question=4, init=0
    )
    assert found.spent <= 8
    assert len([row for row in lines(tmp_path / "log") if row["status"] != "failed"]) == found.spent


def test_a_draw_that_a_log_repeats_counts_once(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    ask(QUESTIONS, Scripted(said), budget=6, log=log)
    log.write_text(log.read_text() * 2)
    found = ask(QUESTIONS, Scripted(said), budget=6, log=log)
    assert (found.found, found.spent, len(found.samples)) == (6, 6, 6)
    assert any("6 lines of the log repeat a draw" in note for note in found.provenance.notes)


def test_a_server_that_is_gone_ends_the_work_and_the_next_call_goes_on(tmp_path: Path) -> None:
    down = True
    model = Scripted(lambda request: ModelError("cannot be reached", again=True) if down else said(request))
    log = tmp_path / "log.jsonl"
    first = ask({f"q{n}": "?" for n in range(30)}, model, budget=60, log=log, give_up=5, workers=2)
    assert first.stopped is not None
    assert "5 requests in a row failed: cannot be reached" in first.stopped
    assert len(model.requests) < 10
    assert first.spent == 0
    down = False
    model = Scripted(lambda request: "4")
    again = ask({f"q{n}": "?" for n in range(30)}, model, budget=60, log=log, workers=2)
    assert again.stopped is None
    assert again.spent == 60
    assert len({(row["item"], row["draw"]) for row in lines(log)}) == len(lines(log))


def test_no_key_is_in_the_log(tmp_path: Path, chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PSEPHOS_API_KEY", "sk-very-secret")
    chat_server.answers = lambda asked: (
        Said(status=401, body=b"no such key: sk-very-secret") if "bad" in str(asked) else Said(body=chat("4"))
    )
    log = tmp_path / "log.jsonl"
    with OpenAICompatible(chat_server.url, "small") as client:
        found = ask({"good": "?", "bad": "bad"}, client, budget=4, log=log)
    assert chat_server.headers[0]["authorization"] == "Bearer sk-very-secret"
    for text in (log.read_text(), str(found), json.dumps(found.to_dict())):
        assert "secret" not in text
        assert "***" in text or "401" not in text


def test_a_spent_purse_ends_the_work(tmp_path: Path) -> None:
    model = Budget(Scripted(said), calls=4)
    found = ask(QUESTIONS, model, budget=30, log=tmp_path / "log.jsonl", workers=2)
    assert found.spent == 4
    assert found.stopped is not None
    assert "calls" in found.stopped
    assert found.failures.height == 0


def test_a_fault_of_the_program_is_raised_and_what_came_is_kept(tmp_path: Path) -> None:
    def answer(request: Request) -> str:
        return str(1 / (3 - request.sample_index))

    with pytest.raises(ZeroDivisionError):
        ask({"q": "?"}, Scripted(answer), budget=9, log=tmp_path / "log.jsonl", workers=1)
    assert len(lines(tmp_path / "log.jsonl")) == 3


# Bad input.


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"questions": {}}, "questions"),
        ({"questions": ["?"]}, "questions"),
        ({"questions": {"q": " "}}, "questions"),
        ({"questions": {"q": 4}}, "questions"),
        ({"questions": {None: "?"}}, "questions"),
        ({"questions": {1: "?", "1": "!"}}, "questions"),
        ({"questions": {"q": Request.of("?", n=2)}}, "questions"),
        ({"budget": 2}, "budget"),
        ({"budget": 0}, "budget"),
        ({"method": "magic"}, "method"),
        ({"answer": "magic"}, "answer"),
        ({"workers": 0}, "workers"),
        ({"give_up": 0}, "give_up"),
        ({"delta": 1.0}, "delta"),
        ({"n_classes": 1}, "n_classes"),
    ],
)
def test_bad_input(tmp_path: Path, change: dict[str, Any], argument: str) -> None:
    log = tmp_path / "log.jsonl"
    given: dict[str, Any] = {"questions": QUESTIONS, "budget": 9} | change
    model = Scripted(said)
    with pytest.raises(InputError) as caught:
        ask(given.pop("questions"), model, log=log, **given)
    assert caught.value.argument == argument
    assert not model.requests
    assert not log.exists() or not log.read_bytes()


@pytest.mark.parametrize("change", ["model", "prompt", "temperature"])
def test_samples_of_other_requests_are_not_mixed_in(tmp_path: Path, change: str) -> None:
    log = tmp_path / "log.jsonl"
    ask({"q": Request.of("?", temperature=1)}, Scripted(lambda _: "4"), budget=2, log=log)
    before = log.read_bytes()
    model = Scripted(lambda _: "4", id="another" if change == "model" else "scripted")
    request = Request.of("!" if change == "prompt" else "?", temperature=0.5 if change == "temperature" else 1)
    with pytest.raises(InputError) as caught:
        ask({"q": request}, model, budget=4, log=log)
    assert caught.value.argument == "log"
    assert caught.value.where is not None
    assert "line 1" in caught.value.where
    assert log.read_bytes() == before


def test_samples_of_questions_that_are_not_asked_are_kept_and_said(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    ask(QUESTIONS, Scripted(said), budget=9, log=log)
    found = ask({"easy": QUESTIONS["easy"]}, Scripted(said), budget=9, log=log)
    assert found.spent == 9
    assert any("not asked this time" in note for note in found.provenance.notes)


LINE = {"item": "q", "voter": "v", "draw": 0, "status": "stop", "key": "", "text": "4"}
DAMAGES: list[dict[str, Any]] = [
    {"text": None},
    {"text": 4},
    {"answer": 4},
    {"draw": -1},
    {"tokens": "4"},
    {"tokens": 10**30},
    {"cost": "4"},
    {"cost": 10**400},
    {"logprobs": -0.5},
    {"logprobs": [None]},
]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"item,voter\n", ParseError),
        (b'{"item": "q"}\n', ParseError),
        (b'{"item": "q", "voter": "v", "draw": "0", "status": "stop", "key": ""}\n', ParseError),
        (b"[1]\n", ParseError),
        *((json.dumps(LINE | change).encode() + b"\n", ParseError) for change in DAMAGES),
        (b"\xff\xfe\n", ParseError),
    ],
)
def test_what_is_no_log_is_left_alone(tmp_path: Path, content: bytes, error: type[Exception]) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(content)
    with pytest.raises(error):
        ask(QUESTIONS, Scripted(said), budget=9, log=log)
    assert log.read_bytes() == content


def test_a_log_has_one_writer(tmp_path: Path) -> None:
    with SampleLog(tmp_path / "log.jsonl"), pytest.raises(InputError, match="another run"):
        ask(QUESTIONS, Scripted(said), budget=9, log=tmp_path / "log.jsonl")


def test_a_folder_is_no_log(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be a log"):
        ask(QUESTIONS, Scripted(said), budget=9, log=tmp_path)


# Broken off.


@settings(max_examples=40)
@given(cut=st.integers(0, 4000))
def test_a_log_cut_at_any_byte_is_mended(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    log = tmp_path_factory.mktemp("cut") / "log.jsonl"
    ask(QUESTIONS, Scripted(said), budget=15, log=log)
    whole = log.read_bytes()
    log.write_bytes(whole[:cut])
    left = whole[:cut].count(b"\n")
    found = ask(QUESTIONS, model := Scripted(said), budget=15, log=log)
    assert found.found == left
    assert len(model.requests) == 15 - left
    assert log.read_bytes().startswith(whole[: whole[:cut].rfind(b"\n") + 1])
    assert len({(row["item"], row["draw"]) for row in lines(log)}) == 15


ASKING = """
import sys
from psephos.allocation.asking import ask
from psephos.voters.language_model import OpenAICompatible, Retrying
url, log, budget = sys.argv[1], sys.argv[2], int(sys.argv[3])
model = Retrying(OpenAICompatible(url, "small"), pause=0.01)
found = ask({f"q{n}": f"question {n}" for n in range(12)}, model, budget=budget, log=log, workers=4)
print(int(found.spent), found.failures.height)
"""


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_at_any_moment_it_loses_no_finished_sample(tmp_path: Path, chat_server: ChatServer, kills: int) -> None:
    """A real process and a real server that counts: kill -9 at random moments, then to the end."""
    log, workers, budget = tmp_path / "log.jsonl", 4, 12 * kills + 40
    stream, lock = random.Random(kills), threading.Lock()
    answered: list[str] = []

    def answers(asked: dict[str, Any]) -> Said:
        with lock:
            text = f"{asked['messages'][-1]['content']} #{len(answered)}"
            answered.append(text)
        return Said(body=chat(text), after=stream.uniform(0, 0.01))

    chat_server.answers = answers
    command = [sys.executable, "-c", ASKING, chat_server.url, str(log), str(budget)]
    stored = b""
    for kill in range(1, kills + 1):
        target = len(answered) + stream.randint(1, 12)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 600
        while len(answered) < target and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.001)
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(stream.uniform(0, 0.02))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        content = log.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        assert whole.startswith(stored)
        texts = [json.loads(line)["text"] for line in whole.splitlines()]
        assert set(texts) <= set(answered)
        assert len(answered) - len(texts) <= workers * kill
        stored = whole
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    assert done.stdout.split() == [str(budget), "0"]
    assert log.read_bytes().startswith(stored)
    rows = lines(log)
    assert len(rows) == len({(row["item"], row["draw"]) for row in rows}) == budget
    assert len({row["text"] for row in rows}) == budget
    assert budget <= len(answered) <= budget + workers * kills


WAITING = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests in the background ignores it
from psephos.allocation.asking import ask
from psephos.voters.language_model import Interrupted, Scripted

def answer(request):
    if request.sample_index:
        time.sleep(0.5)
    return "4"

try:
    rows = lambda row: print("came", flush=True)
    ask({"a": "?", "b": "?"}, Scripted(answer), budget=500, log=sys.argv[1], workers=2, on_sample=rows)
except Interrupted as stopped:
    print("kept", int(stopped.partial.spent), stopped.partial.stopped)
"""


def test_ctrl_c_waits_for_what_is_paid_and_keeps_it(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    process = subprocess.Popen([sys.executable, "-c", WAITING, str(log)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(3):
        assert process.stdout.readline() == "came\n"
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    kept = re.search(r"kept (\d+) Ctrl-C", rest)
    assert kept is not None
    assert int(kept[1]) == len(lines(log)) >= 4


def test_an_interruption_is_handed_over(tmp_path: Path) -> None:
    def answer(request: Request) -> BaseException | str:
        return KeyboardInterrupt() if request.sample_index == 1 else "4"

    with pytest.raises(KeyboardInterrupt):
        ask({"q": "?"}, Scripted(answer), budget=9, log=tmp_path / "log.jsonl", workers=1)
    assert len(lines(tmp_path / "log.jsonl")) == 1
    assert issubclass(Interrupted, KeyboardInterrupt)
