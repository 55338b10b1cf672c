"""Which words carry a number, a denial, a unit, and which are little words?

One TOML file per language (``words/en.toml``, ``words/de.toml``) lists them; a file of one's own with the same tables
takes its place. Terms are names and words that the user cannot afford to get wrong.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, ParseError, check_choice
from psephos.opinions.equivalence import words
from psephos.opinions.text_files import decoded, read_bytes

LANGUAGES = ("en", "de")

SUB_LABELS = ("number", "negation", "unit", "term", "disfluency", "function word")
"""What a word can be; bit i of a class is entry i, and the first that holds names a disagreement."""


@dataclass(frozen=True)
class WordLists:
    """The words of one language by what a mistake in them means, as keys.

    Attributes
    ----------
    name : str
        Language or file.
    fillers, negations, units, function_words, terms : frozenset of str
    numbers, ordinals : mapping of str to int
        Number words and their values; words of order (third) and theirs.
    contractions, spelling : mapping of str to str
        Key to keys (blank-separated), key to key.
    same, signs : mapping of str to str
        Key to the key that means the same (mg, milligrams); sign between digits to what is said for it (/, over).
    """

    name: str
    fillers: frozenset[str] = frozenset()
    negations: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    function_words: frozenset[str] = frozenset()
    terms: frozenset[str] = frozenset()
    numbers: Mapping[str, int] = field(default_factory=dict)
    contractions: Mapping[str, str] = field(default_factory=dict)
    spelling: Mapping[str, str] = field(default_factory=dict)
    ordinals: Mapping[str, int] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=dict)
    signs: Mapping[str, str] = field(default_factory=dict)

    def classes(self, keys: Iterable[str]) -> npt.NDArray[np.uint8]:
        """What each key is: bit i for entry i of `SUB_LABELS`.

        Examples
        --------
        >>> load_word_lists("en").classes(["15", "not", "mg", "dose", "uh", "the", "rash"]).tolist()
        [1, 2, 4, 4, 16, 32, 0]
        """
        lists = (self.negations, self.units, self.terms, self.fillers, self.function_words)
        return np.array(
            [
                (key in self.numbers or any(sign.isdigit() for sign in key))
                + sum((key in one) << bit for bit, one in enumerate(lists, start=1))
                for key in keys
            ],
            dtype=np.uint8,
        )


def load_word_lists(
    language: str = "en", *, path: str | Path | None = None, terms: Collection[str] | None = None
) -> WordLists:
    """The lists of a language, or of a file.

    Parameters
    ----------
    language : {"en", "de"}, default "en"
    path : path, optional
        A TOML file with the tables of ``words/en.toml``; the language does not matter then.
    terms : collection of str, optional
        Names and terms whose words are watched.

    Raises
    ------
    ParseError
        If the file cannot be read or a table is not what it must be.

    Examples
    --------
    >>> "nicht" in load_word_lists("de").negations
    True
    """
    if path is None:
        check_choice("language", language, LANGUAGES)
        name = language
        text = files("psephos.consensus").joinpath("words", f"{language}.toml").read_text(encoding="utf-8")
    else:
        name = str(path)
        text = decoded(read_bytes(Path(path)), name, "utf-8")
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise ParseError(name, f"is not TOML: {problem}") from None
    lists = {table: _list(name, table, tables.get(table, [])) for table in _LISTS}
    maps = {table: _map(name, table, tables.get(table, {})) for table in _MAPS}
    unknown = set(tables) - set(_LISTS) - set(_MAPS)
    if unknown:
        known = ", ".join((*_LISTS, *_MAPS))
        raise ParseError(name, f"has an unknown table {min(unknown)!r}", hint=f"known are {known}")
    if isinstance(terms, str):
        raise InputError("terms", "must be a collection of texts, got one text", hint="write [term]")
    lists["terms"] |= frozenset(key for term in terms or () for key in words(term))
    parts: dict[str, Any] = {**lists, **maps}
    return WordLists(name, **parts)


_LISTS = ("fillers", "negations", "units", "function_words", "terms")
_MAPS: Mapping[str, type] = {
    "numbers": int,
    "contractions": str,
    "spelling": str,
    "ordinals": int,
    "same": str,
    "signs": str,
}


def _list(name: str, table: str, values: Any) -> frozenset[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ParseError(name, "must be a list of texts", where=table)
    return frozenset(value.lower() for value in values)


def _map(name: str, table: str, values: Any) -> dict[str, Any]:
    kind = _MAPS[table]
    if not isinstance(values, dict) or not all(type(value) is kind for value in values.values()):
        raise ParseError(name, f"must map texts to {'whole numbers' if kind is int else 'texts'}", where=table)
    return {key.lower(): value for key, value in values.items()}
