"""A log of samples, samples in store as a model, and a crew of threads."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InputError, ParseError
from psephos.opinions import labels, samples
from psephos.voters.language_model import (
    Crew,
    NoMoreSamples,
    Reply,
    Request,
    Sample,
    SampleLog,
    Scripted,
    StoredSamples,
    failed_row,
    open_model,
    sample_row,
)
from tests.waiting import PATIENCE

MODEL = Scripted(lambda _: "4", id="small at http://127.0.0.1/v1/chat/completions")


def row(draw: int, text: str = "4") -> dict[str, Any]:
    return sample_row("sum", MODEL, Request.of("2 + 2?", sample_index=draw), Reply((Sample(text),)), str.strip)


# The log.


@given(st.lists(st.text(), max_size=5))
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("log") / "log.jsonl"
    rows = [row(draw, text.encode("utf-8", "replace").decode()) for draw, text in enumerate(texts)]
    with SampleLog(path) as log:
        for one in rows:
            log.add(one)
    with SampleLog(path) as log:
        assert log.rows == json.loads(json.dumps(rows))


def test_threads_share_a_log(tmp_path: Path) -> None:
    with SampleLog(tmp_path / "log.jsonl") as log:
        threads = [
            threading.Thread(target=lambda n=n: [log.add(row(n * 50 + draw)) for draw in range(50)]) for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    with SampleLog(tmp_path / "log.jsonl") as log:
        assert sorted(one["draw"] for one in log.rows) == list(range(200))


def test_a_full_disk_leaves_a_whole_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.jsonl"
    with SampleLog(path) as log:
        log.add(row(0))
        before = path.read_bytes()

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            log.add(row(1))
        assert path.read_bytes() == before
        assert len(log) == 1
        monkeypatch.undo()
        log.add(row(1))
    with SampleLog(path) as log:
        assert [one["draw"] for one in log.rows] == [0, 1]


def test_a_last_line_without_its_end_counts_if_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with SampleLog(path) as log:
        log.add(row(0))
        log.add(row(1))
    path.write_bytes(path.read_bytes().rstrip(b"\n"))  # as some editors leave it
    with SampleLog(path) as log:
        assert [one["draw"] for one in log.rows] == [0, 1]
        log.add(row(2))
    with SampleLog(path) as log:
        assert [one["draw"] for one in log.rows] == [0, 1, 2]
    path.write_bytes(path.read_bytes()[:-9])
    with SampleLog(path) as log:
        assert [one["draw"] for one in log.rows] == [0, 1]


@pytest.mark.parametrize("content", [b'{"answers": [1, 2]}', b"[1]", b'{"item": "a"}\n{"item": "b"}'])
def test_another_file_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(content)
    with pytest.raises(ParseError, match="is no log of samples"):
        SampleLog(path)
    assert path.read_bytes() == content


def test_rows_say_how_a_sample_ended() -> None:
    request = Request.of("?", sample_index=3)
    assert row(3)["status"] == "stop"
    assert sample_row("q", MODEL, request, Reply((Sample("4", stop="length"),)), str.strip)["status"] == "length"
    assert sample_row("q", MODEL, request, Reply((Sample(" "),)), str.strip)["status"] == "empty"
    assert sample_row("q", MODEL, request, Reply((Sample("Hm"),)), lambda _: None)["status"] == "no answer"
    broken = sample_row("q", MODEL, request, Reply((Sample("", None, "failed"),)), str.strip)
    assert (broken["status"], broken["answer"]) == ("failed", None)
    failed = failed_row("q", MODEL, request, "busy")
    assert (failed["status"], failed["answer"], failed["reason"], failed["draw"]) == ("failed", None, "busy", 3)
    assert failed["voter"] == "small"


# Samples in store.


def test_stored_samples_are_found_by_item_and_draw() -> None:
    model = StoredSamples(
        samples(["b", "a", "a"], ["m"] * 3, [0, 1, 0], ["x", "late", "early"], text=[None, None, "E"])
    )
    assert model.complete(Request.of("?", tag="a")).text == "E"
    assert model.complete(Request.of("?", tag="a", sample_index=1)).text == "late"
    assert [one.text for one in model.complete(Request.of("?", tag="a", n=2)).samples] == ["E", "late"]
    assert model.sizes == {"b": 1, "a": 2}
    for request in (Request.of("?", tag="b", sample_index=1), Request.of("?", tag="c")):
        with pytest.raises(NoMoreSamples):
            model.complete(request)


def test_other_samples_are_another_model() -> None:
    one, same, other = (StoredSamples(samples(["a"], ["m"], [0], [text])) for text in ("x", "x", "y"))
    assert one.id == same.id != other.id


@pytest.mark.parametrize(
    "opinions",
    [labels(["a"], ["m"], ["x"]), samples(["a", "a"], ["m", "n"], [0, 0], ["x", "y"])],
    ids=["kind", "voters"],
)
def test_what_is_no_pool_of_one_model_is_refused(opinions: Any) -> None:
    with pytest.raises(InputError) as caught:
        StoredSamples(opinions)
    assert caught.value.argument == "opinions"


def test_stored_samples_are_opened_by_name(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("item,voter,draw,answer\na,m,0,x\n")
    assert open_model(f"stored:{tmp_path / 's.csv'}").complete(Request.of("?", tag="a")).text == "x"


# The crew.


def test_a_crew_works_side_by_side_and_no_more_than_it_is() -> None:
    under_way, most, lock = 0, 0, threading.Lock()
    together = threading.Barrier(3, timeout=PATIENCE)

    def work(_: int) -> int:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        together.wait()  # three come at once, and a fourth would be seen
        time.sleep(0.02)
        with lock:
            under_way -= 1
        return 0

    crew = Crew(work, 3)
    for value in range(9):
        crew.give(value)
    taken = sorted(crew.take()[0] for _ in range(9))
    crew.stop()
    assert taken == list(range(9))
    assert most == 3
    assert crew.under_way == 0


def test_an_error_is_handed_over() -> None:
    crew = Crew(lambda value: 1 / value, 1)
    crew.give(0)
    given, done = crew.take()
    assert given == 0
    assert isinstance(done.error, ZeroDivisionError)
    crew.stop()


def test_a_crew_is_no_larger_than_its_work() -> None:
    before = threading.active_count()
    crew = Crew(abs, 50)
    crew.give(1)
    crew.take()
    crew.give(1)
    crew.take()
    assert threading.active_count() <= before + 1
    crew.stop()
