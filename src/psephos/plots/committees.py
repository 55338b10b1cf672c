"""Committees: who is in, what bounds cost, and how many rankings they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from psephos.errors import InputError
from psephos.opinions.wording import first_of
from psephos.plots.style import LETTER, decimal, own_rules, share, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.selection import CommitteeSelection, FairnessFrontier, RankingsNeeded

MOST = 40
ROW, LONGEST = 22, 22


def committee_plot(
    result: CommitteeSelection, *, item: str | None = None, theme: str = "light", heading: bool = True
) -> Figure:
    """Score of each candidate, best first, members filled; with groups, the group of each beside it.

    Parameters
    ----------
    result : CommitteeSelection
        What is drawn.
    item : str, optional
        Whose committee, where there are several; the first if not given.
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
        If there is no such item.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.selection import committee
    >>> committee_plot(committee([[0, 1, 2], [0, 2, 1]], 2)).get_suptitle()
    '0, 1 are chosen of 3 candidates'
    """
    name = str(result.items[0]) if item is None else item
    place = result.items.index_of(name)
    if place is None:
        raise InputError("item", f"there is no item {name!r:.80}")
    rows = result.why(name).rows.sort(pl.col("score"), descending=True, maintain_order=True)
    chosen = rows["place"].is_not_null().to_numpy()
    cut = rows.head(MOST) if not chosen[MOST:].any() else rows.filter(pl.Series(chosen)).head(MOST)
    taken = cut["place"].is_not_null().to_numpy()
    names = [shortened(answer, LONGEST) for answer in cut["answer"]]
    groups = cut["group"].to_list() if "group" in cut.columns else None
    n = len(names)
    right = 14.0 if groups is None else max(len(shortened(g, 14)) for g in groups) * LETTER + 14
    with own_rules():
        page = sheet(
            _committee_finding(result, place),
            f"Candidates by {result.score_means}; filled: chosen; numbers: share of resamples in which they are. "
            f" {result.guarantees[place][0].upper()}{result.guarantees[place][1:]}.",
            height=n * ROW + 46,
            theme=theme,
            heading=heading,
        )
        axes = page.panel(max(map(len, names)) * LETTER + 12, 8, right, 30)
        axes.set_ylim(n - 0.5, -0.5)
        axes.set_yticks(range(n), names)
        axes.tick_params(axis="y", labelcolor=page.colour("ink"))
        score = cut["score"].to_numpy()
        axes.set_xlim(0, max(float(score.max()) * 1.12, 1e-9))
        axes.hlines(range(n), 0, score, color=page.colour("line"), lw=1)
        sure = cut["sureness"].to_numpy().astype(float)
        for mask, face in ((~taken, page.colour("surface")), (taken, page.colour("accent"))):
            axes.plot(score[mask], np.flatnonzero(mask), "o", ms=8, mfc=face, mec=page.colour("accent"), lw=0, zorder=3)
        for row in range(n):
            if groups is not None:
                axes.annotate(
                    shortened(groups[row], 14),
                    (1, row),
                    xycoords=("axes fraction", "data"),
                    xytext=(8, 0),
                    textcoords="offset points",
                    va="center_baseline",
                    color=page.colour("muted"),
                    annotation_clip=False,
                )
            if np.isfinite(sure[row]) and 0 < sure[row] < 1:
                page.write(axes, score[row] + 0.03 * axes.get_xlim()[1], row, decimal(sure[row]), "muted", va="center")
        axes.locator_params(axis="x", nbins=5)
    return page.figure


def frontier_plot(result: FairnessFrontier, *, theme: str = "light", heading: bool = True) -> Figure:
    """Value of the best committee by members of a group, as a share of the free one, with its band and the knee.

    Parameters
    ----------
    result : FairnessFrontier
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
    >>> from psephos.selection import fairness_frontier
    >>> made = fairness_frontier([[0, 1, 2, 3], [0, 1, 3, 2]], 2, "y", groups=list("xxyy"), rng=0)
    >>> frontier_plot(made).get_suptitle().split(" of ")[0][:14]
    '0 members keep'
    """
    curve = result.curve
    x, y = curve["members"].to_numpy(), curve["share"].to_numpy()
    kept = float(y[np.flatnonzero(x == result.knee)[0]])
    number = f"{result.knee} member keeps" if result.knee == 1 else f"{result.knee} members keep"
    finding = f"{number} {share(kept)} of the value (of {shortened(result.group, 20)})"
    with own_rules():
        page = sheet(
            finding,
            "Value of the best committee by members of the group, as a share of the free one; band: resamples of the "
            f"voters. The free committee has {result.free_members}.",
            height=240,
            theme=theme,
            heading=heading,
        )
        axes = page.panel(52, 14, 16, 46)
        low = min(float(curve["low"].min() or 1), float(y.min()))  # type: ignore[arg-type]
        axes.set_ylim(max(0, low - 0.05), 1.03)
        axes.set_xlim(float(x.min()) - 0.2, float(x.max()) + 0.2)
        page.grid(axes, y=[0.95])
        if curve["low"].null_count() == 0:
            axes.fill_between(x, curve["low"], curve["high"], color=page.colour("accent"), alpha=0.18, lw=0)
        axes.plot(x, y, "o-", color=page.colour("accent"), ms=6, lw=2)
        axes.axvline(result.knee, color=page.colour("risk"), lw=1.5, dashes=(4, 3), zorder=1)
        axes.set_xlabel(f"members of {shortened(result.group, 20)}", color=page.colour("muted"))
        axes.locator_params(axis="x", integer=True, nbins=8)
        ticks = [t for t in (0, 0.25, 0.5, 0.75, 0.95, 1) if t >= axes.get_ylim()[0]]
        axes.set_yticks(ticks, [share(t) for t in ticks])
    return page.figure


def needed_plot(result: RankingsNeeded, *, theme: str = "light", heading: bool = True) -> Figure:
    """Quality by the number of rankings, with the bound (full) and without (dashed), a colour for each score.

    Parameters
    ----------
    result : RankingsNeeded
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
    >>> from psephos.selection import rankings_needed
    >>> plan = rankings_needed(12, 3, theta=0.5, rankings=(5, 50), judges=300, repeats=3, rng=0)
    >>> "rankings" in needed_plot(plan).get_suptitle()
    True
    """
    scores = result.curve["score"].unique(maintain_order=True).to_list()
    known = {name: n for name, n in result.needed.items() if n}
    if known:
        first = min(known, key=lambda name: known[name] or 0)
        finding = f"{first} reaches {share(result.target)} with {known[first]:,} rankings"
        rest = [name for name in scores if name not in known]
        finding += f", {', '.join(rest)} not at all" if rest else ""
    else:
        finding = f"No score reaches {share(result.target)} of the quality with the rankings tried"
    tokens = ("accent", "risk", "muted", "ink")
    with own_rules():
        page = sheet(
            finding,
            "Share of the quality of the best committee: full lines with the bound, dashed ones without.",
            height=260,
            theme=theme,
            heading=heading,
        )
        axes = page.panel(48, 14, 64, 46)
        axes.set_xscale("log")
        page.grid(axes, y=[result.target])
        ends: list[tuple[float, str, str]] = []
        for place, name in enumerate(scores):
            own = result.curve.filter(pl.col("score") == name)
            colour = page.colour(tokens[place % len(tokens)])
            x = own["rankings"].to_numpy()
            axes.errorbar(x, own["fair"], own["fair_error"], color=colour, lw=2, elinewidth=1)
            axes.plot(x, own["free"], color=colour, lw=1.5, dashes=(4, 3))
            ends.append((float(own["fair"][-1]), name, tokens[place % len(tokens)]))
        span = axes.get_ylim()[1] - axes.get_ylim()[0]
        last = np.inf
        for y, name, token in sorted(ends, reverse=True):
            at = min(y, last - 0.08 * span)
            last = at
            axes.annotate(
                shortened(name, 8),
                (1, at),
                xycoords=("axes fraction", "data"),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                color=page.colour(token),
                annotation_clip=False,
            )
        tried = result.curve["rankings"].unique().sort().to_list()
        axes.set_xticks(tried, [f"{n:,}" for n in tried])
        axes.minorticks_off()
        low = float(np.floor(axes.get_ylim()[0] * 10) / 10)
        ticks = [round(t, 1) for t in np.arange(max(low, 0), 1.01, 0.1)]
        axes.set_yticks(ticks, [share(t) for t in ticks])
        axes.set_xlabel("rankings", color=page.colour("muted"))
    return page.figure


def _committee_finding(result: CommitteeSelection, place: int) -> str:
    members = result.chosen[place]
    shown = first_of([shortened(name, 12) for name in members], 6)
    price = float(result.price[place])
    verb = "is" if len(members) == 1 else "are"
    if price > 1 + 1e-9:
        cost = "all" if np.isinf(price) else share(1 - 1 / price)
        return f"{shown} {verb} chosen; the bounds cost {cost} of the value"
    return f"{shown} {verb} chosen of {len(result.answers):,} candidates"
