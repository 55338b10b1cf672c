from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from psephos.consensus import against_references, transcripts
from psephos.consensus.transcripts.known_texts import with_references
from psephos.errors import InputError, ParseError
from psephos.opinions import Opinions
from tests.consensus.conftest import Heard


@pytest.fixture
def two(heard: Heard) -> Opinions:
    said = {"one": {"a": "no pain", "b": "now pain"}, "two": {"a": "a rash", "b": "a rash"}}
    about = {"items": pl.DataFrame({"item": ["two", "one"], "group": ["x", "y"]})}
    return heard(said, about=about)


def test_a_table_of_true_texts(two: Opinions, tmp_path: Path) -> None:
    for name, text in (("t.csv", "item,reference\none,No pain.\nthree,x\n"), ("t.tsv", "item\ttext\none\tNo pain.\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        told = with_references(two, tmp_path / name)
        assert against_references(transcripts(told)).clips["item"].to_list() == ["one"]
        assert told.about.column("items", "group", pl.Series(["one", "two"])).to_list() == ["y", "x"]
        assert any("no opinion has this item" in str(issue) for issue in told.issues) == (name == "t.csv")


def test_a_file_of_transcripts_of_the_truth(two: Opinions, tmp_path: Path) -> None:
    stm = tmp_path / "true.stm"
    stm.write_text("one 1 ann 0.0 1.0 no pain\ntwo 1 ann 0.0 1.0 a rash\n", encoding="utf-8")
    assert against_references(transcripts(with_references(two, stm))).consensus.words == 4


def test_what_was_known_before_gives_way(heard: Heard, tmp_path: Path) -> None:
    about = {"items": pl.DataFrame({"item": ["clip"], "reference": ["wrong"]})}
    (tmp_path / "t.csv").write_text("item,reference\nclip,no pain\n", encoding="utf-8")
    told = with_references(heard(["no pain", "no pain"], about=about), tmp_path / "t.csv")
    assert against_references(transcripts(told)).consensus.edits == 0


@pytest.mark.parametrize(
    ("text", "part"),
    [("clip,words\na,b\n", "must have the columns"), ("item,reference\nother,b\n", "no text of any of these clips")],
)
def test_files_without_true_texts(two: Opinions, tmp_path: Path, text: str, part: str) -> None:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=part) as caught:
        with_references(two, tmp_path / "t.csv")
    assert caught.value.argument == "references"


def test_a_file_that_is_not_there(two: Opinions, tmp_path: Path) -> None:
    with pytest.raises((ParseError, FileNotFoundError)):
        with_references(two, tmp_path / "none.csv")


def test_true_texts_of_clips_that_were_not_decided_are_told(two: Opinions, tmp_path: Path) -> None:
    """They were left out of the comparison without a word."""
    (tmp_path / "t.csv").write_text("item,reference\none,no pain\nthree,x\n", encoding="utf-8")
    found = against_references(transcripts(with_references(two, tmp_path / "t.csv")))
    assert found.provenance.notes == ("1 true text is of clips that were not decided and not compared: three",)
    some = {"one": "no pain", "two": None, "four": "y", "five": "z", "six": None}
    found = against_references(transcripts(two), some)  # type: ignore[arg-type]
    assert found.provenance.notes == ("2 true texts are of clips that were not decided and not compared: four, five",)
    assert against_references(transcripts(two), {"one": "no pain"}).provenance.notes == ()
