"""Which systems recommend the same items, and do they order them alike?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from psephos.errors import InputError
from psephos.plots.style import LETTER, decimal, in_words, own_rules, sheet, shortened
from psephos.statistics import Interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.metrics.recommendation.similar_lists import ListSimilarity

MOST_ROWS = 24
LONGEST = 16
"""Letters of the name of a system."""

PANEL, GAP = 170, 26
"""Width of each of the two panels, and what lies between them."""


def list_similarity_plot(result: ListSimilarity, *, theme: str = "light", heading: bool = True) -> Figure:
    """Pairs of systems, those that share most on top: the share of items, and Kendall's tau of their places.

    Parameters
    ----------
    result : ListSimilarity
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
        If no user has a list of two systems.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.metrics import list_similarity
    >>> runs = {"one": {"u": ["a", "b"]}, "two": {"u": ["b", "a"]}, "three": {"u": ["x", "y"]}}
    >>> list_similarity_plot(list_similarity(runs, 2), heading=False).get_suptitle()
    'one and two share most of their items: Jaccard 1'
    """
    whole = result.table().filter(pl.col("value").is_not_null() & (pl.col("measure") == "jaccard"))
    if whole.is_empty():
        raise InputError("result", "has no user with lists of two systems")
    whole = whole.sort("value", descending=True, maintain_order=True)
    shown = whole.head(MOST_ROWS)
    best = shown.row(0, named=True)
    cut = "" if result.k is None else f" at {result.k}"
    value = in_words(_interval(best, result.level))
    if whole.height == 1:
        finding = f"{best['left']} and {best['right']}: Jaccard {value}"
    else:
        finding = f"{best['left']} and {best['right']} share most of their items: Jaccard {value}"
    level = f"{result.level:.0%}".replace("%", "\u202f%")
    method = f"Items of both lists{cut} over items of either, and Kendall's tau of the places of common items; {level} "
    method += "interval over users."
    if result.table()["value"].null_count():
        method += " Too few: no user with two common items."
    method += f" {MOST_ROWS} of {whole.height:,} pairs." if whole.height > MOST_ROWS else ""
    names = [f"{shortened(row['left'], LONGEST)}, {shortened(row['right'], LONGEST)}" for row in shown.to_dicts()]
    left = 20 + LETTER * max(6, *map(len, names))
    width = left + 2 * PANEL + GAP + 22
    with own_rules():
        page = sheet(finding, method, height=74 + 26 * len(names), theme=theme, heading=heading, width=width)
        first = page.panel(left, 24, 22 + PANEL + GAP, 44)
        second = page.panel(left + PANEL + GAP, 24, 22, 44)
        for axes, measure, ticks, words in (
            (first, "jaccard", [0.0, 0.5, 1.0], "share of items"),
            (second, "kendall", [-1.0, 0.0, 1.0], "order, Kendall's tau"),
        ):
            rows = _of(result, shown, measure)
            axes.set_xlim(ticks[0], ticks[-1])
            axes.set_ylim(len(names) - 0.5, -0.5)
            axes.set_yticks([])
            axes.set_xticks(ticks, [decimal(tick, 1) if tick else "0" for tick in ticks])
            page.grid(axes, x=ticks)
            places = np.arange(len(names))
            held = np.isfinite(rows["value"])
            low, high = (np.where(np.isfinite(rows[end]), rows[end], rows["value"])[held] for end in ("low", "high"))
            axes.hlines(places[held], low, high, color=page.colour("accent"), lw=4, alpha=0.35, clip_on=False)
            axes.plot(rows["value"][held], places[held], "o", color=page.colour("accent"), ms=7, clip_on=False)
            for place in places[~held]:
                across = {"transform": axes.get_yaxis_transform(), "va": "center_baseline"}
                page.write(axes, 0.54, place, "too few", "muted", **across)
            page.write(axes, 0, 1.02, words, "muted", transform=axes.transAxes, va="bottom")
        how: dict[str, Any] = {"transform": first.get_yaxis_transform(), "va": "center_baseline", "ha": "right"}
        for place, text in enumerate(names):
            page.write(first, -0.05, place, text, "ink", **how)
    return page.figure


def _of(result: ListSimilarity, shown: pl.DataFrame, measure: str) -> dict[str, np.ndarray]:
    """Value and ends of one measure for the pairs that are shown, NaN where undefined."""
    rows = shown.select("left", "right").join(
        result.table().filter(measure=measure), on=["left", "right"], how="left", maintain_order="left"
    )
    return {name: rows[name].cast(pl.Float64).fill_null(math.nan).to_numpy() for name in ("value", "low", "high")}


def _interval(row: dict[str, Any], level: float) -> Interval:
    value, low, high = (math.nan if row[name] is None else float(row[name]) for name in ("value", "low", "high"))
    return Interval(value, low, high, level)
