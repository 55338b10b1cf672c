"""Which voters say the same, and which do not?

A triangle of all pairs, voters that agree put side by side (average linkage on the disagreement), so that families of
voters show as blocks. The stronger the tint, the more often a pair differs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_choice
from psephos.plots.style import LETTER, decimal, in_words, own_rules, sheet, shortened
from psephos.statistics import Interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.opinions import Opinions, Shards
    from psephos.opinions.outcomes import Provenance

MOST = 40
"""With more voters, those that agree least are drawn."""

LONGEST = 16
STRONGEST = 0.5
"""Opacity of the tint of the pair that agrees least: the number on it stays readable in both themes."""


SHARES = {
    "same": "Share of common items on which two voters say the same",
    "near": "One minus the mean distance of two voters on common items, as a share of the largest distance",
    "order": "Share of pairs of candidates that two voters put into the same order",
}


class Paired(Protocol):
    """Whatever has a table of pairs of voters, such as `psephos.agreement.Agreement`."""

    @property
    def leading(self) -> str:
        """The coefficient that leads."""

    @property
    def provenance(self) -> Provenance:
        """How the result came about."""

    @property
    def opinions(self) -> Opinions | Shards | None:
        """The votes."""

    @property
    def pairs(self) -> pl.DataFrame:
        """left, right, items, agreement, low, high."""


def agreement_plot(result: Paired, *, theme: str = "light", heading: bool = True) -> Figure:
    """`agreement_matrix_plot` of the pairs of an agreement result."""
    return agreement_matrix_plot(result.pairs, share_of=share_of(result), theme=theme, heading=heading)


def share_of(result: Paired) -> str:
    """What the agreement of a pair is a share of: one of `SHARES`."""
    if "Kendall" in result.leading:
        return "order"
    metric = result.provenance.parameters.get("metric")
    labels = result.opinions is None or result.opinions.kind == "labels"
    return "same" if metric in (None, "nominal") and labels else "near"


def agreement_matrix_plot(
    pairs: pl.DataFrame, *, share_of: str = "same", theme: str = "light", heading: bool = True
) -> Figure:
    """Agreement of each pair of voters.

    Parameters
    ----------
    pairs : polars.DataFrame
        left, right (voters), items (that both voted on), agreement, low, high (its interval): one row per pair; a pair
        without a row has no common items.
    share_of : {"same", "near", "order"}, default "same"
        What agreement is: the share of items on which two voters say the same, one minus their mean distance as a share
        of the largest, or the share of pairs of candidates in the same order.
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
        If there are no pairs, or a column is missing.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.agreement import pairwise_agreement
    >>> from psephos.opinions import from_matrix
    >>> pairs = pairwise_agreement(from_matrix([["a", "a", "b"], ["a", "b", "b"]], voters=["x", "y", "z"]))
    >>> agreement_matrix_plot(pairs, heading=False).get_suptitle()[:17]
    'x and z agree lea'
    """
    missing = {"left", "right", "items", "agreement", "low", "high"} - set(pairs.columns)
    if missing:
        raise InputError("pairs", f"has no column {min(missing)!r}")
    known = pairs.drop_nulls("agreement")
    if known.is_empty():
        raise InputError("pairs", "no two voters have items in common")
    names, matrix = arranged(known)
    n = len(names)
    cell = float(np.clip(420 / n, 10, 30))
    longest = max(len(shortened(name, LONGEST)) + place for place, name in enumerate(names, start=1 - n))
    room = max(16.0, longest * LETTER + 8)
    method = f"{SHARES[check_choice('share_of', share_of, SHARES)]}; the stronger the tint, the less."
    with own_rules():
        width = max(n * cell + room, 300)
        page = sheet(_finding(known), method, height=n * cell + 16, theme=theme, heading=heading, width=width)
        axes = page.panel(0, 4, width - n * cell, 4)
        axes.set_xlim(0, n)
        axes.set_ylim(n, 0)
        axes.set_xticks([])
        axes.set_yticks([])
        lowest, highest = float(np.nanmin(matrix)), float(np.nanmax(matrix))
        for row in range(n):
            for column in range(row):
                value = matrix[row, column]
                if np.isnan(value):
                    page.write(axes, column + 0.5, row + 0.5, "\u00b7", "muted", ha="center", va="center")
                    continue
                tint = STRONGEST * (highest - value) / max(highest - lowest, 1e-9)
                corners = [column, column + 0.96, column + 0.96, column], [row, row, row + 0.96, row + 0.96]
                axes.fill(*corners, facecolor=page.colour("accent"), alpha=round(float(tint), 2), linewidth=0)
                if cell >= 24:
                    page.write(axes, column + 0.48, row + 0.48, decimal(value), ha="center", va="center_baseline")
            page.write(axes, row + 0.2, row + 0.5, shortened(names[row], LONGEST), va="center_baseline", clip_on=False)
    return page.figure


def arranged(pairs: pl.DataFrame) -> tuple[list[str], npt.NDArray[np.float64]]:
    """Voters in the order of the picture, and the agreement of each two; NaN where they share no item.

    Examples
    --------
    >>> names, matrix = arranged(pl.DataFrame({"left": ["a", "a", "b"], "right": ["b", "c", "c"],
    ...                                        "items": [9, 9, 9], "agreement": [0.2, 0.9, 0.3]}))
    >>> names, matrix[2].round(1)
    (['b', 'c', 'a'], array([0.2, 0.9, nan]))
    """
    from scipy.cluster import hierarchy
    from scipy.spatial.distance import squareform

    both = pl.concat([pairs.select("left", "agreement"), pairs.select(left="right", agreement="agreement")])
    mean = both.group_by("left").agg(pl.col("agreement").mean()).sort("agreement", "left").head(MOST)
    names = sorted(mean["left"])
    place = {name: number for number, name in enumerate(names)}
    matrix = np.full((len(names), len(names)), np.nan)
    for left, right, value in pairs.select("left", "right", "agreement").iter_rows():
        if left in place and right in place:
            matrix[place[left], place[right]] = matrix[place[right], place[left]] = value
    if len(names) > 2:
        apart = 1 - np.where(np.isnan(matrix), np.nanmean(matrix), matrix)
        np.fill_diagonal(apart, 0)
        tree = hierarchy.linkage(squareform(apart, checks=False), "average", optimal_ordering=True)
        order = hierarchy.leaves_list(tree)
        names, matrix = [names[number] for number in order], matrix[np.ix_(order, order)]
    return names, matrix


def _finding(pairs: pl.DataFrame) -> str:
    least = pairs.sort("high", "left", "right").row(0, named=True)
    agreement = in_words(Interval(least["agreement"], least["low"], least["high"], 0.95))
    return f"{shortened(least['left'], 30)} and {shortened(least['right'], 30)} agree least: {agreement}"
