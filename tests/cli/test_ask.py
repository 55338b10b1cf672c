"""psephos ask: a budget spent on a real server on this machine, from the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from chat_server import ChatServer, Said, chat
from faulty_server import FAULTS, STALLS, FaultyServer, Heard, Step, reply

from psephos.opinions import read
from tests.waiting import until

QUESTIONS = "item,prompt,gold\nsum,What is 2 + 2?,4\nriddle,Why?,b\n"


def answers(asked: dict[str, Any]) -> Said:
    """Right about sums; half and half about riddles."""
    count = answers.asked = getattr(answers, "asked", 0) + 1  # type: ignore[attr-defined]
    text = "The answer is 4." if "2 + 2" in asked["messages"][-1]["content"] else f"The answer is {'ab'[count % 2]}."
    return Said(body=chat(text, logprobs=bool(asked.get("logprobs"))))


@pytest.fixture
def questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PSEPHOS_API_KEY", raising=False)
    path = tmp_path / "questions.csv"
    path.write_text(QUESTIONS)
    return path


@pytest.fixture
def served(chat_server: ChatServer) -> list[str]:
    """What names the model of a server that answers."""
    chat_server.answers = answers
    return ["--model", "small", "--endpoint", chat_server.url]


def test_a_budget_is_spent_and_a_verdict_given(psephos, questions, served):
    done = psephos("ask", questions, *served, "--budget", "20", "--answer", "marked", "--workers", "2")
    assert (done.code, done.err) == (0, "")
    for text in ("Asked by adaptive", "20 of 20; 20 samples", "By majority", "Against the known answers"):
        assert text in done.out
    assert done.out.splitlines()[-1] == "The samples are in questions.samples.jsonl"
    stored = read("questions.samples.jsonl")
    assert stored.kind == "samples"
    assert len(stored) == 20
    assert stored.vocabulary("voter").to_list() == ["small"]


def test_a_second_call_pays_only_what_is_new(psephos, questions, served, chat_server):
    words = ["ask", questions, *served, "--budget", "10", "--samples", "s.jsonl"]
    psephos(*words)
    again = psephos(*words, "--json")
    assert len(chat_server.requests) == 10
    said = json.loads(again.out)
    assert (said["found"], said["spent"], said["stopped"]) == (10, 10, None)
    assert {row["item"]: row["choice"] for row in said["decide"]["rows"]}["sum"] == "The answer is 4."


def test_the_request_is_what_was_asked_for(psephos, questions, served, chat_server):
    words = ["--system", "Be brief.", "--template", "Q: {prompt}", "--temperature", "0.9", "--max-tokens", "30"]
    psephos("ask", questions, *served, "--budget", "2", *words, "--seed", "5", "--logprobs", "--end", "none")
    asked = next(one for one in chat_server.requests if "2 + 2" in one["messages"][-1]["content"])
    assert [message["content"] for message in asked["messages"]] == ["Be brief.", "Q: What is 2 + 2?"]
    assert (asked["temperature"], asked["max_tokens"], asked["seed"]) == (0.9, 30, 5)
    assert read("questions.samples.jsonl").frame()["logprobs"].to_list() == [[-0.25], [-0.25]]


@pytest.mark.parametrize("method", ["uniform", "adaptive", "knowledge-gradient"])
def test_methods(psephos, questions, served, method):
    done = psephos("ask", questions, *served, "--budget", "6", "--method", method)
    assert f"Asked by {method}" in done.out


def test_what_is_settled_gets_no_more(psephos, questions, served):
    words = ["--stop", "0.05", "--classes", "2", "--cap", "12", "--answer", "marked", "--workers", "1", "--json"]
    said = json.loads(psephos("ask", questions, *served, "--budget", "60", *words).out)
    rows = {row["question"]: row for row in said["rows"]}
    assert (rows["sum"]["status"], rows["sum"]["drawn"]) == ("settled", 8)
    assert rows["riddle"]["drawn"] <= 12


def test_files_are_written(psephos, questions, served):
    done = psephos("ask", questions, *served, "--budget", "8", "--parquet", "t.parquet", "--report", "r.html")
    assert done.code == 0
    assert pl.read_parquet("t.parquet")["question"].to_list() == ["sum", "riddle"]
    assert "<html" in Path("r.html").read_text()


def test_it_ends_with_a_selection(psephos, questions, served):
    done = psephos("ask", questions, *served, "--budget", "8", "--end", "select", "--logprobs")
    assert "By best of majority" in done.out


def test_stored_samples_are_a_model(psephos, questions):
    rows = [f"sum,llm,{draw},4" for draw in range(9)] + [f"riddle,llm,{draw},{'ab'[draw % 2]}" for draw in range(9)]
    Path("old.csv").write_text("item,voter,draw,answer\n" + "\n".join(rows) + "\n")
    done = psephos("ask", questions, "--model", "stored:old.csv", "--budget", "100")
    assert "18 of 100" in done.out
    assert "2 exhausted" in done.out


def test_questions_as_lines_of_text(psephos, questions, served, chat_server):
    Path("q.txt").write_text("What is 2 + 2?\n\nWhy?\n")
    done = psephos("ask", "q.txt", *served, "--budget", "4", "--json")
    assert [row["question"] for row in json.loads(done.out)["rows"]] == ["1", "2"]
    assert chat_server.requests[0]["messages"][-1]["content"] in ("What is 2 + 2?", "Why?")


def test_a_server_that_is_down_is_said_and_the_command_goes_on_later(psephos, questions, served, chat_server):
    chat_server.answers = [Said(status=401, body=b"who are you?")]
    Path("many.csv").write_text("prompt\n" + "".join(f"question {n}\n" for n in range(30)))
    words = ["ask", "many.csv", *served, "--budget", "60", "--attempts", "1"]
    done = psephos(*words)
    assert done.code == 1
    assert "stopped early: 20 requests in a row failed" in done.err
    assert "the same command goes on" in done.err
    chat_server.answers = answers
    done = psephos(*words)
    assert done.code == 0
    assert "60 of 60" in done.out


def test_money_ends_the_work_and_counts_what_was_paid_before(psephos, questions, served, chat_server):
    """Each answer takes 10 tokens in and 4 out: 14 at a price of a million each."""
    words = ["ask", questions, *served, "--budget", "50", "--prices", "1000000,1000000", "--max-tokens", "4"]
    words += ["--workers", "1", "--samples", "s.jsonl"]
    done = psephos(*words, "--most-cost", "60")
    assert done.code == 1
    assert "stopped early: cost" in done.err
    paid = len(chat_server.requests)
    assert 2 <= paid <= 4
    psephos(*words, "--most-cost", "60")
    assert len(chat_server.requests) == paid


def test_no_key_is_shown(psephos, questions, served, chat_server, monkeypatch):
    monkeypatch.setenv("PSEPHOS_API_KEY", "sk-very-secret")
    chat_server.answers = [Said(status=401, body=b"no such key: sk-very-secret")]
    done = psephos("ask", questions, *served, "--budget", "4")
    assert "***" in done.out + done.err
    assert "secret" not in done.out + done.err + Path("questions.samples.jsonl").read_text()


KEY = "sk-very/secret-0123456789"
GOOD = json.dumps(chat("4")).encode()
ODD = {
    "a text that is null": json.dumps({"choices": [{"message": {"content": None}}]}),
    "a text that is a list": json.dumps({"choices": [{"message": {"content": ["4"]}}]}),
    "choices that are null": json.dumps({"choices": None}),
    "no choice": json.dumps({"choices": []}),
    "an error in the place of an answer": json.dumps({"error": {"message": f"no such key: {KEY}"}}),
    "a page with the key": f"<html>{KEY}</html>",
}
ALL = {**FAULTS, **{name: (lambda good, text=text: [reply(text.encode())]) for name, text in ODD.items()}}
NAMES = sorted(ALL)


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch):
    """A server that does what a question names, `times` for each question, and then answers as it should."""
    monkeypatch.setenv("PSEPHOS_API_KEY", KEY)
    servers = []

    def start(times: int) -> FaultyServer:
        met: Counter[str] = Counter()

        def script(heard: Heard) -> list[Step]:
            name = json.loads(heard.body)["messages"][-1]["content"]
            met[name] += 1
            fault = {**ALL, **STALLS}.get(name)
            return [reply(GOOD)] if fault is None or met[name] > times else fault(GOOD)

        servers.append(FaultyServer(script))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def no_key_in(folder: Path, *shown: str) -> None:
    for text in (*shown, *(path.read_text() for path in folder.iterdir() if path.is_file())):
        assert KEY not in text
        assert KEY.replace("/", "\\/") not in text
        assert "Traceback" not in text


@pytest.mark.parametrize("part", range(0, len(NAMES), 8))
def test_a_fault_is_no_vote_and_its_question_is_asked_again(psephos, questions, faulty, tmp_path, part):
    names = NAMES[part : part + 8]
    questions.write_text("item,prompt\n" + "".join(f"{name},{name}\n" for name in (*names, "good")))
    server = faulty(1)
    words = ["--model", "small", "--endpoint", server.url, "--attempts", "1", "--budget", str(2 * len(names) + 2)]
    done = psephos("ask", questions, *words, "--cap", "2", "--samples", "s.jsonl", "--report", "r.html", "--json")
    assert (done.code, done.err) == (0, "")
    rows = [json.loads(line) for line in Path("s.jsonl").read_text().splitlines()]
    failed = [row for row in rows if row["status"] == "failed"]
    assert sorted(row["item"] for row in failed) == names
    assert {row["answer"] for row in failed} == {None}
    said = json.loads(done.out)
    answers = {row["question"]: (row["answer"], row["samples"]) for row in said["rows"]}
    assert answers == dict.fromkeys((*names, "good"), ("4", 2))
    assert {row["item"]: row["choice"] for row in said["decide"]["rows"]} == dict.fromkeys((*names, "good"), "4")
    assert server.heard[0].key == f"bearer {KEY}".encode()
    no_key_in(tmp_path, done.out)


def test_a_fault_that_stays_leaves_its_question_without_an_answer(psephos, questions, faulty, tmp_path):
    names = ["HTML", "cut JSON", "resets the connection", "a page with the key"]
    questions.write_text("item,prompt\n" + "".join(f"{name},{name}\n" for name in (*names, "good")))
    server = faulty(10**9)
    words = ["ask", questions, "--model", "small", "--endpoint", server.url, "--attempts", "1", "--budget", "10"]
    done = psephos(*words, "--json")
    said = json.loads(done.out)
    assert {row["question"]: row["answer"] for row in said["rows"]} == dict.fromkeys(names) | {"good": "4"}
    assert {row["question"] for row in said["failures"]} == set(names)
    assert 3 * len(names) <= len(said["failures"]) <= 4 * len(names)  # two may be under way
    assert {row["item"]: row["choice"] for row in said["decide"]["rows"]} == dict.fromkeys(names) | {"good": "4"}
    no_key_in(tmp_path, done.out, done.err, psephos(*words).out)


def test_a_fault_is_tried_again_as_often_as_was_said(psephos, questions, faulty, monkeypatch):
    questions.write_text("item,prompt\nbusy,429\n")  # it asks to be asked again at once
    server = faulty(3)
    words = ["--model", "small", "--endpoint", server.url, "--budget", "1", "--attempts", "4", "--end", "none"]
    assert psephos("ask", questions, *words).code == 0
    assert len(server.heard) == 4
    assert len(Path("questions.samples.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize("stall", STALLS)
def test_a_stall_is_a_fault(psephos, questions, faulty, stall):
    questions.write_text(f'item,prompt\nslow,"{stall}"\ngood,good\n')
    server = faulty(1)
    words = ["--model", "small", "--endpoint", server.url, "--attempts", "1", "--timeout", "2", "--budget", "2"]
    done = psephos("ask", questions, *words, "--json")
    said = json.loads(done.out)
    assert [(row["question"], row["answer"]) for row in said["rows"]] == [("slow", "4"), ("good", "4")]
    assert [row["question"] for row in said["failures"]] == ["slow"]
    assert "gave no answer within 2 seconds" in said["failures"][0]["reason"]


def test_money_that_a_server_does_not_account_for_is_not_spent_again(psephos, questions, served, chat_server):
    """A sample is 4 tokens at most and its prompt 5 or 2: what is not said counts as the dearest, on each call."""
    chat_server.answers = lambda asked: Said(body={"choices": chat("4")["choices"]})
    words = ["ask", questions, *served, "--budget", "50", "--prices", "1000000,1000000", "--max-tokens", "4"]
    words += ["--workers", "1", "--most-cost", "60"]
    assert psephos(*words).code == 1
    paid = len(chat_server.requests)
    assert 6 <= paid <= 10
    assert psephos(*words).code == 1
    assert len(chat_server.requests) == paid


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("item,gold\na,b\n", "has no column of prompts among 'item', 'gold'; name it prompt"),
        ("prompt\n", "holds no question"),
        ("item,prompt\na,x\na,y\n", "has two questions 'a' (row 2)"),
        ("item,prompt\na,x\nb,\n", "has a question with no prompt (row 2)"),
        ("item,prompt\na,x\n,y\n", "has a question with no name (row 2)"),
    ],
)
def test_bad_questions(psephos, questions, served, content, complaint):
    questions.write_text(content)
    assert complaint in psephos("ask", questions, *served, "--budget", "4").complaint


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--template", "no place"], "--template: must hold {prompt}"),
        (["--answer", "magic"], "--answer: must be one of whole, marked"),
        (["--pattern", "("], "--pattern: is no regular expression"),
        (["--prices", "1"], "--prices: must be two numbers"),
        (["--end", "magic"], "--end: must be one of"),
        (["--method", "magic"], "--method: must be one of"),
        (["--stop", "2"], "--stop: must lie"),
        (["--budget", "1"], "--budget: 1 does not pay for 1 first samples of 2 questions"),
        (["--most-cost", "1"], "--prices: are needed"),
        (["--samples", "questions.csv"], "--samples: 'questions.csv' is read as input"),
    ],
)
def test_bad_options(psephos, questions, served, chat_server, words, complaint):
    done = psephos("ask", questions, *served, "--budget", "4", *words)
    assert done.complaint.startswith(f"psephos: {complaint}")
    assert not chat_server.requests


def test_an_endpoint_is_needed(psephos, questions, monkeypatch):
    monkeypatch.delenv("PSEPHOS_ENDPOINT", raising=False)
    done = psephos("ask", questions, "--model", "small", "--budget", "4")
    assert done.complaint.startswith("psephos: --endpoint: is needed for the model 'small'")


def test_ctrl_c_says_how_to_go_on(questions, served, chat_server):
    chat_server.answers = lambda asked: Said(body=chat("4"), after=0.2)
    words = [sys.executable, "-m", "psephos", "ask", str(questions), *served, "--budget", "500", "--workers", "2"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ.copy())
    until(lambda: len(chat_server.requests) >= 6 or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 130
    kept = len(Path("questions.samples.jsonl").read_text().splitlines())
    assert f"stopped; {kept} samples are in questions.samples.jsonl" in err
    assert kept == len(chat_server.requests)
