"""Do many recordings and recognisers give one set of opinions, whatever fails on the way, and is no work done twice?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from psephos.errors import InputError, MissingPartError
from psephos.opinions import read, write
from psephos.voters import Recogniser, RecogniserError, Token, forget, transcribe

CLIPS = Path(__file__).parents[2] / "examples" / "scribe" / "audio"


class Parrot(Recogniser):
    """Says the name of the file, unless told to fail on it; counts what it was asked."""

    group = "bird"
    description = "says the name of the file"
    language = "en"

    def __init__(
        self, name: str = "parrot", *, fails: Mapping[str, BaseException] | None = None, settings: str = ""
    ) -> None:
        self.name = name
        self.asked: list[str] = []
        self.fails = dict(fails or {})
        self.settings = settings

    @property
    def identity(self) -> Mapping[str, str]:
        return {"name": self.name, "settings": self.settings}

    def transcribe(self, path: str | Path) -> tuple[Token, ...]:
        self.asked.append(Path(path).stem)
        if Path(path).stem in self.fails:
            raise self.fails[Path(path).stem]
        return (Token("hello", 0.0, 0.5, 0.25, "given"), Token(Path(path).stem))


class Mute(Parrot):
    def transcribe(self, path: str | Path) -> tuple[Token, ...]:
        super().transcribe(path)
        return ()


@pytest.fixture
def clips(require: Any, tmp_path: Path) -> list[Path]:
    soundfile = require("soundfile")
    samples, rate = soundfile.read(CLIPS / "clip-01.flac")
    for number, name in enumerate(("one", "two", "three")):
        soundfile.write(tmp_path / f"{name}.flac", samples[number * 8000 : number * 8000 + rate], rate)
    return [tmp_path / f"{name}.flac" for name in ("one", "two", "three")]


def test_each_recogniser_is_a_voter_on_each_recording(clips: list[Path]) -> None:
    done = transcribe(clips, [Parrot(), Mute("mute")])
    assert done.opinions is not None
    assert done.opinions.kind == "transcripts"
    rows = done.opinions.frame()
    assert rows.columns == ["item", "voter", "position", "token", "start", "end", "confidence", "times"]
    assert rows.filter(rows["item"] == "two").rows() == [
        ("two", "parrot", 0, "hello", 0.0, 0.5, 0.25, "given"),
        ("two", "parrot", 1, "two", None, None, None, "missing"),
        ("two", "mute", 0, None, None, None, None, "missing"),
    ]
    items, voters = done.opinions.about.items, done.opinions.about.voters
    assert items is not None
    assert items.rows() == [(path.stem, str(path), 1.0) for path in clips]
    assert voters is not None
    assert voters["voter"].to_list() == ["parrot", "mute"]
    assert (done.failures, done.silent, done.reused) == ((), (), 0)


@pytest.mark.parametrize("name", ["heard.csv", "heard.parquet", "heard.jsonl", "heard"])
def test_what_was_written_is_read_again(clips: list[Path], tmp_path: Path, name: str) -> None:
    done = transcribe(clips, [Parrot(), Mute("mute")])
    assert done.opinions is not None
    write(done.opinions, tmp_path / name)
    again = read(tmp_path / name)
    assert again.kind == "transcripts"
    assert again.frame().rows() == done.opinions.frame().rows()


def test_one_bad_file_stops_nothing(clips: list[Path], tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_text("not a sound")
    voter = Parrot()
    done = transcribe([clips[0], tmp_path / "bad.wav", tmp_path / "none.wav", clips[1]], [voter])
    assert [failure.audio for failure in done.failures] == [str(tmp_path / "bad.wav"), str(tmp_path / "none.wav")]
    assert [failure.voter for failure in done.failures] == [None, None]
    assert "is no sound" in done.failures[0].reason
    assert voter.asked == ["one", "two"]
    assert done.opinions is not None
    assert done.opinions.vocabulary("item").to_list() == ["one", "two"]


@pytest.mark.parametrize(
    "error", [RecogniserError("tired"), RuntimeError("tired\nof it"), MemoryError(), KeyError("x")]
)
def test_one_failing_recogniser_stops_nothing(clips: list[Path], error: Exception) -> None:
    done = transcribe(clips, [Parrot("polly", fails={"two": error}), Parrot()])
    (failure,) = done.failures
    assert (failure.audio, failure.voter) == (str(clips[1]), "polly")
    assert failure.reason
    assert "\n" not in str(failure)
    assert done.opinions is not None
    pairs = done.opinions.frame().select("item", "voter").unique(maintain_order=True).rows()
    assert pairs == [("one", "polly"), ("one", "parrot"), ("two", "parrot"), ("three", "polly"), ("three", "parrot")]


def test_nothing_heard_at_all_is_no_opinion(tmp_path: Path) -> None:
    done = transcribe([tmp_path / "none.wav"], [Parrot()])
    assert done.opinions is None
    assert len(done.failures) == 1


def test_a_missing_part_is_raised_at_once(clips: list[Path]) -> None:
    with pytest.raises(MissingPartError):
        transcribe(clips, [Parrot(fails={"one": MissingPartError("x", "asr", "parrots")})])


def test_kept_pairs_are_not_done_again(clips: list[Path], tmp_path: Path) -> None:
    keep = tmp_path / "kept"
    first = transcribe(clips[:2], [Parrot()], keep=keep)
    voter, other = Parrot(), Parrot("other")
    second = transcribe([clips[2], *clips[:2]], [other, voter], keep=keep)
    assert (first.reused, second.reused) == (0, 2)
    assert voter.asked == ["three"]
    assert other.asked == ["three", "one", "two"]
    third = transcribe(clips[:2], [Parrot()], keep=keep)
    assert third.opinions is not None
    assert first.opinions is not None
    assert third.opinions.frame().equals(first.opinions.frame())


def test_kept_pairs_are_left_alone_unless_wanted(clips: list[Path], tmp_path: Path) -> None:
    transcribe(clips, [Parrot()], keep=tmp_path / "kept")
    voter = Parrot()
    assert transcribe(clips, [voter], keep=tmp_path / "kept", reuse=False).reused == 0
    assert len(voter.asked) == 3


def test_failures_are_tried_again(clips: list[Path], tmp_path: Path) -> None:
    transcribe(clips, [Parrot(fails={"two": RuntimeError("tired")})], keep=tmp_path / "kept")
    voter = Parrot()
    assert not transcribe(clips, [voter], keep=tmp_path / "kept").failures
    assert voter.asked == ["two"]


def test_work_that_is_stopped_keeps_what_it_has(clips: list[Path], tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        transcribe(clips, [Parrot(fails={"two": KeyboardInterrupt()})], keep=tmp_path / "kept")
    voter = Parrot()
    assert transcribe(clips, [voter], keep=tmp_path / "kept").reused == 1
    assert voter.asked == ["two", "three"]


def test_what_has_changed_is_done_again(clips: list[Path], tmp_path: Path) -> None:
    keep = tmp_path / "kept"
    transcribe(clips, [Parrot()], keep=keep)
    clips[1].write_bytes(clips[0].read_bytes())
    clips[0].rename(tmp_path / "renamed.flac")
    voter = Parrot()
    transcribe([tmp_path / "renamed.flac", *clips[1:]], [voter], keep=keep)
    assert voter.asked == []  # the bytes of the second are now those of the first, which are known
    voter = Parrot(settings="louder")
    transcribe(clips[1:], [voter], keep=keep)
    assert voter.asked == ["two", "three"]


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"tokens": 7}', b'{"tokens": [{"word": 1}]}', b"\xff"])
def test_a_damaged_kept_pair_is_done_again(clips: list[Path], tmp_path: Path, damage: bytes) -> None:
    keep = tmp_path / "kept"
    transcribe(clips, [Parrot()], keep=keep)
    for file in keep.iterdir():
        file.write_bytes(damage)
    voter = Parrot()
    done = transcribe(clips, [voter], keep=keep)
    assert voter.asked == ["one", "two", "three"]
    assert done.reused == 0


def test_only_kept_pairs_are_forgotten(clips: list[Path], tmp_path: Path) -> None:
    keep = tmp_path / "kept"
    transcribe(clips, [Parrot()], keep=keep)
    (keep / "notes.json").write_text("{}")
    forget(keep)
    assert [file.name for file in keep.iterdir()] == ["notes.json"]
    (keep / "notes.json").unlink()
    forget(keep)
    assert not keep.exists()
    forget(keep)


def test_two_files_of_one_name_are_two_items(clips: list[Path], tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    twin = clips[0].rename(tmp_path / "other" / "two.flac")
    done = transcribe([clips[1], twin, clips[2]], [Parrot()])
    assert done.opinions is not None
    assert done.opinions.vocabulary("item").to_list() == [str(clips[1]), str(twin), "three"]


def test_silent_recordings_are_said(require: Any, tmp_path: Path) -> None:
    require("soundfile").write(tmp_path / "a.wav", [0.0] * 16_000, 16_000)
    assert transcribe([tmp_path / "a.wav"], [Parrot()]).silent == (str(tmp_path / "a.wav"),)


def test_bad_calls_are_refused(clips: list[Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="paths: names none"):
        transcribe([], [Parrot()])
    with pytest.raises(InputError, match="recognisers: names none"):
        transcribe(clips, [])
    with pytest.raises(InputError, match="recognisers: names parrot twice"):
        transcribe(clips, [Parrot(), Parrot()])
    with pytest.raises(InputError, match=r"paths: names .* twice"):
        transcribe([clips[0], str(clips[0])], [Parrot()])
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"keep: .* cannot be a folder"):
        transcribe(clips, [Parrot()], keep=tmp_path / "file")


@pytest.mark.parametrize("there", [False, True])
def test_a_folder_that_kept_nothing_is_not_left_behind(tmp_path: Path, there: bool) -> None:
    keep = tmp_path / "heard.parts"
    if there:
        keep.mkdir()
    done = transcribe([tmp_path / "nope.wav"], [Parrot()], keep=keep)
    assert [failure.audio for failure in done.failures] == [str(tmp_path / "nope.wav")]
    assert keep.exists() == there
