"""How does what was written become keys, the words that are compared?

Options, in this order: `strip_brackets` leaves out [laughs] and (noise), `contractions` writes won't as will not,
`spelling` makes British spelling American, `drop_fillers` leaves out uh and um, `numbers` turns number words into
digits (twenty five -> 25, with the surface "twenty five").

`meant` makes alike what is said alike, however it is written; `numbers` and `spelling` are then on, and

    a letter beside a digit is a word of its own     5mg -> 5 mg, B12 -> b 12, 28th -> 28
    signs between digits are what is said for them   37.5 -> 37 point 5, 120/80 -> 120 over 80, 10:30 -> 10 30
    ordinals are numbers                             twenty eighth -> 28
    names of one thing are one word (table `same`)   mg, milligram -> milligrams; % -> percent

Source: sheet 01; ours: `meant`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from psephos.consensus.transcripts.number_words import spoken_numbers
from psephos.consensus.transcripts.word_lists import WordLists
from psephos.errors import InputError
from psephos.opinions.equivalence import words

LONGEST_BRACKET = 8
"""Tokens that a remark in brackets may have."""

_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
_PARTS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+|[^\w\s]")
"""What a key is cut into: letters, digits, signs."""

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Writing:
    """How tokens become keys; see the module for each option.

    Attributes
    ----------
    lists : WordLists
        Fillers, contractions, spellings and number words of a language.
    numbers, drop_fillers, spelling, contractions, strip_brackets, meant : bool
        The options; `meant` brings numbers and spelling.

    Raises
    ------
    InputError
        `numbers` or `meant`: the language has no words for hundred and thousand.
    """

    lists: WordLists
    numbers: bool = False
    drop_fillers: bool = False
    spelling: bool = False
    contractions: bool = False
    strip_brackets: bool = False
    meant: bool = False

    def __post_init__(self) -> None:
        if self.in_digits and not {"hundred", "thousand"} <= set(self.lists.numbers):
            argument = "numbers" if self.numbers else "meant"
            raise InputError(argument, f"number words of {self.lists.name!r} cannot be turned into digits")

    @property
    def in_digits(self) -> bool:
        """Whether number words become digits."""
        return self.numbers or self.meant

    @property
    def description(self) -> str:
        """What counts as the same word, in words."""
        if self.meant:
            alike = "what is said alike is the same, however it is written (numbers, units, spelling)"
        else:
            options = {"numbers": self.numbers, "spelling": self.spelling, "contractions": self.contractions}
            alike = " and ".join([*(name for name, on in options.items() if on), "case and punctuation do not count"])
            alike = alike.replace(" and case", " made alike, case") if any(options.values()) else alike
        left_out = {"fillers": self.drop_fillers, "remarks in brackets": self.strip_brackets}
        return "; ".join([alike, *(f"{name} are left out" for name, on in left_out.items() if on)])

    @cached_property
    def number_words(self) -> Mapping[str, int]:
        """Words that are numbers, with their values; ordinals among them where what is meant is compared."""
        return {**self.lists.numbers, **self.lists.ordinals} if self.meant else self.lists.numbers

    def keys_of(self, token: str) -> list[str]:
        """The keys of one token, number words as they are."""
        keys = words(token)
        if self.contractions:
            keys = [part for key in keys for part in self.lists.contractions.get(key, key).split()]
        if self.spelling or self.meant:
            keys = [self.lists.spelling.get(key, key) for key in keys]
        if self.drop_fillers:
            keys = [key for key in keys if key not in self.lists.fillers]
        return self._as_said(keys) if self.meant else keys

    def _as_said(self, keys: Sequence[str]) -> list[str]:
        """Keys as they are said."""
        parts = [part for key in keys for part in _PARTS.findall(_ORDINAL.sub("", key))]
        said = [self.lists.signs.get(part, part) for part in parts]
        return [self.lists.same.get(part, part) for part in said if part != ":"]

    def keys(self, text: str) -> list[str]:
        """The keys of a whole text, such as a reference.

        Examples
        --------
        >>> from psephos.consensus.transcripts.word_lists import load_word_lists
        >>> Writing(load_word_lists("en"), numbers=True, contractions=True).keys("It won't take twenty-five.")
        ['it', 'will', 'not', 'take', '25']
        >>> " ".join(Writing(load_word_lists("en"), meant=True).keys("BP 120/80, 37.5mg on the twenty-eighth"))
        'bp 120 over 80 37 point 5 milligrams on the 28'
        """
        tokens = text.split()
        if self.strip_brackets:
            inside = bracketed(tokens)
            tokens = [token for token, left_out in zip(tokens, inside, strict=True) if not left_out]
        keys = self.keys_of(" ".join(tokens))
        if self.in_digits:
            for start, stop, value in reversed(spoken_numbers(keys, self.number_words)):
                keys[start:stop] = [str(value)]
        return keys


def bracketed(tokens: Sequence[str], transcript: Whole | None = None) -> npt.NDArray[np.bool_]:
    """Which tokens belong to a remark in brackets."""
    inside = np.zeros(len(tokens), dtype=bool)
    pairs = {"[": "]", "(": ")"}
    for at, token in enumerate(tokens):
        closing = pairs.get(token[:1])
        if closing is None or inside[at]:
            continue
        for last in range(at, min(at + LONGEST_BRACKET, len(tokens))):
            if transcript is not None and transcript[last] != transcript[at]:
                break
            if tokens[last].rstrip(".,;:!?").endswith(closing):
                inside[at : last + 1] = True
                break
    return inside
