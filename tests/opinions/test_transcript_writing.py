"""Transcripts into files and back."""

from __future__ import annotations

import json

import pytest

from psephos.errors import ConfidenceError, InputError, TimeError
from psephos.opinions import Word, labels, read, transcripts, write, write_transcripts
from psephos.opinions.transcript_words import words_of

SAID = [
    Word("no", 0.0, 0.5, 0.9, "ann", "1"),
    Word("pain", 0.5, 1.0, None, None, "1", ("rain", "")),
    Word("today", 1.0, 1.5, times="interpolated"),
]


def opinions(**more):
    return transcripts(
        ["c", "c", "c", "d"],
        ["w", "w", "v", "w"],
        [1, 0, 0, 0],
        ["pain", "no", "now", None],
        start=[0.5, 0, 0, None],
        end=[1, 0.5, 1, None],
        confidence=[0.5, None, 1, None],
        speaker=["ann", None, None, None],
        **more,
    )


def test_words_of_opinions_stand_in_the_order_of_positions():
    found = words_of(opinions())
    assert {key: [word.text for word in words] for key, words in found.items()} == {
        ("w", "c"): ["no", "pain"],
        ("v", "c"): ["now"],
        ("w", "d"): [],
    }
    assert found["w", "c"][1] == Word("pain", 0.5, 1.0, 0.5, "ann")


@pytest.mark.parametrize("form", ["ctm", "stm", "srt", "vtt", "txt", "json"])
def test_a_folder_holds_a_file_per_transcript_and_is_read_again(tmp_path, form):
    said = transcripts(
        ["c", "c", "c"], ["w", "w", "v"], [0, 1, 0], ["no", "pain", "now"], start=[0, 1, 0], end=[1, 2, 2]
    )
    written = write_transcripts(said, tmp_path / "out", format=form)
    assert [str(path.relative_to(tmp_path)) for path in written] == [f"out/w/c.{form}", f"out/v/c.{form}"]
    back = read(tmp_path / "out").frame().sort("voter", "position", descending=[True, False])
    assert (
        back.select("item", "voter", "position", "token").rows()
        == said.frame().select("item", "voter", "position", "token").rows()
    )
    if form in ("ctm", "json"):
        assert back["start"].to_list() == said.frame()["start"].to_list()


def test_our_json_holds_all_that_a_word_has(tmp_path):
    (path,) = write_transcripts({"c": SAID}, tmp_path / "verdict.json", system="all")
    assert json.loads(path.read_text()) == [
        {
            "system": "all",
            "clip": "c",
            "tokens": [
                {"text": "no", "start": 0.0, "end": 0.5, "confidence": 0.9, "speaker": "ann", "channel": "1"},
                {"text": "pain", "start": 0.5, "end": 1.0, "channel": "1", "alternatives": ["rain", ""]},
                {"text": "today", "start": 1.0, "end": 1.5, "times": "interpolated"},
            ],
        }
    ]
    back = read(path)
    assert [issue.reason for issue in back.issues] == ["not read: alternatives"]
    assert [word.times for word in words_of(back)["all", "c"]] == ["given", "given", "interpolated"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("v.ctm", "c 1 0.000 0.500 no 0.900000\nc 1 0.500 0.500 pain -1.000000\nc 1 1.000 0.500 today -1.000000\n"),
        ("v.txt", "no [pain|rain|] today\n"),
        (
            "v.srt",
            "1\n00:00:00,000 --> 00:00:00,500\nno\n\n"
            "2\n00:00:00,500 --> 00:00:01,000\npain\n\n"
            "3\n00:00:01,000 --> 00:00:01,500\ntoday\n",
        ),
    ],
)
def test_a_consensus_is_written_word_by_word(tmp_path, name, text):
    (path,) = write_transcripts({"c": SAID}, tmp_path / name, marks=True)
    assert path.read_text() == text


def test_write_knows_the_formats_of_transcripts_and_json_stays_a_table(tmp_path):
    said = opinions().of_item("c")
    said = said.take(said.frame()["voter"].to_numpy() == "w")
    assert write(said, tmp_path / "a.VTT").paths == (tmp_path / "a.VTT",)
    assert (tmp_path / "a.VTT").read_text().startswith("WEBVTT\n")
    write(opinions(), tmp_path / "a.json")
    assert read(tmp_path / "a.json").frame().equals(opinions().frame())


@pytest.mark.parametrize(
    ("said", "name", "options", "problem"),
    [
        (opinions(), "a.ctm", {}, "can hold one system, not 2"),
        (opinions(), "a.srt", {}, "can hold one clip of one system, not 2 of 2"),
        ({}, "a.txt", {}, "can hold one clip"),
        (opinions(), "out", {}, "format: must be one of 'ctm'"),
        (opinions(), "a.doc", {}, "path: must be one of 'ctm'"),
        (opinions(), "no/folder.json", {}, "create the folder first"),
        ({"../c": SAID}, "out", {"format": "txt"}, "cannot be the name of a file"),
        ({"c": SAID}, "out", {"format": "txt", "system": ".."}, "cannot be the name of a file"),
        ({"c" * 300: SAID}, "out", {"format": "txt"}, "cannot be the name of a file"),
        ({"c": [Word("a\0", 0, 1)]}, "a.vtt", {}, "NUL character"),
        ({"c": [Word("a")]}, "a.vtt", {}, "no word of 'c' has a time"),
        (labels(["a"], ["u"], ["x"]), "a.ctm", {}, "must be transcripts, got labels"),
    ],
)
def test_what_cannot_be_written_is_refused_and_nothing_is_left(tmp_path, said, name, options, problem):
    with pytest.raises(InputError) as caught:
        write_transcripts(said, tmp_path / name, **options)
    assert problem in str(caught.value)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ({"start": -1}, TimeError),
        ({"start": float("nan")}, TimeError),
        ({"end": float("inf")}, TimeError),
        ({"start": 2, "end": 1}, TimeError),
        ({"confidence": 1.5}, ConfidenceError),
        ({"confidence": float("nan")}, ConfidenceError),
    ],
)
def test_a_word_checks_its_times_and_confidence(bad, error):
    with pytest.raises(error):
        Word("a", **bad)
