"""What became of the candidates of one item: how often was each given, how good is it, which was taken?

Each candidate is a dot at its share of the samples (across) and its score (up); those taken are filled and named. The
gate, where there is one, is a line: what stands left of it was given too rarely for its score to be trusted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError
from psephos.opinions.wording import plural, true_minus
from psephos.plots.style import Sheet, own_rules, share, sheet, shortened

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from psephos.opinions.selections import Selection

NAMED = 8
"""So many candidates have their name beside them: those taken, then those with most votes."""

LONGEST = 18


def selection_plot(result: Selection, *, item: str | None = None, theme: str = "light", heading: bool = True) -> Figure:
    """Share of the samples and score of each candidate of one item, and which were taken.

    Parameters
    ----------
    result : Selection
        What is drawn.
    item : str, optional
        The item; the one to check first if not given.
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
        If there is no such item, or no item has a candidate.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.selection import best_of_majority
    >>> chosen = best_of_majority(["a", "a", "b"], [0.5, 0.6, 0.9], alpha=0.5)
    >>> selection_plot(chosen, heading=False).get_suptitle()
    'a is taken, b scores higher but is too rare'
    """
    if item is None:
        queue = result.queue().drop_nulls("answer")
        if queue.is_empty():
            raise InputError("result", "no item has a candidate: there is nothing to draw")
        item = queue["item"][0]
    reasons = result.why(item)
    rows = reasons.rows
    if rows.is_empty():
        raise InputError("item", f"there is no candidate of item {item!r:.80}")
    gate = reasons.facts.get("alpha", 0.0)
    score = rows["score"].to_numpy().astype(np.float64)
    known = np.isfinite(score)
    low, high = (float(score[known].min()), float(score[known].max())) if known.any() else (0.0, 1.0)
    pad = 0.12 * (high - low) or 0.5
    across = max(1.15 * float(rows["share"].max()), 1.2 * gate, 0.1)  # type: ignore[arg-type]
    with own_rules():
        page = sheet(_finding(rows, gate), _method(item, gate), height=300, theme=theme, heading=heading)
        axes = page.panel(52, 20, 16, 46)
        axes.set_xlim(0, across)
        axes.set_ylim(low - pad, high + pad)
        ticks = [tick for tick in _round_ticks(0.0, across) if tick <= across]
        axes.set_xticks(ticks, [share(tick) for tick in ticks])
        heights = [tick for tick in _round_ticks(low - pad, high + pad) if low - pad <= tick <= high + pad]
        axes.set_yticks(heights, [true_minus(f"{tick:g}").replace("0.", ".", 1) for tick in heights])
        page.grid(axes, y=heights)
        axes.set_xlabel("share of the samples", color=page.colour("muted"), labelpad=4)
        page.write(axes, 0, 1.0, " score", "muted", transform=axes.transAxes, va="bottom")
        if gate > 0:
            axes.axvline(gate, color=page.colour("risk"), lw=1.5, dashes=(4, 3), zorder=1)
            word, left = ("too rare ", False) if gate > 0.25 * across else (" often enough", True)
            page.write(axes, gate, low - pad, word, "risk", ha="left" if left else "right", va="bottom")
        taken = rows["place"].is_not_null().to_numpy()
        votes = rows["share"].to_numpy()
        for mask, face in ((~taken & known, page.colour("surface")), (taken & known, page.colour("accent"))):
            axes.plot(
                votes[mask],
                score[mask],
                "o",
                ms=9,
                mfc=face,
                mec=page.colour("accent"),
                mew=1.5,
                zorder=3,
                clip_on=False,
            )
        _write_names(page, axes, rows, score, across, (high - low + 2 * pad) / 220, gate)
    return page.figure


def _write_names(
    page: Sheet, axes: Axes, rows: pl.DataFrame, score: npt.NDArray[np.float64], across: float, step: float, gate: float
) -> None:
    """Names beside the dots, those taken first, moved down where they would cover another."""
    written: list[tuple[float, float]] = []
    named = list(zip(rows["answer"], rows["share"], score, rows["place"], strict=True))[:NAMED]
    for answer, part, height, place in named:
        if not np.isfinite(height):
            continue
        right = part > 0.7 * across or 0.25 * across < part < gate < part + 0.3 * across
        y = height
        while any(abs(y - other) < 15 * step and abs(part - beside) < 0.35 * across for beside, other in written):
            y -= 5 * step
        written.append((part, y))
        text = shortened(answer, LONGEST)
        page.write(
            axes,
            part + (-0.022 if right else 0.022) * across,
            y,
            text,
            "ink" if place is not None else "muted",
            ha="right" if right else "left",
            va="center",
            fontweight="bold" if place is not None else "normal",
        )


def _finding(rows: pl.DataFrame, gate: float) -> str:
    taken = rows.filter(rows["place"].is_not_null())
    if taken.is_empty():
        return "Nothing is taken"
    first = taken.row(0, named=True)
    name = shortened(first["answer"], LONGEST)
    better = rows.filter(rows["place"].is_null() & (rows["score"] > (first["score"] or 0)) & (rows["share"] < gate))
    if first["score"] is not None and first["share"] >= gate - 1e-9 and better.height:
        if better.height == 1:
            return f"{name} is taken, {shortened(better['answer'][0], LONGEST)} scores higher but is too rare"
        return f"{name} is taken, {plural(better.height, 'other scores', 'others score')} higher, too rare"
    if taken.height > 1:
        return f"{name} and {taken.height - 1} more are taken of {plural(rows.height, 'candidate')}"
    return f"{name} is taken of {plural(rows.height, 'candidate')}"


def _method(item: str, gate: float) -> str:
    said = f"Candidates of {shortened(item, 30)} by how often they were given and how well they score; filled: taken."
    return said + (f" Line: the share of {share(gate)} that is needed." if gate > 0 else "")


def _round_ticks(low: float, high: float) -> list[float]:
    """Round numbers between two, three to six of them."""
    width = high - low
    power = 10.0 ** np.floor(np.log10(width))
    step = next(power * part for part in (0.1, 0.2, 0.25, 0.5, 1, 2, 5) if width / (power * part) <= 5.5)
    first = np.ceil(low / step - 1e-9)
    return [round(float(number * step), 10) + 0.0 for number in np.arange(first, np.floor(high / step + 1e-9) + 1)]
