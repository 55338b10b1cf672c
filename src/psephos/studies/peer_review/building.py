"""How do tables of reviews become `Reviews`, with every odd row named?

A table is long, a row per review with a score before and after (or one cell "3;5" for both), or compact, a row per item
whose cell holds the reviews: "3;5 6 8" or a list. One number alone is unchanged; an empty part says that the review
appeared (";6") or vanished ("5;").

Source: sheet 36 (the data format of the authors of arXiv 2511.15462). Differs: every field may hold "a;b"; the columns
are known by our names and by those of the sheet; rows whose tracing score is above the limit are set aside and counted.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import DuplicateReviewError, InputError, check_choice
from psephos.opinions.coding import canonical
from psephos.opinions.frames import to_polars
from psephos.opinions.issues import NOTED, SET_ASIDE, Issue, Issues
from psephos.opinions.model import Source
from psephos.studies.peer_review.cells import exploded, number_pairs
from psephos.studies.peer_review.names import PER_REVIEW, recognised
from psephos.studies.peer_review.reviews import Floats, Reviews
from psephos.studies.peer_review.scales import LEVELS, Scale, on_scale

YES = ("accept", "oral", "poster", "spotlight")
NO = ("reject", "withdraw", "desk")
"""How decisions begin, as in "accepted (oral)" and "desk rejected"."""

EXACTLY = {"true": 1.0, "yes": 1.0, "1": 1.0, "false": 0.0, "no": 0.0, "0": 0.0}
"""Words that are a decision alone only: "no decision" is none, and 0.7 is a share."""


def reviews(
    frame: object,
    *,
    scale: Scale | None = None,
    levels: str = "points",
    tracing: float | None = 1,
    columns: Mapping[str, str] | None = None,
    name: str = "data",
    source: Source | None = None,
) -> Reviews:
    """Reviews from any data frame, long or compact.

    Parameters
    ----------
    frame : data frame
        Anything that narwhals or the Arrow PyCapsule interface understands. Columns: item; reviewer; before and after
        (or score with cells such as "3;5"); optional confidence, tracing, author_time, edit_time, author_messages,
        reviewer_messages, decision, group; all others are kept as they are.
    scale : sequence of float, or mapping of group to sequence, optional
        The levels that a score can have. Those that occur if not given.
    levels : {"points", "rank"}, default "points"
        ``"rank"`` replaces scores by their place on the scale of their group, counted from 1: the only way to pool
        groups whose scales differ.
    tracing : float or None, default 1
        Reviews with a tracing score above this are set aside; None keeps all.
    columns : mapping of str to str, optional
        Part to column name, such as ``{"before": "initial rating"}``.
    name : str, default "data"
        What complaints call the table.
    source : Source, optional
        What was read.

    Returns
    -------
    Reviews
        Ready for every function of the study.

    Raises
    ------
    ScaleError
        If a score is not a level of the scale, or scales differ and `levels` is not ``"rank"``.
    ParseError
        If a cell is neither a number nor "a;b".
    DuplicateReviewError
        If a reviewer has two reviews of an item.
    InputError
        If a column is missing, or no review is left.

    See Also
    --------
    psephos.studies.peer_review.read : the same from a file.

    Examples
    --------
    >>> reviews({"item": ["A", "B"], "score": ["3;5 6 8", "5;6 5;6 6"]})
    Traceback (most recent call last):
        ...
    psephos.errors.InputError: frame: must be a data frame, got dict
    >>> reviews(pl.DataFrame({"item": ["A", "B"], "score": ["3;5 6 8", "5;6 5;6 6"]}))
    6 reviews of 2 items, 6 with both scores
    """
    check_choice("levels", levels, LEVELS)
    table, issues = recognised(to_polars(frame), columns, name)
    table = table.with_row_index("\0row", offset=1)
    if "reviewer" not in table.columns and "before" not in table.columns:
        table = exploded(table)
    table = _with_scores(table)
    table, more = _set_aside(table, tracing, name)
    issues += more
    if not table.height:
        raise InputError(name, "holds no review with a score")
    table, numbered = _with_reviewers(table)
    table = table.sort("item", "reviewer", maintain_order=True)
    _refuse_duplicates(table)
    before, after, places, notes = on_scale(table, scale, levels)
    items = table["item"].unique(maintain_order=True)
    item = table["item"].rle_id().to_numpy().astype(np.int64)
    notes += _notes(table, numbered, tracing)
    further = table.drop("\0row", "item", "reviewer", "before", "after", "decision", "tracing", strict=False)
    for column in (c for c in PER_REVIEW if c in further.columns):
        further = _as_numbers(table.select("item").hstack(further), column).drop("item")
    return Reviews(
        items=items.alias("item"),
        item=item,
        reviewers=table["reviewer"],
        before=before,
        after=after,
        scale=places,
        columns=further,
        decision=_decisions(table, item, len(items)),
        issues=Issues(tuple(issues)).merged(),
        notes=notes,
        source=source or Source((name,)),
    )


def _with_scores(table: pl.DataFrame) -> pl.DataFrame:
    if "before" in table.columns:
        first = number_pairs(table, "before")[0]
        return table.with_columns(pl.Series("before", first), pl.Series("after", number_pairs(table, "after")[1]))
    first, second = number_pairs(table, "score")
    return table.drop("score").with_columns(pl.Series("before", first), pl.Series("after", second))


def _set_aside(table: pl.DataFrame, tracing: float | None, name: str) -> tuple[pl.DataFrame, list[Issue]]:
    """Rows that can take part, and a word on the others."""
    if "tracing" in table.columns:
        table = _as_numbers(table, "tracing")
    reasons = {
        "no item": pl.col("item").is_null(),
        "no score": pl.col("before").is_nan() & pl.col("after").is_nan(),
    }
    if tracing is not None and "tracing" in table.columns:
        reasons[f"tracing above {tracing}: check by hand"] = (pl.col("tracing") > tracing).fill_null(False)
    issues = []
    for reason, fault in reasons.items():
        rows = table.filter(fault)["\0row"].to_numpy().astype(np.int64)
        if len(rows):
            issues.append(Issue(reason, SET_ASIDE, name, rows))
            table = table.filter(~fault)
    for part, side in (("appeared", "before"), ("vanished", "after")):
        rows = table.filter(pl.col(side).is_nan())["\0row"].to_numpy().astype(np.int64)
        if len(rows):
            issues.append(Issue(f"a review {part}: it counts in means, not as a change", NOTED, name, rows))
    return table, issues


def _with_reviewers(table: pl.DataFrame) -> tuple[pl.DataFrame, bool]:
    if "reviewer" in table.columns and not table["reviewer"].null_count():
        return table, False
    if "reviewer" in table.columns:
        row = table.filter(pl.col("reviewer").is_null())["\0row"][0]
        raise InputError(
            "reviewer", "is missing", where=f"row {row}", hint="name each reviewer, or leave the column out"
        )
    return table.with_columns(pl.int_range(pl.len()).over("item").add(1).cast(pl.String).alias("reviewer")), True


def _refuse_duplicates(table: pl.DataFrame) -> None:
    twice = table.filter(pl.struct("item", "reviewer").is_duplicated())
    if twice.height:
        item, reviewer = twice.select("item", "reviewer").row(0)
        rows = ", ".join(map(str, twice.filter(item=item, reviewer=reviewer)["\0row"].sort().to_list()))
        where = f"item {item}, reviewer {reviewer}, rows {rows}"
        raise DuplicateReviewError("reviewer", "has two reviews of one item", where=where)


def _decisions(table: pl.DataFrame, item: npt.NDArray[np.int64], n_items: int) -> Floats:
    decided = np.full(n_items, np.nan)
    if "decision" not in table.columns:
        return decided
    said = canonical(table["decision"]).cast(pl.String).str.strip_chars().str.to_lowercase()
    meaning: dict[str, float] = {}
    for text in said.unique().drop_nulls().sort():
        if text not in EXACTLY and not text.startswith((*YES, *NO)):
            hint = "leave the cell empty where nothing is decided"
            problem = f"must be accept or reject (true or false, 1 or 0), got {text!r:.60}"
            raise InputError("decision", problem, hint=hint)
        meaning[text] = EXACTLY.get(text, 1.0 if text.startswith(YES) else 0.0)
    values = said.replace_strict(meaning, default=None, return_dtype=pl.Float64) if meaning else said.cast(pl.Float64)
    known = values.is_not_null().to_numpy()
    accepted = values.fill_null(0).to_numpy()
    number = np.bincount(item[known], minlength=n_items)
    sums = np.bincount(item[known], weights=accepted[known], minlength=n_items)
    split = np.flatnonzero((sums > 0) & (sums < number))
    if len(split):
        where = f"item {table['item'][int(np.argmax(item == split[0]))]}"
        raise InputError("decision", "differs between reviews of one item", where=where)
    decided[number > 0] = (sums > 0)[number > 0]
    return decided


def _as_numbers(table: pl.DataFrame, column: str) -> pl.DataFrame:
    """A column as numbers, and what it became beside it where cells hold "a;b"."""
    if column.endswith("_time") and table[column].dtype == pl.String:
        table = _with_times(table, column)
    first, second = number_pairs(table, column)
    parts = [pl.Series(column, first)]
    if not np.array_equal(first, second, equal_nan=True):
        parts.append(pl.Series(f"{column}_after", second))
    return table.with_columns(part.fill_nan(None) for part in parts)


def _with_times(table: pl.DataFrame, column: str) -> pl.DataFrame:
    """Texts as times where they are dates, such as 2024-11-20 or 2024-11-20T10:00; other texts stay."""
    texts = table[column].str.strip_chars()
    for form in ("%Y-%m-%dT%H:%M:%S%.fZ", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"):
        times = texts.str.to_datetime(form, strict=False, time_unit="us", time_zone=None)
        if times.null_count() == texts.null_count():
            return table.with_columns(times)
    days = texts.str.to_date("%Y-%m-%d", strict=False)
    return table.with_columns(days) if days.null_count() == texts.null_count() else table


def _notes(table: pl.DataFrame, numbered: bool, tracing: float | None) -> tuple[str, ...]:
    notes = []
    if numbered:
        notes.append("reviewers have no names: they are numbered within each item")
    if tracing is not None and "tracing" not in table.columns:
        notes.append("there is no tracing score: no review was set aside for it")
    return tuple(notes)
