"""Which drafts are there to make one answer of?

Blanks around a draft go, empty ones are dropped, and exact duplicates become one draft with a multiplicity. A draft may
come with the name of its source and a score; it is data, never an instruction.

Source: sheet 24. Differs: nothing.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from psephos.errors import InputError, NotTextError
from psephos.judges.fusion.sentences import Floats, likeness


@dataclass(frozen=True)
class Draft:
    """One answer of several to the same request.

    Attributes
    ----------
    text : str
        What it says.
    source : str
        Who wrote it, such as the name of a model; for results only, the fusing model does not see it.
    score : float or None
        How good it is said to be; higher is better. NaN counts as none.
    times : int
        How often the same text was given.

    Examples
    --------
    >>> Draft("It opened in 1932.", source="small").score is None
    True
    """

    text: str
    source: str = ""
    score: float | None = None
    times: int = 1


def distinct(candidates: Sequence[str | Draft]) -> tuple[tuple[Draft, ...], tuple[str, ...]]:
    """The drafts without blanks around them, empty ones and repetitions, and what was done to them.

    Of a draft that comes twice the first source and the best score count. Drafts without a source are called by their
    place, from 1.
    """
    if isinstance(candidates, (str, Draft)) or not isinstance(candidates, Sequence):
        raise InputError("candidates", f"must be a list of texts, got {type(candidates).__name__}")
    kept: dict[str, Draft] = {}
    empty = unread = 0
    for place, given in enumerate(candidates):
        draft = given if isinstance(given, Draft) else Draft(given)
        if not isinstance(draft.text, str):
            raise NotTextError("candidates", f"must hold text, got {type(draft.text).__name__}", where=f"index {place}")
        text = draft.text.encode("utf-8", "replace").decode().strip()
        if not text:
            empty += 1
            continue
        score = None if draft.score is None else float(draft.score)
        if score is not None and not math.isfinite(score):
            score, unread = None, unread + 1
        first = kept.get(text)
        if first is None:
            kept[text] = replace(draft, text=text, score=score, source=draft.source or f"draft {place + 1}")
        else:
            scores = [value for value in (first.score, score) if value is not None]
            kept[text] = replace(first, times=first.times + draft.times, score=max(scores, default=None))
    if not kept:
        raise InputError(
            "candidates",
            "holds no draft" if not candidates else "holds empty drafts only",
            hint="give one text per draft",
        )
    notes = []
    if empty:
        notes.append(f"empty drafts left out: {empty:,}")
    if unread:
        notes.append(f"scores that are no number ignored: {unread:,}")
        warnings.warn(f"candidates: {notes[-1]}", UserWarning, stacklevel=3)
    return tuple(kept.values()), tuple(notes)


def centrality(drafts: Sequence[Draft]) -> Floats:
    """Mean token F1 of each draft to all others, each as often as it was given; 1 for a draft without others."""
    alike = likeness([draft.text for draft in drafts], [draft.text for draft in drafts])
    times = np.array([draft.times for draft in drafts], dtype=np.float64)
    others = times.sum() - 1
    if others == 0:
        return np.ones(1)
    return np.asarray((alike @ times - alike.diagonal()) / others, dtype=np.float64)


def by_merit(drafts: Sequence[Draft]) -> tuple[list[int], str]:
    """Places of the drafts, the best first, and by what: scores if all have one, else centrality; of equals the first.

    Examples
    --------
    >>> by_merit([Draft("a b"), Draft("a b c"), Draft("x")])
    ([0, 1, 2], 'centrality')
    """
    if all(draft.score is not None for draft in drafts):
        merit, by = np.array([draft.score for draft in drafts], dtype=np.float64), "score"
    else:
        merit, by = centrality(drafts).round(12), "centrality"  # sums in another order are no better draft
    return [int(place) for place in np.argsort(-merit, kind="stable")], by
