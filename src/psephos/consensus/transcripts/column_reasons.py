"""Who stands behind a column, and what would change it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from psephos.consensus.transcripts.keys import NULL
from psephos.opinions.outcomes import named
from psephos.opinions.reasons import Reasons

if TYPE_CHECKING:
    from psephos.consensus.transcripts.verdict import TranscriptVerdict


def reasons_for(verdict: TranscriptVerdict, name: str, place: int) -> Reasons:
    """Who stands behind a column, and what would change it; see `TranscriptVerdict.why`.

    Parameters
    ----------
    verdict : TranscriptVerdict
    name : str
        What the column is called in the answer.
    place : int
        Where it stands among the columns of all clips.
    """
    number = int(np.searchsorted(verdict.columns.bounds, place, side="right") - 1)
    keys = verdict.columns.keys[place]
    there = np.flatnonzero(keys >= 0)
    votes = pl.DataFrame(
        {
            "choice": named(keys[there], verdict.choices),
            "voter": verdict.opinions.vocabulary("voter").gather(verdict.columns.voters[number][there]),
            "given": verdict.columns.given[number][there],
            "merged": there,
        }
    )
    rows = (
        votes.sort("given")
        .group_by("choice", maintain_order=True)
        .agg(
            pl.len().alias("votes"),
            pl.len().cast(pl.Float64).alias("weight"),
            pl.col("voter").alias("voters"),
            pl.col("merged").min(),
        )
        .sort(["weight", "merged"], descending=[True, False])
    )
    return Reasons(
        provenance=verdict.provenance,
        item=name,
        choice=named(verdict.choice[[place]], verdict.choices)[0],
        certainty=float(verdict.certainty[place]),
        flags=tuple(name for name, mask in verdict.flags.items() if mask[place]),
        rows=rows.drop("merged"),
        flip="it was put right by hand, and no transcript changes it"
        if "fixed" in verdict.flags and verdict.flags["fixed"][place]
        else _turn(verdict, rows, named(verdict.choice[[place]], verdict.choices)[0]),
    )


def _turn(verdict: TranscriptVerdict, rows: pl.DataFrame, choice: str) -> str:
    """The fewest transcripts that would have to say something else for another choice, in words."""
    if verdict.provenance.parameters.get("vote") != "count":
        return "votes are weighed: see the accuracy or confidence of the voters"
    mine = rows.filter(pl.col("choice") == choice)
    others = rows.filter(pl.col("choice") != choice)
    first = int(mine["merged"][0])
    name, more = "any other word", int(mine["votes"][0]) + 1
    for other, votes, merged in others.select("choice", "votes", "merged").iter_rows():
        needed = max(1, int(mine["votes"][0]) - votes + (merged > first))
        if needed < more or name == "any other word":
            name, more = "no word" if other == NULL else repr(other), needed
    return f"{more:,} more {'transcript' if more == 1 else 'transcripts'} with {name} would change it"
