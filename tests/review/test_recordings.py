"""Recordings: sent in ranges, found by id alone, drawn from far and near; words get times where they have none."""

from __future__ import annotations

import itertools
import shutil
import struct
import subprocess
import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.opinions import from_frame
from psephos.review.spectrograms import BANDS, spectrogram
from psephos.review.store.exporting.transcripts import corrected, divided
from psephos.review.store.loading import load
from psephos.review.store.projects import create_project
from psephos.review.store.tables import Item, Media
from psephos.review.transcript_view import corrections, filled_times, grid, is_right_to_left
from psephos.review.waveforms import ZOOMS, NoWaveformError, coarser, waveform, zooms_of
from tests.review.conftest import World

RATE = 16_000


def wav(path: Path, samples: Any, rate: int = RATE) -> Path:
    data = np.asarray(samples, np.int16).tobytes()
    path.write_bytes(wav_head(len(data), rate) + data)
    return path


def wav_head(size: int, rate: int) -> bytes:
    sound = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + sound + struct.pack("<4sI", b"data", size)


def long_wav(path: Path, seconds: int = 3600) -> Path:
    """An hour of silence that takes no room on the disk."""
    size = 2 * RATE * seconds
    with path.open("wb") as file:
        file.write(wav_head(size, RATE))
        file.truncate(44 + size)
    return path


def tone(seconds: float, rate: int = RATE) -> Any:
    return 8000 * np.sin(2 * np.pi * 220 * np.arange(int(seconds * rate)) / rate)


@pytest.fixture
def hour(world: World, tmp_path: Path) -> int:
    """Id of a long recording in the own project."""
    place = long_wav(tmp_path / "hour.wav")
    with world.store.write() as session:
        one = Media(
            project_id=world.ids["own"], name="hour.wav", path=str(place), type="audio/wav", size=place.stat().st_size
        )
        session.add(one)
        session.flush()
        return one.id


@pytest.mark.parametrize(
    ("wanted", "status", "first", "length"),
    [
        ("bytes=0-99", 206, 0, 100),
        ("bytes=115200000-115200043", 206, 115_200_000, 44),
        ("bytes=-44", 206, 115_200_000, 44),
        ("bytes=96000000-96000099", 206, 96_000_000, 100),
    ],
    ids=["sheet90-first", "sheet90-last", "sheet90-from-the-end", "sheet90-minute-50"],
)
def test_a_range_is_sent(world: World, hour: int, wanted: str, status: int, first: int, length: int) -> None:
    visitor = world.visitor("viewer")
    answer = visitor.client.get(f"/media/{hour}", headers={"range": wanted})
    assert answer.status_code == status
    assert len(answer.content) == length
    assert answer.headers["content-range"] == f"bytes {first}-{first + length - 1}/115200044"
    assert answer.headers["content-type"] == "audio/wav"


@pytest.mark.parametrize(
    "wanted",
    [
        "bytes=0-0,5-9",
        "bytes=" + ",".join(f"{place}-{place}" for place in range(2000)),
        "bytes=9-5",
        "bytes=-0",
        "bytes=--5",
        "bytes=-5-9",
        "bytes=115200044-",
        "bytes=999999999999999999-",
        "bytes=" + "9" * 5000 + "-",
        "bytes=a-b",
        "lines=0-5",
        "bytes=",
        "-",
    ],
    ids=lambda text: text[:24],
)
def test_a_range_that_makes_no_sense_is_refused_without_memory(world: World, hour: int, wanted: str) -> None:
    visitor = world.visitor("viewer")
    tracemalloc.start()
    answer = visitor.client.get(f"/media/{hour}", headers={"range": wanted})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.status_code == 416
    assert answer.headers["content-range"] == "bytes */115200044"
    assert peak < 5e6


@pytest.mark.parametrize("part", ["", "/waveform"])
def test_a_recording_of_another_project_is_not_there(world: World, part: str) -> None:
    visitor = world.visitor("viewer")
    assert visitor.client.get(f"/media/{world.ids['foreign media']}{part}").status_code == 404
    assert visitor.client.get(f"/media/{world.ids['own media']}{part}").status_code in (200, 204)


def test_the_waveform_of_an_hour_is_small_and_costs_no_memory(tmp_path: Path) -> None:
    place = long_wav(tmp_path / "hour.wav")
    tracemalloc.start()
    found = zooms_of(place)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [len(one) for one in found] == [3600 * zoom for zoom in ZOOMS]
    assert peak < 30e6


def test_a_header_that_claims_much_gets_little_memory(tmp_path: Path) -> None:
    sound = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1000, 2_000_000_000, 0, 2000, 16)
    place = tmp_path / "claims.wav"
    head = struct.pack("<4sI4s", b"RIFF", 10_036, b"WAVE") + sound + struct.pack("<4sI", b"data", 10_000)
    place.write_bytes(head + bytes(10_000))
    tracemalloc.start()
    with suppress(NoWaveformError):
        zooms_of(place)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30e6


def slow_peaks(samples: Any, rate: int, zoom: int) -> list[tuple[int, int]]:
    """Bucket by bucket: samples i with floor(i * zoom / rate) = k."""
    bucket = (np.arange(len(samples), dtype=np.int64) * zoom) // rate
    values = samples.astype(np.float32) / 32768
    found = []
    for place in range(int(bucket[-1]) + 1):
        inside = values[bucket == place]
        low, high = np.floor(127 * inside.min()), np.ceil(127 * inside.max())
        found.append((int(max(-127, low)), int(min(127, high))))
    return found


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000, 44_100])
@pytest.mark.parametrize("seconds", [0.001, 0.5, 10.003, 21.7])
def test_peaks_are_those_of_a_slow_count(tmp_path: Path, rate: int, seconds: float) -> None:
    samples = np.random.default_rng(1).integers(-32768, 32767, int(rate * seconds)).astype(np.int16)
    found = zooms_of(wav(tmp_path / "noise.wav", samples, rate))
    assert [tuple(pair) for pair in found[0].tolist()] == slow_peaks(samples, rate, ZOOMS[0])
    for number, zoom in enumerate(ZOOMS[1:], start=1):
        assert np.array_equal(found[number], coarser(found[0], ZOOMS[0] // zoom))


def test_what_libsndfile_cannot_read_goes_to_ffmpeg(tmp_path: Path) -> None:
    program = shutil.which("ffmpeg")
    if program is None:
        pytest.skip("ffmpeg is not installed")
    source, made = wav(tmp_path / "tone.wav", tone(2)), tmp_path / "-i tone;$(x).m4a"
    subprocess.run([program, "-v", "error", "-i", str(source), f"file:{made}"], check=True)
    found = zooms_of(made)
    assert abs(len(found[0]) - 2 * ZOOMS[0]) < 0.2 * ZOOMS[0]
    assert 20 < found[0][100:300, 1].max() < 45  # a quarter of the full swing


def test_without_ffmpeg_there_is_no_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "text.wav"
    broken.write_bytes(b"RIFF\0\0\0\0WAVEfmt " + bytes(100))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoWaveformError) as caught:
        waveform(broken, 0)
    assert caught.value.argument == "media"


def test_a_playlist_does_not_make_ffmpeg_fetch_anything(tmp_path: Path) -> None:
    secret = wav(tmp_path / "secret.wav", tone(1))
    lists = tmp_path / "list.m4a"
    lists.write_text(f"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/{secret.name}\n")
    with pytest.raises(NoWaveformError):
        zooms_of(lists)


def test_media_keep_seconds_and_offset_of_the_table(world: World, tmp_path: Path) -> None:
    import polars as pl

    wav(tmp_path / "a.wav", tone(0.5))
    rows = pl.DataFrame({"item": ["a"] * 2, "voter": ["x", "y"], "position": [0, 0], "token": ["one", "one"]})
    about = {"items": pl.DataFrame({"item": ["a"], "audio": ["a.wav"], "seconds": ["0.5"], "offset_ms": ["1500"]})}
    with world.store.write() as session:
        project = create_project(session, "heard", actor=world.ids["admin"])
        opinions = from_frame(rows, kind="transcripts", about=about)
        load(session, project, opinions, actor=world.ids["admin"], folder=tmp_path)
        item = session.query(Item).filter_by(project_id=project.id).one()
        media = session.get_one(Media, item.media_id)
        assert (media.seconds, media.offset_ms, media.type) == (0.5, 1500, "audio/wav")


def column(text: str, start: float | None = None, end: float | None = None) -> dict[str, Any]:
    return {"text": text, "start": start, "end": end, "certainty": 0.5}


def test_a_word_without_times_is_interpolated_by_signs_and_marked() -> None:
    columns = [column("a", 1.0, 2.0), column("bb"), column("cccc"), column("d", 8.0, 9.0), column("e")]
    start, end, guess = filled_times(columns, 10.0)
    assert start == [1.0, 2.0, 4.0, 8.0, 9.0]
    assert end == [2.0, 4.0, 8.0, 9.0, 10.0]
    assert guess == [0, 1, 1, 0, 1]


def test_where_nothing_is_known_no_time_is_invented() -> None:
    assert filled_times([column("a"), column("b")]) == ([None, None], [None, None], [0, 0])
    assert filled_times([]) == ([], [], [])


@given(
    st.lists(st.tuples(st.text("ab", max_size=4), st.booleans()), max_size=12),
    st.one_of(st.none(), st.floats(20, 30)),
)
def test_times_rise_and_known_ones_stay(words: list[tuple[str, bool]], seconds: float | None) -> None:
    columns = [
        column(text, float(place), place + 0.5) if known else column(text) for place, (text, known) in enumerate(words)
    ]
    start, end, guess = filled_times(columns, seconds)
    for one, begin, stop, guessed in zip(columns, start, end, guess, strict=True):
        if one["start"] is not None:
            assert (begin, stop, guessed) == (one["start"], one["end"], 0)
        elif begin is not None:
            assert guessed == 1
    told = [one for one in start if one is not None]
    assert told == sorted(told)
    if seconds is not None or any(known for _, known in words):
        assert len(told) == len(words)


def test_joined_words_keep_the_end_and_divided_ones_share_the_time() -> None:
    columns = [column("in", 0.0, 0.2), column("to", 0.2, 0.5), column("fiftymg", 1.0, 1.7)]
    answers = {1: {"own": "into"}, 2: {"joined": True}, 3: {"own": "fifty mg"}}
    made = [(word.text, word.start, word.end, word.confidence) for word in corrected(columns, answers)]
    assert made == [("into", 0.0, 0.5, 1.0), ("fifty", 1.0, 1.5, 1.0), ("mg", 1.5, 1.7, 1.0)]


@given(st.lists(st.text("abc", min_size=1, max_size=5), min_size=1, max_size=5), st.floats(0, 10), st.floats(0, 10))
def test_parts_of_a_word_cover_its_time(parts: list[str], start: float, length: float) -> None:
    found = divided(start, start + length, parts)
    assert found[0][0] == pytest.approx(start, abs=1e-3)
    assert found[-1][1] == pytest.approx(start + length, abs=1e-3)
    assert all(one[1] == other[0] for one, other in itertools.pairwise(found))


def test_no_corrections_and_no_columns_are_an_empty_grid() -> None:
    found = grid([], [], [])
    assert found["text"] == found["slots"] == found["spans"] == []
    assert corrections([]) == {}


@pytest.mark.parametrize(
    ("text", "found"), [("שלום", True), ("… 12 مرحبا", True), ("hello שלום", False), ("12", False)], ids=str
)
def test_the_direction_is_that_of_the_first_strong_sign(text: str, found: bool) -> None:
    assert is_right_to_left(text) is found


def test_frequencies_of_tones_lie_in_their_bands_and_times(tmp_path: Path) -> None:
    """A second of 500 Hz, then one of 4 kHz: the loudest band of each column is that of its tone."""
    time = np.arange(RATE) / RATE
    sound = np.concatenate([8000 * np.sin(2 * np.pi * hertz * time) for hertz in (500, 4000)])
    place = wav(tmp_path / "tones.wav", sound)
    found = np.frombuffer(spectrogram(place, 0, 2, 40), np.uint8).reshape(40, BANDS)
    mel = np.linspace(*(2595 * np.log10(1 + np.array([60, 8000]) / 700)), BANDS + 2)[1:-1]
    hertz = 700 * (10 ** (mel / 2595) - 1)
    assert set(found[:19].argmax(axis=1)) == {int(np.abs(hertz - 500).argmin())}
    assert set(found[21:].argmax(axis=1)) == {int(np.abs(hertz - 4000).argmin())}
    beyond = np.frombuffer(spectrogram(place, 5, 6, 10), np.uint8)
    assert beyond.max() == 0


@pytest.mark.parametrize("rate", [800, 8000, 44_100])
def test_frequencies_of_any_rate_are_drawn(tmp_path: Path, rate: int) -> None:
    place = wav(tmp_path / "tone.wav", tone(1, rate), rate)
    found = np.frombuffer(spectrogram(place, 0, 1, 7), np.uint8)
    assert (len(found), found.max()) == (7 * BANDS, 255)


def test_frequencies_of_an_absurd_rate_are_not_drawn(tmp_path: Path) -> None:
    """A header may say 2**31 - 1 samples a second, of which one window would be half a gigabyte."""
    place = wav(tmp_path / "fast.wav", tone(1, 8000), 2**31 - 1)
    with pytest.raises(NoWaveformError):
        spectrogram(place, 0, 1, 2000)


def test_frequencies_are_asked_for_by_stretch(world: World, hour: int, tmp_path: Path) -> None:
    one = world.visitor("viewer")
    got = one.get(f"/media/{hour}/spectrogram?start=3000&end=3060&columns=100")
    assert (got.status_code, len(got.content), got.headers["x-bands"]) == (200, 100 * BANDS, str(BANDS))
    for asked in ("start=0&end=61", "start=5&end=5", "start=9&end=5", "start=-1&end=5", "start=0&end=5&columns=99999"):
        assert one.get(f"/media/{hour}/spectrogram?{asked}").status_code == 422, asked
    noise = tmp_path / "noise.mp3"
    noise.write_bytes(b"ID3" + bytes(range(256)) * 20)
    with world.store.write() as session:
        bad = Media(project_id=world.ids["own"], name="noise.mp3", path=str(noise), type="audio/mpeg", size=5123)
        session.add(bad)
        session.flush()
        number = bad.id
    assert one.get(f"/media/{number}/spectrogram?start=0&end=1").status_code in (200, 204)
