"""What does a recording look like, from far and near?

The sound is cut into buckets of equal time; of each bucket the lowest and the highest sample are kept as signed bytes,

    low_k = floor(127 * min x_i),   high_k = ceil(127 * max x_i),   i in bucket k,

at three zooms, ``ZOOMS`` buckets a second. A coarser zoom is the minimum and maximum of the finer one. An hour takes
1.4 MB at the finest. Reading goes block by block, so memory does not grow with the recording.

libsndfile reads WAV, FLAC, Ogg, Opus and MP3. What it cannot read (M4A) is given to ffmpeg if that is there: with a
list of arguments, no standard input, the protocol ``file`` alone, and limits of time and memory. Without it there is
no picture, and the recording plays all the same.

Source: sheet 90 section 3.3. Differs: nothing.
"""

from __future__ import annotations

import itertools
import shutil
import subprocess
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError

ZOOMS = (200, 40, 8)
"""Buckets a second, finest first; each divides the one before."""

LONGEST = 12 * 3600
"""Seconds of a recording that are looked at."""

RATE = 8000
"""Samples a second that ffmpeg is asked for."""

FFMPEG_SECONDS = 60
FFMPEG_BYTES = 1 << 30
KEPT = 16
WAITS = 30
"""Seconds that a request waits for its turn: one recording is read at a time."""

_BLOCK_SECONDS = 10
_BLOCK_SAMPLES = 1 << 21  # a header can claim any rate and any number of channels

_known: OrderedDict[tuple[str, int, int], tuple[bytes, ...]] = OrderedDict()
_lock = threading.Lock()
_turn = threading.Lock()


class NoWaveformError(InputError):
    """The recording cannot be read here."""


def waveform(path: Path, zoom: int) -> bytes:
    """Lowest and highest sample of each bucket, in turn, as signed bytes.

    Parameters
    ----------
    path : Path
        From the store, never from a request.
    zoom : int
        Place in `ZOOMS`.

    Raises
    ------
    NoWaveformError
        If the recording cannot be read.
    """
    stat = path.stat()
    key = (str(path), stat.st_size, stat.st_mtime_ns)
    if (made := _remembered(key)) is not None:
        return made[zoom]
    if not _turn.acquire(timeout=WAITS):
        raise NoWaveformError("media", "waits for others", hint="ask again")
    try:
        made = _remembered(key)  # another request for it may have come first
        if made is None:
            made = tuple(_as_bytes(peaks) for peaks in zooms_of(path))
            with _lock:
                _known[key] = made
                while len(_known) > KEPT:
                    _known.popitem(last=False)
    finally:
        _turn.release()
    return made[zoom]


def zooms_of(path: Path) -> list[npt.NDArray[np.int8]]:
    """Peaks at all zooms, each of shape (n_buckets, 2)."""
    finest = np.concatenate([np.empty((0, 2), np.int8), *_finest(path)])
    found = [finest]
    for before, zoom in itertools.pairwise(ZOOMS):
        found.append(coarser(found[-1], before // zoom))
    return found


def coarser(peaks: npt.NDArray[np.int8], factor: int) -> npt.NDArray[np.int8]:
    """Peaks of buckets that are so many times longer.

    Examples
    --------
    >>> coarser(np.array([[-3, 1], [-1, 7], [0, 2]], np.int8), 2).tolist()
    [[-3, 7], [0, 2]]
    """
    if not len(peaks):
        return peaks
    starts = np.arange(0, len(peaks), factor)
    low, high = np.minimum.reduceat(peaks[:, 0], starts), np.maximum.reduceat(peaks[:, 1], starts)
    return np.stack([low, high], axis=1)


def _remembered(key: tuple[str, int, int]) -> tuple[bytes, ...] | None:
    with _lock:
        if key in _known:
            _known.move_to_end(key)
        return _known.get(key)


def _as_bytes(peaks: npt.NDArray[np.int8]) -> bytes:
    return np.ascontiguousarray(peaks).tobytes()


def _finest(path: Path) -> Iterator[npt.NDArray[np.int8]]:
    for blocks in (_with_soundfile, _with_ffmpeg):
        opened = blocks(path)
        if opened is not None:
            rate, samples = opened
            yield from _buckets(rate, samples)
            return
    raise NoWaveformError("media", "cannot be read here", hint="install ffmpeg; it plays all the same")


def _buckets(rate: int, blocks: Iterable[npt.NDArray[np.float32]]) -> Iterator[npt.NDArray[np.int8]]:
    """Peaks of each block; what is left of a bucket goes into the next block."""
    done = bucket = 0
    rest = np.empty(0, np.float32)
    for block in blocks:
        samples = np.concatenate([rest, block])
        last = int((done + len(samples)) * ZOOMS[0] // rate)  # buckets that are complete
        if last > bucket:
            edges = -(-np.arange(bucket, last + 1, dtype=np.int64) * rate // ZOOMS[0])  # first sample of each
            yield _peaks(samples[: edges[-1] - done], edges[:-1] - done)
            rest = samples[edges[-1] - done :]
            done, bucket = int(edges[-1]), last
        else:
            rest = samples
        if bucket >= LONGEST * ZOOMS[0]:
            return
    if len(rest):
        yield _peaks(rest, np.zeros(1, np.int64))


def _peaks(samples: npt.NDArray[np.float32], starts: npt.NDArray[np.int64]) -> npt.NDArray[np.int8]:
    if not len(samples):
        return np.zeros((len(starts), 2), np.int8)
    starts = np.minimum(starts, len(samples) - 1)
    low, high = np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)
    scaled = np.stack([np.floor(127 * low), np.ceil(127 * high)], axis=1)
    found: npt.NDArray[np.int8] = np.nan_to_num(scaled).clip(-127, 127).astype(np.int8)
    return found


def _with_soundfile(path: Path) -> tuple[int, Iterator[npt.NDArray[np.float32]]] | None:
    try:
        import soundfile
    except (ImportError, OSError):  # OSError: the wheel is there, the library is not
        return None
    try:
        file = soundfile.SoundFile(path)
    except (soundfile.LibsndfileError, RuntimeError):
        return None
    if file.samplerate < 2 * ZOOMS[0]:
        file.close()
        return None
    return int(file.samplerate), _sound_blocks(file, soundfile.LibsndfileError)


def _sound_blocks(file: Any, broken: type[Exception]) -> Iterator[npt.NDArray[np.float32]]:
    frames = max(1, min(file.samplerate * _BLOCK_SECONDS, _BLOCK_SAMPLES // file.channels))
    with file:
        while True:
            try:
                block = file.read(frames, dtype="float32", always_2d=True)
            except broken:
                return  # the rest is damaged; what came before is shown
            if not len(block):
                return
            yield block.mean(axis=1) if block.shape[1] > 1 else block[:, 0]


def _with_ffmpeg(path: Path) -> tuple[int, Iterator[npt.NDArray[np.float32]]] | None:
    program = shutil.which("ffmpeg")
    if program is None:
        return None
    blocks = _ffmpeg_blocks(program, path)
    first = next(blocks, None)
    if first is None:
        return None
    return RATE, _chained(first, blocks)


def _chained(
    first: npt.NDArray[np.float32], rest: Iterator[npt.NDArray[np.float32]]
) -> Iterator[npt.NDArray[np.float32]]:
    yield first
    yield from rest


def _ffmpeg_blocks(program: str, path: Path) -> Iterator[npt.NDArray[np.float32]]:
    command = [program, "-nostdin", "-v", "quiet", "-protocol_whitelist", "file", "-i", f"file:{path}"]
    command += ["-map", "0:a:0", "-t", str(LONGEST), "-ac", "1", "-ar", str(RATE), "-f", "s16le", "pipe:1"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=quiet)  # nosec B603 # noqa: S603 - no shell
    limit(process.pid)
    stop = threading.Timer(FFMPEG_SECONDS, process.kill)
    stop.start()
    try:
        assert process.stdout is not None  # noqa: S101 - asked for above
        while data := process.stdout.read(2 * RATE * _BLOCK_SECONDS):
            whole = data[: len(data) // 2 * 2]
            yield (np.frombuffer(whole, "<i2") / np.float32(32768)).astype(np.float32)
    finally:
        stop.cancel()
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def limit(process: int) -> None:
    """Allow a decoder so much memory and so much time; where the system cannot, the clock alone ends it."""
    try:
        import resource

        bounds = resource.prlimit
    except (ImportError, AttributeError):  # no Linux
        return
    try:
        bounds(process, resource.RLIMIT_AS, (FFMPEG_BYTES, FFMPEG_BYTES))
        bounds(process, resource.RLIMIT_CPU, (FFMPEG_SECONDS, FFMPEG_SECONDS))
    except ProcessLookupError:  # it is done already
        return
