"""What would more samples buy?

The expected error of the majority against the samples a question, on logarithmic axes, with the power law through it;
and the consistency of each bucket of a plan, with a mark where the plan stops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy import special

from psephos.errors import InputError
from psephos.plots.curves import INKS, apart
from psephos.plots.style import LETTER, decimal, own_rules, share, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.allocation.arriving.budget_plan import BudgetPlan
    from psephos.allocation.forecast import Forecast

LONGEST = 14


def forecast_plot(result: Forecast, *, theme: str = "light", heading: bool = True) -> Figure:
    """Expected error of the majority against the samples a question.

    Parameters
    ----------
    result : Forecast
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
        If no number of samples has an error.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.allocation import forecast
    >>> pools = {f"q{k}": list("aaaab" if k % 3 else "abbab") for k in range(30)}
    >>> forecast_plot(forecast(pools, [4, 8, 16, 32], rng=0), heading=False).get_suptitle()[:30]
    'Twice the samples would take t'
    """
    points = result.table().filter(pl.col("error") > 0, pl.col("samples") > 0)
    if points.is_empty():
        raise InputError("result", "has no error to draw")
    n, error = points["samples"].to_numpy(), points["error"].to_numpy()
    level = f"{result.level:.0%}".replace("%", "\u202f%")
    method = f"Probability that the majority is not the mode, {level} interval over questions; both axes logarithmic."
    law = result.power_law
    method += " Dashed: a power law." if law is not None else ""
    with own_rules():
        page = sheet(_finding(result, n, error), method, height=280, theme=theme, heading=heading)
        axes = page.panel(56, 14, 24, 48)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(n[0] / 1.1, n[-1] * 1.1)
        spread = points.filter(pl.col("low") > 0)
        bottom = min([float(error.min()), *spread["low"].to_list()])
        axes.set_ylim(bottom / 1.3, min(1.0, max([float(error.max()), *spread["high"].to_list()]) * 1.2))
        axes.set_xticks(n, [f"{one:,}" for one in n])
        ticks = [t for t in (1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001) if bottom / 1.3 <= t]
        ticks = [t for t in ticks if t <= axes.get_ylim()[1]]
        axes.set_yticks(ticks, [share(tick) for tick in ticks])
        axes.minorticks_off()
        page.grid(axes, y=ticks)
        axes.set_xlabel(
            "further samples" if result.at_hand else "samples a question", color=page.colour("muted"), labelpad=4
        )
        colour = page.colour("accent")
        if spread.height:
            x = spread["samples"].to_numpy()
            axes.fill_between(x, spread["low"].to_numpy(), spread["high"].to_numpy(), color=colour, alpha=0.16, lw=0)
        axes.plot(n, error, "o-", color=colour, lw=2, ms=5, zorder=4)
        if law is not None:
            far = np.geomspace(n[0], n[-1], 30)
            axes.plot(far, law.error(far + result.at_hand), color=page.colour("muted"), lw=1.5, dashes=(4, 3), zorder=3)
            words = f"n^\u2212{decimal(law.exponent.value)}"
            page.write(axes, 0.98, 0.96, words, "muted", transform=axes.transAxes, ha="right", va="top")
    return page.figure


def _finding(result: Forecast, n: np.ndarray, error: np.ndarray) -> str:
    law = result.power_law
    if law is None or law.exponent.value <= 0:
        return f"At {n[-1]:,} samples a question {share(float(error[-1]))} of the majorities would still be wrong"
    part, twice_as_many = 1 - 2.0**-law.exponent.value, 2 * (n[-1] + result.at_hand)
    twice = f"{share(float(law.error(twice_as_many)))} at {twice_as_many:,.0f}" + " in all" * bool(result.at_hand)
    return f"Twice the samples would take the error down by {share(part)}, to {twice}"


def budget_plan_plot(result: BudgetPlan, *, theme: str = "light", heading: bool = True) -> Figure:
    """Consistency of each bucket against its samples, and where the plan stops.

    Parameters
    ----------
    result : BudgetPlan
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
    >>> from psephos.allocation import plan_budgets
    >>> plan = plan_budgets([0.6, 0.4], [0.9, 0.25], [0.2, 0], 10, names=["equal", "not equal"])
    >>> budget_plan_plot(plan, heading=False).get_suptitle()
    '9.8 samples a question make 93\u202f% of the majorities final'
    """
    rows = zip(result.names, result.shares.tolist(), result.samples.tolist(), strict=True)
    names = [f"{shortened(name, LONGEST)}, {share(part)}: {stop}" for name, part, stop in rows]
    room = 18 + LETTER * max(map(len, names))
    finding = f"{result.used:.3g} samples a question make {share(result.value)} of the majorities final"
    method = "Consistency of each bucket, named with its share of questions and, marked, its samples in the plan."
    last = int(max(result.samples.max() * 1.3, 8))
    n = np.arange(1, last + 1)
    with own_rules():
        page = sheet(finding, method, height=300, theme=theme, heading=heading, width=400 + room)
        axes = page.panel(56, 14, room, 48)
        axes.set_xlim(0, last)
        curves = special.ndtr(result.a[:, None] * np.sqrt(n) + result.b[:, None])
        start = float(np.floor(min(0.5, curves[:, 3:].min()) * 10) / 10)
        axes.set_ylim(start, 1)
        ticks = [float(tick) for tick in np.linspace(start, 1, 6)]
        axes.set_yticks(ticks, [share(tick) for tick in ticks])
        page.grid(axes, y=ticks)
        axes.set_xlabel("samples", color=page.colour("muted"), labelpad=4)
        places = apart(curves[:, -1] - start, 16 / 238 * (1 - start)) + start
        places -= max(0.0, places.max() - 1)
        side = axes.get_yaxis_transform()
        for t, name in enumerate(names):
            ink, mark = INKS[t] if t < len(INKS) else ("muted", "v")
            colour = page.colour(ink)
            axes.plot(n, curves[t], color=colour, lw=2)
            stop = int(result.samples[t])
            axes.plot([stop], [curves[t, stop - 1]], mark, color=colour, ms=8, zorder=5)
            ends_at = [1.012, 1.035], [curves[t, -1], places[t]]
            axes.plot(*ends_at, color=page.colour("line"), lw=1, transform=side, clip_on=False)
            page.write(axes, 1.045, float(places[t]), name, transform=side, va="center_baseline")
    return page.figure
