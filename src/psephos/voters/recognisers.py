"""Who can write down what is said in a recording?

A `Recogniser` is given a recording and returns its words as `Token`s: with times and a confidence where its engine
gives them, otherwise with times spread over a segment and marked so, or with none. Nothing is made up. The engines of
`NAMES` are small models that come inside Python packages (the extra ``asr``): no network is used, ever, and the same
recording gives the same words. A recogniser says what it is in `identity`, by which finished work is found again.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from psephos.errors import MissingPartError, check_choice
from psephos.opinions.transcript_checks import GIVEN, INTERPOLATED, MISSING
from psephos.opinions.transcript_tokens import spread

_MOST_SECONDS = 1e9  # JSON can hold numbers that are none as floats


@dataclass(frozen=True, slots=True)
class Token:
    """One word as a recogniser wrote it.

    Attributes
    ----------
    text : str
        The word with its punctuation.
    start, end : float or None
        Seconds from the beginning of the recording.
    confidence : float or None
        Between 0 and 1, on the engine's own scale.
    times : str
        Where the times come from: ``given`` by the engine, ``interpolated`` within a segment, or ``missing``.
    """

    text: str
    start: float | None = None
    end: float | None = None
    confidence: float | None = None
    times: str = MISSING


class Recogniser(ABC):
    """Something that writes down what is said in a recording.

    Attributes
    ----------
    name : str
        Its name as a voter.
    group : str
        Its family; members make the same mistakes.
    description : str
        What it is, in a line.
    language : str
        Code of the language that it listens for.
    """

    name: str
    group: ClassVar[str]
    description: str
    language: str

    @property
    @abstractmethod
    def identity(self) -> Mapping[str, str]:
        """All that its words depend on besides the recording."""

    @abstractmethod
    def transcribe(self, path: str | Path) -> tuple[Token, ...]:
        """The words said in a recording, in order; none if it hears none.

        Raises
        ------
        InputError
            If the recording cannot be read.
        RecogniserError
            If the recogniser fails on it.
        """


class RecogniserError(RuntimeError):
    """A recogniser failed on a recording that may be fine.

    Examples
    --------
    >>> print(RecogniserError("whisper-tiny: out of memory"))
    whisper-tiny: out of memory
    """


class LocalRecogniser(Recogniser):
    """A recogniser that runs in this process; it loads its model when it is first needed.

    Attributes
    ----------
    packages : mapping of str to str
        The imports that it needs, and the packages that bring them.
    """

    packages: ClassVar[Mapping[str, str]]
    languages: ClassVar[tuple[str, ...]] = ("en",)

    def __init__(self, language: str = "en") -> None:
        for part in self.packages:
            if importlib.util.find_spec(part) is None:
                raise MissingPartError(part, "asr", f"the words of {self.name}")
        if self.languages:
            check_choice("language", language, self.languages)
        self.language = language
        os.environ["HF_HUB_OFFLINE"] = "1"  # the models are here; nothing may be fetched

    @property
    def identity(self) -> Mapping[str, str]:
        """The name, the language and the versions of the packages."""
        versions = {package: importlib.metadata.version(package) for package in self.packages.values()}
        return {"name": self.name, "language": self.language, **versions}


_ENGINES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "whisper-tiny": ("psephos.voters.whisper", "WhisperTiny"),
        "whisper-base": ("psephos.voters.whisper", "WhisperBase"),
        "moonshine": ("psephos.voters.moonshine", "Moonshine"),
        "pocketsphinx": ("psephos.voters.sphinx", "PocketSphinx"),
    }
)

NAMES = tuple(_ENGINES)
"""The recognisers that run in this process."""


def recogniser(name: str, *, language: str = "en") -> Recogniser:
    """The recogniser of this name.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    language : str, default "en"
        Code of the language; all but ``whisper-base`` know English only.

    Raises
    ------
    InputError
        If there is no such recogniser, or it does not know the language.
    MissingPartError
        If its packages are not installed.

    Examples
    --------
    >>> recogniser("parrot")
    Traceback (most recent call last):
        ...
    psephos.errors.InputError: recogniser: must be one of 'whisper-tiny', 'whisper-base', 'moonshine', 'pocketsphinx',
    got 'parrot'
    """
    return _engine(check_choice("recogniser", name, NAMES))(language)


def installed() -> tuple[str, ...]:
    """The names of those recognisers whose packages are installed.

    Examples
    --------
    >>> set(installed()) <= set(NAMES)
    True
    """
    return tuple(
        name for name in NAMES if all(importlib.util.find_spec(part) is not None for part in _engine(name).packages)
    )


def _engine(name: str) -> type[LocalRecogniser]:
    module, kind = _ENGINES[name]
    found: type[LocalRecogniser] = getattr(importlib.import_module(module), kind)
    return found


def given(text: str, start: float | None, end: float | None, confidence: float | None) -> Token:
    """A word with what an engine says of it; times or a confidence that cannot be are left out.

    Parameters
    ----------
    text : str
    start, end : float or None
        Seconds; both or none are kept.
    confidence : float or None
        0 to 1.

    Examples
    --------
    >>> given("so", 0.5, 0.25, 1.5)
    Token(text='so', start=None, end=None, confidence=None, times='missing')
    """
    if not (_possible(start) and _possible(end) and start is not None and end is not None and start <= end):
        start = end = None
    if not _possible(confidence, 1):
        confidence = None
    return Token(
        text,
        None if start is None else round(float(start), 3),
        None if end is None else round(float(end), 3),
        None if confidence is None else round(float(confidence), 6),
        MISSING if start is None else GIVEN,
    )


def interpolated(text: str, start: float | None, end: float | None) -> list[Token]:
    """The words of a segment of which only the whole has times: these are spread over the words."""
    words = text.split()
    if not (_possible(start) and _possible(end) and start is not None and end is not None and start <= end):
        return [Token(word) for word in words]
    spans = spread(words, float(start), float(end))
    return [
        Token(word, round(low, 3), round(high, 3), None, INTERPOLATED)
        for word, (low, high) in zip(words, spans, strict=True)
    ]


def in_order(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """The tokens; one that is said to begin before the one ahead of it loses its times.

    Examples
    --------
    >>> [token.start for token in in_order([given("no", 2, 3, None), given("pain", 1, 4, None)])]
    [2.0, None]
    """
    kept: list[Token] = []
    latest = 0.0
    for token in tokens:
        if token.times == GIVEN and token.start is not None and token.start < latest:
            kept.append(Token(token.text, confidence=token.confidence))
            continue
        latest = token.start if token.times == GIVEN and token.start is not None else latest
        kept.append(token)
    return tuple(kept)


def _possible(value: float | None, most: float = _MOST_SECONDS) -> bool:
    return isinstance(value, (int, float)) and 0 <= value <= most
