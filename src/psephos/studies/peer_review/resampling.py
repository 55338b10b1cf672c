"""How likely is the mean of an item's scores, drawn again with replacement, to reach a cut?

The scores lie on a grid; the chance of each sum of n draws is the n-fold convolution of the item's own shares, taken
for all items of one size at once through the Fourier transform.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError
from psephos.studies.peer_review.reviews import Floats, Reviews

FINEST = 100
"""Levels are taken as fractions with at most this denominator."""

MOST_CELLS = 2**22


def chance_at_least(reviews: Reviews, scores: Floats, cut: float) -> Floats:
    """Chance of each item that the mean of a resample of its scores is at least `cut`; NaN without scores.

    Examples
    --------
    >>> from psephos.studies import peer_review
    >>> import polars as pl
    >>> pair = peer_review.reviews(pl.DataFrame({"item": ["A"], "score": ["3 6"]}))
    >>> chance_at_least(pair, pair.before, 4.5)
    array([0.75])
    """
    low, step = _grid(reviews.scale)
    known = ~np.isnan(scores)
    item, place = reviews.item[known], np.rint((scores[known] - low) / step).astype(np.int64)
    width = round((reviews.scale[-1] - low) / step) + 1
    size = np.bincount(item, minlength=len(reviews.items))
    chance = np.full(len(reviews.items), np.nan)
    for n in np.unique(size[size > 0]):
        items = np.flatnonzero(size == n)
        length = int(n) * (width - 1) + 1
        least = int(np.ceil((cut - low) / step * n - 1e-6))
        batch = max(1, MOST_CELLS // length)
        for first in range(0, len(items), batch):
            some = items[first : first + batch]
            chance[some] = _tails(some, item, place, int(n), width, length, least)
    return chance


def _tails(
    items: npt.NDArray[np.intp],
    item: npt.NDArray[np.int64],
    place: npt.NDArray[np.int64],
    n: int,
    width: int,
    length: int,
    least: int,
) -> Floats:
    """Chance that n draws sum to `least` or more, of rising items."""
    row = np.searchsorted(items, item)
    mine = (row < len(items)) & (items[np.minimum(row, len(items) - 1)] == item)
    cell = row[mine] * width + place[mine]
    shares = np.bincount(cell, minlength=len(items) * width).reshape(-1, width) / n
    sums = np.fft.irfft(np.fft.rfft(shares, length, axis=1) ** n, length, axis=1)
    return np.asarray(np.clip(sums[:, max(least, 0) :].sum(axis=1), 0.0, 1.0))


def _grid(scale: Floats) -> tuple[float, float]:
    """Lowest level and the widest step that reaches all levels."""
    steps = [Fraction(float(level - scale[0])).limit_denominator(FINEST) for level in scale[1:]]
    if any(abs(float(step) - (level - scale[0])) > 1e-9 for step, level in zip(steps, scale[1:], strict=True)):
        raise InputError("scale", f"has levels that are no fractions with a denominator up to {FINEST}")
    if not steps:
        return float(scale[0]), 1.0
    below = np.lcm.reduce([step.denominator for step in steps])
    whole = [int(step * int(below)) for step in steps]
    return float(scale[0]), gcd(*whole) / int(below)
