"""On which numbers, dates and names do drafts disagree?

Sentences of different drafts that are alike without their facts (token F1 at least `ALIKE`) speak of the same thing and
form a group, linked through common members. In a group two drafts contradict each other in a kind of fact if each
states a value that the other does not; a draft that only says more contradicts nobody. Each value on which they
disagree is listed with its votes, the number of drafts that state it.

Source: ours; sheet 24 asks for the table. It finds what drafts say in like words, not every contradiction.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from psephos.judges.fusion.drafts import Draft, distinct
from psephos.judges.fusion.facts import KINDS, Fact, facts
from psephos.judges.fusion.sentences import likeness, sentences

ALIKE = 0.5

_SCHEMA: dict[str, Any] = {
    "group": pl.Int64,
    "kind": pl.String,
    "value": pl.String,
    "votes": pl.Int64,
    "of": pl.Int64,
    "drafts": pl.List(pl.String),
    "sentence": pl.String,
    "in_text": pl.Boolean,
}


def contradictions(candidates: Sequence[str | Draft], text: str | None = None) -> pl.DataFrame:
    """Facts on which drafts disagree, with votes.

    Parameters
    ----------
    candidates : sequence of str or Draft
        The drafts.
    text : str, optional
        The answer that was made of them.

    Returns
    -------
    polars.DataFrame
        One row per value on which drafts disagree: group (of sentences on the same thing), kind (number, date, name),
        value, votes (drafts that state it, each as often as it was given), of (drafts with a fact of this kind there),
        drafts (their sources), sentence (that of the first), in_text (whether the answer states it; null without one).
        Sorted by group, then kind, then votes.

    Raises
    ------
    InputError
        If there is no draft.

    Examples
    --------
    >>> drafts = ["The bridge opened in 1932.", "The bridge was opened in 1933.", "The bridge opened in 1932, by rail."]
    >>> contradictions(drafts, "It opened in 1932.").select("kind", "value", "votes", "of", "in_text").rows()
    [('number', '1932', 2, 3, True), ('number', '1933', 1, 3, False)]
    """
    return contradiction_table(distinct(candidates)[0], text)


def contradiction_table(drafts: Sequence[Draft], text: str | None) -> pl.DataFrame:
    """As `contradictions`, of drafts that are checked."""
    said = [
        (place, sentence, found)
        for place, draft in enumerate(drafts)
        for sentence in sentences(draft.text)
        if (found := facts(sentence))
    ]
    told = None if text is None else {(fact.kind, fact.value) for fact in facts(text)}
    rows: list[tuple[object, ...]] = []
    n_groups = 0
    for group in _groups(said):
        disputed = [row for kind in KINDS for row in _disputed(kind, [said[place] for place in group], drafts, told)]
        n_groups += bool(disputed)
        rows += [(n_groups, *row) for row in disputed]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _groups(said: Sequence[tuple[int, str, list[Fact]]]) -> list[list[int]]:
    """Sentences on the same thing: alike but for their facts, and of different drafts."""
    bare = [_without(sentence, found) for _, sentence, found in said]
    owner = np.array([place for place, _, _ in said], dtype=np.int64)
    linked = (likeness(bare, bare) >= ALIKE) & (owner[:, None] != owner[None, :])
    root = list(range(len(said)))

    def top(place: int) -> int:
        while root[place] != place:
            root[place] = place = root[root[place]]
        return place

    for one, other in np.argwhere(np.triu(linked)).tolist():
        first, second = sorted((top(one), top(other)))
        root[second] = first
    groups: dict[int, list[int]] = {}
    for place in range(len(said)):
        groups.setdefault(top(place), []).append(place)
    return [group for group in groups.values() if len(group) > 1]


def _without(sentence: str, found: Sequence[Fact]) -> str:
    for fact in found:
        sentence = sentence.replace(fact.shown, " ")
    return sentence


def _disputed(
    kind: str,
    group: Sequence[tuple[int, str, list[Fact]]],
    drafts: Sequence[Draft],
    told: set[tuple[str, tuple[object, ...]]] | None,
) -> list[tuple[object, ...]]:
    held: dict[int, dict[tuple[object, ...], tuple[Fact, str]]] = {}
    for place, sentence, found in group:
        for fact in found:
            if fact.kind == kind:
                held.setdefault(place, {}).setdefault(fact.value, (fact, sentence))
    pairs = combinations(held.values(), 2)
    if not any(one.keys() - other.keys() and other.keys() - one.keys() for one, other in pairs):
        return []
    shared = set.intersection(*(set(values) for values in held.values()))
    values = dict.fromkeys(value for own in held.values() for value in own if value not in shared)
    of = sum(drafts[place].times for place in held)
    rows = []
    for value in values:
        who = [place for place, own in held.items() if value in own]
        fact, sentence = held[who[0]][value]
        votes = sum(drafts[place].times for place in who)
        in_text = None if told is None else (kind, value) in told
        rows.append((kind, fact.shown, votes, of, [drafts[place].source for place in who], sentence, in_text))
    return sorted(rows, key=lambda row: -int(row[2]))  # type: ignore[call-overload]
