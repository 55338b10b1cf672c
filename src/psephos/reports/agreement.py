"""What does the page of an agreement say, and the same of a verdict's voters on the page of the verdict?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from psephos.plots.agreement import agreement_matrix_plot
from psephos.plots.style import decimal, in_words
from psephos.reports.page import Page, Picture, drawn
from psephos.reports.words import Number, interval, shown

if TYPE_CHECKING:
    from psephos.agreement import Agreement

PAIRS = 50
"""Pairs that a page lists: those that most surely agree little."""

VOTERS = 100


@dataclass(frozen=True)
class Pair:
    """Two voters, their common items, and how often they agree on these."""

    left: str
    right: str
    items: int
    agreement: Number


@dataclass(frozen=True)
class Pairs:
    """The pairs that agree least, of how many, and the picture of all."""

    listed: list[Pair]
    total: int
    pictures: list[Picture]


def agreement_page(result: Agreement) -> Page:
    """Coefficients with their intervals, who agrees least, and every pair."""
    first, *others = result.coefficients
    lead = [f"{other.name}: {in_words(other)}." for other in others]
    if result.voters.height:
        least = result.voters.row(0, named=True)
        said = (
            f"{shown(least['voter'], 60)} says the same as the others on {decimal(least['agreement'])} of common items"
        )
        lead.append(f"Least like the others: {said}.")
    return Page(
        template="agreement.html",
        finding=f"{first.name.capitalize()} is {in_words(first)}",
        lead=" ".join(lead),
        sections=[("coefficients", "Coefficients"), ("agreement", "Pairs"), ("voters", "Voters")],
        says={
            "coefficients": [(c, interval(c.value, c.low, c.high, c.level)) for c in result.coefficients],
            "pairs": pairs_of(result.pairs),
            "voters": list(result.voters.head(VOTERS).iter_rows(named=True)),
        },
    )


def pairs_of(agreement: Agreement | pl.DataFrame | None) -> Pairs | None:
    """What a page says of pairs of voters; None if there are none."""
    pairs = agreement if isinstance(agreement, pl.DataFrame) or agreement is None else agreement.pairs
    if pairs is None or pairs.is_empty():
        return None
    worst = pairs.sort("high", "left", "right").head(PAIRS)
    columns = worst.select("left", "right", "items", "agreement", "low", "high")
    listed = [Pair(left, right, items, interval(*ends)) for left, right, items, *ends in columns.iter_rows()]
    return Pairs(listed, pairs.height, drawn(agreement_matrix_plot, pairs, prefix="pairs"))
