"""What hangs on alpha, the share of the samples in which an answer must be seen?

Of a tuned alpha: the share of questions solved at each alpha that was tried, with its interval. Of breakpoints: a bar
for each question, cut where another answer comes first; the questions with most changes stand on top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from psephos.errors import InputError
from psephos.plots.style import LETTER, decimal, own_rules, share, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.selection.alpha_breakpoints import AlphaBreakpoints
    from psephos.selection.alpha_tuning import TunedAlpha

MOST = 20
"""With more questions, those with most changes are drawn."""

LONGEST = 14
ROW = 24


def tuned_alpha_plot(result: TunedAlpha, *, theme: str = "light", heading: bool = True) -> Figure:
    """Pass@k against alpha, with intervals; alphas stand side by side, not to scale.

    Parameters
    ----------
    result : TunedAlpha
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
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.selection import tune_alpha
    >>> tuned = tune_alpha([["a", "a", "b"]] * 3, [[0.5, 0.5, 0.9]] * 3, ["a"] * 3, grid=[0, 0.5])
    >>> tuned_alpha_plot(tuned, heading=False).get_suptitle()
    'Alpha .5 solves 100\u202f%, alpha 0 solves 0\u202f%'
    """
    grid = result.grid
    value = grid["pass_at_k"].to_numpy()
    places = np.arange(grid.height)
    best = int(np.argmax(grid["alpha"].to_numpy() == result.alpha))
    least = f"alpha {_short(grid['alpha'][0])} solves {share(value[0])}"
    finding = f"Alpha {_short(result.alpha)} solves {share(value[best])}"
    finding += f", {least}" if best else ", no larger one more"
    method = f"Questions of which one of {result.k} taken is right, 95\u202f% interval over {result.items:,} questions."
    method += f" With alpha chosen on the others: {decimal(result.left_out.value)}."
    with own_rules():
        page = sheet(finding, method, height=280, theme=theme, heading=heading)
        axes = page.panel(54, 16, 16, 46)
        axes.set_xlim(-0.5, grid.height - 0.5)
        axes.set_ylim(0, 1)
        axes.set_yticks([0, 0.5, 1], ["0", "50\u202f%", "100\u202f%"])
        page.grid(axes, y=[0, 0.5, 1])
        axes.set_xticks(places, [_short(alpha) for alpha in grid["alpha"]])
        axes.set_xlabel("alpha", color=page.colour("muted"), labelpad=4)
        axes.vlines(places, grid["low"], grid["high"], color=page.colour("accent"), lw=6, alpha=0.35)
        axes.plot(places, value, color=page.colour("accent"), lw=1, zorder=2)
        axes.plot(places, value, "o", ms=7, mfc=page.colour("surface"), mec=page.colour("accent"), mew=1.5, zorder=3)
        axes.plot([best], [value[best]], "o", ms=8, color=page.colour("accent"), zorder=4)
        above = value[best] < 0.85
        page.write(
            axes,
            best,
            value[best] + (0.05 if above else -0.05),
            decimal(value[best]),
            ha="center",
            va="bottom" if above else "top",
            fontweight="bold",
        )
    return page.figure


def breakpoints_plot(result: AlphaBreakpoints, *, theme: str = "light", heading: bool = True) -> Figure:
    """For which alpha each question gets which first answer.

    Parameters
    ----------
    result : AlphaBreakpoints
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
        If no question has an answer.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.selection import alpha_breakpoints
    >>> breakpoints_plot(alpha_breakpoints(["a", "a", "b"], [0.5, 0.5, 0.9]), heading=False).get_suptitle()
    'In 1 of 1 questions the first answer depends on alpha'
    """
    answered = result.intervals.drop_nulls("answer")
    if answered.is_empty():
        raise InputError("result", "no question has an answer: there is nothing to draw")
    counts = answered.group_by("item", maintain_order=True).agg(
        pl.len().alias("parts"), pl.col("high").max().alias("end")
    )
    changing = int((counts["parts"] > 1).sum())
    shown = counts.sort("parts", descending=True, maintain_order=True).head(MOST)["item"].to_list()
    end = min(1.0, 1.08 * float(answered.filter(pl.col("item").is_in(shown))["high"].max()))  # type: ignore[arg-type]
    finding = f"In {changing:,} of {result.items:,} questions the first answer depends on alpha"
    method = "The answer that comes first, by the share of the samples in which an answer must be seen."
    method += f" The {MOST} with most changes." if counts.height > MOST else ""
    names = [shortened(item, LONGEST) for item in shown]
    with own_rules():
        page = sheet(finding, method, height=48 + ROW * len(shown), theme=theme, heading=heading)
        left = 16 + LETTER * max(map(len, names))
        axes = page.panel(left, 4, 28, 44)
        axes.set_xlim(0, end)
        axes.set_ylim(len(shown) - 0.5, -0.5)
        axes.set_yticks([])
        step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25) if end / step <= 5.5)
        ticks = [float(tick) for tick in np.arange(0, end + 1e-9, step)]
        axes.set_xticks(ticks, [share(tick) for tick in ticks])
        axes.set_xlabel("alpha", color=page.colour("muted"), labelpad=4)
        side = axes.get_yaxis_transform()
        per_letter = end / (page.width - left - 28) * LETTER
        for row, (item, name) in enumerate(zip(shown, names, strict=True)):
            page.write(axes, -0.02, row, name, transform=side, ha="right", va="center_baseline")
            parts = answered.filter(pl.col("item") == item)
            for number, (low, high, answer) in enumerate(parts.select("low", "high", "answer").iter_rows()):
                axes.barh(
                    row,
                    high - low,
                    left=low,
                    height=0.72,
                    linewidth=1,
                    edgecolor=page.colour("accent"),
                    color=page.colour("accent" if number % 2 == 0 else "surface"),
                    alpha=0.22 if number % 2 == 0 else 1,
                )
                room = int((high - low) / per_letter) - 1
                if room >= min(3, len(answer)):
                    page.write(axes, (low + high) / 2, row, shortened(answer, room), ha="center", va="center_baseline")
    return page.figure


def _short(alpha: float) -> str:
    return f"{alpha:g}".replace("0.", ".", 1) if 0 < alpha < 1 else f"{alpha:g}"
