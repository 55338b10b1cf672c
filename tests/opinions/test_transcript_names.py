"""Which clip and which system a file is of: stated, noted, never guessed in silence."""

from __future__ import annotations

import pytest

from psephos.errors import DuplicateSystemError, InputError, ParseError
from psephos.opinions import read
from psephos.opinions.finding import find_files

SRT = "00:00:00,000 --> 00:00:01,000\nno pain\n"
CTM = "c9 1 0 1 no\n"


def files(folder, **texts):
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def put(folder, texts):
    return files(folder, **texts)


def pairs(opinions):
    return sorted(set(opinions.frame().select("item", "voter").rows()))


@pytest.mark.parametrize(
    ("texts", "layout", "found", "said"),
    [
        ({"w/c1.srt": SRT, "v/c1.srt": SRT}, None, [("c1", "v"), ("c1", "w")], "{voter}/{item}"),
        ({"c1.w.srt": SRT, "c1.v.srt": SRT}, None, [("c1", "v"), ("c1", "w")], "{item}.{voter}"),
        ({"w.ctm": CTM, "v.ctm": CTM}, None, [("c9", "v"), ("c9", "w")], "{voter}"),
        ({"w/all.ctm": CTM, "v/all.ctm": CTM}, None, [("c9", "v"), ("c9", "w")], "{voter}/{item}"),
        ({"w.srt": SRT, "v.srt": SRT}, "{system}", [("clip", "v"), ("clip", "w")], "{voter}"),
        ({"c1.srt": SRT, "c2.srt": SRT}, "{clip}", [("c1", "system"), ("c2", "system")], "{item}"),
        ({"c1/w.srt": SRT, "c1/v.srt": SRT}, "{clip}/{system}", [("c1", "v"), ("c1", "w")], "{item}/{voter}"),
        ({"run-w-c1.srt": SRT}, "run-{voter}-{item}", [("c1", "w")], "run-{voter}-{item}"),
        ({"a.b.w.srt": SRT}, "{item}.{voter}", [("a.b", "w")], "{item}.{voter}"),
        ({"w/a.b.srt": SRT, "v/c.txt": "no pain"}, None, [("a.b", "w"), ("c", "v")], "{voter}/{item}"),
    ],
)
def test_names_say_clip_and_system(tmp_path, texts, layout, found, said):
    opinions = read(put(tmp_path, texts), layout=layout)
    assert pairs(opinions) == found
    (issue,) = [issue for issue in opinions.issues if "names of files" in issue.reason]
    assert (issue.action, issue.count, issue.source) == ("noted", len(texts), str(tmp_path))
    assert issue.reason.endswith(f"by {said}")


@pytest.mark.parametrize(
    ("texts", "layout", "error", "said"),
    [
        ({"w.srt": SRT}, None, InputError, "does not say which clip it is and which system heard it; state the layout"),
        ({"a.b.c.srt": SRT}, None, InputError, "does not say which clip"),
        ({"w.srt": SRT}, "{item}.{voter}", InputError, "'{item}.{voter}' does not fit"),
        ({"w.srt": SRT}, "{a}/{b}/" * 40 + "{item}", InputError, "must name each part once"),
        ({"w.srt": SRT}, "nothing", InputError, "must name each part once"),
        ({"w.srt": SRT}, "{item", InputError, "brace without its partner"),
        ({"w.srt": SRT}, "{item}/{clip}", InputError, "must name each part once"),
        (
            {"c.w.srt": SRT, "c.w.vtt": "WEBVTT\n\n00:00.000 --> 00:01.000\na\n"},
            None,
            DuplicateSystemError,
            "is also in",
        ),
        ({"w/all.ctm": CTM, "w/more.ctm": CTM}, None, DuplicateSystemError, "clip 'c9' by system 'w' is also in"),
    ],
)
def test_what_names_do_not_say_is_asked_for(tmp_path, texts, layout, error, said):
    with pytest.raises(error) as caught:
        read(put(tmp_path, texts), layout=layout)
    assert said in str(caught.value)


def test_a_layout_gives_columns_to_tables_too(tmp_path):
    folder = put(tmp_path, {"ann.csv": "item,label\na,x\nb,y\n", "bob.csv": "item,label\na,x\n"})
    assert pairs(read(folder, layout="{voter}")) == [("a", "ann"), ("a", "bob"), ("b", "ann")]


def test_plain_texts_beside_other_formats_are_left_alone(tmp_path):
    folder = put(tmp_path, {"README.txt": "read me", "c.w.srt": SRT})
    assert [file.name for file in find_files(folder)[0]] == ["c.w.srt"]
    folder = put(tmp_path / "more", {"README.txt": "read me", "w/c.srt": SRT, "w/notes.txt": "x"})
    assert [file.name for file in find_files(folder)[0]] == ["c.srt"]
    folder = put(tmp_path / "texts", {"c.w.txt": "no pain", "c.v.txt": "now pain"})
    assert pairs(read(folder)) == [("c", "v"), ("c", "w")]


def test_a_folder_of_nothing_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ParseError, match="holds no file of opinions"):
        read(tmp_path)


def test_tables_about_things_are_no_transcripts(tmp_path):
    folder = put(tmp_path, {"w/c.srt": SRT, "items.csv": "item,group\nc,x\n"})
    assert pairs(read(folder)) == [("c", "w")]
    folder = put(tmp_path / "more", {"items.w.srt": SRT})
    assert pairs(read(folder)) == [("items", "w")]
