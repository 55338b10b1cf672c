"""Which method decides opinions of this kind?"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from psephos.consensus.collective import collective
from psephos.consensus.majority import majority
from psephos.consensus.source_reliability import source_reliability
from psephos.consensus.transcripts import transcripts
from psephos.errors import InputError, check_choice
from psephos.opinions.model import Opinions
from psephos.opinions.sharding import Shards, check_opinions
from psephos.opinions.verdicts import Verdict

METHODS = {
    "labels": ("majority", "source-reliability"),
    "samples": ("majority", "collective"),
    "transcripts": ("transcripts",),
}
"""Methods for each kind that can be decided; the first is what ``"auto"`` takes."""

_DOORS: dict[str, Callable[..., Verdict]] = {
    "majority": majority,
    "source-reliability": source_reliability,
    "collective": collective,
    "transcripts": transcripts,
}

_IDLE = {"ties": "first", "rule": "plurality", "weights": None, "equivalence": "exact", "resume": None}
"""Options that not every method has, with the values at which they ask for nothing."""


def decide(opinions: Opinions | Shards, *, method: str = "auto", **options: Any) -> Verdict:
    """Say what the voters say together.

    Parameters
    ----------
    opinions : Opinions or Shards
        Of kind ``labels``, ``samples`` or ``transcripts``.
    method : str, default "auto"
        One of `METHODS` for the kind: ``"majority"``, ``"source-reliability"``, ``"collective"``, ``"transcripts"``.
        ``"auto"`` takes the first of them; the provenance of the verdict names it.
    **options
        Passed to the method.

    Returns
    -------
    Verdict

    Raises
    ------
    InputError
        If no method decides opinions of this kind, or an option does not go with it.

    Examples
    --------
    >>> from psephos.opinions import labels
    >>> decide(labels(["a", "a", "a"], ["x", "y", "z"], ["cat", "cat", "dog"])).table()["choice"].to_list()
    ['cat']
    """
    check_opinions(opinions)
    if opinions.kind not in METHODS:
        kinds = ", ".join(METHODS)
        raise InputError("opinions", f"{opinions.kind} cannot be decided", hint=f"a verdict is made from {kinds}")
    check_choice("method", method, ("auto", *METHODS[opinions.kind]))
    name = METHODS[opinions.kind][0] if method == "auto" else method
    if opinions.kind == "transcripts" and not isinstance(opinions, Opinions):
        raise InputError("opinions", "transcripts are not read in parts", hint="use psephos.read")
    return _DOORS[name](opinions, **_fitting(name, options))


def _fitting(name: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options that a method takes; those that ask for nothing are left out, others that it lacks are refused."""
    takes = inspect.signature(_DOORS[name]).parameters
    fitting = {option: value for option, value in options.items() if option in takes}
    for option, value in options.items():
        idle = option in _IDLE and value == _IDLE[option]
        if idle:
            fitting.pop(option, None)
        elif option not in takes:
            raise InputError(
                option, f"means nothing for {name}", hint=f"see psephos.consensus.{name.replace('-', '_')}"
            )
    return fitting
