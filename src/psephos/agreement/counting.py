"""How many votes has each level on each item, with equal items made one?

A million items that two voters judge on three levels have nine kinds of counts at most; everything after works on the
kinds. Votes are counted per part of the data, in this process, in several or on a cluster, and the kinds of all parts
are brought together in an order that depends on what they hold, so that the counts are the same however the data were
cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from psephos.agreement.coefficient import Counts, check_voters
from psephos.agreement.ratings import Levels, Ratings, Votes, check_order, has_choices, level_of_choices, ratings_of
from psephos.engine import Engine, map_shards
from psephos.errors import InputError
from psephos.opinions.issues import Issues
from psephos.opinions.model import Opinions
from psephos.opinions.sharding import Shards
from psephos.opinions.tallies import Tally, tally
from psephos.opinions.vote_splits import row_kinds


@dataclass(frozen=True, eq=False)
class Counted:
    """Counts with the levels that their columns stand for.

    Attributes
    ----------
    row : ndarray of int64, shape (n_items,), or None
        Row of each item, -1 where nobody voted; None if the items were counted in parts.
    issues : Issues
        What was found while parts were read.
    """

    counts: Counts
    levels: Levels
    n_voters: int
    row: npt.NDArray[np.int64] | None = None
    issues: Issues = field(default_factory=Issues)
    items: pl.Series | None = None

    @property
    def paired_levels(self) -> Levels:
        """The levels for a coefficient of pairs of votes, which a level that only lone votes have must not touch."""
        return self.levels.on_scale(np.asarray(self.counts.pairable.votes.sum(axis=0)) > 0)


def counted_of(
    votes: Votes | Ratings | Shards, *, order: Sequence[str] | None = None, engine: int | str | Engine = 1
) -> Counted:
    """Count the votes of each item, with equal items made one.

    Raises
    ------
    InputError
        If there are fewer than two voters, or the votes are none.
    """
    if isinstance(votes, Shards) or (isinstance(votes, Opinions) and engine != 1 and has_choices(votes)):
        return _in_parts(votes, order, engine)
    ratings = ratings_of(votes, order)
    check_voters(ratings.n_voters)
    counted = tally(ratings.item, ratings.level, ratings.n_items, max(1, len(ratings.levels)))
    first, which = row_kinds(counted)
    table = _table(counted, len(ratings.levels))[first]
    filled = np.asarray(table.sum(axis=1)) > 0
    place = np.where(filled, np.cumsum(filled) - 1, -1)
    copies = np.bincount(which, minlength=len(first))[filled]
    return Counted(Counts(table[filled], copies), ratings.levels, ratings.n_voters, place[which])


def counts_of(votes: Votes) -> Counts:
    """Counts of the items on which at least two voters said something.

    Items with fewer votes cannot agree or differ, and rows of equal counts are one row with a number of copies.
    """
    return counted_of(votes).counts.pairable


def _in_parts(votes: Opinions | Shards, order: Sequence[str] | None, engine: int | str | Engine) -> Counted:
    if not {"item", "voter"} <= set(votes.coded if isinstance(votes, Opinions) else ("item", "voter")):
        raise InputError(
            "votes",
            f"{votes.kind} have no choices that voters could share",
            hint="scores are compared by intraclass_correlation, rankings by kendall_w",
        )
    check_voters(votes.size("voter"))
    parts = list(
        map_shards(_count_part, votes.parts(engine), shared={"opinions": votes}, engine=engine, label="counting votes")
    )
    lengths = np.concatenate([part["lengths"] for part in parts])
    choice, counts = (np.concatenate([part[name] for part in parts]) for name in ("choice", "votes"))
    used, level = np.unique(choice, return_inverse=True)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    whole = Tally(starts, level.astype(np.int32), counts, counts.astype(np.float64), counts.astype(np.float64), level)
    first, which = row_kinds(whole)
    copies = np.bincount(which, weights=np.concatenate([part["copies"] for part in parts]), minlength=len(first))
    levels = level_of_choices(votes.vocabulary(votes.value).gather(used), order)
    check_order(levels)
    table = _table(whole, len(used))[first]
    issues = sum((part["issues"] for part in parts), Issues())
    items = pl.concat([part["items"] for part in parts])
    return Counted(Counts(table, copies.astype(np.int64)), levels, votes.size("voter"), issues=issues, items=items)


def _count_part(part: Any, *, opinions: Opinions | Shards) -> dict[str, Any]:
    """The kinds of counts in one part of the data, which holds all votes on its items."""
    votes, _ = opinions.load(part)
    n_items, n_choices = votes.size("item"), max(1, votes.size(votes.value))
    counted = tally(votes.codes("item"), votes.codes(votes.value), n_items, n_choices)
    first, which = row_kinds(counted)
    length = np.diff(counted.starts)
    kept = np.flatnonzero(length[first] > 0)
    lengths = length[first[kept]]
    at = np.repeat(counted.starts[first[kept]] - (np.cumsum(lengths) - lengths), lengths) + np.arange(lengths.sum())
    return {
        "lengths": lengths,
        "choice": counted.choice[at],
        "votes": counted.votes[at],
        "copies": np.bincount(which, minlength=len(first))[kept],
        "issues": votes.issues,
        "items": votes.vocabulary("item") if isinstance(opinions, Shards) else votes.vocabulary("item").head(0),
    }


def _table(counted: Tally, n_levels: int) -> sparse.csr_array:
    shape = (len(counted.starts) - 1, n_levels)
    return sparse.csr_array((counted.votes.astype(np.float64), counted.choice, counted.starts), shape=shape)
