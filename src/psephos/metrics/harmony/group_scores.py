"""What the sizes and mean scores of groups say: the parts of `psephos.metrics.harmony`, on arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import special

from psephos.errors import InputError, check_number
from psephos.opinions.wording import first_of, plural
from psephos.statistics import percentile_interval

Floats = npt.NDArray[np.float64]
SWEEP = (0.05, 0.1, 0.2)
SMALL = 10
"""Items below which a group is called small."""


def check_unit(name: str, values: Floats) -> None:
    """Refuse what lies outside 0 to 1."""
    bad = (values < 0) | (values > 1)
    if bad.any():
        index = np.unravel_index(int(np.argmax(bad)), values.shape)
        where = f"index {', '.join(map(str, index))}"
        raise InputError(name, f"must lie between 0 and 1, got {values[index]:g}", where=where)


def bandwidth(h: float) -> float:
    """Return a bandwidth, which may be infinite."""
    if isinstance(h, (int, float)) and not isinstance(h, bool) and h == math.inf:
        return math.inf
    return check_number("h", h, low=0, open_ends=True)


def groups_of(groups: Sequence[object], n_items: int) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Groups of items as codes.

    Parameters
    ----------
    groups : sequence
        One group for each item; anything with a text.
    n_items : int
        Items.

    Returns
    -------
    labels : list of str
        Sorted.
    codes : ndarray of int64, shape (n_items,)

    Raises
    ------
    InputError
        `groups`: of another length, an item without a group, or a single group.
    """
    listed = list(groups)
    if len(listed) != n_items:
        raise InputError("groups", f"must have one group for each of {n_items:,} items, got {len(listed):,}")
    # pandas' NA is neither equal nor unequal to anything.
    missing = [
        str(place)
        for place, one in enumerate(listed)
        if one is None or type(one).__name__ == "NAType" or one == "" or one != one
    ]
    if missing:
        raise InputError(
            "groups",
            f"{plural(len(missing), 'item has', 'items have')} no group",
            where=f"items {first_of(missing)}",
            hint="give them one, or leave these items out",
        )
    labels, codes = np.unique([str(one) for one in listed], return_inverse=True)
    if len(labels) < 2:
        raise InputError("groups", "harmony needs at least two groups", hint="give finer groups, or discover_groups")
    return labels.tolist(), codes.astype(np.int64)


def notes_on(labels: list[str], counts: Floats, declared: Sequence[str] | None) -> tuple[str, ...]:
    """What is to be said of the sizes of groups.

    Parameters
    ----------
    labels : list of str
        Groups with items.
    counts : ndarray of float64, shape (n_models, n_groups)
        Items of each group.
    declared : sequence of str or None
        Groups that were announced: those without an item are named.
    """
    notes = [f"group {one!r} has no item and was dropped" for one in declared or () if str(one) not in labels]
    small = [label for label, n in zip(labels, counts.max(axis=0), strict=True) if n < SMALL]
    if small:
        notes.append(f"fewer than {SMALL} items: {', '.join(small[:5])}; read H by its band")
    return tuple(notes)


def index_of(n: Floats, scores: Floats, h: float) -> tuple[Floats, Floats]:
    """H of each row of scores.

    Parameters
    ----------
    n : ndarray of float64, shape (n_groups,)
        Items of each group.
    scores : ndarray of float64, shape (k, n_groups)
        Mean scores of the groups; each row is a model or a resample.
    h : float
        Width: how far from the mean a group may lie and still count; infinity makes H the evenness of sizes.

    Returns
    -------
    harmony : ndarray of float64, shape (k,)
        0 to 1; NaN where a score is.
    parts : ndarray of float64, shape (k, n_groups)
        Share p of each group.
    """
    log_w = np.log(n / n.sum())
    centre = scores @ (n / n.sum())
    log_p = log_w - ((scores - centre[:, None]) / h) ** 2 / 2
    log_p = log_p - special.logsumexp(log_p, axis=1, keepdims=True)
    p = np.exp(log_p)
    inside = np.sum(np.where(p > 0, p * log_p, np.where(np.isnan(p), np.nan, 0.0)), axis=1)
    return np.asarray(np.clip(-inside / math.log(len(n)), 0.0, 1.0)), p


def measures(n: Floats, scores: Floats, sums: Floats, squares: Floats, h: float, labels: list[str]) -> dict[str, Any]:
    """What is said of a model.

    Parameters
    ----------
    n, scores, sums, squares : ndarray of float64, shape (n_groups,)
        Items of each group, their mean score, sum of scores and sum of squares.
    h : float
        Width of the index.
    labels : list of str
        Names of the groups.

    Returns
    -------
    dict
        Column to value: harmony, mean, balanced (mean of groups), worst with worst_group, range, sd, evenness,
        size_evenness, share_harmony, between (share of variance between groups), dominating, harmony_WIDTH for each
        width of `SWEEP`; None where undefined.
    """
    w, k, total = n / n.sum(), len(n), float(n.sum())
    mu = float(w @ scores)
    value, p = index_of(n, scores[None], h)
    sd = math.sqrt(float(w @ (scores - mu) ** 2))
    part = sums / sums.sum() if sums.sum() > 0 else None
    n0 = (total - float(n @ n) / total) / (k - 1)
    between = float(n @ (scores - mu) ** 2) / (k - 1)
    within = max(float((squares - n * scores**2).sum()), 0.0) / (total - k) if total > k else math.nan
    below = between + (n0 - 1) * within
    worst = int(np.argmin(scores))
    sweep = {f"harmony_{round(100 * one):02d}": float(index_of(n, scores[None], one)[0][0]) for one in SWEEP}
    return {
        "harmony": float(value[0]),
        "mean": mu,
        "balanced": float(scores.mean()),
        "worst": float(scores[worst]),
        "worst_group": labels[worst],
        "range": float(np.ptp(scores)),
        "sd": sd,
        "evenness": 1 - sd / math.sqrt(mu * (1 - mu)) if 0 < mu < 1 else 1.0,
        "size_evenness": float(index_of(n, scores[None], math.inf)[0][0]),
        "share_harmony": None if part is None else float(-special.xlogy(part, part).sum() / math.log(k)),
        "between": max(0.0, (between - within) / below) if below > 1e-15 else None,
        "dominating": labels[int(np.argmax(p[0]))],
    } | sweep


def null_band(
    n: Floats, mu: float, value: float, h: float, repeats: int, stream: np.random.Generator
) -> dict[str, float]:
    """H of groups that are truly alike: scores are drawn from one binomial, with the sizes at hand.

    Parameters
    ----------
    n : ndarray of float64, shape (n_groups,)
        Items of each group.
    mu, value, h : float
        Mean score of all items, H as it was found, width of the index.
    repeats : int
        Draws.
    stream : Generator

    Returns
    -------
    dict
        null_low (5 %), null_median, p (of an H as low as `value`), adjusted (H over the median, at most 1).
    """
    drawn = index_of(n, stream.binomial(n.astype(np.int64), min(mu, 1.0), (repeats, len(n))) / n, h)[0]
    low, median = np.quantile(drawn, (0.05, 0.5))
    return {
        "null_low": float(low),
        "null_median": float(median),
        "p": float((1 + (drawn <= value + 1e-12).sum()) / (repeats + 1)),
        "adjusted": min(1.0, value / float(median)) if median > 0 else 1.0,
    }


def resampled(
    own: list[Floats], n: Floats, h: float, repeats: int, level: float, stream: np.random.Generator
) -> dict[str, float]:
    """Intervals of H and of the mean of groups; items are drawn within groups.

    Parameters
    ----------
    own : list of ndarray of float64
        Scores of the items of each group.
    n : ndarray of float64, shape (n_groups,)
        Items of each group.
    h, level : float
        Width of the index, confidence.
    repeats : int
        Resamples.
    stream : Generator

    Returns
    -------
    dict
        Lower and upper ends: harmony_low, harmony_high, balanced_low, ..., worst_high.
    """
    scores = np.empty((repeats, len(own)))
    for group, items in enumerate(own):
        kinds, copies = np.unique(items, return_counts=True)
        scores[:, group] = stream.multinomial(len(items), copies / len(items), repeats) @ kinds / len(items)
    (low, high), (b_low, b_high) = (
        percentile_interval(part, level) for part in (index_of(n, scores, h)[0], scores.mean(axis=1))
    )
    w_low, w_high = percentile_interval(scores.min(axis=1), level)
    ends = {"harmony_low": low, "harmony_high": high, "balanced_low": b_low, "balanced_high": b_high}
    return {name: float(end) for name, end in (ends | {"worst_low": w_low, "worst_high": w_high}).items()}


def parts_of(name: str, labels: list[str], n: Floats, scores: Floats, h: float) -> list[dict[str, Any]]:
    """The groups of a model, each with what leaving it out would change.

    Parameters
    ----------
    name : str
        Of the model.
    labels : list of str
        Of the groups.
    n, scores : ndarray of float64, shape (n_groups,)
        Items of each group and their mean score, NaN where the model has none.
    h : float
        Width of the index.

    Returns
    -------
    list of dict
        model, group, items, share, score, p, mean_without, change; None where undefined.
    """
    whole = not np.isnan(scores).any()
    p = index_of(n, scores[None], h)[1][0] if whole else np.full(len(n), np.nan)
    sums = np.nan_to_num(scores * n)
    mean = float(sums.sum() / n.sum()) if n.sum() else math.nan
    rest = n.sum() - n
    without = np.divide(sums.sum() - sums, rest, out=np.full(len(n), np.nan), where=rest > 0)
    return [
        {
            "model": name,
            "group": label,
            "items": int(n[place]),
            "share": float(n[place] / n.sum()) if n.sum() else None,
            "score": None if math.isnan(scores[place]) else float(scores[place]),
            "p": None if math.isnan(p[place]) else float(p[place]),
            "mean_without": None if math.isnan(without[place]) else float(without[place]),
            "change": None if math.isnan(without[place]) else float(without[place] - mean),
        }
        for place, label in enumerate(labels)
    ]


def flips_of(parts: pl.DataFrame, models: pl.DataFrame) -> pl.DataFrame:
    """Pairs of models whose order by overall mean turns when a group is left out."""
    known = models.drop_nulls("harmony").select("model", "mean")
    rows = []
    mean = known["mean"].to_numpy()
    for (group,), part in parts.group_by("group", maintain_order=True):
        other = known.join(part.select("model", "mean_without"), on="model", how="left", maintain_order="left")
        without = other["mean_without"].to_numpy()
        turned = (mean[:, None] - mean > 1e-12) & (without[:, None] - without < -1e-12)
        names = known["model"]
        rows += [(group, names[int(i)], names[int(j)]) for i, j in np.argwhere(turned)]
    return pl.DataFrame(rows, schema={"group": pl.String, "left": pl.String, "right": pl.String}, orient="row")
