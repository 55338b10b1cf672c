"""Which step of a response is the weakest?

The reward of each step of one response, from the first on top to the last; the weakest is marked. Zero is where two
models find a step equally likely.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from psephos.errors import InputError
from psephos.opinions.wording import true_minus
from psephos.plots.style import own_rules, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.selection.step_scores import ProcessScores

MOST = 40
"""With more steps, the part of the response around the weakest is drawn."""

ROW = 20


def steps_plot(
    result: ProcessScores, *, response: int | None = None, theme: str = "light", heading: bool = True
) -> Figure:
    """Reward of each step of one response.

    Parameters
    ----------
    result : ProcessScores
        What is drawn.
    response : int, optional
        Number of the response; the best of all if not given.
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
        If the response has no steps.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.selection import process_scores
    >>> scores = process_scores([[-0.1, -3.0, -0.2]], None, [[0, 1, 2]])
    >>> steps_plot(scores, heading=False).get_suptitle()
    'Step 2 of 3 is the weakest'
    """
    at = result.best() if response is None else response
    if not 0 <= at < len(result) or result.weakest[at] < 0:
        raise InputError("response", f"must be one with steps, got {at!r}")
    whole = result.step_reward[result.step_starts[at] : result.step_starts[at + 1]]
    weakest = int(result.weakest[at])
    start = int(np.clip(weakest - MOST // 2, 0, max(0, len(whole) - MOST)))
    reward = whole[start : start + MOST]
    finite = np.isfinite(reward)
    lowest = min(0.0, float(reward[finite].min(initial=0.0)))
    highest = max(0.0, float(reward[finite].max(initial=0.0)))
    bottom = lowest - 0.15 * max(highest - lowest, 1e-12) if not finite.all() else lowest
    width = np.where(finite, reward, bottom)
    name = "" if result.opinions is None else shortened(str(result.table()["item"][at]), 24) + ", "
    kind = "log-ratio of two models" if result.has_reference else "log-probability without a reference"
    method = f"Reward of each step of {name}response {at}: beta {result.beta:g}, {kind}."
    method += f" {len(reward)} of {len(whole)} steps." if len(whole) > MOST else ""
    finding = f"Step {weakest + 1:,} of {len(whole):,} is the weakest"
    with own_rules():
        page = sheet(finding, method, height=50 + ROW * len(reward), theme=theme, heading=heading)
        axes = page.panel(64, 6, 84, 36)
        pad = 0.04 * max(highest - bottom, 1e-12)
        axes.set_xlim(bottom - pad, highest + pad)
        axes.set_ylim(len(reward) - 0.5, -0.5)
        axes.set_yticks(range(len(reward)), [f"step {start + row + 1}" for row in range(len(reward))])
        axes.set_xticks([0.0], ["0"])
        inks = [page.colour("risk" if start + row == weakest else "accent") for row in range(len(reward))]
        axes.barh(range(len(reward)), width, height=0.6, color=inks)
        axes.axvline(0, color=page.colour("muted"), lw=1)
        side = axes.get_yaxis_transform()
        for row, value in enumerate(reward):
            text = true_minus(f"{value:.3g}") if np.isfinite(value) else "impossible"
            ink = "risk" if start + row == weakest else "muted"
            page.write(axes, 1.02, row, text, ink, transform=side, va="center_baseline")
    return page.figure
