"""Which bins set two samples apart, and which features have shifted?

Evidence of each bin around 0 with its interval, and what the bin adds to the distance; values of features with their
intervals, those beyond chance marked.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from psephos.errors import NoPictureError
from psephos.plots.style import LETTER, decimal, in_words, own_rules, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.metrics import Divergence, Drift

MOST = 24


def evidence_plot(result: Divergence, *, theme: str = "light", heading: bool = True) -> Figure:
    r"""Evidence of each bin with its interval, and what the bin adds.

    Parameters
    ----------
    result : Divergence
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
        If no bin has finite evidence.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.metrics import information_value
    >>> evidence_plot(information_value([100, 200, 300, 400], [40, 30, 20, 10]), heading=False).get_suptitle()
    'Information value .91\xa0[.51,\xa01.32], very strong: check for leakage'
    """
    known = result.bins.filter(pl.col("evidence").is_finite())
    if known.is_empty():
        raise NoPictureError("result", "has no bin with finite evidence")
    table = known
    if known.height > MOST:
        kept = known.with_row_index().sort("contribution", descending=True).head(MOST)["index"].sort()
        table = known[kept]
    said = in_words(result.distance) if math.isfinite(result.value) else "infinite"
    finding = f"{result.name[:1].upper()}{result.name[1:]} {said}{', ' + result.label if result.label else ''}"
    left, right = result.sides
    method = (
        f"Evidence of each bin, ln of its share of {left} over that of {right}, {result.distance.level:.0%} interval."
        " Right: what the bin adds."
    ).replace("%", "\u202f%")
    method += f" The {MOST} of {known.height:,} bins that add most." if known.height > MOST else ""
    method += " Bins without finite evidence are left out." if known.height < result.bins.height else ""
    names = [shortened(name, 22) for name in table["bin"]]
    evidence, low, high = (table[name].cast(pl.Float64).to_numpy() for name in ("evidence", "low", "high"))
    low, high = np.where(np.isnan(low), evidence, low), np.where(np.isnan(high), evidence, high)
    ticks = ticks_of(min(0.0, float(low.min())), max(0.0, float(high.max())))
    with own_rules():
        page = sheet(finding, method, height=54 + 24 * len(names), theme=theme, heading=heading)
        axes = page.panel(26 + LETTER * max(map(len, names)), 2, 58, 44)
        axes.set_xlim(ticks[0], ticks[-1])
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_yticks([])
        axes.set_xticks(ticks, [decimal(tick, 1) for tick in ticks])
        page.grid(axes, x=ticks)
        axes.axvline(0, color=page.colour("muted"), lw=1.5, zorder=1)
        axes.set_xlabel(f"more {right}  \u2190  evidence  \u2192  more {left}", color=page.colour("muted"), labelpad=4)
        places = np.arange(len(names))
        axes.hlines(places, low, high, color=page.colour("accent"), lw=2, zorder=3)
        axes.plot(evidence, places, "o", color=page.colour("accent"), ms=7, zorder=4)
        side = axes.get_yaxis_transform()
        for place, name in enumerate(names):
            how: dict[str, Any] = {"transform": side, "va": "center_baseline"}
            page.write(axes, -0.03, place, name, ha="right", **how)
            page.write(axes, 1.04, place, decimal(table["contribution"][place], 3), "muted", ha="left", **how)
    return page.figure


def drift_plot(result: Drift, *, theme: str = "light", heading: bool = True) -> Figure:
    """Stability index of each feature with its interval; those beyond chance are marked.

    Parameters
    ----------
    result : Drift
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
        If no feature has a finite value.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.metrics import population_drift
    >>> found = population_drift({"age": ([50, 50], [49, 51]), "income": ([50, 50], [20, 80])})
    >>> drift_plot(found, heading=False).get_suptitle()
    '1 of 2 features has shifted by more than chance: income'
    """
    known = result.features.filter(pl.col("value").is_finite())
    if known.is_empty():
        raise NoPictureError("result", "has no feature with a finite value")
    beyond = result.shifted
    which = ", ".join(shortened(name, 20) for name in beyond[:3])
    verb = "has" if len(beyond) == 1 else "have"
    finding = f"{len(beyond)} of {result.features.height:,} features {verb} shifted by more than chance"
    finding += f": {which}{', ...' if len(beyond) > 3 else ''}" if beyond else ""
    table = known.head(MOST)
    method = f"Population stability index, {result.level:.0%} interval; diamond: beyond chance, all looks counted."
    method = method.replace("%", "\u202f%")
    method += f" The {MOST} largest of {known.height:,}." if known.height > MOST else ""
    names = [shortened(name, 22) for name in table["feature"]]
    value = table["value"].to_numpy()
    low, high = (np.where(np.isnan(end), value, end) for end in (table["low"].to_numpy(), table["high"].to_numpy()))
    ticks = ticks_of(0.0, float(high.max()))
    digits = 1 if ticks[-1] - ticks[0] >= 0.5 else 2 if ticks[-1] >= 0.05 else 3
    with own_rules():
        page = sheet(finding, method, height=54 + 24 * len(names), theme=theme, heading=heading)
        axes = page.panel(26 + LETTER * max(map(len, names)), 2, 58, 44)
        axes.set_xlim(ticks[0], ticks[-1])
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_yticks([])
        axes.set_xticks(ticks, [decimal(tick, digits) for tick in ticks])
        page.grid(axes, x=ticks)
        axes.set_xlabel("population stability index", color=page.colour("muted"), labelpad=4)
        side = axes.get_yaxis_transform()
        for place, (name, feature) in enumerate(zip(names, table["feature"], strict=True)):
            ink = page.colour("risk" if feature in beyond else "accent")
            axes.hlines(place, low[place], high[place], color=ink, lw=2, zorder=3)
            axes.plot(
                [value[place]], [place], "D" if feature in beyond else "o", color=ink, ms=7, zorder=4, clip_on=False
            )
            how: dict[str, Any] = {"transform": side, "va": "center_baseline"}
            page.write(axes, -0.03, place, name, ha="right", **how)
            page.write(axes, 1.04, place, decimal(float(value[place]), 3), "muted", ha="left", **how)
    return page.figure


def ticks_of(low: float, high: float) -> list[float]:
    """Two to seven round places that hold both ends.

    Examples
    --------
    >>> ticks_of(0.0, 0.9)
    [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]
    """
    width = max(high - low, 1e-9)
    power = 10 ** math.floor(math.log10(width / 3))
    step = next(power * size for size in (1, 2, 5, 10) if width / (power * size) <= 5)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [place * step for place in range(first, max(last, first + 1) + 1)]
