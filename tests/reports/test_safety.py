"""Can a text of a user become more than text, or a page ask for anything?"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest

from psephos.agreement import Agreement, agree
from psephos.consensus import AgainstGold, TranscriptVerdict, against_gold, against_references, majority
from psephos.errors import InputError
from psephos.opinions import Opinions
from psephos.opinions.verdicts import Verdict
from psephos.reports import report
from psephos.reports.trusted import own_picture, own_text

LOADS = {"src", "srcset", "data", "action", "formaction", "poster", "background", "cite", "ping", "xlink:href"}


class Parts(HTMLParser):
    """Elements of a page with their attributes, and the texts of style and script."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, list[str]] = {"style": [], "script": []}
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        self.elements.append((f"/{tag}", {}))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] in self.texts:
            self.texts[self.elements[-1][0]].append(data)


@pytest.fixture(scope="module")
def pages(
    hostile: Opinions,
    verdict: Verdict,
    gold: AgainstGold,
    agreement: Agreement,
    xss: list[str],
    hostile_talk: TranscriptVerdict,
) -> list[str]:
    bad = majority(hostile)
    source = replace(bad.provenance.source, names=tuple(xss), given=tuple(xss))
    made = replace(bad.provenance, parameters={xss[0]: xss[1]}, notes=tuple(xss), command=xss[2], source=source)
    bad = replace(bad, provenance=made)
    wrong = agree(hostile, repeats=0)
    return [
        report(verdict, gold=gold, agreement=agreement),
        report(agreement),
        report(gold),
        report(bad, gold=against_gold(bad), agreement=wrong),
        report(wrong),
        report(bad.why(xss[1])),
        report(against_gold(bad)),
        report(hostile_talk, gold=against_references(hostile_talk)),
        report(against_references(hostile_talk)),
    ]


def test_there_is_one_script_and_one_style_and_both_are_ours(pages: list[str]) -> None:
    scripts, styles = zip(*((Parts(page).texts["script"], Parts(page).texts["style"]) for page in pages), strict=True)
    assert all(len(part) == 1 for part in (*scripts, *styles))
    assert len({part[0] for part in scripts}) == len({part[0] for part in styles}) == 1
    for page in pages:
        tags = [tag for tag, _ in Parts(page).elements]
        assert tags.count("script") == tags.count("style") == 1
        assert not {"iframe", "object", "embed", "img", "base", "foreignobject", "a:href"} & set(tags)


def test_no_attribute_acts_styles_or_loads(pages: list[str]) -> None:
    for page in pages:
        for tag, attributes in Parts(page).elements:
            for name, value in attributes.items():
                assert not name.startswith("on"), (tag, name)
                assert name != "style", tag
                assert name not in LOADS, (tag, name)
                if name == "href":
                    assert value.startswith("#") or (tag, value) == ("link", "data:,")
                assert "url(" not in value or value.startswith("url(#")


def test_the_policy_names_the_hashes_of_what_is_there(pages: list[str]) -> None:
    for page in pages:
        parts = Parts(page)
        (policy,) = (
            attributes["content"]
            for tag, attributes in parts.elements
            if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
        )
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
        assert rules["img-src"] == "data:"
        for name in ("style", "script"):
            digest = hashlib.sha256(parts.texts[name][0].encode()).digest()
            assert rules[f"{name}-src"] == f"'sha256-{base64.b64encode(digest).decode()}'"
        order = [tag for tag, _ in parts.elements]
        assert order.index("style") > order.index("meta") + 1


def test_nothing_comes_from_elsewhere(pages: list[str]) -> None:
    for page in pages:
        parts = Parts(page)
        style, script = parts.texts["style"][0], parts.texts["script"][0]
        assert not re.search(r"url\(|@import|https?:|//", style)
        assert not re.search(r"\bfetch\b|XMLHttpRequest|import\(|eval\(|Function\(|innerHTML|https?:|WebSocket", script)


def test_every_text_of_a_user_arrives(hostile: Opinions, xss: list[str], odd: list[str]) -> None:
    page = report(majority(hostile))
    for text in (*xss, *odd[:4]):
        assert escape(text, quote=True).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in page


def test_signs_that_turn_what_follows_are_left_out(pages: list[str]) -> None:
    for page in pages:
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08]", page)


def test_invisible_texts_are_named(hostile: Opinions) -> None:
    assert "(invisible: U+200B)" in report(majority(hostile))


@pytest.mark.parametrize(
    "inside",
    [
        "<script/>",
        "<style/>",
        "<image/>",
        "<g onload='x'/>",
        "<g style='x'/>",
        "<use href='http://x'/>",
        "<path fill='url(http://x)'/>",
        "<a/>",
    ],
)
def test_a_picture_that_is_more_than_shapes_is_refused(inside: str) -> None:
    with pytest.raises(InputError, match="svg: may not hold"):
        own_picture(f"<svg xmlns='http://www.w3.org/2000/svg'>{inside}</svg>")


@pytest.mark.parametrize("text", ["a</style>b", "x</script >", "<!-- x"])
def test_style_and_script_cannot_end_early(text: str) -> None:
    with pytest.raises(InputError, match="may not hold a tag"):
        own_text(text)


def test_templates_switch_escaping_off_nowhere() -> None:
    folder = files("psephos.reports").joinpath("templates")
    sources = [path.read_text(encoding="utf-8") for path in Path(str(folder)).rglob("*.html")]
    assert len(sources) > 5
    assert not any(re.search(r"\|\s*safe|autoescape|Markup", source) for source in sources)
