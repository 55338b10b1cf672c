"""The pages in Chromium: by keyboard alone, in any width and either theme, offline, with hostile texts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from psephos.review.accounts import links
from psephos.review.accounts.people import local_user
from psephos.review.store import deciding
from psephos.review.store.audit_log import verify
from psephos.review.store.columns import now
from psephos.review.store.tables import Comment, Decision, Item, Opinion, Project, Reservation
from tests.opinions.test_annotations import LABEL_STUDIO as TASKS
from tests.review.conftest import XSS
from tests.waiting import PATIENCE, at_rest, until

WIDTHS = (360, 1280, 2560)


@pytest.fixture
def opened(chromium: Any, serve: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """`opened(path, ...)`: a page of a running local server, signed in; it must show no dialog and log nothing."""
    complaints: list[str] = []
    contexts: list[Any] = []
    running = serve()

    def open_page(path: str, *, width: int = 1280, height: int = 900, quiet: bool = True, **options: Any) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(1000 * PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("dialog", lambda dialog: (complaints.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: complaints.append(f"error {error}"))
        if quiet:
            page.on("console", lambda message: complaints.append(f"console {message.text}"))
        page.on(
            "request", lambda request: request.url.startswith((running.url, "data:")) or complaints.append(request.url)
        )
        with running.world.store.write() as session:
            local_user(session)
            text = links.make(session, running.world.app.server.settings, "local", now())
        page.goto(f"{running.url}/enter?token={text}")
        page.goto(running.url + path)
        page.locator("html[data-ready]").wait_for()
        return page

    open_page.running = running  # type: ignore[attr-defined]
    open_page.ids = running.world.ids  # type: ignore[attr-defined]
    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def paths(ids: dict[str, Any]) -> list[str]:
    own = f"/projects/{ids['own']}"
    rest = (
        "",
        f"/items/{ids['own item']}",
        "/risk",
        "/agreement",
        "/mine",
        "/history?check=true",
        "/settings",
        "?state=locked",
    )
    return ["/projects", "/account", *(own + part for part in rest), "/projects/999"]


def decided(opened: Any) -> list[Decision]:
    """All that the server has."""
    with opened.running.world.store.read() as session:
        return list(session.query(Decision).order_by(Decision.id))


def shown(page: Any) -> dict[str, Any]:
    """The item that is shown."""
    return dict(json.loads(page.locator("#item").text_content()))


def said(page: Any, text: str) -> None:
    """Until the page has said so; the words stay where they are read out for longer than they are seen."""
    page.locator(f"#said:has-text('{text}')").wait_for(state="attached")


def violations(require: Callable[[str], Any], page: Any) -> list[str]:
    at_rest(page)
    found = require("axe_playwright_python.sync_playwright").Axe().run(page).response["violations"]
    return [f"{rule['id']}: {rule['nodes'][0]['html'][:200]}" for rule in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    opened: Any, require: Callable[[str], Any], width: int, theme: str
) -> None:
    for path in paths(opened.ids):
        page = opened(path, width=width, color_scheme=theme, quiet=path != "/projects/999")
        page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        assert violations(require, page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.context.close()


@pytest.mark.parametrize("locale", ["de-AT"])
def test_the_pages_speak_german_and_fit_320_pixels(opened: Any, locale: str) -> None:
    for path in paths(opened.ids):
        page = opened(path, width=320, locale=locale, quiet=path != "/projects/999")
        assert page.evaluate("document.documentElement.lang") == "de"
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        page.context.close()


def test_twenty_items_are_reviewed_by_keyboard_alone(opened: Any) -> None:
    page = opened(f"/projects/{opened.ids['own']}")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.locator("#work h1").wait_for()
    names = []
    for number in range(20):
        page.locator("html[data-ready]").wait_for()
        name = page.locator("#work h1").inner_text()
        names.append(name)
        if number == 3:
            page.keyboard.press("e")
            page.keyboard.type("jackal 19")
            page.keyboard.press("Control+Enter")
        elif number == 5:
            page.keyboard.press("s")
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
        else:
            page.keyboard.press("2" if number == 7 and page.locator("[data-take='2']").count() else "a")
        page.locator("#work h1", has_not_text=name).wait_for()
    assert len(set(names)) == 20
    until(lambda: len(decided(opened)) >= 20, page)
    made = decided(opened)
    assert [one.act for one in made].count("decide") == 19
    assert made[3].answer == {"own": "jackal 19"}
    assert made[5].act == "skip"
    with opened.running.world.store.read() as session:
        assert verify(session, opened.ids["own"]).bad is None


def test_undo_goes_back_to_the_item_and_redo_decides_it_again(opened: Any) -> None:
    page = opened(f"/projects/{opened.ids['own']}/items/{opened.ids['own item']}")
    first = page.locator("#work h1").inner_text()
    page.keyboard.press("a")
    page.locator(f"#strip a:has-text('{first}') .state:has-text('decided')").wait_for()
    page.locator("#work h1", has_not_text=first).wait_for()
    page.keyboard.press("u")
    page.locator(f"#work h1:has-text('{first}')").wait_for()
    assert page.locator("#strip [aria-current] .state").inner_text() == ""
    assert [one.act for one in decided(opened)] == ["decide", "withdraw"]
    page.keyboard.press("Shift+U")
    page.locator("#strip [aria-current] .state:has-text('decided')").wait_for()


def late_parts(page: Any, part: str = "work") -> Callable[[], None]:
    """From now on such parts of the page come only once what this gives is called, in the order of their requests."""
    held: list[Any] = []
    waiting = True

    def late(route: Any) -> None:
        if waiting and route.request.headers.get("x-psephos-part") == part:
            held.append(route)
        else:
            route.continue_()

    def come() -> None:
        nonlocal waiting
        waiting = False
        for route in held:
            with page.expect_response(route.request.url):
                route.continue_()

    page.route(re.compile(r"/items/\d+"), late)
    return come


def test_undone_twice_before_the_first_item_is_back_leads_to_the_second(opened: Any) -> None:
    page = opened(f"/projects/{opened.ids['own']}/items/{opened.ids['own item']}")
    names = []
    for _ in range(2):
        names.append(page.locator("#work h1").inner_text())
        page.keyboard.press("a")
        page.locator("#work h1", has_not_text=names[-1]).wait_for()
    until(lambda: len(decided(opened)) == 2, page)
    come = late_parts(page)
    page.keyboard.press("u")
    page.keyboard.press("u")
    until(lambda: len(decided(opened)) == 4, page)
    page.locator(f"#strip a:has-text('{names[0]}') .state:text-is('')").wait_for(state="attached")
    come()
    page.locator(f"#work h1:has-text('{names[0]}')").wait_for()
    page.keyboard.press("a")
    until(lambda: len(decided(opened)) == 5, page)
    assert decided(opened)[-1].item_id == opened.ids["own item"]


def test_an_item_that_is_left_before_it_is_taken_is_let_go(opened: Any) -> None:
    page = opened(f"/projects/{opened.ids['own']}")
    held: list[Any] = []
    page.route(
        f"**/items/{opened.ids['own item']}/reservation",
        lambda route: route.continue_() if held else held.append(route),
    )
    page.goto(f"{opened.running.url}/projects/{opened.ids['own']}/items/{opened.ids['own item']}")
    until(lambda: held, page)
    first = page.locator("#work h1").inner_text()
    page.keyboard.press("k")
    page.locator("#work h1", has_not_text=first).wait_for()
    with page.expect_request(lambda request: request.method == "DELETE"):
        held[0].continue_()
    until(lambda: opened.ids["own item"] not in taken(opened), page)


def taken(opened: Any) -> list[int]:
    with opened.running.world.store.read() as session:
        return [one.item_id for one in session.query(Reservation)]


def test_what_is_decided_offline_is_kept_and_sent_later(opened: Any) -> None:
    page = opened(f"/projects/{opened.ids['own']}/items/{opened.ids['own item']}", quiet=False)
    first = page.locator("#work h1").inner_text()
    page.wait_for_function(
        """own => performance.getEntriesByType("resource").some((one) => {
          const other = /^\\/projects\\/\\d+\\/items\\/(\\d+)$/.exec(new URL(one.name).pathname);
          return one.responseEnd && other && Number(other[1]) !== own; /* the next item is here */
        })""",
        arg=opened.ids["own item"],
    )
    page.context.set_offline(True)
    page.keyboard.press("a")
    page.locator("#save-state[data-kind=warn]").wait_for()
    page.locator(f"#work h1:not(:has-text('{first}'))").wait_for()
    page.locator("#save-state[data-kind=warn]").wait_for()
    with opened.running.world.store.read() as session:
        assert session.query(Decision).count() == 0
    page.context.set_offline(False)
    page.locator("#said:has-text('Connected again')").wait_for()
    with opened.running.world.store.read() as session:
        assert session.query(Decision).count() == 1


def test_who_cannot_have_the_next_item_decides_once_and_goes_on_when_connected(opened: Any) -> None:
    page = opened(f"/projects/{opened.ids['own']}", quiet=False)
    page.route(
        "**/items/*",
        lambda route: route.abort() if "x-psephos-part" in route.request.headers else route.continue_(),
    )
    page.goto(f"{opened.running.url}/projects/{opened.ids['own']}/items/{opened.ids['own item']}")
    page.locator("html[data-ready]").wait_for()
    first = page.locator("#work h1").inner_text()
    page.context.set_offline(True)
    page.keyboard.press("a")
    page.locator("#save-state[data-kind=warn]").wait_for()
    page.keyboard.press("a")  # nothing more: it is decided
    assert page.locator("#work h1").inner_text() == first
    page.unroute("**/items/*")
    page.context.set_offline(False)
    page.locator(f"#work h1:not(:has-text('{first}'))").wait_for()
    with opened.running.world.store.read() as session:
        assert session.query(Decision).count() == 1


def test_a_session_that_ends_in_mid_edit_keeps_the_text(opened: Any) -> None:
    page = opened(f"/projects/{opened.ids['own']}/items/{opened.ids['own item']}", quiet=False)
    cookies = page.context.cookies()
    page.keyboard.press("e")
    page.keyboard.type("a long answer")
    page.context.clear_cookies()
    page.keyboard.press("Control+Enter")
    page.locator("#save-state a:has-text('Sign in')").wait_for()
    page.context.add_cookies(cookies)
    page.evaluate("dispatchEvent(new Event('focus'))")
    said(page, "Connected again")
    with opened.running.world.store.read() as session:
        assert session.query(Decision).one().answer == {"own": "a long answer"}


def test_somebody_elses_change_is_shown_and_nothing_is_lost(opened: Any) -> None:
    page = opened(f"/projects/{opened.ids['own']}/items/{opened.ids['own item']}", quiet=False)
    with opened.running.world.store.write() as session:
        session.get_one(Item, opened.ids["own item"]).version += 1
    page.keyboard.press("a")
    page.locator("#notice:has-text('has changed')").wait_for()
    with opened.running.world.store.read() as session:
        assert session.query(Decision).count() == 0
    page.locator("#notice button").click()
    with opened.running.world.store.read() as session:
        newest = session.get_one(Item, opened.ids["own item"]).version
    until(lambda: shown(page)["id"] == opened.ids["own item"] and shown(page)["version"] == newest, page)
    page.keyboard.press("a")
    said(page, "Saved")
    assert [one.item_id for one in decided(opened)] == [opened.ids["own item"]]


def test_letters_typed_into_a_field_are_no_commands(opened: Any) -> None:
    page = opened(f"/projects/{opened.ids['own']}/items/{opened.ids['own item']}")
    page.keyboard.press("c")
    page.keyboard.type("a u s 1 ?")
    assert page.locator("#comment").input_value() == "a u s 1 ?"
    assert not page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("a")  # the list is open: nothing is decided
    page.keyboard.press("Escape")
    page.keyboard.press("f")  # sent after all that was to be sent before it
    until(lambda: flagged(opened), page)
    assert decided(opened) == []


def flagged(opened: Any) -> bool:
    with opened.running.world.store.read() as session:
        return session.get_one(Item, opened.ids["own item"]).flagged


def test_keys_are_changed_switched_off_and_listed_as_they_are(opened: Any) -> None:
    page = opened("/account")
    page.locator("#key-accept").focus()
    page.keyboard.press("x")
    page.locator("#key-skip").focus()
    page.keyboard.press("Backspace")
    page.locator("#key-form button").click()
    page.locator("html[data-ready] #key-accept[value=x]").wait_for()
    page.goto(f"{opened.running.url}/projects/{opened.ids['own']}/items/{opened.ids['own item']}")
    page.locator("html[data-ready]").wait_for()
    page.keyboard.press("a")
    page.keyboard.press("s")
    assert not page.locator("#skip").is_visible()
    page.keyboard.press("?")
    assert page.locator("[data-command-row=accept] kbd").inner_text() == "x"
    assert page.locator("[data-command-row=skip]").count() == 0
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    said(page, "Saved")
    assert len(decided(opened)) == 1


def test_the_theme_is_switched_and_kept(opened: Any) -> None:
    page = opened("/projects", color_scheme="light")
    with page.expect_response("**/api/v1/me"):
        page.keyboard.press("t")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_hostile_texts_stay_texts_everywhere(opened: Any) -> None:
    with opened.running.world.store.write() as session:
        items = session.query(Item).filter_by(project_id=opened.ids["own"]).order_by(Item.id).all()
        for item, text in zip(items, XSS, strict=False):
            item.name, item.about, item.flags = f"{text} {item.id}", {"prompt": text, text: text}, [text]
            session.add(Comment(item_id=item.id, author_id=opened.ids["admin"], body=text))
            for opinion in session.query(Opinion).filter_by(item_id=item.id):
                opinion.voter = text
        session.get_one(Project, opened.ids["own"]).name = XSS[0]
        ids = [item.id for item in items[: len(XSS)]]
    own = f"/projects/{opened.ids['own']}"
    page = opened(f"{own}?state=all")
    for path in (own, f"{own}/settings", f"{own}/history", "/projects", *(f"{own}/items/{one}" for one in ids)):
        page.goto(opened.running.url + path)
        page.locator("html[data-ready]").wait_for()
        inline = page.locator("script:not([src]):not([type='application/json'])").all()
        assert [one.evaluate("(part) => part.outerHTML") for one in inline] == []
        assert page.locator("main img, main iframe, main [onload], main [onerror]").count() == 0
    assert XSS[0] in page.evaluate("document.body.innerText")


def test_every_page_can_be_left_and_skipped_into_by_tab(opened: Any) -> None:
    page = opened(f"/projects/{opened.ids['own']}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    seen = []
    for _ in range(400):
        page.keyboard.press("Tab")
        mark = page.evaluate("document.activeElement.outerHTML.slice(0, 120)")
        if mark in seen or page.evaluate("document.activeElement === document.body"):
            break
        seen.append(mark)
    assert len(seen) > 30


def test_without_script_forms_decide_too(chromium: Any, serve: Any) -> None:
    running = serve()
    with running.world.store.write() as session:
        local_user(session)
        text = links.make(session, running.world.app.server.settings, "local", now())
    context = chromium.new_context(java_script_enabled=False)
    context.set_default_timeout(1000 * PATIENCE)
    page = context.new_page()
    page.goto(f"{running.url}/enter?token={text}")
    page.goto(f"{running.url}/projects/{running.world.ids['own']}/items/{running.world.ids['own item']}")
    with page.expect_navigation():
        page.locator("button[name=number]").first.click()
    assert "/items/" in page.url
    with running.world.store.read() as session:
        assert session.query(Decision).count() == 1
    context.close()


def test_a_dispute_is_settled_by_what_several_find_acceptable(opened: Any) -> None:
    with opened.running.world.store.write() as session:
        session.get_one(Project, opened.ids["own"]).overlap = 2
        for name, choice in (("annotator", "cat"), ("second", "dog")):
            deciding.decide(session, opened.ids["own item"], opened.ids[name], {"choice": choice})
    page = opened(f"/projects/{opened.ids['own']}/items/{opened.ids['own item']}")
    page.keyboard.press("b")
    assert page.locator("#several input:checked").count() == 2
    page.locator("#several button").press("Enter")
    said(page, "Saved")
    with opened.running.world.store.read() as session:
        final = session.get_one(Item, opened.ids["own item"]).final
    assert final is not None
    assert sorted(final["both"]) == ["cat", "dog"]


def test_a_file_is_loaded_on_the_page_and_a_wrong_one_says_why(opened: Any) -> None:
    page = opened("/projects", quiet=False)
    page.locator("#f-file").set_input_files(
        {"name": "tasks.json", "mimeType": "", "buffer": json.dumps(TASKS).encode()}
    )
    page.locator("#file-form button").click()
    page.locator("#file-problem:has-text('stars')").wait_for()
    page.locator("#file-form summary").click()
    page.locator("#f-question").fill("tone")
    page.locator("#file-form button").click()
    page.locator("html[data-ready] h1:has-text('2 items to check')").wait_for()
    page.goto(page.url + "/settings")
    page.locator("html[data-ready]").wait_for()
    more = b"item,voter,label\nnew,somebody,good\n"
    page.locator("#f-file").set_input_files({"name": "more.csv", "mimeType": "text/csv", "buffer": more})
    page.locator("#file-form button").click()
    page.locator("html[data-ready] h1:has-text('3 items to check')").wait_for()


def test_comments_are_dealt_with_in_place(opened: Any) -> None:
    page = opened(f"/projects/{opened.ids['own']}/items/{opened.ids['own item']}")
    page.locator("#comments button:has-text('Dealt with')").click()
    page.locator("#comments .good:has-text('dealt with')").wait_for()
    page.locator("#comments button:has-text('Open again')").click()
    page.locator("#comments:not(:has(.good)) button:has-text('Dealt with')").wait_for()
