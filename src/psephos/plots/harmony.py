"""Which benchmarks are harmonious for all models, and which groups pull a mean?

The plane: mean of harmony over models against its variance, one named point a benchmark, lines at the medians.
The groups: score of each group against the mean of its model.
The tree: score of each group within the group that was divided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from psephos.plots.style import LETTER, decimal, own_rules, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.metrics import GroupTree, Harmony, HarmonyPlane

MOST = 20


def harmony_plane_plot(result: HarmonyPlane, *, theme: str = "light", heading: bool = True) -> Figure:
    """Benchmarks by mean and variance of the harmony of models.

    Parameters
    ----------
    result : HarmonyPlane
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
    >>> from psephos.metrics import harmony_plane
    >>> plane = harmony_plane({"a": [0.9, 0.95, 0.92], "b": [0.3, 0.9, 0.6]})
    >>> harmony_plane_plot(plane, heading=False).get_suptitle()
    '1 of 2 benchmarks is reliable: high harmony that varies little'
    """
    table = result.benchmarks
    mean = table["mean"].to_numpy()
    variance = table["variance"].fill_null(0.0).to_numpy()
    known = table["variance"].is_not_null().to_numpy()
    good = int((table["quadrant"] == "reliable").sum())
    verb = "is" if good == 1 else "are"
    finding = f"{good} of {table.height:,} benchmarks {verb} reliable: high harmony that varies little"
    if known.sum() < 2:
        finding = f"{shortened(table['benchmark'][0], 24)}: mean harmony {decimal(mean[0])}, nothing to compare with"
        if table.height > 1:
            finding = f"{table.height:,} benchmarks, and too few models to compare them by how harmony varies"
    top = max(float(variance.max()) * 1.2, 1e-4)
    with own_rules():
        method = "Harmony over models" + ("; lines: medians." if known.sum() > 1 else ".")
        page = sheet(finding, method, height=320, theme=theme, heading=heading)
        axes = page.panel(64, 14, 24, 48)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, top)
        ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
        axes.set_xticks(ticks, [decimal(tick) for tick in ticks])
        heights = [float(tick) for tick in np.linspace(0, top / 1.2, 4)]
        axes.set_yticks(heights, [decimal(tick, 4) for tick in heights])
        page.grid(axes, x=ticks, y=heights)
        if known.sum() > 1:
            axes.axvline(float(np.median(mean[known])), color=page.colour("muted"), lw=1, dashes=(4, 3))
            axes.axhline(float(np.median(variance[known])), color=page.colour("muted"), lw=1, dashes=(4, 3))
        axes.set_xlabel("mean harmony", color=page.colour("muted"), labelpad=4)
        axes.set_ylabel("variance", color=page.colour("muted"), labelpad=4)
        for x, y, name, kind in zip(mean, variance, table["benchmark"], table["quadrant"], strict=True):
            ink = "good" if kind == "reliable" else "accent"
            axes.plot(
                [x], [y], "D" if kind == "reliable" else "o", color=page.colour(ink), ms=7, clip_on=False, zorder=4
            )
            left = x > 0.6
            step = -0.02 if left else 0.02
            label = shortened(name, 18) + (" (one model)" if kind == "one model" else "")
            page.write(axes, x + step, y + 0.03 * top, label, ha="right" if left else "left")
    return page.figure


def harmony_plot(result: Harmony, *, theme: str = "light", heading: bool = True) -> Figure:
    """Score of each group of the first model against its mean; the area of a point is the share of items.

    Parameters
    ----------
    result : Harmony
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
    >>> from psephos.metrics import harmony
    >>> found = harmony([[1.0] * 15 + [0.0] * 15], ["a"] * 10 + ["b"] * 10 + ["c"] * 10, repeats=0)
    >>> harmony_plot(found, heading=False).get_suptitle()
    'model 1: harmony 0, the mean of .50 hides a group at 0'
    """
    row = result.models.drop_nulls("harmony").row(0, named=True)
    own = result.groups.filter(result.groups["model"] == row["model"]).sort("score", descending=True)
    part = own if own.height <= MOST else own[[*range(MOST // 2), *range(own.height - MOST // 2, own.height)]]
    names = [shortened(name, 22) for name in part["group"]]
    means = f"the mean of {decimal(row['mean'])} hides a group at {decimal(row['worst'])}"
    finding = f"{shortened(row['model'], 24)}: harmony {decimal(row['harmony'])}, {means}"
    more = "" if own.height <= MOST else f" The {MOST // 2} best and worst of {own.height:,}."
    method = f"Mean score of each group; larger points hold more items; the line is the mean of all.{more}"
    with own_rules():
        page = sheet(finding, method, height=56 + 22 * len(names), theme=theme, heading=heading)
        axes = page.panel(30 + LETTER * max(map(len, names)), 2, 44, 44)
        axes.set_xlim(0, 1)
        axes.set_ylim(len(names) - 0.5, -0.5)
        ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
        axes.set_yticks([])
        axes.set_xticks(ticks, [decimal(tick) for tick in ticks])
        page.grid(axes, x=ticks)
        axes.set_xlabel("mean score", color=page.colour("muted"), labelpad=4)
        axes.axvline(row["mean"], color=page.colour("middle"), lw=1.5, zorder=2)
        size = 30 + 300 * part["share"].to_numpy()
        axes.scatter(part["score"], np.arange(len(names)), s=size, color=page.colour("accent"), clip_on=False, zorder=4)
        side = axes.get_yaxis_transform()
        for place, name in enumerate(names):
            how: dict[str, Any] = {"transform": side, "va": "center_baseline"}
            page.write(axes, -0.05, place, name, ha="right", **how)
            page.write(axes, 1.05, place, decimal(part["score"][place]), "muted", ha="left", **how)
    return page.figure


def group_tree_plot(result: GroupTree, *, theme: str = "light", heading: bool = True) -> Figure:
    """Mean score of each group below the group it lies in; filled points are not divided any further.

    Parameters
    ----------
    result : GroupTree
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
    >>> from psephos.metrics import group_tree
    >>> near, far = [0.8, 0.1, 0.1], [0.1, 0.1, 0.8]
    >>> tree = group_tree([1] * 30 + [0] * 20, [near] * 30 + [far] * 20)
    >>> group_tree_plot(tree, heading=False).get_suptitle()
    '2 groups differ in score by more than luck, from 0 to 1'
    """
    leaves = result.nodes.filter(result.nodes["groups"] == 0)
    scores = leaves["score"].drop_nulls()
    finding = "No division: groups of like items differ in score no more than by luck"
    if leaves.height > 1:
        low, high = (decimal(float(end)) for end in (scores.to_numpy().min(), scores.to_numpy().max()))
        finding = f"{leaves.height:,} groups differ in score by more than luck, from {low} to {high}"
    elif leaves["p"][0] is None:
        finding = f"No division: {leaves['stopped'][0]}"
    nodes = result.nodes.head(2 * MOST)
    names = ["   " * depth + node for depth, node in zip(nodes["depth"], nodes["node"], strict=True)]
    more = "" if nodes.height == result.nodes.height else f" The first {nodes.height} of {result.nodes.height:,}."
    method = f"Mean score of items and models; larger points hold more items; filled: not divided further.{more}"
    whole = int(result.nodes["items"][0])
    with own_rules():
        page = sheet(finding, method, height=56 + 22 * len(names), theme=theme, heading=heading)
        axes = page.panel(30 + LETTER * max(map(len, names)), 2, 112, 44)
        axes.set_xlim(0, 1)
        axes.set_ylim(len(names) - 0.5, -0.5)
        ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
        axes.set_yticks([])
        axes.set_xticks(ticks, [decimal(tick) for tick in ticks])
        page.grid(axes, x=ticks)
        axes.set_xlabel("mean score", color=page.colour("muted"), labelpad=4)
        side = axes.get_yaxis_transform()
        for place, row in enumerate(nodes.iter_rows(named=True)):
            how: dict[str, Any] = {"transform": side, "va": "center_baseline"}
            page.write(axes, -0.03, place, names[place].strip(), "ink" if row["groups"] else "muted", ha="right", **how)
            said = "not run" if row["score"] is None else decimal(row["score"])
            page.write(axes, 1.05, place, f"{said}, {row['items']:,} items", "muted", ha="left", **how)
            if row["score"] is not None:
                ink = page.colour("accent")
                axes.scatter(
                    [row["score"]],
                    [place],
                    s=30 + 200 * row["items"] / whole,
                    facecolor="none" if row["groups"] else ink,
                    edgecolor=ink,
                    clip_on=False,
                    zorder=4,
                )
    return page.figure
