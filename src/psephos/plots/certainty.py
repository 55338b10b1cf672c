"""How sure is a verdict, and how many errors are left after checking so many items?

Both curves go along the queue, the most doubtful item first. Above stands the certainty of each item; below what is
left to be found once this item and all before it are checked,

    left_k = sum_{i > k} (1 - c_i),        c_i the certainty of item i (0 without a choice),

with the spread that the number of errors has if the certainties are right and items err independently,
+- 1.96 sqrt(sum_{i > k} c_i (1 - c_i)). The curves end where 99 % of the expected errors are found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError
from psephos.plots.style import own_rules, share, sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.opinions.verdicts import Verdict

POINTS = 240
"""Curves have at most about this many points."""


@dataclass(frozen=True)
class Remaining:
    """What is left to be found along the queue; arrays have one place more than there are items, the first for none.

    Attributes
    ----------
    certainty : ndarray of float64, shape (n_items,)
        Certainty in the order of the queue; 0 without a choice.
    left, low, high : ndarray of float64, shape (n_items + 1,)
        Expected errors among the items that are not checked yet, and their spread.
    undecided : int
        Items without a choice.
    """

    certainty: npt.NDArray[np.float64]
    left: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    undecided: int

    def checked_to_find(self, part: float) -> int:
        """Items to check so that this part of the expected errors is found."""
        return int(np.argmax(self.left <= (1 - part) * self.left[0] + 1e-9))


def remaining(verdict: Verdict) -> Remaining:
    """What is left to be found once the first items of the queue are checked.

    Examples
    --------
    >>> from psephos.consensus import majority
    >>> from psephos.opinions import from_matrix
    >>> curve = remaining(majority(from_matrix([["a", "a", "a"], ["a", "b", "c"]])))
    >>> curve.certainty.round(2), curve.left.round(2), curve.checked_to_find(0.5)
    (array([0.33, 0.96]), array([0.71, 0.04, 0.  ]), 1)
    """
    certainty = np.sort(np.nan_to_num(verdict.certainty, nan=0.0))
    left = np.append(np.cumsum((1 - certainty)[::-1])[::-1], 0.0)
    spread = 1.96 * np.sqrt(np.append(np.cumsum((certainty * (1 - certainty))[::-1])[::-1], 0.0))
    undecided = int(np.isnan(verdict.certainty).sum())
    return Remaining(certainty, left, np.maximum(left - spread, 0.0), left + spread, undecided)


def certainty_plot(verdict: Verdict, *, theme: str = "light", heading: bool = True) -> Figure:
    """Certainty along the queue, and the expected errors that are left.

    Parameters
    ----------
    verdict : Verdict
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
        If the verdict has no items.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.consensus import majority
    >>> from psephos.opinions import from_matrix
    >>> verdict = majority(from_matrix([["a", "a", "a"], ["a", "b", "c"]]))
    >>> certainty_plot(verdict, heading=False).get_suptitle()[:27]
    'Half of the expected errors'
    """
    if not len(verdict):
        raise InputError("result", "a verdict on no items has no picture")
    curve = remaining(verdict)
    total, half, n_items = float(curve.left[0]), curve.checked_to_find(0.5), len(verdict)
    end = min(n_items, max(10, curve.checked_to_find(0.99))) if total >= 0.5 else n_items
    with own_rules():
        page = sheet(_finding(curve), _method(curve), height=312, theme=theme, heading=heading)
        upper = page.panel(44, 16, 14, 196)
        lower = page.panel(44, 164, 14, 44)
        places = np.unique(np.geomspace(1, end + 1, POINTS).astype(np.int64) - 1)
        places = np.union1d(places, np.linspace(0, end, POINTS // 2).astype(np.int64))
        for axes in (upper, lower):
            axes.set_xlim(0, end)
            axes.set_xticks([])
        upper.set_ylim(0, 1.04)
        upper.set_yticks([0, 0.5, 1], ["0", ".5", "1"])
        page.grid(upper, y=[0, 0.5, 1])
        inside = places[places < n_items]
        upper.step(
            [*inside, end], curve.certainty[[*inside, inside[-1]]], where="post", color=page.colour("ink"), lw=1.5
        )
        page.write(upper, end, 0.06, "certainty of each item", "muted", ha="right", va="bottom")

        top = max(float(curve.high[places].max()), 1.0)
        ticks = _round_steps(top)
        lower.set_ylim(0, top * 1.04)
        lower.set_yticks(ticks, [f"{tick:,g}" for tick in ticks])
        page.grid(lower, y=ticks)
        lower.fill_between(
            places, curve.low[places], curve.high[places], color=page.colour("accent"), alpha=0.18, linewidth=0
        )
        lower.plot(places, curve.left[places], color=page.colour("accent"), lw=2, solid_capstyle="round")
        page.write(lower, end, top * 0.98, "errors left to find", "muted", ha="right", va="top")
        steps = [tick for tick in _round_steps(end) if tick < end * 0.86 or n_items > end] or [end]
        lower.set_xticks(steps, [f"{tick:,g}" for tick in steps])
        lower.set_xlabel(_axis_words(end, n_items), color=page.colour("muted"), fontsize=13, labelpad=4)
        if total >= 0.5 and half < end:
            lower.plot([half], [curve.left[half]], "o", color=page.colour("accent"), ms=7, clip_on=False, zorder=5)
            for axes in (upper, lower):
                axes.axvline(half, color=page.colour("muted"), lw=1, dashes=(2, 2), zorder=1)
            right = half > 0.55 * end
            words = f"half found after {half:,} "
            page.write(
                lower,
                half + (-0.02 if right else 0.02) * end,
                curve.left[half] + 0.03 * top,
                words.strip(),
                ha="right" if right else "left",
                va="bottom",
            )
    return page.figure


def _finding(curve: Remaining) -> str:
    n_items, total = len(curve.certainty), float(curve.left[0])
    if total < 0.5:
        return "Hardly any error is to be expected"
    half = curve.checked_to_find(0.5)
    return f"Half of the expected errors are in the first {share(half / n_items)} of items"


def _method(curve: Remaining) -> str:
    said = "Items in the order of the queue. Band: 95\u202f% spread if certainties are right and items independent."
    return said + (f" {curve.undecided:,} without a choice stand first and count as errors." if curve.undecided else "")


def _axis_words(end: int, n_items: int) -> str:
    return (
        "items checked" if end == n_items else f"items checked, of {n_items:,}; the rest holds 1\u202f% of the errors"
    )


def _round_steps(top: float) -> list[float]:
    """Round numbers from 0 up to `top`, two to five steps."""
    power = 10.0 ** np.floor(np.log10(top))
    step = next(power * part for part in (0.1, 0.2, 0.5, 1, 2, 5) if top / (power * part) <= 4.5)
    return [float(tick) for tick in np.arange(0, top + 1e-9, step)]
