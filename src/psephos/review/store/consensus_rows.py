"""What does the store keep of a verdict, item by item?

Of labels and answers the choice, how sure it is, and the candidates with their votes. Of scores the estimate with its
standard error s; it counts as right if it is off by no more than half the smallest step d between scores that occur,

    certainty = P(|error| <= d / 2) = 2 Phi(d / (2 s)) - 1.

Of a transcript its columns, each with what is shown, what every voter has there, how sure it is, its times, whether it
is doubtful; the clip as a whole is as sure as its least certain column, and its risk is the number of words that are
expected to be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from scipy import special

from psephos.agreement.bands import BANDS
from psephos.consensus.transcripts.disagreement import LABELS, TYPES
from psephos.consensus.transcripts.verdict import TranscriptVerdict
from psephos.consensus.truth_inference.score_bias import ScoreVerdict
from psephos.opinions.outcomes import json_ready
from psephos.opinions.verdicts import Verdict

Row = dict[str, Any]


def rows_of(verdict: Verdict | ScoreVerdict) -> Iterator[tuple[str, Row, float]]:
    """What the store keeps of each item.

    Yields
    ------
    name : str
    row : dict
        Columns of `Consensus`.
    risk : float
        Chance that the choice is wrong; of a transcript the number of words that are expected to be.
    """
    if isinstance(verdict, ScoreVerdict):
        return _scores(verdict)
    if isinstance(verdict, TranscriptVerdict):
        return _transcripts(verdict)
    return _choices(verdict)


def _choices(verdict: Verdict) -> Iterator[tuple[str, Row, float]]:
    candidates: dict[str, list[dict[str, Any]]] = {}
    said: Any = verdict.opinions
    frame, value = said.frame(), said.value
    weight = pl.col("weight").fill_null(1.0) if "weight" in frame.columns else pl.lit(1.0)
    counted = (
        frame.filter(pl.col(value).is_not_null())
        .group_by("item", pl.col(value).alias("choice"), maintain_order=True)
        .agg(pl.len().alias("votes"), weight.sum().alias("weight"))
        .with_columns((pl.col("votes") / pl.col("votes").sum().over("item")).alias("share"))
        .sort("votes", descending=True, maintain_order=True)
    )
    for item, choice, votes, weight_of, share in counted.iter_rows():
        found = {"choice": choice, "votes": votes, "weight": weight_of, "share": share}
        candidates.setdefault(item, []).append(found)
    for row in verdict.table().iter_rows(named=True):
        name, certainty = row["item"], row["certainty"]
        listed = candidates.get(name, [])
        for one in listed:
            if one["choice"] == row["choice"]:
                one["certainty"] = certainty
        yield name, _row(row, {"candidates": listed}), 1.0 if certainty is None else 1 - certainty


def _scores(verdict: ScoreVerdict) -> Iterator[tuple[str, Row, float]]:
    seen = np.unique(verdict.opinions.numbers["score"])
    steps = np.diff(seen[np.isfinite(seen)])
    step = float(steps.min()) if len(steps) else 0.0
    error = verdict.standard_error
    sure = np.ones(len(verdict))
    if step:
        sure = 2 * special.ndtr(step / 2 / np.maximum(error, 1e-300)) - 1
    deviation = (
        verdict.opinions.frame()
        .group_by("item")
        .agg(pl.col("score").std().fill_null(0.0).alias("deviation"))
        .join(pl.DataFrame({"item": verdict.items}), on="item", how="right", maintain_order="right")["deviation"]
    )
    flags = deviation > max(step, 1e-12)
    for row, certainty, spread, wide in zip(
        verdict.table().iter_rows(named=True), sure.tolist(), deviation, flags, strict=True
    ):
        detail = {name: row[name] for name in ("score", "standard_error", "low", "high", "mean")}
        whole = {"choice": f"{row['score']:.6g}", "certainty": certainty, "margin": None, "votes": row["votes"]}
        whole |= {"support": row["votes"], "runner_up": None, "flags": ["spread"] if wide else []}
        yield row["item"], _row(whole, json_ready(detail | {"deviation": spread, "step": step})), 1 - certainty


def _transcripts(verdict: TranscriptVerdict) -> Iterator[tuple[str, Row, float]]:
    spans = _spans(verdict)
    masks = {name: np.asarray(mask) for name, mask in verdict.flags.items()}
    for number, name in enumerate(verdict.clip_names.to_list()):
        low, high = map(int, verdict.columns.bounds[number : number + 2])
        texts, joined = verdict.words_chosen.texts(slice(low, high), verdict.spoken, verdict.choice)
        slots = verdict.slots(name).group_by("voter", maintain_order=True).agg("column", "surface")
        voters = slots["voter"].to_list()
        said: list[list[str | None]] = [[None] * len(voters) for _ in range(high - low)]
        for place, (_, columns, surfaces) in enumerate(slots.iter_rows()):
            for column, surface in zip(columns, surfaces, strict=True):
                said[column - 1][place] = surface
        shown = verdict.words_chosen
        columns = []
        for at in range(low, high):
            start, end = _first(shown.start[at], verdict.start[at]), _first(shown.end[at], verdict.end[at])
            found = {
                "text": texts[at - low],
                "slots": said[at - low],
                "certainty": round(float(verdict.certainty[at]), 6),
                "votes": int(verdict.votes[at]),
                "support": int(verdict.support[at]),
                "band": BANDS[verdict.band[at]],
                "type": TYPES[verdict.type[at]],
                "label": LABELS[verdict.label[at]],
                "risk": round(float(verdict.risk[at]), 6),
                "start": start,
                "end": end if start is None or end is None else max(start, end),
                "flagged": bool(verdict.flagged[at]),
            }
            if at in joined:
                found["joined"] = True
            columns.append(found)
        inside = slice(low, high)
        sure = verdict.certainty[inside]
        risk = float(np.nansum(1 - sure))
        whole = {
            "choice": " ".join(text for text in texts if text),
            "certainty": float(np.nanmin(sure)) if high > low else None,
            "margin": float(np.nanmin(verdict.margin[inside])) if high > low else None,
            "votes": int(verdict.votes[inside].max(initial=0)),
            "support": int(verdict.support[inside].min()) if high > low else 0,
            "runner_up": None,
            "flags": [flag for flag, mask in masks.items() if mask[inside].any()],
        }
        yield name, _row(whole, {"voters": voters, "columns": columns, "spans": spans.get(name, [])}), risk


def _spans(verdict: TranscriptVerdict) -> dict[str, list[dict[str, Any]]]:
    """Doubtful spans of each clip, first and last column from 1, in the order in which to hear them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for span in verdict.spans_to_hear():
        said = {name: getattr(span, name) for name in ("first", "last", "start", "end", "reason", "score")}
        found.setdefault(span.item, []).append(json_ready(said))
    return found


def _row(row: dict[str, Any], detail: dict[str, Any]) -> Row:
    names = ("choice", "certainty", "margin", "votes", "support", "runner_up")
    flags = row["flags"]
    listed = flags if isinstance(flags, list) else [flag for flag in (flags or "").split("; ") if flag]
    return {**{name: row[name] for name in names}, "flags": listed, "detail": detail}


def _first(*values: float) -> float | None:
    """The first that is a number."""
    return next((round(float(value), 3) for value in values if not np.isnan(value)), None)
