"""Is every answer that was paid for kept, whole, once, and given again exactly? The cache and the cassettes."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import CassetteMiss, InputError, ParseError
from psephos.voters.language_model import (
    Caching,
    Message,
    ModelError,
    NoisyOracle,
    Recording,
    Replay,
    Reply,
    Request,
    Retrying,
    Sample,
    Scripted,
    Usage,
    complete_many,
)

SUM = Request.of("2 + 2?", tag="sum")
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
requests = st.builds(
    Request,
    st.lists(st.builds(Message, st.sampled_from(["system", "user", "assistant"]), texts), min_size=1, max_size=3).map(
        tuple
    ),
    st.none() | st.dictionaries(texts, st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)),
    st.floats(0, 2),
    st.none() | st.integers(0, 2**31 - 1),
    st.none() | st.integers(1, 99),
    st.integers(0, 9),
    texts,
    st.booleans(),
    st.lists(texts, max_size=2).map(tuple),
    st.integers(1, 3),
)


def echo(request: Request) -> Reply:
    """A reply in which every field of the request leaves a trace."""
    text = json.dumps(request.to_dict(), sort_keys=True)
    return Reply((Sample(text, (-0.1, -2.5), "stop"),), {"seed": request.seed}, Usage(3, 5, 0.125), 0.5, "echo")


@given(asked=st.lists(requests, min_size=1, max_size=5))
def test_a_cassette_gives_exactly_what_was_recorded(asked: list[Request], tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("cassette") / "said.jsonl"
    recording = Recording(Scripted(echo), path)
    said = [recording.complete(request) for request in asked]
    replay = Replay(path)
    for request, reply in zip(asked, said, strict=True):
        again = replay.complete(request)
        assert again.to_dict() == reply.to_dict()
        assert again.cached
        kept = json.loads(request_of(path, again))
        assert {**kept, "tag": ""} == {**json.loads(json.dumps(request.to_dict())), "tag": ""}


def request_of(path: Path, reply: Reply) -> str:
    for line in path.read_text(encoding="utf-8").split("\n")[1:-1]:
        kept = json.loads(line)
        if [one["text"] for one in kept["reply"]["samples"]] == [one.text for one in reply.samples]:
            return json.dumps(kept["request"])
    raise AssertionError


def test_sheet19_a_miss_names_tag_and_key_and_asks_nobody(tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    Recording(Scripted(["4"]), path).complete(SUM)
    changed = Request.of("2 + 3?", tag="sum")
    with pytest.raises(CassetteMiss, match=r"no answer to 'sum' \(key [0-9a-f]{12}\)") as caught:
        Replay(path).complete(changed)
    assert caught.value.argument == str(path)
    with pytest.raises(CassetteMiss):
        complete_many(Replay(path), [SUM, changed])


def test_a_recording_goes_on_and_asks_nothing_twice(tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    Recording(Scripted(["4"]), path).complete(SUM)
    model = Scripted(["5"])
    recording = Recording(model, path)
    assert recording.complete(SUM).text == "4"
    assert recording.complete(Request.of("2 + 3?")).text == "5"
    assert len(model.requests) == 1
    assert len(Replay(path)) == 2


def test_a_failure_is_not_recorded(tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    recording = Recording(Scripted([ModelError("down"), "4"]), path)
    with pytest.raises(ModelError):
        recording.complete(SUM)
    assert recording.complete(SUM).text == "4"


def test_a_cassette_without_requests_is_smaller_and_says_the_same(tmp_path: Path) -> None:
    request = Request.of("a long text " * 100)
    for name, requests in (("long", True), ("short", False)):
        Recording(Scripted(["4"]), tmp_path / name, requests=requests).complete(request)
    assert (tmp_path / "short").stat().st_size < 600 < (tmp_path / "long").stat().st_size
    assert Replay(tmp_path / "short").complete(request).text == "4"


def test_a_line_that_was_not_finished_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    Recording(Scripted(["4"]), path).complete(SUM)
    whole = path.read_bytes()
    path.write_bytes(whole + whole.split(b"\n")[1][:50])
    with pytest.raises(ParseError, match="line 3"):
        Replay(path)
    assert Recording(Scripted([]), path).complete(SUM).text == "4"
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"votes,by\n",
        b"[]\n",
        b'{"model": "x"}\n',
        b'{"cassette": 9, "model": "x"}\n',
        b"\xff\xfe\n",
        b"no end",
    ],
)
def test_what_is_no_cassette_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "said.jsonl"
    path.write_bytes(content)
    with pytest.raises(ParseError) as caught:
        Replay(path)
    assert caught.value.argument == str(path)
    if content:
        with pytest.raises(ParseError):
            Recording(Scripted([]), path)
        assert path.read_bytes() == content


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    Recording(Scripted(["4"]), path).complete(SUM)
    with path.open("a") as file:
        file.write('{"key": "x", "reply": {"samples": []}}\n')
    with pytest.raises(ParseError, match="line 3"):
        Replay(path)


def test_a_cassette_is_of_one_model(tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    Recording(Scripted(["4"]), path)
    with pytest.raises(InputError, match="is a cassette of 'scripted', not of 'other'"):
        Recording(Scripted(["4"], id="other"), path)


def test_a_folder_is_no_cassette(tmp_path: Path) -> None:
    with pytest.raises(ParseError):
        Replay(tmp_path)
    with pytest.raises(InputError):
        Recording(Scripted([]), tmp_path / "none" / "said.jsonl")


# The cache.


def test_a_cache_asks_once_and_keeps_everything(tmp_path: Path) -> None:
    model = Scripted(echo)
    with Caching(model, tmp_path / "kept.sqlite") as cache:
        first, second = cache.complete(SUM), cache.complete(Request.of("2 + 2?", tag="another tag"))
        assert (first.cached, second.cached) == (False, True)
        assert first.to_dict() == second.to_dict()
        assert len(model.requests) == len(cache) == 1
    with Caching(Scripted([], id="scripted"), tmp_path / "kept.sqlite") as cache:
        assert cache.complete(SUM).to_dict() == first.to_dict()


def test_sheet92_a_cache_never_passes_one_draw_off_as_several(tmp_path: Path) -> None:
    with Caching(Scripted(["4", "5", "6"]), tmp_path / "kept.sqlite") as cache:
        draws = [Request.of("?", sample_index=draw) for draw in range(3)]
        assert [cache.complete(draw).text for draw in draws] == ["4", "5", "6"]
        assert [cache.complete(draw).text for draw in draws] == ["4", "5", "6"]


def test_sheet19_failures_are_not_kept(tmp_path: Path) -> None:
    with Caching(Scripted([ModelError("down", again=True), "4"]), tmp_path / "kept.sqlite") as cache:
        with pytest.raises(ModelError):
            cache.complete(SUM)
        assert len(cache) == 0
        assert cache.complete(SUM).text == "4"


def test_sheet19_a_re_ask_is_not_answered_from_the_cache(tmp_path: Path) -> None:
    schema = {"required": ["answer"]}
    model = Scripted(["Both", '{"answer": "A"}'])
    with Caching(model, tmp_path / "kept.sqlite") as cache:
        assert Retrying(cache).complete(Request.of("A or B?", schema=schema)).parsed == {"answer": "A"}
        again = Retrying(cache).complete(Request.of("A or B?", schema=schema))
        assert again.parsed == {"answer": "A"}
        assert len(model.requests) == 2


def test_models_do_not_share_answers(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with Caching(Scripted([name], id=name), tmp_path / "kept.sqlite") as cache:
            assert cache.complete(SUM).text == name


def test_threads_that_ask_the_same_pay_once(tmp_path: Path) -> None:
    def slow(request: Request) -> str:
        time.sleep(0.05)
        return f"{request.tag} {threading.get_ident()}"

    model = Scripted(slow)
    with Caching(model, tmp_path / "kept.sqlite") as cache:
        done = complete_many(cache, [SUM, Request.of("other")] * 8, workers=8)
        assert len(model.requests) == 2
    assert len({reply.text for reply in done.replies if reply is not None}) == 2


def test_a_waiting_thread_asks_itself_if_the_first_failed(tmp_path: Path) -> None:
    lines: list[Any] = [ModelError("down"), "4", "4"]

    def slow(request: Request) -> Any:
        line = lines.pop(0)
        time.sleep(0.1)
        return line

    with Caching(Scripted(slow), tmp_path / "kept.sqlite") as cache:
        done = complete_many(cache, [SUM] * 3, workers=3)
    assert len(done.failures) == 1
    assert lines == ["4"]


@pytest.mark.parametrize("content", [b"votes,by\n" * 1000, b"SQLite format 3\0" + b"\xff" * 2000])
def test_what_is_no_cache_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "kept.sqlite"
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be a cache") as caught:
        Caching(Scripted([]), path)
    assert caught.value.argument == str(path)
    assert path.read_bytes() == content


def test_another_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "votes.sqlite"
    other = sqlite3.connect(path)
    other.execute("create table votes (item text)")
    other.commit()
    other.close()
    with pytest.raises(InputError, match="another kind"):
        Caching(Scripted([]), path)
    with pytest.raises(InputError, match="cannot be a cache"):
        Caching(Scripted([]), tmp_path / "none" / "kept.sqlite")


PAYING = """
import sys
from psephos.voters.language_model import Caching, Request, Scripted
with Caching(Scripted(lambda request: request.tag), sys.argv[1]) as cache:
    for number in range(100_000):
        cache.complete(Request.of(str(number), tag=str(number)))
        print(number, flush=True)
"""


def test_a_killed_process_loses_no_finished_answer(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite"
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", PAYING, str(path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for _ in range(40):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        finished = process.stdout.read().splitlines()
        process.wait()
        process.stdout.close()
        last = int(finished[-2]) if len(finished) > 1 else 39  # the last line may be half written
        with Caching(Scripted([]), path) as cache:
            for number in range(last + 1):
                assert cache.complete(Request.of(str(number))).text == str(number)
        path.unlink()


def test_processes_share_a_cache(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite"
    script = PAYING.replace("100_000", "200")
    both = [subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(600) for process in both] == [0, 0]
    with Caching(Scripted([]), path) as cache:
        assert len(cache) == 200


def test_wrappers_stand_on_each_other(tmp_path: Path) -> None:
    truth = {str(number): "A" for number in range(5)}
    asked = [Request.of(number, tag=number) for number in truth]
    with Caching(Recording(NoisyOracle(truth), tmp_path / "said.jsonl"), tmp_path / "kept.sqlite") as model:
        first = complete_many(Retrying(model), asked)
    again = complete_many(Replay(tmp_path / "said.jsonl"), asked)
    assert [reply and reply.text for reply in first.replies] == [reply and reply.text for reply in again.replies]
