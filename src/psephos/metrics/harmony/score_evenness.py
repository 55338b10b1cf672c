r"""Is the average of a benchmark carried by a few of its subdomains?

With group i holding the share w_i of the items, acc_i its mean score and mu = sum_i w_i acc_i the overall mean,

    p_i = w_i K_i / sum_j w_j K_j,      K_i = exp(-((acc_i - mu) / h)^2 / 2),      H = -sum_i p_i ln p_i / ln k

is the harmony of a model, 1 if groups are alike in size and score. It falls if sizes are unequal (H at h = infinity is
`size_evenness`) and if groups lie far from the mean. It is not monotone in the gap: two equal groups at .8 and .4 lie
equally far from their mean and have H = 1. So it never stands alone here: beside it are the weighted standard deviation
of acc_i, the worst group, the share of variance between groups, and U = 1 - sd / sqrt(mu (1 - mu)), which is monotone.

Small groups look uneven by luck. The band says what H would be if all groups were truly alike: acc_i ~ Bin(n_i,
mu) / n_i around its own mean. H divided by the median of the band, cut at 1, is `adjusted`; p is the share of the band
at or below H.

Source: Uzunoglu, Li and Khashabi (2025), arXiv 2509.25671. Differs: how kernel and sizes combine is reconstructed, the
bandwidth .1 is ours; the band, U and what drives the mean are ours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine.streams import Rng, seed_of, spawn
from psephos.errors import InputError, check_count, check_floats, check_number
from psephos.metrics.harmony.group_scores import (
    bandwidth,
    check_unit,
    flips_of,
    groups_of,
    measures,
    notes_on,
    null_band,
    parts_of,
    resampled,
)
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result, json_ready
from psephos.opinions.wording import plural

SHOWN = 8


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Harmony(Result):
    """How evenly the scores of models spread over the groups of a benchmark.

    Attributes
    ----------
    models : polars.DataFrame
        One row per model; see `table`.
    groups : polars.DataFrame
        One row per model and group: model, group, items, share, score, p (its part in H), mean_without (the overall
        mean without the group), change.
    flips : polars.DataFrame
        group, left, right: pairs of models whose order turns if the group is left out.
    h : float
        Bandwidth of the kernel.
    mean, variance : float
        Of H over models; the variance of one model is NaN.
    """

    models: pl.DataFrame
    groups: pl.DataFrame
    flips: pl.DataFrame
    h: float
    mean: float
    variance: float

    def table(self) -> pl.DataFrame:
        """One row per model.

        model, harmony (with low and high), null_low and null_median (5 % and 50 % of H if groups were truly alike), p,
        adjusted, mean, balanced (mean of groups; with low and high), worst (lowest group score), worst_group, range,
        sd, evenness (U), size_evenness, share_harmony, between (share of variance between groups), dominating (the
        group with the largest p), rank, balanced_rank, harmony_05, harmony_10, harmony_20 (at other bandwidths), note.
        """
        return self.models

    def summary(self) -> list[tuple[str, str]]:
        """Models, the harmony of the benchmark, and what drives the mean."""
        spread = "" if math.isnan(self.variance) else f", variance {self.variance:.4g}"
        models = plural(self.models.height, "model")
        lines = [("harmony", f"mean {self.mean:.3f}{spread} over {models}, bandwidth {self.h:g}")]
        for row in self.models.head(SHOWN).iter_rows(named=True):
            if row["harmony"] is None:
                lines.append((row["model"], f"undefined: {row['note']}"))
                continue
            band = (
                "as luck allows"
                if row["p"] is None or row["p"] > 0.05
                else f"less than luck explains, p = {row['p']:.3g}"
            )
            worst = f"worst {row['worst_group']} {row['worst']:.3f}"
            lines.append((row["model"], f"H {row['harmony']:.3f} ({band}); mean {row['mean']:.3f}, {worst}"))
        if self.models.height > SHOWN:
            lines.append(("more", f"{self.models.height - SHOWN:,} further models"))
        if self.flips.height:
            lines.append(
                ("orders that turn", f"{self.flips.height:,} without one group, {self.flips['group'][0]} first")
            )
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        more: dict[str, Any] = json_ready(
            {
                "h": self.h,
                "mean": self.mean,
                "variance": self.variance,
                "groups": self.groups.to_dicts(),
                "flips": self.flips.to_dicts(),
            }
        )
        return super().to_dict() | more


def harmony(
    correct: npt.ArrayLike,
    groups: Sequence[object],
    *,
    models: Sequence[str] | None = None,
    h: float = 0.1,
    declared: Sequence[str] | None = None,
    repeats: int = 2000,
    level: float = 0.95,
    rng: Rng = 0,
) -> Harmony:
    """Say how evenly the scores of models spread over the groups of a benchmark.

    Parameters
    ----------
    correct : array_like of float, shape (n_models, n_items) or (n_items,)
        Scores between 0 and 1; NaN where a model did not run an item.
    groups : sequence, shape (n_items,)
        Group of each item.
    models : sequence of str, optional
        Names; numbers if not given.
    h : float, default 0.1
        Bandwidth.
    declared : sequence of str, optional
        Groups that should be there; those without items are dropped and said.
    repeats : int, default 2000
        Draws of the band and resamples of the items within groups; 0 for neither.
    level : float, default 0.95
        Coverage of the intervals.
    rng : int, Generator or None, default 0
        Source of the random numbers.

    Returns
    -------
    Harmony
        Harmony of each model with the band of chance, and the groups behind it.

    Raises
    ------
    InputError
        If there are fewer than two groups, an item has none, or a score lies outside 0 to 1.

    See Also
    --------
    harmony_plane : several benchmarks.

    Examples
    --------
    >>> found = harmony([[1, 1, 0, 1, 0, 0, 1, 0] * 10], ["easy", "easy", "easy", "easy", "hard"] * 16)
    >>> found.table()["mean"].to_list(), found.table()["size_evenness"].round(3).to_list()
    ([0.5], [0.722])
    """
    table = check_floats("correct", correct, ndim=min(max(np.ndim(correct), 1), 2), missing=True)
    table = np.atleast_2d(table)
    check_unit("correct", table)
    if not len(table):
        raise InputError("correct", "holds no model", hint="give a row of scores per model")
    labels, codes = groups_of(groups, table.shape[1])
    names = [f"model {place + 1}" for place in range(len(table))] if models is None else [str(one) for one in models]
    if len(names) != len(table) or len(set(names)) < len(names):
        raise InputError("models", f"must be one name of its own for each of {len(table)} models, got {len(names)}")
    width = bandwidth(h)
    check_number("level", level, low=0, high=1, open_ends=True)
    check_count("repeats", repeats, low=0)
    seed = seed_of(rng)
    k = len(labels)
    run = ~np.isnan(table)
    members = np.zeros((table.shape[1], k))
    members[np.arange(table.shape[1]), codes] = 1.0
    counts, sums = run @ members, np.nan_to_num(table) @ members
    squares = np.nan_to_num(table) ** 2 @ members
    notes = notes_on(labels, counts, declared)
    streams = spawn(seed, len(table))
    rows: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    for place, name in enumerate(names):
        n = counts[place]
        empty = [labels[group] for group in np.flatnonzero(n == 0)]
        scores = np.divide(sums[place], n, out=np.full(k, np.nan), where=n > 0)
        if empty:
            rows.append({"model": name, "note": f"no item of {', '.join(empty[:3])} was run"})
        else:
            rows.append({"model": name, "note": ""} | measures(n, scores, sums[place], squares[place], width, labels))
            if repeats:
                own = [table[place, run[place] & (codes == group)] for group in range(k)]
                rows[-1] |= null_band(
                    n, float(rows[-1]["mean"]), float(rows[-1]["harmony"]), width, repeats, streams[place]
                )
                rows[-1] |= resampled(own, n, width, repeats, level, streams[place])
            rows[-1]["rank"] = rows[-1]["balanced_rank"] = 0
        parts += parts_of(name, labels, n, scores, width)
    frame = pl.DataFrame(rows, infer_schema_length=None)
    if "harmony" not in frame.columns:
        raise InputError("correct", f"no model ran an item of every group: {rows[0]['note']}")
    frame = frame.with_columns(
        # Equal means of unlike groups may differ in the last bit.
        pl.col("mean").round(12).rank("min", descending=True).cast(pl.Int64).alias("rank"),
        pl.col("balanced").round(12).rank("min", descending=True).cast(pl.Int64).alias("balanced_rank"),
    )
    values = frame["harmony"].drop_nulls().to_numpy()
    stated = {"h": width, "repeats": repeats, "level": level}
    group_table = pl.DataFrame(parts)
    return Harmony(
        models=frame.select(pl.exclude("note"), "note"),
        groups=group_table,
        flips=flips_of(group_table, frame),
        h=width,
        mean=float(values.mean()),
        variance=float(values.var()) if len(values) > 1 else math.nan,
        provenance=Provenance("harmony", stated, Source(), seed=seed if repeats else None, notes=notes),
    )
