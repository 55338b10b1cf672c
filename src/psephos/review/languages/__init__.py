"""What is this called in the reader's language?

The words of the pages are English in the templates and stand in gettext catalogues for other languages: ``de.po``
beside this file, which any translation tool opens. The catalogues are read as they are; there is no build step.

What is said when something is wrong is English where it is raised, with numbers and names in it, for programs read it
too. A page says it anew: ``problems.de.po`` holds it with ``%(places)s``, and what fits such a text is said in the
language with the same in its places.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""Languages by their tags, in their own words."""

_LONGEST = 1_000
"""Signs of a text that is held against texts with places; looking takes a power of them."""

_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


@cache
def catalogue(language: str) -> dict[str, str | tuple[str, str]]:
    """The translations of a language; a text with a count has two, for one and for many.

    Examples
    --------
    >>> catalogue("de")["Sign in"], catalogue("en")
    ('Anmelden', {})
    """
    if language == "en":
        return {}
    text = files("psephos.review.languages").joinpath(f"{language}.po").read_text(encoding="utf-8")
    return {key: said for key, said in _entries(text) if key}


def translated(language: str, text: str) -> str:
    """A text in a language; itself where the catalogue has none."""
    found = catalogue(language).get(text, text)
    return found if isinstance(found, str) else found[0]


def counted(language: str, one: str, many: str, count: int) -> str:
    """A text with a count in a language."""
    found = catalogue(language).get(one, (one, many))
    forms = (found, many) if isinstance(found, str) else found
    return forms[0] if count == 1 else forms[1]


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


def retold(language: str, text: str) -> str:
    """What was kept as the text of an error, ``argument: problem; hint``, in a language as far as it is known.

    Examples
    --------
    >>> retold("de", "item: is locked; ask somebody"), retold("de", "no answer")
    ('Eintrag: ist gesperrt; ask somebody', 'keine Antwort')
    """
    whole = rephrased(language, text)
    if whole is not None:
        return whole
    argument, colon, rest = text.partition(": ")
    problem, sign, hint = rest.partition("; ")
    parts = (argument, colon, problem, sign, hint)
    return "".join(rephrased(language, part) or part for part in parts)


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
    text = files("psephos.review.languages").joinpath(f"problems.{language}.po").read_text(encoding="utf-8")
    return {key: said for key, said in _entries(text) if key and isinstance(said, str)}


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
        return value.replace(",", ".")
    return _problems(language).get(value) or translated(language, value)


def _entries(text: str) -> Iterable[tuple[str, str | tuple[str, str]]]:
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
            yield parts["msgid"], (parts["msgstr[0]"], parts["msgstr[1]"])
        elif "msgid" in parts:
            yield parts["msgid"], parts["msgstr"]
