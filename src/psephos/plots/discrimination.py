"""How well does a score tell positives from negatives, which mistakes would be fixed first, and whom would it serve?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from psephos.errors import InputError
from psephos.plots.style import LETTER, decimal, in_words, own_rules, share, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.metrics.discrimination.fixing_experiment import FixingExperiment
    from psephos.metrics.discrimination.ranking_mistakes import Mistakes
    from psephos.metrics.discrimination.report import Discrimination
    from psephos.metrics.discrimination.subgroup_discrimination import Subgroups

TICKS = [0.0, 0.5, 1.0]
POINTS = 2000
"""Points of a curve, or mistakes, that are drawn; of more, evenly spread ones (of mistakes the best-paid)."""

MOST_GROUPS = 20


def discrimination_plot(result: Discrimination, *, theme: str = "light", heading: bool = True) -> Figure:
    """The ROC curve and the precision-recall curve side by side, each with what chance gives.

    Parameters
    ----------
    result : Discrimination
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
    >>> from psephos.metrics import discrimination
    >>> found = discrimination([1, 0, 1, 0], [4, 3, 2, 1], repeats=0)
    >>> discrimination_plot(found, heading=False).get_suptitle().endswith("AP .833")
    True
    """
    curve = result.curve
    kept = np.unique(np.linspace(0, curve.height - 1, min(POINTS, curve.height)).astype(int))
    columns = ("false_positive_rate", "recall", "precision")
    false, recall, precision = (curve[name].to_numpy()[kept] for name in columns)
    area = in_words(result.auroc)
    average = in_words(result.auprc)
    method = (
        f"Left: all mistakes cost the same. Right: those at the top cost most. {result.items:,} rows. Dashed: chance."
    )
    with own_rules():
        page = sheet(f"AUROC {area}, AP {average}", method, height=258, theme=theme, heading=heading)
        accent, muted = page.colour("accent"), page.colour("muted")
        for left, right, across, up in ((36, 240, "false positive rate", "recall"), (262, 14, "recall", "precision")):
            axes = page.panel(left, 22, right, 48)
            axes.set_xlim(0, 1)
            axes.set_ylim(0, 1)
            axes.set_xticks(TICKS, [decimal(tick, 1) for tick in TICKS])
            axes.set_yticks(TICKS, [decimal(tick, 1) for tick in TICKS])
            page.grid(axes, x=TICKS, y=TICKS)
            axes.set_xlabel(across, color=muted, labelpad=4)
            page.write(axes, 0, 1.03, up, "muted", transform=axes.transAxes, va="bottom")
            if up == "recall":
                axes.plot([0, 1], [0, 1], color=muted, lw=1, dashes=(4, 3))
                axes.plot([0, *false], [0, *recall], color=accent, lw=2, clip_on=False)
            else:
                axes.axhline(result.prevalence, color=muted, lw=1, dashes=(4, 3))
                axes.step([0, *recall], [precision[0], *precision], where="pre", color=accent, lw=2, clip_on=False)
    return page.figure


def mistakes_plot(result: Mistakes, *, theme: str = "light", heading: bool = True) -> Figure:
    """What each metric would gain by fixing each mistake, by its rank.

    Parameters
    ----------
    result : Mistakes
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
        If there is no mistake with a price.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.metrics import mistakes
    >>> found = mistakes([1, 0, 1, 1, 0, 0, 1, 0], [8, 7, 6, 5, 4, 3, 2, 1])
    >>> mistakes_plot(found, heading=False).get_suptitle()
    'AP pays most for the mistake at rank 2; AUROC pays the same for all 2'
    """
    if not len(result):
        raise InputError("result", "has no mistake with a price")
    table = result.ledger.sort("gain_auprc", descending=True).head(POINTS)
    rank = table["rank"].to_numpy()
    finding = f"AP pays most for the mistake at rank {rank[0]:,}; AUROC pays the same for all {len(result):,}"
    method = "Gain of each metric if the mistake is fixed, by the rank of its negative, both on logarithmic scales."
    method += f" The {POINTS:,} that AP pays most for." if len(result) > POINTS else ""
    with own_rules():
        page = sheet(finding, method, height=260, theme=theme, heading=heading)
        axes = page.panel(64, 20, 64, 48)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.minorticks_off()
        axes.set_xlabel("rank of the negative", color=page.colour("muted"), labelpad=4)
        page.write(axes, 0, 1.02, "gain", "muted", transform=axes.transAxes, va="bottom")
        axes.plot(rank, table["gain_auprc"], "o", color=page.colour("accent"), ms=5)
        axes.plot(rank, table["gain_auroc"], "D", color=page.colour("middle"), ms=4)
        side = {"ha": "left", "va": "center", "transform": axes.get_yaxis_transform()}
        page.write(axes, 1.03, float(table["gain_auroc"][0]), "AUROC", "ink", **side)
        page.write(axes, 1.03, float(table["gain_auprc"][-1]), "AP", "ink", **side)
    return page.figure


def subgroups_plot(result: Subgroups, *, theme: str = "light", heading: bool = True) -> Figure:
    """For each group its AUROC and its AP, and the AP of chance.

    Parameters
    ----------
    result : Subgroups
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
        If no group has both classes.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.metrics import subgroup_report
    >>> found = subgroup_report([1, 0, 1, 0], [4, 3, 1, 2], ["a", "a", "b", "b"])
    >>> subgroups_plot(found, heading=False).get_suptitle()
    'AUROC is best for a (1), worst for b (0)'
    """
    known = result.groups.drop_nulls("auroc").sort("auroc", descending=True)
    if known.is_empty():
        raise InputError("result", "has no group with both classes")
    best, worst = known.row(0, named=True), known.row(-1, named=True)
    best_name, worst_name = (shortened(row["group"], 24) for row in (best, worst))
    finding = f"AUROC is best for {best_name} ({decimal(best['auroc'])}), "
    finding += f"worst for {worst_name} ({decimal(worst['auroc'])})"
    shown = known.head(MOST_GROUPS)
    method = "Circle: AUROC, diamond: AP, line: the AP of chance, which is the group's share of positives."
    method += f" {MOST_GROUPS} of {known.height:,} groups." if known.height > MOST_GROUPS else ""
    names = [shortened(name, 22) for name in shown["group"]]
    with own_rules():
        page = sheet(finding, method, height=52 + 28 * len(names), theme=theme, heading=heading)
        axes = page.panel(14 + LETTER * max(map(len, names)), 2, 20, 44)
        axes.set_xlim(0, 1)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_yticks([])
        ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
        axes.set_xticks(ticks, [decimal(tick) for tick in ticks])
        page.grid(axes, x=ticks)
        places = np.arange(len(names))
        axes.plot(shown["prevalence"], places, "|", color=page.colour("muted"), ms=16, mew=2)
        axes.plot(shown["auprc"], places, "D", color=page.colour("middle"), ms=6, clip_on=False)
        axes.plot(shown["auroc"], places, "o", color=page.colour("accent"), ms=7, clip_on=False)
        for place, name in enumerate(names):
            how = {"transform": axes.get_yaxis_transform(), "va": "center_baseline", "ha": "right"}
            page.write(axes, -0.03, place, name, "ink", **how)
    return page.figure


def fixing_plot(result: FixingExperiment, *, theme: str = "light", heading: bool = True) -> Figure:
    """AUROC of both groups as mistakes are fixed, by what is followed.

    Parameters
    ----------
    result : FixingExperiment
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
    >>> from psephos.metrics import fix_experiment
    >>> figure = fixing_plot(fix_experiment(arms=("exact",), steps=5, seeds=4, rng=0), heading=False)
    >>> figure.get_suptitle()[:40]
    "AP's best mistake serves the group with "
    """
    steps = result.steps
    arms = steps["arm"].unique(maintain_order=True).to_list()
    finding = f"AP's best mistake serves the group with more positives in {share(result.served)} of runs"
    method = f"Change of the AUROC of each group (solid: more positives, dashed: fewer), mean of {result.seeds:,} runs."
    with own_rules():
        page = sheet(finding, method, height=270, theme=theme, heading=heading)
        axes = page.panel(52, 20, 84, 48)
        places: list[float] = []
        for arm, ink in zip(arms, ("middle", "accent", "risk"), strict=False):
            part = steps.filter(arm=arm)
            for column, dashes in (("auroc_high", (None, None)), ("auroc_low", (4, 3))):
                moved = part[column].to_numpy() - part[column][0]
                # "topmost" and "exact" nearly coincide: the one below is wider
                axes.plot(part["step"], moved, color=page.colour(ink), lw=5 if arm == "topmost" else 2, dashes=dashes)
                places.append(float(moved[-1]))
        low, high = min(0.0, *places), max(0.001, *places)
        axes.set_ylim(low - 0.05 * (high - low), high * 1.08)
        last = int(steps["step"].max())  # type: ignore[arg-type]
        axes.set_xlim(0, last)
        page.grid(axes, y=[0.0, high])
        axes.set_yticks([0.0, high], ["0", decimal(high, 3)])
        axes.set_xticks([0, last], ["0", f"{last:,}"])
        axes.set_xlabel("mistakes fixed", color=page.colour("muted"), labelpad=4)
        for row, (arm, ink) in enumerate(zip(arms, ("middle", "accent", "risk"), strict=False)):
            page.write(axes, 1.04, 0.95 - 0.09 * row, arm, ink, transform=axes.transAxes, va="top")
    return page.figure
