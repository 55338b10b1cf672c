"""How reliable is each source, and what does its vote weigh?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from psephos.errors import InputError
from psephos.plots.style import LETTER, decimal, own_rules, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.consensus.sources.verdict import SourceVerdict

MOST = 30
"""With more sources, the most and the least reliable are drawn."""

LONGEST = 20


def source_reliability_plot(result: SourceVerdict, *, theme: str = "light", heading: bool = True) -> Figure:
    """Reliability of each source with its interval, the highest on top, and its weight.

    Parameters
    ----------
    result : SourceVerdict
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
        If no source can be compared with others.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.consensus import source_reliability
    >>> from psephos.opinions import from_matrix
    >>> verdict = source_reliability(from_matrix([list("aab"), list("bba"), list("ccc")]))
    >>> source_reliability_plot(verdict, heading=False).get_suptitle()
    'No source is more reliable than another by more than chance'
    """
    known = result.sources.drop_nulls("reliability").sort("reliability", "voter", descending=[True, False])
    if known.is_empty():
        raise InputError("result", "no source can be compared with others")
    shown = known if known.height <= MOST else pl.concat([known.head(MOST // 2), known.tail(MOST // 2)])
    names = [shortened(name, LONGEST) for name in shown["voter"]]
    reliability, low, high, weight = (shown[name].to_numpy() for name in ("reliability", "low", "high", "weight"))
    rows, chance = np.arange(len(names)), 1 / result.classes
    start = min(float(np.floor(low.min() * 10 - 1e-9) / 10), float(np.floor(chance * 10 - 1e-9) / 10))
    start = 0.0 if start < 0.3 else start
    method = "Share of answers that are those of the verdict, 95\u202f% Wilson interval. Right: weight of its vote."
    method += f" The {MOST // 2} most and least reliable of {known.height:,}." if known.height > MOST else ""
    with own_rules():
        page = sheet(_finding(known), method, height=58 + 22 * len(names), theme=theme, heading=heading)
        axes = page.panel(14 + LETTER * max(map(len, names)), 20, 60, 30)
        axes.set_xlim(start, 1)
        axes.set_ylim(len(names) - 0.5, -0.5)
        ticks = [start, (start + 1) / 2, 1.0]
        axes.set_yticks([])
        axes.set_xticks(ticks, [decimal(tick) for tick in ticks])
        page.grid(axes, x=ticks)
        above, side = axes.get_xaxis_transform(), axes.get_yaxis_transform()
        axes.axvline(chance, color=page.colour("muted"), lw=1, dashes=(2, 2), zorder=1)
        page.write(axes, chance, 1.0, "chance", "muted", transform=above, ha=_towards(chance, start), va="bottom")
        page.write(axes, 1.05, 1.0, "weight", "muted", transform=axes.transAxes, ha="left", va="bottom")
        axes.hlines(rows, low, high, color=page.colour("accent"), lw=6, alpha=0.35)
        axes.plot(reliability, rows, "o", color=page.colour("accent"), ms=6, clip_on=False)
        for row, name in enumerate(names):
            page.write(axes, -0.03, row, name, transform=side, ha="right", va="center_baseline")
            ink = "ink" if weight[row] > 0 else "muted"
            page.write(axes, 1.05, row, decimal(weight[row]), ink, transform=side, ha="left", va="center_baseline")
    return page.figure


def _towards(place: float, start: float) -> str:
    """On which side of its place a word has room."""
    return "left" if place < start + 0.15 * (1 - start) else "right" if place > 0.85 else "center"


def _finding(known: pl.DataFrame) -> str:
    best, worst = known.row(0, named=True), known.row(-1, named=True)
    if known.height < 2 or best["low"] <= worst["high"]:
        return "No source is more reliable than another by more than chance"
    ends = f"{decimal(best['reliability'])} against {decimal(worst['reliability'])}"
    return f"{shortened(best['voter'], 24)} is more reliable than {shortened(worst['voter'], 24)}: {ends}"
