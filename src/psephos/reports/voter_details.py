"""What does the page of a verdict say of each voter: where it differs, whether it stands out, what it decides?

Every number leads to items, which stand at the end of the page with the votes on them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psephos.opinions import Opinions
from psephos.plots.voter_differences import voter_differences_plot
from psephos.reports.evidence import reasons_for
from psephos.reports.page import Picture, drawn
from psephos.reports.words import Number, certainty, interval

if TYPE_CHECKING:
    from psephos.opinions.verdicts import Verdict

VOTERS = 10
"""Voters whose differences a page lists: those whose votes are least like the verdict."""

EACH = 4
"""Differences that it lists of each."""


@dataclass(frozen=True)
class Difference:
    """Where a voter says one thing and the verdict another.

    Attributes
    ----------
    voter, choice, said : str
        What the verdict is, and what the voter says in its place.
    votes : int
        How often.
    share : Number
        Of its votes on items with this verdict.
    at : list of int
        Numbers of items on the page on which it does.
    """

    voter: str
    choice: str
    said: str
    votes: int
    share: Number
    at: list[int]


@dataclass(frozen=True)
class Decided:
    """On how many items the choice would not lead without a voter, and numbers of some."""

    items: int
    at: list[int]


@dataclass(frozen=True)
class Item:
    """An item behind the numbers.

    Attributes
    ----------
    item : str
    choice : str or None
    certainty : str
    said : list of (str, list of str)
        Each choice with its voters.
    """

    item: str
    choice: str | None
    certainty: str
    said: list[tuple[str, list[str]]]


@dataclass(frozen=True)
class VoterPart:
    """What a page says of single voters.

    Attributes
    ----------
    differences : list of Difference
    total : int
        Of how many these are.
    decided : dict of str to Decided
        By voter: how many choices hang on its vote, and which.
    outliers : frozenset of str
    items : list of Item
        The items behind it all, numbered from 1.
    pictures : list of Picture
    """

    differences: list[Difference]
    total: int
    decided: dict[str, Decided]
    outliers: frozenset[str]
    items: list[Item]
    pictures: list[Picture]


def voter_part(verdict: Verdict) -> VoterPart | None:
    """What a page says of the voters of a verdict.

    Returns
    -------
    VoterPart or None
        None where votes cannot be held against the verdict one by one: shards, scores, transcripts, or no vote at all.
    """
    from psephos.consensus import voter_details

    opinions = verdict.opinions
    if not isinstance(opinions, Opinions) or opinions.kind not in ("labels", "samples") or not verdict.votes.any():
        return None
    details = voter_details(verdict)
    least = details.voters.sort("share", "voter")["voter"].head(VOTERS).to_list()
    listed = [(voter, row) for voter in least for row in details.of(voter).head(EACH).iter_rows(named=True)]
    voters = list(details.voters.iter_rows(named=True))
    names = [name for _, row in listed for name in row["items"]] + [name for row in voters for name in row["decided"]]
    number = {name: place for place, name in enumerate(dict.fromkeys(names), start=1)}
    behind = verdict.items.filter(verdict.items.is_in(list(number)))
    reasons = {reason.item: reason for reason in reasons_for(verdict, behind)}
    return VoterPart(
        differences=[
            Difference(
                voter,
                row["choice"],
                row["said"],
                row["votes"],
                interval(row["share"], row["low"], row["high"]),
                [number[name] for name in row["items"]],
            )
            for voter, row in listed
        ],
        total=details.differences.height,
        decided={row["voter"]: Decided(row["decides"], [number[name] for name in row["decided"]]) for row in voters},
        outliers=frozenset(row["voter"] for row in voters if row["outlier"]),
        items=[
            Item(
                name,
                reasons[name].choice,
                certainty(None if math.isnan(reasons[name].certainty) else reasons[name].certainty),
                [(said, who) for said, _, _, who in reasons[name].rows.drop_nulls("choice").iter_rows()],
            )
            for name in number
        ],
        pictures=drawn(voter_differences_plot, details, prefix="differences"),
    )
