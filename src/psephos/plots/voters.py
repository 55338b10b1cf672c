"""How often do the others agree with each voter?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from psephos.errors import InputError
from psephos.plots.style import LETTER, decimal, in_words, own_rules, sheet, shortened
from psephos.statistics import Interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.opinions.verdicts import Verdict

MOST = 30
"""With more voters, those that agree least are drawn."""

LONGEST = 20


def voters_plot(verdict: Verdict, *, theme: str = "light", heading: bool = True) -> Figure:
    """Agreement of each voter with the others, with its interval, the highest on top.

    Parameters
    ----------
    verdict : Verdict
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
        If no voter can be compared with others.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.consensus import majority
    >>> from psephos.opinions import from_matrix
    >>> verdict = majority(from_matrix([["a", "a", "a"], ["a", "b", "c"]]))
    >>> voters_plot(verdict, heading=False).get_suptitle()
    'No voter differs from the others by more than chance'
    """
    known = verdict.voters.drop_nulls("agreement")
    if known.is_empty():
        raise InputError("result", "no voter can be compared with others: nobody shares an item")
    shown = least_like_the_others(known, MOST).sort("agreement", "voter", descending=[True, False])
    names = [shortened(name, LONGEST) for name in shown["voter"]]
    agreement, low, high = (shown[name].to_numpy() for name in ("agreement", "low", "high"))
    rows = np.arange(len(names))
    start = np.floor(low.min() * 10 - 1e-9) / 10
    start = 0.0 if start < 0.3 else float(start)
    with own_rules():
        page = sheet(_finding(shown), _method(known.height), height=40 + 22 * len(names), theme=theme, heading=heading)
        axes = page.panel(14 + LETTER * max(map(len, names)), 2, 44, 30)
        axes.set_xlim(start, 1)
        axes.set_ylim(len(names) - 0.5, -0.5)
        ticks = [start, (start + 1) / 2, 1.0]
        axes.set_yticks([])
        axes.set_xticks(ticks, [decimal(tick) for tick in ticks])
        page.grid(axes, x=ticks)
        axes.hlines(rows, low, high, color=page.colour("accent"), lw=6, alpha=0.35)
        axes.plot(agreement, rows, "o", color=page.colour("accent"), ms=6, clip_on=False)
        side = axes.get_yaxis_transform()
        for row, name in enumerate(names):
            page.write(axes, -0.03, row, name, transform=side, ha="right", va="center_baseline")
            number = decimal(agreement[row])
            page.write(axes, 1.04, row, number, "muted", transform=side, ha="left", va="center_baseline")
    return page.figure


def least_like_the_others(voters: pl.DataFrame, most: int) -> pl.DataFrame:
    """The rows of at most so many voters, those that most surely agree little, in the order of the table."""
    if voters.height <= most:
        return voters
    return voters[voters["high"].arg_sort(nulls_last=True).head(most).sort()]


def _finding(shown: pl.DataFrame) -> str:
    name, low, high = shown.select("voter", "low", "high").row(-1)
    rest = shown.head(-1)
    if rest.is_empty() or high >= rest["low"].max():
        return "No voter differs from the others by more than chance"
    agreement = in_words(Interval(shown["agreement"][-1], low, high, 0.95))
    return f"{shortened(name, 40)} agrees least with the others: {agreement}"


def _method(known: int) -> str:
    said = "Share of items on which the others lead with the same choice, 95\u202f% Wilson interval."
    return f"{said} The {MOST} of {known:,} voters that most surely agree least." if known > MOST else said
