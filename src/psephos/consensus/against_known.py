"""How right is a verdict by what its own opinions know, whatever they are opinions of?

Known answers stand in the table about items: column ``gold`` of labels and samples, ``reference`` of transcripts. Pages
and the command line show the same comparison, so it is made here.
"""

from __future__ import annotations

from psephos.consensus.gold import AgainstGold, against_gold
from psephos.consensus.transcripts.references import AgainstReferences, against_references
from psephos.consensus.transcripts.verdict import TranscriptVerdict
from psephos.opinions.equivalence import RULES
from psephos.opinions.verdicts import Verdict


def against_known(verdict: Verdict) -> AgainstGold | AgainstReferences | None:
    """The verdict held against the answers or texts that its opinions know; None if they know none.

    Answers are the same by the rule that the verdict was made with, if it has a name.

    Parameters
    ----------
    verdict : Verdict

    Returns
    -------
    AgainstGold or AgainstReferences or None

    See Also
    --------
    psephos.consensus.against_gold : against answers that are given.

    Examples
    --------
    >>> import polars as pl
    >>> from psephos.consensus import majority
    >>> from psephos.opinions import labels
    >>> votes = ["a", "a"], ["x", "y"], ["cat", "cat"]
    >>> against_known(majority(labels(*votes))) is None
    True
    >>> about = {"items": pl.DataFrame({"item": ["a"], "gold": ["dog"]})}
    >>> against_known(majority(labels(*votes, about=about))).errors
    1
    """
    about = verdict.opinions.about
    if isinstance(verdict, TranscriptVerdict):
        texts = about.column("items", "reference", verdict.clip_names)
        return against_references(verdict) if texts is not None and texts.count() else None
    known = about.column("items", "gold", verdict.items)
    if known is None or not known.count():
        return None
    rule = verdict.provenance.parameters.get("equivalence", "exact")
    return against_gold(verdict, known, equivalence=rule if isinstance(rule, str) and rule in RULES else "exact")
