"""Verdicts of every sort, and one Chromium, for tests of pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from psephos.agreement import Agreement, agree
from psephos.consensus import (
    AgainstGold,
    AgainstReferences,
    TranscriptVerdict,
    against_gold,
    against_references,
    majority,
    transcripts,
)
from psephos.opinions import Opinions, from_frame, read
from psephos.opinions.verdicts import Verdict
from tests.waiting import PATIENCE

DIGITS = Path(__file__).parents[2] / "examples" / "digits"
XSS = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onfocus=alert(1) autofocus x='",
    "<a href=javascript:alert(1)>go</a>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "{{ 7 * 7 }}{% raw %}",
    "<!--<script>",
    "&lt;script&gt;",
    "<bdi dir=rtl style=position:fixed>",
    "http://example.org/x.js",
]
ODD = ["שלום עולם", "مرحبا", "👩‍👩‍👧‍👦 family", "e\u0301\u0302", "\u202eturned", "\u200b", "x" * 300, "a\nb\tc", "𝕯𝖊𝖊𝖕"]


@pytest.fixture(scope="session")
def xss() -> list[str]:
    """Texts that would like to be more than text."""
    return XSS


@pytest.fixture(scope="session")
def odd() -> list[str]:
    """Texts that are hard to show."""
    return ODD


@pytest.fixture(scope="session")
def digits() -> Opinions:
    opinions = read(DIGITS)
    assert isinstance(opinions, Opinions)
    return opinions


@pytest.fixture(scope="session")
def verdict(digits: Opinions) -> Verdict:
    return majority(digits)


@pytest.fixture(scope="session")
def few(digits: Opinions) -> Verdict:
    """The first digits of some voters: a page of them has all its parts, and each of them is short."""
    voters, about = ["tree", "gaussian-bayes", "forest", "logistic-upper", "rbf-svm"], digits.about.tables
    frame = digits.frame().filter(pl.col("voter").is_in(voters), pl.col("item") < "digit-0300")
    tables = {
        "items": about["items"].filter(pl.col("item").is_in(frame["item"].implode())),
        "voters": about["voters"].filter(pl.col("voter").is_in(voters)),
    }
    verdict = majority(from_frame(frame, kind="labels", about=tables))
    assert verdict.flags["tie"].any()
    return verdict


@pytest.fixture(scope="session")
def gold(verdict: Verdict) -> AgainstGold:
    return against_gold(verdict)


@pytest.fixture(scope="session")
def agreement(digits: Opinions) -> Agreement:
    return agree(digits, repeats=0)


@pytest.fixture(scope="session")
def hostile() -> Opinions:
    """Items, voters, labels, groups and answers that are all of them hostile or odd, and a row that is set aside."""
    texts = [*XSS, *ODD]
    rows = [
        (item, voter, texts[(place + turn * (turn % 3 > 0)) % len(texts)])
        for place, item in enumerate(texts)
        for turn, voter in enumerate(texts)
    ]
    frame = pl.DataFrame(rows, schema=["item", "voter", "label"], orient="row")
    about = {
        "items": pl.DataFrame({"item": texts, "gold": texts}),
        "voters": pl.DataFrame({"voter": texts, "group": texts}),
    }
    stray = pl.DataFrame({"item": [None], "voter": [XSS[0]], "label": [XSS[1]]}, schema=frame.schema)
    opinions = from_frame(pl.concat([frame, stray]), kind="labels", about=about)
    assert len(opinions.issues)
    return opinions


SAID = {
    "ward": {
        "ann": "Patient takes fifty mg metoprolol daily.",
        "bob": "patient takes 15 mg metoprolol daily",
        "cid": "patient takes 50 mg metoprolol daily",
        "dot": "the patient takes 50 mg metropolol",
        "eve": "Patient takes 50 mg of metoprolol, daily",
    },
    "home": {
        "ann": "No chest pain. The X-ray is clear.",
        "bob": "chest pain the x-ray is clear",
        "cid": "no chest pain the x ray is clear",
        "dot": "now chest pain the x-ray is here",
        "eve": "no chest pain, the x-ray is clear",
    },
}


def said(texts: dict[str, dict[str, str]], **about: pl.DataFrame) -> Opinions:
    """Transcripts whose words follow each other every half second."""
    rows = [
        (clip, voter, place, word, place / 2, place / 2 + 0.4)
        for clip, voters in texts.items()
        for voter, text in voters.items()
        for place, word in enumerate(text.split())
    ]
    columns = ["item", "voter", "position", "token", "start", "end"]
    return from_frame(pl.DataFrame(rows, schema=columns, orient="row"), kind="transcripts", about=about)


@pytest.fixture(scope="session")
def talk() -> TranscriptVerdict:
    """Two short clips of five voters, their groups and true texts."""
    items = {
        "item": ["ward", "home"],
        "group": ["quiet", "noisy"],
        "reference": ["patient takes 50 mg metoprolol daily", "no chest pain the x-ray is clear"],
    }
    return transcripts(said(SAID, items=pl.DataFrame(items)))


@pytest.fixture(scope="session")
def known(talk: TranscriptVerdict) -> AgainstReferences:
    return against_references(talk)


@pytest.fixture(scope="session")
def hostile_talk() -> TranscriptVerdict:
    """Clips, voters, words and groups that are all of them hostile or odd."""
    texts = [*XSS, *ODD]
    rows = [
        (item, voter, place, token)
        for number, item in enumerate(texts)
        for turn, voter in enumerate(texts[:5])
        for place, token in enumerate([*texts[turn % 3 :], texts[(number + turn) % len(texts)]])
    ]
    frame = pl.DataFrame(rows, schema=["item", "voter", "position", "token"], orient="row")
    about = {"items": pl.DataFrame({"item": texts, "group": texts, "reference": texts})}
    return transcripts(from_frame(frame, kind="transcripts", about=about))


@pytest.fixture
def opened(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """`opened(html, width=..., ...)` opens a page from the disk.

    The test fails if the page asked for anything, logged anything, or showed a dialog.
    """
    complaints: list[str] = []
    contexts: list[Any] = []

    def refuse(dialog: Any) -> None:
        complaints.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def watch(page: Any, address: str) -> None:
        page.on("console", lambda message: complaints.append(f"console {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error {error}"))
        page.on("dialog", refuse)
        page.on("request", lambda request: request.url in (address, "data:,") or complaints.append(request.url))

    def open_page(text: str, *, width: int = 1280, height: int = 900, **options: Any) -> Any:
        file = tmp_path / "page.html"
        file.write_text(text, encoding="utf-8")
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(1000 * PATIENCE)
        contexts.append(context)
        page = context.new_page()
        watch(page, file.as_uri())
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
