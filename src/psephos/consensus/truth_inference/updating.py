"""What do further votes change? The verdict with them, fitted from where the verdict without them ended."""

from __future__ import annotations

from typing import Any

from psephos.consensus.truth_inference.inference import inferred
from psephos.consensus.truth_inference.score_bias import ScoreVerdict, score_bias
from psephos.consensus.truth_inference.verdict import TruthVerdict
from psephos.engine import Engine
from psephos.errors import InputError
from psephos.opinions.appending import appended
from psephos.opinions.model import Opinions


def update(verdict: Any, more: Opinions, *, engine: int | str | Engine = 1) -> TruthVerdict | ScoreVerdict:
    """Add votes to a verdict of `truth_inference`.

    The fit starts from the parameters of the verdict, so it takes few rounds, and ends where a fit of all votes from
    the start ends, within its tolerance. New items and voters may come in; with a new choice it starts over.

    Parameters
    ----------
    verdict : TruthVerdict or ScoreVerdict
        What is held against them.
    more : Opinions
        Further votes, of the same kind.
    engine : int, str or Engine, default 1
        See `truth_inference`.

    Returns
    -------
    TruthVerdict or ScoreVerdict
        The verdict on all votes, old and new.

    Raises
    ------
    InputError
        If the verdict is of another method or on opinions read in parts, or the kinds differ.

    See Also
    --------
    psephos.consensus.truth_inference : from the start.

    Examples
    --------
    >>> from psephos.consensus import truth_inference
    >>> from psephos.opinions import labels
    >>> verdict = truth_inference(labels(["a", "a", "b", "b"], ["x", "y", "x", "y"], [1, 1, 2, 2]), "one-coin")
    >>> update(verdict, labels(["b", "c"], ["z", "x"], [1, 2])).table().select("item", "choice", "votes").rows()
    [('a', '1', 2), ('b', '2', 3), ('c', '2', 1)]
    """
    if not isinstance(verdict, (TruthVerdict, ScoreVerdict)):
        raise InputError("verdict", "must be one of truth_inference", hint="other methods are fast: call them again")
    if not isinstance(more, Opinions):
        raise InputError("more", f"must be Opinions, got {type(more).__name__}")
    if not isinstance(verdict.opinions, Opinions):
        raise InputError(
            "verdict", "is of opinions read in parts, which take no further votes", hint="scan all files again"
        )
    together = appended(verdict.opinions, more)
    if isinstance(verdict, ScoreVerdict):
        return score_bias(together, **verdict.settings, engine=engine)
    return inferred(together.merged(verdict.settings["equivalence"]), verdict.settings, engine, start=verdict)
