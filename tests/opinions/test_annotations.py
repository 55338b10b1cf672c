"""Exports of Label Studio and Argilla are read like any file, by their shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from psephos.errors import InputError, ParseError
from psephos.opinions import read
from psephos.opinions.annotations import annotation_shape


def result(name: str, **value: Any) -> list[dict[str, Any]]:
    return [{"from_name": name, "value": value}]


LABEL_STUDIO: list[dict[str, Any]] = [
    {
        "id": 7,
        "data": {"text": "fine", "item": "other", "boxes": [1]},
        "annotations": [
            {"completed_by": {"email": "ann@x.org"}, "result": result("tone", choices=["good"])},
            {"completed_by": 3, "was_cancelled": True, "result": []},
        ],
        "predictions": [{"model_version": "m1", "result": result("tone", choices=["bad"])}],
    },
    {
        "id": 8,
        "data": {"text": "=1"},
        "annotations": [{"completed_by": 3, "result": result("stars", rating=4)}],
    },
]
ARGILLA = {
    "id": "r1",
    "fields": {"prompt": "2 + 2?"},
    "responses": {
        "ok": [
            {"value": "yes", "status": "submitted", "user_id": "u1"},
            {"value": "no", "status": "draft", "user_id": "u2"},
            {"value": None, "status": "discarded", "user_id": "u3"},
        ]
    },
    "suggestions": {"ok": {"value": "no", "agent": "model"}},
}
ARGILLA_1 = {
    "id": "r1",
    "fields": {"prompt": "2 + 2?"},
    "responses": [
        {"values": {"ok": {"value": "yes"}}, "status": "submitted", "user_id": "u1"},
        {"values": {"ok": {"value": None}}, "status": "discarded", "user_id": "u3"},
    ],
    "suggestions": [{"question_name": "ok", "value": "no", "agent": "model"}],
}


def written(folder: Path, value: Any, name: str = "export.json") -> Path:
    file = folder / name
    file.write_text(value if isinstance(value, str) else json.dumps(value))
    return file


def test_of_several_controls_one_is_said(tmp_path: Path) -> None:
    file = written(tmp_path, LABEL_STUDIO)
    with pytest.raises(InputError, match="'stars', 'tone'"):
        read(file)
    found = read(file, columns={"label": "tone"})
    assert found.kind == "labels"
    rows = set(found.frame().select("item", "voter", "label").rows())
    assert {("7", "ann@x.org", "good"), ("7", "m1", "bad"), ("7", "3", None)} <= rows
    assert found.about.items is not None
    assert found.about.items["text"].to_list() == ["fine", "=1"]
    assert set(found.about.items.columns) == {"item", "text"}
    scores = read(file, columns={"score": "stars"}).frame()
    assert scores.filter(pl.col("score").is_not_null())["score"].to_list() == [4]
    with pytest.raises(InputError) as told:
        read(file, columns={"label": "none"})
    assert told.value.argument == "columns"


def test_a_single_control_needs_no_word(tmp_path: Path) -> None:
    labels = read(written(tmp_path, LABEL_STUDIO[:1]))
    assert (labels.kind, len(labels.frame())) == ("labels", 3)
    scores = read(written(tmp_path, LABEL_STUDIO[1:], "scores.json"))
    assert (scores.kind, scores.frame()["score"].to_list()) == ("scores", [4.0])


def test_several_labels_and_old_forms_are_joined(tmp_path: Path) -> None:
    old = [{"id": 1, "data": {}, "completions": [{"completed_by": 1, "result": result("t", choices=["a", "b"])}]}]
    assert read(written(tmp_path, old)).frame()["label"].to_list() == ["a / b"]
    many = ARGILLA | {"responses": {"ok": [{"value": ["y", "x"], "user_id": "u"}]}, "suggestions": {}}
    assert read(written(tmp_path, [many], "a.json")).frame()["label"].to_list() == ["x / y"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("records.json", json.dumps([ARGILLA])),
        ("records.jsonl", json.dumps(ARGILLA) + "\n"),
        ("old.jsonl", json.dumps(ARGILLA_1) + "\n"),
        ("one.json", json.dumps(ARGILLA)),
    ],
)
def test_argilla_comes_in_in_every_shape(tmp_path: Path, name: str, text: str) -> None:
    found = read(written(tmp_path, text, name))
    expected = {("r1", "u1", "yes"), ("r1", "u3", None), ("r1", "model", "no")}
    assert set(found.frame().select("item", "voter", "label").rows()) == expected
    assert found.about.items is not None
    assert found.about.items["prompt"].to_list() == ["2 + 2?"]


@pytest.mark.parametrize("names", [[0, 1], [None, None]], ids=["from 0", "nameless"])
def test_each_record_is_an_item_of_its_own(tmp_path: Path, names: list[int | None]) -> None:
    """An id of 0 is an id; records without one are called by their places."""
    task = {"data": {"text": "a"}, "annotations": [{"result": [{"from_name": "tone", "value": {"choices": ["good"]}}]}]}
    for one in (ARGILLA, task):
        found = read(written(tmp_path, [one | {"id": name} for name in names]))
        assert sorted(found.vocabulary("item")) == (["1", "2"] if None in names else ["0", "1"])


def test_a_record_that_is_none_is_set_aside_by_its_place(tmp_path: Path) -> None:
    found = read(written(tmp_path, [LABEL_STUDIO[0], {"id": 9}, 5]))
    assert found.issues.set_aside == 2
    assert "is no record of Label Studio" in str(found.issues.table())


@pytest.mark.parametrize(
    "value",
    [
        [{"id": 1, "data": {"text": "x"}, "annotations": []}],
        [{"id": 1, "data": {"text": "x"}, "annotations": [{"completed_by": 1, "result": [{"value": 3}, 4, {}]}]}],
        [ARGILLA | {"responses": {}, "suggestions": {}}],
        [ARGILLA | {"responses": {"ok": [5, None]}, "suggestions": [7]}],
        [ARGILLA | {"responses": 5, "suggestions": None}],
        [ARGILLA | {"responses": {"ok": 5}, "suggestions": 7}],
        [ARGILLA | {"responses": [{"values": [1]}], "suggestions": "no"}],
    ],
    ids=["empty", "odd results", "nobody", "odd answers", "odd types", "numbers", "lists"],
)
def test_a_file_without_answers_says_so(tmp_path: Path, value: Any) -> None:
    with pytest.raises(ParseError, match="holds no choice or rating"):
        read(written(tmp_path, value))


def test_other_json_is_left_to_other_readers() -> None:
    for value in ([], 5, {"data": "text", "annotations": []}, {"fields": {}}, {"item": "a", "label": "b"}):
        assert annotation_shape(value) is None


def test_a_taxonomy_is_the_way_from_the_top(tmp_path: Path) -> None:
    made = result("what", taxonomy=[["animal", "cat"], ["animal", "dog", "pug"], ["plant"]])
    task = {"id": 1, "data": {}, "annotations": [{"completed_by": 1, "result": made}]}
    (label,) = read(written(tmp_path, [task])).frame()["label"]
    assert label == "animal > cat / animal > dog > pug / plant"


def test_numbers_beside_texts_keep_their_digits(tmp_path: Path) -> None:
    """Two kinds of control of one name make labels: the number is all of it, not its first six digits."""
    made = [result("t", number=1234567.25), result("t", choices=["a"]), result("t", number=3)]
    people = [{"completed_by": who, "result": one} for who, one in enumerate(made)]
    labels = read(written(tmp_path, [{"id": 1, "data": {}, "annotations": people}])).frame()["label"]
    assert labels.to_list() == ["1234567.25", "a", "3"]
