"""What does a rule of the tournament do to each model? A line from the usual setting to the hardest one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.plots.style import LETTER, own_rules, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 30
ROW = 22
LONGEST = 20


class Sensitivity(Protocol):
    """Whatever has expected points under several settings, such as `psephos.ranking.SwissSensitivity`."""

    frame: pl.DataFrame
    finding: str
    expected: npt.NDArray[np.float64]


def swiss_sensitivity_plot(result: Sensitivity, *, theme: str = "light", heading: bool = True) -> Figure:
    """Expected points of each model: a hollow point under the usual rules, a line to the settings that were tried.

    Parameters
    ----------
    result : SwissSensitivity
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
    >>> from psephos.ranking import failure_sensitivity
    >>> made = failure_sensitivity([[3, 3], [2, 2], [1, 1], [0, 0]], n_sim=200, rng=0)
    >>> "loses most by elimination" in " ".join(swiss_sensitivity_plot(made).get_suptitle().split())
    True
    """
    frame = result.frame.head(MOST)
    steps = [name for name in frame.columns if name.startswith("points_")]
    if steps:
        first, last = frame[steps[0]].to_numpy(), frame[steps[-1]].to_numpy()
        low, high = np.minimum(first, last), np.maximum(first, last)
        method = f"Expected points: hollow with nobody eliminated, full with {len(steps) - 1} leaving after each round."
    else:
        first, last = frame["points"].to_numpy(), frame["mean_points"].to_numpy()
        spread = frame["spread"].to_numpy()
        low, high = last - spread, last + spread
        method = "Expected points: hollow in the order given, full the mean over random orders, the bar one deviation."
    names = [shortened(str(name), LONGEST) for name in frame["candidate"]]
    n = len(names)
    with own_rules():
        page = sheet(result.finding, method, height=n * ROW + 46, theme=theme, heading=heading)
        axes = page.panel(max(map(len, names)) * LETTER + 12, 8, 12, 30)
        axes.set_ylim(n - 0.5, -0.5)
        axes.set_yticks(range(n), names)
        axes.tick_params(axis="y", labelcolor=page.colour("ink"))
        for row in range(n):
            axes.plot([low[row], high[row]], [row, row], color=page.colour("accent"), lw=4, alpha=0.35)
        accent, surface = page.colour("accent"), page.colour("surface")
        axes.plot(last, range(n), "o", ms=6, color=accent, lw=0)
        axes.plot(first, range(n), "o", ms=6, markerfacecolor=surface, markeredgecolor=accent, lw=0)
        axes.margins(x=0.04)
        axes.locator_params(axis="x", nbins=5)
    return page.figure
