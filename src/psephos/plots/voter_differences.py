"""What does each voter say where the verdict is another?

One square per voter, those first whose votes are least like the verdict: rows are choices of the verdict, columns what
the voter said instead. The stronger the tint, the larger the share of its votes on these items; the diagonal, where
both are the same, is left empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import polars as pl

from psephos.errors import NoPictureError
from psephos.plots.style import LETTER, own_rules, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

VOTERS = 6
CHOICES = 10
"""At most so many voters are drawn, and choices: those that the voters mix up most."""

LONGEST = 8
COLUMNS = 2
STRONGEST = 0.7
NUMBERED = 0.05
"""Shares from this on are written into their cell."""


class Held(Protocol):
    """Voters held against a verdict, such as `psephos.consensus.VoterDetails`."""

    @property
    def voters(self) -> pl.DataFrame:
        """voter, votes, share."""

    @property
    def differences(self) -> pl.DataFrame:
        """voter, choice, said, votes, share."""


def voter_differences_plot(details: Held, *, theme: str = "light", heading: bool = True) -> Figure:
    """What the voters least like the verdict say where it is another choice.

    Parameters
    ----------
    details : VoterDetails
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
        If no voter differs from the verdict.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.consensus import majority, voter_details
    >>> from psephos.opinions import from_matrix
    >>> details = voter_details(majority(from_matrix([["a", "a", "b"], ["a", "a", "b"]], voters=["x", "y", "z"])))
    >>> voter_differences_plot(details, heading=False).get_suptitle()
    'z says b on 2 of the items where the verdict is a'
    """
    differences = details.differences
    if differences.is_empty():
        raise NoPictureError("details", "no voter differs from the verdict")
    shown = details.voters.filter(pl.col("voter").is_in(differences["voter"].implode())).sort("share", "voter")
    names = shown["voter"].head(VOTERS).to_list()
    mixed = pl.concat([differences.select("votes", name=differences[column]) for column in ("choice", "said")])
    often = mixed.group_by("name").agg(pl.col("votes").sum()).sort(-pl.col("votes"), "name")
    choices = sorted(often["name"].head(CHOICES))
    place = {choice: number for number, choice in enumerate(choices)}
    n, cell = len(choices), 22.0
    room = LETTER * max(len(shortened(choice, LONGEST)) for choice in choices) + 8
    side, below = room + n * cell, 62.0
    columns = min(COLUMNS, len(names))
    rows = -(-len(names) // columns)
    largest = float(differences["share"].max())  # type: ignore[arg-type]
    with own_rules():
        width, height = max(440.0, columns * (side + 16)), rows * (n * cell + below)
        finding = _finding(differences.filter(pl.col("voter").is_in(names)))
        method = _method(len(names), shown.height)
        page = sheet(finding, method, height=height, theme=theme, heading=heading, width=width)
        for number, name in enumerate(names):
            row, column = divmod(number, columns)
            left, top = column * (side + 16) + room, row * (n * cell + below) + 24
            axes = page.panel(left, top, width - left - n * cell, height - top - n * cell)
            axes.set_xlim(0, n)
            axes.set_ylim(n, 0)
            axes.set_xticks([])
            axes.set_yticks([])
            page.write(axes, 0, -0.35, shortened(name, 28), fontweight="bold", clip_on=False)
            for choice, at in place.items():
                page.write(axes, -0.2, at + 0.5, shortened(choice, LONGEST), "muted", ha="right", va="center_baseline")
                page.write(axes, at + 0.5, n + 0.2, shortened(choice, LONGEST), "muted", ha="center", va="top",
                           rotation=90 if room > 3 * LETTER + 8 else 0)  # fmt: skip
                page.write(axes, at + 0.5, at + 0.5, "\u00b7", "muted", ha="center", va="center")
            mine = differences.filter(pl.col("voter") == name)
            for choice, said, share in mine.select("choice", "said", "share").iter_rows():
                if choice in place and said in place:
                    x, y = place[said], place[choice]
                    corners = [x, x + 0.94, x + 0.94, x], [y, y, y + 0.94, y + 0.94]
                    tint = round(STRONGEST * share / largest, 2)
                    axes.fill(*corners, facecolor=page.colour("accent"), alpha=tint, linewidth=0)
                    if share >= NUMBERED:
                        text = f"{100 * share:.0f}"
                        page.write(axes, x + 0.47, y + 0.5, text, ha="center", va="center_baseline", fontsize=11)
    return page.figure


def _finding(differences: pl.DataFrame) -> str:
    voter, choice, said, votes = differences.select("voter", "choice", "said", "votes").row(0)
    where = f"where the verdict is {shortened(choice, 20)}"
    return f"{shortened(voter, 30)} says {shortened(said, 20)} on {votes:,} of the items {where}"


def _method(shown: int, differ: int) -> str:
    which = f"The {shown} of {differ:,} voters least like the verdict. " if differ > shown else ""
    return f"{which}Rows: the verdict; columns: what the voter said instead, in percent of its votes on these items."
