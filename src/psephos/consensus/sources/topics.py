r"""On which topics is a source reliable?

A site may be careful about medicine and careless about sport. Per source i and topic t, with n answers of it there of
which a share w_it agrees with the verdict,

    w'_it = (n w_it + s w_i) / (n + s),        s = 20 answers lent from the source itself,

so that a source without a history on a topic is what it is elsewhere; its weight there is L w' - 1.

Source: sheet 16, beyond the paper.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from psephos.consensus.sources.verdict import SourceVerdict
from psephos.errors import InputError, check_number
from psephos.opinions.coding import text_of
from psephos.opinions.model import Opinions

LENT = 20.0


def topic_reliability(
    verdict: SourceVerdict, topics: Mapping[str, str] | None = None, *, lent: float = LENT
) -> pl.DataFrame:
    """Reliability and weight of each source on each topic.

    Parameters
    ----------
    verdict : SourceVerdict
        On opinions in memory.
    topics : mapping of item to topic, optional
        The column ``topic`` of the table about items if not given; items without one take no part.
    lent : float, default 20
        Answers that a source is lent on each topic from all of its answers.

    Returns
    -------
    polars.DataFrame
        voter, topic, answered, agreed, reliability, weight; a row for every source that ever answered and every topic.

    Raises
    ------
    InputError
        If no item has a topic, the opinions were read in parts, or `lent` is negative.

    See Also
    --------
    psephos.consensus.weighted_vote : decide the items of one topic with the weights there.

    Examples
    --------
    >>> from psephos.consensus import source_reliability
    >>> from psephos.opinions import from_matrix
    >>> verdict = source_reliability(from_matrix([["a", "a", "b"], ["b", "b", "b"], ["a", "a", "a"]]))
    >>> found = topic_reliability(verdict, {"0": "sport", "1": "health", "2": "health"}, lent=1)
    >>> found.filter(topic="sport").select("voter", "answered", "agreed", "reliability").rows()[-1]
    ('2', 1, 0, 0.3333333333333333)
    """
    check_number("lent", lent, low=0)
    votes = verdict.opinions
    if not isinstance(votes, Opinions):
        raise InputError("verdict", "is of opinions read in parts", hint="use psephos.read")
    if topics is None:
        named = votes.about.column("items", "topic", verdict.items)
        named = pl.Series([None] * len(verdict), dtype=pl.String) if named is None else named.cast(pl.String)
    else:
        given = {text_of(item, "topics"): text_of(topic, "topics") for item, topic in topics.items()}
        named = pl.Series([given.get(item) for item in verdict.items], dtype=pl.String)
    if not named.count():
        raise InputError("topics", "no item has a topic", hint="add a column 'topic' to the table about items")
    names = named.drop_nulls().unique().sort()
    place = {name: number for number, name in enumerate(names)}
    topic_of = np.array([place.get(name, -1) for name in named], dtype=np.int64)
    at = {name: number for number, name in enumerate(verdict.items)}
    row_of_item = np.array([at.get(name, -1) for name in votes.vocabulary("item")], dtype=np.int64)
    row, voter, said = row_of_item[votes.codes("item")], votes.codes("voter"), votes.codes(votes.value)
    counts = (said >= 0) & (row >= 0) & (topic_of[row] >= 0)
    cell = voter[counts].astype(np.int64) * len(names) + topic_of[row[counts]]
    shape = (votes.size("voter"), len(names))
    answered = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    agreed = np.bincount(
        cell, weights=said[counts] == verdict.choice[row[counts]], minlength=shape[0] * shape[1]
    ).reshape(shape)
    own = verdict.reliability
    with np.errstate(invalid="ignore", divide="ignore"):
        shrunk = np.where(answered + lent > 0, (agreed + lent * own[:, None]) / (answered + lent), own[:, None])
    heard = np.flatnonzero(~np.isnan(own))
    table = pl.DataFrame(
        {
            "voter": votes.vocabulary("voter").gather(np.repeat(heard, shape[1])),
            "topic": names.gather(np.tile(np.arange(shape[1]), len(heard))),
            "answered": answered[heard].ravel(),
            "agreed": agreed[heard].ravel().astype(np.int64),
            "reliability": shrunk[heard].ravel(),
        }
    )
    return table.with_columns(weight=verdict.classes * pl.col("reliability") - 1)
