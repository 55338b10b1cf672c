"""How near do the estimates come to the best that is possible?

A row per estimate with its correlation and interval, below the rows of the bounds; the line is the bound that estimates
are held against, with the tint of its interval. Without estimates the bounds stand alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from psephos.errors import InputError
from psephos.plots.style import LETTER, decimal, in_words, own_rules, share, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.agreement.noise_ceilings.result import NoiseCeiling

MOST = 20
"""Of more estimates, the best are drawn."""

LONGEST = 22
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)


def ceiling_plot(result: NoiseCeiling, *, theme: str = "light", heading: bool = True) -> Figure:
    """Correlation of each estimate with the mean votes, against the highest that is possible.

    Parameters
    ----------
    result : NoiseCeiling
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
        If there are fewer than three items, so that no correlation has a bound.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.agreement import ceiling_of
    >>> votes = [[1, 2, 2, 3], [3, 3, 4, 2], [5, 4, 5, 5], [2, 1, 1, 1], [4, 4, 3, 5]]
    >>> ceiling_plot(ceiling_of(votes, repeats=0), heading=False).get_suptitle()
    'No estimate can correlate more than .969 with these mean votes'
    """
    ceiling = result.bound.pcc_bound
    if np.isnan(ceiling.value):
        raise InputError("result", "has no bound on the correlation: too few items")
    rows, known = _rows(result)
    names = [shortened(name, LONGEST) for name in rows["name"]]
    value, low, high = (rows[column].to_numpy() for column in ("value", "low", "high"))
    ends = np.concatenate([value, low, high])
    start, step = _start(float(np.nanmin(ends)))
    with own_rules():
        page = sheet(
            _finding(result), _method(result, known), height=52 + 22 * len(names), theme=theme, heading=heading
        )
        axes = page.panel(14 + LETTER * max(map(len, names)), 2, 58, 44)
        axes.set_xlim(start, 1)
        axes.set_ylim(len(names) - 0.5, -0.5)
        ticks = [float(tick) for tick in np.arange(start, 1 + step / 2, step)]
        axes.set_yticks([])
        axes.set_xticks(ticks, [decimal(tick) for tick in ticks])
        axes.set_xlabel("correlation with the mean votes", color=page.colour("muted"), labelpad=4)
        page.grid(axes, x=ticks)
        if np.isfinite(ceiling.low):
            axes.axvspan(ceiling.low, ceiling.high, color=page.colour("middle"), alpha=0.22, lw=0, zorder=1)
        axes.axvline(ceiling.value, color=page.colour("middle"), lw=1.5, zorder=2)
        places = np.arange(len(names))
        bounds = rows["bound"].to_numpy()
        for these, ink in ((bounds, "middle"), (~bounds, "accent")):
            colour = page.colour(ink)
            axes.hlines(places[these], low[these], high[these], color=colour, lw=6, alpha=0.35, zorder=3)
            marker = "D" if ink == "middle" else "o"
            axes.plot(value[these], places[these], marker, color=colour, ms=6, clip_on=False, zorder=4)
        side = axes.get_yaxis_transform()
        for row, name in enumerate(names):
            how = {"transform": side, "va": "center_baseline"}
            page.write(axes, -0.03, row, name, "muted" if bounds[row] else "ink", ha="right", **how)
            page.write(axes, 1.05, row, rows["said"][row], "muted", ha="left", **how)
    return page.figure


def _rows(result: NoiseCeiling) -> tuple[pl.DataFrame, int]:
    """Bounds, then the best estimates that have a correlation, and how many of these there are."""
    bounds = [
        (_named(bound.source), bound.pcc_bound.value, bound.pcc_bound.low, bound.pcc_bound.high, True)
        for bound in result.bounds
    ]
    schema = {"name": pl.String} | dict.fromkeys(("value", "low", "high"), pl.Float64) | {"bound": pl.Boolean}
    known = result.estimates.drop_nulls("pcc")
    shown = known.head(MOST).select("estimate", "pcc", "pcc_low", "pcc_high", "share_of_ceiling")
    rows = [(name, value, low, high, False) for name, value, low, high, _ in shown.iter_rows()]
    said = [decimal(bound[1], 3) for bound in bounds]
    said += [decimal(value) if part is None else share(part) for _, value, _, _, part in shown.iter_rows()]
    table = pl.DataFrame([*bounds, *rows], schema=schema, orient="row").with_columns(pl.Series("said", said))
    return table.with_columns(pl.col("low", "high").fill_null(float("nan"))), known.height


def _named(source: str) -> str:
    words = {"data": "ceiling", "binovotes": "by BinoVotes", "other-test": "by another test"}
    return words.get(source, source)


def _start(lowest: float) -> tuple[float, float]:
    """Where the axis begins, and its step, so that it ends at 1 with three to six ticks."""
    step = next((step for step in STEPS if (1 - lowest) / step <= 5), STEPS[-1])
    return 1 - step * max(2, int(np.ceil((1 - lowest) / step - 1e-9))), step


def _finding(result: NoiseCeiling) -> str:
    ceiling = result.bound.pcc_bound
    known = result.estimates.drop_nulls("pcc")
    if known.is_empty() or ceiling.value == 0:
        return f"No estimate can correlate more than {in_words(ceiling)} with these mean votes"
    best = known.row(0, named=True)
    name = shortened(best["estimate"], 30)
    if best["above_bound"]:
        return f"{name} lies above the ceiling: it fits the noise of these votes"
    if best["share_high"] is not None and best["share_high"] < 1:
        return f"{name} reaches {share(best['share_of_ceiling'])} of the ceiling of {decimal(ceiling.value, 3)}"
    return f"{name} is as near to the ceiling of {decimal(ceiling.value, 3)} as can be told"


def _method(result: NoiseCeiling, known: int) -> str:
    level = f"{result.bound.pcc_bound.level:.0%}".replace("%", "\u202f%")
    said = f"Pearson correlation, {level} interval; diamonds: the highest possible, by where the noise comes from."
    said += " Right: share of the ceiling." if known else ""
    return said + (f" The best {MOST} of {known:,} estimates." if known > MOST else "")


def vote_plan_plot(result: NoiseCeiling, *, theme: str = "light", heading: bool = True) -> Figure:
    """The highest possible correlation against the number of votes an item.

    Parameters
    ----------
    result : NoiseCeiling
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
        If the votes show no differences in quality.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.agreement import ceiling_of_moments
    >>> ceiling = ceiling_of_moments(votes=10, quality_variance=0.6, vote_variance=0.9)
    >>> vote_plan_plot(ceiling, heading=False).get_suptitle()
    'Twice the votes would raise the ceiling from .933 to .964'
    """
    from psephos.agreement import vote_plan

    now = result.bound.votes
    last = max(16, int(np.ceil(2.5 * now)))
    plan = vote_plan(result, sorted({int(n) for n in np.unique(np.geomspace(1, last, 60).round())}))
    votes, ceiling = plan["votes"].to_numpy(), plan["pcc_bound"].to_numpy()
    bound = result.bound
    twice = float(np.sqrt(bound.quality_variance / (bound.quality_variance + bound.vote_variance / (2 * now))))
    here = float(np.sqrt(bound.quality_variance / (bound.quality_variance + bound.vote_variance / now)))
    start, step = _start(float(ceiling.min()))
    finding = f"Twice the votes would raise the ceiling from {decimal(here, 3)} to {decimal(twice, 3)}"
    method = "Highest possible correlation with the mean votes, if more votes are like those at hand."
    with own_rules():
        page = sheet(finding, method, height=260, theme=theme, heading=heading)
        axes = page.panel(44, 14, 16, 48)
        axes.set_xlim(1, last)
        axes.set_ylim(start, 1)
        ticks = [float(tick) for tick in np.arange(start, 1 + step / 2, step)]
        axes.set_yticks(ticks, [decimal(tick) for tick in ticks])
        page.grid(axes, y=ticks)
        places = np.unique(np.concatenate([[1], np.linspace(0, last, 5)[1:].round()]))
        axes.set_xticks(places, [f"{place:g}" for place in places])
        axes.set_xlabel("votes an item", color=page.colour("muted"), labelpad=4)
        axes.plot(votes, ceiling, color=page.colour("accent"), lw=2, solid_capstyle="round")
        for place, value, words, ink in ((now, here, "now", "ink"), (2 * now, twice, "twice", "muted")):
            axes.plot([place], [value], "o", color=page.colour("accent" if words == "now" else "muted"), ms=7, zorder=5)
            page.write(axes, place, value - 0.05 * (1 - start), f"{words}: {place:.3g}", ink, ha="center", va="top")
    return page.figure
