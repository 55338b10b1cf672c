"""How often is a question solved, against how many samples were drawn?

One line with its band for each measure or rule, named at its end; samples on a scale of doublings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.opinions.wording import plural
from psephos.plots.style import LETTER, decimal, own_rules, share, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.selection.curves import SuccessCurves

INKS = ("accent", "risk", "good", "middle", "muted")
LONGEST = 17


def success_plot(result: SuccessCurves, *, theme: str = "light", heading: bool = True) -> Figure:
    """Share of questions solved against the number of samples, with its interval.

    Parameters
    ----------
    result : SuccessCurves
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
        If there is no point, or there are more curves than can be told apart.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.selection import pass_at_k
    >>> success_plot(pass_at_k([[0, 1, 1, 0], [1, 1, 0, 1]], [1, 2, 4]), heading=False).get_suptitle()
    'pass@k goes from .62 to 1 with 4 samples'
    """
    rows = result.table()
    names = rows["measure"].unique(maintain_order=True).to_list()
    if not names or len(names) > len(INKS):
        raise InputError("result", f"must have 1 to {len(INKS)} curves to draw, got {len(names)}")
    draws = rows["draws"].unique().sort().to_numpy()
    method = f"Share of questions solved, {share(result.level)} interval over questions."
    wide = max(len(shortened(name, LONGEST)) for name in names) * (LETTER + 1.2) + 16
    with own_rules():
        page = sheet(_finding(rows, names), method, height=300, theme=theme, heading=heading)
        axes = page.panel(54, 16, wide, 46)
        axes.set_xscale("log", base=2)
        axes.minorticks_off()
        span = max(draws[-1] / draws[0], 2)
        axes.set_xlim(draws[0] / span**0.02, draws[-1] * span**0.02)
        axes.set_ylim(0, 1)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25\u202f%", "50\u202f%", "75\u202f%", "100\u202f%"])
        page.grid(axes, y=[0, 0.25, 0.5, 0.75, 1])
        shown = _apart(draws, 360 - wide)
        axes.set_xticks(shown, [f"{tick:,}" for tick in shown])
        axes.set_xlabel("samples of each question", color=page.colour("muted"), labelpad=4)
        ends: list[tuple[float, str, str]] = []
        for name, ink in zip(names, INKS, strict=False):
            own = rows.filter(pl.col("measure") == name).sort("draws")
            x, value = own["draws"].to_numpy(), own["value"].to_numpy()
            axes.fill_between(x, own["low"], own["high"], color=page.colour(ink), alpha=0.16, linewidth=0)
            axes.plot(x, value, color=page.colour(ink), lw=2, marker="o", ms=4, clip_on=False)
            ends.append((float(value[-1]), name, ink))
        place = np.inf
        for height, name, ink in sorted(ends, reverse=True):
            place = min(height, place - 17 / 238)  # names do not cover each other
            at = float(draws[-1]) * span**0.04
            page.write(axes, at, place, shortened(name, LONGEST), ink, va="center", fontweight="bold")
    return page.figure


def _finding(rows: pl.DataFrame, names: list[str]) -> str:
    ends = {}
    for name in names:
        own = rows.filter(pl.col("measure") == name).sort("draws")
        ends[name] = (own["value"][0], own["value"][-1], own["draws"][-1])
    if len(names) == 1:
        first, last, draws = ends[names[0]]
        if rows.height == 1:
            return f"{names[0]} is {decimal(last)} with {plural(draws, 'sample')}"
        return f"{names[0]} goes from {decimal(first)} to {decimal(last)} with {plural(draws, 'sample')}"
    best = max(names, key=lambda name: ends[name][1])
    return f"{best} solves {share(ends[best][1])} with {plural(ends[best][2], 'sample')}, the most"


def _apart(draws: npt.NDArray[np.int64], pixels: float) -> list[int]:
    """Numbers of samples whose labels do not touch, the last always among them."""
    place = np.log2(draws) / max(np.log2(draws[-1] / draws[0]), 1) * pixels
    kept: list[int] = [int(draws[-1])]
    left = place[-1]
    for number, at in zip(draws[-2::-1], place[-2::-1], strict=True):
        if left - at > LETTER * (len(f"{number:,}") + 2):
            kept.append(int(number))
            left = at
    return kept[::-1]
