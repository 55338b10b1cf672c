"""Which word says who won a battle?

Arenas, judges and tables of votes each have words of their own for four outcomes. What a word means is looked up here,
in any case and by nothing but the word: a word that is not known is an error that names its row, never a tie.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

WINNERS: Mapping[str, str] = MappingProxyType(
    {
        word: outcome
        for outcome, words in (
            ("left", ("left", "model_a", "a", "a>b", "a>>b", "leftvote", "left_vote")),
            ("right", ("right", "model_b", "b", "b>a", "b>>a", "rightvote", "right_vote")),
            ("tie", ("tie", "a=b", "a=b=good", "tievote", "tie_vote", "tie (good)", "both good", "both_good")),
            (
                "both_bad",
                ("both_bad", "tie (bothbad)", "tie (both bad)", "bothbad", "both bad", "a=b=bad", "bothbad_vote"),
            ),
        )
        for word in words
    }
)
"""Outcome by word, in small letters."""

ANY_TIE = frozenset({"a=b", "tie", "tievote", "tie_vote"})
"""Words of a tie that do not say whether both were good or both bad."""


def outcome_of(word: str) -> str | None:
    """The outcome that a word names, None if it is not known.

    Examples
    --------
    >>> outcome_of("model_a"), outcome_of("A=B=Bad"), outcome_of("maybe")
    ('left', 'both_bad', None)
    """
    return WINNERS.get(word.strip().casefold())
