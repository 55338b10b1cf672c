"""Which rule selects, and by which scores?"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from inspect import signature
from typing import Any

from psephos.errors import InputError, check_choice
from psephos.opinions.model import Opinions
from psephos.opinions.selections import Selection
from psephos.opinions.sharding import Shards
from psephos.selection.best_of_majority import best_of_majority
from psephos.selection.best_of_n import best_of_n
from psephos.selection.committees import committee
from psephos.selection.in_parts import select_in_parts
from psephos.selection.most_common import most_common
from psephos.selection.process_scores import process_scores
from psephos.selection.weighted_vote import weighted_vote

METHODS: dict[str, Callable[..., Selection]] = {
    "best-of-majority": best_of_majority,
    "best-of-n": best_of_n,
    "weighted-vote": weighted_vote,
    "most-common": most_common,
    "committee": committee,
}
SCORES = ("auto", "reward", "process")


def select(
    opinions: Opinions | Shards,
    *,
    method: str = "auto",
    score: str = "auto",
    beta: float = 0.05,
    aggregate: str = "min",
    **options: Any,
) -> Selection:
    """Say which answers to take of the samples of each question, how sure that is, and why not the others.

    Parameters
    ----------
    opinions : Opinions or Shards
        Of kind ``samples``, or ``rankings`` for a committee. `psephos.opinions.scan` reads samples in parts that fit in
        memory; on them `engine` says where the parts are worked on.
    method : {"auto", "best-of-majority", "best-of-n", "weighted-vote", "most-common", "committee"}, default "auto"
        ``"auto"``: best of majority where there are scores, else the most common answers; of rankings a committee.
    score : {"auto", "reward", "process"}, default "auto"
        Where scores come from: the column ``reward``, or the log-probabilities of the tokens (`process_scores`).
        ``"auto"`` takes the first if it is there, else the second. Of a committee what a place is worth, see
        `committee`; ``"auto"`` is "borda".
    beta, aggregate
        As in `process_scores`.
    **options
        Passed to the method.

    Returns
    -------
    Selection
        What is taken for each question, how sure that is, and every candidate with why it was not.

    Raises
    ------
    InputError
        If the opinions are neither samples nor rankings, the scores asked for are not there, or an option does not go
        with the method.

    See Also
    --------
    psephos.selection : each method by itself, with its options.
    psephos.ask : draws samples under a budget.

    Examples
    --------
    >>> from psephos.opinions import samples
    >>> select(samples(["q"] * 3, ["llm"] * 3, [0, 1, 2], ["4", "5", "4"], reward=[0.2, 0.9, 0.4]), alpha=0.5).chosen
    [['4']]
    """
    check_choice("method", method, ("auto", *METHODS))
    if method == "committee" or (method == "auto" and getattr(opinions, "kind", "") == "rankings"):
        return _committee(opinions, score, options)
    check_choice("score", score, SCORES)
    if not isinstance(opinions, (Opinions, Shards)) or opinions.kind != "samples":
        kind = getattr(opinions, "kind", type(opinions).__name__)
        raise InputError("opinions", f"must be samples, got {kind}", hint="see psephos decide for votes of other kinds")
    there = opinions.columns if isinstance(opinions, Shards) else {*opinions.numbers, *opinions.carried.columns}
    has_reward, has_logprobs = "reward" in there, "logprobs" in there
    if (score == "reward" and not has_reward) or (score == "process" and not has_logprobs):
        missing = "reward" if score == "reward" else "logprobs"
        raise InputError(
            "score", f"the samples have no column {missing!r}", hint="name another score, or add the column"
        )
    process = score == "process" or (score == "auto" and not has_reward and has_logprobs)
    if method == "auto":
        method = "best-of-majority" if has_reward or process else "most-common"
    for name in set(options) - set(signature(METHODS[method]).parameters):
        raise InputError(name, f"means nothing for {method}", hint="leave it out")
    if not process or method == "most-common":
        return METHODS[method](opinions, **options)
    by_steps = partial(_by_process_scores, method=method, beta=beta, aggregate=aggregate)
    if isinstance(opinions, Shards):
        return select_in_parts(by_steps, opinions, None, **{**_OF_PARTS, **options})
    return by_steps(opinions, **options)


_OF_PARTS: dict[str, Any] = {"equivalence": "exact", "repeats": 0, "rng": 0, "engine": 1}
"""What every method of samples takes, and its defaults."""


def _by_process_scores(opinions: Opinions, *, method: str, beta: float, aggregate: str, **options: Any) -> Selection:
    """A selection by the log-probabilities of the tokens."""
    scored = process_scores(opinions, beta=beta, aggregate=aggregate)
    found = METHODS[method](scored.rewarded(), **options)
    made = found.provenance
    own = {"score": "process", "beta": beta, "aggregate": aggregate}
    words = [part for name, value in own.items() for part in (f"--{name}", str(value))]
    return replace(
        found,
        provenance=replace(
            made,
            parameters={**made.parameters, **own},
            command=f"{made.command} {shlex.join(words)}" if made.command else "",
            notes=(*made.notes, *scored.provenance.notes),
        ),
        score_means=f"{found.score_means}; rewards: {aggregate} of the process rewards of the steps, beta {beta:g}",
    )


def _committee(opinions: Opinions | Shards, score: str, options: dict[str, Any]) -> Selection:
    for name in set(options) - set(signature(committee).parameters):
        raise InputError(name, "means nothing for committee", hint="leave it out")
    if isinstance(opinions, Shards):
        raise InputError("opinions", "rankings are not read in parts", hint="use psephos.read")
    return committee(opinions, **{"k": 1, **options, "score": "borda" if score == "auto" else score})
