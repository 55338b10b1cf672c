"""Where do two long texts surely correspond? At passages that occur once in each.

An anchor is a run of `SIZE` keys that occurs exactly once in the one text and exactly once in the other. Anchors that
cross each other cannot all be right; the longest chain that rises in both texts is kept. Between two anchors the texts
are compared piece by piece, so time and memory are linear in length where anchors are dense. What is found this way is
an upper bound of the exact distance, and said to be approximate.

Source: sheet 01; the chain is a longest increasing subsequence (Fredman 1975, doi:10.1016/0012-365X(75)90103-X).
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError

Codes = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]

SIZE = 6
"""Keys in an anchor."""

EXACT_TOKENS = 10_000
"""Above this many tokens on both sides, distances are added up between anchors."""

PIECE = 512
"""Tokens between the anchors that a distance is added up between: enough to be worth a call, few enough to be fast."""

MOST_PIECE = 20_000
"""Longest stretch without an anchor, on both sides, that is still compared."""

SIGNS = 0x10F800
"""Keys from this on have no sign of their own."""

_SURROGATES = 0xD800


@dataclass(frozen=True, eq=False)
class Passages:
    """Runs of `SIZE` keys that occur once in a text: their fingerprints, rising, and where each begins."""

    fingerprint: npt.NDArray[np.uint64]
    place: Places


def passages(keys: Codes) -> Passages:
    """The runs of `SIZE` keys that occur exactly once.

    Examples
    --------
    >>> passages(np.array([1, 2, 3, 4, 5, 6, 7], np.int32)).place.size
    2
    """
    n = len(keys) - SIZE + 1
    if n < 1:
        return Passages(np.empty(0, np.uint64), np.empty(0, np.int64))
    mixed = _mixed(keys.astype(np.uint64))
    run = np.zeros(n, dtype=np.uint64)
    for offset in range(SIZE):
        run = _mixed(run * np.uint64(0x9E3779B97F4A7C15) + mixed[offset : offset + n])
    order = np.argsort(run)
    run = run[order]
    differs = np.concatenate([[True], run[1:] != run[:-1], [True]])
    once = differs[1:] & differs[:-1]
    return Passages(run[once], order[once].astype(np.int64))


def anchors(left: Passages, right: Passages) -> tuple[Places, Places]:
    """Beginnings of the passages that two texts share, the longest chain that rises in both.

    Examples
    --------
    >>> one = np.arange(1, 20, dtype=np.int32)
    >>> other = np.concatenate([one[:9], one[10:]])
    >>> left, right = anchors(passages(one), passages(other))
    >>> left.tolist(), right.tolist()
    ([0, 1, 2, 3, 10, 11, 12, 13], [0, 1, 2, 3, 9, 10, 11, 12])
    """
    if not len(left.place) or not len(right.place):
        return np.empty((2, 0), dtype=np.int64)[0], np.empty((2, 0), dtype=np.int64)[1]
    at = np.minimum(np.searchsorted(right.fingerprint, left.fingerprint), len(right.fingerprint) - 1)
    shared = right.fingerprint[at] == left.fingerprint
    first, second = left.place[shared], right.place[at[shared]]
    order = np.argsort(first)
    first, second = first[order], second[order]
    if len(second) > 1 and not (np.diff(second) > 0).all():
        chain = _longest_rising(second)
        first, second = first[chain], second[chain]
    return first, second


def distance(left: Codes, right: Codes, left_passages: Passages, right_passages: Passages) -> int:
    """Levenshtein distance added up between anchors; never below the exact one.

    Raises
    ------
    InputError
        If more than `MOST_PIECE` tokens on both sides hold no anchor.
    """
    from rapidfuzz.distance import Levenshtein

    first, second = anchors(left_passages, right_passages)
    cuts = [(0, 0)]
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        if a - cuts[-1][0] >= PIECE and b - cuts[-1][1] >= PIECE:
            cuts.append((a, b))
    cuts.append((len(left), len(right)))
    one, other = as_text(left), as_text(right)
    total = 0
    for (a, b), (c, d) in pairwise(cuts):
        if min(c - a, d - b) > MOST_PIECE:
            raise no_anchors(c - a, d - b)
        total += Levenshtein.distance(one[a:c], other[b:d])
    return total


def as_text(keys: Codes) -> str:
    """Keys as one text with a sign for each, which rapidfuzz compares many times faster than a list.

    Examples
    --------
    >>> len(as_text(np.array([1, 60_000, 1_000_000], np.int32)))
    3
    """
    beyond = np.where(keys >= _SURROGATES, keys + 0x800, keys).astype("<u4")
    return beyond.tobytes().decode("utf-32-le")


def no_anchors(left: int, right: int) -> InputError:
    """What to say where two texts share no passage for too long."""
    return InputError(
        "transcripts",
        f"{left:,} and {right:,} words share no passage of {SIZE} words that occurs once",
        hint="give times and a collar, or cut the recording",
    )


def _longest_rising(values: Places) -> Places:
    """Places of a longest strictly rising subsequence."""
    tails: list[int] = []
    holders: list[int] = []
    before = np.full(len(values), -1, dtype=np.int64)
    for place, value in enumerate(values.tolist()):
        length = bisect_left(tails, value)
        if length:
            before[place] = holders[length - 1]
        if length == len(tails):
            tails.append(value)
            holders.append(place)
        else:
            tails[length], holders[length] = value, place
    chain = np.empty(len(tails), dtype=np.int64)
    at = holders[-1]
    for length in range(len(tails) - 1, -1, -1):
        chain[length] = at
        at = int(before[at])
    return chain


def _mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The finaliser of SplitMix64: near inputs get unlike outputs."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
