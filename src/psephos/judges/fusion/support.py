"""Which sentences of an answer stand in a draft, and which must be checked by hand?

Each sentence of the answer is compared with each sentence of each draft by token F1; the largest is its support. If it
states numbers, dates or names, and some sentences of drafts state all of them, only these are looked at: "It is 500 m
long" does not stand on "It is 503 m long". It is supported if that is at least `LEAST` and it states no number, date or
name that is in no draft. To be checked first is what states something new, then what is least like any draft. Nothing
is asked: this is counting.

Source: sheet 24. Differs: a date is a fact of its own, see `facts`. A sentence may be supported and wrong: the drafts
may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from psephos.errors import check_number
from psephos.judges.fusion.drafts import Draft, distinct
from psephos.judges.fusion.facts import KINDS, facts, stated
from psephos.judges.fusion.sentences import likeness, sentences

LEAST = 0.5

_SCHEMA: dict[str, Any] = {
    "place": pl.Int64,
    "sentence": pl.String,
    "support": pl.Float64,
    "drafts": pl.List(pl.String),
    "best": pl.String,
    "supported": pl.Boolean,
    **{f"new_{kind}s": pl.List(pl.String) for kind in KINDS},
    "severity": pl.Int64,
}


def sentence_support(text: str, candidates: Sequence[str | Draft], *, least: float = LEAST) -> pl.DataFrame:
    """Support of each sentence of a text in drafts.

    Parameters
    ----------
    text : str
        The answer that is looked at.
    candidates : sequence of str or Draft
        The drafts.
    least : float, default 0.5
        Least token F1 of a sentence that is supported.

    Returns
    -------
    polars.DataFrame
        One row per sentence: place (from 1), sentence, support (0 to 1), drafts (the sources whose best sentence has
        this F1), best (that sentence of the first of them), supported, new_numbers, new_dates, new_names (in no
        draft), severity (0 supported, 1 unlike any draft, 2 states something new).

    Raises
    ------
    InputError
        If there is no draft or `least` is out of range.

    See Also
    --------
    psephos.judges.fuse : makes the text, and this table with it.

    Examples
    --------
    >>> drafts = ["The bridge opened in 1932.", "It took eight years to build."]
    >>> table = sentence_support("The bridge opened in 1932 after eight years. It cost 9 million.", drafts)
    >>> table.select("support", "drafts", "supported", "new_numbers").rows()
    [(0.769..., ['draft 1'], True, []), (0.2, ['draft 2'], False, ['9'])]
    """
    check_number("least", least, low=0, high=1)
    return support_table(text, distinct(candidates)[0], least)


def support_table(text: str, drafts: Sequence[Draft], least: float) -> pl.DataFrame:
    """As `sentence_support`, of drafts that are checked.

    Parameters
    ----------
    text : str
        The answer.
    drafts : sequence of Draft
    least : float
        Token F1 from which a sentence is supported.
    """
    mine = sentences(text)
    theirs = [(place, sentence) for place, draft in enumerate(drafts) for sentence in sentences(draft.text)]
    owner = np.array([place for place, _ in theirs], dtype=np.int64)
    alike = likeness(mine, [sentence for _, sentence in theirs])
    known = stated(draft.text for draft in drafts)
    rows = []
    owned = [stated([sentence]) for _, sentence in theirs]
    for place, sentence in enumerate(mine):
        told = facts(sentence)
        if told:
            backing = np.array([all(own.backs(fact) for fact in told) for own in owned], dtype=bool)
            alike[place] *= backing | ~backing.any()
        best = float(alike[place].max(initial=0.0))
        level = np.flatnonzero(alike[place] >= best - 1e-12) if best > 0 else np.array([], dtype=np.int64)
        sources = [drafts[draft].source for draft in dict.fromkeys(owner[level].tolist())]
        new = [fact for fact in told if not known.backs(fact)]
        supported = best >= least - 1e-12 and not new
        rows.append(
            (
                place + 1,
                sentence,
                best,
                sources,
                theirs[level[0]][1] if len(level) else None,
                supported,
                *([fact.shown for fact in new if fact.kind == kind] for kind in KINDS),
                2 if new else int(not supported),
            )
        )
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def to_check(parts: pl.DataFrame) -> pl.DataFrame:
    """The sentences that are not supported, those that state something new first, then by support."""
    return parts.filter(~pl.col("supported")).sort("severity", "support", "place", descending=[True, False, False])
