"""How is activation shared among features, and where does the effective number of them lie?

The shares of the features, the most used first, as a falling curve; the effective number F with its interval cuts it,
the number of neurons stands beside it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from psephos.errors import NoPictureError
from psephos.plots.style import in_words, own_rules, share, sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.metrics.effective_features.result import EffectiveFeatures


def effective_features_plot(result: EffectiveFeatures, *, theme: str = "light", heading: bool = True) -> Figure:
    """Shares of the features in falling order, with the effective number of them.

    Parameters
    ----------
    result : EffectiveFeatures
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
        If no feature is active.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.metrics import effective_features
    >>> found = effective_features([[1, 0], [0, 1]], neurons=1, repeats=0)
    >>> effective_features_plot(found, heading=False).get_suptitle()
    '2 features are used by 1 neurons: they overlap'
    """
    shares = result.table()["share"].to_numpy()
    if not shares.any():
        raise NoPictureError("result", "has no active feature")
    live = int((shares > 0).sum())
    value, low, high = result.value.value, result.value.low, result.value.high
    sure = "" if math.isnan(low) else f"; band: {result.value.level:.0%} interval"
    method = f"Share of activation of each of {result.features:,} features, the most used first{sure}."
    right = max(live, high if not math.isnan(high) else value, result.neurons or 0) * 1.04
    with own_rules():
        page = sheet(_finding(result), method, height=260, theme=theme, heading=heading)
        axes = page.panel(60, 34, 24, 46)
        axes.set_xlim(0.5, right + 0.5)
        top = float(shares.max())
        axes.set_ylim(0, top * 1.05)
        axes.set_yticks(ticks := [0.0, top / 2, top], [share(tick) for tick in ticks])
        page.grid(axes, y=ticks)
        marks = np.unique(np.linspace(1, max(live, 2), 5).round().astype(int))
        axes.set_xticks(marks, [f"{mark:,}" for mark in marks])
        axes.set_xlabel("feature", color=page.colour("muted"), labelpad=4)
        places = np.arange(1, live + 1)
        accent = page.colour("accent")
        axes.fill_between(places, 0, shares[:live], color=accent, alpha=0.16, linewidth=0, step="mid")
        axes.plot(places, shares[:live], color=accent, lw=2, drawstyle="steps-mid")
        if not math.isnan(low):
            axes.axvspan(low, high, color=page.colour("risk"), alpha=0.22, linewidth=0)
        axes.axvline(value, color=page.colour("risk"), lw=2)
        side = {"transform": axes.get_xaxis_transform(), "va": "bottom", "clip_on": False}
        apart = abs(value - (result.neurons or math.inf)) > 0.2 * right
        page.write(axes, value, 1.02, f"F {value:.3g}", "risk", ha="center", fontweight="bold", **side)
        if result.neurons:
            axes.axvline(result.neurons, color=page.colour("muted"), lw=1, dashes=(4, 3))
            words = f"{result.neurons:,} neurons"
            page.write(axes, result.neurons, 1.02 if apart else 1.1, words, "muted", ha="center", **side)
    return page.figure


def _finding(result: EffectiveFeatures) -> str:
    found = result.value
    count = in_words(found) if found.known else f"{found.value:.3g}"
    if not result.neurons:
        return f"{count} of {result.features:,} features are used"
    overlap = "they overlap" if result.psi > 1 else "no need to overlap"
    return f"{count} features are used by {result.neurons:,} neurons: {overlap}"
