"""What does the page of a ranking say?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from psephos.errors import InputError
from psephos.plots.harmony import harmony_plot
from psephos.plots.item_response import profile_plot
from psephos.plots.orders import order_finding
from psephos.plots.picking import pictures_of
from psephos.reports.page import Page, drawn
from psephos.reports.sections import Section, facts_of, grid_of

if TYPE_CHECKING:
    from psephos.opinions import Ranking
    from psephos.ranking import AbilityRanking, BattleRanking, ScoreTable, TaskRanking

ROWS = 200
"""Candidates in the table."""

LEFT_OUT = 60
"""Most tasks that the page leaves out one at a time."""

QUICK = ("borda", "mean", "mean-rank")
"""Methods that rank again in no time."""

REPEATS = 500

SCALES = ("topic", "items", "model", "reliability", "alpha", "converged")


def ranking_page(result: Ranking) -> Page:
    """Who leads and how surely, everyone's place, and what else the method knows.

    Parameters
    ----------
    result : Ranking
        By any method; nobody ranked is said too.
    """
    from psephos.ranking import AbilityRanking, BattleRanking, PairedRanking, TaskRanking

    further: list[Section] = []
    if isinstance(result, TaskRanking):
        further = _of_tasks(result)
    elif isinstance(result, AbilityRanking):
        further = _of_abilities(result)
    elif isinstance(result, BattleRanking):
        further = _of_battles(result)
    elif isinstance(result, PairedRanking):
        further = [Section("pairs", "On the same items", tables=[grid_of("Each pair, tested", result.pairs())])]
    pictures = [
        part
        for name, draw in (pictures_of(result) if len(result.order) else {}).items()
        for part in drawn(draw, result, prefix=name)
    ]
    sections = [
        Section("order", "Order", pictures=pictures, tables=[grid_of("All candidates", _places(result), rows=ROWS)]),
        *further,
    ]
    facts = [line for line in result.summary() if line[0] not in ("ranking", "order")]
    return Page(
        template="ranking.html",
        finding=order_finding(result) if len(result.order) else "Nobody could be ranked",
        lead=f"{result.summary()[0][1].capitalize()}.",
        sections=[(section.id, section.title) for section in sections],
        says={"facts": facts, "sections": sections},
    )


def _places(result: Ranking) -> pl.DataFrame:
    """Place, name and score of each candidate, with the interval beside the number and the places as a range."""
    table = result.table()
    # As many digits for all as the largest needs.
    largest = max((abs(value) for value in table["score"] if value is not None), default=0.0)
    digits = 0 if largest >= 500 else 1 if largest >= 10 else 2
    score = [_number(value, digits) for value in table["score"]]
    if "low" in table.columns:
        ends = zip(score, table["low"], table["high"], strict=True)
        score = [
            f"{value} [{_number(low, digits)}, {_number(high, digits)}]" if value else "" for value, low, high in ends
        ]
    columns = [table["rank"], table["candidate"], pl.Series("score", score, dtype=pl.String)]
    if "rank_low" in table.columns:
        ranges = zip(table["rank_low"], table["rank_high"], strict=True)
        places = ["" if a is None else str(a) if a == b else f"{a}\u2013{b}" for a, b in ranges]
        columns += [pl.Series("places", places, dtype=pl.String), table["first"]]
    kept = [name for name in ("games", "not_ranked") if name in table.columns]
    return pl.DataFrame(columns).with_columns(table.select(kept))


def _number(value: float | None, digits: int) -> str:
    return "" if value is None or np.isnan(value) else f"{value:,.{digits}f}".replace("-", "\u2212")


def _of_tasks(result: TaskRanking) -> list[Section]:
    from psephos.ranking.by_method import SIDE_BY_SIDE, places_by_method

    table, sections = result.data, []
    if len(table.candidates) <= SIDE_BY_SIDE:
        places = places_by_method(table)
        sections.append(Section("methods", "Other methods", tables=[grid_of("Places", places, rows=ROWS)]))
    tables = [grid_of(f"How each {result.unit} agrees with the order", result.agreement, rows=LEFT_OUT)]
    if result.refit is not None and result.provenance.method in QUICK and len(table.tasks) <= LEFT_OUT:
        tables.append(grid_of(f"The order without each {result.unit}", result.leave_one_out(), rows=LEFT_OUT))
    sections.append(Section("tasks", f"{result.unit.capitalize()}s", tables=tables))
    return [*sections, *_evenness(table)]


def _evenness(table: ScoreTable) -> list[Section]:
    """Whether means over all items hide tasks, where items are right or wrong."""
    from psephos.metrics import harmony

    parts = table.instances
    if parts is None or len(parts) < 2 or any((part < 0).any() or (part > 1).any() for part in parts):
        return []
    groups = np.repeat(table.tasks.to_numpy(), [part.shape[1] for part in parts]).tolist()
    names = table.candidates.cast(pl.String).to_list()
    try:
        found = harmony(np.concatenate(parts, axis=1), groups, models=names, repeats=REPEATS, rng=0)
    except InputError:
        return []  # fewer than two tasks hold anything: there is nothing that could be uneven
    columns = ["model", "harmony", "p", "mean", "balanced", "worst", "worst_group"]
    shown = found.models.select(columns).rename({"model": "candidate", "worst_group": "worst_task"})
    return [
        Section(
            "evenness",
            "Evenness",
            facts_of(found)[:1],
            drawn(harmony_plot, found, prefix="harmony"),
            [grid_of("Harmony over tasks", shown, rows=ROWS)],
        )
    ]


def _of_abilities(result: AbilityRanking) -> list[Section]:
    from psephos.ranking import ability_profiles, audit_items

    sections = []
    if len(result.fits) > 1:
        profiles = ability_profiles(result, rng=0)
        pictures = drawn(profile_plot, profiles, prefix="profiles")
        leaders = grid_of("Who leads in each topic", profiles.leaders(), rows=LEFT_OUT)
        sections.append(Section("profiles", "Profiles", facts_of(profiles), pictures, [leaders]))
    sections.append(
        Section("topics", "Topics", tables=[grid_of("Each scale", result.topics().select(SCALES), rows=LEFT_OUT)])
    )
    audit = audit_items(result)
    bad = audit.items.filter(pl.col("severity") > 0).select(
        "item",
        "topic",
        pl.col("flags").list.join(", ").str.replace_all("_", " "),
        *([] if all(fit.model == "rasch" for fit in result.fits) else ["discrimination"]),
        "solved",
        "infit",
        "outfit",
    )
    sections.append(Section("items", "Items to look at", facts_of(audit)[:2], tables=[grid_of("The worst first", bad)]))
    return sections


def _of_battles(result: BattleRanking) -> list[Section]:
    tables = []
    if len(result.effects):
        tables.append(grid_of("What moves votes besides", result.effects))
    if result.both_bad.any():
        tables.append(grid_of("How often both sides were bad", result.quality_floor()))
    return [Section("votes", "What else the votes say", tables=tables)] if tables else []
