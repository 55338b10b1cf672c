"""Why did each of these items get its choice, at the cost of one pass over the votes?

`Verdict.why` looks for the votes on one item; asked for two hundred items it would go through all votes as often. Here
the votes on the items are taken out once, and `why` is asked of the small verdict that is left. Beside it, what a
page holds a verdict against.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from psephos.consensus.against_known import against_known
from psephos.errors import InputError, check_choice
from psephos.opinions import Opinions, Shards
from psephos.opinions.coding import Coded
from psephos.opinions.model import frozen
from psephos.opinions.reasons import Reasons
from psephos.opinions.verdicts import Verdict

if TYPE_CHECKING:
    from psephos.consensus import AgainstGold, AgainstReferences


def reasons_for(verdict: Verdict, items: pl.Series) -> list[Reasons]:
    """`verdict.why` of each of these items, in their order.

    Examples
    --------
    >>> from psephos.consensus import majority
    >>> from psephos.opinions import labels
    >>> verdict = majority(labels(["a", "a", "b"], ["x", "y", "x"], ["cat", "dog", "dog"]))
    >>> [reasons.dissenters for reasons in reasons_for(verdict, verdict.items)]
    [['y'], []]
    """
    if items.is_empty():
        return []
    at = np.flatnonzero(verdict.items.is_in(items.implode()).to_numpy())
    few = replace(
        verdict,
        opinions=votes_on(verdict.opinions, items),
        items=verdict.items.gather(at),
        choice=verdict.choice[at],
        runner_up=verdict.runner_up[at],
        certainty=verdict.certainty[at],
        margin=verdict.margin[at],
        votes=verdict.votes[at],
        support=verdict.support[at],
        flags={name: mask[at] for name, mask in verdict.flags.items()},
    )
    return [few.why(item) for item in items]


def votes_on(opinions: Opinions | Shards, items: pl.Series) -> Opinions:
    """The opinions on these items only; their vocabulary of items holds no others."""
    if isinstance(opinions, Shards):
        found = opinions.of_items(items)
        if found is None:
            raise InputError("items", "none of them has a vote", hint="the files have changed since they were read")
        return found
    vocabulary = opinions.vocabulary("item")
    at = np.flatnonzero(vocabulary.is_in(items.implode()).to_numpy())
    place = np.full(len(vocabulary) + 1, -1, dtype=np.int32)
    place[at] = np.arange(len(at))
    code = place[opinions.codes("item")]
    few = opinions.take(code >= 0)
    return replace(few, coded=frozen({**few.coded, "item": Coded(code[code >= 0], vocabulary.gather(at))}))


def known_of(
    verdict: Verdict, gold: AgainstGold | AgainstReferences | str | None
) -> AgainstGold | AgainstReferences | None:
    """What a page holds a verdict against: what was given, or for ``"known"`` what the opinions know."""
    if not isinstance(gold, str):
        return gold
    check_choice("gold", gold, ("known",))
    return against_known(verdict)
