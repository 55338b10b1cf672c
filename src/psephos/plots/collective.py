"""Is a model that keeps saying the same also right?

Against the self-consistency of a model on an item stands how often the other models, voting without it, say what it
mostly says, and, where answers are known, how often that is right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from psephos.errors import InputError
from psephos.plots.style import decimal, own_rules, share, sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.consensus.collectives.verdict import CollectiveVerdict


def collective_plot(result: CollectiveVerdict, *, theme: str = "light", heading: bool = True) -> Figure:
    """Agreement with the others by self-consistency, with intervals, and the share right where answers are known.

    Parameters
    ----------
    result : CollectiveVerdict
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
        If no two models answered the same item.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.consensus import collective
    >>> from psephos.opinions import samples
    >>> said = samples(["q"] * 4, ["m", "m", "n", "n"], [0, 1, 0, 1], ["4", "4", "4", "5"])
    >>> collective_plot(collective(said), heading=False).get_suptitle()
    'Where a model always says the same, the others say it too in 100\u202f% of cases'
    """
    table = result.calibration.drop_nulls("agreement")
    if table.is_empty():
        raise InputError("result", "no two models answered the same item")
    known = "right" in table.columns and table["right"].count() > 0
    method = (
        "The most frequent answer of a model on an item, by the share of its samples that give it; 95\u202f% Wilson "
    )
    method += "interval of how often the others vote for it without that model, and the number of cases."
    method += " Ring: how often it is right." if known else ""
    with own_rules():
        page = sheet(_finding(table, known), method, height=320, theme=theme, heading=heading)
        axes = page.panel(44, 16, 24, 48)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        ticks = [0, 0.25, 0.5, 0.75, 1]
        axes.set_xticks(ticks, [decimal(tick) for tick in ticks])
        axes.set_yticks(ticks, [decimal(tick) for tick in ticks])
        page.grid(axes, x=ticks, y=ticks)
        axes.set_xlabel("self-consistency", color=page.colour("muted"), labelpad=4)
        across = table["self_consistency"]
        axes.vlines(
            across, table["agreement_low"], table["agreement_high"], color=page.colour("accent"), lw=6, alpha=0.35
        )
        axes.plot(across, table["agreement"], "-", color=page.colour("accent"), lw=1)
        axes.plot(across, table["agreement"], "o", color=page.colour("accent"), ms=6, clip_on=False)
        if known:
            with_gold = table.drop_nulls("right")
            axes.plot(
                with_gold["self_consistency"],
                with_gold["right"],
                "o",
                markerfacecolor="none",
                markeredgecolor=page.colour("ink"),
                markeredgewidth=1.5,
                ms=9,
                clip_on=False,
            )
        for place, low, answers in table.select("self_consistency", "agreement_low", "compared").iter_rows():
            below = low > 0.07
            page.write(
                axes,
                min(place, 0.97),
                low - 0.01 if below else 0.005,
                f"{answers:,}",
                "muted",
                ha="center",
                va="top" if below else "bottom",
            )
        page.write(axes, 0, 1.0, " the others agree", "accent", va="top")
    return page.figure


def _finding(table: pl.DataFrame, known: bool) -> str:
    top = table.row(-1, named=True)
    how = "always" if top["low"] >= 0.999 or top["self_consistency"] >= 1 else "mostly"
    said = f"Where a model {how} says the same, the others say it too in {share(top['agreement'])} of cases"
    return said + (f"; {share(top['right'])} are right" if known and top["right"] is not None else "")
