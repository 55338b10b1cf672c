"""Which column of a table of reviews plays which part?"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from psephos.errors import InputError
from psephos.opinions.coding import canonical
from psephos.opinions.frames import renamed
from psephos.opinions.issues import Issue
from psephos.opinions.reading import foreign_names

PARTS = {
    "item": ("paper", "paper_id", "submission", "proposal", "id"),
    "reviewer": ("voter", "agent", "judge", "reviewer_id"),
    "before": ("score0", "score_before", "rating_before", "initial"),
    "after": ("score1", "score_after", "rating_after", "final"),
    "score": ("rating", "scores", "ratings"),
    "confidence": ("conf0", "confidence_before"),
    "confidence_after": ("conf1",),
    "tracing": ("tracing_score",),
    "author_time": ("rebuttal_time", "last_author_message"),
    "edit_time": ("last_edit",),
    "author_messages": ("n_author_msgs",),
    "reviewer_messages": ("n_reviewer_msgs",),
    "decision": ("accepted",),
    "group": ("year", "venue"),
}
"""Parts of a review, each with further names under which tables have it."""

PER_REVIEW = (
    "confidence",
    "confidence_after",
    "author_time",
    "edit_time",
    "author_messages",
    "reviewer_messages",
)
"""Numbers of a review; in the compact form their cells hold as many as there are reviews."""


def recognised(table: pl.DataFrame, stated: Mapping[str, str] | None, name: str) -> tuple[pl.DataFrame, list[Issue]]:
    """The table with its columns under our names; `item` and `reviewer` are texts.

    Examples
    --------
    >>> recognised(pl.DataFrame({"paper": [1], "rating": ["3;5"]}), None, "data")[0].rows(named=True)
    [{'item': '1', 'score': '3;5'}]
    """
    parts: dict[str, str] = {}
    for part, column in (stated or {}).items():
        if part not in PARTS:
            raise InputError("columns", f"must be one of {', '.join(PARTS)}, got {part!r}")
        if column not in table.columns:
            raise InputError("columns", f"there is no column {column!r}; the table has {', '.join(table.columns)}")
        parts[part] = column
    for part, names in PARTS.items():
        found = next((column for column in (part, *names) if column in table.columns), None)
        if part not in parts and found is not None and found not in parts.values():
            parts[part] = found
    if "item" not in parts:
        raise InputError("item", f"there is no column of items; the table has {', '.join(table.columns) or 'none'}")
    if ("before" in parts) != ("after" in parts):
        missing = "after" if "before" in parts else "before"
        raise InputError(missing, f"there is no column of scores {missing} the discussion")
    if "before" not in parts and "score" not in parts:
        hint = 'give columns before and after, or score with cells such as "3;5"'
        raise InputError("score", f"there is no column of scores; the table has {', '.join(table.columns)}", hint=hint)
    if "before" in parts:
        parts.pop("score", None)
    table = renamed(table, parts)
    texts = [canonical(table[part]).cast(pl.String) for part in ("item", "reviewer") if part in parts]
    return table.with_columns(texts), foreign_names(parts, name)
