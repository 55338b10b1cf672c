"""How strict and how erratic is each voter that gives scores?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from psephos.opinions.wording import true_minus
from psephos.plots.style import LETTER, own_rules, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.consensus import ScoreVerdict

MOST = 30
"""With more voters, those with the largest biases are drawn."""

LONGEST = 20


def bias_plot(result: ScoreVerdict, *, theme: str = "light", heading: bool = True) -> Figure:
    """Bias of each voter with its interval and its deviation, the most lenient on top.

    Parameters
    ----------
    result : ScoreVerdict
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
    >>> from psephos.consensus import truth_inference
    >>> from psephos.opinions import scores
    >>> found = truth_inference(scores(["a", "a", "b", "b"], ["x", "y", "x", "y"], [1.0, 3.0, 4.0, 6.0]))
    >>> bias_plot(found, heading=False).get_suptitle()
    'y scores highest, 2 above x'
    """
    known = result.voters
    largest = known[known["bias"].abs().arg_sort(descending=True).head(MOST).sort()]
    shown = largest.sort("bias", "voter", descending=[True, False])
    names = [shortened(name, LONGEST) for name in shown["voter"]]
    rows, bias, deviation = np.arange(len(names)), shown["bias"].to_numpy(), shown["deviation"].to_numpy()
    low, high = shown["low"].to_numpy(), shown["high"].to_numpy()
    digits = max(0, 2 - int(np.floor(np.log10(max(float(np.abs(bias).max()), deviation.max(), 1e-9)))))
    reach = max(float(np.abs(np.concatenate([low, high])).max()), 1e-9) * 1.05
    with own_rules():
        page = sheet(_finding(shown), _method(known), height=58 + 22 * len(names), theme=theme, heading=heading)
        axes = page.panel(14 + LETTER * max(map(len, names)), 20, 132, 30)
        axes.set_xlim(-reach, reach)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_yticks([])
        ticks = [-reach / 1.05, 0.0, reach / 1.05]
        axes.set_xticks(ticks, [_number(tick, digits) for tick in ticks])
        page.grid(axes, x=ticks)
        axes.hlines(rows, low, high, color=page.colour("accent"), lw=6, alpha=0.35)
        axes.plot(bias, rows, "o", color=page.colour("accent"), ms=6, clip_on=False)
        side = axes.get_yaxis_transform()
        page.write(axes, 1.04, 1.0, "bias, deviation", "muted", transform=axes.transAxes, ha="left", va="bottom")
        for row, name in enumerate(names):
            page.write(axes, -0.03, row, name, transform=side, ha="right", va="center_baseline")
            numbers = f"{_number(bias[row], digits)}, {deviation[row]:.{digits}f}"
            page.write(axes, 1.04, row, numbers, "muted", transform=side, ha="left", va="center_baseline")
    return page.figure


def _number(value: float, digits: int) -> str:
    """A number with its sign, and a minus instead of a hyphen."""
    text = true_minus(f"{value:+.{digits}f}")
    return text if any(digit in text for digit in "123456789") else "0"


def _finding(shown: pl.DataFrame) -> str:
    first, last = shown.row(0, named=True), shown.row(-1, named=True)
    if shown.height < 2 or first["low"] <= last["high"]:
        return "No voter is more lenient than another by more than chance"
    apart = f"{first['bias'] - last['bias']:.2g}"
    return f"{shortened(first['voter'], 30)} scores highest, {apart} above {shortened(last['voter'], 30)}"


def _method(known: pl.DataFrame) -> str:
    said = "How far each voter scores above the others on the same items, 95\u202f% interval, and how far it scatters."
    return f"{said} The {MOST} of {known.height:,} voters with the largest bias." if known.height > MOST else said
