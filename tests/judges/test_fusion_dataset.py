"""Do drafts of several teachers become a training set in which nothing is lost, mixed up or paid for twice?"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from editors import editor, mark

from psephos.errors import BudgetExceeded, InputError, ParseError
from psephos.judges import FusedDataset, collect_drafts, fuse_dataset, judge_pairs, win_rate
from psephos.opinions import read, samples
from psephos.voters.language_model import Budget, Message, ModelError, Replay, Reply, Request, Sample, Scripted, Usage

PROMPTS = {"sum": "What is 2 + 2?", "bridge": "When did it open?", "mute": "And?"}
DRAFTS = {
    "sum": ["The answer is 4.", "4", "5"],
    "bridge": ["The bridge opened in 1932 after years.", "The bridge was opened in 1933 by some people."],
}


def opened(**options: str) -> Scripted:
    return editor(lambda request: "The bridge opened in 1932. It cost 9 million.", **options)


def test_rows_are_chats_with_what_they_stand_on(tmp_path: Path) -> None:
    made = fuse_dataset(PROMPTS, DRAFTS, opened(), tmp_path / "train.jsonl")
    lines = {row["item"]: row for row in map(json.loads, made.path.read_text().splitlines())}
    assert lines["bridge"]["messages"] == [
        {"role": "user", "content": "When did it open?"},
        {"role": "assistant", "content": "The bridge opened in 1932. It cost 9 million."},
    ]
    assert lines["bridge"]["unsupported"] == ["It cost 9 million."]
    assert lines["sum"]["copied_from"] == "draft 1"
    assert made.rows.select("item", "text", "mode", "calls").rows() == [
        ("sum", "4", "vote", 0),
        ("bridge", "The bridge opened in 1932. It cost 9 million.", "fuse", 1),
    ]
    assert made.failures.rows() == [("mute", "there is no draft")]
    assert made.to_check["item"].to_list() == ["bridge"]
    json.dumps(made.to_dict(), allow_nan=False)
    assert "1 of 3 sentences stand in no draft" in str(made)


def test_a_conversation_keeps_its_turns(tmp_path: Path) -> None:
    turns = (Message("system", "Be brief."), Message("user", "Why?"))
    made = fuse_dataset({"a": turns}, {"a": ["Because."]}, opened(), tmp_path / "t.jsonl")
    row = json.loads(made.path.read_text())
    assert [turn["role"] for turn in row["messages"]] == ["system", "user", "assistant"]


def test_samples_are_drafts_of_teachers_with_scores(tmp_path: Path) -> None:
    answers = ["Long words of Ann.", "Rather short words of Bob.", None, "B is here."]
    given = samples(list("aaab"), ["Ann", "Bob", "Cid", "Ann"], [0] * 4, answers, reward=[0.2, 0.7, None, None])
    made = fuse_dataset({"a": "A?", "b": "B?"}, given, Scripted([""]), tmp_path / "t.jsonl")
    assert made.rows.select("item", "text", "copied_from", "drafts", "fallback").rows() == [
        ("a", "Rather short words of Bob.", "Bob", 2, True),
        ("b", "B is here.", "Ann", 1, False),
    ]


def test_called_again_it_goes_on_and_pays_for_nothing_twice(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    model = opened()
    first = fuse_dataset({"sum": PROMPTS["sum"], "mute": "And?"}, {"sum": DRAFTS["sum"]}, model, path)
    assert first.found == 0
    second = fuse_dataset(PROMPTS, DRAFTS, model, path)
    assert (second.found, second.rows.height, len(model.requests)) == (1, 2, 1)
    before = path.read_bytes()
    third = fuse_dataset(PROMPTS, DRAFTS, model, path)
    assert (third.found, len(model.requests)) == (2, 1)
    assert path.read_bytes() == before
    assert third.rows.equals(second.rows)


@pytest.mark.parametrize(
    "change",
    [
        {"model": opened(id="another")},
        {"drafts": DRAFTS | {"bridge": ["It opened.", "It did open in 1932, they say."]}},
        {"prompts": PROMPTS | {"bridge": "When did the bridge open?"}},
        {"wishes": {"seed": 1}},
        {"wishes": {"criteria": ["Be kind."]}},
        {"prompts": {"sum": "?"}, "drafts": {"sum": ["1", "2"]}},
    ],
    ids=["model", "drafts", "prompt", "seed", "rules", "items"],
)
def test_rows_that_were_made_otherwise_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "t.jsonl"
    fuse_dataset(PROMPTS, DRAFTS, opened(), path)
    before = path.read_bytes()
    with pytest.raises(InputError) as caught:
        fuse_dataset(
            change.get("prompts", PROMPTS),
            change.get("drafts", DRAFTS),
            change.get("model", opened()),
            path,
            **change.get("wishes", {}),
        )
    assert caught.value.argument == str(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("cut", range(0, 400, 37))
def test_a_file_cut_at_any_byte_is_mended(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "t.jsonl"
    whole = fuse_dataset(PROMPTS, DRAFTS, opened(), path, workers=1)
    path.write_bytes(path.read_bytes()[:-cut] if cut else path.read_bytes())
    again = fuse_dataset(PROMPTS, DRAFTS, opened(), path, workers=1)
    assert again.rows.equals(whole.rows)


def test_what_is_no_training_set_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"item": "a"}\n')
    with pytest.raises(ParseError, match="no training set"):
        fuse_dataset(PROMPTS, DRAFTS, opened(), path)
    assert path.read_text() == '{"item": "a"}\n'


def test_a_failure_has_no_row_and_is_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    down = fuse_dataset(PROMPTS, DRAFTS, Scripted(lambda request: ModelError("is down")), path)
    assert down.rows["item"].to_list() == ["sum"]
    assert ("bridge", "is down") in down.failures.rows()
    up = fuse_dataset(PROMPTS, DRAFTS, opened(), path)
    assert up.rows["item"].to_list() == ["sum", "bridge"]
    bad = fuse_dataset(PROMPTS, DRAFTS, Scripted(lambda request: "no marks"), tmp_path / "u.jsonl")
    assert bad.rows["fallback"].to_list() == [False, True]


def test_many_failures_in_a_row_end_the_work(tmp_path: Path) -> None:
    prompts = {str(place): "Why?" for place in range(40)}
    drafts = {item: ["It was so in the old days.", "It was not so in the old days."] for item in prompts}
    model = Scripted(lambda request: ModelError("is down"))
    made = fuse_dataset(prompts, drafts, model, tmp_path / "t.jsonl", give_up=5, workers=1)
    assert made.stopped == "5 requests in a row failed"
    assert len(model.requests) < 10


def test_a_spent_budget_keeps_what_is_done_and_costs_are_counted(tmp_path: Path) -> None:
    prompts = {str(place): "Why?" for place in range(6)}
    drafts = {item: [f"It was so in {item} old days.", "It was not so in the old days."] for item in prompts}

    def priced(request: Request) -> Reply:
        return Reply((Sample(f"<answer-{mark(request)}>So.</answer-{mark(request)}>"),), usage=Usage(50, 5, 0.5))

    path = tmp_path / "t.jsonl"
    made = fuse_dataset(prompts, drafts, Budget(Scripted(priced), calls=4), path, workers=1)
    assert made.rows.height == 4
    assert made.stopped is not None
    assert made.rows["cost"].sum() == 2.0
    done = fuse_dataset(prompts, drafts, Scripted(priced), path, workers=3)
    assert (done.rows.height, done.found, done.rows["cost"].sum()) == (6, 4, 3.0)


def test_the_number_of_workers_changes_no_answer(tmp_path: Path) -> None:
    prompts = {str(place): f"Why {place}?" for place in range(12)}
    drafts = {item: [f"It was so in {item} old days.", "It was not so in the old days."] for item in prompts}
    model = editor(lambda request: request.messages[1].content.split("number=1>\n", 1)[1].split("\n")[0])
    one, eight = (fuse_dataset(prompts, drafts, model, tmp_path / f"{n}.jsonl", workers=n) for n in (1, 8))
    assert one.rows.equals(eight.rows)


@pytest.mark.parametrize(
    ("prompts", "drafts", "argument"),
    [
        ({}, {}, "prompts"),
        (PROMPTS, {"other": ["A"]}, "drafts"),
        (PROMPTS, ["A"], "drafts"),
        (PROMPTS, {"sum": ["4", 4]}, "candidates"),
        ({"sum": ""}, {"sum": ["4", "5"]}, "prompt"),
    ],
    ids=["none", "unknown-item", "no-mapping", "no-text", "empty-prompt"],
)
def test_bad_input(tmp_path: Path, prompts: Any, drafts: Any, argument: str) -> None:
    with pytest.raises(InputError) as caught:
        fuse_dataset(prompts, drafts, opened(), tmp_path / "t.jsonl")
    assert caught.value.argument == argument
    assert not (tmp_path / "t.jsonl").exists()


# Drafts of teachers.


def test_teachers_are_asked_once_for_each_draft(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    ann = Scripted(lambda request: f"Ann {request.sample_index}", id="Ann")
    bob = Scripted(lambda request: ModelError("is tired") if request.tag == "b" else "Bob", id="Bob")
    prompts = {"a": "A?", "b": "B?"}
    rows = collect_drafts(prompts, [ann, bob], path, times=2).frame().select("item", "voter", "draw", "answer").rows()
    assert rows[:2] == [("a", "Ann", 0, "Ann 0"), ("a", "Ann", 1, "Ann 1")]
    assert rows[2:4] == [("a", "Bob", 0, "Bob"), ("a", "Bob", 1, "Bob")]
    assert [row[3] for row in rows[6:]] == [None, None]
    rested = Scripted(lambda request: "Bob at last", id="Bob")
    again = collect_drafts(prompts, [ann, rested], path, times=2)
    assert (len(ann.requests), len(rested.requests)) == (4, 2)  # failures alone are asked again, as other draws
    bobs = again.frame().filter(item="b", voter="Bob").select("draw", "answer").rows()
    assert bobs == [(0, None), (1, None), (2, "Bob at last"), (3, "Bob at last")]
    assert read(str(path)).frame().height == again.frame().height == 10
    with pytest.raises(InputError, match="another request"):
        collect_drafts({"a": "Other?", "b": "B?"}, [ann, rested], path, times=2)


def test_a_spent_budget_keeps_the_drafts(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    with pytest.raises(BudgetExceeded):
        collect_drafts({"a": "A?"}, [Budget(Scripted(lambda request: "A"), calls=2)], path, times=5, workers=1)
    assert len(path.read_text().splitlines()) == 2
    for teachers, argument in (([], "teachers"), ([Scripted([]), Scripted([])], "teachers")):
        with pytest.raises(InputError) as caught:
            collect_drafts({"a": "A?"}, teachers, path)
        assert caught.value.argument == argument


INTERRUPTED = """
import itertools, json, os, signal, sys, threading
from psephos.judges import collect_drafts, fuse_dataset
from psephos.voters.language_model import Interrupted, Reply, Sample, Scripted
calls, all_at_it = itertools.count(), threading.Barrier(3)
def answer(request):
    if next(calls) < 3 and all_at_it.wait() == 0:
        os.kill(os.getpid(), signal.SIGINT)
    mark = request.messages[-1].content.rsplit("<answer-", 1)[-1][:10]
    return f"<answer-{mark}>It was long ago.</answer-{mark}>"
model = Scripted(answer)
prompts = {f"q{number}": "When?" for number in range(100)}
try:
    if sys.argv[2] == "drafts":
        collect_drafts(prompts, [model], sys.argv[1], workers=3)
    else:
        drafts = dict.fromkeys(prompts, ["It was long ago, they say.", "Nobody can tell when it was."])
        fuse_dataset(prompts, drafts, model, sys.argv[1], mode="fuse", workers=3)
except Interrupted:
    print(len(model.requests))
"""


@pytest.mark.parametrize("what", ["drafts", "fusions"])
def test_ctrl_c_waits_for_what_is_paid_and_keeps_it(tmp_path: Path, what: str) -> None:
    path = tmp_path / "log.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(path), what], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    kept = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(kept) == int(done.stdout) < 100
    assert all("long ago" in json.dumps(row) for row in kept)


# Win rates.


def test_the_win_rate_of_the_sheet() -> None:
    found = win_rate(6, 3, 1)
    assert found.value == pytest.approx(0.65)
    assert (found.decided.low, found.decided.high) == (pytest.approx(0.3542, abs=5e-5), pytest.approx(0.8794, abs=5e-5))
    assert win_rate(0, 0, 3).value == 0.5
    with pytest.raises(InputError, match="no pair"):
        win_rate(0, 0, 0)


test_the_win_rate_of_the_sheet.__doc__ = "sheet24-4"


def test_both_orders_must_agree() -> None:
    """The judge likes words with z, or else the first place; of "Both" nothing is made."""

    def judge(request: Request) -> str:
        shown = request.messages[-1].content
        one, two = shown.split("<A-", 1)[1].split("<B-", 1)
        if "odd" in shown:
            return "Both"
        return "A" if "z" in one else "B" if "z" in two else "A"

    first, second = ["zz", "aa", "cc", "odd"], ["bb", "zz", "dd", "ee"]
    found = judge_pairs(["?"] * 4, first, second, Scripted(judge))
    assert found.table().select("first_order", "second_order", "outcome").rows() == [
        ("A", "A", "win"),
        ("B", "B", "loss"),
        ("A", "B", "tie"),
        (None, None, "tie"),
    ]
    assert (found.wins, found.losses, found.ties, found.value, found.swayed) == (1, 1, 2, 0.5, 1)
    assert "2 of 8 verdicts" in str(found)
    with pytest.raises(InputError, match="second"):
        judge_pairs(["?"], ["a"], ["b", "c"], Scripted(judge))
    with pytest.raises(TypeError):
        judge_pairs(["?"], ["a"], [3], Scripted(judge))  # type: ignore[list-item]


# The recorded model.


EXAMPLE = Path(__file__).parents[2] / "examples" / "fusion"


def recorded(tmp_path: Path) -> FusedDataset:
    import polars as pl

    prompts = dict(pl.read_csv(EXAMPLE / "prompts.csv").select("item", "prompt").iter_rows())
    drafts = read(str(EXAMPLE / "drafts.jsonl"), kind="samples")
    model = Replay(EXAMPLE / "answers.jsonl")
    return fuse_dataset(prompts, drafts, model, tmp_path / "t.jsonl", max_tokens=96, seed=1)


def test_what_the_real_model_said_goes_the_whole_way(tmp_path: Path) -> None:
    """sheet24-a: real drafts and real answers, kept in the repository; nothing is said of quality."""
    made = recorded(tmp_path)
    assert made.rows.height == 6
    assert not made.failures.height
    for text, fallback, copied in made.rows.select("text", "fallback", "copied_from").iter_rows():
        assert text.strip()
        assert not fallback or copied is not None
    assert made.rows["sentences"].min() >= 1
