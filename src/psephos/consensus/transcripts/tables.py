"""What do the columns say of the voters: how far each agrees with the others, how far apart any two are?"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.agreement.icc import IntraclassCorrelation, intraclass_correlation, undefined
from psephos.agreement.jackknife import Jackknife, jackknife
from psephos.consensus.transcripts.column_votes import Elected
from psephos.consensus.transcripts.columns import Columns
from psephos.consensus.transcripts.reliability import effective_voters
from psephos.opinions.model import Opinions
from psephos.statistics import wilson_interval


def compare(columns: Columns, tie: str) -> Jackknife:
    """Each transcript against the leader without it, in the order of merging."""
    if not len(columns):
        nothing = np.zeros(columns.keys.shape, dtype=bool)
        return Jackknife(nothing, nothing)
    return jackknife(columns.keys, null=0, ties=tie)


def named_columns(opinions: Opinions, columns: Columns) -> pl.Series:
    """The columns as items, ``clip:place`` with places from 1."""
    place = np.arange(len(columns)) - np.repeat(columns.bounds[:-1], np.diff(columns.bounds)) + 1
    clip = opinions.vocabulary("item").gather(np.repeat(columns.clips, np.diff(columns.bounds)))
    return (clip + ":" + pl.Series(place).cast(pl.String)).alias("item")


def voter_table(opinions: Opinions, columns: Columns, compared: Jackknife, elected: Elected) -> pl.DataFrame:
    """How far each voter agrees with the others; see `psephos.opinions.outcomes.Verdict.voters`.

    Parameters
    ----------
    opinions : Opinions of kind transcripts
    columns : Columns
    compared : Jackknife
        Where each voter was compared with the consensus of the others, and agreed.
    elected : Elected
        With a model of the voters, the accuracy that each was found to have is a column.

    Returns
    -------
    polars.DataFrame
        voter, group if known, votes, abstentions, wer if consensuses were rebuilt, compared, agreement, low, high,
        accuracy if known; null where a voter was compared nowhere.
    """
    n = opinions.size("voter")
    voter = columns.voter
    there = voter >= 0

    def count(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        return np.bincount(voter[mask & there], minlength=n).astype(np.int64)

    votes, abstentions = count(columns.keys > 0), count(columns.keys == 0)
    positions, matches = count(compared.compared), count(compared.agrees)
    table: dict[str, Any] = {"voter": opinions.vocabulary("voter"), "votes": votes, "abstentions": abstentions}
    if columns.rebuilt is not None:
        _, of, hits, edits, words = columns.rebuilt.T
        matches, edited, said = (
            np.bincount(of, weights=part, minlength=n).astype(np.int64) for part in (hits, edits, words)
        )
        positions = matches + edited
        table["wer"] = np.divide(edited, said, out=np.full(n, np.nan), where=said > 0)
    some = positions > 0
    low, high = wilson_interval(matches, np.maximum(positions, 1))
    table |= {
        "compared": positions,
        "agreement": np.where(some, matches / np.maximum(positions, 1), np.nan),
        "low": np.where(some, low, np.nan),
        "high": np.where(some, high, np.nan),
    }
    if elected.model is not None:
        table["accuracy"] = elected.model.accuracy
    frame = pl.DataFrame(table).with_columns(pl.col(pl.Float64).fill_nan(None))
    group = opinions.about.column("voters", "group", opinions.vocabulary("voter"))
    return frame if group is None else frame.insert_column(1, group.alias("group"))


def pair_table(opinions: Opinions, columns: Columns) -> pl.DataFrame:
    """Edits between voters over all clips; the pair in the order of their codes."""
    left, right, edits, left_words, right_words = columns.pairs.T
    swap = left > right
    frame = pl.DataFrame(
        {
            "left": np.where(swap, right, left),
            "right": np.where(swap, left, right),
            "edits": edits,
            "left_words": np.where(swap, right_words, left_words),
            "right_words": np.where(swap, left_words, right_words),
        }
    )
    frame = frame.group_by("left", "right").sum().sort("left", "right")
    names = opinions.vocabulary("voter")
    rate = (pl.col("edits") / pl.col("left_words")).replace([float("inf"), float("nan")], None)
    return frame.with_columns(
        names.gather(frame["left"]).alias("left"), names.gather(frame["right"]).alias("right"), rate.alias("rate")
    )


def intraclass(columns: Columns, compared: Jackknife, repeats: int, seed: int) -> IntraclassCorrelation:
    """ICC(2,1) of the agreement of each voter with the others per clip, over the clips that all voters have.

    Parameters
    ----------
    columns : Columns
    compared : Jackknife
        Where each voter was compared with the consensus of the others, and agreed.
    repeats, seed : int
        Of the bootstrap.

    Returns
    -------
    IntraclassCorrelation
        Undefined, with the reason, where fewer than two clips have all voters.
    """
    present = np.unique(columns.voters[columns.voters >= 0])
    place = np.searchsorted(present, columns.voters)
    clip = np.repeat(np.arange(len(columns.clips)), np.diff(columns.bounds))
    matches, total = np.zeros((2, len(columns.clips), len(present)))
    complete = (columns.voters >= 0).sum(axis=1) == len(present)
    if complete.sum() > 1 and len(present) <= columns.keys.shape[1]:
        for slot in range(columns.keys.shape[1]):
            rows = complete[clip]
            at = clip[rows], place[clip[rows], slot]
            np.add.at(matches, at, compared.agrees[rows, slot])
            np.add.at(total, at, compared.compared[rows, slot])
    complete &= (total > 0).all(axis=1)
    if complete.sum() < 2:
        clips = int(complete.sum())
        reason = f"needs at least 2 clips that all voters have, got {clips}"
        return undefined("ICC(2,1)", clips, len(present), 0.95, reason)
    return intraclass_correlation(matches[complete] / total[complete], repeats=repeats, rng=seed)


def effective(columns: Columns, leader: npt.NDArray[np.int32]) -> float:
    """For how many independent voters the panel stands, where the same voters have all clips."""
    if not len(columns) or (np.sort(columns.voters, axis=1) != np.sort(columns.voters[:1], axis=1)).any():
        return float("nan")
    slot = np.argsort(columns.voters, axis=1)[columns.clip]
    off = np.take_along_axis(columns.keys != leader[:, None], slot, axis=1)
    return effective_voters(off)
