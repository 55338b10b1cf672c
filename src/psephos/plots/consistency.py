"""How does accuracy fall as more of the variants have to be right?

One curve a candidate with the tint of its interval, named at its end with its CORE; dashed is what guessing gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from psephos.plots.curves import INKS, apart
from psephos.plots.style import LETTER, decimal, own_rules, share, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.agreement.consistent_answers.result import Consistency

MOST = 10
LONGEST = 18


def consistency_plot(result: Consistency, *, theme: str = "light", heading: bool = True) -> Figure:
    """The CAR curve of each candidate: accuracy against the consistency that is demanded.

    Parameters
    ----------
    result : Consistency
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
    >>> from psephos.agreement import consistency
    >>> from psephos.opinions import results
    >>> table = results(["m"] * 4, ["q", "q", "r", "r"], [1, 1, 1, 0], variant=["v0", "v1", "v0", "v1"])
    >>> consistency_plot(consistency(table, repeats=0), heading=False).get_suptitle()
    'm is right on 75\u202f% of variants, but on all of them for 50\u202f% of questions'
    """
    names = list(result.curves)[:MOST]
    labels = [shortened(name, LONGEST) for name in names]
    cores = [decimal(result.curves[name].core.value, 3) for name in names]
    room = 18 + LETTER * max([*(len(f"{label}  {core}") for label, core in zip(labels, cores, strict=True)), 8])
    with own_rules():
        page = sheet(_finding(result), _method(result), height=340, theme=theme, heading=heading, width=452 + room - 60)
        axes = page.panel(56, 14, room, 48)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
        axes.set_xticks(ticks, [share(tick) for tick in ticks])
        axes.set_yticks(ticks, [share(tick) for tick in ticks])
        page.grid(axes, x=ticks, y=ticks)
        axes.set_xlabel("variants of a question that have to be right", color=page.colour("muted"), labelpad=4)
        ends = [float(result.curves[name].share[-1]) for name in names]
        where = apart(np.array(ends), 16 / 278)
        for place in reversed(range(len(names))):
            curve = result.curves[names[place]]
            told = place < len(INKS)
            ink, mark = INKS[place] if told else ("muted", "")
            colour = page.colour(ink)
            if told and np.isfinite(curve.low).all():
                axes.fill_between(curve.thresholds, curve.low, curve.high, color=colour, alpha=0.16, lw=0, zorder=2)
            width = 2 if told else 1
            (drawn,) = axes.plot(curve.thresholds, curve.share, color=colour, lw=width, marker=mark, ms=5)
            drawn.set(clip_on=False, zorder=4 if told else 3)
            side = axes.get_yaxis_transform()
            line = [1.012, 1.035], [ends[place], where[place]]
            axes.plot(*line, color=page.colour("line"), lw=1, transform=side, clip_on=False)
            ink = "ink" if told else "muted"
            words = f"{labels[place]}  {cores[place]}"
            page.write(axes, 1.045, where[place], words, ink, transform=side, va="center_baseline")
        if guess := next((result.chance[name] for name in names if name in result.chance), None):
            axes.plot(guess.thresholds, guess.share, color=page.colour("muted"), lw=1.5, dashes=(4, 3), zorder=3)
            at = int(np.argmin(np.abs(guess.share - 0.3)))
            x, y = float(guess.thresholds[at]), float(guess.share[at])
            page.write(axes, x - 0.02, y - 0.02, "guessing", "muted", ha="right", va="top")
    return page.figure


def _finding(result: Consistency) -> str:
    best = result.candidates.row(0, named=True)
    name = shortened(best["candidate"], 30)
    average, always = share(best["mcqa_plus"]), share(best["always"])
    return f"{name} is right on {average} of variants, but on all of them for {always} of questions"


def _method(result: Consistency) -> str:
    level = next(iter(result.curves.values())).core.level
    interval = f"{level:.0%}".replace("%", "\u202f%")
    said = f"Questions right in at least this share of their variants, {interval} interval; at the end CORE."
    more = len(result.curves) - MOST
    return said + (f" The {MOST} candidates with the highest, of {len(result.curves):,}." if more > 0 else "")
