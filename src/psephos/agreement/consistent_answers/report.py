"""From responses to what is said of each candidate, family of variants, pair of candidates and question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.agreement.consistent_answers.answer_votes import AnswerVotes, answer_votes
from psephos.agreement.consistent_answers.curve import ConsistencyCurve, curve_of_levels, curve_statistic, drawn_levels
from psephos.agreement.consistent_answers.indices import Table, group_of, guesses_of, indices_of
from psephos.agreement.consistent_answers.options import Options
from psephos.agreement.consistent_answers.reference_curves import adjusted_for_chance, limit_curve
from psephos.agreement.consistent_answers.responses import Codes, Responses
from psephos.agreement.consistent_answers.result import Consistency
from psephos.agreement.consistent_answers.tables import by_family, by_question, by_variant, consistently_wrong, suspects
from psephos.engine import spawn
from psephos.errors import InputError
from psephos.opinions.outcomes import Provenance
from psephos.opinions.wording import plural
from psephos.statistics import BetaBinomial, fit_beta_binomial

MOST_COMPARED = 20
"""Of more candidates, those with the highest CORE are compared in pairs."""


def reported(found: Responses, options: Options, said: Mapping[str, Any]) -> Consistency:
    """The whole answer: indices and curves of each candidate, tables, and differences between candidates.

    Every candidate has random streams of its own by its place among the sorted names, so that the order of the rows
    moves no interval.

    Parameters
    ----------
    found : Responses
        All responses; with ``options.questions == "common"`` only questions that all candidates have are compared.
    options : Options
        What was asked for.
    said : mapping
        Further parameters for the provenance, of the door that was used.

    Returns
    -------
    Consistency
        Candidates by falling CORE.

    Raises
    ------
    InputError
        `results`: there is no response, or no question common to all. `original`: no variant is called so.
    """
    notes = list(found.notes)
    table = Table.of(found)
    if options.questions == "common" and len(found.candidates) > 1:
        found, table = _on_common_questions(found, table, notes)
    present = np.flatnonzero(table.total.sum(axis=1))
    if not len(present):
        raise InputError("results", "no responses", hint="every response is missing")
    notes += _notes_on(table.total[table.total > 0], len(options.grid.fractions) - 1)
    if options.original is not None and options.original not in found.variants:
        raise InputError("original", f"there is no variant {options.original!r:.60} among {found.variants[:5]}")
    votes = _votes(found, options, notes)
    streams = spawn(options.seed, 2 * len(found.candidates) + MOST_COMPARED**2)
    named = {name: place for place, name in enumerate(sorted(found.candidates))}
    rows: list[dict[str, Any]] = []
    curves: dict[str, ConsistencyCurve] = {}
    soft: dict[str, ConsistencyCurve] = {}
    chance: dict[str, ConsistencyCurve] = {}
    shares: dict[str, BetaBinomial] = {}
    for code in present:
        name, asked = found.candidates[code], table.total[code] > 0
        right, total = table.right[code][asked], table.total[code][asked]
        curves[name] = _curve(options, options.grid.levels(right, total), streams[2 * named[name]])
        if found.graded:
            levels = options.grid.levels_of_means(table.mean[code][asked])
            soft[name] = _curve(options, levels, streams[2 * named[name] + 1])
        guess = guesses_of(found, int(code), options)
        if guess is not None:
            chance[name] = guess
        shares[name] = fit_beta_binomial(right, total)
        row = indices_of(found, int(code), table, options, votes, curves[name])
        limit = limit_curve(shares[name], options.grid).core.value
        core = curves[name].core.value
        rows.append(
            row
            | {"soft_core": soft[name].core.value if name in soft else None, "limit_core": limit}
            | {
                "chance_core": guess.core.value if guess else None,
                "adjusted_core": adjusted_for_chance(core, guess.core.value) if guess else None,
            }
        )
    candidates = pl.DataFrame(rows, schema_overrides=_FLOATS).with_columns(pl.selectors.float().fill_nan(None))
    candidates = candidates.sort("core", "candidate", descending=[True, False])
    differences, skipped = _differences(
        found, table, options, candidates["candidate"].to_list(), streams[2 * len(found.candidates) :]
    )
    if skipped:
        notes.append(f"pairs are compared among the {MOST_COMPARED} candidates with the highest CORE only")
    return Consistency(
        provenance=Provenance(
            "consistency",
            options.parameters() | dict(said),
            found.source,
            seed=options.seed if options.repeats else None,
            notes=tuple(notes),
        ),
        candidates=candidates,
        curves={name: curves[name] for name in candidates["candidate"]},
        soft=soft,
        wrong=consistently_wrong(found, table.total, votes, options.grid),
        chance=chance,
        shares=shares,
        variants=by_variant(found),
        families=by_family(found, options.grid, found.variants.index(options.original) if options.original else None),
        differences=differences,
        questions=by_question(found, table.total, table.right, votes),
        suspects=suspects(found, table.total, votes),
        issues=found.issues,
    )


def _curve(options: Options, levels: Codes, rng: np.random.Generator) -> ConsistencyCurve:
    return curve_of_levels(options.grid, levels, repeats=options.repeats, level=options.level, rng=rng)


_FLOATS = dict.fromkeys(
    ("mcqa", "majority", "entropy", "soft_core", "chance_core", "adjusted_core", "core_low", "always_low"), pl.Float64
)


def _on_common_questions(found: Responses, table: Table, notes: list[str]) -> tuple[Responses, Table]:
    here = table.total[table.total.any(axis=1)] > 0
    common, some = np.all(here, axis=0), np.any(here, axis=0)
    dropped = int((some & ~common).sum())
    if not dropped:
        return found, table
    if not common.any():
        hint = "questions='own' measures each candidate on its own questions"
        raise InputError("results", "no question is common to all candidates", hint=hint)
    notes.append(
        f"left out: {plural(dropped, 'question')} that not all candidates have; compared: {int(common.sum()):,}"
    )
    kept = found.take(common[found.question])
    return kept, Table.of(kept)


def _notes_on(total: Codes, steps: int) -> list[str]:
    low, high = int(total.min()), int(total.max())
    notes = []
    if high == 1:
        notes.append("one variant: CORE is only accuracy")
    elif low != high:
        notes.append(f"questions have between {low:,} and {high:,} variants")
    if 1 < high < steps:
        notes.append(f"fewer variants ({high}) than steps ({steps}): the curve is a staircase")
    return notes


def _votes(found: Responses, options: Options, notes: list[str]) -> AnswerVotes | None:
    if found.answer is None:
        return None
    groups = len(found.candidates) * len(found.questions)
    votes = answer_votes(group_of(found), found.variant, found.answer, found.right, groups, options.ties)
    if votes.contradictions:
        answers = plural(votes.contradictions, "answer is", "answers are")
        notes.append(f"{answers} right in one response and wrong in another")
    return votes


def _differences(
    found: Responses, table: Table, options: Options, names: Sequence[str], streams: Sequence[np.random.Generator]
) -> tuple[pl.DataFrame, bool]:
    """Differences in CORE, on the questions that both have, from the joint counts of their levels."""
    code = {name: place for place, name in enumerate(found.candidates)}
    pairs = list(combinations(names[:MOST_COMPARED], 2))
    plain = curve_statistic(options.grid)
    n_levels = len(options.grid.fractions)
    rows = []
    for (left, right), stream in zip(pairs, streams, strict=False):
        one, other = code[left], code[right]
        asked = (table.total[[one, other]] > 0).sum(axis=0)
        both = asked == 2
        if not both.any():
            continue
        a, b = (options.grid.levels(table.right[c][both], table.total[c][both]) for c in (one, other))
        joint, copies = np.unique(a * n_levels + b, return_counts=True)
        of_left, of_right = (np.eye(n_levels)[place] for place in (joint // n_levels, joint % n_levels))

        def difference(
            counts: npt.NDArray[np.float64],
            of_left: npt.NDArray[np.float64] = of_left,
            of_right: npt.NDArray[np.float64] = of_right,
        ) -> npt.NDArray[np.float64]:
            return np.asarray(plain(counts @ of_left)[:, 0] - plain(counts @ of_right)[:, 0])

        cores = [float(plain(copies[None, :] @ part)[0, 0]) for part in (of_left, of_right)]
        drawn = drawn_levels(difference, copies, repeats=options.repeats, level=options.level, rng=stream)
        low, high = (None, None) if drawn is None else (float(drawn.low), float(drawn.high))
        rows.append((left, right, int(both.sum()), int((asked == 1).sum()), *cores, cores[0] - cores[1], low, high))
    schema: dict[str, Any] = dict.fromkeys(("left", "right"), pl.String)
    schema |= dict.fromkeys(("questions", "dropped"), pl.Int64)
    schema |= dict.fromkeys(("core_left", "core_right", "difference", "low", "high"), pl.Float64)
    return pl.DataFrame(rows, schema=schema, orient="row"), len(names) > MOST_COMPARED
