"""On which attributes does a prediction depend, singly and together, and who is predicted high?

The distance correlation of each attribute and of all together; the mean prediction of each subgroup around that of all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from psephos.errors import NoPictureError
from psephos.opinions.wording import MINUS
from psephos.plots.style import LETTER, decimal, own_rules, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.metrics import Dependence

MOST = 20
LONGEST = 44
WIDE = 620
LEVEL = 0.05


def dependence_plot(result: Dependence, *, theme: str = "light", heading: bool = True) -> Figure:
    """Distance correlation of each attribute, and of all together.

    Parameters
    ----------
    result : Dependence
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
    >>> import numpy as np
    >>> from psephos.metrics import dependence
    >>> rng = np.random.default_rng(2)
    >>> a, b = rng.random((2, 400)) < 0.5
    >>> found = dependence((a ^ b) + rng.normal(0, 0.5, 400), {"a": a, "b": b}, rng=0)
    >>> dependence_plot(found, heading=False).get_suptitle()
    'Together the attributes tell what none of 2 tells alone'
    """
    table = result.attributes.sort("dcor", descending=True)
    names = ["all together", *(shortened(name, 20) for name in table["attribute"].head(MOST))]
    values = [result.correlation, *table["dcor"].head(MOST)]
    p = [result.measure("ccdcov")["p"], *table["adjusted_p"].head(MOST)]
    method = "Distance correlation, 0 if independent; right: p by shuffling, adjusted for the number of attributes."
    method += f" The {MOST} largest of {table.height:,}." if table.height > MOST else ""
    with own_rules():
        page = sheet(_finding(result), method, height=54 + 24 * len(names), theme=theme, heading=heading)
        axes = page.panel(26 + LETTER * max(map(len, names)), 2, 74, 44)
        top = next(end for end in (0.2, 0.5, 1.0) if max(values) <= end or end == 1.0)
        ticks = [0.0, top / 2, top]
        axes.set_xlim(0, top)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_yticks([])
        axes.set_xticks(ticks, [decimal(tick) for tick in ticks])
        page.grid(axes, x=ticks)
        axes.set_xlabel("distance correlation", color=page.colour("muted"), labelpad=4)
        side = axes.get_yaxis_transform()
        for place, (name, value, chance) in enumerate(zip(names, values, p, strict=True)):
            ink = page.colour("accent" if chance is not None and chance <= LEVEL else "muted")
            axes.hlines(place, 0, value, color=ink, lw=2, zorder=3)
            axes.plot([value], [place], "D" if place == 0 else "o", color=ink, ms=7, zorder=4, clip_on=False)
            how: dict[str, Any] = {"transform": side, "va": "center_baseline"}
            page.write(axes, -0.03, place, name, ha="right", **how)
            said = "constant" if chance is None and place else "" if chance is None else f"p {decimal(chance, 3)}"
            page.write(axes, 1.04, place, said, "muted", ha="left", **how)
    return page.figure


def subgroup_means_plot(result: Dependence, *, theme: str = "light", heading: bool = True) -> Figure:
    """Mean prediction of each subgroup less that of all; a larger point holds more rows.

    Parameters
    ----------
    result : Dependence
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
        If no subgroup has weight.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from psephos.metrics import dependence
    >>> found = dependence([1.0, 2, 5, 6], {"a": ["x", "x", "y", "y"]}, repeats=0)
    >>> subgroup_means_plot(found, heading=False).get_suptitle()
    'a y is predicted 2 above, a x 2 below the mean'
    """
    known = result.subgroups.drop_nulls("above_mean").filter(result.subgroups["share"] > 0)
    if known.is_empty():
        raise NoPictureError("result", "has no subgroup with weight")
    height = known.height
    kept = known if height <= MOST else known[[*range(MOST // 2), *range(height - MOST // 2, height)]]
    first, last = kept.row(0, named=True), kept.row(-1, named=True)
    finding = f"{shortened(first['subgroup'], LONGEST)} is predicted {_size(first['above_mean'])} above, "
    finding += f"{shortened(last['subgroup'], LONGEST)} {_size(last['above_mean'])} below the mean"
    method = "Mean prediction less that of all rows; larger points hold more rows, hollow ones fewer than 30."
    method += f" The {MOST // 2} highest and lowest of {height:,}." if height > MOST else ""
    names = [shortened(name, LONGEST) for name in kept["subgroup"]]
    values, share = kept["above_mean"].to_numpy(), kept["share"].to_numpy()
    reach = float(np.abs(values).max()) * 1.15 or 1.0
    with own_rules():
        page = sheet(finding, method, height=54 + 24 * len(names), theme=theme, heading=heading, width=WIDE)
        axes = page.panel(26 + LETTER * max(map(len, names)), 2, 66, 44)
        axes.set_xlim(-reach, reach)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_yticks([])
        axes.set_xticks([0.0], ["0"])
        axes.axvline(0, color=page.colour("muted"), lw=1.5, zorder=1)
        axes.set_xlabel("above the mean of all", color=page.colour("muted"), labelpad=4)
        ink = page.colour("accent")
        faces = [page.colour("surface") if few else ink for few in kept["few"]]
        axes.hlines(np.arange(len(names)), 0, values, color=page.colour("line"), lw=2, zorder=2)
        axes.scatter(
            values, np.arange(len(names)), s=30 + 250 * share, c=faces, edgecolors=ink, lw=1.5, zorder=4, clip_on=False
        )
        side = axes.get_yaxis_transform()
        for place, name in enumerate(names):
            how: dict[str, Any] = {"transform": side, "va": "center_baseline"}
            page.write(axes, -0.03, place, name, ha="right", **how)
            sign = MINUS if values[place] < 0 else "+"
            page.write(axes, 1.04, place, sign + _size(values[place]), "muted", ha="left", **how)
    return page.figure


def _size(value: float) -> str:
    text = f"{abs(value):.2g}"
    return text.replace("0.", ".", 1) if text.startswith("0.") else text


def _finding(result: Dependence) -> str:
    chance = result.measure("ccdcov")["p"]
    count = result.attributes.height
    if chance is None:
        return f"Distance correlation with all attributes together {decimal(result.correlation)}"
    if chance > LEVEL:
        return "No dependence on the attributes beyond chance"
    alone = result.attributes.filter(result.attributes["adjusted_p"].fill_null(1) <= LEVEL)
    if alone.is_empty():
        return f"Together the attributes tell what none of {count} tells alone"
    most = alone.sort("dcor", descending=True).row(0, named=True)
    return (
        f"Predictions depend most on {shortened(most['attribute'], 24)}: distance correlation {decimal(most['dcor'])}"
    )
