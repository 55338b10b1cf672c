"""What does the page of an agreement say, and the same of a verdict's voters on the page of the verdict?"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from psephos.plots.agreement import agreement_matrix_plot, share_of
from psephos.plots.left_out import left_out_plot, signed
from psephos.plots.style import decimal, in_words
from psephos.reports.evidence import votes_on
from psephos.reports.page import Page, Picture, drawn
from psephos.reports.words import Number, interval, shown

if TYPE_CHECKING:
    from psephos.agreement import Agreement

PAIRS = 50
"""Pairs that a page lists: those that most surely agree little."""

VOTERS = 100
ITEMS = 50
"""Items that a page lists: those that divide the voters most."""

LINKS = 3
"""Items that a voter or pair is linked to."""


@dataclass(frozen=True)
class Pair:
    """Two voters beside each other.

    Attributes
    ----------
    left, right : str
    items : int
        Common items.
    agreement : Number
        How often they agree on these.
    kappa : str
        Their kappa, if that was computed.
    at : tuple of int
        Numbers of items on the page on which they differ.
    """

    left: str
    right: str
    items: int
    agreement: Number
    kappa: str = ""
    at: tuple[int, ...] = ()


@dataclass(frozen=True)
class Pairs:
    """The pairs that agree least.

    Attributes
    ----------
    listed : list of Pair
    total : int
        Of how many.
    pictures : list of Picture
        Of all pairs.
    kappa : str
        Which kappa the pairs have; empty for none.
    """

    listed: list[Pair]
    total: int
    pictures: list[Picture]
    kappa: str = ""


@dataclass(frozen=True)
class Voter:
    """A voter beside the others, as the page shows it.

    Attributes
    ----------
    voter : str
    agreement, value, without, change : str
        Agreement with the others, its part of the coefficient, the coefficient without it, and by how much that moves.
    at : tuple of int
        Numbers of items on the page on which it stands apart.
    """

    voter: str
    agreement: str
    value: str
    without: str
    change: str
    at: tuple[int, ...]


@dataclass(frozen=True)
class Item:
    """An item that divides the voters.

    Attributes
    ----------
    number : int
        By which the page refers to it.
    item : str
    votes : int
    agreement : str
    said : list of (str, list of str)
        Each choice with its voters, the most common first.
    apart : frozenset of str
        Voters that stand apart from the most common choice.
    """

    number: int
    item: str
    votes: int
    agreement: str
    said: list[tuple[str, list[str]]]
    apart: frozenset[str] = field(default_factory=frozenset)


def agreement_page(result: Agreement) -> Page:
    """Coefficients with intervals and meaning, who agrees least, who moves them, and what divides the voters."""
    first, *others = result.coefficients
    lead = [f"{other.name}: {in_words(other)}." for other in others if not np.isnan(other.value)]
    compared = result.voters.drop_nulls("agreement")
    if compared.height:
        least = compared.row(0, named=True)
        lead.append(
            f"Least like the others: {shown(least['voter'], 60)} says the same as the others on "
            f"{decimal(least['agreement'])} of common items."
            if share_of(result) == "same"
            else f"Least like the others: {shown(least['voter'], 60)}, agreement {decimal(least['agreement'])}."
        )
    items = divided(result)
    pairs = pairs_of(result, items)
    sections = [
        ("coefficients", "Coefficients"),
        *([("agreement", "Pairs")] if pairs else []),
        *([("voters", "Voters")] if result.voters.height else []),
        *([("items", "Items")] if items else []),
    ]
    moved = result.voters.drop_nulls("change").height > 0
    return Page(
        template="agreement.html",
        finding=f"{first.name[0].upper()}{first.name[1:]} is {in_words(first)}"
        if not np.isnan(first.value)
        else f"{first.name[0].upper()}{first.name[1:]} is undefined: {first.note}",
        lead=" ".join(lead),
        sections=sections,
        says={
            "coefficients": [(c, _number(c.value, c.low, c.high, c.level)) for c in result.coefficients],
            "pairs": pairs,
            "voters": [_voter(row, items) for row in result.voters.head(VOTERS).iter_rows(named=True)],
            "n_voters": result.voters.height,
            "leading": result.leading,
            "influence": drawn(left_out_plot, result, prefix="influence") if moved else [],
            "items": items,
            "n_divided": int((result.by_item["agreement"] < 1).sum()),
        },
    )


def pairs_of(agreement: Agreement | pl.DataFrame | None, items: list[Item] | None = None) -> Pairs | None:
    """What a page says of pairs of voters; None if there are none."""
    pairs = agreement if isinstance(agreement, pl.DataFrame) or agreement is None else agreement.pairs
    if pairs is None or pairs.is_empty():
        return None
    worst = pairs.sort("high", "agreement", "left", "right", nulls_last=True).head(PAIRS)
    listed = []
    for row in worst.iter_rows(named=True):
        number = _number(row["agreement"], row["low"], row["high"], 0.95)
        kappa = _decimal(row.get("kappa"))
        at = [item.number for item in items or () if _differ(item, row["left"], row["right"])]
        listed.append(Pair(row["left"], row["right"], row["items"], number, kappa, tuple(at[:LINKS])))
    if isinstance(agreement, pl.DataFrame) or agreement is None:
        return Pairs(listed, pairs.height, drawn(agreement_matrix_plot, pairs, prefix="pairs"), _kappa("same"))
    kind = share_of(agreement)

    draw = partial(agreement_matrix_plot, share_of=kind)
    return Pairs(listed, pairs.height, drawn(draw, pairs, prefix="pairs"), _kappa(kind))


def divided(result: Agreement) -> list[Item]:
    """The items that divide the voters most, with their votes."""
    worst = result.by_item.filter(pl.col("agreement") < 1).head(ITEMS)
    if worst.is_empty() or result.opinions is None:
        return []
    votes = votes_on(result.opinions, worst["item"]).frame()
    value = result.opinions.value
    listed = []
    rows = votes.drop_nulls(value).select("item", "voter", value).sort("item", value, "voter")
    by_item = rows.partition_by("item", as_dict=True, include_key=False)
    for number, row in enumerate(worst.iter_rows(named=True), start=1):
        table = by_item[(row["item"],)]
        groups = [(key, [voter for voter, _ in said]) for key, said in groupby(table.rows(), key=lambda vote: vote[1])]
        most = max(len(voters) for _, voters in groups)
        if isinstance(groups[0][0], float):
            middle = float(np.median(table[value].to_numpy()))
            far = max(abs(key - middle) for key, _ in groups)
            apart = [voter for key, voters in groups if abs(key - middle) == far for voter in voters]
        else:
            groups.sort(key=lambda group: -len(group[1]))
            apart = [voter for _, voters in groups if len(voters) < most for voter in voters]
        said = [(f"{key:g}" if isinstance(key, float) else key, voters) for key, voters in groups]
        listed.append(Item(number, row["item"], row["votes"], _decimal(row["agreement"]), said, frozenset(apart)))
    return listed


def _voter(row: dict[str, object], items: list[Item]) -> Voter:
    name, change = str(row["voter"]), row["change"]
    return Voter(
        name,
        agreement=_decimal(row["agreement"], 3),
        value=_decimal(row["value"], 3),
        without=_decimal(row["without"], 3),
        change="" if change is None else signed(float(str(change))),
        at=tuple([item.number for item in items if name in item.apart][:LINKS]),
    )


def _differ(item: Item, left: str, right: str) -> bool:
    places = [place for place, (_, voters) in enumerate(item.said) for voter in voters if voter in (left, right)]
    return len(places) == 2 and places[0] != places[1]


def _number(value: float, low: float | None, high: float | None, level: float) -> Number:
    return interval(value, np.nan if low is None else low, np.nan if high is None else high, level)


def _decimal(value: object, digits: int = 2) -> str:
    return "" if value is None else decimal(float(str(value)), digits)


def _kappa(kind: str) -> str:
    return "Tau" if kind == "order" else "Kappa"
