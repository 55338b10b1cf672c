"""Does docs/data.md say what psephos does: the kinds with their columns, and what becomes of rows at fault?"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

import psephos
from psephos.opinions.issues import Issue, Issues
from psephos.opinions.kinds import KINDS

PAGE = Path(__file__).parents[1] / "docs" / "data.md"


def table(heading: str) -> list[list[str]]:
    """Rows of the table of the page whose first column has this heading."""
    text = PAGE.read_text(encoding="utf-8")
    lines = text[text.index(f"| {heading} |") :].split("\n\n", 1)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def names(cell: str) -> tuple[str, ...]:
    return tuple(re.findall("`([^`]+)`", cell))


def test_kinds_have_the_columns_that_the_page_says() -> None:
    said = {names(kind)[0]: tuple(map(names, columns)) for kind, _, *columns in table("kind")}
    done = {
        kind.name: (kind.required, tuple(name for name in kind.names if name not in kind.required), kind.key)
        for kind in KINDS.values()
    }
    assert said == done
    assert list(said) == list(done)


Read = Callable[..., Issues]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def issues(text: str, name: str = "file.csv", **options: object) -> Issues:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return psephos.read(path, **options).issues  # type: ignore[arg-type]

    return issues


def test_findings_are_those_that_the_page_lists(read: Read) -> None:
    labels, line = "item,voter,label\n", '{"item": 1, "voter": 2, "label": 3}\n'
    about = {"items": pl.DataFrame({"item": ["a", "a", "c"], "gold": [1, 1, 1]})}
    twice = labels + "a,x,1\na,x,2\n"
    found = [
        read(labels + "a,x,1,2\nb,x,1\n"),
        read(
            line + "[]\n{\n" + line.replace('"voter"', '"item"') + "[" * 100_000 + '\n{"item": "\\ud800"}\n', "f.jsonl"
        ),
        read(labels + ",x,1\na,x,1\n"),
        read("item,voter,score\na,x,high\nb,x,1\n"),
        read("item,voter,score\na,x,inf\nb,x,1\n"),
        read("item,voter,draw,answer\na,x,0.5,1\na,x,,1\na,x,1,1\n"),
        read("item,voter,label,time\na,x,1,noon\nb,x,1,2\n"),
        read("left,right,winner\na,b,neither\na,b,tie\n"),
        read(
            '[{"item":1,"voter":1,"draw":1,"answer":1,"logprobs":"x"},{"item":1,"voter":1,"draw":2,"answer":1}]',
            "f.json",
        ),
        read(labels + "a,x,1\na,x,1\n"),
        read("item,voter,label,time\na,x,1,1\na,x,2,2\n"),
        read(twice, repeated="first"),
        read(twice, repeated="last"),
        read(twice + "b,x,1\n"),
        read(labels + "a,x,1\n", about=about),
        read(labels + "a,x,\na,y,1\n"),
        read(labels + "a,x,NA\na,y,1\n"),
        read("item,voter,label,weight\na,x,1,\na,y,1,1\n"),
        read(labels + "a,x,1\nA,x,1\n"),
        read("item;voter;label\na;x;1\n"),
        read('[{"item": 1, "voter": 1, "draw": 1, "answer": {"value": 1}}]', "g.json"),
        read("item,x,y\na,1,2\nb,1,2\n", wide="item"),
        read("item,worker,label\na,x,1\n"),
    ]
    done = {(shortened(issue), issue.action) for issues in found for issue in issues}
    assert done == {(names(finding)[0], action) for finding, action in table("finding")}


def shortened(issue: Issue) -> str:
    """The finding without what a JSON parser says in brackets."""
    return re.sub(r"^not JSON \(.+\)$", "not JSON", issue.reason)
