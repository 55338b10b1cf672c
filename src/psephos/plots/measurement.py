"""What values have metrics, and how sure are they? Values with intervals, a row each; a comparison around 0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from psephos.errors import NoPictureError
from psephos.opinions.wording import first_of
from psephos.plots.divergence import ticks_of
from psephos.plots.style import LETTER, decimal, own_rules, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.metrics import Measurement

MOST = 30
LONGEST = 30


def measurement_plot(result: Measurement, *, theme: str = "light", heading: bool = True) -> Figure:
    """Values of metrics with their intervals; of a comparison the differences, those beyond chance marked.

    Parameters
    ----------
    result : Measurement
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
        If every value is undefined.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.metrics import measure
    >>> found = measure("probability", truth=[1, 0, 1, 1], score=[0.9, 0.2, 0.6, 0.4], metrics=["accuracy"])
    >>> measurement_plot(found, heading=False).get_suptitle()
    'accuracy .750'
    """
    known = result.values.drop_nulls("value")
    if known.is_empty():
        raise NoPictureError("result", "has no value that is defined")
    table = known.head(MOST)
    names = [shortened(name, LONGEST) for name in _names(table)]
    value = table["value"].to_numpy()
    low, high = (
        np.where(np.isnan(end), value, end)
        for end in (table[name].cast(pl.Float64).fill_null(float("nan")).to_numpy() for name in ("low", "high"))
    )
    beyond = (table["p"].fill_null(1.0) <= 1 - result.level).to_numpy() & bool(result.compared)
    method = f"Value and {result.level:.0%} interval, where there is one.".replace("%", "\u202f%")
    if result.compared:
        method = (
            f"{result.compared[0]} less {result.compared[1]}; {method[0].lower()}{method[1:]} Diamond: beyond chance."
        )
    method += f" The first {MOST} of {known.height:,}." if known.height > MOST else ""
    ticks = ticks_of(min(0.0, float(low.min())), max(0.0, float(high.max())))
    digits = 1 if ticks[1] - ticks[0] >= 0.1 else 2 if ticks[1] - ticks[0] >= 0.01 else 3
    with own_rules():
        page = sheet(_finding(result, names, beyond), method, height=54 + 24 * len(names), theme=theme, heading=heading)
        axes = page.panel(26 + LETTER * max(map(len, names)), 2, 62, 44)
        axes.set_xlim(ticks[0], ticks[-1])
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_yticks([])
        axes.set_xticks(ticks, [decimal(tick, digits) for tick in ticks])
        page.grid(axes, x=ticks)
        axes.axvline(0, color=page.colour("muted"), lw=1.5, zorder=1)
        axes.set_xlabel("difference" if result.compared else "value", color=page.colour("muted"), labelpad=4)
        side = axes.get_yaxis_transform()
        for place, name in enumerate(names):
            ink = page.colour("risk" if beyond[place] else "accent")
            axes.hlines(place, low[place], high[place], color=ink, lw=2, zorder=3)
            mark = "D" if beyond[place] else "o"
            axes.plot([value[place]], [place], mark, color=ink, ms=7, zorder=4, clip_on=False)
            how: dict[str, Any] = {"transform": side, "va": "center_baseline"}
            page.write(axes, -0.03, place, name, ha="right", **how)
            page.write(axes, 1.04, place, decimal(float(value[place]), 3), "muted", ha="left", **how)
    return page.figure


def _names(table: pl.DataFrame) -> list[str]:
    several = table["of"].n_unique() > 1
    return [
        ", ".join([row["metric"]] + ([row["of"]] if several else []) + ([row["group"]] if row["group"] else []))
        for row in table.iter_rows(named=True)
    ]


def _finding(result: Measurement, names: list[str], beyond: Any) -> str:
    if result.compared:
        left, right = (shortened(name, 20) for name in result.compared)
        those = [name for name, there in zip(names, beyond, strict=True) if there]
        if not those:
            return f"{left} and {right} differ in nothing beyond chance"
        return f"{left} and {right} differ in {first_of(those, 3)}"
    first = result.values.drop_nulls("value").row(0, named=True)
    return f"{names[0]} {decimal(first['value'], 3)}"
