"""How does an order of candidates become a selection that says why?

What every rule of this room shares: the first k of an order are taken, ties at the border are flagged, the sureness of
the first answer is compared with `SURE`, and all candidates go into one `Selection`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.engine import Engine, Rng, seed_of
from psephos.opinions.outcomes import Provenance, command_for, option_name
from psephos.opinions.selections import Selection
from psephos.selection.pools import Floats, Integers, Pools
from psephos.selection.sureness import Rule, sureness_of

SURE = 0.8
"""An item is flagged as unsure if its first answer is taken in fewer than this share of the resamples."""

SURENESS_MEANS = (
    "share of resamples of the same samples in which the answer is taken; it says how much hangs on which samples were "
    "drawn, not whether the answer is right"
)


@dataclass(frozen=True, eq=False)
class Choice:
    """What a rule has found, by pairs of question and answer in the order of `Pools.tally`; see `Selection`.

    Attributes
    ----------
    place : ndarray of int64, shape (n_pairs,)
        1 for the answer that is handed in first, 0 for one that is not.
    score : ndarray of float64, shape (n_pairs,)
        What the rule orders by; NaN where it did not ask.
    reason : ndarray of int8, shape (n_pairs,)
        Place in `reasons`.
    reasons : tuple of str
        Why an answer was taken or not, in words.
    flags : mapping of str to ndarray of bool, shape (n_items,)
        What is odd about a question.
    facts : mapping of str to ndarray, shape (n_items,)
        Further columns of a question.
    score_means : str
        What the score is, in words.
    """

    place: Integers
    score: Floats
    reason: npt.NDArray[np.int8]
    reasons: tuple[str, ...]
    flags: Mapping[str, npt.NDArray[np.bool_]]
    facts: Mapping[str, npt.NDArray[Any]]
    score_means: str


def selection_of(
    pools: Pools,
    choice: Choice,
    rule: Rule,
    *,
    method: str,
    options: Mapping[str, object],
    notes: Sequence[str] = (),
    sample: npt.NDArray[np.intp] | None = None,
    repeats: int = 0,
    rng: Rng = 0,
    engine: int | str | Engine = 1,
) -> Selection:
    """A selection with everything that it carries.

    Parameters
    ----------
    pools : Pools
    choice : Choice
    rule : Rule
        The same rule for resamples.
    method : str
        Name of the rule on the command line.
    options : mapping
        The options of the rule, as on the command line; those that are None are left out.
    notes : sequence of str
        What was decided on the way.
    sample : ndarray, shape (n_pairs,), optional
        Row that stands for each pair, if not the one with the largest reward.
    repeats : int
        Resamples; with none, sureness is not measured.
    rng, engine
        Their random numbers, and where they are computed.
    """
    counted, opinions = pools.tally, pools.opinions
    flags = {"no valid answer": np.diff(counted.starts) == 0, **choice.flags}
    stated = {name: value for name, value in options.items() if value is not None} | {"repeats": repeats}
    sureness, seed = np.full(len(counted.choice), np.nan), None
    if repeats:
        seed = seed_of(rng)
        sureness = sureness_of(pools, rule, choice.score, repeats=repeats, seed=seed, engine=engine)
        first = choice.place == 1
        flags["unsure"] = np.zeros(pools.n_items, dtype=bool)
        flags["unsure"][counted.item[first]] = sureness[first] < SURE
        stated["seed"] = seed
        if pools.asks:
            notes = (*notes, "on resamples only answers whose reward was asked for can be taken")
    return Selection(
        provenance=Provenance(
            method.replace("-", " "),
            {name: option_name(value) for name, value in stated.items()},
            opinions.source,
            seed=seed,
            command=command_for("select", opinions.source, {"method": method, **stated}),
            notes=tuple(notes),
        ),
        opinions=opinions,
        items=opinions.vocabulary("item"),
        answers=opinions.vocabulary("answer"),
        starts=counted.starts,
        answer=counted.choice,
        votes=counted.votes,
        share=counted.votes / np.maximum(pools.drawn, 1)[counted.item],
        score=choice.score,
        place=choice.place,
        sample=(pools.best() if sample is None else sample).astype(np.int64),
        sureness=sureness,
        reason=choice.reason,
        reasons=choice.reasons,
        score_means=choice.score_means,
        sureness_means=SURENESS_MEANS if repeats else "not measured",
        facts={"samples": pools.drawn, **choice.facts},
        flags=flags,
        issues=opinions.issues,
    )


def tied_at(pools: Pools, place: Integers, level: npt.NDArray[np.bool_], k: int) -> npt.NDArray[np.bool_]:
    """Items on which the last that is taken scores no better than the first that is left, or, among those taken, the
    first no better than the second.
    """
    tied = np.zeros(pools.n_items, dtype=bool)
    tied[pools.tally.item[level & ((place == 1) | (place == k))]] = True
    return tied
