"""Which scores can there be, and what where scales differ?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from psephos.errors import InputError, ScaleError, check_floats
from psephos.opinions.coding import canonical
from psephos.studies.peer_review.reviews import Floats

Scale = Sequence[float] | Mapping[str, Sequence[float]]

LEVELS = ("points", "rank")


def on_scale(table: pl.DataFrame, scale: Scale | None, levels: str) -> tuple[Floats, Floats, Floats, tuple[str, ...]]:
    """Scores on their scale, or as ranks of its levels.

    Parameters
    ----------
    table : polars.DataFrame
        Columns before and after, and group where scales are given by group.
    scale : sequence of float, mapping of group to such, or None
        Levels that a score can have; None takes those that occur, and says so.
    levels : {"points", "rank"}
        Whether scores stay as they are, or become ranks.

    Returns
    -------
    before, after : ndarray of float64, shape (n,)
    levels : ndarray of float64
    notes : tuple of str

    Raises
    ------
    ScaleError
        A score is off its scale, or scales differ and `levels` is no rank.
    InputError
        `scale`: a group without one.
    """
    before, after = (table[name].to_numpy() for name in ("before", "after"))
    if scale is None:
        scores = np.concatenate([before, after])
        found = np.unique(scores[~np.isnan(scores)])
        note = "no scale was given: its levels are the scores that occur"
        first, last = (_placed(table, side, found, levels) for side in (before, after))
        return first, last, _levels(found, levels), (note,)
    if not isinstance(scale, Mapping):
        known = _checked(scale)
        first, last = (_placed(table, side, known, levels) for side in (before, after))
        return first, last, _levels(known, levels), ()
    if "group" not in table.columns:
        raise InputError("scale", "is given by group, and the table has no column 'group'")
    scales = {str(group): _checked(values) for group, values in scale.items()}
    group = canonical(table["group"]).cast(pl.String)
    lost = sorted(set(group.unique().drop_nulls()) - set(scales))
    if lost or group.null_count():
        raise InputError("scale", f"there is no scale of group {lost[0] if lost else None!r}")
    present = {name: scales[name] for name in group.unique().sort()}
    distinct = {tuple(values) for values in present.values()}
    if len(distinct) > 1 and levels != "rank":
        hint = 'analyse them one by one, or state levels="rank"'
        raise ScaleError("scale", f"differs between groups {', '.join(present)}", hint=hint)
    sides = [np.full(table.height, np.nan), np.full(table.height, np.nan)]
    for name, values in present.items():
        rows = (group == name).to_numpy()
        part = table.filter(pl.Series(rows))
        for side, whole in zip(sides, (before, after), strict=True):
            side[rows] = _placed(part, whole[rows], values, levels)
    return sides[0], sides[1], _levels(max(present.values(), key=len), levels), ()


def _checked(scale: Sequence[float]) -> Floats:
    values = check_floats("scale", scale)
    if len(values) < 2 or (np.diff(values) <= 0).any():
        raise InputError("scale", "must be at least two levels, rising")
    return values


def _levels(values: Floats, levels: str) -> Floats:
    return values if levels == "points" else np.arange(1.0, len(values) + 1)


def _placed(table: pl.DataFrame, scores: Floats, scale: Floats, levels: str) -> Floats:
    place = np.clip(np.searchsorted(scale, scores - 1e-9), 0, len(scale) - 1)
    bad = np.flatnonzero(~np.isnan(scores) & (np.abs(scale[place] - scores) > 1e-9))
    if len(bad):
        item, reviewer = table.select("item", "reviewer").row(int(bad[0]))
        shown = ", ".join(f"{value:g}" for value in scale[:20])
        problem = f"the score {scores[bad[0]]:g} is not on the scale {shown}"
        raise ScaleError("scale", problem, where=f"item {item}, reviewer {reviewer}")
    return scores if levels == "points" else np.where(np.isnan(scores), np.nan, place + 1.0)
