"""How far do transcripts agree, clip by clip, group by group, and from easy to hard clips?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.consensus.transcripts.disagreement import CONTENT, FORMAT
from psephos.engine import Rng
from psephos.errors import InputError
from psephos.statistics import bootstrap, wilson_interval

if TYPE_CHECKING:
    from psephos.consensus.transcripts.verdict import TranscriptVerdict

QUANTILES = 5


def clip_table(verdict: TranscriptVerdict) -> pl.DataFrame:
    """One row per clip: columns, bands, high-risk mass with its interval, types of disagreement, expected errors.

    See `TranscriptVerdict.clips`, which names the columns; a share of nothing is null.
    """
    clip, n = verdict.columns.clip, len(verdict.columns.clips)

    def count(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        return np.bincount(clip, weights=mask & verdict.evaluated, minlength=n).astype(np.int64)

    evaluated, high = count(verdict.evaluated), count(verdict.band == 0)
    low_end, high_end = wilson_interval(high, np.maximum(evaluated, 1))
    content, form = count(verdict.type == CONTENT), count(verdict.type == FORMAT)
    some = evaluated > 0
    return pl.DataFrame(
        {
            "item": verdict.clip_names,
            "voters": (verdict.columns.voters >= 0).sum(axis=1),
            "columns": np.diff(verdict.columns.bounds),
            "evaluated": evaluated,
            "null_won": np.bincount(clip, weights=verdict.choice == 0, minlength=n).astype(np.int64),
            "high_risk": high,
            "middle": count(verdict.band == 1),
            "near_unanimous": count(verdict.band == 2),
            "high_risk_mass": np.where(some, high / np.maximum(evaluated, 1), np.nan),
            "low": np.where(some, low_end, np.nan),
            "high": np.where(some, high_end, np.nan),
            "content": content,
            "format": form,
            "content_fraction": np.where(content + form > 0, content / np.maximum(content + form, 1), np.nan),
            "expected_errors": np.bincount(clip, weights=1 - verdict.certainty, minlength=n),
        }
    ).with_columns(pl.col(pl.Float64).fill_nan(None))


def group_table(verdict: TranscriptVerdict, column: str, *, repeats: int, level: float, rng: Rng) -> pl.DataFrame:
    """One row per group of clips; see `TranscriptVerdict.groups`.

    Parameters
    ----------
    verdict : TranscriptVerdict
    column : str
        Column of the table about items that names the groups.
    repeats, level, rng
        Of the bootstrap, which draws clips.

    Returns
    -------
    polars.DataFrame
        group, clips, evaluated, high_risk, high_risk_mass, low, high; ends are null for a group of one clip.

    Raises
    ------
    InputError
        `column`: the table about items has none of this name.
    """
    group = verdict.opinions.about.column("items", column, verdict.clip_names)
    if group is None:
        raise InputError("column", f"the table about items has no column {column!r}")
    rows = []
    clips = verdict.clips.with_columns(group.cast(pl.String).alias("group"))
    for (name,), part in clips.group_by("group", maintain_order=True):
        evaluated, high = part["evaluated"].to_numpy(), part["high_risk"].to_numpy()
        mass = high.sum() / evaluated.sum() if evaluated.sum() else None
        ends: tuple[float | None, float | None] = (None, None)
        if part.height > 1 and mass is not None:
            drawn = bootstrap(
                lambda w, high=high, total=evaluated: (
                    (w @ high)  # type: ignore[misc]
                    / np.where(w @ total > 0, w @ total, np.nan)
                ),
                part.height,
                repeats=repeats,
                level=level,
                method="percentile",
                rng=rng,
            )
            ends = float(drawn.low), float(drawn.high)
        rows.append((name, part.height, int(evaluated.sum()), int(high.sum()), mass, *ends))
    names = ("group", "clips", "evaluated", "high_risk", "high_risk_mass", "low", "high")
    kinds = (pl.String, *[pl.Int64] * 3, *[pl.Float64] * 3)
    return pl.DataFrame(rows, schema=dict(zip(names, kinds, strict=True)), orient="row")


def quintile_table(clips: pl.DataFrame) -> pl.DataFrame:
    """See `TranscriptVerdict.quintiles`."""
    ranked = clips.filter(pl.col("evaluated") > 0).sort("high_risk_mass", "item")
    sizes = [len(part) for part in np.array_split(np.arange(ranked.height), QUANTILES)]
    quintile = pl.Series("quintile", np.repeat(np.arange(1, QUANTILES + 1), sizes))
    pooled = ranked.with_columns(quintile).group_by("quintile", maintain_order=True)
    return pooled.agg(
        pl.len().alias("clips"), pl.col("evaluated", "high_risk", "content", "format").sum()
    ).with_columns(
        (pl.col("high_risk") / pl.col("evaluated")).alias("high_risk_mass"),
        (pl.col("content") / (pl.col("content") + pl.col("format"))).fill_nan(None).alias("content_fraction"),
    )
