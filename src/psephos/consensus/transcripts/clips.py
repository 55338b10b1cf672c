"""How is each clip aligned? Its transcripts are put in one network; a shard of clips is the unit of work.

`align_clips_to_keep` gives the same as plain arrays, for a folder that keeps finished shards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.consensus.transcripts.network import (
    Network,
    Speech,
    build_network,
    distance_matrix,
    leading_keys,
    realigned,
)

OUTLIER = 0.8
"""A transcript whose mean normalised distance to the others is larger is an outlier."""

Whole = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Clip:
    """One clip aligned; transcripts stand in the order of merging.

    Attributes
    ----------
    transcripts : ndarray of int64, shape (n,)
        Places in `Spoken`.
    given : ndarray of int64, shape (n,)
        Place of each in the order of input.
    keys, words : ndarray, shape (n_columns, n)
        Key of each transcript, 0 for NULL, and its word, counted within `Spoken`, -1 for NULL.
    stable : ndarray of float64, shape (n_columns,), or None
        Share of random merge orders in which the leading key stayed, if these were tried.
    distances : ndarray of int64, shape (n, n)
        Edits between each two transcripts; an upper bound, columns in which they differ, where the order was given.
    outliers, excluded : ndarray of int64
        Places in `Spoken` of transcripts far from all others, and of those left out for it.
    approximate : tuple of str
        What was cut at anchors.
    rounds : int
        Rounds of realignment.
    rebuilt : ndarray of int64, shape (n, 4), or None
        Each transcript against the consensus made without it: transcript, hits, edits, words of that consensus.
    """

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


def align_clips(
    shard: Sequence[Whole],
    *,
    bounds: Whole,
    key: Codes,
    start: npt.NDArray[np.float64] | None,
    end: npt.NDArray[np.float64] | None,
    **options: Any,
) -> list[Clip]:
    """Align each clip of a shard; what `psephos.engine.map_shards` calls.

    Parameters
    ----------
    shard : sequence of ndarray of int64
        Places of the transcripts of each clip, one array a clip.
    bounds : ndarray of int64, shape (n_transcripts + 1,)
        Words of transcript t are those at ``bounds[t]:bounds[t + 1]``.
    key : ndarray of int32, shape (n_words,)
        Keys of all words.
    start, end : ndarray of float64, shape (n_words,), or None
        Their times in seconds.
    **options
        How to align: order, collar, realign, order_checks, rebuild, exclude_outliers, seed, compiled.

    Returns
    -------
    list of Clip
    """
    found = []
    for transcripts in shard:
        spans = [slice(int(bounds[t]), int(bounds[t + 1])) for t in transcripts]
        speeches = [_speech(key, start, end, span) for span in spans]
        found.append(_align_clip(transcripts, speeches, np.array([span.start for span in spans]), **options))
    return found


def align_clips_to_keep(shard: Sequence[Whole], **options: Any) -> dict[str, Any]:
    """As `align_clips`, as arrays that a folder can keep; `kept_clips` is the way back.

    Returns
    -------
    dict
        ``"NUMBER.FIELD"`` of each clip, but fields that are None, and ``"clips"``, how many there are.
    """
    found: dict[str, Any] = {}
    clips = align_clips(shard, **options)
    for number, clip in enumerate(clips):
        for name, value in vars(clip).items():
            if name == "approximate":
                found[f"{number}.{name}"] = list(value)
            elif value is not None:
                found[f"{number}.{name}"] = value
    return found | {"clips": len(clips)}


def kept_clips(found: dict[str, Any]) -> list[Clip]:
    """The clips that `align_clips_to_keep` gave."""
    clips = []
    for number in range(found["clips"]):
        part = {name: found.get(f"{number}.{name}") for name in Clip.__dataclass_fields__}
        clips.append(Clip(**part | {"approximate": tuple(part["approximate"] or ())}))
    return clips


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
) -> Clip:
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
    return Clip(
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
