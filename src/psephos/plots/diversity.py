"""How many different items are there, by order, by theme, and by the number of items?

A `Diversity` as its profile over orders with intervals, and as its largest themes; a `Rarefaction` as curves over the
number of items, to be compared where all collections have as many.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import NoPictureError
from psephos.opinions.wording import plural
from psephos.plots.curves import INKS
from psephos.plots.style import LETTER, in_words, own_rules, share, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from psephos.metrics.diversity.equal_sizes import Rarefaction
    from psephos.metrics.diversity.result import Diversity
    from psephos.plots.style import Sheet

LONGEST = 22
MOST = 8


def diversity_plot(result: Diversity, *, theme: str = "light", heading: bool = True) -> Figure:
    """Vendi score of every order, with its interval.

    Parameters
    ----------
    result : Diversity
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
    >>> from psephos.metrics import diversity
    >>> diversity_plot(diversity([[1, 0], [0, 1]], interval="none"), heading=False).get_suptitle()
    '2 items count as 2 different ones'
    """
    table = result.table()
    places, score = np.arange(table.height), table["score"].to_numpy()
    filled = table.with_columns(pl.col("low", "high").fill_null(pl.col("score")))
    low, high = filled["low"].to_numpy(), filled["high"].to_numpy()
    sure = f"band: {result.level:.0%} interval for other items of the kind" if (low < high).any() else "no interval"
    bounded = bool((table["bound_low"] < table["bound_high"] * (1 - 1e-9)).any())
    method = f"Vendi score; small orders see rare items, large ones what dominates; {sure}."
    method += " Whiskers: bounds for these items." if bounded else ""
    with own_rules():
        page = sheet(_finding(result), method, height=260, theme=theme, heading=heading)
        axes = page.panel(52, 24, 28, 46)
        axes.set_xlim(-0.3, table.height - 0.7)
        axes.set_xticks(places, ["\u221e" if math.isinf(q) else f"{q:g}" for q in table["q"]])
        axes.set_xlabel("order", color=page.colour("muted"), labelpad=4)
        _numbers(page, axes, np.concatenate([low, high, table["bound_low"], table["bound_high"]]))
        accent = page.colour("accent")
        known = table["low"].is_not_null().to_numpy()
        axes.fill_between(places, low, high, where=known, color=accent, alpha=0.16, linewidth=0)
        if bounded:
            axes.vlines(places, table["bound_low"], table["bound_high"], color=page.colour("muted"), lw=1)
        axes.plot(places, score, color=accent, lw=2, marker="o", ms=5, clip_on=False)
        for place, value in zip(places.tolist(), score.tolist(), strict=True):
            page.write(
                axes, place, value, f"{value:.3g}", ha="center", va="bottom", fontsize=12, clip_on=False, **_above(axes)
            )
    return page.figure


def themes_plot(result: Diversity, *, theme: str = "light", heading: bool = True) -> Figure:
    """Share of the largest themes, each by the item that lies nearest.

    Parameters
    ----------
    result : Diversity
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
    NoPictureError
        If the report has no themes.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.metrics import diversity, text_spectrum
    >>> found = diversity(text_spectrum(["yes", "yes", "no"]), names=["yes", "yes", "no"], interval="none")
    >>> themes_plot(found, heading=False).get_suptitle()
    'The largest theme, that of yes, holds 67\u202f%'
    """
    table = result.themes.head(MOST)
    if not table.height:
        raise NoPictureError("result", "has no themes: coordinates of the items were not kept")
    names = [shortened(members[0], LONGEST) for members in table["items"]]
    rest = max(0.0, 1 - float(table["share"].sum()))
    finding = f"The largest theme, that of {names[0]}, holds {share(table['share'][0])}"
    method = f"Largest eigenvectors, by the item nearest to each; all others together hold {share(rest)}."
    with own_rules():
        page = sheet(finding, method, height=24 + 24 * len(names), theme=theme, heading=heading)
        axes = page.panel(16 + LETTER * max(map(len, names)), 4, 56, 16)
        axes.set_xlim(0, float(table["share"].to_numpy().max()))
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xticks([])
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(labelcolor=page.colour("ink"))
        axes.barh(range(len(names)), table["share"], height=0.6, color=page.colour("accent"))
        for place, value in enumerate(table["share"].to_list()):
            page.write(axes, value, place, f" {share(value)}", "muted", va="center_baseline", clip_on=False)
    return page.figure


def rarefaction_plot(result: Rarefaction, *, theme: str = "light", heading: bool = True) -> Figure:
    """Diversity of each collection over the number of items.

    Parameters
    ----------
    result : Rarefaction
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
    >>> from psephos.metrics import kernel_spectrum, rarefaction
    >>> found = rarefaction({"a": kernel_spectrum(np.eye(9)), "b": kernel_spectrum(np.ones((5, 5)))}, rng=0)
    >>> rarefaction_plot(found, heading=False).get_suptitle()
    'At 5 items a is the most diverse: 5'
    """
    table, common = result.table(), result.common
    here = table.filter(pl.col("items") == common).sort("score", descending=True)
    best = f"{shortened(here['collection'][0], LONGEST)} is the most diverse: {here['score'][0]:.3g}"
    finding = (
        f"At {common:,} items {best}" if here.height > 1 else f"All {common:,} items count as {here['score'][0]:.3g}"
    )
    order = "\u221e" if math.isinf(result.q) else f"{result.q:g}"
    method = (
        f"Vendi score of order {order} of random parts; bands hold {result.level:.0%} of them; line: all have as many."
    )
    names = table["collection"].unique(maintain_order=True).to_list()
    wide = 16 + LETTER * 1.15 * max(len(shortened(name, LONGEST)) for name in names)
    with own_rules():
        page = sheet(finding, method, height=280, theme=theme, heading=heading)
        axes = page.panel(52, 14, wide, 46)
        last = float(table["items"].to_numpy().max())
        axes.set_xlim(0, last)
        axes.set_xticks(ticks := [round(part * last) for part in (0.25, 0.5, 0.75, 1)], [f"{tick:,}" for tick in ticks])
        axes.set_xlabel("items", color=page.colour("muted"), labelpad=4)
        _numbers(page, axes, np.concatenate([table["low"], table["high"]]))
        axes.axvline(common, color=page.colour("muted"), lw=1, dashes=(4, 3))
        reach = np.diff(axes.get_ylim())[0]
        below = np.inf
        ends = []
        for place, name in enumerate(names):
            own = table.filter(pl.col("collection") == name)
            ink, marker = INKS[min(place, len(INKS) - 1)]
            x, y = own["items"].to_numpy(), own["score"].to_numpy()
            axes.fill_between(x, own["low"], own["high"], color=page.colour(ink), alpha=0.16, linewidth=0)
            axes.plot(x, y, color=page.colour(ink), lw=2, marker=marker, ms=4, clip_on=False)
            ends.append((float(y[-1]), name, ink))
        for value, name, ink in sorted(ends, reverse=True):
            below = min(value, below - 17 / 220 * reach)
            page.write(
                axes, last * 1.03, below, shortened(name, LONGEST), ink, va="center", fontweight="bold", clip_on=False
            )
    return page.figure


def _finding(result: Diversity) -> str:
    rows = result.table()
    orders = rows["q"].to_list()
    order = 1.0 if 1.0 in orders else orders[0]
    found = result.interval(order)
    count = in_words(found) if found.known else f"{found.value:.3g}"
    of = "" if order == 1 else f" at order {order:g}"
    return f"{plural(result.spectrum.n, 'item counts', 'items count')} as {count} different ones{of}"


def _numbers(page: Sheet, axes: Axes, values: npt.NDArray[np.float64]) -> None:
    """An axis of numbers of items, by tens where they span more than one power of ten."""
    from matplotlib.ticker import MaxNLocator, NullLocator

    top, bottom = float(np.max(values)), float(np.min(values))
    if top > 12 * bottom:
        axes.set_yscale("log")
        axes.set_ylim(bottom / 1.25, top * 1.35)
        powers = range(math.floor(math.log10(bottom)), math.ceil(math.log10(top)) + 1)
        steps = (1, 2, 5) if top < 100 * bottom else (1,)
        ticks = [step * 10.0**power for power in powers for step in steps]
        ticks = [tick for tick in ticks if bottom / 1.25 <= tick <= top * 1.35]
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_ylim(0, top * 1.15)
        ticks = [float(tick) for tick in MaxNLocator(4).tick_values(0, top) if tick <= top * 1.15]
    axes.set_yticks(ticks, [f"{tick:,.3g}" if tick < 1000 else f"{tick:,.0f}" for tick in ticks])
    page.grid(axes, y=ticks)


def _above(axes: Axes) -> dict[str, Any]:
    """Text five pixels above its place."""
    from matplotlib.transforms import ScaledTranslation

    return {"transform": axes.transData + ScaledTranslation(0, 5 / 72, axes.figure.dpi_scale_trans)}
