"""Does the page of a study say what the study says, whatever the names are?"""

from __future__ import annotations

import re

import polars as pl
import pytest

from psephos.reports import report
from psephos.studies import peer_review


@pytest.fixture(scope="module")
def found() -> peer_review.PeerReviewStudy:
    return peer_review.study(peer_review.sample(items=200, evidence=1.0, rng=1), labels=["evidence"])


def words(page: str) -> str:
    page = re.sub(r"<(style|script)>.*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\u202f", " ")


def test_the_page_has_the_numbers_and_the_caution(found: peer_review.PeerReviewStudy) -> None:
    page = report(found)
    text = words(page)
    up = found.movement.share("up")
    assert f"{up.value * 100:.0f} % of 800 reviews rise" in text
    assert "an association is no proof of copying" in text
    for title in ("Who moves", "What predicts a change", "Decisions", "One more reviewer", "What the texts hold"):
        assert title in text
    assert "nan" not in text
    assert len(page) < 400_000


def test_what_is_left_out_says_why() -> None:
    small = peer_review.study(peer_review.reviews(pl.DataFrame({"item": ["A"], "score": ["3;5 6"]})))
    text = words(report(small))
    assert "Left out" in text
    assert "there is no column author_time" in text
    assert "fewer than two items" in text


def test_names_stay_text(xss: list[str]) -> None:
    rows = [(name, reviewer, 3 + k, 4 + k) for k, name in enumerate(xss[:4]) for reviewer in xss[:2]]
    table = pl.DataFrame(rows, schema=["item", "reviewer", "before", "after"], orient="row")
    table = table.with_columns(pl.Series(xss[0], [True, False] * 4))
    page = report(peer_review.study(peer_review.reviews(table, name=xss[1]), labels=[xss[0]]))
    assert page.count("<script") == 1
    for text in xss:
        if "<" in text:
            assert text not in page


def test_the_page_is_accessible_and_asks_for_nothing(opened, found, require) -> None:
    axe = require("axe_playwright_python.sync_playwright").Axe()
    for scheme in ("light", "dark"):
        page = opened(report(found), color_scheme=scheme)
        faults = axe.run(page).response["violations"]
        assert [(fault["id"], fault["nodes"][0]["html"][:120]) for fault in faults] == []
