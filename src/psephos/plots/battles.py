"""Who wins how often against whom, and how far do judges agree with people?

The matrix: the stronger the tint, the surer the row wins a battle against the column; a dot where nothing is known. The
judges: a row each, best first, its interval before its point, and a line where the most frequent label would be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from psephos.errors import NoPictureError
from psephos.plots.orders import LONGEST, MOST, drawn_order, pairs_figure
from psephos.plots.style import LETTER, own_rules, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.opinions import Ranking
    from psephos.ranking import JudgeAgreement

ROW = 22
NAME_HELD = 0.5


def win_probability_plot(result: Ranking, *, theme: str = "light", heading: bool = True) -> Figure:
    """Chance of the row to win a battle against the column.

    Parameters
    ----------
    result : Ranking
        Of battles, with `pairwise`.
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
    >>> from psephos.opinions import battles
    >>> from psephos.ranking import bradley_terry
    >>> made = bradley_terry(battles(["x"] * 44, ["y"] * 44, ["left"] * 40 + ["right"] * 4), rng=0)
    >>> win_probability_plot(made).get_suptitle().split(",")[0]
    'x beats y in .91 of battles'
    """
    order = drawn_order(result)
    if result.pairwise is None:
        raise NoPictureError("result", "says nothing of pairs of candidates")
    names = [shortened(str(result.candidates[int(i)]), LONGEST) for i in order]
    method = f"{result.pairwise_means.capitalize()}: the stronger the tint, the surer; numbers above are the places."
    finding = "There is one candidate, and so no pair"
    if len(order) > 1:
        chance = float(result.pairwise[order[0], order[1]])
        share = "nobody knows how often" if np.isnan(chance) else f"in {chance:.2f} of battles".replace("0.", ".")
        finding = f"{names[0]} beats {names[1]} {share}, the last {share_of(result, order)}"
    return pairs_figure(result, result.pairwise, method, finding, theme=theme, heading=heading)


def share_of(result: Ranking, order: np.ndarray) -> str:
    """How often the first beats the last, in words."""
    assert result.pairwise is not None  # noqa: S101 - asked where there is one
    chance = float(result.pairwise[order[0], order[-1]])
    return "as often as nobody knows" if np.isnan(chance) else f"in {chance:.2f}".replace("0.", ".")


def judges_plot(result: JudgeAgreement, *, theme: str = "light", heading: bool = True) -> Figure:
    """Accuracy of each judge with its interval, next to the most frequent human label.

    Parameters
    ----------
    result : JudgeAgreement
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
    >>> from psephos.ranking import judge_agreement
    >>> made = judge_agreement({"human": ["A>B", "B>A"] * 20, "judge": ["A>B", "B>A"] * 20}, rng=0)
    >>> judges_plot(made).get_suptitle()[:36]
    '1 of 1 judges surely beats the label'
    """
    judges = result.judges[:MOST]
    names = [shortened(name, LONGEST) for name in judges]
    found = [result.measures[judge]["accuracy"] for judge in judges]
    better = sum(one.low > result.majority for one in found)
    finding = f"{better} of {len(result.judges)} judges surely beats the label that people give most"
    if better != 1:
        finding = finding.replace("beats", "beat")
    kind = result.majority_label.replace("_", " ")
    method = (
        f"Share of all items on which the judge says what people said, with {found[0].level:.0%} intervals; "
        f"the line is always saying '{kind}', the small mark what the judge's own mix of labels gets by chance."
    )
    with own_rules():
        page = sheet(finding, method, height=len(names) * ROW + 46, theme=theme, heading=heading)
        axes = page.panel(max(map(len, names)) * LETTER + 12, 8, 12, 30)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(axis="y", labelcolor=page.colour("ink"))
        axes.axvline(result.majority, color=page.colour("muted"), lw=1)
        for row, (judge, one) in enumerate(zip(judges, found, strict=True)):
            axes.plot([one.low, one.high], [row, row], color=page.colour("accent"), lw=4, alpha=0.35)
            axes.plot([result.chance[judge]], [row], "|", ms=8, color=page.colour("muted"), lw=0)
        axes.plot([one.value for one in found], range(len(found)), "o", ms=6, color=page.colour("accent"), lw=0)
        axes.set_xlim(-0.01, max(0.05 + max(one.high for one in found), NAME_HELD))
        axes.locator_params(axis="x", nbins=6)
    return page.figure
