"""Verdicts of every sort, and one Chromium, for tests of pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from psephos.agreement import Agreement, agree
from psephos.consensus import AgainstGold, against_gold, majority
from psephos.opinions import Opinions, from_frame, read
from psephos.opinions.outcomes import Verdict

DIGITS = Path(__file__).parents[2] / "examples" / "digits"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
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


@pytest.fixture(scope="session")
def chromium(require: Callable[[str], Any]) -> Iterator[Any]:
    """A running Chromium, driven by playwright."""
    program = require("chromium")
    with require("playwright.sync_api").sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


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
        contexts.append(context)
        page = context.new_page()
        watch(page, file.as_uri())
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
