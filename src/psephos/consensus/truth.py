"""Which columns of a consensus are wrong, where the true text is known?

The elected words of a clip are aligned with the reference at unit costs. A word is wrong if the alignment substitutes
or inserts it. A reference word that is missing is lost at a NULL column if one at that place holds it: somebody heard
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.consensus.columns import Columns
from psephos.consensus.keys import Spoken
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
        A NULL column that holds a word which the reference has there and the consensus lacks.
    errors : list of WordErrors or None
        Errors of the consensus of each clip.
    """

    judged: npt.NDArray[np.bool_]
    wrong: npt.NDArray[np.bool_]
    lost: npt.NDArray[np.bool_]
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
        for tag, true_place, place in alignment_edits(reference, said):
            counts[tag] += 1
            if tag != "delete":
                wrong[column[place]] = True
                continue
            after = int(column[place - 1]) + 1 if place else low
            before = int(column[place]) if place < len(column) else high
            for null in range(after, before):
                heard = {spoken.keys[key] for key in columns.keys[null].tolist() if key > 0}
                if reference[true_place] in heard and not lost[null]:
                    lost[null] = True
                    break
        hits = len(reference) - counts["replace"] - counts["delete"]
        errors.append(WordErrors(counts["replace"], counts["delete"], counts["insert"], hits))
    return Truth(judged, wrong, lost, errors)
