"""Is a picture in a page safe, small, readable by machines, and always the same?"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from psephos.agreement import agree
from psephos.consensus import AgainstGold, majority
from psephos.errors import InputError
from psephos.opinions import Opinions, labels
from psephos.opinions.verdicts import Verdict
from psephos.plots import plot, svg

NASTY = [
    "<script>alert(1)</script>",
    "a & b \"c\" 'd'",
    "$\\frac{1}{2}$ and $x",
    "😀👩‍👩‍👧",
    "שלום مرحبا",
    "nul\x00bell\x07",
    "\u202eturned",
    "\ufffe",
    "漢字",
]


@pytest.fixture(autouse=True)
def _needs_matplotlib(require: Any) -> None:
    require("matplotlib")


@pytest.fixture(scope="module")
def every(verdict: Verdict, gold: AgainstGold, digits: Opinions) -> list[str]:
    results = [(verdict, "certainty"), (verdict, "voters"), (gold, None), (agree(digits, repeats=0), None)]
    return [svg(plot(result, name), "A finding", "What is shown") for result, name in results]


def test_it_is_one_labelled_element_without_anything_foreign(every: list[str]) -> None:
    for text in every:
        assert text.startswith("<svg ")
        assert text.endswith("</svg>")
        root = ET.fromstring(text)
        assert root.attrib["role"] == "img"
        assert root.attrib["aria-labelledby"] == "picture-title picture-description"
        assert [(child.tag.rpartition("}")[2], child.text) for child in list(root)[:2]] == [
            ("title", "A finding"),
            ("desc", "What is shown"),
        ]
        for element in root.iter():
            assert element.tag.rpartition("}")[2] not in ("style", "script", "metadata", "image", "foreignObject")
            assert not {"style", "onload"} & set(element.attrib)
        assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"]


def test_ids_are_unique_prefixed_and_all_referred_to(every: list[str]) -> None:
    for text in every:
        ids = re.findall(r' id="([^"]+)"', text)
        used = set(re.findall(r"url\(#([^)]+)\)", text)) | set(re.findall(r'href="#([^"]+)"', text))
        assert len(set(ids)) == len(ids)
        assert all(name.startswith("picture-") for name in ids)
        assert used <= set(ids) == used | {"picture-title", "picture-description"}


def test_text_is_text_and_colours_are_classes(every: list[str]) -> None:
    for text in every:
        root = ET.fromstring(text)
        for element in root.iter():
            for part in ("fill", "stroke"):
                value = element.attrib.get(part, "none")
                assert value == "none" or f"{part}-" in element.attrib.get("class", ""), value
        assert "<text" in text
        assert len(text) < 50_000


def test_two_processes_draw_the_same() -> None:
    code = f"""
import sys
from psephos.consensus import majority
from psephos.opinions import read
from psephos.plots import plot, svg
sys.stdout.write(svg(plot(majority(read({str(Path(__file__).parents[2] / "examples" / "digits")!r}))), "t", "d"))
"""
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(2)]
    drawn = [process.communicate()[0] for process in running]
    assert len(drawn[0]) > 1000
    assert drawn[0] == drawn[1]


def test_a_figure_can_be_drawn_twice(verdict: Verdict) -> None:
    figure = plot(verdict)
    assert svg(figure, "t", "d") == svg(figure, "t", "d")


def test_prefixes_keep_pictures_apart(verdict: Verdict) -> None:
    figure = plot(verdict)
    one, other = svg(figure, "t", "d", prefix="one"), svg(figure, "t", "d", prefix="other")
    assert one.replace("one-", "other-") == other


@pytest.mark.parametrize("prefix", ["", "1", "a b", 'a"', "a.b"])
def test_a_prefix_that_is_no_id_is_refused(verdict: Verdict, prefix: str) -> None:
    with pytest.raises(InputError, match="prefix: must be a letter"):
        svg(plot(verdict), "t", "d", prefix=prefix)


def test_names_of_users_are_text_and_nothing_else() -> None:
    items = [f"item {number}" for number in range(4)]
    rows = [(item, voter, "yes") for item in items for voter in NASTY]
    opinions = labels(*map(list, zip(*rows, strict=True)))
    for result, name in ((majority(opinions), "voters"), (agree(opinions, repeats=0), "pairs")):
        text = svg(plot(result, name), NASTY[0], NASTY[5])
        root = ET.fromstring(text)
        tags = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert tags <= {"svg", "title", "desc", "g", "defs", "path", "use", "text", "clipPath", "rect"}
        shown = [element.text or "" for element in root.iter() if element.tag.endswith("}text")]
        assert any("$\\frac{1}{2}$" in part for part in shown)
        assert not any("\u202e" in part or "\x00" in part for part in shown)
