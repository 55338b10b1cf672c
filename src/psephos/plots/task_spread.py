"""Who is good everywhere, and who only somewhere?

A point per candidate: the share of the others that it beats on a task, its mean over tasks to the right, its variance
over tasks upwards; lines at the medians. At the lower right stands who is good on all tasks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from psephos.errors import NoPictureError
from psephos.plots.style import LETTER, WIDTH, decimal, own_rules, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.ranking import TaskRanking

MOST = 40
"""Candidates drawn; of more the best."""


def task_spread_plot(result: TaskRanking, *, theme: str = "light", heading: bool = True) -> Figure:
    """Candidates by mean and variance over tasks of the share of the others that they beat.

    Parameters
    ----------
    result : TaskRanking
    theme : {"light", "dark"}, default "light"
    heading : bool, default True
        Whether finding and method stand above the picture.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    NoPictureError
        If there are fewer than two tasks.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.ranking import borda
    >>> figure = task_spread_plot(borda([[3, 3, 1], [2, 2, 3], [1, 1, 2]], rng=0), heading=False)
    >>> figure.get_suptitle()
    '1 of 3 candidates is above the median everywhere it counts: high mean, low variance'
    """
    from psephos.ranking.orders import average_ranks

    table = result.data
    if len(table.tasks) < 2:
        raise NoPictureError("result", "one task says nothing of how even a candidate is")
    ranks = average_ranks(table.scores.T)
    scored = (~np.isnan(ranks)).sum(axis=1, keepdims=True)
    beaten = np.where(scored > 1, (scored - ranks) / np.maximum(scored - 1, 1), np.nan)
    order = [int(i) for i in result.order if (~np.isnan(beaten[:, i])).sum() > 1][:MOST]
    if not order:
        raise NoPictureError("result", "nobody has two tasks")
    mean, variance = np.nanmean(beaten[:, order], axis=0), np.nanvar(beaten[:, order], axis=0)
    middle, steady = float(np.median(mean)), float(np.median(variance))
    good = (mean >= middle) & (variance <= steady)
    finding = (
        f"{int(good.sum())} of {len(order):,} candidates {'is' if good.sum() == 1 else 'are'} above the median "
        "everywhere it counts: high mean, low variance"
    )
    top = max(float(variance.max()) * 1.2, 1e-4)
    method = f"Share of the others beaten on a {result.unit}; lines: medians."
    with own_rules():
        page = sheet(finding, method, height=340, theme=theme, heading=heading)
        axes = page.panel(56, 14, 24, 48)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, top)
        ticks, heights = [0.0, 0.25, 0.5, 0.75, 1.0], [float(tick) for tick in np.linspace(0, top / 1.2, 4)]
        axes.set_xticks(ticks, [decimal(tick) for tick in ticks])
        axes.set_yticks(heights, [decimal(tick, 3) for tick in heights])
        page.grid(axes, x=ticks, y=heights)
        axes.axvline(middle, color=page.colour("muted"), lw=1, dashes=(4, 3))
        axes.axhline(steady, color=page.colour("muted"), lw=1, dashes=(4, 3))
        axes.set_xlabel("mean over tasks", color=page.colour("muted"), labelpad=4)
        axes.set_ylabel("variance", color=page.colour("muted"), labelpad=4)
        wide, high = LETTER / (WIDTH - 80), 0.06 * top
        taken = [(float(x) - 0.015, float(x) + 0.015, float(y)) for x, y in zip(mean, variance, strict=True)]
        for place, (i, x, y) in enumerate(zip(order, mean, variance, strict=True)):
            ink = "good" if good[place] else "accent"
            axes.plot([x], [y], "D" if good[place] else "o", color=page.colour(ink), ms=6, clip_on=False, zorder=4)
            name = shortened(str(table.candidates[i]), 16)
            sides = [(x + 0.02, x + 0.02 + wide * len(name)), (x - 0.02 - wide * len(name), x - 0.02)]
            free = [
                (low, end)
                for low, end in sides
                if low >= 0 and end <= 1 and not any(low < b and a < end and abs(y - at) < high for a, b, at in taken)
            ]
            # A name that would stand on another, or on a point, is left to the table.
            if free:
                low, end = free[0]
                taken.append((low, end, float(y)))
                right = low > x
                how: dict[str, Any] = {"ha": "left" if right else "right", "va": "center_baseline"}
                page.write(axes, low if right else end, y, name, **how)
    return page.figure
