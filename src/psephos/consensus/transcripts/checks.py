"""Can these transcripts be compared, which of them are, and what is odd about them?

Readers check their files; this checks what comes in as arrays or frames too. A clip with a single transcript says
nothing about agreement: it is set aside and named. An empty transcript is legal and noted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.consensus.transcripts.clips import OUTLIER
from psephos.consensus.transcripts.column_votes import Elected
from psephos.consensus.transcripts.columns import Columns
from psephos.consensus.transcripts.keys import Spoken
from psephos.errors import ConfidenceError, DuplicateSystemError, InputError, TimeError
from psephos.opinions.issues import NOTED, SET_ASIDE, Issue, Issues
from psephos.opinions.model import Opinions

INTERPOLATED = "interpolated"

_ALIKE = "values of token differ only in case or blanks"  # keys are blind to both, so this is no finding here


@dataclass(frozen=True, eq=False)
class Found:
    """What was found before the alignment; `of` adds what the alignment found."""

    opinions: Opinions
    issues: tuple[Issue, ...]

    def of(self, columns: Columns) -> Issues:
        """All findings, those of the reader first."""
        issues = [issue for issue in self.opinions.issues if not issue.reason.startswith(_ALIKE)] + list(self.issues)
        for reason, action, pairs in (
            (f"far from all other transcripts of the clip (mean distance above {OUTLIER:g})", NOTED, columns.outliers),
            (
                f"far from all other transcripts of the clip (mean distance above {OUTLIER:g})",
                SET_ASIDE,
                columns.excluded,
            ),
        ):
            if pairs:
                item, voter = (self.opinions.vocabulary(name) for name in ("item", "voter"))
                example = f"{voter[pairs[0][1]]} on {item[pairs[0][0]]}"
                issues.append(Issue(reason, action, "transcripts", example=example, count=len(pairs)))
        return Issues(tuple(issues))


def check_transcripts(opinions: Opinions) -> None:
    """Refuse what a reader set aside for its time, confidence or repetition, and times that run backwards."""
    if opinions.kind != "transcripts":
        raise InputError("opinions", f"must be transcripts, not {opinions.kind}")
    for issue in opinions.issues:
        if issue.action != SET_ASIDE:
            continue
        where = f"row {issue.rows[0]:,}" if len(issue.rows) else None
        if issue.reason.startswith(("start is", "end is")):
            raise TimeError(issue.source, f"{issue.reason}: {issue.example}", where=where)
        if issue.reason.startswith("confidence is"):
            raise ConfidenceError(issue.source, f"must lie between 0 and 1, got {issue.example}", where=where)
        if issue.reason.startswith(("said twice", "contradicts itself")):
            problem = "two words of one voter stand at one position of a clip"
            raise DuplicateSystemError(
                issue.source, problem, where=where, hint="give each transcript a name of its own"
            )
    _check_times(opinions)


def _check_times(opinions: Opinions) -> None:
    start, end = opinions.numbers.get("start"), opinions.numbers.get("end")
    if start is None:
        return
    if end is not None:
        backwards = np.flatnonzero(end < start)
        if len(backwards):
            row = int(backwards[0])
            problem = f"lies before the start: {end[row]:.12g} < {start[row]:.12g}"
            raise TimeError("end", problem, where=_place(opinions, row))
    keys = [opinions.codes("item").astype(np.int64), opinions.codes("voter").astype(np.int64)]
    carried = opinions.carried
    if "channel" in carried.columns:
        keys.append(carried["channel"].cast(pl.String).rank("dense").fill_null(0).to_numpy().astype(np.int64))
    timed = ~np.isnan(start)
    if "times" in carried.columns:
        timed &= (carried["times"].cast(pl.String) != INTERPOLATED).fill_null(True).to_numpy()
    rows = np.flatnonzero(timed)
    order = rows[np.lexsort((opinions.numbers["position"][rows], *(key[rows] for key in keys)))]
    same = np.all([key[order][1:] == key[order][:-1] for key in keys], axis=0)
    back = np.flatnonzero(same & (np.diff(start[order]) < 0))
    if len(back):
        row, before = int(order[back[0] + 1]), int(order[back[0]])
        problem = f"{start[row]:.12g} s lies before the word ahead of it ({start[before]:.12g} s)"
        raise TimeError("start", problem, where=_place(opinions, row), hint="sort by start within each clip and voter")


def _place(opinions: Opinions, row: int) -> str:
    item, voter = (opinions.coded[name].values()[row] for name in ("item", "voter"))
    return f"clip {item!r:.60}, voter {voter!r:.60}, position {opinions.numbers['position'][row]:.0f}"


def chosen_transcripts(opinions: Opinions, heard: Spoken, *, require_all: bool) -> tuple[npt.NDArray[np.int64], Found]:
    """The transcripts of clips that have two or more, and what is odd about them.

    Parameters
    ----------
    opinions : Opinions of kind transcripts
    heard : Spoken
        The same as keys, transcript by transcript.
    require_all : bool
        Whether a clip that a voter has no transcript of is refused.

    Returns
    -------
    chosen : ndarray of int64
        Places of the transcripts in `heard`.
    found : Found
        The opinions with the issues: clips set aside for a single transcript, clips with a voter missing, empty
        transcripts.

    Raises
    ------
    InputError
        `transcripts`: no clip has two. `require_all`: a clip lacks a voter, which is named.
    """
    item, voter = opinions.vocabulary("item"), opinions.vocabulary("voter")
    per_item = np.bincount(heard.item, minlength=len(item))
    present = np.flatnonzero(per_item)
    several = per_item[heard.item] > 1
    alone = present[per_item[present] == 1]
    if not several.any():
        where = f"clip {item[int(alone[0])]!r:.60}" if len(alone) else None
        raise InputError("transcripts", "need at least 2 transcripts", where=where, hint="add those of another voter")
    issues = []
    if len(alone):
        reason = "a single transcript of the clip: need at least 2 transcripts"
        issues.append(Issue(reason, SET_ASIDE, "transcripts", example=item[int(alone[0])], count=len(alone)))
    missing = present[(per_item[present] < len(voter)) & (per_item[present] > 1)]
    if require_all and len(present[per_item[present] < len(voter)]):
        first = int(present[per_item[present] < len(voter)][0])
        absent = sorted(set(range(len(voter))) - set(heard.voter[heard.item == first].tolist()))
        problem = f"clip {item[first]!r:.60} has no transcript by {voter[absent[0]]!r:.60}"
        raise InputError("require_all", problem, hint="without require_all the others decide")
    if len(missing):
        reason = "clips that not every voter has a transcript of: the others decide"
        issues.append(Issue(reason, NOTED, "transcripts", example=item[int(missing[0])], count=len(missing)))
    empty = np.flatnonzero((np.diff(heard.bounds) == 0) & several)
    if len(empty):
        example = f"{voter[int(heard.voter[empty[0]])]} on {item[int(heard.item[empty[0]])]}"
        issues.append(Issue("an empty transcript", NOTED, "transcripts", example=example, count=len(empty)))
    return np.flatnonzero(several), Found(opinions, tuple(issues))


def notes_on(
    columns: Columns, elected: Elected, effective: float, voters: int, vote: str, fixed: int
) -> tuple[str, ...]:
    """What was decided on the way, in words.

    Parameters
    ----------
    columns : Columns
        How the clips were aligned.
    elected : Elected
        What was elected, with the model of the voters if there is one.
    effective : float
        Independent voters that these count as; NaN where unknown.
    voters : int
        Voters.
    vote : str
        ``"weighted"`` or ``"plain"``.
    fixed : int
        Columns that were put right by hand.
    """
    notes = []
    for what, clips in columns.approximate.items():
        how = "added up between shared passages" if what == "distances" else "cut at shared passages"
        notes.append(f"approximate: {what} of {clips:,} clips {how}")
    if columns.rounds:
        notes.append(f"realigned in {columns.rounds:,} rounds over {len(columns.clips):,} clips")
    if columns.stable is not None and len(columns):
        notes.append(f"{np.mean(columns.stable < 1):.1%} of the columns elect otherwise in some random merge order")
    if elected.model is not None and not elected.model.converged:
        notes.append("the weights of the voters did not converge")
    if not np.isnan(effective) and (vote == "weighted" or effective < 0.75 * voters):
        notes.append(f"the {voters:,} voters err together: they count as about {effective:.1f} independent ones")
    if fixed:
        notes.append(f"{fixed:,} columns were put right by hand and taken as certain")
    return tuple(notes)
