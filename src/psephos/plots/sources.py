"""What became of each source: how often did it carry the answer, contradict it, give none, or not have to be asked?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from psephos.errors import InputError
from psephos.opinions.wording import true_minus
from psephos.plots.style import LETTER, own_rules, share, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.judges import RetrievalVerdict

MOST = 30
"""With more sources, those with the largest weights are drawn."""

LONGEST = 20
ROW = 22
PARTS = {
    "won": ("accent", "accent"),
    "lost": ("middle-tint", "middle"),
    "no answer": ("risk-tint", "risk"),
    "not asked": ("surface", "line"),
}
"""Tint and edge of each part of a bar."""


def sources_plot(result: RetrievalVerdict, *, theme: str = "light", heading: bool = True) -> Figure:
    """A bar per source, the one with the largest weight on top: its answer won, lost, none, not asked.

    Parameters
    ----------
    result : RetrievalVerdict
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
    >>> from psephos.judges import StoredSource, answer_from_sources
    >>> sources = [StoredSource(name, {"Capital?": said}) for name, said in (("atlas", "Paris"), ("blog", "Lyon"))]
    >>> verdict = answer_from_sources({"capital": "Capital?"}, sources, {"atlas": 2, "blog": 1})
    >>> sources_plot(verdict, heading=False).get_suptitle()
    'Sources were asked 2 of 2 times; atlas carried most answers'
    """
    rows = source_parts(result)
    few = rows.head(MOST)
    names = [shortened(name, LONGEST) for name in few["source"]]
    with own_rules():
        page = sheet(_finding(rows), _method(rows), height=50 + ROW * len(names), theme=theme, heading=heading)
        axes = page.panel(16 + LETTER * max(map(len, names)), 24, 60, 26)
        axes.set_xlim(0, 1)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_yticks([])
        axes.set_xticks([0, 0.5, 1], ["0", "50\u202f%", "100\u202f%"])
        left = [0.0] * len(names)
        for part, (tint, edge) in PARTS.items():
            width = (few[part] / few["all"]).to_list()
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
        for x, text, align in ((0, "won, lost", "left"), (1, "no answer, not asked", "right")):
            page.write(axes, x, 1.0, text, "muted", transform=above, ha=align, va="bottom")
        page.write(axes, 1.04, 1.0, "weight", "muted", transform=above, ha="left", va="bottom")
        for row, (name, weight) in enumerate(zip(names, few["weight"], strict=True)):
            page.write(axes, -0.03, row, name, transform=side, ha="right", va="center_baseline")
            number = true_minus(f"{weight:.2f}")
            page.write(axes, 1.04, row, number, "muted", transform=side, ha="left", va="center_baseline")
    return page.figure


def source_parts(result: RetrievalVerdict) -> pl.DataFrame:
    """source, weight, all, won, lost, no answer, not asked: how often each, by falling weight."""
    rows = result.sources.select(
        "source",
        "weight",
        "won",
        (pl.col("voted") - pl.col("won")).alias("lost"),
        (pl.col("unsupported") + pl.col("refused") + pl.col("failed")).alias("no answer"),
        (pl.col("irrelevant") + pl.col("skipped")).alias("not asked"),
    ).with_columns(pl.sum_horizontal(list(PARTS)).alias("all"))
    if rows.is_empty():
        raise InputError("result", "has no sources: there is nothing to draw")
    return rows.sort("weight", descending=True, maintain_order=True)


def _finding(rows: pl.DataFrame) -> str:
    asked = int((rows["all"] - rows["not asked"]).sum())
    said = f"Sources were asked {asked:,} of {int(rows['all'].sum()):,} times"
    best = rows.sort("won", descending=True, maintain_order=True).row(0, named=True)
    return f"{said}; {shortened(best['source'], 30)} carried most answers" if best["won"] else f"{said}; no answer won"


def _method(rows: pl.DataFrame) -> str:
    asked = int((rows["all"] - rows["not asked"]).sum())
    silent = share(int(rows["no answer"].sum()) / max(1, asked))
    said = f"Share of questions by what became of the source; {silent} of calls gave no answer that counts."
    return f"{said} The {MOST} of {rows.height:,} with the largest weights." if rows.height > MOST else said
