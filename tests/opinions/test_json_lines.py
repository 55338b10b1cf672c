"""Lines that are all alike are read at once, and as the careful way reads them."""

from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from psephos.opinions.json_lines import MOST_KEYS, read_alike
from psephos.opinions.json_records import _careful_jsonl, read_jsonl

VALUES = [
    st.sampled_from(["a", "", "\u00fc", "x:y", "},{", "\u2028", "null", "1"]),
    st.sampled_from(["tab\t", 'a"b', "back\\slash", "plain"]),
    st.integers(-(10**15), 10**15),
    st.sampled_from([10**14, 10**15, 10**18, 10**30, -1]),
    st.floats(allow_nan=False) | st.integers(-5, 5),
    st.sampled_from([-0.0, 1e300, 1.5e-7, 123456789.123456789, 2.0, -3]),
    st.booleans(),
    st.none(),
    st.booleans() | st.integers(0, 1),
    st.sampled_from([[1], {}, "a"]),
]


@st.composite
def alike(draw):
    """Objects that one program wrote, some with another key, and lines that are none between them."""
    keys = draw(st.lists(st.sampled_from(["item", "k.1", "\u00e9", 'a"b', "x y", ""]), min_size=1, unique=True))
    kinds = {key: st.none() | draw(st.sampled_from(VALUES)) for key in keys}
    odd = st.sampled_from(["", "  ", "\x0c", "[]", '{"item": 1, "item": 2}', "{", '{"item": 1}'])
    records = draw(st.lists(st.fixed_dictionaries(kinds), min_size=1, max_size=6))
    spaces, plain = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " : ")])), draw(st.booleans())
    lines = [json.dumps(record, separators=spaces, ensure_ascii=plain) for record in records]
    return draw(st.permutations([*lines, *draw(st.lists(odd, max_size=1))]))


@given(alike())
@settings(max_examples=200, deadline=None)
@example(["[]", '{"a": 1}'])
@example(['{"a": null}', '{"a": null}'])
@example(['{"a": -0}', '{"a": 1}'])
@example(['{"a": 01}'])
@example(['{"a": "x\ty"}'])
def test_the_fast_way_agrees_with_the_careful_one(lines):
    found = read_alike(lines)
    if found is None:
        return
    frame, rows = found
    careful = _careful_jsonl(lines, "f.jsonl")
    assert frame.schema == careful.frame.schema
    assert frame.equals(careful.frame)
    assert rows.tolist() == careful.rows.tolist()
    assert careful.issues == ()


@pytest.mark.parametrize(
    "lines",
    [
        ['{"item": "a", "n": 1}', '{"item": "b", "n": 0.5}'],
        ['{"item":"a","n":true}', "", '{"item":"b","n":null}\r'],
        [' { "item" : "a" } '],
        ['{"\u00e9": "\u00fc"}'.replace("\u00e9", "\\u00e9")],
    ],
    ids=["numbers", "blank line", "blanks", "escaped key"],
)
def test_lines_that_are_alike_take_the_fast_way(lines):
    assert read_alike(lines) is not None


@pytest.mark.parametrize(
    "line",
    [
        '{"a": "x\\n"}',
        '{"a": 1234567890123456}',
        '{"b": "x"}',
        '{"a": "x", "b": 1}',
        '{"a": [1]}',
        '{"a": "x"',
        "[]",
        "1",
    ],
    ids=["escape", "long number", "another key", "one more", "list", "cut off", "array", "number"],
)
@pytest.mark.parametrize("place", [0, 150], ids=["first", "late"])
def test_one_line_that_is_not_alike_takes_all_the_careful_way(line, place):
    lines = ['{"a": "x"}'] * 200
    lines[place] = line
    assert read_alike(lines) is None


def test_no_lines_and_no_keys_are_not_alike():
    assert read_alike([]) is read_alike([""]) is read_alike(["{}"]) is None
    assert read_alike([json.dumps({f"k{n}": 1 for n in range(MOST_KEYS + 1)})]) is None


def test_a_transcript_of_a_vendor_is_not_taken_for_a_table():
    assert read_alike(['{"task": "transcribe", "text": "good morning", "segments": []}']) is None


def test_many_lines_are_one_table():
    frame = pl.DataFrame({"item": [f"i{n}" for n in range(5000)], "score": [n / 7 for n in range(5000)]})
    table = read_jsonl(frame.write_ndjson().encode(), "f.jsonl")
    assert table.frame.equals(frame)
