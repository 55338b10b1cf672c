"""Does docs/methods.md name every public method once, and nothing that is not there?"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from collections import Counter
from pathlib import Path
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
    """One row of the table; a cell of "-" is empty."""

    sheet: str
    method: str
    verb: str
    tests: str
    benchmark: str


def table_rows(text: str) -> list[Row]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    header, rule, *rows = cells
    assert header == ["sheet", "method", "command line", "tests", "benchmark"]
    assert all(re.fullmatch(":?-+:?", cell) for cell in rule)
    return [Row(*row) for row in rows]


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


ROWS = table_rows(PAGE.read_text(encoding="utf-8"))
PATHS = [path for row in ROWS for path in re.findall("<([^>]+)>`", row.method)]


def test_every_public_method_has_one_row_and_every_row_a_method() -> None:
    assert len(PATHS) == len(ROWS)
    assert Counter(PATHS) == Counter(methods())


@pytest.mark.parametrize("row", ROWS, ids=PATHS)
def test_what_a_row_names_is_there(row: Row) -> None:
    assert re.fullmatch(r"-|\d\d(, \d\d)*", row.sheet)
    assert row.tests != "-"
    for cell, folder in ((row.tests, "tests/"), (row.benchmark, "benchmarks/")):
        assert cell == "-" or quoted(cell)
        for path in quoted(cell):
            assert path.startswith(folder)
            assert (ROOT / path).is_file(), path
    assert row.verb == "library only" or quoted(row.verb)
    assert set(quoted(row.verb)) <= verbs()


def test_every_verb_is_explained() -> None:
    headings = re.findall("^## (.+)$", COMMANDS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert Counter(headings) == Counter(verbs())
    shown = re.findall("^psephos (.+) --help$", COMMANDS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert list(dict.fromkeys(line.split()[0] for line in shown)) == headings
