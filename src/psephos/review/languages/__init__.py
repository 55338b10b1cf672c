"""What is this called in the reader's language?

The words of the pages are English in the templates and stand in gettext catalogues for other languages: ``de.po``
beside this file, which any translation tool opens. The catalogues are read as they are; there is no build step.

What is said when something is wrong is English where it is raised, with numbers and names in it, for programs read it
too. A page says it anew: ``problems.de.po`` holds it with ``%(places)s``, and what fits such a text is said in the
language with the same in its places.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from psephos.review.languages.numbers import figures

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""Languages by their tags, in their own words."""

_LONGEST = 1_000
"""Signs of a text that is held against texts with places; looking takes a power of them."""

_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


@cache
def catalogue(language: str) -> dict[str, str | tuple[str, ...]]:
    """The translations of a language; a text with a count has as many as the language has forms for counts.

    Examples
    --------
    >>> catalogue("de")["Sign in"], catalogue("en")
    ('Anmelden', {})
    """
    if language == "en":
        return {}
    return {key: said for key, said in _entries(_text_of(f"{language}.po")) if key}


def translated(language: str, text: str) -> str:
    """A text in a language; itself where the catalogue has none."""
    found = catalogue(language).get(text, text)
    return found if isinstance(found, str) else found[0]


def counted(language: str, one: str, many: str, count: int) -> str:
    """A text with a count in a language, in the form that the rule of its catalogue gives this count.

    Examples
    --------
    >>> counted("de", "%(n)s vote", "%(n)s votes", 1), counted("en", "%(n)s vote", "%(n)s votes", 0)
    ('%(n)s Stimme', '%(n)s votes')
    """
    found = catalogue(language).get(one, one)
    if isinstance(found, str):
        return found if count == 1 else many
    return found[min(_form_for(language)(int(count)), len(found) - 1)]


def rephrased(language: str, text: str) -> str | None:
    """What was raised in English, in a language; None if no catalogue knows it.

    Examples
    --------
    >>> print(rephrased("de", "is locked"), rephrased("de", "may have 5,000 characters, got 6,001"), sep="; ")
    ist gesperrt; darf 5.000 Zeichen haben, hat aber 6.001
    >>> rephrased("en", "anything"), rephrased("de", "anything")
    ('anything', None)
    """
    if language == "en":
        return text
    known = _problems(language)
    if text in known or len(text) > _LONGEST:
        return known.get(text)
    for pattern, said in _patterns(language):
        if found := pattern.fullmatch(text):
            return said % {name: _placed(language, value) for name, value in found.groupdict().items()}
    return None


@dataclass(frozen=True)
class Spoken:
    """A complaint in the reader's language; `english` holds what no catalogue knows, in the program's own words."""

    text: str
    english: str = ""

    def __str__(self) -> str:
        return f"{self.text} {self.english}".strip()


def spoken(language: str, argument: str, problem: str, where: str | None = None, hint: str | None = None) -> Spoken:
    """The parts of an `InputError` in a language: what is known in it, and what stays English after a word on that.

    Examples
    --------
    >>> spoken("de", "item", "is locked", hint="ask somebody").text
    'Eintrag: ist gesperrt. Das Programm rät auf Englisch:'
    >>> str(spoken("de", "votes.csv", "has an odd line", "line 3"))
    'votes.csv: Das Programm sagt auf Englisch: has an odd line (line 3)'
    """
    place = f" ({where})" if where else ""
    advice = f"; {hint}" if hint else ""
    if language == "en":
        return Spoken(f"{argument}: {problem}{place}{advice}")
    name, said = rephrased(language, argument) or argument, rephrased(language, problem)
    advised = rephrased(language, hint) if hint else ""
    if said is None:
        return Spoken(f"{name}: {translated(language, 'The program says in English:')}", f"{problem}{place}{advice}")
    if advised is None:
        return Spoken(f"{name}: {said}{place}. {translated(language, 'The program advises in English:')}", str(hint))
    return Spoken(f"{name}: {said}{place}" + (f"; {advised}" if advised else ""))


def retold(language: str, text: str) -> str:
    """What was kept as the text of an error, ``argument: problem; hint``, in a language; itself if nothing is known.

    Examples
    --------
    >>> retold("de", "item: is locked; take the next one"), retold("de", "no answer"), retold("de", "HTTP 500: odd")
    ('Eintrag: ist gesperrt; nehmen Sie den nächsten', 'keine Antwort', 'HTTP 500: odd')
    """
    whole = rephrased(language, text)
    if whole is not None:
        return whole
    argument, _, rest = text.partition(": ")
    problem, _, hint = rest.partition("; ")
    known = rephrased(language, problem) is not None
    return str(spoken(language, argument, problem, hint=hint)) if known else text


def best_language(wanted: str, accepted: str) -> str:
    """The language to use: the one that the person chose, else the first of the browser's that there is.

    Examples
    --------
    >>> best_language("", "fr;q=0.9, de-AT, en;q=0.5"), best_language("en", "de"), best_language("", "")
    ('de', 'en', 'en')
    """
    if wanted in LANGUAGES:
        return wanted
    offers = []
    for place, part in enumerate(accepted.split(",")[:20]):
        tag, _, rest = part.strip().partition(";")
        number = re.search(r"q=([01](?:\.\d{0,3})?)$", rest.strip())
        offers.append((-float(number[1]) if number else -1.0, place, tag.partition("-")[0].lower()))
    return next((tag for _, _, tag in sorted(offers) if tag in LANGUAGES), "en")


@cache
def _problems(language: str) -> dict[str, str]:
    """What is raised, in a language."""
    entries = _entries(_text_of(f"problems.{language}.po"))
    return {key: said for key, said in entries if key and isinstance(said, str)}


@cache
def _patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Texts with places, those that say most themselves first."""
    found = []
    for text, said in _problems(language).items():
        own, *rest = re.split(r"%\((\w+)\)s", text)
        parts, length = [re.escape(own)], len(own)
        for name, after in zip(rest[::2], rest[1::2], strict=True):
            parts += [f"(?P<{name}>.*)", re.escape(after)]
            length += len(after)
        if rest:
            found.append((-length, re.compile("".join(parts), re.DOTALL), said))
    return [(pattern, said) for _, pattern, said in sorted(found, key=lambda one: one[0])]


def _placed(language: str, value: str) -> str:
    """What stood in a place: a word of ours in the language, a count as one writes it there."""
    if re.fullmatch(r"\d{1,3}(,\d{3})+", value):
        return figures(value, language)
    return _problems(language).get(value) or translated(language, value)


@cache
def _form_for(language: str) -> Callable[[int], int]:
    """Which form of a text a count takes, by the rule in the head of the catalogue."""
    head = next(said for key, said in _entries(_text_of(f"{language}.po")) if not key)
    found = re.search(r"plural=([^;]+);", str(head))
    return gettext.c2py(found[1] if found else "n != 1")


def _text_of(name: str) -> str:
    return files("psephos.review.languages").joinpath(name).read_text(encoding="utf-8")


def _entries(text: str) -> Iterable[tuple[str, str | tuple[str, ...]]]:
    for block in re.split(r"\n\s*\n", text):
        parts: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            found = re.match(r'(?:(msgid_plural|msgid|msgstr(?:\[\d\])?)\s+)?"(.*)"\s*$', line)
            if found is None:
                continue
            name = found[1] or name
            parts[name] = parts.get(name, "") + re.sub(r"\\(.)", lambda sign: _ESCAPES[sign[1]], found[2])
        if "msgid_plural" in parts:
            yield parts["msgid"], tuple(said for name, said in parts.items() if name.startswith("msgstr["))
        elif "msgid" in parts:
            yield parts["msgid"], parts["msgstr"]
