"""Abilities and items: on one scale, over topics, and which items look broken.

The Wright map puts candidates and items on the same axis: above the line who is how able, below it how many items are
how hard. Where there are candidates and no items, the test does not tell them apart. The profile has a column per
topic; the audit shows each item by difficulty and discrimination, the flagged ones marked and named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from psephos.errors import NoPictureError
from psephos.plots.style import LETTER, decimal, own_rules, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.ranking import AbilityProfiles, AbilityRanking, ItemAudit, ShortForm

LONGEST = 20
NAMED = 12
MOST, TOPICS = 30, 16
ROW, COLUMN = 22, 34
NAMED_ITEMS = 8


def wright_plot(
    result: AbilityRanking, *, topic: str | None = None, theme: str = "light", heading: bool = True
) -> Figure:
    """Candidates and items on the scale of a topic.

    Parameters
    ----------
    result : AbilityRanking
        What is drawn.
    topic : str, optional
        The first if not given.
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
        If there is no such topic.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.ranking import rank_by_ability, simulate_responses
    >>> made = rank_by_ability(simulate_responses(30, 1, 40, rng=0).responses, errors="none", rng=0)
    >>> "item" in wright_plot(made).get_suptitle()
    True
    """
    names = [fit.topic for fit in result.fits]
    if topic is not None and topic not in names:
        raise NoPictureError("topic", f"there is no topic {topic!r:.80}")
    fit = result.fits[0 if topic is None else names.index(topic)]
    ability, error = fit.ability, fit.ability_error
    hard = fit.difficulty[np.isfinite(fit.difficulty)]
    low, high = float((ability - error).min()), float((ability + error).max())
    edge = (min(low, -2.0) - 0.3, max(high, 2.0) + 0.3)
    inside = hard[(hard >= edge[0]) & (hard <= edge[1])]
    rows = min(len(ability), NAMED)
    with own_rules():
        page = sheet(
            _wright_finding(ability, hard),
            _wright_method(fit.topic, len(hard) - len(inside)),
            height=rows * ROW + 190,
            theme=theme,
            heading=heading,
        )
        order = np.argsort(-ability, kind="stable")
        shown = order if len(order) <= NAMED else order[np.linspace(0, len(order) - 1, NAMED).round().astype(int)]
        labels = [shortened(str(result.candidates[int(i)]), LONGEST) for i in shown]
        left = max(max(map(len, labels)) * LETTER + 12, 48)
        axes = page.panel(left, 8, 14, 172)
        axes.set_xlim(*edge)
        axes.set_ylim(rows - 0.5, -0.5)
        axes.set_yticks(range(rows), labels)
        axes.tick_params(axis="y", labelcolor=page.colour("ink"))
        axes.set_xticks([])
        page.grid(axes, x=[0])
        for row, i in enumerate(shown):
            axes.plot(
                [ability[i] - error[i], ability[i] + error[i]],
                [row, row],
                color=page.colour("accent"),
                lw=4,
                alpha=0.35,
            )
        axes.plot(ability[shown], range(rows), "o", ms=6, color=page.colour("accent"), lw=0)
        below = page.panel(left, rows * ROW + 22, 14, 44)
        below.set_xlim(*edge)
        counts, ends = np.histogram(inside, bins=np.linspace(*edge, 31))
        below.bar(ends[:-1], counts, np.diff(ends) * 0.86, align="edge", color=page.colour("muted"), alpha=0.55)
        below.set_ylim(max(int(counts.max(initial=1)), 1) * 1.1, 0)
        below.set_yticks([int(counts.max(initial=1))])
        page.grid(below, x=[0])
        below.axhline(0, color=page.colour("line"), lw=1)
        below.set_xlabel("ability above, difficulty below", color=page.colour("muted"))
        below.locator_params(axis="x", nbins=6)
    return page.figure


def profile_plot(result: AbilityProfiles, *, theme: str = "light", heading: bool = True) -> Figure:
    """Abilities of candidates over topics: a row each, the stronger the tint the further from the mean.

    Parameters
    ----------
    result : AbilityProfiles
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
    >>> from psephos.ranking import ability_profiles, rank_by_ability, simulate_responses
    >>> made = rank_by_ability(simulate_responses(12, 3, 20, rng=0).responses, errors="none", rng=0)
    >>> "overall" in profile_plot(ability_profiles(made, rng=0)).get_suptitle()
    True
    """
    order = np.argsort(-result.overall, kind="stable")[:MOST]
    topics = list(range(min(len(result.topics), TOPICS)))
    names = [shortened(result.candidates[i], LONGEST) for i in order]
    heads = [shortened(result.topics[t], 16) for t in topics]
    left, top = max(map(len, names)) * LETTER + 12, max(map(len, heads)) * LETTER * 0.72 + 20
    width = max(left + len(topics) * COLUMN + 60, 440)
    with own_rules():
        page = sheet(
            _profile_finding(result),
            _profile_method(result, len(order), len(topics)),
            height=top + len(order) * ROW + 10,
            theme=theme,
            heading=heading,
            width=width,
        )
        axes = page.panel(left, top, width - left - len(topics) * COLUMN, 10)
        axes.set_xlim(0, len(topics))
        axes.set_ylim(len(order), 0)
        axes.set_yticks(np.arange(len(order)) + 0.5, names)
        axes.set_xticks(np.arange(len(topics)) + 0.5, heads, rotation=45, ha="left", rotation_mode="anchor")
        axes.xaxis.tick_top()
        axes.tick_params(axis="both", labelcolor=page.colour("ink"))
        from matplotlib.patches import Rectangle

        largest = max(float(np.abs(result.abilities).max()), 1e-9)
        for row, i in enumerate(order):
            for t in topics:
                value = float(result.abilities[i, t])
                token = "accent" if value >= 0 else "risk"
                strength = 0.55 * min(abs(value) / largest, 1.0)
                axes.add_patch(
                    Rectangle((t + 0.03, row + 0.05), 0.94, 0.9, color=page.colour(token), alpha=strength, lw=0)
                )
                best = result.best[i, t] == result.best[:, t].max()
                page.write(
                    axes,
                    t + 0.5,
                    row + 0.5,
                    decimal(value, 1),
                    "ink",
                    ha="center",
                    va="center",
                    fontweight="bold" if best else "normal",
                    fontsize=11,
                )
    return page.figure


def audit_plot(result: ItemAudit, *, theme: str = "light", heading: bool = True) -> Figure:
    """Items by difficulty and discrimination; those with a flag are filled, the worst are named.

    Parameters
    ----------
    result : ItemAudit
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
        If no item has both.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.ranking import audit_items, rank_by_ability, simulate_responses
    >>> made = rank_by_ability(simulate_responses(60, 1, 40, rng=0).responses, rng=0)
    >>> "have a flag" in audit_plot(audit_items(made)).get_suptitle()
    True
    """
    items = result.items.drop_nulls(["difficulty", "discrimination"])
    if items.is_empty():
        raise NoPictureError("result", "no item has a difficulty and a discrimination")
    flagged = items["severity"].to_numpy() > 0
    b, a = items["difficulty"].to_numpy(), items["discrimination"].to_numpy()
    low, high = np.clip(np.quantile(b, [0.01, 0.99]), -6, 6)
    edge = (float(low) - 0.4, float(high) + 0.4)
    bad = result.items.filter(pl.col("severity") > 0).height
    out = int(((b < edge[0]) | (b > edge[1])).sum())
    finding = f"{bad:,} of {result.items.height:,} items have a flag"
    worst = result.items.row(0, named=True)
    if worst["severity"]:
        finding += f", first {shortened(worst['item'], 30)}"
    method = "Items by difficulty (across) and discrimination (up); below the line the abler solve an item less often; "
    method += "filled: with a flag." + (f" {out:,} lie outside." if out else "")
    with own_rules():
        page = sheet(finding, method, height=300, theme=theme, heading=heading)
        axes = page.panel(44, 14, 14, 46)
        axes.set_xlim(*edge)
        page.grid(axes, y=[0])
        kept = (b >= edge[0]) & (b <= edge[1])
        for mask, token, face, size in (
            (kept & ~flagged, "muted", page.colour("surface"), 4),
            (kept & flagged, "risk", page.colour("risk"), 6),
        ):
            axes.plot(b[mask], a[mask], "o", ms=size, mfc=face, mec=page.colour(token), mew=1, lw=0)
        span = max(float(a.max() - a.min()), 1e-6)
        named: list[tuple[float, float]] = []
        across = edge[1] - edge[0]
        for place in np.flatnonzero(kept & flagged):
            x, y = float(b[place]), float(a[place])
            if len(named) == NAMED_ITEMS or any(
                abs(y - v) < 0.06 * span and abs(x - u) < 0.45 * across for u, v in named
            ):
                continue
            named.append((x, y))
            right = x > edge[0] + 0.6 * across
            page.write(
                axes,
                x + (-0.02 if right else 0.02) * across,
                y,
                shortened(str(items["item"][int(place)]), LONGEST),
                ha="right" if right else "left",
                va="center",
                fontsize=11,
            )
        axes.set_xlabel("difficulty", color=page.colour("muted"))
        page.write(axes, 0, 1.0, " discrimination", "muted", transform=axes.transAxes, va="bottom")
        axes.locator_params(axis="both", nbins=6)
    return page.figure


def short_form_plot(result: ShortForm, *, theme: str = "light", heading: bool = True) -> Figure:
    """Expected error of an ability by the number of items, down to that of all items.

    Parameters
    ----------
    result : ShortForm
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
    >>> from psephos.ranking import rank_by_ability, short_form, simulate_responses
    >>> made = rank_by_ability(simulate_responses(30, 1, 40, rng=0).responses, errors="none", rng=0)
    >>> short_form_plot(short_form(made, 10)).get_suptitle().split(" items")[0]
    '10'
    """
    n = len(result.items)
    finding = (
        f"{n:,} items leave an error of {decimal(float(result.errors[-1]))}, all {result.full_size:,} "
        f"one of {decimal(result.full_error)}"
    )
    with own_rules():
        page = sheet(
            finding,
            f"Expected error of an ability in {shortened(result.topic, 30)} by the number of items, those that tell "
            "most first; line: all items.",
            height=240,
            theme=theme,
            heading=heading,
        )
        axes = page.panel(44, 12, 14, 46)
        axes.set_xlim(0, n)
        axes.set_ylim(0, 1.05)
        page.grid(axes, y=[0.25, 0.5, 0.75, 1])
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".50", ".75", "1"])
        axes.axhline(result.full_error, color=page.colour("muted"), lw=1.5, dashes=(4, 3))
        axes.plot(range(n + 1), result.errors, color=page.colour("accent"), lw=2)
        axes.set_xlabel("items", color=page.colour("muted"))
        axes.locator_params(axis="x", nbins=6, integer=True)
    return page.figure


def _wright_finding(ability: np.ndarray, hard: np.ndarray) -> str:
    if not len(hard):
        return "No items have a difficulty"
    easy = float((hard < ability.min()).mean())
    beyond = float((hard > ability.max()).mean())
    if max(easy, beyond) > 0.3:
        which = "easier than the weakest" if easy >= beyond else "harder than the best"
        return f"{max(easy, beyond):.0%} of the items are {which} candidate".replace("%", "\u202f%")
    apart = float(np.median(hard) - np.median(ability))
    if abs(apart) < 0.25:
        return "The items are as hard as the candidates are able"
    return (
        f"The middle item is {abs(apart):.1f} {'harder' if apart > 0 else 'easier'} than the middle candidate is able"
    )


def _wright_method(topic: str, outside: int) -> str:
    said = f"Scale of {shortened(topic, 30)}: ability of candidates with their error; bars: items by difficulty."
    return said + (f" {outside:,} items lie outside." if outside else "")


def _profile_finding(result: AbilityProfiles) -> str:
    leaders = result.leaders()
    top = result.candidates[int(np.argmax(result.overall))]
    leads = int((leaders["leader"] == top).sum())
    return f"{shortened(top, 30)} is first overall and leads in {leads:,} of {len(result.topics):,} topics"


def _profile_method(result: AbilityProfiles, rows: int, columns: int) -> str:
    said = "Ability in deviations from the mean of the candidates; bold: most likely the best in the topic."
    if rows < len(result.candidates):
        said += f" The first {rows:,} of {len(result.candidates):,}."
    return said + (f" {columns:,} of {len(result.topics):,} topics." if columns < len(result.topics) else "")
