"""Evaluation logs: one fixture for each program and version, written by the program or after its shape."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InputError, MissingPartError, ParseError
from psephos.opinions import Opinions, read
from psephos.opinions.eval_logs import inspect_archive
from psephos.selection import majority_at_k, pass_at_k

HERE = Path(__file__).parent / "eval_logs"
GSM = HERE / "org__small" / "samples_gsm8k_2026-11-28T10-11-12.123456.jsonl"


def rows(opinions: Opinions, *names: str) -> list[tuple[Any, ...]]:
    return opinions.frame().select(names).rows()


def notes(opinions: Opinions) -> str:
    return "\n".join(map(str, opinions.issues))


def gold(opinions: Opinions) -> dict[str, str]:
    assert opinions.about.items is not None
    return dict(opinions.about.items.select("item", "gold").iter_rows())


# Inspect.

INSPECT = [
    ("sums/sum", 0, "4", 1.0, "stop"),
    ("sums/sum", 1, None, 0.0, "no answer"),
    ("sums/sum", 2, "7", 0.0, "stop"),
    ("sums/two", 0, "5", 0.0, "stop"),
    ("sums/two", 1, "4", 0.0, "stop"),
    ("sums/two", 2, "6", 1.0, "stop"),
]
"""What a model of stock answers was asked in three epochs: written by Inspect 0.3.285, with its events cut."""


@pytest.mark.parametrize("name", ["inspect-2.eval", "inspect-2.json", "inspect-2-zstandard.eval"])
def test_inspect(name: str, require: Callable[[str], Any]) -> None:
    if "zstandard" in name:
        require("pyarrow")
    found = read(HERE / name)
    assert found.kind == "samples"
    assert sorted(rows(found, "item", "draw", "answer", "reward", "status")) == INSPECT
    assert found.vocabulary("voter").to_list() == ["mockllm/model"]
    assert gold(found) == {"sums/sum": "4", "sums/two": "6"}
    assert "scorer 'answer', not of 'includes'" in notes(found)
    results = read(HERE / name, kind="results")
    assert results.kind == "results"
    assert len(results) == 12
    assert set(results.vocabulary("metric")) == {"answer", "includes"}
    assert set(results.vocabulary("run")) == {"0", "1", "2"}


def inspect_log(**changes: Any) -> dict[str, Any]:
    log: dict[str, Any] = json.loads((HERE / "inspect-2.json").read_text())
    return log | changes


def written(path: Path, log: dict[str, Any], **entries: str) -> Path:
    """The log as an ``.eval`` file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", json.dumps({k: v for k, v in log.items() if k != "samples"}))
        for sample in log["samples"]:
            archive.writestr(f"samples/{sample.get('id')}_epoch_{sample.get('epoch')}.json", json.dumps(sample))
        for name, content in entries.items():
            archive.writestr(f"samples/{name}.json", content)
    return path


@pytest.mark.parametrize("version", [1, 3, None, "2"])
@pytest.mark.parametrize("suffix", [".json", ".eval"])
def test_an_unknown_version_of_inspect_is_refused(tmp_path: Path, version: object, suffix: str) -> None:
    path, log = tmp_path / f"log{suffix}", inspect_log(version=version)
    path.write_text(json.dumps(log)) if suffix == ".json" else written(path, log)
    with pytest.raises(ParseError, match="known is 2") as caught:
        read(path)
    assert caught.value.argument == str(path)


def test_an_evaluation_that_was_broken_off_is_read_as_far_as_it_came(tmp_path: Path) -> None:
    log = inspect_log(status="started")
    with zipfile.ZipFile(tmp_path / "log.eval", "w") as archive:
        archive.writestr("_journal/start.json", json.dumps({"version": 2, "eval": log["eval"]}))
        archive.writestr("samples/sum_epoch_1.json", json.dumps(log["samples"][0]))
    assert len(read(tmp_path / "log.eval")) == 1


@pytest.mark.parametrize(
    ("value", "reward"),
    [("C", 1.0), ("P", 0.5), ("I", 0.0), ("N", 0.0), (0.7, 0.7), (True, 1.0), ("0.25", 0.25), ("fine", None)],
)
def test_scores_of_inspect(tmp_path: Path, value: object, reward: float | None) -> None:
    log = inspect_log()
    log["samples"] = log["samples"][:1]
    log["samples"][0]["scores"] = {"one": {"value": value, "answer": "x"}, "two": {"value": {"a": 1, "b": "C"}}}
    (tmp_path / "log.json").write_text(json.dumps(log))
    found = read(tmp_path / "log.json")
    frame = found.frame()
    assert (frame["reward"].to_list() if "reward" in frame.columns else [None]) == [reward]
    results = dict(rows(read(tmp_path / "log.json", kind="results"), "metric", "score"))
    assert results == {"two/a": 1.0, "two/b": 1.0} | ({} if reward is None else {"one": reward})
    assert ("no numbers" in notes(found)) == (reward is None)


def test_a_sample_that_failed_is_no_vote(tmp_path: Path) -> None:
    log = inspect_log()
    log["samples"][0] |= {"error": {"message": "no server"}, "scores": {}, "output": {"choices": [], "completion": ""}}
    found = read(written(tmp_path / "log.eval", log))
    assert ("sums/sum", 0, None, "failed") in rows(found, "item", "draw", "answer", "status")


def test_texts_that_are_kept_elsewhere_in_the_sample_are_found(tmp_path: Path) -> None:
    log = inspect_log()
    sample = log["samples"][0]
    sample["input"] = "attachment://abc"
    sample["attachments"] = {"abc": "a long question"}
    found = read(written(tmp_path / "log.eval", log))
    assert found.about.items is not None
    assert "a long question" in found.about.items["prompt"].to_list()


def test_only_what_is_needed_of_a_sample_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = inspect_log()
    for sample in log["samples"]:
        sample["events"] = [{"event": "noise", "text": "x" * 300_000}]
    path = written(tmp_path / "log.eval", log)
    monkeypatch.setattr(inspect_archive, "MOST", 150_000)
    assert len(read(path)) == 6


def test_damaged_samples_are_set_aside(tmp_path: Path) -> None:
    log = inspect_log()
    log["samples"][1].pop("epoch")
    path = written(tmp_path / "log.eval", log, cut='{"id": "q", "epoch": 1, "inp', other="[1]", none="")
    found = read(path)
    assert len(found) == 5
    assert found.issues.set_aside == 4


@pytest.mark.parametrize("content", [b"PK\x03\x04 no archive", b"", b"item,voter\n"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "log.eval").write_bytes(content)
    with pytest.raises(ParseError):
        read(tmp_path / "log.eval")


def test_another_archive_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "log.eval", "w") as archive:
        archive.writestr("other.json", "{}")
    with pytest.raises(ParseError, match="no archive of Inspect"):
        read(tmp_path / "log.eval")


def test_a_log_that_unpacks_to_far_more_than_it_is_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sample is small enough, all together are not."""
    monkeypatch.setattr(inspect_archive, "ALWAYS", 2**21)
    log = inspect_log()
    sample = json.dumps(log["samples"][0] | {"output": {"completion": "a" * 2**20}})
    path = written(tmp_path / "log.eval", log, **{f"more-{number}": sample for number in range(4)})
    with pytest.raises(ParseError, match=r"more than 2,097,152 characters, 100 for each byte"):
        read(path)


def test_a_sample_that_is_too_large_is_set_aside_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect_archive, "MOST", 2**17)
    log = inspect_log()
    path = written(tmp_path / "log.eval", log, more=json.dumps({"id": 1, "epoch": 1, "input": "a" * 2**20}))
    found = read(path)
    assert len(found) == len(read(written(tmp_path / "plain.eval", log)))
    assert "a sample of more than 131,072 characters" in notes(found)


def test_without_a_way_to_unpack_the_part_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(inspect_archive, "import_module", absent)
    with pytest.raises(MissingPartError, match=r"psephos\[logs\]"):
        read(HERE / "inspect-2-zstandard.eval")


@given(st.integers(0, 7000))
def test_an_archive_cut_anywhere_is_an_error_or_read(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    content = (HERE / "inspect-2.eval").read_bytes()
    path = tmp_path_factory.mktemp("cut") / "log.eval"
    path.write_bytes(content[:cut])
    with pytest.raises(InputError):
        read(path)


@given(st.integers(0, 7000), st.integers(0, 255))
def test_a_flipped_byte_is_an_error_or_set_aside(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int
) -> None:
    content = bytearray((HERE / "inspect-2.eval").read_bytes())
    content[place % len(content)] = value
    path = tmp_path_factory.mktemp("flipped") / "log.eval"
    path.write_bytes(bytes(content))
    try:
        found = read(path)
    except InputError:
        return
    assert len(found) + found.issues.set_aside <= 7


@pytest.mark.parametrize("unpacker", ["zstandard", "pyarrow"])
def test_damaged_zstandard_is_set_aside_whatever_unpacks_it(
    tmp_path: Path, unpacker: str, monkeypatch: pytest.MonkeyPatch, require: Callable[[str], Any]
) -> None:
    require(unpacker)
    monkeypatch.setattr(inspect_archive, "_UNPACKERS", {unpacker: inspect_archive._UNPACKERS[unpacker]})
    whole = (HERE / "inspect-2-zstandard.eval").read_bytes()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        sample = next(one for one in archive.infolist() if one.filename.startswith("samples/"))
        header = archive.getinfo("header.json")
    for entry in (sample, header):
        content = bytearray(whole)
        start = entry.header_offset + 30 + len(entry.filename)
        content[start : start + entry.compress_size] = bytes(entry.compress_size)
        (tmp_path / "log.eval").write_bytes(content)
        if entry is header:
            with pytest.raises(ParseError, match="damaged header"):
                read(tmp_path / "log.eval")
        else:
            assert "a damaged sample" in notes(read(tmp_path / "log.eval"))


def test_damaged_lzma_is_set_aside(tmp_path: Path) -> None:
    log = inspect_log()
    path = written(tmp_path / "log.eval", log)
    with zipfile.ZipFile(path, "a", compression=zipfile.ZIP_LZMA) as archive:
        archive.writestr("samples/more.json", json.dumps(log["samples"][0] | {"id": "more"}))
        entry = archive.getinfo("samples/more.json")
    content = bytearray(path.read_bytes())
    start = entry.header_offset + 30 + len(entry.filename) + 9  # past what says how it is packed
    content[start : start + entry.compress_size - 9] = b"\xff" * (entry.compress_size - 9)
    path.write_bytes(content)
    assert "a damaged sample" in notes(read(path))


@given(
    st.dictionaries(st.text(max_size=5), st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5)),
    st.integers(1, 9),
)
def test_objects_are_read_piece_by_piece(value: dict[str, Any], indent: int) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False).encode("utf-8", "replace")
    expected = json.loads(text)
    room = inspect_archive._Room(len(text))
    assert dict(inspect_archive._pairs(io.BytesIO(text), room)) == expected


# lm-evaluation-harness.


def test_a_document_under_two_filters_is_one_sample() -> None:
    found = read(GSM)
    assert rows(found, "item", "voter", "draw", "answer", "status", "reward") == [
        ("gsm8k/0", "org/small", 0, "7", "stop", 1.0),
        ("gsm8k/1", "org/small", 0, None, "no answer", 0.0),
    ]
    assert gold(found) == {"gsm8k/0": "7", "gsm8k/1": "7"}
    assert "filter 'strict-match', not of 'flexible-extract'" in notes(found)
    results = read(GSM, kind="results")
    assert rows(results, "item", "metric", "score") == [
        ("gsm8k/0", "exact_match,strict-match", 1.0),
        ("gsm8k/0", "exact_match,flexible-extract", 1.0),
        ("gsm8k/1", "exact_match,strict-match", 0.0),
        ("gsm8k/1", "exact_match,flexible-extract", 0.0),
    ]


def test_all_draws_are_read_where_one_was_scored() -> None:
    """Four draws, a filter that keeps the majority and one that keeps each: the second has the answers."""
    found = read(HERE / "org__small" / "samples_consistency_2026-11-28T10-11-12.123456.jsonl")
    assert [row[0] for row in rows(found, "answer")] == ["7", "7", "8", None]
    assert [row[0] for row in rows(found, "draw")] == [0, 1, 2, 3]
    assert "filter 'each', not of 'maj@4'" in notes(found)


def test_answers_are_taken_out_of_the_texts_where_a_filter_left_one_for_all() -> None:
    found = read(HERE / "org__small" / "samples_majority_2026-11-28T10-11-12.123456.jsonl")
    assert [row[0] for row in rows(found, "answer")] == ["7", "7", "8", "no idea"]
    assert "taken out of the texts" in notes(found)


def test_the_choice_of_the_largest_likelihood_is_the_answer() -> None:
    found = read(HERE / "org__small" / "samples_colours_2026-11-28T10-11-12.123456.jsonl")
    assert rows(found, "item", "answer", "reward") == [("colours/0", "blue", 1.0)]
    assert gold(found) == {"colours/0": "blue"}


def test_logs_without_filters() -> None:
    found = read(HERE / "samples_old_task.jsonl")
    assert rows(found, "item", "answer") == [("old_task/0", "4"), ("old_task/1", "blue")]
    assert gold(found) == {"old_task/0": "4", "old_task/1": "blue"}
    results = read(HERE / "samples_old_task.jsonl", kind="results")
    assert rows(results, "metric", "score") == [("exact_match", 1.0), ("acc", 1.0)]


def test_a_folder_of_a_model_is_read_together(tmp_path: Path) -> None:
    shutil.copytree(HERE / "org__small", tmp_path / "org__small")
    found = read(tmp_path / "org__small")
    assert found.vocabulary("voter").to_list() == ["org/small"]
    assert found.size("item") == 5
    assert len(gold(found)) == 5


def test_lines_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    path = tmp_path / "samples_t.jsonl"
    path.write_text(GSM.read_text().replace("\n", "\n{broken\n", 1))
    found = read(path)
    assert found.issues.set_aside == 1
    assert "row 2" in notes(found)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"metrics": [["acc"], {"a": 1}, "acc"], "acc": 1.0}, None),
        ({"filter": ["none"]}, "line 1"),
        ({"filter": {"a": 1}}, "line 1"),
    ],
    ids=["metrics of any type", "filter is a list", "filter is an object"],
)
def test_a_log_with_odd_parts_is_read_or_refused(tmp_path: Path, changes: dict[str, Any], said: str | None) -> None:
    line = {"doc_id": 0, "target": "4", "resps": [["4"]], "filtered_resps": ["4"], "arguments": [["2+2", {}]]} | changes
    file = tmp_path / "samples_sums.jsonl"
    file.write_text(json.dumps(line) + "\n")
    if said is None:
        assert rows(read(file), "answer", "reward") == [("4", 1.0)]
        return
    with pytest.raises(ParseError, match="filter that is no text") as caught:
        read(file)
    assert caught.value.where == said


def test_a_target_that_only_looks_like_a_number_is_no_place(tmp_path: Path) -> None:
    line = {
        "doc_id": 0,
        "target": "\u00b2",
        "resps": [[[-1.0, False]], [[-2.0, False]]],
        "filtered_resps": [[-1.0, False], [-2.0, False]],
        "arguments": [["q", " a"], ["q", " b"]],
    }
    file = tmp_path / "samples_squares.jsonl"
    file.write_text(json.dumps(line) + "\n")
    assert gold(read(file)) == {"squares/0": "\u00b2"}


def test_another_shape_of_lines_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "samples_t.jsonl"
    path.write_text('{"doc_id": 0, "filtered_resps": ["4"]}\n')
    with pytest.raises(ParseError, match="has no 'resps'") as caught:
        read(path)
    assert caught.value.where == "line 1"


def test_a_second_line_of_one_document_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "samples_t.jsonl"
    path.write_text(GSM.read_text() * 2)
    found = read(path)
    assert (len(found), found.issues.set_aside) == (2, 2)


# promptfoo.


SUM, OTHER_SUM = "2 + 2 #0f9c6308", "1 + 3 #59ad24fe"


@pytest.mark.parametrize("name", ["promptfoo-3.json", "promptfoo-3.jsonl"])
def test_promptfoo(name: str) -> None:
    found = read(HERE / name)
    assert rows(found, "item", "draw", "answer", "status", "reward") == [
        (SUM, 0, "4", "stop", 1.0),
        (OTHER_SUM, 0, "4", "stop", 0.0),
        (SUM, 1, "5", "stop", 0.0),
        (OTHER_SUM, 1, None, "failed", 0.0),
        (SUM, 2, "4", "stop", 1.0),
    ]
    assert found.vocabulary("voter").to_list() == ["openai:small"]
    assert gold(found) == {SUM: "4", OTHER_SUM: "4"}
    assert "score and pass disagree" in notes(found)
    results = read(HERE / name, kind="results")
    assert set(results.vocabulary("metric")) == {"score", "pass"}
    last = rows(results, "item", "run", "metric", "score")[-2:]
    assert last == [(SUM, "2", "score", 1.0), (SUM, "2", "pass", 0.0)]


@pytest.mark.parametrize("version", [1, 2, 4, None])
def test_an_unknown_version_of_promptfoo_is_refused(tmp_path: Path, version: object) -> None:
    log = json.loads((HERE / "promptfoo-3.json").read_text())
    log["results"]["version"] = version
    (tmp_path / "results.json").write_text(json.dumps(log))
    with pytest.raises(ParseError, match="known is 3"):
        read(tmp_path / "results.json")


def test_several_prompts_are_several_voters(tmp_path: Path) -> None:
    log = json.loads((HERE / "promptfoo-3.json").read_text())
    log["results"]["results"][0]["promptIdx"] = 1
    (tmp_path / "results.json").write_text(json.dumps(log["results"]))
    found = read(tmp_path / "results.json")
    assert set(found.vocabulary("voter")) == {"openai:small prompt 0", "openai:small prompt 1"}


def promptfoo_run(file: Path, questions: Sequence[object], model: str = "m", **more: object) -> Path:
    """The results of a run of one model, each answer the place of its question in that run."""
    rows = [
        {"testIdx": place, "promptIdx": 0, "provider": {"id": model}, "response": {"output": f"a{place}"}}
        | {"score": 1, "success": True, "prompt": {"raw": "p"}, "vars": {"q": question} if question else {}}
        | more
        for place, question in enumerate(questions)
    ]
    file.write_text(json.dumps({"results": {"version": 3, "results": rows}}))
    return file


def test_two_runs_of_promptfoo_meet_where_their_tests_are_the_same(tmp_path: Path) -> None:
    """Both count from 0, and a test of one was taken for the test of the other that has its number."""
    one = promptfoo_run(tmp_path / "one.json", ["a?", "b?"])
    more = promptfoo_run(tmp_path / "more.json", ["c?", "d?"])
    found = read([one, more])
    assert [item.partition(" #")[0] for item in found.vocabulary("item")] == ["a?", "b?", "c?", "d?"]
    assert (len(found), found.issues.set_aside) == (4, 0)
    turned = promptfoo_run(tmp_path / "turned.json", ["b?", "a?"], "k")
    both = {(item[:2], voter): answer for item, voter, answer in rows(read([one, turned]), "item", "voter", "answer")}
    assert both == {
        ("a?", "m"): "a0",
        ("b?", "m"): "a1",
        ("b?", "k"): "a0",
        ("a?", "k"): "a1",
    }


def test_names_of_tests_of_promptfoo_are_short_and_tell_all_of_them_apart(tmp_path: Path) -> None:
    long = ["x" * 5000, "x" * 5000 + "y", {"a": [1]}, "  two\n\tlines end", 7, None, "", None]
    names = read(promptfoo_run(tmp_path / "long.json", long)).vocabulary("item").to_list()
    assert len(set(names)) == len(long)
    assert max(map(len, names)) <= 70
    assert [name.partition(" #")[0] for name in names[2:]] == [
        '{"a": [1]}',
        "two lines end",
        "7",
        "test 5",
        "test 6",
        "test 7",
    ]
    called = promptfoo_run(tmp_path / "called.json", ["a?", "b?"], description="Sums")
    assert [name.partition(" #")[0] for name in read(called).vocabulary("item")] == ["Sums", "Sums"]


# every-eval-ever.


def test_every_eval_ever() -> None:
    path = HERE / "every-eval-0.2_samples.jsonl"
    found = read(path)
    assert rows(found, "item", "voter", "draw", "answer", "reward") == [
        ("math/4", "org/small", 0, "5", 1.0),
        ("math/4", "org/small", 1, "10", 0.0),
        ("math/4", "org/small", 2, "half right", 0.5),
    ]
    assert gold(found) == {"math/4": "5"}
    results = rows(read(path, kind="results"), "metric", "run", "score")
    assert ("score", "2", 0.5) in results
    assert ("correct", "2", 0.0) in results


@pytest.mark.parametrize("version", ["0.1.0", "0.3.0", "1", ""])
def test_an_unknown_schema_of_every_eval_ever_is_refused(tmp_path: Path, version: str) -> None:
    text = (HERE / "every-eval-0.2_samples.jsonl").read_text().replace("eval_0.2.2", f"eval_{version}")
    (tmp_path / "x_samples.jsonl").write_text(text)
    with pytest.raises(ParseError, match=r"known is 0\.2") as caught:
        read(tmp_path / "x_samples.jsonl")
    assert caught.value.where == "line 1"


# What they are for.


def test_what_users_have_can_be_studied() -> None:
    """Of three draws of each question one is right: pass@1 = 1/3, pass@3 = 1, whatever the log reduced them to."""
    found = read(HERE / "inspect-2.eval")
    assert pass_at_k(found, [1, 3]).table()["value"].to_list() == pytest.approx([1 / 3, 1.0])
    assert majority_at_k(found, 1).table()["value"].to_list() == pytest.approx([1 / 3])


def test_a_kind_that_a_log_has_not_is_refused() -> None:
    with pytest.raises(InputError):
        read(GSM, kind="rankings")
