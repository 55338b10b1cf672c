"""What is said when something is wrong is said in the language of who reads it, and in English to programs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

import psephos.review
from psephos.errors import InputError
from psephos.review.actions import ACTION_CHOICES, ACTION_WORDS
from psephos.review.faults import WORDS
from psephos.review.languages import LANGUAGES, _patterns, _problems, catalogue, rephrased, retold, spoken
from psephos.review.security import csrf_token
from psephos.review.store.account_tables import User
from psephos.review.store.projects import change_project
from psephos.review.store.tables import Project
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
    found: dict[tuple[str, str], None] = {}
    for file in sorted(ROOT.rglob("*.py")):
        if file.name in AT_THE_TERMINAL:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found |= {(f"{file.relative_to(ROOT)}:{line}", one): None for line, one in said_by(node)}
    return list(found)


@pytest.mark.parametrize("language", [tag for tag in LANGUAGES if tag != "en"])
def test_everything_that_is_raised_is_known_in_each_language(language: str) -> None:
    said = raised()
    assert len(said) > 120
    assert [(where, one) for where, one in said if rephrased(language, one) is None] == []


@pytest.mark.parametrize("language", [tag for tag in LANGUAGES if tag != "en"])
def test_places_are_the_same_in_each_language_and_say_enough_to_be_told_apart(language: str) -> None:
    for told, said in _problems(language).items():
        assert sorted(re.findall(r"%\(\w+\)s|%", told)) == sorted(re.findall(r"%\(\w+\)s|%", said)), told
        assert "%(" not in told or len(re.sub(r"%\(\w+\)s|\W", "", told)) >= 4, told
    assert all(pattern.fullmatch("nobody ever says this, I hope") is None for pattern, _ in _patterns(language))


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        ("may have 5,000 characters, got 6,001", "darf 5.000 Zeichen haben, hat aber 6.001"),
        ("is decided, not disputed", "ist entschieden, nicht strittig"),
        ("'%(x)s {0} %s' is taken", "'%(x)s {0} %s' ist vergeben"),
        ("must be one of a,\nb, got 'c'", "muss aus a,\nb sein, ist aber 'c'"),
    ],
)
def test_what_stands_in_the_places_is_kept(raised: str, said: str) -> None:
    assert rephrased("de", raised) == said
    assert rephrased("en", raised) == raised


def test_what_no_catalogue_knows_stays_english_after_a_word_on_that() -> None:
    odd = InputError("votes.csv", "has an odd line", where="line 3", hint="remove it")
    said = spoken("de", odd.argument, odd.problem, odd.where, odd.hint)
    assert said.text == "votes.csv: Das Programm sagt auf Englisch:"
    assert said.english == "has an odd line (line 3); remove it"
    assert str(spoken("en", odd.argument, odd.problem, odd.where, odd.hint)) == str(odd)
    half = spoken("de", "item", "is locked", hint="knock three times")
    assert (half.text, half.english) == (
        "Eintrag: ist gesperrt. Das Programm rät auf Englisch:",
        "knock three times",
    )


@pytest.mark.parametrize(
    ("problem", "hint"), [("is locked", "ask a manager to unlock it"), ("is missing", None), ("has an odd line", None)]
)
def test_what_was_kept_as_text_is_told_like_the_error_itself(problem: str, hint: str | None) -> None:
    wrong = InputError("item", problem, hint=hint)
    told = str(spoken("de", "item", problem, hint=hint))
    assert retold("de", str(wrong)) == (told if rephrased("de", problem) else str(wrong))


@pytest.mark.parametrize("language", [tag for tag in LANGUAGES if tag != "en"])
def test_what_the_form_of_a_request_lacks_is_known_in_each_language(language: str) -> None:
    places = {"max_length": 7, "min_length": 7, "ge": 7, "gt": 7, "le": 7, "lt": 7, "expected": "7"}
    assert [said for said in WORDS.values() if rephrased(language, said.format(**places)) is None] == []


def test_a_form_that_is_refused_says_which_field_in_the_language_of_the_page(world: World) -> None:
    one = german_reviewer(world)
    path = f"/api/v1/projects/{world.ids['own']}/items/{world.ids['own item']}/decisions"
    got = one.call("POST", path, {"answer": {"choice": "a"}, "version": "x"}, headers={"x-psephos": "page"})
    assert got.status_code == 422
    assert "version: muss eine ganze Zahl sein" in got.json()["problem"]
    assert got.json()["faults"][0]["where"] == "body.version"
    assert "version: must be a whole number" in one.call("POST", path, {"answer": {}, "version": "x"}).json()["problem"]
    page = one.get(f"/projects/{world.ids['own']}?order=size").text
    assert "order: muss aus &#39;value&#39;" in page


def asked(world: World, path: str, **headers: str) -> Any:
    return world.visitor("annotator").client.get(path, headers=HEADERS | headers)


def test_a_program_reads_english_unless_it_says_otherwise(world: World) -> None:
    path = f"/api/v1/projects/{world.ids['own']}/items/999999"
    plain, german = asked(world, path), asked(world, path, **{"accept-language": "de-CH"})
    assert plain.json()["problem"] == "There is nothing here that you can see."
    assert plain.headers["content-language"] == "en"
    assert german.json()["problem"] == "Hier ist nichts, was Sie sehen können."
    assert german.headers["content-language"] == "de"


def german_reviewer(world: World) -> Any:
    with world.store.write() as session:
        session.get_one(User, world.ids["annotator"]).locale = "de"
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


def test_a_page_shows_its_language(world: World) -> None:
    one = german_reviewer(world)
    own = f"/projects/{world.ids['own']}"
    fields = {"csrf": csrf_token(one.cookie), "name": " ", "query": "?flag=tie"}
    got = one.client.post(f"{own}/views", data=fields, headers=one.own(token=False) | {"accept": "text/html"})
    assert "Name: fehlt; sagen Sie, wie die Ansicht heißt" in got.text
    assert '<p class="user">' in got.text
    odd = world.visitor("manager").get(f"{own}/history?before=0", headers={"accept-language": "de"})
    assert odd.status_code == 422
    assert '<p class="user">before: muss mindestens 1 sein</p>' in odd.text
    assert '<html lang="de"' in odd.text


def test_what_stays_english_on_a_page_is_marked_as_english(world: World) -> None:
    got = german_reviewer(world).get(f"/projects/{world.ids['own']}/accept", headers={"accept-language": "de"})
    assert got.status_code == 405
    assert '<p class="user">Das Programm sagt auf Englisch:</p>' in got.text
    assert '<p class="user" lang="en">Method Not Allowed</p>' in got.text


def test_what_the_layers_refuse_is_said_in_the_language_of_the_browser(world: World) -> None:
    one = world.visitor()
    got = one.client.post(
        "/sign-in", data={"login": "a"}, headers={"accept-language": "de", "origin": "https://x.test"}
    )
    assert (got.status_code, got.json()["problem"]) == (403, "diese Anfrage kommt von einer anderen Website")
    assert got.headers["content-language"] == "de"


def logged() -> set[str]:
    """Names of actions that anything in the review app logs."""
    found: set[str] = set()
    for file in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("record", "_record", "add"):
                parts = [*node.args[3:4], *(one.value for one in node.keywords if one.arg == "action")]
                found |= {one.value for one in parts if isinstance(one, ast.Constant) and isinstance(one.value, str)}
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "action":
                found |= {str(one.value) for one in ast.walk(node.value) if isinstance(one, ast.Constant) and one.value}
    return found


def test_every_action_of_the_log_has_words_in_each_language() -> None:
    names = {one for one in logged() if re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", one)}
    assert names == set(ACTION_WORDS)
    missing = [
        said for said in ACTION_WORDS.values() for tag in LANGUAGES if tag != "en" and said not in catalogue(tag)
    ]
    assert missing == []


def test_the_filter_of_a_project_offers_no_action_that_its_log_never_holds() -> None:
    only: dict[str, bool] = {}
    for file in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record" and len(node.args) > 3:
                of_none = isinstance(node.args[1], ast.Constant) and node.args[1].value is None
                for part in ast.walk(node.args[3]):
                    if isinstance(part, ast.Constant):
                        only[str(part.value)] = only.get(str(part.value), True) and of_none
    never = {name for name, of_none in only.items() if of_none} | {"person.disabled", "person.enabled"}
    assert {"sign_in", "retention.sweep", "token.made"} <= never
    assert never & set(ACTION_CHOICES) == set()


def test_the_page_of_the_log_shows_words_and_is_asked_by_names(world: World) -> None:
    with world.store.write() as session:
        session.get_one(User, world.ids["manager"]).locale = "de"
        project = session.get_one(Project, world.ids["own"])
        change_project(session, project, actor=world.ids["manager"], overlap=3)
    page = world.visitor("manager").get(f"/projects/{world.ids['own']}/history?action=project.change").text
    rows = re.findall(r"<tr class=\"history-row\">.*?</tr>", page)
    assert len(rows) == 1
    assert "<td>Regeln geändert</td>" in rows[0]
    assert '<option value="project.change" selected>Regeln geändert</option>' in page
    assert len(re.findall("<option", page)) == len(ACTION_CHOICES) + 1
    odd = world.visitor("manager").get(f"/projects/{world.ids['own']}/history?action=<i>odd").text
    assert '<option value="&lt;i&gt;odd" selected>&lt;i&gt;odd</option>' in odd


def test_a_chain_that_is_broken_and_an_export_that_failed_are_told_in_german(world: World) -> None:
    with world.store.write() as session:
        session.get_one(User, world.ids["manager"]).locale = "de"
        session.execute(text("DROP TRIGGER audit_refuses_update"))
        session.execute(text("UPDATE audit SET actor = 'x' WHERE seq = 2 AND chain = :own"), {"own": world.ids["own"]})
    manager, own = world.visitor("manager"), f"/projects/{world.ids['own']}"
    page = manager.get(f"{own}/history?check=true").text
    assert "Zeile 2 wurde geändert, oder die davor" in page
    assert manager.form(f"{own}/exports", format="srt").status_code == 303
    page = manager.get(f"{own}/settings").text
    assert "Projekt: hat keine Transkripte zum Exportieren; entscheiden Sie einige" in page
