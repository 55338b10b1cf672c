"""How many features do layers use, how did training go, and does the penalty matter?

By layer or checkpoint the count stands with its interval as a point on a path, against the neurons. The course of
training shows the count falling, epoch by epoch, towards what is reported. The search of a penalty shows the count of
a dictionary and of one of twice the size: where they part, the dictionary decides and not the layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from psephos.errors import NoPictureError
from psephos.plots.divergence import ticks_of
from psephos.plots.effective_features import effective_features_plot
from psephos.plots.style import Sheet, own_rules, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from psephos.learning import LayerFeatures, PenaltySearch, TrainedFeatures

MOST = 24
LONGEST = 14


def trained_usage_plot(result: TrainedFeatures, *, theme: str = "light", heading: bool = True) -> Figure:
    """Shares of the features of the dictionary whose count lies in the middle of the seeds.

    Parameters
    ----------
    result : TrainedFeatures
    theme : {"light", "dark"}, default "light"
    heading : bool, default True
        Whether finding and method stand above the picture.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    NoPictureError
        If no feature is active.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.learning import Training, trained_features
    >>> layer = np.random.default_rng(0).exponential(size=(200, 3))
    >>> found = trained_features(layer, Training(epochs=5), doubled=False, rng=0)
    >>> len(trained_usage_plot(found).axes) > 0
    True
    """
    return effective_features_plot(result.typical, theme=theme, heading=heading)


def training_plot(result: TrainedFeatures, *, theme: str = "light", heading: bool = True) -> Figure:
    """Effective features by epoch, a line for each seed.

    Parameters
    ----------
    result : TrainedFeatures
    theme : {"light", "dark"}, default "light"
    heading : bool, default True
        Whether finding and method stand above the picture.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    NoPictureError
        If no feature is active.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.learning import Training, trained_features
    >>> layer = np.random.default_rng(0).exponential(size=(200, 3))
    >>> found = trained_features(layer, Training(epochs=5), doubled=False, rng=0)
    >>> "epochs" in training_plot(found, heading=False).get_suptitle()
    True
    """
    if not result.value.value > 0:
        raise NoPictureError("result", "has no active feature")
    courses = [one.course["effective"].to_numpy() for one in result.dictionaries]
    longest, final = max(map(len, courses)), result.value.value
    top = max(float(course.max()) for course in courses)
    moved = max(abs(course[len(course) // 2] / course[-1] - 1) for course in courses if course[-1] > 0)
    finding = f"F ends at {final:.3g} after {longest:,} epochs" + ("" if moved <= 0.05 else ", after a long descent")
    method = f"Effective features of the codes of each epoch, a line for each of {len(courses)} seeds."
    method += " Dot: the epoch that was taken."
    with own_rules():
        page = sheet(finding, method, height=240, theme=theme, heading=heading)
        axes = page.panel(44, 12, 96, 46)
        axes.set_xlim(1, max(longest, 2))
        ceiling = _counts(page, axes, top)
        axes.set_xlabel("epoch", color=page.colour("muted"), labelpad=4)
        axes.axhline(result.neurons, color=page.colour("muted"), lw=1, dashes=(4, 3))
        for course, one in zip(courses, result.dictionaries, strict=True):
            axes.plot(np.arange(1, len(course) + 1), course, color=page.colour("accent"), lw=1.5, alpha=0.8)
            place = one.best_epoch
            axes.plot([place], [course[place - 1]], "o", color=page.colour("accent"), ms=6, clip_on=False, zorder=4)
        side: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "va": "center_baseline"}
        apart = abs(final - result.neurons) > 0.08 * ceiling
        page.write(axes, 1.02, final, f"F {final:.3g}", "accent", fontweight="bold", **side)
        if apart:
            page.write(axes, 1.02, result.neurons, f"{result.neurons:,} neurons", "muted", **side)
    return page.figure


def layers_plot(result: LayerFeatures, *, theme: str = "light", heading: bool = True) -> Figure:
    """Effective features of each layer or checkpoint with intervals, against its neurons.

    Parameters
    ----------
    result : LayerFeatures
    theme : {"light", "dark"}, default "light"
    heading : bool, default True
        Whether finding and method stand above the picture.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    NoPictureError
        If no layer has an active feature.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.learning import Training, features_by_layer
    >>> early, late = np.random.default_rng(0).exponential(size=(2, 200, 3))
    >>> found = features_by_layer({"early": early, "late": late}, Training(epochs=5), doubled=False, rng=0)
    >>> len(layers_plot(found).axes)
    1
    """
    table = result.table().head(MOST)
    value = table["effective"].to_numpy()
    if not (value > 0).any():
        raise NoPictureError("result", "has no active feature in any layer")
    low, high = (
        np.where(np.isnan(end), value, end) for end in (table[name].cast(float).to_numpy() for name in ("low", "high"))
    )
    neurons = table["neurons"].to_numpy()
    names = [shortened(name, LONGEST) for name in table["layer"]]
    level = next(iter(result.layers.values())).value.level
    method = f"Effective features, {level:.0%} interval over items and seeds; dashes: neurons.".replace("%", "\u202f%")
    method += f" The first {MOST} of {len(result.layers):,}." if len(result.layers) > MOST else ""
    with own_rules():
        many = len(names) > 6
        page = sheet(_finding(result), method, height=320 if many else 270, theme=theme, heading=heading)
        axes = page.panel(70 if many else 44, 18, 24, 92 if many else 46)
        places = np.arange(len(names))
        axes.set_xlim(-0.5, len(names) - 0.5)
        ceiling = _counts(page, axes, float(max(high.max(), neurons.max())))
        turned: dict[str, Any] = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if many else {}
        axes.set_xticks(places, names, **turned)
        muted, accent = page.colour("muted"), page.colour("accent")
        axes.hlines(neurons, places - 0.35, places + 0.35, color=muted, lw=1.2, linestyles=(0, (4, 3)))
        axes.plot(places, value, color=accent, lw=1.5, alpha=0.6)
        axes.vlines(places, low, high, color=accent, lw=3)
        axes.plot(places, value, "o", color=accent, ms=7, zorder=4)
        for place, count, end in zip(places.tolist(), value, high, strict=True):
            ground = {"facecolor": axes.figure.get_facecolor(), "edgecolor": "none", "pad": 1.5}
            how: dict[str, Any] = {"ha": "center", "va": "bottom", "bbox": ground, "zorder": 3}
            page.write(axes, place, end + 0.035 * ceiling, f"{count:.3g}", "accent", **how)
    return page.figure


def penalty_plot(result: PenaltySearch, *, theme: str = "light", heading: bool = True) -> Figure:
    """Effective features by penalty, with a dictionary and with one of twice the size.

    Parameters
    ----------
    result : PenaltySearch
    theme : {"light", "dark"}, default "light"
    heading : bool, default True
        Whether finding and method stand above the picture.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    NoPictureError
        If no dictionary has an active feature.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.learning import Training, search_penalty
    >>> layer = np.random.default_rng(0).exponential(size=(200, 3))
    >>> penalty_plot(search_penalty(layer, [0.1], Training(epochs=5), rng=0), heading=False).get_suptitle()
    'No penalty passes: the count depends on the dictionary, or on its trivial basis'
    """
    table = result.table()
    usual, twice = table["effective"].to_numpy(), table["doubled"].to_numpy()
    if not (usual > 0).any():
        raise NoPictureError("result", "has no active feature at any penalty")
    chosen = result.penalty
    finding = "No penalty passes: the count depends on the dictionary, or on its trivial basis"
    if chosen is not None:
        finding = f"From a penalty of {chosen:g} the dictionary does not decide: F {usual[-1]:.3g}"
    method = "Effective features with a dictionary (dot, R\u00b2 beside it) and with one of twice its size (diamond)."
    with own_rules():
        page = sheet(finding, method, height=240, theme=theme, heading=heading)
        axes = page.panel(44, 12, 30, 46)
        places = np.arange(len(table))
        axes.set_xlim(-0.5, len(places) - 0.5)
        _counts(page, axes, float(max(usual.max(), twice.max())) * 1.1)
        axes.set_xticks(places, [f"{penalty:g}" for penalty in table["l1"]])
        axes.set_xlabel("penalty on codes", color=page.colour("muted"), labelpad=4)
        inks = [page.colour("accent" if penalty == chosen else "muted") for penalty in table["l1"]]
        for place, first, second, ink, explained in zip(places, usual, twice, inks, table["explained"], strict=True):
            axes.vlines(place, min(first, second), max(first, second), color=ink, lw=2)
            axes.plot([place], [second], "D", color=ink, ms=7, zorder=4)
            axes.plot([place], [first], "o", color=ink, ms=7, zorder=5)
            page.write(axes, place + 0.08, first, f"{explained:.2f}", "muted", va="center_baseline")
    return page.figure


def _counts(page: Sheet, axes: Axes, most: float) -> float:
    """An axis of counts from 0 to a round number that holds `most`, which is given back."""
    ticks = ticks_of(0.0, most)
    axes.set_ylim(0, ticks[-1])
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    page.grid(axes, y=ticks)
    return ticks[-1]


def _finding(result: LayerFeatures) -> str:
    first, *later = result.layers
    sure = [
        (name, result.against_first[name].ratio)
        for name in later
        if name in result.against_first
        and not result.against_first[name].ratio.low <= 1 <= result.against_first[name].ratio.high
    ]
    if not later:
        return f"{first} uses {result.layers[first].value.value:.3g} features"
    if not sure:
        return f"No layer is known to use more or fewer features than {shortened(first, 30)}"
    name, ratio = max(sure, key=lambda pair: abs(np.log(pair[1].value)))
    side = "more" if ratio.value > 1 else "fewer"
    times = ratio.value if ratio.value > 1 else 1 / ratio.value
    return f"{shortened(name, 30)} uses {times:.2g} times {side} features than {shortened(first, 30)}"
