"""Where do scores go, what moves them, and where can a rebuttal matter?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import polars as pl

from psephos.errors import InputError
from psephos.opinions.wording import true_minus
from psephos.plots.style import LETTER, Sheet, decimal, own_rules, share, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from psephos.studies.peer_review import BorderlineCurve, ScoreInfluence, ScoreMovement

STRONGEST = 0.6
"""Opacity of the tint of a share of 1: the number on it stays readable in both themes."""

FEWEST = 0.005
"""Shares below this have no number in their cell."""

MODELS = {"up": "rises", "down": "falls"}


class Studied(Protocol):
    """A study that has these parts, such as `psephos.studies.peer_review.PeerReviewStudy`."""

    @property
    def movement(self) -> ScoreMovement:
        """Who moves."""

    @property
    def influence(self) -> ScoreInfluence:
        """What predicts it."""

    @property
    def borderline(self) -> BorderlineCurve:
        """Where most rise."""


def study_transitions_plot(result: Studied, *, theme: str = "light", heading: bool = True) -> Figure:
    """`transitions_plot` of a study."""
    return transitions_plot(result.movement, theme=theme, heading=heading)


def study_borderline_plot(result: Studied, *, theme: str = "light", heading: bool = True) -> Figure:
    """`borderline_plot` of a study."""
    return borderline_plot(result.borderline, theme=theme, heading=heading)


def study_influence_plot(result: Studied, *, theme: str = "light", heading: bool = True) -> Figure:
    """`influence_plot` of a study."""
    return influence_plot(result.influence, theme=theme, heading=heading)


def transitions_plot(result: ScoreMovement, *, theme: str = "light", heading: bool = True) -> Figure:
    """Where reviews of each first score end, as a heat map of shares.

    Parameters
    ----------
    result : ScoreMovement
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
    >>> from psephos.studies import peer_review
    >>> moved = peer_review.movement(peer_review.sample(items=300, rng=1))
    >>> transitions_plot(moved, heading=False).get_suptitle()[-13:]
    'he discussion'
    """
    rows = result.transitions
    levels = np.unique(np.concatenate([rows["before"], rows["after"]]))
    places = {level: place for place, level in enumerate(levels)}
    counts = dict(rows.group_by("before", maintain_order=True).agg(pl.col("reviews").sum()).iter_rows())
    cell, n = float(np.clip(328 / len(levels), 12, 44)), len(levels)
    with own_rules():
        method = "Share of the reviews of each first score (row) that end at each score (column), and their number."
        page = sheet(_movement_finding(result), method, height=n * cell + 52, theme=theme, heading=heading)
        axes = page.panel(56, 4, page.width - 56 - n * cell, 48)
        axes.set_xlim(0, n)
        axes.set_ylim(n, 0)
        middle = np.arange(n) + 0.5
        names = [f"{level:g}" for level in levels]
        axes.set_xticks(middle, names)
        axes.set_yticks(middle, names)
        axes.set_xlabel("score after", color=page.colour("muted"), labelpad=4)
        axes.set_ylabel("score before", color=page.colour("muted"), labelpad=6)
        for before, after, part in rows.select("before", "after", "share").iter_rows():
            x, y = places[after], places[before]
            corners = [x, x + 0.96, x + 0.96, x], [y, y, y + 0.96, y + 0.96]
            token = "muted" if x == y else "accent"
            axes.fill(*corners, facecolor=page.colour(token), alpha=round(STRONGEST * part, 3), linewidth=0)
            if cell >= 28 and part >= FEWEST:
                page.write(axes, x + 0.48, y + 0.48, decimal(part), ha="center", va="center_baseline")
        for before, count in counts.items():
            page.write(axes, n + 0.15, places[before] + 0.5, f"{count:,}", "muted", va="center_baseline", clip_on=False)
    return page.figure


def borderline_plot(result: BorderlineCurve, *, theme: str = "light", heading: bool = True) -> Figure:
    """Share of reviews that rise along the mean first score of their item.

    Parameters
    ----------
    result : BorderlineCurve
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
    >>> from psephos.studies import peer_review
    >>> curve = peer_review.borderline(peer_review.sample(items=300, rng=1))
    >>> borderline_plot(curve, heading=False).get_suptitle()[:18]
    'Reviews rise most '
    """
    rows = result.bins
    place = np.arange(rows.height)
    top = float(np.ceil(min(1.0, float(rows["high"].to_numpy().max()) + 0.02) * 10) / 10)
    with own_rules():
        finding = f"Reviews rise most where the mean first score is {_bin(result.peak)}"
        method = "Share of reviews whose score rises, 95\u202f% Wilson interval, by the mean first score of the item."
        page = sheet(finding, method, height=312, theme=theme, heading=heading)
        axes = page.panel(44, 12, 16, 76)
        axes.set_xlim(-0.5, rows.height - 0.5)
        axes.set_ylim(0, top)
        ticks = [float(tick) for tick in np.linspace(0, top, 3)]
        axes.set_yticks(ticks, [decimal(tick) for tick in ticks])
        page.grid(axes, y=ticks)
        axes.set_xticks(place, [_bin(name) for name in rows["mean_before"]])
        axes.set_xlabel("mean first score of the item, and reviews", color=page.colour("muted"), labelpad=28)
        axes.vlines(place, rows["low"], rows["high"], color=page.colour("accent"), lw=6, alpha=0.35)
        axes.plot(place, rows["up"], "-o", color=page.colour("accent"), lw=1.5, ms=6, clip_on=False)
        below = axes.get_xaxis_transform()
        for x, count in enumerate(rows["reviews"]):
            page.write(axes, x, -0.13, f"{count:,}", "muted", transform=below, ha="center", va="top", clip_on=False)
    return page.figure


def influence_plot(result: ScoreInfluence, *, theme: str = "light", heading: bool = True) -> Figure:
    """Odds ratios of a rise and a fall, on a logarithmic axis.

    Parameters
    ----------
    result : ScoreInfluence
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
        If neither rises nor falls have a model.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.studies import peer_review
    >>> found = peer_review.influence(peer_review.sample(items=300, rng=1), folds=0)
    >>> influence_plot(found, heading=False).get_suptitle()[:33]
    "A point more of the others' mean "
    """
    known = finite_odds(result)
    if known.is_empty():
        raise InputError("result", "neither rises nor falls have a model with finite odds ratios")
    lines = list(known.with_columns(pl.col("model").str.replace(", all", "")).iter_rows(named=True))
    ends = np.log([row["odds_low"] for row in lines] + [row["odds_high"] for row in lines])
    reach = max(np.log(1.5), float(np.abs(ends).max()) * 1.05)
    room = 16 + LETTER * max(len(row["term"]) for row in lines)
    groups = [model for model in MODELS if any(row["model"] == model for row in lines)]
    height = 22 * (len(lines) + len(groups)) + 52
    with own_rules():
        method = "Odds ratio per unit, 95\u202f% interval clustered by item; right of 1 it goes with more changes."
        page = sheet(_influence_finding(result), method, height=height, theme=theme, heading=heading)
        axes = page.panel(room, 4, 60, 44)
        axes.set_xlim(-reach, reach)
        axes.set_ylim(len(lines) + len(groups) - 0.5, -0.5)
        axes.set_yticks([])
        ticks = [tick for tick in (0.1, 0.25, 0.5, 1, 2, 4, 10) if abs(np.log(tick)) <= reach]
        axes.set_xticks(np.log(ticks), [decimal(tick, 2) for tick in ticks])
        page.grid(axes, x=list(np.log(ticks)))
        axes.axvline(0, color=page.colour("muted"), lw=1.5, zorder=1)
        axes.set_xlabel("odds ratio", color=page.colour("muted"), labelpad=4)
        row = 0
        for model in groups:
            _write_left(page, axes, row, f"{MODELS[model]}", room, "muted")
            row += 1
            for line in (part for part in lines if part["model"] == model):
                left, value, right = (float(np.log(line[name])) for name in ("odds_low", "odds_ratio", "odds_high"))
                axes.hlines(row, left, right, color=page.colour("accent"), lw=6, alpha=0.35)
                axes.plot([value], [row], "o", color=page.colour("accent"), ms=6, clip_on=False)
                _write_left(page, axes, row, line["term"], room)
                side = axes.get_yaxis_transform()
                number = decimal(line["odds_ratio"])
                page.write(axes, 1.04, row, number, "muted", transform=side, va="center_baseline", clip_on=False)
                row += 1
    return page.figure


def finite_odds(result: ScoreInfluence) -> pl.DataFrame:
    """Coefficients with odds ratios that a picture can hold: of the wide models if there are any."""
    table = result.coefficients.filter(pl.col("term") != "intercept")
    table = table.filter((pl.col("odds_low") > 1e-6) & (pl.col("odds_high") < 1e6))
    wide = table.filter(pl.col("model").str.ends_with(", all"))
    return wide if wide.height else table.filter(pl.col("model").is_in(list(MODELS)))


def _write_left(page: Sheet, axes: Axes, row: int, text: str, room: float, ink: str = "ink") -> None:
    width = axes.get_position().width * page.width
    side = axes.get_yaxis_transform()
    page.write(axes, -room / width, row, text, ink, transform=side, va="center_baseline", clip_on=False)


def _movement_finding(result: ScoreMovement) -> str:
    up, down = (share(result.share(side).value) for side in ("up", "down"))
    return f"{up} of reviews rise and {down} fall after the discussion"


def _bin(name: str) -> str:
    return true_minus(name).replace(" ", "\u00a0")


def _influence_finding(result: ScoreInfluence) -> str:
    model = result.models["up"] or result.models["down"]
    what = "a rise" if result.models["up"] else "a fall"
    if model is None:
        return "What goes with a change"
    ratio = float(np.exp(model.coefficients[2]))
    return f"A point more of the others' mean multiplies the odds of {what} by {decimal(ratio)}"
