"""Which method decides opinions of this kind?"""

from __future__ import annotations

from typing import Any

from psephos.consensus.majority import majority
from psephos.consensus.transcripts import transcripts
from psephos.errors import InputError, check_choice
from psephos.opinions.model import Opinions
from psephos.opinions.sharding import Shards, check_opinions
from psephos.opinions.verdicts import Verdict

METHODS = {"labels": ("majority",), "samples": ("majority",), "transcripts": ("transcripts",)}
"""Methods for each kind that can be decided; the first is what ``"auto"`` takes."""

_OF_LABELS = {"ties": "first", "rule": "plurality", "weights": None, "equivalence": "exact", "resume": None}
"""Options of `majority` that mean nothing for transcripts, with the values at which they ask for nothing."""


def decide(opinions: Opinions | Shards, *, method: str = "auto", **options: Any) -> Verdict:
    """Say what the voters say together.

    Parameters
    ----------
    opinions : Opinions or Shards
        Of kind ``labels``, ``samples`` or ``transcripts``.
    method : {"auto", "majority", "transcripts"}, default "auto"
        ``"auto"`` takes the first of `METHODS` for the kind; the provenance of the verdict names it.
    **options
        Passed to the method, `majority` or `transcripts`.

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
    if opinions.kind != "transcripts":
        return majority(opinions, **options)
    if not isinstance(opinions, Opinions):
        raise InputError("opinions", "transcripts are not read in parts", hint="use psephos.read")
    for name, idle in _OF_LABELS.items():
        if options.pop(name, idle) != idle:
            raise InputError(name, "means nothing for transcripts", hint="see psephos.consensus.transcripts")
    return transcripts(opinions, **options)
