"""What did a listener put right, and where does it belong?

A fix says what was said in one column: item (the clip), position (the place of the column in it, from 1, as in the
table of a verdict) and token; a token that is missing, empty or "@" says that nothing was. A column is one word, so a
token of several is refused. Columns do not move when fixes are given, because fixes take no part in the alignment: the
places of the first verdict hold as long as the same transcripts are aligned in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.agreement.bands import Strength
from psephos.consensus.transcripts.columns import Columns
from psephos.consensus.transcripts.digits import coded
from psephos.consensus.transcripts.keys import NULL, Spoken
from psephos.consensus.transcripts.writing import Writing
from psephos.errors import InputError
from psephos.opinions.coding import canonical
from psephos.opinions.frames import to_polars
from psephos.opinions.kinds import listed
from psephos.opinions.model import Opinions
from psephos.opinions.reading import read_about

PARTS = ("item", "position", "token")


@dataclass(frozen=True, eq=False)
class Fixes:
    """Fixes by column.

    Attributes
    ----------
    key : ndarray of int32, shape (n_columns,)
        The key that was said, 0 for nothing; -1 where nothing was fixed.
    surface : ndarray of int32, shape (n_columns,)
        How it was written; -1 where nothing was fixed or said.
    spoken : Spoken
        The words, with the keys and surfaces that only fixes have.
    """

    key: npt.NDArray[np.int32]
    surface: npt.NDArray[np.int32]
    spoken: Spoken

    @property
    def fixed(self) -> npt.NDArray[np.bool_]:
        """Which columns were fixed."""
        return self.key >= 0

    def taken(self, strength: Strength, columns: Columns) -> Strength:
        """The votes with the fixed keys elected; what was elected before comes behind them."""
        fixed = self.fixed
        changed = fixed & (self.key != strength.leader)
        votes = (columns.keys == self.key[:, None]).sum(axis=1, dtype=np.int32)
        return replace(
            strength,
            leader=np.where(fixed, self.key, strength.leader),
            votes=np.where(fixed, votes, strength.votes),
            runner_up=np.where(changed, strength.leader, strength.runner_up),
            runner_up_votes=np.where(changed, strength.votes, strength.runner_up_votes),
        )


def place_fixes(fixes: Any, opinions: Opinions, columns: Columns, spoken: Spoken, writing: Writing) -> Fixes:
    """Find the column of each fix.

    Parameters
    ----------
    fixes : data frame or path
        With the columns item, position and token.
    opinions, columns, spoken, writing
        What was said, and how tokens become keys.

    Raises
    ------
    InputError
        If a column is missing, there is no such clip or place, a place is fixed twice, or a token has several words.
    """
    table = _table(fixes)
    clip_of = {name: number for number, name in enumerate(opinions.vocabulary("item").gather(columns.clips))}
    keys, surfaces = list(spoken.keys), list(spoken.surfaces)
    key_of = {text: code for code, text in enumerate(keys)}
    surface_of = {text: code for code, text in enumerate(surfaces)}
    key, surface = np.full((2, len(columns)), -1, dtype=np.int32)
    for row, (item, position, token) in enumerate(table.iter_rows(), start=1):
        where = f"row {row:,}"
        clip = clip_of.get(item)
        if clip is None:
            raise InputError("fixes", f"there is no clip {item!r:.60} in the verdict", where=where)
        low, high = int(columns.bounds[clip]), int(columns.bounds[clip + 1])
        if position is None or not 1 <= position <= high - low:
            found = "none" if position is None else f"{position:,}"
            raise InputError("fixes", f"position must lie between 1 and {high - low:,}, got {found}", where=where)
        at = low + position - 1
        if key[at] >= 0:
            raise InputError("fixes", f"position {position:,} of {item!r:.60} is fixed twice", where=where)
        said = [] if token is None or token.strip() in ("", NULL) else writing.keys(token)
        if len(said) > 1:
            hint = "write each word into the column where it was said"
            raise InputError("fixes", f"{token!r:.60} is {len(said)} words and has one column", where=where, hint=hint)
        key[at] = coded(said[0], key_of, keys) if said else 0
        surface[at] = coded(token, surface_of, surfaces) if said else -1
    return Fixes(key, surface, replace(spoken, keys=keys, surfaces=surfaces))


def _table(fixes: Any) -> pl.DataFrame:
    """Item, position and token as they are compared."""
    table = read_about({"fixes": fixes})["fixes"] if isinstance(fixes, (str, Path)) else to_polars(fixes)
    missing = [part for part in PARTS if part not in table.columns]
    if missing:
        raise InputError("fixes", f"has no column {missing[0]!r} among {listed(table.columns)}")
    position = table["position"].cast(pl.Float64, strict=False)
    whole = position.is_null() | ((position == position.round()) & position.is_finite())
    if not whole.all() or (position.is_null() & table["position"].is_not_null()).any():
        raise InputError("fixes", "position must be a whole number", hint="count the columns of the clip from 1")
    texts = {name: canonical(table[name]).cast(pl.String) for name in ("item", "token")}
    return pl.DataFrame({"item": texts["item"], "position": position.cast(pl.Int64), "token": texts["token"]})
