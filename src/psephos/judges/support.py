"""Is this an answer, and do the documents bear it out?

A refusal ("I don't know", "there is no information on it", nothing at all) is no answer. Of an answer the share of its
content words that stand in the documents is its lexical support,

    support = |content words of the answer in the documents| / |content words of the answer|,

where numbers count by value (1,250 = 1250) and words without case, punctuation and the small words of English. It finds
what was made up, not what was misread; a model that judges entailment can take its place.

Source: sheet 16. Differs: the paper asks a trained model (AlignScore); this needs none. An answer of small words alone
("no", "yes") has the support of these words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from psephos.opinions.equivalence import words

_SMALL = """
a about after all also an and any are as at be been before but by can could did do does don't for from had has have he
her his how i if in into is it it's its many may me more most much my no not of on one or our out over s she so some
such than that the their them then there these they this to under up was we were what when where which while who whom
whose why will with would yes you your
"""
SMALL_WORDS = frozenset(_SMALL.split())
"""Words that say little by themselves."""

_REFUSALS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(i|we) (do not|don't|did not|cannot|can't) (know|answer|tell|say|determine|find)\b",
        r"\bno (information|answer|mention)\b",
        r"\b(cannot|can't|could not|unable to) (be )?(answer|determine|find|say|tell)",
        r"\bnot (\w+ly )?(mentioned|stated|specified|provided|given|known|available)\b",
        r"\b(does not|doesn't|do not|don't) (say|state|mention|specify|contain|provide|tell)\b",
        r"^(none|null|n/a|unknown|no answer)\.?$",
    )
)


def is_refusal(answer: str | None) -> bool:
    """Whether a text declines to answer.

    Parameters
    ----------
    answer : str or None
        None is a refusal.

    Returns
    -------
    bool
        True of an empty text too.

    Examples
    --------
    >>> [is_refusal(text) for text in ("I don't know.", "The documents do not say.", "Agnes Pell", " ")]
    [True, True, False, True]
    """
    if answer is None:
        return True
    said = " ".join(answer.replace("\u2019", "'").casefold().split())
    return not said or any(pattern.search(said) for pattern in _REFUSALS)


def lexical_support(documents: Sequence[str], question: str, answer: str) -> float:  # noqa: ARG001 - as any judge of it
    """Share of the content words of an answer that stand in the documents.

    Parameters
    ----------
    documents : sequence of str
        Texts that were read.
    question : str
        Not used here; a model in the place of this function may.
    answer : str
        What is to be supported.

    Returns
    -------
    float
        Between 0 and 1; 0 for an answer without words.

    Examples
    --------
    >>> lexical_support(["The bridge is 1,250 feet long."], "How long is it?", "1250 feet")
    1.0
    >>> lexical_support(["The bridge is 1,250 feet long."], "How long is it?", "about 900 metres")
    0.0
    """
    said = content_words(answer)
    there = {word for text in documents for word in words(text)}
    return sum(word in there for word in said) / len(said) if said else 0.0


def content_words(text: str) -> list[str]:
    """The words of a text without the small ones; these, if there are no others.

    Examples
    --------
    >>> content_words("In which year was the Tern Bridge opened?")
    ['year', 'tern', 'bridge', 'opened']
    """
    found = words(text)
    return [word for word in found if word not in SMALL_WORDS] or found
