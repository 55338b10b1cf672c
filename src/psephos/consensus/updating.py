"""What do further votes change? The verdict with them, as far as possible from where the verdict without them ended.

truth_inference       goes on from the parameters of the verdict
source_reliability    goes on from the reliabilities of the sources
majority, collective  have nothing to go on from: one pass over the votes is all they ever make
"""

from __future__ import annotations

from typing import TypeVar, cast

from psephos.consensus.collectives.collective import collective
from psephos.consensus.collectives.verdict import CollectiveVerdict
from psephos.consensus.majority import majority
from psephos.consensus.sources.reliability import source_reliability
from psephos.consensus.sources.verdict import SourceVerdict
from psephos.consensus.truth_inference.inference import inferred
from psephos.consensus.truth_inference.score_bias import ScoreVerdict, score_bias
from psephos.consensus.truth_inference.verdict import TruthVerdict
from psephos.engine import Engine
from psephos.errors import InputError
from psephos.opinions.appending import appended
from psephos.opinions.model import Opinions
from psephos.opinions.verdicts import Verdict

AnyVerdict = TypeVar("AnyVerdict", bound=Verdict | ScoreVerdict)


def update(verdict: AnyVerdict, more: Opinions, *, engine: int | str | Engine = 1) -> AnyVerdict:
    """Add votes to a verdict.

    A fit starts from where that of the verdict ended, so it takes few rounds, and ends where one of all votes from the
    start ends, within its tolerance. New items and voters may come in; with a new choice a model starts over. All
    arguments are those of the call that made the verdict. Where few votes leave sources with several points of rest, a
    start from an earlier one may end in another than a start from equal weights.

    Parameters
    ----------
    verdict : Verdict or ScoreVerdict
        Of `majority`, `truth_inference`, `source_reliability` or `collective`.
    more : Opinions
        Further votes, of the same kind.
    engine : int, str or Engine, default 1
        See `truth_inference`.

    Returns
    -------
    Verdict or ScoreVerdict
        Of the same type.

    Raises
    ------
    InputError
        If the verdict is of another method, on opinions read in parts, or one in which copies share a vote, or the
        kinds differ.

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
    known = isinstance(verdict, (TruthVerdict, ScoreVerdict, SourceVerdict, CollectiveVerdict))
    if not known and not (isinstance(verdict, Verdict) and verdict.provenance.method == "majority"):
        hint = "of majority, truth_inference, source_reliability or collective"
        raise InputError("verdict", "cannot take further votes", hint=f"update verdicts {hint}")
    if not isinstance(more, Opinions):
        raise InputError("more", f"must be Opinions, got {type(more).__name__}")
    if not isinstance(verdict.opinions, Opinions):
        raise InputError(
            "verdict", "is of opinions read in parts, which take no further votes", hint="scan all files again"
        )
    if isinstance(verdict, SourceVerdict) and verdict.settings["copies"] == "share":
        hint = "call source_reliability on all answers, with prior= this verdict"
        raise InputError("verdict", "has split votes among copies, which more answers may tell apart", hint=hint)
    together = appended(verdict.opinions, more)
    found: Verdict | ScoreVerdict
    if isinstance(verdict, ScoreVerdict):
        found = score_bias(together, **verdict.settings, engine=engine)
    elif isinstance(verdict, TruthVerdict):
        merged = together.merged(verdict.settings["equivalence"])
        found = inferred(merged, verdict.settings, engine, start=verdict)
    elif isinstance(verdict, SourceVerdict):
        found = source_reliability(together, **verdict.settings, prior=verdict, engine=engine)
    elif isinstance(verdict, CollectiveVerdict):
        found = collective(together, **verdict.settings, engine=engine)
    else:
        found = majority(together, **verdict.settings, engine=engine)
    return cast("AnyVerdict", found)
