"""CTM and STM as the NIST tools know them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psephos.errors import ConfidenceError, EncodingError, InputError, ParseError, TimeError
from psephos.opinions.transcript_ctm import format_ctm, read_ctm
from psephos.opinions.transcript_stm import format_stm, read_stm
from psephos.opinions.transcript_words import Word

CTM = b""";; made by hand
clip1 1 0.00 0.25 no 0.91
clip1 1 0.30\t0.4  chest   -1   ;; a comment
clip1 1 0.80 0.10 @ 0.2
clip1 1 0.90 0.10 \\@
clip2 A 1.000 0.000 uh

clip1 2 0.10 0.20 yes 1
"""


def test_sheet01_ctm_lines_give_words():
    table = read_ctm(CTM, "a.ctm")
    columns = ("item", "channel", "position", "token", "start", "end", "confidence")
    assert table.frame.select(columns).rows() == [
        ("clip1", "1", 0, "no", 0.0, 0.25, 0.91),
        ("clip1", "1", 1, "chest", 0.3, 0.7, None),
        ("clip1", "1", 2, "@", 0.9, 1.0, None),
        ("clip2", "A", 0, "uh", 1.0, 1.0, None),
        ("clip1", "2", 3, "yes", 0.1, 0.3, 1.0),
    ]
    assert table.rows.tolist() == [2, 3, 5, 6, 8]
    assert [str(issue) for issue in table.issues] == ["1 noted: @ stands for nothing heard (a.ctm, row 4)"]
    assert table.frame["times"].unique().to_list() == ["given"]


ALT = b"""c 1 * * <ALT_BEGIN>
c 1 0.0 0.5 fifty 0.5
c 1 * * <ALT>
c 1 0.0 0.2 fif
c 1 0.2 0.3 teen
c 1 * * <ALT>
c 1 0.0 0.1 @
c 1 * * <ALT_END>
c 1 0.6 0.1 mg
"""


def test_sheet01_the_first_alternative_counts_and_the_others_are_set_aside():
    table = read_ctm(ALT, "a.ctm")
    assert table.frame["token"].to_list() == ["fifty", "mg"]
    (issue,) = table.issues
    assert (issue.action, issue.rows.tolist(), issue.example) == ("set aside", [4, 5, 7], "c 1 0.0 0.2 fif")


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        (
            "c 1 0 1",
            ParseError,
            "has 4 fields, must have 5 or 6: file channel start duration word [confidence] (line 2)",
        ),
        ("c 1 0 1 a 1 lex", ParseError, "has 7 fields"),
        ("c 1 zero 1 a", ParseError, "start is not a number: 'zero' (line 2)"),
        ("c 1 0 1_0 a", ParseError, "duration is not a number"),
        ("c 1 NaN 1 a", TimeError, "start is NaN (line 2)"),
        ("c 1 1 nan a", TimeError, "duration is NaN"),
        ("c 1 -0.1 1 a", TimeError, "start is negative: -0.1"),
        ("c 1 1 -1 a", TimeError, "duration is negative: -1"),
        ("c 1 1e999 1 a", TimeError, "start is infinite"),
        ("c 1 1e308 1e308 a", TimeError, "end is infinite (line 2)"),
        ("c 1 2 1 a\nc 1 1 1 b", TimeError, "a word starts at 1 s, before the word ahead of it (2 s) (line 3)"),
        ("c 1 0 1 a 1.01", ConfidenceError, "confidence must lie between 0 and 1, got 1.01 (line 2)"),
        ("c 1 0 1 a -0.5", ConfidenceError, "got -0.5"),
        ("c 1 0 1 a nan", ConfidenceError, "got nan"),
        ("c 1 0 1 a high", ParseError, "confidence is not a number"),
        ("c 1 * * <ALT_BEGIN>\nc 1 0 1 a", ParseError, "<ALT_BEGIN> is not closed by <ALT_END> (line 2)"),
        ("c 1 * * <ALT_BEGIN>\nc 1 * * <ALT_BEGIN>", ParseError, "inside alternatives that begin in line 2 (line 3)"),
        ("c 1 * * <ALT>", ParseError, "<ALT> without <ALT_BEGIN>"),
        ("c 1 * * <ALT_END>", ParseError, "<ALT_END> without <ALT_BEGIN>"),
        ("c 1 * * word", ParseError, "'word' is no mark of alternatives"),
        ("c 1 * * <ALT_BEGIN>\nd 1 0 1 a", ParseError, "hold a line of another (line 3)"),
        ("c 1 * * <ALT_BEGIN>\n<ALT_END>", ParseError, "has 1 fields, must have 5 or 6"),
        ("c 1 * * <ALT_BEGIN>\nc 2 * * <ALT>", ParseError, "hold a line of another (line 3)"),
    ],
)
def test_sheet01_bad_lines_are_refused_with_file_and_line(text, error, said):
    with pytest.raises(error) as caught:
        read_ctm(f";; first\n{text}\n".encode(), "a.ctm")
    assert said in str(caught.value)
    assert caught.value.argument == "a.ctm"


def test_sheet01_other_encodings_are_refused_or_stated():
    data = "c 1 0 1 déjà".encode("latin-1")
    with pytest.raises(EncodingError):
        read_ctm(data, "a.ctm")
    assert read_ctm(data, "a.ctm", encoding="latin-1").frame["token"].to_list() == ["déjà"]


def test_sheet01_ctm_is_written_as_rover_does():
    words = [Word("b", 2, 2.25), Word("a", 1, 1.5, 0.5, channel="1"), Word("New York", 3, 4, 1, channel="1")]
    assert format_ctm({"z": words, "a": [Word("@", 0, 0.0004)]}) == (
        "a 1 0.000 0.000 \\@ -1.000000\n"
        "z 1 1.000 0.500 a 0.500000\n"
        "z 1 2.000 0.250 b -1.000000\n"
        "z 1 3.000 0.444 New 1.000000\n"
        "z 1 3.444 0.556 York 1.000000\n"
    )


def test_alternatives_are_written_as_blocks_and_what_was_elected_comes_back():
    words = [Word("", 0, 1, alternatives=("no",)), Word("pain", 1, 2, 0.5, alternatives=("", "rain"))]
    assert format_ctm({"c": words}) == "c 1 1.000 1.000 pain 0.500000\n"
    table = read_ctm(format_ctm({"c": words}, alternatives=True).encode(), "a.ctm")
    assert table.frame.select("token", "confidence").rows() == [("pain", 0.5)]
    assert {issue.action: issue.count for issue in table.issues} == {"set aside": 3, "noted": 1}


@pytest.mark.parametrize("name", ["", "a b", ";;c", "a\tb", "a\nb"])
def test_a_clip_that_no_field_can_hold_is_refused(name):
    with pytest.raises(InputError, match="cannot be a field"):
        format_ctm({name: [Word("a", 0, 1)]})


def test_words_without_any_time_are_refused():
    with pytest.raises(InputError, match=r"no word of 'c' has a time.*write \.txt or \.json"):
        format_ctm({"c": [Word("a")]})


TOKENS = st.sampled_from(
    ["@", "\\@", "\\\\@", ";;", ";;x", "\\;;", "<ALT>", "<ALT_BEGIN>", "\\<ALT_END>", "*", "-1"]
) | st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=6)


@st.composite
def spoken(draw):
    """Words whose times CTM can hold: milliseconds that do not step back."""
    marks = sorted(draw(st.lists(st.integers(0, 10**7), min_size=1, max_size=8)))
    words = []
    for start in marks:
        length = draw(st.integers(0, 5000))
        confidence = draw(st.none() | st.integers(0, 10**6).map(lambda part: part / 10**6))
        words.append(Word(draw(TOKENS), start / 1000, (start + length) / 1000, confidence, channel="1"))
    return words


@given(spoken())
def test_what_is_written_as_ctm_is_read_again(words):
    found = read_ctm(format_ctm({"c": words}).encode(), "a.ctm").frame
    wanted = [(word.text, word.start, word.end, word.confidence, word.channel) for word in words]
    assert found.select("token", "start", "end", "confidence", "channel").rows() == wanted


STM = b""";; comment
c1 A ann 0.0 9.0 <o,f0,female> the dose
c1 B unknown 2 4 { no / know / @ } \\@ <unk>
c1 A bob 9 9
c1 A bob 10 12 IGNORE_TIME_SEGMENT_IN_SCORING
"""


def test_stm_segments_are_spread_over_their_words():
    table = read_stm(STM, "a.stm")
    columns = ("token", "start", "end", "speaker", "channel", "times", "position")
    assert table.frame.select(columns).rows() == [
        ("the", 0.0, 4.0, "ann", "A", "interpolated", 0),
        ("dose", 4.0, 9.0, "ann", "A", "interpolated", 1),
        ("no", 2.0, pytest.approx(2 + 2 * 3 / 11), None, "B", "interpolated", 2),
        ("@", pytest.approx(2 + 2 * 3 / 11), pytest.approx(2 + 2 * 5 / 11), None, "B", "interpolated", 3),
        ("<unk>", pytest.approx(2 + 2 * 5 / 11), 4.0, None, "B", "interpolated", 4),
    ]
    assert [(issue.action, issue.rows.tolist()) for issue in table.issues] == [
        ("noted", [3]),
        ("noted", [4]),
        ("set aside", [5]),
    ]


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("c A ann 0", ParseError, "has 4 fields, must have 5 or more"),
        ("c A ann 2 1 x", TimeError, "ends at 1 s, before its start at 2 s (line 1)"),
        ("c A ann 2 3 x\nc A ann 1 3 y", TimeError, "a segment starts at 1 s, before the segment ahead of it (2 s)"),
        ("c A ann 0 1 { a / b", ParseError, "{ is not closed by }"),
        ("c A ann 0 1 a }", ParseError, "} without {"),
    ],
)
def test_bad_segments_are_refused_with_file_and_line(text, error, said):
    with pytest.raises(error) as caught:
        read_stm(text.encode(), "a.stm")
    assert said in str(caught.value)


@given(spoken(), st.sampled_from([None, "ann"]))
@settings(max_examples=50)
def test_what_is_written_as_stm_is_read_again(words, speaker):
    words = [Word(word.text, word.start, word.end, speaker=speaker) for word in words]
    found = read_stm(format_stm({"c": words}).encode(), "a.stm").frame
    assert found["token"].to_list() == [word.text for word in words]
    assert found["speaker"].to_list() == [speaker] * len(words)
    assert found["start"][0] == words[0].start
