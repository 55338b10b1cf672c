"""What do they disagree about: the words, or how they are written?

    none       all keys and surfaces are equal
    format     keys are equal, surfaces differ (case, punctuation, "fifty" against 50 where number words are digits)
    content    keys differ, NULL included

Content is told apart by the first of these that holds for any key of the column: number, negation, unit, term,
disfluency, function word; then insertion (NULL is elected), deletion (a word is, and some have NULL), other.

The risk of a column is the share of voters against its choice times a weight: 2 for numbers, negations, units and
terms, 1 for other content, .5 for a little word that some do not have, .1 for disfluencies, 0 for format.

Source: sheet 01.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from psephos.consensus.transcripts.word_lists import SUB_LABELS

TYPES = ("none", "format", "content")
LABELS = ("", *SUB_LABELS, "insertion", "deletion", "other")

WEIGHTS = {"number": 2.0, "negation": 2.0, "unit": 2.0, "term": 2.0, "disfluency": 0.1}
"""Weights of content other than 1; a missing or added function word weighs `LITTLE_WORD`."""

LITTLE_WORD = 0.5

NONE, FORMAT, CONTENT = range(3)
_INSERTION, _DELETION, _OTHER = (LABELS.index(label) for label in ("insertion", "deletion", "other"))

Codes = npt.NDArray[np.int32]
Small = npt.NDArray[np.int8]


def disagreement(keys: Codes, surfaces: Codes, leader: Codes, classes: npt.NDArray[np.uint8]) -> tuple[Small, Small]:
    """Type and label of each column, places in `TYPES` and `LABELS`.

    Parameters
    ----------
    keys : ndarray of int32, shape (n_columns, width)
        0 for NULL, -1 where there is no transcript.
    surfaces : ndarray of int32, shape (n_columns, width)
        What was written; -1 where there is no word.
    leader : ndarray of int32, shape (n_columns,)
        The elected key.
    classes : ndarray of uint8, shape (n_keys,)
        What each key is, see `psephos.consensus.transcripts.word_lists.WordLists.classes`.

    Examples
    --------
    >>> keys = np.array([[1, 1], [1, 2], [1, 0], [3, 3]], np.int32)
    >>> surfaces = np.array([[1, 1], [1, 2], [1, -1], [3, 4]], np.int32)
    >>> kind, label = disagreement(keys, surfaces, np.array([1, 1, 1, 3], np.int32), np.array([0, 0, 1, 0], np.uint8))
    >>> [(TYPES[k], LABELS[n]) for k, n in zip(kind, label, strict=True)]
    [('none', ''), ('content', 'number'), ('content', 'deletion'), ('format', '')]
    """
    here = keys >= 0
    differs = (here & (keys != keys[:, [0]])).any(axis=1)
    written = (here & (surfaces != surfaces[:, [0]])).any(axis=1)
    kind = np.where(differs, CONTENT, np.where(written, FORMAT, NONE)).astype(np.int8)
    bits = np.bitwise_or.reduce(np.where(keys > 0, classes[np.maximum(keys, 0)], 0), axis=1).astype(np.int64)
    label = np.where(leader == 0, _INSERTION, np.where((keys == 0).any(axis=1), _DELETION, _OTHER))
    for bit in range(len(SUB_LABELS) - 1, -1, -1):
        label = np.where(bits >> bit & 1, bit + 1, label)
    return kind, np.where(kind == CONTENT, label, 0).astype(np.int8)


def risk(keys: Codes, kind: Small, label: Small, share: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Risk of each column; `share` is that of the voters, or of their weight, behind its choice. See the module.

    Examples
    --------
    >>> keys = np.array([[1, 1, 2, 1]], np.int32)
    >>> number = np.array([LABELS.index("number")], np.int8)
    >>> risk(keys, np.array([CONTENT], np.int8), number, np.array([0.75])).tolist()
    [0.5]
    """
    weight = np.array([WEIGHTS.get(name, 1.0) for name in LABELS])[label]
    little = (label == LABELS.index("function word")) & (keys == 0).any(axis=1)
    weight = np.where(kind == CONTENT, np.where(little, LITTLE_WORD, weight), 0.0)
    found: npt.NDArray[np.float64] = (1 - share) * weight
    return found
