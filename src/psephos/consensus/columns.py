"""How do the transcripts of many clips become columns of votes?

Each clip is aligned on its own (`psephos.consensus.network`), in shards of clips, so that every engine gives the same
columns; random merge orders belong to clips, not to workers. The columns of all clips stand below each other, with one
place per transcript in the order of merging, -1 where a clip has fewer transcripts than the widest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.consensus.alignment import COMPILED_WORDS
from psephos.consensus.keys import Spoken
from psephos.consensus.network import (
    Network,
    Speech,
    build_network,
    distance_matrix,
    leading_keys,
    realigned,
)
from psephos.engine import Engine, map_shards

OUTLIER = 0.8
"""A transcript whose mean normalised distance to the others is larger is an outlier."""

SHARDS = 64
"""Into how many shards many clips are cut."""

Whole = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of all clips.

    Attributes
    ----------
    clips : ndarray of int32, shape (n_clips,)
        Item code of each clip.
    bounds : ndarray of int64, shape (n_clips + 1,)
        The columns of clip c stand at ``bounds[c]:bounds[c + 1]``.
    voters : ndarray of int32, shape (n_clips, width)
        Voter of each transcript in the order of merging; -1 where there is none.
    given : ndarray of int32, shape (n_clips, width)
        Place of each transcript in the order of input.
    keys : ndarray of int32, shape (n_columns, width)
        Key of each transcript, 0 for NULL, -1 where there is no transcript.
    words : ndarray of int32, shape (n_columns, width)
        Place of the word in `Spoken`; -1 for NULL.
    stable : ndarray of float64, shape (n_columns,), or None
        Share of random merge orders in which the leading key stayed.
    pairs : ndarray of int64, shape (n_pairs, 5)
        Voters a and b, edits between them, and the words of a and of b; a row per pair and clip.
    outliers, excluded : list of (item code, voter code)
        Transcripts far from all others, and those left out for it.
    approximate : mapping of str to int
        Clips whose ``"distances"`` or ``"alignment"`` were cut at anchors.
    rounds : int
        Rounds of realignment over all clips.
    rebuilt : ndarray of int64, shape (n_transcripts, 5), or None
        Item, voter, words on which the voter agrees with the consensus made without it, edits, words of that consensus.
    """

    clips: Codes
    bounds: Whole
    voters: Codes
    given: Codes
    keys: Codes
    words: Codes
    stable: npt.NDArray[np.float64] | None
    pairs: Whole
    outliers: list[tuple[int, int]]
    excluded: list[tuple[int, int]]
    approximate: dict[str, int]
    rounds: int
    rebuilt: Whole | None

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def clip(self) -> Whole:
        """Clip of each column, shape (n_columns,)."""
        return np.repeat(np.arange(len(self.clips)), np.diff(self.bounds))

    @property
    def voter(self) -> Codes:
        """Voter of each cell, shape (n_columns, width); -1 where there is none."""
        return np.asarray(self.voters[self.clip])


def columns_of(
    spoken: Spoken,
    chosen: npt.NDArray[np.int64],
    *,
    order: str,
    collar: float | None,
    realign: bool,
    order_checks: int,
    rebuild: bool,
    exclude_outliers: bool,
    seed: int,
    engine: int | str | Engine,
) -> Columns:
    """Align the transcripts at `chosen`, those of one item in a row, clip by clip."""
    item = spoken.item[chosen]
    starts = np.flatnonzero(np.concatenate([[True], item[1:] != item[:-1]])) if len(item) else np.empty(0, np.int64)
    clips = np.split(chosen, starts[1:])
    words = int((spoken.bounds[chosen + 1] - spoken.bounds[chosen]).sum())
    shared = {
        "bounds": spoken.bounds,
        "key": spoken.key,
        "start": spoken.start,
        "end": spoken.end,
        "order": order,
        "collar": collar,
        "realign": realign,
        "order_checks": order_checks,
        "rebuild": rebuild,
        "exclude_outliers": exclude_outliers,
        "seed": seed,
        "compiled": words * (1 + order_checks + rebuild) >= COMPILED_WORDS,
    }
    cuts = np.linspace(0, len(clips), min(SHARDS, len(clips)) + 1).astype(int)
    shards = [clips[low:high] for low, high in pairwise(cuts)]
    parts = map_shards(_align_clips, shards, shared=shared, engine=engine, label="aligning transcripts")
    return _joined(spoken, [clip for part in parts for clip in part])


@dataclass(frozen=True, eq=False)
class _Clip:
    """One clip aligned; transcripts in the order of merging, their words counted within `Spoken`."""

    transcripts: Whole
    given: Whole
    keys: Codes
    words: Codes
    stable: npt.NDArray[np.float64] | None
    distances: Whole
    outliers: Whole
    excluded: Whole
    approximate: tuple[str, ...]
    rounds: int
    rebuilt: Whole | None


def _align_clips(
    shard: Sequence[Whole],
    *,
    bounds: Whole,
    key: Codes,
    start: npt.NDArray[np.float64] | None,
    end: npt.NDArray[np.float64] | None,
    **options: Any,
) -> list[_Clip]:
    found = []
    for transcripts in shard:
        spans = [slice(int(bounds[t]), int(bounds[t + 1])) for t in transcripts]
        speeches = [_speech(key, start, end, span) for span in spans]
        found.append(_align_clip(transcripts, speeches, np.array([span.start for span in spans]), **options))
    return found


def _align_clip(
    transcripts: Whole,
    speeches: list[Speech],
    begins: Whole,
    *,
    order: str,
    collar: float | None,
    realign: bool,
    order_checks: int,
    rebuild: bool,
    exclude_outliers: bool,
    seed: int,
    compiled: bool,
) -> _Clip:
    here = np.arange(len(speeches))
    excluded = np.empty(0, dtype=np.int64)
    if exclude_outliers:
        apart = distance_matrix([speech.keys for speech in speeches])[0]
        near = here[_remoteness(apart, speeches) <= OUTLIER]
        if 2 <= len(near) < len(here):
            excluded, here = np.setdiff1d(here, near), near
    kept = [speeches[number] for number in here]
    network = build_network(kept, order=order, collar=collar, compiled=compiled)
    distances = _differences(network) if network.distances is None else network.distances
    rounds = 0
    if realign:
        network, rounds = realigned(network, kept, collar=collar, compiled=compiled)
    merged = network.order
    tokens = network.tokens[:, merged]
    stable = None
    if order_checks:
        draws = np.random.default_rng([seed, int(transcripts[0])])
        orders = [draws.permutation(len(kept)) for _ in range(order_checks)]
        stable = _stability(network, kept, orders, collar, compiled)
    return _Clip(
        transcripts[here[merged]],
        here[merged],
        network.keys[:, merged],
        np.where(tokens >= 0, tokens + begins[here[merged]], -1).astype(np.int32),
        stable,
        distances[np.ix_(merged, merged)],
        transcripts[here[_remoteness(distances, kept) > OUTLIER]],
        transcripts[excluded],
        network.approximate,
        rounds,
        _rebuilt(transcripts[here], kept, order, collar, compiled) if rebuild and len(kept) > 2 else None,
    )


def _speech(
    key: Codes, start: npt.NDArray[np.float64] | None, end: npt.NDArray[np.float64] | None, span: slice
) -> Speech:
    if start is None or end is None or (span.stop > span.start and np.isnan(start[span]).all()):
        return Speech(key[span])
    return Speech(key[span], start[span], end[span])


def _remoteness(distances: Whole, speeches: Sequence[Speech]) -> npt.NDArray[np.float64]:
    """Mean distance of each transcript to the others, as a share of the longer of the two."""
    length = np.array([len(speech.keys) for speech in speeches])
    longer = np.maximum(np.maximum.outer(length, length), 1)
    remoteness: npt.NDArray[np.float64] = (distances / longer).sum(axis=1) / max(1, len(speeches) - 1)
    return remoteness


def _differences(network: Network) -> Whole:
    """Columns in which two transcripts differ: an upper bound of their distance, at hand without computing it."""
    keys = network.keys
    return np.array([(keys != keys[:, [slot]]).sum(axis=0) for slot in range(keys.shape[1])], dtype=np.int64)


def _stability(
    network: Network, speeches: list[Speech], orders: list[Whole], collar: float | None, compiled: bool
) -> npt.NDArray[np.float64]:
    """Share of other merge orders in which what leads a column still leads where its voters are.

    Where a word leads, some voter of it must find it leading; where NULL leads, no word of the column may lead.
    """
    lead = leading_keys(network.keys[:, network.order])
    same = np.zeros(len(lead))
    for order in orders:
        other = build_network(speeches, order=order, collar=collar, compiled=compiled)
        other_lead = leading_keys(other.keys[:, other.order])
        wins = np.zeros(network.keys.shape, dtype=bool)
        for slot, speech in enumerate(speeches):
            leads = np.zeros(len(speech.keys), dtype=bool)
            held = other.tokens[:, slot] >= 0
            leads[other.tokens[held, slot]] = other_lead[held] == other.keys[held, slot]
            here = network.tokens[:, slot] >= 0
            wins[here, slot] = leads[network.tokens[here, slot]]
        keeps = (wins & (network.keys == lead[:, None])).any(axis=1)
        same += np.where(lead > 0, keeps, ~wins.any(axis=1))
    return same / len(orders)


def _rebuilt(transcripts: Whole, speeches: list[Speech], order: str, collar: float | None, compiled: bool) -> Whole:
    """Each transcript against the consensus of a network made without it: transcript, hits, edits, words."""
    from rapidfuzz.distance import Levenshtein

    rows = []
    for out, speech in enumerate(speeches):
        rest = [other for number, other in enumerate(speeches) if number != out]
        network = build_network(rest, order=order, collar=collar, compiled=compiled)
        lead = leading_keys(network.keys[:, network.order])
        reference = lead[lead > 0].tolist()
        steps = Levenshtein.opcodes(reference, speech.keys.tolist())
        hits = sum(step.src_end - step.src_start for step in steps if step.tag == "equal")
        edits = Levenshtein.distance(reference, speech.keys.tolist())
        rows.append((transcripts[out], hits, edits, len(reference)))
    return np.array(rows, dtype=np.int64)


def _joined(spoken: Spoken, clips: list[_Clip]) -> Columns:
    width = max((len(clip.transcripts) for clip in clips), default=0)
    n_columns = [len(clip.keys) for clip in clips]
    bounds = np.concatenate([[0], np.cumsum(n_columns)]).astype(np.int64)
    keys = np.full((bounds[-1], width), -1, dtype=np.int32)
    words = np.full((bounds[-1], width), -1, dtype=np.int32)
    voters, given = np.full((2, len(clips), width), -1, dtype=np.int32)
    length = np.diff(spoken.bounds)
    pairs = []
    for number, clip in enumerate(clips):
        here, several = slice(bounds[number], bounds[number + 1]), slice(len(clip.transcripts))
        keys[here, several], words[here, several] = clip.keys, clip.words
        voters[number, several], given[number, several] = spoken.voter[clip.transcripts], clip.given
        left, right = np.triu_indices(len(clip.transcripts), k=1)
        one, other = clip.transcripts[left], clip.transcripts[right]
        edits = clip.distances[left, right]
        pairs.append(np.stack([spoken.voter[one], spoken.voter[other], edits, length[one], length[other]], axis=1))
    rebuilt = [clip.rebuilt for clip in clips if clip.rebuilt is not None]
    again = np.concatenate(rebuilt) if rebuilt else None
    marks = [mark for clip in clips for mark in clip.approximate]
    return Columns(
        np.array([spoken.item[clip.transcripts[0]] for clip in clips], dtype=np.int32),
        bounds,
        voters,
        given,
        keys,
        words,
        np.concatenate([clip.stable for clip in clips if clip.stable is not None])
        if any(clip.stable is not None for clip in clips)
        else None,
        np.concatenate(pairs).astype(np.int64) if pairs else np.empty((0, 5), np.int64),
        [(int(spoken.item[t]), int(spoken.voter[t])) for clip in clips for t in clip.outliers],
        [(int(spoken.item[t]), int(spoken.voter[t])) for clip in clips for t in clip.excluded],
        {mark: marks.count(mark) for mark in dict.fromkeys(marks)},
        sum(clip.rounds for clip in clips),
        None if again is None else np.column_stack([spoken.item[again[:, 0]], spoken.voter[again[:, 0]], again[:, 1:]]),
    )
