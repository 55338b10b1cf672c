r"""Which key does each column elect?

    count     the key of most transcripts, NULL included
    meth1     alpha n(w)/N + (1 - alpha) C(w), C the mean confidence of the votes for w
    maxconf   the same with the largest confidence
    avgconf   the same with the sum of the confidences for w as a share of all confidences in the column
    weighted  the key that is most likely right if voters differ in reliability (`reliability`)

A vote for NULL has the confidence `null_conf`. Of equal keys the one that was merged first is elected, NULL included;
``tie="word"`` prefers words. Scores closer than 1e-9 are equal.

Source: NIST SCTK's rover, sheet 01. Differs: a missing confidence is an error where confidences count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from psephos.agreement.bands import Strength, majority_strength, votes_beside
from psephos.consensus.transcripts.reliability import Reliability, reliability
from psephos.errors import ConfidenceError

VOTES = ("count", "meth1", "avgconf", "maxconf", "weighted")

Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Elected:
    """The key of each column.

    Attributes
    ----------
    strength : Strength
        Leader, runner-up, and their votes; the leader need not have most votes unless votes are counted.
    model : Reliability or None
        How reliable the voters are, for ``"weighted"``.
    """

    strength: Strength
    model: Reliability | None = None


def elect(
    keys: Codes,
    *,
    vote: str = "count",
    tie: str = "earliest",
    confidence: Floats | None = None,
    alpha: float = 1.0,
    null_conf: float = 0.0,
    voter: Codes | None = None,
    n_voters: int = 0,
    certain: Codes | None = None,
) -> Elected:
    """Elect a key in each column.

    Parameters
    ----------
    keys : ndarray of int32, shape (n_columns, width)
        Keys in the order of merging; 0 for NULL, -1 where there is no transcript.
    vote : {"count", "meth1", "avgconf", "maxconf", "weighted"}, default "count"
    tie : {"earliest", "word"}, default "earliest"
    confidence : ndarray of float64, shape (n_columns, width), optional
        Confidence of each word, NaN where unknown.
    alpha, null_conf : float
        Weight of the votes against the confidences; confidence of NULL.
    voter : ndarray of int32, shape (n_columns, width), optional
        Voter of each cell, for ``"weighted"``.
    n_voters : int
        How many voters there are.
    certain : ndarray of int32, shape (n_columns,), optional
        Keys that are known to be right, -1 elsewhere; ``"weighted"`` learns from them.

    Examples
    --------
    >>> keys = np.array([[1, 2, 2]], np.int32)
    >>> elect(keys).strength.leader.tolist()
    [2]
    >>> sure = np.array([[0.9, 0.2, 0.2]])
    >>> elect(keys, vote="meth1", alpha=0.2, confidence=sure).strength.leader.tolist()
    [1]
    """
    counted = majority_strength(keys, null=0, ties=tie)
    if vote == "count" or not len(keys):
        return Elected(counted)
    if vote == "weighted":
        if voter is None:
            voter = np.broadcast_to(np.arange(keys.shape[1], dtype=np.int32), keys.shape)
            n_voters = keys.shape[1]
        model = reliability(keys, voter, n_voters, confidence=confidence, certain=certain)
        return Elected(_led_by(keys, model.posterior, counted, tie), model)
    beside = votes_beside(keys)
    share = beside / np.maximum((keys >= 0).sum(axis=1), 1)[:, None]
    if alpha == 1:
        return Elected(_led_by(keys, share, counted, tie))
    said = keys > 0
    known = np.where(keys == 0, null_conf, np.where(said, np.nan, 0.0) if confidence is None else confidence)
    known = np.where(keys >= 0, known, 0.0)
    if np.isnan(known).any():
        problem = f"is missing for {int(np.isnan(known).sum()):,} words"
        raise ConfidenceError("confidence", problem, hint="vote='count' or alpha=1 needs none")
    same = [(keys == keys[:, [slot]]) & (keys >= 0) for slot in range(keys.shape[1])]
    if vote == "maxconf":
        trust = np.stack([np.where(part, known, 0.0).max(axis=1) for part in same], axis=1)
    else:
        total = np.stack([np.where(part, known, 0.0).sum(axis=1) for part in same], axis=1)
        all_of_it = known.sum(axis=1, keepdims=True)
        below = beside if vote == "meth1" else np.where(all_of_it > 0, all_of_it, 1.0)
        trust = total / np.maximum(below, 1e-300)
    return Elected(_led_by(keys, alpha * share + (1 - alpha) * trust, counted, tie))


def _led_by(keys: Codes, score: Floats, counted: Strength, tie: str) -> Strength:
    """The key with the highest score, and the one behind it, with their votes."""
    row = np.arange(len(keys))
    beside = votes_beside(keys)
    level = np.where(keys >= 0, np.round(score, 9), -np.inf)
    level = np.where((keys == 0) & (tie == "word"), np.nextafter(level, -np.inf), level)
    best = level.argmax(axis=1)
    leader = keys[row, best]
    rest = np.where(keys == leader[:, None], -np.inf, level)
    second = rest.argmax(axis=1)
    behind = np.isfinite(rest[row, second])
    tied = behind & (np.abs(rest[row, second] - level[row, best]) < 1e-9)
    return replace(
        counted,
        leader=leader,
        votes=beside[row, best],
        runner_up=np.where(behind, keys[row, second], -1).astype(np.int32),
        runner_up_votes=np.where(behind, beside[row, second], 0).astype(np.int32),
        tied=tied,
    )
