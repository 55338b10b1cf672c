"""The workspace in Chromium: panes that fold away, long lists, judges' marks, the reason of an administrator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from psephos.opinions import labels
from psephos.review.accounts import links, people
from psephos.review.store.account_tables import User
from psephos.review.store.audit_log import history
from psephos.review.store.columns import now
from psephos.review.store.deciding import decide
from psephos.review.store.loading import load
from psephos.review.store.projects import create_project
from psephos.review.store.tables import Decision, Item, Project
from tests.review.conftest import Running, listening
from tests.review.test_browser import violations
from tests.review.test_judging import essays
from tests.waiting import PATIENCE, until


class Bench:
    """Pages of one local server; they must complain of nothing."""

    def __init__(self, chromium: Any, running: Running) -> None:
        self.chromium, self.running, self.world = chromium, running, running.world
        self.complaints: list[str] = []
        self.contexts: list[Any] = []

    def open(self, path: str, *, width: int = 1280, **options: Any) -> Any:
        context = self.chromium.new_context(viewport={"width": width, "height": 900}, **options)
        context.set_default_timeout(1000 * PATIENCE)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self.complaints.append(message.text))
        with self.world.store.write() as session:
            people.local_user(session)
            token = links.make(session, self.world.app.server.settings, "local", now())
        page.goto(f"{self.running.url}/enter?token={token}")
        page.goto(self.running.url + path)
        page.locator("html[data-ready]").wait_for()
        return page


@pytest.fixture(scope="module")
def bench(chromium: Any, seed: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with listening(seed, tmp_path_factory.mktemp("panes")) as running:
        found = Bench(chromium, running)
        yield found
        for context in found.contexts:
            context.close()
        assert found.complaints == []


def test_panes_fold_by_key_and_button_and_stay_so(bench: Bench) -> None:
    own = f"/projects/{bench.world.ids['own']}/items/{bench.world.ids['own item']}"
    page = bench.open(own)
    wide = page.locator(".evidence").bounding_box()["width"]
    page.keyboard.press("q")
    assert not page.locator("#strip").is_visible()
    assert page.locator("[data-command=fold_queue]").get_attribute("aria-expanded") == "false"
    page.locator("#note").evaluate("(one) => { one.closest('details').open = true; one.focus(); }")
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    assert not page.locator("#decision").is_visible()
    assert page.locator(".evidence").bounding_box()["width"] > wide + 300
    page.keyboard.press("k")
    until(lambda: own not in page.url, page)
    assert not page.locator("#decision").is_visible()
    assert page.locator("[data-command=fold_decision]").get_attribute("aria-expanded") == "false"
    served = "fetch(location.href).then((one) => one.text())"  # what is folded is kept some time after the key
    until(lambda: 'data-folded="queue decision"' in page.evaluate(served), page)
    again = bench.open(own)
    assert not again.locator("#strip").is_visible()
    assert not again.locator("#decision").is_visible()
    again.keyboard.press("e")
    assert again.evaluate("document.activeElement.id") == "own"
    again.keyboard.press("Escape")
    again.locator("[data-command=fold_queue]").press("Enter")
    assert again.locator("#strip").is_visible()
    until(lambda: 'data-folded=""' in again.evaluate(served), again)
    third = bench.open(own)
    assert third.locator("#strip").is_visible()
    assert third.locator("#decision").is_visible()


@pytest.fixture(scope="module")
def crowd(bench: Bench) -> str:
    """An item on which forty people disagree."""
    with bench.world.store.write() as session:
        admin = bench.world.ids["admin"]
        project = create_project(session, "crowd", actor=admin, overlap=40, audit_share=0.0)
        load(session, project, labels(["q"], ["m"], ["answer 0"]), actor=admin)
        item = session.query(Item).filter_by(project_id=project.id).one()
        for number in range(40):
            who = User(login=f"crowd{number}", name=f"Crowd {number}")
            session.add(who)
            session.flush()
            decide(session, item.id, who.id, {"choice": f"answer {number}"})
        return f"/projects/{project.id}/items/{item.id}"


@pytest.mark.parametrize(("width", "theme"), [(360, "light"), (1280, "dark"), (2560, "light")])
def test_forty_answers_are_narrowed_ticked_and_scrolled_by_keyboard(
    bench: Bench, crowd: str, require: Callable[[str], Any], width: int, theme: str
) -> None:
    page = bench.open(crowd, width=width, color_scheme=theme)
    page.keyboard.press("b")
    assert page.evaluate("document.activeElement.id") == "narrow-several"
    page.keyboard.type("answer 3")
    shown = page.locator("#acceptable label:visible")
    assert shown.count() == 11  # 3, and 30 to 39
    assert violations(require, page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Enter")  # the first of them
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    assert page.locator("#acceptable input:checked").count() == 2
    assert page.locator("[data-ticked]").inner_text() == "2 of 40 chosen"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.id") == "narrow-several"
    box = page.locator("#acceptable").bounding_box()
    assert box["height"] < 900 * 0.5
    if width != 2560:
        return
    wanted = {text.strip() for text in page.locator("#acceptable label:has(:checked)").all_inner_texts()}
    page.locator("#several button").press("Enter")
    number = int(crowd.split("/")[-1])

    def settled() -> Any:
        with bench.world.store.read() as session:
            return session.get_one(Item, number).final

    assert set(until(settled, page)["both"]) == wanted


def test_an_administrator_who_answered_is_asked_why_first(bench: Bench) -> None:
    with bench.world.store.write() as session:
        you = people.local_user(session)
        project = create_project(session, "two", actor=you.id, overlap=2, audit_share=0.0)
        load(session, project, labels(["q", "q"], ["m", "n"], ["a", "b"]), actor=you.id)
        item = session.query(Item).filter_by(project_id=project.id).one()
        decide(session, item.id, you.id, {"choice": "a"})
        decide(session, item.id, bench.world.ids["second"], {"choice": "b"})
        number, place = project.id, item.id
    page = bench.open(f"/projects/{number}/items/{place}")
    page.keyboard.press("1")
    until(lambda: page.evaluate("document.activeElement.id") == "override", page)
    with bench.world.store.read() as session:
        assert session.get_one(Item, place).state == "disputed"
    page.keyboard.type("Nobody else is here.")
    page.keyboard.press("Escape")
    page.keyboard.press("1")

    def logged() -> Any:
        with bench.world.store.read() as session:
            return history(session, number, action="adjudication.override")

    assert until(logged, page)[0]["after"] == {"note": "Nobody else is here."}


@pytest.mark.parametrize(("width", "theme"), [(360, "dark"), (1280, "light"), (2560, "dark")])
def test_marks_are_judged_in_place_and_nothing_jars(
    bench: Bench, require: Callable[[str], Any], width: int, theme: str
) -> None:
    number, items = essays(bench.world)
    page = bench.open(f"/projects/{number}/items/{items[0]}", width=width, color_scheme=theme)
    page.evaluate("document.querySelectorAll('.evidence details').forEach((part) => { part.open = true; })")
    assert violations(require, page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".flaws button").first.press("Enter")
    assert page.locator(".flaws button").first.get_attribute("aria-pressed") == "true"
    assert page.evaluate("document.activeElement.closest('li') === document.querySelectorAll('.flaws > li')[1]")

    def kept() -> Any:
        with bench.world.store.read() as session:
            return [one.answer for one in session.query(Decision).filter_by(project_id=number)]

    assert until(kept, page) == [{"choice": "accept"}]
    judge = page.locator(".judge").first
    judge.locator("[name=own]").fill("3.5")
    judge.locator("[name=note]").fill("Fairer.")
    judge.locator("[name=note]").press("Enter")
    page.locator(".heat del").wait_for()
    assert page.locator(".heat strong").first.inner_text() == "3.5"
    agreement = bench.open(f"/projects/{number}/agreement", width=width, color_scheme=theme)
    assert violations(require, agreement) == []
    assert agreement.evaluate("document.documentElement.scrollWidth") <= width


def test_a_note_goes_along_with_a_candidate_chosen_by_mouse(bench: Bench) -> None:
    with bench.world.store.write() as session:
        assert session.get_one(Project, bench.world.ids["foreign"]).overlap == 1
    page = bench.open(f"/projects/{bench.world.ids['foreign']}/items/{bench.world.ids['foreign item']}")
    page.locator("#note").evaluate("(one) => { one.closest('details').open = true; }")
    page.locator("#note").fill("It has whiskers.")
    page.locator("[data-take='1']").click()

    def kept() -> Any:
        with bench.world.store.read() as session:
            return session.query(Decision).filter_by(item_id=bench.world.ids["foreign item"]).all()

    assert until(kept, page)[0].note == "It has whiskers."


def test_what_is_folded_just_before_leaving_is_kept(bench: Bench) -> None:
    """The first fold is still on its way when the second is made and the page is left."""

    def folded(count: int) -> bool:
        with bench.world.store.read() as session:
            return people.local_user(session).settings.get("folded") == ["queue", "decision"][:count]

    own = f"/projects/{bench.world.ids['own']}/items/{bench.world.ids['own item']}"
    page = bench.open(own)
    page.evaluate("""() => {
      const real = window.fetch;
      window.fetch = (...asked) => { window.fetch = real; real(...asked); return new Promise(() => {}); };
    }""")  # the first request goes, and its answer does not come while the page is there
    for name in ("queue", "decision"):
        page.locator(f"[data-command=fold_{name}]").press("Enter")
    until(lambda: folded(1), page)
    page.goto(f"{bench.running.url}/projects")

    until(lambda: folded(2), page)
    with bench.world.store.write() as session:
        people.local_user(session).settings = {}


def test_a_change_without_an_answer_is_called_not_stored_until_it_has_one(bench: Bench) -> None:
    number, items = essays(bench.world)
    page = bench.open(f"/projects/{number}/items/{items[0]}")
    assert page.locator("[role=status], [role=alert]:not([hidden]), [aria-live]").count() == 1  # one voice
    held: list[Any] = []
    page.route("**/decisions", lambda route: held.append(route))
    page.keyboard.press("a")
    page.locator("#save-state[data-kind=warn]:has-text('takes its time')").wait_for()
    page.locator("#said:has-text('takes its time')").wait_for(state="attached")
    held[0].continue_()
    page.locator("#save-state:empty").wait_for(state="attached")
    until(lambda: page.evaluate("document.getElementById('said').textContent") == "Saved", page)
    with bench.world.store.read() as session:
        assert session.get_one(Item, items[0]).state == "decided"


def test_a_notice_goes_with_its_item_but_for_what_became_of_one_that_was_left(bench: Bench) -> None:
    number, items = essays(bench.world)
    page = bench.open(f"/projects/{number}/items/{items[0]}")
    bench.complaints.clear()
    held: list[Any] = []
    page.route("**/decisions", lambda route: held.append(route))
    page.keyboard.press("a")
    page.locator("#work h1:not(:has-text('e0'))").wait_for()
    second = page.locator("#work h1").inner_text()
    with bench.world.store.write() as session:
        session.get_one(Item, items[0]).version += 1
    until(lambda: len(held), page)
    held[0].continue_()
    notice = page.locator("#notice:has-text('has changed')")
    notice.wait_for()
    page.keyboard.press("j")
    page.locator(f"#work h1:not(:has-text('{second}'))").wait_for()
    assert notice.is_visible()  # it is about an item that is not here
    notice.locator("button").click()
    page.locator("#work h1:has-text('e0')").wait_for()
    page.locator("#notice[hidden]").wait_for(state="attached")
    bench.complaints[:] = [one for one in bench.complaints if "409" not in one]
