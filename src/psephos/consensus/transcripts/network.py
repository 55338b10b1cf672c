"""What did the transcripts of one recording say, word beside word?

Transcripts are merged one by one (`alignment`) into a confusion network: `keys` holds for each column
and transcript one key or 0 (NULL), `tokens` the position of that key in its transcript or -1.

The order of merging is that given, or "medoid": first the transcript with the smallest sum of Levenshtein distances to
the others, then the others by rising distance to it, equals in the order given.

`realigned` takes one transcript out and merges it again, in turn, as long as the disagreement of the network

    D = sum over columns of the pairs of transcripts that say different things there

falls; D is a whole number, so this ends.

Source: sheet 01.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from psephos.consensus.transcripts import alignment
from psephos.consensus.transcripts.alignment import SKIP, Codes, Seconds, Times, align, places
from psephos.consensus.transcripts.anchors import (
    EXACT_TOKENS,
    MOST_PIECE,
    SIGNS,
    SIZE,
    anchors,
    as_text,
    distance,
    no_anchors,
    passages,
)

ORDERS = ("medoid", "given")
MOST_ROUNDS = 10


@dataclass(frozen=True, eq=False)
class Speech:
    """One transcript: its keys, and the times of its words (None if it has none).

    Attributes
    ----------
    keys : ndarray of int32, shape (n_words,)
        At least 1.
    start, end : ndarray of float64, shape (n_words,), or None
    """

    keys: Codes
    start: Seconds | None = None
    end: Seconds | None = None


@dataclass(frozen=True, eq=False)
class Network:
    """A confusion network.

    Attributes
    ----------
    keys : ndarray of int32, shape (n_columns, n_transcripts)
        Key of each transcript, transcripts as given; 0 is NULL.
    tokens : ndarray of int32, shape (n_columns, n_transcripts)
        Its position in the transcript; -1 for NULL.
    order : ndarray of int64, shape (n_transcripts,)
        Transcripts in the order of merging.
    distances : ndarray of int64, shape (n_transcripts, n_transcripts), or None
        Levenshtein distances; None if the order was given.
    approximate : tuple of str
        What was cut at anchors: ``"distances"``, ``"alignment"``, both or nothing.
    """

    keys: Codes
    tokens: Codes
    order: npt.NDArray[np.int64]
    distances: npt.NDArray[np.int64] | None = None
    approximate: tuple[str, ...] = ()


def build_network(
    speeches: Sequence[Speech],
    *,
    order: str | npt.NDArray[np.int64] = "medoid",
    collar: float | None = None,
    compiled: bool = False,
) -> Network:
    """Merge transcripts into a confusion network.

    Parameters
    ----------
    speeches : sequence of Speech
    order : {"medoid", "given"} or ndarray of int64, default "medoid"
        Order of merging, or the transcripts in that order.
    collar : float, optional
        Largest gap in seconds between words that may share a column, where both sides have times.
    compiled : bool, default False
        Use the compiled kernel.

    Examples
    --------
    >>> network = build_network([Speech(np.array(keys, np.int32)) for keys in ([1, 2], [2], [2, 3])])
    >>> network.order.tolist(), network.keys.tolist()
    ([1, 0, 2], [[1, 0, 0], [2, 2, 2], [0, 0, 3]])
    """
    distances, inexact = None, False
    if isinstance(order, str) and order == "medoid":
        distances, inexact = distance_matrix([speech.keys for speech in speeches])
        order = medoid_order(distances)
    elif isinstance(order, str):
        order = np.arange(len(speeches))
    first = speeches[order[0]]
    keys, tokens = first.keys[:, None], np.arange(len(first.keys), dtype=np.int32)[:, None]
    merged, cut = [first], False
    for number in order[1:]:
        keys, tokens, was_cut = _merge(keys, tokens, merged, speeches[number], collar, compiled)
        merged.append(speeches[number])
        cut |= was_cut
    back = np.argsort(order)
    approximate = (*(["distances"] if inexact else []), *(["alignment"] if cut else []))
    return Network(
        np.ascontiguousarray(keys[:, back]),
        np.ascontiguousarray(tokens[:, back]),
        np.asarray(order, dtype=np.int64),
        distances,
        approximate,
    )


def realigned(
    network: Network, speeches: Sequence[Speech], *, collar: float | None = None, compiled: bool = False
) -> tuple[Network, int]:
    """Take one transcript out and merge it again, in turn, while the disagreement of the network falls.

    Parameters
    ----------
    network : Network
        As merged.
    speeches : sequence of Speech
        Its transcripts, as given.
    collar : float, optional
        Seconds by which paired words may lie apart.
    compiled : bool, default False
        Whether the compiled alignment is used; the result is the same.

    Returns
    -------
    network : Network
    rounds : int
        Rounds over all transcripts, the last one without an improvement, at most `MOST_ROUNDS`.
    """
    rounds = 0
    for _ in range(MOST_ROUNDS):
        better = False
        for out in network.order:
            rest = [number for number in range(len(speeches)) if number != out]
            kept = (network.keys[:, rest] != 0).any(axis=1)
            keys, tokens, cut = _merge(
                network.keys[kept][:, rest],
                network.tokens[kept][:, rest],
                [speeches[number] for number in rest],
                speeches[out],
                collar,
                compiled,
            )
            back = np.argsort([*rest, out])
            if disagreement(keys) < disagreement(network.keys):
                marks = tuple(dict.fromkeys((*network.approximate, *(["alignment"] if cut else []))))
                network = replace(network, keys=keys[:, back], tokens=tokens[:, back], approximate=marks)
                better = True
        rounds += 1
        if not better:
            break
    return network, rounds


def disagreement(keys: Codes) -> int:
    """Pairs of transcripts that say different things in a column, over all columns.

    Examples
    --------
    >>> disagreement(np.array([[1, 1, 0], [2, 2, 2]], np.int32))
    2
    """
    alike = sum(int((keys == keys[:, [slot]]).sum()) for slot in range(keys.shape[1]))
    n_columns, n_transcripts = keys.shape
    return int(n_columns * n_transcripts * n_transcripts - alike) // 2


def distance_matrix(transcripts: Sequence[Codes]) -> tuple[npt.NDArray[np.int64], bool]:
    """Levenshtein distances between transcripts, and whether any was added up between anchors.

    Examples
    --------
    >>> distance_matrix([np.array([1, 2]), np.array([2]), np.array([2, 3])])[0].tolist()
    [[0, 1, 2], [1, 0, 1], [2, 1, 0]]
    """
    from rapidfuzz.distance import Levenshtein
    from rapidfuzz.process import cdist

    if max((int(keys.max(initial=0)) for keys in transcripts), default=0) >= SIGNS:
        new = np.unique(np.concatenate(transcripts), return_inverse=True)[1].astype(np.int32)
        transcripts = np.split(new, np.cumsum([len(keys) for keys in transcripts])[:-1])
    texts = [as_text(keys) for keys in transcripts]
    long = [number for number, keys in enumerate(transcripts) if len(keys) > EXACT_TOKENS]
    if len(long) < 2:
        return cdist(texts, texts, scorer=Levenshtein.distance, dtype=np.int64), False
    found = np.zeros((len(texts), len(texts)), dtype=np.int64)
    runs = {number: passages(transcripts[number]) for number in long}
    for one, other in combinations(range(len(texts)), 2):
        if one in runs and other in runs:
            apart = distance(transcripts[one], transcripts[other], runs[one], runs[other])
        else:
            apart = Levenshtein.distance(texts[one], texts[other])
        found[one, other] = found[other, one] = apart
    return found, True


def medoid_order(distances: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The transcript nearest to all others first, then the others by distance to it.

    Examples
    --------
    >>> medoid_order(np.array([[0, 1, 2], [1, 0, 1], [2, 1, 0]]))
    array([1, 0, 2])
    """
    base = int(np.argmin(distances.sum(axis=1)))
    rank = distances[base].copy()
    rank[base] = -1
    return np.argsort(rank, kind="stable")


def leading_keys(keys: Codes) -> Codes:
    """The key that most transcripts hold in each column, the earliest of them among equals, shape (n_columns,).

    Examples
    --------
    >>> leading_keys(np.array([[1, 0, 1], [0, 2, 3]], np.int32))
    array([1, 0], dtype=int32)
    """
    votes = np.stack([(keys == keys[:, [slot]]).sum(axis=1, dtype=np.int16) for slot in range(keys.shape[1])], axis=1)
    best: Codes = keys[np.arange(len(keys)), votes.argmax(axis=1)]
    return best


def _merge(
    keys: Codes, tokens: Codes, merged: Sequence[Speech], speech: Speech, collar: float | None, compiled: bool
) -> tuple[Codes, Codes, bool]:
    """The network with one more transcript in its last place, and whether it was cut at anchors."""
    times = None if collar is None else _times(tokens, merged, speech, collar)
    cuts = None
    if times is None and len(keys) * len(speech.keys) > alignment.FULL_CELLS:
        cuts = _cuts(leading_keys(keys), speech.keys)
    steps = align(keys, speech.keys, times=times, cuts=cuts, compiled=compiled)
    column, word = places(steps)
    old, new = column >= 0, steps != SKIP
    wide = np.zeros((len(steps), keys.shape[1] + 1), dtype=np.int32)
    wide_tokens = np.full(wide.shape, -1, dtype=np.int32)
    wide[old, :-1], wide_tokens[old, :-1] = keys, tokens
    wide[new, -1], wide_tokens[new, -1] = speech.keys, word[new]
    return wide, wide_tokens, cuts is not None


def _times(tokens: Codes, merged: Sequence[Speech], speech: Speech, collar: float) -> Times | None:
    """Intervals of columns and words; None unless both sides have times."""
    timed = [(slot, one) for slot, one in enumerate(merged) if one.start is not None and one.end is not None]
    if speech.start is None or speech.end is None or not timed:
        return None
    start, end = np.full((2, len(tokens)), np.nan)
    for slot, one in timed:
        assert one.start is not None and one.end is not None  # noqa: S101, PT018 - for mypy: filtered above
        held = tokens[:, slot] >= 0
        token = tokens[held, slot]
        start[held] = np.fmin(start[held], one.start[token])
        end[held] = np.fmax(end[held], one.end[token])
    return Times(start, end, speech.start, speech.end, collar)


def _cuts(winners: Codes, words: Codes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Nodes in the middle of the passages that the network's leading words share with a transcript."""
    spoken = np.flatnonzero(winners)
    first, second = anchors(passages(winners[spoken]), passages(words))
    column, word = spoken[first + SIZE // 2], second + SIZE // 2
    around = np.diff(np.concatenate([[0], column, [len(winners)]])), np.diff(np.concatenate([[0], word, [len(words)]]))
    longest = int(np.argmax(np.minimum(*around)))
    if min(around[0][longest], around[1][longest]) > MOST_PIECE:
        raise no_anchors(int(around[0][longest]), int(around[1][longest]))
    return column, word
