"""What would each method have made of the samples in store, at each budget?

One curve a method with the tint of its interval, named at its end; consistency above, accuracy below where the right
answers are known. For stopping rules, a mark a rule: what it saves against how often it agrees with the whole pool.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from psephos.plots.curves import INKS, apart
from psephos.plots.style import LETTER, Sheet, decimal, own_rules, share, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.allocation.replay_result import Replay
    from psephos.allocation.stopping_replay import StoppingReplay

MOST = 8
LONGEST = 20
PANEL = 190
GAP = 38


def replay_plot(result: Replay, *, theme: str = "light", heading: bool = True) -> Figure:
    """Consistency, and accuracy where it is known, of each method against the budget.

    Parameters
    ----------
    result : Replay
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
    >>> from psephos.allocation import replay
    >>> pools = {f"q{k}": list("aaaaaaaa" if k % 2 else "abbbabbb") for k in range(10)}
    >>> replay_plot(replay(pools, [2, 4], ["uniform", "asc"], rng=0), heading=False).get_suptitle()
    'At 4 samples a question asc is as consistent as even spending'
    """
    known = ["consistency"] + ["accuracy"] * bool(result.curves["accuracy"].null_count() == 0)
    names = result.curves["method"].unique(maintain_order=True).to_list()[:MOST]
    room = 18 + LETTER * max(len(f"{shortened(name, LONGEST)}  .000") for name in names)
    height = len(known) * (PANEL + GAP) - GAP + 70
    level = f"{result.level:.0%}".replace("%", "\u202f%")
    method = f"Share of questions by samples a question, {level} interval over questions."
    method += " Consistency: as the target of the pool; accuracy: right." if len(known) > 1 else ""
    with own_rules():
        page = sheet(_finding(result), method, height=height, theme=theme, heading=heading, width=400 + room)
        for row, measure in enumerate(known):
            below = (len(known) - 1 - row) * (PANEL + GAP) + 48
            _panel(page, result, names, measure, top=row * (PANEL + GAP) + 22, bottom=below, room=room)
    return page.figure


def _panel(
    page: Sheet, result: Replay, names: list[str], measure: str, *, top: float, bottom: float, room: float
) -> None:
    axes = page.panel(56, top, room, bottom)
    ends = ("low", "high") if measure == "consistency" else ("accuracy_low", "accuracy_high")
    drawn = result.curves.filter(pl.col("method").is_in(names))
    lowest = float(drawn.select(pl.min_horizontal(measure, *ends).min()).item())
    start = max(0.0, np.floor(lowest * 10 - 1e-9) / 10)
    budgets = np.unique(drawn["budget"].to_numpy())
    axes.set_xlim(budgets[0], budgets[-1] if len(budgets) > 1 else budgets[0] + 1)
    axes.set_ylim(start, 1)
    step = 0.1 if 1 - start <= 0.6 else 0.2
    ticks = [float(tick) for tick in np.arange(1, start - 1e-9, -step)]
    axes.set_yticks(ticks, [share(max(tick, 0.0)) for tick in ticks])
    page.grid(axes, y=ticks)
    marks = budgets if len(budgets) <= 8 else budgets[np.linspace(0, len(budgets) - 1, 6).round().astype(int)]
    axes.set_xticks(marks, [f"{mark:g}" for mark in marks])
    page.write(axes, 0, 1.04, measure, "muted", transform=axes.transAxes, va="bottom")
    axes.tick_params(labelbottom=bottom <= 48)
    if bottom <= 48:
        axes.set_xlabel("samples a question", color=page.colour("muted"), labelpad=4)
    last = np.array([drawn.filter(pl.col("method") == name)[measure][-1] for name in names])
    places = apart(last - start, 16 / PANEL * (1 - start)) + start
    places -= max(0.0, places.max() - 1)
    for place in reversed(range(len(names))):
        curve = drawn.filter(pl.col("method") == names[place])
        told = place < len(INKS)
        ink, mark = INKS[place] if told else ("muted", "")
        x, y = curve["budget"].to_numpy(), curve[measure].to_numpy()
        if told and curve[ends[0]].null_count() == 0:
            tint = page.colour(ink)
            axes.fill_between(x, curve[ends[0]].to_numpy(), curve[ends[1]].to_numpy(), color=tint, alpha=0.14, lw=0)
        (line,) = axes.plot(x, y, color=page.colour(ink), lw=2 if told else 1, marker=mark, ms=5)
        line.set(clip_on=False, zorder=4 if told else 3)
        side = axes.get_yaxis_transform()
        ends_at = [1.012, 1.035], [last[place], places[place]]
        axes.plot(*ends_at, color=page.colour("line"), lw=1, transform=side, clip_on=False)
        words = f"{shortened(names[place], LONGEST)}  {decimal(float(last[place]), 3)}"
        ink = "ink" if told else "muted"
        page.write(axes, 1.045, float(places[place]), words, ink, transform=side, va="center_baseline")


def _samples(budget: float) -> str:
    return f"{budget:g} {'sample' if budget == 1 else 'samples'}"


def _finding(result: Replay) -> str:
    budget = result.curves["budget"].max()
    last = result.curves.filter(pl.col("budget") == budget)
    samples = f"At {_samples(float(last['budget'][0]))} a question"
    savings = result.savings.filter(pl.col("budget") == budget, pl.col("ratio").is_not_null())
    if savings.height:
        best = savings.sort("ratio", descending=True).row(0, named=True)
        name = shortened(best["method"], 30)
        if best["ratio"] > 1.05:
            even = f"what even spending does with {best['uniform']:.3g}"
            return f"{name} does with {_samples(best['budget'])} a question {even}"
        return f"{samples} {name} is as consistent as even spending"
    best = last.sort("consistency", descending=True).row(0, named=True)
    name = shortened(best["method"], 30)
    return f"{samples} {name} agrees with the target of {share(best['consistency'])} of questions"


def stopping_replay_plot(result: StoppingReplay, *, theme: str = "light", heading: bool = True) -> Figure:
    """What each stopping rule saves, against how often it agrees with the whole pool.

    Parameters
    ----------
    result : StoppingReplay
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
    >>> from psephos.allocation import replay_stopping
    >>> pools = {f"q{k}": list("aaaaaaaaaaaa" if k % 4 else "bbbbaaaaaaaa") for k in range(12)}
    >>> stopping_replay_plot(replay_stopping(pools, ["asc", "ppr"]), heading=False).get_suptitle()
    'asc saves 67\u202f% of the samples and agrees with 75\u202f% of whole pools'
    """
    rows = result.table().with_columns(pl.col("agrees", "low", "high").fill_null(float("nan")))
    best = rows.row(0, named=True) if rows.height == 1 else rows.sort("saved", descending=True).row(0, named=True)
    agrees = f"agrees with {share(best['agrees'])} of whole pools"
    finding = f"{best['rule']} saves {share(best['saved'])} of the samples and {agrees}"
    method = "Share of questions answered as by the whole pool, 95\u202f% interval, against the share of samples saved."
    with own_rules():
        page = sheet(finding, method, height=280, theme=theme, heading=heading)
        axes = page.panel(56, 14, 80, 48)
        start = float(max(0.0, np.floor(np.nanmin(np.append(rows["low"].to_numpy(), 0.9)) * 10) / 10))
        axes.set_xlim(0, 1)
        axes.set_ylim(start, 1)
        across, up = np.linspace(0, 1, 5), np.linspace(start, 1, 6)
        axes.set_xticks(across, [share(float(tick)) for tick in across])
        axes.set_yticks(up, [share(float(tick)) for tick in up])
        page.grid(axes, x=list(across), y=list(up))
        axes.set_xlabel("samples saved", color=page.colour("muted"), labelpad=4)
        agreed = np.nan_to_num(rows["agrees"].to_numpy(), nan=start)
        names = apart(agreed - start, 17 / 218 * (1 - start)) + start
        names -= max(0.0, names.max() - 1)
        side = axes.get_yaxis_transform()
        for place, row in enumerate(rows.iter_rows(named=True)):
            ink, mark = INKS[place] if place < len(INKS) else ("muted", "o")
            colour = page.colour(ink)
            line = [row["saved"], 1.03], [row["agrees"], names[place]]
            axes.plot(*line, color=page.colour("line"), lw=1, transform=side, clip_on=False, zorder=2)
            axes.plot([row["saved"]] * 2, [row["low"], row["high"]], color=colour, lw=2, zorder=3, clip_on=False)
            axes.plot([row["saved"]], [row["agrees"]], mark, color=colour, ms=8, zorder=4, clip_on=False)
            page.write(axes, 1.045, float(names[place]), row["rule"], transform=side, va="center_baseline")
    return page.figure
