"""How honest is the certainty of a verdict, where the truth is known?

Of the items given a certainty of about p, a share of about p should be right: points on the diagonal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from psephos.errors import InputError
from psephos.plots.style import LETTER, Sheet, decimal, own_rules, sheet
from psephos.statistics import wilson_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from psephos.consensus.gold import AgainstGold


def reliability_plot(result: AgainstGold, *, theme: str = "light", heading: bool = True) -> Figure:
    """Share of right choices against certainty, with intervals, counts and the diagonal.

    Parameters
    ----------
    result : AgainstGold
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
        If no item with a known answer has a choice.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.consensus import against_gold, majority
    >>> from psephos.opinions import from_matrix
    >>> verdict = majority(from_matrix([["a", "a", "a"], ["a", "b", "c"]]))
    >>> reliability_plot(against_gold(verdict, ["a", "b"]), heading=False).get_suptitle()[:22]
    'The certainty is hones'
    """
    table = result.reliability
    if table.is_empty():
        raise InputError("result", "no item with a known answer has a choice")
    lowest = min(table["certainty"].min(), table["right_low"].min())  # type: ignore[type-var]
    start = float(np.clip(np.floor(lowest * 5 - 1e-9) / 5, 0, 0.8))  # type: ignore[operator]
    method = "Share right among items of about this certainty, 95\u202f% Wilson interval, and their number."
    with own_rules():
        page = sheet(reliability_finding(result), method, height=340, theme=theme, heading=heading)
        axes = page.panel(44, 12, 20, 48)
        axes.set_xlim(start, 1)
        axes.set_ylim(start, 1)
        ticks = [float(tick) for tick in np.linspace(start, 1, round((1 - start) / 0.2) + 1)]
        axes.set_xticks(ticks, [decimal(tick, 1) for tick in ticks])
        axes.set_yticks(ticks, [decimal(tick, 1) for tick in ticks])
        page.grid(axes, x=ticks, y=ticks)
        axes.plot([start, 1], [start, 1], color=page.colour("muted"), lw=1, dashes=(4, 3))
        axes.set_xlabel("certainty", color=page.colour("muted"), labelpad=4)
        page.write(axes, 0, 1.0, " right", "muted", transform=axes.transAxes, va="top")
        axes.vlines(
            table["certainty"], table["right_low"], table["right_high"], color=page.colour("accent"), lw=6, alpha=0.35
        )
        axes.plot(table["certainty"], table["right"], "o", color=page.colour("accent"), ms=6, clip_on=False)
        _write_counts(page, axes, table, start)
    return page.figure


def reliability_finding(result: AgainstGold) -> str:
    """The worst misjudgement that is more than chance, in words.

    A row is off if its certainty lies outside an interval of level 1 - .05 / rows, so that where all rows are honest,
    one is called off in at most one of twenty verdicts.
    """
    table = result.reliability
    low, high = wilson_interval(table["right"] * table["items"], table["items"], 1 - 0.05 / max(1, table.height))
    off = table.filter((table["certainty"] < pl.Series(low)) | (table["certainty"] > pl.Series(high)))
    if off.is_empty():
        return f"The certainty is honest: off by {decimal(result.calibration_error, 3)} on average"
    said, right = off.sort((pl.col("certainty") - pl.col("right")).abs()).select("certainty", "right").row(-1)
    side = "high" if said > right else "low"
    return f"The certainty is too {side} in places: where it says {decimal(said)}, {decimal(right)} are right"


def _write_counts(page: Sheet, axes: Axes, table: pl.DataFrame, start: float) -> None:
    """The number of items below each interval, moved down where it would cover another."""
    box = axes.get_position()
    across = (1 - start) / (box.width * page.width)
    down = (1 - start) / (box.height * page.height)
    written: list[tuple[float, float, float]] = []
    for certainty, low, items in table.select("certainty", "right_low", "items").iter_rows():
        text = f"{items:,}"
        half = len(text) * LETTER / 2 * across
        x, y = min(certainty, 1 + 18 * across - half), low - 4 * down
        for left, right, bottom in written:
            if x - half < right and x + half > left and y - 14 * down < bottom + 14 * down and y > bottom:
                y = bottom - 1 * down
        y = max(y, start + 15 * down)
        written.append((x - half, x + half, y - 14 * down))
        page.write(axes, x, y, text, "muted", ha="center", va="top")
