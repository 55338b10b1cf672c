"""Plain texts, tables of whole texts, and marks of alternatives."""

from __future__ import annotations

import json

import polars as pl
import pytest

from psephos.errors import ConfidenceError, DuplicateSystemError, InputError, TimeError
from psephos.opinions import from_frame, read
from psephos.opinions.transcript_text import format_text, read_text
from psephos.opinions.transcript_words import Word

TABLE = "clip,system,text\nc1,w,BP 120/80\nc1,v,\nc2,w,no  chest\tpain\n"


def heard(opinions):
    return opinions.frame().select("item", "voter", "position", "token").rows()


WANTED = [
    ("c1", "w", 0, "BP"),
    ("c1", "w", 1, "120/80"),
    *[("c2", "w", i, t) for i, t in enumerate(["no", "chest", "pain"])],
]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "json"])
def test_sheet01_a_table_of_texts_becomes_words(tmp_path, suffix):
    path = tmp_path / f"heard.{suffix}"
    records = [dict(zip(("clip", "system", "text"), line.split(","), strict=True)) for line in TABLE.splitlines()[1:]]
    lines = {"csv": TABLE, "tsv": TABLE.replace("\t", " ").replace(",", "\t"), "json": json.dumps(records)}
    path.write_text(lines.get(suffix, "\n".join(map(json.dumps, records))))
    opinions = read(path)
    assert opinions.kind == "transcripts"
    assert sorted(heard(opinions), key=str) == sorted([*WANTED, ("c1", "v", 0, None)], key=str)
    reasons = [issue.reason for issue in opinions.issues]
    assert "took 'clip' as item, 'system' as voter, 'text' as text of whole transcripts" in reasons
    assert "no token: counted as an abstention" in reasons


def test_a_wide_table_of_texts(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text("clip,w,v\nc1,no pain,now pain\nc2,yes,\n")
    opinions = read(path, wide="clip", kind="transcripts")
    assert sorted(heard(opinions)) == [
        ("c1", "v", 0, "now"),
        ("c1", "v", 1, "pain"),
        ("c1", "w", 0, "no"),
        ("c1", "w", 1, "pain"),
        ("c2", "w", 0, "yes"),
    ]
    assert opinions.issues.set_aside == 0


def test_frames_and_stated_columns():
    frame = pl.DataFrame({"recording": ["c"], "who": ["w"], "Text": ["no pain"], "note": [7]})
    opinions = from_frame(frame, columns={"item": "recording", "voter": "who"})
    assert heard(opinions) == [("c", "w", 0, "no"), ("c", "w", 1, "pain")]
    assert opinions.frame()["note"].to_list() == [7, 7]
    opinions = from_frame(frame.rename({"Text": "said"}), columns={"item": "recording", "voter": "who", "text": "said"})
    assert heard(opinions) == [("c", "w", 0, "no"), ("c", "w", 1, "pain")]


def test_rows_with_times_are_segments():
    frame = pl.DataFrame(
        {
            "clip": ["c", "c"],
            "system": ["w", "w"],
            "text": ["the dose", "no"],
            "start": [0, 9],
            "end": [9, 10],
            "confidence": [0.5, None],
        }
    )
    found = from_frame(frame).frame().select("token", "start", "end", "confidence", "times").rows()
    assert found[:2] == [("the", 0, 4, 0.5, "interpolated"), ("dose", 4, 9, 0.5, "interpolated")]
    with pytest.raises(TimeError, match="before its start at 9 s \\(row 2\\)"):
        from_frame(frame.with_columns(end=pl.Series([9, 8])))
    with pytest.raises(ConfidenceError):
        from_frame(frame.with_columns(confidence=pl.Series([9.0, 8])))
    with pytest.raises(InputError, match="needs both start and end"):
        from_frame(frame.drop("end"))


def test_sheet01_two_transcripts_of_one_clip_by_one_system():
    with pytest.raises(DuplicateSystemError, match="two transcripts of 'c' by 'w' \\(row 2\\)"):
        from_frame(pl.DataFrame({"clip": ["c", "c"], "system": ["w", "w"], "text": ["a", "b"]}))


def test_other_kinds_with_a_text_stay_what_they_are():
    frame = pl.DataFrame({"item": ["a"], "voter": ["u"], "label": ["x"], "text": ["long"]})
    assert from_frame(frame).kind == "labels"
    with pytest.raises(InputError):
        from_frame(pl.DataFrame({"item": ["a"], "text": ["long"]}))


def test_plain_texts():
    table = read_text("BP 120/80,\r\n\r\nno\u00a0pain שלום\n".encode(), "a.txt")
    assert table.frame["token"].to_list() == ["BP", "120/80,", "no", "pain", "שלום"]
    assert table.rows.tolist() == [1, 1, 3, 3, 3]
    assert set(table.frame["times"]) == {"missing"}
    assert read_text(b"", "a.txt").frame["token"].to_list() == [None]


@pytest.mark.parametrize(
    ("words", "plain", "marked"),
    [
        ([Word("BP"), Word("120", alternatives=("130",))], "BP 120\n", "BP [120|130]\n"),
        ([Word("", alternatives=("no",)), Word("pain")], "pain\n", "[|no] pain\n"),
        ([Word("no", alternatives=("", "no"))], "no\n", "[no|]\n"),
        ([Word("[a|b]", alternatives=("\\",))], "[a|b]\n", "[\\[a\\|b\\]|\\\\]\n"),
        ([], "", ""),
    ],
)
def test_sheet01_marks_of_alternatives(words, plain, marked):
    assert format_text(words) == plain
    assert format_text(words, marks=True) == marked
