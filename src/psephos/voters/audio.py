"""What sound is in a file?

The bytes say what a file is, never its name: WAV, FLAC, Ogg (Vorbis, Opus) and MP3 are read by libsndfile, M4A, AAC and
WebM by the program `ffmpeg`, started without a shell, with its demuxer named, no protocol but `file`, and a time limit.
Every recogniser gets the same samples: one channel (the mean of all), 16 kHz, float32 within [-1, 1].

A file that ends before its header says is refused, not cut in silence. Headers that claim 2 GiB or more are written by
programs that did not know the length (pipes); for these the file itself is the measure. Where a format does not state
its length (MP3, Ogg), a missing end cannot be noticed.
"""

from __future__ import annotations

import math
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, MissingPartError, ParseError

RATE = 16_000
"""Samples per second that recognisers get."""

LONGEST = 4 * 3600
"""Seconds of sound in one file, at most."""

PATIENCE = 180
"""Seconds that ffmpeg may take for one file."""

SILENCE = 1e-4
"""A recording of which no sample is larger than this (-80 dB) is silent."""

_SLOWEST, _FASTEST = 1_000, 768_000
_LENGTH_UNKNOWN = 0x7FFFF000
_WITH_FFMPEG = {"m4a": "mov", "aac": "aac", "webm": "matroska"}


@dataclass(frozen=True, eq=False)
class Audio:
    """Sound as recognisers get it.

    Attributes
    ----------
    samples : ndarray of float32, shape (n_samples,)
        One channel at `RATE`.
    format : str
        What the file is: wav, flac, ogg, mp3, m4a, aac, webm.
    """

    samples: npt.NDArray[np.float32]
    format: str

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / RATE

    @property
    def silent(self) -> bool:
        """Whether nothing can be heard in it."""
        return bool(np.abs(self.samples).max() <= SILENCE)

    def parts(self, seconds: float) -> Iterator[tuple[float, npt.NDArray[np.float32]]]:
        """The recording in parts of at most so many seconds, each with the second at which it begins.

        For engines whose memory grows with what they hear at once. A part ends at the quietest tenth of a second of its
        last fifth, so that hardly any word is cut.
        """
        most, frame = int(seconds * RATE), RATE // 10
        start = 0
        while len(self.samples) - start > most:
            low = start + most - most // 5
            tail = self.samples[low : start + most]
            frames = tail[: len(tail) // frame * frame].reshape(-1, frame).astype(np.float64)
            end = low + int(np.argmin(np.sum(frames**2, axis=1))) * frame + frame // 2
            yield start / RATE, self.samples[start:end]
            start = end
        yield start / RATE, self.samples[start:]


def pcm(samples: npt.NDArray[np.float32]) -> bytes:
    """Samples as 16-bit little-endian integers."""
    return np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def load_audio(path: str | Path) -> Audio:
    """Read the sound of a file.

    Parameters
    ----------
    path : str or Path
        The file; its name does not matter.

    Returns
    -------
    Audio

    Raises
    ------
    ParseError
        If the file cannot be opened, is no sound of a known format, holds none, is damaged, or is too long.
    InputError
        If it needs ffmpeg and there is none.
    MissingPartError
        If soundfile is not installed.

    Examples
    --------
    >>> load_audio("no such file.wav")
    Traceback (most recent call last):
        ...
    psephos.errors.ParseError: no such file.wav: cannot be opened: No such file or directory
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            raise ParseError(str(path), "is a folder" if path.is_dir() else "is not an ordinary file")
        with path.open("rb") as file:
            form = sniffed(file.read(4096), str(path))
            if form == "wav":
                _check_wav(file, path)
    except OSError as problem:
        raise ParseError(str(path), f"cannot be opened: {problem.strerror}") from None
    samples = _by_ffmpeg(path, form) if form in _WITH_FFMPEG else _by_soundfile(path)
    if not len(samples):
        raise ParseError(str(path), "holds no sound")
    if not np.isfinite(samples).all():
        raise ParseError(str(path), "holds samples that are no numbers", hint="convert it to 16-bit WAV or FLAC")
    return Audio(samples, form)


def sniffed(head: bytes, name: str) -> str:
    """The format of a file from its first bytes.

    Examples
    --------
    >>> sniffed(b"fLaC....", "speech.wav")
    'flac'
    """
    if not head:
        raise ParseError(name, "is empty")
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    for form, magic, at in (
        ("flac", b"fLaC", 0),
        ("ogg", b"OggS", 0),
        ("mp3", b"ID3", 0),
        ("m4a", b"ftyp", 4),
        ("webm", b"\x1a\x45\xdf\xa3", 0),
    ):
        if head[at : at + len(magic)] == magic:
            return form
    if len(head) >= 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:  # a frame of MPEG audio; its layer tells which
        return "mp3" if head[1] & 0x06 else "aac"
    known = "WAV, FLAC, MP3, Ogg, Opus, M4A, AAC, WebM"
    raise ParseError(name, f"is no sound that psephos knows; it starts with {head[:12]!r}", hint=f"known are {known}")


def _check_wav(file: IO[bytes], path: Path) -> None:
    """Walk the chunks of a WAV file: is there sound, at a rate, and as much of it as the header says?"""
    file.seek(0, 2)
    size = file.tell()
    place = 12
    while place + 8 <= size:
        file.seek(place)
        name, length = struct.unpack("<4sI", file.read(8))
        if name == b"fmt " and length >= 16:
            channels, rate = struct.unpack("<2xHI", file.read(16)[:8])
            _check_rate(rate, channels, path)
        if name == b"data":
            if length < _LENGTH_UNKNOWN and place + 8 + length > size:
                raise _cut_short(path, f"{length:,} bytes of sound", f"{size - place - 8:,}")
            return
        place += 8 + length + length % 2
    raise ParseError(str(path), "holds no sound", hint="it is a WAV file without data, or was cut short")


def _check_rate(rate: int, channels: int, path: Path) -> None:
    if not _SLOWEST <= rate <= _FASTEST:
        raise ParseError(str(path), f"has {rate:,} samples per second; speech needs {_SLOWEST:,} to {_FASTEST:,}")
    if not channels:
        raise ParseError(str(path), "has no channels")


def _cut_short(path: Path, claim: str, found: str) -> ParseError:
    hint = "get the whole file, or convert what is there with ffmpeg"
    return ParseError(str(path), f"is cut short: its header says {claim}, and there are {found}", hint=hint)


def _by_soundfile(path: Path) -> npt.NDArray[np.float32]:
    try:
        import soundfile
    except (ImportError, OSError):
        raise MissingPartError("soundfile", "asr", "recordings") from None
    blocks: list[npt.NDArray[np.float32]] = []
    found = 0
    try:
        with soundfile.SoundFile(path) as file:
            rate, claimed = file.samplerate, file.frames
            _check_rate(rate, file.channels, path)
            while len(block := file.read(rate * 60, dtype="float32", always_2d=True)):
                found += len(block)
                _check_length(found / rate, path)
                blocks.append(block.mean(axis=1, dtype=np.float32))
            stated = file.format == "FLAC"
    except soundfile.LibsndfileError as problem:
        raise ParseError(str(path), f"cannot be decoded: {problem.error_string}") from None
    if stated and found < claimed:
        raise _cut_short(path, f"{claimed:,} samples", f"{found:,}")
    if not found:
        return np.empty(0, np.float32)
    samples = np.concatenate(blocks)
    if rate == RATE:
        return samples
    from scipy.signal import resample_poly  # half a second that nobody who asks a language model should wait for

    common = math.gcd(rate, RATE)
    return np.asarray(resample_poly(samples, RATE // common, rate // common), dtype=np.float32)


def _by_ffmpeg(path: Path, form: str) -> npt.NDArray[np.float32]:
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise InputError(str(path), f"is {form.upper()}, which needs ffmpeg", hint="install it, or convert to FLAC")
    reading = ["-protocol_whitelist", "file", "-f", _WITH_FFMPEG[form], "-i", f"file:{path.resolve()}"]
    writing = ["-map", "0:a:0", "-ac", "1", "-ar", str(RATE), "-t", str(LONGEST + 1), "-f", "f32le", "pipe:1"]
    try:
        done = subprocess.run(  # nosec B603 # noqa: S603 - a list of arguments, the path behind the file: protocol
            [ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "error", "-xerror", *reading, *writing],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ParseError(str(path), f"took ffmpeg more than {PATIENCE} seconds") from None
    complaint = done.stderr.decode("utf-8", "replace").strip().splitlines()
    if done.returncode or complaint:
        raise ParseError(str(path), f"cannot be decoded: {complaint[-1][:200] if complaint else 'ffmpeg failed'}")
    samples = np.frombuffer(done.stdout, "<f4").astype(np.float32)
    _check_length(len(samples) / RATE, path)
    return samples


def _check_length(seconds: float, path: Path) -> None:
    if seconds > LONGEST:
        raise ParseError(str(path), f"is longer than {LONGEST / 3600:g} hours", hint="cut it into parts")
