"""Does the answer depend on the order in which the drafts were shown?

The same drafts are fused again in other orders. A fact (number, date, name) that is in some of the texts and not in all
depends on the order; so may the words, of which the mean token F1 of all pairs of texts tells.

Source: ours; sheet 24 asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from psephos.judges.fusion.facts import Fact, facts
from psephos.judges.fusion.sentences import likeness

_SCHEMA = {"kind": pl.String, "value": pl.String, "texts": pl.Int64, "of": pl.Int64, "in_text": pl.Boolean}


def unstable_facts(texts: Sequence[str]) -> pl.DataFrame:
    """Facts that are not in all of these texts, the first of which is the answer.

    Examples
    --------
    >>> unstable_facts(["It opened in 1932.", "It opened in 1933.", "It opened in 1932."]).rows()
    [('number', '1932', 2, 3, True), ('number', '1933', 1, 3, False)]
    """
    held: dict[tuple[str, tuple[object, ...]], tuple[Fact, set[int]]] = {}
    for place, text in enumerate(texts):
        for fact in facts(text):
            held.setdefault((fact.kind, fact.value), (fact, set()))[1].add(place)
    rows = [
        (fact.kind, fact.shown, len(places), len(texts), 0 in places)
        for fact, places in held.values()
        if len(places) < len(texts)
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row").sort("texts", descending=True, maintain_order=True)


def same_words(texts: Sequence[str]) -> float:
    """Mean token F1 of all pairs of texts; 1 for a single one.

    Examples
    --------
    >>> same_words(["It opened in 1932.", "It opened in 1933."])
    0.75
    """
    if len(texts) < 2:
        return 1.0
    return float(likeness(texts, texts)[np.triu_indices(len(texts), 1)].mean())
