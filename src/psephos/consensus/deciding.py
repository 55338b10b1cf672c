"""Which method decides opinions of this kind?"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, Literal, overload

import numpy as np

from psephos.consensus.collectives.collective import collective
from psephos.consensus.majority import majority
from psephos.consensus.sources.reliability import source_reliability
from psephos.consensus.transcripts.deciding import transcripts
from psephos.consensus.truth_inference.inference import truth_inference
from psephos.consensus.truth_inference.score_bias import ScoreVerdict
from psephos.errors import InputError, check_choice
from psephos.opinions.kinds import taken_by
from psephos.opinions.model import Opinions
from psephos.opinions.sharding import Shards, check_opinions
from psephos.opinions.verdicts import Verdict

MODELS = ("dawid-skene", "one-coin", "glad", "mace", "kos", "agreement")
METHODS = {
    "labels": ("majority", *MODELS, "source-reliability"),
    "samples": ("majority", *MODELS, "collective"),
    "scores": ("score-bias",),
    "transcripts": ("transcripts",),
}
"""Methods for each kind that can be decided."""

VOTES_PER_NUMBER = 10.0
"""Votes of a voter for each number that is learnt of it: one for its accuracy, K (K - 1) for a confusion."""

VOTES_PER_ITEM = 3.0
"""Fewer votes on an item than this, on average, hardly say who is right."""

MOST_VOTES = 20_000_000
"""More votes than this are not passed over again and again unless asked for."""

_DOORS: dict[str, Callable[..., Verdict | ScoreVerdict]] = {
    "majority": majority,
    **{model: partial(truth_inference, model=model) for model in (*MODELS, "score-bias")},
    "source-reliability": source_reliability,
    "collective": collective,
    "transcripts": transcripts,
}

_OF_SCORES = ("prior", "rounds", "tolerance", "engine")
"""Options of `truth_inference` that mean something for scores."""

_IDLE = {
    "ties": "first",
    "rule": "plurality",
    "weights": None,
    "equivalence": "exact",
    "resume": None,
    "copies": "report",
}
"""Options that not every method has, with the values at which they ask for nothing."""


@overload
def decide(opinions: Opinions | Shards, *, method: Literal["score-bias"], **options: Any) -> ScoreVerdict: ...
@overload
def decide(opinions: Opinions | Shards, *, method: str = "auto", **options: Any) -> Verdict: ...
def decide(opinions: Opinions | Shards, *, method: str = "auto", **options: Any) -> Verdict | ScoreVerdict:
    """Say what the voters say together.

    Parameters
    ----------
    opinions : Opinions or Shards
        Of kind ``labels``, ``samples``, ``transcripts`` or ``scores``.
    method : str, default "auto"
        One of `METHODS` for the kind: ``"majority"``, a model of `truth_inference` (``"dawid-skene"``, ``"one-coin"``,
        ``"glad"``, ``"mace"``, ``"kos"``, ``"agreement"``), ``"source-reliability"``, ``"collective"``,
        ``"transcripts"``, ``"score-bias"``. ``"auto"`` chooses by `method_for`; the provenance names what it took.
    **options
        Passed to the method.

    Returns
    -------
    Verdict or ScoreVerdict
        Of scores a `ScoreVerdict`, which has scores for items where a verdict has choices.

    Raises
    ------
    InputError
        If no method decides opinions of this kind, or an option does not go with it.

    See Also
    --------
    psephos.consensus.majority : every voter counts alike.
    psephos.consensus.truth_inference : better voters count more.
    psephos.agree : how far they agree.

    Examples
    --------
    >>> from psephos.opinions import labels
    >>> decide(labels(["a", "a", "a"], ["x", "y", "z"], ["cat", "cat", "dog"])).table()["choice"].to_list()
    ['cat']
    """
    check_opinions(opinions)
    if opinions.kind not in METHODS:
        kinds = ", ".join(METHODS)
        raise InputError(
            "opinions",
            f"{opinions.kind} cannot be decided; a verdict is made from {kinds}",
            hint=taken_by(opinions.kind),
        )
    check_choice("method", method, ("auto", *METHODS[opinions.kind]))
    name = _chosen(opinions, options) if method == "auto" else method
    if opinions.kind == "transcripts" and not isinstance(opinions, Opinions):
        raise InputError("opinions", "transcripts are not read in parts", hint="use psephos.read")
    return _DOORS[name](opinions, **_fitting(name, opinions.kind, options))


def method_for(opinions: Opinions | Shards) -> str:
    """The method that ``"auto"`` takes for labels or samples, by how many votes there are to learn a voter from.

    With n the votes of the voter behind an average vote and K the choices in use: ``"majority"`` if items have fewer
    than `VOTES_PER_ITEM` votes on average, if n is less than 10, or if the opinions are read in parts or more than
    `MOST_VOTES`; else ``"dawid-skene"`` if n is at least 10 K (K - 1); else ``"one-coin"``.

    Examples
    --------
    >>> from psephos.opinions import from_matrix
    >>> method_for(from_matrix([["a", "a", "b"], ["b", "b", "b"]]))
    'majority'
    >>> method_for(from_matrix([["a", "a", "b"], ["b", "b", "b"]] * 10))
    'dawid-skene'
    """
    if not isinstance(opinions, Opinions) or len(opinions) > MOST_VOTES:
        return "majority"
    choice = opinions.codes(opinions.value)
    cast = choice >= 0
    votes = np.bincount(opinions.codes("voter")[cast])
    items = len(np.unique(opinions.codes("item")[cast]))
    choices = max(2, len(np.unique(choice[cast])))
    total = int(votes.sum())
    if total < VOTES_PER_ITEM * items or not total:
        return "majority"
    of_voter = float((votes.astype(np.float64) ** 2).sum() / total)
    if of_voter >= VOTES_PER_NUMBER * choices * (choices - 1):
        return "dawid-skene"
    return "one-coin" if of_voter >= VOTES_PER_NUMBER else "majority"


def _chosen(opinions: Opinions | Shards, options: dict[str, Any]) -> str:
    """What auto takes: majority where an option is given that only majority has."""
    if opinions.kind in ("transcripts", "scores"):
        return METHODS[opinions.kind][0]
    asked = any(options.get(name, _IDLE[name]) != _IDLE[name] for name in ("ties", "rule", "resume"))
    return "majority" if asked else method_for(opinions)


def _fitting(name: str, kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options that a method takes; those that ask for nothing are left out, others that it lacks are refused."""
    takes = _takes(name)
    fitting = {option: value for option, value in options.items() if option in takes}
    for option, value in options.items():
        idle = option in _IDLE and value == _IDLE[option]
        if idle:
            fitting.pop(option, None)
        elif option not in takes:
            raise InputError(option, f"means nothing for {name}", hint=_who_takes(option, kind))
    return fitting


def _takes(name: str) -> Collection[str]:
    """The options of a method."""
    return _OF_SCORES if name == "score-bias" else inspect.signature(_DOORS[name]).parameters


def _who_takes(option: str, kind: str) -> str:
    """What to do about an option that a method lacks: leave it out, or take a method that has it."""
    methods = [method for method in METHODS[kind] if option in _takes(method)]
    if not methods:
        return f"leave it out; no method for {kind} has it"
    others = f" (or {', '.join(methods[1:])})" if methods[1:] else ""
    return f"leave it out, or take a method that has it: method={methods[0]!r}{others}"
