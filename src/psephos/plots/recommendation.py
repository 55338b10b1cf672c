"""Which system recommends best, and who is served worse than those who are alike?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from psephos.errors import InputError
from psephos.plots.style import LETTER, decimal, in_words, own_rules, sheet, shortened
from psephos.statistics import Interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.metrics.recommendation.evaluation import Evaluation
    from psephos.metrics.user_fairness.unfairness_result import PairwiseUnfairness

MOST_ROWS = 24
POINTS = 3000
"""Users that are drawn; of more, those with the largest shares."""


def evaluation_plot(
    result: Evaluation,
    *,
    metric: str | None = None,
    k: int | None = None,
    theme: str = "light",
    heading: bool = True,
) -> Figure:
    """The systems by one metric with intervals, best first; of a single system its metrics.

    Parameters
    ----------
    result : Evaluation
        What is drawn.
    metric : str, optional
        Which; the first if not given.
    k : int, optional
        Which cutoff; the first if not given.
    theme : {"light", "dark"}, default "light"
        Colours for a light or a dark ground.
    heading : bool, default True
        Whether finding and method stand above the picture.

    Returns
    -------
    matplotlib.figure.Figure
        With the finding as its title; `psephos.plots.svg` and `figure.savefig` write it.

    Raises
    ------
    InputError
        If there is no such number, or none is defined.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.metrics import evaluate
    >>> truth = {"u": ["a"], "v": ["b"], "w": ["c"]}
    >>> runs = {"good": {"u": ["a"], "v": ["b"], "w": ["x"]}, "bad": {"u": ["x"], "v": ["y"], "w": ["c"]}}
    >>> evaluation_plot(evaluate(truth, runs, "mrr"), heading=False).get_suptitle()[:31]
    'good has the highest MRR@10: .6'
    """
    runs = result.ledger["run"].to_list()
    rows = result.table()
    if len(runs) > 1 or metric is not None:
        name = rows["metric"][0] if metric is None else metric
        rows = rows.filter(metric=name)
        rows = rows.filter(k=k) if k is not None else rows.filter(pl.col("k").eq_missing(rows["k"].first()))
    rows = rows.drop_nulls("value")
    if len(runs) == 1 and metric is None:
        rows = rows.filter(pl.col("value") <= 1)
    if rows.is_empty():
        raise InputError("metric", "there is no such number in the result, or it is undefined")
    several = len(runs) > 1
    if several:
        rows = rows.sort("value", descending=True)
    best = rows.row(0, named=True)
    shown = rows.head(MOST_ROWS)
    label = best["definition"].partition("[")[0] + ("" if best["k"] is None else f"@{best['k']}")
    value = in_words(_interval(best, result.level))
    finding = f"{best['run']} has the highest {label}: {value}" if several else f"{best['run']}: {label} {value}"
    users = f"{best['users']:,} users" if shown["users"].n_unique() == 1 else "users as said in the table"
    level = f"{result.level:.0%}".replace("%", "\u202f%")
    method = f"{best['definition']}, " if several else ""
    method += f"{level} interval over users; {users}, convention {result.convention.name}."
    method += f" {MOST_ROWS} of {rows.height:,}." if rows.height > MOST_ROWS else ""
    names = [shortened(row["run"] if several else _label(row), 26) for row in shown.iter_rows(named=True)]
    with own_rules():
        page = sheet(finding, method, height=52 + 26 * len(names), theme=theme, heading=heading)
        axes = page.panel(20 + LETTER * max(6, *map(len, names)), 2, 22, 44)
        ends = shown.select(pl.min_horizontal("low", "value"), pl.max_horizontal("high", "value").alias("high"))
        low, high = min(0.0, float(ends["low"].min())), float(ends["high"].max())  # type: ignore[arg-type]
        high = high if high > low else low + 1
        axes.set_xlim(low, high + 0.03 * (high - low))
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_yticks([])
        ticks = [tick for tick in _ticks(high) if tick >= low]
        axes.set_xticks(ticks, _in_figures(ticks))
        page.grid(axes, x=ticks)
        places = np.arange(len(names))
        axes.hlines(places, ends["low"], ends["high"], color=page.colour("accent"), lw=4, alpha=0.35)
        axes.plot(shown["value"], places, "o", color=page.colour("accent"), ms=7, clip_on=False)
        for place, text in enumerate(names):
            how = {"transform": axes.get_yaxis_transform(), "va": "center_baseline", "ha": "right"}
            page.write(axes, -0.03, place, text, "ink", **how)
    return page.figure


def unfairness_plot(result: PairwiseUnfairness, *, theme: str = "light", heading: bool = True) -> Figure:
    """How well each user is served, against how well those are served who are alike.

    Parameters
    ----------
    result : PairwiseUnfairness
        What is drawn.
    theme : {"light", "dark"}, default "light"
        Colours for a light or a dark ground.
    heading : bool, default True
        Whether finding and method stand above the picture.

    Returns
    -------
    matplotlib.figure.Figure
        With the finding as its title; `psephos.plots.svg` and `figure.savefig` write it.

    Raises
    ------
    InputError
        If no two users are alike.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.metrics import pairwise_unfairness
    >>> found = pairwise_unfairness([0.4, 0.1, 0.3, 0.9], [[1, 1], [1, 1], [0, 1], [1, 1]], repeats=0)
    >>> unfairness_plot(found, heading=False).get_suptitle()[:23]
    'Similar users differ by'
    """
    users = result.user_table.drop_nulls("better_off")
    if users.is_empty():
        raise InputError("result", "has no two users that are alike")
    per, gap = result.normalised.value, result.gap
    chance = "" if math.isnan(result.p) else f" (p {decimal(result.p, 3)} by shuffling)"
    finding = f"Similar users differ by {decimal(per, 3)} on average, any two by {decimal(gap, 3)}{chance}"
    shown = users.head(POINTS)
    method = (
        "Each user's effectiveness, against that of users alike, weighted by similarity. Below the line: served worse."
    )
    method += f" The {POINTS:,} of {users.height:,} users that add most." if users.height > POINTS else ""
    with own_rules():
        page = sheet(finding, method, height=300, theme=theme, heading=heading)
        axes = page.panel(46, 24, 20, 48)
        x, y = shown["better_off"].to_numpy(), shown["effectiveness"].to_numpy()
        right, top = (max(0.02, 1.06 * float(side.max())) for side in (x, y))
        axes.set_xlim(0, right)
        axes.set_ylim(0, top)
        across, up = _ticks(right), _ticks(top)
        axes.set_xticks(across, _in_figures(across))
        axes.set_yticks(up, _in_figures(up))
        page.grid(axes, x=across, y=up)
        end = min(right, top)
        axes.plot([0, end], [0, end], color=page.colour("muted"), lw=1, dashes=(4, 3))
        colours = np.where(y < x, page.colour("risk"), page.colour("accent"))
        share = shown["share"].to_numpy()
        size = 12 + 60 * share / max(float(share.max()), 1e-12)
        axes.scatter(x, y, s=size, c=colours.tolist(), alpha=0.45, lw=0, zorder=3, clip_on=False)
        axes.set_xlabel("effectiveness of users alike", color=page.colour("muted"), labelpad=4)
        page.write(axes, 0, 1.02, "own effectiveness", "muted", transform=axes.transAxes, va="bottom")
    return page.figure


def _label(row: dict[str, object]) -> str:
    name = str(row["definition"]).partition("[")[0]
    return name if row["k"] is None or "@" in name else f"{name}@{row['k']}"


def _interval(row: dict[str, object], level: float) -> Interval:
    value, low, high = (math.nan if row[name] is None else float(row[name]) for name in ("value", "low", "high"))  # type: ignore[arg-type]
    return Interval(value, low, high, level)


def _in_figures(ticks: list[float]) -> list[str]:
    """Ticks with as many digits as their step has."""
    step = ticks[1] if len(ticks) > 1 else 1.0
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return [decimal(tick, digits) if tick else "0" for tick in ticks]


def _ticks(top: float) -> list[float]:
    """From 0 up in steps of 1, 2 or 5 times a power of ten, some five of them."""
    rough = top / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one for one in (1, 2, 5, 10) if one * power >= rough) * power
    return [float(place * step) for place in range(int(top / step + 1e-9) + 1)]
