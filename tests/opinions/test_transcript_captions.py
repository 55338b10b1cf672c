"""SRT and WebVTT, and how words are cut into captions."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import EncodingError, ParseError, TimeError
from psephos.opinions.transcript_cues import LINE, SECONDS, cues
from psephos.opinions.transcript_srt import format_srt, read_srt
from psephos.opinions.transcript_vtt import format_vtt, read_vtt
from psephos.opinions.transcript_words import Word

SRT = "1\n00:00:01,000 --> 00:00:10,000\n{\\an8}<i>the</i>\ndose\n\n2\n00:00:10,500 --> 00:00:11,000\nBP &lt;120\n"
HEARD = [("the", 1.0, 5.0), ("dose", 5.0, 10.0), ("BP", 10.5, 10.6875), ("<120", 10.6875, 11.0)]


def words_in(table):
    return table.frame.select("token", "start", "end").rows()


@pytest.mark.parametrize(
    "text",
    [
        SRT,
        SRT.replace("\n", "\r\n"),
        SRT.replace("\n", "\r"),
        "\ufeff" + SRT,
        SRT.replace(",000", ".000").replace(",500", ".500"),
        SRT.replace("1\n00", "00").replace("2\n00", "00"),
        SRT.replace("\n\n", "\n \n\n\n"),
        "\n\n" + SRT,
        SRT.replace("10,000\n", "10,000  X1:40 X2:600 Y1:20 Y2:50\n"),
        SRT.replace("<i>", '<font color="red"><b><i>').replace("</i>", "</i></b></font>"),
        SRT.replace("the</i>\ndose", "the</i><br>dose"),
    ],
    ids=["as it is", "CRLF", "CR", "mark", "points", "no numbers", "blanks", "blank start", "places", "nested", "br"],
)
def test_sheet01_srt_cues_are_spread_over_their_words(text):
    table = read_srt(text.encode(), "a.srt")
    assert words_in(table) == HEARD
    assert table.frame["times"].unique().to_list() == ["interpolated"]


TIME = "00:00:01,000 --> 00:00:02,000\n"


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("1\nno pain\n", ParseError, "has no line with '-->' at the start of a block: 'no pain' (line 2)"),
        (f"1\n{TIME}a\n\n\nstray\n", ParseError, "has no line with '-->' at the start of a block: 'stray' (line 6)"),
        (f"1\n{TIME}a\n\n2\n", ParseError, "(line 5)"),
        (f"1\n{TIME}a\n2\n{TIME}b\n", ParseError, "has no blank line before a cue (line 5)"),
        ("1\n00:00:01,000 -->\na\n", ParseError, "is no HH:MM:SS,mmm --> HH:MM:SS,mmm: '00:00:01,000 -->' (line 2)"),
        ("00:00:01 --> 00:00:02\na\n", ParseError, "is no HH:MM:SS,mmm"),
        ("00:01,000 --> 00:02,000\na\n", ParseError, "is no HH:MM:SS,mmm"),
        ("00:00:01,5 --> 00:00:02,5\na\n", ParseError, "is no HH:MM:SS,mmm"),
        ("00:60:00,000 --> 01:00:00,000\na\n", ParseError, "go up to 59"),
        ("NaN --> 00:00:01,000\na\n", ParseError, "is no HH:MM:SS,mmm"),
        ("٠٠:٠٠:٠١,٠٠٠ --> 00:00:02,000\na\n", ParseError, "is no HH:MM:SS,mmm"),
        ("00:00:02,000 --> 00:00:01,999\na\n", TimeError, "ends at 1.999 s, before its start at 2 s (line 1)"),
        ("-00:00:02,000 --> 00:00:03,000\na\n", TimeError, "time is negative: -2 (line 1)"),
        (f"{TIME}a\n\n00:00:00,999 --> 00:00:05,000\nb\n", TimeError, "a segment starts at 0.999 s, before the"),
    ],
)
def test_sheet01_bad_srt_is_refused_with_file_and_line(text, error, said):
    with pytest.raises(error) as caught:
        read_srt(text.encode(), "a.srt")
    assert said in str(caught.value)
    assert caught.value.argument == "a.srt"


def test_overlap_zero_length_and_days_are_legal():
    text = "00:00:00,000 --> 00:00:09,000\na\n\n00:00:01,000 --> 00:00:01,000\nb c\n\n"
    text += "100:00:00,000 --> 9999:00:00,000\nd\n"
    assert words_in(read_srt(text.encode(), "a.srt"))[1:] == [("b", 1, 1), ("c", 1, 1), ("d", 360_000, 35_996_400)]


def test_an_empty_file_is_an_empty_transcript_and_an_empty_cue_is_noted():
    assert read_srt(b"", "a.srt").frame["token"].to_list() == [None]
    (issue,) = read_srt(f"1\n{TIME}<i></i>\n".encode(), "a.srt").issues
    assert (issue.reason, issue.action, issue.rows.tolist()) == ("a cue without text", "noted", [2])


def test_what_is_no_tag_and_no_reference_stays():
    text = f"{TIME}<unk> a< &copy; AT&T; a --> b &#55296; {{x}} <3\n"
    found = read_srt(text.encode(), "a.srt").frame["token"].to_list()
    assert found == ["<unk>", "a<", "&copy;", "AT&T;", "a", "-->", "b", "\ufffd", "{x}", "<3"]


VTT = """WEBVTT - a title

STYLE
::cue { color: red }

NOTE a note
of two lines

intro
00:01.000 --> 00:00:10.000 align:start position:10%
<v.loud Dr. Ann>the</v> <c.red>dose</c>

01:00:00.000 --> 01:00:04.000
<v Ann>no <01:00:01.000>chest <01:00:02.000>pain &amp; more
"""


def test_sheet01_vtt_keeps_word_times_and_speakers():
    found = read_vtt(VTT.encode(), "a.vtt").frame.select("token", "start", "end", "speaker", "times").rows()
    assert found == [
        ("the", 1.0, 5.0, "Dr. Ann", "interpolated"),
        ("dose", 5.0, 10.0, None, "interpolated"),
        ("no", 3600.0, 3601.0, "Ann", "given"),
        ("chest", 3601.0, 3602.0, "Ann", "given"),
        ("pain", 3602.0, pytest.approx(3602 + 2 * 5 / 12), "Ann", "interpolated"),
        ("&", pytest.approx(3602 + 2 * 5 / 12), pytest.approx(3602 + 2 * 7 / 12), "Ann", "interpolated"),
        ("more", pytest.approx(3602 + 2 * 7 / 12), 3604.0, "Ann", "interpolated"),
    ]


@pytest.mark.parametrize("change", [lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text])
def test_vtt_of_other_line_ends_and_with_a_mark(change):
    assert words_in(read_vtt(change(VTT).encode(), "a.vtt")) == words_in(read_vtt(VTT.encode(), "a.vtt"))


VTIME = "00:01.000 --> 00:02.000\n"


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("", ParseError, "must start with WEBVTT (line 1)"),
        (VTIME + "a\n", ParseError, "must start with WEBVTT"),
        ("WEBVTTX\n\n", ParseError, "must start with WEBVTT"),
        ("\nWEBVTT\n", ParseError, "must start with WEBVTT"),
        ("WEBVTT\n\nid\nno arrow\n", ParseError, "has a block without '-->': 'no arrow' (line 4)"),
        ("WEBVTT\n\nlonely\n", ParseError, "has a block without '-->': 'lonely' (line 3)"),
        ("WEBVTT\n\n00:01,000 --> 00:02,000\na\n", ParseError, "is no HH:MM:SS.mmm"),
        ("WEBVTT\n\n00:61.000 --> 00:62.000\na\n", ParseError, "go up to 59"),
        (f"WEBVTT\n\n{VTIME}a\n{VTIME}b\n", ParseError, "has no blank line before a cue"),
        (f"WEBVTT\n\n{VTIME}a <b\n", ParseError, "has a tag that is not closed (line 4)"),
        ("WEBVTT\n\n00:02.000 --> 00:01.000\na\n", TimeError, "before its start at 2 s (line 3)"),
        (f"WEBVTT\n\n{VTIME}a <00:00:03.000>b\n", TimeError, "lies outside of its cue or before"),
        (f"WEBVTT\n\n{VTIME}a <00:01.500>b <00:01.400>c\n", TimeError, "lies outside of its cue or before"),
        (f"WEBVTT\n\n{VTIME}a\n\n00:00.500 --> 00:01.000\nb\n", TimeError, "a segment starts at 0.5 s"),
    ],
)
def test_sheet01_bad_vtt_is_refused_with_file_and_line(text, error, said):
    with pytest.raises(error) as caught:
        read_vtt(text.encode(), "a.vtt")
    assert said in str(caught.value)


def test_a_clock_offset_is_noted_and_other_encodings_refused():
    (issue,) = read_vtt(f"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:0,MPEGTS:9\n\n{VTIME}a\n".encode(), "a.vtt").issues
    assert issue.reason == "the clock offset X-TIMESTAMP-MAP is not applied"
    with pytest.raises(EncodingError):
        read_vtt(b"WEBVTT\n\n\xff\n", "a.vtt")


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=5)
TOKENS = NAMES | st.sampled_from(
    [
        "<i>",
        "{\\an8}",
        "&lt;",
        "&amp;lt;",
        "-->",
        "<00:00:01.000>",
        "<v",
        "</v>",
        "&",
        "&#123;",
        "1",
        "NOTE",
        "{",
        "שלום",
        "a" * 90,
    ]
)


@st.composite
def spoken(draw):
    now, words = 0, []
    for _ in range(draw(st.integers(1, 12))):
        now += draw(st.integers(0, 2000))
        length = draw(st.integers(1, 1500))
        words.append(
            Word(draw(TOKENS), now / 1000, (now + length) / 1000, speaker=draw(st.sampled_from([None, "A & <B>"])))
        )
        now += length
    return words


@given(spoken())
def test_what_is_written_as_srt_is_read_again(words):
    found = read_srt(format_srt(words).encode(), "a.srt").frame
    assert found["token"].to_list() == [word.text for word in words]
    assert found["start"][0] == words[0].start
    assert max(found["end"]) == pytest.approx(words[-1].end)


@given(spoken())
def test_what_is_written_as_vtt_is_read_again_with_times_and_speakers(words):
    found = read_vtt(format_vtt(words).encode(), "a.vtt").frame
    wanted = [(word.text, word.start, word.end, word.speaker) for word in words]
    assert found.select("token", "start", "end", "speaker").rows() == wanted


@given(spoken())
def test_cues_hold_two_lines_and_seven_seconds_and_lose_no_word(words):
    made = cues(words)
    assert [word.text for cue in made for line in cue.lines for word in line] == [word.text for word in words]
    for cue in made:
        pieces = [word for line in cue.lines for word in line]
        assert len(cue.lines) <= 2
        assert all(len(" ".join(word.text for word in line)) <= LINE or len(line) == 1 for line in cue.lines)
        assert cue.end > cue.start
        assert cue.end - cue.start <= SECONDS * 1000 or len(pieces) == 1
        assert len({word.speaker for word in pieces}) == 1
        assert all(later.start - word.end < 0.8 for word, later in itertools.pairwise(pieces))


def said(text, length=0.3):
    return [Word(word, place * length, (place + 1) * length) for place, word in enumerate(text.split())]


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (said("No chest pain today."), [["No chest pain today."]]),
        (said("The patient is well today. No pain."), [["The patient is well today."], ["No pain."]]),
        (
            said("the patient takes fifty milligrams of metoprolol daily and rests"),
            [["the patient takes fifty milligrams", "of metoprolol daily and rests"]],
        ),
        (
            said("word " * 10 + "end of the first clause, " + "then " * 10),
            [
                ["word word word word word word word", "word word word end of the first clause,"],
                ["then then then then then", "then then then then then"],
            ],
        ),
        (said("a b c d", 3), [["a b"], ["c d"]]),
        (said("x" * 50 + " y"), [["x" * 50, "y"]]),
        ([], []),
    ],
    ids=["short", "sentences", "two lines", "clause", "seven seconds", "long word", "none"],
)
def test_where_cues_end(words, lines):
    assert [[" ".join(word.text for word in line) for line in cue.lines] for cue in cues(words)] == lines


def test_overlapping_speakers_stay_readable():
    words = [Word("a", 0, 1, speaker="A"), Word("b", 9, 10, speaker="A"), Word("c", 5, 8, speaker="B")]
    assert sorted(words_in(read_vtt(format_vtt(words).encode(), "a.vtt"))) == [("a", 0, 1), ("b", 9, 10), ("c", 5, 8)]


def test_words_without_a_time_share_the_time_between_their_neighbours():
    words = [Word("a"), Word("b", 1, 2), Word("c"), Word("dd"), Word("e", 3, 3.5), Word("f")]
    found = read_vtt(format_vtt(words).encode(), "a.vtt").frame
    assert found["token"].to_list() == ["a", "b", "c", "dd", "e", "f"]
    assert format_srt(words).startswith("1\n00:00:00,700 --> ")
