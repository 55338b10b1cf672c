"""How do the transcripts of many clips become columns of votes?

Each clip is aligned on its own (`network`), in shards of clips, so that every engine gives the same
columns; random merge orders belong to clips, not to workers. The columns of all clips stand below each other, with one
place per transcript in the order of merging, -1 where a clip has fewer transcripts than the widest.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from psephos.consensus.transcripts.alignment import COMPILED_WORDS
from psephos.consensus.transcripts.clips import Clip, align_clips, align_clips_to_keep, kept_clips
from psephos.consensus.transcripts.keys import Spoken
from psephos.engine import Engine, map_shards

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
    resume: str | os.PathLike[str] | None = None,
) -> Columns:
    """Align the transcripts clip by clip.

    Parameters
    ----------
    spoken : Spoken
        All transcripts as keys.
    chosen : ndarray of int64
        Places of those that take part, those of one item in a row.
    order, collar, realign, order_checks, rebuild, exclude_outliers
        As in `psephos.consensus.transcripts`.
    seed : int
        Of the random merge orders; each clip has streams of its own.
    engine : int, str or Engine
        Where shards of clips are aligned.
    resume : path, optional
        Folder that keeps finished shards.

    Returns
    -------
    Columns
        The same whatever the engine.
    """
    item = spoken.item[chosen]
    starts = np.flatnonzero(np.concatenate([[True], item[1:] != item[:-1]])) if len(item) else np.empty(0, np.int64)
    clips = np.split(chosen, starts[1:])
    words = int((spoken.bounds[chosen + 1] - spoken.bounds[chosen]).sum())
    job = {
        "order": order,
        "collar": collar,
        "realign": realign,
        "order_checks": order_checks,
        "rebuild": rebuild,
        "exclude_outliers": exclude_outliers,
        "seed": seed,
    }
    shared = job | {
        "bounds": spoken.bounds,
        "key": spoken.key,
        "start": spoken.start,
        "end": spoken.end,
        "compiled": words * (1 + order_checks + rebuild) >= COMPILED_WORDS,
    }
    cuts = np.linspace(0, len(clips), min(SHARDS, len(clips)) + 1).astype(int)
    shards = [clips[low:high] for low, high in pairwise(cuts)]
    label = "aligning transcripts"
    if resume is None:
        parts = map_shards(align_clips, shards, shared=shared, engine=engine, label=label)
        return _joined(spoken, [clip for part in parts for clip in part])
    kept = map_shards(
        align_clips_to_keep,
        shards,
        shared=shared,
        engine=engine,
        label=label,
        resume=resume,
        job=job | {"words": _digest(spoken)},
    )
    return _joined(spoken, [clip for part in kept for clip in kept_clips(part)])


def _digest(spoken: Spoken) -> str:
    """What the words and times of all transcripts are told by."""
    found = hashlib.blake2b(digest_size=16)
    for values in (spoken.bounds, spoken.key, spoken.start, spoken.end):
        found.update(b"none" if values is None else np.ascontiguousarray(values).tobytes())
    return found.hexdigest()


def _joined(spoken: Spoken, clips: list[Clip]) -> Columns:
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
