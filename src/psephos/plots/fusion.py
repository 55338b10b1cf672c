"""On which drafts does each sentence of a fused answer stand, and what depends on the order of the drafts?

Support is the token F1 of a sentence with the most similar sentence of any draft; sentences that must be checked are
marked. Of several orders each fact is drawn that is not in all texts, by the share of the texts that state it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from psephos.errors import NoPictureError
from psephos.plots.style import LETTER, decimal, own_rules, share, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.judges import FusedDataset, Fusion

MOST = 24
"""Rows that are drawn; of more, those to check first."""

ROW = 24
SENTENCE = 40
"""Letters of a sentence that are shown."""


def support_plot(result: Fusion, *, theme: str = "light", heading: bool = True) -> Figure:
    """Support of each sentence in the drafts.

    Parameters
    ----------
    result : Fusion
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
        If the answer has no sentence.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.judges import fuse
    >>> from psephos.voters.language_model import Scripted
    >>> fused = fuse("Why?", ["It rains."], Scripted([]))
    >>> support_plot(fused, heading=False).get_suptitle()
    'Every sentence stands in a draft'
    """
    parts = result.parts
    if not parts.height:
        raise NoPictureError("result", "is an answer without sentences")
    bare = int((~parts["supported"]).sum())
    finding = "Every sentence stands in a draft"
    if bare:
        finding = f"{bare:,} of {parts.height:,} sentences {'stands' if bare == 1 else 'stand'} in no draft"
    method = "Likeness (token F1) of each sentence to the most similar one of any draft, named at the right."
    shown = parts
    if parts.height > MOST:
        first = result.unsupported["place"].head(MOST).to_list()
        places = sorted([*first, *[place for place in parts["place"] if place not in set(first)][: MOST - len(first)]])
        shown = parts[[place - 1 for place in places]]
        method += f" {MOST} of {parts.height:,} sentences, all that must be checked among them."
    with own_rules():
        page = sheet(finding, method, height=50 + ROW * 2 * shown.height, theme=theme, heading=heading)
        axes = page.panel(8, 8, 150, 34)
        axes.set_xlim(0, 1)
        axes.set_ylim(shown.height - 0.4, -0.6)
        axes.set_yticks([])
        axes.set_xticks([0, 0.5, 1], ["0", ".5", "1"])
        page.grid(axes, x=[0, 0.5, 1])
        side = axes.get_yaxis_transform()
        for row, part in enumerate(shown.iter_rows(named=True)):
            ink = "accent" if part["supported"] else "risk"
            axes.barh(row + 0.16, part["support"], height=0.24, color=page.colour(ink))
            page.write(axes, 0, row - 0.18, shortened(part["sentence"], SENTENCE), transform=side, va="center_baseline")
            new = [*part["new_numbers"], *part["new_dates"], *part["new_names"]]
            sources = ", ".join(part["drafts"]) or "no draft"
            note = f"new: {', '.join(new)}" if new else sources if part["supported"] else "check"
            tone = "muted" if part["supported"] else "risk"
            text = f"{decimal(part['support'])}  {shortened(note, 15)}"
            page.write(axes, 1.04, row + 0.16, text, tone, transform=side, va="center_baseline")
    return page.figure


def orders_plot(result: Fusion, *, theme: str = "light", heading: bool = True) -> Figure:
    """Facts that depend on the order in which the drafts were shown.

    Parameters
    ----------
    result : Fusion
        Made in several orders.
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
        If there was one order, or nothing depends on it.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.judges import fuse
    >>> from psephos.voters.language_model import Scripted
    >>> orders_plot(fuse("Why?", ["It rains."], Scripted([])))
    Traceback (most recent call last):
        ...
    psephos.errors.NoPictureError: result: was made in one order; fuse with orders=2 or more
    """
    if len(result.texts) < 2:
        raise NoPictureError("result", "was made in one order", hint="fuse with orders=2 or more")
    found = result.stability
    if not found.height:
        raise NoPictureError("result", "states the same facts in all orders")
    shown = found.head(MOST)
    n = f"{found.height:,} {'fact depends' if found.height == 1 else 'facts depend'}"
    method = f"Share of {len(result.texts)} texts that state it, each made of the drafts in another order."
    method += f" Words alike: {decimal(result.same_words)}. Marked: what the answer states."
    method += f" {MOST} of {found.height:,}." if found.height > MOST else ""
    names = [shortened(value, 22) for value in shown["value"]]
    part = (shown["texts"] / shown["of"]).to_numpy()
    with own_rules():
        height = 40 + ROW * shown.height
        page = sheet(f"{n} on the order of the drafts", method, height=height, theme=theme, heading=heading)
        axes = page.panel(16 + LETTER * max(map(len, names)), 6, 60, 30)
        axes.set_xlim(0, 1)
        axes.set_ylim(shown.height - 0.5, -0.5)
        axes.set_yticks(range(shown.height), names)
        axes.set_xticks([0, 0.5, 1], ["0", ".5", "1"])
        page.grid(axes, x=[0, 0.5, 1])
        inks = [page.colour("risk" if told else "accent") for told in shown["in_text"]]
        axes.barh(np.arange(shown.height), part, height=0.5, color=inks)
        side = axes.get_yaxis_transform()
        for row, (texts, of, told) in enumerate(shown.select("texts", "of", "in_text").iter_rows()):
            page.write(
                axes, 1.04, row, f"{texts} of {of}", "risk" if told else "muted", transform=side, va="center_baseline"
            )
    return page.figure


def fused_rows_plot(result: FusedDataset, *, theme: str = "light", heading: bool = True) -> Figure:
    """How the answers of a training set came about, and how many sentences of each kind stand in no draft.

    Parameters
    ----------
    result : FusedDataset
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
        If there is no row.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from psephos.judges import fuse_dataset
    >>> from psephos.voters.language_model import Scripted
    >>> file = Path(tempfile.mkdtemp(), "train.jsonl")
    >>> made = fuse_dataset({"sum": "2 + 2?"}, {"sum": ["4", "4", "5"]}, Scripted([]), file)
    >>> fused_rows_plot(made, heading=False).get_suptitle()
    'All sentences stand in a draft'
    """
    import polars as pl

    rows = result.rows
    if not rows.height:
        raise NoPictureError("result", "has no row")
    how = pl.when("fallback").then(pl.lit("fallback")).otherwise(pl.col("mode")).alias("how")
    bare = pl.col("unsupported").list.len().sum().alias("bare")
    groups = (
        rows.group_by(how).agg(pl.len().alias("rows"), pl.col("sentences").sum(), bare).sort("rows", descending=True)
    )
    total, without = int(groups["sentences"].sum()), int(groups["bare"].sum())
    finding = "All sentences stand in a draft"
    if without:
        finding = f"{share(without / max(total, 1))} of the sentences stand in no draft"
    method = f"How the {rows.height:,} answers came about. Right: sentences that stand in no draft."
    names = groups["how"].to_list()
    count = groups["rows"].to_numpy()
    with own_rules():
        page = sheet(finding, method, height=40 + ROW * len(names), theme=theme, heading=heading)
        axes = page.panel(16 + LETTER * max(map(len, names)), 6, 110, 30)
        axes.set_xlim(0, count.max())
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_yticks(range(len(names)), names)
        axes.set_xticks([0, int(count.max())], ["0", f"{int(count.max()):,}"])
        page.grid(axes, x=[0, int(count.max())])
        inks = [page.colour("risk" if name == "fallback" else "accent") for name in names]
        axes.barh(np.arange(len(names)), count, height=0.5, color=inks)
        side = axes.get_yaxis_transform()
        for row, (sentences, lacking) in enumerate(groups.select("sentences", "bare").iter_rows()):
            tone = "risk" if lacking else "muted"
            page.write(axes, 1.04, row, f"{lacking:,} of {sentences:,}", tone, transform=side, va="center_baseline")
    return page.figure
