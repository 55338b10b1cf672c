"""Which columns of a consensus are wrong, where the true text is known?

The elected words of a clip are aligned with the reference at unit costs, and every error gets a place. A word is wrong
if the alignment substitutes or inserts it. A reference word that is missing is lost at a column between its neighbours
that elects no word: at one that holds it if there is one, else at the one where most heard something. If there is none,
it was missed between two columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.consensus.transcripts.columns import Columns
from psephos.consensus.transcripts.keys import Spoken
from psephos.metrics.word_errors import WordErrors, alignment_edits


@dataclass(frozen=True, eq=False)
class Truth:
    """What is wrong, column by column.

    Attributes
    ----------
    judged : ndarray of bool, shape (n_columns,)
        Columns of clips with a reference.
    wrong : ndarray of bool, shape (n_columns,)
        An elected word that is not in the reference there.
    lost : ndarray of bool, shape (n_columns,)
        No word is elected where the reference has one.
    missed : ndarray of int64, shape (n_missed, 2)
        Columns before and after each word of the reference that has no column, -1 at the ends of a clip.
    errors : list of WordErrors or None
        Errors of the consensus of each clip; their number is that of all columns wrong and lost and words missed.
    """

    judged: npt.NDArray[np.bool_]
    wrong: npt.NDArray[np.bool_]
    lost: npt.NDArray[np.bool_]
    missed: npt.NDArray[np.int64]
    errors: list[WordErrors | None]


def wrong_columns(
    columns: Columns, spoken: Spoken, leader: npt.NDArray[np.int32], references: Sequence[Sequence[str] | None]
) -> Truth:
    """Hold the elected words against references.

    Parameters
    ----------
    columns, spoken
        What was said.
    leader : ndarray of int32, shape (n_columns,)
        The elected keys.
    references : sequence, shape (n_clips,)
        Keys of the true text of each clip, None where unknown.
    """
    judged, wrong, lost = np.zeros((3, len(columns)), dtype=bool)
    missed: list[tuple[int, int]] = []
    errors: list[WordErrors | None] = []
    for clip, reference in enumerate(references):
        low, high = int(columns.bounds[clip]), int(columns.bounds[clip + 1])
        if reference is None:
            errors.append(None)
            continue
        judged[low:high] = True
        column = low + np.flatnonzero(leader[low:high] > 0)
        said = [spoken.keys[key] for key in leader[column].tolist()]
        counts = dict.fromkeys(("replace", "delete", "insert"), 0)
        gone: dict[int, list[str]] = {}
        for tag, true_place, place in alignment_edits(reference, said):
            counts[tag] += 1
            if tag == "delete":
                gone.setdefault(place, []).append(reference[true_place])
            else:
                wrong[column[place]] = True
        for place, words in gone.items():
            first = int(column[place - 1]) + 1 if place else low
            after = int(column[place]) if place < len(column) else high
            free = _places(columns, spoken, words, range(first, after))
            lost[free] = True
            around = (first - 1 if first > low else -1, after if after < high else -1)
            missed += [around] * (len(words) - len(free))
        hits = len(reference) - counts["replace"] - counts["delete"]
        errors.append(WordErrors(counts["replace"], counts["delete"], counts["insert"], hits))
    return Truth(judged, wrong, lost, np.array(missed, dtype=np.int64).reshape(-1, 2), errors)


def _places(columns: Columns, spoken: Spoken, words: list[str], free: range) -> list[int]:
    """As many of the free columns as there are words: those that hold one of them first, then the most heard."""
    left, taken = list(free), []
    for word in words:
        for column in left:
            if any(key > 0 and spoken.keys[key] == word for key in columns.keys[column].tolist()):
                left.remove(column)
                taken.append(column)
                break
    left.sort(key=lambda column: -int((columns.keys[column] > 0).sum()))
    return taken + left[: len(words) - len(taken)]
