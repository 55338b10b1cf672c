"""What is this called in the reader's language?

The words of the pages are English in the templates and stand in gettext catalogues for other languages: ``de.po``
beside this file, which any translation tool opens. The catalogues are read as they are; there is no build step.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""Languages by their tags, in their own words."""

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
