"""In how many ways can labels be exchanged or signs be flipped, and which are they?

All distinct arrangements are spelt out from their number; random ones are drawn. Both come as matrices of shape
(arrangements, n), a chunk at a time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.engine.streams import Rng, spawn
from psephos.statistics._evaluation import chunks


def number_of_arrangements(codes: list[npt.NDArray[np.intp]], limit: int) -> int:
    """Distinct arrangements of the labels within their strata, or some number above `limit`."""
    number = 1
    for stratum in codes:
        total = 0
        for count in np.unique(stratum, return_counts=True)[1].tolist():
            total += count
            # comb(a + b, b) >= 2^min(a, b): no need to work out a number of thousands of digits.
            if min(count, total - count) > limit.bit_length():
                return limit + 1
            number *= math.comb(total, count)
            if number > limit:
                return number
    return number


def all_arrangements(
    codes: npt.NDArray[np.intp], places: list[npt.NDArray[np.intp]], number: int
) -> Iterator[npt.NDArray[np.intp]]:
    """All distinct arrangements: the digits of 0 .. number - 1 name one of each stratum, which is then spelt out."""
    for start, stop in chunks(number, len(codes)):
        rest = np.arange(start, stop)
        batch = np.tile(codes, (stop - start, 1))
        for place in places:
            kinds, counts = np.unique(codes[place], return_counts=True)
            within = number_of_arrangements([codes[place]], number)
            batch[:, place] = kinds[_spell(rest % within, counts, within)]
            rest //= within
        yield batch


def _spell(index: npt.NDArray[np.int64], counts: npt.NDArray[np.intp], within: int) -> npt.NDArray[np.intp]:
    """The arrangements at `index` in alphabetical order of all `within` that hold kind k `counts[k]` times.

    Of the arrangements that are still open, the share counts[k] / sum(counts) goes on with kind k.
    """
    rows = np.arange(len(index))
    left = np.tile(counts, (len(index), 1))
    still_open = np.full(len(index), within)
    spelt = np.empty((len(index), int(counts.sum())), np.intp)
    for position in range(spelt.shape[1]):
        upto = np.cumsum(left * still_open[:, np.newaxis] // (spelt.shape[1] - position), axis=1)
        kind = (index[:, np.newaxis] >= upto).sum(axis=1)
        before = np.where(kind > 0, upto[rows, kind - 1], 0)
        still_open = upto[rows, kind] - before
        index = index - before
        left[rows, kind] -= 1
        spelt[:, position] = kind
    return spelt


def random_arrangements(
    values: npt.NDArray[Any], places: list[npt.NDArray[np.intp]], repeats: int, rng: Rng
) -> Iterator[npt.NDArray[Any]]:
    """Random arrangements; each stratum has a stream of its own.

    Parameters
    ----------
    values : ndarray, shape (n,)
        What is rearranged.
    places : list of ndarray of intp
        Rows of each stratum.
    repeats : int
        Arrangements, equal ones among them.
    rng : int, Generator or None

    Yields
    ------
    ndarray, shape (some, n)
        The same rows whatever the size of a chunk.
    """
    streams = spawn(rng, len(places))
    for start, stop in chunks(repeats, len(values)):
        batch = np.tile(values, (stop - start, 1))
        for place, stream in zip(places, streams, strict=True):
            batch[:, place] = stream.permuted(batch[:, place], axis=1)
        yield batch


def all_signs(cluster: npt.NDArray[np.intp], units: int) -> Iterator[npt.NDArray[np.float64]]:
    for start, stop in chunks(2**units, len(cluster)):
        yield np.where(np.arange(start, stop)[:, np.newaxis] >> cluster & 1, -1.0, 1.0)


def random_signs(
    cluster: npt.NDArray[np.intp], units: int, repeats: int, rng: Rng
) -> Iterator[npt.NDArray[np.float64]]:
    """Random signs, one for each cluster.

    Parameters
    ----------
    cluster : ndarray of intp, shape (n,)
        Cluster of each row.
    units : int
        Clusters.
    repeats : int
    rng : int, Generator or None

    Yields
    ------
    ndarray of float64, shape (some, n)
        -1 and 1.
    """
    stream = spawn(rng, 1)[0]
    for start, stop in chunks(repeats, len(cluster)):
        yield np.where(stream.integers(2, size=(stop - start, units))[:, cluster], -1.0, 1.0)
