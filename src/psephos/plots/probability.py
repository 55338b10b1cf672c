"""How honest are probabilities, and do errors cancel?

The reliability of a `ProbabilityReport` as points on the diagonal, and its Balance score by side and band of confidence
around 0, with what chance allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from psephos.plots.style import decimal, in_words, own_rules, sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.metrics.probability.report import ProbabilityReport

TICKS = [0.0, 0.25, 0.5, 0.75, 1.0]


def probability_plot(result: ProbabilityReport, *, theme: str = "light", heading: bool = True) -> Figure:
    """What came true against what was said, with intervals and the diagonal.

    Parameters
    ----------
    result : ProbabilityReport
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
    >>> from psephos.metrics import probability_report
    >>> found = probability_report([0.9] * 50, [1, 0] * 25, rng=0)
    >>> probability_plot(found, heading=False).get_suptitle()
    'Over-confident by 40.0 points +- 7.1'
    """
    table = result.reliability
    of = "the event" if result.parts is not None else "the class taken"
    method = (
        f"Share that came true against the probability of {of}, 95\u202f% Wilson interval; below: items in each bin."
    )
    with own_rules():
        page = sheet(_finding(result), method, height=380, theme=theme, heading=heading)
        axes = page.panel(44, 12, 20, 100)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_xticks([])
        axes.set_yticks(TICKS, [decimal(tick) for tick in TICKS])
        page.grid(axes, x=TICKS, y=TICKS)
        axes.plot([0, 1], [0, 1], color=page.colour("muted"), lw=1, dashes=(4, 3))
        page.write(axes, 0.01, 1.0, "came true", "muted", transform=axes.transAxes, va="top")
        accent = page.colour("accent")
        axes.vlines(table["said"], table["happened_low"], table["happened_high"], color=accent, lw=6, alpha=0.35)
        axes.plot(table["said"], table["happened"], "o", color=accent, ms=6, clip_on=False)
        counts = page.panel(44, 288, 20, 48)
        counts.set_xlim(0, 1)
        counts.set_ylim(0, max(table["items"].to_list()) * 1.05)
        counts.set_xticks(TICKS, [decimal(tick) for tick in TICKS])
        counts.set_yticks([])
        width = np.maximum(table["high"].to_numpy() - table["low"].to_numpy(), 0.01)
        counts.bar(table["low"], table["items"], width=width, align="edge", color=page.colour("muted"), alpha=0.5)
        counts.axhline(0, color=page.colour("line"), lw=1)
        counts.set_xlabel("probability that was said", color=page.colour("muted"), labelpad=4)
    return page.figure


def balance_plot(result: ProbabilityReport, *, theme: str = "light", heading: bool = True) -> Figure:
    """The Balance score in total, by side and by band of confidence, around 0.

    Parameters
    ----------
    result : ProbabilityReport
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
    >>> from psephos.metrics import probability_report
    >>> found = probability_report([0.9] * 50, [1, 0] * 25, rng=0)
    >>> balance_plot(found, heading=False).get_suptitle()
    'Over-confident by 40.0 points +- 7.1'
    """
    total = result.balance
    first = pl.DataFrame({"name": ["all"], "balance": [total.value], "null_error": [total.null_error]})
    rows = pl.concat([first, result.bands.select("name", "balance", "null_error")])
    value, error = rows["balance"].to_numpy(), 2 * rows["null_error"].to_numpy()
    reach = 1.15 * max(0.02, float(np.max(np.abs(value))), float(np.max(error)))
    method = (
        "Share right less mean confidence, by side and by confidence; tint: what chance allows (2 standard errors)."
    )
    with own_rules():
        page = sheet(_finding(result), method, height=52 + 26 * rows.height, theme=theme, heading=heading)
        axes = page.panel(104, 2, 64, 44)
        axes.set_xlim(-reach, reach)
        axes.set_ylim(rows.height - 0.5, -0.5)
        axes.set_yticks([])
        ticks = [-reach / 1.15, 0.0, reach / 1.15]
        axes.set_xticks(ticks, [decimal(tick) for tick in ticks])
        axes.set_xlabel(
            "over-confident  \u2190  Balance  \u2192  under-confident", color=page.colour("muted"), labelpad=4
        )
        axes.axvline(0, color=page.colour("muted"), lw=1)
        places = np.arange(rows.height)
        axes.hlines(places, -error, error, color=page.colour("muted"), lw=10, alpha=0.25)
        off = np.abs(value) > error
        for these, ink, marker in ((~off, "accent", "o"), (off, "risk", "D")):
            axes.plot(value[these], places[these], marker, color=page.colour(ink), ms=7, clip_on=False)
        for place, name in enumerate(rows["name"]):
            side = {"transform": axes.get_yaxis_transform(), "va": "center_baseline"}
            page.write(axes, -0.03, place, name, "ink" if place == 0 else "muted", ha="right", **side)
            page.write(axes, 1.04, place, decimal(float(value[place]), 3), "muted", ha="left", **side)
    return page.figure


def _finding(result: ProbabilityReport) -> str:
    if result.errors_cancel:
        return f"Errors cancel: Balance is {in_words(result.balance)}, the ECE {decimal(result.calibration.error, 3)}"
    said = result.balance.verdict
    return said[0].upper() + said[1:]
