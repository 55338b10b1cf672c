"""What is said when something is wrong is said in the language of who reads it, and in English to programs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import psephos.review
from psephos.errors import InputError
from psephos.review.languages import LANGUAGES, _patterns, _problems, rephrased
from psephos.review.problems import in_words
from tests.review.conftest import World

ROOT = Path(psephos.review.__file__).parent
RAISED = {"InputError", "ForbiddenError", "ConflictError", "TakenError", "StoreError", "BusyError", "ParseError"}
AT_THE_TERMINAL = {"settings.py", "moving.py", "opening.py", "rights.py", "migrating.py", "audit_log.py"}
"""Rooms that the command line alone calls with what a person typed."""

HEADERS = {"accept": "application/json", "sec-fetch-site": "same-origin"}


def text_of(node: ast.AST | None) -> str | None:
    """A text with the number 7 in each of its places; None if it is said elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
    return None


def said_by(function: ast.AST) -> Iterator[tuple[int, str]]:
    """Lines and texts of problems and hints that a function raises, itself or by a name that it gave them."""
    named: dict[str, list[str]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            texts = [node.value, *([node.value.body, node.value.orelse] if isinstance(node.value, ast.IfExp) else [])]
            named.setdefault(node.targets[0].id, []).extend(filter(None, map(text_of, texts)))
    for node in ast.walk(function):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED):
            continue
        parts: list[ast.AST] = [*node.args[1:2], *(one.value for one in node.keywords if one.arg == "hint")]
        for part in parts:
            found = text_of(part)
            yield from ((node.lineno, one) for one in ([found] if found else named.get(getattr(part, "id", ""), [])))


def raised() -> list[tuple[str, str]]:
    """Where something is raised that a person may read on a page, and what."""
    found = {}
    for file in sorted(ROOT.rglob("*.py")):
        if file.name in AT_THE_TERMINAL:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found |= {(f"{file.relative_to(ROOT)}:{line}", text): None for line, text in said_by(node)}
    return list(found)


@pytest.mark.parametrize("language", [tag for tag in LANGUAGES if tag != "en"])
def test_everything_that_is_raised_is_known_in_each_language(language: str) -> None:
    said = raised()
    assert len(said) > 120
    assert [(where, text) for where, text in said if rephrased(language, text) is None] == []


@pytest.mark.parametrize("language", [tag for tag in LANGUAGES if tag != "en"])
def test_places_are_the_same_in_each_language_and_say_enough_to_be_told_apart(language: str) -> None:
    for text, said in _problems(language).items():
        assert sorted(re.findall(r"%\(\w+\)s|%", text)) == sorted(re.findall(r"%\(\w+\)s|%", said)), text
        assert "%(" not in text or len(re.sub(r"%\(\w+\)s|\W", "", text)) >= 4, text
    assert all(pattern.fullmatch("nobody ever says this, I hope") is None for pattern, _ in _patterns(language))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("may have 5,000 characters, got 6,001", "darf 5.000 Zeichen haben, hat aber 6.001"),
        ("is decided, not disputed", "ist entschieden, nicht strittig"),
        ("'%(x)s {0} %s' is taken", "'%(x)s {0} %s' ist vergeben"),
        ("must be one of a,\nb, got 'c'", "muss aus a,\nb sein, ist aber 'c'"),
    ],
)
def test_what_stands_in_the_places_is_kept(text: str, said: str) -> None:
    assert rephrased("de", text) == said
    assert rephrased("en", text) == text


def test_what_no_catalogue_knows_stays_whole_and_english() -> None:
    odd = InputError("votes.csv", "has an odd line", where="line 3", hint="remove it")
    assert in_words("de", odd) == (str(odd), "en")


def asked(world: World, path: str, **headers: str) -> Any:
    return world.visitor("annotator").client.get(path, headers=HEADERS | headers)


def test_a_program_reads_english_unless_it_says_otherwise(world: World) -> None:
    path = f"/api/v1/projects/{world.ids['own']}/items/999999"
    plain, german = asked(world, path), asked(world, path, **{"accept-language": "de-CH"})
    assert plain.json()["problem"] == "There is nothing here that you can see."
    assert plain.headers["content-language"] == "en"
    assert german.json()["problem"] == "Hier ist nichts, das Sie sehen können."
    assert german.headers["content-language"] == "de"


def german_reviewer(world: World) -> Any:
    with world.store.write() as session:
        session.get_one(psephos.review.store.account_tables.User, world.ids["annotator"]).locale = "de"
    return world.visitor("annotator")


@pytest.mark.parametrize(
    ("answer", "argument", "said"),
    [
        ({"own": ""}, "answer", "Antwort: darf nicht leer sein"),
        ({"score": 1}, "answer", "Antwort: muss hier aus choice, own sein, ist aber 'score'"),
    ],
)
def test_a_script_of_a_page_shows_its_language(world: World, answer: dict[str, Any], argument: str, said: str) -> None:
    """The browser asks for English, the person for German: the page is German, so what its script shows is."""
    one = german_reviewer(world)
    path = f"/api/v1/projects/{world.ids['own']}/items/{world.ids['own item']}/decisions"
    got = one.call("POST", path, {"answer": answer}, headers={"x-psephos": "page", "accept-language": "en"})
    assert (got.status_code, got.json()["problem"], got.json()["argument"]) == (422, said, argument)
    plain = one.call("POST", path, {"answer": answer}).json()
    assert plain["problem"].startswith("answer: must")


def test_a_page_shows_its_language_and_marks_what_is_another(world: World) -> None:
    one = german_reviewer(world)
    own = f"/projects/{world.ids['own']}"
    got = one.form(f"{own}/views", name=" ", query="?flag=tie")
    assert "Name: fehlt; sagen Sie, wie die Ansicht heißt" in got.text
    assert '<p class="user">' in got.text
    odd = one.get(f"{own}?state=7&order=nothing")
    assert odd.status_code == 422
    assert '<p class="user" lang="en">' in odd.text
    assert '<html lang="de"' in odd.text


def test_what_the_layers_refuse_is_said_in_the_language_of_the_browser(world: World) -> None:
    one = world.visitor()
    got = one.client.post(
        "/sign-in", data={"login": "a"}, headers={"accept-language": "de", "origin": "https://x.test"}
    )
    assert (got.status_code, got.json()["problem"]) == (403, "diese Anfrage kommt von einer anderen Website")
    assert got.headers["content-language"] == "de"
