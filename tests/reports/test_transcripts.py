"""Does the page of transcripts say what the verdict says, and can each doubt be reached and seen?"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from psephos.consensus import AgainstReferences, TranscriptVerdict, against_references, transcripts
from psephos.opinions import from_frame, read
from psephos.opinions import transcripts as heard
from psephos.plots.style import share
from psephos.reports import report
from psephos.reports.reading import readings
from psephos.reports.transcript_texts import GAP, SAME
from psephos.reports.transcripts import pairs_by_column, transcripts_page
from tests.waiting import at_rest

Open = Callable[..., Any]
SCRIBE = Path(__file__).parents[2] / "examples" / "scribe"
WIDTHS = (360, 1280, 2560)


@pytest.fixture(scope="module")
def page(talk: TranscriptVerdict, known: AgainstReferences) -> str:
    return report(talk, gold=known)


@pytest.fixture(scope="module")
def scribe() -> TranscriptVerdict:
    if not (SCRIBE / "transcripts.csv").is_file():
        pytest.skip("examples/scribe has no transcripts")
    return transcripts(read(SCRIBE))


def text_of(part: Any) -> str:
    return " ".join(part.inner_text().split())


def violations(require: Callable[[str], Any], tab: Any) -> list[str]:
    at_rest(tab)
    found = require("axe_playwright_python.sync_playwright").Axe().run(tab).response["violations"]
    return [f"{rule['id']}: {rule['nodes'][0]['html'][:200]}" for rule in found]


def test_the_page_reads_as_the_consensus(talk: TranscriptVerdict) -> None:
    clips = transcripts_page(talk).says["clips"]
    assert [clip.name for clip in clips] == ["ward", "home"]
    for clip in clips:
        assert " ".join(token.text for token in clip.tokens if token.text != GAP) == talk.text(clip.name)


def test_each_token_says_its_band_its_votes_and_its_slots(talk: TranscriptVerdict) -> None:
    ward = transcripts_page(talk).says["clips"][0]
    assert ward.voters.split("\n") == ["ann", "bob", "cid", "dot", "eve"]
    dose = next(token for token in ward.tokens if token.text == "50")
    assert (dose.votes, dose.voters, dose.band, dose.kind, dose.label) == (3, 5, "middle", "content", "number")
    assert dose.slots.split("\n") == ["fifty", "15", SAME, SAME, SAME]
    gap = next(token for token in ward.tokens if token.text == GAP)
    assert gap.slots.split("\n") == ["", "", "", "the", ""]
    patient = next(token for token in ward.tokens if token.text.lower() == "patient")
    assert (patient.band, patient.kind) == ("quiet", "format")
    assert next(token for token in ward.tokens if token.text == "takes").id == ""


def test_a_word_of_two_keys_is_one_word_as_weak_as_its_weaker_key(talk: TranscriptVerdict) -> None:
    (xray,) = [one for one in readings(talk, 1, 99) if one.text and "ray" in one.text.lower()]
    assert len(xray.columns) == 2
    assert talk.support[xray.weakest] == min(talk.support[list(xray.columns)])


def test_only_doubt_carries_slots(scribe: TranscriptVerdict) -> None:
    same = [token for clip in transcripts_page(scribe).says["clips"] for token in clip.tokens if token.kind == "none"]
    assert same
    assert all(token.slots == "" and token.id == "" for token in same)


def test_long_texts_are_cut_and_the_page_says_so() -> None:
    words = [f"w{place}" for place in range(21_000)]
    rows = {"item": ["long"] * 42_000, "voter": ["x"] * 21_000 + ["y"] * 21_000, "token": words * 2}
    frame = pl.DataFrame(rows).with_columns(position=pl.int_range(pl.len()).over("voter"))
    page = report(transcripts(from_frame(frame, kind="transcripts")))
    assert "1,000 more words of this clip" in page
    assert len(page) < 2e6


def test_the_page_of_scribe_is_small(scribe: TranscriptVerdict) -> None:
    assert len(report(scribe, gold=against_references(scribe)).encode()) < 2e6


def test_the_headline_is_the_advice(talk: TranscriptVerdict) -> None:
    advice = talk.advice(0.5)
    page = transcripts_page(talk)
    assert page.finding.startswith(f"Listen to {advice.spans} place")
    assert share(advice.found) in page.lead


def test_pairs_count_columns_where_one_of_two_has_a_word() -> None:
    verdict = transcripts(heard(["c"] * 6, ["x", "x", "y", "y", "z", "z"], [0, 1] * 3, list("abacad")))
    pairs = pairs_by_column(verdict)
    assert pairs is not None
    assert pairs.select("left", "right", "items", "agreement").rows() == [
        ("x", "y", 2, 0.5),
        ("x", "z", 2, 0.5),
        ("y", "z", 2, 0.5),
    ]


def test_nothing_to_hear_has_a_page() -> None:
    agreed = transcripts(heard(["c"] * 2, ["x", "y"], [0, 0], ["yes", "yes"]))
    assert "No place needs a listen first" in report(agreed)
    assert "psephos transcribe" in report(agreed)


def test_tables_say_recognisers_groups_and_errors(page: str, known: AgainstReferences) -> None:
    for said in ("Recognisers", "Groups", "noisy", "Accuracy where the text is known", share(known.consensus.rate)):
        assert said in page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(opened: Open, require: Callable[[str], Any], page: str, width: int, theme: str) -> None:
    tab = opened(page, width=width, color_scheme=theme)
    tab.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    for key in ("j", "Enter", "g"):
        tab.keyboard.press(key)
    assert tab.locator("#slots").is_visible()
    assert violations(require, tab) == []
    tab.keyboard.press("w")
    assert violations(require, tab) == []


@pytest.mark.parametrize("width", [320, *WIDTHS])
def test_no_width_scrolls_sideways(opened: Open, page: str, hostile_talk: TranscriptVerdict, width: int) -> None:
    for text in (page, report(hostile_talk)):
        tab = opened(text, width=width)
        for key in ("j", "Enter", "g", "ArrowRight"):
            tab.keyboard.press(key)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_hostile_transcripts_stay_text(
    opened: Open, require: Callable[[str], Any], hostile_talk: TranscriptVerdict, xss: list[str]
) -> None:
    tab = opened(report(hostile_talk))
    words = tab.locator("button.word")
    for place in range(0, words.count(), max(1, words.count() // 40)):
        words.nth(place).dispatch_event("pointerover")
        assert tab.locator("#slots").is_visible()
        assert tab.locator("#slots :is(script, img, svg, iframe, a)").count() == 0
    assert any(xss[0] in text for text in tab.locator("#texts p.reads").all_inner_texts())
    assert violations(require, tab) == []


def test_the_queue_leads_into_the_text(opened: Open, page: str, talk: TranscriptVerdict) -> None:
    queue = talk.queue()
    tab = opened(page)
    tab.keyboard.press("j")
    assert queue["reason"][0] in text_of(tab.locator("tbody.entry").first)
    tab.keyboard.press("Enter")
    assert tab.locator("#why-1").is_visible()
    tab.keyboard.press("g")
    target = tab.locator("tbody.entry").first.get_attribute("data-target")
    assert tab.evaluate("document.activeElement.id") == target
    tab.keyboard.press("j")
    assert tab.evaluate("document.activeElement.closest('tbody') === document.querySelectorAll('tbody.entry')[1]")
    tab.get_by_role("link", name="Go to the place in the text").first.click()
    assert tab.evaluate("document.activeElement.id") == target


def test_arrow_keys_go_through_all_doubtful_words(opened: Open, page: str) -> None:
    tab = opened(page)
    marked = tab.evaluate("[...document.querySelectorAll('button.word:not(.quiet)')].map((word) => word.id)")
    assert len(marked) > 4
    assert tab.locator("p.reads").first.locator('button[tabindex="0"]').count() == 1
    tab.locator(f"#{marked[0]}").focus()
    for name in marked[1:]:
        tab.keyboard.press("ArrowRight")
        assert tab.evaluate("document.activeElement.id") == name
        assert tab.locator("#slots").is_visible()
        assert tab.evaluate("document.activeElement.getAttribute('aria-describedby')") == "slots"
    tab.keyboard.press("ArrowLeft")
    assert tab.evaluate("document.activeElement.id") == marked[-2]
    tab.keyboard.press("Home")
    tab.keyboard.press("ArrowUp")
    assert tab.evaluate("document.activeElement.closest('article') === document.querySelector('article')")
    tab.keyboard.press("ArrowDown")
    assert tab.evaluate("document.activeElement.closest('article') !== document.querySelector('article')")
    tab.keyboard.press("Escape")
    assert tab.locator("#slots").is_hidden()


def test_hover_lines_up_what_each_transcript_has(opened: Open, page: str) -> None:
    tab = opened(page)
    tab.get_by_role("button", name=re.compile("^50")).hover()
    slots = tab.locator("#slots")
    assert "3 of 5 have “50”, number" in text_of(slots)
    assert [text_of(cell) for cell in slots.locator("td.here").all()] == ["fifty", "15", "50", "50", "50"]
    assert slots.locator("th").all_inner_texts() == ["ann", "bob", "cid", "dot", "eve"]
    assert slots.locator("td.same").count() == 3
    box, view = slots.bounding_box(), tab.viewport_size
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= view["width"]
    tab.mouse.move(2, 2)
    slots.wait_for(state="hidden")


def test_the_switch_marks_writing_instead(opened: Open, page: str) -> None:
    tab = opened(page)
    words, writing = (tab.get_by_role("button", name=name, exact=True) for name in ("Words", "Writing"))
    assert (words.get_attribute("aria-pressed"), writing.get_attribute("aria-pressed")) == ("true", "false")
    gaps = tab.locator("button.gap")
    assert gaps.first.is_visible()
    writing.click()
    assert writing.get_attribute("aria-pressed") == "true"
    assert not gaps.first.is_visible()
    first = tab.locator('p.reads button[tabindex="0"]').first
    first.focus()
    assert "format" in first.get_attribute("class")
    assert "All have it and write it differently" in text_of(tab.locator("#slots"))
    tab.keyboard.press("w")
    assert words.get_attribute("aria-pressed") == "true"


def test_without_scripts_all_is_there_but_the_slots(opened: Open, page: str, talk: TranscriptVerdict) -> None:
    tab = opened(page, java_script_enabled=False)
    assert tab.locator("#why-1").is_visible()
    assert all(name in text_of(tab.locator("#why-1")) for name in ("ann", "bob"))
    assert tab.locator("p.controls:visible").count() == 0
    assert tab.locator("#slots").is_hidden()


def test_the_band_is_told_without_colour(opened: Open, page: str, scribe: TranscriptVerdict) -> None:
    tab = opened(report(scribe, rows=5))
    lines = [
        tab.evaluate(f"getComputedStyle(document.querySelector('button.{band} .mark')).textDecorationStyle")
        for band in ("risk", "middle")
    ]
    assert lines == ["wavy", "dotted"]


def test_letters_of_text_keep_their_size_and_lines_their_length(opened: Open, page: str) -> None:
    tab = opened(page, width=2560)
    font, height, width = tab.evaluate(
        "((part) => [getComputedStyle(part).fontSize, getComputedStyle(part).lineHeight,"
        " part.getBoundingClientRect().width])(document.querySelector('#texts p.reads'))"
    )
    assert (font, height) == ("18px", "30.6px")
    assert width <= 72 * 9


def test_clips_without_times_have_a_page_without_times(talk: TranscriptVerdict) -> None:
    opinions = heard(["c"] * 6, ["x", "x", "y", "y", "z", "z"], [0, 1] * 3, list("abacad"))
    page = transcripts_page(transcripts(opinions))
    assert [row.start for row in page.says["queue"]["rows"]] == [""]
    assert "min" not in page.finding
    assert report(replace(talk, voters=talk.voters.head(0)))
