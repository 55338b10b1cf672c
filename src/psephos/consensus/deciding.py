"""Which method decides opinions of this kind?"""

from __future__ import annotations

from typing import Any

from psephos.consensus.majority import majority
from psephos.errors import InputError, check_choice
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Verdict
from psephos.opinions.sharding import Shards, check_opinions

METHODS = {"labels": ("majority",), "samples": ("majority",)}
"""Methods for each kind that can be decided; the first is what ``"auto"`` takes."""


def decide(opinions: Opinions | Shards, *, method: str = "auto", **options: Any) -> Verdict:
    """Say what the voters say together.

    Parameters
    ----------
    opinions : Opinions or Shards
        Of kind ``labels`` or ``samples``.
    method : {"auto", "majority"}, default "auto"
        ``"auto"`` takes the first of `METHODS` for the kind; the provenance of the verdict names it.
    **options
        Passed to the method, such as `majority`.

    Returns
    -------
    Verdict

    Raises
    ------
    InputError
        If no method decides opinions of this kind.

    Examples
    --------
    >>> from psephos.opinions import labels
    >>> decide(labels(["a", "a", "a"], ["x", "y", "z"], ["cat", "cat", "dog"])).table()["choice"].to_list()
    ['cat']
    """
    check_opinions(opinions)
    if opinions.kind not in METHODS:
        kinds = " or ".join(METHODS)
        raise InputError("opinions", f"{opinions.kind} cannot be decided", hint=f"a verdict is made from {kinds}")
    check_choice("method", method, ("auto", *METHODS[opinions.kind]))
    return majority(opinions, **options)
