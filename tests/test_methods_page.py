"""Does docs/methods.md name every public method once, and nothing that is not there?"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import re
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
import typer

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "methods.md"
COMMANDS = ROOT / "docs" / "commands.md"
ROOMS = (
    "agreement",
    "metrics",
    "consensus",
    "ranking",
    "selection",
    "allocation",
    "judges",
    "learning",
    "studies.peer_review",
)


class Row(NamedTuple):
    """One row of a table of methods; a cell of "-" is empty."""

    method: str
    known_as: str
    sheet: str
    verb: str
    tests: str
    benchmark: str


class Paper(NamedTuple):
    """One row of the list of papers."""

    known_as: str
    about: str
    source: str
    sheet: str
    here: str


def tables(text: str) -> list[list[list[str]]]:
    """The tables of the page, each a list of rows of cells with its header first and without its rule."""
    found: list[list[list[str]]] = []
    before = ""
    for line in text.splitlines():
        if line.startswith("|"):
            if not before.startswith("|"):
                found.append([])
            found[-1].append([cell.strip() for cell in line.strip("|").split("|")])
        before = line
    for header, rule, *rows in found:
        assert all(re.fullmatch(":?-+:?", cell) for cell in rule)
        assert all(len(row) == len(header) for row in rows)
    return [[header, *rows] for header, _, *rows in found]


def quoted(cell: str) -> list[str]:
    return re.findall("`([^`]+)`", cell)


def methods() -> list[str]:
    """Import paths of the public methods: all callables of the method rooms but result types and errors."""
    found = []
    for name in ROOMS:
        if not ROOT.joinpath("src", "psephos", *name.split("."), "__init__.py").exists():
            continue
        room = importlib.import_module(f"psephos.{name}")
        found += [f"{room.__name__}.{public}" for public in room.__all__ if is_method(getattr(room, public))]
    return found


def is_method(value: Any) -> bool:
    if inspect.isclass(value):
        return (
            not dataclasses.is_dataclass(value) and not issubclass(value, Exception) and not inspect.isabstract(value)
        )
    return callable(value)


def verbs() -> set[str]:
    from psephos.cli import app

    return set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def from_a_command() -> dict[str, str]:
    """Import paths of public methods that a file of the command line uses, and which file that is.

    It imports them, or a door that stands in one module with the table of the methods it can be asked for by name.
    """
    path_of = {id(public_at(path)): path for path in methods()}
    found: dict[str, str] = {}
    for file in sorted(ROOT.joinpath("src", "psephos", "cli").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("psephos."):
                continue
            taken = [getattr(importlib.import_module(str(node.module)), one.name, None) for one in node.names]
            for door in (one for one in taken if id(one) in path_of):
                for one in (door, *in_tables(sys.modules[door.__module__])):
                    if id(one) in path_of:
                        found[path_of[id(one)]] = file.name
    return found


def in_tables(module: ModuleType) -> list[Any]:
    """What the constants of a module name."""
    constants = [
        node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.Assign | ast.AnnAssign)
    ]
    values = [node.value for node in constants if node.value is not None]
    return [
        getattr(module, node.id, None) for value in values for node in ast.walk(value) if isinstance(node, ast.Name)
    ]


def public_at(path: str) -> Any:
    room, _, name = path.rpartition(".")
    return getattr(importlib.import_module(room), name)


TEXT = PAGE.read_text(encoding="utf-8")
PAPERS_TABLE, *METHOD_TABLES = tables(TEXT)
PAPERS = [Paper(*row) for row in PAPERS_TABLE[1:]]
ROWS = [Row(*row) for table in METHOD_TABLES for row in table[1:]]
PATHS = [path for row in ROWS for path in re.findall("<([^>]+)>`", row.method)]


def test_tables_have_the_columns_that_are_read_here() -> None:
    assert PAPERS_TABLE[0] == ["known as", "what it is about", "source", "sheet", "here"]
    assert {tuple(table[0]) for table in METHOD_TABLES} == {
        ("method", "known as", "sheet", "command line", "tests", "benchmark")
    }


def test_every_sheet_is_listed_by_the_name_of_its_paper_and_leads_to_its_methods() -> None:
    """ "not yet" stands exactly where no method names the sheet; a link leads to a heading under which one does."""
    assert sorted(paper.sheet for paper in PAPERS) == [f"{number:02}" for number in range(1, 43)]
    named = [paper.known_as.lower() for paper in PAPERS]
    assert named == sorted(named)
    parts = re.split("^#+ (.+)$", TEXT, flags=re.MULTILINE)
    sheets_of = {
        re.sub("[^a-z0-9 -]", "", heading.lower()).replace(" ", "-"): {
            sheet
            for table in tables(text)
            for row in table[1:]
            if len(row) == len(Row._fields)
            for sheet in row[Row._fields.index("sheet")].split(", ")
        }
        for heading, text in zip(parts[1::2], parts[2::2], strict=True)
    }
    built = {sheet for row in ROWS for sheet in row.sheet.split(", ")}
    for paper in PAPERS:
        if paper.sheet not in built:
            assert paper.here == "not yet", paper
            continue
        anchor = re.fullmatch(r"\[.+\]\(#(.+)\)", paper.here)
        assert anchor is not None, paper
        assert paper.sheet in sheets_of[anchor[1]], paper


def test_every_public_method_has_one_row_and_every_row_a_method() -> None:
    assert len(PATHS) == len(ROWS)
    assert Counter(PATHS) == Counter(methods())


@pytest.mark.parametrize("row", ROWS, ids=PATHS)
def test_what_a_row_names_is_there(row: Row) -> None:
    assert re.fullmatch(r"-|\d\d(, \d\d)*", row.sheet)
    assert row.known_as
    assert row.tests != "-"
    for cell, folder in ((row.tests, "tests/"), (row.benchmark, "benchmarks/")):
        assert cell == "-" or quoted(cell)
        for path in quoted(cell):
            assert path.startswith(folder)
            assert (ROOT / path).is_file(), path
    assert row.verb == "library only" or quoted(row.verb)
    assert set(quoted(row.verb)) <= verbs()


def test_what_a_command_uses_is_not_called_library_only() -> None:
    used = from_a_command()
    for path in (
        "consensus.decide",
        "consensus.collective",
        "ranking.borda",
        "selection.best_of_n",
        "allocation.Uniform",
    ):
        assert f"psephos.{path}" in used  # by import, and by name
    verb_of = dict(zip(PATHS, (row.verb for row in ROWS), strict=True))
    assert [f"{path} in {file}" for path, file in used.items() if verb_of[path] == "library only"] == []


def test_every_verb_is_explained() -> None:
    headings = re.findall("^## (.+)$", COMMANDS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert Counter(headings) == Counter(verbs())
    shown = re.findall("^psephos (.+) --help$", COMMANDS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert list(dict.fromkeys(line.split()[0] for line in shown)) == headings
