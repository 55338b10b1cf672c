"""What does the page of a verdict say?

First what to do next and what it brings, then the queue, each row with the votes behind it; then who voted, how far
they agree, how right it is where the truth is known, what was set aside, and how to get the same again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import polars as pl

from psephos.agreement.pairs import comparable_pairs
from psephos.errors import check_choice, check_count
from psephos.opinions.verdicts import Verdict
from psephos.opinions.wording import plural
from psephos.plots.certainty import Remaining, certainty_plot, remaining
from psephos.plots.picking import pictures_of
from psephos.plots.reliability import reliability_plot
from psephos.plots.style import decimal, share
from psephos.plots.voters import least_like_the_others, voters_plot
from psephos.reports.agreement import pairs_of
from psephos.reports.evidence import known_of, reasons_for
from psephos.reports.page import Page, drawn
from psephos.reports.voter_details import voter_part
from psephos.reports.words import MIDDLE, RISK, Number, certainty, certainty_band, interval

if TYPE_CHECKING:
    from psephos.agreement import Agreement
    from psephos.consensus import AgainstGold

ROWS = 200
VOTERS = 100
WRONG = 50
NAMES = 16
"""Voters that are named for each choice of an item."""

CHOICES = 8
"""Choices of an item that are listed with their voters."""


@dataclass(frozen=True)
class Row:
    """One row of the queue.

    Attributes
    ----------
    rank : int
    item : str
    choice, runner_up : str or None
    certainty : float or None
    band : str
        How sure it is, in a word.
    support, against : int
        Votes.
    flags : list of str
    found : str
        Share of the expected errors that is found down to here.
    flip : str
        What would change the choice.
    choices : list of Choice
        Who said what.
    more : int
        Further choices that are not listed.
    """

    rank: int
    item: str
    choice: str | None
    certainty: float | None
    band: str
    runner_up: str | None
    support: int
    against: int
    flags: list[str]
    found: str
    flip: str
    choices: list[Choice]
    more: int


@dataclass(frozen=True)
class Choice:
    """The votes for one choice of an item.

    Attributes
    ----------
    name : str or None
        None is an abstention.
    votes : int
    weight : str
        Said only where it is not the number of votes.
    voters : list of str
    more : int
        Further voters that are not listed.
    """

    name: str | None
    votes: int
    weight: str
    voters: list[str]
    more: int


def verdict_page(
    verdict: Verdict,
    *,
    gold: AgainstGold | Literal["known"] | None = "known",
    agreement: Agreement | pl.DataFrame | Literal["pairs"] | None = "pairs",
    rows: int = ROWS,
) -> Page:
    """See `psephos.reports.report`."""
    check_count("rows", rows)
    gold = cast("AgainstGold | None", known_of(verdict, gold))
    if isinstance(agreement, str):
        check_choice("agreement", agreement, ("pairs",))
        agreement = comparable_pairs(verdict.opinions)
    curve = remaining(verdict)
    finding, lead = _headline(curve, verdict, gold)
    compared = verdict.voters["agreement"].count() > 0
    pairs = pairs_of(agreement)
    each = voter_part(verdict)
    sections = [("queue", "Queue"), ("voters", "Voters")]
    sections += [("differences", "Differences")] if each else []
    sections += [("agreement", "Agreement")] if pairs else []
    sections += [("accuracy", "Accuracy")] if gold else []
    pictures = drawn(certainty_plot, verdict, prefix="certainty") if len(verdict) else []
    for name, draw in pictures_of(verdict).items():
        pictures += [] if name in ("certainty", "voters") or not compared else drawn(draw, verdict, prefix=name)
    pictures += drawn(voters_plot, verdict, prefix="voters") if compared else []
    pictures += drawn(reliability_plot, gold, prefix="reliability") if gold and gold.reliability.height else []
    return Page(
        template="verdict.html",
        finding=finding,
        lead=lead,
        sections=[*sections, ("issues", "Set aside")],
        says={
            "facts": _facts(verdict, gold),
            "queue": _queue(verdict, rows),
            "bands": {"risk": decimal(RISK), "middle": decimal(MIDDLE)},
            "pictures": pictures,
            "voters": _voters(verdict),
            "each": each,
            "pairs": pairs,
            "accuracy": _accuracy(gold) if gold else None,
        },
    )


def _headline(curve: Remaining, verdict: Verdict, gold: AgainstGold | None) -> tuple[str, str]:
    n_items, errors = len(curve.certainty), float(curve.left[0])
    if not n_items:
        return "There is nothing to decide", "The opinions hold no items."
    if errors < 0.5:
        return (
            "Nothing needs checking first",
            f"Hardly any wrong choice is to be expected among {plural(n_items, 'item')}.",
        )
    half = curve.checked_to_find(0.5)
    expected = f"{errors:,.0f}" if errors >= 3 else f"{errors:.1f}"
    open_items = f", {curve.undecided:,} of them without a choice" if curve.undecided else ""
    pronoun = "It holds" if half == 1 else "They hold"
    what = "errors" if curve.undecided else "wrong choices"
    if gold is not None and gold.errors:
        found = int(gold.wrong["item"].is_in(verdict.queue(half)["item"].implode()).sum())
        return (
            f"Check {plural(half, 'item')} first",
            f"{pronoun} {found:,} of the {plural(gold.errors, 'error')} among {plural(gold.items, 'known answer')}. "
            f"From the votes alone, half of {expected} {what} were to be expected there{open_items}.",
        )
    return (
        f"Check {plural(half, 'item')} first",
        f"{pronoun} half of the {expected} {what} to expect among {plural(n_items, 'item')}{open_items}.",
    )


def _facts(verdict: Verdict, gold: AgainstGold | None) -> list[tuple[str, Number]]:
    decided = int((verdict.choice >= 0).sum())
    n_items = len(verdict)
    facts = [
        ("Decided", Number(f"{decided:,}", f"of {plural(n_items, 'item')}")),
        ("Votes", Number(f"{int(verdict.votes.sum()):,}", f"by {plural(verdict.voters.height, 'voter')}")),
    ]
    if decided:
        doubtful = int((verdict.certainty < MIDDLE).sum())
        facts.append(("Certainty", Number(decimal(float(np.nanmean(verdict.certainty)), 3), "on average")))
        facts.append(("Doubtful", Number(f"{doubtful:,}", f"certainty below {decimal(MIDDLE)}")))
    if gold:
        ends = interval(gold.accuracy.value, gold.accuracy.low, gold.accuracy.high)
        facts.append(("Right", Number(ends.value, f"{ends.beside} of {gold.items:,} known answers")))
    flagged = [f"{int(mask.sum()):,} {name}" for name, mask in verdict.flags.items() if mask.any()]
    return [*facts, ("Flags", Number(", ".join(flagged) or "none"))]


def _queue(verdict: Verdict, rows: int) -> dict[str, Any]:
    queue = verdict.queue(rows)
    reasons = reasons_for(verdict, queue["item"])
    listed = [
        Row(
            rank=row["rank"],
            item=row["item"],
            choice=row["choice"],
            certainty=row["certainty"],
            band=certainty_band(row["certainty"]),
            runner_up=row["runner_up"],
            support=row["support"],
            against=row["votes"] - row["support"],
            flags=row["flags"].split("; ") if row["flags"] else [],
            found=share(row["found"]),
            flip=why.flip[:1].upper() + why.flip[1:],
            choices=[_choice(*part) for part in why.rows.head(CHOICES).iter_rows()],
            more=max(0, why.rows.height - CHOICES),
        )
        for row, why in zip(queue.iter_rows(named=True), reasons, strict=True)
    ]
    return {"rows": listed, "total": len(verdict), "means": verdict.certainty_means}


def _choice(name: str | None, votes: int, weight: float, voters: list[str]) -> Choice:
    said = "" if weight == votes else f"{weight:.4g}"
    return Choice(name, votes, said, voters[:NAMES], max(0, len(voters) - NAMES))


def _voters(verdict: Verdict) -> dict[str, Any]:
    shown = least_like_the_others(verdict.voters, VOTERS).sort("agreement", "voter", nulls_last=True)
    low = shown["low"].min()
    start = 0.0 if low is None else max(0.0, float(low) - 0.02)  # type: ignore[arg-type]
    rows = [
        row
        | {
            "number": interval(*ends) if row["agreement"] is not None else None,
            "at": [_percent(x, start) for x in ends],
        }
        for row in shown.iter_rows(named=True)
        for ends in [(row["agreement"], row["low"], row["high"])]
    ]
    groups = "group" in shown.columns
    return {"rows": rows, "total": verdict.voters.height, "groups": groups, "start": decimal(start)}


def _percent(value: float | None, start: float) -> str:
    return "" if value is None else f"{100 * (value - start) / (1 - start):.1f}%"


def _accuracy(gold: AgainstGold) -> dict[str, Any]:
    wrong = gold.wrong.with_columns(pl.col("certainty").fill_nan(None))
    bins = [
        {
            "range": f"{decimal(low)} to {decimal(high)}",
            "n": items,
            "certainty": certainty(mean),
            "right": interval(*right),
        }
        for low, high, items, mean, *right in gold.reliability.iter_rows()
    ]
    return {
        "gold": gold,
        "right": interval(gold.accuracy.value, gold.accuracy.low, gold.accuracy.high),
        "found": [(f"{checked * 100:.0f}\u202f%", share(found)) for checked, found in gold.found.iter_rows()],
        "bins": bins,
        "wrong": list(wrong.sort("certainty", descending=True, nulls_last=True).head(WRONG).iter_rows(named=True)),
    }
