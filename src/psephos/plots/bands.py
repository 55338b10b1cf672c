"""How strong is the majority in each group of clips, or in each clip?

A bar per row, its parts the shares of evaluated words on which few, some and nearly all transcripts agree
(`psephos.agreement.bands`); beside it the share on which few agree, with its interval. The weakest rows stand on top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import polars as pl

from psephos.errors import InputError
from psephos.plots.style import LETTER, own_rules, share, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 30
"""With more rows, those with the largest share on which few agree are drawn."""

LONGEST = 18
ROW = 22


class Banded(Protocol):
    """Whatever has a table of clips with counts of bands, such as a verdict on transcripts."""

    @property
    def clips(self) -> pl.DataFrame:
        """item, evaluated, high_risk, middle, near_unanimous, low, high: one row per clip."""


def bands_plot(result: Banded, *, by: str | None = None, theme: str = "light", heading: bool = True) -> Figure:
    """Shares of the three bands, a bar per clip or per group of clips.

    Parameters
    ----------
    result : TranscriptVerdict
        Or whatever has a table `clips` and, for `by`, opinions about items.
    by : str, optional
        Column of the table about items whose groups are drawn, such as accent; a bar per clip if not given.
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
        If no word is evaluated, or there is no such column.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.consensus import transcripts
    >>> from psephos.opinions import transcripts as heard
    >>> verdict = transcripts(heard(["c"] * 6, ["x", "x", "y", "y", "z", "z"], [0, 1] * 3, list("abacad")))
    >>> bands_plot(verdict, heading=False).get_suptitle()
    'In c few agree on 50\u202f% of words'
    """
    rows = banded_rows(result, by)
    if rows.is_empty():
        raise InputError("result", "no word is evaluated: there is nothing to draw")
    weakest = rows.sort(
        "high_risk_mass", pl.col("middle") / pl.col("evaluated"), "name", descending=[True, True, False]
    )
    few = weakest.head(MOST)
    names = [shortened(name, LONGEST) for name in few["name"]]
    what = "clip" if by is None else by.replace("_", " ")
    method = f"Share of words by how many transcripts stand behind them, for each {what}; 95\u202f% Wilson interval."
    method += f" The {MOST} of {rows.height:,} with the largest share." if rows.height > MOST else ""
    with own_rules():
        page = sheet(_finding(few), method, height=50 + ROW * len(names), theme=theme, heading=heading)
        axes = page.panel(16 + LETTER * max(map(len, names)), 24, 108, 26)
        axes.set_xlim(0, 1)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_yticks([])
        axes.set_xticks([0, 0.5, 1], ["0", "50\u202f%", "100\u202f%"])
        left = [0.0] * len(names)
        for column, tint, edge in (
            ("high_risk", "risk", "risk"),
            ("middle", "middle-tint", "middle"),
            ("near_unanimous", "surface", "line"),
        ):
            width = (few[column] / few["evaluated"]).to_list()
            axes.barh(
                range(len(names)),
                width,
                left=left,
                height=0.56,
                color=page.colour(tint),
                edgecolor=page.colour(edge),
                linewidth=1,
            )
            left = [begin + wide for begin, wide in zip(left, width, strict=True)]
        side, above = axes.get_yaxis_transform(), axes.get_xaxis_transform()
        for x, text, align in ((0, "few agree", "left"), (0.5, "some", "center"), (1, "nearly all", "right")):
            page.write(axes, x, 1.0, text, "muted", transform=above, ha=align, va="bottom")
        for row, (name, mass, low, high) in enumerate(
            zip(names, few["high_risk_mass"], few["low"], few["high"], strict=True)
        ):
            page.write(axes, -0.03, row, name, transform=side, ha="right", va="center_baseline")
            ends = f"{share(mass)} [{100 * low:.0f}, {100 * high:.0f}]"
            page.write(axes, 1.04, row, ends, "muted", transform=side, ha="left", va="center_baseline")
    return page.figure


def _finding(rows: pl.DataFrame) -> str:
    top = rows.row(0, named=True)
    name, some = shortened(top["name"], 30), top["middle"] / top["evaluated"]
    if top["high_risk"]:
        return f"In {name} few agree on {share(top['high_risk_mass'])} of words"
    return f"Few agree nowhere; in {name} only some agree on {share(some)} of words" if some else "Nearly all agree"


def banded_rows(result: Banded, by: str | None) -> pl.DataFrame:
    """name, evaluated, high_risk, middle, near_unanimous, high_risk_mass, low, high of each clip or group."""
    from psephos.statistics import wilson_interval

    clips = result.clips.filter(pl.col("evaluated") > 0)
    name = pl.col("item")
    if by is not None:
        opinions = getattr(result, "opinions", None)
        group = None if opinions is None else opinions.about.column("items", by, clips["item"])
        if group is None:
            raise InputError("by", f"the table about items has no column {by!r}")
        clips = clips.with_columns(group.cast(pl.String).fill_null("(none)").alias("group"))
        name = pl.col("group")
    counts = pl.col("evaluated", "high_risk", "middle", "near_unanimous").sum()
    rows = clips.group_by(name.alias("name"), maintain_order=True).agg(counts)
    low, high = wilson_interval(rows["high_risk"].to_numpy(), rows["evaluated"].to_numpy())
    return rows.with_columns(
        (pl.col("high_risk") / pl.col("evaluated")).alias("high_risk_mass"),
        pl.Series("low", low, dtype=pl.Float64),
        pl.Series("high", high, dtype=pl.Float64),
    )
