"""Where does a tree of agents amplify, and when does it beat one strong run?

The phase diagram: what messages keep against the correlation of votes, tinted where a layer amplifies, with the tree at
hand as a point. The budgets: bias of one run and of the best tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from psephos.plots.style import decimal, own_rules, sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.allocation import BudgetComparison, Organisation


def phase_plot(result: Organisation, *, theme: str = "light", heading: bool = True) -> Figure:
    """Which messages and correlations let a tree amplify, and where the tree at hand lies.

    Parameters
    ----------
    result : Organisation
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
    >>> from psephos.allocation import organisation
    >>> phase_plot(organisation(5, 0.8, 0.2), heading=False).get_suptitle()
    'A layer makes a small bias 1.36 times as large: the tree is amplifying'
    """
    from psephos.allocation import majority_slope

    slope = majority_slope(result.b)
    gamma = np.linspace(1 / slope, 1, 200)
    limit = np.clip((slope - 1 / gamma) / (slope - 1), 0, 1)
    finding = f"A layer makes a small bias {decimal(result.alpha, 2)} times as large: the tree is {result.regime}"
    method = f"{result.b} children a node; tinted: a layer amplifies. On the line small signals neither grow nor fade."
    with own_rules():
        page = sheet(finding, method, height=330, theme=theme, heading=heading)
        axes = page.panel(52, 14, 20, 48)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
        axes.set_xticks(ticks, [decimal(tick) for tick in ticks])
        axes.set_yticks(ticks, [decimal(tick) for tick in ticks])
        page.grid(axes, x=ticks, y=ticks)
        axes.set_xlabel("what of a bias a message keeps", color=page.colour("muted"), labelpad=4)
        axes.set_ylabel("correlation of votes", color=page.colour("muted"), labelpad=4)
        axes.fill_between(gamma, 0, limit, color=page.colour("accent"), alpha=0.16, lw=0, zorder=1)
        axes.plot(gamma, limit, color=page.colour("accent"), lw=2, zorder=3)
        page.write(axes, 0.97, 0.06, "amplifying", ha="right")
        page.write(axes, 0.06, 0.9, "washing out", "muted")
        axes.plot([result.gamma], [result.rho], "o", color=page.colour("risk"), ms=8, clip_on=False, zorder=5)
        right = result.gamma > 0.7
        place = result.gamma + (-0.025 if right else 0.025)
        words = f"this tree, {decimal(result.alpha, 2)} times"
        above = min(result.rho + 0.05, 0.95)
        page.write(axes, place, above, words, ha="right" if right else "left", va="center_baseline", zorder=6)
    return page.figure


def budget_plot(result: BudgetComparison, *, theme: str = "light", heading: bool = True) -> Figure:
    """Bias of one strong run and of the best tree, by budget.

    Parameters
    ----------
    result : BudgetComparison
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
    >>> from psephos.allocation import compare_budgets
    >>> found = compare_budgets([9, 81, 729], b=3, gamma=0.95, rho=0.05, k=0.02, beta=0.2)
    >>> budget_plot(found, heading=False).get_suptitle()
    'A tree beats one strong run from a budget of 3'
    """
    table = result.budgets.sort("budget")
    budget, single, tree = (table[name].to_numpy() for name in ("budget", "single", "bias"))
    none = result.threshold is None
    finding = (
        "No tree beats one strong run"
        if none
        else f"A tree beats one strong run from a budget of {result.threshold:.3g}"
    )
    method = "Bias of the answer, 2 p - 1; above the points of the best tree its layers."
    with own_rules():
        page = sheet(finding, method, height=280, theme=theme, heading=heading)
        axes = page.panel(52, 22, 78, 48)
        axes.set_xscale("log")
        top = max(float(np.concatenate([single, tree]).max()) * 1.15, 1e-9)
        axes.set_ylim(0, top)
        low, high = float(budget.min()), float(budget.max())
        axes.set_xlim(low / 1.1, max(high, low * 1.01) * 1.1)
        axes.set_xticks(budget, [f"{one:g}" for one in budget])
        axes.minorticks_off()
        ticks = [float(tick) for tick in np.linspace(0, top / 1.15, 5)]
        axes.set_yticks(ticks, [decimal(tick, 2 if top > 0.2 else 3) for tick in ticks])
        page.grid(axes, y=ticks)
        axes.set_xlabel("budget", color=page.colour("muted"), labelpad=4)
        axes.plot(budget, single, "s-", color=page.colour("muted"), lw=2, ms=6, clip_on=False)
        axes.plot(budget, tree, "o-", color=page.colour("accent"), lw=2, ms=6, clip_on=False, zorder=4)
        for x, y, depth in zip(budget, tree, table["depth"], strict=True):
            if depth:
                page.write(axes, x, y + 0.035 * top, str(depth), ha="center", va="bottom")
        side = axes.get_yaxis_transform()
        apart = max(float(tree[-1]), float(single[-1]) + 0.08 * top)
        page.write(axes, 1.03, apart, "best tree", transform=side, va="center_baseline")
        page.write(axes, 1.03, float(single[-1]), "one run", "muted", transform=side, va="center_baseline")
    return page.figure
