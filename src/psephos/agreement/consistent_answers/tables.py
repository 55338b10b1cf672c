"""Which variants, families of variants and questions does the inconsistency come from?"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from psephos.agreement.consistent_answers.answer_votes import AnswerVotes
from psephos.agreement.consistent_answers.curve import Grid, curve_statistic
from psephos.agreement.consistent_answers.responses import Codes, Responses
from psephos.opinions.outcomes import named

MOSTLY = 0.5
"""Share of the variants from which on a candidate mostly gives an answer."""


def by_variant(found: Responses) -> pl.DataFrame:
    """candidate, variant, family, questions, accuracy."""
    n_variants = len(found.variants)
    cell = found.candidate * n_variants + found.variant
    size = len(found.candidates) * n_variants
    count, right = np.bincount(cell, minlength=size), np.bincount(cell[found.right], minlength=size)
    there = np.flatnonzero(count)
    families = found.families
    return pl.DataFrame(
        {
            "candidate": [found.candidates[place // n_variants] for place in there],
            "variant": [found.variants[place % n_variants] for place in there],
            "family": [families[place % n_variants] for place in there],
            "questions": count[there],
            "accuracy": right[there] / count[there],
        },
        schema_overrides={"candidate": pl.String, "variant": pl.String, "family": pl.String},
    )


def by_family(found: Responses, grid: Grid, original: int | None) -> pl.DataFrame:
    """One row per candidate and family of variants; see `Consistency.families`.

    Parameters
    ----------
    found : Responses
        A family are variants whose names differ in the number at the end only.
    grid : Grid
        Thresholds of the curve behind CORE.
    original : int or None
        The variant that counts as unchanged; None takes the first of each candidate.

    Returns
    -------
    polars.DataFrame
        candidate, family, questions, variants_low, variants_high, accuracy, always (share of questions that are right
        in every variant), gap (accuracy - always), core, broken (right when unchanged, wrong in a variant of this
        family).
    """
    families = found.families
    names = sorted(set(families))
    family = np.array([names.index(name) for name in families])[found.variant]
    n_questions = len(found.questions)
    core = curve_statistic(grid)
    rows = []
    for code in np.flatnonzero(np.bincount(found.candidate)):
        mine = found.candidate == code
        first = int(found.variant[mine].min()) if original is None else original
        unchanged = mine & (found.variant == first) & found.right
        was_right = np.bincount(found.question[unchanged], minlength=n_questions) > 0
        for place in np.flatnonzero(np.bincount(family[mine])):
            inside = mine & (family == place)
            total = np.bincount(found.question[inside], minlength=n_questions)
            right = np.bincount(found.question[inside & found.right], minlength=n_questions)
            asked = total > 0
            r, t = right[asked], total[asked]
            accuracy, always = float((r / t).mean()), float((r == t).mean())
            counts = np.bincount(grid.levels(r, t), minlength=len(grid.fractions))
            broken = float((was_right[asked] & (r < t)).mean())
            sizes = len(t), int(t.min()), int(t.max())
            index = float(core(counts[None, :].astype(np.float64))[0, 0])
            rows.append(
                (found.candidates[code], names[place], *sizes, accuracy, always, accuracy - always, index, broken)
            )
    schema: dict[str, Any] = dict.fromkeys(("candidate", "family"), pl.String)
    schema |= dict.fromkeys(("questions", "variants_low", "variants_high"), pl.Int64)
    schema |= dict.fromkeys(("accuracy", "always", "gap", "core", "broken"), pl.Float64)
    return pl.DataFrame(rows, schema=schema, orient="row")


def by_question(found: Responses, total: Codes, right: Codes, votes: AnswerVotes | None) -> pl.DataFrame:
    """One row per candidate and question; see `Consistency.questions`.

    Parameters
    ----------
    found : Responses
        The responses, for the names.
    total, right : ndarray of int64, shape (n_candidates, n_questions)
        Responses, and right ones; questions without a response have no row.
    votes : AnswerVotes or None
        Votes for answers; without them there are no columns answer, votes, wrong, wrong_votes and entropy.
    """
    there = np.flatnonzero(total)
    n_questions = total.shape[1]
    table = pl.DataFrame(
        {
            "candidate": pl.Series(found.candidates, dtype=pl.String).gather(there // n_questions),
            "question": pl.Series(found.questions, dtype=pl.String).gather(there % n_questions),
            "right": right.ravel()[there],
            "total": total.ravel()[there],
        }
    )
    if votes is None:
        return table
    return table.with_columns(
        named(votes.modal[there].astype(np.int32), found.answers).alias("answer"),
        pl.Series("votes", votes.modal_votes[there]),
        named(votes.wrong[there].astype(np.int32), found.answers).alias("wrong"),
        pl.Series("wrong_votes", votes.wrong_votes[there]),
        pl.Series("entropy", votes.entropy[there]),
    )


def consistently_wrong(found: Responses, total: Codes, votes: AnswerVotes | None, grid: Grid) -> pl.DataFrame:
    """How often one and the same wrong answer comes back, by how much of the responses it takes.

    Parameters
    ----------
    found : Responses
        The responses, for the names.
    total : ndarray of int64, shape (n_candidates, n_questions)
        Responses.
    votes : AnswerVotes or None
        Votes for answers; without them the table is empty.
    grid : Grid
        The thresholds.

    Returns
    -------
    polars.DataFrame
        candidate, threshold, share of its questions with one wrong answer in at least this share of the responses.
    """
    schema = {"candidate": pl.String, "threshold": pl.Float64, "share": pl.Float64}
    if votes is None:
        return pl.DataFrame(schema=schema)
    parts = [pl.DataFrame(schema=schema)]
    wrong = votes.wrong_votes.reshape(total.shape)
    for code in np.flatnonzero(total.sum(axis=1)):
        asked = total[code] > 0
        levels = grid.levels(wrong[code][asked], total[code][asked])
        counts = np.bincount(levels, minlength=len(grid.fractions))
        share = np.cumsum(counts[::-1])[::-1] / counts.sum()
        part = pl.DataFrame({"threshold": grid.values, "share": share})
        parts.append(part.select(pl.lit(found.candidates[code]).alias("candidate"), pl.all()))
    return pl.concat(parts)


def suspects(found: Responses, total: Codes, votes: AnswerVotes | None) -> pl.DataFrame:
    """Wrong answers that more than one candidate gives to most variants of a question, the most agreed first."""
    schema = {"question": pl.String, "answer": pl.String, "candidates": pl.UInt32, "share": pl.Float64}
    if votes is None:
        return pl.DataFrame(schema=schema)
    share = votes.wrong_votes / np.maximum(total.ravel(), 1)
    there = np.flatnonzero((share >= MOSTLY) & (votes.wrong >= 0))
    table = pl.DataFrame(
        {
            "question": pl.Series(found.questions, dtype=pl.String).gather(there % total.shape[1]),
            "answer": named(votes.wrong[there].astype(np.int32), found.answers),
            "share": share[there],
        }
    )
    grouped = table.group_by("question", "answer").agg(pl.len().alias("candidates"), pl.col("share").mean())
    agreed = grouped.filter(pl.col("candidates") > 1).select(list(schema))
    return agreed.sort("candidates", "share", "question", descending=[True, True, False])
