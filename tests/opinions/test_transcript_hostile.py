"""Hostile and careless transcripts: refused by name or read whole, and never another error, whatever the bytes."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.opinions import read
from psephos.opinions.formats import TRANSCRIPT_READERS, parse

RECOGNISERS = Path(__file__).parent / "recognisers"
CUE = "00:00:00,000 --> 00:00:01,000\n"
VTT = "WEBVTT\n\n00:00.000 --> 00:01.000\n"

REFUSED = {
    "bad-times.srt": ("00:00:00,000 -> 00:00:01,000\na\n", "has no line with '-->'"),
    "cut-cue.srt": (f"1\n{CUE}a\n\n2\n00:00:0", "has no line with '-->'"),
    "cut-arrow.vtt": ("WEBVTT\n\n00:00.000 -->", "is no HH:MM:SS.mmm"),
    "missing-arrow.vtt": ("WEBVTT\n\n00:00.000 00:01.000\na\n", "has a block without '-->'"),
    "huge-hours.srt": ("9999999:00:00,000 --> 9999999:00:01,000\na\n", "is no HH:MM:SS,mmm"),
    "binary.srt": (b"\x00\x01\x02\xff", "is not utf-8"),
    "nul.ctm": ("c 1 0 1 a\0b\n", "NUL character"),
    "latin-1.vtt": ("WEBVTT\n\n00:00.000 --> 00:01.000\ndéjà\n".encode("latin-1"), "is not utf-8"),
    "nan.ctm": ("c 1 nan 1 a\n", "start is NaN"),
    "infinity.ctm": ("c 1 -Infinity 1 a\n", "start is infinite"),
    "alt-unclosed.ctm": ("c 1 * * <ALT_BEGIN>\nc 1 0 1 a\n" * 3, "inside alternatives that begin in line 1"),
    "back-in-time.ctm": ("c 1 5 1 a\nc 1 4 1 b\n", "starts at 4 s"),
    "html.vtt": ("<!DOCTYPE html><html></html>", "must start with WEBVTT"),
    "gzip.srt": (b"\x1f\x8b\x08\x00", "is compressed by gzip"),
    "deep.json": ('{"segments":' * 5000, "nested too deeply"),
    "nan-strings.json": (json.dumps({"words": [{"word": "a", "start": "NaN", "end": "NaN"}]}), "is NaN"),
    "objects-as-words.json": (json.dumps({"words": [{"word": {"a": 1}, "start": 0, "end": 1}]}), "must be a text"),
    "lone-surrogate.json": ('{"words": [{"word": "\\ud800", "start": 0, "end": 1}]}', "surrogate"),
    "unclosed-braces.stm": ("c 1 a 0 1 " + "{ " * 1000, "{ is not closed by }"),
}

READ = {
    "mark-and-crlf.srt": ("\ufeff1\r\n" + CUE.replace("\n", "\r\n") + "a b\r\n", ["a", "b"]),
    "days.srt": ("49:00:00,000 --> 120:00:00,000\na\n", ["a"]),
    "nested-tags.srt": (CUE + "<b>" * 3000 + "a" + "</b>" * 3000 + "\n", ["a"]),
    "open-tags.srt": (CUE + "<b" * 20_000 + "\n", ["<b" * 20_000]),
    "right-to-left.srt": (CUE + "\u202bשלום עולם\u202c \u200f!\n", ["\u202bשלום", "עולם\u202c", "\u200f!"]),
    "megabyte-cue.srt": (CUE + "word " * 200_000 + "\n", ["word"] * 200_000),
    "megabyte-word.vtt": (VTT + "w" * 2**20 + "\n", ["w" * 2**20]),
    "zero-length.ctm": ("c 1 0 0 a\nc 1 0 0 b\nc 1 0 0 c\n", ["a", "b", "c"]),
    "nan-as-a-word.ctm": ("c 1 0 1 NaN\nc 1 1 1 null\nc 1 2 1 -\n", ["NaN", "null", "-"]),
    "formula.txt": ("=HYPERLINK(1) ../../etc/passwd <script>", ["=HYPERLINK(1)", "../../etc/passwd", "<script>"]),
    "line-separators.ctm": ("c 1 0 1 a\u2028b\x85\x1c\nc 1 1 1 \u3000\n", ["a\u2028b\x85\x1c", "\u3000"]),
    "utf-16.srt": ((CUE + "a\n").encode("utf-16"), ["a"]),
    "empty.txt": ("", [None]),
    "comments-only.vtt": ("WEBVTT\n\nNOTE nothing\n", [None]),
    "references.vtt": (
        VTT + "&amp;lt; &#0; &#xD800; &bogus; &lrm;\n",
        ["&lt;", "\ufffd", "\ufffd", "&bogus;", "\u200e"],
    ),
}


def put(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("name", REFUSED)
def test_a_transcript_that_cannot_be_used_is_refused_by_name(tmp_path, name):
    content, said = REFUSED[name]
    path = put(tmp_path, name, content)
    with pytest.raises(InputError) as caught:
        read(path, layout="{voter}")
    assert said in str(caught.value)
    assert caught.value.argument == str(path)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("name", READ)
def test_a_transcript_that_can_be_used_is_read_whole_and_soon(tmp_path, name):
    content, tokens = READ[name]
    start = time.process_time()
    opinions = read(put(tmp_path, name, content), layout="{voter}")
    assert time.process_time() - start < 20
    assert opinions.frame()["token"].to_list() == tokens
    assert opinions.issues.set_aside == 0


SEEDS = {
    ".ctm": b"c 1 0.0 0.5 no 1\nc 1 * * <ALT_BEGIN>\nc 1 0.5 0.5 a\nc 1 * * <ALT>\nc 1 0.5 0.5 @\nc 1 * * <ALT_END>\n",
    ".stm": b";; x\nc 1 ann 0.0 0.5 <o,f0,male> no { a / b } pain\nc 1 bob 1 2 yes\n",
    ".srt": b"1\n00:00:00,000 --> 00:00:01,000\n<i>no</i> &lt;pain\n\n2\n00:00:01,000 --> 00:00:02,000\nyes\n",
    ".vtt": b"WEBVTT\n\nNOTE x\n\nid\n00:00.000 --> 00:01.000 align:start\n<v Ann>no <00:00.500>pain</v> &amp;\n",
    ".txt": "no pain שלום\n".encode(),
    ".json": (RECOGNISERS / "deepgram.json").read_bytes(),
    ".jsonl": b'{"system": "w", "clip": "c", "tokens": [{"text": "no", "start": 0, "end": 1}, "pain"]}\n',
}
JSON_SEEDS = [json.loads(path.read_text()) for path in sorted(RECOGNISERS.iterdir())]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=4)
    | st.just([])
    | st.just({})
)


@st.composite
def mutated(draw):
    """A valid file with some of its bytes deleted, doubled, replaced or put in another place."""
    suffix = draw(st.sampled_from(sorted(SEEDS)))
    data = bytearray(SEEDS[suffix])
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        piece = draw(
            st.binary(max_size=3)
            | st.sampled_from(
                [
                    b"-->",
                    b"\n",
                    b"\n\n",
                    b"nan",
                    b"-1",
                    b"1e999",
                    b"<",
                    b">",
                    b"@",
                    b" ",
                    b"{",
                    b"}",
                    b"\xff",
                    b"9" * 30,
                ]
            )
        )
        data[at : at + draw(st.integers(0, 20))] = piece
    return suffix, bytes(data)


@st.composite
def mutated_json(draw):
    """JSON of a recogniser with one value replaced."""
    root = json.loads(json.dumps(draw(st.sampled_from(JSON_SEEDS))))
    node = root
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = draw(st.sampled_from(keys))
        if not isinstance(node[key], (dict, list)) or not node[key] or draw(st.integers(0, 3)) == 0:
            break
        node = node[key]
    if draw(st.booleans()):
        del node[key]
    else:
        node[key] = draw(LEAVES)
    return ".json", json.dumps(root).encode()


ANY = st.tuples(st.sampled_from([*TRANSCRIPT_READERS, ".json", ".jsonl"]), st.binary(max_size=200))


def is_read_or_refused(case):
    suffix, data = case
    try:
        table = parse(data, "file", suffix)
    except InputError:
        return
    assert len(table.rows) == table.frame.height
    if table.kind == "transcripts":
        given = table.frame.filter(table.frame["start"].is_not_null())
        assert (given["start"] >= 0).all()
        assert (given["end"] >= given["start"]).all()
        assert table.frame["confidence"].drop_nulls().is_between(0, 1).all()


@given(ANY | mutated() | mutated_json())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_are_read_or_refused(case):
    is_read_or_refused(case)


@pytest.mark.slow
@given(ANY | mutated() | mutated_json())
@settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_are_read_or_refused_ten_thousand_times(case):
    is_read_or_refused(case)
