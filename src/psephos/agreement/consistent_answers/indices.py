"""Which indices has one candidate?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.agreement.consistent_answers.answer_votes import AnswerVotes
from psephos.agreement.consistent_answers.curve import ConsistencyCurve
from psephos.agreement.consistent_answers.options import Options
from psephos.agreement.consistent_answers.reference_curves import chance_curve
from psephos.agreement.consistent_answers.responses import Codes, Responses
from psephos.errors import InputError


@dataclass(frozen=True, eq=False)
class Table:
    """Responses of candidates to questions, in numbers; made by `Table.of`.

    Attributes
    ----------
    total, right : ndarray of int64, shape (n_candidates, n_questions)
        Responses, and right ones.
    mean : ndarray of float64, shape (n_candidates, n_questions)
        Mean score; 0 where there is no response.
    """

    total: Codes
    right: Codes
    mean: npt.NDArray[np.float64]

    @staticmethod
    def of(found: Responses) -> Table:
        """Count responses."""
        shape = len(found.candidates), len(found.questions)
        group, size = group_of(found), shape[0] * shape[1]
        total = np.bincount(group, minlength=size)
        right = np.bincount(group[found.right], minlength=size)
        score = np.bincount(group, weights=found.score, minlength=size)
        mean = np.divide(score, total, out=np.zeros(size), where=total > 0)
        return Table(total.reshape(shape), right.reshape(shape), mean.reshape(shape))


def group_of(found: Responses) -> Codes:
    """Number of the candidate and question of each response."""
    return np.asarray(found.candidate * len(found.questions) + found.question)


def indices_of(
    found: Responses,
    code: int,
    table: Table,
    options: Options,
    votes: AnswerVotes | None,
    curve: ConsistencyCurve,
) -> dict[str, Any]:
    """All indices of one candidate, a row of `Consistency.table` without what needs chance and a fit.

    Parameters
    ----------
    found : Responses
        The responses of all candidates.
    code : int
        Which candidate.
    table : Table
        The same in numbers.
    options : Options
        Which accuracy the indices rest on, and which variant is unchanged.
    votes : AnswerVotes or None
        Votes for answers, of all candidates; without them majority, entropy and unreadable are None.
    curve : ConsistencyCurve
        Of this candidate.

    Returns
    -------
    dict
        Column to value; an accuracy without an unchanged variant is NaN.
    """
    mine = found.candidate == code
    asked = table.total[code] > 0
    total, right = table.total[code][asked], table.right[code][asked]
    original = found.variants.index(options.original) if options.original else int(found.variant[mine].min())
    unchanged = found.right[mine & np.equal(found.variant, original)]
    mcqa = float(unchanged.mean()) if len(unchanged) else np.nan
    plus = float((right / total).mean()) if options.mcqa_plus == "mean_rc" else _by_places(found, mine, len(total))
    accuracy = plus if options.accuracy == "plus" else mcqa
    always = curve.always
    row: dict[str, Any] = {
        "candidate": found.candidates[code],
        "questions": len(total),
        "variants_low": int(total.min()),
        "variants_high": int(total.max()),
        "core": curve.core.value,
        "core_low": curve.core.low,
        "core_high": curve.core.high,
        "aucar": curve.aucar.value,
        "norm_dtw": curve.norm_dtw.value,
        "always": always.value,
        "always_low": always.low,
        "always_high": always.high,
        "mcqa": mcqa,
        "mcqa_plus": plus,
        "majority": None,
        "consistency": 1 - (accuracy - always.value),
        "cora": accuracy * (1 - (accuracy - always.value)),
        "entropy": None,
        "unreadable": None,
    }
    if votes is not None and found.answer is not None:
        here = slice(code * len(asked), (code + 1) * len(asked))
        entropy = votes.entropy[here][asked]
        offered = _most_options(options)
        known = ~np.isnan(entropy)
        row["majority"] = float(votes.right[here][asked].mean())
        row["entropy"] = float(entropy[known].mean() / np.log(offered)) if offered and known.any() else None
        row["unreadable"] = int((found.answer[mine] < 0).sum())
    return row


def _by_places(found: Responses, mine: npt.NDArray[np.bool_], n_questions: int) -> float:
    """Mean accuracy over places in the lists of variants, as the authors' script has it."""
    order = np.lexsort((found.variant[mine], found.question[mine]))
    question, right = found.question[mine][order], found.right[mine][order]
    opens = np.flatnonzero(np.append(True, question[1:] != question[:-1]))
    place = np.arange(len(question)) - np.repeat(opens, np.diff(opens, append=len(question)))
    rights = np.bincount(place, weights=right)
    return float((rights[rights > 0] / n_questions).mean()) if rights.any() else 0.0


def _most_options(options: Options) -> int | None:
    if isinstance(options.options, Mapping):
        return max(options.options.values(), default=None)
    return options.options


def guesses_of(found: Responses, code: int, options: Options) -> ConsistencyCurve | None:
    """What guessing gives this candidate; None if the options of a family are not known."""
    if options.options is None:
        return None
    families = found.families
    mine = found.candidate == code
    if isinstance(options.options, Mapping):
        used = sorted({families[variant] for variant in np.flatnonzero(np.bincount(found.variant[mine]))})
        unknown = [family for family in used if family not in options.options]
        if unknown:
            raise InputError("options", f"say nothing of the family {unknown[0]!r:.60}", hint=f"families: {used}")
        per_variant = np.array([options.options.get(family, 0) for family in families])
    else:
        per_variant = np.full(len(families), options.options)
    kinds, kind = np.unique(per_variant[found.variant[mine]], return_inverse=True)
    cell = found.question[mine] * len(kinds) + kind
    counts = np.bincount(cell, minlength=len(found.questions) * len(kinds)).reshape(-1, len(kinds))
    mixes, copies = np.unique(counts[counts.any(axis=1)], axis=0, return_counts=True)
    return chance_curve(options.grid, 1 / kinds, mixes, copies)
