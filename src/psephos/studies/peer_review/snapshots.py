"""Two snapshots of the same reviews on different days, joined by position.

A snapshot is wide: a row per item, a column per place of a review. An item with as many scores in both is joined score
by score; any other is set aside and named, for nobody can say which score became which.

Source: sheet 36 (ours).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from psephos.errors import InputError
from psephos.opinions.coding import canonical
from psephos.opinions.frames import to_polars
from psephos.opinions.issues import SET_ASIDE, Issue, Issues
from psephos.opinions.model import Source
from psephos.studies.peer_review.building import reviews
from psephos.studies.peer_review.names import PARTS
from psephos.studies.peer_review.reviews import Reviews
from psephos.studies.peer_review.scales import Scale


def from_snapshots(
    before: object,
    after: object,
    *,
    scale: Scale | None = None,
    levels: str = "points",
    columns: Mapping[str, str] | None = None,
    source: Source | None = None,
) -> Reviews:
    """Reviews from two wide tables: item, then a score per column.

    Parameters
    ----------
    before, after : data frame
        The earlier and the later snapshot. A column ``decision`` or ``group`` of either is about the item; every other
        column but the item is a place of a review, empty cells are none.
    scale, levels
        As of `reviews`.
    columns : mapping of str to str, optional
        Which column is the ``item``, ``decision`` or ``group``.
    source : Source, optional
        What was read.

    Returns
    -------
    Reviews
        Items that are in one snapshot only, or have another number of reviews in the other, are in `issues`.

    Raises
    ------
    InputError
        If an item has two rows in a snapshot, there is no column of items, or no item can be joined.

    Examples
    --------
    >>> first = pl.DataFrame({"item": ["A", "B"], "r1": [3, 5], "r2": [6, 6]})
    >>> last = pl.DataFrame({"item": ["B", "A"], "r1": [5, 5], "r2": [6, 6], "r3": [None, 4]})
    >>> joined = from_snapshots(first, last)
    >>> print(joined, "-", joined.issues)
    2 reviews of 1 items, 2 with both scores - 1 set aside: another number of reviews later, such as 'A' (after, row 2)
    """
    sides, about, rows = [], [], []
    for name, frame in (("before", before), ("after", after)):
        scores, facts, at = _long(to_polars(frame), columns or {}, name)
        sides.append(scores)
        about.append(facts)
        rows.append(at)
    first, last = (side.group_by("item").agg("score") for side in sides)
    both = first.join(last, on="item", how="full", coalesce=True, suffix="_after")
    sizes = pl.col("score").list.len().fill_null(0), pl.col("score_after").list.len().fill_null(0)
    faults = {
        "only in the later snapshot": pl.col("score").is_null(),
        "only in the earlier snapshot": pl.col("score_after").is_null(),
        "another number of reviews later": sizes[0] != sizes[1],
    }
    issues = []
    for reason, fault in faults.items():
        lost = both.filter(fault)["item"].sort()
        both = both.filter(~fault)
        if len(lost):
            earlier = reason == "only in the earlier snapshot"
            places = np.sort([rows[not earlier][item] for item in lost])
            issues.append(Issue(reason, SET_ASIDE, "before" if earlier else "after", places, lost[0]))
    if not both.height:
        raise InputError("after", "has no item in common with the earlier snapshot with as many reviews")
    long = both.sort("item").select("item", before="score", after="score_after").explode("before", "after")
    for facts in about:
        new = facts.select("item", *(c for c in facts.columns if c not in long.columns))
        long = long.join(new, on="item", how="left", maintain_order="left")
    found = reviews(long, scale=scale, levels=levels, tracing=None, name="snapshots", source=source)
    note = "reviews are joined by their position in the snapshots"
    return replace(found, issues=Issues(tuple(issues)) + found.issues, notes=(*found.notes, note))


def _long(
    table: pl.DataFrame, stated: Mapping[str, str], name: str
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, int]]:
    """Scores of a snapshot, a row each; what it says of the items; the row of each item."""
    parts: dict[str, str] = {}
    for part in ("item", "decision", "group"):
        known = (stated.get(part, part), part, *PARTS[part])
        found = next((column for column in known if column in table.columns), None)
        if found is not None:
            parts[part] = found
    if "item" not in parts:
        raise InputError(name, f"there is no column of items; the table has {', '.join(table.columns)}")
    table = table.rename({column: part for part, column in parts.items()})
    table = table.with_columns(canonical(table["item"]).cast(pl.String)).drop_nulls("item")
    twice = table["item"].filter(table["item"].is_duplicated())
    if len(twice):
        raise InputError(name, "has two rows of one item", where=f"item {twice[0]}")
    places = [column for column in table.columns if column not in parts]
    if not places:
        raise InputError(name, "has no column of scores beside the item")
    texts = table.select("item", *(canonical(table[column]).cast(pl.String).alias(column) for column in places))
    long = texts.with_row_index("\0row").unpivot(on=places, index=["\0row", "item"], value_name="score")
    long = long.filter(pl.col("score").str.strip_chars().fill_null("") != "").sort("\0row", maintain_order=True)
    at = {item: row for row, item in enumerate(table["item"], start=1)}
    return long.select("item", "score"), table.select(*parts), at
