"""Who stands where, how surely, and who above whom?

The order: a row per candidate, best first, its interval before its point, and the places it could have beside it; a
hairline parts groups that can be told apart. The matrix: the stronger the tint, the surer the row stands above the
column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, NoPictureError
from psephos.plots.style import LETTER, WIDTH, decimal, own_rules, share, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.opinions import Ranking

MOST = 40
"""Candidates drawn; of more the best."""

ROW = 22
LONGEST = 20
STRONGEST = 0.55
"""Opacity of the tint of a sure pair: the number on it stays readable in both themes."""


def order_plot(result: Ranking, *, theme: str = "light", heading: bool = True) -> Figure:
    """Scores in order, with their intervals and the places that each could have.

    Parameters
    ----------
    result : Ranking
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
        If nobody is ranked.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.ranking import borda
    >>> figure = order_plot(borda([[3, 2, 3], [2, 3, 2], [1, 1, 1]], rng=0))
    >>> figure.get_suptitle().split(",")[0]
    '0 is first'
    """
    order = drawn_order(result)
    n, spread = len(order), result.spread
    names = [shortened(str(result.candidates[int(i)]), LONGEST) for i in order]
    left, right = max(map(len, names)) * LETTER + 12, 70.0 if spread is not None else 12.0
    method = f"Score: {result.score_means}."
    if spread is not None:
        method += (
            f" Bars: {spread.level:.0%} of {spread.means}; at the right the places that each could have; "
            "lines part groups that can be told apart."
        )
    left_out = len(result.order) - n
    if left_out:
        method += f" {left_out:,} more are not drawn."
    with own_rules():
        page = sheet(order_finding(result), method, height=n * ROW + 52, theme=theme, heading=heading)
        axes = page.panel(left, 20, right, 30)
        axes.set_ylim(n - 0.5, -0.5)
        axes.set_yticks(range(n), names)
        axes.tick_params(axis="y", labelcolor=page.colour("ink"))
        scores = result.scores[order]
        for row, i in enumerate(order):
            if spread is not None:
                axes.plot([spread.low[i], spread.high[i]], [row, row], color=page.colour("accent"), lw=4, alpha=0.35)
                places = f"{spread.rank_low[i]}\u2013{spread.rank_high[i]}"
                if spread.rank_low[i] == spread.rank_high[i]:
                    places = str(spread.rank_low[i])
                axes.annotate(
                    places,
                    (1, row),
                    xycoords=("axes fraction", "data"),
                    xytext=(right - 2, 0),
                    textcoords="offset points",
                    ha="right",
                    va="center_baseline",
                    color=page.colour("muted"),
                    annotation_clip=False,
                )
        if spread is not None:
            axes.annotate(
                "places",
                (1, 1),
                xycoords="axes fraction",
                xytext=(right - 2, 4),
                textcoords="offset points",
                ha="right",
                va="bottom",
                color=page.colour("muted"),
                annotation_clip=False,
            )
        axes.plot(scores, range(n), "o", ms=6, color=page.colour("accent"), lw=0)
        groups = result.groups[order]
        cuts = np.flatnonzero(np.diff(groups)) + 0.5
        if spread is not None:
            page.grid(axes, y=cuts.tolist())
        axes.margins(x=0.04)
        axes.locator_params(axis="x", nbins=5)
    return page.figure


def above_plot(result: Ranking, *, theme: str = "light", heading: bool = True) -> Figure:
    """Probability that the row stands above the column; without resamples the share of the data that says so.

    Parameters
    ----------
    result : Ranking
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
        If nobody is ranked; `NoPictureError` if the ranking says nothing of pairs.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.ranking import borda
    >>> figure = above_plot(borda([[3, 2, 3], [2, 3, 2], [1, 1, 1]], rng=0))
    >>> "neighbours can be told apart" in " ".join(figure.get_suptitle().split())
    True
    """
    matrix, method = _matrix(result)
    order = drawn_order(result)
    return pairs_figure(
        result, matrix, method, _pairs_finding(matrix[np.ix_(order, order)]), theme=theme, heading=heading
    )


def pairs_figure(
    result: Ranking, matrix: npt.NDArray[np.float64], method: str, finding: str, *, theme: str, heading: bool
) -> Figure:
    """A matrix of candidates in order, the tint by how far a cell is above one half; a dot where it is not known.

    Parameters
    ----------
    result : Ranking
        Its order and names.
    matrix : ndarray of float64, shape (n, n)
        How surely row stands above column, or its share of wins, 0 to 1; NaN where it is not known.
    method, finding : str
        Subtitle and title.
    theme : {"light", "dark"}
    heading : bool
        Whether these are drawn; a page has them in its own type.
    """
    order = drawn_order(result)
    shown = matrix[np.ix_(order, order)]
    n = len(order)
    names = [shortened(str(result.candidates[int(i)]), LONGEST) for i in order]
    cell = float(np.clip(420 / n, 10, 34))
    left, top = max(map(len, names)) * LETTER + 12, 24.0
    with own_rules():
        width = max(left + n * cell + 4, WIDTH)
        page = sheet(finding, method, height=top + n * cell + 8, theme=theme, heading=heading, width=width)
        axes = page.panel(left, top, width - left - n * cell, 8)
        axes.set_xlim(0, n)
        axes.set_ylim(n, 0)
        axes.set_xticks(np.arange(n) + 0.5, [str(k + 1) for k in range(n)] if cell >= 18 else [""] * n)
        axes.xaxis.tick_top()
        axes.set_yticks(np.arange(n) + 0.5, names)
        axes.tick_params(axis="y", labelcolor=page.colour("ink"))
        for row in range(n):
            for column in range(n):
                value = shown[row, column]
                if row == column or np.isnan(value):
                    sign = "" if row == column else "\u00b7"
                    page.write(axes, column + 0.5, row + 0.5, sign, "muted", ha="center", va="center")
                    continue
                corners = [column, column + 0.96, column + 0.96, column], [row, row, row + 0.96, row + 0.96]
                ahead = max(0.0, 2 * float(value) - 1)
                axes.fill(*corners, facecolor=page.colour("accent"), alpha=round(STRONGEST * ahead, 2), linewidth=0)
                if cell >= 28:
                    ink = "ink" if value >= 0.5 else "muted"
                    text = decimal(float(value))
                    page.write(axes, column + 0.48, row + 0.5, text, ink, ha="center", va="center_baseline")
    return page.figure


def drawn_order(result: Ranking) -> npt.NDArray[np.int64]:
    """The candidates that are drawn, best first."""
    if not len(result.order):
        raise InputError("result", "ranks nobody")
    return result.order[:MOST]


def _matrix(result: Ranking) -> tuple[npt.NDArray[np.float64], str]:
    """The matrix that is drawn and what it is; values between 0 and 1."""
    spread = result.spread
    if spread is not None and spread.above is not None:
        what = f"Share of {spread.means} in which the row stands above the column"
        return spread.above, f"{what}: the stronger the tint, the surer; numbers above are the places."
    if result.pairwise is None:
        raise NoPictureError("result", "says nothing of pairs of candidates")
    both = result.pairwise + result.pairwise.T
    part = np.divide(result.pairwise, both, out=np.full(both.shape, np.nan), where=both > 0)
    return (
        part,
        f"Share of the {result.pairwise_means}: the stronger the tint, the clearer; numbers above are the places.",
    )


def order_finding(result: Ranking) -> str:
    """Who is first, and whether that is sure, as a headline."""
    leaders = [shortened(name, LONGEST) for name in result.leaders]
    first = f"{leaders[0]} is first" if len(leaders) == 1 else f"{len(leaders)} candidates share the first place"
    if result.spread is None or result.spread.above is None:
        return first
    leads = result.ranks[result.order] == 1
    above = result.spread.above[np.ix_(result.order[leads], result.order[~leads])]
    beside = int((above < (1 + result.spread.level) / 2).any(axis=0).sum())
    if not beside:
        return f"{first}, and surely so" if leads.sum() == 1 else first
    return f"{first}, but cannot be told from {beside} of the {int((~leads).sum())} others"


def _pairs_finding(shown: npt.NDArray[np.float64]) -> str:
    n = len(shown)
    if n < 2:
        return "There is one candidate, and so no pair"
    neighbours = np.diagonal(shown, 1)
    sure = int((neighbours >= 0.975).sum())
    return f"{sure} of {n - 1} neighbours can be told apart ({share(sure / (n - 1))})"
