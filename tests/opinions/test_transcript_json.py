"""JSON of recognisers: a fixture per shape, errors that name the place, and shapes that are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from psephos.errors import ConfidenceError, DuplicateSystemError, InputError, ParseError, TimeError
from psephos.opinions import read
from psephos.opinions.transcript_json import SHAPES, shape_of

FIXTURES = Path(__file__).parent / "recognisers"
COLUMNS = ("token", "start", "end", "confidence", "speaker", "channel", "times")
G, S, M = "given", "interpolated", "missing"

HEARD = {
    "whisper.json": [
        ("BP", 0.0, 0.5, 0.91, None, None, G),
        ("120,", 0.5, 1.2, 0.62, None, None, G),
        ("no", 2.0, 2.0 + 2 * 3 / 9, None, None, None, S),
        ("pain.", 2.0 + 2 * 3 / 9, 4.0, None, None, None, S),
    ],
    "whisper-words.json": [("BP", 0.0, 0.5, None, None, None, G), ("120", 0.5, 1.2, None, None, None, G)],
    "whisperx.json": [("BP", 0.0, 0.5, 0.91, "SPEAKER_01", None, G), ("120", None, None, None, "SPEAKER_00", None, M)],
    "deepgram.json": [
        ("BP", 0.0, 0.5, 0.91, "0", "0", G),
        ("120,", 0.5, 1.2, 0.62, "1", "0", G),
        ("yes", 0.2, 0.4, 0.8, None, "1", G),
    ],
    "assemblyai.json": [("BP", 0.0, 0.5, 0.91, "A", None, G), ("120,", 0.5, 1.2, 0.62, None, None, G)],
    "aws.json": [
        ("BP", 0.0, 0.5, 0.91, "spk_0", None, G),
        ("120,", 0.5, 1.2, 0.62, None, None, G),
        ("no", 2.0, 2.5, 1.0, None, None, G),
    ],
    "google.json": [("BP", 0.0, 0.5, 0.91, None, None, G), ("120,", 0.5, 1.2, None, "2", None, G)],
    "google-v2.json": [("BP", 0.0, 0.5, 0.91, None, None, G), ("120,", 0.5, 1.2, None, None, None, G)],
    "azure.json": [
        ("BP", 0.0, 0.5, None, None, None, G),
        ("120", 0.5, 1.2, None, None, None, G),
        ("no", 2.0, 2.0 + 2 * 3 / 8, None, None, None, S),
        ("pain", 2.0 + 2 * 3 / 8, 4.0, None, None, None, S),
    ],
}


def rows(path, **options):
    return read(path, **options).frame().select(COLUMNS).rows()


@pytest.mark.parametrize("name", HEARD)
def test_sheet01_a_file_of_each_shape_gives_its_words(name):
    found = rows(FIXTURES / name, layout="{voter}")
    assert len(found) == len(HEARD[name])
    for row, wanted in zip(found, HEARD[name], strict=True):
        assert row == pytest.approx(wanted, abs=1e-9)


def test_every_shape_has_a_fixture():
    shapes = set()
    for file in FIXTURES.iterdir():
        value = json.loads(file.read_text())
        shapes.add(shape_of(value[0] if isinstance(value, list) else value))
    assert shapes == set(SHAPES)


def test_our_own_shape_names_clip_and_system_and_keeps_an_empty_transcript():
    opinions = read(FIXTURES / "psephos.json")
    assert opinions.frame().select("item", "voter", *COLUMNS).rows() == [
        ("c1", "whisper", "BP", 0.0, 0.5, 0.91, "ann", "1", G),
        ("c1", "whisper", "120", None, None, None, None, None, M),
        ("c1", "typist", None, None, None, None, None, None, M),
    ]
    assert [issue.reason for issue in opinions.issues] == ["no token: counted as an abstention"]


def test_json_lines_hold_a_transcript_per_line(tmp_path):
    path = tmp_path / "heard.jsonl"
    path.write_text("".join(json.dumps(part) + "\n" for part in json.loads((FIXTURES / "psephos.json").read_text())))
    assert read(path).frame().equals(read(FIXTURES / "psephos.json").frame())


def changed(name, *path, value=None):
    root = json.loads((FIXTURES / name).read_text())
    node = root
    for key in path[:-1]:
        node = node[key]
    if value is None:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return root


W = ("segments", 0, "words", 0)
D = ("results", "channels", 0, "alternatives", 0, "words", 1)


@pytest.mark.parametrize(
    ("value", "error", "said"),
    [
        (changed("whisper.json", *W, "word"), ParseError, "has no 'word' or 'text' (segments[0].words[0])"),
        (changed("whisper.json", *W, "start", value="soon"), ParseError, "is not a number: 'soon'"),
        (changed("whisper.json", *W, "start", value=[1]), ParseError, "(segments[0].words[0].start)"),
        (changed("whisper.json", *W, "start", value=True), ParseError, "is not a number: True"),
        (changed("whisper.json", *W, "start", value="NaN"), TimeError, "is NaN"),
        (changed("whisper.json", *W, "start", value=float("nan")), TimeError, "is NaN"),
        (changed("whisper.json", *W, "end", value=float("inf")), TimeError, "is infinite"),
        (changed("whisper.json", *W, "start", value=-1), TimeError, "is negative: -1"),
        (changed("whisper.json", *W, "start", value=0.9), TimeError, "ends at 0.5 s, before its start at 0.9 s"),
        (changed("whisper.json", "segments", 0, "words", 1, "start", value=10**400), TimeError, "is infinite"),
        (changed("whisper.json", *W, "probability", value=1.5), ConfidenceError, "between 0 and 1, got 1.5"),
        (changed("whisper.json", *W, "probability", value="nan"), ConfidenceError, "between 0 and 1, got nan"),
        (changed("whisper.json", "segments", 0, "words", value="BP"), ParseError, "must be an array, got 'BP'"),
        (changed("whisper.json", "segments", 1, "start", value=5.0), TimeError, "before its start"),
        (changed("deepgram.json", *D, "start", value=0.5 - 1), TimeError, "channels[0].alternatives[0].words[1].start"),
        (changed("deepgram.json", *D[:3], "alternatives"), ParseError, "has no 'alternatives' (results.channels[0])"),
        (changed("assemblyai.json", "words", 1, "text"), ParseError, "has no 'text' (words[1])"),
        (changed("aws.json", "results", "items", 0, "type", value="noise"), ParseError, "got 'noise'"),
        (changed("google.json", "results", 0, "alternatives", value={}), ParseError, "must be an array, got {}"),
        (changed("azure.json", 0, "NBest", 0, "Words", 0, "Word"), ParseError, "has no 'Word' ([0].NBest[0].Words[0])"),
        (changed("psephos.json", 1, "clip"), ParseError, "has no 'clip' ([1])"),
        (changed("psephos.json", 1, "system", value="whisper"), DuplicateSystemError, "two transcripts of clip 'c1'"),
        (changed("psephos.json", 0, "tokens", 0, value=7), ParseError, "must be an object, got 7"),
        ({"transcription": [{"timestamps": {"from": "0"}}], "model": {}}, ParseError, "neither an array of objects"),
        ({"results": {"utterances": []}}, ParseError, "the shapes of psephos, Whisper, Deepgram, AssemblyAI, AWS"),
    ],
)
def test_what_is_amiss_is_said_with_its_place(tmp_path, value, error, said):
    path = tmp_path / "heard.json"
    path.write_text(json.dumps(value))
    with pytest.raises(error) as caught:
        read(path, layout="{voter}")
    assert said in str(caught.value)
    assert caught.value.argument == str(path)


def test_starts_that_step_back_are_refused_and_overlap_is_legal(tmp_path):
    path = tmp_path / "heard.json"
    words = [{"word": "a", "start": 0.0, "end": 9.0}, {"word": "b", "start": 0.0, "end": 0.0}]
    path.write_text(json.dumps({"words": words}))
    assert [row[0] for row in rows(path, layout="{voter}")] == ["a", "b"]
    path.write_text(json.dumps({"words": [*words[:1], {"word": "b", "start": 5.0, "end": 6.0}, *words[1:]]}))
    with pytest.raises(TimeError, match=r"starts at 0 s, before the word ahead of it \(5 s\)"):
        read(path, layout="{voter}")


def test_several_vendor_transcripts_in_one_file_do_not_say_which_is_which(tmp_path):
    path = tmp_path / "heard.json"
    path.write_text(json.dumps([json.loads((FIXTURES / "deepgram.json").read_text())] * 2))
    with pytest.raises(ParseError, match="2 transcripts of the shape of Deepgram"):
        read(path, layout="{voter}")


def test_tables_of_json_are_still_tables(tmp_path):
    path = tmp_path / "votes.json"
    path.write_text(json.dumps({"item": ["a", "b"], "voter": ["u", "v"], "label": ["x", "y"]}))
    assert read(path).kind == "labels"
    path.write_text(json.dumps([{"item": "a", "voter": "u", "draw": 1, "answer": "x", "tokens": 5}]))
    assert read(path).kind == "samples"


def test_the_error_is_an_input_error():
    assert all(issubclass(error, InputError) for error in (TimeError, ConfidenceError, DuplicateSystemError))
