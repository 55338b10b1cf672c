"""The words of the pages: all translated, none left over, one registry of keys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import psephos.review
from psephos.errors import InputError
from psephos.review.delivering import EVENT_WORDS
from psephos.review.exporting import CHOICES, TABLE_CHOICES
from psephos.review.keys import BINDINGS, bindings_of, check_keys
from psephos.review.languages import LANGUAGES, best_language, catalogue, counted, translated
from psephos.review.rendering import templates

ROOT = Path(psephos.review.__file__).parent


def said_on_pages() -> set[str]:
    found: set[str] = set()
    for file in sorted((ROOT / "templates").rglob("*.html")):
        for _, _, message in templates("en").extract_translations(file.read_text(encoding="utf-8")):
            first = message[0] if isinstance(message, tuple) else message
            if isinstance(first, str):
                found.add(first)
    offered = {label for _, label in (*CHOICES, *TABLE_CHOICES)}
    return found | {one.says for one in BINDINGS} | offered | set(EVENT_WORDS.values())


@pytest.mark.parametrize("language", [tag for tag in LANGUAGES if tag != "en"])
def test_everything_that_pages_say_is_translated_with_the_same_places(language: str) -> None:
    known = catalogue(language)
    missing = sorted(said_on_pages() - set(known))
    assert missing == []
    for text, said in known.items():
        forms = said if isinstance(said, tuple) else (said,)
        for form in forms:
            assert form.strip()
            assert sorted(re.findall(r"%\(\w+\)s|%%", form)) == sorted(re.findall(r"%\(\w+\)s|%%", text)), text


def test_a_count_takes_its_form() -> None:
    assert counted("de", "%(n)s vote", "%(n)s votes", 1) == "%(n)s Stimme"
    assert counted("de", "%(n)s vote", "%(n)s votes", 0) == "%(n)s Stimmen"
    assert counted("en", "%(n)s vote", "%(n)s votes", 2) == "%(n)s votes"
    assert translated("de", "not in the catalogue {{ 7 }} %") == "not in the catalogue {{ 7 }} %"


@pytest.mark.parametrize("accepted", ["", "*", "fr", ";;;q=", "de;q=9999", "x" * 5000, "en-US,en;q=0.9"])
def test_any_wish_for_a_language_has_an_answer(accepted: str) -> None:
    assert best_language("", accepted) in LANGUAGES


def test_templates_escape_everything_and_hold_no_inline_script_or_style() -> None:
    for file in (ROOT / "templates").rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"\|\s*safe|autoescape false|\sstyle=|\son[a-z]+=|javascript:|https?://", text), file.name
        assert all("application/json" in tag or "src=" in tag for tag in re.findall(r"<script[^>]*>", text)), file.name


def test_default_keys_do_not_clash() -> None:
    assert check_keys({one.command: one.key for one in BINDINGS}) == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"accept": "1"},
        {"accept": "Control+s"},
        {"accept": "j"},
        {"accept": "g"},
        {"accept": "g q"},
        {"nothing": "x"},
        {"accept": "xx"},
        {"accept": "  "},
    ],
    ids=str,
)
def test_keys_that_cannot_be_are_refused(changed: dict[str, str]) -> None:
    with pytest.raises(InputError) as problem:
        check_keys(changed)
    assert problem.value.argument == "keys"


def test_a_key_can_be_moved_and_switched_off() -> None:
    changed = check_keys({"accept": "x", "skip": "", "next": "j"})
    assert changed == {"accept": "x", "skip": ""}
    used = {one.command: key for one, key in bindings_of(changed)}
    assert (used["accept"], used["skip"], used["next"]) == ("x", "", "j")
