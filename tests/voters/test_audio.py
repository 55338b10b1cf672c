"""Is what recognisers get the sound of the file, and is every file that is none refused?"""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.signal import correlate

from psephos.errors import InputError, ParseError
from psephos.voters import audio
from psephos.voters.audio import RATE, load_audio

CLIP = Path(__file__).parents[2] / "examples" / "scribe" / "audio" / "clip-01.flac"


def wav(samples: bytes = b"\0\1" * 800, rate: int = 16_000, *, channels: int = 1, claim: int | None = None) -> bytes:
    """A WAV file of 16-bit samples whose header may lie."""
    size = len(samples) if claim is None else claim
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * 2 * channels % 2**32, 2 * channels, 16)
    return (
        struct.pack("<4sI4s", b"RIFF", min(36 + size, 2**32 - 1), b"WAVE")
        + fmt
        + struct.pack("<4sI", b"data", size)
        + samples
    )


@pytest.fixture
def soundfile(require: Any) -> Any:
    return require("soundfile")


@pytest.fixture
def converted(require: Any, tmp_path: Path) -> Any:
    """`converted(name, *options)` is the first three seconds of a clip in another format."""
    ffmpeg = require("ffmpeg")

    def convert(name: str, *options: str) -> Path:
        target = tmp_path / name
        command = [ffmpeg, "-loglevel", "error", "-i", str(CLIP), "-t", "3", *options, str(target)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return target

    return convert


@pytest.mark.parametrize(
    ("name", "options", "form"),
    [
        ("a.wav", (), "wav"),
        ("a.wav", ("-ar", "44100", "-ac", "2"), "wav"),
        ("a.flac", (), "flac"),
        ("a.ogg", ("-c:a", "libvorbis"), "ogg"),
        ("a.opus", ("-c:a", "libopus"), "ogg"),
        ("a.mp3", (), "mp3"),
        ("a.m4a", ("-c:a", "aac"), "m4a"),
        ("a.aac", ("-c:a", "aac"), "aac"),
        ("a.webm", ("-c:a", "libopus"), "webm"),
    ],
)
def test_each_format_gives_the_same_sound(
    soundfile: Any, converted: Any, name: str, options: tuple[str, ...], form: str
) -> None:
    whole = load_audio(CLIP).samples[: 3 * RATE]
    found = load_audio(converted(name, *options))
    assert found.format == form
    assert found.samples.dtype == np.float32
    assert abs(found.seconds - 3) < 0.15
    both = correlate(found.samples, whole, method="fft").max()  # a codec may shift the sound by some milliseconds
    assert both / np.sqrt(np.sum(found.samples**2) * np.sum(whole**2)) > 0.9


def test_the_name_of_a_file_does_not_matter(soundfile: Any, tmp_path: Path) -> None:
    odd = tmp_path / "-i $(touch x); 'y'.mp3"
    odd.write_bytes(CLIP.read_bytes())
    assert load_audio(odd).format == "flac"


def test_ffmpeg_gets_no_option_and_no_protocol_from_a_name(
    converted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = converted("a.m4a", "-c:a", "aac").read_bytes()
    monkeypatch.chdir(tmp_path)
    for name in ("-y", "concat:a|b", "$(touch made)", "%03d.m4a"):
        Path(name).write_bytes(sound)
        assert load_audio(name).seconds > 2.8
    assert not Path("made").exists()


def test_channels_are_averaged_and_the_pitch_stays(soundfile: Any, tmp_path: Path) -> None:
    time = np.arange(2 * 44_100) / 44_100
    tone = np.sin(2 * np.pi * 1000 * time) * 0.5
    soundfile.write(tmp_path / "a.wav", np.stack([tone, np.zeros_like(tone)], axis=1), 44_100)
    found = load_audio(tmp_path / "a.wav").samples
    assert len(found) == 2 * RATE
    spectrum = np.abs(np.fft.rfft(found))
    assert np.argmax(spectrum) / 2 == 1000
    assert np.abs(found).max() == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"The patient denies chest pain.\n" * 50, "is no sound that psephos knows"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:1\nfile:///etc/passwd\n", "is no sound that psephos knows"),
        (wav(rate=0), "has 0 samples per second"),
        (wav(rate=2**32 - 1), "samples per second"),
        (wav(channels=0), "has no channels"),
        (wav(b""), "holds no sound"),
        (wav(claim=10**6), "is cut short: its header says 1,000,000 bytes of sound, and there are 1,600"),
        (wav()[:30], "holds no sound"),
        (b"RIFF\0\0\0\0WAVE" + b"\xff" * 400, "holds no sound"),
        (CLIP.read_bytes()[:100_000], "cannot be decoded|is cut short"),
        (b"fLaC" + b"\0" * 2000, "cannot be decoded"),
        (b"OggS" + b"\0" * 2000, "cannot be decoded"),
        (b"ID3\4\0\0\0\0\0\0" + b"\0" * 2000, "cannot be decoded|holds no sound"),
    ],
)
def test_what_is_no_sound_is_refused(soundfile: Any, tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "speech.wav"
    file.write_bytes(content)
    with pytest.raises(ParseError, match=says) as caught:
        load_audio(file)
    assert caught.value.argument == str(file)
    assert file.read_bytes() == content


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.95])
def test_a_cut_m4a_is_refused(converted: Any, tmp_path: Path, keep: float) -> None:
    whole = converted("a.m4a", "-c:a", "aac", "-movflags", "+faststart").read_bytes()
    file = tmp_path / "cut.m4a"
    file.write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(ParseError, match="cannot be decoded"):
        load_audio(file)


def test_a_length_that_a_pipe_did_not_know_is_no_lie(soundfile: Any, tmp_path: Path) -> None:
    for claim in (0x7FFFF000, 0xFFFFFFFF):
        (tmp_path / "pipe.wav").write_bytes(wav(claim=claim))
        assert len(load_audio(tmp_path / "pipe.wav").samples) == 800


def test_missing_files_folders_and_devices_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="No such file"):
        load_audio(tmp_path / "none.wav")
    with pytest.raises(ParseError, match="is a folder"):
        load_audio(tmp_path)
    with pytest.raises(ParseError, match="is not an ordinary file"):
        load_audio("/dev/zero")


def test_samples_that_are_no_numbers_are_refused(soundfile: Any, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([0.1, np.nan, 0.2]), RATE, subtype="FLOAT")
    with pytest.raises(ParseError, match="no numbers"):
        load_audio(tmp_path / "a.wav")


def test_a_recording_has_a_longest_length(soundfile: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "LONGEST", 1)
    with pytest.raises(ParseError, match="is longer than"):
        load_audio(CLIP)


def test_silence_is_known(soundfile: Any, tmp_path: Path) -> None:
    (tmp_path / "silent.wav").write_bytes(wav(b"\0\0" * RATE))
    assert load_audio(tmp_path / "silent.wav").silent
    assert not load_audio(CLIP).silent


def test_without_ffmpeg_it_is_said_what_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + b"\0" * 100)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="is M4A, which needs ffmpeg; install it"):
        load_audio(tmp_path / "a.m4a")


def test_ffmpeg_has_a_time_limit(converted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "ffmpeg"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    sound = converted("a.m4a", "-c:a", "aac")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(audio, "PATIENCE", 0.2)
    with pytest.raises(ParseError, match="took ffmpeg more than"):
        load_audio(sound)


def test_long_recordings_are_cut_where_it_is_quiet() -> None:
    samples = np.random.default_rng(1).standard_normal(25 * RATE).astype(np.float32)
    for quiet in (9.2, 17.9):
        samples[int(quiet * RATE) : int((quiet + 0.4) * RATE)] = 0
    parts = list(audio.Audio(samples, "wav").parts(10))
    assert np.array_equal(np.concatenate([part for _, part in parts]), samples)
    assert [part.size <= 10 * RATE for _, part in parts] == [True] * 3
    (_, second, third) = (begin for begin, _ in parts)
    assert 9.2 <= second <= 9.6
    assert 17.9 <= third <= 18.3
    assert len(list(audio.Audio(samples, "wav").parts(25))) == 1
