"""Which frequencies does a stretch of a recording hold?

The second picture of the sound: columns of equal time from left to right, bands of frequency from low to high. Of each
column one window of 512 samples at 16 kHz (32 ms) is taken at its middle, tapered by a Hann window, and its power is
summed within bands that are evenly spaced on the mel scale,

    mel(f) = 2595 log10(1 + f / 700),        f from 60 to 8,000 Hz.

Loudness is in decibels below the loudest band of the stretch, 0 to 255 over 50 dB. Only the windows themselves are
read, so that a column of minute 50 costs as much as one of the first second; a stretch is at most `LONGEST` seconds and
`MOST` columns.

Source: sheet 90 section 3.3 (optional second view). Differs: nothing.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.review.waveforms import NoWaveformError

BANDS, WINDOW, RATE = 64, 512, 16_000
LOWEST, HIGHEST = 60.0, 8000.0
DECIBELS = 50.0
LONGEST = 60.0
MOST = 2000
TOGETHER = 100
"""Windows that are held at once."""
FASTEST = 768_000
"""Samples per second beyond which a file is not what it says: a window of it would fill the memory."""

Floats = npt.NDArray[np.float64]


def spectrogram(path: Path, start: float, end: float, columns: int) -> bytes:
    """Loudness of each band in each column, one byte each, column by column from the lowest band up.

    Parameters
    ----------
    path : Path
        From the store, never from a request.
    start, end : float
        Seconds of the file; at most `LONGEST` apart.
    columns : int
        At most `MOST`.

    Raises
    ------
    NoWaveformError
        If libsndfile cannot read the recording.
    """
    try:
        import soundfile
    except (ImportError, OSError):
        raise NoWaveformError("media", "cannot be read here") from None
    try:
        file = soundfile.SoundFile(path)
    except (soundfile.LibsndfileError, RuntimeError):
        raise NoWaveformError("media", "cannot be read here") from None
    with file:
        if file.samplerate > FASTEST:
            raise NoWaveformError("media", "cannot be read here")
        middles = np.linspace(start, end, columns, endpoint=False) + (end - start) / columns / 2
        parts = [middles[first : first + TOGETHER] for first in range(0, columns, TOGETHER)]
        return levels(np.concatenate([powers(_windows(file, part), file.samplerate) for part in parts])).tobytes()


def powers(windows: Floats, rate: int) -> Floats:
    """Power within each band of windows of sound, shape (n_windows, `BANDS`)."""
    power = np.abs(np.fft.rfft(windows * np.hanning(windows.shape[1]), axis=1)) ** 2
    return np.asarray(power @ _bands(windows.shape[1], rate))


def levels(bands: Floats) -> npt.NDArray[np.uint8]:
    """Loudness of powers of bands, 255 the loudest.

    Examples
    --------
    >>> time = np.arange(512) / 16_000
    >>> found = levels(powers(np.sin(2 * np.pi * 1000 * time)[None, :], 16_000))
    >>> int(found.argmax()), int(found.max())
    (20, 255)
    """
    top = bands.max(initial=0.0)
    if top <= 0:
        return np.zeros(bands.shape, np.uint8)
    decibels = 10 * np.log10(np.maximum(bands / top, 1e-12))
    found: npt.NDArray[np.uint8] = np.clip(255 * (1 + decibels / DECIBELS), 0, 255).round().astype(np.uint8)
    return found


def _windows(file: Any, middles: Floats) -> Floats:
    """The sound around each moment; silence outside of the recording."""
    size = max(16, round(WINDOW * file.samplerate / RATE))
    found = np.zeros((len(middles), size))
    starts = np.round(middles * file.samplerate).astype(np.int64) - size // 2
    for place, first in enumerate(starts):
        low, high = max(int(first), 0), min(int(first) + size, file.frames)
        if high <= low:
            continue
        try:
            file.seek(low)
            block = file.read(high - low, dtype="float64", always_2d=True).mean(axis=1)
        except RuntimeError:  # the rest is damaged; what came before is shown
            break
        at = low - int(first)
        found[place, at : at + len(block)] = block
    return np.nan_to_num(found)


@lru_cache(maxsize=16)
def _bands(size: int, rate: int) -> Floats:
    """Weights of triangles on the mel scale, shape (n_frequencies, `BANDS`); a narrow one takes the nearest."""
    frequency = np.fft.rfftfreq(size, 1 / rate)
    least, most = 2595 * np.log10(1 + np.array([LOWEST, HIGHEST]) / 700)
    mel = np.linspace(least, most, BANDS + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    rising = (frequency[:, None] - low) / (middle - low)
    falling = (high - frequency[:, None]) / (high - middle)
    weights: Floats = np.maximum(np.minimum(rising, falling), 0.0)
    nearest = np.abs(frequency[:, None] - middle).argmin(axis=0)
    weights[nearest, np.arange(BANDS)] = np.maximum(weights[nearest, np.arange(BANDS)], (middle < rate / 2) * 0.5)
    return weights
