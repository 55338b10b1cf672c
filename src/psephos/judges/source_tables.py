"""How often did the others agree with each source, and what became of it on each question? As tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.judges.looking import Look
from psephos.judges.source_vote import SourceVote, leading
from psephos.statistics import wilson_interval


def voter_table(names: Sequence[str], votes: Sequence[SourceVote], weight: Mapping[str, float]) -> pl.DataFrame:
    """Votes and abstentions of each source, and on how many questions the others lead with its answer.

    A source is compared with the answer that leads without it, so that it does not agree with itself; a shared lead
    counts half.
    """
    cast, asked, compared, agreed = (dict.fromkeys(names, 0.0) for _ in range(4))
    for one in votes:
        voted = [(row.source, row.counted_as or "") for row in one.rows if row.status == "voted"]
        for row in one.rows:
            asked[row.source] += row.status not in ("skipped", "irrelevant")
        for source, answer in voted:
            cast[source] += 1
            score: dict[str, float] = {}
            for other, said in voted:
                if other != source:
                    score[said] = score.get(said, 0.0) + weight[other]
            if score:
                level = leading(score)
                compared[source] += 1
                agreed[source] += (answer in level) * (1.0 if len(level) == 1 else 0.5)
    columns: dict[str, npt.NDArray[np.float64]] = {
        name: np.array(list(values.values())) for name, values in (("compared", compared), ("agreed", agreed))
    }
    some = columns["compared"] > 0
    low, high = wilson_interval(columns["agreed"], columns["compared"])
    agreement = np.divide(columns["agreed"], columns["compared"], out=np.full(len(names), np.nan), where=some)
    return pl.DataFrame(
        {
            "voter": list(names),
            "votes": [int(cast[name]) for name in names],
            "abstentions": [int(asked[name] - cast[name]) for name in names],
            "compared": columns["compared"].astype(np.int64),
            "agreement": agreement,
            "low": np.where(some, low, np.nan),
            "high": np.where(some, high, np.nan),
        }
    ).with_columns(pl.col("agreement", "low", "high").fill_nan(None))


_EVIDENCE: dict[str, Any] = {
    "item": pl.String,
    "source": pl.String,
    "place": pl.Int64,
    "status": pl.String,
    "weight": pl.Float64,
    "relevance": pl.Float64,
    "documents": pl.List(pl.String),
    "answer": pl.String,
    "counted_as": pl.String,
    "support": pl.Float64,
    "reason": pl.String,
}


def evidence_table(rows: Sequence[tuple[str, Look]], weight: Mapping[str, float]) -> pl.DataFrame:
    """One row per question and source."""
    told = [
        (
            item,
            row.source,
            row.place,
            row.status,
            weight[row.source],
            row.relevance,
            list(row.documents),
            row.answer,
            row.counted_as,
            row.support,
            row.reason,
        )
        for item, row in rows
    ]
    return pl.DataFrame(told, schema=_EVIDENCE, orient="row")
