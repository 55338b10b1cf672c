"""Where did the samples go, and how sure was one question after each of its answers?

Questions stand in a row from the one with most samples to the one with fewest; the dashed line is even spending, and
questions that need a person are marked. For one question, its certainty and its p-value rise and fall with each sample;
dashed is where a rule would stop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from psephos.errors import InputError
from psephos.opinions.wording import plural
from psephos.plots.style import decimal, own_rules, share, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from psephos.allocation.allocation_result import Allocation
    from psephos.allocation.certainty_path import CertaintyPath
    from psephos.plots.style import Sheet


def allocation_plot(result: Allocation, *, theme: str = "light", heading: bool = True) -> Figure:
    """Samples of each question, from most to fewest.

    Parameters
    ----------
    result : Allocation
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
        If there is no sample.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.allocation import Adaptive, allocate
    >>> answers = {"q1": iter("abababababab"), "q2": iter("aaaaaaaaaaaa"), "q3": iter("aaaaaaaaaaaa")}
    >>> found = allocate(Adaptive(list(answers), 18), lambda question: next(answers[question]))
    >>> allocation_plot(found, heading=False).get_suptitle()[:16]
    'A tenth of the q'
    """
    table = result.table().sort("drawn", descending=True, maintain_order=True)
    drawn = table["drawn"].to_numpy()
    if not drawn.sum():
        raise InputError("result", "has no samples to draw")
    tenth = max(1, round(len(drawn) / 10))
    finding = f"A tenth of the questions got {share(float(drawn[:tenth].sum() / drawn.sum()))} of the samples"
    method = f"Samples of each of {len(drawn):,} questions, from most to fewest; dashed: even spending."
    asked = np.flatnonzero(table["flags"].str.contains("ask a human").to_numpy())
    method += f" Triangles: {len(asked):,} that are left to a person." if len(asked) else ""
    with own_rules():
        page = sheet(finding, method, height=260, theme=theme, heading=heading)
        axes = page.panel(48, 14, 24, 48)
        axes.set_xlim(0, len(drawn))
        axes.set_ylim(0, max(1, int(drawn.max())) * 1.06)
        ticks = [float(tick) for tick in axes.get_yticks() if tick <= drawn.max() and tick == int(tick)]
        axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        page.grid(axes, y=ticks)
        axes.set_xlabel("questions", color=page.colour("muted"), labelpad=4)
        edges = np.arange(len(drawn) + 1)
        axes.stairs(drawn, edges, fill=True, color=page.colour("accent"), alpha=0.25, lw=0)
        axes.stairs(drawn, edges, color=page.colour("accent"), lw=2)
        mean = float(drawn.mean())
        axes.axhline(mean, color=page.colour("muted"), lw=1.5, dashes=(4, 3))
        page.write(axes, len(drawn), mean, f"even: {mean:.3g}", "muted", ha="right", va="bottom")
        axes.plot(asked + 0.5, drawn[asked], "^", color=page.colour("risk"), ms=6, zorder=5, clip_on=False)
    return page.figure


def certainty_path_plot(result: CertaintyPath, *, theme: str = "light", heading: bool = True) -> Figure:
    """Certainty and p-value of one question after each of its samples.

    Parameters
    ----------
    result : CertaintyPath
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
        If there is no sample.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.allocation import certainty_path
    >>> certainty_path_plot(certainty_path("abaaaaaaaaaaaa", n_classes=2), heading=False).get_suptitle()
    'a is certain enough after 7 samples, and proven after 12'
    """
    steps = result.table()
    if not steps.height:
        raise InputError("result", "has no samples to draw")
    n = steps["sample"].to_numpy()
    with own_rules():
        page = sheet(_finding(result), _method(result), height=330, theme=theme, heading=heading)
        certainty = page.panel(48, 20, 24, 196)
        certainty.set_ylim(0.45, 1)
        _steps(page, certainty, n, steps["certainty"].to_numpy(), result.threshold, result.stops["asc"], "accent")
        certainty.set_yticks([0.5, 0.75, 1.0], [".5", ".75", "1"])
        page.grid(certainty, y=[0.5, 0.75, 1.0])
        page.write(certainty, 0, 1.05, "certainty of the leader", "muted", transform=certainty.transAxes)
        p = page.panel(48, 174, 24, 48)
        p.set_yscale("log")
        values = np.maximum(steps["p_value"].to_numpy(), 1e-300)
        lowest = min(float(values.min()), result.delta)
        p.set_ylim(lowest / 2, 1.5)
        _steps(page, p, n, values, result.delta, result.stops["ppr"], "good")
        powers = np.arange(0, np.floor(np.log10(lowest)) - 1, -max(1, round(-np.log10(lowest) / 4)))
        ticks = [float(10.0**power) for power in powers if 10.0**power >= lowest / 2]
        p.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        p.minorticks_off()
        page.grid(p, y=ticks)
        page.write(p, 0, 1.05, "p-value of the leader", "muted", transform=p.transAxes)
        p.set_xlabel("samples", color=page.colour("muted"), labelpad=4)
        certainty.tick_params(labelbottom=False)
        changes = np.flatnonzero((steps["leader"] != steps["leader"].shift(1)).fill_null(False).to_numpy())
        for change in changes:
            certainty.axvline(n[change], color=page.colour("risk"), lw=1, dashes=(1, 2))
    return page.figure


def _steps(
    page: Sheet, axes: Axes, n: np.ndarray, values: np.ndarray, bound: float, stop: int | None, ink: str
) -> None:
    """One curve with the bound at which its rule stops, and the stop."""
    axes.set_xlim(0.5, n[-1] + 0.5)
    axes.axhline(bound, color=page.colour("muted"), lw=1.5, dashes=(4, 3))
    axes.step(n, values, where="mid", color=page.colour(ink), lw=2)
    where = "bottom" if axes.get_yscale() == "log" else "top"
    page.write(axes, n[-1] + 0.4, bound, decimal(bound, 3), "muted", ha="right", va=where)
    if stop is not None:
        axes.plot([stop], [values[stop - 1]], "o", color=page.colour(ink), ms=7, zorder=5, clip_on=False)


def _finding(result: CertaintyPath) -> str:
    last = result.table().row(-1, named=True)
    if last["leader"] is None:
        return f"{plural(result.table().height, 'sample')} and no answer"
    name, (asc, ppr) = shortened(last["leader"], 24), (result.stops["asc"], result.stops["ppr"])
    if asc is None:
        return f"{name} leads {last['votes']} to {last['second']}, and is neither certain nor proven"
    proven = f"and proven after {ppr}" if ppr is not None else "and never proven"
    return f"{name} is certain enough after {asc} samples, {proven}"


def _method(result: CertaintyPath) -> str:
    said = f"Dashed: certainty {decimal(result.threshold, 3)} (no guarantee) and p-value {decimal(result.delta, 3)}"
    return f"{said} (may be looked at after every sample). Dots: first reached; dotted: another answer takes the lead."
