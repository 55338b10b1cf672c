"""Does a page work where it is read: in a browser, from the disk, by keyboard, in any width and either theme?

Every page that is opened here also proves that it asked for nothing, logged nothing and showed no dialog (`opened`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from psephos.agreement import Agreement, agree
from psephos.consensus import AgainstGold, against_gold, majority
from psephos.opinions import Opinions
from psephos.opinions.verdicts import Verdict
from psephos.plots.tokens import TOKENS
from psephos.reports import report
from tests.waiting import at_rest

Open = Callable[..., Any]
WIDTHS = (360, 1280, 2560)


@pytest.fixture(scope="module")
def page(verdict: Verdict, gold: AgainstGold, agreement: Agreement) -> str:
    return report(verdict, gold=gold, agreement=agreement)


@pytest.fixture(scope="module")
def short_page(few: Verdict) -> str:
    page = report(few, gold=against_gold(few), agreement=agree(few.opinions, repeats=0), rows=30)
    assert all(f'id="{part}"' in page for part in ("queue", "voters", "differences", "agreement", "accuracy", "issues"))
    return page


@pytest.fixture(scope="module")
def bad_page(hostile: Opinions) -> str:
    verdict = majority(hostile)
    return report(verdict, gold=against_gold(verdict), agreement=agree(hostile, repeats=0))


def violations(require: Callable[[str], Any], page: Any) -> list[str]:
    at_rest(page)
    found = require("axe_playwright_python.sync_playwright").Axe().run(page).response["violations"]
    return [f"{rule['id']}: {rule['nodes'][0]['html'][:200]}" for rule in found]


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.id"))


def colour_of(page: Any, selector: str, what: str) -> str:
    parts = page.evaluate(f"getComputedStyle(document.querySelector('{selector}')).{what}.match(/\\d+/g).slice(0, 3)")
    return "#" + "".join(f"{int(part):02X}" for part in parts)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(
    opened: Open, require: Callable[[str], Any], short_page: str, width: int, theme: str
) -> None:
    tab = opened(short_page, width=width, color_scheme=theme)
    tab.keyboard.press("j")
    tab.keyboard.press("Enter")
    tab.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert violations(require, tab) == []


def test_axe_finds_nothing_in_odd_pages(
    opened: Open, require: Callable[[str], Any], bad_page: str, few: Verdict
) -> None:
    for text in (bad_page, report(agree(few.opinions, repeats=0)), report(against_gold(few))):
        assert violations(require, opened(text)) == []


@pytest.mark.parametrize("width", [320, *WIDTHS])
def test_no_width_scrolls_sideways(opened: Open, short_page: str, bad_page: str, width: int) -> None:
    for text in (short_page, bad_page):
        tab = opened(text, width=width)
        tab.keyboard.press("j")
        tab.keyboard.press("Enter")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_text_stays_inside_the_page_at_twice_the_size(opened: Open, page: str) -> None:
    tab = opened(page, width=640)
    tab.evaluate("document.documentElement.style.fontSize = '32px'")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 640


def test_wide_screens_keep_lines_short(opened: Open, page: str) -> None:
    tab = opened(page, width=2560)
    lead, letter = tab.evaluate(
        "[document.querySelector('.lead'), document.querySelector('.lead')].map((part, place) => place"
        " ? parseFloat(getComputedStyle(part).fontSize) : part.getBoundingClientRect().width)"
    )
    assert lead <= 72 * letter
    panes = tab.evaluate("document.querySelector('.panes').getBoundingClientRect().width")
    assert panes > 2400


def test_the_whole_queue_goes_by_keyboard(opened: Open, short_page: str, few: Verdict) -> None:
    items = few.queue(30)["item"].to_list()
    tab = opened(short_page)
    for item in (items[0], items[1], items[2]):
        tab.keyboard.press("j")
        assert focused(tab) == item
    tab.keyboard.press("k")
    assert focused(tab) == items[1]

    why = tab.locator("#why-2")
    assert not why.is_visible()
    tab.keyboard.press("Enter")
    assert why.is_visible()
    assert tab.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    assert few.why(items[1]).flip in why.inner_text()
    tab.keyboard.press("Enter")
    assert not why.is_visible()

    for _ in range(len(items)):
        tab.keyboard.press("j")
    assert focused(tab) == items[-1]
    assert tab.locator("#all").is_hidden()
    box = tab.evaluate("(({top, bottom}) => [top, bottom])(document.activeElement.getBoundingClientRect())")
    assert 0 <= box[0] < box[1] <= 900


def test_the_filter_narrows_says_how_many_are_left_and_lets_go(opened: Open, page: str, verdict: Verdict) -> None:
    tab = opened(page)
    tab.keyboard.press("/")
    assert tab.evaluate("document.activeElement.id") == "filter"
    tab.keyboard.type("digit-0002 TIE")
    assert tab.locator("button.open:visible").first.inner_text() == "digit-0002"
    tab.get_by_text("1 of 200 rows").wait_for()
    tab.keyboard.press("Enter")
    assert focused(tab) == "digit-0002"
    tab.keyboard.press("/")
    tab.keyboard.type("nobody wrote this")
    tab.get_by_text("No row holds these words. Esc clears the filter.").wait_for()
    tab.keyboard.press("Escape")
    assert tab.locator("#filter").input_value() == ""
    assert tab.locator("tbody.entry:visible").count() == 200


def test_letters_typed_into_the_filter_are_no_commands(opened: Open, page: str) -> None:
    tab = opened(page)
    tab.keyboard.press("/")
    tab.keyboard.type("jkt?/")
    assert tab.locator("#filter").input_value() == "jkt?/"
    assert not tab.locator("dialog").is_visible()
    assert tab.evaluate("document.documentElement.dataset.theme ?? ''") == ""


def test_keys_are_listed_and_can_be_switched_off(opened: Open, page: str, verdict: Verdict) -> None:
    tab = opened(page)
    tab.keyboard.press("?")
    dialog = tab.locator("dialog")
    assert dialog.is_visible()
    listed = [part.inner_text() for part in dialog.locator("tbody kbd").all()]
    assert listed == ["j", "k", "Enter", "/", "t", "?", "Esc"]
    tab.keyboard.press("j")
    tab.locator("#single").uncheck()
    tab.keyboard.press("Escape")
    assert not dialog.is_visible()
    before = focused(tab)
    tab.keyboard.press("j")
    assert focused(tab) == before
    tab.locator("#help").click()
    tab.locator("#single").check()
    tab.locator("#close").click()
    tab.keyboard.press("j")
    assert focused(tab) == verdict.queue(1)["item"][0]


def test_every_key_is_shown_on_its_control(opened: Open, page: str, verdict: Verdict) -> None:
    tab = opened(page)
    shown = [part.inner_text() for part in tab.locator("main kbd:visible, header kbd:visible").all()]
    assert sorted(shown) == sorted(["t", "?", "/", "k", "j"])
    items = verdict.queue(2)["item"].to_list()
    tab.locator("#next").click()
    tab.locator("#next").click()
    assert focused(tab) == items[1]
    tab.locator("#previous").click()
    assert focused(tab) == items[0]


def test_show_all_goes_on_where_the_list_ended(opened: Open, page: str, verdict: Verdict) -> None:
    tab = opened(page)
    assert tab.locator("tbody.entry:visible").count() == 25
    tab.locator("#all").click()
    assert tab.locator("tbody.entry:visible").count() == 200
    assert focused(tab) == verdict.queue(26)["item"][25]


def test_tab_goes_from_the_skip_link_to_the_result(opened: Open, page: str) -> None:
    tab = opened(page)
    tab.keyboard.press("Tab")
    assert focused(tab) == "Skip to the result"
    assert tab.locator(".skip").bounding_box()["y"] >= 0
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.closest('main') !== null")


def test_focus_is_seen(opened: Open, page: str) -> None:
    tab = opened(page)
    tab.keyboard.press("j")
    ring = tab.evaluate(
        "(({outlineStyle, outlineWidth, outlineOffset}) => [outlineStyle, outlineWidth, outlineOffset])"
        "(getComputedStyle(document.activeElement))"
    )
    assert ring == ["solid", "2px", "2px"]
    assert colour_of(tab, ":focus", "outlineColor") == TOKENS["accent"][0]


def test_targets_are_large_enough(opened: Open, page: str) -> None:
    tab = opened(page, width=360)
    sizes = tab.evaluate(
        "[...document.querySelectorAll('button, input, nav a, summary')].filter((part) => part.getClientRects().length)"
        ".map((part) => [part.textContent, part.closest('label, th, li, p, details, div')"
        ".getBoundingClientRect().height])"
    )
    assert [name for name, height in sizes if height < 24] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_is_that_of_the_system_until_it_is_switched(opened: Open, page: str, theme: str) -> None:
    tab = opened(page, color_scheme=theme)
    here, there = (0, 1) if theme == "light" else (1, 0)
    for place, words in ((here, "Dark theme" if theme == "light" else "Light theme"), (there, "")):
        assert colour_of(tab, "html", "backgroundColor") == TOKENS["bg"][place]
        assert colour_of(tab, "h1", "color") == TOKENS["ink"][place]
        assert colour_of(tab, "figure svg text.fill-muted", "fill") == TOKENS["muted"][place]
        assert words in tab.locator("#theme").inner_text()
        tab.keyboard.press("t")
    assert colour_of(tab, "html", "backgroundColor") == TOKENS["bg"][here]


def test_paper_is_light_and_holds_the_whole_queue(opened: Open, page: str) -> None:
    tab = opened(page, color_scheme="dark")
    tab.emulate_media(media="print", color_scheme="dark")
    assert colour_of(tab, "h1", "color") == TOKENS["ink"][0]
    assert tab.locator("tbody.entry:visible").count() == 200
    assert not tab.locator("#theme").is_visible()


def test_forced_colours_keep_bands_and_focus(opened: Open, page: str) -> None:
    tab = opened(page, forced_colors="active")
    tab.keyboard.press("j")
    assert tab.evaluate("getComputedStyle(document.querySelector('td .band.risk')).textDecorationStyle") == "wavy"
    assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_reduced_motion_moves_nothing(opened: Open, page: str) -> None:
    tab = opened(page, reduced_motion="reduce")
    length = "getComputedStyle(document.querySelector('button.open'), '::before').transitionDuration"
    assert tab.evaluate(length) == "0s"


def test_without_scripts_everything_is_open(opened: Open, page: str) -> None:
    tab = opened(page, java_script_enabled=False)
    assert tab.locator("#why-200").is_visible()
    assert not tab.locator("#filter").is_visible()


def test_texts_of_users_stay_texts(opened: Open, bad_page: str) -> None:
    tab = opened(bad_page)
    tab.keyboard.press("j")
    tab.keyboard.press("Enter")
    tab.evaluate("document.querySelectorAll('button.open').forEach((part) => part.click())")
    assert tab.locator("body script, main img, main iframe").count() == 0
    assert tab.get_by_text("</script><script>alert(1)</script>").count() > 0


def test_text_from_right_to_left_keeps_its_direction(opened: Open, bad_page: str) -> None:
    tab = opened(bad_page)
    for text, direction in (("שלום עולם", "rtl"), ("مرحبا", "rtl"), ("{{ 7 * 7 }}{% raw %}", "ltr")):
        button = tab.locator("button.open bdi", has_text=text).first
        assert button.evaluate("part => getComputedStyle(part).direction") == direction
