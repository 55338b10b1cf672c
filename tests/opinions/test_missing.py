"""A text that means a missing value: noted where it counts as an answer, an abstention where the caller says so."""

from __future__ import annotations

import polars as pl
import pytest

from psephos.consensus import majority
from psephos.errors import InputError
from psephos.opinions import battles, from_frame, from_matrix, labels, read, samples, scan, scores, transcripts
from psephos.opinions.building import LOOK_MISSING

ITEMS, VOTERS = ["a", "a", "a", "b"], ["x", "y", "z", "x"]
DOUBT = "label looks like a missing value: counted as an answer"
ABSTAINED = "no label: counted as an abstention"


def said(opinions):
    return [(issue.reason, issue.rows.tolist(), issue.example, issue.hint) for issue in opinions.issues]


@pytest.mark.parametrize("text", ["NA", "null", "N/A", "None", "-", "nan", " na ", "NULL", "?"])
def test_an_answer_that_looks_missing_is_noted_and_still_counts(text):
    opinions = labels(ITEMS, VOTERS, ["p", text, text, "p"])
    assert said(opinions) == [(DOUBT, [2, 3], text, f"missing=[{text!r}] makes it an abstention")]
    assert opinions.issues.set_aside == 0
    assert majority(opinions).table()["choice"].to_list() == [text, "p"]


@pytest.mark.parametrize("text", ["no", "Nancy", "nullable", "n", "0", "none of these", "--x"])
def test_other_answers_are_not_doubted(text):
    assert said(labels(ITEMS, VOTERS, ["p", text, text, "p"])) == []


def test_all_texts_that_look_missing_are_named_in_the_order_of_the_choices():
    opinions = labels(ITEMS, VOTERS, ["null", "NA", "p", "-"])
    assert said(opinions) == [(DOUBT, [1, 2, 4], "null", "missing=['-', 'NA', 'null'] makes it an abstention")]
    assert str(opinions.issues).endswith("; missing=['-', 'NA', 'null'] makes it an abstention")


@pytest.mark.parametrize(
    "missing", [["NA", "-"], ("-", "NA"), {"NA", "-"}, ["NA", "-", "never"]], ids=["list", "tuple", "set", "and more"]
)
def test_texts_that_are_stated_are_abstentions(missing):
    opinions = labels(ITEMS, VOTERS, ["p", "NA", "-", "na"], missing=missing)
    assert opinions.frame()["label"].to_list() == ["p", None, None, "na"]
    assert opinions.vocabulary("label").to_list() == ["na", "p"]
    assert said(opinions)[0] == (ABSTAINED, [2, 3], "NA", "")
    assert said(opinions)[1][:2] == (DOUBT, [4])
    assert len(opinions) == 4


def test_a_single_text_may_be_stated():
    assert labels(ITEMS, VOTERS, ["p", "NA", "q", "q"], missing="NA").frame()["label"].to_list() == [
        "p",
        None,
        "q",
        "q",
    ]


def test_choices_that_are_numbers_once_missing_texts_are_gone_are_in_the_order_of_numbers():
    opinions = labels(ITEMS, VOTERS, ["10", "NA", "9", "9"], missing="NA")
    assert opinions.vocabulary("label").to_list() == ["9", "10"]


def test_ids_are_never_missing_by_their_text():
    opinions = labels(["NA", "-"], ["-", "NA"], ["p", "q"], missing=["NA", "-"])
    assert opinions.frame().rows() == [("NA", "-", "p"), ("-", "NA", "q")]
    assert said(opinions) == []


def test_numbers_of_any_type_can_be_missing():
    texts = scores(["a", "b", "c"], ["x"] * 3, ["1", "NA", "2.5"], missing="NA")
    assert texts.frame()["score"].to_list() == [1.0, None, 2.5]
    assert [reason for reason, *_ in said(texts)] == ["no score: counted as an abstention"]
    whole = scores(["a", "b", "c"], ["x"] * 3, [1, -9, 2], weight=[1.0, -9.0, 2.0], missing="-9")
    assert whole.frame()["score"].to_list() == [1.0, None, 2.0]
    assert whole.frame()["weight"].to_list() == [1.0, None, 2.0]
    mixed = scores(["a", "b", "c"], ["x"] * 3, [1, "NA", 2.5], missing="NA")
    assert mixed.frame()["score"].to_list() == [1.0, None, 2.5]


def test_answers_and_winners_can_be_missing():
    drawn = samples(["q"] * 3, ["m"] * 3, [0, 1, 2], ["4", "N/A", "4"], missing=["N/A"])
    assert drawn.frame()["answer"].to_list() == ["4", None, "4"]
    fought = battles(["x", "x"], ["y", "y"], ["left", "NA"], missing="NA")
    assert fought.frame()["winner"].to_list() == ["left"]
    assert [(issue.reason, issue.action, issue.example) for issue in fought.issues] == [
        ("winner is none of left, right, tie, both_bad", "set aside", "NA")
    ]


def test_what_a_recogniser_heard_may_be_none():
    heard = transcripts(["clip"] * 2, ["x"] * 2, [0, 1], ["none", "-"])
    assert said(heard) == []


def test_frames_and_matrices_take_it_too():
    frame = pl.DataFrame({"item": ["a", "a"], "voter": ["x", "y"], "label": ["p", "NA"]})
    assert from_frame(frame, missing="NA").frame()["label"].to_list() == ["p", None]
    wide = from_frame(pl.DataFrame({"q": ["a"], "ann": ["p"], "bob": ["NA"]}), wide="q", missing="NA")
    assert wide.frame().rows() == [("a", "ann", "p"), ("a", "bob", None)]
    assert from_matrix([["p", "NA"]], missing=["NA"]).frame()["label"].to_list() == ["p", None]


@pytest.mark.parametrize("missing", [[1], [None], ["NA", b"x"]], ids=repr)
def test_what_is_no_text_is_refused(missing):
    with pytest.raises(InputError, match="must be texts") as caught:
        labels(["a"], ["x"], ["p"], missing=missing)
    assert caught.value.argument == "missing"


def test_files_are_read_and_the_command_says_so(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text('item,voter,label\na,x,p\na,y,NA\nb,x,"n,a"\n')
    opinions = read(path, missing=["NA", "n,a"])
    assert opinions.frame()["label"].to_list() == ["p", None, None]
    assert opinions.source.options == ("--missing", 'NA,"n,a"')
    assert read(path, missing="NA").source.options == ("--missing", "NA")


def test_parts_say_what_the_whole_says(tmp_path):
    rows = [(f"i{n // 3}", f"v{n % 3}", ("p", "NA", "q", "-", "10")[n * 7 % 5]) for n in range(60)]
    frame = pl.DataFrame(rows, schema=["item", "voter", "label"], orient="row")
    frame.write_parquet(tmp_path / "votes.parquet")
    for missing in ((), ("NA",), ("NA", "-")):
        whole = majority(read(tmp_path / "votes.parquet", missing=missing))
        parts = majority(scan(tmp_path / "votes.parquet", missing=missing, rows_per_part=9))
        assert parts.table().equals(whole.table())
        assert list(map(str, parts.issues)) == list(map(str, whole.issues))
        assert scan(tmp_path / "votes.parquet", missing=missing).choices.to_list() == whole.choices.to_list()
    looks = {name for name in frame["label"] if name.lower() in LOOK_MISSING}
    assert looks == {"NA", "-"}
